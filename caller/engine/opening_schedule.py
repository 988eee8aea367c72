"""When the business day opens and closes by itself (`hall.automatic_day`). PURE: the hall and an instant in, at most
one command out.

Rules:

1. A day is opened on its own date, in the hours the calendar gives that date, and once.
2. It is closed when its hours are over and no ticket is live; who still waits then is served or expires by the
   hall's rule `closing`.
3. What an earlier day left over is ended when the next day should open: who was called did not come, who was being
   served is finished, who waits expires.

Whether the clock is to be believed for any of this is credible_clock's question; the scheduler asks it first.
"""

from datetime import datetime

from caller.engine.commands import CloseDay, FinishService, MarkNoShow, OpenDay
from caller.engine.hall import Hall
from config.instants import Micros, local

TimedCommand = OpenDay | CloseDay | MarkNoShow | FinishService


def due(hall: Hall, now: Micros) -> TimedCommand | None:
    """Return what the day needs now, if anything."""
    here = local(now, hall.settings.hall.zone)
    if hall.state.day.open:
        return _closing(hall, here, now)
    label = here.date().isoformat()
    if hall.calendar.in_hours(now) and label not in hall.register.used_days:
        return OpenDay(day=label)
    return None


def _closing(hall: Hall, here: datetime, now: Micros) -> TimedCommand | None:
    day = hall.state.day
    if now < day.closes_at:
        return None
    left_over = here.date().isoformat() > day.label and hall.calendar.in_hours(now)
    states = {ticket.state for ticket in hall.live()} - {"missed"}
    if not states:
        return CloseDay()
    if states & {"called", "serving"}:
        return _end_visit(hall) if left_over else None
    if left_over or hall.settings.rules.closing == "expire":
        return CloseDay(expire=True)
    return None


def _end_visit(hall: Hall) -> TimedCommand | None:
    """End one visit that the day before left at a window."""
    for window in hall.state.windows.values():
        if window.ticket:
            called = hall.state.tickets[window.ticket].state == "called"
            verb = MarkNoShow if called else FinishService
            return verb(window=window.id, as_of=window.version)
    return None
