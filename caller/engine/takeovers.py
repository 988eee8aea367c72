"""What changes at a window while it is open: its queues, its clerk, the visit that runs there; and two numbers that are one.

1. A manager narrows or widens what a window serves: any queues of the hall, until the window closes. The queues of the
   window's own row keep their reluctance, what is given besides is called in turn. Who is at the window stays there, and
   who was put aside there may be taken up there again.
2. Another clerk takes the seat at a window (换岗): the visit that runs there, and the numbers bound to it, go on with
   them; a pause is over. One clerk still sits at one window only.
3. A clerk at a free window takes over the visit that is *served* at another one (AB 岗); one that is only called has its
   applicant on the way there, and is transferred instead.
4. A visit that is taken over stays one: it was called once, and is ended and rated once, for the clerk who ends it. From
   when on that clerk had it stands in the ticket (`taken_over`).
5. Another live number of the applicant at the window is merged into the visit there (并号). The visit keeps the better
   place of the two (the earlier origin and promise, the class that waits less) for whatever follows it, and has the
   items of both. The other number is over: it is neither called nor rated.
6. Where the hall knows from their cards that the two are two persons, they are not merged. Nor is a number without an
   item for a queue that the window does not serve: what it was for would be lost.
"""

from typing import Any

from caller.engine import desk_commands as desk_cmd
from caller.engine import events as ev
from caller.engine import hall_events, live_numbers, serving, tickets, windows
from caller.engine.commands import WindowVerb
from caller.engine.envelope import CommandEnvelope
from caller.engine.refusals import Refused
from caller.engine.sign_in import need_one_place, signed_in
from caller.engine.state import Apply, Decide, HallState
from caller.engine.tickets import Ticket
from config.instants import Micros


def _set_queues(
    hall: HallState, envelope: CommandEnvelope, command: desk_cmd.SetQueues, _now: Micros
) -> list[ev.AnyEvent]:
    window = signed_in(hall, command.window)
    unknown = next((id for id in command.queues if id not in hall.queues or id in hall.retired.queues), None)
    if unknown is not None:
        raise Refused("unknown-queue", queue=unknown)
    place = hall.window_settings[window.id]
    if place.kind == "guide":  # who guides calls no number
        raise Refused("cannot-serve", window=window.id, queue=hall.queue_name(command.queues[0]))
    own = windows.serves(hall.settings, place, [])
    serves = {id: own.get(id, 0) for id in command.queues} | dict.fromkeys(sorted(hall.retired.queues), 0)
    if serves == window.serves:
        return []
    added, removed = (
        sorted(serves.keys() - window.serves.keys()),
        sorted(window.serves.keys() - serves.keys()),
    )
    by = envelope.account or envelope.station
    return [hall_events.QueuesSet(window.id, serves, added, removed, by)]


def _relieve(
    hall: HallState, _envelope: CommandEnvelope, command: desk_cmd.RelieveClerk, _now: Micros
) -> list[ev.AnyEvent]:
    window = signed_in(hall, command.window)
    if window.clerk == command.clerk:
        return []
    need_one_place(hall, command.clerk)
    relieved = hall_events.ClerkRelieved(window.id, command.clerk, window.clerk)
    if not window.ticket:
        return [relieved]
    goes_on = hall_events.VisitTakenOver(window.ticket, window.id, command.clerk, window.id, window.clerk)
    return [relieved, goes_on]


def _take_over(
    hall: HallState, _envelope: CommandEnvelope, command: desk_cmd.TakeOverVisit, _now: Micros
) -> list[ev.AnyEvent]:
    window = _free_window(hall, command)
    other = signed_in(hall, command.from_window)
    ticket = hall.state.tickets.get(other.ticket)
    if (
        ticket is None
        or ticket.number != command.number
        or ticket.state != "serving"
        or other.id == window.id
    ):
        raise Refused("nothing-to-take-over", window=other.id)
    return [hall_events.VisitTakenOver(ticket.id, window.id, window.clerk, other.id, other.clerk)]


def _free_window(hall: HallState, command: WindowVerb) -> windows.WindowState:
    """Return the window a verb was pressed at, which is ready for an applicant. Raises `Refused`."""
    window = serving.pressed(hall, command)
    if window.state == "paused":
        raise Refused("window-paused", window=window.id)
    if window.ticket:
        raise Refused("window-busy", number=hall.state.tickets[window.ticket].number)
    return window


def _merge(
    hall: HallState, _envelope: CommandEnvelope, command: desk_cmd.MergeTickets, _now: Micros
) -> list[ev.AnyEvent]:
    ticket = serving.here(hall, command, ev.ServiceFinished)
    window, other = hall.state.windows[command.window], _numbered(hall, command.number)
    tickets.require(other, hall_events.TicketMerged)
    if ticket.person and other.person and ticket.person != other.person:
        raise Refused("merge-persons", number=other.number, other=ticket.number)
    if not other.pending and other.queue != ticket.queue and other.queue not in window.serves:
        raise Refused("merge-queue", number=other.number, queue=hall.queue_name(other.queue))
    priority = min(ticket.priority, other.priority, key=lambda each: hall.target(each, ticket.queue))
    items = [*ticket.items, *(each for each in other.items if each not in ticket.items)]
    return [
        hall_events.TicketMerged(
            other.id, ticket.id, window.id, window.clerk, priority,
            min(ticket.origin, other.origin), min(ticket.promise, other.promise), items,
        )
    ]  # fmt: skip


def _numbered(hall: HallState, number: str) -> Ticket:
    """Return the live ticket of a number as it was typed. Raises `Refused`."""
    wanted = number.strip().casefold()
    found = [each for each in hall.live() if each.number.casefold() == wanted]
    if not found:
        raise Refused("unknown-ticket")
    return found[-1]


def others_of(hall: HallState, ticket: Ticket) -> list[Ticket]:
    """Return the other live numbers of the person at a window that may be merged into this one, as far as they are known."""
    if not ticket.person:
        return []
    mine = live_numbers.held_by(hall, (ticket.person,))
    return [each for each in mine if hall_events.TicketMerged in tickets.TABLE[each.state]]


# --- apply


def _queues_set(hall: HallState, event: hall_events.QueuesSet, _at: Micros) -> None:
    window = hall.state.windows[event.window]
    hall.seat(window, window.clerk, event.serves)
    window.reset = True
    window.version += 1


def _relieved(hall: HallState, event: hall_events.ClerkRelieved, at: Micros) -> None:
    window = hall.state.windows[event.window]
    windows.move(window, hall_events.ClerkRelieved, at)
    hall.seat(window, event.clerk, window.serves)
    window.reason, window.due, window.back = "", 0, 0


def _taken_over(hall: HallState, event: hall_events.VisitTakenOver, at: Micros) -> None:
    ticket, window = hall.state.tickets[event.ticket], hall.state.windows[event.window]
    since = ticket.since
    hall.move(ticket, hall_events.VisitTakenOver, at)
    ticket.since, ticket.taken_over = since, at  # it has been served all the while
    ticket.window, ticket.clerk = window.id, event.clerk
    if event.from_window != event.window:
        hall.free_window(event.from_window, at)
        window.ticket, window.rated = ticket.id, 0
        window.version += 1


def _merged(hall: HallState, event: hall_events.TicketMerged, at: Micros) -> None:
    other, ticket = hall.state.tickets[event.ticket], hall.state.tickets[event.into]
    if other.state == "waiting":
        hall.leave(other)
    hall.move(other, hall_events.TicketMerged, at)
    hall.forget_person(other)
    hall.forget_person(ticket)
    other.merged = ticket.number
    ticket.pending = [*ticket.pending, *(each for each in other.pending if each not in ticket.pending)]
    ticket.items, ticket.priority = event.items, event.priority
    ticket.origin, ticket.promise = event.origin, event.promise
    for mark in ("voucher", "assistance", "papers"):
        setattr(ticket, mark, getattr(ticket, mark) or getattr(other, mark))
    if not ticket.person:
        ticket.person, ticket.client = other.person, other.client
    if other.come_back and not ticket.come_back:
        ticket.come_back, ticket.home = other.come_back, other.home
    hall.know_person(ticket)
    hall.state.windows[event.window].version += 1
    hall.count("cancelled")


DECIDE: dict[type[Any], Decide] = {
    desk_cmd.SetQueues: _set_queues,
    desk_cmd.RelieveClerk: _relieve,
    desk_cmd.TakeOverVisit: _take_over,
    desk_cmd.MergeTickets: _merge,
}
APPLY: dict[type[Any], Apply] = {
    hall_events.QueuesSet: _queues_set,
    hall_events.ClerkRelieved: _relieved,
    hall_events.VisitTakenOver: _taken_over,
    hall_events.TicketMerged: _merged,
}
APPLY_REGISTER: dict[type[Any], Apply] = {}
