"""The screens of questions and answers: the list that letters narrow, and one answer to read. Pure.

A question without an English text is shown in Chinese on an English screen, and says so.
"""

import re

from config.directions import name_in
from config.languages import field_of, own_in
from kiosk.screens.widgets import Widget, button, word
from kiosk.visit.questions import KioskAnswer, chosen, found, letters_after, of_item
from kiosk.visit.state import VisitState

PIECE_CHARS = 100
SENTENCES = re.compile(
    r"[^。！？；.!?;\n]*[。！？；.!?;\n]+|[^。！？；.!?;\n]+\Z"
)  # with the sign that ends each


def button_of(state: VisitState, item: str = "") -> list[Widget]:
    """Return the button that leads to them; none where there are none."""
    return [button("questions")] if of_item(state, item) else []


def questions(state: VisitState) -> Widget:
    """Return those that the entry finds, each with the name of its item."""
    entry, rows = state.errand.entry, found(state, state.errand.entry)
    about = state.catalogue.items.get(state.errand.question_item)
    return {
        "title": word("questions.title"),
        "lead": {"text": name_in(about, state.language)} if about else word("questions.lead"),
        "entry": {"kind": "letters", "text": entry.upper(), "live": letters_after(state, entry)},
        "tiles": [_tile(state, each) for each in rows],
        "notes": [] if rows else [word("questions.none") | {"tone": "info"}],
    }


def _tile(state: VisitState, each: KioskAnswer) -> Widget:
    item = state.catalogue.items.get(each.item)
    tile: Widget = {
        "target": f"question:{each.number}",
        "name": _said(state, each.question, each.question_en),
    }
    return tile | ({"facts": [{"text": name_in(item, state.language)}]} if item else {})


def _said(state: VisitState, chinese: str, english: str) -> str:
    return own_in({"said": chinese, "said_en": english}, "said", state.language)


def answer(state: VisitState) -> Widget:
    """Return one answer; a question that was taken back meanwhile says so."""
    each = chosen(state)
    if each is None:
        return {"title": word("questions.title"), "lead": word("questions.gone")}
    item = state.catalogue.items.get(each.item)
    only_chinese = not getattr(each, field_of("answer", state.language), "")
    parts = _pieces(_said(state, each.answer, each.answer_en))
    rows: list[Widget] = [
        {"key": "row.answer.more" if nth else "row.answer", "text": part} for nth, part in enumerate(parts)
    ]
    if item:
        rows.append({"key": "row.item", "text": name_in(item, state.language)})
    return {
        "title": {"text": _said(state, each.question, each.question_en)},
        "rows": rows,
        "notes": [word("questions.chinese") | {"tone": "info"}] if only_chinese else [],
        "buttons": [{"target": "home", "key": "button.done", "tone": "main"}],
    }


def _pieces(text: str) -> list[str]:
    """Return an answer in pieces of whole sentences, each short enough for a page in large type."""
    found = [""]
    for sentence in SENTENCES.findall(text.strip()):
        if found[-1] and len(found[-1]) + len(sentence) > PIECE_CHARS:
            found.append("")
        found[-1] += sentence
    return [each.strip() for each in found if each.strip()]


SCREENS = {"questions": questions, "answer": answer}
