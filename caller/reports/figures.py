"""The figures of one roll-up: counts become means, shares and percentiles. Pure.

What is counted, and under what, is defined in `caller.records.contributions`; `caller.reports.document` puts the
figures of all roll-ups together. A percentile is read from a histogram: to the second up to two minutes, within 1.6 % above
(`caller.records.histogram`).
"""

from msgspec import Struct

from caller.records import histogram
from caller.records.histogram import Histogram
from caller.records.rollups import DeviceDayRow, RollupRow
from config.instants import SECOND, Micros, Seconds

LEVELS = ("5", "4", "3", "2", "1")
GOOD_LEVEL = 3  # 基本满意 and above; the two below are bad ratings (差评)


class Spread(Struct, frozen=True):
    """How waits or service times are spread, in seconds; all empty when nothing was counted."""

    count: int = 0
    mean: Seconds | None = None
    p50: Seconds | None = None
    p90: Seconds | None = None
    max: Seconds | None = None


class FigureRow(Struct):
    """The tickets, waits and services of one queue, item, class or hour, or of all."""

    issued: int
    served: int
    cancelled: int
    expired: int
    lapsed: int  # no clerk ended the visit
    live: int
    abandoned: int  # of the cancelled and expired: never called
    calls: int
    missed: int  # calls that ended in a no-show
    wait: Spread
    services: int
    service: Spread


class Ratings(Struct):
    """评价率 is of the visits that could be rated; 好评率 of those that were, without the ones a review has excluded."""

    levels: dict[str, int]
    visits: int
    rated: int
    good: int
    bad: int
    rate: float | None
    good_rate: float | None
    excluded: int = 0  # of the bad ones, by review; they stay in their levels


class Presence(Struct):
    """Durations in seconds. `opened` and `closed`: first sign-in and last sign-out; still there: no `closed`."""

    opened: Micros | None
    closed: Micros | None
    open: Seconds
    paused: Seconds
    pauses: int
    longest_pause: Seconds
    busy: Seconds
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


class Estimate(Struct):
    """The wait quoted at issue against what happened, of the tickets that were quoted one and called."""

    told: int
    within: int  # called inside the range quoted
    within_share: float | None
    mean_abs_error: Seconds | None
    bias: Seconds | None  # above 0: called later than quoted


class DeviceFigures(Struct):
    """A device while the hall was open."""

    kind: str
    faults: int
    out: Seconds  # not ready


def figures_of(row: RollupRow) -> FigureRow:
    """Return the figures of one queue, item, class, hour or department, or of all."""
    return FigureRow(
        issued=row.issued,
        served=row.served,
        cancelled=row.cancelled,
        expired=row.expired,
        lapsed=row.lapsed,
        live=row.issued - row.served - row.cancelled - row.expired - row.lapsed,
        abandoned=row.abandoned,
        calls=row.calls,
        missed=row.missed,
        wait=waits_of(row),
        services=row.services,
        service=services_of(row),
    )


def window_figures(row: RollupRow, is_present: bool) -> WindowFigures:
    """Return the figures of one window or clerk; `is_present`: signed in at the end of the report."""
    return WindowFigures(
        calls=row.calls,
        recalls=row.recalls,
        missed=row.missed,
        services=row.services,
        completed=row.completed,
        transferred=row.services - row.completed,
        wait=waits_of(row),
        service=services_of(row),
        ratings=ratings_of(row, row.finished),
        presence=_presence(row, is_present),
    )


def _presence(row: RollupRow, is_present: bool) -> Presence:
    return Presence(
        opened=row.opened,
        closed=None if is_present else row.left,
        open=seconds(row.open),
        paused=seconds(row.paused),
        pauses=row.pauses,
        longest_pause=seconds(row.longest_pause),
        busy=seconds(row.busy),
        busy_share=share(row.busy, row.open),
    )


def ratings_of(row: RollupRow, visits: int) -> Ratings:
    """Return the ratings of `visits` that have been served."""
    levels = {level: int(getattr(row, f"level_{level}")) for level in LEVELS}
    rated = sum(levels.values())
    good = sum(count for level, count in levels.items() if int(level) >= GOOD_LEVEL)
    good_rate = share(good, rated - row.excluded)
    return Ratings(levels, visits, rated, good, rated - good, share(rated, visits), good_rate, row.excluded)


def estimate_of(row: RollupRow) -> Estimate:
    """Return the accuracy of quoted waits, in whole seconds from issue to first call, as the engine has it on the
    manager's page."""
    count = row.quoted
    return Estimate(
        told=count,
        within=row.quoted_within,
        within_share=share(row.quoted_within, count),
        mean_abs_error=round(row.quoted_error / count, 3) if count else None,
        bias=round(row.quoted_bias / count, 3) if count else None,
    )


def device_of(row: DeviceDayRow) -> DeviceFigures:
    """Return the figures of a device."""
    return DeviceFigures(row.kind, row.faults, seconds(row.out))


def waits_of(row: RollupRow) -> Spread:
    """Return how its waits are spread."""
    return spread(row.waits, row.wait_total, row.wait_longest, row.wait_times)


def services_of(row: RollupRow) -> Spread:
    """Return how its services are spread."""
    return spread(row.services, row.service_total, row.service_longest, row.service_times)


def spread(count: int, total: int, longest: int, times: Histogram) -> Spread:
    """Return how `count` durations (microseconds) are spread, whose histogram is `times`."""
    if not count:
        return Spread()
    p50, p90 = (histogram.percentile(times, percent, count, longest) for percent in (50, 90))
    return Spread(count, seconds(total / count), seconds(p50), seconds(p90), seconds(longest))


def seconds(duration: float) -> Seconds:
    """Return microseconds as seconds, to the millisecond."""
    return round(duration / SECOND, 3)


def share(part: int, whole: int) -> float | None:
    """Return a part of a whole, 0 to 1; a part of nothing is no figure."""
    return round(part / whole, 4) if whole else None
