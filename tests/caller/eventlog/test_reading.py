"""Verify names the first event that does not fit; tail, export and backup read beside a writing caller."""

import sqlite3
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from caller.eventlog import LogError, Reader, Record, chain
from tests.instruments.event_logs import AT, SITE, Diary, issued

Edit = Callable[[sqlite3.Connection], object]


def _written(path: Path, last: int = 10) -> Path:
    diary = Diary(path)
    diary.fill(1, last)
    diary.log.close()
    return path


def _edit(path: Path, edit: Edit) -> None:
    connection = sqlite3.connect(path, isolation_level=None)
    edit(connection)
    connection.close()


def _rehash(connection: sqlite3.Connection, seq: int) -> None:
    """A cunning hand: after the edit, the row's own hash is made right."""
    (before,) = connection.execute("select hash from event where seq=?", (seq - 1,)).fetchone()
    found = connection.execute("select * from event where seq=?", (seq,)).fetchone()
    record = Record(*found)
    right = chain.link(before, *record[:6], record.body.encode())
    connection.execute("update event set hash=? where seq=?", (right, seq))


def _insert_after(connection: sqlite3.Connection, seq: int) -> None:
    connection.execute("update event set seq = -seq where seq > ?", (seq,))
    connection.execute("update event set seq = 1 - seq where seq < 0")
    connection.execute(
        "insert into event select ?, at, command, role, station, kind, body, hash, account from event where seq=1",
        (seq + 1,),
    )


def _swap(connection: sqlite3.Connection, one: int, other: int) -> None:
    for old, new in ((one, -1), (other, one), (-1, other)):
        connection.execute("update event set seq=? where seq=?", (new, old))


EDITS: dict[str, tuple[Edit, int]] = {
    "a number changed": (lambda c: c.execute("update event set body=replace(body,'A004','A005') where seq=4"), 4),
    "an instant changed": (lambda c: c.execute("update event set at=at+1 where seq=4"), 4),
    "a station changed": (lambda c: c.execute("update event set station='K2' where seq=4"), 4),
    "a role changed": (lambda c: c.execute("update event set role='guide' where seq=4"), 4),
    "a command's id changed": (lambda c: c.execute("update event set command='c-x' where seq=4"), 4),
    "a kind changed": (lambda c: c.execute("update event set kind='TicketCalled' where seq=4"), 4),
    "an event removed": (lambda c: c.execute("delete from event where seq=4"), 4),
    "the first removed": (lambda c: c.execute("delete from event where seq=1"), 1),
    "the last removed": (lambda c: c.execute("delete from event where seq=10"), 10),
    "the last three removed": (lambda c: c.execute("delete from event where seq>7"), 8),
    "an event removed and the rest moved up": (
        lambda c: (c.execute("delete from event where seq=4"), c.execute("update event set seq=seq-1 where seq>4")),
        4,
    ),
    "an event inserted": (lambda c: _insert_after(c, 3), 4),
    "two events swapped": (lambda c: _swap(c, 4, 7), 4),
    "edited, with its own hash made right": (
        lambda c: (c.execute("update event set at=at+1 where seq=4"), _rehash(c, 4)),
        5,
    ),
    "the last edited, with its own hash made right": (
        lambda c: (c.execute("update event set at=at+1 where seq=10"), _rehash(c, 10)),
        10,
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", EDITS)
def test_verify_names_the_event_that_was_touched(tmp_path: Path, name: str):
    edit, seq = EDITS[name]
    path = _written(tmp_path / "log.db")
    _edit(path, edit)
    with Reader(path) as reader, pytest.raises(LogError) as found:
        reader.verify()
    assert (found.value.code, found.value.seq) == ("damaged", seq)
    assert str(seq) in found.value.message.zh


def test_a_log_nobody_touched_verifies(tmp_path: Path):
    with Reader(_written(tmp_path / "log.db")) as reader:
        verdict = reader.verify()
    assert (verdict.site, verdict.events, verdict.head.seq, verdict.bad_checkpoints) == (SITE, 10, 10, [])


def test_without_the_chain_an_edit_would_not_show(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """The twin: the same edit, the guard off."""
    path = _written(tmp_path / "log.db")
    _edit(path, EDITS["a number changed"][0])
    monkeypatch.setattr(chain, "follow", lambda _head, records: records)
    with Reader(path) as reader:
        assert reader.verify().events == 10


def test_an_edited_log_does_not_start(tmp_path: Path):
    path = _written(tmp_path / "log.db")
    _edit(path, EDITS["a number changed"][0])
    diary = Diary(path)
    with pytest.raises(LogError) as found:
        list(diary.log.recover().records)
    diary.log.close()
    assert found.value.seq == 4


def test_verify_tells_a_damaged_checkpoint(tmp_path: Path):
    diary = Diary(tmp_path / "log.db")
    batch = diary.batch(1)
    batch.checkpoint = diary.log.checkpoint(AT, b"state")
    diary.write(batch)
    diary.connections[0].execute("update checkpoint set state=x'00'")
    with Reader(tmp_path / "log.db") as reader:
        assert reader.verify().bad_checkpoints == [1]
    diary.log.close()


def test_a_backup_taken_while_the_caller_writes_is_whole(tmp_path: Path):
    diary = Diary(tmp_path / "log.db")
    diary.fill(1, 300)
    going = threading.Event()
    verdicts: list[int] = []

    def copy() -> None:
        with Reader(tmp_path / "log.db") as reader:
            verdicts.append(reader.backup(tmp_path / "copy.db").events)
        going.set()

    thread = threading.Thread(target=copy)
    thread.start()
    serial = 300
    while not going.is_set() and serial < 20_000:
        serial += 1
        diary.fill(serial, serial)
    thread.join(timeout=60)
    diary.log.close()
    assert 300 <= verdicts[0] <= serial
    assert not (tmp_path / "copy.db-wal").exists()
    restored = Diary(tmp_path / "copy.db")
    assert len(list(restored.log.recover().records)) == verdicts[0]
    restored.log.close()


def test_a_backup_never_overwrites(tmp_path: Path):
    path = _written(tmp_path / "log.db")
    (tmp_path / "copy.db").write_text("mine")
    with Reader(path) as reader, pytest.raises(LogError) as refused:
        reader.backup(tmp_path / "copy.db")
    assert refused.value.code == "exists"
    assert (tmp_path / "copy.db").read_text() == "mine"


def test_a_log_that_fails_verification_is_not_backed_up(tmp_path: Path):
    path = _written(tmp_path / "log.db")
    _edit(path, EDITS["an event removed"][0])
    with Reader(path) as reader, pytest.raises(LogError):
        reader.backup(tmp_path / "copy.db")
    assert sorted(each.name for each in tmp_path.iterdir() if "copy" in each.name) == []


def test_following_sees_events_committed_later(tmp_path: Path):
    diary = Diary(tmp_path / "log.db")
    diary.fill(1, 2)
    seen: list[Record] = []
    with Reader(tmp_path / "log.db") as reader:
        for record in reader.follow(0):
            seen.append(record)
            if record.seq == 2:
                diary.fill(3, 3)
            if record.seq == 3:
                break
    diary.log.close()
    assert [record.event for record in seen] == [issued(1), issued(2), issued(3)]


def test_a_missing_log_is_said_so(tmp_path: Path):
    with pytest.raises(LogError) as refused:
        Reader(tmp_path / "log.db")
    assert refused.value.code == "missing"
    assert not (tmp_path / "log.db").exists()


def test_a_reader_does_not_take_another_database_for_a_log(tmp_path: Path):
    sqlite3.connect(tmp_path / "log.db").execute("create table invoice(id)").connection.close()
    with pytest.raises(LogError) as refused:
        Reader(tmp_path / "log.db")
    assert refused.value.code == "not-a-log"
