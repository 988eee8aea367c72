"""Test instrument: a running loop over a real log, with time that only the test moves."""

import asyncio
import sqlite3
import threading
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from caller.engine.commands import OpenDay
from caller.engine.envelope import AnyCommand, CommandEnvelope
from caller.engine.hall import Hall
from caller.eventlog import EventLog
from caller.protocol.frames import Done, RefusedFrame
from caller.service.clock import Clock
from caller.service.idempotency import AnyAnswer
from caller.service.loop import Loop
from config.instants import instant
from config.settings import Settings
from tests.instruments.engine_fixture import DAY, settings

ZONE = "Asia/Shanghai"
DEADLINE_SECONDS = 60.0  # far beyond anything waited for, on a machine that is busy with other things


class Time:
    """A wall clock and elapsed time, in UTC microseconds."""

    def __init__(self, day: str = DAY, clock: str = "09:00") -> None:
        self.wall = instant(day, clock, ZONE)
        self.elapsed = 5_000_000

    def pass_(self, seconds: float) -> None:
        self.wall += round(seconds * 1_000_000)
        self.elapsed += round(seconds * 1_000_000)

    def pass_to(self, clock: str, day: str = DAY) -> None:
        self.pass_((instant(day, clock, ZONE) - self.wall) / 1_000_000)

    def clock(self) -> Clock:
        return Clock(lambda: self.wall, lambda: self.elapsed)


class Gated(sqlite3.Connection):
    """A connection whose commits wait while `gate` is closed, or as long as a `slow` disk takes."""

    gate = threading.Event()
    gate.set()
    arrived = threading.Event()  # a commit stands before the gate, or has passed it

    @staticmethod
    def slow() -> None:
        """A quick disk."""

    def execute(self, sql: str, *more: Any) -> sqlite3.Cursor:  # type: ignore[override]
        if sql == "commit":
            Gated.arrived.set()
            assert Gated.gate.wait(DEADLINE_SECONDS)
            Gated.slow()
        return super().execute(sql, *more)


class House:
    """One caller without its network."""

    def __init__(self, path: Path, time: Time, settings: Settings) -> None:
        self.path, self.time = path, time
        self.connections: list[sqlite3.Connection] = []
        self.log = EventLog(path, settings.hall.site, connect=self._connect)
        self.loop = Loop(settings, self.log, time.clock())
        self.changes: list[tuple[set[str], int]] = []
        self.loop.on_change(lambda topics, seq: self.changes.append((topics, seq)))
        self._ids = 0

    def _connect(self, path: Path) -> sqlite3.Connection:
        connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False, factory=Gated)
        self.connections.append(connection)
        return connection

    @property
    def hall(self) -> Hall:
        return self.loop.hall

    def submit(
        self, command: AnyCommand, id: str = "", role: str = "manager", station: str = "m"
    ) -> asyncio.Future[AnyAnswer]:
        self._ids += 1
        answered: asyncio.Future[AnyAnswer] = asyncio.get_running_loop().create_future()
        id = id or f"{self.path.name}-{self.hall.seq}-{self._ids}"
        self.loop.submit(CommandEnvelope(id, command, role, station), answered.set_result)
        return answered

    async def send(self, command: AnyCommand, **who: str) -> AnyAnswer:
        async with asyncio.timeout(DEADLINE_SECONDS):
            return await self.submit(command, **who)

    async def done(self, command: AnyCommand, **who: str) -> dict[str, Any]:
        answer = await self.send(command, **who)
        assert isinstance(answer, Done), answer
        return answer.result

    async def refused(self, command: AnyCommand, **who: str) -> str:
        answer = await self.send(command, **who)
        assert isinstance(answer, RefusedFrame), answer
        return answer.code

    async def tick(self) -> None:
        """A tick, and all that it ordered."""
        self.loop.tick()
        await until(lambda: self.loop.settled and not self.loop._inbox)

    def limit_pages(self, more: int) -> None:
        """Leave room for so many pages more: 0 is a full disk."""
        connection = self.connections[0]
        pages = connection.execute("pragma page_count").fetchone()[0]
        connection.execute(f"pragma max_page_count={pages + more}")

    async def wait_for_space(self, send: Callable[[], Awaitable[AnyAnswer]]) -> AnyAnswer:
        """Send again, as a station does, until it is saved."""
        async with asyncio.timeout(DEADLINE_SECONDS):
            while isinstance(answer := await send(), RefusedFrame) and answer.code == "not-saved":  # noqa: ASYNC110
                await asyncio.sleep(0.05)
        return answer


async def until(condition: Callable[[], bool]) -> None:
    """Wait until it holds."""
    async with asyncio.timeout(DEADLINE_SECONDS):
        while not condition():  # noqa: ASYNC110 - the condition is anything a test may ask
            await asyncio.sleep(0.001)


@asynccontextmanager
async def house(
    path: Path, time: Time | None = None, opened: bool = True, **changes: Any
) -> AsyncGenerator[House]:
    """A house that is running; its business day open."""
    it = House(path, time or Time(), settings(**changes))
    it.loop.start()
    try:
        if opened and not it.hall.state.day.open:
            await it.done(OpenDay(DAY))
        yield it
    finally:
        Gated.gate.set()
        async with asyncio.timeout(DEADLINE_SECONDS):
            await it.loop.stop()
        it.log.close()
