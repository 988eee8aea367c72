"""The kiosk's own voice: prompts made by espeak-ng, kept as WAV files in DATA/kiosk-NAME/voice.

Sentences that never change are made once, when the kiosk starts, and again only when their words or their
voice have changed: the file is named after both. The sentence with the number is made when it is asked for
(20 ms) and kept in memory. Without espeak-ng the kiosk is silent and says so once in its log.
"""

import contextlib
import hashlib
import logging
import shutil
import subprocess
from collections import OrderedDict
from collections.abc import Iterable, Sequence
from pathlib import Path

from config import owner_only
from config.instants import Seconds
from config.languages import COMPLETE, chain
from config.languages import language as row_of
from config.probe import Examined, Finding, doubtful
from kiosk.faces import load_translations
from kiosk.screens.aloud import ScreenReader
from kiosk.screens.translations import Translations
from kiosk.station import KioskStation

ESPEAK = "espeak-ng"
SPEED = 140  # words a minute: slower than its default of 175, for old ears in an echoing hall
SECONDS_MAX: Seconds = 5  # it takes 0.02
MADE_KEPT = 8  # what is spoken now, and a repeat; each is about 0.2 MB
log = logging.getLogger("hallcall.kiosk")


def voice_of(station: KioskStation) -> "KioskVoice":
    """Return the voice of this kiosk, silent if the hall wants it so; note the languages it speaks in the state, and give the
    station a reader of its screens where there are any."""
    state, folder = station.state, station.store.folder / "voice"
    words = load_translations() if state.kiosk.prompts else Translations({})
    voice = KioskVoice(folder, words, state.catalogue.settings.voice.yao, _needed(state.offered))
    state.speaks = voice.spoken
    if voice.languages:
        station.reader = ScreenReader(words, voice.yao, voice.spoken)
    return voice


def borrowed_voices(hall: Examined) -> Iterable[Finding]:
    """Find languages that the kiosks offer and speak in another or not at all, because espeak-ng has no voice of theirs here."""
    offered, asked = hall.settings.hall.languages, any(each.prompts for each in hall.settings.kiosks)
    if not asked or shutil.which(ESPEAK) is None:
        return
    voice = KioskVoice(Path(), load_translations(), languages=_needed(offered))
    for each in offered:
        if (spoken := voice.spoken.get(each, "")) != each:
            name = row_of(each).name
            said = doubtful("borrowed-voice", name=name, spoken=row_of(spoken).name)
            yield said if spoken else doubtful("mute-prompts", name=name)


def _needed(languages: Iterable[str]) -> list[str]:
    """Return the languages with those that may speak for them."""
    return list(dict.fromkeys(each for language in languages for each in chain(language)))


def _has_voice(name: str) -> bool:
    """Return whether espeak-ng is here and has this voice."""
    try:
        done = subprocess.run([ESPEAK, "-q", "-v", name, "--", "1"], capture_output=True, timeout=SECONDS_MAX)
    except (OSError, subprocess.SubprocessError):
        return False
    return done.returncode == 0


class KioskVoice:
    """Makes and keeps the prompts of a kiosk for the languages it offers. `languages` are those it speaks, `spoken` says for
    each offered one in which; none: it is silent."""

    def __init__(
        self, folder: Path, words: Translations, yao: bool = False, languages: Sequence[str] = COMPLETE
    ) -> None:
        self.folder, self.words, self.yao = folder, words, yao
        found = shutil.which(ESPEAK) is not None
        if words.lines and not found:
            log.warning(
                "没有 %s，取号机不出语音提示（sudo apt install %s）/ no spoken prompts", ESPEAK, ESPEAK
            )
        voices = frozenset(voice for each in languages if (voice := words.voice(each)) and _has_voice(voice))
        spoken = {each: words.speaker(each, voices) for each in languages} if found else {}
        self.spoken = {each: speaker for each, speaker in spoken.items() if speaker}
        for each, speaker in self.spoken.items():
            if each != speaker:
                log.warning(
                    "%s 没有语音，提示用 %s 说 / no voice of %s: its prompts are spoken in %s",
                    each,
                    speaker,
                    each,
                    speaker,
                )
        self.languages = frozenset(self.spoken.values())
        self._made: OrderedDict[tuple[str, str], bytes] = OrderedDict()

    def make_all(self) -> None:
        """Make every sentence without a number, once, and remove the files of sentences that are no more."""
        with contextlib.suppress(OSError):
            self.folder.mkdir(parents=True, exist_ok=True)
            wanted = {self._path(name, key) for name in self.languages for key in self.fixed(name)}
            for name in sorted(self.languages):
                for key in self.fixed(name):
                    self.wav(name, key)
            for path in set(self.folder.glob("*.wav")) - wanted:
                path.unlink(missing_ok=True)

    def fixed(self, language: str) -> list[str]:
        return self.words.fixed_prompts(language)

    def wav(self, language: str, key: str) -> bytes:
        """Return a prompt as a WAV file; empty if it has no words or espeak-ng failed."""
        text = self.words.sentence(language, key, self.yao) if language in self.languages else ""
        if not text:
            return b""
        return self._kept(language, key, text) if key in self.fixed(language) else self.speech(language, text)

    def speech(self, language: str, text: str) -> bytes:
        """Return any text as a WAV file, made when it is asked for and kept in memory only; empty without this language."""
        if language not in self.languages:
            return b""
        if (language, text) not in self._made:
            self._made[language, text] = self._espeak(language, text)
            while len(self._made) > MADE_KEPT:
                self._made.popitem(last=False)
        return self._made[language, text]

    def _kept(self, language: str, key: str, text: str) -> bytes:
        path = self._path(language, key)
        with contextlib.suppress(OSError):
            return path.read_bytes()
        made = self._espeak(language, text)
        if made:
            with contextlib.suppress(OSError):  # a full disk costs the keeping, not the voice
                owner_only.write_whole(path, made)
        return made

    def _path(self, language: str, key: str) -> Path:
        voice = self.words.lines[language]["say.voice"]
        text = self.words.sentence(language, key, self.yao)
        mark = hashlib.sha256(f"{voice} {SPEED} {text}".encode()).hexdigest()[:12]
        return self.folder / f"{key}.{language}.{mark}.wav"

    def _espeak(self, language: str, text: str) -> bytes:
        command = [
            ESPEAK,
            "-v",
            self.words.lines[language]["say.voice"],
            "-s",
            str(SPEED),
            "--stdout",
            "--",
            text,
        ]
        try:
            return subprocess.run(command, capture_output=True, timeout=SECONDS_MAX, check=True).stdout
        except (OSError, subprocess.SubprocessError) as error:
            log.warning("语音提示没有做成 / a prompt could not be made: %s", error)
            return b""
