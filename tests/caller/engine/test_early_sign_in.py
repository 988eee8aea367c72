"""A clerk signs in before the hall opens: on its date, and nobody is called before it does."""

from typing import Any

import pytest

from caller import views
from caller.engine import commands as cmd
from caller.engine import sign_in
from caller.engine.hall import Hall
from tests.instruments.engine_fixture import DAY, Stage, at
from tests.instruments.hall_image import image

SUNDAY, TUESDAY = "2026-09-20", "2026-09-22"


def at_night(clock: str, day: str = DAY) -> Stage:
    stage = Stage(opened=False)
    stage.now = at(clock, day)
    return stage


@pytest.mark.parametrize(
    ("clock", "day", "may"),
    [("00:00", DAY, True), ("08:59", DAY, True), ("09:00", DAY, True), ("16:59", DAY, True), ("17:00", DAY, False), ("23:59", SUNDAY, False), ("10:00", SUNDAY, False)],
)  # fmt: skip
def test_it_is_possible_on_the_date_of_a_day_still_to_come(clock: str, day: str, may: bool) -> None:
    stage = at_night(clock, day)
    if may:
        assert stage.open("1").hall.state.windows["1"].state == "open"
    else:
        assert stage.refused(cmd.OpenWindow("1", "clerk-1")) == "day-not-open"


def test_not_after_the_day_is_over_and_again_on_the_next() -> None:
    stage = Stage().open("1")
    stage.do(cmd.CloseDay())
    assert stage.refused(cmd.OpenWindow("1", "clerk-1")) == "day-not-open"
    stage.now = at("08:00", TUESDAY)
    stage.open("1")


def test_nobody_is_called_or_served_before_and_the_window_is_there_when_the_day_opens() -> None:
    stage = at_night("08:40").open("1")
    for verb in (cmd.CallNext, cmd.ServeWalkIn):
        assert stage.press_refused(verb, "1") == "before-opening"
    stage.do(cmd.PauseWindow("1"))
    stage.do(cmd.ResumeWindow("1"))
    stage.later(20).do(cmd.OpenDay(DAY))
    number = stage.take("A")
    assert stage.next("1") == number
    again = Hall(stage.hall.settings)
    for seq, instant, event in stage.events:
        again.apply(event, instant, seq)
    assert image(again) == image(stage.hall)


def test_a_ticket_of_yesterday_is_not_called_in_the_morning() -> None:
    stage = Stage().open("1")
    number = stage.take("A")
    stage.next("1")
    stage.press(cmd.MarkNoShow, "1")
    stage.do(cmd.CloseDay(expire=True))
    stage.now = at("08:00", TUESDAY)
    stage.open("1")
    assert stage.press_refused(cmd.CallTicket, "1", ticket=stage.find(number).id) == "before-opening"


def test_the_public_sees_a_closed_window_until_then_and_supervision_the_clerk() -> None:
    stage = at_night("08:40").open("1")
    board: Any = views.build(stage.hall, "board", stage.now)
    supervise: Any = views.build(stage.hall, "supervise", stage.now)
    assert board["windows"]["1"]["state"] == "closed"
    assert (supervise["windows"]["1"]["state"], supervise["windows"]["1"]["clerk"]) == ("open", "clerk-1")
    stage.later(20).do(cmd.OpenDay(DAY))
    board = views.build(stage.hall, "board", stage.now)
    assert board["windows"]["1"]["state"] == "open"


def test_twin_without_the_rule_a_clerk_signs_in_on_a_sunday(monkeypatch: pytest.MonkeyPatch) -> None:
    stage = at_night("10:00", SUNDAY)
    monkeypatch.setattr(sign_in, "may_begin", lambda _hall, _now: True)
    stage.open("1")
