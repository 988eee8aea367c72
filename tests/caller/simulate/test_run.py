"""A day runs by the hall's rules: against a second, tiny implementation of them, and on what people do."""

from itertools import pairwise, product

import pytest

from caller.simulate.figures import percentile, summary
from caller.simulate.figures import waits as wait_figures
from caller.simulate.random_outcomes import ServiceStep, Visitor, arrivals
from caller.simulate.run import SimulatedDay, WindowChange, WindowOpening, simulate
from config.instants import MINUTE
from config.settings import Queue, Window
from tests.instruments.engine_fixture import DAY, settings
from tests.instruments.small_scenario import START, Fixed, Kept, hall, person, scenario, start, waits

TARGET = {"ordinary": 5.0, "elderly": 1.0}


def by_hand(servers: int, people: list[tuple[float, float, str]]) -> list[float]:
    """The turn rule written a second time, as simply as can be: (comes, takes, class) → waits."""
    free = [0.0] * servers
    called: dict[int, float] = {}
    while len(called) < len(people):
        left = [index for index in range(len(people)) if index not in called]
        at = max(min(free), min(people[index][0] for index in left))
        here = [index for index in left if people[index][0] <= at]
        nxt = min(here, key=lambda index: (people[index][0] + TARGET[people[index][2]], index))
        called[nxt] = at
        free[free.index(min(free))] = at + people[nxt][1]
    return [round(called[index] - people[index][0], 6) for index in range(len(people))]


@pytest.mark.parametrize("servers", [1, 2])
def test_every_small_day_runs_as_by_hand(servers: int):
    """All 4,096 days of four people: gap 0.5 or 2, service 1 or 3.25 minutes, ordinary or elderly."""
    found = hall(servers, TARGET["ordinary"], TARGET["elderly"])
    kinds = list(product((0.5, 2.0), (1.0, 3.25), TARGET))
    for day in product(kinds, repeat=4):
        at, people = 0.0, list[tuple[float, float, str]]()
        for gap, takes, priority in day:
            at += gap
            people.append((at, takes, priority))
        assert waits(found, [person(*each) for each in people]) == by_hand(servers, people), people


COUNTY = {
    "hours": 2.0,
    "arrivals": [{"queue": "A", "per_hour": 25.0}, {"queue": "B", "class": "elderly", "per_hour": 15.0}],
    "service": [{"queue": "A", "mean_minutes": 4.0, "distribution": "lognormal"}, {"queue": "B", "mean_minutes": 3.0}],
    "behaviour": {"no_show": 0.2, "return_after_no_show": 0.5, "transfer": 0.2, "abandon_after_minutes": 25.0},
}  # fmt: skip


def test_the_same_seed_gives_the_same_day_and_another_another():
    found = settings()
    days = [summary(simulate(found, scenario(found, **COUNTY), seed)) for seed in (5, 5, 6)]
    assert days[0] == days[1]
    assert days[0] != days[2]


@pytest.mark.parametrize("seed", range(5))
def test_everybody_is_counted_once(seed: int):
    found = settings()
    figures = summary(simulate(found, scenario(found, **COUNTY), seed))
    for classes in figures["queues"].values():
        for row in classes.values():
            assert row["arrived"] == row["served"] + row["no_show"] + row["abandoned"] + row["unserved"]
        parts = [row for name, row in classes.items() if name != "all"]
        for key in ("arrived", "served", "no_show", "abandoned"):
            assert classes["all"][key] == sum(row[key] for row in parts)
    assert figures["all"]["no_show"] > 0
    assert sum(w["served"] for w in figures["windows"].values()) == figures["all"]["served"]


def test_who_is_served_was_called_and_nobody_at_two_windows():
    found = settings()
    people = arrivals(scenario(found, **COUNTY), found, 2)
    plan = [WindowChange(0.0, window.id) for window in found.windows]
    day = Kept(found, start(found, scenario(found, **COUNTY)), people, plan)
    outcome = day.run()
    here: dict[str, str] = {}
    for _, events in day.kept:
        for event in events:
            kind, ticket = type(event).__name__, getattr(event, "ticket", "")
            if kind == "TicketCalled":
                assert ticket not in here
                assert getattr(event, "window", "") not in here.values()
                here[ticket] = getattr(event, "window", "")
            elif kind in ("ServiceFinished", "TicketMissed", "TicketTransferred"):
                del here[ticket]
    assert not here
    assert all(visit.called >= 0 for visit in outcome.visits if visit.served >= 0)


def test_behaviour_shares_are_as_asked():
    found = hall(4)
    asked = {"no_show": 0.1, "return_after_no_show": 0.25}
    day = scenario(
        found, hours=8.0, arrivals=[{"queue": "A", "per_hour": 300.0}],
        service=[{"queue": "A", "mean_minutes": 0.5}], behaviour=asked,
    )  # fmt: skip
    figures = summary(simulate(found, day, 1, quote=False))["all"]
    gone = 0.1 * 0.75
    error = 4 * (gone * (1 - gone) / figures["arrived"]) ** 0.5
    assert figures["no_show"] / figures["arrived"] == pytest.approx(gone, abs=error)


def test_who_loses_patience_leaves_and_is_not_called():
    outcome = SimulatedDay(
        hall(1),
        WindowOpening(START, 2.0, DAY),
        [person(0, 30), person(1, 5)._replace(patience=10.0)],
        [WindowChange(0.0, "1")],
    ).run()
    first, second = outcome.visits
    assert (first.served - START) / MINUTE == 30
    assert second.abandoned
    assert second.called == -1


def test_a_window_that_closes_finishes_whom_it_serves():
    people = [person(0, 30), person(1, 5)]
    outcome = SimulatedDay(
        hall(1),
        WindowOpening(START, 2.0, DAY),
        people,
        [WindowChange(0, "1"), WindowChange(10, "1", "closes")],
    ).run()
    assert outcome.visits[0].served - START == 30 * MINUTE
    assert outcome.visits[1].called == -1
    assert summary(outcome)["all"]["unserved"] == 1
    assert outcome.windows["1"].open == 30 * MINUTE


def test_a_pause_and_what_comes_after_it():
    plan = [WindowChange(0, "1"), WindowChange(2, "1", "pauses"), WindowChange(9, "1", "resumes")]
    outcome = SimulatedDay(hall(1), WindowOpening(START, 2.0, DAY), [person(0, 1), person(3, 1)], plan).run()
    assert [visit.waited for visit in outcome.visits] == [0, 6]


def test_who_is_held_is_taken_up_again():
    held = Visitor(0, "A", (), "ordinary", Fixed(ServiceStep(2, "held", away=3), ServiceStep(4)))
    outcome = SimulatedDay(
        hall(1), WindowOpening(START, 2.0, DAY), [held, person(1, 10)], [WindowChange(0, "1")]
    ).run()
    assert [(visit.served - START) / MINUTE for visit in outcome.visits] == [16, 12]


def test_who_is_sent_on_keeps_their_place():
    sent = Visitor(0, "A", (), "ordinary", Fixed(ServiceStep(2, "sent", "P"), ServiceStep(4)))
    people = [sent, person(1, 5, queue="P"), person(1.5, 5, queue="P")]
    plan = [WindowChange(0, "2"), WindowChange(0, "P")]
    outcome = SimulatedDay(settings(), WindowOpening(START, 2.0, DAY), people, plan).run()
    assert [(visit.served - START) / MINUTE for visit in outcome.visits] == [10, 6, 15]


def test_a_hall_may_be_run_for_a_day_and_a_night():
    """The twelve hours of an extension are a rule for people, not for a simulation."""
    found = hall(2)
    day = scenario(
        found, hours=24.0, arrivals=[{"queue": "A", "per_hour": 10.0, "distribution": "deterministic"}]
    )
    outcome = simulate(found, day, 1, quote=False)
    assert len(outcome.visits) == 239
    assert not outcome.turned_away
    assert all(desk.open > 23 * 60 * MINUTE for desk in outcome.windows.values())


def test_the_hall_s_own_limits_still_hold():
    queues = (Queue("A", "甲", hours=[("09:00", "10:00")]), Queue("B", "乙", quota=3))
    found = settings(queues=queues, windows=(Window("1", "一", ["A", "B"]),), items=())
    rows = [{"queue": queue, "per_hour": 10.0, "distribution": "deterministic"} for queue in "AB"]
    outcome = simulate(found, scenario(found, hours=2.05, arrivals=rows), 1)
    assert outcome.turned_away == {"queue-closed": 11, "quota-used": 17}


def test_warm_up_is_left_out_of_the_figures():
    found = hall(1)
    rows = [{"queue": "A", "per_hour": 10.0, "distribution": "deterministic"}]
    service = [{"queue": "A", "mean_minutes": 3.0, "distribution": "deterministic"}]
    day = scenario(found, hours=2.0, warmup_hours=1.0, arrivals=rows, service=service)
    figures = summary(simulate(found, day, 1))
    assert figures["all"]["arrived"] == figures["windows"]["1"]["served"] == 10
    assert figures["windows"]["1"]["utilisation"] == pytest.approx(0.5, abs=0.03)


def test_peaks_move_people_within_the_day():
    found = hall(1)
    rows = [{"queue": "A", "per_hour": 60.0, "distribution": "deterministic"}]
    peaks = [
        {"from_hour": 1.0, "to_hour": 2.0, "times": 3.0},
        {"from_hour": 2.0, "to_hour": 3.0, "times": 0.0},
    ]
    people = arrivals(scenario(found, hours=4.0, arrivals=rows, peak=peaks), found, 1)
    by_hour = [sum(hour <= each.minute / 60 < hour + 1 for each in people) for hour in range(4)]
    assert by_hour == [59, 180, 0, 60]


@pytest.mark.parametrize(
    ("distribution", "cv2"), [("poisson", 1.0), ("hyperexponential", 4.0), ("deterministic", 0.0)]
)
def test_gaps_have_the_mean_and_spread_they_claim(distribution: str, cv2: float):
    found = hall(1)
    more = {"cv2": cv2} if distribution == "hyperexponential" else {}
    rows = [{"queue": "A", "per_hour": 2000.0, "distribution": distribution, **more}]
    minutes = [each.minute for each in arrivals(scenario(found, hours=20.0, arrivals=rows), found, 1)]
    gaps = [two - one for one, two in pairwise(minutes)]
    mean = sum(gaps) / len(gaps)
    spread = sum((gap - mean) ** 2 for gap in gaps) / len(gaps) / mean**2
    assert mean == pytest.approx(0.03, rel=0.05)
    assert spread == pytest.approx(cv2, rel=0.1, abs=1e-9)


def test_percentiles_are_by_nearest_rank():
    values = [float(each) for each in range(1, 11)]
    assert [percentile(values, p) for p in (50, 90, 99)] == [5.0, 9.0, 10.0]
    assert percentile([], 50) == 0.0
    assert wait_figures([])["mean_wait_min"] == 0.0
