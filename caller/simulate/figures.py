"""Figures of a simulated day: waits by queue and class, windows, and how true the estimate was. Minutes."""

from collections.abc import Iterable, Sequence
from typing import Any

from caller.engine.turns import MINUTE
from caller.simulate.run import Outcome, Told, Visit

ESTIMATORS = ("last_to_enter", "head_of_line", "rolling_mean")


def summary(outcome: Outcome) -> dict[str, Any]:
    """`queues.<id>.<class>`, `queues.<id>.all`, `windows.<id>`, `estimate`, `events`."""
    visits = [visit for visit in outcome.visits if visit.warm]
    queues = sorted({visit.queue for visit in visits})
    return {
        "queues": {queue: _by_class([v for v in visits if v.queue == queue]) for queue in queues},
        "windows": {window: _window(outcome, window) for window in sorted(outcome.served)},
        "estimate": estimate(visits),
        "events": outcome.events,
    }


def _by_class(visits: list[Visit]) -> dict[str, Any]:
    classes = sorted({visit.priority for visit in visits})
    rows = {name: waits([v for v in visits if v.priority == name]) for name in classes}
    return {**rows, "all": waits(visits)}


def waits(visits: list[Visit]) -> dict[str, Any]:
    """Waits to the first call of those who were called; counts of all who came."""
    called = sorted((visit.called - visit.came) / MINUTE for visit in visits if visit.called >= 0)
    return {
        "arrived": len(visits),
        "served": sum(visit.served >= 0 for visit in visits),
        "no_show": sum(visit.missed for visit in visits),
        "abandoned": sum(visit.abandoned for visit in visits),
        "mean_wait_min": _round(sum(called) / len(called) if called else 0.0),
        **{f"p{p}_wait_min": _round(percentile(called, p / 100)) for p in (50, 90, 99)},
        "max_wait_min": _round(called[-1] if called else 0.0),
    }


def percentile(ordered: Sequence[float], share: float) -> float:
    """The value that `share` of an ordered sample does not exceed (nearest rank)."""
    if not ordered:
        return 0.0
    return ordered[max(0, min(len(ordered) - 1, -int(-share * len(ordered) // 1) - 1))]


def _window(outcome: Outcome, window: str) -> dict[str, Any]:
    opened = outcome.open.get(window, 0)
    share = outcome.busy.get(window, 0) / opened if opened else 0.0
    return {"served": outcome.served[window], "utilisation": _round(share)}


def estimate(visits: Iterable[Visit]) -> dict[str, Any]:
    """Our errors, and those of the three estimators on the same visits."""
    pairs = [
        (visit.told, (visit.called - visit.came) / MINUTE)
        for visit in visits
        if visit.told and visit.called >= 0
    ]
    errors = [told.forecast - wait for told, wait in pairs]
    inside = sum(told.low <= wait <= told.high for told, wait in pairs)
    return {
        **_errors(errors),
        "within_band": _round(inside / len(pairs)) if pairs else 0.0,
        "others": {name: _errors([_said(told, name) - wait for told, wait in pairs]) for name in ESTIMATORS},
    }


def _said(told: Told, name: str) -> float:
    return float(getattr(told, name))


def _errors(errors: list[float]) -> dict[str, float]:
    count = len(errors) or 1
    return {
        "mean_abs_error_min": _round(sum(map(abs, errors)) / count),
        "mse_min2": _round(sum(error * error for error in errors) / count),
        "bias_min": _round(sum(errors) / count),
    }


def _round(value: float) -> float:
    return round(value, 4)
