"""A notice of holidays as Excel saves it becomes the notice of a hall's draft; what is wrong is told at its line of the sheet."""

import io
from datetime import date
from pathlib import Path

import pytest
from openpyxl import Workbook

from config.notice_sheets import notice_csv
from config.reading.reader import HALLS
from config.reading.reader import read as read_hall
from config.settings import Settings
from config.versions import VersionNote, VersionStore, bundle
from display.office.settings_draft import SettingsDraft

TEXT = "日期,类型,名称,备注\r\n2027/1/1,放假,元旦,\r\n\r\n2027年2月6日,holiday,春节,\r\n2027-02-20,班,春节,补\r\n"


@pytest.fixture
def draft(tmp_path: Path) -> SettingsDraft:
    VersionStore(tmp_path).put(1, bundle(HALLS / "village.toml"), VersionNote(""))
    return SettingsDraft(tmp_path, read_hall(HALLS / "village.toml"), 1)


def year(settings: Settings, wanted: int) -> tuple[dict[date, str], dict[date, str]]:
    return next(
        ((each.holidays, each.workdays) for each in settings.year_notices if each.year == wanted), ({}, {})
    )


def sheet() -> bytes:
    book, file = Workbook(), io.BytesIO()
    page = book.active
    assert page
    for row in (
        ["date", "kind", "name"],
        [date(2027, 1, 1), "holiday", "元旦"],
        [date(2027, 2, 6), "休", "春节"],
        [date(2027, 2, 20), "workday", "春节"],
    ):
        page.append(row)
    book.save(file)
    return file.getvalue()


@pytest.mark.parametrize(
    "data", [TEXT.encode("gb18030"), TEXT.encode("utf-8-sig"), TEXT.encode("utf-16"), sheet()]
)
def test_a_notice_is_taken_however_it_was_saved(draft: SettingsDraft, data: bytes):
    assert year(draft.settings, 2027) == ({}, {})
    assert draft.import_notice(data, "放假.csv") == []
    assert year(draft.settings, 2027) == (
        {date(2027, 1, 1): "元旦", date(2027, 2, 6): "春节"},
        {date(2027, 2, 20): "春节"},
    )
    assert [each.table for each in draft.changed] == ["calendar"]


def test_a_year_more_leaves_the_others_and_the_same_year_is_replaced(draft: SettingsDraft):
    assert draft.import_notice(TEXT.encode(), "a.csv") == []
    assert draft.import_notice("date,kind,name\n2028-01-03,holiday,元旦\n".encode(), "b.csv") == []
    assert len(year(draft.settings, 2027)[0]) == 2
    assert year(draft.settings, 2028)[0] == {date(2028, 1, 3): "元旦"}
    assert draft.import_notice("date,kind,name\n2027-01-04,holiday,元旦\n".encode(), "c.csv") == []
    assert year(draft.settings, 2027)[0] == {date(2027, 1, 4): "元旦"}
    assert year(draft.settings, 2028)[0]


def test_every_mistake_is_told_at_its_line_and_nothing_is_taken(draft: SettingsDraft):
    bad = TEXT + "2027-13-01,放假,错\r\n2027-03-01,班,周一\r\n2027-04-05,什么,清明\r\n"
    found = draft.import_notice(bad.encode("gb18030"), "放假.csv")
    assert [(each.file, each.line) for each in found] == [("放假.csv", 6), ("放假.csv", 7), ("放假.csv", 8)]
    assert not draft.is_changed


@pytest.mark.parametrize(
    "data", [b"", b"a,b\n1,2\n", "日期,名称\n2027-01-01,元旦\n".encode(), b"PK\x03\x04 no book"]
)
def test_what_is_no_notice_is_refused_with_words(data: bytes):
    csv, wrong = notice_csv(data, "x.csv")
    assert csv == b""
    assert wrong
    assert all(each.zh and each.en for each in wrong)
