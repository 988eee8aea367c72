"""Staffing advice: it meets its target on days it has not seen, with fewer windows, and says how sure it is."""

import math

import pytest

from caller.simulate import staffing_plan
from caller.simulate.advise import BadTarget, Target, advise, target, wilson
from caller.simulate.run import WindowChange
from caller.simulate.visitors import SimulatedVisit, VisitOutcome
from tests.instruments.small_scenario import hall, micros, scenario

SLOTS = 8


def advice(text: str, servers: int = 6, per_hour: float = 30.0, days: int = 10):
    found = hall(servers)
    day = scenario(
        found, hours=4.0, arrivals=[{"queue": "A", "per_hour": per_hour}],
        service=[{"queue": "A", "mean_minutes": 4.0}], peak=[{"from_hour": 0, "to_hour": 2, "times": 2.0}],
    )  # fmt: skip
    return advise(found, day, target(text), 1, days, 0.9)


def test_fewer_windows_are_open_when_fewer_people_come():
    found = advice("p90 <= 12")
    open_each = [len(slot) for slot in found.plan]
    assert len(open_each) == SLOTS
    assert found.full_met
    assert min(open_each[:4]) > max(open_each[5:])
    assert found.least <= staffing_plan.size(found.plan) < 6 * SLOTS
    assert found.met >= 9


def test_a_harder_target_costs_more_windows():
    sizes = [staffing_plan.size(advice(text, days=4).plan) for text in ("p90 <= 3", "p90 <= 30")]
    assert sizes[0] > sizes[1]


def test_what_cannot_be_met_is_said():
    found = advice("p90 <= 1", servers=2, per_hour=60.0)
    assert not found.full_met
    assert staffing_plan.size(found.plan) == 2 * SLOTS


def test_the_same_seed_gives_the_same_advice():
    assert advice("p50 <= 3", days=4) == advice("p50 <= 3", days=4)


@pytest.mark.parametrize(
    ("text", "meant"),
    [("p90 <= 15", ("p90", 15)), ("P50<=5 min", ("p50", 5)), ("mean < 4.5", ("mean", 4.5)), ("max ≤ 60 分钟", ("max", 60))],
)  # fmt: skip
def test_targets_are_understood(text: str, meant: tuple[str, float]):
    assert target(text) == meant


@pytest.mark.parametrize("text", ["", "p90", "p90 >= 15", "p80 <= 15", "p90 <= -1", "p90 <= x", "15"])
def test_other_targets_are_refused(text: str):
    with pytest.raises(BadTarget):
        target(text)


def day(*waits: float) -> VisitOutcome:
    """A day in which people waited so long; below 0: never called."""
    visits = [
        SimulatedVisit(str(index), "A", "ordinary", micros(0), True, called=micros(wait) if wait >= 0 else -1)
        for index, wait in enumerate(waits)
    ]
    return VisitOutcome(visits, {}, {}, 0, micros(0), micros(100))


def test_who_is_never_called_has_waited_for_ever():
    assert Target("max", 5).met(day(1, 2))
    assert not Target("max", 5).met(day(1, -1))
    assert Target("p50", 5).met(day(1, 2, -1))
    assert Target("mean", 5).value(day(1, 2, -1)) == math.inf


def test_a_roster_becomes_windows_that_open_and_close():
    plan = (frozenset("12"), frozenset("1"), frozenset("13"))
    assert staffing_plan.changes(plan) == [
        WindowChange(0, "1"), WindowChange(0, "2"), WindowChange(30, "2", "closes"), WindowChange(60, "3"),
    ]  # fmt: skip


def test_a_draft_covers_every_queue_with_the_window_that_takes_most():
    capacities = [
        staffing_plan.WindowCapacity("a", {"A": 1}),
        staffing_plan.WindowCapacity("ab", {"A": 1, "B": 1}),
        staffing_plan.WindowCapacity("b", {"B": 1}),
    ]
    assert staffing_plan.draft([{"A": 10, "B": 10}], 1.0, capacities) == (frozenset({"ab"}),)
    assert len(staffing_plan.draft([{"A": 30, "B": 30}], 1.0, capacities)[0]) == 2
    assert staffing_plan.draft([{}], 1.0, capacities) == (frozenset(),)


def test_wilson_s_interval_on_known_values():
    assert wilson(10, 10) == pytest.approx((0.7225, 1.0), abs=1e-4)
    assert wilson(5, 10) == pytest.approx((0.2366, 0.7634), abs=1e-4)
    low, high = wilson(9, 10)
    assert low < 0.9 < high
