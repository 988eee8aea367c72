"""A paper of a case (告知单、通知书) as A4: by a hall's own template, without one in our layout of the one print view.

The same facts (a `NoticeView`) make the thermal paper (`config.paper.case_notice`). Chinese stands first; English is under
it, for who reads no Chinese. The code stands as a QR code and in digits. Who the applicant is comes from the people's
store; where it has no one, or no more, a clear blank is left.
"""

from collections.abc import Callable
from typing import Any

import segno

from config.catalogue import both, both_words, word
from config.instants import Micros, local
from config.money import capital, yuan
from config.paper.case_notice import BY_PEN, UNKNOWN, Applicant, case_contents, moment
from config.paper.notice import BLANK, values
from config.paper.page import as_page
from config.paper.template import fill
from config.paper.template_files import TemplateFolder
from config.process import print_view
from config.process.print_view import PrintColumn, PrintDocument, PrintTable
from config.settings import Settings

Facts = dict[str, Any]  # a NoticeView of the wire

FACT_COLUMNS = (PrintColumn("", is_text=True), PrintColumn("", is_text=True))
PAPER_COLUMNS = (
    PrintColumn("序号", "no."), PrintColumn("材料", "paper", True), PrintColumn("问题", "what is wrong", True),
)  # fmt: skip
PART_COLUMNS = (
    PrintColumn("序号", "no."), PrintColumn("部门或环节", "department or step", True), PrintColumn("时限", "limit", True),
    PrintColumn("至", "until", True), PrintColumn("接收时间", "came", True), PrintColumn("转出时间", "went", True),
    PrintColumn("签字", "signed", True),
)  # fmt: skip
HAND_COLUMNS = (
    PrintColumn("工号", "staff number", True), PrintColumn("接手", "from", True), PrintColumn("交出", "to", True),
)  # fmt: skip
CAPTIONS = {"missing": "凭此码取号，不用重新排队"}
OTHER_CAPTION = "查询办理进度"
OF_APPLICANT = frozenset({
    "acceptance", "receipt", "refusal", "denial", "delay", "pause", "return", "promise", "parallel", "agency", "payment",
})  # fmt: skip
SIGNED = frozenset({"promise", "agency"})  # by the applicant too
OF_THE_HOUSE = frozenset({"handling", "parallel-handling", "passing", "task-report"})  # signed there


def paper_page(
    settings: Settings, facts: Facts, templates: TemplateFolder, now: Micros, who: Applicant = UNKNOWN
) -> str:
    """Return a paper as one HTML document for A4, printed at `now` (UTC microseconds)."""
    template = templates.following(settings).a4(facts["kind"], "zh")
    if template is None:
        return print_view.document(notice_sheet(settings, facts, who), now, settings.hall.zone)
    sheets = [fill(template, values(each)) for each in case_contents(settings, facts, who)]
    return as_page(sheets, f"{word('notice', facts['kind'])} {settings.hall.name}")


def notice_sheet(settings: Settings, facts: Facts, who: Applicant = UNKNOWN) -> PrintDocument:
    """Return the paper of a notice by our layout."""
    title, title_en = both("notice", facts["kind"])
    caption = CAPTIONS.get(facts["kind"], OTHER_CAPTION)
    marks = [each.mark for each in case_contents(settings, facts, who)]
    return PrintDocument(
        settings.hall.name, f"{title} {title_en}", f"{word('notice-lead', facts['kind'])}。", _tables(settings, facts, who),
        picture=qr_svg(facts["code"]) if facts["code"] else "", caption=f"{facts['code']}\n{caption}", copies=marks, letter=True,
    )  # fmt: skip


def _tables(settings: Settings, facts: Facts, who: Applicant) -> list[PrintTable]:
    """Return what stands on a paper: missing papers before its facts; after them limits, hands and the papers taken."""
    zone = settings.hall.zone
    papers, owed = (_papers(facts.get(name, [])) for name in ("papers", "owed"))
    tables = [PrintTable("", FACT_COLUMNS, _rows(settings, facts, who), headed=False)]
    if papers and facts["kind"] == "missing":
        tables.insert(0, PrintTable("需要补正的全部材料 All papers that are needed", PAPER_COLUMNS, papers))
    if facts["parts"]:
        rows = [_part(nth, each, zone) for nth, each in enumerate(facts["parts"], 1)]
        by_pen = facts["kind"] in OF_THE_HOUSE  # where and when it came and went
        columns = PART_COLUMNS if by_pen else PART_COLUMNS[:4]
        tables.append(
            PrintTable("环节和时限 Parts and limits", columns, [row[: len(columns)] for row in rows])
        )
    if facts["hands"]:
        hands = [
            (each["staff"], moment(each["began"], zone), moment(each["ended"], zone) or "在办 still there")
            for each in facts["hands"]
        ]
        tables.append(PrintTable("经手 In whose hand", HAND_COLUMNS, hands))
    if papers and facts["kind"] != "missing":
        taken = [row[:2] for row in papers]
        tables.append(PrintTable("已收材料 Papers taken", PAPER_COLUMNS[:2], taken))
    if owed:
        tables.append(
            PrintTable("容缺受理，请补齐以下材料 Accepted with papers to follow", PAPER_COLUMNS, owed)
        )
    return tables


def _part(nth: int, part: Facts, zone: str) -> tuple[str, ...]:
    name = _two(part["name"], part["name_en"]) + ("（牵头 lead）" if part["lead"] else "")
    limit = _days(part["days"]) if part["days"] > 0 else ""
    return str(nth), name, limit, _day_in(zone)(part["due"]), "", "", ""


def _papers(rows: list[Facts]) -> list[tuple[str, str, str]]:
    return [
        (str(nth), each["name"], f"{each['why']} {each['why_en']}".strip())
        for nth, each in enumerate(rows, 1)
    ]


def qr_svg(text: str) -> str:
    """Return a QR code as an SVG that loads and styles nothing."""
    return segno.make_qr(text, error="m").svg_inline(
        omitsize=True, border=2
    )  # no micro code: phones read none


def _rows(settings: Settings, facts: Facts, who: Applicant) -> list[tuple[str, str]]:
    """Return what the notice says beside its papers; a row without a value is left out."""
    day = _day_in(settings.hall.zone)
    hall, kind = settings.hall, facts["kind"]
    named, pen = kind in OF_APPLICANT, BLANK if kind in BY_PEN else ""
    rows = [
        ("收据号 Receipt" if kind == "payment" else "办件号 Case", facts["case"]),
        ("已办结 Done", day(facts["ended"])),
        ("交款人 Payer" if kind == "payment" else "申请人 Applicant", (who.name or BLANK) if named else ""),
        ("联系电话 Phone", (who.contact or BLANK) if kind == "agency" else who.contact if named else ""),
        ("地址 Address", (who.address or BLANK) if kind == "agency" else who.address if named else ""),
        ("事项 Item", _two(facts["item"], facts["item_en"])),
        ("承办部门 Department", _two(facts["department"], facts["department_en"])),
        ("窗口 Window", _two(facts["window"], facts["window_en"])),
        (
            "经办工号 Staff number",
            facts["owner"] if kind in OF_THE_HOUSE or kind in ("agency", "payment") else "",
        ),
        ("号码 Number", facts["number"]),
        *(_money_rows(facts["fee"]) if "fee" in facts else ()),
        ("作废的文书 Void", _two(*both("notice", facts["voids"])) if facts["voids"] else ""),
        ("理由 Reason", _two(facts["reason"], facts["reason_en"]) or pen),
        ("依据 Basis", "" if kind == "payment" else facts["basis"]),
        ("法定时限 Statutory limit", "" if kind == "payment" else _days(facts.get("statutory_days"))),
        ("承诺时限 Promised limit", "" if kind == "payment" else _days(facts.get("promised_days"))),
        ("第几次暂停 Pause no.", str(facts["nth"] or "")),
        ("继续后剩余 Left then", _days(facts["left"]) if facts["nth"] else ""),
        ("原办结日期 Date before", day(facts["before"])),
        ("推迟到 Postponed to" if kind in BY_PEN else "办结日期 Due", day(facts["due"]) or pen),
        ("容缺材料补齐日期 Papers by", day(facts.get("owed_due", 0))),
        ("凭证有效期至 Valid until", day(facts["until"])),
        ("咨询电话 Questions", facts["phone"]),
        ("投诉电话 Complaints", hall.complaint_phone),
        ("日期 Date", day(facts["issued"])),
        ("申请人签字 Applicant signs", BLANK if kind in SIGNED else ""),
        (both_words("notice-sign", kind), BLANK) if kind in OF_THE_HOUSE else ("窗口盖章 Stamp", "　"),
    ]
    return [(name, value) for name, value in rows if value]


def _money_rows(fee: Facts) -> list[tuple[str, str]]:
    """Return the rows of a receipt of payment; what was corrected stands beside what holds."""
    unit = _two(fee["unit"], fee["unit_en"])
    return [
        ("数量 Count", f"{fee['count']} {unit}".strip()),
        ("单价 Price", f"{yuan(fee['price'])} 元 yuan"),
        ("应收 Full", f"{yuan(fee['full'])} 元 yuan"),
        ("收费依据 Fee rests on", _two(fee["basis"], fee["basis_en"])),
        ("减免 Discount", _two(fee["discount"], fee["discount_en"])),
        ("减免依据 Discount rests on", fee["discount_basis"]),
        ("更正前（作废） Before, void", f"{yuan(fee['first'])} 元 yuan" if fee["corrected"] else ""),
        ("实收 Paid", f"{yuan(fee['amount'])} 元 yuan（{capital(fee['amount'])}）"),
        ("收款方式 Way", both_words("pay-way", fee["way"])),
        ("参考号 Reference", fee["reference"]),
    ]


def _two(zh: str, en: str) -> str:
    return f"{zh} {en}" if en and en != zh else zh


def _days(count: int | None) -> str:
    return "" if count is None else f"{count} 个工作日 working days" if count else "当场办结 on the spot"


def _day_in(zone: str) -> Callable[[Micros], str]:
    return lambda at: local(at, zone).date().isoformat() if at else ""
