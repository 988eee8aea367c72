"""Test instrument: two PCs with a caller each, of one hall whose log is in one database, and the stations of that hall.

Stations repeat a command under its id until it is answered, as real ones do, and note what they were told and when.
"""

import asyncio
import contextlib
import os
import shutil
import signal
import time
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

from caller.client.client import Client, RefusedError, SendError, new_id
from caller.engine import commands as cmd
from caller.engine.envelope import AnyCommand
from caller.identity.enrolment import Stations
from tests.instruments.caller_fixture import kept_port, until
from tests.instruments.running_hall import Process, at_noon

SITE = "sample-town"
HALL = Path(__file__).resolve().parents[2] / "config/halls/town.toml"
WINDOW = "1"
DOUBT = ("not-saved", "save-unknown", "too-fast", "failed")  # asked again under the same id
TAKERS = 5


class Told(NamedTuple):
    """An answer that a station was given: `asked` and `heard` are monotonic seconds."""

    id: str
    station: int
    number: str
    asked: float
    heard: float


class Pair:
    """PCs with a caller each, of one hall whose log is in one database."""

    def __init__(self, folder: Path, address: str) -> None:
        self.folder, self.address = folder, address
        self.addresses: dict[str, str] = {}  # of a PC that reaches the database by another way
        self.hall = at_noon(HALL, folder)
        self.ports = {name: kept_port() for name in "ab"}
        self.callers: dict[str, Process] = {}
        self.acknowledged: dict[str, str] = {}
        self.module = "caller.cli"
        (folder / "a").mkdir()
        book = Stations(folder / "a/stations.db")
        self.token = book.enrol("manager", "m1", "2026-01-01")
        self.tokens = [book.enrol("manager", f"taker-{n}", "2026-01-01") for n in range(TAKERS)]
        self.clerk = book.enrol("window", WINDOW, "2026-01-01")
        book.close()

    def start(self, name: str) -> Process:
        """Start a PC's caller; a second PC gets the first one's keys before, and its stations from the database."""
        data = self.folder / name
        if not data.exists():
            data.mkdir()
            shutil.copytree(self.folder / "a/keys", data / "keys")
        address = self.addresses.get(name, self.address)
        words = ("--data", str(data), "--port", str(self.ports[name]), "--log", address)
        output = self.folder / f"{name}.txt"
        caller = Process("caller", str(self.hall), *words, output=output, module=self.module)
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
        number = (await answered(station, cmd.TakeTicket(items=[], queue="A"), id))["number"]
        self.acknowledged[id] = number
        return number

    def calls(self, station: Client, name: str) -> bool:
        """Whether the station is with this PC's caller, and that one calls."""
        return station.state == "current" and station.url.endswith(f":{self.ports[name]}")

    def said(self, name: str, words: str) -> int:
        """Return how often a PC's caller has printed something."""
        return self.callers[name].text().count(words)

    def close(self) -> None:
        for caller in self.callers.values():
            with contextlib.suppress(ProcessLookupError):
                os.kill(caller.pid, signal.SIGCONT)
            caller.stop()


async def answered(station: Client, command: AnyCommand, id: str) -> dict[str, Any]:
    """Return what a command came to, however often it must be sent; each time it bears the same id.

    Raises `RefusedError` where the hall says no.
    """
    while True:
        try:
            return await station.send(command, id)
        except SendError:
            continue
        except RefusedError as error:
            if error.frame.code not in DOUBT:
                raise
            await asyncio.sleep(0.1)


class Crowd:
    """The stations of a hall at work: some take numbers without end, one window calls. A context manager."""

    def __init__(self, pair: Pair) -> None:
        self._pair = pair
        self.told: list[Told] = []
        self.called: dict[str, str] = {}  # by the id of a command that called, the ticket
        self._clients = [Client(pair.url, token, watch=["board"]) for token in pair.tokens]
        self._clerk = Client(pair.url, pair.clerk, watch=[f"window/{WINDOW}"])
        self._tasks: list[asyncio.Task[None]] = []

    async def __aenter__(self) -> "Crowd":
        for client in (*self._clients, self._clerk):
            await client.__aenter__()
        await until(lambda: self._clerk.state == "current", "the window is connected")
        await until(
            lambda: self._clients[0].views.get("board", {}).get("hall", {}).get("open"), "the day is open"
        )
        await answered(self._clerk, cmd.OpenWindow(window=WINDOW, clerk="C001"), new_id())
        works = [*(self._takes(place) for place in range(TAKERS)), self._calls()]
        self._tasks = [asyncio.create_task(work) for work in works]
        return self

    async def __aexit__(self, *_: object) -> None:
        for task in self._tasks:
            task.cancel()
        ended = await asyncio.gather(*self._tasks, return_exceptions=True)
        for client in (*self._clients, self._clerk):
            await client.__aexit__(None, None, None)
        for each in ended:
            if isinstance(each, Exception):
                raise each

    async def _takes(self, place: int) -> None:
        client = self._clients[place]
        while True:
            id, asked = new_id(), time.monotonic()
            number = await self._pair.take(client, id)
            self.told.append(Told(id, place, number, asked, time.monotonic()))
            await asyncio.sleep(0.05)

    async def _calls(self) -> None:
        kinds = (cmd.CallNext, cmd.StartService)
        turn = 0
        while True:
            as_of = self._clerk.views.get(f"window/{WINDOW}", {}).get("version", 0)
            id = new_id()
            try:
                done = await answered(self._clerk, kinds[turn % 2](window=WINDOW, as_of=as_of), id)
                if turn % 2 == 0:
                    self.called[id] = done["ticket"]
                turn += 1
            except (
                RefusedError
            ) as error:  # nobody waits; an old picture, whose press is made again on the new one
                turn += error.frame.code not in ("stale-view", "queue-empty", "nobody-waiting")
            await asyncio.sleep(0.2)

    async def grown(self, count: int = 20) -> None:
        """Wait until so many more numbers were given."""
        before = len(self.told)
        await until(lambda: self._ended() or len(self.told) >= before + count, "numbers are given")

    def _ended(self) -> bool:
        for task in self._tasks:
            if task.done():
                task.result()
        return False

    async def resumed(self, moment: float) -> float:
        """Wait until numbers are given again after a moment; return the longest silence since then, in seconds."""
        await until(lambda: self._ended() or self._heard(moment + 0.2), "numbers are given again")
        await self.grown()
        heard = [moment, *self._heard(moment)]
        return max(later - earlier for earlier, later in pairwise(heard))

    def _heard(self, moment: float) -> list[float]:
        return sorted(each.heard for each in self.told if each.heard > moment)

    async def repeated(self, count: int = 40) -> list[str]:
        """Ask again for numbers that were given, under their ids; return what was answered otherwise than before."""
        wrong: list[str] = []
        for told in self.told[:: max(1, len(self.told) // count)]:
            number = await self._pair.take(self._clients[told.station], told.id)
            if number != told.number:
                wrong.append(f"{told.id}: told {told.number}, now {number}")
                self._pair.acknowledged[told.id] = told.number
        return wrong
