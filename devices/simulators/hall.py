"""A simulator for every device of a hall, each on the port written there.

A typed line names the device and then says what its own simulator understands: "e4 unplug", "p1 paper out",
"k1-cards 王小明 7 1950". Answers (with the instant, UTC microseconds), and what the devices are shown, come out
as JSON lines.
"""

import json
import time
from collections.abc import Callable, Coroutine, Mapping
from contextlib import AsyncExitStack
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

from config import device_port
from config.device_port import PortMistake
from config.settings import Device
from devices.inventory import DeviceEntry
from devices.simulators import typed_commands
from devices.simulators.displays import SimulatedCallKeypad, SimulatedSign
from devices.simulators.keypad import Shown, SimulatedKeypad, rate_when_asked
from devices.simulators.printer import PrinterFaults, PrinterModel
from devices.simulators.printer_ports import TcpPrinter
from devices.simulators.pty_cable import Cable
from devices.simulators.reader import SimulatedCardReader, SimulatedScanner
from devices.simulators.serial_server import HERE, on_network

SPEED = 800.0  # rows of paper a second, 100 mm: what a real printer does
Obeyed = Callable[[str], str]
SimulatorTask = Coroutine[Any, Any, None]
NOT_HERE = "仿真只在 serial:///PATH 或 tcp://127.0.0.1:NUMBER（打印机只在后者）"
NOT_HERE_EN = "simulators stand on serial:///PATH or tcp://127.0.0.1:NUMBER, printers on the latter only"


class Habits(NamedTuple):
    """What the evaluators do by themselves."""

    levels: Mapping[int, float]  # how often each is pressed; empty: never
    think: float
    by_hand: frozenset[str]  # these wait for a person
    seed: int


class SimulatorSet:
    """The simulators of a hall, put on their cables as they are added."""

    def __init__(self, stack: AsyncExitStack, habits: Habits) -> None:
        self.obeyed: dict[str, Obeyed] = {}
        self.beside: list[Callable[[], SimulatorTask]] = []
        self._stack, self._habits = stack, habits

    def answer(self, line: str) -> str:
        """Obey one typed line: a device's name, and what is done to it."""
        name, _, rest = line.partition(" ")
        if name in self.obeyed:
            answer = self.obeyed[name](rest.strip())
            return _as_json(name, answer=answer, at=time.time_ns() // 1000)
        example = f"{next(iter(self.obeyed), 'NAME')} unplug"
        return _as_json(
            name, answer=f"写 设备 动作，如 / write DEVICE WORDS, e.g. {example}; {' '.join(self.obeyed)}"
        )

    def add_printer(self, device: Device, slips: Path | None) -> None:
        """Add a printer. Raises `PortMistake`, or OSError where another program listens."""
        where = device_port.parse(device.port, device.kind)
        if where.kind != "tcp" or where.host != HERE:
            raise PortMistake(device.port, NOT_HERE, NOT_HERE_EN)
        model = PrinterModel(device.width_px, PrinterFaults(rows_per_second=SPEED), slips)
        printer = self._stack.enter_context(TcpPrinter(model, where.number))
        self.obeyed[device.name] = partial(typed_commands.to_printer, printer)

    async def add(self, each: DeviceEntry) -> None:
        """Add anything on a cable. Raises `PortMistake`, or OSError where another program listens."""
        if each.where.kind == "serial":
            await self._put(each, Path(each.where.path))
        elif each.where.host == HERE:
            lines = self._stack.enter_context(TemporaryDirectory(prefix="hallcall-simulator-"))
            cable = await self._put(each, Path(lines) / "line")
            await self._stack.enter_async_context(on_network(cable, each.where.number))
        else:
            raise PortMistake(each.device.port, NOT_HERE, NOT_HERE_EN)

    async def _put(self, each: DeviceEntry, path: Path) -> Cable:
        return await (self._reader(each, path) if each.device.kind == "reader" else self._keypad(each, path))

    async def _reader(self, each: DeviceEntry, path: Path) -> Cable:
        name = each.device.name
        if each.profile.protocol == "sdt":
            cards = await self._stack.enter_async_context(SimulatedCardReader(path))
            self.obeyed[name] = partial(typed_commands.to_cards, cards)
            return cards.cable
        scanner = await self._stack.enter_async_context(SimulatedScanner(path))
        self.obeyed[name] = partial(typed_commands.to_scanner, scanner)
        return scanner.cable

    async def _keypad(self, each: DeviceEntry, path: Path) -> Cable:
        device = each.device
        if device.kind == "evaluator":
            simulator = SimulatedKeypad(
                each.profile, path, each.address, on_shown=partial(_print_shown, device.name)
            )
            self.beside += self._robot(device.name, simulator)
        else:
            display = SimulatedCallKeypad if device.kind == "caller-pad" else SimulatedSign
            simulator = display(each.profile, path, each.address)
            self.beside.append(partial(_print_lines, device.name, simulator))
        await self._stack.enter_async_context(simulator)
        self.obeyed[device.name] = partial(typed_commands.to_keypad, simulator)
        return simulator.cable

    def _robot(self, name: str, simulator: SimulatedKeypad) -> list[Callable[[], SimulatorTask]]:
        habits = self._habits
        if not habits.levels or name in habits.by_hand:
            return []
        seed = habits.seed + len(self.obeyed)
        return [partial(rate_when_asked, simulator, dict(habits.levels), habits.think, seed)]


def _as_json(device: str, **what: object) -> str:
    return json.dumps({"device": device, **what}, ensure_ascii=False)


def _print_shown(name: str, shown: Shown) -> None:
    print(_as_json(name, shown=shown.name), flush=True)


async def _print_lines(name: str, simulator: SimulatedCallKeypad | SimulatedSign) -> None:
    """Print whatever a display shows, each time it is another."""
    line = ""
    while True:
        await simulator.until(lambda line=line: simulator.line != line)
        line = simulator.line
        print(_as_json(name, line=line), flush=True)
