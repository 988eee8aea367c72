"""Which devices one PC drives, built from the hall's settings: logic, profile and port of each.

The config decides what hangs where; a port may be named anew on the command line, for training and for the
demo. A device whose row cannot be used is *broken*: it is reported as an error, and its neighbours work.
"""

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path

from msgspec import Struct
from serial.tools.list_ports import comports

from caller.identity.id_hash import PersonKey
from config import device_port
from config.device_port import DevicePort, PortMistake, parse
from config.hall_lists import file_texts
from config.paper.template_files import TemplateFolder
from config.probe import Examined, Finding, wrong
from config.reading.errors import Mistake
from config.settings import Device, Settings, agent_printers, is_on_kiosk
from devices.profiles.profile import DEFAULT_PROFILES, Profile
from devices.profiles.profile_reader import ProfileMistake, find_for
from devices.units.call_keypad import CallKeypad
from devices.units.evaluator import Evaluator
from devices.units.reader import Read, ReaderUnit
from devices.units.sign import Sign
from devices.units.unit import Unit


class PortOptionMistake(Exception):
    """A port named anew on the command line is none, or for no device of the hall; the text says which."""


class DeviceEntry(Struct, frozen=True):
    """One device, ready to be put on its port."""

    device: Device
    profile: Profile
    where: DevicePort
    address: int


class PrinterEntry(Struct, frozen=True):
    """A printer that this PC's agent prints on, and its port."""

    device: Device
    port: str


class BrokenDevice(Struct, frozen=True):
    """A device that cannot be driven as its row stands, and why."""

    device: Device
    why: str


class Inventory(Struct, frozen=True):
    """The devices of one PC or kiosk."""

    entries: tuple[DeviceEntry, ...] = ()
    printers: tuple[PrinterEntry, ...] = ()
    broken: tuple[BrokenDevice, ...] = ()

    @property
    def reads_cards(self) -> bool:
        """Whether an ID reader is among them, which needs the site's key."""
        return any(each.profile.protocol == "sdt" for each in self.entries)


OnRead = Callable[[str, Read], None]


class BuildContext(Struct, frozen=True):
    """What device logic is built with.

    key: HMAC key for ID numbers, empty where no card is read. on_read: called with a reader's name and what
    it read. reads_only: readers send no commands of their own.
    """

    settings: Settings
    key: PersonKey = b""
    on_read: OnRead = lambda name, read: None  # noqa: ARG005
    reads_only: bool = False
    templates: TemplateFolder | None = None  # of papers; ours without it


BuildUnit = Callable[[DeviceEntry, BuildContext], Unit]


def agent_devices(
    settings: Settings, pc: str, ports: Mapping[str, str], folder: Path | None = None
) -> Inventory:
    """Return the devices that the agent of `pc` drives: those on lines, and printers that no kiosk prints on.

    Raises `PortOptionMistake`.

    ports: device name → port to use instead; folder: the hall's own profiles.
    """
    owned = [device for device in settings.devices if device.agent == pc and device.kind in DEFAULT_PROFILES]
    found = _built([device for device in owned if not is_on_kiosk(settings, device)], settings, ports, folder)
    printers: list[PrinterEntry] = []
    broken = list(found.broken)
    for device in agent_printers(settings, pc):
        port = ports.get(device.name, device.port)
        try:
            device_port.parse(port, device.kind)
        except PortMistake as error:
            broken.append(BrokenDevice(device, str(error)))
        else:
            printers.append(PrinterEntry(device, port))
    return Inventory(found.entries, tuple(printers), tuple(broken))


def kiosk_devices(
    settings: Settings, kiosk: str, ports: Mapping[str, str], folder: Path | None = None
) -> Inventory:
    """Return the readers that hang on this kiosk. Raises `PortOptionMistake`."""
    attached = [each for each in settings.devices if each.agent == kiosk and is_on_kiosk(settings, each)]
    return _built(attached, settings, ports, folder)


def entry(device: Device, where: str, settings: Settings, folder: Path | None = None) -> DeviceEntry:
    """Return one device with its profile and port. Raises `ProfileMistake` or `PortMistake`."""
    profile = find_for(device.kind, device.profile, folder, file_texts(settings, "profile"))
    if device.kind in ("evaluator", "caller-pad") and not device.window:
        raise ProfileMistake([Mistake("", "window", "没有写 window", "No window is written")])
    port = device_port.parse(where, device.kind)
    return DeviceEntry(device, profile, port, port.option("address", profile.address))


def topics(context: BuildContext, inventory: Inventory) -> list[str]:
    """Return the caller's topics that these devices need."""
    return sorted({topic for each in inventory.entries for topic in unit(each, context).topics})


def unit(each: DeviceEntry, context: BuildContext) -> Unit:
    """Return the logic of one device."""
    return BUILD[each.device.kind](each, context)


def _built(
    devices: Sequence[Device], settings: Settings, ports: Mapping[str, str], folder: Path | None
) -> Inventory:
    if wrong := [mistake for name in ports if (mistake := _option_mistake(settings, name, ports[name]))]:
        raise PortOptionMistake("\n".join(wrong))
    entries: list[DeviceEntry] = []
    broken: list[BrokenDevice] = []
    on_line: dict[tuple[str, int], str] = {}
    for device in devices:
        try:
            found = entry(device, ports.get(device.name, device.port), settings, folder)
        except ProfileMistake as error:
            broken.append(BrokenDevice(device, error.found[0].in_a_line()))
            continue
        except PortMistake as error:
            broken.append(BrokenDevice(device, str(error)))
            continue
        if other := on_line.get((found.where.place, found.address)):
            why = f"端口和地址与 {other} 相同，请写 ?address=N / same port and address as {other}; use ?address=N"
            broken.append(BrokenDevice(device, why))
            continue
        on_line[found.where.place, found.address] = device.name
        entries.append(found)
    return Inventory(tuple(entries), broken=tuple(broken))


def _option_mistake(settings: Settings, name: str, text: str) -> str:
    """Return what is wrong with one --port NAME=PORT, or ""."""
    kinds = {device.name: device.kind for device in settings.devices}
    if name not in kinds:
        return f"--port {name}: 没有这个设备 / no such device; known: {', '.join(kinds)}"
    try:
        device_port.parse(text, kinds[name])
    except PortMistake as error:
        return f"--port {name}: {error}"
    return ""


def _evaluator(each: DeviceEntry, context: BuildContext) -> Unit:
    del context
    return Evaluator(each.device.window, each.profile, each.address)


def _call_keypad(each: DeviceEntry, context: BuildContext) -> Unit:
    windows = frozenset(window.id for window in context.settings.windows)
    required = context.settings.accounts.required
    return CallKeypad(each.device.window, each.profile, each.address, windows, required)


def _sign(each: DeviceEntry, context: BuildContext) -> Unit:
    del context
    return Sign(each.device.window, each.profile, each.address)


def _reader(each: DeviceEntry, context: BuildContext) -> Unit:
    name = each.device.name
    desks = {window.id for window in context.settings.windows if window.kind == "guide"}
    desk = each.device.window if each.device.window in desks else ""
    return ReaderUnit(
        each.profile, context.key, lambda read: context.on_read(name, read), context.reads_only, desk
    )


BUILD: dict[str, BuildUnit] = {
    "evaluator": _evaluator,
    "caller-pad": _call_keypad,
    "sign": _sign,
    "reader": _reader,
}


# --- what is wrong with them


def missing_ports(hall: Examined) -> Iterable[Finding]:
    """Find devices of this PC whose port is not there, or not this user's to open. A PC without a name has none."""
    here = {hall.pc} | {
        name for kiosk in hall.settings.kiosks if kiosk.id == hall.pc for name in kiosk.printers
    }
    for device in hall.settings.devices:
        if not hall.pc or (device.agent != hall.pc and device.name not in here):
            continue
        try:
            port = parse(device.port, device.kind)
        except PortMistake as mistake:
            yield wrong("bad-port", name=device.name, detail=mistake)
            continue
        if port.kind not in ("serial", "file") or "plain" in port.options or not port.path:
            continue
        if port.is_com and os.name != "posix":
            if port.path not in {each.device for each in comports()}:
                yield wrong("not-plugged-in", name=device.name, path=port.path)
            continue
        path = Path(port.path)
        if not path.exists():
            yield wrong("not-plugged-in", name=device.name, path=path)
        elif not os.access(path, os.R_OK | os.W_OK):
            yield wrong("no-permission", name=device.name, path=path)
