"""Where queueing theory has an exact answer the simulated hall agrees, within the error computed here.

Each test runs independent replications with fixed seeds and asks that the exact mean lie in their 99.9 %
interval; a twin asks the same of a wrong answer and must see it rejected, so the intervals are tight enough
to mean something. Time is scaled (services of seconds) so that a day holds thousands of visits.
"""

from functools import cache
from itertools import combinations

import pytest

from caller.engine.queueing import overtaking_bound
from caller.simulate.random_outcomes import arrivals
from caller.simulate.run import simulate
from caller.simulate.visitors import VisitOutcome
from config.instants import MINUTE
from config.settings import Settings
from tests.instruments.queueing_theory import erlang_c, interval, mmc_wait, priority_waits
from tests.instruments.small_scenario import hall, scenario

SERVERS = 3
MEAN = 0.06  # minutes
BUSY = 0.8
PER_MINUTE = BUSY * SERVERS / MEAN
SHARES = (0.3, 0.7)  # of the urgent and of the ordinary
RUNS = 12


def replications(settings: Settings, shares: dict[str, float], hours: float = 1.25) -> list[VisitOutcome]:
    rows = [
        {"queue": "A", "class": name, "per_hour": share * PER_MINUTE * 60} for name, share in shares.items()
    ]
    found = scenario(
        settings, hours=hours, warmup_hours=0.1, arrivals=rows,
        service=[{"queue": "A", "mean_minutes": MEAN}],
    )  # fmt: skip
    return [simulate(settings, found, seed, quote=False) for seed in range(1, RUNS + 1)]


@cache
def first_come() -> list[VisitOutcome]:
    return replications(hall(SERVERS), {"ordinary": 1.0})


@cache
def urgent_first() -> list[VisitOutcome]:
    """A target 20 hours shorter is a strict priority where waits are of seconds."""
    return replications(hall(SERVERS, 1200.0, 0.0), {"elderly": SHARES[0], "ordinary": SHARES[1]})


def mean_wait(outcome: VisitOutcome, priority: str = "") -> float:
    waits = [v.waited for v in outcome.visits if v.warm and (not priority or v.priority == priority)]
    return sum(waits) / len(waits)


def test_erlang_s_formula_on_known_values():
    assert erlang_c(1, 0.5) == pytest.approx(0.5)
    assert erlang_c(2, 1.0) == pytest.approx(1 / 3)
    assert mmc_wait(1, 0.5, 1.0) == pytest.approx(1.0)
    assert priority_waits(1, [0.25, 0.25], 1.0) == pytest.approx([0.5 / 0.75, 0.5 / 0.375])


def test_mmc_waits_as_erlang_says():
    low, high = interval([mean_wait(each) for each in first_come()])
    assert low <= mmc_wait(SERVERS, PER_MINUTE, MEAN) <= high


def test_the_share_that_waits_is_erlang_s():
    shares = [sum(v.waited > 0 for v in each.visits) / len(each.visits) for each in first_come()]
    low, high = interval(shares)
    assert low <= erlang_c(SERVERS, PER_MINUTE * MEAN) <= high


def test_windows_are_as_busy_as_the_work_that_comes():
    low, high = interval(
        [
            sum(d.busy for d in each.windows.values()) / sum(d.open for d in each.windows.values())
            for each in first_come()
        ]
    )
    assert low <= BUSY <= high


@pytest.mark.parametrize("servers", [SERVERS + 1, SERVERS + 2])
def test_the_interval_rejects_a_wrong_number_of_windows(servers: int):
    low, high = interval([mean_wait(each) for each in first_come()])
    assert not low <= mmc_wait(servers, PER_MINUTE, MEAN) <= high


def test_the_interval_rejects_arrivals_a_tenth_off():
    low, high = interval([mean_wait(each) for each in first_come()])
    assert not low <= mmc_wait(SERVERS, PER_MINUTE * 1.1, MEAN) <= high
    assert not low <= mmc_wait(SERVERS, PER_MINUTE * 0.9, MEAN) <= high


@pytest.mark.parametrize("index", [0, 1])
def test_priorities_wait_as_cobham_says(index: int):
    name = ("elderly", "ordinary")[index]
    exact = priority_waits(SERVERS, [share * PER_MINUTE for share in SHARES], MEAN)[index]
    low, high = interval([mean_wait(each, name) for each in urgent_first()])
    assert low <= exact <= high


def test_the_interval_rejects_first_come_first_served_for_the_urgent():
    fcfs = mmc_wait(SERVERS, PER_MINUTE, MEAN)
    low, high = interval([mean_wait(each, "elderly") for each in urgent_first()])
    assert not low <= fcfs <= high


def test_priorities_take_from_one_what_they_give_to_another():
    """Kleinrock's conservation law: with services alike, the mean over all is that of first come first served."""
    low, high = interval([mean_wait(each) for each in urgent_first()])
    assert low <= mmc_wait(SERVERS, PER_MINUTE, MEAN) <= high


# --- the turn rule between the extremes: who can overtake whom, and by how much

TARGETS = {"ordinary": 0.5, "elderly": 0.2}  # minutes; waits are of the same size


def overtakings(outcome: VisitOutcome) -> list[tuple[str, str, int]]:
    """(class overtaken, class that overtook, how much later it came in µs) for every pair of the day."""
    found: list[tuple[str, str, int]] = []
    for x, y in combinations(outcome.visits, 2):
        if y.came > x.called:
            continue
        if y.called < x.called:
            found.append((x.priority, y.priority, y.came - x.came))
    return found


@cache
def mixed(difference: float) -> list[tuple[str, str, int]]:
    settings = hall(2, TARGETS["elderly"] + difference, TARGETS["elderly"])
    rows = [{"queue": "A", "class": name, "per_hour": 900.0} for name in TARGETS]
    found = scenario(settings, hours=0.5, arrivals=rows, service=[{"queue": "A", "mean_minutes": 0.0645}])
    return overtakings(simulate(settings, found, 3, quote=False))


def within_bound(pairs: list[tuple[str, str, int]]) -> bool:
    target = {name: round(minutes * MINUTE) for name, minutes in TARGETS.items()}
    return all(later <= overtaking_bound(target[x], target[y]) for x, y, later in pairs)


def test_nobody_is_overtaken_by_who_came_later_than_the_bound():
    pairs = mixed(TARGETS["ordinary"] - TARGETS["elderly"])
    assert len(pairs) > 100
    assert {(x, y) for x, y, _ in pairs} == {("ordinary", "elderly")}
    assert within_bound(pairs)


def test_the_bound_is_tight():
    latest = max(later for _, _, later in mixed(TARGETS["ordinary"] - TARGETS["elderly"]))
    assert latest > 0.8 * overtaking_bound(round(0.5 * MINUTE), round(0.2 * MINUTE))


def test_a_hall_with_another_difference_of_targets_breaks_the_bound():
    assert not within_bound(mixed(0.5))


def test_people_are_the_same_whatever_the_windows():
    one, many = hall(1), hall(5)
    tables = {"hours": 1.0, "arrivals": [{"queue": "A", "per_hour": 60.0}]}
    drawn = [[p[:4] for p in arrivals(scenario(each, **tables), each, 9)] for each in (one, many)]
    assert drawn[0] == drawn[1]
