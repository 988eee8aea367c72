"""The contract of every store that a caller writes: SQLite, and a real PostgreSQL. And who may write the latter."""

import sqlite3
import threading
from functools import partial
from pathlib import Path
from typing import Any

import psycopg
import pytest

from caller.eventlog import EventLog, LogError, RegisterBatch, promote_database
from caller.eventlog.stores import held_postgres, write_right
from caller.eventlog.stores.held_postgres import PostgresHeldLog
from caller.eventlog.stores.postgres import PostgresCopy
from caller.eventlog.stores.postgres_session import DatabaseHost, turned
from caller.eventlog.stores.write_right import WriteRight
from tests.instruments.event_logs import AT, SITE, Diary, issued
from tests.instruments.postgres_cluster import Cluster
from tests.instruments.running_hall import until

ENDED = (
    "select pg_terminate_backend(pid) from pg_stat_activity "
    "where datname = current_database() and pid <> pg_backend_pid()"
)


class Place:
    """Where a log lies: opened by callers, looked into and damaged from outside."""

    def __init__(self, folder: Path, address: str = "") -> None:
        self.path, self.address = folder / "log.db", address

    def open(self, site: str = SITE) -> Diary:
        if not self.address:
            return Diary(self.path, site)
        return Diary(self.path, site, hold=self.hold)

    def hold(self, _path: Path, site: str, noted: Any) -> PostgresHeldLog:
        return PostgresHeldLog(site, noted, self.address, WriteRight(self.address, site))

    def query(self, statement: str) -> list[tuple[Any, ...]]:
        """Read or change the tables as another program would."""
        if self.address:
            with psycopg.connect(self.address, autocommit=True) as other:
                found = other.execute(statement.replace("TABLE.", "hallcall.").encode())
                return found.fetchall() if found.description else []
        other = sqlite3.connect(self.path, isolation_level=None)
        try:
            return other.execute(statement.replace("TABLE.", "")).fetchall()
        finally:
            other.close()

    def seqs(self) -> list[int]:
        return [seq for (seq,) in self.query("select seq from TABLE.event order by seq")]


@pytest.fixture(params=["sqlite", "postgres"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Place:
    """Where a log can lie that is not there yet."""
    if request.param == "sqlite":
        return Place(tmp_path)
    return Place(tmp_path, request.getfixturevalue("empty_database"))


@pytest.fixture
def database(empty_database: str, tmp_path: Path) -> Place:
    return Place(tmp_path, empty_database)


def refused(diary: Diary, serial: int) -> LogError:
    error = diary.write(diary.batch(serial))
    assert error
    return error


def test_what_was_told_to_be_saved_is_there_for_others_and_when_it_is_opened_again(place: Place) -> None:
    diary = place.open()
    for serial in (1, 2, 3):
        assert diary.write(diary.batch(serial)) is None
        assert place.seqs() == list(range(1, serial + 1))
    head = diary.log.head
    diary.log.close()
    again = place.open()
    recovery = again.log.recover()
    records = list(recovery.records)
    assert [each.event for each in records] == [issued(n) for n in (1, 2, 3)]
    assert [(each.at, each.command, each.role, each.station) for each in records][1] == (
        AT + 2, "c-2", "kiosk", "K1",
    )  # fmt: skip
    assert again.log.head == head
    again.fill(4, 5)
    again.log.close()


def test_a_log_is_held_by_one_caller_and_is_free_after_it(place: Place) -> None:
    diary = place.open()
    with pytest.raises(LogError) as second:
        place.open()
    assert second.value.code in ("in-use", "superseded")
    diary.fill(1, 1)
    diary.log.close()
    place.open().log.close()


def test_another_sites_log_is_refused(place: Place) -> None:
    place.open().log.close()
    with pytest.raises(LogError) as wrong:
        place.open("village")
    assert wrong.value.code == "wrong-site"


def test_commands_are_found_again_with_all_their_events_oldest_first(place: Place) -> None:
    diary = place.open()
    diary.write(diary.batch(1, 3))
    diary.fill(4, 6)
    found = diary.log.commands(["c-5", "nothing", "c-1"])
    assert [each.seq for each in found] == [1, 2, 3, 5]
    assert diary.log.commands([]) == []
    diary.log.close()


def test_the_newest_three_checkpoints_are_kept_and_a_damaged_one_is_passed_over(place: Place) -> None:
    diary = place.open()
    for serial in range(1, 6):
        batch = diary.batch(serial)
        batch.checkpoint = diary.log.checkpoint(AT, b"state %d" % serial)
        assert diary.write(batch) is None
    diary.log.close()
    assert place.query("select seq from TABLE.checkpoint order by seq") == [(3,), (4,), (5,)]
    place.query(
        "update TABLE.checkpoint set hash = (select hash from TABLE.checkpoint where seq = 4) where seq = 5"
    )
    again = place.open()
    recovery = again.log.recover()
    assert (recovery.state, recovery.seq) == (b"state 4", 4)
    assert [each.seq for each in recovery.records] == [5]
    again.log.close()


def test_the_registers_rows_are_saved_with_the_events_that_changed_them(place: Place) -> None:
    diary = place.open()
    for serial, register in enumerate((
        RegisterBatch({("a", "1"): b"one", ("a", "2"): b"two"}, "m1"),
        RegisterBatch({("a", "1"): None, ("a", "2"): b"again", ("b", "键"): b"\0\xff"}, "m2"),
    ), 1):  # fmt: skip
        batch = diary.batch(serial)
        batch.register = register
        assert diary.write(batch) is None
    recovery = diary.log.recover()
    assert sorted(recovery.register) == [("a", "2", b"again"), ("b", "键", b"\0\xff")]
    assert recovery.register_mark == "m2"
    batch = diary.batch(3)
    batch.register = RegisterBatch({("a", "2"): b"new"}, "m3", whole=True)
    assert diary.write(batch) is None
    assert diary.log.recover().register == [("a", "2", b"new")]
    diary.log.close()


def test_after_a_failure_nothing_is_written_until_the_log_was_read_again(place: Place) -> None:
    diary = place.open()
    diary.fill(1, 2)
    place.query(
        "insert into TABLE.event select 3, at, 'stranger', role, station, kind, body, hash, '' from TABLE.event where seq = 1"
    )
    assert refused(diary, 3)
    place.query("delete from TABLE.event where command = 'stranger'")
    assert refused(diary, 4), "decided on top of what is not there"
    assert place.seqs() == [1, 2]
    until(lambda: diary.log.is_ready is not False, "the right is taken again")
    diary.log.rewind()
    diary.fill(3, 4)
    assert place.seqs() == [1, 2, 3, 4]
    diary.log.close()


def test_a_batch_that_fails_leaves_neither_events_nor_rows_of_the_register(place: Place) -> None:
    diary = place.open()
    diary.fill(1, 1)
    batch = diary.batch(2, 3)
    batch.register = RegisterBatch({("a", "1"): b"one"}, "m1")
    batch.rows[2] = batch.rows[1]
    assert diary.write(batch)
    assert place.seqs() == [1]
    assert place.query("select * from TABLE.register") == []
    diary.log.close()


def test_a_head_that_was_cut_off_is_found_when_it_is_opened(place: Place) -> None:
    diary = place.open()
    diary.fill(1, 3)
    diary.log.close()
    place.query("delete from TABLE.event where seq = 3")
    with pytest.raises(LogError) as damaged:
        place.open()
    assert (damaged.value.code, damaged.value.seq) == ("damaged", 3)


def test_an_empty_place_is_no_log_where_one_was_seen(
    place: Place, one_cluster: Cluster, tmp_path: Path
) -> None:
    diary = place.open()
    diary.fill(1, 2)
    diary.log.close()
    if place.address:
        place.address = one_cluster.database()
    else:
        place.path.unlink()
    with pytest.raises(LogError) as emptied:
        place.open()
    assert emptied.value.code == "emptied"


# --- who may write: PostgreSQL


def test_a_session_that_was_ended_commits_nothing_and_the_right_is_taken_again(database: Place) -> None:
    diary = database.open()
    diary.fill(1, 2)
    database.query(ENDED)
    error = diary.write(diary.batch(3))
    until(lambda: diary.log.is_ready, "the right is taken again")
    if error:  # else the beat had noticed first
        diary.log.rewind()
    diary.fill(4, 5)
    seqs = database.seqs()
    assert seqs == list(range(1, len(seqs) + 1))
    diary.log.close()


def test_a_holder_that_says_nothing_is_ended_and_can_write_no_more(database: Place, tmp_path: Path) -> None:
    paused = WriteRight(database.address, SITE)
    assert paused.tried()
    session = paused.session
    assert session
    other = WriteRight(database.address, SITE)
    until(other.tried, "a silent holder is ended")
    assert (other.term, other.holder) == (paused.term + 1, paused.name)
    with pytest.raises(LogError):
        session.execute("insert into hallcall.meta values ('late', '1')")
    assert database.query("select * from TABLE.meta where key = 'late'") == []
    assert not paused.tried() or paused.session is session
    other.lose()


def test_a_holder_that_beats_is_left_alone(database: Place) -> None:
    diary = database.open()
    diary.fill(1, 1)
    other = WriteRight(database.address, SITE)
    looks = 0

    def beaten() -> bool:
        nonlocal looks
        assert not other.tried()
        [(old,)] = database.query("select extract(epoch from clock_timestamp() - beat) from TABLE.writer")
        looks += old < write_right.SILENT_SECONDS
        return looks > 20

    until(beaten, "beats while it has nothing to write")
    assert other.superseded
    diary.fill(2, 2)
    diary.log.close()
    assert other.tried()
    other.lose()


def two_writers(database: Place, monkeypatch: pytest.MonkeyPatch, folder: Path) -> tuple[Diary, Diary]:
    """Two callers that both believe to hold the lock, the second of a later term."""
    monkeypatch.setattr(write_right, "TRY", "select true")
    first = database.open()
    first.fill(1, 2)
    folder.mkdir()
    second = Place(folder, database.address)
    return first, second.open()


def test_without_the_lock_the_term_lets_one_write(
    database: Place, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    first, second = two_writers(database, monkeypatch, tmp_path / "second")
    assert refused(first, 3).code == "superseded"
    second.fill(10, 11)
    assert [each.command for each in second.log.commands(["c-3", "c-10", "c-11"])] == ["c-10", "c-11"]
    for each in (first, second):
        each.log.close()


def test_twin_without_lock_and_term_a_former_writer_goes_on(
    database: Place, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(held_postgres, "ADD", held_postgres.ADD.replace("where term = %s", "where %s > 0"))
    monkeypatch.setattr(write_right, "BEAT", write_right.BEAT.replace("where term = %s", "where %s > 0"))
    first, second = two_writers(database, monkeypatch, tmp_path / "second")
    first.fill(3, 3)
    assert refused(second, 10), "its head was moved by the other"
    assert database.seqs() == [1, 2, 3]
    for each in (first, second):
        each.log.close()


def test_no_caller_writes_to_a_copy_and_nothing_is_copied_into_a_callers_log(
    database: Place, tmp_path: Path
) -> None:
    source = Diary(tmp_path / "source.db")
    source.fill(1, 3)
    records = source.log.commands(["c-1", "c-2", "c-3"])
    with PostgresCopy(database.address, SITE) as copy:
        copy.append(records, copy.head, 1)
    source.log.close()
    with pytest.raises(LogError) as is_copy:
        database.open()
    assert is_copy.value.code == "is-a-copy"


def test_a_copy_in_a_database_is_promoted_and_a_caller_goes_on_there_in_a_new_epoch(
    database: Place, tmp_path: Path
) -> None:
    source = Diary(database.path)
    source.fill(1, 3)
    records = source.log.commands(["c-1", "c-2", "c-3"])
    source.log.close()
    with PostgresCopy(database.address, SITE) as copy:
        copy.append(records[:2], copy.head, 1)
    done = promote_database(database.address, tmp_path, "old")
    assert (done.epoch, done.missing, done.copy and done.copy.events) == (2, 1, 2)
    with pytest.raises(LogError) as again:
        promote_database(database.address, tmp_path, "older")
    assert again.value.code == "not-a-copy"
    diary = database.open()
    assert (diary.log.epoch, diary.log.behind, diary.log.uncopied) == (2, None, 0)
    diary.fill(4, 5)
    diary.log.close()


def test_a_callers_log_is_verified_and_takes_no_copy(database: Place) -> None:
    diary = database.open()
    diary.fill(1, 5)
    with PostgresCopy(database.address) as log:
        assert log.verify().head == diary.log.head
    with pytest.raises(LogError) as no_copy:
        PostgresCopy(database.address, SITE)
    assert no_copy.value.code == "not-a-copy"
    database.query("update TABLE.event set body = replace(body, 'A004', 'A005') where seq = 4")
    with PostgresCopy(database.address) as log, pytest.raises(LogError) as damaged:
        log.verify()
    assert (damaged.value.code, damaged.value.seq) == ("damaged", 4)
    diary.log.close()


def test_a_database_that_stands_still_is_given_up_within_a_bound(
    database: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(WriteRight, "_opened", _impatient)
    diary = database.open()
    diary.fill(1, 1)
    with psycopg.connect(database.address) as other:  # its transaction holds what each commit needs
        other.execute("lock table hallcall.writer")
        assert refused(diary, 2).code == "no-database"
    until(lambda: diary.log.is_ready, "it is back")
    diary.log.rewind()
    diary.fill(2, 2)
    diary.log.close()


def _impatient(right: WriteRight) -> Any:
    """Open a session that waits half a second, where the product's waits five."""
    from caller.eventlog.stores.postgres_session import PostgresSession, make_tables

    if right._waiting is None or right._waiting.is_lost:
        right._waiting = PostgresSession(right._address, writing=True, seconds=0.5)
        make_tables(right._waiting, right.site)
    return right._waiting


def test_without_the_driver_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setitem(__import__("sys").modules, "psycopg", None)
    address = "postgresql://hall@127.0.0.1:1/x"
    with pytest.raises(LogError) as refused:
        EventLog(tmp_path / "log.db", SITE, hold=Place(tmp_path, address).hold)
    assert refused.value.code == "no-driver"
    assert "pip install '.[postgres]'" in str(refused.value.message)


# --- what followers believe, and which host is meant


def test_a_follower_reads_what_was_confirmed_and_the_last_event_with_the_next_beat(database: Place) -> None:
    """An event that the database has not confirmed may be on one disk alone, and go with it."""
    diary = database.open()
    diary.fill(1, 3)
    until(lambda: confirmed_in(database) == 3, "a beat confirms the last commit")
    database.query(
        "insert into TABLE.event select 4, at, 'alone', role, station, kind, body, hash, '' from TABLE.event where seq = 1"
    )
    with PostgresCopy(database.address, confirmed=True) as follower, PostgresCopy(database.address) as whole:
        assert [each.seq for each in follower.piece(0, 10)] == [1, 2, 3]
        assert [each.seq for each in whole.piece(0, 10)] == [1, 2, 3, 4], "the twin that asks for all sees it"
    database.query("delete from TABLE.meta where key = 'confirmed'")  # nobody has noted it yet
    with PostgresCopy(database.address, confirmed=True) as follower:
        assert len(follower.piece(0, 10)) == 4
    diary.log.close()


def confirmed_in(database: Place) -> int:
    noted = dict(database.query("select key, value from TABLE.meta"))
    return int(noted.get("confirmed", "").split(" ")[0] or 0)


def test_who_hears_nothing_of_its_database_says_so_before_another_may_write(
    database: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    diary = database.open()
    diary.fill(1, 1)
    until(lambda: not diary.log.is_cut_off, "beats are answered")
    monkeypatch.setattr(WriteRight, "confirmed", lambda _: None)  # no answer comes any more
    until(lambda: diary.log.is_cut_off, "silent for so long that another may have the right")
    monkeypatch.undo()
    until(lambda: not diary.log.is_cut_off, "the next answer ends it")
    diary.log.close()


def test_of_two_hosts_the_other_is_tried_first_after_a_failure() -> None:
    address = "postgresql://hall@one:5433,two:5434/hall?target_session_attrs=read-write"
    assert turned(address, 0) == turned(address, 2) == DatabaseHost()
    assert turned(address, 1) == DatabaseHost("two,one", "5434,5433")
    assert turned("postgresql://hall@one/hall", 1) == DatabaseHost()
    assert turned("postgresql://hall@one,two:5433/hall", 1).options["host"] == "two,one"
    assert turned("postgresql://hall@one:port:/hall", 1) == DatabaseHost(), (
        "no address is told by who connects"
    )


def test_a_holder_reads_where_it_writes(database: Place, one_cluster: Cluster) -> None:
    """An old primary that is back, alone, is the first host of the address."""
    diary = database.open()
    diary.fill(1, 2)
    store = diary.log._store
    assert isinstance(store, PostgresHeldLog)
    own = f"127.0.0.1:{one_cluster.port}"
    store._address = database.address.replace(own, f"localhost:{one_cluster.port},{own}")
    assert [each.seq for each in diary.log.commands(["c-1", "c-2"])] == [1, 2]
    assert store._read("commands").server.host == "127.0.0.1"
    diary.log.close()


def test_a_host_that_confirms_nothing_is_left_soon_where_there_is_another_and_else_waited_for(
    database: Place, one_cluster: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An old primary that is back, alone, waits for a synchronous standby that will not come."""
    monkeypatch.setattr(write_right, "FIRST_TERM_SECONDS", 0.1)
    monkeypatch.setattr(write_right, "ANSWER_SECONDS", 120.0)
    monkeypatch.setattr(
        write_right, "PostgresSession", partial(write_right.PostgresSession, seconds=120.0)
    )  # the usual bound, which no test waits for
    database.open().log.close()
    own = f"127.0.0.1:{one_cluster.port}"
    both = WriteRight(database.address.replace(own, f"{own},localhost:{one_cluster.port}"), SITE)
    alone = WriteRight(database.address, SITE)
    waits = threading.Thread(target=alone.tried)
    try:
        waits_for(database, "nobody")
        with pytest.raises(LogError) as given_up:
            both.tried()
        assert given_up.value.code == "no-database"
        database.query(ENDED)  # the server itself waits on, with the lock
        waits.start()
        until(lambda: database.query(WAITING) == [(1,)], "its commit waits for the standby")
    finally:
        waits_for(database, "")
    waits.join(60)
    assert alone.session is not None
    assert alone.session.seconds == 120.0
    alone.give_back()
    both.lose()


WAITING = (
    "select count(*) from pg_stat_activity where wait_event = 'SyncRep' and datname = current_database()"
)


def waits_for(database: Place, standby: str) -> None:
    """Let the server's commits wait for a standby of this name; empty: for none."""
    database.query(f"alter system set synchronous_standby_names = '{standby}'")
    database.query("select pg_reload_conf()")
    until(lambda: database.query("show synchronous_standby_names") == [(standby,)], "it has read that")
