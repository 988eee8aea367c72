"""Appointments: booked for a slot with a quota, checked in early or late by rule, origin = appointed time.

With its origin in the slot an appointment merges fairly with the walk-ins by the one turn rule. A slot is
named by its start in UTC µs; the person by a keyed hash, never by name or ID number.
"""

from datetime import date
from typing import Any

from caller.engine import (
    booking_slots,
    collecting,
    deadlines,
    live_numbers,
    phone_numbers,
    short_codes,
    ticketing,
    vouchers,
)
from caller.engine import commands as cmd
from caller.engine import events as ev
from caller.engine.envelope import CommandEnvelope
from caller.engine.refusals import Refused
from caller.engine.register import Appointment
from caller.engine.register_rows import NoShow
from caller.engine.state import Apply, Decide, HallState
from config.hall_lists import find
from config.instants import HOUR, MINUTE, Micros
from config.settings import Queue


def _book(
    hall: HallState, envelope: CommandEnvelope, command: cmd.BookAppointment, now: Micros
) -> list[ev.AnyEvent]:
    item = hall.items.get(command.item)
    if item is None or item.id in hall.retired.items:
        raise Refused("unknown-item", item=command.item)
    queue = hall.queues[item.queue]
    _need_slot(hall, queue, command.day, command.slot, now)
    _need_no_grey(hall, command.person, now)
    _need_no_other(hall, command.person, command.client, command.day)
    code = short_codes.make("booking", envelope.random, envelope.id, hall.register.codes)
    if code is None:
        raise Refused("slot-full")
    booked = ev.AppointmentBooked(
        appointment=envelope.id, code=code, item=item.id, queue=queue.id,
        slot=command.slot, day=command.day, person=cmd.person_hashes(command.person)[0],
        due=deadlines.check_in_due(hall, command.slot), client=live_numbers.client_of(command.person, command.client),
    )  # fmt: skip
    return [booked]


def _need_slot(hall: HallState, queue: Queue, day: str, slot: int, now: Micros) -> None:
    """Refuse a slot that is off the queue's grid, outside the hall's hours on that day or the horizon, or full."""
    rules = hall.settings.rules
    if not queue.slot_quota:
        raise Refused("no-appointments", queue=queue.name)
    try:
        wanted = date.fromisoformat(day)
    except ValueError:
        raise Refused("bad-time", why="no-date", day=day) from None
    _need_open_date(hall, wanted)
    ahead = booking_slots.days_ahead(hall, now, wanted)
    if slot not in booking_slots.slots_of(hall, queue, wanted):
        raise Refused("slot-outside", why="no-slot")
    if not rules.appointment_ahead_days <= ahead <= rules.appointment_horizon_days:
        soonest, last = rules.appointment_ahead_days, rules.appointment_horizon_days
        raise Refused("slot-outside", why="days-ahead", soonest=soonest, last=last)
    if not booking_slots.left(hall, queue, slot):
        raise Refused("slot-full")


def _need_open_date(hall: HallState, day: date) -> None:
    closed = hall.calendar.closed(day)
    if closed:
        names = {"name": closed.name or "休息日", "name_en": closed.name_en or closed.code}
        raise Refused("slot-outside", why="closed", day=day, **names)


def _need_no_other(hall: HallState, person: str, client: str, day: str, but: str = "") -> None:
    """Refuse more bookings of a person on a day than the rule allows; an agent's are counted client by client."""
    known = cmd.person_hashes(person)
    clients = cmd.person_hashes(client if live_numbers.client_of(person, client) else "")
    same = [
        each
        for each in hall.register.appointments.values()
        if each.person in known
        and each.client in clients
        and each.day == day
        and each.state == "booked"
        and each.id != but
    ]
    if len(same) >= hall.settings.rules.appointments_per_day:
        raise Refused("person-booked")


def _need_no_grey(hall: HallState, person: str, now: Micros) -> None:
    """Refuse a person who did not come to so many bookings of late, in a hall with the booking page; a number is always
    given."""
    rules, known = hall.settings.phone, cmd.person_hashes(person)
    if not rules.book or not rules.no_shows:
        return
    late = [each.slot for each in hall.register.no_shows.values() if each.person in known]
    late = sorted(slot for slot in late if now - slot < rules.no_show_days * 24 * HOUR)
    if len(late) >= rules.no_shows:
        free = hall.local_date(late[-rules.no_shows] + rules.no_show_days * 24 * HOUR)
        raise Refused("no-shows", count=len(late), days=rules.no_show_days, day=free.isoformat())


def _booked(hall: HallState, id: str) -> Appointment:
    found = hall.register.appointments.get(id)
    if found is None:
        raise Refused("unknown-appointment")
    if found.state != "booked":
        raise Refused("appointment-used", state=found.state)
    return found


def _need_time_to_change(hall: HallState, booked: Appointment, now: Micros) -> None:
    hours = hall.settings.rules.appointment_cancel_hours
    if booked.slot - now < hours * HOUR:
        raise Refused("too-late-to-cancel", hours=hours)


def _change(
    hall: HallState, _envelope: CommandEnvelope, command: cmd.ChangeAppointment, now: Micros
) -> list[ev.AnyEvent]:
    booked = _booked(hall, command.appointment)
    _need_time_to_change(hall, booked, now)
    _need_slot(hall, _queue_of(hall, booked), command.day, command.slot, now)
    _need_no_other(hall, booked.person, booked.client, command.day, but=booked.id)
    due = deadlines.check_in_due(hall, command.slot)
    return [ev.AppointmentChanged(booked.id, command.slot, command.day, due)]


def _cancel(
    hall: HallState, _envelope: CommandEnvelope, command: cmd.CancelAppointment, now: Micros
) -> list[ev.AnyEvent]:
    booked = _booked(hall, command.appointment)
    _need_time_to_change(hall, booked, now)
    return [ev.AppointmentCancelled(appointment=booked.id)]


def _check_in(
    hall: HallState, envelope: CommandEnvelope, command: cmd.CheckIn, now: Micros
) -> list[ev.AnyEvent]:
    hall.need_open_day()
    if voucher := vouchers.find(hall, command.code):
        return [vouchers.come_back(hall, envelope, command, voucher, now)]
    if arrived := phone_numbers.arrived(hall, command.code, now):
        return [arrived]
    if case := collecting.find(hall, command.code):
        return [collecting.come(hall, envelope, case, now)]
    booked = _in_time(hall, hall.register.codes.get(short_codes.typed(command.code), command.code), now)
    priority = "appointment" if "appointment" in hall.classes else "ordinary"
    take = cmd.TakeTicket([booked.item], priority=priority, person=booked.person, client=booked.client)
    queue = _queue_of(hall, booked)
    void = live_numbers.need_no_live_ticket(hall, take, queue)
    return [*void, ticketing.issue(hall, envelope.id, queue, take, now, booked)]


def _queue_of(hall: HallState, booked: Appointment) -> Queue:
    """Return the queue that was booked; where the settings have lost it, the one its item leads to now, else the lost
    one."""
    item = hall.items.get(booked.item)
    for id in (booked.queue, item.queue if item else ""):
        if id in hall.queues and id not in hall.retired.queues:
            return hall.queues[id]
    if booked.queue in hall.queues:
        return hall.queues[booked.queue]
    raise Refused("unknown-queue", queue=booked.queue)


def _in_time(hall: HallState, id: str, now: Micros) -> Appointment:
    """Return a booked appointment whose time it is; one that is missed by now came too late, however it is noted."""
    found = hall.register.appointments.get(id)
    if found and found.state in ("booked", "missed"):
        _need_its_time(hall, found, now)
    return _booked(hall, id)


def _need_its_time(hall: HallState, booked: Appointment, now: Micros) -> None:
    time = deadlines.check_in(hall, booked)
    if now < time.start:
        raise Refused("too-early", time=hall.local_time(time.start), day=_date_of(hall, time.start, now))
    if deadlines.overdue(time, now):
        raise Refused("too-late", minutes=(time.due - booked.slot) // MINUTE)


def _date_of(hall: HallState, at: Micros, now: Micros) -> str:
    """Return the date of an instant, as the words of a refusal take it; empty for today."""
    day = hall.local_date(at)
    return "" if day == hall.local_date(now) else f"{day.isoformat()} "


def booked_today(hall: HallState, person: str, now: Micros) -> list[Appointment]:
    """Return the person's bookings of the business day (before it opens: of the date), the earliest first; also one
    that was missed, or that a suspension moved away or cancelled, so that the holder is told."""
    today = hall.state.day.label if hall.state.day.open else hall.local_date(now).isoformat()
    known = cmd.person_hashes(person)
    own = [each for each in hall.register.appointments.values() if each.person and each.person in known]
    here = [each for each in own if each.day == today and each.state in ("booked", "missed")]
    gone = [each for each in own if each.why_moved and hall.local_date(each.before).isoformat() == today]
    return sorted(
        {each.id: each for each in (*here, *gone)}.values(), key=lambda each: each.before or each.slot
    )


def why_not_now(hall: HallState, booked: Appointment, now: Micros) -> Refused | None:
    """Return why it cannot be checked in now, for the kiosk to show before the tap; None if it can."""
    try:
        _need_unmoved(hall, booked, now)
        hall.need_open_day()
        _in_time(hall, booked.id, now)
    except Refused as refused:
        return refused
    return None


def _need_unmoved(hall: HallState, booked: Appointment, now: Micros) -> None:
    """Refuse a booking of today that a suspension moved to another day or cancelled, with the reason and the new time."""
    if not booked.why_moved or (booked.state == "booked" and booked.day == hall.local_date(now).isoformat()):
        return
    reason = find(hall.settings, "suspend", booked.why_moved)
    names = (reason.name, reason.name_en or reason.name) if reason else (booked.why_moved, booked.why_moved)
    facts = {"reason": names[0], "reason_en": names[1], "time": hall.local_time(booked.before)}
    if booked.state == "booked":
        raise Refused("booking-moved", day=booked.day, slot=hall.local_time(booked.slot), **facts)
    raise Refused("booking-cancelled", **facts)


# --- apply


def _was_booked(hall: HallState, event: ev.AppointmentBooked, _at: Micros) -> None:
    booked = Appointment(
        event.appointment, event.code, event.item, event.queue, event.slot, event.day, event.person, due=event.due,
        client=event.client,
    )  # fmt: skip
    register = hall.register
    if replaced := register.appointments.get(booked.id):  # an id older versions had forgotten, and took again
        register.unindex_appointment(replaced)
    register.appointments.put(booked.id, booked)
    register.index_appointment(booked)


def _was_changed(hall: HallState, event: ev.AppointmentChanged, _at: Micros) -> None:
    booked = hall.register.appointments.edit(event.appointment)
    hall.register.unindex_appointment(booked)
    booked.slot, booked.day, booked.due = event.slot, event.day, event.due
    booked.before, booked.why_moved = 0, ""  # the holder knows, having chosen it
    hall.register.index_appointment(booked)


def _was_cancelled(hall: HallState, event: ev.AppointmentCancelled, _at: Micros) -> None:
    booked = hall.register.appointments.edit(event.appointment)
    if event.reason:
        booked.before, booked.why_moved = booked.slot, event.reason
    hall.register.end_appointment(event.appointment, "cancelled")


def _was_missed(hall: HallState, event: ev.AppointmentMissed, _at: Micros) -> None:
    missed, rules = hall.register.appointments[event.appointment], hall.settings.phone
    counts = rules.book and rules.no_shows  # else nothing of the person is kept longer than the booking
    if counts and missed.person and not missed.why_moved:  # a suspension's fault is not the applicant's
        hall.register.no_shows.put(missed.id, NoShow(missed.person, missed.slot))
    hall.register.end_appointment(event.appointment, "missed")


DECIDE: dict[type[Any], Decide] = {
    cmd.BookAppointment: _book,
    cmd.ChangeAppointment: _change,
    cmd.CancelAppointment: _cancel,
    cmd.CheckIn: _check_in,
}
APPLY: dict[type[Any], Apply] = {}
APPLY_REGISTER: dict[type[Any], Apply] = {
    ev.AppointmentBooked: _was_booked,
    ev.AppointmentChanged: _was_changed,
    ev.AppointmentCancelled: _was_cancelled,
    ev.AppointmentMissed: _was_missed,
}
