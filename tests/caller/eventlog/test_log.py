"""The event log: what is answered is in it, one caller at a time, and trouble is told in words."""

import hashlib
import json
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from caller.eventlog import Batch, EventLog, LogError, Reader, export_line, opening
from caller.eventlog.errors import explain
from caller.eventlog.stores import held_sqlite
from caller.eventlog.writer import Writer
from config import owner_only
from tests.instruments.event_logs import AT, SITE, Diary, issued, order


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "log.db"


@pytest.fixture
def diary(path: Path) -> Iterator[Diary]:
    diary = Diary(path)
    yield diary
    diary.log.close()


def test_events_come_back_as_they_were_written(diary: Diary, path: Path):
    diary.fill(1, 3)
    diary.log.close()
    again = Diary(path)
    recovery = again.log.recover()
    records = list(recovery.records)
    again.log.close()
    assert recovery.state is None
    assert [record.event for record in records] == [issued(n) for n in (1, 2, 3)]
    assert [(r.seq, r.at, r.command, r.role, r.station) for r in records][1] == (
        2,
        AT + 2,
        "c-2",
        "kiosk",
        "K1",
    )


def test_what_is_queued_goes_into_one_commit(path: Path):
    told: list[int] = []
    log = EventLog(path, SITE)
    batches = [Batch(token=n) for n in range(10)]
    for batch in batches:
        log.extend(order(f"c-{batch.token}"), AT, [issued(batch.token)], batch.rows)
    writer = Writer(log._store, lambda settled, _error: told.append(len(settled)))
    for batch in batches:
        writer.put(batch)
    writer.start()
    writer.stop()
    log.close()
    assert told == [10]


def test_a_second_caller_on_the_same_log_is_refused(diary: Diary, path: Path):
    with pytest.raises(LogError) as refused:
        EventLog(path, SITE)
    assert refused.value.code == "in-use"
    assert "另一个叫号服务" in refused.value.message.zh
    assert refused.value.message.next_en


def test_the_lock_is_free_again_after_close(path: Path):
    Diary(path).log.close()
    Diary(path).log.close()


def test_another_sites_log_is_refused(path: Path):
    Diary(path).log.close()
    with pytest.raises(LogError) as refused:
        EventLog(path, "village")
    assert refused.value.code == "wrong-site"
    Diary(path).log.close()  # and the lock was let go


@pytest.mark.parametrize("content", [b"not a database at all, just some text " * 40, b"\x00" * 5000])
def test_a_file_that_is_no_database_is_refused(path: Path, content: bytes):
    path.write_bytes(content)
    with pytest.raises(LogError) as refused:
        EventLog(path, SITE)
    assert refused.value.code == "not-a-log"
    assert path.read_bytes() == content


def test_another_programs_database_is_left_alone(path: Path):
    other = sqlite3.connect(path)
    other.execute("create table invoice(id)")
    other.commit()
    other.close()
    with pytest.raises(LogError) as refused:
        EventLog(path, SITE)
    assert refused.value.code == "not-a-log"
    tables = sqlite3.connect(path).execute("select name from sqlite_master").fetchall()
    assert tables == [("invoice",)]


def test_a_log_of_a_newer_program_is_refused(path: Path):
    Diary(path).log.close()
    connection = sqlite3.connect(path)
    connection.execute("pragma user_version=99")
    connection.close()
    with pytest.raises(LogError) as refused:
        EventLog(path, SITE)
    assert refused.value.code == "newer"


def test_a_folder_that_is_not_there_is_refused(tmp_path: Path):
    with pytest.raises(LogError) as refused:
        EventLog(tmp_path / "nowhere" / "log.db", SITE)
    assert refused.value.code == "no-folder"


def test_a_file_cut_in_the_middle_is_refused(path: Path):
    diary = Diary(path)
    diary.fill(1, 200)
    diary.log.close()
    content = bytearray(path.read_bytes())
    content[4096:20_000] = b"\xff" * (20_000 - 4096)
    path.write_bytes(content)
    with pytest.raises(LogError) as refused:
        list(EventLog(path, SITE).recover().records)
    assert refused.value.code in ("corrupt", "damaged")


def test_an_editor_holding_the_file_makes_a_clear_error(path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(held_sqlite, "BUSY_MS", 20)
    diary = Diary(path)
    editor = sqlite3.connect(path, isolation_level=None)
    editor.execute("begin immediate")
    error = diary.write(diary.batch(1))
    editor.execute("rollback")
    assert error
    assert error.code == "busy"
    diary.log.rewind()
    diary.fill(1, 1)
    diary.log.close()
    editor.close()


def test_on_a_full_disk_the_answered_stays_and_the_rest_waits_for_space(diary: Diary, path: Path):
    diary.fill(1, 5)
    _limit_pages(diary, 0)
    answered, error = 5, None
    while error is None:
        error = diary.write(diary.batch(answered + 1))
        answered += error is None
    assert error.code == "disk-full"
    assert "磁盘" in error.message.zh
    _limit_pages(diary, 100_000)
    diary.log.rewind()
    diary.fill(answered + 1, answered + 3)
    assert [record.event for record in diary.log.recover().records] == [
        issued(n) for n in range(1, answered + 4)
    ]
    with Reader(path) as reader:
        assert reader.verify().events == answered + 3


def _limit_pages(diary: Diary, more: int) -> None:
    connection = diary.connections[0]
    connection.execute(
        f"pragma max_page_count={connection.execute('pragma page_count').fetchone()[0] + more}"
    )


def test_after_a_failed_commit_nothing_built_on_it_is_saved(diary: Diary):
    """Pipelining: batches already handed in when a commit fails must fail too, even if space comes back."""
    diary.fill(1, 2)
    _limit_pages(diary, 0)
    failed = diary.batch(3, count=400)
    assert diary.write(failed)
    _limit_pages(diary, 100_000)
    error = diary.write(diary.batch(403), diary.batch(404))
    assert error
    assert error.code == "disk-full"
    diary.log.rewind()
    assert diary.log.head.seq == 2
    diary.fill(3, 3)
    assert [record.seq for record in diary.log.recover().records] == [1, 2, 3]


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("SQLITE_FULL", "disk-full"),
        ("SQLITE_IOERR_FSYNC", "disk-error"),
        ("SQLITE_IOERR_WRITE", "disk-error"),
        ("SQLITE_BUSY_SNAPSHOT", "busy"),
        ("SQLITE_CORRUPT_VTAB", "corrupt"),
        ("SQLITE_NOTADB", "not-a-log"),
        ("SQLITE_READONLY_DBMOVED", "read-only"),
        ("SQLITE_CANTOPEN", "read-only"),
        ("SQLITE_NOMEM", "failed"),
    ],
)
def test_every_trouble_of_sqlite_has_words_and_a_next_step(name: str, code: str):
    trouble = sqlite3.OperationalError("detail")
    trouble.sqlite_errorname = name
    error = explain(trouble, Path("log.db"))
    assert error.code == code
    assert all(error.message.words)
    assert not any("{" in line for line in error.message.words)


# --- checkpoints


def _checkpoint(diary: Diary, serial: int, state: bytes) -> None:
    batch = diary.batch(serial)
    batch.checkpoint = diary.log.checkpoint(AT + serial, state)
    assert diary.write(batch) is None


def _damage_checkpoint(diary: Diary, seq: int) -> None:
    diary.connections[0].execute(
        "update checkpoint set state = cast(x'00' || state as blob) where seq=?", (seq,)
    )


def test_recovery_reads_only_what_follows_the_newest_checkpoint(diary: Diary):
    diary.fill(1, 4)
    _checkpoint(diary, 5, b"five")
    diary.fill(6, 7)
    recovery = diary.log.recover()
    assert (recovery.state, recovery.seq) == (b"five", 5)
    assert [record.seq for record in recovery.records] == [6, 7]
    assert len(list(diary.log.recover(full=True).records)) == 7


def test_a_damaged_checkpoint_falls_back_to_the_one_before_and_then_to_all_events(diary: Diary):
    _checkpoint(diary, 1, b"one")
    _checkpoint(diary, 2, b"two")
    diary.fill(3, 3)
    _damage_checkpoint(diary, 2)
    assert (diary.log.recover().state, diary.log.recover().seq) == (b"one", 1)
    _damage_checkpoint(diary, 1)
    recovery = diary.log.recover()
    assert recovery.state is None
    assert [record.seq for record in recovery.records] == [1, 2, 3]


def test_a_checkpoint_of_other_events_is_not_taken(diary: Diary):
    """A good checkpoint moved to another place of the log does not fit there."""
    _checkpoint(diary, 1, b"one")
    diary.fill(2, 2)
    diary.connections[0].execute("update checkpoint set seq=2")
    assert diary.log.recover().state is None


def test_three_checkpoints_are_kept(diary: Diary):
    for serial in range(1, 6):
        _checkpoint(diary, serial, b"state")
    assert [row[0] for row in diary.connections[0].execute("select seq from checkpoint order by seq")] == [
        3,
        4,
        5,
    ]


# --- an independent check


def test_ten_lines_without_this_program_can_check_an_export(diary: Diary, path: Path):
    diary.fill(1, 4)
    with Reader(path) as reader:
        lines = [export_line(reader.site, record) for record in reader.after(0)]
    bodies = {row[0]: row[1] for row in sqlite3.connect(path).execute("select seq, body from event")}
    before = hashlib.sha256(b"hallcall log of county").digest()
    for line in lines:
        row = json.loads(line)
        assert row["site"] == "county"
        fields = [row[name] for name in ("seq", "at", "command", "role", "station", "kind")]
        text = json.dumps(fields, ensure_ascii=False, separators=(",", ":"))
        before = hashlib.sha256(before + f"{text[:-1]},{bodies[row['seq']]}]".encode()).digest()
        assert row["hash"] == before.hex()
    assert len(lines) == 4


# --- one caller


def _start_another(path: Path) -> subprocess.CompletedProcess[str]:
    """A second caller on the same log, in a process of its own; it takes one number if it may."""
    code = f"""
import sys; sys.path.insert(0, {str(Path.cwd())!r})
from pathlib import Path
from caller.eventlog import LogError
from tests.instruments.event_logs import Diary
try:
    diary = Diary(Path({str(path)!r}))
except LogError as error:
    print(error.code)
else:
    print(diary.write(diary.batch(diary.log.head.seq + 1)))
"""
    return subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    )


def test_removing_the_lock_file_lets_no_second_caller_in(diary: Diary, path: Path):
    diary.fill(1, 1)
    path.with_name(path.name + ".lock").unlink()
    assert _start_another(path).stdout.strip() == "in-use"
    diary.fill(2, 2)


def _linked(path: Path) -> Path:
    """The same log in another folder, by hard links."""
    other = path.parent.parent / f"{path.parent.name}-linked"
    other.mkdir()
    for name in (path.name, f"{path.name}-wal", f"{path.name}-shm", "log.witness"):
        (other / name).hardlink_to(path.with_name(name))
    shutil.copytree(path.parent / "keys", other / "keys")
    return other / path.name


def test_a_hard_link_in_another_folder_lets_no_second_caller_in(diary: Diary, path: Path):
    diary.fill(1, 1)
    assert _start_another(_linked(path)).stdout.strip() == "in-use"
    diary.fill(2, 2)


def test_twin_with_the_folder_s_locks_alone_a_hard_link_lets_it_in(
    path: Path, monkeypatch: pytest.MonkeyPatch
):
    held = opening.hold
    monkeypatch.setattr(held_sqlite, "hold", lambda *_: list[int]())  # a log that is made anew
    monkeypatch.setattr(opening, "hold", lambda *paths: held(*paths[:2]))
    diary = Diary(path)
    diary.fill(1, 1)
    assert _start_another(_linked(path)).stdout.strip() != "in-use"
    diary.log.close()


# --- other programs on the caller's file

OUTSIDE = """
import sqlite3, sys
outside = sqlite3.connect(sys.argv[1])
print(outside.execute("select count(*) from event").fetchone()[0])
outside.close()
"""


def _looked_at(path: Path) -> int:
    """How many events a technician's shell counts; it opens the log for writing and leaves again."""
    line = [sys.executable, "-c", OUTSIDE, str(path)]
    return int(subprocess.run(line, capture_output=True, text=True, check=True, timeout=60).stdout)


def _after_a_reader_and_a_shell(diary: Diary, path: Path) -> int:
    """How many of five events are on disk, when a reader in the caller's process and a shell outside came before."""
    diary.fill(1, 3)
    with Reader(path) as reader:  # as each night's root is computed
        assert not reader.lacks_wal
    assert _looked_at(path) == 3
    diary.fill(4, 5)
    return _looked_at(path)


def test_a_reader_in_the_caller_s_process_leaves_sqlite_its_locks(diary: Diary, path: Path):
    """Else the shell takes itself for the last one, deletes the WAL, and every later commit goes into a file that has
    no name any more."""
    assert _after_a_reader_and_a_shell(diary, path) == 5
    assert path.with_name(f"{path.name}-wal").exists()


def test_twin_a_reader_that_opens_the_file_by_hand_loses_every_later_commit(
    diary: Diary, path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(opening, "written_here", set[tuple[int, int]]())
    monkeypatch.setattr(opening, "file_id", lambda _: (0, 0))
    assert _after_a_reader_and_a_shell(diary, path) < 5


def test_a_second_caller_that_got_past_the_locks_stops_the_first_for_good(
    diary: Diary, path: Path, monkeypatch: pytest.MonkeyPatch
):
    """A folder shared by two machines, say: the locks of one say nothing to the other. Numbers stay single."""
    diary.fill(1, 2)
    monkeypatch.setattr(owner_only, "_flock", lambda _handle: None)
    second = Diary(path)
    second.fill(3, 3)
    for _ in range(2):
        error = diary.write(diary.batch(3))
        assert error
        assert error.code == "in-use" or "UNIQUE" in error.message.zh
        diary.log.rewind()
    assert diary.log.head.seq == 3
    error = diary.write(diary.batch(4))
    assert error
    assert error.code == "in-use"
    second.fill(4, 4)
    second.log.close()
    with Reader(path) as reader:
        assert reader.verify().events == 4


def test_without_the_writers_mark_two_callers_write_in_turn(
    diary: Diary, path: Path, monkeypatch: pytest.MonkeyPatch
):
    """The twin: whichever has read last what the other wrote goes on, and each answers its own stations."""
    monkeypatch.setattr(owner_only, "_flock", lambda _handle: None)
    monkeypatch.setattr(held_sqlite, "SET_HEAD", "update meta set value=? where key='head' and ?<>''")
    diary.fill(1, 2)
    second = Diary(path)
    second.fill(3, 3)
    diary.log.rewind()
    assert diary.write(diary.batch(4)) is None
    second.log.close()
