"""Probes of time: is the PC's clock kept right, and does the hall know its holidays."""

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from caller.service.clock import synchronised
from config.calendar import Calendar
from config.probe import Examined, Finding, doubtful, wrong

FIRST_DATE = date(2025, 1, 1)  # before this program was written: the clock's battery is dead
NOTICE_DAYS = 45  # the national notice for a year comes in November; before that nobody can load it


def clock(hall: Examined) -> Iterable[Finding]:
    """Find a clock that cannot be right, and one that no time server keeps so."""
    day = _day(hall)
    if day < FIRST_DATE:
        yield wrong("clock-impossible", day=day)
    elif synchronised() is False:
        yield doubtful("clock-free")


def calendar(hall: Examined) -> Iterable[Finding]:
    """Find a year whose national notice is not loaded: this year's, and soon the next one's."""
    day, known = _day(hall), Calendar(hall.settings)
    for at in (day, day + timedelta(days=NOTICE_DAYS)):
        if known.provisional(at):
            yield doubtful("no-notice", year=at.year)
            return


def _day(hall: Examined) -> date:
    return datetime.fromtimestamp(hall.now / 1e6, ZoneInfo(hall.settings.hall.zone)).date()
