"""The hardware of one PC: its evaluators, hard callers, signs and readers, each on the port the config names.

The agent joins three things: ports (devices.link), devices (pure, devices.evaluator and its neighbours) and
the caller. It reports each device's state when it changes; a device that fails stops nothing but itself.
"""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Callable, Sequence
from typing import Any, Protocol

from caller.client.client import ByeError, RefusedError, SendError, new_id
from caller.engine.commands import AnyCommand, PauseWindow, ReportDevice, ResumeWindow, WindowVerb
from caller.protocol.frames import PeerError
from devices.ports.serial_link import LineSettings, PortLink, PortState, SerialPortUrl
from devices.profiles.profile import Profile
from devices.units.key_input import DONE, Health, RatingKey, UnitEffect

TICK_SECONDS = 0.1  # how exactly a rating window ends and a poll is due
REPORT_SECONDS = 1.0  # a flapping device is told at most so often, newest first
LAST_WORDS_SECONDS = 1.0  # to say that the agent stops
PRESS_SECONDS = 5.0  # a commit takes milliseconds; a clerk who waited longer has looked away
PRESSES = (WindowVerb, PauseWindow, ResumeWindow)
NO_ANSWER = RatingKey("no-answer", "叫号服务没有应答", "The caller does not answer")
RATING_SECONDS = 90.0  # longer than any window asks; then the answer no longer matters to the device
STALE_SECONDS = 3.0  # without the caller for so long, a display says that it is not current
log = logging.getLogger("hallcall.devices")


class CommandSender(Protocol):
    """What the agent needs of the caller's client."""

    @property
    def views(self) -> dict[str, dict[str, Any]]: ...
    @property
    def state(self) -> str: ...
    def changes(self) -> AsyncIterator[str]: ...
    def states(self) -> AsyncIterator[Any]: ...
    async def send(self, command: AnyCommand, id: str | None = None) -> Any: ...


class Unit(Protocol):
    """A device's logic: what happens goes in, bytes for it and commands for the caller come out."""

    kind: str
    topics: list[str]

    def opened(self, now: int) -> list[UnitEffect]: ...
    def current(self, yes: bool, now: int) -> list[UnitEffect]: ...
    def watched(self, topic: str, doc: dict[str, Any], now: int) -> list[UnitEffect]: ...
    def heard(self, data: bytes, now: int) -> list[UnitEffect]: ...
    def silence(self, now: int) -> list[UnitEffect]: ...
    def tick(self, now: int) -> list[UnitEffect]: ...
    def answered(self, command: AnyCommand, answer: RatingKey, now: int) -> list[UnitEffect]: ...
    def poll(self) -> list[UnitEffect]: ...
    def trial(self) -> list[UnitEffect]: ...
    def health(self, now: int) -> Health: ...


class AgentStation:
    """One device of this PC with its name, its logic and its state as last told."""

    def __init__(self, name: str, unit: Unit, profile: Profile) -> None:
        self.name, self.unit, self.profile = name, unit, profile
        self.told: Health | None = None
        self.told_at = 0.0
        self.polled_at = 0.0


class Bus:
    """One port with the devices on it; an RS-485 line may carry several."""

    def __init__(
        self, agent: "Agent", where: SerialPortUrl, wire: LineSettings, stations: list[AgentStation]
    ) -> None:
        self.stations = stations
        self._agent = agent
        self._gap = max(station.profile.gap_ms for station in stations) / 1000
        self._quiet: asyncio.TimerHandle | None = None
        self.link = PortLink(
            "+".join(station.name for station in stations), where, wire, self.heard, self.changed
        )

    def heard(self, data: bytes) -> None:
        now = self._agent.clock()
        for station in self.stations:
            self._agent.do(self, station, station.unit.heard(data, now))
        if self._quiet:
            self._quiet.cancel()
        self._quiet = asyncio.get_running_loop().call_later(self._gap, self._nearly)

    def _nearly(self) -> None:
        """Look at the port once more: after a stall of ours the rest may have been waiting there."""
        self._quiet = asyncio.get_running_loop().call_later(0, self._silence)

    def _silence(self) -> None:
        for station in self.stations:
            self._agent.do(self, station, station.unit.silence(self._agent.clock()))

    def changed(self, state: PortState, reason: str) -> None:
        del reason  # health() asks the link
        for station in self.stations:
            if state == "open":
                self._agent.do(self, station, station.unit.opened(self._agent.clock()))
        self._agent.look()

    def health(self, station: AgentStation) -> Health | None:
        """None while it is not known yet."""
        if self.link.state == "opening":
            return None
        if self.link.state == "lost":
            return "offline", self.link.reason
        return station.unit.health(self._agent.clock())


class Agent:
    """All buses of a PC. `run` until cancelled; nothing a device does ends it."""

    def __init__(self, caller: CommandSender, clock: Callable[[], int]) -> None:
        self.clock = clock
        self.buses: list[Bus] = []
        self.noted: Callable[[str, Health], None] = lambda name, health: None  # noqa: ARG005 - told each new state
        self._caller = caller
        self._tasks: set[asyncio.Task[None]] = set()
        self._news = asyncio.Event()
        self._current = False
        self._current_at = -float("inf")

    def add(self, where: SerialPortUrl, wire: LineSettings, stations: list[AgentStation]) -> Bus:
        bus = Bus(self, where, wire, stations)
        self.buses.append(bus)
        return bus

    @property
    def topics(self) -> list[str]:
        return sorted({topic for _, station in self._stations() for topic in station.unit.topics})

    async def run(self) -> None:
        try:
            async with asyncio.TaskGroup() as group:
                for bus in self.buses:
                    group.create_task(bus.link.run())
                group.create_task(self._watch())
                group.create_task(self._tell_anew())
                group.create_task(self._tick())
                group.create_task(self._report())
        finally:
            await self._last_words()

    def do(self, bus: Bus, station: AgentStation, effects: Sequence[UnitEffect]) -> None:
        """Carry out what a device's logic wants."""
        for effect in effects:
            if isinstance(effect, bytes):
                bus.link.write(effect)
            else:
                self._spawn(self._send(bus, station, effect))

    def look(self) -> None:
        """Some device's state may have changed."""
        self._news.set()

    async def _send(self, bus: Bus, station: AgentStation, command: AnyCommand) -> None:
        answer = await self._ask(station, command)
        self.do(bus, station, station.unit.answered(command, answer, self.clock()))

    async def _ask(self, station: AgentStation, command: AnyCommand) -> RatingKey:
        """Send it; a press without an answer is withdrawn, because a call carried out late calls the wrong
        person. A rating is asked again under its own id, until the hall says yes or no."""
        try:
            async with asyncio.timeout(PRESS_SECONDS if isinstance(command, PRESSES) else RATING_SECONDS):
                return await self._insist(command)
        except TimeoutError:
            return NO_ANSWER
        except RefusedError as error:
            said = f"{error.frame.zh}，{error.frame.next_zh} / {error.frame.en}. {error.frame.next_en}"
            log.info("%s: %s → %s: %s", station.name, type(command).__name__, error.frame.code, said)
            return RatingKey(error.frame.code, error.frame.zh, error.frame.en)
        except (PeerError, ByeError) as error:
            log.warning("%s: %s → %s", station.name, type(command).__name__, error)
            return RatingKey("failed", "命令未被接受", "The command was not accepted")

    async def _insist(self, command: AnyCommand) -> RatingKey:
        id = new_id()
        while True:
            try:
                await self._caller.send(command, id)
            except SendError:
                await asyncio.sleep(TICK_SECONDS)
            else:
                return DONE

    async def _watch(self) -> None:
        async for topic in self._caller.changes():
            doc = self._caller.views.get(topic)
            for bus, station in self._stations():
                if doc is not None and topic in station.unit.topics:
                    self.do(bus, station, station.unit.watched(topic, doc, self.clock()))

    async def _tell_anew(self) -> None:
        """While we were away the caller may have said that our devices are unknown."""
        async for state in self._caller.states():
            if state == "current":
                for _, station in self._stations():
                    station.told = None
                self.look()

    async def _tick(self) -> None:
        while True:
            self._note_caller()
            for bus, station in self._stations():
                self.do(bus, station, station.unit.tick(self.clock()))
                self._poll(bus, station)
            self.look()
            await asyncio.sleep(TICK_SECONDS)

    def _poll(self, bus: Bus, station: AgentStation) -> None:
        now = asyncio.get_running_loop().time()
        every = station.profile.poll_ms / 1000
        if every and bus.link.state == "open" and now >= station.polled_at + every:
            station.polled_at = now
            self.do(bus, station, station.unit.poll())

    def _note_caller(self) -> None:
        """Displays must not go on showing what may be old."""
        now = asyncio.get_running_loop().time()
        if self._caller.state == "current":
            self._current_at = now
        current = now - self._current_at < STALE_SECONDS
        if current == self._current:
            return
        self._current = current
        for bus, station in self._stations():
            self.do(bus, station, station.unit.current(current, self.clock()))

    async def _report(self) -> None:
        """Tell states that changed, the newest only."""
        loop = asyncio.get_running_loop()
        while True:
            await self._news.wait()
            self._news.clear()
            for bus, station in self._stations():
                health = bus.health(station)
                soon = loop.time() < station.told_at + REPORT_SECONDS
                if health is None or health == station.told or soon:
                    continue
                station.told, station.told_at = health, loop.time()
                self.noted(station.name, health)
                await self._tell(station, health)

    async def _tell(self, station: AgentStation, health: Health) -> None:
        state, detail = health
        try:
            await self._caller.send(ReportDevice(station.name, station.unit.kind, state, detail[:200]))
        except (RefusedError, SendError, PeerError, ByeError) as error:
            station.told = None  # so that it is told again
            log.info("%s: ReportDevice → %s", station.name, error)

    async def _last_words(self) -> None:
        """Whoever looks at the table must not believe in a device nobody watches any more."""
        gone: Health = ("unknown", "本机代理程序已停止 / the agent of this PC has stopped")
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(LAST_WORDS_SECONDS):
                await asyncio.gather(*(self._tell(station, gone) for _, station in self._stations()))

    def _stations(self) -> list[tuple[Bus, AgentStation]]:
        return [(bus, station) for bus in self.buses for station in bus.stations]

    def _spawn(self, work: Any) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
