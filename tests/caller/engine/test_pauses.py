"""A clerk who pauses may say when they are back; screens show it until then, and the deadline holds them to it."""

from typing import Any

import pytest

from caller import views
from caller.engine import commands as cmd
from caller.engine import deadlines
from caller.engine.hall import Hall
from caller.service.scheduler import ageing
from config.instants import MINUTE
from config.settings import Reason
from tests.instruments.engine_fixture import Stage, at
from tests.instruments.hall_image import image

MEAL = Reason("pause", "meal", "用餐", "meal", minutes=30)


def paused(minutes: int = 0, reason: str = "meal") -> Stage:
    stage = Stage(reasons=(MEAL,)).open("1", "2")
    stage.do(cmd.PauseWindow("1", reason, minutes))
    return stage


def backs(stage: Stage, ticket: str = "") -> list[Any]:
    """What board, desk, supervision and a waiting applicant's phone say about window 1."""
    documents: list[Any] = [
        views.build(stage.hall, topic, stage.now) for topic in ("board", "window/1", "supervise")
    ]
    board, desk, supervise = documents
    shown = [board["windows"]["1"]["back"], desk["back"], supervise["windows"]["1"]["back"]]
    if ticket:
        phone: Any = views.build(stage.hall, f"ticket/{ticket}", stage.now)
        shown.append(phone["back"].get("1", ""))
    return shown


def test_every_screen_shows_when_the_clerk_is_back_until_then() -> None:
    stage = paused(20)
    ticket = str(stage.do(cmd.TakeTicket(queue="A"))["ticket"])
    assert stage.now == at("09:00")
    assert backs(stage, ticket) == ["09:20"] * 4
    stage.later(20)
    assert backs(stage, ticket) == ["09:20"] * 4
    stage.later(0.001)
    assert backs(stage, ticket) == [""] * 4
    stage.do(cmd.ResumeWindow("1"))
    assert backs(stage, ticket) == [""] * 4


def test_what_was_said_is_the_deadline_and_not_what_the_reason_usually_takes() -> None:
    stage = paused(5)
    pause = deadlines.pause_of(stage.hall, stage.hall.state.windows["1"])
    assert pause
    assert pause.due == stage.now + 5 * MINUTE
    stage.later(6)
    alert: Any = views.build(stage.hall, "supervise", stage.now)
    assert [each["code"] for each in alert["alerts"]] == ["away"]


def test_who_says_nothing_has_the_time_of_the_reason_and_no_screen_shows_it() -> None:
    stage = paused()
    pause = deadlines.pause_of(stage.hall, stage.hall.state.windows["1"])
    assert pause
    assert pause.due == stage.now + 30 * MINUTE
    assert backs(stage) == ["", "", ""]


@pytest.mark.parametrize("end", [cmd.ResumeWindow("1"), cmd.CloseWindow("1")])
def test_the_next_pause_begins_without_it(end: Any) -> None:
    stage = paused(20)
    stage.do(end)
    if isinstance(end, cmd.CloseWindow):
        stage.open("1")
    stage.do(cmd.PauseWindow("1"))
    assert backs(stage) == ["", "", ""]


def test_a_windows_document_is_made_anew_when_the_time_is_over() -> None:
    stage = paused(20)
    assert "window/1" in ageing(stage.hall, stage.now)
    assert "window/2" not in ageing(stage.hall, stage.now)
    assert "window/1" not in ageing(stage.hall, stage.now + 21 * MINUTE)


def test_twin_a_pause_of_an_older_version_that_said_nothing_folds_and_shows_nothing() -> None:
    stage = paused(20)
    again = Hall(stage.hall.settings)
    for seq, instant, event in stage.events:
        again.apply(event, instant, seq)
    assert image(again) == image(stage.hall)
    stage.hall.state.windows["1"].back = 0
    assert backs(stage) == ["", "", ""]
