"""`hallcall report` and `hallcall records`: words in both languages, a next step, exit codes for scripts."""

import json
import os
import re
import shutil
import sqlite3
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from click import Command
from click.testing import CliRunner, Result
from openpyxl import Workbook, load_workbook
from openpyxl.utils.exceptions import IllegalCharacterError

from caller.cli.main import main
from caller.cli.report import records, report
from caller.engine import commands as cmd
from caller.identity.account_file import AccountFile
from caller.identity.account_store import AccountStore
from config.process.tables import cell_width
from config.reading.reader import read
from tests.caller.cli.test_main import HALL, PATIENCE, two_languages
from tests.caller.records.test_projection import Desk
from tests.instruments.recorded_days import write_history

DAY = "2026-09-21"


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """One visit: waits 4 minutes, is served 6, is satisfied. Its clerk's name begins like a formula."""
    desk = Desk(tmp_path)
    desk.do(cmd.CloseWindow("1"))
    desk.do(cmd.OpenWindow("1", "-1+1"))
    desk.do(cmd.TakeTicket(items=["i1"]), id="t")
    desk.press(cmd.CallNext, minutes=4)
    desk.press(cmd.StartService, minutes=0)
    desk.press(cmd.FinishService, minutes=6)
    desk.do(cmd.Rate("t", 4))
    desk.written.close()
    return tmp_path


def run(data: Path, *arguments: str) -> Result:
    return CliRunner().invoke(report, ["--data", str(data), *arguments])


def test_the_report_shows_the_visit_chinese_first(data: Path):
    result = run(data)
    assert result.exit_code == 0
    for words in ("【总览 Summary】", "【队列 Queues】", "【窗口 Windows】", "【在岗 Presence】", "好评率"):
        assert words in result.output
    assert re.search(r"等候 wait 平均，分钟 mean, min +4\.0\n", result.output)
    assert re.search(r"办理 service P90 +6\.0\n", result.output)
    assert re.search(r"好评率 good share +100\.0%\n", result.output)


def test_columns_stand_under_their_headings_also_in_hanzi(data: Path):
    table = run(data).output.partition("【窗口 Windows】\n")[2].partition("\n\n")[0].splitlines()
    assert len(table) == 5
    assert len({cell_width(line) for line in table}) == 1


def test_json_is_one_document_in_seconds(data: Path):
    document = json.loads(run(data, "--json", "--day", "2026-09").output)
    assert [day["day"] for day in document["days"]] == [DAY]
    assert document["queues"]["A"]["wait"] == {
        "count": 1,
        "mean": 240.0,
        "p50": 240.0,
        "p90": 240.0,
        "max": 240.0,
    }
    assert document["windows"]["1"]["ratings"]["levels"]["4"] == 1
    assert document["ratings"]["rate"] == document["ratings"]["good_rate"] == 1.0


def test_a_written_report_is_an_act_and_one_that_is_shown_is_none(data: Path):
    store = AccountStore(data)
    store.close()
    run(data)
    assert AccountFile(data).pending_acts() == []
    assert run(data, "--xlsx", str(data / "day.xlsx")).exit_code == 0
    assert [(act.act, act.subject) for act in AccountFile(data).pending_acts()] == [
        ("exported", f"report/{DAY}")
    ]


def test_names_come_from_the_halls_file(data: Path, tmp_path: Path):
    hall = tmp_path / "hall.toml"
    name = next(queue.name for queue in read(HALL).queues if queue.id == "A")
    assert f"A {name}" in run(data, "--hall", str(HALL)).output
    hall.write_text("[hall]\nsit = 1", "utf-8")
    assert run(data, "--hall", str(hall)).exit_code == 2


def test_the_spreadsheet_has_a_sheet_a_subject_and_no_formulas(data: Path):
    target = data / "r.xlsx"
    result = run(data, "--xlsx", str(target))
    assert result.exit_code == 0, result.output
    book: Any = load_workbook(target)
    sheets = {name.split()[0] for name in book.sheetnames}
    assert sheets >= {
        "总览",
        "队列",
        "事项",
        "类别",
        "时段",
        "窗口",
        "人员",
        "在岗",
        "评价",
        "号票明细",
        "叫号明细",
        "办理明细",
    }
    queue = {head.value: cell.value for head, cell in zip(*book["队列 Queues"].iter_rows(), strict=True)}
    assert queue["取号 issued"] == 1
    assert queue["等候平均 wait mean"] == 4.0
    calls = {head.value: cell for head, cell in zip(*book["叫号明细 All calls"].iter_rows(), strict=True)}
    assert str(calls["叫号时刻 at"].value) == f"{DAY} 09:07:00"
    assert all(cell.data_type != "f" for sheet in book for row in sheet.iter_rows() for cell in row)


def test_a_clerk_name_with_a_control_sign_ends_no_report(tmp_path: Path):
    """The smallest case of issue 10, B11: such a name is on the wire and in the log, and must be shown somehow."""
    desk = Desk(tmp_path)
    desk.do(cmd.CloseWindow("1"))
    desk.do(cmd.OpenWindow("1", "a\x1b[2Jb\x08"))
    desk.do(cmd.TakeTicket(items=["i1"]))
    desk.press(cmd.CallNext)
    desk.press(cmd.FinishService)
    desk.written.close()
    target = tmp_path / "r.xlsx"
    assert run(tmp_path, "--xlsx", str(target)).exit_code == 0
    book: Any = load_workbook(target)
    assert "a\\x1b[2Jb\\x08" in [row[0].value for row in book["人员 Clerks"].iter_rows()]
    text = run(tmp_path).output
    assert "\x1b" not in text
    assert "a\\x1b[2Jb\\x08" in text


def test_the_twin_without_the_guard_is_ended_by_the_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("caller.reports.workbook.for_sheet", lambda text: text)
    with pytest.raises(IllegalCharacterError):
        _sheet_of(tmp_path / "f.xlsx", "a\x1bb")


def test_the_spreadsheet_is_the_owners_alone_while_it_is_written_and_after(
    data: Path, monkeypatch: pytest.MonkeyPatch
):
    rights: list[int] = []
    real = Workbook.save

    def save(self: Any, file: Any) -> None:
        rights.append(os.fstat(file.fileno()).st_mode & 0o777)
        real(self, file)

    monkeypatch.setattr(Workbook, "save", save)
    before = os.umask(0)
    try:
        target = data / "r.xlsx"
        target.write_text("an old one")
        target.chmod(0o666)
        assert run(data, "--xlsx", str(target)).exit_code == 0
    finally:
        os.umask(before)
    assert rights == [0o600]
    assert target.stat().st_mode & 0o777 == 0o600


def test_single_visits_are_listed_of_one_day_and_otherwise_when_asked_for(data: Path):
    target = data / "r.xlsx"
    listed = {}
    for arguments in (["--day", DAY], ["--day", DAY, "--no-details"], ["--day", "2026", "--details"]):
        run(data, "--xlsx", str(target), *arguments)
        listed[arguments[-1]] = "号票明细 All tickets" in load_workbook(target).sheetnames
    assert listed == {DAY: True, "--no-details": False, "--details": True}


def test_more_visits_than_a_sheet_holds_go_on_another(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    desk = Desk(tmp_path)
    for number in range(3):
        desk.do(cmd.TakeTicket(items=["i1"]), id=f"t{number}")
    desk.written.close()
    monkeypatch.setattr("caller.reports.workbook.ROWS_MAX", 2)
    target = tmp_path / "r.xlsx"
    assert run(tmp_path, "--xlsx", str(target)).exit_code == 0
    book: Any = load_workbook(target)
    sheets = [name for name in book.sheetnames if "All tickets" in name]
    assert sheets == ["号票明细 All tickets", "号票明细 All tickets 2"]
    assert [book[name].max_row for name in sheets] == [3, 2]


def _sheet_of(path: Path, text: str) -> Any:
    from caller.reports.workbook import _add

    book: Any = Workbook(write_only=True)
    _add(book, "s", ["reason"], ["@"], iter([[text]]))
    book.save(path)
    return load_workbook(path)["s"]["A2"]


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@a"])
def test_text_that_looks_like_a_formula_stays_text(tmp_path: Path, text: str):
    cell = _sheet_of(tmp_path / "f.xlsx", text)
    assert (cell.value, cell.data_type, cell.quotePrefix) == (text, "s", True)


@pytest.mark.parametrize("day", ["yesterday", "2026-9-1", "2026-09-21x", "20%"])
def test_a_day_that_is_none_is_told(data: Path, day: str, capsys: pytest.CaptureFixture[str]):
    with pytest.raises(SystemExit) as ended:
        main(["report", "--data", str(data), "--day", day])
    assert ended.value.code == 2
    assert two_languages(capsys.readouterr().err)


def test_a_day_without_records_is_told_with_those_there_are(data: Path):
    result = run(data, "--day", "1999-01-01")
    assert result.exit_code == 2
    assert DAY in result.output
    assert two_languages(result.output)


def test_no_log_and_no_day_yet_are_told(tmp_path: Path):
    assert run(tmp_path).exit_code == 2
    write_history(tmp_path / "new", 1, 0)
    result = run(tmp_path / "new")
    assert result.exit_code == 2
    assert "还没有可统计的营业日" in result.output


def test_a_spreadsheet_that_cannot_be_written_is_told(data: Path):
    result = run(data, "--xlsx", str(data / "no" / "such" / "folder.xlsx"))
    assert result.exit_code == 2
    assert two_languages(result.output)
    assert "Traceback" not in result.output


def test_a_damaged_log_exits_1(data: Path):
    with sqlite3.connect(data / "log.db") as log:
        log.execute("update event set at = at + 1 where seq = 3")
    log.close()
    result = CliRunner().invoke(records, ["--data", str(data)])
    assert result.exit_code == 1
    assert two_languages(result.output)


REPORT = """
import os, sys
from click.testing import CliRunner
from caller.cli.report import report

def figures(data):
    result = CliRunner().invoke(report, ["--data", data, "--json"])
    assert result.exit_code == 0, result.output
    return result.output

warm = figures(sys.argv[1])  # root's Python may lie where others may not read: all is imported now
os.setgroups([]); os.setgid(65534); os.setuid(65534)
assert figures(sys.argv[2]) == warm
"""


@pytest.mark.skipif(os.getuid() != 0, reason="only root can become another user")
@pytest.mark.parametrize("has_records", [True, False])
def test_a_report_of_a_folder_that_cannot_be_written_has_the_same_figures(data: Path, has_records: bool):
    """As on a disk mounted read-only: nothing is made or changed there."""
    top = Path("/var/tmp") / f"hallcall-report-{os.getpid()}-{has_records}"
    shutil.copytree(data, top)
    try:
        if has_records:
            assert run(top).exit_code == 0
        top.chmod(0o755)
        for each in top.iterdir():
            each.chmod(0o555 if each.is_dir() else 0o444)
        before = {
            str(each.relative_to(top)): (each.stat().st_mtime_ns, each.is_file() and each.read_bytes())
            for each in top.rglob("*")
        }
        line = [sys.executable, "-c", REPORT, str(data), str(top)]
        done = subprocess.run(line, capture_output=True, text=True, check=False, timeout=PATIENCE)
        assert done.returncode == 0, done.stdout + done.stderr
        assert {
            str(each.relative_to(top)): (each.stat().st_mtime_ns, each.is_file() and each.read_bytes())
            for each in top.rglob("*")
        } == before
        assert ("records.db" in before) is has_records
    finally:
        shutil.rmtree(top)


@pytest.mark.parametrize("command", [report, records], ids=["report", "records"])
def test_a_log_copied_without_its_wal_is_named(tmp_path: Path, command: Command):
    (tmp_path / "hall").mkdir()
    desk = Desk(tmp_path / "hall")
    desk.do(cmd.TakeTicket(items=["i1"]), id="t")
    (tmp_path / "alone").mkdir()
    shutil.copy(tmp_path / "hall/log.db", tmp_path / "alone")
    beside = CliRunner().invoke(command, ["--data", str(tmp_path / "hall")])
    alone = CliRunner().invoke(command, ["--data", str(tmp_path / "alone")])
    desk.written.close()
    assert "-wal" not in beside.output
    assert alone.exit_code == 1, alone.output
    assert "-wal" in alone.output


def test_the_page_that_is_printed_holds_every_sheet_and_the_hall_s_name(data: Path, tmp_path: Path):
    page = tmp_path / "report.html"
    result = run(data, "--html", str(page), "--hall", str(HALL))
    assert (result.exit_code, "【" in result.output) == (0, False)
    text = page.read_text("utf-8")
    for words in (read(HALL).hall.name, "大厅报表 Report", "总览 Summary", "窗口 Windows", DAY, "代办笔数"):
        assert words in text
    assert page.stat().st_mode & 0o077 == 0


def test_without_chromium_a_pdf_is_refused_in_words_and_a_place_that_cannot_be_written_too(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("PATH", str(tmp_path))
    refused = run(data, "--pdf", str(tmp_path / "report.pdf"))
    assert refused.exit_code == 2
    assert "apt install chromium" in refused.output
    assert not (tmp_path / "report.pdf").exists()
    nowhere = run(data, "--html", str(tmp_path / "none" / "report.html"))
    assert nowhere.exit_code == 2
    assert two_languages(nowhere.output)
