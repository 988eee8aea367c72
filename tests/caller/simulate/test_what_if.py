"""What if: statements are understood or refused, and the two runs have the same people."""

import pytest

from caller.simulate import what_if
from caller.simulate.random_outcomes import arrivals
from caller.simulate.run import SimulatedDay, WindowChange, opening, whole_day
from config.settings import Window
from tests.instruments.engine_fixture import settings
from tests.instruments.small_scenario import scenario


def plan(*texts: str) -> list[WindowChange]:
    found = settings()
    said = what_if.read(list(texts), found, "09:00")
    return what_if.plan_with(what_if.without(whole_day(found), said), said, found)


def of(window: str, changes: list[WindowChange]) -> list[tuple[float, str, tuple[str, ...]]]:
    return [(each.minute, each.what, each.queues) for each in changes if each.window == window]


def test_a_window_that_closes_was_open_until_then():
    assert of("1", plan("window 1 closes 12:00")) == [(0, "opens", ("A", "B")), (180, "closes", ())]


def test_a_window_that_opens_was_closed_until_then():
    assert of("1", plan("window 1 opens 10:30")) == [(90, "opens", ("A", "B"))]
    found = settings()
    said = what_if.read(["window 1 opens 10:30"], found, "09:00")
    assert {each.window for each in what_if.without(whole_day(found), said)} == {"2", "3", "P"}


def test_it_may_close_and_open_again():
    changes = of("1", plan("window 1 opens 13:30", "window 1 closes 12:00"))
    assert [each[:2] for each in changes] == [(0, "opens"), (180, "closes"), (270, "opens")]


def test_it_may_serve_other_queues_from_the_start_or_from_a_time():
    assert of("1", plan("window 1 serves B,P")) == [(0, "opens", ("B", "P"))]
    assert of("1", plan("window 1 serves P 10:00")) == [(0, "opens", ("A", "B")), (60, "opens", ("P",))]


def test_a_window_that_serves_nobody_opens_when_it_is_said_to_serve():
    found = settings(windows=(Window("1", "一", ["A", "B", "P"]), Window("G", "引导台", [], kind="guide")))
    said = what_if.read(["window G serves A 10:00"], found, "09:00")
    assert of("G", what_if.plan_with(whole_day(found), said, found)) == [(60, "opens", ("A",))]


def test_a_hall_lets_a_window_serve_what_is_said():
    found = settings()
    changed = what_if.settings_with(found, what_if.read(["window 2 serves B,P"], found, "09:00"))
    window = next(each for each in changed.windows if each.id == "2")
    assert (window.queues, window.helps) == (["A", "B", "P"], {})


def test_the_chinese_of_it():
    found = settings()
    texts = ["窗口 1 关 12:00", "窗口 3 办 A、B"]
    assert [each[:2] for each in what_if.read(texts, found, "09:00")] == [("3", "serves"), ("1", "closes")]


def test_all_mistakes_at_once():
    texts = [
        "window 9 opens 09:00",
        "close window 1",
        "window 1 closes 08:00",
        "window 1 opens 25:00",
        "window 1 serves Z",
    ]
    with pytest.raises(what_if.WhatIfMistakes) as caught:
        what_if.read(texts, settings(), "09:00")
    assert len(caught.value.mistakes) == 5


def test_both_runs_have_the_same_people_with_the_same_business():
    """Whoever is served in both takes just as long, whichever window serves them."""
    found = settings()
    day = scenario(
        found,
        hours=3.0,
        arrivals=[{"queue": "A", "per_hour": 30.0}],
        service=[{"queue": "A", "mean_minutes": 5.0}],
    )
    said = what_if.read(["window 1 closes 09:30"], found, "09:00")
    plans = (whole_day(found), what_if.plan_with(whole_day(found), said, found))
    runs = [
        SimulatedDay(found, opening(found, day), arrivals(day, found, 4), each).run().visits for each in plans
    ]
    assert [each.came for each in runs[0]] == [each.came for each in runs[1]]
    assert [v.served - v.called for v in runs[0]] == [v.served - v.called for v in runs[1]]
    assert sum(v.waited for v in runs[0]) < sum(v.waited for v in runs[1])
