"""Attendance and punctuality: what a shift asked of a person, and when they were at a window. Pure.

1. The plan of a person's day is the first `[[shift]]` row that names them and holds on that day; its hours, or the hall's.
   Without one they are **unplanned** (with the breaks of the shift they stand in for): there they were, but nothing says when they should have been, so they are neither
   late, early nor absent. The shifts are those of the settings of now; a row ends by its `last` day.
2. The plan begins no earlier than the business day really did and ends no later: a door that was shut makes no clerk late.
   A day that still lasts is judged up to now.
3. **Late**: the first sign-in is more than `late_minutes` whole minutes after the plan's beginning; **early**: the last
   sign-out is so long before its end. **Absent**: no sign-in at all.
4. **Away**: between the two, the window was not open for longer than `away_minutes` at a stretch (of a pause whose reason
   has minutes of its own: than those), planned breaks left out. Each such stretch counts once.
5. **AB post**: what is late, early, absent or away counts as covered, if a person of the shift's `backup` had a window
   open (the shift's own, if it names one) in all of that time but `away_minutes`.
6. Leave excuses the day; a correction says what it counts as, and stands above both.
7. A person's day belongs to the shift's window, else to the one where they were longest.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from itertools import pairwise
from typing import NamedTuple

from caller.records import Store
from caller.records.performance_rows import CorrectionRow, LeaveRow
from caller.records.rows import DayRow, PresenceRow
from caller.reports.clerk_days import AttendanceFigures, Away, ClerkDay
from config.calendar import WEEKDAYS, Calendar
from config.hall_lists import find
from config.instants import MINUTE, Micros, instant
from config.performance_settings import Shift
from config.settings import Settings

TimeSpan = tuple[Micros, Micros]  # from and to, UTC microseconds


class Attendance(NamedTuple):
    """Every person's days, in the order of day and staff number."""

    days: list[ClerkDay]

    def by(self, dimension: str) -> dict[str, AttendanceFigures]:
        """Return the figures by "staff" or "window"; a day at no window is of none."""
        found: dict[str, AttendanceFigures] = {}
        for day in self.days:
            if value := getattr(day, dimension):
                found.setdefault(value, AttendanceFigures()).add(day)
        return found


def read_attendance(store: Store, first: str, last: str, settings: Settings) -> Attendance:
    """Return the attendance of the business days from `first` to `last`, both included."""
    with store.snapshot():
        now = store.place.now
        days = list(store.of_days(DayRow, first, last))
        stays: dict[str, list[PresenceRow]] = {}
        for stay in store.of_days(PresenceRow, first, last):
            stays.setdefault(stay.day, []).append(stay)
        corrections = {(row.day, row.staff): row for row in store.of_days(CorrectionRow, first, last)}
        leaves = [row for row in store.rows(LeaveRow) if not row.cancelled]
    found: list[ClerkDay] = []
    for day in days:
        found += _Judge(day, stays.get(day.day, []), settings, now).clerk_days()
    for each in found:
        each.correction = corrections.get((each.day, each.staff))
        each.excused = next(
            (row.kind for row in leaves if row.staff == each.staff and row.first <= each.day <= row.last), ""
        )
    return Attendance(sorted(found, key=lambda each: (each.day, each.staff)))


def shift_of(shifts: Iterable[Shift], staff: str, day: date) -> Shift | None:
    """Return the shift a person has on a day (rule 1)."""
    return next((each for each in shifts if staff in each.staff and _holds(each, day)), None)


def _holds(shift: Shift, day: date) -> bool:
    since, until = shift.first is None or shift.first <= day, shift.last is None or day <= shift.last
    return since and until and (not shift.weekdays or WEEKDAYS[day.weekday()] in shift.weekdays)


class _Judge:
    """Judges one business day. `now`: UTC microseconds, how far the records go."""

    def __init__(self, day: DayRow, stays: Sequence[PresenceRow], settings: Settings, now: Micros) -> None:
        self._day, self._settings = day, settings
        self._date = date.fromisoformat(day.day)
        self._until = now if day.closed is None else day.closed
        self._stays = [
            (stay, stay.ended if stay.ended is not None else max(now, stay.began)) for stay in stays
        ]
        self._calendar = Calendar(settings)
        self._windows = {each.id: each for each in settings.windows}

    def clerk_days(self) -> list[ClerkDay]:
        here = dict.fromkeys(stay.clerk for stay, _ in self._stays)
        planned = dict.fromkeys(
            staff for each in self._settings.shifts if _holds(each, self._date) for staff in each.staff
        )
        made = (self._clerk_day(staff) for staff in here | planned)
        return [each for each in made if each is not None]

    def _clerk_day(self, staff: str) -> ClerkDay | None:
        mine = [(stay, ended) for stay, ended in self._stays if stay.clerk == staff]
        shift = shift_of(self._settings.shifts, staff, self._date)
        found = ClerkDay(self._day.day, staff, shift.name if shift else "")
        found.window = (shift.window if shift else "") or _longest(mine)
        found.open = sum(ended - stay.began for stay, ended in mine if stay.state == "open")
        if mine:
            found.came = min(stay.began for stay, _ in mine)
            is_there = any(stay.ended is None for stay, _ in mine)
            found.left = None if is_there else max(ended for _, ended in mine)
        if shift is None:
            found.away = self._away(mine, found, None, self._bands_stood_in_for(staff))
            return found
        bands = self._bands(shift)
        begins, ends = max(bands[0][0], self._day.opened), min(bands[-1][1], self._until)
        if ends <= begins and self._day.closed is None:
            return found if mine else None  # the shift is still to begin
        found.begins, found.ends = begins, ends
        self._against_plan(found, mine, shift, bands)
        return found

    def _against_plan(
        self, found: ClerkDay, mine: list[tuple[PresenceRow, Micros]], shift: Shift, bands: list[TimeSpan]
    ) -> None:
        """Say what is late, early, absent and away against the plan, and what of it the backup covered."""
        begins, ends, rules = found.begins or 0, found.ends or 0, self._settings.performance
        if found.came is None:
            found.absent = ends > begins
            if found.absent and self._covers(shift, [(begins, ends)], bands):
                found.absent = False
                found.covered.append("absent")
            return
        late = (found.came - begins) // MINUTE
        if late > rules.late_minutes:
            if self._covers(shift, [(begins, min(found.came, ends))], bands):
                found.covered.append("late")
            else:
                found.late = late
        early = (ends - found.left) // MINUTE if found.left is not None else 0
        if early > rules.early_minutes:
            if self._covers(shift, [(max(found.left or 0, begins), ends)], bands):
                found.covered.append("early")
            else:
                found.early = early
        found.away = self._away(mine, found, shift, bands)
        found.covered += ["away" for each in found.away if each.covered]

    def _bands(self, shift: Shift) -> list[TimeSpan]:
        clocks = sorted(shift.hours) or self._calendar.usual_hours(self._date).bands
        return [self._span(pair) for pair in clocks]

    def _bands_stood_in_for(self, staff: str) -> list[TimeSpan]:
        """Return the bands of the shift that an unplanned person is the backup of: its breaks are theirs."""
        shifts = (each for each in self._settings.shifts if staff in each.backup and _holds(each, self._date))
        shift = next(shifts, None)
        return self._bands(shift) if shift else []

    def _span(self, clocks: tuple[str, str]) -> TimeSpan:
        start, end = (instant(self._day.day, clock, self._day.zone) for clock in clocks)
        return start, end

    def _away(
        self,
        mine: list[tuple[PresenceRow, Micros]],
        found: ClerkDay,
        shift: Shift | None,
        bands: Sequence[TimeSpan],
    ) -> list[Away]:
        """Return the stretches away between coming and going (rule 4)."""
        if found.came is None:
            return []
        start = max(found.came, found.begins or 0, self._day.opened)
        end = min(found.left or self._until, found.ends or self._until)
        shut = without([(start, end)], ((stay.began, ended) for stay, ended in mine if stay.state == "open"))
        away: list[Away] = []
        for began, ended in shut:
            paused = [
                stay
                for stay, until in mine
                if stay.state == "paused" and stay.began < ended and until > began
            ]
            place = paused[0].window if paused else found.window
            left = without([(began, ended)], self._breaks(place, bands))
            length = total(left)
            allowed = max(
                [self._settings.performance.away_minutes, *(self._minutes(each.reason) for each in paused)]
            )
            if length > allowed * MINUTE:
                covered = shift is not None and self._covers(shift, left, bands)
                away.append(Away(began, ended, length // MINUTE, paused[0].reason if paused else "", covered))
        return away

    def _minutes(self, code: str) -> float:
        """Return how long a pause of this reason is expected to take; 0: as any other."""
        reason = find(self._settings, "pause", code)
        return reason.minutes if reason else 0

    def _breaks(self, window: str, bands: Sequence[TimeSpan]) -> list[TimeSpan]:
        """Return the planned breaks: the hall's, the window's, and what lies between the bands of the shift."""
        place = self._windows.get(window)
        clocks = [*self._settings.hall.breaks, *(place.breaks if place else ())]
        hours = [self._span(each) for each in self._calendar.usual_hours(self._date).bands]
        between = [(a[1], b[0]) for row in (bands, hours) for a, b in pairwise(row)]
        return [*(self._span(each) for each in clocks), *between]

    def _covers(self, shift: Shift, spans: list[TimeSpan], bands: Sequence[TimeSpan]) -> bool:
        """Return whether the backup stood in for all of these spans but `away_minutes` (rule 5)."""
        if not shift.backup:
            return False
        stood = [
            (stay.began, ended) for stay, ended in self._stays
            if stay.clerk in shift.backup and stay.state == "open" and shift.window in ("", stay.window)
        ]  # fmt: skip
        needed = without(spans, self._breaks(shift.window, bands))
        empty = total(without(needed, stood))
        return empty < total(needed) and empty <= self._settings.performance.away_minutes * MINUTE


def _longest(mine: list[tuple[PresenceRow, Micros]]) -> str:
    """Return the window where a person was longest; of equals the first by id."""
    at: dict[str, int] = {}
    for stay, ended in mine:
        at[stay.window] = at.get(stay.window, 0) + ended - stay.began
    return min(at, key=lambda window: (-at[window], window), default="")


def total(spans: Iterable[TimeSpan]) -> Micros:
    """Return how long spans are together, in microseconds."""
    return sum(end - start for start, end in spans)


def without(spans: Iterable[TimeSpan], cuts: Iterable[TimeSpan]) -> list[TimeSpan]:
    """Return what is left of spans where the cuts are taken out."""
    left = [span for span in spans if span[0] < span[1]]
    for start, end in cuts:
        left = [
            (a, b)
            for begins, ends in left
            for a, b in ((begins, min(ends, start)), (max(begins, end), ends))
            if a < b
        ]
    return left


def windows_of(attendance: Attendance) -> Mapping[str, str]:
    """Return the window where each person was on most of their days; of equals the first by id."""
    at: dict[str, dict[str, int]] = {}
    for day in attendance.days:
        if day.window:
            days = at.setdefault(day.staff, {})
            days[day.window] = days.get(day.window, 0) + 1
    return {staff: min(days, key=lambda id: (-days[id], id)) for staff, days in at.items()}
