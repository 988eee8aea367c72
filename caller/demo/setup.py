"""Prepares a demo hall: a shipped hall on free ports, with simulated devices."""

import errno
import os
import secrets
import socket
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import NamedTuple

from msgspec import structs

from caller.client.client import new_id
from caller.identity.account_file import Act
from caller.identity.account_store import AccountStore
from caller.identity.accounts import Account, new_secret
from caller.identity.enrolment import Stations
from caller.identity.tokens import keep_token
from config import owner_only
from config.process.options import reachable
from config.reading.reader import HALLS, read
from config.settings import Device, Listen, Queue, Settings, is_on_kiosk
from config.writer import write

PC = "pc-1"
MANAGER = "1000"  # the staff number of the demo's one account
PORTS = range(20_000, 32_000)  # Linux gives those from 32,768 to any program (net.ipv4.ip_local_port_range)


class DemoSetup(NamedTuple):
    """A hall ready to run: its file, its data folder, its tokens by "role-name"."""

    settings: Settings
    file: Path
    data: Path
    tokens: dict[str, str]
    password: str  # of the account MANAGER

    @property
    def caller(self) -> str:
        return f"ws://{reachable(self.settings.listen.host)}:{self.settings.listen.caller}"


def prepare(hall: str, data: Path, enrolled: str) -> DemoSetup:
    """Write the hall into `data` and enrol every station. `enrolled`: the text written beside each enrolment."""
    settings = on_this_machine(read(HALLS / f"{hall}.toml"), data)
    phone = structs.replace(
        settings.phone, take=settings.phone.take or "here", book=True
    )  # for a visitor to see
    return written(structs.replace(settings, phone=phone), data, enrolled)


def written(settings: Settings, data: Path, enrolled: str) -> DemoSetup:
    """Write a hall of this machine into `data` and enrol every station."""
    owner_only.make_folder(data)
    file = data / "hall.toml"
    write(settings, file)
    return DemoSetup(settings, file, data, _enrol(settings, data, enrolled), _add_manager(data))


def on_this_machine(settings: Settings, data: Path) -> Settings:
    """Return the hall with free ports, simulated devices and no opening hours: a demo runs at any time of day."""
    caller, web, kiosk, office, *printers = _free_ports(4 + len(settings.devices))
    hall = structs.replace(settings.hall, automatic_day=False)
    queues = tuple(_always_open(queue) for queue in settings.queues)
    return structs.replace(
        settings,
        hall=hall,
        queues=queues,
        listen=Listen(caller=caller, web=web, kiosk=kiosk, office=office),
        devices=tuple(
            _simulated(settings, device, data, number)
            for device, number in zip(settings.devices, printers, strict=True)
        ),
    )


def _always_open(queue: Queue) -> Queue:
    return structs.replace(queue, hours=[])


def _simulated(settings: Settings, device: Device, data: Path, number: int) -> Device:
    """Return a device with the port of its simulator; one PC drives all that hang on no kiosk."""
    if device.kind == "printer":
        return structs.replace(device, port=f"tcp://127.0.0.1:{number}", agent=PC)
    agent = device.agent if is_on_kiosk(settings, device) else PC
    return structs.replace(device, port=f"serial://{data / 'ports' / device.name}", agent=agent)


def _free_ports(count: int) -> list[int]:
    """Return free ports; all are held until all are known, so that they differ.

    They lie below those that Linux gives to any program that asks for one: until the demo's processes listen, and while
    one of them is started again, no other program is given them by chance.
    """
    with ExitStack() as held:
        ports: list[int] = []
        first = PORTS.start + secrets.randbelow(len(PORTS))
        for port in (*range(first, PORTS.stop), *PORTS):
            each = held.enter_context(socket.socket())
            with suppress(OSError):
                each.bind(("127.0.0.1", port))
                ports.append(port)
            if len(ports) == count:
                return ports
    raise OSError(errno.EADDRNOTAVAIL, os.strerror(errno.EADDRNOTAVAIL))


def _enrol(settings: Settings, data: Path, enrolled: str) -> dict[str, str]:
    stations = Stations(data / "stations.db")
    wanted = [("manager", "demo"), ("guide", "demo"), ("board", "demo"), ("web", "web"), ("agent", PC)]
    wanted += [("kiosk", kiosk.id) for kiosk in settings.kiosks]
    wanted += [(role, window.id) for window in settings.windows for role in ("window", "evaluator")]
    wanted += [("supervisor", "demo"), ("office", "office")]
    tokens: dict[str, str] = {}
    try:
        for role, name in wanted:
            tokens[f"{role}-{name}"] = token = stations.enrol(role, name, enrolled)
            keep_token(data, role, name, token)
    finally:
        stations.close()
    return tokens


def _add_manager(data: Path) -> str:
    """Add the account of a manager who may everything, or give the one of an earlier demo a new password; return it."""
    made = Account(MANAGER, name="演示 Demo", roles=("manager", "supervisor", "technician", "auditor"))
    accounts, password = AccountStore(data), new_secret(made)
    try:
        accounts.refresh()
        kind = "account-password" if accounts.get(MANAGER) else "account-added"
        act = Act(new_id(), kind, f"account/{MANAGER}", "demo", "demo", 0)
        if kind == "account-added":
            accounts.add(made, password, act)
        else:
            accounts.change(MANAGER, act, secret=password)
    finally:
        accounts.close()
    return password
