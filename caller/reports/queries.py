"""The rows of the days a report is about, out of records.db in one snapshot."""

from pathlib import Path
from typing import Any, NamedTuple

from caller.records import RECORDS_NAME, RecordsError, Store
from caller.records.rows import (
    AppointmentRow,
    CallRow,
    DayRow,
    DeviceRow,
    PresenceRow,
    RatingRow,
    ServiceRow,
    SlipRow,
    StateRow,
    TicketRow,
)
from caller.reports.grouping import Rows

KNOWN_MAX = 7  # days named when another was asked for


class Found(NamedTuple):
    """The rows, and of which log up to where."""

    rows: Rows
    site: str
    seq: int


def read(data: Path, wanted: str = "") -> Found:
    """Of the days whose label begins with `wanted` (a day, a month, a year); empty: the newest day.

    Raises `RecordsError` where there is none.
    """
    with Store(data / RECORDS_NAME) as store, store.snapshot():
        place = store.place
        days = _days(store, wanted)
        return Found(_rows(store, days, place.now), place.site, place.head.seq)


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


def _rows(store: Store, days: list[DayRow], now: int) -> Rows:
    labels = [day.day for day in days]
    where = f"day in ({','.join('?' * len(labels))})"

    def of(table: type[Any]) -> list[Any]:
        return list(store.rows(table, where, labels))

    opened = min(day.opened for day in days)
    devices = store.rows(DeviceRow, "ended is null or ended >= ?", [opened])
    closed = max(now if day.closed is None else day.closed for day in days)
    return Rows(
        days=days,
        tickets=of(TicketRow),
        states=of(StateRow),
        calls=of(CallRow),
        services=of(ServiceRow),
        ratings=of(RatingRow),
        presence=of(PresenceRow),
        appointments=of(AppointmentRow),
        devices=[device for device in devices if device.began <= closed],
        slips=of(SlipRow),
        until=now,
    )
