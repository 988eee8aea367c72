"""`hallcall device test` and `hallcall device learn`: one device on one port, without a caller.

Learning shows raw frames as hex, apart by the pauses between them, with the checks that would fit each, and at the
end what all of them share; that and docs/devices.md are enough to write a profile in a minute.
"""

import asyncio
import time
from contextlib import suppress
from pathlib import Path

import click

from config import device_port
from config.device_port import PortMistake
from config.process.options import Unable, settings_of
from config.settings import Device, Settings
from devices.agent.stations import line_of
from devices.inventory import BuildContext, DeviceEntry, entry, unit
from devices.ports.serial_link import LineSettings, PortLink, PortState
from devices.printer import Printer, encode, trial_sheet
from devices.profiles.profile_reader import ProfileMistake
from devices.protocols.check_search import guess, guess_all
from devices.units.unit import Unit

GAP_SECONDS = 0.05  # keypads pause for far longer between two presses, and for far less inside a frame
TRY_SECONDS = 0.25  # between two looks at what the device should show


def micros() -> int:
    return time.time_ns() // 1000


class Listener:
    """Prints what a port says, frame by frame."""

    def __init__(self) -> None:
        self.frames: list[bytes] = []
        self._open: bytes = b""
        self._quiet: asyncio.TimerHandle | None = None
        self._said = ""

    def heard(self, data: bytes) -> None:
        self._open += data
        if self._quiet:
            self._quiet.cancel()
        self._quiet = asyncio.get_running_loop().call_later(GAP_SECONDS, self._end)

    def _end(self) -> None:
        frame, self._open = self._open, b""
        self.frames.append(frame)
        click.echo(describe(len(self.frames), frame))

    def changed(self, state: PortState, reason: str) -> None:
        said = {"open": "端口已打开，请逐个按键 / port open, press the keys one by one"}.get(state, reason)
        if said != self._said:  # it is tried again each second; once is enough to say so
            click.echo(said)
        self._said = said


def describe(number: int, frame: bytes) -> str:
    """Return one captured frame: hex, text, and the checks that fit."""
    text = "".join(chr(byte) if 0x20 <= byte < 0x7F else "." for byte in frame)
    fits = "，".join(guess(frame))
    return f"{number:3d}  {len(frame):2d}  {frame.hex(' ').upper()}  |{text}|" + (
        f"  校验 check: {fits}" if fits else ""
    )


def learn_port(where: str, baud: int, seconds: float) -> None:
    """Listen on a port for some seconds, and print the frames, what they share and which check fits.

    Raises `Unable`.
    """
    try:
        place = device_port.parse(where if "://" in where else f"serial://{where}")
    except PortMistake as error:
        raise Unable(str(error)) from None
    listener = Listener()
    link = PortLink(where, place, LineSettings(baud), listener.heard, listener.changed)
    with suppress(KeyboardInterrupt, TimeoutError):
        asyncio.run(_bounded(link, seconds))
    same = same_bytes(listener.frames)
    if same:
        click.echo(f"各帧相同的字节 / bytes alike in all frames: {same}")
    fits = guess_all(listener.frames)
    if len(set(listener.frames)) > 1:
        click.echo(f"各帧都合的校验 / checks that fit all frames: {'，'.join(fits) or '无 none'}")


async def _bounded(link: PortLink, seconds: float) -> None:
    async with asyncio.timeout(seconds or None):
        await link.run()


def same_bytes(frames: list[bytes]) -> str:
    """Return the first draft of a layout: what never changed, and `..` for what did."""
    if len(frames) < 2 or len({len(frame) for frame in frames}) != 1:
        return ""
    columns = zip(*frames, strict=True)
    return " ".join(f"{column[0]:02X}" if len(set(column)) == 1 else ".." for column in columns)


def try_device(hall: Path, name: str, ports: dict[str, str], seconds: float) -> None:
    """Talk to one device of the hall for some seconds, or until Ctrl+C, and print its state.

    Raises `Unable`; exits with 1 if it is not ready.
    """
    settings = settings_of(hall)
    devices = {device.name: device for device in settings.devices}
    if name not in devices:
        raise Unable(f"没有设备 / no device {name}; known: {', '.join(devices)}")
    device = devices[name]
    if device.kind == "printer":
        try_printer(settings, device, ports.get(name, device.port))
        return
    try:
        each = entry(device, ports.get(name, device.port), settings, hall.parent / "profiles")
    except (ProfileMistake, PortMistake) as error:
        raise Unable(f"[[device]] {name}: {error}") from None
    logic = unit(each, BuildContext(settings, b"test only", lambda _, read: click.echo(type(read).__name__)))
    state = asyncio.run(_try(each, logic, seconds))
    click.echo(f"{name}: {state}")
    if not state.startswith("ready"):
        raise SystemExit(1)


def try_printer(settings: Settings, device: Device, where: str) -> None:
    """Print a test paper and the printer's state. Raises `Unable`; exits with 1 if it was not printed."""
    try:
        printer = Printer(where, device.width_px)
    except PortMistake as error:
        raise Unable(f"[[device]] {device.name}: {error}") from None
    state = printer.state()
    click.echo(f"{device.name}: {state} {printer.detail}".rstrip())
    if state in ("offline", "paper-out", "cover-open", "error"):
        raise SystemExit(1)
    outcome = printer.print(encode(trial_sheet(settings, device), device.width_px, printer.mode))
    printer.close()
    click.echo(f"测试页 test paper: {outcome}")
    if outcome != "printed":
        raise SystemExit(1)


async def _try(each: DeviceEntry, logic: Unit, seconds: float) -> str:
    """Open, show, listen, and say what may be said of it."""
    listener = Listener()

    def heard(data: bytes) -> None:
        logic.heard(data, micros())
        listener.heard(data)

    def changed(state: PortState, reason: str) -> None:
        listener.changed(state, reason)
        if state == "open":
            logic.opened(micros())
            _write(link, logic)

    link = PortLink(each.device.name, each.where, line_of(each.profile), heard, changed)
    running = asyncio.create_task(link.run())
    try:
        until = time.monotonic() + seconds
        with suppress(asyncio.CancelledError):  # Ctrl+C: seen enough
            while time.monotonic() < until:
                await asyncio.sleep(TRY_SECONDS)
                for effect in logic.poll() if link.state == "open" else []:
                    if isinstance(effect, bytes):
                        link.write(effect)
        state, detail = logic.health(micros()) if link.state == "open" else ("offline", link.reason)
        return f"{state} {detail}".strip()
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


def _write(link: PortLink, logic: Unit) -> None:
    for effect in logic.trial():
        if isinstance(effect, bytes):
            link.write(effect)
