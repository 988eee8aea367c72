"""What a manager asks when something stands still: suspend a queue, an item or the hall, go on, tell those who wait."""

from typing import Annotated, Literal

from msgspec import Meta

from caller.engine.commands import Command, PauseCode
from caller.engine.suspension_events import SuspendedScope
from config.instants import Micros

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
