"""What the office enters about the hall's people: with a reason, once, of codes the hall has; and which windows show awards."""

from typing import Any

import pytest

from caller.engine import performance
from caller.engine import performance_messages as msg
from caller.engine.envelope import CommandEnvelope
from caller.engine.hall import APPLY_REGISTER
from caller.engine.refusals import Refused
from caller.protocol.frames import refusal_message
from caller.views import build, topics
from config.settings import Reason
from tests.instruments.engine_fixture import DAY, Stage
from tests.instruments.hall_image import image

MONTH = DAY[:7]


def windows_of(stage: Stage) -> dict[str, Any]:
    """The windows of the board."""
    board: Any = build(stage.hall, "board", stage.now)
    return board["windows"]


def corrected(reason: str = "forgot", day: str = DAY) -> msg.CorrectAttendance:
    return msg.CorrectAttendance(day, "1001", "present", reason)


# --- attendance


def test_attendance_is_corrected_with_a_reason_and_who_did_it_stands_in_the_log() -> None:
    stage = Stage()
    stage.do(corrected())
    event = stage.events[-1][2]
    assert isinstance(event, msg.AttendanceCorrected)
    assert (event.day, event.staff, event.mark, event.reason) == (DAY, "1001", "present", "forgot")


@pytest.mark.parametrize(
    ("command", "code"),
    [
        (corrected(""), "reason-needed"),
        (corrected("because"), "unknown-code"),
        (corrected(day="2026-09-20"), "no-business-day"),
        (corrected(day="2026-13-45"), "no-business-day"),
    ],
)
def test_a_correction_without_its_reason_changes_nothing(command: msg.CorrectAttendance, code: str) -> None:
    assert Stage().refused(command) == code


def test_without_the_guard_a_correction_without_a_reason_would_pass(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(performance, "_need_code", lambda *_: None)
    stage = Stage()
    with pytest.raises(Refused) as caught:
        stage.do(corrected(""))
    assert caught.value.code == "reason-needed"
    stage.do(corrected("because"))  # the guard of the list was turned off: what is in no list passes


def test_the_refusal_names_the_hall_s_own_reasons() -> None:
    stage = Stage(reasons=(Reason("attendance", "flood", "水灾停电"),))
    with pytest.raises(Refused) as caught:
        stage.do(corrected(""))
    assert "水灾停电" in refusal_message(caught.value).next_zh
    stage.do(corrected("flood"))
    assert stage.refused(corrected("forgot")) == "unknown-code"


@pytest.mark.parametrize(
    "command",
    [corrected(), msg.RecordLeave("1001", DAY, DAY, "annual"), msg.RatePeer(MONTH, "1001", 90)],
)
def test_nobody_enters_what_counts_for_themselves(command: Any) -> None:
    stage = Stage()
    with pytest.raises(Refused) as caught:
        stage.hall.decide(CommandEnvelope("id", command, account="1001"), stage.now)
    assert caught.value.code == "own-entry"
    assert stage.hall.decide(CommandEnvelope("id", command, account="9001"), stage.now)


# --- leave


def test_a_leave_is_entered_and_taken_back_once() -> None:
    stage = Stage()
    stage.do(msg.RecordLeave("1001", "2026-10-08", "2026-10-09", "annual"))
    (leave,) = stage.hall.register.leaves
    stage.do(msg.CancelLeave(leave))
    assert not stage.hall.register.leaves
    assert stage.refused(msg.CancelLeave(leave)) == "unknown-leave"


@pytest.mark.parametrize(
    ("first", "last", "kind", "code"),
    [
        ("2026-10-09", "2026-10-08", "annual", "bad-dates"),
        ("2026-10-08", "2027-10-09", "annual", "bad-dates"),
        ("2026-02-30", "2026-03-01", "annual", "bad-dates"),
        ("2026-10-08", "2026-10-09", "holiday", "unknown-code"),
    ],
)
def test_a_leave_with_wrong_dates_or_of_no_kind_is_refused(
    first: str, last: str, kind: str, code: str
) -> None:
    assert Stage().refused(msg.RecordLeave("1001", first, last, kind)) == code


def test_leaves_long_over_leave_the_register() -> None:
    stage = Stage()
    stage.do(msg.RecordLeave("1001", "2025-01-06", "2025-01-07", "annual"))
    stage.do(msg.RecordLeave("1001", "2026-09-21", "2026-09-21", "annual"))
    assert [row.first for row in stage.hall.register.leaves.values()] == ["2026-09-21"]


# --- peer ratings


def test_a_person_has_one_peer_rating_a_month_and_another_needs_a_reason() -> None:
    stage = Stage()
    stage.do(msg.RatePeer(MONTH, "1001", 95))
    assert stage.refused(msg.RatePeer(MONTH, "1001", 60)) == "peer-rated"
    assert stage.hall.register.peer_marks[f"{MONTH}/1001"].points == 95
    stage.do(msg.RatePeer(MONTH, "1002", 60))  # another person
    stage.do(msg.RatePeer(MONTH, "1001", 60, "forgot"))
    assert stage.hall.register.peer_marks[f"{MONTH}/1001"].points == 60
    assert stage.refused(msg.RatePeer(MONTH, "1001", 60, "because")) == "unknown-code"


@pytest.mark.parametrize("month", ["2026-10", "2025-08"])
def test_peer_ratings_are_of_this_month_or_the_year_before_it(month: str) -> None:
    assert Stage().refused(msg.RatePeer(month, "1001", 90)) == "bad-month"


def test_peer_ratings_of_months_that_are_closed_leave_the_register() -> None:
    stage = Stage()
    stage.do(msg.RatePeer("2025-09", "1001", 90))
    stage.now += 40 * 86_400_000_000
    stage.do(msg.RatePeer("2026-10", "1001", 90))
    assert list(stage.hall.register.peer_marks) == ["2026-10/1001"]


# --- inspections and awards


def test_an_inspection_names_a_window_there_is_and_a_day_that_has_come() -> None:
    stage = Stage()
    stage.do(msg.RecordInspection("inspection", DAY, "9001", "dress", "1", "1001", True))
    assert stage.refused(msg.RecordInspection("visit", DAY, "9001", "in-order", "77")) == "unknown-window"
    assert stage.refused(msg.RecordInspection("leader", "2026-09-22", "9001", "in-order")) == "bad-dates"
    assert stage.refused(msg.RecordInspection("leader", DAY, "9001", "nice")) == "unknown-code"


def test_published_awards_stand_on_the_board_and_at_the_windows_until_the_next() -> None:
    stage = Stage()
    stage.do(msg.PublishAwards("2026-08", ["1", "2"], ["1"]))
    changed = topics(stage.hall, [stage.events[-1][2]])
    assert {"board", "window/1", "window/2", "window/3"} <= changed
    board = windows_of(stage)
    assert board["1"]["awards"] == ["five-star", "red-flag"]
    assert board["2"]["awards"] == ["five-star"]
    assert "awards" not in board["3"]
    assert build(stage.hall, "window/1", stage.now)["awards"] == ["five-star", "red-flag"]  # type: ignore[typeddict-item]
    stage.do(msg.PublishAwards(MONTH, [], ["3"]))
    board = windows_of(stage)
    assert [id for id, line in board.items() if "awards" in line] == ["3"]


def test_the_ranking_and_attendance_are_published_and_stand_until_the_next_month() -> None:
    stage = Stage()
    assert "month" not in build(stage.hall, "board", stage.now)
    standings = [
        msg.WindowStanding("3"),
        msg.WindowStanding("2", 2, 80.5),
        msg.WindowStanding("1", 1, 91.25, 1.0, 0.9),
    ]
    stage.do(msg.PublishAwards("2026-08", [], [], standings))
    board = build(stage.hall, "board", stage.now)["month"]  # type: ignore[typeddict-item]
    assert board["month"] == "2026-08"
    first = {"window": "1", "place": 1, "points": 91.25, "attendance": 1.0, "punctual": 0.9}
    assert board["windows"] == [
        first,
        {"window": "2", "place": 2, "points": 80.5},
        {"window": "3", "place": 0},
    ]
    assert build(stage.hall, "window/1", stage.now)["month"]["windows"] == [first]  # type: ignore[typeddict-item]
    stage.do(msg.PublishAwards(MONTH, ["1"], []))  # as an older station does
    assert "month" not in build(stage.hall, "board", stage.now)
    assert stage.refused(msg.PublishAwards(MONTH, [], [], [msg.WindowStanding("77")])) == "unknown-window"


def test_awards_outlive_the_day() -> None:
    stage = Stage()
    stage.do(msg.PublishAwards("2026-08", ["1"], []))
    stage.now += 86_400_000_000
    assert performance.shown_awards(stage.hall, "1") == ["five-star"]
    assert stage.hall.register.awards  # and is saved by its row


def test_awards_go_to_windows_there_are_of_a_month_that_has_begun() -> None:
    assert Stage().refused(msg.PublishAwards(MONTH, ["77"], [])) == "unknown-window"
    assert Stage().refused(msg.PublishAwards("2026-10", ["1"], [])) == "bad-month"


def test_entries_change_nothing_of_the_day() -> None:
    stage = Stage()
    day = stage.hall.state.tickets, stage.hall.state.windows, stage.hall.state.counts
    before = image(stage.hall)
    stage.do(corrected())
    assert (stage.hall.state.tickets, stage.hall.state.windows, stage.hall.state.counts) == day
    assert topics(stage.hall, [stage.events[-1][2]]) == set()
    assert before  # the image of the hall before it was readable
    assert set(performance.APPLY_REGISTER) <= set(APPLY_REGISTER)
