"""Who may speak when: one loudspeaker's queue for each zone of the hall. Pure; the clock is handed in.

A page asks before it announces a call. Rules, in this order:

1. A call that this zone has announced is silent: this page was loaded again, or a second board was quicker.
2. A call older than ANNOUNCE_SECONDS is silent.
3. While another announcement sounds in the zone, the page waits.
4. Otherwise it speaks, and the zone is busy until the sound has ended.

So a call sounds at most once per zone, and two never overlap. A zone remembers a call for as long as rule 2 permits it.

A message to all who wait (an announcement) is asked for in the same way, and sounds once per zone while it holds. A call
never waits for one: it breaks it off, and the zone forgets that it spoke the message, which begins again after the calls.
"""

from typing import NamedTuple

import msgspec
from msgspec import Struct, field

from caller.protocol.frames import ANNOUNCE_SECONDS
from config.instants import SECOND, Micros
from config.text_safety import DECODE_ERRORS

ANNOUNCE_MICROS = ANNOUNCE_SECONDS * SECOND
PAUSE_MICROS = 400_000  # between two announcements, so that one hears where the first ends
ZONES_MAX = 64  # loudspeakers of one hall
SILENT_WHY = {"spoken": "已播报", "old": "超过 30 秒", "zones": "声区过多", "quiet": "安静时段"}


class Grant(NamedTuple):
    """Speak now, and be done by `until`."""

    until: Micros


class Wait(NamedTuple):
    """Ask again after so many microseconds."""

    micros: int


class Silent(NamedTuple):
    """Say nothing; `why` is a key of SILENT_WHY."""

    why: str


class Zone(Struct):
    """One loudspeaker: the instant until which it sounds, and the calls it has announced."""

    busy_until: Micros = 0
    spoken: dict[str, Micros] = field(default_factory=dict)  # seq of the call → when it was called
    told: dict[str, Micros] = field(default_factory=dict)  # number of the message → until when it holds
    message: str = ""  # the message that sounds, if one does


class AnnouncementQueue:
    """All zones of a hall."""

    def __init__(self, zones: dict[str, Zone] | None = None) -> None:
        self._zones = zones or {}

    def ask(self, zone: str, call: int, at: Micros, now: Micros, length: int) -> Grant | Wait | Silent:
        """Decide whether `zone` announces `call` (its seq), called at `at`, which sounds for `length` microseconds."""
        place = self._place(zone, now)
        if place is None:
            return Silent("zones")
        self._forget(place, now)
        if str(call) in place.spoken:
            return Silent("spoken")
        if now - at > ANNOUNCE_MICROS:
            return Silent("old")
        if now < place.busy_until and not place.message:
            return Wait(place.busy_until - now)
        if now < place.busy_until:
            place.told.pop(place.message, None)  # it is broken off
        place.spoken[str(call)], place.message = at, ""
        return self._grant(place, now, length)

    def ask_message(
        self, zone: str, message: int, until: Micros, now: Micros, length: int
    ) -> Grant | Wait | Silent:
        """Decide whether `zone` speaks a message (its number), which holds until `until` and sounds for `length`
        microseconds."""
        place = self._place(zone, now)
        if place is None:
            return Silent("zones")
        self._forget(place, now)
        if str(message) in place.told:
            return Silent("spoken")
        if now >= until:
            return Silent("old")
        if now < place.busy_until:
            return Wait(place.busy_until - now)
        place.told[str(message)], place.message = until, str(message)
        return self._grant(place, now, length)

    def _grant(self, place: Zone, now: Micros, length: int) -> Grant:
        place.busy_until = now + length + PAUSE_MICROS
        return Grant(now + length)

    def dump(self) -> bytes:
        """Return all zones as JSON, to be loaded after a restart."""
        return msgspec.json.encode(self._zones)

    @classmethod
    def load(cls, data: bytes) -> "AnnouncementQueue":
        """Return the queue of a `dump`; a damaged one is empty, and rule 2 alone then keeps old calls silent."""
        try:
            return cls(msgspec.json.decode(data, type=dict[str, Zone]))
        except DECODE_ERRORS:
            return cls()

    def _place(self, zone: str, now: Micros) -> Zone | None:
        if zone not in self._zones and len(self._zones) >= ZONES_MAX:
            self._forget_idle(now)
        if zone not in self._zones and len(self._zones) >= ZONES_MAX:
            return None
        return self._zones.setdefault(zone, Zone())

    def _forget_idle(self, now: Micros) -> None:
        """Forget zones without a call to remember, such as that of a board with a mistyped zone."""
        for name, place in list(self._zones.items()):
            self._forget(place, now)
            if not place.spoken and not place.told and now >= place.busy_until:
                del self._zones[name]

    def _forget(self, place: Zone, now: Micros) -> None:
        old = [call for call, at in place.spoken.items() if now - at > ANNOUNCE_MICROS]
        for call in old:
            del place.spoken[call]
        for message in [message for message, until in place.told.items() if now >= until]:
            del place.told[message]
