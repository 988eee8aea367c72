"""How a set of waits or service times is spread: count, mean, P50, P90, max. Exact: no buckets, no sampling.

Percentiles are nearest rank: the smallest value that so many per cent do not exceed, so a percentile is
always a time that somebody really had.
"""

from collections.abc import Iterable

from msgspec import Struct

from config.instants import SECOND


class Spread(Struct, frozen=True):
    """Seconds; all empty when nothing was counted."""

    count: int = 0
    mean: float | None = None
    p50: float | None = None
    p90: float | None = None
    max: float | None = None


def spread(spans: Iterable[int]) -> Spread:
    """Of microseconds."""
    ordered = sorted(spans)
    if not ordered:
        return Spread()
    return Spread(
        len(ordered),
        seconds(sum(ordered) / len(ordered)),
        seconds(ordered[_rank(50, len(ordered))]),
        seconds(ordered[_rank(90, len(ordered))]),
        seconds(ordered[-1]),
    )


def _rank(percent: int, count: int) -> int:
    return max(0, -(-percent * count // 100) - 1)


def seconds(span: float) -> float:
    """Microseconds as seconds, to the millisecond."""
    return round(span / SECOND, 3)


def share(part: int, whole: int) -> float | None:
    """A part of a whole, 0 to 1; nothing of nothing is not a figure."""
    return round(part / whole, 4) if whole else None
