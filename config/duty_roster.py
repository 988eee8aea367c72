"""Who is on duty on a day (值班表): the closest word wins, role by role.

A weekly rota is written once; a swap or a holiday is one more line with its dates, and for that role it stands
before the weekly one on those days. PURE: the day is an argument, and it is the business day, not the clock's.
"""

from collections.abc import Iterable
from datetime import date, timedelta
from typing import get_args

from config.settings import Duty, Weekday

WEEKDAYS: tuple[str, ...] = get_args(Weekday)
WEEK = 7  # days; a longer range holds every weekday


def on_duty(roster: Iterable[Duty], day: date) -> list[Duty]:
    """Return those on duty that day, in the order of the file; a role is held by its closest entries only."""
    found = [duty for duty in roster if _falls(duty, day)]
    closest: dict[str, int] = {}
    for duty in found:
        closest[duty.role] = max(closest.get(duty.role, 0), _closeness(duty))
    return [duty for duty in found if _closeness(duty) == closest[duty.role]]


def _falls(duty: Duty, day: date) -> bool:
    since = duty.first is None or duty.first <= day
    until = duty.last is None or day <= duty.last
    return since and until and (not duty.weekdays or WEEKDAYS[day.weekday()] in duty.weekdays)


def _closeness(duty: Duty) -> int:
    """Dates before weekdays before every day."""
    return 2 if duty.first or duty.last else 1 if duty.weekdays else 0


def ever(weekdays: list[Weekday], first: date | None, last: date | None) -> bool:
    """Does any of these weekdays fall between the dates?"""
    if first is None or last is None or last - first >= timedelta(days=WEEK - 1):
        return True
    days = (first + timedelta(days=each) for each in range((last - first).days + 1))
    return any(WEEKDAYS[day.weekday()] in weekdays for day in days)
