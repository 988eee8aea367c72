"""`hallcall simulated hall`: a twin for every device in a hall's file, each on the port written there.

One process for all of them. A typed line names the device and then says what its own twin would be told:
"e4 unplug", "p1 paper out", "k1-cards 王小明 7 1950". Answers (with the instant, in microseconds), and what
the devices are shown, come out as JSON lines.
"""

import json
import time
from collections.abc import Callable, Coroutine, Mapping, Sequence
from contextlib import AsyncExitStack
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

import click

from config.process.options import Unable, hall_argument, settings_of
from config.settings import Device
from devices.cli.simulated import AUTO, SEED, THINK, run, typed, weights
from devices.cli.simulated_printer import SPEED, to_printer
from devices.inventory import DeviceEntry, row
from devices.ports.serial_link import BadPort
from devices.printer import PortError
from devices.printer.port_url import parse
from devices.profiles.profile import ProfileMistake
from devices.simulators import typed_commands
from devices.simulators.call_keypad import PadTwin
from devices.simulators.keypad import Keypad, Shown, rate_when_asked
from devices.simulators.printer import PrinterFaults, PrinterModel
from devices.simulators.printer_ports import TcpPrinter
from devices.simulators.pty_cable import Cable
from devices.simulators.reader import CardTwin, ScannerTwin
from devices.simulators.serial_server import HERE, on_network
from devices.simulators.sign import SignTwin

Obeyed = Callable[[str], str]
TwinTask = Coroutine[Any, Any, None]
NOT_HERE = (
    "仿真只在 serial:///PATH 或 tcp://127.0.0.1:NUMBER（打印机只在后者）"
    " / twins stand on serial:///PATH or tcp://127.0.0.1:NUMBER, printers on the latter only"
)


class Habits(NamedTuple):
    """What the evaluators do by themselves."""

    levels: Mapping[int, float]  # how often each is pressed; empty: never
    think: float
    by_hand: frozenset[str]  # these wait for a person
    seed: int


class SimulatorSet:
    """The twins of a hall, put on their cables as they are added."""

    def __init__(self, stack: AsyncExitStack, habits: Habits) -> None:
        self.obeyed: dict[str, Obeyed] = {}
        self.beside: list[Callable[[], TwinTask]] = []
        self._stack, self._habits = stack, habits

    def answer(self, line: str) -> str:
        """One typed line: a device's name, and what is done to it."""
        name, _, rest = line.partition(" ")
        if name in self.obeyed:
            answer = self.obeyed[name](rest.strip())
            return _said(name, answer=answer, at=time.time_ns() // 1000)
        example = f"{next(iter(self.obeyed), 'NAME')} unplug"
        return _said(
            name, answer=f"写 设备 动作，如 / write DEVICE WORDS, e.g. {example}; {' '.join(self.obeyed)}"
        )

    def add_printer(self, device: Device, slips: Path | None) -> None:
        """Raises `PortError`, or OSError where somebody listens already."""
        where = parse(device.port)
        if where.kind != "tcp" or where.host != HERE:
            raise PortError(f"{device.port}: {NOT_HERE}")
        mechanism = PrinterModel(device.width_px, PrinterFaults(rows_per_second=SPEED), slips)
        printer = self._stack.enter_context(TcpPrinter(mechanism, where.number))
        self.obeyed[device.name] = partial(to_printer, printer)

    async def add(self, each: DeviceEntry) -> None:
        """Anything on a cable. Raises `BadPort`, or OSError where somebody listens already."""
        host, _, number = each.where.place.partition(":")
        if each.where.scheme == "serial":
            await self._put(each, Path(each.where.place))
        elif host == HERE:
            lines = self._stack.enter_context(TemporaryDirectory(prefix="hallcall-twin-"))
            cable = await self._put(each, Path(lines) / "line")
            await self._stack.enter_async_context(on_network(cable, int(number)))
        else:
            raise BadPort(f"{each.device.port}: {NOT_HERE}")

    async def _put(self, each: DeviceEntry, path: Path) -> Cable:
        return await (self._reader(each, path) if each.device.kind == "reader" else self._keypad(each, path))

    async def _reader(self, each: DeviceEntry, path: Path) -> Cable:
        name = each.device.name
        if each.profile.protocol == "sdt":
            cards = await self._stack.enter_async_context(CardTwin(path))
            self.obeyed[name] = partial(typed_commands.to_cards, cards)
            return cards.cable
        scanner = await self._stack.enter_async_context(ScannerTwin(path))
        self.obeyed[name] = partial(typed_commands.to_scanner, scanner)
        return scanner.cable

    async def _keypad(self, each: DeviceEntry, path: Path) -> Cable:
        device = each.device
        if device.kind == "evaluator":
            twin = Keypad(each.profile, path, each.address, told=partial(_tell_shown, device.name))
            self.beside += self._robot(device.name, twin)
        else:
            display = PadTwin if device.kind == "caller-pad" else SignTwin
            twin = display(each.profile, path, each.address)
            self.beside.append(partial(_tell_lines, device.name, twin))
        await self._stack.enter_async_context(twin)
        self.obeyed[device.name] = partial(typed_commands.to_keypad, twin)
        return twin.cable

    def _robot(self, name: str, twin: Keypad) -> list[Callable[[], TwinTask]]:
        habits = self._habits
        if not habits.levels or name in habits.by_hand:
            return []
        seed = habits.seed + len(self.obeyed)
        return [partial(rate_when_asked, twin, dict(habits.levels), habits.think, seed)]


@click.command()
@hall_argument
@click.option(
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    help="打印结果的文件夹 / keeps what is printed here",
)
@AUTO
@THINK
@SEED
@click.option(
    "--by-hand", multiple=True, metavar="NAME", help="此评价器只由人按 / this evaluator waits for a person"
)
def hall(hall: Path, out: Path | None, auto: str, think: float, seed: int, by_hand: tuple[str, ...]) -> None:
    """配置里的全部设备；输入“设备 动作” / every device of a hall's file; type DEVICE WORDS."""
    devices = settings_of(hall).devices
    habits = Habits(weights(auto), think, frozenset(by_hand), seed)

    async def scene() -> None:
        async with AsyncExitStack() as stack:
            twins = SimulatorSet(stack, habits)
            await _add_all(twins, devices, hall.parent / "profiles", out)
            click.echo(f"simulated hall ready {' '.join(twins.obeyed)}")
            await typed(twins.answer, *(start() for start in twins.beside), err=False)

    run(scene())


async def _add_all(
    twins: SimulatorSet, devices: Sequence[Device], profiles: Path, slips: Path | None
) -> None:
    """Ends the program with words where a device can have no twin."""
    several = sum(device.kind == "printer" for device in devices) > 1
    for device in devices:
        try:
            if device.kind == "printer":
                twins.add_printer(device, slips / device.name if slips and several else slips)
            else:
                await twins.add(row(device, device.port, profiles))
        except (BadPort, PortError, ProfileMistake, OSError) as error:
            raise Unable(f"[[device]] {device.name}: {error}") from None


def _said(device: str, **what: object) -> str:
    return json.dumps({"device": device, **what}, ensure_ascii=False)


def _tell_shown(name: str, shown: Shown) -> None:
    print(_said(name, shown=shown.name), flush=True)


async def _tell_lines(name: str, twin: PadTwin | SignTwin) -> None:
    """Whatever a display shows, each time it is another."""
    line = ""
    while True:
        await twin.until(lambda line=line: twin.line != line)
        line = twin.line
        print(_said(name, line=line), flush=True)
