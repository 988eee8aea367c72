"""Is the computer's clock to be believed? PURE: what is known goes in, a verdict with its reason comes out.

A PC whose battery died starts in 2000, one whose date was mistyped starts tomorrow, and a time server that comes late
corrects both. Whatever is done *because of the time* (opening and closing the day, expiring tickets) waits until the
clock is credible: a false date would expire everybody who waits, and use up a business day.

Witnesses, the strongest first; the first that says anything decides:

1. `battery`       no: a date before this program was written.
2. `synchronised`  yes: the kernel is kept right by a time server.
3. `stations`      yes or no: the clocks of the stations on other machines, by majority.
4. `first`         yes: nothing has happened here yet.
5. `before`        no: the last event is later than this.
6. `same-day`      yes: the open business day's own date, or still its (extended) hours.
7. `day-open`      no: a business day is open whose date is over. The PC may have been off for a night, or its date is
                   wrong: without a witness these look alike, so a person decides (closes that day, or sets the clock).
8. `next-day`      yes: no day of the hall's calendar was skipped since the last one used; days used under a false,
                   later date do not count.
9. `skipped`       no: days on which the hall should have worked were skipped.

A manager who opens the day of a date that only the wall clock shows confirms it; that is the scheduler's part.

A clock that was credible and has counted elapsed time since needs no witness; that, and the choice of the instant to
go on from, is the scheduler's part.
"""

from collections.abc import Sequence
from datetime import date
from typing import NamedTuple

from caller.engine.state import HallState
from config.instants import HOUR, MINUTE, Micros, local

FIRST_DATE = date(2025, 1, 1)  # before this program was written: the battery is dead
AGREE_MICROS = 5 * MINUTE  # clocks of PCs that nobody tends are this far apart
AFTER_HOURS = HOUR  # a day may be open so long after its hours without a word

OUTSIDE = frozenset({"synchronised", "stations"})  # witnesses that are not the log itself


class Witnesses(NamedTuple):
    """What is known about the time `wall`, which the computer's clock shows.

    `synchronised`: whether the kernel says so; None where it cannot be asked. `stations`: how far the clock of each
    station on another machine is ahead of `wall`, in microseconds.
    """

    wall: Micros
    synchronised: bool | None = None
    stations: Sequence[int] = ()


class Verdict(NamedTuple):
    """Whether a clock is to be believed, and which witness decided (a code of the table above)."""

    credible: bool
    why: str


def judge(hall: HallState, witnesses: Witnesses) -> Verdict:
    """Return whether the hall may believe `witnesses.wall`."""
    wall, zone = witnesses.wall, hall.settings.hall.zone
    today = local(wall, zone).date()
    if today < FIRST_DATE:
        return Verdict(False, "battery")
    if witnesses.synchronised:
        return Verdict(True, "synchronised")
    agreeing = sum(abs(offset) <= AGREE_MICROS for offset in witnesses.stations)
    if 2 * agreeing != len(witnesses.stations):
        return Verdict(2 * agreeing > len(witnesses.stations), "stations")
    return _by_the_log(hall, wall, today)


def _by_the_log(hall: HallState, wall: Micros, today: date) -> Verdict:
    """Judge by what happened here before: all that is left where no other clock is heard."""
    day, used, zone = hall.state.day, hall.register.used_days, hall.settings.hall.zone
    if not used:
        return Verdict(True, "first")
    if wall < hall.state.now - AGREE_MICROS:
        return Verdict(False, "before")
    if day.open:
        same = today.isoformat() == day.label or wall <= day.closes_at + AFTER_HOURS
        return Verdict(True, "same-day") if same else Verdict(False, "day-open")
    known = local(hall.state.now, zone).date().isoformat()
    last = date.fromisoformat(max((each for each in used if each <= known), default=known))
    if today < last:
        return Verdict(False, "before")
    skipped = hall.calendar.open_days(last, today) - (hall.calendar.hours(today) is not None and today > last)
    return Verdict(False, "skipped") if skipped > 0 else Verdict(True, "next-day")
