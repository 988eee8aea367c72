"""What a hall's announcements are put together from, phrase by phrase, and who says each of them today.

1. Calls are recorded in whole phrases ("请A", "到三号窗口办理"), which sound best, or in single words; a message to all who wait is
   one recording. English is asked for where the hall speaks it.
2. A call is said by recordings where none of its phrases is missing, else by the synthesiser as a whole: two voices in one
   sentence are worse than either.
3. A recording that is taken in at the office lies in DATA/clips, and goes before one in the folder that the settings name. It
   is checked before it is written, is written whole or not at all, and is in the next call. The web process puts calls together
   and boards fetch their sound there, so no other PC of the hall needs the files.
"""

from collections.abc import Iterable
from pathlib import Path
from typing import Literal, NamedTuple

from config import hall_lists, owner_only
from config.settings import Settings
from display.voice.announcement_text import (
    MESSAGE_CLIP,
    Destination,
    again,
    announcement,
    english_clips,
    pieces_of,
)
from display.voice.speech_audio import (
    CLIPS_FOLDER,
    RATE,
    ClipError,
    check_clip,
    clip_folders,
    clip_path,
    find_clip,
    read_clip,
)

PhraseKind = Literal["phrase", "word", "message"]
Saying = Literal["recorded", "folder", "broken", "synthesised"]


class Phrase(NamedTuple):
    """One thing to record. `name`: of its clip; `text`: what is to be said."""

    language: str
    kind: PhraseKind
    name: str
    text: str

    @property
    def id(self) -> str:
        return f"{self.language}/{self.name}"


class PhraseState(NamedTuple):
    """Who says a phrase. `seconds`: how long its recording is; `why`: a broken one cannot be used, in Chinese and English."""

    said_by: Saying
    path: Path | None = None
    seconds: float = 0.0
    why: str = ""


def hall_phrases(settings: Settings) -> list[Phrase]:
    """Return all that this hall's announcements are made of, each once: phrases first, then messages, then single words."""
    windows = [Destination(each.id, each.name, each.name_en) for each in settings.windows]
    queues, voice = [each.id for each in settings.queues], settings.voice
    phrases = pieces_of(queues, windows, yao=voice.yao, recall=voice.say_recall)
    found = [Phrase("zh", "phrase", each, each.strip("，")) for each in phrases]
    languages = ["zh", *([voice.second_language] if voice.second_language else [])]
    if voice.second_language:
        found += [
            Phrase("en", "phrase", each, each)
            for each in english_clips(queues, windows, recall=voice.say_recall)
        ]
    for language in languages:
        for each in hall_lists.reasons(settings, "notice"):
            text = (each.name_en or each.name) if language == "en" else each.name
            found.append(Phrase(language, "message", f"{MESSAGE_CLIP[language]}{each.id}", text))
    known = {each.id for each in found}
    words = (
        Phrase("zh", "word", each, each) for each in _words(queues, windows, voice.yao, voice.say_recall)
    )
    return [*found, *(each for each in words if each.id not in known)]


def _words(queues: Iterable[str], windows: Iterable[Destination], yao: bool, recall: bool) -> list[str]:
    """Return the single words of every call in Mandarin, each once."""
    number = "".join(queues) + "0123456789"
    said = (announcement(number, window, yao=yao) for window in windows)
    return list(dict.fromkeys(word for each in said for word in (again(each) if recall else each).clips))


def state_of(phrase: Phrase, settings: Settings, data: Path) -> PhraseState:
    """Return who says a phrase. Blocks."""
    path = find_clip(clip_folders(settings.voice, data), phrase.name, phrase.language)
    if path is None:
        return PhraseState("synthesised")
    try:
        length = len(read_clip(path)) / RATE
    except (ClipError, OSError) as error:
        return PhraseState("broken", path, why=str(error))
    own = path.is_relative_to(data / CLIPS_FOLDER)
    return PhraseState("recorded" if own else "folder", path, length)


def take_clip(phrase: Phrase, data: Path, wav: bytes) -> float:
    """Keep a recording of a phrase, in place of one there was; return its length in seconds. Blocks. Raises `ClipError`, `OSError`."""
    samples, path = check_clip(wav), clip_path(data / CLIPS_FOLDER, phrase.name, phrase.language)
    owner_only.make_folder(path.parent)
    owner_only.write_whole(path, wav, by_many=True)
    return len(samples) / RATE


def remove_clip(phrase: Phrase, data: Path) -> None:
    """Remove the office's recording of a phrase; one in the folder of the settings stays. Blocks. Raises `OSError`."""
    clip_path(data / CLIPS_FOLDER, phrase.name, phrase.language).unlink(missing_ok=True)
