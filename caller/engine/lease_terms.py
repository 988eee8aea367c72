"""What a lease of numbers is: its state, the commands of kiosks and of the guide desk, and the events that follow. The rules
are those of `commands` and `events`; what is decided stands in `leases`. Pure.

A lease is a few ranges of numbers, one or more in each queue, that one kiosk may give by itself while it cannot reach the
caller. They lie at the end of the series, so that those who take numbers meanwhile and afterwards see no gap.
"""

from collections.abc import Mapping
from typing import Annotated, Literal

from msgspec import Meta, Struct, field

from caller.engine.day_commands import Command, Id, Person
from caller.engine.hall_events import Event
from config.instants import INTEGER_MAX, Micros
from config.settings import ClassId

UncheckedRule = Literal["quota", "live-ticket"]  # what a kiosk alone cannot look up
LeaseEnd = Literal["lost"]  # the kiosk came back without it: another PC, or its disk was lost


class LeasedRange(Struct, frozen=True):
    """Serials of a queue from `first` up to and including `last`, which only the holder of the lease gives."""

    queue: str
    first: int
    last: int


class Lease(Struct):
    """The numbers a kiosk may give alone on this business day. Instants are UTC microseconds.

    `until`: nothing is given alone after it. `given`: by queue, how many of them have come back as tickets.
    """

    id: str
    kiosk: str
    since: Micros
    renewed: Micros
    until: Micros
    ended: str = ""
    ended_at: Micros = 0  # 0: it has not, or an older version noted no instant
    ranges: list[LeasedRange] = field(default_factory=list[LeasedRange])
    given: dict[str, int] = field(default_factory=dict[str, int])

    @property
    def unused(self) -> int:
        """How many of its numbers the hall has not seen given."""
        return sum(each.last - each.first + 1 for each in self.ranges) - sum(self.given.values())


Leases = Mapping[str, Lease]


def ranges_of(leases: Leases, queue: str) -> list[tuple[int, int]]:
    """Return the ranges leased in a queue on this day, from the lowest, whatever has become of their leases."""
    return sorted(
        (each.first, each.last) for lease in leases.values() for each in lease.ranges if each.queue == queue
    )


def holder(leases: Leases, queue: str, serial: int) -> Lease | None:
    """Return the lease that a serial lies in; None: it is of the series itself."""
    for lease in leases.values():
        if any(each.queue == queue and each.first <= serial <= each.last for each in lease.ranges):
            return lease
    return None


def given_alone(leases: Leases, queue: str) -> int:
    """Count the numbers of a queue that kiosks gave alone and the hall knows of."""
    return sum(lease.given.get(queue, 0) for lease in leases.values())


def note_given(leases: dict[str, Lease], id: str, kiosk: str, queue: str, serial: int, at: Micros) -> None:
    """Note that a number came back that a kiosk gave alone. One that lies in no lease the log knows (it lost the grant) is
    a lease of its own from then on, so that the series passes it over."""
    lease = leases.get(id) or Lease(id, kiosk, at, at, at, "unknown")
    leases[id] = lease
    if not any(each.queue == queue and each.first <= serial <= each.last for each in lease.ranges):
        lease.ranges.append(LeasedRange(queue, serial, serial))
    lease.given[queue] = lease.given.get(queue, 0) + 1


def sheet_line(queue: str) -> str:
    """Return the name of the line of numbers that wait for the emergency sheet; no window looks at it: queue ids are
    letters only."""
    return f"#{queue}"


# --- commands

Queue2 = Annotated[str, Meta(min_length=1, max_length=2)]


class HoldLease(Command, frozen=True):
    """A kiosk asks for its lease, and renews it. `lease`: the id of the one it has on disk, empty without one; a lease it no
    longer has is ended, and none of its numbers is given again.

    `done.result` holds `lease`, `day`, `until`, `renew` (when to ask again), `stops_at` (instants) and `ranges`: by queue a list
    of [first, last].
    """

    lease: Annotated[str, Meta(max_length=64)] = ""


class MergeTicket(Command, frozen=True):
    """A kiosk tells the hall of a number it gave alone; the command's id is the ticket's.

    `contact`: the caller's instant when it was last heard; `since`: microseconds that went by until the number was given, by
    a clock that cannot be set. `replaces`: the id under which the number had been asked for when the line broke. `unchecked`:
    the rules it could not look up.
    """

    lease: Annotated[str, Meta(max_length=64)]
    day: Annotated[str, Meta(pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}\Z")]
    queue: Queue2
    number: Annotated[str, Meta(min_length=2, max_length=16)]
    contact: Micros
    since: Annotated[int, Meta(ge=0, le=INTEGER_MAX)]
    items: Annotated[list[Id], Meta(max_length=5)] = []  # noqa: RUF012 - of a Struct
    priority: ClassId = "ordinary"
    person: Person = ""
    client: Person = ""
    replaces: Annotated[str, Meta(max_length=64)] = ""
    unchecked: Annotated[list[UncheckedRule], Meta(max_length=2)] = []  # noqa: RUF012 - of a Struct


class NoteCalledByHand(Command, frozen=True):
    """Note that a number that waits was called from the emergency sheet, at `window` if the sheet says so."""

    ticket: Id
    window: Annotated[str, Meta(max_length=32)] = ""


class CloseSheet(Command, frozen=True):
    """All that was called by hand is noted: the numbers that came back are called in their turn from now on."""


LeaseCommand = HoldLease | MergeTicket | NoteCalledByHand | CloseSheet


# --- events


class LeaseGranted(Event, frozen=True):
    """A kiosk may give the serials from `first` to `last` of a queue alone, on this business day."""

    lease: str
    kiosk: str
    day: str
    queue: str
    first: int
    last: int


class LeaseRenewed(Event, frozen=True):
    """A kiosk was in touch: it may give the numbers of its lease until this instant."""

    lease: str
    kiosk: str
    until: int


class LeaseEnded(Event, frozen=True):
    """A kiosk no longer has a lease: its numbers that have not come back, `unused` of them, are given no more."""

    lease: str
    kiosk: str
    why: LeaseEnd
    unused: int


class LeasedNumberLapsed(Event, frozen=True):
    """A kiosk gave this number alone on a business day that was over when the hall learned of it."""

    ticket: str
    number: str
    queue: str
    day: str
    kiosk: str


class CalledByHand(Event, frozen=True):
    """A number was called from the emergency sheet; `by`: the staff number of who noted it, or the station's name."""

    ticket: str
    window: str = ""
    by: str = ""


class SheetClosed(Event, frozen=True):
    """`count` numbers that came back from kiosks wait for their turn like all others."""

    count: int
    by: str = ""


LeaseEvent = LeaseGranted | LeaseRenewed | LeaseEnded | LeasedNumberLapsed | CalledByHand | SheetClosed
