"""Numbers without the caller: a kiosk holds a lease of them, gives them alone when it is cut off, and they come back. Pure.

1. While a day is open a kiosk holds a lease: in each queue a range of its own at the end of the series, directly below the
   ranges leased before, so that a connected hall counts up from 1 and shows no gap. Its size is what the queue gives in
   `rules.alone_minutes` at today's rate, and no more than its share of what the queue's digits hold.
2. A range is one kiosk's for the day. It is never granted again, whatever becomes of it: what a dead kiosk may have
   given is on paper somewhere. So no number is given twice, and what is lost is that range and nothing else.
3. A kiosk renews its lease while it is connected. Alone it gives numbers until the lease's `until`, counted by its own
   monotonic clock from the last word of the caller, and not after the day's last-ticket time. One that is not in touch in
   time is noted as overdue (`deadlines`): its numbers are burned from then on. So are those of a kiosk that another PC
   replaces, for the hall cannot know what the first gave alone: exactly those, and the alarms say how many.
4. What it gave comes back by id, one command a number, sent again until it is answered: the id makes a repeat harmless. The
   number keeps its origin, the last contact plus the time that went by since, clamped to the outage, and from then on
   the one turn rule holds. What was called meanwhile stays called.
5. Asked for before the line broke, a number may be in the log as well (`replaces`): that one is cancelled if it
   still waits, and given no more if it comes late.
6. Quota and one live ticket cannot be looked up alone: they are not applied, and the ticket says so (`unchecked`).
7. After an outage of more than `rules.by_hand_minutes` what comes back lies on the sheet, at which no window looks, until the
   guide has noted what was called by hand (`NoteCalledByHand`) and closes the sheet.
8. A number of a day that is over is noted, and called no more.
"""

import math
from typing import Any

from caller.engine import events as ev
from caller.engine import lease_terms as cmd
from caller.engine import live_numbers, numbering, ticketing, tickets
from caller.engine.envelope import CommandEnvelope
from caller.engine.lease_terms import CalledByHand, Lease, LeasedRange, given_alone, holder, ranges_of
from caller.engine.refusals import Refused
from caller.engine.state import Apply, Decide, HallState
from caller.engine.tickets import Ticket
from config.instants import HOUR, MINUTE, Micros
from config.settings import Queue

SHARE = 0.2  # of what a queue's digits hold: the most that all kiosks together have in hand
RENEWALS = 4  # in the time of a lease, so that a kiosk may be cut off at three quarters of it
LEAST = 5  # numbers of a queue that hardly an applicant asked for until now
RATE_AFTER = HOUR  # so long after the opening the queue's own rate is known
CAN_BE_REPLACED = frozenset({"waiting", "held", "missed"})


def held_by(hall: HallState, kiosk: str) -> Lease | None:
    """Return the lease that a kiosk holds."""
    found = (each for each in hall.state.leases.values() if each.kiosk == kiosk and not each.ended)
    return next(found, None)


def lost_since(hall: HallState, since: Micros) -> list[Lease]:
    """Return the leases that ended after `since` because their kiosk came back without them: another PC has its place."""
    return [each for each in hall.state.leases.values() if each.ended == "lost" and each.ended_at > since]


def given_no_more(hall: HallState, now: Micros) -> list[Lease]:
    """Return the leases of the day whose numbers are given no more: lost, or not renewed in time while the day lasted."""
    return [each for each in hall.state.leases.values() if each.ended == "lost" or _ran_out(hall, each, now)]


def _ran_out(hall: HallState, lease: Lease, now: Micros) -> bool:
    noted = hall.state.overdue.get(
        f"lease/{lease.kiosk}"
    )  # while the day was open, and known also once it is not
    is_noted = noted is not None and noted.due == lease.until
    return not lease.ended and (is_noted or (hall.state.day.open and lease.until < now))


def wanted(hall: HallState, queue: Queue, now: Micros) -> int:
    """Return how many numbers of a queue a kiosk should have in hand (rule 1)."""
    open_for = now - hall.state.day.opened
    given = numbering.given(hall.state.serials, queue.id) + given_alone(hall.state.leases, queue.id)
    rate = given / open_for if open_for >= RATE_AFTER else 1 / (queue.service_minutes * MINUTE)
    most = SHARE * (10**queue.digits - 1) / max(1, len(hall.settings.kiosks))
    expected = math.ceil(rate * hall.settings.rules.alone_minutes * MINUTE)
    return max(1, min(max(LEAST, expected), math.floor(most)))


def next_range(hall: HallState, queue: Queue, size: int) -> LeasedRange:
    """Return the next range at the end of a queue's series; above its digits where there is no room below."""
    leased = ranges_of(hall.state.leases, queue.id)
    top = 10**queue.digits - 1
    lowest, highest = (leased[0][0], leased[-1][1]) if leased else (top + 1, top)
    reached = max(numbering.given(hall.state.serials, queue.id), ticketing.floor(hall))
    if lowest - size > reached + size:
        return LeasedRange(queue.id, lowest - size, lowest - 1)
    first = max(highest, reached, top) + 1
    return LeasedRange(queue.id, first, first + size - 1)


def on_sheet(hall: HallState) -> list[Ticket]:
    """Return the numbers that wait until what was called by hand is noted, in the order of the turn."""
    found = [each for each in hall.state.tickets.values() if each.on_sheet and each.state == "waiting"]
    return sorted(found, key=lambda each: (each.promise, each.serial))


def refused_on_sheet(hall: HallState, queues: list[str]) -> Refused | None:
    """Return why a window that serves these queues has no number to call: all who wait are on the sheet."""
    count = sum(each.queue in queues for each in on_sheet(hall)) if hall.state.leases else 0
    return Refused("on-sheet", count=count) if count else None


def need_off_sheet(ticket: Ticket) -> None:
    """Raise `Refused` (`on-sheet`) while a number waits until what was called by hand is noted."""
    if ticket.on_sheet:
        raise Refused("on-sheet", count=1)


# --- decide


def _hold(hall: HallState, order: CommandEnvelope, command: cmd.HoldLease, now: Micros) -> list[ev.AnyEvent]:
    day = hall.need_open_day()
    kiosk, minutes = order.station, hall.settings.rules.alone_minutes
    if not minutes or hall.number_floor[0] == day.label:
        raise Refused("alone-off")
    made: list[ev.AnyEvent] = []
    lease = held_by(hall, kiosk)
    if lease and lease.id != command.lease:
        made.append(cmd.LeaseEnded(lease.id, kiosk, "lost", lease.unused))
        lease = None
    id = lease.id if lease else order.id
    for queue in hall.settings.queues:
        size = wanted(hall, queue, now)
        left = _left(lease, queue.id) if lease else 0
        if left * 2 < size:
            found = next_range(hall, queue, size - left)
            made.append(cmd.LeaseGranted(id, kiosk, day.label, queue.id, found.first, found.last))
    return [*made, cmd.LeaseRenewed(id, kiosk, now + round(minutes * MINUTE))]


def _left(lease: Lease, queue: str) -> int:
    held = sum(each.last - each.first + 1 for each in lease.ranges if each.queue == queue)
    return held - lease.given.get(queue, 0)


def _merge(
    hall: HallState, order: CommandEnvelope, command: cmd.MergeTicket, now: Micros
) -> list[ev.AnyEvent]:
    day, kiosk = hall.state.day, order.station
    if not day.open or command.day != day.label:
        return [cmd.LeasedNumberLapsed(order.id, command.number, command.queue, command.day, kiosk)]
    serial = numbering.serial_in(command.number)
    _need_free(hall, command, kiosk, serial)
    contact = min(max(command.contact, day.opened), now)
    origin = min(contact + command.since, now)
    band = ticketing.band_index(hall, hall.queues[command.queue], origin) if _has_bands(hall, command) else -1
    client = live_numbers.client_of(command.person, command.client)
    by_hand = hall.settings.rules.by_hand_minutes
    issued = ev.TicketIssued(
        ticket=order.id, number=command.number, serial=serial, queue=command.queue, priority=command.priority,
        origin=origin, promise=origin + hall.target(command.priority, command.queue),
        items=[each for each in command.items if each in hall.items], person=command.person.partition(".")[0],
        band=band, client=client, errand=live_numbers.errand_of(hall, command.person) if client else 0,
        kiosk=kiosk, lease=command.lease, unchecked=list(command.unchecked), replaces=command.replaces,
        on_sheet=bool(by_hand) and now - contact > round(by_hand * MINUTE),
    )  # fmt: skip
    old = hall.state.tickets.get(command.replaces)
    void = old and old.series == command.queue and old.state in CAN_BE_REPLACED
    return [*([ev.TicketCancelled(ticket=command.replaces)] if void else []), issued]


def _has_bands(hall: HallState, command: cmd.MergeTicket) -> bool:
    queue = hall.queues.get(command.queue)
    return queue is not None and bool(queue.band_quota)


def _need_free(hall: HallState, command: cmd.MergeTicket, kiosk: str, serial: int) -> None:
    """Refuse a number that another ticket has, or that another kiosk's lease holds. Neither can be while rule 2 holds."""
    taken = any(
        each.series == command.queue and each.serial == serial for each in hall.state.tickets.values()
    )
    lease = holder(hall.state.leases, command.queue, serial)
    if serial < 1 or taken or (lease and lease.kiosk != kiosk):
        raise Refused("number-taken", number=command.number)


def _note_by_hand(
    hall: HallState, order: CommandEnvelope, command: cmd.NoteCalledByHand, _now: Micros
) -> list[ev.AnyEvent]:
    ticket = hall.ticket(command.ticket)
    tickets.require(ticket, CalledByHand)
    if command.window:
        hall.window(command.window)
    return [CalledByHand(ticket.id, command.window, order.account or order.station)]


def _close_sheet(
    hall: HallState, order: CommandEnvelope, _command: cmd.CloseSheet, _now: Micros
) -> list[ev.AnyEvent]:
    if not (count := len(on_sheet(hall))):
        raise Refused("sheet-empty")
    return [cmd.SheetClosed(count, order.account or order.station)]


def result(hall: HallState, event: cmd.LeaseRenewed) -> dict[str, Any]:
    """Return what a kiosk is told of its lease."""
    lease = hall.state.leases.get(event.lease)
    if lease is None:
        return {}
    ranges: dict[str, list[list[int]]] = {}
    for each in lease.ranges:
        ranges.setdefault(each.queue, []).append([each.first, each.last])
    day = hall.state.day
    return {
        "lease": lease.id, "day": day.label, "until": lease.until, "stops_at": day.stops_at, "ranges": ranges,
        "renew": lease.renewed + (lease.until - lease.renewed) // RENEWALS,
    }  # fmt: skip


# --- apply


def _granted(hall: HallState, event: cmd.LeaseGranted, at: Micros) -> None:
    lease = hall.state.leases.setdefault(event.lease, Lease(event.lease, event.kiosk, at, at, at))
    lease.ranges.append(LeasedRange(event.queue, event.first, event.last))


def _renewed(hall: HallState, event: cmd.LeaseRenewed, at: Micros) -> None:
    lease = hall.state.leases.setdefault(event.lease, Lease(event.lease, event.kiosk, at, at, at))
    lease.renewed, lease.until = at, event.until


def _ended(hall: HallState, event: cmd.LeaseEnded, at: Micros) -> None:
    if lease := hall.state.leases.get(event.lease):
        lease.ended, lease.ended_at = event.why, at


def _called_by_hand(hall: HallState, event: CalledByHand, at: Micros) -> None:
    ticket = hall.state.tickets[event.ticket]
    hall.leave(ticket)
    hall.move(ticket, CalledByHand, at)
    ticket.window = event.window
    hall.forget_person(ticket)
    hall.count("served")  # of it no time is known


def _sheet_closed(hall: HallState, _event: cmd.SheetClosed, _at: Micros) -> None:
    for ticket in on_sheet(hall):
        hall.leave(ticket)
        ticket.on_sheet = False
        hall.enter(ticket)


def _lapsed(hall: HallState, _event: cmd.LeasedNumberLapsed, _at: Micros) -> None:
    hall.count("lapsed-alone")


DECIDE: dict[type[Any], Decide] = {
    cmd.HoldLease: _hold,
    cmd.MergeTicket: _merge,
    cmd.NoteCalledByHand: _note_by_hand,
    cmd.CloseSheet: _close_sheet,
}
APPLY: dict[type[Any], Apply] = {
    cmd.LeaseGranted: _granted,
    cmd.LeaseRenewed: _renewed,
    cmd.LeaseEnded: _ended,
    cmd.LeasedNumberLapsed: _lapsed,
    CalledByHand: _called_by_hand,
    cmd.SheetClosed: _sheet_closed,
}
APPLY_REGISTER: dict[type[Any], Apply] = {}
