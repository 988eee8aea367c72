"""Taking a number, and what happens to it while it waits: postponed, requeued, cancelled; and its paper.

A person holds one live ticket per item and *client* (`live_numbers`). Who comes for others (代办) gives a keyed hash for each of them,
natural or legal persons; one's own hash given as the client is oneself. `errand` numbers an agent's tickets for
clients on a day (笔数), whatever became of them. Where a visit has several items, each of their queues must give numbers
now, and they are in the order of `visit_order`. What a phone may take stands in `phone_numbers`.
"""

from datetime import date
from typing import Any

from msgspec import structs

from caller.engine import (
    automatic_day,
    live_numbers,
    numbering,
    phone_numbers,
    queueing,
    returning,
    suspensions,
    tickets,
    visit_order,
)
from caller.engine import commands as cmd
from caller.engine import events as ev
from caller.engine.envelope import CommandEnvelope
from caller.engine.lease_terms import given_alone, note_given, ranges_of
from caller.engine.measured_times import measure_call
from caller.engine.refusals import Refused
from caller.engine.register import Appointment
from caller.engine.state import Apply, Decide, HallState
from caller.engine.tickets import RETURNING, Ticket
from config.instants import MINUTE, Micros, instant
from config.settings import Queue


def _take(
    hall: HallState, envelope: CommandEnvelope, command: cmd.TakeTicket, now: Micros
) -> list[ev.AnyEvent]:
    if envelope.id in hall.state.replaced:
        raise Refused("number-replaced")
    queue_for(hall, command)
    need_items_today(hall, command.items)
    suspensions.need_running(hall, "", command.items)
    _need_class(hall, command.priority)
    command = _in_order(hall, command, now)
    queue = queue_for(hall, command)
    for id in dict.fromkeys([queue.id, *(hall.items[item].queue for item in command.items)]):
        _need_tickets_given(hall, hall.queues[id], now)
    phone_numbers.need_may(hall, command)
    void = live_numbers.need_no_live_ticket(hall, command, queue)
    if command.window:
        _need_serving_window(hall, command.window, queue.id)
    issued = issue(hall, envelope.id, queue, command, now)
    return [*void, *phone_numbers.taken(hall, issued, command, now)]


def _in_order(hall: HallState, command: cmd.TakeTicket, now: Micros) -> cmd.TakeTicket:
    """Return the command with its items in the order of the shortest visit; who names a queue or a window begins there."""
    if len(command.items) < 2 or command.queue or command.window:
        return command
    return structs.replace(command, items=visit_order.planned(hall, command.items, command.priority, now))


def issue(
    hall: HallState,
    id: str,
    queue: Queue,
    command: cmd.TakeTicket,
    now: Micros,
    booked: Appointment | None = None,
    first_visit: Micros = 0,
) -> ev.TicketIssued:
    """Return the event that gives the next number of a queue; the origin of a booked one is its appointed time.
    `first_visit`: of who comes back with a voucher, when that ended."""
    leased = ranges_of(hall.state.leases, queue.id) if hall.state.leases else ()
    serial = numbering.next_serial(hall.state.serials, queue.id, floor(hall), leased)
    origin = booked.slot if booked else now
    promise = origin + hall.target(command.priority, queue.id)
    place = queueing.QueueEntry(promise, serial, queue.id, id, "", origin, first_visit)
    low, high, expected = hall.quoted_wait(
        queue.id, returning.turn_of(hall.lines, place, command.window)[0].promise
    )
    number = numbering.written("ticket", queue.id, serial, queue.digits)
    ahead = hall.ahead(place, command.window, now)
    band = band_index(hall, queue, now) if queue.band_quota else -1
    client = live_numbers.client_of(command.person, command.client)
    errand = live_numbers.errand_of(hall, command.person) if client else 0
    return ev.TicketIssued(  # by place: by name, a struct of so many fields takes six times as long
        id, number, serial, queue.id, command.priority, origin, promise, command.items,
        command.window, cmd.person_hashes(command.person)[0], booked.id if booked else "", ahead, low, high, expected, band,
        client, errand, "", command.via, first_visit,
    )  # fmt: skip


def floor(hall: HallState) -> int:
    """Return the serial that numbers of this day continue above, where a witness saw numbers the log has lost."""
    day, serial = hall.number_floor
    return serial if day == hall.state.day.label else 0


def need_items_today(hall: HallState, items: list[str]) -> None:
    """Refuse unless each item takes place on the business day's date (weekday, market day or date)."""
    for id in items:
        item = hall.items[id]
        if item.days:
            today = date.fromisoformat(hall.need_open_day().label)
            if not hall.calendar.takes_place(item.days, today):
                raise Refused("item-not-today", item=item.name, item_en=item.name_en or item.name)


def queue_for(hall: HallState, command: cmd.TakeTicket) -> Queue:
    """Return the queue the command names, else that of its first item; the visit's other items follow later."""
    for item in command.items:
        if item not in hall.items or item in hall.retired.items:
            raise Refused("unknown-item", item=item)
    if not command.items and not command.queue:
        raise Refused("no-item")
    queue = command.queue or hall.items[command.items[0]].queue
    if queue not in hall.queues:
        raise Refused("unknown-queue", queue=queue)
    return hall.queues[queue]


def _need_class(hall: HallState, priority: str) -> None:
    if priority not in hall.classes or priority == RETURNING.id:  # that one is a voucher's to give
        raise Refused("unknown-priority", priority=priority)


def band_index(hall: HallState, queue: Queue, now: Micros) -> int:
    """Return the index of the queue's band that `now` falls in; -1: none. A queue without bands is always open."""
    if not queue.hours:
        return 0
    day = hall.state.day
    for index, (start, end) in enumerate(queue.hours):
        if instant(day.label, start, day.zone) <= now < instant(day.label, end, day.zone):
            return index
    return -1


def _need_tickets_given(hall: HallState, queue: Queue, now: Micros) -> None:
    """Refuse unless the day is open, between its first and last ticket, in the queue's bands and quotas, and the
    queue is one the settings still have."""
    day = hall.need_open_day()
    if queue.id in hall.retired.queues:
        raise Refused("unknown-queue", queue=queue.id)
    suspensions.need_running(hall, queue.id)
    if now < day.starts_at:
        raise Refused("numbers-from", time=hall.local_time(day.starts_at))
    if day.stopped or now >= day.stops_at:  # on the morning after, "come tomorrow" would be wrong
        raise Refused("day-not-open" if automatic_day.left_over(hall, now) else "tickets-stopped")
    band = band_index(hall, queue, now)
    if band < 0:
        hours = "、".join(f"{start}–{end}" for start, end in queue.hours)
        raise Refused("queue-closed", queue=queue.name, hours=hours)
    alone = given_alone(hall.state.leases, queue.id) if hall.state.leases else 0
    if queue.quota and numbering.given(hall.state.serials, queue.id) + alone >= queue.quota:
        raise Refused("quota-used", queue=queue.name)
    if queue.band_quota and hall.state.band_counts.get(f"{queue.id}|{band}", 0) >= queue.band_quota:
        raise Refused("band-quota-used", queue=queue.name)


def closed_reason(hall: HallState, queue: Queue, now: Micros) -> Refused | None:
    """Return why this queue gives no numbers now, for the kiosk to show before the tap; None if it does."""
    try:
        _need_tickets_given(hall, queue, now)
    except Refused as refused:
        return refused
    return None


def _need_serving_window(hall: HallState, window: str, queue: str) -> None:
    place = hall.window(window)
    if place.state == "closed":
        raise Refused("window-not-open", window=window)
    if queue not in place.serves:
        raise Refused("cannot-serve", window=window, queue=hall.queue_name(queue))


def _cancel(
    hall: HallState, _envelope: CommandEnvelope, command: cmd.CancelTicket, _now: Micros
) -> list[ev.AnyEvent]:
    ticket = hall.ticket(command.ticket)
    tickets.require(ticket, ev.TicketCancelled)
    return [ev.TicketCancelled(ticket=ticket.id)]


def _postpone(
    hall: HallState, _envelope: CommandEnvelope, command: cmd.PostponeTicket, now: Micros
) -> list[ev.AnyEvent]:
    ticket = hall.ticket(command.ticket)
    tickets.require(ticket, ev.TicketPostponed)
    if ticket.arrive_by:
        raise Refused("not-arrived", number=ticket.number)
    return [ev.TicketPostponed(ticket=ticket.id, not_before=now + command.minutes * MINUTE)]


def _requeue(
    hall: HallState, _envelope: CommandEnvelope, command: cmd.RequeueTicket, now: Micros
) -> list[ev.AnyEvent]:
    ticket = hall.ticket(command.ticket)
    tickets.require(ticket, ev.TicketRequeued)
    rules = hall.settings.rules
    if ticket.requeues >= rules.requeue_max:
        raise Refused("requeue-used", number=ticket.number)
    promise = hall.behind(ticket.queue, ticket.origin, rules.requeue_behind, now)
    return [ev.TicketRequeued(ticket=ticket.id, promise=max(ticket.promise, promise))]


def _report_slip(
    hall: HallState, _envelope: CommandEnvelope, command: cmd.ReportSlip, _now: Micros
) -> list[ev.AnyEvent]:
    hall.ticket(command.ticket)
    return [ev.SlipReported(ticket=command.ticket, state=command.state, copy=command.copy)]


# --- apply


def _issued(hall: HallState, event: ev.TicketIssued, at: Micros) -> None:
    state = hall.state
    if event.ticket in state.tickets:
        _replace(hall, event.ticket, at)
    ticket = Ticket(  # the longer part by place, for the same reason
        event.ticket, event.number, event.serial, event.queue, event.queue, event.priority, event.origin,
        event.promise, event.origin if event.kiosk else at, at, event.items, event.items, "", bound=event.window, person=event.person,
        appointment=event.appointment, low=event.low, high=event.high, expected=event.expected,
        client=event.client, errand=event.errand, voucher=event.voucher, first_visit=event.first_visit,
        kiosk=event.kiosk, unchecked=event.unchecked, on_sheet=event.on_sheet, arrive_by=event.arrive_by,
    )  # fmt: skip
    hall.move(ticket, ev.TicketIssued, at)
    state.tickets[ticket.id] = ticket
    if event.kiosk:
        note_given(state.leases, event.lease, event.kiosk, event.queue, event.serial, at)
        state.replaced |= {event.replaces: event.ticket} if event.replaces else {}
    else:
        numbering.note(state.serials, event.queue, event.serial)
    if event.band >= 0:
        key = f"{event.queue}|{event.band}"
        state.band_counts[key] = state.band_counts.get(key, 0) + 1
    hall.enter(ticket)
    hall.know_person(ticket)
    hall.count("issued")


def _way_in_used(hall: HallState, event: ev.TicketIssued, _at: Micros) -> None:
    if event.appointment in hall.register.appointments:
        hall.register.end_appointment(event.appointment, "used")
    if event.voucher in hall.register.vouchers:
        row = hall.register.vouchers.edit(event.voucher)
        row.back, row.back_number = event.ticket, event.number


def _replace(hall: HallState, id: str, at: Micros) -> None:
    """Take out a ticket whose id is issued again: older versions did so once an id was forgotten, and must fold."""
    old = hall.state.tickets.pop(id)
    if old.state == "waiting":
        hall.leave(old)
    for window in hall.state.windows.values():
        if window.ticket == id:
            window.ticket, window.freed = "", at
            window.version += 1
    for parked in hall.parked.values():
        parked.pop(id, None)
    hall.forget_person(old)


def _cancelled(hall: HallState, event: ev.TicketCancelled, at: Micros) -> None:
    ticket = hall.state.tickets[event.ticket]
    if ticket.state == "waiting":
        hall.leave(ticket)
    elif ticket.state == "called":
        hall.free_window(ticket.window, at)
    hall.move(ticket, ev.TicketCancelled, at)
    hall.forget_person(ticket)
    hall.count("cancelled")


def _postponed(hall: HallState, event: ev.TicketPostponed, at: Micros) -> None:
    ticket = hall.state.tickets[event.ticket]
    hall.leave(ticket)
    ticket.not_before = event.not_before
    if event.arrived:
        ticket.arrive_by = 0
    hall.move(ticket, ev.TicketPostponed, at)
    hall.enter(ticket)


def _requeued(hall: HallState, event: ev.TicketRequeued, at: Micros) -> None:
    ticket = hall.state.tickets[event.ticket]
    hall.move(ticket, ev.TicketRequeued, at)
    ticket.requeues += 1
    ticket.promise = event.promise
    ticket.window, ticket.not_before, ticket.recalls = "", 0, 0
    hall.enter(ticket)


def _slip_reported(hall: HallState, event: ev.SlipReported, _at: Micros) -> None:
    hall.count(f"slips-{event.state}")


DECIDE: dict[type[Any], Decide] = {
    cmd.TakeTicket: _take,
    cmd.CancelTicket: _cancel,
    cmd.PostponeTicket: _postpone,
    cmd.RequeueTicket: _requeue,
    cmd.ReportSlip: _report_slip,
}
APPLY: dict[type[Any], Apply] = {
    ev.TicketIssued: _issued,
    ev.TicketCancelled: _cancelled,
    ev.TicketPostponed: _postponed,
    ev.TicketRequeued: _requeued,
    ev.SlipReported: _slip_reported,
}
APPLY_REGISTER: dict[type[Any], Apply] = {
    ev.TicketIssued: _way_in_used,
    ev.TicketCancelled: measure_call,
}
