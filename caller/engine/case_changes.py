"""What the events of cases do to the register: rows that begin, go on, are void, and leave it. PURE.

`cases` decides these events; its rules are there. What happened stands in the row as `steps`, for who looks at one case.
"""

from typing import TYPE_CHECKING, Any

from caller.engine import case_parts, numbering
from caller.engine import events as ev
from caller.engine.case_rows import ENDS, STEPS_KEPT, Case, CaseStep
from config.instants import Micros

if TYPE_CHECKING:
    from caller.engine.state import Apply, HallState


def _was_opened(hall: "HallState", event: ev.CaseOpened, at: Micros) -> None:
    numbering.note_of_year(hall, "case", event.series, event.serial)
    row = Case(
        event.case, event.number, event.code, event.item, event.case_type, event.state, event.window, event.clerk,
        event.ticket, at, at, event.days, event.due, event.warn, provisional=event.provisional, reason=event.reason,
        closed=at if event.state in ENDS else 0, review_until=event.review_until,
        ticket_number=event.ticket_number, department=event.department, project=event.project,
        more=case_parts.began(event, at),
    )  # fmt: skip
    hall.register.cases.put(row.id, row)
    hall.register.case_index.add(row)


def _was_done(hall: "HallState", event: ev.CaseDone, _at: Micros) -> None:
    numbering.note_of_year(hall, "case", event.series, event.serial)


def _was_moved(hall: "HallState", event: ev.CaseMoved, at: Micros) -> None:
    if event.case not in hall.register.cases:
        return  # closed and gone: only in a log whose clock was set back
    index, row = hall.register.case_index, hall.register.cases.edit(event.case)
    index.remove(row)
    _change(row, event, at)
    case_parts.changed(row, event, at)
    code = event.decision or event.owner or event.code
    more = event.way or event.department or event.day or (event.code if event.decision else "")
    _note_step(row, CaseStep(at, event.move, event.staff, code, more, event.due))
    row.state, row.version = event.state, row.version + 1
    if event.state in ENDS:
        row.closed, row.review_until = at, event.review_until
    index.add(row)


def _was_voided(hall: "HallState", event: ev.CaseVoided, at: Micros) -> None:
    if event.case not in hall.register.cases:
        return  # done on the spot: it has no row
    index, row = hall.register.case_index, hall.register.cases.edit(event.case)
    index.remove(row)
    _note_step(row, CaseStep(at, "void", event.clerk))
    row.state, row.version, row.voided = "withdrawn", row.version + 1, event.notice
    row.closed, row.review_until = at, event.review_until
    index.add(row)


def _note_step(row: Case, step: CaseStep) -> None:
    row.steps = [*(row.steps or []), step][-STEPS_KEPT:]


def _change(row: Case, event: ev.CaseMoved, at: Micros) -> None:
    """Change a row by a move, but for its state."""
    if event.move in ("accept", "reopen", "resume"):
        row.since = at
    if event.move == "extend":
        row.before, row.told, row.extended = row.due, event.way, row.extended + 1
    if event.days >= 0 or event.move in ("accept", "reopen"):
        row.days, row.due, row.warn, row.provisional, row.noted = (
            event.days, event.due, event.warn, event.provisional, 0,
        )  # fmt: skip
    match event.move:
        case "take":
            row.owner = event.owner
        case "pause":
            row.paused, row.pause = at, event.code
            row.pauses = (row.pauses or {}) | {event.code: (row.pauses or {}).get(event.code, 0) + 1}
        case "resume" | "withdraw":
            row.paused = 0
        case "decide":
            row.decision, row.decided, row.reason = event.decision, at, event.code or row.reason
            row.rating_until = event.rating_until
        case "tell":
            row.told = event.way
        case "extend" | "refuse":
            row.reason = event.code
        case "reopen":
            row.decision, row.decided, row.closed, row.extended, row.before = "", 0, 0, 0, 0
        case _:
            pass


def drop_ended(hall: "HallState", at: Micros) -> None:
    """Take the ended cases out of the register that no review can open again (rule 8)."""
    rows, index = hall.register.cases, hall.register.case_index
    if not any(index.states[state] for state in ENDS):
        return
    for id in [each.id for each in rows.values() if each.state in ENDS and at > each.review_until]:
        index.remove(rows.drop(id))


DECIDE: "dict[type[Any], Any]" = {}
APPLY: "dict[type[Any], Apply]" = {}
APPLY_REGISTER: "dict[type[Any], Apply]" = {
    ev.CaseOpened: _was_opened,
    ev.CaseDone: _was_done,
    ev.CaseMoved: _was_moved,
    ev.CaseVoided: _was_voided,
}
