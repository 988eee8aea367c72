"""Makes announcements audible: a chime, clips of a recorded voice or espeak-ng, as one WAV in memory.

Rendering is kept off the call path: a call is on every screen before anything is rendered, and a hall
without espeak-ng and clips still hears the chime. A recorded voice goes first, then pieces the synthesiser has
said before, then the synthesiser with the whole sentence. Mono, 16 bit, 22,050 Hz throughout: clips of another rate
or with two channels are brought to that.
"""

import io
import logging
import math
import shutil
import subprocess
import wave
from array import array
from collections import OrderedDict
from collections.abc import Callable, Iterable
from functools import cache, lru_cache
from pathlib import Path
from typing import TypeAlias

from config.probe import Examined, Finding, wrong
from config.settings import Voice
from display.voice.announcement_text import PAUSE, Destination, Spoken, again, announcement, message

RATE = 22_050  # Hz, what espeak-ng makes; speech over a hall's loudspeaker has nothing above 10 kHz
ESPEAK_VOICES = {"zh": "cmn-latn-pinyin", "en": "en-gb"}  # `cmn` reads hanzi as English words
ESPEAK_SPEED = {"zh": 140, "en": 145}  # words a minute; the default 175 is too fast for an echoing hall
LETTERS_SAID = {"R": "阿尔"}  # else it is 儿, and R001 could be 二零零一
ESPEAK_SECONDS_MAX = 5  # it takes 0.02; a hung one must not hold the next call
CLIP_BYTES_MAX = 2_000_000  # 45 seconds of speech is no clip
CLIP_SECONDS_MIN = 0.08  # shorter is no word
CLIP_RATES = (
    8_000,
    96_000,
)  # Hz: a telephone's and a studio's; beyond, bringing it to ours makes a short clip huge
CLIP_LEVEL_MIN = 300  # of 32,767: below, a loudspeaker in a hall says nothing
CLIPS_FOLDER = "clips"  # in DATA: those recorded for this hall and taken in at the office
CLIP_NAME_CHARS = 60  # three bytes each; a file's name holds 255
CLIPS_KEPT = 256  # a hall has about 120, half a second each
CHIME = ((659.3, 0.0), (523.3, 0.35))  # Hz, start: two falling tones, as at a station
CHIME_SECONDS = 1.1
BREATH_SECONDS = 0.3  # after the chime, so that the first word is not still under it
GAP_SECONDS = 0.7  # between the first and the second time
CLIP_GAP_SECONDS = 0.03
PAUSE_SECONDS = 0.22  # a comma
CACHE_MAX = 24  # announcements kept; each is about 0.4 MB

log = logging.getLogger("hallcall.sound")
Samples: TypeAlias = "array[int]"


class ClipError(Exception):
    """A clip that cannot be used, and why."""


Saying: TypeAlias = "Callable[[Spoken], Samples | None]"


class Announcements:
    """Renders announcements by the hall's voice settings and keeps the newest."""

    def __init__(self, settings: Voice, known: "Saying | None" = None, data: Path | None = None) -> None:
        """Set the voice up. `known` returns a sentence made of what was spoken before, or None; `data`: the folder in which the
        office keeps its recordings."""
        self._settings, self._known = settings, known
        self._clips = clip_folders(settings, data)
        self._kept: OrderedDict[tuple[str, Destination, bool, object], bytes] = OrderedDict()

    def render(self, number: str, window: Destination, *, recall: bool = False) -> bytes:
        """Return the whole announcement as a WAV file: chime, then each language as often as the hall says."""
        key = (number, window, recall and self._settings.say_recall, self._stamp())
        if key not in self._kept:
            self._kept[key] = to_wav(self._samples(*key[:3]))
            while len(self._kept) > CACHE_MAX:
                self._kept.popitem(last=False)
        self._kept.move_to_end(key)
        return self._kept[key]

    def render_message(self, code: str, zh: str, en: str) -> bytes:
        """Return a message to all who wait as a WAV file: chime, then each language once."""
        languages = {"zh": zh} | ({"en": en} if self._settings.second_language == "en" else {})
        whole = chime() + silence(BREATH_SECONDS)
        for language, text in languages.items():
            whole += self._say(message(code, text, language)) + silence(GAP_SECONDS)
        return to_wav(whole)

    def _stamp(self) -> tuple[int, ...]:
        """Return what changes with each clip that comes or goes: the next call is said by those that are there."""
        places = [each for folder in self._clips for each in (folder, folder / "en")]
        return tuple(each.stat().st_mtime_ns if each.is_dir() else 0 for each in places)

    def _samples(self, number: str, window: Destination, recall: bool) -> Samples:
        whole, said = chime() + silence(BREATH_SECONDS), dict[Spoken, Samples]()
        for spoken in self._sentences(number, window, recall):
            if spoken not in said:
                said[spoken] = self._say(spoken)
            whole += said[spoken] + silence(GAP_SECONDS)
        return whole

    def _sentences(self, number: str, window: Destination, recall: bool) -> Iterable[Spoken]:
        languages = ["zh"] * self._settings.repeat
        if self._settings.second_language:
            languages.append(self._settings.second_language)
        for language in languages:
            spoken = announcement(number, window, language, yao=self._settings.yao)
            yield again(spoken) if recall else spoken

    def _say(self, spoken: Spoken) -> Samples:
        """Return the samples of a sentence, said by one voice: two in one are worse."""
        said = self._recorded(spoken) or (self._known(spoken) if self._known else None)
        return said or espeak(spoken.text, spoken.language)

    def _recorded(self, spoken: Spoken) -> "Samples | None":
        """Return a sentence of clips, if all of them are there and can be used: whole phrases before single words."""
        for names in (spoken.pieces, spoken.clips):
            paths = {name: find_clip(self._clips, name, spoken.language) for name in names if name != PAUSE}
            if not paths or not all(paths.values()):
                continue
            try:
                found = {
                    name: _kept_clip(path, path.stat().st_mtime_ns) for name, path in paths.items() if path
                }
            except (ClipError, OSError) as error:
                log.warning("%s", error)
                continue
            quiet = silence(PAUSE_SECONDS)
            return joined(quiet if name == PAUSE else found[name] for name in names)
        return None

    def needs_espeak(self, number: str, window: Destination) -> bool:
        """Return whether this call cannot be said without the synthesiser."""
        return any(self._recorded(spoken) is None for spoken in self._sentences(number, window, False))


def seconds(wav: bytes) -> float:
    """Return how long a WAV sounds."""
    with wave.open(io.BytesIO(wav)) as file:
        return file.getnframes() / file.getframerate()


def espeak_found() -> bool:
    return shutil.which("espeak-ng") is not None


def espeak(text: str, language: str) -> Samples:
    """Return speech by espeak-ng; nothing (the chime stands alone) when it is missing or fails."""
    command = ["espeak-ng", "-v", ESPEAK_VOICES[language], "-s", str(ESPEAK_SPEED[language]), "--stdout"]
    try:
        done = subprocess.run(
            [*command, "--", worded(text, language)],
            capture_output=True,
            timeout=ESPEAK_SECONDS_MAX,
            check=True,
        )
        return _decode(done.stdout)
    except (OSError, subprocess.SubprocessError, ClipError) as error:
        log.warning("没有语音，只有提示音 / no speech, chime only: %s", error)
        return silence(0)


def worded(text: str, language: str) -> str:
    """Return the text as the synthesiser must get it: letters it would say like a digit are written as one says them."""
    if language != "zh":
        return text
    return "".join(LETTERS_SAID.get(sign, sign) for sign in text)


def chime() -> Samples:
    """Return two falling tones that die away; made here, so that no hall needs a file."""
    return array("h", _chime())


@cache
def _chime() -> Samples:
    whole = array("h", bytes(2 * int(RATE * CHIME_SECONDS)))
    for frequency, start in CHIME:
        first = int(RATE * start)
        for index in range(first, len(whole)):
            at = (index - first) / RATE
            tone = math.sin(2 * math.pi * frequency * at) + 0.3 * math.sin(4 * math.pi * frequency * at)
            whole[index] += int(7_500 * math.exp(-4.5 * at) * min(1, at * 200) * tone)
    return whole


def silence(duration: float) -> Samples:
    return array("h", bytes(2 * int(RATE * duration)))


def joined(parts: Iterable[Samples]) -> Samples:
    whole = array("h")
    for part in parts:
        whole += part + silence(CLIP_GAP_SECONDS)
    return whole


def clip_folders(settings: Voice, data: Path | None) -> list[Path]:
    """Return where clips are looked for: those taken in at the office go before those of the folder that the settings name."""
    return [*([data / CLIPS_FOLDER] if data else []), *([Path(settings.clips)] if settings.clips else [])]


def find_clip(folders: Iterable[Path], name: str, language: str = "zh") -> Path | None:
    """Return the file of a clip in the first folder that has it."""
    return next((path for each in folders if (path := clip_path(each, name, language)).is_file()), None)


def clip_path(folder: Path, name: str, language: str = "zh") -> Path:
    """Return the file of a clip; a window's long name, or one with a slash, makes a name that a disk can hold."""
    place = folder if language == "zh" else folder / language
    return place / f"{name[:CLIP_NAME_CHARS].replace('/', '_')}.wav"


def check_clip(wav: bytes) -> Samples:
    """Return what a person has recorded, at our rate. Raises `ClipError` for what cannot be a word in a hall."""
    if len(wav) > CLIP_BYTES_MAX:
        raise ClipError(
            f"录音过长，至多 {CLIP_BYTES_MAX // 1_000_000} MB / too long: at most {CLIP_BYTES_MAX // 1_000_000} MB"
        )
    samples = _decode(wav)
    if len(samples) < RATE * CLIP_SECONDS_MIN:
        raise ClipError("录音太短，里面没有一个字 / too short to hold a word")
    if max(map(abs, samples)) < CLIP_LEVEL_MIN:
        raise ClipError(
            "录音没有声音，请调高话筒再录 / nothing is heard in it: turn the microphone up and record it again"
        )
    return samples


def read_clip(path: Path) -> Samples:
    """Return a clip at our rate. Raises `ClipError` for anything that is not a short 16-bit PCM WAV."""
    if path.stat().st_size > CLIP_BYTES_MAX:
        raise ClipError(f"{path}: 录音过长，至多 {CLIP_BYTES_MAX // 1_000_000} MB / clip too long")
    try:
        return _decode(path.read_bytes())
    except ClipError as error:
        raise ClipError(f"{path}: {error}") from None


@lru_cache(CLIPS_KEPT)
def _kept_clip(path: Path, _changed: int) -> Samples:
    """Return a clip as it was at this change of its file: at another rate it takes a while to bring to ours."""
    return read_clip(path)


def to_wav(samples: Samples) -> bytes:
    out = io.BytesIO()
    with wave.open(out, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes(samples.tobytes())
    return out.getvalue()


def _decode(wav: bytes) -> Samples:
    try:
        with wave.open(io.BytesIO(wav)) as file:
            width, channels, rate = file.getsampwidth(), file.getnchannels(), file.getframerate()
            frames = file.readframes(len(wav))
    except (wave.Error, EOFError) as error:
        raise ClipError(f"不是 WAV 文件 / not a WAV file{f': {error}' if str(error) else ''}") from None
    if width != 2:
        raise ClipError(
            f"须为 16 位 PCM 的 WAV，这个是 {8 * width} 位 / must be 16-bit PCM; this one has {8 * width} bits"
        )
    if not CLIP_RATES[0] <= rate <= CLIP_RATES[1]:
        raise ClipError(
            f"采样率 {rate} Hz 不能用，须为 8000 至 96000 / a rate of {rate} Hz: 8,000 to 96,000 can be used"
        )
    samples = array("h", frames[: len(frames) // 2 * 2])
    return resampled(samples[::channels], rate)


def resampled(samples: Samples, rate: int) -> Samples:
    """Bring samples to our rate by the nearest sample: enough for speech, and it needs no library."""
    if rate == RATE or not samples:
        return samples
    length = int(len(samples) * RATE / rate)
    return array("h", (samples[min(len(samples) - 1, index * rate // RATE)] for index in range(length)))


# --- what is wrong with it


def silent_calls(hall: Examined) -> Iterable[Finding]:
    """Find a hall whose calls need espeak-ng on a PC that has none."""
    settings = hall.settings
    if not settings.voice.enabled or espeak_found():
        return
    speaking = Announcements(settings.voice, data=hall.data)
    if any(
        speaking.needs_espeak("A001", Destination(each.id, each.name, each.name_en))
        for each in settings.windows
    ):
        yield wrong("no-voice")
