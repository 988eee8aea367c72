"""What every figure is counted from, and the counting they share: groups, tallies, waits, service times. Pure."""

from collections.abc import Callable, Hashable, Iterable
from typing import NamedTuple, TypeVar

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
from caller.reports.statistics import Spread, spread


class Rows(NamedTuple):
    """The rows of the days asked for; `until` is the hall's time at the last event folded."""

    days: list[DayRow]
    tickets: list[TicketRow]
    states: list[StateRow]
    calls: list[CallRow]
    services: list[ServiceRow]
    ratings: list[RatingRow]
    presence: list[PresenceRow]
    appointments: list[AppointmentRow]
    devices: list[DeviceRow]
    slips: list[SlipRow]
    until: int


T = TypeVar("T")
K = TypeVar("K", bound=Hashable)


def grouped(rows: Iterable[T], key: Callable[[T], K]) -> dict[K, list[T]]:
    groups: dict[K, list[T]] = {}
    for row in rows:
        groups.setdefault(key(row), []).append(row)
    return groups


def tally(words: Iterable[str]) -> dict[str, int]:
    """How often each word comes, in the order of the words."""
    groups = grouped(words, lambda word: word)
    return {word: len(groups[word]) for word in sorted(groups)}


def missed(calls: Iterable[CallRow]) -> int:
    return sum(call.ended_by == "missed" for call in calls)


def waits(calls: Iterable[CallRow]) -> Spread:
    """The waits these calls ended; a call from hold or after a no-show ends none."""
    return spread(call.wait for call in calls if call.wait is not None)


def ended(services: Iterable[ServiceRow]) -> list[ServiceRow]:
    """Services that are over: a stretch that ended in a hold is the beginning of the next."""
    return [each for each in services if each.ended is not None and each.ended_by != "held"]


def service_times(services: Iterable[ServiceRow]) -> Spread:
    """Of services that are over, what was served before a hold included."""
    return spread(each.before + each.ended - each.began for each in services if each.ended is not None)
