"""The day by itself: visits no clerk ends lapse after closing, nobody waits for ever, a day left over ends."""

from typing import Any

import pytest

from caller.engine import commands as cmd
from caller.engine import events as ev
from caller.engine.automatic_day import due, left_over
from caller.engine.envelope import EndUnended
from caller.views.public import board_view, kiosk_view
from config.instants import MINUTE
from config.settings import Rules
from tests.instruments.engine_fixture import AT_ONCE, DAY, Stage, at, settings
from tests.instruments.hall_image import image

NEXT, SATURDAY = "2026-09-22", "2026-09-26"


def run(stage: Stage, minutes: int, step: int = 5) -> Stage:
    """Do what the day needs, as the scheduler does, for so many minutes."""
    for _ in range(0, minutes, step):
        stage.later(step)
        while command := due(stage.hall, stage.now):
            stage.do(command)  # type: ignore[arg-type] - the caller's own
    return stage


def kinds(stage: Stage) -> list[str]:
    return [type(event).__name__ for _, _, event in stage.events]


def serving(**changes: Any) -> Stage:
    stage = Stage(**changes).open("1")
    stage.now = at("16:30")
    stage.take("A")
    stage.next("1")
    stage.press(cmd.StartService, "1")
    return stage


def test_a_visit_no_clerk_ends_lapses_an_hour_after_closing_without_an_outcome():
    stage = run(serving(), 85)  # 17:55
    assert stage.find("A001").state == "serving"
    run(stage, 10)
    ticket = stage.find("A001")
    assert ticket.state == "lapsed"
    assert kinds(stage)[-3:] == ["ServiceLapsed", "WindowClosed", "DayClosed"]
    assert not any(isinstance(event, ev.ServiceFinished) for _, _, event in stage.events)
    assert stage.hall.state.counts.get("served", 0) == 0
    assert stage.hall.state.counts["lapsed"] == 1


def test_it_is_in_no_measured_time_and_may_be_rated_by_phone_only():
    stage = serving()
    before = dict(stage.hall.register.service_times)
    run(stage, 95)
    assert dict(stage.hall.register.service_times) == before
    visit = stage.hall.register.visits[stage.find("A001").id]
    assert visit.level == 0
    assert stage.refused(cmd.Rate(stage.find("A001").id, 5)) == "rating-late"
    stage.do(cmd.Rate(stage.find("A001").id, 5, via="phone"))


def test_who_was_only_called_has_nothing_to_rate():
    stage = Stage().open("1")
    stage.now = at("16:40")
    stage.take("A")
    stage.next("1")
    run(stage, 90)
    assert stage.find("A001").state == "lapsed"
    assert stage.refused(cmd.Rate(stage.find("A001").id, 5, via="phone")) == "no-service"


def test_a_service_begun_after_closing_has_its_own_hour():
    stage = Stage().open("1")
    stage.now = at("16:40")
    first, second = stage.take("A"), stage.take("A")
    stage.next("1")
    stage.now = at("17:40")
    stage.press(cmd.FinishService, "1")
    stage.next("1")
    run(stage, 55)  # 18:35
    assert (stage.find(first).state, stage.find(second).state) == ("served", "called")
    run(stage, 10)
    assert stage.find(second).state == "lapsed"


def opened_at_nine() -> Stage:
    """A hall whose day a manager has opened at nine in the evening, to try it."""
    stage = Stage(opened=False)
    stage.now = at("21:00")
    stage.do(cmd.OpenDay(DAY))
    return stage


def test_a_day_opened_by_hand_after_its_hours_stays_open_while_it_may_be_extended():
    stage = opened_at_nine()
    run(stage, 55)
    assert stage.hall.state.day.open
    stage.do(cmd.ExtendHours(stage.now + 60 * MINUTE))
    run(stage, 30)
    assert stage.take("A") in {ticket.number for ticket in stage.hall.live()}


def test_twin_one_that_nobody_extends_is_closed_by_itself_an_hour_later():
    stage = run(opened_at_nine(), 65)
    assert not stage.hall.state.day.open


def test_minutes_are_a_setting():
    stage = run(serving(rules=Rules(no_show_seconds=0, recall_seconds=0, unended_minutes=10)), 45)
    assert stage.find("A001").state == "lapsed"


def test_the_clerk_was_quicker_than_the_caller():
    stage = serving()
    stage.now = at("18:10")
    command = due(stage.hall, stage.now)
    assert isinstance(command, EndUnended)
    stage.press(cmd.FinishService, "1", outcome="accepted")
    before = image(stage.hall)
    stage.do(command)  # type: ignore[arg-type]
    assert image(stage.hall) == before
    assert stage.find("A001").state == "served"


def test_by_the_rule_serve_nobody_waits_for_ever():
    """The clerks have gone; an hour after the last act at a window the day is over."""
    stage = Stage().open("1")
    stage.now = at("16:40")
    waits = stage.take("A")
    stage.now = at("17:30")
    stage.do(cmd.CloseWindow("1"))
    run(stage, 55)
    assert stage.find(waits).state == "waiting"
    run(stage, 10)
    assert stage.find(waits).state == "expired"
    assert not stage.hall.state.day.open


def test_a_clerk_who_still_calls_keeps_the_day_open():
    stage = Stage().open("1")
    stage.now = at("16:40")
    numbers = [stage.take("A") for _ in range(4)]
    for minutes in (60, 40, 40):
        run(stage, minutes)
        stage.serve("1", 1)
    assert stage.find(numbers[3]).state == "waiting"
    assert stage.hall.state.day.open


@pytest.mark.parametrize("closing", ["serve", "expire"])
def test_a_day_left_over_ends_when_the_next_should_open(closing: str):
    """Nothing ran over night: the PC was off."""
    stage = serving(rules=Rules(no_show_seconds=0, recall_seconds=0, closing=closing))  # type: ignore[arg-type]
    stage.take("A")
    stage.now = at("09:00", NEXT)
    while command := due(stage.hall, stage.now):
        stage.do(command)  # type: ignore[arg-type]
    assert stage.hall.state.day.label == NEXT
    ends = [type(event).__name__ for _, _, event in stage.events if "Service" in type(event).__name__]
    assert ends == ["ServiceStarted", "ServiceLapsed"]


def test_twin_without_the_rule_the_visit_lasts_through_the_night(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("caller.engine.automatic_day.lapses_at", lambda *_: 2**62)
    stage = run(serving(), 600)
    assert stage.find("A001").state == "serving"


# --- the morning after


def test_in_the_morning_a_day_left_open_says_when_the_hall_opens():
    stage = serving()
    stage.now = at("07:30", NEXT)
    assert left_over(stage.hall, stage.now)
    kiosk, board = kiosk_view(stage.hall, "", stage.now), board_view(stage.hall, "", stage.now)
    assert kiosk["phase"] == "before"
    assert kiosk["opening"]["at"] == board["opening"]["at"] == at("09:00", NEXT)  # type: ignore[typeddict-item]
    assert (kiosk["hall"]["open"], board["hall"]["open"]) == (False, False)
    assert stage.refused(cmd.TakeTicket(queue="A")) == "day-not-open"


def test_on_a_closed_day_it_says_that():
    stage = serving()
    stage.now = at("08:00", SATURDAY)
    assert kiosk_view(stage.hall, "", stage.now)["phase"] == "closed"


def test_until_midnight_it_says_that_no_more_numbers_are_given():
    stage = serving()
    stage.now = at("20:00")
    assert kiosk_view(stage.hall, "", stage.now)["phase"] == "stopped"
    assert stage.refused(cmd.TakeTicket(queue="A")) == "tickets-stopped"


def test_extended_hours_over_midnight_are_not_over():
    stage = serving()
    stage.now = at("16:50")
    stage.do(cmd.ExtendHours(at("01:00", NEXT)))
    stage.now = at("00:30", NEXT)
    assert kiosk_view(stage.hall, "", stage.now)["phase"] == "open"
    assert due(stage.hall, stage.now) is None


def test_the_default_is_an_hour():
    assert settings(rules=AT_ONCE).rules.unended_minutes * MINUTE == 60 * MINUTE
