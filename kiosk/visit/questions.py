"""Questions and answers at the kiosk: what the hall published from its consultations, found by item and by letters. Pure.

The caller sends them, and the kiosk keeps them for when it is away (`kiosk.new_settings`); a kiosk without any shows no
button for them, and they cost the ordinary walk no tap. What one types is sought in the
question and in the name of its item: hanzi, pinyin, initials or English.
"""

import string
from functools import lru_cache
from typing import Protocol

from config.item_search import FOUND_MAX, initials, pinyin
from kiosk.visit.effects import VisitEffect
from kiosk.visit.state import VisitState

KEYS_KEPT = 4_000  # texts indexed: questions and items of a hall


class KioskAnswer(Protocol):
    """A published question with its answer (`caller.people.question_store.PublishedAnswer`)."""

    @property
    def number(self) -> str: ...
    @property
    def question(self) -> str: ...
    @property
    def answer(self) -> str: ...
    @property
    def item(self) -> str: ...
    @property
    def question_en(self) -> str: ...
    @property
    def answer_en(self) -> str: ...


@lru_cache(maxsize=KEYS_KEPT)
def _keys(text: str) -> tuple[str, str, str]:
    plain = text.lower().replace(" ", "")
    return plain, initials(text).lower(), pinyin(text).lower()


def of_item(state: VisitState, item: str) -> list[KioskAnswer]:
    """Return the questions about an item; "": all."""
    return [each for each in state.questions() if item in ("", each.item)]


def found(state: VisitState, entry: str) -> list[KioskAnswer]:
    """Return the questions in which the entry is found, the newest first; without one the newest."""
    wanted = entry.strip().lower().replace(" ", "")
    rows = of_item(state, state.errand.question_item)
    return [each for each in rows if not wanted or _fits(state, each, wanted)][:FOUND_MAX]


def _fits(state: VisitState, each: KioskAnswer, wanted: str) -> bool:
    item = state.catalogue.items.get(each.item)
    texts = (each.question, each.question_en, *((item.name, item.name_en) if item else ()))
    return any(wanted in key for text in texts if text for key in _keys(text))


def letters_after(state: VisitState, entry: str) -> str:
    """Return which letters still find something; the others are greyed on the keyboard."""
    return "".join(sign for sign in string.ascii_lowercase if found(state, entry + sign))


def chosen(state: VisitState) -> KioskAnswer | None:
    """Return the question in sight; None where the office has taken it back meanwhile."""
    return next((each for each in state.questions() if each.number == state.errand.question), None)


# --- taps


def questions(state: VisitState, _: str) -> list[VisitEffect] | None:
    """Begin: from an item's guide with the questions about that item."""
    item = state.errand.item if state.screen == "guide" else ""
    if not of_item(state, item):
        return None
    state.errand.question_item = item
    return []


def question(state: VisitState, number: str) -> list[VisitEffect] | None:
    if number not in {each.number for each in state.questions()}:
        return None
    state.errand.question = number
    return []


HANDLERS = {"questions": questions, "question": question}
