"""The figures of a window or a clerk: calls, services, ratings, and presence. Pure."""

from collections.abc import Callable, Iterable
from typing import Any

from msgspec import Struct

from caller.records.rows import CallRow, PresenceRow, RatingRow, ServiceRow, StateRow
from caller.reports.grouping import Rows, ended, grouped, missed, service_times, waits
from caller.reports.statistics import Spread, seconds, share

LEVELS = ("5", "4", "3", "2", "1")
GOOD = 3  # 基本满意 and above; the two below are bad ratings (差评)
COMPLETED = frozenset({"finished", "returned"})
AT_WINDOW = frozenset({"called", "serving"})


class Ratings(Struct):
    """评价率 is of the visits that could be rated; 好评率 of those that were."""

    levels: dict[str, int]
    visits: int
    rated: int
    good: int
    bad: int
    rate: float | None
    good_rate: float | None


class Presence(Struct):
    """Seconds. `opened` and `closed` are the first sign-in and the last sign-out; still there: no `closed`."""

    opened: int | None
    closed: int | None
    open: float
    paused: float
    pauses: int
    longest_pause: float
    busy: float
    busy_share: float | None


class WindowFigures(Struct):
    """One window, or one clerk wherever they sat."""

    calls: int
    recalls: int
    missed: int
    services: int  # ended here: completed or transferred
    completed: int
    transferred: int
    wait: Spread  # of those called here
    service: Spread
    ratings: Ratings
    presence: Presence


def ratings(rows: Iterable[RatingRow], visits: int) -> Ratings:
    """Of `visits` that have been served."""
    levels = [row.level for row in rows]
    counts = {level: levels.count(int(level)) for level in LEVELS}
    good = sum(level >= GOOD for level in levels)
    return Ratings(
        counts,
        visits,
        len(levels),
        good,
        len(levels) - good,
        share(len(levels), visits),
        share(good, len(levels)),
    )


def desks(rows: Rows, key: Callable[[Any], str]) -> dict[str, WindowFigures]:
    """By window or clerk, as `key` says."""
    at_window = (state for state in rows.states if state.state in AT_WINDOW)
    calls, services = grouped(rows.calls, key), grouped(rows.services, key)
    rated, stays, busy = grouped(rows.ratings, key), grouped(rows.presence, key), grouped(at_window, key)
    names = sorted(calls.keys() | services.keys() | rated.keys() | stays.keys() | busy.keys())
    return {
        name: _desk(
            calls.get(name, []),
            services.get(name, []),
            rated.get(name, []),
            _presence(stays.get(name, []), busy.get(name, []), rows.until),
        )
        for name in names
    }


def _desk(
    calls: list[CallRow], stretches: list[ServiceRow], rated: list[RatingRow], presence: Presence
) -> WindowFigures:
    services = ended(stretches)
    completed = sum(each.ended_by in COMPLETED for each in services)
    return WindowFigures(
        calls=len(calls),
        recalls=sum(call.recalls for call in calls),
        missed=missed(calls),
        services=len(services),
        completed=completed,
        transferred=len(services) - completed,
        wait=waits(calls),
        service=service_times(services),
        ratings=ratings(rated, sum(each.ended_by == "finished" for each in services)),
        presence=presence,
    )


def _presence(stays: list[PresenceRow], at_window: list[StateRow], until: int) -> Presence:
    open_time = _time((stay for stay in stays if stay.state == "open"), until)
    pauses = [_time([stay], until) for stay in stays if stay.state == "paused"]
    busy = _time(at_window, until)
    gone = [stay.ended for stay in stays if stay.ended is not None]
    return Presence(
        opened=min((stay.began for stay in stays), default=None),
        closed=max(gone) if gone and len(gone) == len(stays) else None,
        open=seconds(open_time),
        paused=seconds(sum(pauses)),
        pauses=len(pauses),
        longest_pause=seconds(max(pauses, default=0)),
        busy=seconds(busy),
        busy_share=share(busy, open_time),
    )


def _time(periods: Iterable[PresenceRow | StateRow], until: int) -> int:
    """All of them together; one that goes on counts until now."""
    return sum((until if each.ended is None else each.ended) - each.began for each in periods)
