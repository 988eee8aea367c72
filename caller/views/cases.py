"""How a reception may end, the notices it prints, and the cases it opens, as windows, offices and phones see them.

Lights are decided here. The cost of a document does not grow with the cases that are open: counts come from the sorted
index of the register, and of the cases only the first are listed.
"""

from collections.abc import Iterable
from typing import cast

from caller.engine import case_clock, cases, outcomes, vouchers
from caller.engine.case_messages import Decision
from caller.engine.case_rows import OPEN, Case
from caller.engine.commands import OUTCOMES, CaseNotice
from caller.engine.hall import Hall
from caller.engine.refusals import Refused
from caller.engine.tickets import Ticket
from caller.engine.windows import WindowState
from caller.protocol.case_documents import (
    CaseCounts,
    CaseLine,
    CasesView,
    EndingView,
    NoticeView,
    ProgressView,
    WindowCasesView,
)
from caller.views.public import window_names
from config.catalogue import both
from config.hall_lists import find
from config.instants import Micros
from config.settings import Department, Item, ReasonKind
from config.text_safety import for_page

WINDOW_CASES_MAX = 20  # a clerk takes in no more; the office lists them all
CASES_MAX = 200


def ending_view(hall: Hall, window: WindowState, ticket: Ticket) -> EndingView:
    """Return how the reception at a window may end."""
    item = outcomes.item_of(hall, ticket)
    known = outcomes.choices(hall, window.id, item)
    first = vouchers.of_ticket(hall, ticket)
    try:
        outcomes.need_asking(hall, ticket)
        required = False
    except Refused:
        required = True
    return {
        "item": item.id if item else "", "required": required,
        "outcomes": {each: OUTCOMES.index(each) + 1 for each in known},
        "asked": [
            {"paper": each.paper, "name": for_page(each.name), "fault": each.fault}
            for each in (first.papers if first and not first.settled else ())
        ],
        "refusals": outcomes.refusal_reasons(hall, item),
    }  # fmt: skip


# --- cases


def cases_view(hall: Hall, key: str, now: Micros) -> CasesView | WindowCasesView:
    """Return the cases of the hall, or with a key those of one window."""
    index, rows = hall.register.case_index, hall.register.cases
    if not key:
        lines = {id: case_line(rows[id], now) for _, id in index.due[:CASES_MAX]}
        return {"counts": case_counts(hall, now), "cases": lines}
    ids, open_ = index.of_window(key, WINDOW_CASES_MAX)
    return {"window": key, "open": open_, "cases": {id: case_line(rows[id], now) for id in ids}}


def case_counts(hall: Hall, now: Micros) -> CaseCounts:
    """Return how many cases show each light, at a cost that does not grow with them."""
    index = hall.register.case_index
    red, yellow, green = index.lights(now)
    open_ = sum(index.states[state] for state in OPEN)
    return {
        "open": open_, "red": red, "yellow": yellow, "green": green, "grey": open_ - red - yellow - green,
        "refused": index.states["refused"],
    }  # fmt: skip


def case_line(row: Case, now: Micros) -> CaseLine:
    return {
        "case": row.id, "number": row.number, "item": row.item, "case_type": row.case_type, "state": row.state, "window": row.window,
        "owner": for_page(row.owner), "opened": row.opened, "due": row.due, "provisional": row.provisional,
        "light": case_clock.light(row, now), "decision": cast(Decision, row.decision), "extended": bool(row.extended),
        "told": row.told, "ticket_number": row.ticket_number, "version": row.version,
        "moves": [each for each in cases.MOVES[row.state] if each != "tell" or row.extended],
    }  # fmt: skip


def case_view(hall: Hall, key: str, now: Micros) -> CaseLine:
    """Return one case by its id or its number. Raises: KeyError."""
    return case_line(hall.register.cases[case_id(hall, key)], now)


def case_id(hall: Hall, key: str) -> str:
    """Return a case's id by its id or its number; a number is looked for among all cases, for the office alone asks so."""
    rows = hall.register.cases
    return key if key in rows else next((id for id, row in rows.items() if row.number == key), "")


def progress_view(hall: Hall, key: str, now: Micros) -> ProgressView:
    """Return what the holder of a receipt's code may know. Raises: KeyError (no case has this code)."""
    row = hall.register.cases[hall.register.case_index.codes[key]]
    item, department = _names(hall, row.item, row.department)
    phone = _phone(hall, hall.items.get(row.item), row.department)
    return {
        "number": row.number, "item": item[0], "item_en": item[1], "department": department[0],
        "department_en": department[1], "state": row.state, "decision": cast(Decision, row.decision),
        "light": case_clock.light(row, now), "opened": row.opened, "due": row.due, "provisional": row.provisional,
        "before": row.before, "phone": phone,
    }  # fmt: skip


# --- notices


def notice_view(hall: Hall, key: str, _now: Micros) -> NoticeView:
    """Return the facts of a notice; the key is its kind and what it is about, "missing.ID". Raises: KeyError."""
    kind, _, about = key.partition(".")
    if kind == "missing":
        return _missing(hall, about)
    if kind not in ("acceptance", "receipt", "refusal", "delay"):
        raise KeyError(key)
    return _of_case(hall, about, kind)


def _missing(hall: Hall, about: str) -> NoticeView:
    row = hall.register.vouchers[about]
    faults = {fault: _reason(hall, "paper", fault) for fault in {each.fault for each in row.papers}}
    facts = _facts(hall, "missing", about, row.item, row.window, row.asked, "")
    return {
        **facts, "number": row.number, "code": row.code, "until": row.until,
        "papers": [
            {"name": for_page(each.name), "why": faults[each.fault][0], "why_en": faults[each.fault][1]}
            for each in row.papers
        ],
    }  # fmt: skip


def _of_case(hall: Hall, about: str, kind: CaseNotice) -> NoticeView:
    row = hall.register.cases[about]
    listed: ReasonKind = "extension" if kind == "delay" else "refusal"
    reason, reason_en = _reason(hall, listed, row.reason) if row.reason else ("", "")
    facts = _facts(hall, kind, about, row.item, row.window, row.opened, row.department)
    return {
        **facts, "number": row.ticket_number, "case": row.number, "code": row.code, "due": row.due,
        "before": row.before if kind == "delay" else 0, "reason": reason, "reason_en": reason_en,
    }  # fmt: skip


def _facts(
    hall: Hall, kind: CaseNotice, about: str, item_id: str, window: str, issued: Micros, department: str
) -> NoticeView:
    item, window_name = hall.items.get(item_id), window_names(hall, window)
    department = item.department if item else department
    names, departments = _names(hall, item_id, department)
    found: NoticeView = {
        "kind": kind, "about": about, "number": "", "case": "", "item": names[0], "item_en": names[1],
        "department": departments[0], "department_en": departments[1], "window": window_name[0],
        "window_en": window_name[1], "issued": issued, "papers": [], "reason": "", "reason_en": "", "due": 0,
        "before": 0, "code": "", "until": 0, "phone": _phone(hall, item, department),
        "basis": for_page(item.basis) if item else "",
    }  # fmt: skip
    if item and item.statutory_days is not None:
        found["statutory_days"] = item.statutory_days
    if item and item.promised_days is not None:
        found["promised_days"] = item.promised_days
    return found


def _names(hall: Hall, item_id: str, department_id: str) -> tuple[tuple[str, str], tuple[str, str]]:
    """Return the names of an item and a department in both languages; the id of one the hall has no more."""
    item, department = hall.items.get(item_id), _department(hall.settings.departments, department_id)
    return (
        (for_page(item.name), for_page(item.name_en)) if item else (for_page(item_id), ""),
        (for_page(department.name), for_page(department.name_en)) if department else ("", ""),
    )


def _phone(hall: Hall, item: Item | None, department_id: str) -> str:
    department = _department(hall.settings.departments, department_id)
    own = (item.phone if item else "") or (department.phone if department else "")
    return for_page(own or hall.settings.hall.phone)


def _department(known: Iterable[Department], id: str) -> Department | None:
    return next((each for each in known if each.id == id), None)


def _reason(hall: Hall, kind: ReasonKind, code: str) -> tuple[str, str]:
    """Return the names of a reason; those of the catalogue, or the code itself, where the hall's list has lost it."""
    known = find(hall.settings, kind, code)
    return (
        (for_page(known.name), for_page(known.name_en or known.name))
        if known
        else both(f"{kind}-reason", code)
    )
