"""Reading needs no writing: a log on read-only media is read, and one copied without its WAL is named as that."""

import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from caller.cli import log_words
from caller.cli.log import log
from caller.eventlog import LogError, Reader, opening
from caller.eventlog.opening import open_read_only
from caller.eventlog.witness import KEY_NAME
from caller.identity.keys import PERSON, keys_of
from tests.instruments.event_logs import Diary


def closed(folder: Path) -> Path:
    """A log that its caller has closed."""
    diary = Diary(folder / "log.db")
    diary.fill(1, 5)
    diary.log.close()
    return folder


def killed(folder: Path, *parts: str) -> Path:
    """What a kill leaves, or a copy of these parts beside a running caller."""
    live = folder.parent / f"{folder.name}-live"
    live.mkdir()
    diary = Diary(live / "log.db")
    diary.fill(1, 5)
    for part in parts:
        shutil.copyfile(live / f"log.db{part}", folder / f"log.db{part}")
    diary.log.close()
    return folder


WAYS: dict[str, Callable[[Path], Path]] = {
    "closed": closed,
    "killed": lambda folder: killed(folder, "", "-wal", "-shm"),
    "copied without -shm": lambda folder: killed(folder, "", "-wal"),
}
COMMANDS = (["verify"], ["tail"], ["export"], ["root"])


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "data"
    folder.mkdir()
    return folder


def seen(folder: Path) -> dict[str, Any]:
    """Everything about a folder that reading could change."""
    files = {
        str(each.relative_to(folder)): (each.stat().st_mtime_ns, each.is_file() and each.read_bytes())
        for each in folder.rglob("*")
    }
    return files | {".": folder.stat().st_mtime_ns}


def run(folder: Path, *line: str) -> Result:
    return CliRunner().invoke(log, [line[0], "--data", str(folder), *line[1:]])


@pytest.mark.parametrize("way", WAYS)
def test_reading_makes_changes_and_touches_nothing_in_the_folder(folder: Path, tmp_path: Path, way: str):
    before = seen(WAYS[way](folder))
    for line in (*COMMANDS, ["backup", str(tmp_path / "copy.db")]):
        result = run(folder, *line)
        assert result.exit_code == 0, result.output
        assert seen(folder) == before, line
    with Reader(tmp_path / "copy.db") as copy:
        assert copy.last == 5
        assert not copy.lacks_wal


@pytest.mark.parametrize("way", ["closed", "killed"])
def test_twin_an_ordinary_connection_leaves_its_traces(folder: Path, way: str):
    before = seen(WAYS[way](folder))
    connection = sqlite3.connect(f"file:{folder / 'log.db'}?mode=ro", uri=True)
    assert connection.execute("select count(*) from event").fetchone()[0] == 5
    assert seen(folder) != before
    connection.close()


READ = """
import os, sys
from click.testing import CliRunner
from caller.cli.log import log

def run(data, out):
    for line in (["verify"], ["tail"], ["export"], ["root"], ["backup", out]):
        result = CliRunner().invoke(log, [line[0], "--data", data, *line[1:]])
        assert result.exit_code == 0, (line, result.output, result.exception)

run(sys.argv[1], sys.argv[2] + "/warm.db")  # root's Python may lie where others may not read: all is imported now
os.setgroups([]); os.setgid(65534); os.setuid(65534)
run(sys.argv[1], sys.argv[2] + "/copy.db")
"""


@pytest.mark.skipif(os.getuid() != 0, reason="only root can become another user")
@pytest.mark.parametrize("way", WAYS)
def test_a_user_who_may_write_nowhere_in_the_folder_reads_it(way: str):
    """As on a disk mounted read-only. (The test's own folder lies where others may not look, so not there.)"""
    top = Path("/var/tmp") / f"hallcall-{os.getpid()}-{way.replace(' ', '-')}"
    top.mkdir(mode=0o755)
    try:
        (top / "data").mkdir(mode=0o755)
        (top / "out").mkdir(mode=0o777)
        (top / "out").chmod(0o777)
        folder = WAYS[way](top / "data")
        for each in folder.iterdir():
            each.chmod(0o444)
        before = seen(folder)
        done = subprocess.run(
            [sys.executable, "-c", READ, str(folder), str(top / "out")],
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        assert (top / "out/copy.db").stat().st_uid == 65534
        assert seen(folder) == before
    finally:
        shutil.rmtree(top)


def test_a_backup_of_the_log_holds_no_key(folder: Path, tmp_path: Path):
    """Of any purpose, nor of a version before there were purposes; neither as bytes nor as text."""
    closed(folder)
    secrets = [keys_of(folder, purpose)[0].secret for purpose in (PERSON, "slip")]
    secrets.append((folder / KEY_NAME).read_bytes())
    out = tmp_path / "out"
    out.mkdir()
    assert run(folder, "backup", str(out / "copy.db")).exit_code == 0
    assert [each.name for each in out.iterdir()] == ["copy.db"]
    content = (out / "copy.db").read_bytes()
    assert not any(secret in content or secret.hex().encode() in content for secret in secrets)


def test_a_private_copy_is_removed(folder: Path):
    opened = open_read_only(killed(folder, "", "-wal") / "log.db")
    assert opened.private
    place = Path(opened.private.name)
    assert place.stat().st_mode & 0o077 == 0
    opened.close()
    assert not place.exists()


# --- beside a caller


def test_a_reader_opened_before_the_caller_sees_what_it_writes(folder: Path):
    with Reader(closed(folder) / "log.db") as reader:
        assert reader.last == 5
        diary = Diary(folder / "log.db")
        diary.fill(6, 8)
        reader.refresh()
        assert reader.last == 8
        diary.fill(9, 9)
        assert reader.last == 9
        diary.log.close()
    with Reader(folder / "log.db") as reader:
        assert reader.verify().events == 9


# --- copied without its WAL


def test_a_copy_without_its_wal_is_named_as_that(folder: Path, tmp_path: Path):
    killed(folder, "")
    result = run(folder, "verify")
    assert result.exit_code == log_words.DAMAGED
    assert "缺少它的 -wal 文件" in result.output
    assert "-wal" in result.output.splitlines()[1]
    shown = run(folder, "export")
    assert (shown.exit_code, "缺少它的 -wal 文件" in shown.output) == (log_words.DAMAGED, True)


@pytest.mark.parametrize("way", [*WAYS, "backup"])
def test_a_whole_log_is_not_taken_for_one(folder: Path, tmp_path: Path, way: str):
    if way == "backup":
        with Reader(closed(folder) / "log.db") as reader:
            reader.backup(tmp_path / "copy.db")
        path = tmp_path / "copy.db"
    else:
        path = WAYS[way](folder) / "log.db"
    with Reader(path) as reader:
        assert not reader.lacks_wal
        assert reader.verify().events == 5


def test_a_backup_of_a_running_caller_is_whole(folder: Path, tmp_path: Path):
    diary = Diary(folder / "log.db")
    diary.fill(1, 5)
    with Reader(folder / "log.db") as reader:
        assert not reader.lacks_wal
        assert reader.backup(tmp_path / "copy.db").events == 5
    diary.log.close()


def test_twin_without_the_note_a_copy_without_its_wal_passes_for_a_shorter_log(
    folder: Path, monkeypatch: pytest.MonkeyPatch
):
    killed(folder, "")
    monkeypatch.setattr(opening, "OPEN", "never-noted")
    with Reader(folder / "log.db") as reader:
        assert reader.verify().events < 5


def test_a_log_that_lost_its_wal_is_found_by_a_start_as_well(folder: Path):
    """The note does not stop a caller: the witness does, where the log is behind it."""
    killed(folder, "")
    diary = Diary(folder / "log.db")
    diary.fill(1, 1)
    with Reader(folder / "log.db") as reader:
        assert not reader.lacks_wal
    diary.log.close()
    with pytest.raises(LogError), Reader(folder / "none.db"):
        pass
