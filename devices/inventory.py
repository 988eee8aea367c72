"""Which devices one PC owns, built from the hall's settings: unit, profile and port of each.

The config decides what hangs where; a port may be named anew on the command line, for training and for the
demo. All mistakes are found before anything is opened.
"""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from msgspec import Struct

from config.settings import Device, Settings, is_on_kiosk
from devices.agent import Agent, AgentStation, Unit
from devices.ports.serial_link import BadPort, LineSettings, SerialPortUrl, port
from devices.profiles.profile import Profile, ProfileMistake, find
from devices.units import reader
from devices.units.call_keypad import CallKeypad
from devices.units.evaluator import Evaluator
from devices.units.reader import Read, ReaderUnit
from devices.units.sign import Sign

DEFAULT_PROFILES = {
    "evaluator": "evaluator-sum5",
    "caller-pad": "pad-sum8",
    "sign": "sign-strip",
    "reader": reader.DEFAULT_PROFILE,
}


class InventoryMistakes(Exception):
    """Every mistake in a PC's devices; its text is for the technician."""


class DeviceEntry(Struct, frozen=True):
    """One device, ready to be put on its port."""

    device: Device
    profile: Profile
    where: SerialPortUrl
    address: int


OnRead = Callable[[str, Read], None]


class BuildContext(Struct, frozen=True):
    """What building a device needs beside its row: the hall, the key for ID numbers, who hears of reads."""

    settings: Settings
    key: bytes = b""
    told: OnRead = lambda name, read: None  # noqa: ARG005
    only_tells: bool = False  # readers send no commands of their own


BuildUnit = Callable[[DeviceEntry, BuildContext], Unit]


def rows(
    settings: Settings, pc: str, ports: Mapping[str, str], folder: Path | None = None
) -> list[DeviceEntry]:
    """The devices of `pc` that an agent drives. Raises `InventoryMistakes`."""
    owned = [device for device in settings.devices if device.agent == pc and device.kind in DEFAULT_PROFILES]
    return _built([device for device in owned if not is_on_kiosk(settings, device)], settings, ports, folder)


def kiosk_rows(
    settings: Settings, kiosk: str, ports: Mapping[str, str], folder: Path | None = None
) -> list[DeviceEntry]:
    """The readers that hang on this kiosk. Raises `InventoryMistakes`."""
    hung = [device for device in settings.devices if device.agent == kiosk and is_on_kiosk(settings, device)]
    return _built(hung, settings, ports, folder)


def _built(
    devices: Sequence[Device], settings: Settings, ports: Mapping[str, str], folder: Path | None
) -> list[DeviceEntry]:
    found: list[DeviceEntry] = []
    wrong: list[str] = []
    for device in devices:
        try:
            found.append(row(device, ports.get(device.name, device.port), folder))
        except (ProfileMistake, BadPort) as error:
            wrong.append(f"[[device]] {device.name}: {error}")
    wrong += _unknown(ports, settings) + _clashes(found)
    if wrong:
        raise InventoryMistakes("\n".join(wrong))
    return found


def row(device: Device, where: str, folder: Path | None = None) -> DeviceEntry:
    """One device with its profile and port. Raises `ProfileMistake` or `BadPort`."""
    profile = find(device.profile or DEFAULT_PROFILES[device.kind], folder)
    if profile.kind != device.kind:
        raise ProfileMistake(f"型号描述属于 / that profile is for: {profile.kind}, not {device.kind}")
    if device.kind in ("evaluator", "caller-pad") and not device.window:
        raise ProfileMistake("没有写 window / says no window")
    place = port(where)
    return DeviceEntry(device, profile, place, place.number("address", profile.address))


def topics(means: BuildContext, devices: Sequence[DeviceEntry]) -> list[str]:
    """What the agent must watch for these devices."""
    return sorted({topic for each in devices for topic in unit(each, means).topics})


def fill(agent: Agent, means: BuildContext, devices: Sequence[DeviceEntry]) -> None:
    """Put the devices on the agent's buses, those with the same port together."""
    by_place: dict[str, list[DeviceEntry]] = {}
    for each in devices:
        by_place.setdefault(each.where.place, []).append(each)
    for group in by_place.values():
        first = group[0]
        stations = [AgentStation(each.device.name, unit(each, means), each.profile) for each in group]
        agent.add(first.where, wire(first.profile), stations)


def unit(each: DeviceEntry, means: BuildContext) -> Unit:
    """The logic of one device."""
    return BUILD[each.device.kind](each, means)


def wire(profile: Profile) -> LineSettings:
    line = profile.serial
    return LineSettings(line.baud, line.bits, line.parity, line.stop)


def _unknown(ports: Mapping[str, str], settings: Settings) -> list[str]:
    known = [device.name for device in settings.devices]
    wrong = [name for name in ports if name not in known]
    return [f"--port {name}: 没有这个设备 / no such device; known: {', '.join(known)}" for name in wrong]


def _clashes(found: list[DeviceEntry]) -> list[str]:
    """Two devices with the same address on one line would both take every frame."""
    seen: dict[tuple[str, int], str] = {}
    wrong: list[str] = []
    for each in found:
        key = (each.where.place, each.address)
        if key in seen:
            words = "端口和地址相同 / same port and address as"
            wrong.append(f"[[device]] {each.device.name}: {words} {seen[key]}; use ?address=N")
        seen.setdefault(key, each.device.name)
    return wrong


def _evaluator(each: DeviceEntry, means: BuildContext) -> Unit:
    del means
    return Evaluator(each.device.window, each.profile, each.address)


def _pad(each: DeviceEntry, means: BuildContext) -> Unit:
    windows = frozenset(window.id for window in means.settings.windows)
    return CallKeypad(each.device.window, each.profile, each.address, windows)


def _sign(each: DeviceEntry, means: BuildContext) -> Unit:
    del means
    return Sign(each.device.window, each.profile, each.address)


def _reader(each: DeviceEntry, means: BuildContext) -> Unit:
    name = each.device.name
    return ReaderUnit(each.profile, means.key, lambda read: means.told(name, read), means.only_tells)


BUILD: dict[str, BuildUnit] = {"evaluator": _evaluator, "caller-pad": _pad, "sign": _sign, "reader": _reader}
