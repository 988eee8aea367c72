"""What the synthesiser has said before, piece by piece: a call is then put together and not spoken anew.

espeak-ng needs 20 to 90 ms for a sentence, more on a busy PC, and a call must sound at once. A hall says the same
few words all day (heads of numbers, digits, one phrase for each window), so each is spoken once, when the web
process starts, and kept in DATA/voice-cache. The folder is a cache: delete it and it is made again.
"""

import hashlib
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path

from config import owner_only
from config.settings import Settings
from display.voice.announcement_text import PAUSE, Destination, Spoken, pieces_of
from display.voice.speech_audio import (
    ESPEAK_SPEED,
    ESPEAK_VOICES,
    PAUSE_SECONDS,
    RATE,
    ClipError,
    Samples,
    espeak,
    read_clip,
    silence,
    to_wav,
    worded,
)

CACHE_NAME = "voice-cache"
GAP_SECONDS = 0.05  # between two words
QUIET = 250  # of 32,767; below this the synthesiser is only getting ready or dying away
EDGE_SAMPLES = RATE // 100  # kept at both ends, so that no consonant is cut off

Piece = tuple[str, str]  # language, words


class PhraseCache:
    """The pieces of one hall, in memory once they are known."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._known: dict[Piece, Samples] = {}

    def say(self, spoken: Spoken) -> "Samples | None":
        """Return the sentence, if it has pieces and every one of them is known."""
        if not spoken.pieces:
            return None
        whole = silence(0)
        for words in spoken.pieces:
            if words == PAUSE:
                whole += silence(PAUSE_SECONDS)
            elif (said := self._known.get((spoken.language, words))) is not None:
                whole += said + silence(GAP_SECONDS)
            else:
                return None
        return whole

    def learn(self, piece: Piece) -> bool:
        """Learn a piece, from the folder or spoken by espeak-ng; return False if it cannot be had."""
        if piece not in self._known:
            said = self._read(piece) or self._spoken(piece)
            if not said:
                return False
            self._known[piece] = said
        return True

    def _read(self, piece: Piece) -> "Samples | None":
        try:
            return read_clip(self._path(piece))
        except (OSError, ClipError):
            return None

    def _spoken(self, piece: Piece) -> Samples:
        language, words = piece
        said = trimmed(espeak(words, language))
        if said:
            self._keep(self._path(piece), to_wav(said))
        return said

    def _keep(self, path: Path, wav: bytes) -> None:
        """Write a piece whole or not at all; a full disk costs the next start some seconds, and nothing else."""
        with suppress(OSError):
            owner_only.make_folder(path.parent)
            owner_only.write_whole(path, wav, by_many=True)

    def _path(self, piece: Piece) -> Path:
        """Return the file of a piece, named after all that makes it sound as it does."""
        language, words = piece
        name = f"{ESPEAK_VOICES[language]} {ESPEAK_SPEED[language]} {worded(words, language)}"
        return self._folder / f"{hashlib.sha256(name.encode()).hexdigest()[:20]}.wav"


def wanted(settings: Settings) -> list[Piece]:
    """Return all pieces this hall's calls are made of, each once."""
    windows = [Destination(each.id, each.name, each.name_en) for each in settings.windows]
    queues, voice = [queue.id for queue in settings.queues], settings.voice
    return [("zh", words) for words in pieces_of(queues, windows, yao=voice.yao, recall=voice.say_recall)]


def trimmed(samples: Samples) -> Samples:
    """Return a piece without the silence that espeak-ng puts around it."""
    first = next(_loud(samples), None)
    if first is None:
        return silence(0)
    last = len(samples) - next(_loud(reversed(samples)), 0)
    return samples[max(0, first - EDGE_SAMPLES) : last + EDGE_SAMPLES]


def _loud(samples: Iterable[int]) -> Iterator[int]:
    return (index for index, value in enumerate(samples) if abs(value) > QUIET)
