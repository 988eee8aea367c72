"""One desk for each kind of device: its twin on a cable, an agent on the port, and the caller's seam.

A desk says how its device is used until that has its effect, what the hall got of it, and how something is
begun whose frame a test then cuts. So one test holds for every kind (tests/devices/test_every_link.py).
"""

import asyncio
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from caller.engine.commands import CheckIn, Rate, Recall, ReportDevice, RequeueTicket
from caller.engine.envelope import AnyCommand
from caller.identity.id_hash import hashed
from config.device_port import parse as port
from config.instants import SECOND
from devices.agent import Agent, AgentStation
from devices.agent.stations import line_of
from devices.profiles.profile import Profile
from devices.profiles.profile_reader import find
from devices.protocols.sdt_card_reader import CardHolder
from devices.simulators.displays import SimulatedCallKeypad, SimulatedSign
from devices.simulators.keypad import SimulatedKeypad
from devices.simulators.pty_cable import Cable
from devices.simulators.reader import SimulatedCardReader, SimulatedScanner, number_for
from devices.simulators.serial_server import on_network
from devices.units.call_keypad import CallKeypad
from devices.units.evaluator import Evaluator
from devices.units.reader import Read, ReaderUnit
from devices.units.sign import TEMPLATES, Sign
from devices.units.unit import Unit
from tests.instruments.device_bench import DEADLINE, HallSeam, micros, running
from tests.instruments.device_links import faults

TRY_SECONDS = 0.3  # on a lossy line one tries again after so long, as a person does
PATIENCE_SECONDS = 3.0  # elsewhere nothing is lost, and one try is enough unless the machine is very busy
LOOK_SECONDS = 0.005
LONG = 10_000_000  # seconds a rating is asked for: however often the test skips on
KEY = b"a site's own key"
CARD_BYTES = 1317  # what an ID reader says for one card: found, selected, read
SLIP_BYTES = 57  # of a scanned slip with its line end
DOC = {"window": "3", "name": "3号窗口", "waiting": 1}
Twin = SimulatedKeypad | SimulatedScanner | SimulatedCardReader


class Clock:
    """The agent's clock: this machine's, and what the test skipped."""

    def __init__(self) -> None:
        self._ahead = 0

    def __call__(self) -> int:
        return micros() + self._ahead

    def skip(self, seconds: int) -> None:
        self._ahead += seconds * SECOND


class Desk:
    """What all desks have; `meant` is all the hall may get."""

    step = 1  # a cut is tried after every so many bytes of a frame
    to_device = False  # whose frame is cut: the agent's, or the device's

    def __init__(self, twin: Twin, unit: Unit, profile: Profile) -> None:
        self.twin, self.unit, self.profile = twin, unit, profile
        self.hall, self.clock = HallSeam(), Clock()
        self.meant: list[object] = []

    @property
    def cable(self) -> Cable:
        return self.twin.cable

    def commands(self) -> list[AnyCommand]:
        return [each for each in self.hall.sent if not isinstance(each, ReportDevice)]

    def got(self) -> Sequence[object]:
        return self.commands()

    def false(self) -> list[object]:
        """What the hall got and nobody meant."""
        return [each for each in self.got() if each not in self.meant]

    async def use(self, turn: int) -> None:
        """Use it until that has its effect."""
        raise NotImplementedError

    def begin(self, turn: int) -> None:
        """Say something that is cut in the middle."""
        raise NotImplementedError

    async def back(self) -> None:
        """Plugged in again, without anything new."""
        self.cable.plug()

    async def until(self, holds: Callable[[], object], act: Callable[[], object] = lambda: None) -> None:
        """Try until it holds. Between two tries lie more seconds than a bounce, a repetition or a refresh."""
        loop = asyncio.get_running_loop()
        async with asyncio.timeout(DEADLINE):
            while not holds():
                self.clock.skip(self.profile.text.refresh_s)
                act()
                again = loop.time() + (TRY_SECONDS if self.cable.faults.lose else PATIENCE_SECONDS)
                while not holds() and loop.time() < again:  # noqa: ASYNC110 - a list tells nobody that it grew
                    await asyncio.sleep(LOOK_SECONDS)


class EvaluatorDesk(Desk):
    twin: SimulatedKeypad

    async def use(self, turn: int) -> None:
        ticket, level = f"ticket-{turn}", 1 + turn % 5
        self.meant.append(Rate(ticket, level, via="evaluator"))
        self.hall.ask(ticket, LONG)
        # A person presses after the question has reached the keypad; a key before it belongs to the question before.
        await self.until(lambda: getattr(self.unit, "_ticket") == ticket)  # noqa: B009
        await self.until(lambda: self.meant[-1] in self.got(), lambda: self.twin.press(f"level-{level}"))

    def begin(self, turn: int) -> None:
        self.hall.ask(f"cut-{turn}", LONG)
        self.twin.press("level-2")

    async def back(self) -> None:
        """It asks again by itself."""
        asked = self._asked()
        await super().back()
        async with asyncio.timeout(DEADLINE):
            await self.twin.shown("prompt", asked + 1)

    def _asked(self) -> int:
        return sum(shown.name == "prompt" for shown in self.twin.seen)


class PadDesk(Desk):
    twin: SimulatedCallKeypad

    def got(self) -> Sequence[object]:
        return list(dict.fromkeys(self.commands()))  # recalled again: the clerk tried again

    async def use(self, turn: int) -> None:
        self.meant.append(Recall("3", turn))
        called = {"state": "called", "version": turn, "ticket": {"number": f"A{turn:03d}"}}
        self.hall.show("window/3", {**DOC, **called})
        await self.until(lambda: self.twin.line == f"A{turn:03d} 等候1")
        await self.until(lambda: self.meant[-1] in self.got(), lambda: self.twin.press("recall"))

    def begin(self, turn: int) -> None:
        self.twin.press("no-show")

    async def back(self) -> None:
        """Its display was dark and shows the newest picture by itself."""
        line, self.twin.line = self.twin.line, ""
        await super().back()
        async with asyncio.timeout(DEADLINE):
            await self.twin.shows(line)


class SignDesk(Desk):
    """`meant` are the lines that may stand on it. One without a CRC may show a broken line until its next
    refresh, on a line that loses bytes; see docs/devices.md."""

    twin: SimulatedSign
    to_device = True

    def got(self) -> Sequence[object]:
        strict = self._checked() or not self.cable.faults.lose
        return list(dict.fromkeys(self.twin.lines)) if strict else [self.twin.line]

    async def use(self, turn: int) -> None:
        self._serve(turn)
        await self.until(lambda: self.twin.line == self.meant[-1])

    def begin(self, turn: int) -> None:
        self._serve(turn + 500)

    async def back(self) -> None:
        self.twin.power_cycle()
        await super().back()
        async with asyncio.timeout(DEADLINE):
            await self.twin.shows(str(self.meant[-1]))

    def _serve(self, turn: int) -> None:
        number = f"A{turn:03d}"
        self.meant += [_words(self.profile, "away"), _words(self.profile, "serving", number)]
        self.hall.show("window/3", {**DOC, "state": "serving", "version": turn, "ticket": {"number": number}})

    def _checked(self) -> bool:
        return self.profile.check.kind == "crc16" or self.profile.protocol == "bx"


class ScannerDesk(Desk):
    """Slips and appointments in turn; a slip's address is so long that a byte less makes it none."""

    twin: SimulatedScanner

    def got(self) -> Sequence[object]:
        return list(dict.fromkeys(self.commands()))  # scanned again

    async def use(self, turn: int) -> None:
        ticket = f"01a1ff83-0b24-74c0-b8be-{turn:012x}"
        slip = turn % 2 or self.cable.faults.lose
        self.meant.append(RequeueTicket(ticket) if slip else CheckIn(f"K7Q2-{turn}"))
        text = f"http://hall.local/t/{ticket}" if slip else f"K7Q2-{turn}"
        await self.until(lambda: self.meant[-1] in self.got(), lambda: self.twin.scan(text))

    def begin(self, turn: int) -> None:
        self.twin.scan(f"http://hall.local/t/01a1ff83-0b24-74c0-b8be-{turn + 500:012x}")


class CardDesk(Desk):
    twin: SimulatedCardReader
    step = 439  # each costs a second of polling; after every byte: test_card_cuts.py

    def __init__(self, twin: Twin, unit: Unit, profile: Profile, reads: list[Read]) -> None:
        super().__init__(twin, unit, profile)
        self._reads = reads

    def got(self) -> Sequence[object]:
        return list(dict.fromkeys(self._reads))

    async def use(self, turn: int) -> None:
        number = number_for(turn)
        self.meant.append(CardHolder(hashed(number, KEY), number[-4:], "王小明", 1990))
        await self.until(lambda: self.meant[-1] in self.got(), lambda: self.twin.lay("王小明", number))
        self.twin.take()

    def begin(self, turn: int) -> None:
        self.twin.lay("李四", number_for(turn + 500))


def _words(profile: Profile, state: str, number: str = "") -> str:
    return profile.text.templates.get(state, TEMPLATES[state]).format(number=number)


def _desk(name: str, link: str, where: Path) -> tuple[Desk, int]:
    """The desk, and how many bytes its frame has."""
    profile = find(name)
    address = profile.address
    if profile.kind == "evaluator":
        size = len(profile.press("level-2", address))
        twin = SimulatedKeypad(profile, where, faults=faults(link, size))
        return EvaluatorDesk(twin, Evaluator("3", profile, address), profile), size
    if profile.kind == "caller-pad":
        size = len(profile.press("recall", address))
        shown = len(profile.frame("show", address, {"text": bytes(profile.text.width)}))
        twin = SimulatedCallKeypad(profile, where, faults=faults(link, shown))
        return PadDesk(twin, CallKeypad("3", profile, address, frozenset({"3", "4"})), profile), size
    if profile.kind == "sign":
        line = _words(profile, "serving", "A001").encode(profile.text.encoding)
        size = len(profile.frame("show", address, {"text": line}))
        twin = SimulatedSign(profile, where, faults=faults(link, size))
        return SignDesk(twin, Sign("3", profile, address), profile), size
    return _reader_desk(profile, link, where)


def _reader_desk(profile: Profile, link: str, where: Path) -> tuple[Desk, int]:
    reads: list[Read] = []
    unit = ReaderUnit(profile, KEY, reads.append)
    if profile.protocol == "sdt":
        return CardDesk(
            SimulatedCardReader(where, faults(link, CARD_BYTES)), unit, profile, reads
        ), CARD_BYTES
    return ScannerDesk(SimulatedScanner(where, faults(link, SLIP_BYTES)), unit, profile), SLIP_BYTES


@asynccontextmanager
async def desk(
    name: str, link: str, folder: Path, by_network: bool = False
) -> AsyncGenerator[tuple[Desk, range]]:
    """A device of that profile on that link, with the places in a frame where its cable may be cut."""
    it, size = _desk(name, link, folder / "by-id")
    async with it.twin:
        if by_network:
            async with on_network(it.cable) as where, _watched(it, where):
                yield it, range(1, size, it.step)
        else:
            async with _watched(it, it.cable.port):
                yield it, range(1, size, it.step)


@asynccontextmanager
async def _watched(it: Desk, where: str) -> AsyncGenerator[None]:
    agent = Agent(it.hall, it.clock)
    agent.add(port(where), line_of(it.profile), [AgentStation("device", it.unit, it.profile)])
    async with running(agent):
        await it.hall.until(lambda: {"ready", "unknown"} & set(it.hall.told("device")))
        yield
