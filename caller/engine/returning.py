"""The places of the class `returning` in a hall: which one a ticket waits with, and what becomes of it with a call. PURE.

The rule is at the top of `queueing`: the places of the class are those of its arrivals, and the person who takes the next
of them is the one whose first visit ended first. Here it meets the tickets.

1. A ticket waits with the place of its own arrival. Whose place it is *called* at is asked of its line each time (`turn_of`):
   nothing is stored until a call, so that who joins or leaves changes no place of another.
2. With the call the place called at is used up, and whose it was keeps the place that the one called had come with
   (`take_turn`). That is stored in its ticket (`Ticket.place`), for a checkpoint holds tickets and not lines.
3. Who is picked (选呼), cancels or is postponed goes with the place they wait with, and takes no other.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from caller.engine.queueing import QueueEntry, WaitingLine, bound_line
from caller.engine.tickets import RETURNING, Ticket, TurnPlace
from config.instants import Micros

if TYPE_CHECKING:
    from caller.engine.state import HallState


def entry_of(ticket: Ticket) -> QueueEntry:
    """Return a ticket with the place it waits with."""
    promise, serial, series, origin = ticket.place or (
        ticket.promise,
        ticket.serial,
        ticket.series,
        ticket.origin,
    )
    moved_to = "" if ticket.queue == series else ticket.queue
    return QueueEntry(promise, serial, series, ticket.id, moved_to, origin, _first_visit(ticket))


def _first_visit(ticket: Ticket) -> Micros:
    """Return when the first visit ended of who is called in that order; 0 of everybody else."""
    waits_in_order = ticket.priority == RETURNING.id and not ticket.called and not ticket.not_before
    return ticket.first_visit if ticket.first_visit and waits_in_order else 0


def turn_of(lines: Mapping[str, WaitingLine], place: QueueEntry, bound: str) -> tuple[QueueEntry, int]:
    """Return the place at which who waits with this one, or is about to, is called; and how many more are called before them
    than that place says: their own arrival makes one place more."""
    line = lines.get(bound_line(bound) if bound else place.queue) if place.first else None
    return line.turn(place) if line else (place, 0)


def turn(hall: "HallState", ticket: Ticket) -> QueueEntry:
    """Return the place at which a waiting ticket is called."""
    return turn_of(hall.lines, entry_of(ticket), ticket.bound)[0]


def take_turn(hall: "HallState", ticket: Ticket) -> None:
    """Take a waiting ticket that is called in its turn out of its line (rule 2)."""
    entry = entry_of(ticket)
    line = hall.line_of(ticket)
    other = hall.state.tickets[line.came_with(line.turn(entry)[0])] if entry.first else ticket
    hall.leave(ticket)
    if other is not ticket:
        hall.leave(other)
        other.place = TurnPlace(entry.promise, entry.serial, entry.series, entry.origin)
        hall.enter(other)
