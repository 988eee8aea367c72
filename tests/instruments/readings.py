"""A machine's ear for Mandarin where nobody listens: what espeak-ng's phonemes say, as pinyin with tones.

The synthesiser tells the phonemes it makes; pypinyin tells independently how the hanzi should be read. The two
are compared syllable by syllable. Two liberties are Mandarin's own: a third tone before another third tone is
said as a second, and 一 before a measure is said with the fourth.
"""

import re
import subprocess
from typing import NamedTuple

from pypinyin import Style, lazy_pinyin

from display.voice.speech_audio import ESPEAK_VOICES, worded

INITIALS = {
    "tS;h": "q", "tS;": "j", "S;": "x", "ts.h": "ch", "ts.": "zh", "s.": "sh", "tsh": "c", "ts": "z", "s": "s",
    "ph": "p", "p": "b", "th": "t", "t": "d", "kh": "k", "k": "g", "X": "h", "m": "m", "n": "n", "l": "l", "f": "f",
}  # fmt: skip
FINALS = {
    "A": "a", "Au": "ao", "an": "an", "AN": "ang", "wAN": "uang", "i": "i", "i[": "i", "i.": "i", "iN": "ing",
    "iou": "iu", "ou": "ou", "ai": "ai", "ei": "ei", "@r": "er", "u": "u", "jAu": "iao",
}  # fmt: skip
WHOLE = {"ji": "yi", "wu": "wu", "jAu": "yao"}  # syllables without an initial are spelt their own way
TONES = {"55": 1, "35": 2, "214": 3, "21": 3, "51": 4}
SYLLABLE = re.compile(r"(?P<before>\D+?)(?P<tone>\d+)(?P<after>\D*)")


class Syllable(NamedTuple):
    sound: str
    tone: int


def heard(text: str) -> list[Syllable]:
    """The syllables espeak-ng makes of a text."""
    command = ["espeak-ng", "-v", ESPEAK_VOICES["zh"], "-q", "-x", "--", worded(text, "zh")]
    told = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    return [_syllable(raw) for raw in told.replace("'", "").replace("_|", " ").split() if raw != "_:"]


def _syllable(raw: str) -> Syllable:
    found = SYLLABLE.fullmatch(raw)
    if not found:
        return Syllable(f"?{raw}", 0)  # a word of English, such as the name of W
    sign = found["before"] + found["after"]
    tone = TONES.get(found["tone"], 0)
    if sign in WHOLE:
        return Syllable(WHOLE[sign], tone)
    initial = next((each for each in INITIALS if sign.startswith(each)), "")
    final = FINALS.get(sign[len(initial) :], f"?{sign}")
    return Syllable(INITIALS.get(initial, "") + final, tone)


def meant(text: str) -> list[Syllable]:
    """How a dictionary reads the hanzi of a text."""
    hanzi = "".join(sign for sign in text if "\u4e00" <= sign <= "\u9fff")
    read = (lazy_pinyin(sign, style=Style.TONE3, neutral_tone_with_five=True)[0] for sign in hanzi)
    return [Syllable(each[:-1], int(each[-1])) for each in read]


def wrong(text: str) -> list[tuple[Syllable, Syllable]]:
    """(meant, heard) where the two differ; a text whose lengths differ is wrong as a whole."""
    said, ought = heard(text), meant(text)
    assert len(said) == len(ought), (text, said, ought)
    return [
        (want, got)
        for place, (want, got) in enumerate(zip(ought, said, strict=True))
        if not _fits(want, got, ought[place + 1 :])
    ]


def _fits(want: Syllable, got: Syllable, after: list[Syllable]) -> bool:
    if want.sound != got.sound:
        return False
    sandhi = want.tone == 3 and got.tone == 2 and bool(after) and after[0].tone == 3
    measure = want == Syllable("yi", 1) and got.tone == 4
    return want.tone == got.tone or sandhi or measure
