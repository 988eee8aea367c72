"""`hallcall simulated keypad|pad|sign|reader`: a twin under a name that an agent can open.

What the device is shown comes out as one JSON object a line; what one types is pressed: a key's meaning
("5", "next", "transfer"), "digits 12", "unplug", "plug", or a knob ("babble on", "silent off").
"""

import asyncio
import json
import signal
from collections.abc import Callable, Coroutine
from contextlib import suppress
from pathlib import Path
from typing import Any

import click

from devices.cli import stop
from devices.profile import MEANINGS, Mistake, Profile, find
from devices.simulated.cable import Cable, Knobs
from devices.simulated.keypad import Keypad, Shown, rate_when_asked
from devices.simulated.pad import PadTwin
from devices.simulated.reader import CardTwin, ScannerTwin, number_for
from devices.simulated.sign import SignTwin
from devices.simulated.typed import obey_typed

LINK = click.option("--link", type=click.Path(path_type=Path), required=True, help="设备名，代理打开它 / the name an agent opens")  # fmt: skip
ADDRESS = click.option("--address", type=int, default=None, help="总线地址 / address on the line")
USUAL = "5=60,4=30,3=6,2=2,1=1,0=10"  # about what the study's districts rate; 0 is a person who goes
SWITCHES = ("silent", "deaf", "babble")


def profile_option(default: str) -> Callable[..., Any]:
    return click.option("--profile", default=default, show_default=True, help="型号描述 / profile")


@click.command()
@LINK
@profile_option("evaluator-sum5")
@ADDRESS
@click.option(
    "--auto",
    default="",
    metavar="5=60,0=40",
    help="被询问后自动按键的权重，usual 为常见分布 / press by itself",
)
@click.option("--think", default=2.0, show_default=True, help="按键前想几秒 / seconds before pressing")
@click.option("--seed", default=1, show_default=True)
def keypad(link: Path, profile: str, address: int | None, auto: str, think: float, seed: int) -> None:
    """评价器 / an evaluator keypad."""
    given = weights(USUAL if auto == "usual" else auto)

    async def scene() -> None:
        async with Keypad(profile_named(profile), link, address, told=say) as twin:
            ready("keypad", link)
            robot = [asyncio.create_task(rate_when_asked(twin, given, think, seed))] if given else []
            await typed(lambda line: obey(twin, line))
            for task in robot:
                task.cancel()

    run(scene())


@click.command()
@LINK
@profile_option("pad-sum8")
@ADDRESS
def pad(link: Path, profile: str, address: int | None) -> None:
    """叫号器 / a hard caller with its display."""

    async def scene() -> None:
        async with PadTwin(profile_named(profile), link, address) as twin:
            ready("pad", link)
            await typed(lambda line: obey(twin, line), shows(twin))

    run(scene())


@click.command()
@LINK
@profile_option("sign-strip")
@ADDRESS
def sign(link: Path, profile: str, address: int | None) -> None:
    """显示屏 / a sign; what it shows is printed."""

    async def scene() -> None:
        async with SignTwin(profile_named(profile), link, address) as twin:
            ready("sign", link)
            await typed(lambda line: obey(twin, line), shows(twin))

    run(scene())


@click.command()
@LINK
@click.option("--card", is_flag=True, help="二代身份证阅读器 / an ID reader instead of a scanner")
def reader(link: Path, card: bool) -> None:
    """扫码器或身份证阅读器；输入一行即扫描一次 / a scanner or an ID reader; a typed line is a scan."""

    async def scanner() -> None:
        async with ScannerTwin(link) as twin:
            ready("reader", link)
            await typed(lambda line: obey_cable(twin.cable, line) or twin.scan(line))

    async def cards() -> None:
        async with CardTwin(link) as twin:
            ready("reader", link)
            await typed(lambda line: obey_cable(twin.cable, line) or lay(twin, line))

    run(cards() if card else scanner())


def lay(twin: CardTwin, line: str) -> None:
    """ "姓名 7 1950" lays the made-up card number seven of one born in 1950; an empty line takes it off."""
    if not line:
        twin.take()
        return
    name, serial, born = _card_words(line.split())
    if not (serial.isdecimal() and born.isdecimal() and len(born) == 4):
        click.echo("应写作：姓名 [序号 [出生年]] / write: NAME [SERIAL [YEAR OF BIRTH]]", err=True)
        return
    twin.lay(name, number_for(int(serial), int(born)))


def _card_words(words: list[str]) -> tuple[str, str, str]:
    return words[0], words[1] if len(words) > 1 else "1", words[2] if len(words) > 2 else "1990"


def profile_named(name: str) -> Profile:
    try:
        return find(name)
    except Mistake as error:
        stop(str(error))
        raise


def weights(text: str) -> dict[int, float]:
    try:
        pairs = (part.split("=") for part in text.split(",") if part)
        return {int(level): float(weight) for level, weight in pairs}
    except ValueError:
        stop(f"--auto {text}：应写作 5=60,0=40 / write 5=60,0=40")
        raise


def ready(kind: str, link: Path) -> None:
    click.echo(f"simulated {kind} ready serial://{link}")


def say(shown: Shown) -> None:
    fields = {name: raw.hex() for name, raw in shown.fields.items() if name not in ("", "check", "length")}
    print(json.dumps({"shown": shown.name, **fields}), flush=True)


async def shows(twin: PadTwin | SignTwin) -> None:
    """Print the display's line whenever it changes."""
    told: list[str] = [""]
    while True:
        await twin.until(lambda: twin.line != told[-1])
        told[:] = [twin.line]
        print(json.dumps({"line": twin.line}, ensure_ascii=False), flush=True)


def obey(twin: Keypad, line: str) -> None:
    """One typed line."""
    if obey_cable(twin.cable, line):
        return
    word, _, rest = line.partition(" ")
    if word == "digits":
        for digit in rest:
            twin.press(f"digit-{digit}")
        return
    meaning = f"level-{word}" if word.isdigit() else word
    if meaning in twin.profile.meanings().values():
        twin.press(meaning)
    else:
        known = ", ".join(MEANINGS[twin.profile.kind])
        click.echo(
            f"没有这个键 / no such key {word}; known: {known}, digits N, plug, unplug, {', '.join(SWITCHES)}",
            err=True,
        )


def obey_cable(cable: Cable, line: str) -> bool:
    """Plugging and knobs; False when the line is none of these."""
    word, _, rest = line.partition(" ")
    if word in ("plug", "unplug"):
        cable.plug() if word == "plug" else cable.unplug()
        return True
    if word in SWITCHES:
        setattr(cable.knobs, word, rest != "off")
        return True
    if word in ("slow", "lose", "cut") and rest:
        name = {"slow": "slow_ms", "lose": "lose", "cut": "cut_after"}[word]
        setattr(cable.knobs, name, type(getattr(Knobs(), name))(float(rest)))
        return True
    return False


async def typed(obeyed: Callable[[str], object], *beside: Coroutine[Any, Any, None]) -> None:
    """Obey what is typed until Ctrl-C; the end of the input alone ends nothing."""
    tasks = [asyncio.create_task(work) for work in beside]
    await obey_typed(obeyed)
    try:
        await asyncio.Event().wait()
    finally:
        for task in tasks:
            task.cancel()


def run(scene: Coroutine[Any, Any, None]) -> None:
    async def until_told() -> None:
        task = asyncio.ensure_future(scene)
        for number in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(number, task.cancel)
        with suppress(asyncio.CancelledError):
            await task

    try:
        asyncio.run(until_told())
    except FileExistsError as error:
        stop(str(error))
