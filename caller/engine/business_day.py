"""The business day: opens, closes and goes on by event. Midnight, daylight saving and a jumping clock change nothing.

1. A day's label is used once: numbers restart with the day.
2. The calendar's "HH:MM" become instants when the day opens and are written into the event: what happens later asks
   neither the settings nor the zone again.
3. `DayClosed` only marks; `DayOpened` clears. Until then a day closed by mistake can be reopened (`ReopenDay`).

How the day opens and ends by itself stands in `automatic_day`.
"""

from collections.abc import Callable
from datetime import date
from typing import Any

from caller.engine import case_changes, feedback, frequent_items, ratings, tickets, vouchers
from caller.engine import commands as cmd
from caller.engine import events as ev
from caller.engine.deadlines import overdue, rating_of
from caller.engine.envelope import CommandEnvelope, RootDay
from caller.engine.refusals import Refused
from caller.engine.register import Appointment, DeviceStatus, UsedDay
from caller.engine.state import Apply, BusinessDay, Decide, HallState, QuoteAccuracy
from caller.engine.tickets import Ticket
from config.instants import HOUR, Micros, instant

EXTENSION_MAX = 12 * HOUR  # more is a slip of the pen in the date
MEASURED_KEPT = 0.5  # yesterday's service times weigh half of today's


def _open_day(
    hall: HallState, _envelope: CommandEnvelope, command: cmd.OpenDay, now: Micros
) -> list[ev.AnyEvent]:
    """Return the hours of a date, also where the calendar has it closed: a manager knows why."""
    day, zone = hall.state.day, hall.settings.hall.zone
    if day.open:
        raise Refused("day-already-open", day=day.label)
    if command.day in hall.register.used_days:
        raise Refused("day-used", day=command.day)
    try:
        hours = hall.calendar.usual_hours(date.fromisoformat(command.day))
    except ValueError:
        raise Refused("bad-time", why="no-date", day=command.day) from None
    # A day that is opened early by hand gives numbers at once, unless numbers begin later than work does.
    starts = instant(command.day, hours.first_ticket, zone) if hours.first_ticket > hours.bands[0][0] else 0
    stops, closes = (instant(command.day, clock, zone) for clock in (hours.last_ticket, hours.closes))
    opened = ev.DayOpened(day=command.day, zone=zone, stops_at=stops, closes_at=closes, starts_at=starts)
    missed = _missed_appointments(hall, lambda booked: booked.day < command.day)
    return [opened, *missed, *feedback.to_archive(hall, now)]


def _missed_appointments(hall: HallState, over: Callable[[Appointment], bool]) -> list[ev.AnyEvent]:
    """Return the ends of the booked appointments whose day is over, in an order that a restart does not change."""
    return [
        ev.AppointmentMissed(appointment=each.id)
        for each in sorted(hall.register.appointments.values(), key=lambda each: each.id)
        if each.state == "booked" and over(each)
    ]


def _close_day(
    hall: HallState, _envelope: CommandEnvelope, command: cmd.CloseDay, _now: Micros
) -> list[ev.AnyEvent]:
    day = hall.need_open_day()
    live = list(hall.live())
    expirable = {"waiting", "held", "missed"} if command.expire else {"missed"}
    stuck = [ticket for ticket in live if ticket.state not in expirable]
    serving = {ticket.window for ticket in stuck if ticket.state in tickets.AT_WINDOW}
    if stuck and all(ticket.window in serving for ticket in stuck):  # voiding who waits would not help
        named = [id for id in hall.state.windows if id in serving]
        raise Refused("windows-serving", windows=", ".join(named))
    if stuck:
        raise Refused("tickets-live", count=len(stuck))
    expired: list[ev.AnyEvent] = [ev.TicketExpired(ticket=ticket.id) for ticket in live]
    closed = [ev.WindowClosed(window=w.id) for w in hall.state.windows.values() if w.state != "closed"]
    missed = _missed_appointments(hall, lambda booked: booked.day <= day.label)
    return [*expired, *closed, *missed, ev.DayClosed(day=day.label)]


def _reopen_day(
    hall: HallState, _envelope: CommandEnvelope, command: cmd.ReopenDay, now: Micros
) -> list[ev.AnyEvent]:
    """Reopen the day. Rules: (1) only the day closed last, whose tickets are still known; (2) in hours that are not over; (3) expired
    tickets come back as they were, but for those taken elsewhere and not checked in; windows stay closed, missed appointments missed."""
    day = hall.state.day
    if day.open:
        raise Refused("day-already-open", day=day.label)
    if not day.label:
        raise Refused("none-closed")
    if command.until:
        _need_later(command.until, now)
    elif day.closes_at <= now:
        raise Refused("bad-time", why="hours-over")
    reopened = ev.DayReopened(
        day=day.label, zone=day.zone, opened=day.opened,
        stops_at=command.until or day.stops_at, closes_at=command.until or day.closes_at,
    )  # fmt: skip
    expired = (each for each in hall.state.tickets.values() if each.state == "expired" and not each.arrive_by)
    return [reopened, *(_restored(each) for each in expired)]


def _restored(ticket: Ticket) -> ev.TicketRestored:
    not_before = ticket.not_before if ticket.expired_from == "waiting" else 0
    return ev.TicketRestored(ticket=ticket.id, state=ticket.expired_from, not_before=not_before)


def _stop_tickets(
    hall: HallState, _envelope: CommandEnvelope, _command: cmd.StopTickets, _now: Micros
) -> list[ev.AnyEvent]:
    day = hall.need_open_day()
    if day.stopped:
        raise Refused("tickets-stopped")
    return [ev.TicketsStopped(day=day.label)]


def _extend_hours(
    hall: HallState, _envelope: CommandEnvelope, command: cmd.ExtendHours, now: Micros
) -> list[ev.AnyEvent]:
    day = hall.need_open_day()
    end = max(day.closes_at, now)
    _need_later(command.until, end)
    return [ev.HoursExtended(until=command.until)]


def _root_day(
    hall: HallState, _envelope: CommandEnvelope, command: RootDay, _now: Micros
) -> list[ev.AnyEvent]:
    used = hall.register.used_days
    if command.day not in used or not 0 < command.first <= command.last <= hall.state.seq:
        raise Refused("bad-time", why="no-date", day=command.day)
    return [
        ev.DayRooted(
            command.day, command.first, command.last, command.ratings, command.root, list(command.levels),
            list(command.case_levels), command.receptions, command.decided,
        )
    ]  # fmt: skip


def _need_later(until: Micros, end: Micros) -> None:
    """Require that the new end of a day's hours lies after the old one and after now (`end`), and not too far."""
    if until <= end:
        raise Refused("bad-time", why="not-later")
    if until > end + EXTENSION_MAX:
        raise Refused("bad-time", why="too-long")


def _report_device(
    hall: HallState, _envelope: CommandEnvelope, command: cmd.ReportDevice, _now: Micros
) -> list[ev.AnyEvent]:
    known = hall.register.devices.get(command.device)
    if known and (known.state, known.detail) == (command.state, command.detail):
        return []
    return [
        ev.DeviceReported(
            device=command.device, kind=command.kind, state=command.state, detail=command.detail
        )
    ]


# --- apply


def _day_opened(hall: HallState, event: ev.DayOpened, at: Micros) -> None:
    """Start numbers, calls and counts again: what the last day left is cleared only now."""
    state = hall.state
    state.day = BusinessDay(
        label=event.day, zone=event.zone, open=True, opened=at,
        starts_at=event.starts_at, stops_at=event.stops_at, closes_at=event.closes_at,
    )  # fmt: skip
    for table in (state.serials, state.band_counts, state.tickets, state.ratings, state.counts, state.calls):
        table.clear()
    state.overdue.clear()
    for gone in (state.suspended, state.leases, state.replaced):
        gone.clear()
    state.notices.clear()
    state.receptions.clear()
    state.fees.clear()
    state.quote_accuracy = QuoteAccuracy()
    for window in state.windows.values():
        window.served, window.last, window.rated = 0, "", 0
    for index in (hall.lines, hall.waiting, hall.live_persons, *hall.parked.values()):
        index.clear()
    hall.forecast = None


def _register_new_day(hall: HallState, event: ev.DayOpened, at: Micros) -> None:
    """Drop the last day's appointments and the visits that are too old to be rated; old measurements weigh less."""
    register, last = hall.register, hall.state.day.label
    for booked in [each for each in register.appointments.values() if each.day <= last]:
        register.unindex_appointment(register.appointments.drop(booked.id))
    visits = register.visits.items()
    for id in [id for id, visit in visits if overdue(rating_of(hall, id, visit, "phone"), at)]:
        register.visits.drop(id)
    _drop_no_shows(hall, at)
    frequent_items.learn(hall)
    feedback.drop_ended(hall, at)
    ratings.drop_old(hall, event.day)
    case_changes.drop_ended(hall, at)
    vouchers.drop_ended(hall, at)
    for key in register.service_times:
        register.service_times.edit(key).scale(MEASURED_KEPT)
    register.used_days.put(event.day, UsedDay(at))


def _drop_no_shows(hall: HallState, at: Micros) -> None:
    """Forget the bookings not come to that are too old to count against their persons."""
    kept, oldest = hall.register.no_shows, at - hall.settings.phone.no_show_days * 24 * HOUR
    for id in [id for id, each in kept.items() if each.slot < oldest]:
        kept.drop(id)


def _tickets_stopped(hall: HallState, _event: ev.TicketsStopped, _at: Micros) -> None:
    hall.state.day.stopped = True


def _hours_extended(hall: HallState, event: ev.HoursExtended, _at: Micros) -> None:
    day = hall.state.day
    day.stopped = False
    day.stops_at = day.closes_at = event.until


def _day_closed(hall: HallState, _event: ev.DayClosed, _at: Micros) -> None:
    """Mark the end and no more: the next `DayOpened` clears, so that a day closed by mistake can be reopened."""
    hall.state.day.open = False
    hall.forecast = None


def _day_reopened(hall: HallState, event: ev.DayReopened, _at: Micros) -> None:
    day = hall.state.day
    day.open, day.stopped = True, False
    day.stops_at, day.closes_at = event.stops_at, event.closes_at


def _ticket_restored(hall: HallState, event: ev.TicketRestored, at: Micros) -> None:
    """Put a ticket back as it was; all windows are closed, so one that was to wait for one of them waits in the
    queue."""
    ticket = hall.state.tickets[event.ticket]
    tickets.restore(ticket, event.state, at)
    ticket.bound = ""
    hall.index_ticket(ticket)
    hall.state.counts["expired"] -= 1


def _ticket_expired(hall: HallState, event: ev.TicketExpired, at: Micros) -> None:
    ticket = hall.state.tickets[event.ticket]
    ticket.expired_from = ticket.state
    if ticket.state == "waiting":
        hall.leave(ticket)
    hall.move(ticket, ev.TicketExpired, at)
    hall.forget_person(ticket)
    hall.count("expired")


def _device_reported(hall: HallState, event: ev.DeviceReported, at: Micros) -> None:
    known = hall.register.devices.get(event.device)
    since = known.since if known and known.state == event.state else at
    hall.register.devices.put(event.device, DeviceStatus(event.kind, event.state, event.detail, since))


DECIDE: dict[type[Any], Decide] = {
    cmd.OpenDay: _open_day,
    cmd.CloseDay: _close_day,
    cmd.ReopenDay: _reopen_day,
    cmd.StopTickets: _stop_tickets,
    cmd.ExtendHours: _extend_hours,
    RootDay: _root_day,
    cmd.ReportDevice: _report_device,
}
APPLY: dict[type[Any], Apply] = {
    ev.DayOpened: _day_opened,
    ev.TicketsStopped: _tickets_stopped,
    ev.HoursExtended: _hours_extended,
    ev.DayClosed: _day_closed,
    ev.DayReopened: _day_reopened,
    ev.TicketRestored: _ticket_restored,
    ev.TicketExpired: _ticket_expired,
}
APPLY_REGISTER: dict[type[Any], Apply] = {
    ev.DayOpened: _register_new_day,
    ev.DeviceReported: _device_reported,
}
