"""Callers whose log is a real PostgreSQL, as processes: alone through restarts and without its database, and two of which one
calls. What stations were told is compared with the log by an independent checker."""

import asyncio
import contextlib
import os
import shutil
import signal
from collections.abc import Generator
from pathlib import Path

import psycopg
import pytest

from caller.client.client import Client, RefusedError, SendError, new_id
from caller.engine import commands as cmd
from caller.eventlog import Reader
from caller.identity.enrolment import Stations
from caller.probes.data_probes import log_database
from config.probe import Examined
from config.reading.reader import read
from tests.instruments.caller_fixture import kept_port, run, until
from tests.instruments.log_checker import check
from tests.instruments.postgres_cluster import Cluster
from tests.instruments.running_hall import Process, at_noon, hallcall
from tests.instruments.running_hall import until as until_now

SITE = "sample-town"
HALL = Path(__file__).resolve().parents[3] / "config/halls/town.toml"


@pytest.fixture(scope="module")
def cluster() -> Generator[Cluster]:
    made = Cluster()
    try:
        yield made
    finally:
        made.remove()


class Pair:
    """PCs with a caller each, of one hall whose log is in one database."""

    def __init__(self, folder: Path, address: str) -> None:
        self.folder, self.address = folder, address
        self.hall = at_noon(HALL, folder)
        self.ports = {name: kept_port() for name in "ab"}
        self.callers: dict[str, Process] = {}
        self.acknowledged: dict[str, str] = {}
        (folder / "a").mkdir()
        book = Stations(folder / "a/stations.db")
        self.token = book.enrol("manager", "m1", "2026-01-01")
        book.close()

    def start(self, name: str) -> Process:
        """Start a PC's caller; a second PC gets the first one's keys and stations before."""
        data = self.folder / name
        if not data.exists():
            data.mkdir()
            shutil.copytree(self.folder / "a/keys", data / "keys")
            shutil.copy(self.folder / "a/stations.db", data / "stations.db")
        words = ("--data", str(data), "--port", str(self.ports[name]), "--log", self.address)
        caller = Process("caller", str(self.hall), *words, output=self.folder / f"{name}.txt")
        self.callers[name] = caller
        return caller

    @property
    def url(self) -> str:
        return ",".join(f"ws://127.0.0.1:{port}" for port in self.ports.values())

    def station(self) -> Client:
        return Client(self.url, self.token, watch=["board", "supervise"])

    async def take(self, station: Client, id: str = "") -> str:
        """Take a number, and keep asking with the same id until there is an answer; note what was told."""
        id = id or new_id()
        while True:
            try:
                done = await station.send(cmd.TakeTicket(items=[], queue="A"), id)
                break
            except SendError:
                continue
            except RefusedError as error:
                if error.frame.code not in ("not-saved", "too-fast"):
                    raise
                await asyncio.sleep(0.5)
        self.acknowledged[id] = done["number"]
        return done["number"]

    def calls(self, station: Client, name: str) -> bool:
        """Whether the station is with this PC's caller, and that one calls."""
        return station.state == "current" and station.url.endswith(f":{self.ports[name]}")

    def close(self) -> None:
        for caller in self.callers.values():
            with contextlib.suppress(ProcessLookupError):
                os.kill(caller.pid, signal.SIGCONT)
            caller.stop()


@pytest.fixture
def pair(cluster: Cluster, tmp_path: Path) -> Generator[Pair]:
    made = Pair(tmp_path, cluster.database())
    yield made
    made.close()


def test_a_hall_on_a_database_restarts_with_the_same_answers_and_outlives_the_databases_absence(
    pair: Pair, cluster: Cluster
) -> None:
    async def day() -> None:
        async with pair.station() as station:
            await open_for_business(station)
            first = new_id()
            number = await pair.take(station, first)
            pair.callers["a"].stop()
            pair.start("a")
            assert await pair.take(station, first) == number
            assert await pair.take(station) != number
            await without_database(pair, station, cluster)
            assert await pair.take(station, first) == number
            await until(lambda: "no-database" not in alerts(station), "the alarm has ended")
            await pair.take(station)

    pair.start("a")
    run(day())
    assert check(pair.address, SITE, pair.acknowledged).faults == []
    code, said = hallcall("log", "verify", "--log", pair.address)
    assert (code, "whole: site sample-town" in said) == (0, True)
    code, said = hallcall("log", "tail", "--log", pair.address)
    assert (code, "hallcall log copy" in said) == (2, True)
    rows = check(pair.address, SITE, {}).rows
    until_now(lambda: last_in(pair.folder / "a/log.db") == rows, "the copy beside has caught up")
    assert hallcall("log", "verify", "--data", str(pair.folder / "a"))[0] == 0
    assert found_by_doctor(pair) == set()
    pair.callers["a"].stop()
    with psycopg.connect(pair.address, autocommit=True) as other:
        other.execute("update hallcall.writer set beat = beat - interval '1 hour'")
    assert found_by_doctor(pair) == {"no-writer"}


def last_in(path: Path) -> int:
    with Reader(path) as copy:
        return copy.last


def found_by_doctor(pair: Pair) -> set[str]:
    """Return what the probe of the database finds on the first PC."""
    examined = Examined(pair.hall, read(pair.hall), pair.folder / "a", pair.url, 0)
    return {each.code for each in log_database(examined)}


async def open_for_business(station: Client) -> None:
    await until(
        lambda: station.state == "current" and station.views["board"]["hall"]["open"], "the day is open"
    )


async def without_database(pair: Pair, station: Client, cluster: Cluster) -> None:
    """The database is away: what is asked for is refused in words, screens stay, the hall comes back by itself."""
    cluster.stop()
    try:
        refused = None
        while refused is None:
            try:
                await station.send(cmd.TakeTicket(items=[], queue="A"))
            except RefusedError as error:
                refused = error.frame
            except SendError:  # one that was on its way just then: nobody can know
                continue
        assert refused.code == "not-saved"
        assert "数据库不能使用" in refused.zh
        await until(lambda: "no-database" in alerts(station), "the supervisor sees an alarm")
        assert station.state == "current"
    finally:
        cluster.start()


def alerts(station: Client) -> set[str]:
    return {each["code"] for each in station.views["supervise"]["alerts"]}


def test_the_other_caller_takes_over_from_one_that_is_killed_or_stands_still_and_nothing_is_lost_or_done_twice(
    pair: Pair,
) -> None:
    async def day() -> None:
        async with pair.station() as station:
            await open_for_business(station)
            first = new_id()
            number = await pair.take(station, first)
            taking = asyncio.create_task(takes(pair, station))
            await grown(pair, taking)
            pair.callers["a"].kill()
            await until(lambda: pair.calls(station, "b"), "b has taken over")
            await grown(pair, taking)
            assert await pair.take(station, first) == number
            await asyncio.to_thread(pair.start, "a")
            os.kill(pair.callers["b"].pid, signal.SIGSTOP)
            await until(lambda: pair.calls(station, "a"), "a has taken over")
            await grown(pair, taking)
            os.kill(pair.callers["b"].pid, signal.SIGCONT)
            await until(lambda: said(pair, "b", "caller standby ready") == 2, "b has made room")
            await grown(pair, taking)
            assert await pair.take(station, first) == number
            taking.cancel()

    pair.start("a")
    pair.start("b")
    run(day())
    found = check(pair.address, SITE, pair.acknowledged)
    assert found.faults == []
    assert len(pair.acknowledged) > 30


async def takes(pair: Pair, station: Client) -> None:
    """Take numbers without end, three at once, no faster than a station may."""
    while True:
        await asyncio.gather(*(pair.take(station) for _ in range(3)), asyncio.sleep(0.3))


async def grown(pair: Pair, taking: "asyncio.Task[None]") -> None:
    """Wait until ten more numbers were given."""
    before = len(pair.acknowledged)
    await until(lambda: taking.done() or len(pair.acknowledged) >= before + 10, "numbers are given")
    if taking.done():
        taking.result()


def said(pair: Pair, name: str, words: str) -> int:
    return pair.callers[name].text().count(words)


def test_the_checker_sees_a_number_that_was_lost_and_one_that_was_changed(pair: Pair) -> None:
    async def day() -> None:
        async with pair.station() as station:
            await open_for_business(station)
            for _ in range(3):
                await pair.take(station)

    pair.start("a")
    run(day())
    pair.close()
    lost = pair.acknowledged | {new_id(): "A999"}
    assert len(check(pair.address, SITE, lost).faults) == 1
    with psycopg.connect(pair.address, autocommit=True) as other:
        other.execute("update hallcall.event set body = replace(body, '002', '003')")
    assert check(pair.address, SITE, pair.acknowledged).faults
    assert hallcall("log", "verify", "--log", pair.address)[0] == 1


def test_an_address_that_is_none_says_what_to_write(tmp_path: Path) -> None:
    hall = at_noon(HALL, tmp_path)
    code, said = hallcall("caller", str(hall), "--data", str(tmp_path / "data"), "--log", "db1/hall")
    assert (code, "postgresql://" in said) == (2, True)
