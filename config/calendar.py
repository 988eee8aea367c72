"""When a hall works: working days, the hours of each day, the next opening, and who is on duty. Pure.

Rules for one date; the first that applies decides:

1. An exceptional day (`[[day]]`) is closed, or has the hours it names.
2. A national holiday is closed, unless the hall is open on every day.
3. A market day (逢场) for which `[[hours]]` names "market" has those hours, at a weekend too.
4. A working day has the hours that `[[hours]]` gives its weekday, else the hall's own. Monday to Friday are working
   days unless the notice says otherwise, and so are the weekend days that the notice makes workdays (调休).
5. Another Saturday or Sunday is closed, unless `[[hours]]` names it or the hall is open on every day.

The notice is data (`Settings.year_notices`). A year without one is **provisional**: its weekdays are taken for
working days, and whatever is computed from such a day is marked, because the notice may move it.
Times of day become instants in the hall's zone only here and where a day is opened.

The duty roster (值班表) of a day: the most specific entry wins, role by role: dates before weekdays before every day. So
a weekly rota is written once; a swap or a holiday is one more line with its dates, and for that role it stands before
the weekly one on those days. The day is the business day, not the clock's.
"""

from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from typing import NamedTuple, get_args

from config.instants import Micros, instant, local
from config.lunar import lunar_day
from config.performance_settings import Duty
from config.setting_types import Weekday
from config.settings import ExceptionalDay, Hours, Settings, YearNotice

WEEKDAYS: tuple[str, ...] = get_args(Weekday)  # in the order of date.weekday()
LOOK_AHEAD_DAYS = 60  # the longest holiday is over within two weeks
ONE_DAY = timedelta(days=1)
HOLIDAYS_EN = {
    "元旦": "New Year's Day", "春节": "Spring Festival", "清明": "Qingming Festival", "劳动": "Labour Day",
    "端午": "Dragon Boat Festival", "中秋": "Mid-Autumn Festival", "国庆": "National Day",
}  # fmt: skip

KEPT_MAX = 400  # dates, and breaks of windows, whose answers a calendar keeps

Band = tuple[str, str]  # "HH:MM" from and to
PlannedBreak = tuple[Micros, Micros]


class DayHours(NamedTuple):
    """The hours of one date. `bands` in order, breaks cut out; times are "HH:MM" in the hall's zone."""

    bands: tuple[Band, ...]
    first_ticket: str
    last_ticket: str

    @property
    def opens(self) -> str:
        """When the business day begins: with the first number, if numbers are given before work begins."""
        return min(self.first_ticket, self.bands[0][0])

    @property
    def closes(self) -> str:
        return self.bands[-1][1]

    @property
    def gaps(self) -> list[Band]:
        """The breaks between the bands."""
        return [(end, start) for (_, end), (start, _) in zip(self.bands, self.bands[1:], strict=False)]


class Closed(NamedTuple):
    """Why a date is closed: a code (exceptional, holiday, weekend), and the day's name in Chinese and English."""

    code: str
    name: str = ""
    name_en: str = ""


class Opening(NamedTuple):
    """The next time the hall opens. `provisional`: the year's notice is not known yet, so it may move."""

    at: Micros
    day: date
    provisional: bool


class Calendar:
    """The calendar of one hall."""

    def __init__(self, settings: Settings) -> None:
        self._hall = settings.hall
        self._every_day = settings.calendar.open_on == "every-day"
        self._market_digits = frozenset(settings.calendar.market_days)
        self._market_lunar = frozenset(settings.calendar.market_lunar)
        self._notices: dict[int, YearNotice] = {each.year: each for each in settings.year_notices}
        self._exceptional: dict[date, ExceptionalDay] = {each.date: each for each in settings.days}
        self._hours: dict[str, Hours] = {name: row for row in settings.hours for name in row.days}
        self._usual: dict[date, DayHours] = {}  # of the dates asked for: each document of a hall asks again
        self._breaks: dict[tuple[date, str, tuple[Band, ...]], tuple[PlannedBreak, ...]] = {}

    # --- days

    def provisional(self, day: date) -> bool:
        """Return whether the national notice for this year is still missing."""
        return day.year not in self._notices

    def working(self, day: date) -> bool:
        """Return whether this is a working day by the national notice (by the weekday, while there is none)."""
        notice = self._notices.get(day.year)
        if notice and day in notice.workdays:
            return True
        return day.weekday() < 5 and not (notice and day in notice.holidays)

    def market(self, day: date) -> bool:
        """Return whether this is a market day: by the last digit of the date or of the lunar date, or because an
        exceptional day says so."""
        exceptional = self._exceptional.get(day)
        if day.day % 10 in self._market_digits or (exceptional is not None and exceptional.market):
            return True
        return bool(self._market_lunar and (nth := lunar_day(day)) and nth % 10 in self._market_lunar)

    def takes_place(self, names: Iterable[str], day: date) -> bool:
        """Return whether something that takes place on `names` (weekdays, "market", dates; none: always) does on this
        day."""
        wanted = set(names)
        if not wanted or wanted & {WEEKDAYS[day.weekday()], day.isoformat()}:
            return True
        return "market" in wanted and self.market(day)

    def closed(self, day: date) -> Closed | None:
        """Return why the hall does not open on this date, or None if it does."""
        exceptional = self._exceptional.get(day)
        if exceptional and (exceptional.bands or not exceptional.market):
            return None if exceptional.bands else Closed("exceptional", exceptional.name, exceptional.name_en)
        notice = self._notices.get(day.year)
        if notice and day in notice.holidays and not self._every_day:
            return Closed("holiday", notice.holidays[day], holiday_en(notice.holidays[day]))
        if self.working(day) or self._every_day or self._row(day):
            return None
        return Closed("weekend")

    def _row(self, day: date) -> Hours | None:
        market = self._hours.get("market") if self.market(day) else None
        return market or self._hours.get(WEEKDAYS[day.weekday()])

    # --- hours

    def hours(self, day: date) -> DayHours | None:
        """Return the hours of a date, or None if the hall does not open."""
        return None if self.closed(day) else self.usual_hours(day)

    def usual_hours(self, day: date) -> DayHours:
        """Return the hours a date has if the hall opens, be it because a manager opens a closed day."""
        found = self._usual.get(day)
        if found is None:
            if len(self._usual) >= KEPT_MAX:
                self._usual.clear()
            found = self._usual[day] = self._hours_of(day)
        return found

    def breaks(self, day: date, zone: str, own: Iterable[Band]) -> tuple[PlannedBreak, ...]:
        """Return a date's planned breaks in order: the hall's, and a window's `own`."""
        key = day, zone, tuple(own)
        found = self._breaks.get(key)
        if found is None:
            if len(self._breaks) >= KEPT_MAX:
                self._breaks.clear()
            rows = (*self.usual_hours(day).gaps, *key[2])
            label = day.isoformat()
            found = self._breaks[key] = tuple(
                sorted((instant(label, start, zone), instant(label, end, zone)) for start, end in rows)
            )
        return found

    def _hours_of(self, day: date) -> DayHours:
        hall, row, exceptional = self._hall, self._row(day), self._exceptional.get(day)
        bands, first, last = [(hall.opens, hall.closes)], None, None
        if exceptional and exceptional.bands:
            bands = list(exceptional.bands)
        elif row:
            bands, first, last = list(row.bands), row.first_ticket, row.last_ticket
        bands = sorted(_without(bands, hall.breaks))
        opens, closes = bands[0][0], bands[-1][1]
        # Where a day names no times for numbers, they lie as far from its hours as the hall's own do.
        first = first or _moved(opens, _between(hall.opens, hall.first_ticket or hall.opens))
        last = last or _moved(closes, _between(hall.closes, hall.last_ticket))
        return DayHours(tuple(bands), first if first < closes else opens, max(last, opens))

    def opening(self, now: Micros) -> Opening | None:
        """Return the next opening after `now`, today's included if it is still to come; None if none is in sight."""
        here = local(now, self._hall.zone)
        for day in self._days(here.date(), LOOK_AHEAD_DAYS):
            hours = self.hours(day)
            if hours:
                at = instant(day.isoformat(), hours.opens, self._hall.zone)
                if at > now:
                    return Opening(at, day, self.provisional(day))
        return None

    def in_hours(self, now: Micros) -> bool:
        """Return whether the business day of this date should be open at `now`: from its first number to closing."""
        here = local(now, self._hall.zone)
        hours = self.hours(here.date())
        return hours is not None and hours.opens <= here.strftime("%H:%M") < hours.closes

    # --- counting

    def open_days(self, after: date, until: date) -> int:
        """Count the days on which the hall opens after one date until another (the other counted)."""
        return sum(self.hours(day) is not None for day in self._days(after + ONE_DAY, (until - after).days))

    def add_working_days(self, start: date, count: int) -> tuple[date, bool]:
        """Return the date `count` working days after `start` (not counted), and whether it is provisional."""
        day, provisional = start, False
        while count > 0:
            day += ONE_DAY
            provisional |= self.provisional(day)
            count -= self.working(day)
        return day, provisional

    def before_working_days(self, end: date, count: int) -> date:
        """Return the date `count` working days before `end` (not counted)."""
        day = end
        while count > 0:
            day -= ONE_DAY
            count -= self.working(day)
        return day

    def working_days(self, after: date, until: date) -> int:
        """Count the working days after one date until another (the other counted)."""
        return sum(self.working(day) for day in self._days(after + ONE_DAY, (until - after).days))

    @staticmethod
    def _days(first: date, count: int) -> Iterator[date]:
        return (first + timedelta(days=n) for n in range(count))


def holiday_en(name: str) -> str:
    """Return the English name of a national holiday, whose notice is Chinese; joined holidays have both."""
    found = [english for chinese, english in HOLIDAYS_EN.items() if chinese in name]
    return ", ".join(found) or "Public holiday"


def _without(bands: Iterable[Band], breaks: Iterable[Band]) -> list[Band]:
    """Return the bands without the breaks: times as "HH:MM" compare as text."""
    left = list(bands)
    for start, end in breaks:
        cut: list[Band] = []
        for opens, closes in left:
            cut += [(a, b) for a, b in ((opens, min(closes, start)), (max(opens, end), closes)) if a < b]
        left = cut
    return left or list(bands)


def _between(start: str, end: str) -> int:
    """Return the minutes from one time of day to another; negative if the other is earlier."""
    return (int(end[:2]) - int(start[:2])) * 60 + int(end[3:]) - int(start[3:])


def _moved(clock: str, minutes: int) -> str:
    """Return a time of day so many minutes later, within the day."""
    hours, rest = divmod(min(max(0, _between("00:00", clock) + minutes), 24 * 60 - 1), 60)
    return f"{hours:02d}:{rest:02d}"


# --- the duty roster

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
    """Return how specific an entry is: dates 2, weekdays 1, every day 0."""
    return 2 if duty.first or duty.last else 1 if duty.weekdays else 0


def ever_on(weekdays: list[Weekday], first: date | None, last: date | None) -> bool:
    """Return whether any of these weekdays falls between the dates."""
    if first is None or last is None or last - first >= timedelta(days=WEEK - 1):
        return True
    days = (first + timedelta(days=each) for each in range((last - first).days + 1))
    return any(WEEKDAYS[day.weekday()] in weekdays for day in days)
