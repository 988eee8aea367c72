"""A bad rating is put right: its steps in order, who may do them, its call back, appeals, exclusion, counts and ranks."""

from datetime import date
from typing import Any

import pytest

from caller.engine import commands as cmd
from caller.engine import deadlines, rectifications
from caller.engine.rating_messages import AddToRating, AppealRating, MoveRectification, NoteContact
from caller.engine.rating_rows import Rectification
from caller.engine.ratings import month_before, ranked_last_twice
from caller.engine.register import FollowUp
from caller.views import build
from config.instants import HOUR, MINUTE, Micros, instant
from config.rating_settings import RatingsTable
from config.settings import HallTable, YearNotice
from tests.instruments.engine_fixture import Stage, at

NOTICE = YearNotice(2026, holidays={date(2026, 9, 25): "中秋节"}, workdays={})
TABLE = RatingsTable(rectify=True, rank_ratings=2)
CLERK = "clerk-1"
ZONE = "Asia/Shanghai"


def rated(level: int = 1, window: str = "1", **changes: Any) -> tuple[Stage, str]:
    """A stage on which one visit was rated at a window, by phone; return its ticket as well."""
    given: dict[str, Any] = {"ratings": TABLE, "year_notices": (NOTICE,)} | changes
    stage = Stage(**given).open(window)
    return stage, rate(stage, level, window)


def rate(stage: Stage, level: int, window: str = "1") -> str:
    ticket = stage.find(stage.take("A" if window in "12" else "B")).id
    stage.serve(window)
    stage.do(cmd.Rate(ticket, level, via="phone"))
    return ticket


def rows(stage: Stage) -> tuple[FollowUp, Rectification]:
    (row,) = stage.hall.register.follow_ups.values()
    return row, stage.hall.register.rectifications[row.id]


def step(stage: Stage, move: Any, staff: str = "ann", code: str = "") -> None:
    stage.do(MoveRectification(rows(stage)[0].id, move, staff, code))


def follow(stage: Stage, move: Any, staff: str = "ann", **more: str) -> None:
    stage.do(cmd.MoveFollowUp(rows(stage)[0].id, move, staff, **more))


def refused(stage: Stage, command: Any) -> str:
    return stage.refused(command)


def counts(stage: Stage) -> dict[str, int]:
    view: Any = build(stage.hall, "rectifications", stage.now)
    (month,) = view["months"].values()
    return {name: count for name, count in month.items() if count}


# --- what opens one


@pytest.mark.parametrize("level", [1, 2, 3, 4, 5])
def test_a_bad_rating_opens_one_owned_by_who_handled_it(level: int):
    stage, _ = rated(level)
    if level > 2:
        assert not stage.hall.register.rectifications
        return
    row, found = rows(stage)
    assert (row.state, row.owner, row.clerk) == ("assigned", CLERK, CLERK)
    assert (found.level, found.window, found.month) == (level, "1", "2026-09")
    assert row.due == instant("2026-09-30", "00:00", ZONE) - 1  # five working days, the 25th being a holiday
    assert counts(stage) == {"opened": 1}


def test_a_hall_without_the_table_goes_on_as_before():
    stage, _ = rated(1, ratings=RatingsTable())
    assert not stage.hall.register.follow_ups
    stage, _ = rated(1, ratings=RatingsTable(), rules=stage_rules(answer_days=5))
    row, _ = rows(stage)
    assert (row.state, row.owner) == ("opened", "")
    follow(stage, "assign")
    follow(stage, "answer", code="upheld")  # no step is asked for
    assert refused(stage, MoveRectification(row.id, "verify", "ann", "upheld")) == "wrong-step"


def stage_rules(**more: Any) -> Any:
    from config.settings import Rules

    return Rules(no_show_seconds=0, recall_seconds=0, **more)


# --- the steps


def test_the_whole_way_in_its_order():
    stage, ticket = rated()
    row, found = rows(stage)
    stage.do(NoteContact(ticket))
    follow(stage, "assign", "boss", owner="ann")
    for move, code in (("right", "apologised"), ("publish", ""), ("keep", "")):
        assert refused(stage, MoveRectification(row.id, move, "ann", code)) == "wrong-step"  # type: ignore[arg-type]
    assert refused(stage, cmd.MoveFollowUp(row.id, "answer", "ann", code="upheld")) == "steps-left"
    step(stage, "verify", code="upheld")
    assert rectifications.steps_left(stage.hall, row) == ["call", "right"]
    assert refused(stage, MoveRectification(row.id, "right", "ann", "apologised")) == "wrong-step"
    step(stage, "call", code="no-reply")
    assert refused(stage, MoveRectification(row.id, "right", "ann", "apologised")) == "wrong-step"
    step(stage, "call", code="reached")
    step(stage, "right", code="apologised")
    follow(stage, "answer", code="upheld")
    assert refused(stage, MoveRectification(row.id, "verify", "ann", "upheld")) == "wrong-step"
    assert refused(stage, cmd.MoveFollowUp(row.id, "approve", "ann")) == "another-person"
    follow(stage, "approve", "ben")
    step(stage, "publish", "boss")
    assert refused(stage, MoveRectification(row.id, "publish", "boss")) == "wrong-step"
    assert (found.tries, found.reached, found.righted, found.published) == (2, True, "apologised", True)
    expected = dict.fromkeys(("opened", "named", "called", "reached", "righted", "closed", "published"), 1)
    assert counts(stage) == expected
    (line,) = build(stage.hall, "rectified", stage.now)["published"].values()  # type: ignore[typeddict-item]
    assert (line["finding"], line["measure"], line["level"]) == ("upheld", "apologised", 1)
    assert "ticket" not in line
    assert "clerk" not in line


def test_who_cannot_be_reached_after_three_tries_holds_nothing_up():
    stage, ticket = rated()
    stage.do(NoteContact(ticket))
    step(stage, "verify", code="partly")
    for nth in range(rectifications.CALLS_MIN):
        assert ("right" in rectifications.moves(stage.hall, rows(stage)[0])) is False, nth
        step(stage, "call", code="no-reply")
    step(stage, "right", code="none")
    assert counts(stage) == {"opened": 1, "named": 1, "called": 1, "righted": 1}


def test_nobody_is_called_who_left_no_contact():
    stage, _ = rated()
    row, _ = rows(stage)
    assert refused(stage, MoveRectification(row.id, "call", "ann", "reached")) == "wrong-step"
    step(stage, "verify", code="unfounded")
    step(stage, "right", code="none")
    assert rectifications.steps_left(stage.hall, row) == []


@pytest.mark.parametrize(
    ("move", "code"), [("verify", "phoned"), ("verify", ""), ("call", "upheld"), ("right", "none ")]
)
def test_a_code_of_no_list_is_refused(move: Any, code: str):
    stage, ticket = rated()
    stage.do(NoteContact(ticket))
    row, _ = rows(stage)
    step(stage, "verify", code="upheld")
    step(stage, "call", code="reached")
    assert refused(stage, MoveRectification(row.id, move, "ann", code)) == "unknown-code"


def test_who_worked_on_it_does_not_review_it(monkeypatch: pytest.MonkeyPatch):
    stage, _ = rated()
    row, _ = rows(stage)
    follow(stage, "assign", "boss", owner="ann")
    step(stage, "verify", "cay", "upheld")
    step(stage, "right", "ann", "trained")
    follow(stage, "answer", code="upheld")
    for staff in ("ann", "cay", CLERK):
        assert refused(stage, cmd.MoveFollowUp(row.id, "approve", staff)) == "another-person"
    monkeypatch.setattr(rectifications, "worked_on", lambda *_: [])  # twin: without the guard
    follow(stage, "approve", "cay")
    assert row.state == "closed"


def test_a_new_round_begins_the_steps_anew():
    stage, _ = rated()
    row, found = rows(stage)
    step(stage, "verify", code="upheld")
    step(stage, "right", code="trained")
    follow(stage, "answer", CLERK, code="upheld")
    follow(stage, "approve", "ben")
    step(stage, "publish", "ben")
    follow(stage, "appeal", "ben")
    assert (found.verified, found.righted, found.published, found.workers) == ("", "", False, [])
    follow(stage, "assign", "boss", owner="ann")
    assert refused(stage, cmd.MoveFollowUp(row.id, "answer", "ann", code="upheld")) == "steps-left"
    step(stage, "verify", code="upheld")
    step(stage, "right", code="redone")
    assert counts(stage) == {"opened": 1, "righted": 1, "closed": 1, "published": 1}  # once over all rounds


# --- the call back


@pytest.mark.parametrize(
    ("day", "clock", "due_day", "due"),
    [
        ("2026-09-21", "10:00", "2026-09-21", "11:00"),
        ("2026-09-21", "16:30", "2026-09-22", "09:30"),  # half an hour is left today
        ("2026-09-21", "20:00", "2026-09-22", "10:00"),
        ("2026-09-24", "16:59", "2026-09-28", "09:59"),  # over a holiday and a weekend
        ("2026-09-22", "07:00", "2026-09-22", "10:00"),
    ],
)
def test_the_call_back_is_due_within_the_hours_of_the_hall(day: str, clock: str, due_day: str, due: str):
    stage, _ = rated()
    assert rectifications.call_due(stage.hall, at(clock, day)) == at(due, due_day)


def test_lunch_is_no_time_to_call():
    hall = HallTable(site="stage", name="舞台", opens="09:00", closes="17:00", breaks=[("12:00", "13:00")])
    stage, _ = rated(hall=hall)
    given = stage.hall.calendar.hours(date(2026, 9, 21))
    assert given
    minutes = 60 if len(given.bands) > 1 else 0
    assert rectifications.call_due(stage.hall, at("11:30")) == at("12:30") + minutes * MINUTE


def test_a_call_back_that_is_late_is_noted_once_and_met_by_the_first_try():
    stage, ticket = rated()
    stage.do(NoteContact(ticket))
    stage.do(NoteContact(ticket))  # a letter sent again begins no other clock
    row, found = rows(stage)
    assert deadlines.light(deadlines.call_back_of(found), found.call_due) == "yellow"
    late: Micros = found.call_due + 1
    (note,) = [each for each in deadlines.to_note(stage.hall, late) if each.kind == "call-back"]
    stage.now = late
    stage.do(note)  # type: ignore[arg-type]
    assert not [each for each in deadlines.to_note(stage.hall, late) if each.kind == "call-back"]
    alerts = build(stage.hall, "supervise", late)["alerts"]  # type: ignore[typeddict-item]
    assert "call-late" in {each["code"] for each in alerts}
    step(stage, "verify", code="upheld")
    step(stage, "call", code="no-reply")
    alerts = build(stage.hall, "supervise", late + HOUR)["alerts"]  # type: ignore[typeddict-item]
    assert "call-late" not in {each["code"] for each in alerts}
    assert row.number


# --- appeal by the clerk


def test_a_clerk_appeals_once_and_another_person_excludes(monkeypatch: pytest.MonkeyPatch):
    stage, _ = rated()
    row, found = rows(stage)
    assert stage.refused(AppealRating(row.id, "clerk-2", "malicious", "1")) == "not-own-rating"
    assert stage.refused(AppealRating(row.id, CLERK, "malicious", "2")) == "not-own-rating"
    assert stage.refused(AppealRating(row.id, CLERK, "because", "1")) == "unknown-code"
    stage.do(AppealRating(row.id, CLERK, "malicious", "1"))
    assert stage.refused(AppealRating(row.id, CLERK, "malicious", "1")) == "wrong-step"
    assert stage.refused(MoveRectification(row.id, "exclude", "boss")) == "steps-left"  # not verified
    step(stage, "verify", "boss", "unfounded")
    assert stage.refused(MoveRectification(row.id, "exclude", CLERK)) == "another-person"
    assert stage.refused(cmd.MoveFollowUp(row.id, "answer", CLERK, code="unfounded")) == "steps-left"
    step(stage, "exclude", "ben")
    assert found.appeal == "excluded"
    assert stage.hall.register.exclusions[str(found.rating)].reason == "malicious"
    assert stage.hall.state.ratings == {
        "1": 1
    }  # the count of the day stays: it is excluded visibly, not silently
    assert stage.hall.register.rating_months["2026-09/1"].count == 0
    follow(stage, "answer", CLERK, code="unfounded")  # no measure is needed
    follow(stage, "approve", "cay")
    assert counts(stage) == {"opened": 1, "appealed": 1, "excluded": 1, "closed": 1}


def test_an_appeal_that_fails_leaves_the_rating_counted():
    stage, _ = rated()
    row, found = rows(stage)
    stage.do(AppealRating(row.id, "boss", "mistaken"))  # the office notes it for the clerk
    step(stage, "verify", "ann", "upheld")
    assert refused(stage, MoveRectification(row.id, "keep", "boss")) == "another-person"
    step(stage, "keep", "ben")
    assert (found.appeal, len(stage.hall.register.exclusions)) == ("kept", 0)
    assert rectifications.steps_left(stage.hall, row) == ["right"]
    assert stage.hall.register.rating_months["2026-09/1"].count == 1


# --- later addition


def test_a_rating_has_one_later_addition_that_changes_no_count():
    stage, ticket = rated(2)
    stage.do(AddToRating(ticket, 5))
    assert stage.refused(AddToRating(ticket, 4)) == "already-added"
    assert rows(stage)[1].added == 5
    assert stage.hall.state.ratings == {"2": 1}
    other = stage.find(stage.take("A")).id
    stage.serve("1")
    assert stage.refused(AddToRating(other, 4)) == "not-rated"


# --- alarms


def codes(stage: Stage) -> set[str]:
    found = build(stage.hall, "supervise", stage.now)["alerts"]  # type: ignore[typeddict-item]
    return {each["code"] for each in found}


def test_a_second_bad_rating_in_a_row_is_an_alarm_until_a_better_one():
    stage, _ = rated(1)
    assert "bad-rating" in codes(stage)
    assert "bad-in-row" not in codes(stage)
    rate(stage, 2)
    assert "bad-in-row" in codes(stage)
    rate(stage, 3)
    assert "bad-in-row" not in codes(stage)
    rate(stage, 1)
    assert "bad-in-row" not in codes(stage)


def month_of(stage: Stage, day: str, levels: dict[str, tuple[int, ...]]) -> None:
    """Open a day and give these ratings at these windows."""
    if stage.hall.state.day.open:
        stage.do(cmd.CloseDay(expire=True))
    stage.now = at("09:00", day)
    stage.do(cmd.OpenDay(day))
    for window in levels:
        stage.open(window)
    for window, given in levels.items():
        for level in given:
            rate(stage, level, window)


def test_a_window_ranked_last_two_months_running_is_an_alarm():
    stage = Stage(opened=False, ratings=TABLE)
    month_of(stage, "2026-07-01", {"1": (5, 5), "3": (4, 3)})
    month_of(stage, "2026-08-03", {"1": (5, 4), "3": (3, 3)})
    assert ranked_last_twice(stage.hall) == []
    month_of(stage, "2026-09-01", {"1": (5,)})
    assert ranked_last_twice(stage.hall) == ["3"]
    assert "ranked-last" in codes(stage)
    month_of(stage, "2026-10-09", {"1": (5,)})  # September has too few ratings for a rank
    assert ranked_last_twice(stage.hall) == []
    assert min(stage.hall.register.rating_months) >= "2026-08"


def test_windows_that_are_all_alike_have_no_last_one():
    stage = Stage(opened=False, ratings=TABLE)
    month_of(stage, "2026-07-01", {"1": (5, 5), "3": (5, 5)})
    month_of(stage, "2026-08-03", {"1": (4, 4), "3": (4, 4)})
    month_of(stage, "2026-09-01", {})
    assert ranked_last_twice(stage.hall) == []


def test_months_before():
    assert [month_before("2026-02", count) for count in (0, 1, 2, 14)] == [
        "2026-02",
        "2026-01",
        "2025-12",
        "2024-12",
    ]


def test_rectifications_leave_the_register_with_their_follow_ups():
    stage, _ = rated(rules=stage_rules(appeal_days=3))
    step(stage, "verify", code="upheld")
    step(stage, "right", code="none")
    follow(stage, "answer", CLERK, code="upheld")
    follow(stage, "approve", "ben")
    stage.do(cmd.CloseDay())
    stage.now = at("09:00", "2026-10-12")
    stage.do(cmd.OpenDay("2026-10-12"))
    assert not stage.hall.register.rectifications
    assert stage.hall.register.rectification_months["2026-09"].closed == 1
