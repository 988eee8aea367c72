"""kill -9 of the real `hallcall caller` at every step of a visit: restart, ask again with the same id, same answer.

Four moments for each command: it lies unread in the socket; it races with the kill; it is on disk but its
answer never came; it was answered. Whatever the moment, the log of the whole visit is event for event that of
a visit nobody disturbed, and its chain verifies. In the gate each command meets two of the moments, in turn; in the
campaign each meets all four.
"""

import asyncio
import contextlib
import os
import random
import signal
from collections.abc import AsyncGenerator, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from caller.client.client import Client
from caller.engine import commands as cmd
from caller.engine.envelope import AnyCommand
from caller.eventlog import LOG_NAME, Reader
from caller.identity.enrolment import Stations
from tests.instruments.caller_fixture import PATIENCE, Cable, kept_port, run, soon, until
from tests.instruments.running_hall import Process

HALL = """
[hall]
site = "kill"
name = "断电测试厅"
opens = "00:00"
closes = "23:59"
last_ticket = "23:59"
automatic_day = false

[rules]
no_show_seconds = 0
recall_seconds = 0

[[class]]
id = "ordinary"
name = "普通"
target_minutes = 30

[[queue]]
id = "A"
name = "综合"

[[window]]
id = "1"
name = "一号"
queues = ["A"]
"""
DAY = (datetime.now(UTC) + timedelta(days=2)).strftime(
    "%Y-%m-%d"
)  # its hours have not ended, whatever the zone
SEED = 20_260_303
RACE_SECONDS = 0.004  # within this a command arrives, is decided, written and answered
VARYING = {"issued", "low", "high", "key"}  # of the clock; of each hall's own slip key


def step_id(step: int) -> str:
    return f"01890000-0000-7000-8000-{step:012d}"


FIRST, SECOND = step_id(2), step_id(8)  # the tickets are named after the commands that made them
Step = tuple[str, Callable[[int], AnyCommand]]  # who, and the press, given the version of the window's view
VISIT: list[Step] = [
    ("manager", lambda _: cmd.OpenDay(DAY)),
    ("window", lambda _: cmd.OpenWindow("1", "wang")),
    ("kiosk", lambda _: cmd.TakeTicket(queue="A")),
    ("window", lambda version: cmd.CallNext("1", version)),
    ("window", lambda version: cmd.Recall("1", version)),
    ("window", lambda version: cmd.StartService("1", version)),
    ("window", lambda version: cmd.FinishService("1", version)),
    ("evaluator", lambda _: cmd.Rate(FIRST, 5)),
    ("kiosk", lambda _: cmd.TakeTicket(queue="A")),
    ("window", lambda version: cmd.CallNext("1", version)),
    ("window", lambda version: cmd.MarkNoShow("1", version)),
    ("manager", lambda _: cmd.CloseDay(expire=True)),
]
STATIONS = {"manager": "m", "window": "1", "kiosk": "K1", "evaluator": "1"}


class House:
    """A caller process on one port and one folder, and the stations of a visit on cables to it."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(exist_ok=True)
        self._folder = folder
        self._hall = folder / "hall.toml"
        self._hall.write_text(HALL, encoding="utf-8")
        stations = Stations(folder / "stations.db")
        self._tokens = {role: stations.enrol(role, name, "now") for role, name in STATIONS.items()}
        stations.close()
        self.port = kept_port()
        self.clients: dict[str, Client] = {}

    async def start(self) -> None:
        args = ("caller", str(self._hall), "--data", str(self._folder), "--port", str(self.port))
        self._process = await asyncio.to_thread(Process, *args, output=self._folder / "caller.txt")
        self.port = int(self._process.address.rpartition(":")[2])

    def freeze(self) -> None:
        os.kill(self._process.pid, signal.SIGSTOP)

    def kill(self) -> None:
        self._process.kill()

    @contextlib.asynccontextmanager
    async def stations(self) -> AsyncGenerator[Cable]:
        async with contextlib.AsyncExitStack() as stack:
            cable = await stack.enter_async_context(Cable(self.port))
            for role, token in self._tokens.items():
                topics = ["window/1"] if role == "window" else []
                client = Client(cable.url, token, topics, role, jitter=lambda: 0.0)
                self.clients[role] = await stack.enter_async_context(client)
            yield cable

    async def version(self) -> int:
        """Of the window's view as the log has it now."""
        window = self.clients["window"]
        await soon(window.until("current"))
        events = self.events()
        await until(lambda: window.welcome and window.welcome.seq <= len(events))
        await window.watch(["window/1"])  # whole, and newest
        await soon(window.until("current"))
        return window.views["window/1"]["version"]

    def events(self) -> list[tuple[str, str]]:
        """(command, kind) of each event on disk."""
        with Reader(self._folder / LOG_NAME) as reader:
            return [(record.command, record.kind) for record in reader.after(0)]

    def verify(self) -> int:
        with Reader(self._folder / LOG_NAME) as reader:
            return reader.verify().events


Strike = Callable[[House, Cable, "asyncio.Task[dict[str, Any]]", str], Any]


async def unread(house: House, _cable: Cable, _sending: "asyncio.Task[dict[str, Any]]", _id: str) -> None:
    """The caller was frozen before the command came (see `_step`): it dies without having read it."""
    await asyncio.sleep(0)


async def racing(_house: House, _cable: Cable, _sending: "asyncio.Task[dict[str, Any]]", id: str) -> None:
    await asyncio.sleep(random.Random(f"{SEED}{id}").random() * RACE_SECONDS)


async def on_disk(house: House, _cable: Cable, _sending: "asyncio.Task[dict[str, Any]]", id: str) -> None:
    await until(lambda: any(command == id for command, _ in house.events()))


async def answered(_house: House, _cable: Cable, sending: "asyncio.Task[dict[str, Any]]", _id: str) -> None:
    await soon(asyncio.wait([sending]))


async def _step(house: House, cable: Cable, step: int, strike: Strike | None) -> dict[str, Any]:
    """One press, struck by a kill at its moment, and asked again with the same id."""
    role, press = VISIT[step]
    id, command, client = step_id(step), press(await house.version()), house.clients[role]
    await soon(client.until("current"))
    if strike is None:
        return await client.send(command, id)
    if strike is unread:
        house.freeze()
    if strike is on_disk:
        cable.hold("down")
    sending = asyncio.create_task(client.send(command, id, timeout=60))
    await strike(house, cable, sending, id)
    house.kill()
    cable.cut()
    await house.start()
    cable.plug()
    first = await soon(sending)
    again = await soon(client.send(command, id, timeout=60))
    assert again == first
    return first


Visit = tuple[list[dict[str, Any]], list[tuple[str, str]]]  # its answers and its events


async def visit(folder: Path, *strikes: Strike | None) -> Visit:
    """The whole visit, struck in turn."""
    house = House(folder)
    await house.start()
    try:
        async with house.stations() as cable:
            answers = [
                await _step(house, cable, step, strikes[step % len(strikes)]) for step in range(len(VISIT))
            ]
    finally:
        house.kill()
    events = house.events()
    assert house.verify() == len(events)
    return [{key: value for key, value in each.items() if key not in VARYING} for each in answers], events


@pytest.fixture(scope="module")
def calm(tmp_path_factory: pytest.TempPathFactory) -> Visit:
    """The visit without a strike, made once: it is the same for every kind of strike."""
    made: list[Visit] = []

    async def undisturbed() -> None:
        made.append(await visit(tmp_path_factory.mktemp("calm"), None))

    run(undisturbed())
    numbers = [answer["number"] for answer in made[0][0] if "ahead" in answer]
    assert numbers == ["A001", "A002"]
    return made[0]


EACH = [pytest.param((strike,), marks=pytest.mark.campaign) for strike in (unread, racing, on_disk, answered)]


@pytest.mark.parametrize("strikes", [(unread, on_disk), (racing, answered), *EACH])
def test_a_visit_killed_at_every_step_is_the_visit_nobody_disturbed(
    tmp_path: Path, strikes: tuple[Strike, ...], calm: Visit
) -> None:
    async def test() -> None:
        assert await visit(tmp_path, *strikes) == calm

    run(test(), 10 * PATIENCE)  # a dozen starts of the caller


def test_the_twin_that_asks_again_under_a_new_id_takes_a_second_ticket(tmp_path: Path) -> None:
    async def test() -> None:
        house = House(tmp_path)
        await house.start()
        try:
            async with house.stations() as cable:
                for step in (0, 1):
                    await _step(house, cable, step, None)
                kiosk, taken = house.clients["kiosk"], []
                for id in (
                    FIRST,
                    SECOND,
                ):  # the same wish, but the first answer was lost and its id forgotten
                    sending = asyncio.create_task(kiosk.send(cmd.TakeTicket(queue="A"), id, timeout=60))
                    taken.append((await soon(sending))["number"])
                    house.kill()
                    await house.start()
                assert taken == ["A001", "A002"]
        finally:
            house.kill()

    run(test())
