"""The rendered voice measured, for those who cannot listen: `python -m tests.instruments.speech_check [--english]`.

Prints one JSON object: how many readings were compared with a dictionary and which are wrong, how loud chime and
speech are, whether anything is cut off at full scale, and how long the silences are. `--english` also lets a
recogniser listen (Debian: pocketsphinx, pocketsphinx-en-us): it knows only the sentence's form, and must find the
letter, the digits and the window by ear. Nothing here is part of the product.
"""

import json
import math
import random
import re
import subprocess
import sys
import tempfile
from array import array
from collections.abc import Iterator
from pathlib import Path

from config.settings import Voice
from display.voice.announcement_text import DIGITS_EN, Destination, announcement, cardinal, pieces_of
from display.voice.phrase_cache import QUIET, PhraseCache
from display.voice.speech_audio import CHIME_SECONDS, RATE, Announcements, Samples, chime, espeak, to_wav
from tests.instruments.readings import heard, meant, wrong

FULL = 32_767
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
SILENCE_SECONDS = 0.3  # shorter ones are between words
TEENS = (
    "ten",
    "eleven",
    "twelve",
    "thirteen",
    "fourteen",
    "fifteen",
    "sixteen",
    "seventeen",
    "eighteen",
    "nineteen",
)
TENS = ("twenty", "thirty", "forty", "fifty", "sixty")
MODEL = Path("/usr/share/pocketsphinx/model/en-us")
CALLS = 60  # English sentences recognised; each takes a fraction of a second
GRAMMAR = """#JSGF V1.0;
grammar call;
public <call> = number <letter> <digit> <digit> <digit> please go to window <window>;
<letter> = {letters};
<digit> = {digits};
<window> = {windows};
"""


def level(samples: Samples) -> float:
    """Loudness in dB below full scale, over what sounds."""
    loud = [value for value in samples if abs(value) > QUIET]
    return 20 * math.log10(math.sqrt(sum(value * value for value in loud) / len(loud)) / FULL)


def silences(samples: Samples) -> list[tuple[float, float]]:
    """(begin, length) in seconds of every silence longer than one between words."""
    found, since = list[tuple[float, float]](), 0
    for index, value in enumerate(samples):
        if abs(value) > QUIET:
            if index - since > SILENCE_SECONDS * RATE:
                found.append((since / RATE, (index - since) / RATE))
            since = index
    return found


def samples_of(wav: bytes) -> Samples:
    return array("h", wav[44:])


def sound_figures(number: str, window: str) -> dict[str, object]:
    """One whole announcement: chime, twice in Mandarin, then in English."""
    with tempfile.TemporaryDirectory() as folder:
        pieces, target = PhraseCache(Path(folder)), Destination(window, "")
        for words in pieces_of([number[0]], [target]):
            assert pieces.learn(("zh", words)), words
        voice = Voice(repeat=2, second_language="en")
        whole = samples_of(Announcements(voice, pieces.say).render(number, target))
        once = announcement(number, target)
        said = pieces.say(once)
        assert said
        speech = whole[int(CHIME_SECONDS * RATE) :]
        return {
            "call": f"{number} {window}",
            "seconds": round(len(whole) / RATE, 2),
            "chime_dbfs": round(level(chime()), 1),
            "speech_dbfs": round(level(speech), 1),
            "sentence_in_one_breath_dbfs": round(level(espeak(once.text, "zh")), 1),
            "peak_dbfs": round(20 * math.log10(max(map(abs, whole)) / FULL), 1),
            "clipped_samples": sum(abs(value) >= FULL - 1 for value in whole),
            "silences": [(round(at, 2), round(length, 2)) for at, length in silences(whole)],
            "sentence_seconds": round(len(said) / RATE, 2),
        }


def mandarin_figures() -> dict[str, object]:
    """Every digit, window 1 to 60 and a hundred random calls, both ways to say 1, against the dictionary."""
    dice = random.Random(1)
    texts = ["".join([*cardinal(number), "号窗口"]) for number in range(1, 61)]
    for _ in range(50):
        number, window = f"{dice.randrange(1000):03d}", Destination(str(dice.randint(1, 60)), "")
        texts += [announcement(number, window, yao=yao).text for yao in (False, True)]
    syllables = sum(len(meant(text)) for text in texts)
    return {
        "texts": len(texts), "syllables": syllables,
        "wrong": sum(len(wrong(text)) for text in texts),
        "letters": {letter: " ".join(f"{s.sound}{s.tone}" for s in heard(letter)) for letter in LETTERS},
    }  # fmt: skip


def count_en(value: int) -> str:
    if value < 10:
        return DIGITS_EN[value]
    if value < 20:
        return TEENS[value - 10]
    tens, units = divmod(value, 10)
    return f"{TENS[tens - 2]} {DIGITS_EN[units]}" if units else TENS[tens - 2]


def english_figures() -> dict[str, object]:
    """Words right out of words said; the recogniser is given the form of the sentence and nothing more."""
    dice, right, total, misheard = random.Random(2), 0, 0, list[str]()
    with tempfile.TemporaryDirectory() as name:
        grammar = Path(name) / "call.gram"
        grammar.write_text(GRAMMAR.format(
            letters=" | ".join(f"{letter.lower()}." for letter in LETTERS if letter not in "AI") + " | ay | i.",
            digits=" | ".join(DIGITS_EN), windows=" | ".join(count_en(number) for number in range(1, 61)),
        ))  # fmt: skip
        for index in range(CALLS):
            letter = LETTERS[index % 26]
            number, window = f"{letter}{dice.randrange(1000):03d}", dice.randint(1, 60)
            spoken = announcement(number, Destination(str(window), ""), "en")
            said = [letter.lower(), *(DIGITS_EN[int(sign)] for sign in number[1:]), count_en(window)]
            found = list(key_words(recognised(Path(name), grammar, espeak(spoken.text, "en"))))
            total += len(said)
            right += sum(a == b for a, b in zip(said, found, strict=False))
            misheard += [f"{a}→{b}" for a, b in zip(said, found, strict=False) if a != b] or (
                [] if found else ["nothing heard"]
            )
    return {"calls": CALLS, "words": total, "right": round(right / total, 3), "misheard": sorted(misheard)}


def recognised(folder: Path, grammar: Path, samples: Samples) -> str:
    """One sentence by ear, at the 16 kHz the model was made for."""
    wav, raw = folder / "said.wav", folder / "said.raw"
    wav.write_bytes(to_wav(samples))
    length = int(len(samples) * 16_000 / RATE)
    lower = array("h", (samples[min(len(samples) - 1, index * RATE // 16_000)] for index in range(length)))
    raw.write_bytes(bytes(16_000) + lower.tobytes() + bytes(16_000))
    command = [
        "pocketsphinx_continuous", "-hmm", MODEL / "en-us", "-dict", MODEL / "cmudict-en-us.dict",
        "-jsgf", grammar, "-infile", raw, "-logfn", "/dev/null",
    ]  # fmt: skip
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def key_words(sentence: str) -> Iterator[str]:
    """Letter, three digits, window."""
    found = re.search(r"number (\S+) (\w+) (\w+) (\w+) please go to window (.+)", sentence)
    if found:
        letter, *digits, window = found.groups()
        yield {"ay": "a"}.get(letter, letter.rstrip("."))
        yield from digits
        yield window.strip()


if __name__ == "__main__":
    told: dict[str, object] = {"mandarin": mandarin_figures()}
    told["sound"] = [sound_figures("A042", "3"), sound_figures("R110", "11"), sound_figures("W999", "60")]
    if "--english" in sys.argv:
        told["english"] = english_figures()
    print(json.dumps(told, ensure_ascii=False, indent=1))
