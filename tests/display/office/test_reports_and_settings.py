"""What the pages Reports and Settings are made from, without a browser: chart options, and the draft of settings."""

from pathlib import Path
from typing import Any

import pytest
from msgspec import structs

from caller.reports.paper import COLOURS, LEVELS
from caller.reports.tables import BothWords, Heading, ReportSheet, SheetChart
from config import edits
from config.form_fields import first_words, table_words
from config.reading.reader import HALLS, LAYOUT
from config.reading.reader import read as read_hall
from config.settings import Settings
from config.versions import VersionNote, VersionStore, bundle
from display.office.pages.reports import KINDS, OVERVIEW, PARTS
from display.office.pages.settings import HISTORY, TABLES, tables
from display.office.report_charts import options
from display.office.settings_draft import SettingsDraft
from display.office.words import words_of

HEADINGS = [Heading("星期", "weekday", "text"), Heading("取号", "issued"), Heading("好评率", "good", "share")]
ROWS: list[list[Any]] = [
    [BothWords("一", "Mon"), 3, 0.5],
    [BothWords("二", "Tue"), None, 1.0],
    [BothWords("三", "Wed"), 9, None],
]


def sheet(*charts: SheetChart) -> ReportSheet:
    return ReportSheet("甲", "A", HEADINGS, ROWS, charts=charts)


def test_a_chart_has_the_cells_of_its_sheet():
    drawn = options(sheet(), SheetChart("数", "n", "bar", (1,)), "zh")
    assert drawn["series"][0]["data"] == [3, None, 9]
    assert drawn["xAxis"]["data"] == ["一", "二", "三"]
    assert drawn["series"][0]["name"] == "取号"
    assert drawn["color"] == list(COLOURS)
    assert options(sheet(), SheetChart("数", "n", "bar", (1,)), "en")["series"][0]["name"] == "issued"


def test_a_label_in_both_languages_is_read_in_one_and_the_names_of_a_hall_stay_whole():
    rows: list[list[Any]] = [
        [BothWords("即办", "done on the spot"), 1, None],
        ["A 综合窗口 A", 2, None],
        [BothWords("全部", "all"), 3, None],
    ]
    told = ReportSheet("甲", "A", HEADINGS, rows)
    chart = SheetChart("数", "n", "bar", (1,))
    assert options(told, chart, "zh")["xAxis"]["data"] == ["即办", "A 综合窗口 A", "全部"]
    assert options(told, chart, "en")["xAxis"]["data"] == ["done on the spot", "A 综合窗口 A", "all"]


def test_shares_are_per_cent_up_to_a_hundred():
    drawn = options(sheet(), SheetChart("率", "r", "line", (2,)), "zh")
    assert drawn["series"][0]["data"] == [50.0, 100.0, None]
    assert drawn["yAxis"]["max"] == 100


def test_levels_are_stacked_in_their_colours():
    drawn = options(sheet(), SheetChart("评价", "ratings", "stacked", (1, 2)), "zh")
    assert {each["stack"] for each in drawn["series"]} == {"all"}
    assert drawn["color"] == list(LEVELS)


def test_a_heat_map_has_every_cell_that_holds_a_figure():
    loads = ReportSheet("负荷", "Load", [HEADINGS[0], Heading("9:00", "9:00", "number"), Heading("10:00", "10:00", "number")],
                        [[BothWords("一", "Mon"), 2.0, None], [BothWords("二", "Tue"), 8.0, 1.0]])  # fmt: skip
    drawn = options(loads, SheetChart("负荷", "load", "heat"), "en")
    assert [each["value"] for each in drawn["series"][0]["data"]] == [[0, 0, 2.0], [0, 1, 8.0], [1, 1, 1.0]]
    assert drawn["yAxis"]["data"] == ["Mon", "Tue"]
    assert drawn["visualMap"]["max"] == 8.0


def test_every_table_of_the_settings_has_its_form_and_its_name():
    assert set(tables()) == {*LAYOUT.one, *LAYOUT.many, "notices"}
    words = words_of("settings")
    assert all(f"table-{table}" in words for table in (*TABLES, HISTORY))
    for table in (*LAYOUT.one, *LAYOUT.many):
        assert all(first_words(table_words(table)))


def test_every_word_of_the_reports_page_is_there():
    words = words_of("reports")
    assert all(f"kind-{kind}" in words for kind in KINDS)
    assert all(f"of-{part}" in words for part in PARTS)
    assert "Load" in OVERVIEW


# --- the draft


@pytest.fixture
def draft(tmp_path: Path) -> SettingsDraft:
    store = VersionStore(tmp_path)
    store.put(1, bundle(HALLS / "county.toml"), VersionNote(""))
    return SettingsDraft(tmp_path, read_hall(HALLS / "county.toml"), 1)


def rename(place: int, name: str) -> Any:
    return lambda given, now: edits.with_row(given, "queue", place, {"name": name}, now)


def test_steps_add_up_and_comments_stay(draft: SettingsDraft):
    assert draft.changed == []
    assert draft.edit(rename(0, "甲队列")) == []
    assert draft.edit(rename(1, "乙队列")) == []
    assert [each.after for each in draft.changed] == ["甲队列", "乙队列"]
    version = draft.store.draft(draft.hash())
    assert version
    assert read_hall(HALLS / "county.toml").queues[0].name not in draft.settings.queues[0].name
    comments = [
        line for line in (HALLS / "county.toml").read_text("utf-8").splitlines() if line.startswith("#")
    ]
    text = version.main.read_text("utf-8")
    assert comments
    assert all(line in text for line in comments)


def test_a_step_with_mistakes_is_not_taken(draft: SettingsDraft):
    assert draft.edit(rename(0, "甲队列")) == []
    wrong = draft.edit(lambda given, now: edits.with_row(given, "window", 0, {"queues": ["QQ"]}, now))
    assert wrong
    assert [each.after for each in draft.changed] == ["甲队列"]
    assert draft.edit(lambda given, now: edits.without_row(given, "queue", 0, now))


def test_what_changed_back_is_no_change(draft: SettingsDraft):
    name = draft.settings.queues[0].name
    draft.edit(rename(0, "甲队列"))
    assert draft.is_changed
    draft.edit(rename(0, name))
    assert not draft.is_changed


def test_without_the_text_of_the_version_nothing_can_be_changed(tmp_path: Path):
    settings: Settings = read_hall(HALLS / "village.toml")
    assert SettingsDraft(tmp_path, settings, 3).given is None


def test_items_of_a_sheet_are_a_step(draft: SettingsDraft):
    first = draft.settings.items[0]
    head = "编号,名称,部门,队列\r\n"
    wrong = draft.import_items((head + "x,,无,A\r\n").encode("gbk"), "事项.csv", only=False)
    assert {(each.file, each.line) for each in wrong} == {("事项.csv", 2)}
    assert not draft.is_changed
    row = f"{first.id},改名,{first.department},{first.queue}\r\n"
    assert draft.import_items((head + row).encode("gbk"), "事项.csv", only=False) == []
    assert len(draft.settings.items) == len(draft.in_force.items)
    assert "改名" in [each.after for each in draft.changed]


def test_versions_and_what_each_changed(draft: SettingsDraft):
    draft.edit(rename(0, "甲队列"))
    assert draft.given
    draft.store.put(2, draft.given, VersionNote(""))
    draft.store.put(3, draft.given, VersionNote(""))  # never in force
    assert [each.number for each in draft.versions(2)] == [2, 1]
    assert [each.after for each in draft.differences(2)] == ["甲队列"]
    assert draft.differences(1) == []
    assert structs.replace(draft.settings) == draft.settings
