"""The papers of a case: receipt, one-time notice, refusal, guide. Printed like slips, from templates.

A one-time notice (一次性告知单) lists *all* missing papers at once, so its list is never cut short. Pure.
"""

from dataclasses import dataclass
from typing import Literal

from config.settings import Department, HallTable, Item
from devices.paper.document import Sheet
from devices.paper.slip import Language, clock
from devices.paper.template import TemplateValue, fill
from devices.paper.template_files import TemplateFolder
from devices.printer.encoding import Mode, encode

NoticeKind = Literal["acceptance", "handling", "missing", "refusal", "guide"]


@dataclass(frozen=True, slots=True)
class Notice:
    """The facts of one notice, in the language it is printed in."""

    kind: NoticeKind
    hall: str
    item: str
    issued: int  # UTC microseconds
    department: str = ""
    case: str = ""
    number: str = ""
    window: str = ""
    papers: tuple[str, ...] = ()  # missing ones on a one-time notice, taken ones on a receipt
    reason: str = ""
    basis: str = ""
    conditions: str = ""
    steps: tuple[str, ...] = ()
    fee: str = ""
    statutory_days: int | None = None
    promised_days: int | None = None
    due: str = ""  # a date, reckoned by the calendar of working days
    phone: str = ""
    complaint_phone: str = ""
    url: str = ""
    reprint: bool = False
    zone: str = "Asia/Shanghai"
    language: Language = "zh"


def values(notice: Notice) -> dict[str, TemplateValue]:
    """The fields a notice's template may use."""
    zh = notice.language == "zh"
    return {
        "hall": notice.hall,
        "item": notice.item,
        "department": notice.department,
        "case": notice.case,
        "number": notice.number,
        "window": notice.window,
        "papers": notice.papers,
        "reason": notice.reason,
        "basis": notice.basis,
        "conditions": notice.conditions,
        "steps": notice.steps,
        "fee": notice.fee,
        "statutory": days(notice.statutory_days, notice.language),
        "promised": days(notice.promised_days, notice.language),
        "due": notice.due,
        "phone": notice.phone,
        "complaint": notice.complaint_phone,
        "url": notice.url,
        "issued": clock(notice.issued, notice.zone),
        "reprint": ("补打" if zh else "REPRINT 补打") if notice.reprint else "",
    }


def days(count: int | None, language: Language) -> str:
    """A limit in working days; 0 is done on the spot, none is not printed."""
    if count is None:
        return ""
    if count == 0:
        return "当场办结" if language == "zh" else "on the spot"
    return f"{count} 个工作日" if language == "zh" else f"{count} working days"


def guide_of(
    hall: HallTable, item: Item, department: Department | None, issued: int, language: Language = "zh"
) -> Notice:
    """The guide of an item to take home: what the law makes a hall publish."""
    english = language == "en"
    named = (department.name_en if english else "") or department.name if department else ""
    return Notice(
        kind="guide",
        hall=(hall.name_en if english else "") or hall.name,
        item=(item.name_en if english else "") or item.name,
        issued=issued,
        department=named,
        papers=tuple(item.papers),
        basis=item.basis,
        conditions=item.conditions,
        steps=tuple(item.steps),
        fee=item.fee,
        statutory_days=item.statutory_days,
        promised_days=item.promised_days,
        phone=item.phone or (department.phone if department else "") or hall.phone,
        complaint_phone=hall.complaint_phone,
        zone=hall.zone,
        language=language,
    )


def sheet(notice: Notice, templates: TemplateFolder | None = None) -> Sheet:
    return fill((templates or TemplateFolder()).get(notice.kind, notice.language), values(notice))


def notice_bytes(notice: Notice, width_px: int, mode: Mode, templates: TemplateFolder | None = None) -> bytes:
    """The print job of one notice."""
    return encode(sheet(notice, templates), width_px, mode)
