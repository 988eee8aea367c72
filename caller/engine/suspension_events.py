"""What is suspended in the hall, and the events that say so. The same rules hold as for `events`. Pure.

A suspension stops a queue, an item or the whole hall for a while, for a reason of the hall's list "suspend". It ends by
an act, or with the business day.
"""

from collections.abc import Iterable, Mapping
from typing import Literal

from msgspec import Struct

from caller.engine.hall_events import Event
from config.instants import Micros

SuspendedScope = Literal["hall", "queue", "item"]


class Suspension(Struct, frozen=True):
    """What is suspended since UTC microseconds `since`; `until`: when it is expected to end, 0: not known; `seq` is that of
    its event, which the voice speaks it by."""

    scope: SuspendedScope
    id: str  # of the queue or the item; empty for the hall
    reason: str
    since: Micros
    until: Micros = 0
    seq: int = 0


class HallNotice(Struct, frozen=True):
    """A message to all who wait, or to those in `queue`; `seq` is that of its event, which the voice speaks it by."""

    seq: int
    code: str
    queue: str
    at: Micros
    until: Micros


class Suspended(Event, frozen=True):
    """Numbers stop and places are kept. Sent again, it changes the reason or the expected end."""

    scope: SuspendedScope
    id: str
    reason: str
    until: int = 0


class SuspensionLifted(Event, frozen=True):
    scope: SuspendedScope
    id: str


class WaitingNotified(Event, frozen=True):
    """All who wait, or those in `queue`, are told `code` of the hall's list "notice", until `until`."""

    code: str
    until: int
    queue: str = ""


class AppointmentMoved(Event, frozen=True):
    """A suspension moved a booking to another slot; the applicant is told of it, and of the reason."""

    appointment: str
    slot: int
    day: str
    due: int
    reason: str


def key(scope: str, id: str) -> str:
    """Return the name of what is suspended, "queue/A" say."""
    return f"{scope}/{id}" if id else scope


def suspension_of(
    suspended: Mapping[str, Suspension], queue: str, items: Iterable[str] = ()
) -> Suspension | None:
    """Return the suspension of the hall, of this queue, or of one of these items; None if none is suspended."""
    if not suspended:
        return None
    names = ("hall", key("queue", queue), *(key("item", item) for item in items))
    return next((suspended[name] for name in names if name in suspended), None)


def suspended_line(queue: str) -> str:
    """Return the name of the line of a queue's suspended tickets, at which no window looks: queue ids are letters only."""
    return f"~{queue}"
