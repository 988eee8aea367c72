"""The screens of a case's progress: the entry of its code, and how the case goes on. Pure.

What the case's codes are called stands in the catalogue: state, decision, light. Dates are the hall's.
"""

from typing import Any

from config.catalogue import word as catalogue_word
from config.instants import local
from config.languages import own_in, told
from kiosk.screens.widgets import Widget, button, word
from kiosk.visit.progress import LENGTH, collectable
from kiosk.visit.state import VisitState

# Of a light: the note while the clock counts, the one once it was decided, its tone.
LIGHTS = {
    "red": ("progress.past", "progress.missed", "warn"),
    "yellow": ("progress.near", "progress.near", "warn"),
    "green": ("progress.within", "progress.kept", "good"),
}
NOT_ACCEPTED = frozenset({"received", "asked", "refused"})
HOME: Widget = {"target": "home", "key": "button.home"}


def buttons_of(state: VisitState) -> list[Widget]:
    """Return the button that leads to the progress of a case; none in a hall without cases."""
    return [button("progress")] if state.catalogue.settings.cases.enabled else []


def entry(state: VisitState) -> Widget:
    """Return the entry of a receipt's code."""
    typed = state.errand.entry
    return {
        "title": word("progress.title"),
        "lead": word("progress.lead", count=LENGTH),
        "entry": {"kind": "digits", "text": typed},
        "buttons": [button("case", "main", len(typed) < LENGTH)],
    }


def case(state: VisitState) -> Widget:
    """Return the case in sight: its state, dates and what it waits for; or why it is not shown."""
    errand, found = state.errand, state.errand.case
    if errand.case_fault:
        return {
            "title": {"text": told(errand.refusal, state.language)},
            "lead": {"text": told(errand.refusal, state.language, "next_")},
            "buttons": [HOME | {"tone": "main"}],
        }
    if not found:
        return {"title": word("progress.looking"), "lead": word("ticket.patience"), "busy": True}
    own = [button("collect", "main")] if collectable(state) else []
    return {
        "title": {"text": _state(state, found)},
        "lead": {"text": f"{found['number']} {_named(state, found, 'item')}"},
        "rows": _rows(state, found),
        "notes": _notes(found),
        "buttons": [*own, HOME | {"tone": "plain" if own else "main"}],
    }


def _state(state: VisitState, case: dict[str, Any]) -> str:
    said = _word(state, "case-state", case["state"])
    said = f"{said} · {_word(state, 'case-decision', case['decision'])}" if case["decision"] else said
    return said[:1].upper() + said[1:]


def _notes(case: dict[str, Any]) -> list[Widget]:
    """Return the light in an applicant's words, of a case whose clock counts or did until it was decided."""
    if case["light"] not in LIGHTS or not case["due"]:
        return []
    running, decided, tone = LIGHTS[case["light"]]
    return [{"key": decided if case["decision"] else running, "tone": tone}]


def _rows(state: VisitState, case: dict[str, Any]) -> list[Widget]:
    """Return what is known of the case, what the applicant is to do first; empty ones are not shown."""
    ends = case["state"] in ("asked", "refused", "withdrawn")
    opened = "row.case-received" if case["state"] in NOT_ACCEPTED else "row.case-opened"
    above = word("progress.heard", date=_day(state, case["heard"])) if case["heard"] else {}
    if case["reported"] and not above:
        above = word("progress.reported", date=_day(state, case["reported"]))
    rows: list[Widget] = [
        {"key": "row.case-asked-until", "text": _day(state, case["asked_until"])},
        {"key": "row.case-asked", "list": _papers(state, case, "asked")},
        {"key": "row.case-department", "text": _named(state, case, "department")},
        {"key": opened, "text": _day(state, case["opened"])},
        {"key": "row.case-due", "text": "" if ends else _day(state, case["due"])},
        {"key": "row.case-parts", "list": [_part(state, each) for each in case["parts"]]},
        {"key": "row.case-joint", "list": [_joint(state, each) for each in case["joint"]]},
        {"key": "row.case-above", "word": above},
        {"key": "row.case-owed", "list": _papers(state, case, "owed")},
        {"key": "row.case-owed-due", "text": _day(state, case["owed_due"])},
        {"key": "row.case-agent", "text": case["agent"]},
        {"key": "row.case-listed", "list": _papers(state, case, "listed")},
        {"key": "row.phone", "text": case["phone"]},
    ]
    return [row for row in rows if row.get("text") or row.get("list") or row.get("word")]


def _papers(state: VisitState, case: dict[str, Any], field: str) -> list[str]:
    names = own_in({"names_en": case["papers_en"]}, "names", state.language) or {}
    return [names.get(each, each) for each in case[field]]


def _part(state: VisitState, part: dict[str, Any]) -> str:
    """Return a department's part: its light, and by when it replies or when it did."""
    light = _word(state, "deadline-light", part["light"])
    return f"{_named(state, part, 'department')}　{light}　{_day(state, part['replied'] or part['due'])}"


def _joint(state: VisitState, step: dict[str, Any]) -> str:
    return f"{_word(state, 'joint-step', step['kind'])}　{step['day']}"


def _named(state: VisitState, row: dict[str, Any], field: str) -> str:
    return own_in(row, field, state.language)


def _word(state: VisitState, kind: str, code: str) -> str:
    return catalogue_word(kind, code, state.language)


def _day(state: VisitState, at: int) -> str:
    zone = state.catalogue.settings.hall.zone
    return local(at, zone).date().isoformat() if at else ""


SCREENS = {"progress": entry, "case": case}
