"""`hallcall simulated keypad|pad|sign|reader`: a simulator under a name that an agent can open.

What the device is shown comes out as one JSON object a line; what one types is pressed or turned (see
`words`), and answered on the error output.
"""

import asyncio
import json
from collections.abc import AsyncGenerator, Callable, Coroutine
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import click

from config.device_port import PortMistake
from config.process.options import Unable, hall_argument, settings_of
from config.process.running import obey_typed, run_until_stopped
from config.settings import Settings
from devices.inventory import entry
from devices.profiles.profile import Profile
from devices.profiles.profile_reader import ProfileMistake, find
from devices.simulators import typed_commands
from devices.simulators.displays import SimulatedCallKeypad, SimulatedSign
from devices.simulators.hall import Habits, SimulatorSet
from devices.simulators.keypad import Shown, SimulatedKeypad, rate_when_asked
from devices.simulators.pty_cable import Cable
from devices.simulators.reader import SimulatedCardReader, SimulatedScanner
from devices.simulators.serial_server import on_network

LINK = click.option("--link", type=click.Path(path_type=Path), required=True, help="设备名，代理打开它 / the name an agent opens")  # fmt: skip
TCP = click.option("--tcp", type=click.IntRange(1, 65535), default=None, help="也接在本机此 TCP 端口，如串口服务器 / on this TCP port too, as behind a serial server")  # fmt: skip
ADDRESS = click.option("--address", type=int, default=None, help="总线地址 / address on the line")
USUAL = "5=60,4=30,3=6,2=2,1=1,0=10"  # about what the study's districts rate; 0 is a person who goes
AUTO = click.option("--auto", default="", metavar="5=60,0=40", help="被询问后自动按键的权重，usual 为常见分布 / press by itself")  # fmt: skip
THINK = click.option("--think", default=2.0, show_default=True, help="按键前想几秒 / seconds before pressing")
SEED = click.option("--seed", default=1, show_default=True)


def profile_option(default: str) -> Callable[..., Any]:
    return click.option("--profile", default=default, show_default=True, help="型号描述 / profile")


@click.command()
@LINK
@TCP
@profile_option("evaluator-sum5")
@ADDRESS
@AUTO
@THINK
@SEED
def keypad(
    link: Path, tcp: int | None, profile: str, address: int | None, auto: str, think: float, seed: int
) -> None:
    """评价器 / an evaluator keypad."""
    given = weights(auto)

    async def scene() -> None:
        async with (
            SimulatedKeypad(profile_named(profile), link, address, on_shown=print_shown) as simulator,
            standing("keypad", simulator.cable, tcp),
        ):
            robot = [asyncio.create_task(rate_when_asked(simulator, given, think, seed))] if given else []
            await typed(lambda line: typed_commands.to_keypad(simulator, line))
            for task in robot:
                task.cancel()

    run(scene())


@click.command()
@LINK
@TCP
@profile_option("pad-sum8")
@ADDRESS
def pad(link: Path, tcp: int | None, profile: str, address: int | None) -> None:
    """叫号器 / a hard caller with its display."""

    async def scene() -> None:
        async with (
            SimulatedCallKeypad(profile_named(profile), link, address) as simulator,
            standing("pad", simulator.cable, tcp),
        ):
            await typed(lambda line: typed_commands.to_keypad(simulator, line), shows(simulator))

    run(scene())


@click.command()
@LINK
@TCP
@profile_option("sign-strip")
@ADDRESS
def sign(link: Path, tcp: int | None, profile: str, address: int | None) -> None:
    """显示屏 / a sign; what it shows is printed."""

    async def scene() -> None:
        async with (
            SimulatedSign(profile_named(profile), link, address) as simulator,
            standing("sign", simulator.cable, tcp),
        ):
            await typed(lambda line: typed_commands.to_keypad(simulator, line), shows(simulator))

    run(scene())


@click.command()
@LINK
@TCP
@click.option("--card", is_flag=True, help="二代身份证阅读器 / an ID reader instead of a scanner")
def reader(link: Path, tcp: int | None, card: bool) -> None:
    """扫码器或身份证阅读器；输入一行即扫描一次 / a scanner or an ID reader; a typed line is a scan."""

    async def scanner() -> None:
        async with SimulatedScanner(link) as simulator, standing("reader", simulator.cable, tcp):
            await typed(lambda line: typed_commands.to_scanner(simulator, line))

    async def cards() -> None:
        async with SimulatedCardReader(link) as simulator, standing("reader", simulator.cable, tcp):
            await typed(lambda line: typed_commands.to_cards(simulator, line))

    run(cards() if card else scanner())


def profile_named(name: str) -> Profile:
    """Return a device profile by its name. Raises `Unable` where it is missing or wrong."""
    try:
        return find(name)
    except ProfileMistake as error:
        raise Unable(str(error)) from None


def weights(text: str) -> dict[int, float]:
    """Return how often each level is pressed, as --auto says it. Raises `Unable`."""
    try:
        pairs = (part.split("=") for part in (USUAL if text == "usual" else text).split(",") if part)
        return {int(level): float(weight) for level, weight in pairs}
    except ValueError:
        raise Unable(f"--auto {text}：应写作 5=60,0=40 / write 5=60,0=40") from None


@asynccontextmanager
async def standing(kind: str, cable: Cable, tcp: int | None) -> AsyncGenerator[None]:
    """Put a simulator on its link, and on the network too when asked; print where an agent finds it.

    Raises `Unable`.
    """
    async with AsyncExitStack() as stack:
        ports = [cable.port]
        try:
            ports += [await stack.enter_async_context(on_network(cable, tcp))] if tcp else []
        except OSError as error:
            raise Unable(f"--tcp {tcp}: {error.strerror}") from None
        click.echo(f"simulated {kind} ready {' '.join(ports)}")
        yield


def print_shown(shown: Shown) -> None:
    fields = {name: raw.hex() for name, raw in shown.fields.items() if name not in ("", "check", "length")}
    print(json.dumps({"shown": shown.name, **fields}), flush=True)


async def shows(simulator: SimulatedCallKeypad | SimulatedSign) -> None:
    """Print the display's line whenever it changes."""
    line = ""
    while True:
        await simulator.until(lambda line=line: simulator.line != line)
        line = simulator.line
        print(json.dumps({"line": simulator.line}, ensure_ascii=False), flush=True)


async def typed(obeyed: Callable[[str], str], *beside: Coroutine[Any, Any, None], err: bool = True) -> None:
    """Obey what is typed until Ctrl-C, answering each line; the end of the input alone ends nothing."""
    tasks = [asyncio.create_task(work) for work in beside]
    await obey_typed(lambda line: click.echo(obeyed(line), err=err))
    try:
        await asyncio.Event().wait()
    finally:
        for task in tasks:
            task.cancel()


def run(scene: Coroutine[Any, Any, None]) -> None:
    """Run a simulated device until it is stopped. Raises: Unable, when its link's name is taken."""
    try:
        run_until_stopped(scene)
    except FileExistsError as error:
        raise Unable(str(error)) from None


# --- a whole hall


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
    settings = settings_of(hall)
    habits = Habits(weights(auto), think, frozenset(by_hand), seed)

    async def scene() -> None:
        async with AsyncExitStack() as stack:
            simulators = SimulatorSet(stack, habits)
            await _add_all(simulators, settings, hall.parent / "profiles", out)
            click.echo(f"simulated hall ready {' '.join(simulators.obeyed)}")
            await typed(simulators.answer, *(start() for start in simulators.beside), err=False)

    run(scene())


async def _add_all(simulators: SimulatorSet, settings: Settings, profiles: Path, slips: Path | None) -> None:
    """Add a simulator for each device; end the program with words where one can have none."""
    several = sum(device.kind == "printer" for device in settings.devices) > 1
    for device in settings.devices:
        try:
            if device.kind == "printer":
                simulators.add_printer(device, slips / device.name if slips and several else slips)
            else:
                await simulators.add(entry(device, device.port, settings, profiles))
        except (PortMistake, ProfileMistake, OSError) as error:
            raise Unable(f"[[device]] {device.name}: {error}") from None
