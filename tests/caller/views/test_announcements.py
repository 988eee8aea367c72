"""What all who wait are told by the clock."""

from typing import Any

from caller.engine import commands as cmd
from config.setting_types import AnnouncementTime
from config.settings import Reason
from tests.caller.views.test_views import view
from tests.instruments.engine_fixture import Stage

ROWS = (AnnouncementTime("closing", ["09:10"], zone="east", minutes=3),)


def said(stage: Stage) -> list[dict[str, Any]]:
    return view(stage, "board").get("said", [])


def test_a_message_stands_on_the_board_while_it_holds() -> None:
    stage = Stage(announcements=ROWS, reasons=(Reason("notice", "closing", "即将‮下班"),)).open("1")
    assert said(stage) == []
    stage.later(10)
    (line,) = said(stage)
    assert (line["zh"], line["en"], line["zone"]) == (
        "即将下班",
        "即将下班",
        "east",
    )  # safe for a page; Chinese stands in
    assert line["until"] - line["at"] == 3 * 60_000_000
    stage.later(3)
    assert said(stage) == []


def test_nothing_is_told_while_the_hall_is_closed() -> None:
    stage = Stage(announcements=ROWS).open("1").later(10)
    assert said(stage)
    stage.do(cmd.CloseDay())
    assert said(stage) == []


def test_a_message_that_new_settings_no_longer_have_is_not_told() -> None:
    stage = Stage(announcements=ROWS, reasons=(Reason("notice", "busy", "人多"),)).open("1").later(10)
    assert said(stage) == []
