"""How a reception may end, and the cases that receptions open, as windows and offices see them. `case_papers`: the papers.

Lights are decided here. The cost of a document does not grow with the cases that are open: counts come from the sorted
index of the register, and of the cases only the first are listed.
"""

from collections.abc import Sequence
from datetime import date
from itertools import islice
from typing import TypedDict, cast

from caller.engine import case_clock, case_papers, case_parts, cases, deadlines, followups, outcomes, vouchers
from caller.engine.case_messages import Decision
from caller.engine.case_rows import OPEN, RUNNING, Case
from caller.engine.commands import OUTCOMES
from caller.engine.hall import Hall
from caller.engine.papers import AskedPaper, code_of
from caller.engine.refusals import Refused
from caller.engine.register import FollowUp
from caller.engine.tickets import Ticket
from caller.engine.windows import WindowState
from caller.protocol.case_documents import (
    AccountabilityLine,
    AskedPaperLine,
    CaseCounts,
    CaseLine,
    CasesView,
    CaseView,
    EndingView,
    JointLine,
    PartLine,
    WindowCaseCounts,
    WindowCasesView,
    WindowPartLine,
)
from config.instants import Micros
from config.text_safety import for_page

WINDOW_CASES_MAX = 20  # a clerk takes in no more; the office lists them all
CASES_MAX = 200


def ending_view(hall: Hall, window: WindowState, ticket: Ticket) -> EndingView:
    """Return how the reception at a window may end."""
    item = outcomes.item_of(hall, ticket)
    known = outcomes.choices(hall, window.id, item, ticket)
    first = vouchers.of_ticket(hall, ticket)
    try:
        outcomes.need_asking(hall, ticket)
        required = False
    except Refused:
        required = True
    return {
        "item": item.id if item else "", "required": required,
        "outcomes": {each: OUTCOMES.index(each) + 1 for each in known},
        "asked": _asked_lines(first.papers if first and not first.settled else ()),
        "refusals": outcomes.refusal_reasons(hall, item),
        "later": [code_of(each) for each in case_parts.later_papers(item)] if item and hall.settings.cases.enabled else [],
    }  # fmt: skip


# --- cases


def cases_view(hall: Hall, key: str, now: Micros) -> CasesView | WindowCasesView:
    """Return the cases of the hall, or with a key those of one window."""
    index, rows, days = hall.register.case_index, hall.register.cases, DaysLeft(hall, now)
    if not key:
        rest = islice(reversed(index.resting), CASES_MAX)
        return {
            "counts": case_counts(hall, now),
            "cases": {id: case_line(rows[id], days) for _, id in index.due[:CASES_MAX]},
            "rest": {id: case_line(rows[id], days) for id in rest},
            "records": _records(hall, "", now),
        }
    ids, open_ = index.of_window(key, WINDOW_CASES_MAX)
    found = {id: case_line(rows[id], days) for id in ids}
    return {"window": key, "open": open_, "cases": found, "parts": _window_parts(hall, key, days)}


def _window_parts(hall: Hall, window: str, days: "DaysLeft") -> dict[str, WindowPartLine]:
    """Return the parts that a window's department is to reply to, but for those of cases this very window leads."""
    department = cases.department_at(hall, window)
    ids, _ = hall.register.case_index.of_department(department, WINDOW_CASES_MAX) if department else ([], 0)
    found: dict[str, WindowPartLine] = {}
    for id in ids:
        row = hall.register.cases[id]
        part = row.more.part(department) if row.more else None
        if part and row.window != window:
            found[id] = {
                "case": id, "number": row.number, "item": row.item, "department": department, "window": row.window,
                "due": part.due, "light": case_clock.part_light(row, part, days.now), "left": days.until(part.due),
                "version": row.version,
            }  # fmt: skip
    return found


def case_counts(hall: Hall, now: Micros) -> CaseCounts:
    """Return how many cases show each light, at a cost that does not grow with them."""
    index = hall.register.case_index
    red, yellow, green = index.lights(now)
    open_ = sum(index.states[state] for state in OPEN)
    return {
        "open": open_, "red": red, "yellow": yellow, "green": green, "grey": open_ - red - yellow - green,
        "refused": index.states["refused"],
    }  # fmt: skip


def window_case_counts(hall: Hall, window: str, now: Micros) -> WindowCaseCounts:
    index, department = hall.register.case_index, cases.department_at(hall, window)
    open_, late = len(index.windows.get(window, ())), index.late_at(window, now)
    parts, late_parts = index.parts_at(department, now) if department else (0, 0)
    return {"open": open_ + parts, "late": late + late_parts}


class DaysLeft:
    """Working days between today and due dates, counted once for each date: of many cases, few dates differ."""

    def __init__(self, hall: Hall, now: Micros) -> None:
        self.now, self.hall = now, hall
        self._hall, self._today = hall, hall.local_date(now)
        self._known: dict[date, int] = {}

    def of(self, row: Case) -> int:
        """Return the working days a case has left, or who was asked for papers has; below 0: it is over for so many."""
        if row.state == "asked" and (until := asked_until(row)):
            return self.until(until)
        if row.days < 0 or row.state not in RUNNING | {"paused"}:
            return 0
        if row.paused:
            return case_clock.days_left(self._hall, row)
        return self.until(row.due)

    def until(self, instant: Micros) -> int:
        """Return the working days until an instant; below 0: it is over for so many."""
        due, count = self._hall.local_date(instant), self._hall.calendar.working_days
        if due not in self._known:
            self._known[due] = count(self._today, due) if due >= self._today else -count(due, self._today)
        return self._known[due]


def case_line(row: Case, days: DaysLeft) -> CaseLine:
    return {
        "case": row.id, "number": row.number, "item": row.item, "case_type": row.case_type, "state": row.state, "window": row.window,
        "owner": for_page(row.owner), "opened": row.opened, "due": row.due, "provisional": row.provisional,
        "light": case_clock.light(row, days.now), "decision": cast(Decision, row.decision), "extended": bool(row.extended),
        "told": row.told, "ticket_number": row.ticket_number, "version": row.version,
        "moves": cases.moves_now(row, days.now),
        "papers": case_papers.papers_of(days.hall, row), "project": row.project, "left": days.of(row), "pause": row.pause if row.paused else "",
        "asked": _asked_since(row), "asked_until": asked_until(row),
    }  # fmt: skip


def _asked_since(row: Case) -> Micros:
    """Return since when a received case waits for the papers it was asked for; 0: it does not."""
    asked = (each.at for each in reversed(row.steps or ()) if each.move == "ask")
    return next(asked, row.opened) if row.state == "asked" else 0


def asked_until(row: Case) -> Micros:
    """Return until when the papers that a case waits for may be brought; 0: it waits for none, or no date is known."""
    return row.more.asked_until if row.more and row.state == "asked" else 0


def case_view(hall: Hall, key: str, now: Micros) -> CaseView:
    """Return one case by its id or its number, with its steps. Raises: KeyError."""
    row = hall.register.cases[case_id(hall, key)]
    return {
        **case_line(row, DaysLeft(hall, now)), "department": row.department, "decided": row.decided, "closed": row.closed,
        "before": row.before, "reason": row.reason, "pauses": dict(row.pauses or {}),
        "steps": [
            {"at": each.at, "move": each.move, "staff": for_page(each.staff), "code": for_page(each.code), "more": each.more, "due": each.due}
            for each in row.steps or ()
        ],
        **_more(row, now), "records": _records(hall, row.id, now),
    }  # fmt: skip


class _More(TypedDict):
    asked_papers: list[AskedPaperLine]
    parts: list[PartLine]
    joint: list[JointLine]
    owed: list[AskedPaperLine]
    owed_due: Micros
    owed_light: deadlines.Light
    reported: Micros
    heard: Micros
    agent: str
    listed: list[str]
    major: bool


def _more(row: Case, now: Micros) -> _More:
    """Return what a case has besides its own clock."""
    more = row.more or case_parts.EMPTY
    return {
        "parts": [
            {
                "department": each.department, "days": each.days, "due": each.due, "light": case_clock.part_light(row, each, now),
                "reply": cast(Decision, each.reply), "replied": each.replied, "staff": for_page(each.staff),
            }
            for each in more.parts
        ],
        "joint": joint_lines(row),
        "asked_papers": _asked_lines(more.asked if row.state == "asked" else ()),
        "owed": _asked_lines(more.owed),
        "owed_due": more.owed_due if more.owed else 0,
        "owed_light": case_clock.light_of(row, case_clock.owed_deadline(row, more), now) if more.owed else "grey",
        "reported": more.reported, "heard": more.heard, "agent": for_page(more.agent),
        "listed": [for_page(each) for each in more.listed], "major": more.major,
    }  # fmt: skip


def _asked_lines(asked: Sequence[AskedPaper]) -> list[AskedPaperLine]:
    return [{"paper": each.paper, "name": for_page(each.name), "fault": each.fault} for each in asked]


def joint_lines(row: Case) -> list[JointLine]:
    known = row.more.joint if row.more else ()
    return [{"kind": each.kind, "day": each.day, "held": each.held} for each in known]


def _records(hall: Hall, case: str, now: Micros) -> dict[str, AccountabilityLine]:
    """Return the accountability records of a case; without one, those of all that are not closed."""
    return {
        row.id: _record(hall, row, now)
        for row in hall.register.follow_ups.values()
        if row.kind == "accountability" and (row.case == case if case else row.state != "closed")
    }


def _record(hall: Hall, row: FollowUp, now: Micros) -> AccountabilityLine:
    case = hall.register.cases.get(row.case)
    light = "grey" if row.state == "closed" else deadlines.light(deadlines.answer_of(row), now)
    return {
        "number": row.number, "case": row.case, "case_number": case.number if case else "", "state": row.state,
        "window": row.window, "clerk": for_page(row.clerk), "department": row.department, "owner": for_page(row.owner), "finding": row.finding,
        "opened": row.opened, "due": row.due, "light": light, "moves": list(followups.MOVES[row.state]),
    }  # fmt: skip


def case_topics(hall: Hall, owner: str) -> set[str]:
    """Return the topics that show a case, those of its departments' windows too; the supervisor's figures, too, where none is
    open of it. `owner`: its id, or that of one of its parts."""
    case = owner.partition("/")[0]
    row = hall.register.cases.get(case)
    if row is None:
        return {"supervise"}
    shares = {each.department for each in row.more.parts} if row.more else set[str]()
    windows = {
        row.window,
        *(id for id, each in hall.window_settings.items() if shares and each.department in shares),
    }
    shown = {f"{topic}/{id}" for id in windows for topic in ("cases", "window")}
    last = ((each.id, hall.register.visits.get(each.last)) for each in hall.state.windows.values())
    asking = {
        f"window/{id}" for id, visit in last if visit and visit.case == case
    }  # its evaluator asks about it
    return {
        "supervise",
        "cases",
        f"case/{case}",
        f"case/{row.number}",
        f"progress/{row.code}",
        *shown,
        *asking,
    }


def case_id(hall: Hall, key: str) -> str:
    """Return a case's id by its id or its number; a number is looked for among all cases, for the office alone asks so."""
    rows = hall.register.cases
    return key if key in rows else next((id for id, row in rows.items() if row.number == key), "")
