"""A hundred thousand open cases: what they cost in memory, at a start, and in the views that every change makes anew."""

import time
import tracemalloc
from collections.abc import Callable

import pytest

from caller import views
from caller.engine import case_clock
from caller.engine import events as ev
from caller.engine.case_messages import MoveCase
from caller.engine.envelope import CommandEnvelope
from caller.engine.register import Register
from config.instants import MINUTE
from tests.instruments.case_fixture import case_stage
from tests.instruments.engine_fixture import Stage

pytestmark = pytest.mark.speed
MANY, FEW = 100_000, 1_000
BYTES_MAX = 1_600  # of memory for each open case
START_SECONDS_MAX = 10.0  # on a machine five times slower than one that takes two
SHARE_MAX = 5.0  # a view of a hundred times as many cases may cost so many times as much


def filled(count: int) -> Stage:
    """A hall with so many open cases, accepted minute by minute at three windows."""
    stage = case_stage()
    hall = stage.hall
    for nth in range(count):
        at = stage.now + nth * MINUTE // 2
        told = case_clock.clock(hall, at, 5 + nth % 11)
        event = ev.CaseOpened(
            f"01990000-0000-7000-8000-{nth:012d}", "2026", nth + 1, f"B2026-{nth + 1:06d}", f"{nth:010d}", "i1", "promised",
            "accepted", "123"[nth % 3], "1007", told.days, told.due, told.warn, f"01980000-0000-7000-8000-{nth:012d}",
            f"A{nth % 1000:03d}", "d1",
        )  # fmt: skip
        hall.apply(event, at, hall.seq + 1)
    stage.now += count * MINUTE // 2
    return stage


def cost(work: Callable[[], object], times: int = 50) -> float:
    """The least of some runs, in microseconds: what else this machine does must not count."""
    best = float("inf")
    for _ in range(times):
        began = time.perf_counter()
        work()
        best = min(best, time.perf_counter() - began)
    return best * 1e6


def figures(stage: Stage) -> dict[str, float]:
    hall, now = stage.hall, stage.now
    row = next(iter(hall.register.cases.values()))

    def moved() -> None:
        (event,) = hall.decide(taken(row.id, row.version), now)
        hall.apply(event, now, hall.seq + 1)

    def note() -> None:
        hall.register.case_index.lights(now)

    return {
        "window/1": cost(lambda: views.build(hall, "window/1", now)),
        "cases/1": cost(lambda: views.build(hall, "cases/1", now)),
        "cases": cost(lambda: views.build(hall, "cases", now)),
        "lights": cost(note),
        "one move": cost(moved),
    }


def taken(case: str, version: int) -> CommandEnvelope:
    return CommandEnvelope("move", MoveCase(case, "take", version, staff="7"))


def test_what_many_cases_cost() -> None:
    few = figures(filled(FEW))
    tracemalloc.start()
    stage = filled(MANY)
    size = tracemalloc.get_traced_memory()[0] / MANY
    tracemalloc.stop()
    many = figures(stage)
    register = stage.hall.register
    rows: dict[tuple[str, str], bytes | None] = {}
    register._whole = True
    register.collect(rows)
    listed = [(kind, key, body) for (kind, key), body in rows.items() if body is not None]
    began = time.perf_counter()
    loaded = Register.load(listed, register.mark, register.seq)
    start = time.perf_counter() - began
    print(f"\n{MANY} open cases: {size:.0f} bytes each, loaded in {start:.2f} s")
    for name, micros in many.items():
        print(f"  {name:<10} {few[name]:8.1f} µs with {FEW}, {micros:8.1f} µs with {MANY}")
    assert loaded is not None
    assert loaded.case_index.due == register.case_index.due
    assert size < BYTES_MAX
    assert start < START_SECONDS_MAX
    for name in ("window/1", "cases/1", "cases", "lights"):
        assert many[name] < few[name] * SHARE_MAX + 100, name
