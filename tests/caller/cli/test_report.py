"""`hallcall report` and `hallcall records`: words in both languages, a next step, exit codes for scripts."""

import json
import re
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from openpyxl import load_workbook

from caller.cli.main import main
from caller.cli.report import records, report
from caller.engine import commands as cmd
from config.process.tables import cell_width
from config.reading.reader import read
from tests.caller.cli.test_main import ENVIRONMENT, HALL, PATIENCE, ROOT, two_languages
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


def test_text_that_looks_like_a_formula_stays_text(tmp_path: Path):
    from openpyxl import Workbook

    from caller.reports.workbook import _add

    book: Any = Workbook(write_only=True)
    _add(book, "s", ["reason"], ["@"], [["=1+1"]])
    book.save(tmp_path / "f.xlsx")
    written: Any = load_workbook(tmp_path / "f.xlsx")
    cell = written["s"]["A2"]
    assert (cell.value, cell.data_type) == ("=1+1", "s")


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


def test_records_follows_until_it_is_told_to_stop(data: Path):
    line = [sys.executable, "-m", "caller.cli", "records", "--data", str(data), "--follow"]
    process = subprocess.Popen(line, stdout=subprocess.PIPE, text=True, cwd=ROOT, env=ENVIRONMENT)
    try:
        assert process.stdout is not None
        assert "已到第" in process.stdout.readline()
        process.send_signal(signal.SIGTERM)
        assert process.wait(PATIENCE) == 0
    finally:
        process.kill()
        process.communicate()
