"""The hardware of one PC: evaluators, hard callers, signs and readers, each on the port that the config names.

The agent joins ports (devices.ports), device logic (devices.units, pure) and the caller. It reports a device's
state when it changes. A device that fails stops only itself: a port that cannot be opened is tried again, and
logic that raises makes its device an error.
"""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from typing import Any, Protocol

from caller.client.client import ByeError, RefusedError, SendError, new_id
from caller.client.person_sessions import PersonSessions
from caller.engine.commands import (
    CloseWindow,
    OpenWindow,
    PauseWindow,
    ReportDevice,
    ResumeWindow,
    WindowVerb,
)
from caller.engine.envelope import AnyCommand
from caller.engine.guide_commands import LayCard
from caller.protocol.frames import PeerError, message_of
from config.device_port import DevicePort
from config.instants import Micros, Seconds
from config.settings import Settings
from devices.agent.jobs import AgentJobs
from devices.agent.stations import AgentStation, BrokenStation, Bus, Reported, line_of
from devices.inventory import BuildContext, DeviceEntry, Inventory, unit
from devices.pc_controls import ScreenPower
from devices.ports.serial_link import LineSettings
from devices.units.call_keypad import CallKeypad
from devices.units.evaluator import Evaluator
from devices.units.keypad_sign_in import PersonRequest
from devices.units.unit import DONE, CommandReply, Health, UnitEffect

TICK_SECONDS = 0.1  # how exactly a rating window ends and a poll is due
REPORT_SECONDS = 1.0  # a flapping device is reported at most so often, newest first
LAST_REPORT_SECONDS = 1.0  # for reporting that the agent stops
PRESS_SECONDS = 5.0  # a commit takes milliseconds; a clerk who waited longer has looked away
PRESSES = (WindowVerb, PauseWindow, ResumeWindow, LayCard)  # and a card: its holder stands there now
NO_ANSWER = CommandReply("no-answer", "叫号服务没有应答", "The caller does not answer")
RATING_SECONDS = 90.0  # longer than any window asks; then the answer no longer matters to the device
STALE_SECONDS = 3.0  # without the caller for so long, a display says that it is not current
STOPPED: Health = ("unknown", "本机代理程序已停止 / the agent of this PC has stopped")
DETAIL_CHARS = 200  # of a report's detail; the protocol's limit
log = logging.getLogger("hallcall.devices")


class CommandSender(Protocol):
    """What the agent needs of the caller's client."""

    @property
    def views(self) -> dict[str, dict[str, Any]]: ...
    @property
    def state(self) -> str: ...
    @property
    def persons(self) -> PersonSessions: ...
    def changes(self) -> AsyncIterator[str]: ...
    def states(self) -> AsyncIterator[Any]: ...
    async def send(self, command: AnyCommand, id: str | None = None) -> Any: ...


class Agent:
    """All devices of a PC. `run` until cancelled; no device ends it.

    `clock` gives UTC microseconds; `noted` is called with each newly reported state.
    """

    def __init__(self, caller: CommandSender, clock: Callable[[], Micros]) -> None:
        self.clock = clock
        self.buses: list[Bus] = []
        self.others: list[Reported] = []  # devices without a line: printers and broken ones
        self.jobs: AgentJobs | None = None
        self.noted: Callable[[str, Health], None] = lambda name, health: None  # noqa: ARG005
        self._caller = caller
        self._tasks: set[asyncio.Task[None]] = set()
        self._changed = asyncio.Event()
        self._current = False
        self._current_at: Seconds = -float("inf")

    def attach(self, context: BuildContext, inventory: Inventory, pc: str = "") -> None:
        """Add a PC's devices: those with the same port on one bus, broken ones to be reported only.

        pc: the agent's name, under which it gets jobs; without one it gets none.
        """
        by_place: dict[str, list[DeviceEntry]] = {}
        for each in inventory.entries:
            by_place.setdefault(each.where.place, []).append(each)
        for group in by_place.values():
            stations = [AgentStation(each.device.name, unit(each, context), each.profile) for each in group]
            self.add(group[0].where, line_of(group[0].profile), stations)
        self.others += [BrokenStation(each) for each in inventory.broken]
        if pc:
            self.jobs = AgentJobs(pc, context, inventory.printers, self._caller, self.look, self.ask_rating)
            self.others += self.jobs.stations

    def add(self, where: DevicePort, line: LineSettings, stations: list[AgentStation]) -> Bus:
        """Add one port with its devices."""
        bus = Bus(self, where, line, stations)
        self.buses.append(bus)
        return bus

    @property
    def topics(self) -> list[str]:
        return sorted({topic for station in self._stations() for topic in station.unit.topics})

    async def run(self) -> None:
        try:
            async with asyncio.TaskGroup() as group:
                for bus in self.buses:
                    group.create_task(bus.link.run())
                group.create_task(self._watch())
                group.create_task(self._report_anew())
                group.create_task(self._tick())
                group.create_task(self._report())
                if self.jobs:
                    group.create_task(self.jobs.run())
                    group.create_task(ScreenPower().run(self._own_jobs))
        finally:
            if self.jobs:
                await self.jobs.stop()
            await self._report_stop()

    def _own_jobs(self) -> tuple[dict[str, Any], bool]:
        assert self.jobs
        return self._caller.views.get(self.jobs.taker.topic, {}), self._caller.state == "current"

    def do(self, station: AgentStation, effects: Sequence[UnitEffect]) -> None:
        """Carry out what a device's logic wants."""
        for effect in effects:
            if isinstance(effect, PersonRequest):
                self._spawn(self._ask_person(station, effect))
            elif not isinstance(effect, bytes):
                self._spawn(self._send(station, effect))
            elif station.bus is not None:
                station.bus.link.write(effect)

    def adopt(self, settings: Settings) -> None:
        """Print papers by these settings from now on."""
        if self.jobs:
            self.jobs.adopt(settings)

    def ask_rating(self, name: str) -> bool:
        """Make an evaluator ask once more; False where it has nothing to ask about."""
        for station in self._stations():
            if station.name == name and isinstance(station.unit, Evaluator):
                effects = station.effects(lambda it=station.unit: it.ask(self.clock()))
                self.do(station, effects)
                return bool(effects)
        return False

    def look(self) -> None:
        """Look at the devices: some state may have changed."""
        self._changed.set()

    # --- commands

    async def _send(self, station: AgentStation, command: AnyCommand) -> None:
        answer = await self._answer(station, command)
        effects = station.effects(lambda: station.unit.answered(command, answer, self.clock()))
        self.do(station, effects)

    async def _answer(self, station: AgentStation, command: AnyCommand) -> CommandReply:
        """Return the caller's answer to a command.

        A press without an answer is withdrawn, because a call carried out late calls the wrong person. A
        rating is sent again under its own id until the caller takes or refuses it.
        """
        try:
            async with asyncio.timeout(PRESS_SECONDS if isinstance(command, PRESSES) else RATING_SECONDS):
                return await self._insist(command)
        except TimeoutError:
            return NO_ANSWER
        except RefusedError as error:
            refused = " / ".join(message_of(error.frame).with_next_step)
            log.info("%s: %s → %s: %s", station.name, type(command).__name__, error.frame.code, refused)
            return CommandReply(error.frame.code, error.frame.zh, error.frame.en)
        except (PeerError, ByeError) as error:
            log.warning("%s: %s → %s", station.name, type(command).__name__, error)
            return CommandReply("failed", "命令未被接受", "The command was not accepted")

    async def _insist(self, command: AnyCommand) -> CommandReply:
        id = new_id()
        while True:
            try:
                await self._caller.send(command, id)
            except SendError:
                await asyncio.sleep(TICK_SECONDS)
            else:
                return DONE

    async def _ask_person(self, station: AgentStation, request: PersonRequest) -> None:
        """Sign a person in at a hard caller and open its window for them, or close it and sign them out."""
        keypad = station.unit
        assert isinstance(keypad, CallKeypad)
        answer = DONE
        try:
            async with asyncio.timeout(PRESS_SECONDS):
                await self._change_person(request)
        except (SendError, TimeoutError, PeerError, ByeError):
            answer = NO_ANSWER
        except RefusedError as error:
            log.info("%s: sign-in → %s", station.name, error.frame.code)
            answer = CommandReply(error.frame.code, error.frame.zh, error.frame.en)
        self.do(station, station.effects(lambda: keypad.person_answered(request, answer, self.clock())))

    async def _change_person(self, request: PersonRequest) -> None:
        persons, window = self._caller.persons, request.window
        if not request.account:
            await self._caller.send(CloseWindow(window))
            await persons.sign_out(window)
            return
        await persons.sign_in(request.account, request.secret, request.new, window)
        try:
            await self._caller.send(OpenWindow(window, request.account))
        except RefusedError as error:
            if error.frame.code != "window-taken":
                await persons.sign_out(window)
            raise

    # --- views and time

    async def _watch(self) -> None:
        async for topic in self._caller.changes():
            doc = self._caller.views.get(topic)
            if doc is None:
                continue
            if self.jobs and topic == self.jobs.taker.topic:
                self.jobs.taker.watched(doc)
            for station in self._stations():
                if topic in station.unit.topics:
                    self._tell(station, topic, doc)

    def _tell(self, station: AgentStation, topic: str, doc: dict[str, Any]) -> None:
        self.do(station, station.effects(lambda: station.unit.watched(topic, doc, self.clock())))

    async def _tick(self) -> None:
        while True:
            self._note_caller()
            for station in self._stations():
                self.do(station, station.effects(lambda it=station: it.unit.tick(self.clock())))
                self._poll(station)
            self.look()
            await asyncio.sleep(TICK_SECONDS)

    def _poll(self, station: AgentStation) -> None:
        monotonic = asyncio.get_running_loop().time()
        every = station.profile.poll_ms / 1000
        is_open = station.bus is not None and station.bus.link.state == "open"
        if every and is_open and monotonic >= station.polled_at + every:
            station.polled_at = monotonic
            self.do(station, station.effects(station.unit.poll))

    def _note_caller(self) -> None:
        """Tell displays when what they show may be old, and when it is current again."""
        monotonic = asyncio.get_running_loop().time()
        if self._caller.state == "current":
            self._current_at = monotonic
        current = monotonic - self._current_at < STALE_SECONDS
        if current == self._current:
            return
        self._current = current
        for station in self._stations():
            self.do(station, station.effects(lambda it=station: it.unit.current(current, self.clock())))

    # --- reports

    async def _report_anew(self) -> None:
        """Report all devices anew: while this agent was away the caller may have marked them as unknown."""
        async for state in self._caller.states():
            if state == "current":
                for each in self._reported():
                    each.reported = None
                self.look()

    async def _report(self) -> None:
        """Report states that changed, the newest only."""
        loop = asyncio.get_running_loop()
        while True:
            await self._changed.wait()
            self._changed.clear()
            for each in self._reported():
                health = each.health(self.clock())
                soon = loop.time() < each.reported_at + REPORT_SECONDS
                if health is None or health == each.reported or soon:
                    continue
                each.reported, each.reported_at = health, loop.time()
                self._note(each.name, health)
                await self._send_report(each, health)

    def _note(self, name: str, health: Health) -> None:
        try:
            self.noted(name, health)
        except Exception:
            log.exception("%s: 状态没有送达界面 / its state did not reach the screen", name)

    async def _send_report(self, each: Reported, health: Health) -> None:
        state, detail = health
        try:
            await self._caller.send(ReportDevice(each.name, each.kind, state, detail[:DETAIL_CHARS]))
        except (RefusedError, SendError, PeerError, ByeError) as error:
            each.reported = None  # so that it is sent again
            log.info("%s: ReportDevice → %s", each.name, error)

    async def _report_stop(self) -> None:
        """Report all devices as unknown: from now on this process watches none of them."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(LAST_REPORT_SECONDS):
                await asyncio.gather(*(self._send_report(each, STOPPED) for each in self._reported()))

    def _stations(self) -> list[AgentStation]:
        return [station for bus in self.buses for station in bus.stations]

    def _reported(self) -> list[Reported]:
        return [*self._stations(), *self.others]

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
