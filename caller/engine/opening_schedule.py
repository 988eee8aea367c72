"""When the business day opens and closes by itself (`hall.automatic_day`). PURE: the hall and an instant in,
at most one command out.

A day is opened only on its own date and once, and not if the date makes no sense: a computer that believes
it is 2000, or three months later than yesterday, must not give out numbers of that day. A person may.
"""

from datetime import date, datetime
from zoneinfo import ZoneInfo

from caller.engine.commands import CloseDay, FinishService, MarkNoShow, OpenDay
from caller.engine.hall import Hall
from config.instants import Micros

STEP_DAYS_MAX = 31  # the longest holiday of a hall, and then some
FIRST_DATE = date(2025, 1, 1)  # before this program was written: the clock's battery is dead

TimedCommand = OpenDay | CloseDay | MarkNoShow | FinishService


def due(hall: Hall, now: Micros) -> TimedCommand | None:
    """What the day needs now, if anything."""
    here = local(hall, now)
    if hall.state.day.open:
        return _closing(hall, here, now)
    if _office_hours(hall, here) and here.date().isoformat() not in hall.register.used_days:
        return None if implausible(hall, now) else OpenDay(day=here.date().isoformat())
    return None


def implausible(hall: Hall, now: Micros) -> bool:
    """Is the date one that no hall would follow its last business day with?"""
    today, used = local(hall, now).date(), hall.register.used_days
    if today < FIRST_DATE:
        return True
    if not used:
        return False
    step = (today - date.fromisoformat(max(used))).days
    return not 0 <= step <= STEP_DAYS_MAX


def local(hall: Hall, now: Micros) -> datetime:
    """The instant as the hall's wall shows it."""
    return datetime.fromtimestamp(now / 1_000_000, ZoneInfo(hall.settings.hall.zone))


def _office_hours(hall: Hall, here: datetime) -> bool:
    return hall.settings.hall.opens <= here.strftime("%H:%M") < hall.settings.hall.closes


def _closing(hall: Hall, here: datetime, now: Micros) -> TimedCommand | None:
    """Closes when nobody is live; leftovers of an earlier day are ended when the next should open."""
    day = hall.state.day
    if now < day.closes_at:
        return None
    left_over = here.date().isoformat() > day.label and _office_hours(hall, here)
    states = {ticket.state for ticket in hall.live()} - {"missed"}
    if not states:
        return CloseDay()
    if states & {"called", "serving"}:
        return _end_visit(hall) if left_over else None
    if left_over or hall.settings.rules.closing == "expire":
        return CloseDay(expire=True)
    return None


def _end_visit(hall: Hall) -> TimedCommand | None:
    """A visit nobody ended yesterday: who was called did not come, who was served is finished."""
    for window in hall.state.windows.values():
        if window.ticket:
            called = hall.state.tickets[window.ticket].state == "called"
            verb = MarkNoShow if called else FinishService
            return verb(window=window.id, as_of=window.version)
    return None
