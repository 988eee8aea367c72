"""Killed, overtaken, out of space, another log: the records hold each event once, or say why not."""

import multiprocessing
import os
import shutil
import signal
import sqlite3
from collections.abc import Iterable
from pathlib import Path

import pytest

from caller.eventlog import LOG_NAME, LogError, Reader
from caller.records import (
    RECORDS_NAME,
    RecordsError,
    SqliteStore,
    bring_up_to_date,
    follower,
)
from caller.records.columns import Row
from caller.records.store import ConcurrentUpdate, LogPosition
from tests.instruments.record_tables import dump
from tests.instruments.recorded_days import records_of, write_history

PATIENCE = 60.0  # seconds for what takes milliseconds
KILLED_AT = range(8, 140, 11)  # statements a life lasts, in turn; taking up the rows takes a dozen


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A log with its records, folded in one go."""
    data = tmp_path_factory.mktemp("whole")
    write_history(data, 11, 900)
    bring_up_to_date(data)
    return data


@pytest.fixture
def data(whole: Path, tmp_path: Path) -> Path:
    """The same log without records."""
    shutil.copy(whole / LOG_NAME, tmp_path / LOG_NAME)
    return tmp_path


# --- the place moves with the rows


class Killed(SqliteStore):
    """A process that is killed at its n-th statement."""

    lives = 0
    dies_at = 0  # 0: after so many statements as its turn says

    def _prepare(self) -> None:
        super()._prepare()
        left = self.dies_at or KILLED_AT[self.lives % len(KILLED_AT)]

        def count(_statement: str) -> None:
            nonlocal left
            left -= 1
            if not left:
                os.kill(os.getpid(), signal.SIGKILL)

        self._connection.set_trace_callback(count)


class KilledTwin(Killed):
    """The guard off: rows in one transaction, the place in the next."""

    def save(self, before: LogPosition, after: LogPosition, rows: Iterable[Row]) -> None:
        with self.transaction():
            self._write(rows)
        with self.transaction():
            self._move(before, after)


def _fold_in_a_process(data: Path, kind: type[Killed], life: int) -> int:
    def fold() -> None:
        kind.lives = life
        follower.SqliteStore = kind
        follower.EVENTS_AT_ONCE = 10
        bring_up_to_date(data)

    process = multiprocessing.get_context("fork").Process(target=fold)
    process.start()
    process.join(PATIENCE)
    assert process.exitcode is not None
    return process.exitcode


def _killed_until_done(data: Path, kind: type[Killed]) -> tuple[int, int]:
    """How often it was killed, and the last exit code."""
    SqliteStore(data / RECORDS_NAME).__exit__()
    for kills in range(400):
        code = _fold_in_a_process(data, kind, kills)
        if code != -signal.SIGKILL:
            return kills, code
    raise AssertionError("no progress")


def test_killed_at_any_statement_counts_nothing_twice(data: Path, whole: Path):
    kills, code = _killed_until_done(data, Killed)
    assert code == 0
    assert kills > 10
    assert dump(data) == dump(whole)


def test_the_twin_that_moves_the_place_apart_from_the_rows_counts_twice(data: Path, whole: Path):
    """Killed once between the two, at the first such moment that matters, and folded to the end then."""
    assert any(_spoiled(data, whole, statement) for statement in range(20, 600, 2))


def _spoiled(data: Path, whole: Path, statement: int) -> bool:
    for path in data.glob(f"{RECORDS_NAME}*"):
        path.unlink()
    SqliteStore(data / RECORDS_NAME).__exit__()
    KilledTwin.dies_at = statement
    assert _fold_in_a_process(data, KilledTwin, 0) == -signal.SIGKILL, "never killed"
    try:
        bring_up_to_date(data)
    except (KeyError, AssertionError):
        return True  # it folded what was folded already, and fell over it
    return dump(data) != dump(whole)


# --- two at once


class OvertakenTwin(SqliteStore):
    """The guard off: the place is set, wherever it was."""

    def _move(self, before: LogPosition, after: LogPosition) -> None:
        self._connection.execute('update folded set seq=?, hash=?, "now"=?', (*after.head, after.now))


def _two_at_once(data: Path, kind: type[SqliteStore]) -> None:
    """One has folded a few events and not saved yet when another folds everything."""
    with Reader(data / LOG_NAME) as log, kind(data / RECORDS_NAME) as slow:
        place = slow.clear(log.site)
        fold = follower.projection_of(slow)
        after, _ = follower.fold_some(log.after(0, 40), fold, place)
        bring_up_to_date(data)
        slow.save(place, after, fold.take())
    bring_up_to_date(data)


def test_one_that_was_overtaken_changes_nothing(data: Path, whole: Path):
    with pytest.raises(ConcurrentUpdate):
        _two_at_once(data, SqliteStore)
    assert dump(data) == dump(whole)


def test_the_twin_that_does_not_look_spoils_the_records(data: Path, whole: Path):
    try:
        _two_at_once(data, OvertakenTwin)
    except (KeyError, AssertionError):
        return  # it folded what was folded already, and fell over it
    assert dump(data) != dump(whole)


def test_two_processes_folding_the_same_log_end_with_the_same_records(data: Path, whole: Path):
    def fold() -> None:
        follower.EVENTS_AT_ONCE = 3
        bring_up_to_date(data)

    processes = [multiprocessing.get_context("fork").Process(target=fold) for _ in range(3)]
    for process in processes:
        process.start()
    for process in processes:
        process.join(PATIENCE)
    assert [process.exitcode for process in processes] == [0, 0, 0]
    assert dump(data) == dump(whole)


# --- deleted, replaced, damaged


def test_deleted_records_are_made_again(data: Path, whole: Path):
    bring_up_to_date(data)
    (data / RECORDS_NAME).unlink()
    bring_up_to_date(data)
    assert dump(data) == dump(whole)


def test_another_history_of_the_same_site_makes_new_records(data: Path, tmp_path: Path):
    bring_up_to_date(data)
    other = tmp_path / "other"
    write_history(other, 12, 500)
    shutil.copy(other / LOG_NAME, data / LOG_NAME)
    bring_up_to_date(other)
    bring_up_to_date(data)
    assert dump(data) == dump(other)


def test_an_older_backup_put_back_makes_new_records(data: Path, tmp_path: Path):
    bring_up_to_date(data)
    older = tmp_path / "older"
    write_history(older, 11, 200)
    assert records_of(older)[-1] == records_of(data)[len(records_of(older)) - 1]
    shutil.copy(older / LOG_NAME, data / LOG_NAME)
    bring_up_to_date(older)
    bring_up_to_date(data)
    assert dump(data) == dump(older)


def test_the_twin_that_does_not_look_which_log_it_is_mixes_two(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    bring_up_to_date(data)
    other = tmp_path / "other"
    write_history(other, 12, 500)
    bring_up_to_date(other)
    shutil.copy(other / LOG_NAME, data / LOG_NAME)
    monkeypatch.setattr(follower, "fits", lambda _log, _place: True)
    try:
        bring_up_to_date(data)
    except LogError:
        return
    assert dump(data) != dump(other)


def test_a_log_edited_by_hand_gives_figures_up_to_the_edit(data: Path, whole: Path):
    seq = records_of(data)[-1].seq // 2
    with sqlite3.connect(data / LOG_NAME) as log:
        log.execute("update event set at = at + 1 where seq = ?", (seq,))
    log.close()
    for _ in range(2):
        with pytest.raises(LogError) as caught:
            bring_up_to_date(data)
        assert (caught.value.code, caught.value.seq) == ("damaged", seq)
        assert dump(data)["folded"][0]["seq"] == seq - 1
    assert [r["visit"] for r in dump(data)["tickets"]] == [
        r["visit"] for r in dump(whole)["tickets"] if r["visit"] < seq
    ]


def test_changed_tables_are_made_again(data: Path, whole: Path):
    bring_up_to_date(data)
    with sqlite3.connect(data / RECORDS_NAME) as connection:
        connection.execute("pragma user_version=7")
        connection.execute("alter table tickets add column older text")
    connection.close()
    bring_up_to_date(data)
    assert dump(data) == dump(whole)


def test_a_file_that_is_no_database_makes_room(data: Path, whole: Path):
    (data / RECORDS_NAME).write_bytes(b"spilt coffee " * 1000)
    bring_up_to_date(data)
    assert dump(data) == dump(whole)
    assert (data / f"{RECORDS_NAME}.broken").read_bytes().startswith(b"spilt coffee")


def test_another_programs_database_is_left_alone(data: Path):
    with sqlite3.connect(data / RECORDS_NAME) as connection:
        connection.execute("create table recipes (name text)")
    connection.close()
    before = (data / RECORDS_NAME).read_bytes()
    with pytest.raises(RecordsError) as caught:
        bring_up_to_date(data)
    assert caught.value.code == "not-records"
    assert (data / RECORDS_NAME).read_bytes() == before


def test_tables_that_another_process_makes_while_we_look_are_ours(
    data: Path, monkeypatch: pytest.MonkeyPatch
):
    path = data / RECORDS_NAME
    with sqlite3.connect(path) as connection:
        connection.execute("pragma journal_mode=wal")  # as the other process leaves it before it makes them
    connection.close()
    real = SqliteStore._names

    def names(self: SqliteStore) -> list[str]:
        monkeypatch.setattr(SqliteStore, "_names", real)
        SqliteStore(path).__exit__()
        return real(self)

    monkeypatch.setattr(SqliteStore, "_names", names)
    with SqliteStore(path) as store:
        assert store.place.head.seq == 0


def test_a_full_disk_is_told_and_nothing_is_half_done(
    data: Path, whole: Path, monkeypatch: pytest.MonkeyPatch
):
    class Full(SqliteStore):
        def _prepare(self) -> None:
            super()._prepare()
            pages = self._connection.execute("pragma page_count").fetchone()[0]
            self._connection.execute(f"pragma max_page_count={pages + 1}")

    monkeypatch.setattr(follower, "EVENTS_AT_ONCE", 20)
    monkeypatch.setattr(follower, "SqliteStore", Full)
    with pytest.raises(RecordsError) as caught:
        bring_up_to_date(data)
    assert caught.value.code == "disk-full"
    monkeypatch.setattr(follower, "SqliteStore", SqliteStore)
    bring_up_to_date(data)
    assert dump(data) == dump(whole)
