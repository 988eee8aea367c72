"""Who may speak when: one loudspeaker's queue for each zone of the hall. Pure; the clock is handed in.

A page that wants to announce a call asks first. It is told to speak, to wait until the place is quiet, or
to be silent: because the call was announced there already (by itself before it was loaded again, or by a
second board), or because it is older than 30 seconds. So a call sounds at most once per place, ever, and two
never overlap. What was announced needs remembering no longer than a call may still be announced.
"""

from typing import NamedTuple

import msgspec
from msgspec import Struct, field

ANNOUNCE_MICROS = 30_000_000  # a call older than this is shown, never spoken
PAUSE_MICROS = 400_000  # between two announcements, so that one hears where the first ends
ZONES_MAX = 64  # loudspeakers of one hall
SILENT_WHY = {"spoken": "已播报", "old": "超过 30 秒", "zones": "声区过多"}


class Grant(NamedTuple):
    """Speak now, and be done by `until` (UTC microseconds)."""

    until: int


class Wait(NamedTuple):
    """Ask again after so many microseconds."""

    micros: int


class Silent(NamedTuple):
    """Say nothing; `why` is a key of SILENT_WHY."""

    why: str


class Zone(Struct):
    """One place with a loudspeaker: busy until when, and which calls were announced at what instant."""

    busy_until: int = 0
    spoken: dict[str, int] = field(default_factory=dict)  # call → when it was called


class AnnouncementQueue:
    """All zones of a hall."""

    def __init__(self, zones: dict[str, Zone] | None = None) -> None:
        self._zones = zones or {}

    def ask(self, zone: str, call: int, at: int, now: int, length: int) -> Grant | Wait | Silent:
        """May `zone` announce `call` (called at `at`), which sounds for `length` microseconds?"""
        place = self._place(zone, now)
        if place is None:
            return Silent("zones")
        self._forget(place, now)
        if str(call) in place.spoken:
            return Silent("spoken")
        if now - at > ANNOUNCE_MICROS:
            return Silent("old")
        if now < place.busy_until:
            return Wait(place.busy_until - now)
        place.spoken[str(call)] = at
        place.busy_until = now + length + PAUSE_MICROS
        return Grant(now + length)

    def dump(self) -> bytes:
        """What must outlive this process, so that a restart repeats nothing."""
        return msgspec.json.encode(self._zones)

    @classmethod
    def load(cls, data: bytes) -> "AnnouncementQueue":
        """From `dump`; a damaged file is an empty memory, and age alone then keeps old calls silent."""
        try:
            return cls(msgspec.json.decode(data, type=dict[str, Zone]))
        except msgspec.DecodeError:
            return cls()

    def _place(self, zone: str, now: int) -> Zone | None:
        if zone not in self._zones and len(self._zones) >= ZONES_MAX:
            self._forget_idle(now)
        if zone not in self._zones and len(self._zones) >= ZONES_MAX:
            return None
        return self._zones.setdefault(zone, Zone())

    def _forget_idle(self, now: int) -> None:
        """Places that have nothing to remember any more: a board with a mistyped zone, say."""
        for name, place in list(self._zones.items()):
            self._forget(place, now)
            if not place.spoken and now >= place.busy_until:
                del self._zones[name]

    def _forget(self, place: Zone, now: int) -> None:
        old = [call for call, at in place.spoken.items() if now - at > ANNOUNCE_MICROS]
        for call in old:
            del place.spoken[call]
