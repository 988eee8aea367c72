"""What an agent reports on: the devices of one line (a bus), and devices that cannot be driven at all.

A device's logic is the agent's guest: what it raises is logged and makes that device an *error*; the devices
beside it, on the same line too, go on.
"""

import asyncio
import logging
from collections.abc import Callable, Sequence
from typing import Protocol

from config.device_port import DevicePort
from config.instants import Micros, Seconds
from devices.inventory import BrokenDevice
from devices.ports.serial_link import LineSettings, PortLink, PortState
from devices.profiles.profile import Profile
from devices.units.unit import Health, Unit, UnitEffect

FAULT = "设备程序出错，见日志 / the device's logic failed; see the log"
log = logging.getLogger("hallcall.devices")


class Reported(Protocol):
    """One device as the caller hears of it. `reported` is the state last reported, None while it must be sent."""

    name: str
    kind: str
    reported: Health | None
    reported_at: Seconds  # monotonic

    def health(self, now: Micros) -> Health | None:
        """Return the state to report; None while it is not known yet."""
        ...


class AgentStation:
    """One device on a line: its name, its logic, its profile."""

    def __init__(self, name: str, unit: Unit, profile: Profile) -> None:
        self.name, self.unit, self.profile = name, unit, profile
        self.kind = unit.kind
        self.bus: Bus | None = None
        self.failed = False
        self.reported: Health | None = None
        self.reported_at: Seconds = 0.0
        self.polled_at: Seconds = 0.0

    def effects(self, ask: Callable[[], Sequence[UnitEffect]]) -> Sequence[UnitEffect]:
        """Return what the logic wants done; nothing, and an error, where it raises."""
        try:
            return ask()
        except Exception:
            self._fail()
            return []

    def health(self, now: Micros) -> Health | None:
        if self.failed or self.bus is None:
            return ("error", FAULT) if self.failed else None
        try:
            return self.bus.health(self, now)
        except Exception:
            self._fail()
            return "error", FAULT

    def _fail(self) -> None:
        """Log the exception being handled, once until the port is opened again."""
        if not self.failed:
            log.exception("%s: %s", self.name, FAULT)
        self.failed = True


class BrokenStation:
    """A device whose row, port or profile is wrong: never opened, always an error, with the reason."""

    def __init__(self, broken: BrokenDevice) -> None:
        self.name, self.kind = broken.device.name, broken.device.kind
        self._health: Health = ("error", broken.why)
        self.reported: Health | None = None
        self.reported_at: Seconds = 0.0

    def health(self, now: Micros) -> Health:
        del now
        return self._health


class BusOwner(Protocol):
    """What a bus needs of the agent."""

    clock: Callable[[], Micros]

    def do(self, station: AgentStation, effects: Sequence[UnitEffect]) -> None: ...
    def look(self) -> None: ...


class Bus:
    """One port with the devices on it; an RS-485 line may carry several."""

    def __init__(
        self, owner: BusOwner, where: DevicePort, line: LineSettings, stations: list[AgentStation]
    ) -> None:
        self.stations = stations
        self._owner = owner
        self._gap: Seconds = max(station.profile.gap_ms for station in stations) / 1000
        self._quiet: asyncio.TimerHandle | None = None
        name = "+".join(station.name for station in stations)
        self.link = PortLink(name, where, line, self.heard, self.changed)
        for station in stations:
            station.bus = self

    def heard(self, data: bytes) -> None:
        """Hand arrived bytes to every device on the line; each picks its own."""
        now = self._owner.clock()
        for station in self.stations:
            self._owner.do(station, station.effects(lambda it=station: it.unit.heard(data, now)))
        if self._quiet:
            self._quiet.cancel()
        self._quiet = asyncio.get_running_loop().call_later(self._gap, self._nearly_silent)

    def _nearly_silent(self) -> None:
        """Look at the port once more: after a stall of this process the rest may wait there unread."""
        self._quiet = asyncio.get_running_loop().call_later(0, self._silent)

    def _silent(self) -> None:
        now = self._owner.clock()
        for station in self.stations:
            self._owner.do(station, station.effects(lambda it=station: it.unit.silence(now)))

    def changed(self, state: PortState, reason: str) -> None:
        """Note that the port opened or was lost."""
        del reason  # health() reads it from the link
        now = self._owner.clock()
        for station in self.stations if state == "open" else []:
            station.failed = False
            self._owner.do(station, station.effects(lambda it=station: it.unit.opened(now)))
        self._owner.look()

    def health(self, station: AgentStation, now: Micros) -> Health | None:
        if self.link.state == "opening":
            return None
        if self.link.state == "lost":
            return "offline", self.link.reason
        return station.unit.health(now)


def line_of(profile: Profile) -> LineSettings:
    """Return the serial settings a profile asks for."""
    line = profile.serial
    return LineSettings(line.baud, line.bits, line.parity, line.stop)
