"""Which programs look after the devices: devices whose program is gone, and programs that run twice. Pure.

A program that is killed reports nothing any more, and its devices would look ready for ever. The caller knows which
stations are connected, so after a while it reports their devices as unknown, by commands of its own that go through
the log like any other. A program that comes back reports its devices anew.

Two agents of one name are two programs on the same devices, each taking the other's keys. The caller lets both work,
for it cannot know which is the right one, and warns: once in its log lines, and in the supervise document for as
long as it lasts. `hallcall devices`, which borrows an agent's token for a moment, and a line that breaks while the
next one is up already, are over by the second look.

`StationList` keeps which of the enrolled stations are connected, and since when, from the caller's start on.
"""

import logging
from collections import Counter
from collections.abc import Iterable, Mapping
from uuid import uuid4

from caller.engine.commands import ReportDevice
from caller.engine.envelope import CommandEnvelope
from caller.engine.register import DeviceStatus
from caller.identity.enrolment import Stations
from caller.protocol.permissions import Station
from caller.service.scheduler import OWN, OwnCommand
from caller.views.stations import StationFacts, StationsKnown
from config.instants import Micros, Seconds
from config.settings import Device, Settings

GONE = "管理它的程序没有连接 / the program that looks after it is not connected"

log = logging.getLogger("hallcall.server")


class StationPresence:
    """When each station was connected last, in monotonic seconds. At the start every one gets `seconds` of grace."""

    def __init__(self, settings: Settings, seconds: float, monotonic: Seconds) -> None:
        self.follow(settings)
        self._seconds = seconds
        self._started = monotonic
        self._seen: dict[Station, float] = {}
        self._asked: set[str] = set()  # devices whose order is unanswered

    def follow(self, settings: Settings) -> None:
        """Go by these settings from now on."""
        self._owners = {device.name: owners(settings, device) for device in settings.devices}

    def orders(
        self, devices: Mapping[str, DeviceStatus], here: Iterable[Station], monotonic: Seconds
    ) -> list[OwnCommand]:
        """Return the caller's own reports of lost devices, each once. `monotonic`: seconds."""
        self._seen |= dict.fromkeys(here, monotonic)
        lost = [
            name
            for name, known in devices.items()
            if known.state != "unknown" and self._gone(name, monotonic)
        ]
        return [self._order(name, devices[name].kind) for name in lost if name not in self._asked]

    def _gone(self, device: str, monotonic: Seconds) -> bool:
        """Return whether no owner of a device is here. One that the hall's file does not name stays as it was."""
        last = [self._seen.get(owner, self._started) for owner in self._owners.get(device, ())]
        return bool(last) and monotonic - max(last) > self._seconds

    def _order(self, device: str, kind: str) -> OwnCommand:
        """Make the command; one that is refused comes again with a later look."""
        self._asked.add(device)
        command = ReportDevice(device, kind, "unknown", GONE)
        order = CommandEnvelope(f"{OWN}-{uuid4().hex}", command, OWN, OWN)
        return order, lambda _answer: self._asked.discard(device)


def owners(settings: Settings, device: Device) -> list[Station]:
    """Return the stations that report a device: kiosks for what is connected to them, the PC's agent for the rest."""
    kiosks = [
        Station("kiosk", kiosk.id)
        for kiosk in settings.kiosks
        if device.name in kiosk.printers or (device.kind == "reader" and device.agent == kiosk.id)
    ]
    return kiosks or [Station("agent", device.agent)]


class DuplicateAgents:
    """The agents connected twice at the last look, and those reported."""

    def __init__(self) -> None:
        self._seen: set[str] = set()
        self._told: set[str] = set()

    def look(self, stations: Iterable[Station]) -> bool:
        """Take the stations connected now; return whether `names` has changed."""
        count = Counter(station.name for station in stations if station.role == "agent")
        now = {name for name, times in count.items() if times > 1}
        told, self._seen = now & self._seen, now
        for name in sorted(told - self._told):
            log.warning("agent %s 同时运行了两个，请停掉一个 / runs twice; stop one of the two", name)
        changed, self._told = told != self._told, told
        return changed

    @property
    def names(self) -> tuple[str, ...]:
        """The agents to warn about, sorted."""
        return tuple(sorted(self._told))


class StationList:
    """The enrolled stations of a caller that has looked since `began` (UTC microseconds), for the topic `stations`."""

    def __init__(self, stations: Stations, began: Micros) -> None:
        self._stations, self._began = stations, began
        self._facts: dict[Station, StationFacts] = {}
        self.known = StationsKnown((), began)

    def look(self, here: Iterable[tuple[Station, str]], now: Micros) -> bool:
        """Take the lines of `now` (UTC microseconds), each with its program's version; return whether anything is different."""
        lines: dict[Station, int] = {}
        versions: dict[Station, str] = {}
        for station, version in here:
            lines[station] = lines.get(station, 0) + 1
            versions[station] = version
        facts = {each: self._seen(each, lines, versions, now) for each in self._stations.enrolled()}
        if facts == self._facts:
            return False
        self._facts = facts
        self.known = StationsKnown(tuple(facts.values()), self._began)
        return True

    def _seen(
        self, station: Station, lines: Mapping[Station, int], versions: Mapping[Station, str], now: Micros
    ) -> StationFacts:
        before = self._facts.get(station, StationFacts(*station))
        count = lines.get(station, 0)
        changed = bool(count) != bool(before.lines)
        version = versions.get(station, before.version)
        return before._replace(lines=count, since=now if changed else before.since, version=version)
