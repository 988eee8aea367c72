"""Every paper filled with a sample, as the office previews it: on a roll of 80 or 58 mm and on A4, by the hall's own
templates where it has some. The sample holds what is hard to print: long names, a rare one, eleven papers, both languages.
"""

from typing import Any, get_args

from caller.engine.case_papers import INSIDE
from caller.engine.commands import CaseNotice
from caller.reports.notice_sheet import paper_page
from caller.views.case_papers import LISTS_PAPERS, LISTS_PARTS
from config.catalogue import both, word
from config.instants import HOUR, Micros
from config.paper.case_notice import Applicant, case_contents
from config.paper.notice import values
from config.paper.page import Medium, as_page
from config.paper.samples import sample_sheet
from config.paper.slip import Language
from config.paper.template import fill
from config.paper.template_files import FIELDS, TemplateFolder
from config.settings import Settings

DAY = 24 * HOUR
OF_CASES: tuple[CaseNotice, ...] = get_args(CaseNotice)
SAMPLE_APPLICANT = Applicant(
    "欧阳䶮（示例新能源科技有限责任公司）", "138 0000 0000", "示例县示例街道示例路 128 号 3 栋 2 单元 1501"
)
PAPERS = tuple(
    (f"示例材料{nth}：企业设立登记所需的证明文件原件及复印件（加盖公章）", f"Sample paper {nth}: original and sealed copy of what is needed")
    for nth in ("一", "二", "三", "四", "五", "六", "七", "八", "九", "十", "十一")
)  # fmt: skip
PARTS = (
    ("市场监督管理局", "Market Regulation Bureau", True, 5), ("住房和城乡建设局（消防验收）", "Housing and Construction (fire safety)", False, 4),
    ("生态环境局", "Ecology and Environment Bureau", False, 3),
)  # fmt: skip


def preview(
    settings: Settings, templates: TemplateFolder, kind: str, language: Language, medium: Medium, now: Micros
) -> str:
    """Return the page of a sample. A slip, a guide and a receipt of a complaint are on a roll only; A4 is for the papers of
    cases, always with Chinese first."""
    templates.following(settings)
    title = f"{word('notice', kind, language)} {settings.hall.name}"
    if kind not in OF_CASES:
        return as_page([sample_sheet(kind, language, templates.get(kind, language))], title, medium)
    facts = sample_facts(kind, now)
    if medium == "a4":
        return paper_page(settings, facts, templates, now, SAMPLE_APPLICANT)
    if (
        language != "zh"
    ):  # the wire's facts are filled in Chinese; ours in English is the template with its own sample
        return as_page([sample_sheet(kind, language, templates.get(kind, language))], title, medium)
    sheets = [
        fill(templates.get(kind, language), values(each))
        for each in case_contents(settings, facts, SAMPLE_APPLICANT)
    ]
    return as_page(sheets, title, medium)


def kinds() -> list[str]:
    """Return every kind of paper that has a template."""
    return list(FIELDS)


def sample_facts(kind: str, now: Micros) -> dict[str, Any]:
    """Return the facts of a paper as the wire has them (`NoticeView`), of a case that began at `now`."""
    reason = (
        both("extension-reason", "complex")
        if kind in ("delay", "task-report")
        else both("refusal-reason", "person")
    )
    reasoned = kind in ("delay", "task-report", "refusal", "denial", "return", "pause")
    if kind == "pause":
        reason = both("case-pause", "survey")
    why = both("paper-reason", "missing")
    facts: dict[str, Any] = {
        "kind": kind, "about": "sample", "number": "A042", "case": "S2026-000318" if kind == "payment" else "B2026-000318",
        "item": "企业设立登记及食品经营许可并联审批（有限责任公司，示例）", "item_en": "Company registration with a food licence, joint approval (sample)",
        "department": "市场监督管理局", "department_en": "Market Regulation Bureau", "window": "3 号窗口", "window_en": "Window 3",
        "issued": now, "reason": reason[0] if reasoned else "", "reason_en": reason[1] if reasoned else "",
        "papers": [
            {"name": zh, "name_en": en, "why": why[0] if kind == "missing" else "", "why_en": why[1] if kind == "missing" else ""}
            for zh, en in PAPERS
        ],
        "due": 0 if kind in ("pause", "return", "void", "refusal", "denial", "missing", "payment") else now + 7 * DAY,
        "before": now + 2 * DAY if kind in ("delay", "task-report") else 0, "code": "" if kind in ("payment", "void") else "2675710881",
        "until": now + 60 * DAY if kind == "missing" else 0, "voids": "acceptance" if kind == "void" else "",
        "nth": int(kind == "pause"), "left": 3, "owner": "2003", "ended": 0, "statutory_days": 15, "promised_days": 5,
        "parts": [
            {"name": zh, "name_en": en, "lead": lead, "days": days, "due": now + days * DAY} for zh, en, lead, days in PARTS
        ],
        "hands": [{"staff": "1007", "began": now, "ended": now + DAY // 5}, {"staff": "2003", "began": now + DAY // 5, "ended": 0}],
        "phone": "0000-8001", "basis": "《中华人民共和国公司法》第六条（示例）",
    }  # fmt: skip
    facts |= {
        "parts": facts["parts"] if kind in LISTS_PARTS else [],
        "hands": facts["hands"] if kind in INSIDE else [],
    }
    if kind not in ("missing", *LISTS_PAPERS):
        facts["papers"] = []
    if kind == "payment":
        facts["fee"] = {
            "count": 3, "unit": "证", "unit_en": "certificates", "price": 8000, "full": 24_000, "amount": 12_000, "discount": "低保户减半",
            "discount_en": "low income, half", "way": "pos", "reference": "POS-20261121-004271", "corrected": 0, "first": 12_000,
            "basis": "示例价费〔2026〕1 号（虚构）", "basis_en": "Sample fee document 1/2026 (fictitious)", "discount_basis": "示例减免办法第三条（虚构）",
        }  # fmt: skip
    return facts
