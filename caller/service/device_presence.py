"""Devices that nobody watches any more, because their agent or kiosk is gone.

A program that is killed says no last words; its devices would look ready for ever. The caller knows who is
connected, so after a while it says itself that their state is unknown, by orders of its own that go through
the log like any other. Whoever comes back tells its devices anew. Pure: who is here and when is handed in.
"""

from collections.abc import Callable, Iterable, Mapping
from uuid import uuid4

from caller.engine.commands import CommandEnvelope, ReportDevice
from caller.engine.register import DeviceStatus
from caller.protocol.frames import Done, RefusedFrame
from caller.protocol.permissions import Station
from caller.service.scheduler import OWN
from config.settings import Device, Settings

GONE = "管理它的程序没有连接 / the program that looks after it is not connected"

OwnCommand = tuple[CommandEnvelope, Callable[[Done | RefusedFrame], None]]


class StationPresence:
    """Remembers when each station was here last; from the start on, all have so long to come."""

    def __init__(self, settings: Settings, seconds: float, now: float) -> None:
        self._owners = {device.name: owners(settings, device) for device in settings.devices}
        self._seconds = seconds
        self._started = now
        self._seen: dict[Station, float] = {}
        self._asked: set[str] = set()  # devices whose order is unanswered

    def orders(
        self, devices: Mapping[str, DeviceStatus], here: Iterable[Station], now: float
    ) -> list[OwnCommand]:
        """What the caller must say itself, each thing once; `now` in seconds that never jump."""
        self._seen |= dict.fromkeys(here, now)
        lost = [name for name, known in devices.items() if known.state != "unknown" and self._gone(name, now)]
        return [self._order(name, devices[name].kind) for name in lost if name not in self._asked]

    def _gone(self, device: str, now: float) -> bool:
        """A device the hall's file does not name is nobody's, and stays as it was told."""
        last = [self._seen.get(owner, self._started) for owner in self._owners.get(device, ())]
        return bool(last) and now - max(last) > self._seconds

    def _order(self, device: str, kind: str) -> OwnCommand:
        """One that is refused comes again with a later look."""
        self._asked.add(device)
        command = ReportDevice(device, kind, "unknown", GONE)
        order = CommandEnvelope(f"{OWN}-{uuid4().hex}", command, OWN, OWN)
        return order, lambda _answer: self._asked.discard(device)


def owners(settings: Settings, device: Device) -> list[Station]:
    """The stations that may speak for this device: kiosks for what hangs on them, the PC's agent for the rest."""
    kiosks = [
        Station("kiosk", kiosk.id)
        for kiosk in settings.kiosks
        if device.name in kiosk.printers or (device.kind == "reader" and device.agent == kiosk.id)
    ]
    return kiosks or [Station("agent", device.agent)]
