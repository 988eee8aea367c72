"""Sample facts for the preview: a hall sees its template filled before the first applicant does.

They hold what is hard to print: a long item, a rare name, many papers, a wait and a reprint mark.
"""

from typing import get_args

from config.catalogue import both, word
from config.money import capital
from config.paper import notice, slip
from config.paper.document import Sheet
from config.paper.notice import NoticeContent, NoticeKind
from config.paper.slip import Language, SlipContent
from config.paper.template import Template, fill
from config.settings import Rules

ISSUED = 1_795_224_600_000_000  # 2026-11-21 09:30 in China
URL = "https://hall.example.gov.cn/t/0192f3a4-7b1c-7def-8a90-1234567890ab"

_PAPERS_ZH = (
    "公司登记（备案）申请书", "法定代表人身份证原件及复印件", "公司章程（全体股东签名）", "住所使用证明",
    "股东名册（含生僻字姓名：𠮷、䶮、㐀）",
)  # fmt: skip
_PAPERS_EN = (
    "Application form for company registration", "ID card of the legal representative, with a copy",
    "Articles of association, signed by all shareholders", "Proof of address",
    "List of shareholders (rare names: 𠮷 䶮 㐀)",
)  # fmt: skip


_PARTS_ZH = (
    "市场监督管理局（牵头）：5 个工作日，至 2026-11-27", "生态环境局：3 个工作日，至 2026-11-25",
    "住房和城乡建设局（消防验收）：4 个工作日，至 2026-11-26",
)  # fmt: skip
_PARTS_EN = (
    "Market Supervision (lead): 5 working days, until 2026-11-27", "Ecology and Environment: 3 working days, until 2026-11-25",
    "Housing and Construction (fire safety): 4 working days, until 2026-11-26",
)  # fmt: skip
_HANDS_ZH = ("工号 1007：2026-11-20 09:30 至 2026-11-20 14:10", "工号 2003：2026-11-20 14:10 至 在办")
_HANDS_EN = (
    "staff 1007: 2026-11-20 09:30 to 2026-11-20 14:10", "staff 2003: since 2026-11-20 14:10",
)  # fmt: skip
_NUMBERS: dict[NoticeKind, str] = {"feedback": "F2026-0042", "payment": "S2026-000318"}
_MARKS: dict[NoticeKind, str] = {"promise": "applicant", "payment": "payer"}


def _money(zh: bool) -> dict[str, str]:
    return {
        "amount": "1,234.05", "capital": capital(123405), "full": "2,468.10", "price": "246.81", "count": "10 证" if zh else "10 copies",
        "discount": "低保户减半（50%）" if zh else "low income, half (50%)", "way": word("pay-way", "pos", "zh" if zh else "en"),
        "reference": "POS-20261121-004271", "first": "1,324.05",
    }  # fmt: skip


def sample_slip(language: Language, *, reprint: bool = False) -> SlipContent:
    zh = language == "zh"
    return SlipContent(
        hall="示例县政务服务中心" if zh else "Sample County Government Service Hall",
        number="A042",
        errand="企业设立登记（有限责任公司）" if zh else "Company registration (limited)",
        windows=("3号窗口", "4号窗口", "综合窗口") if zh else ("Window 3", "Window 4", "General"),
        ahead=5,
        low=10,
        high=15,
        issued=ISSUED,
        url=URL,
        papers=_PAPERS_ZH if zh else _PAPERS_EN,
        missed=slip.missed_rule(Rules(), language),
        phone="0000-8001",
        way="二楼 B 区，上电扶梯右转" if zh else "Level 2, zone B: up the escalator, then right",
        copy=int(reprint),
        root="2026-11-20 3f9a 12bc 77de 01f4",
        language=language,
    )


def sample_notice(kind: NoticeKind, language: Language) -> NoticeContent:
    zh = language == "zh"
    return NoticeContent(
        kind=kind,
        hall="示例县政务服务中心" if zh else "Sample County Government Service Hall",
        item=_item(kind, language),
        issued=ISSUED,
        department="市场监督管理局" if zh else "Market Supervision",
        case=_NUMBERS.get(kind, "B2026-000318"),
        number="A042",
        window="3号窗口" if zh else "Window 3",
        papers=_PAPERS_ZH if zh else _PAPERS_EN,
        reason=_reason(kind, zh),
        basis="《中华人民共和国公司法》第六条" if zh else "Company Law of the PRC, art. 6",
        conditions="有符合规定的公司名称、住所和章程" if zh else "a lawful name, address and articles",
        steps=("申请", "受理", "审核", "发照") if zh else ("apply", "acceptance", "review", "licence"),
        fee="不收费" if zh else "free",
        fee_basis=("示例价费〔2026〕1 号（虚构）" if zh else "Sample fee document 1/2026")
        if kind == "payment"
        else "",
        applicant=(notice.BLANK if kind == "payment" else "欧阳䶮（示例有限责任公司）")
        if zh
        else "Ouyang Yan (Sample Co., Ltd.)",
        contact="138 0000 0000",
        address="示例县示例街道示例路 128 号 3 栋 2 单元 1501" if zh else "Room 1501, 128 Sample Road",
        owner="1007",
        parts=_PARTS_ZH if zh else _PARTS_EN,
        hands=_HANDS_ZH if zh else _HANDS_EN,
        mark=word("paper-copy", _MARKS[kind], language) if kind in _MARKS else "",
        money=_money(zh) if kind == "payment" else {},
        statutory_days=15,
        promised_days=5,
        due="2026-11-27",
        before="2026-11-20",
        code="2675710881",
        until="2027-02-12",
        voids=word("notice", "acceptance", language) if kind == "void" else "",
        nth=1 if kind == "pause" else 0,
        left=notice.days(3, language) if kind == "pause" else "",
        phone="0000-8001",
        complaint_phone="0000-8012",
        url=URL,
        language=language,
    )


def _item(kind: NoticeKind, language: Language) -> str:
    if kind == "feedback":
        return word("follow-up-kind", "complaint", language)
    return "企业设立登记（有限责任公司）" if language == "zh" else "Company registration (limited)"


_REASONS: dict[NoticeKind, tuple[str, str]] = {
    "missing": ("复印件须加盖公章。", "Copies need the company's seal."),
    "refusal": (
        "申请的事项不属于本部门职权范围，请向税务局办理。",
        "The matter is not within this department's powers: please go to the tax office.",
    ),
}


def _reason(kind: NoticeKind, zh: bool) -> str:
    listed = {
        "delay": ("extension-reason", "complex"), "task-report": ("extension-reason", "complex"), "denial": ("refusal-reason", "person"),
        "payment": ("fee-reason", "typed-wrong"), "pause": ("case-pause", "survey"), "return": ("refusal-reason", "person"),
        "feedback": ("feedback-reason", "told-once"),
    }  # fmt: skip
    words = both(*listed[kind]) if kind in listed else _REASONS.get(kind, ("", ""))
    return words[0 if zh else 1]


def sample_sheet(kind: str, language: Language, template: Template, *, reprint: bool = False) -> Sheet:
    """Return a template filled with its sample."""
    if kind == "slip":
        return fill(template, slip.values(sample_slip(language, reprint=reprint)))
    found: NoticeKind = next(each for each in get_args(NoticeKind) if each == kind)
    return fill(template, notice.values(sample_notice(found, language)))
