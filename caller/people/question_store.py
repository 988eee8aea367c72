"""Questions and answers that the hall has published from its consultations: DATA/questions.json.

A consultation that was answered becomes one when a member of the staff writes its question and its answer so that they
name no person. They are of no person, so they outlive the letter they came from; the office takes one back at any time.
The caller sends them to its kiosks, each of which keeps them in a store of its own.
"""

import json
from pathlib import Path
from typing import Annotated

import msgspec
from msgspec import Meta, Struct

from caller.eventlog.calling_here import check_calls, wait_given
from config import owner_only
from config.text_safety import DECODE_ERRORS

QUESTIONS_NAME = "questions.json"
QUESTION_MAX = 200  # characters
ANSWER_MAX = 1_000
KEPT_MAX = 2_000  # of a county hall in years; the oldest gives way


class PublishedAnswer(Struct, frozen=True):
    """A question and its answer. `number`: of the consultation it came from; `item`: its id, or empty; `at`: UTC microseconds."""

    number: str
    question: Annotated[str, Meta(min_length=1, max_length=QUESTION_MAX)]
    answer: Annotated[str, Meta(min_length=1, max_length=ANSWER_MAX)]
    item: str = ""
    at: int = 0
    question_en: Annotated[str, Meta(max_length=QUESTION_MAX)] = ""  # where the hall has an English text, too
    answer_en: Annotated[str, Meta(max_length=ANSWER_MAX)] = ""


class QuestionStore:
    """The published answers of one hall, the newest first. One process writes (the office; a kiosk its own), others read."""

    def __init__(self, data: Path) -> None:
        self.path = data / QUESTIONS_NAME
        self._read: tuple[int, list[PublishedAnswer]] = (0, [])

    def all(self) -> list[PublishedAnswer]:
        """Return them; none from a file that cannot be read."""
        try:
            changed = self.path.stat().st_mtime_ns
            if changed != self._read[0]:
                self._read = changed, msgspec.json.decode(self.path.read_bytes(), type=list[PublishedAnswer])
        except (OSError, *DECODE_ERRORS):
            return []
        return self._read[1]

    def publish(self, one: PublishedAnswer) -> None:
        """Keep one, in place of what was published from the same consultation. Raises OSError."""
        self.put([one, *(each for each in self.all() if each.number != one.number)][:KEPT_MAX])

    def take_back(self, number: str) -> bool:
        """Delete what was published from a consultation; return False where there was nothing. Raises OSError."""
        left = [each for each in self.all() if each.number != number]
        if len(left) == len(self.all()):
            return False
        self.put(left)
        return True

    def put(self, rows: list[PublishedAnswer]) -> None:
        """Keep these in place of all that were kept. Raises OSError."""
        check_calls(self.path.parent)
        text = json.dumps(msgspec.to_builtins(rows), ensure_ascii=False, indent=1)
        owner_only.write_whole(self.path, text.encode())
        wait_given(self.path)
