"""A clerk's own day: what they ended wherever they sat, what was said of it, and no level before the next one ends."""

from typing import Any

import pytest
from msgspec import structs

from caller import views
from caller.engine import commands as cmd
from caller.engine import desk_commands as desk_cmd
from caller.engine import events as ev
from caller.views import clerk_day
from tests.instruments.engine_fixture import AT_ONCE, Stage


def day(stage: Stage, window: str = "1") -> Any:
    return views.build(stage.hall, f"clerk-day/{window}", stage.now)


def changed(stage: Stage, since: int) -> set[str]:
    topics = views.topics(stage.hall, [event for _, _, event in stage.events[since:]])
    return {topic for topic in topics if topic.startswith("clerk-day/")}


def worked(levels: tuple[int, ...] = (5, 2, 4), **changes: Any) -> Stage:
    """A stage where clerk-1 has ended as many visits, five minutes each, rated so; a visit at window 2 as well."""
    stage = Stage(**changes).open("1", "2")
    for level in levels:
        number = stage.take("A")
        stage.serve("1")
        stage.do(cmd.Rate(stage.find(number).id, level))
    stage.take("A")
    stage.serve("2", 9)
    return stage


def test_it_counts_ones_own_receptions_and_their_time() -> None:
    stage = worked()
    mine, other = day(stage), day(stage, "2")
    assert (mine["clerk"], mine["count"], mine["seconds"]) == ("clerk-1", 3, 900)
    assert (other["clerk"], other["count"], other["seconds"]) == ("clerk-2", 1, 540)
    assert [row["number"] for row in mine["receptions"]] == ["A003", "A002", "A001"]
    assert mine["outcomes"] == {"done": 3}


def test_the_level_of_the_visit_that_ended_last_counts_once_the_next_has_ended() -> None:
    stage = worked()
    assert (day(stage)["levels"], day(stage)["rated"]) == ({"2": 1, "5": 1}, 2)
    stage.take("A")
    stage.serve("1")
    assert day(stage)["levels"] == {"2": 1, "4": 1, "5": 1}


def test_twin_without_that_rule_a_clerk_reads_the_level_just_given(monkeypatch: pytest.MonkeyPatch) -> None:
    stage = worked((5, 1))
    assert "1" not in day(stage)["levels"]
    real = clerk_day._levels
    monkeypatch.setattr(clerk_day, "_levels", lambda hall, mine: real(hall, [*mine, mine[0]]))
    assert "1" in day(stage)["levels"]


def test_a_corrected_outcome_is_the_one_shown() -> None:
    stage = worked()
    ticket = stage.find("A003").id
    since = len(stage.events)
    stage.hall.state.receptions["clerk-1"][-1].correct_until = stage.now
    stage.do(desk_cmd.CorrectOutcome("1", ticket, "rejected"))
    assert day(stage)["outcomes"] == {"done": 2, "rejected": 1}
    assert changed(stage, since) == {"clerk-day/1"}


def test_it_goes_with_the_clerk_to_another_window_and_is_empty_where_nobody_sits() -> None:
    stage = worked()
    since = len(stage.events)
    stage.do(cmd.CloseWindow("1"))
    stage.do(cmd.OpenWindow("3", "clerk-1"))
    assert changed(stage, since) == {"clerk-day/1", "clerk-day/3"}
    assert day(stage, "3")["count"] == 3
    assert (day(stage)["clerk"], day(stage)["receptions"]) == ("", [])


def test_follow_ups_about_ones_own_visits_are_told_without_their_words() -> None:
    stage = worked(rules=structs.replace(AT_ONCE, answer_days=5))
    [row] = day(stage)["followups"]
    assert (row["kind"], row["ticket_number"], row["state"], row["appeals"]) == (
        "rating",
        "A002",
        "opened",
        0,
    )
    assert day(stage, "2")["followups"] == []
    since = len(stage.events)
    stage.do(cmd.MoveFollowUp(next(iter(stage.hall.register.follow_ups)), "assign", "boss"))
    assert changed(stage, since) == {"clerk-day/1"}


def test_a_rating_changes_the_day_of_its_clerk_wherever_they_sit() -> None:
    stage = worked(())
    number = stage.take("A")
    stage.serve("1")
    stage.do(cmd.CloseWindow("1"))
    stage.do(cmd.OpenWindow("3", "clerk-1"))
    since = len(stage.events)
    stage.do(cmd.Rate(stage.find(number).id, 5))
    assert changed(stage, since) == {"clerk-day/3"}


def test_a_long_day_lists_the_newest_and_counts_all(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clerk_day, "RECEPTIONS_MAX", 2)
    mine = day(worked())
    assert [row["number"] for row in mine["receptions"]] == ["A003", "A002"]
    assert mine["count"] == 3


def test_the_next_day_begins_empty() -> None:
    stage = worked()
    stage.do(cmd.CloseDay())
    since = len(stage.events)
    stage.later(24 * 60).do(cmd.OpenDay("2026-09-22"))
    assert changed(stage, since) == {"clerk-day/1", "clerk-day/2", "clerk-day/3", "clerk-day/P"}
    assert isinstance(stage.events[since][2], ev.DayOpened)
    stage.open("1")
    assert day(stage)["count"] == 0
