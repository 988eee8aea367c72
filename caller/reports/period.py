"""The roll-ups of the days a report is about, added up, with what still lasts counted until now.

1. No ticket is read: a year costs as much as its days have dimensions. Only what has no end yet (a window that is open,
   a ticket at a window, a device out of order) is taken from its own rows, which are few.
2. A report is about the hall, or about one part of it (`Part`): one queue, item, class, hour, window or clerk, or the
   items of one department. Its days one by one and the span before are those of the part alone.
"""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from caller.records import RecordsError, Store
from caller.records.columns import Row
from caller.records.contributions import AT_WINDOW, out_of_order
from caller.records.rollups import DeviceDayRow, RollupRow, TallyRow, merged, sum_of
from caller.records.rows import DayRow, DeviceRow, PresenceRow, StateRow
from caller.reports.spans import Span, span_of
from config.instants import Micros

KNOWN_MAX = 7  # days named when another was asked for
Dimension = tuple[str, str]  # a dimension and its value, such as ("queue", "A")


class Part(NamedTuple):
    """What a report is about: all of the hall, or one value of a dimension. A department is the items it has now."""

    dimension: str = "hall"
    value: str = ""
    items: frozenset[str] = frozenset()

    def __str__(self) -> str:
        return f"{self.dimension}:{self.value}" if self.value else self.dimension

    def holds(self, row: RollupRow) -> bool:
        """Return whether a roll-up counts for this part."""
        if self.dimension == "department":
            return row.dimension == "item" and row.value in self.items
        return (row.dimension, row.value) == (self.dimension, self.value)


HALL = Part()


class Period(NamedTuple):
    """Some business days of one site. `until`: the hall's time at the last event folded, `seq`: that event.

    `daily`: the roll-ups of the part, by day; `before`: those of the span before, added up, and of how many days;
    `hourly`: the roll-ups of each day's hours.
    """

    site: str
    seq: int
    until: Micros
    days: list[DayRow]
    rollups: dict[Dimension, RollupRow]
    present: frozenset[Dimension]  # windows and clerks with a stretch that still lasts
    tallies: dict[Dimension, int]  # a subject and its value
    devices: dict[str, DeviceDayRow]
    span: Span | None
    part: Part
    daily: dict[str, RollupRow]
    hourly: list[RollupRow]
    before: RollupRow | None
    days_before: int


def read_period(store: Store, wanted: str = "", part: Part = HALL) -> Period:
    """Return the days of a span (`caller.reports.spans`); empty: the newest day.

    Raises:
        RecordsError: there is no such day.
    """
    with store.snapshot():
        place = store.place
        days = _days(store, wanted)
        first, last = days[0].day, days[-1].day
        kept = _Kept(part)
        rollups = merged(kept.passed(store.of_days(RollupRow, first, last)))
        lasting = list(store.lasting())
        devices = _devices(store.of_days(DeviceDayRow, first, last))
        tallies: dict[Dimension, int] = {}
        for tally in store.of_days(TallyRow, first, last):
            name = (tally.subject, tally.value)
            tallies[name] = tallies.get(name, 0) + tally.count
        span = span_of(wanted or days[0].day)
        before, days_before = _before(store, span, part)
    labels = frozenset(day.day for day in days)
    _count_out_of_order(devices, lasting, labels, place.now)
    present = _count_presence(rollups, lasting, labels, place.now)
    daily = {day: sum_of(rows) for day, rows in kept.daily.items()}
    return Period(
        place.site, place.head.seq, place.now, days, rollups, present, tallies, devices,
        span, part, daily, kept.hourly, before, days_before,
    )  # fmt: skip


class _Kept:
    """Keeps, of the roll-ups that pass, those that are shown day by day and hour by hour."""

    def __init__(self, part: Part) -> None:
        self._part = part
        self.daily: dict[str, list[RollupRow]] = {}
        self.hourly: list[RollupRow] = []

    def passed(self, rows: Iterable[RollupRow]) -> Iterator[RollupRow]:
        for row in rows:
            if row.dimension == "hour":
                self.hourly.append(row)
            if self._part.holds(row):
                self.daily.setdefault(row.day, []).append(row)
            yield row


def _before(store: Store, span: Span | None, part: Part) -> tuple[RollupRow | None, int]:
    """Return the sum of the part over the span before, and of how many business days; None without any.

    Before a day stands the business day before it, not the Sunday between.
    """
    if span is None:
        return None, 0
    first, last = span.before.first.isoformat(), span.before.last.isoformat()
    if span.kind == "day":
        earlier = [day.day for day in store.rows(DayRow) if day.day < span.first.isoformat()]
        first = last = max(earlier, default=first)
    equal = {"dimension": "item"} if part.items else {"dimension": part.dimension, "value": part.value}
    rows = [row for row in store.of_days(RollupRow, first, last, **equal) if part.holds(row)]
    return (sum_of(rows) if rows else None), len({row.day for row in rows})


def _days(store: Store, wanted: str) -> list[DayRow]:
    every = list(store.rows(DayRow))
    if not every:
        raise RecordsError("empty")
    if not wanted:
        return [max(every, key=lambda day: (day.closed is None, day.opened, day.day))]
    found = [day for day in every if _within(day.day, span_of(wanted))]
    if not found:
        known = " ".join(day.day for day in every[-KNOWN_MAX:])
        raise RecordsError("no-day", day=wanted, known=known)
    return found


def _within(day: str, span: Span | None) -> bool:
    return span is not None and span.first.isoformat() <= day <= span.last.isoformat()


def _devices(rows: Iterable[DeviceDayRow]) -> dict[str, DeviceDayRow]:
    """Add the days of each device up; its kind is that of the newest."""
    found: dict[str, DeviceDayRow] = {}
    for row in rows:
        before = found.get(row.device)
        if before:
            row.faults += before.faults
            row.out += before.out
        found[row.device] = row
    return found


def _count_out_of_order(
    devices: dict[str, DeviceDayRow], lasting: list[Row], labels: frozenset[str], now: Micros
) -> None:
    """Count the states of devices that last, while a day of the period is open."""
    open_day = next((row for row in lasting if isinstance(row, DayRow) and row.day in labels), None)
    if open_day is None:
        return
    for row in lasting:
        if isinstance(row, DeviceRow) and row.device in devices:
            devices[row.device].out += out_of_order(open_day, row, now)


def _count_presence(
    rollups: dict[Dimension, RollupRow], lasting: list[Row], labels: frozenset[str], now: Micros
) -> frozenset[Dimension]:
    """Count the stretches and the times at a window that last; return the windows and clerks of the former."""
    present: set[Dimension] = set()
    for row in lasting:
        if not isinstance(row, PresenceRow | StateRow) or row.day not in labels:
            continue
        for name in (("window", row.window), ("clerk", row.clerk)):
            if isinstance(row, PresenceRow):
                rollups[name].add_presence(row.state, row.began, now)
                present.add(name)
            elif row.state in AT_WINDOW:
                rollups[name].busy += now - row.began
    return frozenset(present)
