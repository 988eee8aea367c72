"""The content of the papers of a case: receipt, one-time notice, refusal, guide. Printed like slips, from templates.

A one-time notice (一次性告知单) lists *all* missing papers at once, so its list is never cut short. Pure.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from config.catalogue import sentence, word
from config.directions import lines_in, name_in, page_url, text_in
from config.hall_lists import find
from config.instants import Micros, local
from config.paper.slip import clock, paper_language, reprint_mark
from config.paper.template import TemplateValue
from config.settings import Item, Settings

NoticeKind = Literal[
    "acceptance", "handling", "missing", "refusal", "receipt", "delay", "pause", "return", "void", "guide", "feedback",
    "promise", "passing", "parallel", "parallel-handling", "agency", "task-report", "denial", "payment",
]  # fmt: skip
BLANK = "＿＿＿＿＿＿＿＿"  # what a pen fills in: a name that the hall does not have, or no more


MONEY = (
    "amount", "capital", "full", "price", "count", "discount", "way", "reference", "first", "discount_basis",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class NoticeContent:
    """The facts of one notice, in the language it is printed in."""

    kind: NoticeKind
    hall: str
    item: str
    issued: Micros
    department: str = ""
    case: str = ""
    number: str = ""
    window: str = ""
    papers: tuple[str, ...] = ()  # missing ones on a one-time notice, taken ones on a receipt
    owed: tuple[str, ...] = ()  # of an acceptance: the papers that are to follow
    owed_due: str = ""  # a date: until when
    reason: str = ""
    basis: str = ""
    conditions: str = ""
    steps: tuple[str, ...] = ()
    fee: str = ""
    fee_basis: str = ""  # what the fee rests on
    statutory_days: int | None = None
    promised_days: int | None = None
    due: str = ""  # a date, reckoned by the calendar of working days
    phone: str = ""
    complaint_phone: str = ""
    url: str = ""
    code: str = ""  # the way back, or the code of a case's progress
    until: str = ""  # a date: how long the way back is open
    before: str = ""  # a date: the one that was extended
    voids: str = ""  # the name of the paper that is void
    nth: int = 0  # the how many-th pause this is
    left: str = ""  # the working days that are left when it goes on
    applicant: str = ""  # by the people's store, which forgets; else blank
    contact: str = ""
    address: str = ""
    owner: str = ""  # staff number of whose hand it is in
    parts: tuple[str, ...] = ()  # steps, or departments, each with its limit
    hands: tuple[str, ...] = ()  # in whose hand it was, from when to when
    mark: str = ""  # which copy this is
    done: str = ""  # a date: when its result was given out
    money: Mapping[str, str] = field(default_factory=dict[str, str])  # of a receipt of payment, by field
    copy: int = 0  # 0 the notice, 1.. reprints
    zone: str = "Asia/Shanghai"
    language: str = "zh"


COMPLETE: dict[str, str] = {
    "zh": "您的申请材料齐全，符合法定形式，现予受理。",
    "en": "Your papers are complete and in due form. The application is accepted.",
}


def values(notice: NoticeContent) -> dict[str, TemplateValue]:
    """Return the fields that a notice's template may use."""
    return {
        "hall": notice.hall,
        "item": notice.item,
        "department": notice.department,
        "case": notice.case,
        "number": notice.number,
        "window": notice.window,
        "papers": notice.papers,
        "owed": notice.owed,
        "owed_due": notice.owed_due,
        "complete": "" if notice.owed else COMPLETE.get(notice.language, COMPLETE["zh"]),
        "reason": notice.reason,
        "basis": notice.basis,
        "conditions": notice.conditions,
        "steps": notice.steps,
        "fee": notice.fee,
        "fee_basis": notice.fee_basis,
        "statutory": days(notice.statutory_days, notice.language),
        "promised": days(notice.promised_days, notice.language),
        "due": notice.due,
        "phone": notice.phone,
        "complaint": notice.complaint_phone,
        "url": notice.url,
        "code": notice.code,
        "until": notice.until,
        "before": notice.before,
        "voids": notice.voids,
        "nth": str(notice.nth or ""),
        "left": notice.left,
        "applicant": notice.applicant,
        "contact": notice.contact,
        "address": notice.address,
        "owner": notice.owner,
        "clerk": notice.owner,
        "parts": notice.parts,
        "hands": notice.hands,
        "mark": notice.mark,
        "done": notice.done,
        **{name: notice.money.get(name, "") for name in MONEY},
        "issued": clock(notice.issued, notice.zone),
        "reprint": reprint_mark(notice.copy, notice.language),
    }


def days(count: int | None, language: str) -> str:
    """Return a limit in working days; 0 is done on the spot, none is not printed."""
    if count is None:
        return ""
    if count == 0:
        return sentence("on-slip", "days-now", language)
    return sentence("on-slip", "days", language, count=count)


def date_of(at: Micros, zone: str) -> str:
    return local(at, zone).date().isoformat() if at else ""


def progress_url(settings: Settings, code: str) -> str:
    """Return the address of the page that shows how a case goes on; the code stands where no server logs it."""
    return f"{page_url(settings, '/case')}#{code}"


def receipt_url(settings: Settings, code: str, language: str) -> str:
    """Return the address of the page on which a complaint is followed, and words are added to it."""
    return f"{page_url(settings, '/feedback', language)}#{code}"


def receipt_content(settings: Settings, facts: dict[str, Any], language: str) -> NoticeContent:
    """Return the receipt of a complaint and the like: the result of SubmitFeedback, with `kind`, `window`, `reason`."""
    language = paper_language(language)
    hall = settings.hall
    window = next((each for each in settings.windows if each.id == facts["window"]), None)
    reason = find(settings, "feedback", facts["reason"])
    return NoticeContent(
        kind="feedback",
        hall=name_in(hall, language),
        item=word("follow-up-kind", facts["kind"], language),
        issued=facts["opened"],
        case=facts["number"],
        window=name_in(window, language) if window else "",
        reason=name_in(reason, language) if reason else "",
        due=date_of(facts["due"], hall.zone),
        phone=hall.phone,
        complaint_phone=hall.complaint_phone,
        url=receipt_url(settings, facts["code"], language),
        code=facts["code"],
        zone=hall.zone,
        language=language,
    )


def guide_content(settings: Settings, item: Item, issued: Micros, language: str) -> NoticeContent:
    """Return the guide of an item to take home: the facts that the law makes a hall publish.

    `language` is a screen's; the guide is in it, or in the next of its chain that has one.
    """
    language = paper_language(language)
    hall = settings.hall
    department = next((each for each in settings.departments if each.id == item.department), None)
    return NoticeContent(
        kind="guide",
        hall=name_in(hall, language),
        item=name_in(item, language),
        issued=issued,
        department=name_in(department, language) if department else "",
        papers=tuple(lines_in(item, "papers", language)),
        basis=text_in(item, "basis", language),
        conditions=text_in(item, "conditions", language),
        steps=tuple(lines_in(item, "steps", language)),
        fee=text_in(item, "fee", language),
        fee_basis=text_in(item, "fee_basis", language),
        statutory_days=item.statutory_days,
        promised_days=item.promised_days,
        phone=item.phone or (department.phone if department else "") or hall.phone,
        complaint_phone=hall.complaint_phone,
        zone=hall.zone,
        language=language,
    )
