"""A station that is with a caller which cannot reach its database goes to the one that can, and else stays."""

import asyncio
import sqlite3
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, closing
from pathlib import Path

import pytest
from websockets.asyncio.server import ServerConnection

from caller.client import other_callers
from caller.client.client import Client
from caller.client.reconnecting import CallerAddresses
from caller.eventlog import EventLog
from caller.identity.enrolment import STATIONS_NAME, Stations
from caller.protocol import frames
from caller.protocol.frames import Beat
from caller.service.standby import WaitingRoom
from tests.instruments.caller_fixture import Cable, Room, hear, run, until


@asynccontextmanager
async def two_rooms(folder: Path) -> AsyncGenerator[tuple[Room, Room, str]]:
    """Two callers that welcome the same station, and its token."""
    for name in "ab":
        (folder / name).mkdir()
    book = Stations(folder / "a" / STATIONS_NAME)
    token = book.enrol("board", "b1", "now")
    book.close()
    with closing(sqlite3.connect(folder / "a" / STATIONS_NAME)) as file:
        file.execute("vacuum into ?", (str(folder / "b" / STATIONS_NAME),))
    first, second = Room(folder / "a"), Room(folder / "b")
    await first.start()
    await second.start()
    try:
        yield first, second, token
    finally:
        await first.stop()
        await second.stop()


def test_a_station_leaves_a_caller_that_is_cut_off_for_one_that_calls(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(other_callers, "TAKING_SECONDS", 0.2)

    async def story() -> None:
        async with two_rooms(tmp_path) as (first, second, token):
            cut_off = {first.log}
            monkeypatch.setattr(EventLog, "is_cut_off", property(lambda log: log in cut_off))
            async with Client(f"{first.url},{second.url}", token, ["board"]) as station:
                await until(lambda: station.url == second.url and station.state == "current", "it went on")
            cut_off |= {second.log}
            async with Client(f"{first.url},{second.url}", token, ["board"]) as station:
                await until(lambda: station._others._task and station._others._task.done(), "it has looked")
                assert station._again.addresses.now == first.url, "nobody can do better"
                assert (station.url, station.state) == (first.url, "current")

    run(story())


@pytest.mark.parametrize("seconds", [60.0, 0.0], ids=["", "twin that looks once"])
def test_one_beat_that_says_so_is_enough_while_another_caller_takes_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seconds: float
) -> None:
    monkeypatch.setattr(other_callers, "TAKING_SECONDS", seconds)

    async def story() -> None:
        async with two_rooms(tmp_path) as (_, second, token):
            await second.stop()
            room = CountingRoom(str)
            await room.open("127.0.0.1", second.port, None)
            addresses, found = CallerAddresses(f"ws://127.0.0.1:1,{second.url}"), asyncio.Event()
            others = other_callers.OtherCallers(addresses, token)
            others.hear(Beat(1, 1, cut_off=True), found.set)
            looking = others._task
            assert looking
            await until(lambda: room.sent_on == (2 if seconds else 1), "it was sent on")
            await room.close()
            await second.start()
            await until(looking.done, "it has looked")
            assert found.is_set() == bool(seconds)
            others.close()

    run(story())


class CountingRoom(WaitingRoom):
    """A caller that stands by, and counts who came."""

    sent_on = 0

    async def _send_on(self, connection: ServerConnection) -> None:
        await super()._send_on(connection)
        self.sent_on += 1


def test_stations_hear_at_once_that_the_database_is_silent(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(frames, "BEAT_SECONDS", 600.0)  # no beat of its own falls into the test

    async def story() -> None:
        room = Room(tmp_path)
        await room.start()
        async with room.connect() as socket:
            await room.greet(socket, "board", "b1")
            monkeypatch.setattr(EventLog, "is_cut_off", property(lambda _: True))
            assert (await hear(socket, Beat)).cut_off
        await room.stop()

    run(story())


def test_a_station_leaves_a_silent_caller_the_moment_another_one_calls_and_for_no_standby(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(other_callers, "QUIET_SECONDS", 0.05)
    monkeypatch.setattr(other_callers, "LOOK_SECONDS", 0.4)

    def patient(url: str, token: str) -> Client:  # by itself it would stay for minutes
        return Client(url, token, ["board"], silent_seconds=600.0, dead_seconds=1200.0)

    async def story() -> None:
        async with two_rooms(tmp_path) as (first, second, token), Cable(first.port) as cable:
            room = WaitingRoom(str)
            standby = f"ws://127.0.0.1:{await room.open('127.0.0.1', 0, None)}"
            async with patient(f"{cable.url},{standby}", token) as station:
                await station.until("current")
                cable.hold("down")
                await until(lambda: station._others._task and station._others._task.done(), "it has looked")
                assert (station.url, station.state) == (cable.url, "current")
                cable.plug()
            await room.close()
            async with patient(f"{cable.url},{second.url}", token) as station:
                await station.until("current")
                cable.hold("down")
                await until(lambda: station.url == second.url and station.state == "current", "it went on")

    run(story())


def test_the_next_of_several_addresses_can_be_chosen() -> None:
    addresses = CallerAddresses("ws://a, ws://b,ws://c")
    assert addresses.others == ["ws://b", "ws://c"]
    addresses.before("ws://c")
    assert addresses.go_on() == "ws://c"
    assert addresses.others == ["ws://a", "ws://b"]
