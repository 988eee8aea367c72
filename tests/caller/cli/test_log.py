"""`hallcall log`: every answer has words in both languages, a next step, and an exit code scripts can use."""

import json
import os
import sqlite3
import subprocess
import sys
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from click.testing import CliRunner, Result

from caller.cli.log import log
from caller.engine import events as ev
from caller.eventlog import Batch
from tests.instruments.event_logs import AT, Diary, issued, order


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


def test_tail_lets_no_escape_sequence_through(tmp_path: Path):
    diary = Diary(tmp_path / "log.db")
    batch = Batch()
    event = ev.DeviceReported("printer", "printer", "error", "\x1b[2J\x9b1m\u202egone")
    diary.log.extend(order("c", station="K\x1b1"), AT, [event], batch.rows)
    assert diary.write(batch) is None
    diary.log.close()
    shown = run(tmp_path, "tail").output
    assert not {"\x1b", "\x9b", "\u202e"} & set(shown)
    assert "\\x1b[2J" in shown


def test_tail_is_in_the_halls_time_and_names_a_ticket_by_its_number(tmp_path: Path):
    diary = Diary(tmp_path / "log.db")
    day = ev.DayOpened("2026-09-21", "Asia/Shanghai", AT, AT)
    for number, event in enumerate((day, issued(7), ev.TicketCancelled(ticket="t-7"))):
        batch = Batch()
        diary.log.extend(order(f"c-{number}"), AT, [event], batch.rows)
        assert diary.write(batch) is None
    diary.log.close()
    last = run(tmp_path, "tail", "-n", "1").output
    assert "number=A007" in last
    assert "ticket=t-7" in last
    assert datetime.fromtimestamp(AT / 1e6, ZoneInfo("Asia/Shanghai")).isoformat(" ", "seconds") in last
    assert "+08:00" in last


def test_a_log_and_its_copies_are_for_their_owner_only(data: Path, tmp_path: Path):
    diary = Diary(tmp_path / "log.db")
    run(data, "backup", str(tmp_path / "copy.db"))
    run(data, "export", "-o", str(tmp_path / "events.jsonl"))
    modes = {path.name: path.stat().st_mode & 0o777 for path in tmp_path.iterdir() if path.is_file()}
    diary.log.close()
    assert {"log.db", "log.db-wal", "log.db-shm", "copy.db", "events.jsonl"} <= modes.keys()
    assert set(modes.values()) == {0o600}


def test_twin_a_log_made_by_sqlite_alone_may_be_read_by_everybody(tmp_path: Path):
    before = os.umask(0o022)
    try:
        connection = sqlite3.connect(tmp_path / "log.db")
        connection.execute("create table x(y)")
        connection.close()
    finally:
        os.umask(before)
    assert (tmp_path / "log.db").stat().st_mode & 0o777 == 0o644


def test_a_folder_or_a_backup_that_is_not_there_is_named(data: Path, tmp_path: Path):
    nowhere = tmp_path / "none" / "x"
    for arguments in (("backup", str(nowhere)), ("export", "-o", str(nowhere))):
        result = run(data, *arguments)
        assert result.exit_code == 2
        assert f"没有这个文件夹：{nowhere.parent}" in result.output
    diary = Diary(data / "log.db")  # a caller runs; the name is what is wrong all the same
    result = run(data, "restore", str(nowhere))
    diary.log.close()
    assert result.exit_code == 2
    assert "没有这份备份" in result.output


def test_export_gives_json_lines_with_site_and_seq(data: Path, tmp_path: Path):
    out = tmp_path / "events.jsonl"
    done = run(data, "export", "--after", "3", "-o", str(out))
    assert done.exit_code == 0
    assert "共 2 条" in done.output
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
    command = [sys.executable, "-c", "from caller.cli.log import log; log()", "tail", "-f", "-n", "1"]
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


def test_a_log_is_copied_to_a_file_and_gone_on_with(data: Path, tmp_path: Path):
    target = tmp_path / "copy.db"
    result = CliRunner().invoke(log, ["copy", str(data / "log.db"), str(target)])
    assert result.exit_code == 0, result.output
    assert "复制了 5 条，副本共 5 条，全部核对相符" in result.output
    diary = Diary(data / "log.db")
    diary.fill(6, 7)
    diary.log.close()
    result = CliRunner().invoke(log, ["copy", str(data), str(target)])
    assert "copied 2 events; the copy has 7, all checked" in result.output
    assert run(data, "verify", "--log", str(target)).exit_code == 0


@pytest.mark.parametrize(
    ("target", "log_file"), [("new", "new/log.db"), ("new/log.db", "new/log.db"), ("a.db", "a.db")]
)
def test_a_copy_makes_the_folder_that_it_is_given(data: Path, tmp_path: Path, target: str, log_file: str):
    result = CliRunner().invoke(log, ["copy", str(data), str(tmp_path / "x" / target)])
    assert result.exit_code == 0, result.output
    assert run(data, "verify", "--log", str(tmp_path / "x" / log_file)).exit_code == 0


def test_a_folder_that_cannot_be_made_is_named(data: Path, tmp_path: Path):
    (tmp_path / "file").write_text("", "utf-8")
    result = CliRunner().invoke(log, ["copy", str(data), str(tmp_path / "file" / "new")])
    assert (result.exit_code, "没有这个文件夹" in result.output) == (2, True)


def test_a_follower_makes_no_folder_where_a_share_is_away(data: Path, tmp_path: Path):
    result = CliRunner().invoke(log, ["follow", str(tmp_path / "share" / "hall"), "--data", str(data)])
    assert (result.exit_code, "没有这个文件夹" in result.output) == (2, True)
    assert not (tmp_path / "share").exists()


def test_a_copy_is_refused_with_the_next_step(data: Path, tmp_path: Path):
    result = CliRunner().invoke(log, ["copy", str(data), "postgresql://nobody:s3cret@127.0.0.1:1/none"])
    assert result.exit_code == 2
    assert "数据库不能使用" in result.output
    assert "s3cret" not in result.output
    result = CliRunner().invoke(log, ["copy", str(tmp_path / "none.db"), str(tmp_path / "copy.db")])
    assert result.exit_code == 2
    assert "没有这份日志" in result.output
    result = CliRunner().invoke(log, ["copy", str(data), str(data)])
    assert result.exit_code == 2
    assert "叫号服务在这里写过" in result.output
