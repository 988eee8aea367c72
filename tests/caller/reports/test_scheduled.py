"""Reports that are written by themselves: each day, week and month once it is over, and again when it changed."""

from pathlib import Path

import msgspec
import pytest
from openpyxl import load_workbook

from caller.records.rows import DayRow
from caller.reports import scheduled
from caller.reports.scheduled import DueReport, due, read_note, write_due
from config.hall_names import StaffName
from config.process.options import Unable
from config.reading.reader import HALLS
from config.reading.reader import read as read_hall
from tests.instruments.large_records import write_days

COUNTY = read_hall(HALLS / "county.toml")


def days(*labels: str, lasting: str = "") -> list[DayRow]:
    rows = [DayRow("s", label, "UTC", 1, 2, 3, closed=int(label.replace("-", ""))) for label in labels]
    return [*rows, *([DayRow("s", lasting, "UTC", 1, 2, 3)] if lasting else [])]


def test_a_day_is_due_when_closed_and_once_more_when_another_has_opened():
    assert due(days(lasting="2026-09-21"), {}) == []
    first = due(days("2026-09-21"), {})
    assert first == [DueReport("2026-09-21", "20260921")]
    written = dict(first)
    assert due(days("2026-09-21"), written) == []
    assert due(days("2026-09-21", lasting="2026-09-22"), written) == [
        DueReport("2026-09-21", "20260921 later")
    ]


def test_a_day_closed_again_is_written_again():
    written = {"2026-09-21": "20260921"}
    again = [DayRow("s", "2026-09-21", "UTC", 1, 2, 3, closed=99)]
    assert due(again, written) == [DueReport("2026-09-21", "99")]


def test_a_week_and_a_month_are_due_when_a_later_day_has_opened():
    wanted = {each.span for each in due(days("2026-08-30", "2026-08-31", lasting="2026-09-01"), {})}
    assert wanted == {"2026-08-30", "2026-08-31", "2026-W35", "2026-08"}
    wanted = {each.span for each in due(days("2026-08-30", "2026-08-31"), {})}
    assert wanted == {"2026-08-30", "2026-08-31", "2026-W35"}


def test_old_days_are_not_written_for_a_new_folder():
    found = due(days("2020-01-01", "2026-09-21", lasting="2026-09-22"), {})
    assert [each.span for each in found] == ["2026-09-21"]


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("scheduled")
    write_days(folder, 3, 12)
    return folder


def test_what_is_due_is_written_once_into_files_of_their_owner(data: Path, tmp_path: Path):
    folder = tmp_path / "reports"
    made = write_due(data, folder, COUNTY)
    assert sorted(path.name for path in made) == ["2026-01-01.xlsx", "2026-01-02.xlsx", "2026-01-03.xlsx"]
    assert all(path.stat().st_mode & 0o077 == 0 for path in made)
    assert write_due(data, folder, COUNTY) == []
    book = load_workbook(folder / "2026-01-02.xlsx")
    assert "号票明细 All tickets" in book.sheetnames
    (folder / "2026-01-02.xlsx").unlink()
    assert write_due(data, folder, COUNTY) == []  # who took it away has it
    (folder / scheduled.NOTE).write_text("{", "utf-8")
    assert len(write_due(data, folder, COUNTY)) == 3


def test_a_kill_between_two_reports_loses_none(data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    folder = tmp_path / "reports"
    real = scheduled.workbook.write

    def killed(path: Path, *rest: object) -> None:
        if path.name.startswith("2026-01-02"):
            raise OSError(28, "full", str(path))
        real(path, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(scheduled.workbook, "write", killed)
    with pytest.raises(OSError, match="full"):
        write_due(data, folder, COUNTY)
    assert set(read_note(folder)) == {"2026-01-01"}
    monkeypatch.undo()
    assert [path.name for path in write_due(data, folder, COUNTY)] == ["2026-01-02.xlsx", "2026-01-03.xlsx"]


def test_names_are_in_it_only_where_given(data: Path, tmp_path: Path):
    for folder, staff, there in (("with", [StaffName("clerk-1", "张三")], True), ("without", [], False)):
        write_due(data, tmp_path / folder, COUNTY, staff)
        sheet = load_workbook(tmp_path / folder / "2026-01-01.xlsx")["人员 Clerks"]
        clerks = [str(row[0]) for row in sheet.iter_rows(values_only=True)]
        assert any("张三" in each for each in clerks) is (there and any("clerk-1" in each for each in clerks))


def only_first(data: Path, folder: Path) -> None:
    """Leave one report due: the note has the others."""
    folder.mkdir()
    ends = {each.span: each.end for each in scheduled.due(_days(data), {})}
    first = min(ends)
    (folder / scheduled.NOTE).write_bytes(
        msgspec.json.encode({span: end for span, end in ends.items() if span != first})
    )


def _days(data: Path) -> list[DayRow]:
    with scheduled.readable_records(data) as records, scheduled.SqliteStore(records) as store:
        return list(store.rows(DayRow))


def test_a_paper_lies_beside_the_spreadsheet_where_it_is_wanted(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    only_first(data, tmp_path / "pdf")
    made = write_due(data, tmp_path / "pdf", COUNTY, papers=True)
    assert [path.name for path in made] == ["2026-01-01.xlsx", "2026-01-01.pdf"]
    assert made[1].read_bytes().startswith(b"%PDF")
    assert made[1].stat().st_mode & 0o077 == 0
    monkeypatch.setattr(scheduled.print_view, "chromium", lambda: None)
    only_first(data, tmp_path / "html")
    made = write_due(data, tmp_path / "html", COUNTY, papers=True)
    assert [path.name for path in made] == ["2026-01-01.xlsx", "2026-01-01.html"]
    assert COUNTY.hall.name in made[1].read_text("utf-8")


def test_a_paper_that_cannot_be_made_keeps_no_spreadsheet_back(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
):
    def broken(page: str, path: Path) -> None:
        raise Unable("Chromium made no PDF")

    monkeypatch.setattr(scheduled.print_view, "chromium", lambda: "chromium")
    monkeypatch.setattr(scheduled.print_view, "write_pdf", broken)
    only_first(data, tmp_path / "reports")
    made = write_due(data, tmp_path / "reports", COUNTY, papers=True)
    assert [path.name for path in made] == ["2026-01-01.xlsx"]
    assert "2026-01-01.xlsx: Chromium made no PDF" in caplog.text
    assert write_due(data, tmp_path / "reports", COUNTY, papers=True) == []
