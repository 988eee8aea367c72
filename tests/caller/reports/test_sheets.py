"""Sheets, charts and papers show the document's figures and no others; a chart is a view of its sheet's cells."""

import re
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from openpyxl import load_workbook

from caller.records import RECORDS_NAME, SqliteStore, bring_up_to_date
from caller.reports import paper, workbook
from caller.reports.definitions import DEFINITIONS
from caller.reports.document import Report, report_of
from caller.reports.period import read_period
from caller.reports.report_parts import NoSuchPart, department_of, may_see_names, part_of
from caller.reports.sheets import sheets
from caller.reports.tables import CHART_ROWS_MAX, BothWords, Heading, ReportSheet, SheetChart, shown_in
from config.hall_names import StaffName, names_of
from config.reading.reader import HALLS
from config.reading.reader import read as read_hall
from tests.instruments.large_records import ZONE, write_days

COUNTY = read_hall(HALLS / "county.toml")


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Report:
    data = tmp_path_factory.mktemp("sheets")
    write_days(data, 9, 80)
    bring_up_to_date(data)
    with SqliteStore(data / RECORDS_NAME) as store:
        return report_of(read_period(store, "2026-01"), {"i1": "d1", "i2": "d2"})


@pytest.fixture(scope="module")
def tables(report: Report) -> list[ReportSheet]:
    return sheets(report, ZONE)


@pytest.fixture(scope="module")
def book(tables: list[ReportSheet], tmp_path_factory: pytest.TempPathFactory) -> Any:
    path = tmp_path_factory.mktemp("book") / "r.xlsx"
    workbook.write(path, tables)
    return load_workbook(path)


IN_BOTH = re.compile(r"[\u3400-\u9fff）] .*[a-z]{2}")  # Chinese, and English after it
MONDAY = Heading("星期", "weekday", "text")


def without_a_tongue(tables: list[ReportSheet]) -> list[str]:
    """Return the cells in Chinese and English of which a page could not show one alone; definitions stand in both."""
    shown = [sheet for sheet in tables if sheet.en != "Definitions"]
    cells = [cell for sheet in shown for row in sheet.rows for cell in row if isinstance(cell, str)]
    return [cell for cell in cells if IN_BOTH.search(cell) and not isinstance(cell, BothWords)]


def test_a_page_in_one_language_has_no_cell_in_two(tables: list[ReportSheet]):
    assert without_a_tongue(tables) == []
    assert sum(isinstance(row[0], BothWords) for sheet in tables for row in sheet.rows) > 20
    cell = BothWords("一", "Mon")
    assert (cell, shown_in(cell, MONDAY, "zh"), shown_in(cell, MONDAY, "en")) == ("一 Mon", "一", "Mon")


def test_twin_words_kept_as_one_text_are_seen():
    assert without_a_tongue([ReportSheet("总览", "Summary", [MONDAY], [["站点 site"]])]) == ["站点 site"]


def test_every_row_is_as_wide_as_its_headings_and_charts_are_over_columns_there_are(
    tables: list[ReportSheet],
):
    for sheet in tables:
        assert {len(row) for row in sheet.rows} == {len(sheet.headings)}, sheet.title
        for chart in sheet.charts:
            assert all(0 < at < len(sheet.headings) for at in chart.columns), (sheet.title, chart)
            for at in chart.columns:
                assert all(isinstance(row[at], int | float | None) for row in sheet.rows), (
                    sheet.title,
                    chart,
                )


def test_the_charts_of_the_figures_are_over_the_columns_they_name(tables: list[ReportSheet]):
    named = {
        chart.en: [sheet.headings[at].en for at in chart.columns]
        for sheet in tables
        for chart in sheet.charts
    }
    assert named["issued and served"] == ["issued", "served"]
    assert named["wait, minutes"] == ["wait mean", "wait P90"]
    assert named["wait over time, minutes"] == ["wait mean", "wait P90"]
    assert named["wait by hour, minutes"] == ["wait mean", "wait P90"]
    assert named["ratings and quoted waits over time"] == ["rated share", "good share", "quoted right"]
    assert named["calls and done"] == ["calls", "done"]
    assert named["service, minutes"] == ["serve mean", "serve P90"]
    assert named["busy share"] == ["busy share"]
    assert named["ratings"] == ["5", "4", "3", "2", "1"]
    assert named["quoted waits that were right"] == ["inside the range"]


def test_sheet_and_document_have_one_figure(report: Report, tables: list[ReportSheet]):
    by_title = {sheet.en: sheet for sheet in tables}
    for row, (queue, line) in zip(by_title["Queues"].rows, report.queues.items(), strict=True):
        assert row[0] == queue
        assert row[1] == line.issued
        assert line.wait.p90 is not None
        assert row[13] == round(line.wait.p90 / 60, 1)
    trend = by_title["Trend"].rows
    assert [row[2] for row in trend] == [point.issued for point in report.trend]
    heat = by_title["Load"]
    cells = {
        (place, heading.en): row[at]
        for place, row in enumerate(heat.rows)
        for at, heading in enumerate(heat.headings)
    }
    for load in report.load:
        weekdays = sorted({each.weekday for each in report.load})
        assert cells[weekdays.index(load.weekday), f"{load.hour}:00"] == load.issued_per_day


def test_the_book_holds_the_same_cells(tables: list[ReportSheet], book: Any):
    for sheet in tables:
        shown = [list(row) for row in book[sheet.title[:31]].iter_rows(min_row=2, values_only=True)]
        for row, cells in zip(shown, sheet.rows, strict=True):
            assert row == [cell if cell != "" else None for cell in cells], sheet.title


def test_the_book_s_charts_are_its_own_over_the_cells_of_their_sheets(tables: list[ReportSheet], book: Any):
    page = book["图表 Charts"]
    wanted = [(sheet, chart) for sheet in tables for chart in sheet.drawn() if chart.kind != "heat"]
    assert len(page._charts) == len(wanted) > 12
    for drawn, (sheet, chart) in zip(page._charts, wanted, strict=True):
        assert len(drawn.series) == len(chart.columns)
        for series, at in zip(drawn.series, chart.columns, strict=True):
            letter = chr(ord("A") + at)
            title = sheet.title[:31]
            assert series.val.numRef.f == f"'{title}'!${letter}$2:${letter}${len(sheet.rows) + 1}"
            assert series.cat.numRef.f == f"'{title}'!$A$2:$A${len(sheet.rows) + 1}"
    places = {(drawn.anchor._from.col, drawn.anchor._from.row) for drawn in page._charts}
    assert len(places) == len(wanted)
    for name in ("负荷 Load", "分时等候 Waits by hour"):
        assert book[name].conditional_formatting, name


def test_drawings_are_well_formed_and_scaled_to_their_cells(tables: list[ReportSheet]):
    for sheet in tables:
        for chart in sheet.drawn():
            drawn = ElementTree.fromstring(paper.svg(sheet, chart))
            for shape in drawn.iter("rect"):
                assert float(shape.attrib["height"]) >= 0
                assert 0 <= float(shape.attrib["x"]) <= paper.WIDTH
                assert float(shape.attrib["y"]) >= 0


def test_a_bar_is_as_high_as_its_share_of_the_axis():
    sheet = ReportSheet(
        "甲", "a", [Heading("甲", "a", "text"), Heading("数", "n")], [["x", 50], ["y", 100], ["z", None]]
    )
    drawn = ElementTree.fromstring(paper.svg(sheet, SheetChart("数", "n", "bar", (1,))))
    heights = [float(each.attrib["height"]) for each in drawn.iter("rect")]
    assert len(heights) == 2
    assert heights[0] * 2 == pytest.approx(heights[1], abs=0.2)


@pytest.mark.parametrize(
    ("values", "top"), [([], 1), ([0], 1), ([1], 1), ([1.1], 2), ([3], 5), ([51], 100), ([0.3], 0.5)]
)
def test_an_axis_ends_at_a_round_number_no_value_exceeds(values: list[float], top: float):
    assert paper.top_of(values) == pytest.approx(top)


def test_text_from_outside_stays_text_in_a_drawing():
    sheet = ReportSheet(
        "甲", "a", [Heading("甲", "a", "text"), Heading("数", "n")], [["<script>", 1], ["b", 2]]
    )
    assert "<script" not in paper.svg(sheet, SheetChart("<b>", "n", "bar", (1,)))


def test_many_rows_have_a_table_and_no_chart():
    rows: list[list[Any]] = [[str(number), number] for number in range(CHART_ROWS_MAX + 1)]
    chart = SheetChart("数", "n", "bar", (1,))
    sheet = ReportSheet("甲", "a", [Heading("甲", "a", "text"), Heading("数", "n")], rows, charts=(chart,))
    assert sheet.drawn() == ()
    assert sheet._replace(rows=rows[1:]).drawn() == (chart,)


def test_the_paper_has_each_drawing_and_each_table(tables: list[ReportSheet]):
    from config.process import print_view

    page = print_view.document(paper.as_paper(tables, "大厅", "2026-01"), 0, ZONE)
    assert page.count("<svg") == sum(len(sheet.drawn()) for sheet in tables)
    assert page.count("<table>") == len(tables)


def test_every_definition_is_on_the_last_sheet_and_on_the_docs_page(tables: list[ReportSheet]):
    docs = Path("docs/records.md").read_text("utf-8")
    assert tables[-1].en == "Definitions"
    for each in DEFINITIONS:
        assert f"| {each.name} | {each.zh} / {each.en} |" in docs
        assert [each.name, each.zh, each.en] in tables[-1].rows


# --- names


def test_names_stand_beside_staff_numbers_only_where_given(report: Report):
    staff = [StaffName("clerk-3", "张三"), StaffName("clerk-4", "")]
    with_names = {sheet.en: sheet for sheet in sheets(report, ZONE, names_of(COUNTY, staff))}
    without = {sheet.en: sheet for sheet in sheets(report, ZONE, names_of(COUNTY))}
    assert [row[0] for row in with_names["Clerks"].rows if "张三" in str(row[0])] == ["clerk-3 张三"]
    assert "张三" not in str(without)
    assert re.fullmatch(r"clerk-\d+", str(without["Clerks"].rows[0][0]))


@pytest.mark.parametrize(
    ("roles", "sees"),
    [
        ((), False),
        (("clerk",), False),
        (("auditor", "technician"), False),
        (("manager",), True),
        (("clerk", "supervisor"), True),
    ],
)
def test_who_sees_names(roles: tuple[str, ...], sees: bool):
    assert may_see_names(roles) is sees


def test_the_part_of_a_report_is_one_that_the_hall_has():
    queue, item = COUNTY.queues[0], COUNTY.items[0]
    assert part_of("", COUNTY) == part_of("hall", None)
    assert part_of(f"queue:{queue.id}", COUNTY).value == queue.id
    department = part_of(f"department:{item.department}", COUNTY)
    assert item.id in department.items
    assert {department_of(COUNTY)[each] for each in department.items} == {item.department}
    for text in ("queue:ZZ", "queue:", "floor:1", "nothing", f"department:{item.department}x"):
        with pytest.raises(NoSuchPart) as error:
            part_of(text, COUNTY)
        assert error.value.zh
        assert error.value.en
    with pytest.raises(NoSuchPart):
        part_of(f"department:{item.department}", None)
