"""A paper as a page: a hall's own A4 template, safe text, copies on pages of their own, one style that a policy can allow."""

import re
from pathlib import Path

import pytest

from caller.reports.notice_sheet import paper_page
from caller.reports.sample_papers import SAMPLE_APPLICANT, kinds, preview, sample_facts
from config.paper.document import Cut, QrCode, TextLine
from config.paper.page import as_page
from config.paper.template_files import OURS, TemplateFolder
from config.reading.reader import HALLS, read
from config.settings import Settings

NOW = 1_795_224_600_000_000
OWN = "center x2 bold | {大厅} 自己的通知书\nleft | 申请人：{申请人}\nleft | {序号}. {材料}\n@qr {网址} 30\n"


@pytest.fixture(scope="module")
def hall() -> Settings:
    return read(HALLS / "tax.toml")


def test_a_halls_own_a4_template_is_printed_and_ours_without_one(hall: Settings, tmp_path: Path) -> None:
    facts = sample_facts("acceptance", NOW)
    ours = paper_page(hall, facts, TemplateFolder(tmp_path), NOW, SAMPLE_APPLICANT)
    assert "Notice of acceptance" in ours
    (tmp_path / "acceptance.a4.zh.txt").write_text(OWN, "utf-8")
    own = paper_page(hall, facts, TemplateFolder(tmp_path), NOW, SAMPLE_APPLICANT)
    assert "自己的通知书" in own
    assert SAMPLE_APPLICANT.name in own
    assert "示例材料十一" in own


def test_a_mistake_in_it_is_told_and_the_last_good_one_goes_on(hall: Settings, tmp_path: Path) -> None:
    path, folder = tmp_path / "acceptance.a4.zh.txt", TemplateFolder(tmp_path)
    path.write_text(OWN, "utf-8")
    assert "自己的通知书" in paper_page(hall, sample_facts("acceptance", NOW), folder, NOW)
    path.write_text("left | {不存在}\n", "utf-8")
    path.touch()
    assert "自己的通知书" in paper_page(hall, sample_facts("acceptance", NOW), folder, NOW)
    assert [mistake.line for mistake in folder.mistakes] == [1]
    fresh = TemplateFolder(tmp_path)
    assert "Notice of acceptance" in paper_page(hall, sample_facts("acceptance", NOW), fresh, NOW)
    assert fresh.mistakes


def test_what_a_name_holds_is_text_and_the_page_has_one_style() -> None:
    sheet = (TextLine("<script>alert(1)</script>", size=1.5), QrCode("https://x"), Cut())
    page = as_page([sheet, sheet], "试")
    assert "<script>" not in page
    assert len(re.findall("<style>", page)) == 1
    assert " style=" not in page, "a policy allows no style but the one by its hash"
    assert page.count("<article") == 2


def test_a_line_that_stays_whole_is_broken_where_even_the_smallest_letters_are_too_wide() -> None:
    def line(name: str) -> str:
        page = as_page([(TextLine(name, fit=True), Cut())], "试", "80")
        return next(iter(re.findall("<p class=[^>]*>", page)))

    assert ("fit" in line("厅" * 24), "fit" in line("厅" * 25)) == (True, False), "a printer breaks it, too"


def test_a_letter_names_who_issues_it_and_a_date_stays_on_its_line(hall: Settings, tmp_path: Path) -> None:
    page = paper_page(hall, sample_facts("parallel", NOW), TemplateFolder(tmp_path), NOW)
    assert f'<p class="hall">{hall.hall.name}</p><h1>' in page
    assert '<td class="text"><span class="whole">2026-11-26</span></td>' in page
    roll = as_page([(TextLine("Postponed until: 2026-11-27", size=1.5), Cut())], "试", "58")
    assert '>Postponed until: <span class="whole">2026-11-27</span></p>' in roll, (
        "nor does a printer break it"
    )


def test_no_sample_lists_what_its_paper_never_has() -> None:
    lists = {
        kind: sample_facts(kind, NOW) for kind in ("refusal", "delay", "parallel", "missing", "handling")
    }
    assert [kind for kind, facts in lists.items() if facts["papers"]] == ["parallel", "missing", "handling"]
    assert [kind for kind, facts in lists.items() if facts["hands"]] == ["handling"]


@pytest.mark.parametrize("medium", ["a4", "80", "58"])
def test_every_paper_is_previewed_on_every_medium(hall: Settings, medium: str) -> None:
    for kind in kinds():
        for language in ("zh", "en"):
            page = preview(hall, TemplateFolder(None), kind, language, medium, NOW)  # type: ignore[arg-type]
            assert "{" not in re.sub(r"<style>.*?</style>", "", page, flags=re.DOTALL), (kind, language)
            assert len(page) > 1000, kind


def test_ours_are_all_there() -> None:
    assert {path.name.split(".")[0] for path in OURS.glob("*.txt")} == set(kinds())


def test_a_line_that_is_to_stay_one_is_smaller_where_it_is_too_wide_as_a_printer_makes_it() -> None:
    def sizes(text: str, size: float) -> list[str]:
        line = TextLine(text, size=size, fit=True)
        return re.findall(r"font-size: ([0-9.]+)em", as_page([(line,)], "t", "80"))

    assert sizes("号" * 10, 2.0) == ["2"]  # 24 hanzi of 3 mm are as wide as the paper
    assert sizes("号" * 16, 2.0) == ["1.5"]
    assert sizes("号" * 30, 2.0) == [], "never below the size of all else"
