"""The kiosk, printers and readers that a command line names, looked up in the hall's settings.

Every function raises `Unable` with what is wrong and what to do.
"""

from pathlib import Path

from caller.identity.id_hash import BadKey
from config.device_port import PortMistake
from config.process.options import Unable
from config.settings import Kiosk, Settings
from devices.inventory import PortOptionMistake
from devices.printer import Printer
from kiosk import readers


def kiosk_named(settings: Settings, name: str) -> Kiosk:
    """Return the kiosk of this id. Raises `Unable`, with the ids there are."""
    known = {each.id: each for each in settings.kiosks}
    if name not in known:
        names = "、".join(known) or "（无）"
        raise Unable(
            f"配置里没有取号机 {name}，已有：{names}。请在 [[kiosk]] 中添加，或用 --name 选择。\n"
            f"The hall's file has no kiosk {name}; it has: {', '.join(known) or 'none'}. Add a [[kiosk]] or choose one with --name."
        )
    return known[name]


def printers_of(settings: Settings, kiosk: Kiosk, given: tuple[str, ...]) -> dict[str, Printer]:
    """Return the kiosk's printers in order of preference; `given` (NAME=PORT) replaces the port of one.

    Raises `Unable`.
    """
    devices = {device.name: device for device in settings.devices}
    ports = {name: devices[name].port for name in kiosk.printers if name in devices}
    for name, port in pairs("--printer", given).items():
        if name not in ports:
            known = ", ".join(ports)
            raise Unable(
                f"--printer {name}：{kiosk.id} 没有这台打印机，已有：{known or '（无）'}。请核对名称，或加到 [[kiosk]] 的 printers。\n"
                f"--printer {name}: {kiosk.id} has no such printer; it has: {known or 'none'}. "
                "Check the name, or add it to printers of its [[kiosk]]."
            )
        ports[name] = port
    try:
        return {name: Printer(port, devices[name].width_px) for name, port in ports.items()}
    except PortMistake as error:
        raise Unable(str(error)) from None


def attached_readers(
    settings: Settings, kiosk: Kiosk, given: tuple[str, ...], data: Path, profiles: Path
) -> readers.AttachedReaders:
    """Return the readers attached to the kiosk; `given` (NAME=PORT) replaces the port of one. Raises `Unable`."""
    ports = pairs("--reader", given)
    try:
        return readers.attached_readers(settings, kiosk.id, ports, data, profiles)
    except (PortOptionMistake, BadKey) as error:
        raise Unable(str(error)) from None


def pairs(option: str, given: tuple[str, ...]) -> dict[str, str]:
    """Return the values of an option that is written NAME=PORT, by name. Raises `Unable`."""
    for pair in given:
        if "=" not in pair:
            raise Unable(f"{option} 须写成 名称=端口：{pair}\n{option} must be NAME=PORT: {pair}")
    return {name: port for name, _, port in (pair.partition("=") for pair in given)}
