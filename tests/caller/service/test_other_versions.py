"""Another version of the program beside, before and after this one, on a log in a real PostgreSQL: a trial that leaves no
trace, a standby that cannot read what the other writes, tables that were added to, and the way back.

The other version is this code under other numbers, or one that writes an event which nobody here knows.
"""

import asyncio
import os
import threading
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

import psycopg
import pytest
from msgspec import Struct

from caller.engine.commands import OpenDay, TakeTicket
from caller.eventlog import Batch, LogError
from caller.eventlog.calling_here import note_address
from caller.eventlog.stores import postgres_session
from caller.eventlog.stores.held_postgres import PostgresHeldLog
from caller.eventlog.stores.postgres import PostgresCopy
from caller.eventlog.stores.write_right import LOCK, WriteRight
from caller.service import standby as standby_module
from caller.service.shared_files import SharedFiles
from caller.service.standby import Standby, WaitingRoom
from config.reading.reader import read
from tests.caller.service.test_preparation import Writing
from tests.instruments import histories
from tests.instruments.caller_fixture import run
from tests.instruments.caller_pair import HALL
from tests.instruments.event_logs import order
from tests.instruments.running_hall import hallcall, until

SETTINGS = read(HALL)
ROUNDS = 3  # in each of which what must not happen could
ADDED = "create table if not exists hallcall.more(one integer); alter table hallcall.event add column if not exists more text"
ALL_COLUMNS = "select table_name, column_name from information_schema.columns where table_schema = 'hallcall' order by 1, 2"
# of the log, without the two tables that also a PC writes that stands by
COLUMNS = ALL_COLUMNS.replace("order by", "and table_name not in ('pc', 'beside') order by")
TERM = "select term from hallcall.writer"
CONFIRMED = "select value from hallcall.meta where key = 'confirmed'"
PC_TABLE = "select to_regclass('hallcall.pc')::text"
HELD = f"select count(*) from pg_locks where locktype = 'advisory' and objid = {LOCK} and database = (select oid from pg_database where datname = current_database())"


class CeilingPainted(Struct, tag=True):
    """An event of a version to come."""

    colour: str


def asked(address: str, statement: str) -> list[tuple[Any, ...]]:
    with psycopg.connect(address, autocommit=True) as session:
        cursor = session.execute(statement.encode())
        return cursor.fetchall() if cursor.description else []


def everything(address: str, columns: str = ALL_COLUMNS) -> list[tuple[Any, ...]]:
    """Every column there is, and every row; with `COLUMNS` those of the log."""
    tables = sorted({table for table, _ in asked(address, columns)})
    rows = [
        (table, *row)
        for table in tables
        for row in asked(address, f"select t::text from hallcall.{table} t order by 1")
    ]
    return [*asked(address, columns), *rows]


def writing(address: str, data: Path) -> Writing:
    """A caller of this version that holds the log."""
    return Writing(
        data,
        SETTINGS,
        hold=lambda _, site, noted: PostgresHeldLog(site, noted, address, WriteRight(address, site)),
    )


def morning(caller: Writing) -> None:
    """Open the day and give two numbers."""
    for command in (OpenDay("2026-09-21"), TakeTicket(queue="A"), TakeTicket(queue="A")):
        caller.do(command, histories.NINE + caller.memory.hall.seq)


def paint(caller: Writing) -> None:
    """Write what only a version to come can read."""
    batch = Batch()
    caller.diary.log.extend(order("c-paint"), histories.NINE + 99, [CeilingPainted("blue")], batch.rows)  # pyright: ignore[reportArgumentType]
    assert caller.diary.write(batch) is None


class CountedRests(threading.Event):
    """A sign to stop, which counts how often somebody rests beside it, and lets them rest until they may `go`."""

    def __init__(self) -> None:
        super().__init__()
        self.rests, self.go = 0, threading.Event()
        self.go.set()

    def wait(self, timeout: float | None = None) -> bool:
        self.rests += 1
        self.go.wait(60)
        return super().wait(timeout)


class Waiting:
    """A caller that stands by, in a thread. A context manager."""

    def __init__(self, address: str, data: Path, trial: Path) -> None:
        data.mkdir()
        files = SharedFiles(data, address)
        self.standby = Standby(address, data / "log.remote", SETTINGS, files=files, trial=trial)
        self.told: list[str] = []
        self.ended: LogError | None = None
        self.stop = CountedRests()
        self._thread = threading.Thread(target=self._wait)

    def _wait(self) -> None:
        try:
            self.standby.wait(self.stop, lambda error: self.told.append(error.code))
        except LogError as error:
            self.ended = error

    def rounds(self, count: int = ROUNDS) -> None:
        """Wait until it has looked so many times more."""
        end = self.stop.rests + count
        until(lambda: self.stop.rests >= end, "it has looked again")

    def has_right(self) -> bool:
        return self.standby.right.session is not None and not self._thread.is_alive()

    def health(self) -> tuple[int, str]:
        """What who watches its port is told."""
        return run(answered(self.standby))

    def __enter__(self) -> "Waiting":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop.set()
        self._thread.join(60)
        self.standby.right.give_back()


async def answered(standby: Standby) -> tuple[int, str]:
    room = WaitingRoom(standby.why_not)
    port = await room.open("127.0.0.1", 0, None)

    def look() -> tuple[int, str]:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=60) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()

    try:
        return await asyncio.to_thread(look)
    finally:
        await room.close()


@pytest.fixture
def trial(tmp_path: Path) -> Path:
    """The file that names the process of an update; there is none yet."""
    return tmp_path / "trial"


@pytest.fixture
def log(empty_database: str, tmp_path: Path) -> str:
    """A morning in a database, written by a caller that has ended."""
    with writing(empty_database, tmp_path / "before") as caller:
        morning(caller)
    return empty_database


# --- a trial


def test_a_version_on_trial_reads_all_changes_nothing_and_goes_on_once_it_is_let(
    log: str, tmp_path: Path, trial: Path
) -> None:
    before = everything(log)
    trial.write_text(f"{os.getpid()}\n")
    with Waiting(log, tmp_path / "new", trial) as new:
        until(lambda: not new.standby.why_not(), "it has read the log")
        assert new.health() == (200, "standby\n")
        new.rounds()
        assert everything(log) == before
        assert asked(log, HELD) == [(0,)]
        trial.unlink()
        until(new.has_right, "it goes on")
    assert everything(log) != before, "the twin: let go on, it begins a term"


def test_while_the_other_pc_writes_a_version_on_trial_follows_and_it_is_told_where_it_cannot(
    log: str, tmp_path: Path, trial: Path
) -> None:
    trial.write_text(f"{os.getpid()}\n")
    with writing(log, tmp_path / "other") as other, Waiting(log, tmp_path / "new", trial) as new:
        until(lambda: not new.standby.why_not(), "it has read the log")
        morning_goes_on(other)
        paint(other)
        until(new.standby.why_not, "it has met what it cannot read")
        code, said = new.health()
        assert (code, "CeilingPainted" in said, "请把本机也升级" in said) == (503, True, True)


def morning_goes_on(caller: Writing) -> None:
    caller.do(TakeTicket(queue="A"), histories.NINE + 50)


# --- the whole log is read before an update


def prepared(log: str, data: Path) -> tuple[int, str]:
    data.mkdir(exist_ok=True)
    note_address(data, log)
    return hallcall("log", "prepare", str(HALL), "--data", str(data), "--whole")


def test_the_new_version_folds_the_database_beside_the_caller_that_writes_and_changes_nothing(
    log: str, tmp_path: Path
) -> None:
    with writing(log, tmp_path / "other") as other:
        last = other.memory.hall.seq
        columns, events = asked(log, COLUMNS), asked(log, "select t::text from hallcall.event t order by 1")
        code, said = prepared(log, tmp_path / "new")
        assert (code, f"Prepared up to event {last} " in said) == (0, True), said
        assert (asked(log, COLUMNS), asked(log, "select t::text from hallcall.event t order by 1")) == (
            columns,
            events,
        )
        assert asked(log, HELD) == [(1,)]
        morning_goes_on(other)
    assert list((tmp_path / "new/prepared").iterdir())


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (
            "update hallcall.event set kind = 'CeilingPainted', body = '{\"type\":\"CeilingPainted\"}' where seq = 2",
            "第 2 条对不上",
        ),
        ("delete from hallcall.event where seq = 2", "第 2 条对不上"),
        ("delete from hallcall.event where seq = (select max(seq) from hallcall.event)", "末尾缺少"),
        ("update hallcall.meta set value = '9' where key = 'version'", "请升级 hallcall"),
        ("update hallcall.meta set value = 'another' where key = 'site'", "another"),
        ("drop schema hallcall cascade", "没有这份日志"),
    ],
)
def test_a_log_that_it_cannot_go_on_from_is_named_with_the_next_step(
    change: str, words: str, log: str, tmp_path: Path
) -> None:
    asked(log, change)
    code, said = prepared(log, tmp_path / "new")
    assert (code != 0, words in said) == (True, True), said


def test_what_a_version_to_come_has_written_is_named_before_anything_stops(log: str, tmp_path: Path) -> None:
    with writing(log, tmp_path / "other") as other:
        paint(other)
    code, said = prepared(log, tmp_path / "new")
    assert (code, "CeilingPainted" in said, "请升级 hallcall" in said) == (2, True, True)


def test_who_only_reads_is_held_to_it_by_the_database(log: str) -> None:
    change = "update hallcall.meta set value = value"
    with PostgresCopy(log, reading=True) as guarded, pytest.raises(LogError) as refused:
        guarded._session.execute(change)
    assert "read-only" in str(refused.value.facts["detail"])
    with PostgresCopy(log) as twin:
        twin._session.execute(change)


# --- a standby of another version


def test_a_standby_that_cannot_read_what_the_other_writes_says_so_and_never_takes_the_log(
    log: str, tmp_path: Path, trial: Path
) -> None:
    newer = writing(log, tmp_path / "newer")
    with Waiting(log, tmp_path / "old", trial) as old:
        until(lambda: not old.standby.why_not(), "it follows")
        paint(newer)
        until(lambda: "cannot-take-over" in old.told, "it says why it will not take over")
        newer.diary.log.close()
        terms = asked(log, TERM)
        old.rounds()
        assert (asked(log, TERM), asked(log, HELD)) == (terms, [(0,)])
        assert (old.ended, old.health()[0]) == (None, 503)


def test_twin_a_standby_that_takes_it_for_a_bug_ends(
    log: str, tmp_path: Path, trial: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(standby_module, "UNREADABLE", frozenset[str]())
    newer = writing(log, tmp_path / "newer")
    with Waiting(log, tmp_path / "old", trial) as old:
        until(lambda: not old.standby.why_not(), "it follows")
        paint(newer)
        until(lambda: old.ended is not None, "the process would end, and be started again and again")
    newer.diary.log.close()


@pytest.mark.parametrize("guarded", [True, False], ids=["guarded", "twin"])
def test_who_meets_it_in_the_very_last_event_gives_the_right_back(
    log: str, tmp_path: Path, trial: Path, guarded: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One that the other PC had written and not yet confirmed as it went: a follower sees it with the right only."""
    if not guarded:
        monkeypatch.setattr(Standby, "_taken", lambda self: self.right.tried())
    confirmed, newer = asked(log, CONFIRMED), writing(log, tmp_path / "newer")
    with Waiting(log, tmp_path / "old", trial) as old:
        until(lambda: not old.standby.why_not(), "it follows")
        old.stop.go.clear()
        old.rounds(1)
        paint(newer)
        newer.diary.log.close()
        asked(log, f"update hallcall.meta set value = '{confirmed[0][0]}' where key = 'confirmed'")
        old.stop.go.set()
        until(lambda: old.told[-1:] == ["cannot-take-over"] or old.has_right(), "it has asked for the right")
        if guarded:
            old.rounds()
            assert (old.ended, asked(log, HELD)) == (None, [(0,)])
        else:
            assert asked(log, HELD) == [(1,)], "it holds a log that it cannot go on from"


def test_the_database_is_written_to_only_once_somebody_was_found_to_call_there(
    log: str, tmp_path: Path, trial: Path
) -> None:
    """The first host of an address may be an old primary that is back, alone: whoever writes there waits for ever."""
    caller = writing(log, tmp_path / "calls")
    waiting = Waiting(log, tmp_path / "waits", trial)
    waiting.stop.go.clear()
    with waiting:
        waiting.rounds(1)
        assert waiting.standby.why_not() == ""
        assert asked(log, PC_TABLE) == [(None,)], "it has read, and asked nobody yet"
        waiting.stop.go.set()
        until(lambda: asked(log, PC_TABLE) != [(None,)], "somebody calls there: it tells what it has")
    caller.diary.log.close()


# --- tables that were added to, and the way back


def test_a_newer_version_adds_to_the_tables_once_it_writes_and_the_older_one_goes_on_with_them(
    log: str, tmp_path: Path, trial: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    columns = asked(log, COLUMNS)
    older = writing(log, tmp_path / "older")
    with monkeypatch.context() as newer_code:
        newer_code.setattr(postgres_session, "SHAPE", postgres_session.SHAPE + 1)
        newer_code.setattr(postgres_session, "TABLES", postgres_session.TABLES + ADDED)
        with Waiting(log, tmp_path / "new", trial) as new:
            until(lambda: not new.standby.why_not(), "it follows")
            new.rounds()
            assert asked(log, COLUMNS) == columns, "as the version that writes knows them"
            morning_goes_on(older)
            older.diary.log.close()
            until(new.has_right, "it takes over")
            assert len(asked(log, COLUMNS)) == len(columns) + 2
    with writing(log, tmp_path / "back") as back:
        assert len(back.memory.hall.state.tickets) == 3
        morning_goes_on(back)
    with PostgresCopy(log) as whole:
        assert whole.verify().events == back.memory.hall.seq
    with monkeypatch.context() as newer_code:
        newer_code.setattr(postgres_session, "SHAPE", postgres_session.SHAPE + 1)
        newer_code.setattr(
            postgres_session, "TABLES", "create table hallcall.more(one integer)"
        )  # there is no second time
        with writing(log, tmp_path / "forth") as forth:
            morning_goes_on(forth)


def test_twin_behind_a_change_that_an_older_version_cannot_live_with_it_touches_nothing(
    log: str, tmp_path: Path, trial: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as newer_code:
        newer_code.setattr(postgres_session, "VERSION", postgres_session.VERSION + 1)
        writing(log, tmp_path / "newer").diary.log.close()
    before = everything(log, COLUMNS)
    with pytest.raises(LogError) as refused:
        writing(log, tmp_path / "older")
    assert refused.value.code == "newer"
    with Waiting(log, tmp_path / "waits", trial) as old:
        until(lambda: old.told, "it says why")
        old.rounds()
    assert (old.told, old.ended, everything(log, COLUMNS), asked(log, HELD)) == (
        ["cannot-take-over"],
        None,
        before,
        [(0,)],
    )
