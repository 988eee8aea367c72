"""The print view: what stands on an A4 paper, that no text of a hall becomes markup, and its PDF by a real Chromium."""

import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

from config import owner_only, text_safety
from config.process import print_view
from config.process.options import Unable
from config.process.print_view import PrintColumn, PrintDocument, PrintTable

NOW = 1_789_961_400_000_000  # 2026-09-21 11:30 in China
ZONE = "Asia/Shanghai"
EVIL = '</style><script>alert(1)</script>"\\ & \u202eabc\n'
SMALL = PrintTable(
    "总览 Summary",
    [PrintColumn("项目", "figure", True), PrintColumn("数值", "value")],
    [["取号", "12"]],
    headed=False,
)
LONG = PrintTable(
    "窗口 Windows", [PrintColumn("窗口", "window", True), PrintColumn("叫号", "calls")], [[f"{i} 号窗口", str(i)] for i in range(150)]
)  # fmt: skip
WIDE = PrintTable(
    "队列 Queues",
    [PrintColumn("队列", "queue", True), *(PrintColumn(f"等候{i}", f"wait {i}") for i in range(17))],
    [[f"A{i} 社会保险登记综合业务", *["123.4"] * 17] for i in range(40)],
)


class Tags(HTMLParser):
    """The tags and the text of a document, as a browser takes them apart."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.said: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)

    def handle_data(self, data: str) -> None:
        self.said.append(data)


def page(hall: str = "青河县政务服务大厅", title: str = "大厅报表", *tables: PrintTable) -> str:
    return print_view.document(PrintDocument(hall, title, "2026-09", tables or (SMALL,)), NOW, ZONE)


def pages(pdf: bytes) -> list[tuple[int, int]]:
    """The width and height of each page, in points."""
    found = re.findall(rb"/MediaBox \[0 0 ([\d.]+) ([\d.]+)\]", pdf)
    return [(round(float(wide)), round(float(high))) for wide, high in found]


A4, A4_ON_ITS_SIDE = (595, 842), (842, 595)


def test_a_paper_says_hall_title_time_and_page_and_loads_nothing():
    text = page()
    for words in (
        "青河县政务服务大厅",
        "<h1>大厅报表</h1>",
        "打印 printed 2026-09-21 11:30",
        "counter(pages)",
        "size: A4",
    ):
        assert words in text
    assert Tags(text).tags.count("table") == 1
    assert not re.findall(r"https?:|url\(|@import|src=|href=", text)


def test_headings_stand_in_both_languages_once_a_table_and_come_again_on_each_page():
    text = page("h", "t", LONG)
    assert Tags(text).tags.count("thead") == 1
    assert '<th scope="col">叫号<small>calls</small></th>' in text
    assert "table-header-group" in text


def test_no_text_of_a_hall_is_markup_or_ends_the_style():
    evil = PrintTable(EVIL, [PrintColumn(EVIL, EVIL, True), PrintColumn("n")], [[EVIL, EVIL]])
    plain, marked = Tags(page("h", "t", SMALL, evil)), Tags(page(EVIL, EVIL, SMALL, evil))
    assert "script" not in marked.tags
    assert marked.tags == plain.tags
    assert "\u202e" not in "".join(marked.said)


@pytest.mark.parametrize("guard", ["for_html", "for_css"])
def test_twin_without_either_guard_a_name_becomes_a_script(monkeypatch: pytest.MonkeyPatch, guard: str):
    monkeypatch.setattr(print_view, guard, lambda text: text)
    assert "script" in Tags(page(EVIL, EVIL, SMALL)).tags


def test_a_string_of_a_style_sheet_is_ended_by_nothing_in_it():
    assert text_safety.for_css('a"b\\c<d\ne') == '"a\\22 b\\5c c\\3c d e"'


@pytest.mark.skipif(not print_view.chromium(), reason="no Chromium; sudo apt install chromium")
def test_the_pdf_has_a4_pages_and_a_wide_table_lies_on_its_side(tmp_path: Path):
    path = tmp_path / "report.pdf"
    path.write_bytes(b"the one of yesterday")
    print_view.write_pdf(page("h", "t", SMALL, LONG, WIDE), path)
    sizes = pages(path.read_bytes())
    assert sizes[0] == A4
    assert len(sizes) >= 4, "150 rows and 40 wide ones"
    assert sizes[-1] == A4_ON_ITS_SIDE
    assert set(sizes) == {A4, A4_ON_ITS_SIDE}
    assert path.stat().st_mode & owner_only.OTHERS == 0
    assert sorted(tmp_path.iterdir()) == [path]


def test_a_pc_without_chromium_says_what_to_do_and_keeps_the_old_file(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
):
    path = tmp_path / "report.pdf"
    path.write_bytes(b"the one of yesterday")
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(Unable) as told:
        print_view.write_pdf(page(), path)
    assert "apt install chromium" in str(told.value)
    assert path.read_bytes() == b"the one of yesterday"


def test_a_chromium_that_makes_nothing_is_told_with_its_own_words(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
):
    broken = tmp_path / "chromium"
    broken.write_text("#!/bin/sh\necho 'no display' >&2\nexit 1\n")
    broken.chmod(0o700)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(Unable, match="no display"):
        print_view.write_pdf(page(), tmp_path / "report.pdf")
    assert [each.name for each in tmp_path.iterdir()] == ["chromium"]
