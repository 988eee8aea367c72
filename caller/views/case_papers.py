"""What an applicant is given of a case or of missing papers: the facts of its notices, and how it goes on by the receipt's code.

No name of a person is among them: those lie in the people's store.
"""

from collections.abc import Iterable
from typing import Literal, cast

from caller.engine import case_clock, case_papers, case_ratings
from caller.engine.case_messages import Decision
from caller.engine.case_part_rows import CasePart
from caller.engine.case_parts import EMPTY
from caller.engine.case_rows import Case
from caller.engine.commands import CaseNotice
from caller.engine.hall import Hall
from caller.engine.papers import AskedPaper
from caller.protocol.case_documents import (
    CaseRating,
    NoticeHand,
    NoticePaper,
    NoticePart,
    NoticeView,
    ProgressPart,
    ProgressView,
)
from caller.views.cases import asked_until, joint_lines
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
        "asked": [for_page(each.name) for each in more.asked] if row.state == "asked" else [], "asked_until": asked_until(row),
        "agent": for_page(more.agent), "listed": [for_page(each) for each in more.listed],
        "papers_en": _papers_in_english(hall.items.get(row.item), [*_names_of(more.owed), *_names_of(more.asked), *more.listed]),
        "reported": more.reported, "heard": more.heard, "phone": phone, "rating": rating_state(hall, row, now),
        "receipt": row.rated, "added": row.added,
    }  # fmt: skip


def _names_of(papers: list[AskedPaper]) -> list[str]:
    return [each.name for each in papers]


def _papers_in_english(item: Item | None, names: list[str]) -> dict[str, str]:
    """Return the English names of papers, where the item has them still."""
    if item is None or not item.papers_en:
        return {}
    english = dict(zip(item.papers, item.papers_en, strict=True))
    return {for_page(each): for_page(english[each]) for each in names if each in english}


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
    "void": None, "handling": None, "promise": None, "passing": None, "parallel": None, "parallel-handling": None,
    "agency": None, "task-report": "extension", "denial": "refusal",
}  # fmt: skip
DATED_BEFORE = frozenset({"delay", "task-report"})  # their date before the extension is on them, too
WITHOUT_DATE = frozenset({"pause", "return", "void", "refusal", "denial"})
LISTS_PAPERS = frozenset(
    {"acceptance", "receipt", "handling", "promise", "passing", "parallel", "parallel-handling", "agency"}
)
LISTS_PARTS = frozenset({"handling", "passing", "parallel", "parallel-handling", "task-report"})
ONLY_NOW: frozenset[CaseNotice] = frozenset({
    "handling", "promise", "passing", "parallel", "parallel-handling", "agency", "task-report", "denial",
})  # fmt: skip


def notice_view(hall: Hall, key: str, now: Micros) -> NoticeView:
    """Return the facts of a notice; the key is its kind and what it is about, "missing.ID". Raises: KeyError.

    One of missing papers is found by its voucher's code, too: who lists them in the office has no other name of it.
    """
    kind, _, about = key.partition(".")
    about = hall.register.voucher_codes.get(about, about) if kind in ("missing", "void") else about
    if kind == "missing" or (kind == "void" and about in hall.register.vouchers):
        return _missing(hall, about, kind)
    if kind == "payment":
        return _of_fee(hall, about)
    if kind not in OF_CASES:
        raise KeyError(key)
    return _of_case(hall, about, kind, now)


def _missing(hall: Hall, about: str, kind: Literal["missing", "void"]) -> NoticeView:
    row = hall.register.vouchers[about]
    if row.void != (kind == "void"):
        raise KeyError(about)
    issued = row.settled if row.void else row.asked
    facts = _facts(hall, kind, about, row.item, row.window, issued, "")
    facts["voids"] = "missing" if row.void else ""
    case = hall.register.cases.get(row.case)
    facts["case"] = for_page(case.number) if case else ""
    return {
        **facts, "number": row.number, "code": "" if row.void else row.code, "until": 0 if row.void else row.until,
        "papers": [] if row.void else _papers(hall, row.item, row.papers),
    }  # fmt: skip


def _papers(hall: Hall, item: str, asked: list[AskedPaper]) -> list[NoticePaper]:
    english = _papers_in_english(hall.items.get(item), _names_of(asked))
    faults = {fault: _reason(hall, "paper", fault) for fault in {each.fault for each in asked}}
    return [
        {
            "name": for_page(each.name),
            "name_en": english.get(for_page(each.name), ""),
            "why": faults[each.fault][0],
            "why_en": faults[each.fault][1],
        }
        for each in asked
    ]


def _of_case(hall: Hall, about: str, kind: CaseNotice, now: Micros) -> NoticeView:
    """Return the facts of a case's notice. Raises: KeyError (there is no such paper of the case now)."""
    row = hall.register.cases[about]
    if _is_missing(hall, row, kind):
        raise KeyError(about)
    listed = OF_CASES[kind]
    reason, reason_en = _reason(hall, listed, row.reason) if listed and row.reason else ("", "")
    facts = _facts(hall, kind, about, row.item, row.window, _issued(row, kind), row.department)
    if kind == "pause":
        reason, reason_en = both("case-pause", row.pause)
        facts["nth"], facts["left"] = sum((row.pauses or {}).values()), case_clock.days_left(hall, row)
    if kind == "acceptance" and row.more and row.more.owed:
        facts["owed"], facts["owed_due"] = _papers(hall, row.item, row.more.owed), row.more.owed_due
    if kind == "void":
        facts["voids"] = cast(CaseNotice, row.voided)
    due, before = 0 if kind in WITHOUT_DATE else row.due, row.before if kind in DATED_BEFORE else 0
    if kind == "task-report" and not row.extended:  # it ran over: until when is the owner's to say
        due, before, facts["issued"] = 0, row.due, now
    return {
        **facts, "number": row.ticket_number, "case": row.number, "code": "" if row.voided else row.code,
        "due": due, "before": before, "reason": reason, "reason_en": reason_en,
        "papers": _taken(hall.items.get(row.item), row) if kind in LISTS_PAPERS else [],
        "parts": _parts(hall, row, facts) if kind in LISTS_PARTS else [],
        "hands": _hands(row) if kind in case_papers.INSIDE else [],
        "owner": for_page(row.owner or row.clerk), "ended": _ended(row) if kind in ("promise", "passing") else 0,
    }  # fmt: skip


def _of_fee(hall: Hall, about: str) -> NoticeView:
    """Return the facts of a receipt of a payment of today. Raises: KeyError."""
    row, item = hall.state.fees[about], hall.items.get(hall.state.fees[about].item)
    facts = _facts(hall, "payment", about, row.item, row.window, row.taken, row.department)
    found = next((each for each in hall.settings.discounts if each.id == row.discount), None)
    reason, reason_en = _reason(hall, "fee", row.reason) if row.reason else ("", "")
    return {
        **facts, "number": row.ticket_number, "case": row.number, "owner": for_page(row.clerk),
        "reason": reason, "reason_en": reason_en,
        "fee": {
            "count": row.count, "unit": for_page(item.price_unit) if item else "",
            "unit_en": for_page(item.price_unit_en) if item else "", "price": row.price, "full": row.full, "amount": row.amount,
            "discount": for_page(found.name) if found else for_page(row.discount),
            "discount_en": for_page(found.name_en or found.name) if found else for_page(row.discount),
            "basis": for_page(item.fee_basis or item.basis) if item else "",
            "basis_en": for_page(item.fee_basis_en or item.basis_en) if item else "",
            "discount_basis": for_page(found.basis) if found else "",
            "way": row.way, "reference": for_page(row.reference), "corrected": row.corrected, "first": row.first,
        },
    }  # fmt: skip


def _taken(item: Item | None, row: Case) -> list[NoticePaper]:
    """Return the papers of an item that are there: all but those that are to follow."""
    if item is None:
        return []
    english = item.papers_en or [""] * len(item.papers)
    owed = {each.name for each in row.more.owed} if row.more else set[str]()
    return [
        {"name": for_page(zh), "name_en": for_page(en), "why": "", "why_en": ""}
        for zh, en in zip(item.papers, english, strict=True)
        if zh not in owed
    ]


def _parts(hall: Hall, row: Case, facts: NoticeView) -> list[NoticePart]:
    """Return the departments of a parallel case, else the steps of its item, each with its limit.

    The limits of a step add up from the day the clock began on.
    """
    if row.case_type == "parallel":
        name, name_en = facts["department"], facts["department_en"]
        lead: NoticePart = {"name": name, "name_en": name_en, "lead": True, "days": row.days, "due": row.due}
        return [lead, *(_part(hall, each) for each in (row.more.parts if row.more else ()))]
    item, days, parts = hall.items.get(row.item), 0, list[NoticePart]()
    for at, name in enumerate(item.steps if item else ()):
        limit = item.step_days[at] if item and item.step_days else -1
        days += max(0, limit)
        due = case_clock.clock(hall, row.since, days).due if limit > 0 else 0
        english = item.steps_en[at] if item and item.steps_en else ""
        parts.append(
            {"name": for_page(name), "name_en": for_page(english), "lead": False, "days": limit, "due": due}
        )
    return parts


def _part(hall: Hall, part: CasePart) -> NoticePart:
    _, (name, name_en) = _names(hall, "", part.department)
    return {"name": name, "name_en": name_en, "lead": False, "days": part.days, "due": part.due}


def _hands(row: Case) -> list[NoticeHand]:
    """Return in whose hands a case was: at the window first, then of each who took it; the decision ends the last."""
    taken = [
        (row.clerk, row.opened),
        *((each.code, each.at) for each in row.steps or () if each.move == "take"),
    ]
    ends = [*(at for _, at in taken[1:]), row.decided]
    return [
        {"staff": for_page(staff), "began": began, "ended": ended}
        for (staff, began), ended in zip(taken, ends, strict=True)
        if staff
    ]


def _ended(row: Case) -> Micros:
    """Return when the result of a case was given out; 0: not yet."""
    return next((each.at for each in row.steps or () if each.move == "issue"), row.closed)


def _is_missing(hall: Hall, row: Case, kind: CaseNotice) -> bool:
    """Return whether there is no such paper: a void case has none but the void one, no other case has that one, a pause that
    is over has none to be printed, and papers of a hall's own kind are those its case has by now."""
    if kind in ONLY_NOW and kind not in case_papers.papers_of(hall, row):
        return True
    return bool(row.voided) != (kind == "void") or (kind == "pause" and not row.paused)


def _issued(row: Case, kind: CaseNotice) -> Micros:
    """Return when a paper's act was done; of an extension, by the steps kept."""
    if kind == "pause":
        return row.paused
    acts = {
        "delay": "extend", "task-report": "extend", "return": "decide", "void": "void", "refusal": "refuse", "denial": "refuse",
    }  # fmt: skip
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
        "before": 0, "code": "", "until": 0, "voids": "", "nth": 0, "left": 0, "parts": [], "hands": [], "owner": "", "ended": 0, "phone": _phone(hall, item, department),
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
