"""A device on a bad cable, an agent, and a caller of our own making: what every end-to-end test needs.

The caller here is the seam only: it keeps the window's view by the hall's rules and notes every command.
tests/devices/test_hall.py runs the same against the real caller.
"""

import asyncio
import time
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from caller.client.client import RefusedError, SendError
from caller.client.person_sessions import PersonSessions
from caller.engine.commands import Rate, ReportDevice
from caller.engine.envelope import AnyCommand
from caller.protocol.frames import RefusedFrame, SignIn, SignOut
from config.device_port import parse as port
from devices.agent import Agent, AgentStation
from devices.ports.serial_link import LineSettings
from devices.profiles.profile_reader import find
from devices.simulators.displays import SimulatedCallKeypad, SimulatedSign
from devices.simulators.keypad import SimulatedKeypad
from devices.simulators.pty_cable import CableFaults
from devices.units.call_keypad import CallKeypad
from devices.units.evaluator import Evaluator
from devices.units.sign import Sign

DEADLINE = 60.0  # seconds; nothing here takes one on a quiet machine


def micros() -> int:
    return time.time_ns() // 1000


class HallSeam:
    """The caller as an agent sees it: views, and commands noted."""

    def __init__(self) -> None:
        self.state = "current"
        self.views: dict[str, dict[str, Any]] = {}
        self.sent: list[AnyCommand] = []
        self.at: list[float] = []
        self.refuse: list[str] = []  # codes for the next commands that are no reports
        self.mute = False  # commands are not answered
        self.lost = 0  # so many answers are lost
        self.ids: list[str] = []
        self.after: Callable[[AnyCommand], None] = lambda _: None
        self._topics: asyncio.Queue[str] = asyncio.Queue()
        self.became: asyncio.Queue[str] = asyncio.Queue()
        self.persons = PersonSessions(self._no_persons, lambda: None)
        self._news = asyncio.Condition()

    async def _no_persons(self, frame: SignIn | SignOut) -> dict[str, Any]:
        raise SendError("nobody signs in here")

    async def changes(self) -> AsyncIterator[str]:
        while True:
            yield await self._topics.get()

    async def states(self) -> AsyncIterator[str]:
        while True:
            yield await self.became.get()

    def show(self, topic: str, doc: dict[str, Any]) -> None:
        self.views[topic] = doc
        self._topics.put_nowait(topic)

    async def send(self, command: AnyCommand, id: str | None = None) -> dict[str, Any]:
        self.at.append(time.perf_counter())
        self.sent.append(command)
        report = isinstance(command, ReportDevice)
        self.ids += [] if report else [id or ""]
        async with self._news:
            self._news.notify_all()
        if self.mute and not report:
            await asyncio.Event().wait()
        if self.lost and not report:
            self.lost -= 1
            raise SendError("no answer")
        if self.refuse and not report:
            raise RefusedError(RefusedFrame("id-12345", self.refuse.pop(0), "不行", "No", "", ""))
        self.after(command)
        return {}

    async def until(self, holds: Callable[[], Any]) -> None:
        async with asyncio.timeout(DEADLINE), self._news:
            await self._news.wait_for(holds)

    def ask(self, ticket: str, seconds: float = 60, window: str = "3") -> None:
        until = micros() + int(seconds * 1_000_000)
        self.show(f"window/{window}", {"window": window, "rating": {"ticket": ticket, "until": until}})

    def quiet(self, window: str = "3") -> None:
        self.show(f"window/{window}", {"window": window})

    @property
    def rates(self) -> list[tuple[str, int]]:
        return [(sent.ticket, sent.level) for sent in self.sent if isinstance(sent, Rate)]

    def told(self, device: str) -> list[str]:
        return [sent.state for sent in self.sent if isinstance(sent, ReportDevice) and sent.device == device]


class Table:
    """One window with an evaluator."""

    def __init__(self, hall: HallSeam, keypad: SimulatedKeypad, agent: Agent, unit: Evaluator) -> None:
        self.hall, self.keypad, self.agent, self.unit = hall, keypad, agent, unit

    async def shown(self, name: str, times: int = 1) -> None:
        async with asyncio.timeout(DEADLINE):
            await self.keypad.shown(name, times)


async def within(work: Awaitable[None]) -> None:
    async with asyncio.timeout(DEADLINE):
        await work


@asynccontextmanager
async def running(agent: Agent) -> AsyncGenerator[None]:
    task = asyncio.create_task(agent.run())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


@asynccontextmanager
async def at_window(
    folder: Path, name: str, faults: CableFaults
) -> AsyncGenerator[tuple[HallSeam, SimulatedKeypad]]:
    """A hard caller or a sign at window 3, named "device"."""
    profile, hall, agent = find(name), HallSeam(), None
    pad = profile.kind == "caller-pad"
    twin = (SimulatedCallKeypad if pad else SimulatedSign)(profile, folder / "by-id", faults=faults)
    async with twin:
        windows = frozenset({"3", "4"})
        unit = CallKeypad("3", profile, twin.address, windows) if pad else Sign("3", profile, twin.address)
        agent = Agent(hall, micros)
        agent.add(port(twin.cable.port), LineSettings(), [AgentStation("device", unit, profile)])
        async with running(agent):
            yield hall, twin


@asynccontextmanager
async def evaluator_at_window(
    folder: Path, profile_name: str = "evaluator-sum5", faults: CableFaults | None = None
) -> AsyncGenerator[Table]:
    profile = find(profile_name)
    hall = HallSeam()
    async with SimulatedKeypad(profile, folder / "by-id-keypad", faults=faults) as keypad:
        unit = Evaluator("3", profile, profile.address)
        agent = Agent(hall, micros)
        agent.add(
            port(keypad.cable.port),
            LineSettings(profile.serial.baud),
            [AgentStation("evaluator-3", unit, profile)],
        )
        async with running(agent):
            yield Table(hall, keypad, agent, unit)
