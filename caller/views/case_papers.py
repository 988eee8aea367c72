"""What an applicant is given of a case or of missing papers: the facts of its notices, and how it goes on by the receipt's code.

No name of a person is among them: those lie in the people's store.
"""

from collections.abc import Iterable
from typing import Literal, cast

from caller.engine import case_clock, case_ratings
from caller.engine.case_messages import Decision
from caller.engine.case_parts import EMPTY
from caller.engine.case_rows import Case
from caller.engine.commands import CaseNotice
from caller.engine.hall import Hall
from caller.engine.papers import AskedPaper
from caller.protocol.case_documents import CaseRating, NoticePaper, NoticeView, ProgressPart, ProgressView
from caller.views.cases import joint_lines
from caller.views.public import window_names
from config.catalogue import both
from config.hall_lists import find
from config.instants import Micros
from config.settings import Department, Item, ReasonKind
from config.text_safety import for_page


def progress_view(hall: Hall, key: str, now: Micros) -> ProgressView:
    """Return what the holder of a receipt's code may know. Raises: KeyError (no case has this code)."""
    row = hall.register.cases[hall.register.case_index.codes[key]]
    item, department = _names(hall, row.item, row.department)
    phone, more = _phone(hall, hall.items.get(row.item), row.department), row.more or EMPTY
    return {
        "number": row.number, "item": item[0], "item_en": item[1], "department": department[0],
        "department_en": department[1], "state": row.state, "decision": cast(Decision, row.decision),
        "light": case_clock.light(row, now), "opened": row.opened, "due": row.due, "provisional": row.provisional,
        "before": row.before, "parts": _progress_parts(hall, row, now), "joint": joint_lines(row),
        "owed": [for_page(each.name) for each in more.owed], "owed_due": more.owed_due if more.owed else 0,
        "reported": more.reported, "heard": more.heard, "phone": phone, "rating": rating_state(hall, row, now),
        "receipt": row.rated,
    }  # fmt: skip


def rating_state(hall: Hall, row: Case, now: Micros) -> CaseRating:
    """Return whether a case may be rated now, or was."""
    return "given" if row.level else "open" if case_ratings.rateable(hall, row, now) else ""


def _progress_parts(hall: Hall, row: Case, now: Micros) -> list[ProgressPart]:
    found: list[ProgressPart] = []
    for part in row.more.parts if row.more else ():
        _, names = _names(hall, "", part.department)
        light = case_clock.part_light(row, part, now)
        found.append(
            {
                "department": names[0],
                "department_en": names[1],
                "due": part.due,
                "light": light,
                "replied": part.replied,
            }
        )
    return found


# The list that the reason on a notice is of. Why a clock is paused is a code of the catalogue.
OF_CASES: dict[CaseNotice, ReasonKind | None] = {
    "acceptance": None, "receipt": None, "refusal": "refusal", "delay": "extension", "pause": None, "return": "refusal",
    "void": None,
}  # fmt: skip


def notice_view(hall: Hall, key: str, _now: Micros) -> NoticeView:
    """Return the facts of a notice; the key is its kind and what it is about, "missing.ID". Raises: KeyError."""
    kind, _, about = key.partition(".")
    if kind == "missing" or (kind == "void" and about in hall.register.vouchers):
        return _missing(hall, about, kind)
    if kind not in OF_CASES:
        raise KeyError(key)
    return _of_case(hall, about, kind)


def _missing(hall: Hall, about: str, kind: Literal["missing", "void"]) -> NoticeView:
    row = hall.register.vouchers[about]
    if row.void != (kind == "void"):
        raise KeyError(about)
    issued = row.settled if row.void else row.asked
    facts = _facts(hall, kind, about, row.item, row.window, issued, "")
    facts["voids"] = "missing" if row.void else ""
    return {
        **facts, "number": row.number, "code": "" if row.void else row.code, "until": 0 if row.void else row.until,
        "papers": [] if row.void else _papers(hall, row.papers),
    }  # fmt: skip


def _papers(hall: Hall, asked: list[AskedPaper]) -> list[NoticePaper]:
    faults = {fault: _reason(hall, "paper", fault) for fault in {each.fault for each in asked}}
    return [
        {"name": for_page(each.name), "why": faults[each.fault][0], "why_en": faults[each.fault][1]}
        for each in asked
    ]


def _of_case(hall: Hall, about: str, kind: CaseNotice) -> NoticeView:
    """Return the facts of a case's notice. Raises: KeyError (there is no such paper of the case now)."""
    row = hall.register.cases[about]
    if _is_missing(row, kind):
        raise KeyError(about)
    listed = OF_CASES[kind]
    reason, reason_en = _reason(hall, listed, row.reason) if listed and row.reason else ("", "")
    facts = _facts(hall, kind, about, row.item, row.window, _issued(row, kind), row.department)
    if kind == "pause":
        reason, reason_en = both("case-pause", row.pause)
        facts["nth"], facts["left"] = sum((row.pauses or {}).values()), case_clock.days_left(hall, row)
    if kind == "acceptance" and row.more and row.more.owed:
        facts["owed"], facts["owed_due"] = _papers(hall, row.more.owed), row.more.owed_due
    if kind == "void":
        facts["voids"] = cast(CaseNotice, row.voided)
    return {
        **facts, "number": row.ticket_number, "case": row.number, "code": "" if row.voided else row.code,
        "due": 0 if kind in ("pause", "return", "void") else row.due,
        "before": row.before if kind == "delay" else 0, "reason": reason, "reason_en": reason_en,
    }  # fmt: skip


def _is_missing(row: Case, kind: CaseNotice) -> bool:
    """Return whether there is no such paper: a void case has none but the void one, no other case has that one, and a
    pause that is over has none to be printed."""
    return bool(row.voided) != (kind == "void") or (kind == "pause" and not row.paused)


def _issued(row: Case, kind: CaseNotice) -> Micros:
    """Return when a paper's act was done; of an extension, by the steps kept."""
    if kind == "pause":
        return row.paused
    acts = {"delay": "extend", "return": "decide", "void": "void", "refusal": "refuse"}
    done = [each.at for each in row.steps or () if each.move == acts.get(kind)]
    return done[-1] if done else row.opened


def _facts(
    hall: Hall, kind: CaseNotice, about: str, item_id: str, window: str, issued: Micros, department: str
) -> NoticeView:
    item, window_name = hall.items.get(item_id), window_names(hall, window)
    department = item.department if item else department
    names, departments = _names(hall, item_id, department)
    found: NoticeView = {
        "kind": kind, "about": about, "number": "", "case": "", "item": names[0], "item_en": names[1],
        "department": departments[0], "department_en": departments[1], "window": window_name[0],
        "window_en": window_name[1], "issued": issued, "papers": [], "owed": [], "owed_due": 0, "reason": "", "reason_en": "", "due": 0,
        "before": 0, "code": "", "until": 0, "voids": "", "nth": 0, "left": 0, "phone": _phone(hall, item, department),
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
