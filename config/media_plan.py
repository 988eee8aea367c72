"""What the hall's sound and screens do at a certain time: how loud, what is announced, what is played. Pure.

1. Hours are times of day in the hall's zone; a day is a weekday there. A row without hours or days holds always.
2. How loud: of the `[[volume]]` rows that hold now, one that names the loudspeaker's place stands before one for all;
   where none holds it is `voice.volume`. Zero is silence: the screens call alone.
3. An announcement by the clock holds from its time for its minutes. Its number is made of the date, the time and the row,
   so that every program counts it as the same one, and none as another day's.
4. A playlist holds the `[[media]]` rows of a kind of screen and its area, in the order of the file.
"""

from collections.abc import Iterator, Sequence
from datetime import date
from typing import NamedTuple, get_args

from config.instants import MINUTE, Micros, instant, local
from config.setting_types import AnnouncementTime, MediaEntry, MediaScreen, Weekday
from config.settings import Settings

WEEKDAYS: tuple[str, ...] = get_args(Weekday)
MINUTES_OF_DAY = 1440
ROWS_MAX = 5000  # of one table, as the reader takes them
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


def _holds(hours: Bands, days: Sequence[str], clock: str, today: date) -> bool:
    if days and WEEKDAYS[today.weekday()] not in days:
        return False
    return not hours or any(start <= clock < end for start, end in hours)
