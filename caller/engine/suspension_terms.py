"""What a suspension is: its state, the commands of a manager and the events that follow. The rules are those of `commands`
and `events`; what is decided stands in `suspensions`. Pure.

A suspension stops a queue, an item or the whole hall for a while, for a reason of the hall's list "suspend". It ends by
an act, or with the business day.
"""

from collections.abc import Iterable, Mapping
from typing import Annotated, Literal

from msgspec import Meta, Struct

from caller.engine.commands import Command, PauseCode
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


# --- commands

ScopeId = Annotated[str, Meta(max_length=64)]
ReasonCode = Annotated[PauseCode, Meta(min_length=1)]  # of one of the hall's lists


class Suspend(Command, frozen=True):
    """Give and call no numbers of a queue, an item or (`id` empty) the hall for now; places are kept.

    `until`: when it is expected to end, UTC microseconds; 0: not known. `bookings`: whether appointments in that time
    (without `until`: for the rest of the day) stay or move to the next free slots.
    """

    scope: SuspendedScope
    reason: ReasonCode
    id: ScopeId = ""
    until: Micros = 0
    bookings: Literal["stay", "move"] = "stay"


class LiftSuspension(Command, frozen=True):
    """Go on with what was suspended."""

    scope: SuspendedScope
    id: ScopeId = ""


class NotifyWaiting(Command, frozen=True):
    """Tell all who wait, or those in `queue`, one of the hall's fixed messages for so many minutes: on screens and phones, and
    once by voice."""

    code: ReasonCode
    queue: Annotated[str, Meta(max_length=2)] = ""
    minutes: Annotated[int, Meta(ge=1, le=240)] = 15


SuspensionCommand = Suspend | LiftSuspension | NotifyWaiting


# --- events


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


# --- names


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
