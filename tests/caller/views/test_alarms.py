"""Alarms that no deadline makes, and what a planned break has to do with them."""

from typing import Any

import pytest

from caller import views
from caller.engine import commands as cmd
from caller.views import ServiceHealth
from caller.views.stations import StationFacts, StationsKnown
from config.alarm_settings import AlarmsTable
from config.instants import MINUTE
from config.settings import Queue, Window
from tests.instruments.engine_fixture import Stage

WINDOWS = (
    Window("1", "一号", ["A"]), Window("2", "二号", ["A"], breaks=[("09:20", "10:00")]), Window("3", "三号", ["B"]),
)  # fmt: skip
QUEUES = (Queue("A", "社保"), Queue("B", "房产"))


def stage_of(**changes: Any) -> Stage:
    tables: dict[str, Any] = {"windows": WINDOWS, "queues": QUEUES}
    return Stage(**(tables | changes))


def alarms(stage: Stage, *facts: StationFacts, began: int = 0) -> list[str]:
    health = ServiceHealth(stations=StationsKnown(facts, began))
    document: Any = views.build(stage.hall, "supervise", stage.now, health)
    return [alert["code"] for alert in document["alerts"]]


def waiting_at_one() -> Stage:
    """Window 1 is free, and somebody waits whom it may call."""
    stage = stage_of().open("1")
    stage.take("A")
    return stage


def test_a_window_idle_while_its_people_wait_is_an_alarm_after_five_minutes() -> None:
    stage = waiting_at_one()
    assert "idle" not in alarms(stage.later(4.9))
    assert "idle" in alarms(stage.later(0.1))
    stage.next("1")
    assert "idle" not in alarms(stage)


def test_it_is_idle_from_the_last_applicant_on() -> None:
    stage = waiting_at_one()
    stage.take("A")
    stage.serve("1", minutes=30)
    assert "idle" not in alarms(stage)
    assert "idle" in alarms(stage.later(5))


def test_a_window_whose_queues_are_empty_is_never_idle() -> None:
    stage = stage_of().open("3")
    stage.take("A")
    assert "idle" not in alarms(stage.later(60))


def test_a_window_in_its_planned_break_is_no_alarm() -> None:
    stage = stage_of().open("2")
    stage.take("A")
    assert "idle" in alarms(stage.later(10))
    assert "idle" not in alarms(stage.later(10))  # 09:20
    stage.do(cmd.PauseWindow("2"))
    stage.later(39.9)
    assert "away" not in alarms(stage)
    assert supervised(stage, "2")["light"] == "green"
    assert "away" in alarms(stage.later(0.2))
    assert supervised(stage, "2")["light"] == "red"


def supervised(stage: Stage, window: str) -> Any:
    document: Any = views.build(stage.hall, "supervise", stage.now)
    return document["windows"][window]


def test_twin_without_a_break_the_same_pause_is_an_alarm() -> None:
    stage = stage_of(windows=(Window("2", "二号", ["A"]),)).open("2")
    stage.do(cmd.PauseWindow("2"))
    assert "away" in alarms(stage.later(39.9))


def test_too_many_in_pause_is_an_alarm_while_people_wait() -> None:
    stage = stage_of().open("1", "2", "3")
    stage.do(cmd.PauseWindow("1"))
    stage.do(cmd.PauseWindow("3"))
    assert "many-paused" not in alarms(stage)
    stage.take("A")
    assert "many-paused" in alarms(stage)
    stage.do(cmd.ResumeWindow("3"))
    assert "many-paused" not in alarms(stage)


@pytest.mark.parametrize("off", ["silent_minutes", "idle_minutes", "paused_percent"])
def test_zero_turns_an_alarm_off(off: str) -> None:
    stage = stage_of(alarms=AlarmsTable(**{off: 0})).open("1", "2", "3")
    for window in ("2", "3"):
        stage.do(cmd.PauseWindow(window))
    stage.take("A")
    stage.later(10)
    found = set(alarms(stage, StationFacts("kiosk", "k1"))) & {"idle", "many-paused", "station-never"}
    code = {"silent_minutes": "station-never", "idle_minutes": "idle", "paused_percent": "many-paused"}[off]
    assert found == {"idle", "many-paused", "station-never"} - {code}


# --- stations


def test_a_kiosk_that_never_came_is_an_alarm_three_minutes_after_the_day_opened() -> None:
    stage = stage_of()
    kiosk = StationFacts("kiosk", "k1")
    assert alarms(stage.later(2.9), kiosk) == []
    assert alarms(stage.later(0.1), kiosk) == ["station-never"]
    assert alarms(stage, kiosk, began=stage.now - MINUTE) == []  # the caller has looked for a minute only
    stage.do(cmd.CloseDay())
    assert alarms(stage, kiosk) == []


def test_a_machine_that_was_here_is_an_alarm_when_it_is_gone() -> None:
    stage = stage_of().later(10)
    gone = stage.now - 4 * MINUTE
    for role in ("kiosk", "agent", "board", "web", "evaluator"):
        assert alarms(stage, StationFacts(role, "x", 0, gone)) == ["station-gone"]
        assert alarms(stage, StationFacts(role, "x", 1, gone)) == []
        assert alarms(stage, StationFacts(role, "x", 0, stage.now - MINUTE)) == []


@pytest.mark.parametrize("role", ["window", "guide", "manager", "office", "supervisor"])
def test_a_desk_that_nobody_sits_at_is_no_alarm(role: str) -> None:
    stage = stage_of().later(60)
    assert alarms(stage, StationFacts(role, "x"), StationFacts(role, "y", 0, stage.now - 30 * MINUTE)) == []


@pytest.mark.parametrize("role", ["board", "web", "evaluator"])
def test_a_screen_that_never_came_today_is_none(role: str) -> None:
    assert alarms(stage_of().later(60), StationFacts(role, "x")) == []


def test_the_list_says_who_is_here_who_is_gone_and_who_is_missing() -> None:
    stage = stage_of().later(10)
    facts = (
        StationFacts("kiosk", "k2"), StationFacts("kiosk", "k1", 2, stage.now, "1.0"), StationFacts("window", "3"),
    )  # fmt: skip
    known = StationsKnown(facts, 0)
    document: Any = views.build(stage.hall, "stations", stage.now, ServiceHealth(stations=known))
    rows = {id: (row["state"], row["light"]) for id, row in document["stations"].items()}
    assert rows == {
        "kiosk/k1": ("connected", "green"),
        "kiosk/k2": ("unseen", "red"),
        "window/3": ("unseen", "grey"),
    }
    assert document["stations"]["kiosk/k1"]["lines"] == 2
    assert document["stations"]["kiosk/k1"]["version"] == "1.0"
