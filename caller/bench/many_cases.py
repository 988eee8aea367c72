"""What a hundred thousand open cases cost against a thousand: memory, a start, and the views that every change makes anew.

Without the disk: the cases are folded from their events, as a caller folds them, and the register is loaded from its rows.
"""

import time
import tracemalloc
from collections.abc import Callable

from caller import views
from caller.bench.fixture import clock, county, item_ids
from caller.engine import case_clock
from caller.engine import events as ev
from caller.engine.hall import Hall
from caller.engine.register import Register
from config.instants import MINUTE, Micros

FEW, MANY = 1_000, 100_000
TIMES = 30  # the least of so many runs: what else this machine does must not count


def measure() -> dict[str, float]:
    """Return bytes a case, seconds of a start, microseconds of each view with many cases, and its ratio to few."""
    now = clock().now()
    few = _views(_filled(FEW, now), now)
    tracemalloc.start()
    hall = _filled(MANY, now)
    size = tracemalloc.get_traced_memory()[0] / MANY
    tracemalloc.stop()
    many = _views(hall, now)
    return {
        "bytes_each": size,
        "start_seconds": _start(hall),
        **{f"{name}_us": value for name, value in many.items()},
        **{f"{name}_to_few": value / few[name] for name, value in many.items()},
    }


def _filled(count: int, now: Micros) -> Hall:
    """Return a hall with so many open cases, accepted half a minute after one another at its windows."""
    settings = county()
    hall, item = Hall(settings), item_ids(settings)[0]
    windows = [each.id for each in settings.windows]
    for nth in range(count):
        at = now + nth * MINUTE // 2
        told = case_clock.clock(hall, at, 5 + nth % 11)
        event = ev.CaseOpened(
            f"01990000-0000-7000-8000-{nth:012d}", "2026", nth + 1, f"B2026-{nth + 1:06d}", f"{nth:010d}", item, "promised",
            "accepted", windows[nth % len(windows)], "1007", told.days, told.due, told.warn,
        )  # fmt: skip
        hall.apply(event, at, hall.seq + 1)
    return hall


def _views(hall: Hall, now: Micros) -> dict[str, float]:
    window = hall.settings.windows[0].id
    return {
        "window": _least(lambda: views.build(hall, f"window/{window}", now)),
        "cases_of_window": _least(lambda: views.build(hall, f"cases/{window}", now)),
        "cases_of_hall": _least(lambda: views.build(hall, "cases", now)),
        "lights": _least(lambda: hall.register.case_index.lights(now)),
    }


def _least(work: Callable[[], object]) -> float:
    best = float("inf")
    for _ in range(TIMES):
        began = time.perf_counter()
        work()
        best = min(best, time.perf_counter() - began)
    return best * 1e6


def _start(hall: Hall) -> float:
    """Return the seconds in which the register is loaded from its rows."""
    rows: dict[tuple[str, str], bytes | None] = {}
    hall.register.collect(rows)
    listed = [(kind, key, body) for (kind, key), body in rows.items() if body is not None]
    began = time.perf_counter()
    assert Register.load(listed, hall.register.mark, hall.register.seq), "its own rows are believed"
    return time.perf_counter() - began
