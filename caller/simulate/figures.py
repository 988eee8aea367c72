"""Figures of a simulated day: waits by queue and class, windows, and how true the estimate was. Minutes."""

import math
from collections.abc import Iterable, Sequence
from typing import Any

from caller.simulate.visitors import SimulatedVisit, VisitOutcome

BASELINES = ("last_to_enter", "head_of_line", "rolling_mean")
PERCENTILES = (50, 90, 99)


def summary(outcome: VisitOutcome) -> dict[str, Any]:
    """Return the figures of a run: `queues.<id>.<class>`, `queues.<id>.all`, `windows.<id>`, `estimate`,
    `turned_away`, `events`."""
    visits = [visit for visit in outcome.visits if visit.warm]
    by_queue: dict[str, list[SimulatedVisit]] = {}
    for visit in visits:
        by_queue.setdefault(visit.queue, []).append(visit)
    return {
        "queues": {queue: _by_class(by_queue[queue]) for queue in sorted(by_queue)},
        "all": waits(visits),
        "windows": {
            id: {"served": row.served, "utilisation": _round(row.busy / row.open if row.open else 0.0)}
            for id, row in outcome.windows.items()
        },
        "estimate": estimate(visits),
        "turned_away": dict(sorted(outcome.turned_away.items())),
        "events": outcome.events,
    }


def _by_class(visits: list[SimulatedVisit]) -> dict[str, Any]:
    classes = sorted({visit.priority for visit in visits})
    rows = {name: waits([v for v in visits if v.priority == name]) for name in classes}
    return {**rows, "all": waits(visits)}


def waits(visits: list[SimulatedVisit]) -> dict[str, Any]:
    """Return the waits to the first call of those who were called; counts of all who came.

    Everyone is counted once: arrived = served + no_show (and never back) + abandoned + unserved.
    """
    called = sorted(visit.waited for visit in visits if visit.called >= 0)
    served = sum(visit.served >= 0 for visit in visits)
    missed = sum(visit.missed for visit in visits)
    left = sum(visit.abandoned for visit in visits)
    return {
        "arrived": len(visits),
        "served": served,
        "no_show": missed,
        "abandoned": left,
        "unserved": len(visits) - served - missed - left,
        "mean_wait_min": _round(math.fsum(called) / len(called) if called else 0.0),
        **{f"p{p}_wait_min": _round(percentile(called, p)) for p in PERCENTILES},
        "max_wait_min": _round(called[-1] if called else 0.0),
    }


def percentile(ordered: Sequence[float], percent: float) -> float:
    """Return the smallest value that `percent` % of an ordered sample do not exceed (nearest rank)."""
    if not ordered:
        return 0.0
    rank = math.ceil(percent * len(ordered) / 100)
    return ordered[max(rank, 1) - 1]


def estimate(visits: Iterable[SimulatedVisit]) -> dict[str, Any]:
    """Return the forecast's errors, and the baselines' on the same visits: all that were quoted a wait and called."""
    quoted_and_called = (
        visit for visit in visits if visit.quoted and visit.quoted.low >= 0 and visit.called >= 0
    )
    pairs = [(visit.quoted, visit.waited) for visit in quoted_and_called if visit.quoted]
    inside = sum(quoted.low <= wait <= quoted.high for quoted, wait in pairs)
    return {
        "told": len(pairs),
        **_errors([quoted.forecast - wait for quoted, wait in pairs]),
        "within_band": _round(inside / len(pairs)) if pairs else 0.0,
        "others": {
            name: _errors([float(getattr(quoted, name)) - wait for quoted, wait in pairs])
            for name in BASELINES
        },
    }


def _errors(errors: list[float]) -> dict[str, float]:
    count = len(errors) or 1
    return {
        "mean_abs_error_min": _round(math.fsum(map(abs, errors)) / count),
        "mse_min2": _round(math.fsum(error * error for error in errors) / count),
        "bias_min": _round(math.fsum(errors) / count),
    }


def _round(value: float) -> float:
    return round(value, 4)
