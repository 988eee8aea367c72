"""The contract of every place a copy of a log may lie in: SQLite, and a real PostgreSQL."""

import io
import sqlite3
import threading
from collections.abc import Generator
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path

import psycopg
import pytest
from click.testing import CliRunner

from caller.cli.copying import Following
from caller.cli.log import log as command
from caller.eventlog import CopyFollower, EventLog, LogError, Reader, chain, copy_log, promote
from caller.eventlog.chain import Head, Record
from caller.eventlog.following import check_copy, copy_piece
from caller.eventlog.stores import LogStore, open_copy
from caller.eventlog.stores.postgres import PostgresCopy
from caller.eventlog.stores.sqlite import SqliteCopy
from tests.instruments.event_logs import SITE, Diary
from tests.instruments.postgres_cluster import Cluster
from tests.instruments.running_hall import until


@pytest.fixture(params=["sqlite", "postgres"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Where a copy can lie that is not there yet."""
    if request.param == "sqlite":
        (tmp_path / "second").mkdir()
        return str(tmp_path / "second/log.db")
    return request.getfixturevalue("empty_database")


@pytest.fixture
def diary(tmp_path: Path) -> Generator[Diary]:
    (tmp_path / "first").mkdir()
    made = Diary(tmp_path / "first/log.db")
    made.fill(1, 10)
    yield made
    made.log.close()


def source(diary: Diary) -> Reader:
    return Reader(diary.log.path)


def execute(place: str, statement: str) -> None:
    """Change a copy by hand."""
    if place.startswith("postgresql:"):
        with psycopg.connect(place, autocommit=True) as connection:
            connection.execute(statement.replace(" event", " hallcall.event").encode())
        return
    connection = sqlite3.connect(place, isolation_level=None)
    connection.execute(statement)
    connection.close()


def records(store: LogStore) -> list[Record]:
    return store.piece(0, 1_000)


def test_an_empty_copy_stands_where_the_log_begins(place: str) -> None:
    with open_copy(place, SITE) as store:
        assert (store.head, store.epoch, records(store)) == (chain.genesis(SITE), 1, [])
        assert store.holds(chain.genesis(SITE))


def test_what_was_appended_is_read_in_order_and_by_pieces_and_is_there_when_it_is_opened_again(
    place: str, diary: Diary
) -> None:
    with source(diary) as log, open_copy(place, SITE) as store:
        there = list(log.after(0))
        store.append(there[:6], store.head, 3)
        store.append(there[6:], store.head, 4)
    with open_copy(place, SITE) as store:
        assert records(store) == there
        assert store.piece(4, 3) == there[4:7]
        assert (store.head, store.epoch) == (Head(10, there[-1].hash), 4)
        assert store.holds(Head(7, there[6].hash))
        assert not store.holds(Head(7, there[5].hash))
        assert not store.holds(Head(11, there[9].hash))


def test_whoever_expects_another_head_appends_nothing(place: str, diary: Diary) -> None:
    with source(diary) as log, open_copy(place, SITE) as store:
        there = list(log.after(0))
        store.append(there[:5], store.head, 1)
        with pytest.raises(LogError) as moved:
            store.append(there[:5], chain.genesis(SITE), 1)
        assert moved.value.code == "moved"
        with pytest.raises(LogError):
            store.append(there[7:], Head(7, there[6].hash), 2)
        assert (records(store), store.epoch) == (there[:5], 1)


def test_a_piece_that_fails_half_way_leaves_nothing(place: str, diary: Diary) -> None:
    with source(diary) as log, open_copy(place, SITE) as store:
        there = list(log.after(0))
        store.append(there[:5], store.head, 1)
        with pytest.raises(LogError):
            store.append([*there[5:8], there[2]], store.head, 2)  # event 3 is there already
        assert (records(store), store.epoch, store.head.seq) == (there[:5], 1, 5)
        store.append(there[5:], store.head, 1)
        assert check_copy(store).seq == 10


def test_text_of_every_script_comes_back_as_it_was(place: str) -> None:
    odd = '{"type":"Said","text":"政务\\u0000𝄞\\t\\\\N\\r\\n\U0001f600"}'
    before, digest = chain.genesis(SITE).hash, b""
    digest = chain.link(before, 1, 7, "c\t1", "kiosk", "取号机\\", "Said", odd.encode(), "工号1")
    record = Record(1, 7, "c\t1", "kiosk", "取号机\\", "Said", odd, digest, "工号1")
    with open_copy(place, SITE) as store:
        store.append([record], store.head, 1)
        assert records(store) == [record]
        assert check_copy(store) == Head(1, digest)


def test_another_sites_copy_is_refused(place: str, diary: Diary) -> None:
    open_copy(place, "elsewhere").close()
    with pytest.raises(LogError) as refused:
        open_copy(place, SITE)
    assert refused.value.code == "wrong-site"


# --- copying


def test_a_copy_is_gone_on_with_and_read_back(place: str, diary: Diary) -> None:
    with source(diary) as log, open_copy(place, SITE) as store:
        assert copy_piece(log, store, 4) == 4
    diary.fill(11, 13)
    with source(diary) as log, open_copy(place, SITE) as store:
        told: list[int] = []
        assert copy_log(log, store, told.append) == diary.log.head
        assert told == [13]


def test_an_event_that_was_changed_in_a_copy_is_found(place: str, diary: Diary) -> None:
    with source(diary) as log, open_copy(place, SITE) as store:
        copy_log(log, store)
    execute(place, "update event set body = replace(body, 'A004', 'A005') where seq = 4")
    with open_copy(place, SITE) as store, pytest.raises(LogError) as damaged:
        check_copy(store)
    assert (damaged.value.code, damaged.value.seq) == ("damaged", 4)


def test_an_event_that_was_changed_in_the_source_is_not_copied(place: str, diary: Diary) -> None:
    execute(str(diary.log.path), "update event set body = replace(body, 'A004', 'A005') where seq = 4")
    with source(diary) as log, open_copy(place, SITE) as store:
        with pytest.raises(LogError) as damaged:
            copy_log(log, store)
        assert (damaged.value.seq, store.head.seq) == (4, 0)


def test_a_log_with_another_history_is_not_mixed_in(place: str, diary: Diary, tmp_path: Path) -> None:
    with source(diary) as log, open_copy(place, SITE) as store:
        copy_log(log, store)
        there = records(store)
    (tmp_path / "other").mkdir()
    other = Diary(tmp_path / "other/log.db")
    other.fill(20, 40)
    with source(other) as log, open_copy(place, SITE) as store:
        with pytest.raises(LogError) as refused:
            copy_log(log, store)
        assert refused.value.code == "another-log"
        assert records(store) == there
    other.log.close()


def test_an_old_pc_that_comes_back_with_a_former_epoch_is_not_followed(place: str, diary: Diary) -> None:
    with source(diary) as log, open_copy(place, SITE) as store:
        copy_log(log, store)
        store.append([], store.head, 2)  # as its successor's log noted it
        with pytest.raises(LogError) as refused:
            copy_log(log, store)
    assert refused.value.code == "another-log"


# --- a copy and the caller


def test_no_caller_writes_to_a_copy_until_it_is_promoted_and_then_nothing_is_copied_into_it(
    tmp_path: Path, diary: Diary
) -> None:
    path = tmp_path / "log.db"
    with source(diary) as log, open_copy(str(path), SITE) as store:
        copy_log(log, store)
        with pytest.raises(LogError) as held:
            promote(path, path, "old", above=("2026-09-21", 99))
        assert held.value.code == "in-use"
    with pytest.raises(LogError) as refused:
        EventLog(path, SITE)
    assert refused.value.code == "is-a-copy"
    assert promote(path, path, "old", above=("2026-09-21", 99)).epoch == 2
    promoted = Diary(path)
    promoted.fill(11, 12)
    promoted.log.close()
    with pytest.raises(LogError) as refused:
        open_copy(str(path), SITE)
    assert refused.value.code == "not-a-copy"


def test_twin_without_the_mark_a_second_caller_writes_the_same_epoch(tmp_path: Path, diary: Diary) -> None:
    path = tmp_path / "log.db"
    with source(diary) as log, open_copy(str(path), SITE) as store:
        copy_log(log, store)
    execute(str(path), "delete from meta where key = 'copy'")
    second = Diary(path)
    second.fill(90, 91)
    diary.fill(11, 12)
    assert second.log.epoch == diary.log.epoch
    assert second.log.head.hash != diary.log.head.hash
    second.log.close()


def test_a_follower_leaves_the_witness_before_the_events_it_speaks_of(tmp_path: Path, diary: Diary) -> None:
    path = tmp_path / "second/log.db"
    path.parent.mkdir()
    with SqliteCopy(path, SITE) as store:
        follower = CopyFollower(diary.log.path, store, path.parent)
        assert follower.round() == 10
        follower.close()
    diary.fill(11, 12)
    with FullDisk(path, SITE) as store:
        follower = CopyFollower(diary.log.path, store, path.parent)
        with pytest.raises(LogError):
            follower.round()
        follower.close()
    (tmp_path / "second/keys").mkdir()
    (tmp_path / "second/keys/site.key").write_bytes((tmp_path / "first/keys/site.key").read_bytes())
    (tmp_path / "second/keys/site.key").chmod(0o600)
    done = promote(path, path, "old")
    assert (done.missing, done.epoch) == (2, 2)


class FullDisk(SqliteCopy):
    """A copy whose disk is full."""

    def append(self, records: list[Record], expected: Head, epoch: int) -> None:
        raise LogError("disk-full")


# --- PostgreSQL alone


def test_two_who_copy_into_one_database_do_not_mix(empty_database: str, diary: Diary) -> None:
    address = empty_database
    with source(diary) as log, open_copy(address, SITE) as one, open_copy(address, SITE) as other:
        assert copy_piece(log, one, 4) == 4
        with pytest.raises(LogError) as moved:
            copy_piece(log, other, 4)
        assert moved.value.code == "moved"
        copy_piece(log, one, 4)
        assert [each.seq for each in records(one)] == list(range(1, 9))


def test_a_session_that_was_ended_copies_no_more_and_another_goes_on(
    empty_database: str, diary: Diary
) -> None:
    address = empty_database
    with source(diary) as log, open_copy(address, SITE) as store:
        copy_piece(log, store, 4)
        with psycopg.connect(address, autocommit=True) as other:
            other.execute(
                "select pg_terminate_backend(pid) from pg_stat_activity "
                "where datname = current_database() and pid <> pg_backend_pid()"
            )
        with pytest.raises(LogError) as lost:
            copy_piece(log, store, 4)
        assert lost.value.code == "no-database"
    with source(diary) as log, open_copy(address, SITE) as store:
        assert copy_log(log, store).seq == 10


def test_an_address_in_words_has_no_password_and_an_empty_database_no_log(empty_database: str) -> None:
    with pytest.raises(LogError) as refused:
        PostgresCopy("postgresql://hall:s3cret@127.0.0.1:1/x?password=s3cret", SITE)
    assert refused.value.code == "no-database"
    assert "s3cret" not in str(refused.value.message)
    with pytest.raises(LogError) as missing:
        PostgresCopy(empty_database)
    assert missing.value.code == "missing"


def test_a_follower_waits_out_a_database_that_is_killed_and_loses_nothing(
    own_cluster: Cluster, diary: Diary
) -> None:
    """Kill -9 of the server while its follower runs; what it had said to be safe is there, once, when it is back."""
    stop, said, address = threading.Event(), io.StringIO(), own_cluster.database()
    following = Following(diary.log.path, address, stop)
    with redirect_stderr(said), redirect_stdout(said):
        thread = threading.Thread(target=following.run)
        thread.start()
        try:
            until(lambda: ends_with(address) == 10, "the copy has caught up")
            own_cluster.kill()
            diary.fill(11, 15)
            until(lambda: "数据库不能使用" in said.getvalue(), "it is missed")
            own_cluster.start()
            until(lambda: ends_with(address) == 15, "the copy goes on")
        finally:
            stop.set()
            thread.join()
    with PostgresCopy(address) as store, source(diary) as log:
        assert records(store) == list(log.after(0))


def ends_with(address: str) -> int:
    """Return the last event of a copy; 0 where there is none, or no database."""
    try:
        with PostgresCopy(address) as store:
            return store.head.seq
    except LogError:
        return 0


def test_a_hall_moves_from_sqlite_to_postgresql_and_back_and_goes_on(
    empty_database: str, diary: Diary, tmp_path: Path
) -> None:
    address, back = empty_database, tmp_path / "log.db"
    log = CliRunner().invoke(command, ["copy", str(diary.log.path), address])
    assert "复制了 10 条，副本共 10 条，全部核对相符" in log.output
    log = CliRunner().invoke(command, ["copy", address, str(back)])
    assert "copied 10 events; the copy has 10, all checked" in log.output
    with source(diary) as first, Reader(back) as last:
        assert list(first.after(0)) == list(last.after(0))
        assert last.verify().head == diary.log.head
    assert promote(back, back, "old", above=("2026-09-21", 10)).epoch == 2
    moved = Diary(back)
    moved.fill(11, 12)
    moved.log.close()
