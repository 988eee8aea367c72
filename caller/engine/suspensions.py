"""A suspension: something stands still (a provincial system, the power, a fire alarm), and no place is lost. Pure.

1. What is suspended, the hall, a queue or an item, gives no numbers and no window calls its numbers. The reason is of the
   hall's list "suspend".
2. A ticket that waits keeps its number, its promise and its order: it lies in a line at which no window looks, and comes
   back with the same promise. A visit whose next item is suspended is suspended. An appointment may still be checked in.
3. It has no wait that could be told; once it ends the forecast is made anew for everybody.
4. It ends when a manager lifts it, or with the day. `until` is what people are told, and does nothing by itself.
5. On demand the appointments in its time move: each to the first free slot at its time of day, else the first free one of
   the first day that has one, inside the horizon. One for which there is none is cancelled. The booking keeps its code and
   notes the slot it had and why, so that its holder is told.
"""

from collections.abc import Callable, Iterable, Iterator
from datetime import date, timedelta
from typing import Any

from caller.engine import deadlines
from caller.engine import events as ev
from caller.engine import suspension_terms as cmd
from caller.engine.booking_slots import slots_of
from caller.engine.envelope import CommandEnvelope
from caller.engine.refusals import Refused
from caller.engine.register import Appointment
from caller.engine.state import Apply, Decide, HallState
from caller.engine.suspension_terms import (
    HallNotice,
    Suspension,
    key,
    suspended_line,
    suspension_of,
)
from config.hall_lists import find, reasons
from config.instants import MINUTE, Micros, instant, local
from config.settings import Queue, ReasonKind

NOTICES_MAX = 5  # messages that hold at a time; the newest push the oldest off


def refused_by(hall: HallState, suspension: Suspension) -> Refused:
    """Return the refusal of what a suspension stops."""
    what, what_en = name_of(hall, suspension)
    reason = find(hall.settings, "suspend", suspension.reason)
    words = (reason.name, reason.name_en or reason.name) if reason else (suspension.reason, suspension.reason)
    facts = {"what": what, "what_en": what_en, "reason": words[0], "reason_en": words[1]}
    if suspension.until:
        return Refused("suspended-until", time=hall.local_time(suspension.until), **facts)
    return Refused("suspended", **facts)


def name_of(hall: HallState, suspension: Suspension) -> tuple[str, str]:
    """Return the Chinese and English name of what is suspended."""
    if suspension.scope == "hall":
        return "大厅", "The hall"
    table = hall.queues if suspension.scope == "queue" else hall.items
    found = table.get(suspension.id)
    return (found.name, found.name_en or found.name) if found else (suspension.id, suspension.id)


def need_running(hall: HallState, queue: str, items: Iterable[str] = ()) -> None:
    """Raise `Refused` (`suspended`, `suspended-until`) if the hall, this queue or one of these items is suspended."""
    if found := suspension_of(hall.state.suspended, queue, items):
        raise refused_by(hall, found)


def at_window(hall: HallState, queues: Iterable[str]) -> Suspension | None:
    """Return why a window that serves these queues has no number to call: the suspension of those who wait for it."""
    for queue in queues:
        for entry in hall.lines.get(suspended_line(queue), ()):
            return hall.suspension(hall.state.tickets[entry.ticket])
    return None


# --- decide


def _suspend(
    hall: HallState, _envelope: CommandEnvelope, command: cmd.Suspend, now: Micros
) -> list[ev.AnyEvent]:
    hall.need_open_day()
    if command.scope == "queue" and command.id not in hall.queues:
        raise Refused("unknown-queue", queue=command.id)
    if (command.scope == "item" and command.id not in hall.items) or (command.scope == "hall" and command.id):
        raise Refused("unknown-item", item=command.id)
    _need_code(hall, "suspend", command.reason)
    if command.until and command.until <= now:
        raise Refused("bad-time", why="not-later")
    known = hall.state.suspended.get(key(command.scope, command.id))
    if (
        known
        and (known.reason, known.until) == (command.reason, command.until)
        and command.bookings == "stay"
    ):
        raise Refused("suspended-already", what=name_of(hall, known)[0], what_en=name_of(hall, known)[1])
    suspended = ev.Suspended(command.scope, command.id, command.reason, command.until)
    return [suspended, *(_moved_bookings(hall, command, now) if command.bookings == "move" else ())]


def _need_code(hall: HallState, kind: ReasonKind, code: str) -> None:
    if find(hall.settings, kind, code) is None:
        known = "、".join(each.id for each in reasons(hall.settings, kind))
        raise Refused("unknown-code", chosen=code, known=known)


def _lift(
    hall: HallState, _envelope: CommandEnvelope, command: cmd.LiftSuspension, _now: Micros
) -> list[ev.AnyEvent]:
    hall.need_open_day()
    if key(command.scope, command.id) not in hall.state.suspended:
        raise Refused("not-suspended")
    return [ev.SuspensionLifted(command.scope, command.id)]


def _notify(
    hall: HallState, _envelope: CommandEnvelope, command: cmd.NotifyWaiting, now: Micros
) -> list[ev.AnyEvent]:
    hall.need_open_day()
    if command.queue and command.queue not in hall.queues:
        raise Refused("unknown-queue", queue=command.queue)
    _need_code(hall, "notice", command.code)
    return [ev.WaitingNotified(command.code, now + command.minutes * MINUTE, command.queue)]


# --- appointments in the time of a suspension (rule 5)


def _moved_bookings(hall: HallState, command: cmd.Suspend, now: Micros) -> Iterator[ev.AnyEvent]:
    """Yield where each appointment of the time goes, in the order of their slots, so that the first come keep their order."""
    taken: dict[tuple[str, Micros], int] = {}
    for booked in _affected(hall, command, now):
        queue = hall.queues[booked.queue]
        free = _free_slot(hall, queue, booked, lambda slot, queue=queue: _is_free(hall, queue, slot, taken))
        if free is None:
            yield ev.AppointmentCancelled(booked.id, command.reason)
            continue
        day, slot = free
        taken[queue.id, slot] = taken.get((queue.id, slot), 0) + 1
        due = deadlines.check_in_due(hall, slot)
        yield ev.AppointmentMoved(booked.id, slot, day.isoformat(), due, command.reason)


def _affected(hall: HallState, command: cmd.Suspend, now: Micros) -> list[Appointment]:
    end = command.until or hall.state.day.closes_at
    table = {key(command.scope, command.id): Suspension(command.scope, command.id, command.reason, now)}
    booked = (hall.register.appointments[id] for slot, id in hall.register.booked if now <= slot < end)
    return [
        each for each in booked if each.queue in hall.queues and suspension_of(table, each.queue, [each.item])
    ]


def _is_free(hall: HallState, queue: Queue, slot: Micros, taken: dict[tuple[str, Micros], int]) -> bool:
    held = hall.register.slots.get((queue.id, slot), 0) + taken.get((queue.id, slot), 0)
    return held < queue.slot_quota


def _free_slot(
    hall: HallState, queue: Queue, booked: Appointment, is_free: Callable[[Micros], bool]
) -> tuple[date, Micros] | None:
    """Return the day and slot an appointment moves to; None if the horizon holds no free one."""
    zone, today = hall.settings.hall.zone, date.fromisoformat(booked.day)
    clock = f"{local(booked.slot, zone):%H:%M}"
    open_days = 0
    for ahead in range(1, 60):
        day = today + timedelta(days=ahead)
        if hall.calendar.closed(day):
            continue
        open_days += 1
        if open_days > hall.settings.rules.appointment_horizon_days:
            return None
        if (item := hall.items.get(booked.item)) and not hall.calendar.takes_place(item.days, day):
            continue
        slots = [slot for slot in slots_of(hall, queue, day) if is_free(slot)]
        wanted = instant(day.isoformat(), clock, zone)
        if slots:
            return day, wanted if wanted in slots else slots[0]
    return None


# --- apply


def _resorted(hall: HallState, change: Callable[[], object]) -> None:
    """Change what is suspended, and put every ticket that waits into the line it belongs to then."""
    waiting = [ticket for ticket in hall.live() if ticket.state == "waiting"]
    for ticket in waiting:
        hall.leave(ticket)
    change()
    for ticket in waiting:
        hall.enter(ticket)


def _was_suspended(hall: HallState, event: ev.Suspended, at: Micros) -> None:
    name, table = key(event.scope, event.id), hall.state.suspended
    since = table[name].since if name in table else at
    suspension = Suspension(event.scope, event.id, event.reason, since, event.until, hall.state.seq)
    _resorted(hall, lambda: table.update({name: suspension}))


def _was_lifted(hall: HallState, event: ev.SuspensionLifted, _at: Micros) -> None:
    _resorted(hall, lambda: hall.state.suspended.pop(key(event.scope, event.id), None))


def _was_notified(hall: HallState, event: ev.WaitingNotified, at: Micros) -> None:
    notice = HallNotice(hall.state.seq, event.code, event.queue, at, event.until)
    hall.state.notices = [notice, *hall.state.notices][:NOTICES_MAX]


def _booking_moved(hall: HallState, event: ev.AppointmentMoved, _at: Micros) -> None:
    booked = hall.register.appointments.edit(event.appointment)
    hall.register.unindex_appointment(booked)
    booked.before, booked.why_moved = booked.slot, event.reason
    booked.slot, booked.day, booked.due = event.slot, event.day, event.due
    hall.register.index_appointment(booked)


DECIDE: dict[type[Any], Decide] = {
    cmd.Suspend: _suspend,
    cmd.LiftSuspension: _lift,
    cmd.NotifyWaiting: _notify,
}
APPLY: dict[type[Any], Apply] = {
    ev.Suspended: _was_suspended,
    ev.SuspensionLifted: _was_lifted,
    ev.WaitingNotified: _was_notified,
}
APPLY_REGISTER: dict[type[Any], Apply] = {ev.AppointmentMoved: _booking_moved}
