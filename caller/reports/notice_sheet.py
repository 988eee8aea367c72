"""A notice (告知单、通知书) as an A4 paper: the facts of a `NoticeView`, laid out for the one print view.

The same facts make the thermal paper (`config.paper.notice`). Chinese stands first; English is under it, for who reads
no Chinese. The code stands as a QR code and in digits.
"""

from collections.abc import Callable
from typing import Any

import segno

from config.catalogue import both, word
from config.instants import Micros, local
from config.process.print_view import PrintColumn, PrintDocument, PrintTable
from config.settings import Settings

Facts = dict[str, Any]  # a NoticeView of the wire

FACT_COLUMNS = (PrintColumn("", is_text=True), PrintColumn("", is_text=True))
PAPER_COLUMNS = (
    PrintColumn("序号", "no."), PrintColumn("材料", "paper", True), PrintColumn("问题", "what is wrong", True),
)  # fmt: skip
CAPTIONS = {"missing": "凭此码取号，不用重新排队"}
OTHER_CAPTION = "查询办理进度"


def notice_sheet(settings: Settings, facts: Facts, applicant: str = "") -> PrintDocument:
    """Return the paper of a notice; `applicant`: as the people's store knows them, empty where it has forgotten."""
    title, title_en = both("notice", facts["kind"])
    papers = [
        (str(nth), each["name"], f"{each['why']} {each['why_en']}".strip())
        for nth, each in enumerate(facts["papers"], 1)
    ]
    tables = [PrintTable("", FACT_COLUMNS, _rows(settings, facts, applicant), headed=False)]
    if papers:
        tables.insert(0, PrintTable("需要补正的全部材料 All papers that are needed", PAPER_COLUMNS, papers))
    caption = CAPTIONS.get(facts["kind"], OTHER_CAPTION)
    return PrintDocument(
        settings.hall.name, f"{title} {title_en}", f"{word('notice-lead', facts['kind'])}。", tables,
        picture=qr_svg(facts["code"]) if facts["code"] else "", caption=f"{facts['code']}\n{caption}",
    )  # fmt: skip


def qr_svg(text: str) -> str:
    """Return a QR code as an SVG that loads and styles nothing."""
    return segno.make_qr(text, error="m").svg_inline(
        omitsize=True, border=2
    )  # no micro code: phones read none


def _rows(settings: Settings, facts: Facts, applicant: str) -> list[tuple[str, str]]:
    """Return what the notice says beside its papers; a row without a value is left out."""
    day = _day_in(settings.hall.zone)
    hall = settings.hall
    rows = [
        ("办件号 Case", facts["case"]),
        ("申请人 Applicant", applicant),
        ("事项 Item", _two(facts["item"], facts["item_en"])),
        ("承办部门 Department", _two(facts["department"], facts["department_en"])),
        ("窗口 Window", _two(facts["window"], facts["window_en"])),
        ("号码 Number", facts["number"]),
        ("作废的文书 Void", _two(*both("notice", facts["voids"])) if facts["voids"] else ""),
        ("理由 Reason", _two(facts["reason"], facts["reason_en"])),
        ("依据 Basis", facts["basis"]),
        ("法定时限 Statutory limit", _days(facts.get("statutory_days"))),
        ("承诺时限 Promised limit", _days(facts.get("promised_days"))),
        ("第几次暂停 Pause no.", str(facts["nth"] or "")),
        ("继续后剩余 Left then", _days(facts["left"]) if facts["nth"] else ""),
        ("原办结日期 Date before", day(facts["before"])),
        ("办结日期 Due", day(facts["due"])),
        ("凭证有效期至 Valid until", day(facts["until"])),
        ("咨询电话 Questions", facts["phone"]),
        ("投诉电话 Complaints", hall.complaint_phone),
        ("日期 Date", day(facts["issued"])),
        ("窗口盖章 Stamp", "　"),
    ]
    return [(name, value) for name, value in rows if value]


def _two(zh: str, en: str) -> str:
    return f"{zh} {en}" if en and en != zh else zh


def _days(count: int | None) -> str:
    return "" if count is None else f"{count} 个工作日 working days" if count else "当场办结 on the spot"


def _day_in(zone: str) -> Callable[[Micros], str]:
    return lambda at: local(at, zone).date().isoformat() if at else ""
