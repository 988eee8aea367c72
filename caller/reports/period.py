"""The roll-ups of the days a report is about, added up, with what still lasts counted until now.

No ticket is read: a year costs as much as its days have dimensions. Only what has no end yet (a window that is open,
a ticket at a window, a device out of order) is taken from its own rows, which are few.
"""

from collections.abc import Iterable
from typing import NamedTuple

from caller.records import RecordsError, Store
from caller.records.columns import Row
from caller.records.contributions import AT_WINDOW, out_of_order
from caller.records.rollups import DeviceDayRow, RollupRow, TallyRow, merged
from caller.records.rows import DayRow, DeviceRow, PresenceRow, StateRow
from config.instants import Micros

KNOWN_MAX = 7  # days named when another was asked for
Dimension = tuple[str, str]  # a dimension and its value, such as ("queue", "A")


class Period(NamedTuple):
    """Some business days of one site. `until`: the hall's time at the last event folded, `seq`: that event."""

    site: str
    seq: int
    until: Micros
    days: list[DayRow]
    rollups: dict[Dimension, RollupRow]
    present: frozenset[Dimension]  # windows and clerks with a stretch that still lasts
    tallies: dict[Dimension, int]  # a subject and its value
    devices: dict[str, DeviceDayRow]


def read_period(store: Store, wanted: str = "") -> Period:
    """Return the days whose label begins with `wanted` (a day, a month, a year); empty: the newest day.

    Raises:
        RecordsError: there is no such day.
    """
    with store.snapshot():
        place = store.place
        days = _days(store, wanted)
        first, last = days[0].day, days[-1].day
        rollups = merged(store.of_days(RollupRow, first, last))
        lasting = list(store.lasting())
        devices = _devices(store.of_days(DeviceDayRow, first, last))
        tallies: dict[Dimension, int] = {}
        for tally in store.of_days(TallyRow, first, last):
            name = (tally.subject, tally.value)
            tallies[name] = tallies.get(name, 0) + tally.count
    labels = frozenset(day.day for day in days)
    _count_out_of_order(devices, lasting, labels, place.now)
    present = _count_presence(rollups, lasting, labels, place.now)
    return Period(place.site, place.head.seq, place.now, days, rollups, present, tallies, devices)


def _days(store: Store, wanted: str) -> list[DayRow]:
    every = list(store.rows(DayRow))
    if not every:
        raise RecordsError("empty")
    if not wanted:
        return [max(every, key=lambda day: (day.closed is None, day.opened, day.day))]
    found = [day for day in every if day.day == wanted or day.day.startswith(f"{wanted}-")]
    if not found:
        known = " ".join(day.day for day in every[-KNOWN_MAX:])
        raise RecordsError("no-day", day=wanted, known=known)
    return found


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
