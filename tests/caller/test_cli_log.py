"""`hallcall log`: every answer has words in both languages, a next step, and an exit code scripts can use."""

import json
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from caller.cli_log import log
from tests.caller.logs import Diary


@pytest.fixture
def data(tmp_path: Path) -> Path:
    diary = Diary(tmp_path / "log.db")
    diary.fill(1, 5)
    diary.log.close()
    return tmp_path


def run(data: Path, *arguments: str) -> Result:
    return CliRunner().invoke(log, [arguments[0], "--data", str(data), *arguments[1:]])


def test_verify_says_that_a_log_is_whole(data: Path):
    result = run(data, "verify")
    assert result.exit_code == 0
    assert "完好：站点 county，共 5 条" in result.output
    assert "whole: site county, 5 events" in result.output


def test_verify_names_the_event_that_was_edited_and_exits_1(data: Path):
    connection = sqlite3.connect(data / "log.db", isolation_level=None)
    connection.execute("update event set body=replace(body, 'A003', 'A009') where seq=3")
    connection.close()
    result = run(data, "verify")
    assert result.exit_code == 1
    assert "第 3 条" in result.output
    assert "event 3" in result.output
    assert "备份" in result.output


@pytest.mark.parametrize("command", ["verify", "tail", "export"])
def test_a_missing_log_is_bad_input(tmp_path: Path, command: str):
    result = run(tmp_path, command)
    assert result.exit_code == 2
    assert "没有这份日志" in result.output
    assert "no such log" in result.output


def test_tail_shows_the_newest_for_a_person(data: Path):
    lines = run(data, "tail", "-n", "2").output.splitlines()
    assert [line.split()[0] for line in lines] == ["4", "5"]
    assert "TicketIssued" in lines[-1]
    assert "kiosk/K1" in lines[-1]
    assert "number=A005" in lines[-1]


def test_export_gives_json_lines_with_site_and_seq(data: Path, tmp_path: Path):
    out = tmp_path / "events.jsonl"
    assert run(data, "export", "--after", "3", "-o", str(out)).exit_code == 0
    rows = [json.loads(line) for line in out.read_text().splitlines()]
    assert [(row["site"], row["seq"], row["body"]["number"]) for row in rows] == [
        ("county", 4, "A004"),
        ("county", 5, "A005"),
    ]
    again = run(data, "export", "-o", str(out))
    assert again.exit_code == 2
    assert "文件已存在" in again.output


def test_backup_makes_a_verified_copy_that_can_be_read(data: Path, tmp_path: Path):
    result = run(data, "backup", str(tmp_path / "copy.db"))
    assert result.exit_code == 0, result.output
    assert "5 events" in result.output
    copy = CliRunner().invoke(log, ["verify", "--log", str(tmp_path / "copy.db")])
    assert copy.output == result.output


def test_restore_puts_a_backup_in_place_and_keeps_the_damaged_log(data: Path, tmp_path: Path):
    copy = tmp_path / "elsewhere.db"
    assert run(data, "backup", str(copy)).exit_code == 0
    connection = sqlite3.connect(data / "log.db", isolation_level=None)
    connection.execute("delete from event where seq=2")
    assert run(data, "verify").exit_code == 1
    result = run(data, "restore", str(copy))
    connection.close()
    assert result.exit_code == 0, result.output
    assert run(data, "verify").exit_code == 0
    (aside,) = data.glob("log.db.2*Z")
    assert CliRunner().invoke(log, ["verify", "--log", str(aside)]).exit_code == 1
    diary = Diary(data / "log.db")
    diary.fill(6, 6)
    diary.log.close()


def test_without_setting_the_wal_aside_the_old_log_would_leak_into_the_copy(data: Path, tmp_path: Path):
    """The twin: what copying by hand does while the damaged log's WAL is there."""
    run(data, "backup", str(tmp_path / "elsewhere.db"))
    connection = sqlite3.connect(data / "log.db", isolation_level=None)
    connection.execute("delete from event where seq=2")
    wal = (data / "log.db-wal").read_bytes()
    connection.close()
    (data / "log.db").write_bytes((tmp_path / "elsewhere.db").read_bytes())
    (data / "log.db-wal").write_bytes(wal)
    assert run(data, "verify").exit_code == 1


def test_restore_is_refused_while_a_caller_runs_and_for_a_bad_backup(data: Path, tmp_path: Path):
    copy = tmp_path / "elsewhere.db"
    run(data, "backup", str(copy))
    diary = Diary(data / "log.db")
    busy = run(data, "restore", str(copy))
    diary.log.close()
    assert busy.exit_code == 2
    assert "另一个叫号服务" in busy.output
    connection = sqlite3.connect(copy, isolation_level=None)
    connection.execute("delete from event where seq=2")
    connection.close()
    before = (data / "log.db").read_bytes()
    assert run(data, "restore", str(copy)).exit_code == 1
    assert (data / "log.db").read_bytes() == before


def test_tail_f_prints_what_happens_while_it_runs(data: Path):
    command = [sys.executable, "-c", "from caller.cli_log import log; log()", "tail", "-f", "-n", "1"]
    process = subprocess.Popen([*command, "--data", str(data)], stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout
        assert "A005" in process.stdout.readline()
        diary = Diary(data / "log.db")
        diary.fill(6, 6)
        diary.log.close()
        assert "A006" in process.stdout.readline()
    finally:
        process.kill()
        process.wait()
        assert process.stdout
        process.stdout.close()
