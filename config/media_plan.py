"""What the hall's sound and screens do at a certain time: how loud, what is announced, what is played. Pure.

1. Hours are times of day in the hall's zone; a day is a weekday there. A row without hours or days holds always.
2. How loud: of the `[[volume]]` rows that hold now, one that names the loudspeaker's place stands before one for all;
   where none holds it is `voice.volume`. Zero is silence: the screens call alone.
3. An announcement by the clock holds from its time for its minutes. Its number is made of the date, the time and the row,
   so that every program counts it as the same one, and none as another day's.
4. A playlist holds the `[[media]]` rows of a kind of screen and its area, in the order of the file.
5. A screen that a `[[screen]]` row is for is on from `before_minutes` before the calendar's opening until `after_minutes`
   after its closing, or in the row's own `hours` on days the hall opens. A row that names the screen stands before one for
   all of its kind; a screen without a row is always on. The caller adds what the clock does not know: the open day.
"""

from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from typing import NamedTuple, get_args

from config.calendar import Calendar
from config.instants import MINUTE, Micros, instant, local
from config.setting_types import (
    AnnouncementTime,
    MediaEntry,
    MediaScreen,
    ScreenHours,
    ScreenKind,
    Weekday,
)
from config.settings import Settings, agents

WEEKDAYS: tuple[str, ...] = get_args(Weekday)
MINUTES_OF_DAY = 1440
ROWS_MAX = 5000  # of one table, as the reader takes them
ONE_DAY = timedelta(days=1)
Bands = Sequence[tuple[str, str]]


class Announced(NamedTuple):
    """An announcement by the clock: its number, its row, since when and until when it holds (UTC microseconds)."""

    number: int
    row: AnnouncementTime
    at: Micros
    until: Micros


def percent(settings: Settings, zone: str, now: Micros) -> int:
    """Return how loud the loudspeaker of this place is, in percent (rule 2)."""
    here = local(now, settings.hall.zone)
    rows = [
        row
        for row in settings.volumes
        if row.zone in ("", zone) and _holds(row.hours, row.days, f"{here:%H:%M}", here.date())
    ]
    rows.sort(key=lambda row: not row.zone)
    return rows[0].percent if rows else settings.voice.volume


def announced(settings: Settings, now: Micros) -> list[Announced]:
    """Return the announcements by the clock that hold now, the newest first (rule 3)."""
    found = [
        each
        for each in _announcements(settings, local(now, settings.hall.zone).date())
        if each.at <= now < each.until
    ]
    return sorted(found, key=lambda each: each.at, reverse=True)


def _announcements(settings: Settings, day: date) -> Iterator[Announced]:
    label = day.isoformat()
    for place, row in enumerate(settings.announcements):
        if row.days and WEEKDAYS[day.weekday()] not in row.days:
            continue
        for clock in row.at:
            minute = int(clock[:2]) * 60 + int(clock[3:])
            at = instant(label, clock, settings.hall.zone)
            number = (day.toordinal() * MINUTES_OF_DAY + minute) * ROWS_MAX + place
            yield Announced(number, row, at, at + round(row.minutes * MINUTE))


def playlist(settings: Settings, screen: MediaScreen, area: str, now: Micros) -> list[MediaEntry]:
    """Return what a screen of this kind in this area plays now (rule 4)."""
    here = local(now, settings.hall.zone)
    clock, today = f"{here:%H:%M}", here.date()
    return [
        each
        for each in settings.media
        if (not each.screens or screen in each.screens)
        and each.area in ("", area)
        and (each.first is None or each.first <= today)
        and (each.last is None or today <= each.last)
        and _holds(each.hours, each.days, clock, today)
    ]


# --- when screens are on

WHOLE_HALL = "hall"  # the name of a board that shows no area of its own


def screen_names(settings: Settings, screen: ScreenKind) -> list[str]:
    """Return the screens of a kind by the names that `[[screen]]` has for them."""
    match screen:
        case "board":
            return [WHOLE_HALL, *(each.id for each in settings.areas)]
        case "sign" | "tablet":
            return [each.id for each in settings.windows]
        case "kiosk":
            return [each.id for each in settings.kiosks]
        case "pc":
            return agents(settings)


def screen_hours(settings: Settings, screen: ScreenKind, name: str) -> ScreenHours | None:
    """Return the row that holds for a screen; None for one that is always on."""
    rows = [each for each in settings.screens if each.screen == screen and each.name in ("", name)]
    return min(rows, key=lambda each: not each.name, default=None)


def in_screen_hours(row: ScreenHours, settings: Settings, calendar: Calendar, now: Micros) -> bool:
    """Return whether the clock alone has these screens on at `now` (rule 5)."""
    zone = settings.hall.zone
    today = local(now, zone).date()
    for day in (today - ONE_DAY, today, today + ONE_DAY):  # minutes may reach over midnight
        hours = calendar.hours(day)
        if hours is None:
            continue
        before, after = (0.0, 0.0) if row.hours else (row.before_minutes, row.after_minutes)
        for start, end in row.hours or [(hours.opens, hours.closes)]:
            first, last = (instant(day.isoformat(), clock, zone) for clock in (start, end))
            if first - round(before * MINUTE) <= now < last + round(after * MINUTE):
                return True
    return False


def _holds(hours: Bands, days: Sequence[str], clock: str, today: date) -> bool:
    if days and WEEKDAYS[today.weekday()] not in days:
        return False
    return not hours or any(start <= clock < end for start, end in hours)
