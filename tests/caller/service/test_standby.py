"""Callers whose log is a real PostgreSQL, as processes: alone through restarts and without its database, and two of which one
calls. What stations were told is compared with the log by an independent checker."""

import asyncio
import contextlib
import os
import signal
import sqlite3
from collections.abc import Generator
from datetime import UTC, datetime
from pathlib import Path

import psycopg
import pytest
from msgspec.structs import replace

from caller.client.client import Client, RefusedError, SendError, new_id
from caller.delivery.outbox import OUTBOX_NAME
from caller.engine import commands as cmd
from caller.eventlog import Reader
from caller.eventlog.stores.write_right import WriteRight
from caller.identity.enrolment import Stations
from caller.people.store import PeopleStore
from caller.probes.data_probes import log_database
from caller.service.shared_files import DATABASES, MIRRORED, SharedFiles
from config import city_bundles
from config.paper.template_files import FOLDER_NAME
from config.probe import Examined
from config.reading.reader import read
from display.voice.speech_audio import CLIPS_FOLDER
from display.web.clerk_cards import FOLDER
from tests.instruments.caller_fixture import run, until
from tests.instruments.caller_pair import HALL, SITE, Pair
from tests.instruments.log_checker import check
from tests.instruments.postgres_cluster import Cluster
from tests.instruments.running_hall import at_noon, hallcall
from tests.instruments.running_hall import until as until_now


@pytest.fixture
def pair(own_cluster: Cluster, tmp_path: Path) -> Generator[Pair]:
    made = Pair(tmp_path, own_cluster.database())
    yield made
    made.close()


def test_a_hall_on_a_database_restarts_with_the_same_answers_and_outlives_the_databases_absence(
    pair: Pair, own_cluster: Cluster
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
            await without_database(pair, station, own_cluster)
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
    assert found_by_doctor(pair) == {"slips-name-a-pc"}
    assert found_by_doctor(pair, "https://hall.example.cn") == set(), "a name leads to whichever PC is up"
    pair.callers["a"].stop()
    with psycopg.connect(pair.address, autocommit=True) as other:
        other.execute("update hallcall.writer set beat = beat - interval '1 hour'")
    assert found_by_doctor(pair, "https://hall.example.cn") == {"no-writer"}


def last_in(path: Path) -> int:
    with Reader(path) as copy:
        return copy.last


def found_by_doctor(pair: Pair, name: str = "") -> set[str]:
    """Return what the probe of the database finds on the first PC, of a hall whose pages go by this name."""
    settings = read(pair.hall)
    settings = replace(settings, listen=replace(settings.listen, public_url=name))
    examined = Examined(pair.hall, settings, pair.folder / "a", pair.url, 0)
    return {each.code for each in log_database(examined)}


async def open_for_business(station: Client) -> None:
    await until(
        lambda: station.state == "current" and station.views["board"]["hall"]["open"], "the day is open"
    )


async def without_database(pair: Pair, station: Client, own_cluster: Cluster) -> None:
    """The database is away: what is asked for is refused in words, screens stay, the hall comes back by itself."""
    own_cluster.stop()
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
        own_cluster.start()


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
            await until(lambda: pair.said("b", "caller standby ready") == 2, "b has made room")
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


def test_the_second_pc_has_the_files_of_the_first_and_gives_its_own_when_it_calls(
    empty_database: str, tmp_path: Path
) -> None:
    """Stations, what persons gave and the settings; keys by their sums alone."""
    assert OUTBOX_NAME in DATABASES
    first, second = SharedPc(tmp_path / "a", empty_database), SharedPc(tmp_path / "b", empty_database)
    first.enrol("board", "b1")
    (first.data / "settings/000001").mkdir(parents=True)
    (first.data / "settings/000001/hall.toml").write_text("[hall]")
    second.enrol("board", "of its own")
    right, early = first.right(), second.files()
    first.give(right)
    assert second.take(right, early) == {"b1"}, "what the first PC gave"
    assert names(second.data / "stations.db.before") == {"of its own"}, "nothing is lost"
    assert (second.data / "settings/000001/hall.toml").read_text() == "[hall]"
    assert not (second.data / "keys").exists(), "no key is in the database"
    assert early.paired.differing == ["keys"]
    first.enrol("board", "b2")
    first.give(right)
    assert second.take(right, early) == {"b1", "b2"}
    right.give_back()
    later = second.right()
    second.enrol("board", "b3")
    second.give(later)
    first.enrol("board", "late")  # on a PC that lost the right: nobody heard of it
    first.give(right)
    assert first.take(later, first.kept) == {"b1", "b2", "b3"}
    later.lose()


def test_templates_recordings_and_what_the_city_sent_follow_to_the_second_pc_and_go_there_when_they_go(
    empty_database: str, tmp_path: Path
) -> None:
    assert {CLIPS_FOLDER, FOLDER, FOLDER_NAME, city_bundles.FOLDER} == set(MIRRORED)
    first, second = SharedPc(tmp_path / "a", empty_database), SharedPc(tmp_path / "b", empty_database)
    paper, clip, own = "templates/slip.zh.txt", "clips/en/1.wav", "templates/guide.zh.txt"
    for name in (paper, clip, "settings/file.json"):
        first.write(name, f"the first PC's {name}")
    for name in (paper, own):
        second.write(name, "of its own")
    right, files = first.right(), second.files()
    first.give(right)
    files.take(right.server, at_once=True)
    assert second.has(paper, clip, own) == ["the first PC's " + paper, "the first PC's " + clip, ""]
    assert second.has(f"before/{paper}", f"before/{own}") == ["of its own"] * 2, "nothing is lost"
    assert second.has("settings/file.json") == [""], "which file a PC has read is its own matter"
    (first.data / clip).unlink()
    first.give(right)
    files.take(right.server, at_once=True)
    assert second.has(paper, clip) == ["the first PC's " + paper, ""]
    right.give_back()
    later = second.right()
    second.kept.take(later.server, at_once=True)
    second.write(own, "new")
    (second.data / paper).unlink()
    second.give(later)
    first.files().take(later.server, at_once=True)
    assert first.has(paper, own) == ["", "new"], "the other way when the other one calls"
    later.lose()


def test_a_file_that_a_newer_version_has_changed_is_left_and_nothing_is_given_over_it(
    empty_database: str, tmp_path: Path
) -> None:
    newer, older = SharedPc(tmp_path / "a", empty_database), SharedPc(tmp_path / "b", empty_database)
    for each in (newer, older):
        each.enrol("board", "both")
        PeopleStore(each.data).keep("case/1", "suggestion", "text", "老版本的", NOW)
    shape_of_newer(newer.data / "stations.db")
    PeopleStore(newer.data).keep("case/2", "suggestion", "text", "新版本的", NOW)
    right, files = newer.right(), older.files()
    newer.give(right)
    assert older.take(right, files) == {"both"}, "as this version can read it"
    assert len(PeopleStore(older.data).of(["case/1", "case/2"])) == 2, "what is of no newer shape follows"
    given = in_database(empty_database)
    right.give_back()
    later = older.right()
    older.kept = files
    older.enrol("board", "of the older")
    assert not files.give(later.server, later.term), "who waits for it is not told that it is given"
    assert in_database(empty_database) == given
    later.give_back()
    twin = older.right()  # of a PC that has seen no newer one
    older.kept.give(twin.server, twin.term)
    assert in_database(empty_database) != given
    twin.lose()


NOW = datetime(2026, 9, 21, 9, tzinfo=UTC)


def shape_of_newer(path: Path) -> None:
    with contextlib.closing(sqlite3.connect(path)) as file:
        file.execute("pragma user_version = 99")


def in_database(address: str) -> str:
    """The sum of the stations that the database has."""
    with psycopg.connect(address) as session:
        return session.execute("select digest from hallcall.beside where name = 'stations.db'").fetchall()[0][
            0
        ]


class SharedPc:
    """A PC's data folder, and what it gives and takes."""

    def __init__(self, data: Path, address: str) -> None:
        self.data, self.address = data, address
        data.mkdir()
        self.kept = self.files()

    def files(self) -> SharedFiles:
        return SharedFiles(self.data, self.address)

    def enrol(self, role: str, name: str) -> None:
        book = Stations(self.data / "stations.db")
        book.enrol(role, name, "2026-01-01")
        book.close()

    def write(self, name: str, text: str) -> None:
        path = self.data / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    def has(self, *names: str) -> list[str]:
        """Return what is in files, empty where there is none."""
        paths = [self.data / name for name in names]
        return [path.read_text() if path.exists() else "" for path in paths]

    def right(self) -> WriteRight:
        right = WriteRight(self.address, SITE)
        until_now(right.tried, "the right is free")
        (self.data / "keys").mkdir(exist_ok=True)
        (self.data / "keys/slip-0001.key").write_text(str(self.data))
        self.kept = self.files()
        return right

    def give(self, right: WriteRight) -> None:
        self.kept.give(right.server, right.term)

    def take(self, right: WriteRight, files: SharedFiles) -> set[str]:
        files.take(right.server, at_once=True)
        return names(self.data / "stations.db")


def names(path: Path) -> set[str]:
    """Return the stations in a file."""
    with contextlib.closing(sqlite3.connect(path)) as file:
        return {row[0] for row in file.execute("select name from stations")}
