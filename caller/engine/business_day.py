"""The business day: opens and closes by event. Midnight, daylight saving and a jumping clock change nothing.

Numbers restart with the day, so a day's label is used once only. "HH:MM" settings become instants when the
day opens and are written into the event: what happens later never asks the config or the clock's zone again.
"""

from typing import Any

from caller.engine import commands as cmd
from caller.engine import events as ev
from caller.engine.refusals import Refused
from caller.engine.state import Apply, BusinessDay, Decide, DeviceStatus, HallState, QuoteAccuracy
from config.instants import HOUR, instant

EXTENSION_MAX = 12 * HOUR  # more is a slip of the pen in the date
PACE_KEPT = 0.5  # yesterday's service times weigh half of today's


def _open_day(
    hall: HallState, _order: cmd.CommandEnvelope, command: cmd.OpenDay, _now: int
) -> list[ev.AnyEvent]:
    day, table = hall.state.day, hall.settings.hall
    if day.open:
        raise Refused("day-already-open", day=day.label)
    if command.day in hall.state.used_days:
        raise Refused("day-used", day=command.day)
    try:
        stops = instant(command.day, table.last_ticket, table.zone)
        closes = instant(command.day, table.closes, table.zone)
    except ValueError:
        raise Refused("bad-time", why=command.day, why_en=command.day) from None
    opened = ev.DayOpened(day=command.day, zone=table.zone, stops_at=stops, closes_at=closes)
    return [opened, *_missed_appointments(hall, command.day)]


def _missed_appointments(hall: HallState, label: str) -> list[ev.AnyEvent]:
    """Appointments of days gone by that nobody checked in for."""
    return [
        ev.AppointmentMissed(appointment=each.id)
        for each in hall.state.appointments.values()
        if each.state == "booked" and each.day < label
    ]


def _close_day(
    hall: HallState, _order: cmd.CommandEnvelope, command: cmd.CloseDay, _now: int
) -> list[ev.AnyEvent]:
    day = hall.need_open_day()
    live = list(hall.live())
    expirable = {"waiting", "held", "missed"} if command.expire else {"missed"}
    stuck = [ticket for ticket in live if ticket.state not in expirable]
    if stuck:
        raise Refused("tickets-live", count=len(stuck))
    expired: list[ev.AnyEvent] = [ev.TicketExpired(ticket=ticket.id) for ticket in live]
    closed = [ev.WindowClosed(window=w.id) for w in hall.state.windows.values() if w.state != "closed"]
    missed = [
        ev.AppointmentMissed(appointment=each.id)
        for each in hall.state.appointments.values()
        if each.state == "booked" and each.day <= day.label
    ]
    return [*expired, *closed, *missed, ev.DayClosed(day=day.label)]


def _stop_tickets(
    hall: HallState, _order: cmd.CommandEnvelope, _command: cmd.StopTickets, _now: int
) -> list[ev.AnyEvent]:
    day = hall.need_open_day()
    if day.stopped:
        raise Refused("tickets-stopped")
    return [ev.TicketsStopped(day=day.label)]


def _extend_hours(
    hall: HallState, _order: cmd.CommandEnvelope, command: cmd.ExtendHours, now: int
) -> list[ev.AnyEvent]:
    day = hall.need_open_day()
    end = max(day.closes_at, now)
    if command.until <= end:
        raise Refused(
            "bad-time", why="须晚于现在和下班时间", why_en="it must be later than now and closing time"
        )
    if command.until > end + EXTENSION_MAX:
        raise Refused("bad-time", why="一次最多延 12 小时", why_en="12 hours at most")
    return [ev.HoursExtended(until=command.until)]


def _root_day(
    hall: HallState, _order: cmd.CommandEnvelope, command: cmd.RootDay, _now: int
) -> list[ev.AnyEvent]:
    if command.day not in hall.state.used_days or not 0 < command.first <= command.last <= hall.state.seq:
        raise Refused("bad-time", why=command.day, why_en=command.day)
    return [ev.DayRooted(command.day, command.first, command.last, command.ratings, command.root)]


def _report_device(
    hall: HallState, _order: cmd.CommandEnvelope, command: cmd.ReportDevice, _now: int
) -> list[ev.AnyEvent]:
    known = hall.state.devices.get(command.device)
    if known and (known.state, known.detail) == (command.state, command.detail):
        return []
    return [
        ev.DeviceReported(
            device=command.device, kind=command.kind, state=command.state, detail=command.detail
        )
    ]


# --- apply


def _day_opened(hall: HallState, event: ev.DayOpened, at: int) -> None:
    state = hall.state
    state.day = BusinessDay(
        label=event.day, zone=event.zone, open=True, opened=at,
        stops_at=event.stops_at, closes_at=event.closes_at,
    )  # fmt: skip
    state.used_days.append(event.day)
    late = hall.settings.rules.rating_hours * HOUR
    state.visits = {id: visit for id, visit in state.visits.items() if at - visit.finished <= late}
    for pace in state.paces.values():
        pace.weight *= PACE_KEPT
        pace.minutes *= PACE_KEPT
        pace.squares *= PACE_KEPT


def _tickets_stopped(hall: HallState, _event: ev.TicketsStopped, _at: int) -> None:
    hall.state.day.stopped = True


def _hours_extended(hall: HallState, event: ev.HoursExtended, _at: int) -> None:
    day = hall.state.day
    day.stopped = False
    day.stops_at = day.closes_at = event.until


def _day_closed(hall: HallState, _event: ev.DayClosed, _at: int) -> None:
    """Numbers, calls and counts start again; only what outlives a day stays."""
    state = hall.state
    state.day.open = False
    for kept in (state.serials, state.band_counts, state.tickets, state.ratings, state.counts):
        kept.clear()
    state.calls.clear()
    state.told = QuoteAccuracy()
    for window in state.windows.values():
        window.served, window.last, window.rated = 0, "", 0
    ended = [each.id for each in state.appointments.values() if each.day <= state.day.label]
    for id in ended:
        hall.forget_appointment(state.appointments.pop(id))
    for index in (hall.lanes, hall.waiting, hall.live_persons, *hall.asides.values()):
        index.clear()
    hall.forecast = None


def _day_rooted(_hall: HallState, _event: ev.DayRooted, _at: int) -> None:
    """A root is about the log; the hall is as it was."""


def _ticket_expired(hall: HallState, event: ev.TicketExpired, at: int) -> None:
    ticket = hall.state.tickets[event.ticket]
    if ticket.state == "waiting":
        hall.leave(ticket)
    hall.move(ticket, ev.TicketExpired, at)
    hall.forget_person(ticket)
    hall.count("expired")


def _device_reported(hall: HallState, event: ev.DeviceReported, at: int) -> None:
    known = hall.state.devices.get(event.device)
    since = known.since if known and known.state == event.state else at
    hall.state.devices[event.device] = DeviceStatus(event.kind, event.state, event.detail, since)


DECIDE: dict[type[Any], Decide] = {
    cmd.OpenDay: _open_day,
    cmd.CloseDay: _close_day,
    cmd.StopTickets: _stop_tickets,
    cmd.ExtendHours: _extend_hours,
    cmd.RootDay: _root_day,
    cmd.ReportDevice: _report_device,
}
APPLY: dict[type[Any], Apply] = {
    ev.DayOpened: _day_opened,
    ev.TicketsStopped: _tickets_stopped,
    ev.HoursExtended: _hours_extended,
    ev.DayClosed: _day_closed,
    ev.DayRooted: _day_rooted,
    ev.TicketExpired: _ticket_expired,
    ev.DeviceReported: _device_reported,
}
