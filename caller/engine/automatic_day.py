"""The business day by itself (`hall.automatic_day`): it opens, closes, and ends what was left open. Pure.

`due` takes the hall and an instant and returns at most one command. The scheduler asks it, and only while the clock is
credible (`credible_clock`): a false time must neither expire a number nor end a visit.

1. A day is opened on its own date, in the hours the calendar gives that date, and once.
2. It is closed when its hours are over and no ticket is live; who still waits then is served or expires by the hall's
   rule `closing`. One that a manager opens after its hours has `rules.unended_minutes`, in which they are extended.
3. A visit that no clerk has ended lapses: `rules.unended_minutes` after closing, or after its call where that was later.
   It gets no outcome, for none is known, and its length counts in no mean. If it was being served its applicant may
   rate it by phone.
4. By the rule "serve" no number waits for ever: once nothing has happened at any window for as long after closing, the day
   is over, and who waits expires.
5. What an earlier day left over is ended so when the next day should open, without more waiting.
"""

from typing import Any

from caller.engine import commands as cmd
from caller.engine import deadlines
from caller.engine import events as ev
from caller.engine.envelope import CommandEnvelope, EndUnended
from caller.engine.register import EndedVisit
from caller.engine.state import Apply, Decide, HallState
from caller.engine.windows import WindowState
from config.instants import MINUTE, Micros

TimedCommand = cmd.OpenDay | cmd.CloseDay | EndUnended


def due(hall: HallState, now: Micros) -> TimedCommand | None:
    """Return what the day needs now, if anything."""
    if hall.state.day.open:
        return _closing(hall, now)
    label = hall.local_date(now).isoformat()
    if hall.calendar.in_hours(now) and label not in hall.register.used_days:
        return cmd.OpenDay(day=label)
    return None


def _closing(hall: HallState, now: Micros) -> TimedCommand | None:
    day = hall.state.day
    if now < day.closes_at:
        return None
    new_day = left_over(hall, now) and hall.calendar.in_hours(now)
    states = {ticket.state for ticket in hall.live()} - {"missed"}
    if not states:
        late = day.opened >= day.closes_at  # by a person, who says until when in the next breath
        return None if late and not new_day and now < day.opened + _patience(hall) else cmd.CloseDay()
    if states & {"called", "serving"}:
        return _unended(hall, now, new_day)
    if new_day or hall.settings.rules.closing == "expire" or now >= _quiet_since(hall) + _patience(hall):
        return cmd.CloseDay(expire=True)
    return None


def left_over(hall: HallState, now: Micros) -> bool:
    """Return whether the day that is open is an earlier date's and its hours are over: to the public the hall is closed."""
    day = hall.state.day
    return day.open and now >= day.closes_at and hall.local_date(now).isoformat() > day.label


def _unended(hall: HallState, now: Micros, new_day: bool) -> EndUnended | None:
    """Return the end of the first visit at a window that lapses now."""
    for window in hall.state.windows.values():
        if window.ticket and (new_day or now >= lapses_at(hall, window)):
            return EndUnended(window.id, window.version)
    return None


def lapses_at(hall: HallState, window: WindowState) -> Micros:
    """Return when the visit at a window lapses if its clerk does not end it (rule 3)."""
    return max(hall.state.day.closes_at, hall.state.tickets[window.ticket].called) + _patience(hall)


def _patience(hall: HallState) -> Micros:
    return round(hall.settings.rules.unended_minutes * MINUTE)


def _quiet_since(hall: HallState) -> Micros:
    """Return since when nothing has happened at any window, from closing on: no sign-in, no pause, no end of a visit."""
    acts = (max(window.since, window.freed) for window in hall.state.windows.values())
    return max(hall.state.day.closes_at, *acts)


# --- decide and apply


def _end_unended(
    hall: HallState, _envelope: CommandEnvelope, command: EndUnended, now: Micros
) -> list[ev.AnyEvent]:
    """End it, unless the clerk has done something since the caller looked."""
    window = hall.window(command.window)
    if not window.ticket or window.version != command.as_of:
        return []
    ticket = hall.state.tickets[window.ticket]
    rating = deadlines.rating_dues(hall, now)[1] if ticket.state == "serving" else 0
    return [ev.ServiceLapsed(ticket=ticket.id, window=window.id, rating_until=rating)]


def _lapsed(hall: HallState, event: ev.ServiceLapsed, at: Micros) -> None:
    ticket, window = hall.state.tickets[event.ticket], hall.state.windows[event.window]
    freed = window.freed
    hall.free_window(window.id, at)
    window.freed = freed  # when the applicant left is not known, and it is no act of the clerk
    hall.move(ticket, ev.ServiceLapsed, at)
    ticket.pending = []
    hall.forget_person(ticket)
    hall.count("lapsed")


def _visit_lapsed(hall: HallState, event: ev.ServiceLapsed, at: Micros) -> None:
    """Let a visit that was served be rated by phone. The evaluator no longer asks, and nothing is measured."""
    if event.rating_until:
        ticket = hall.state.tickets[event.ticket]
        visit = EndedVisit(ticket.number, event.window, ticket.clerk, at, 0, at, event.rating_until)
        hall.register.visits.put(event.ticket, visit)


DECIDE: dict[type[Any], Decide] = {EndUnended: _end_unended}
APPLY: dict[type[Any], Apply] = {ev.ServiceLapsed: _lapsed}
APPLY_REGISTER: dict[type[Any], Apply] = {ev.ServiceLapsed: _visit_lapsed}
