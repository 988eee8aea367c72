"""A hall with a list of reasons wants one for each number that is called out of its turn; a hall without one does not."""

import pytest

from caller.engine import commands as cmd
from caller.engine import events as ev
from config.hall_lists import reasons, usual
from config.settings import Reason
from tests.instruments.engine_fixture import Stage, settings

LISTED = (Reason("pick", "frail", "年老体弱"), Reason("pick", "short", "只取件", "Collects only"))


def waiting(*listed: Reason) -> tuple[Stage, str]:
    """A stage with three who wait, and the last one's ticket."""
    stage = Stage(reasons=listed).open("1", "2")
    for _ in range(2):
        stage.take("A")
    return stage, stage.find(stage.take("A")).id


def picked(stage: Stage) -> list[str]:
    return [
        event.reason for _, _, event in stage.events if isinstance(event, ev.TicketCalled) and event.chosen
    ]


def test_the_reason_is_needed_and_one_of_the_halls() -> None:
    stage, ticket = waiting(*LISTED)
    for reason in ("", "because"):
        assert stage.press_refused(cmd.CallTicket, "1", ticket=ticket, reason=reason) == "pick-reason"
    stage.press(cmd.CallTicket, "1", ticket=ticket, reason="short")
    assert picked(stage) == ["short"]


def test_twin_a_hall_without_a_list_asks_for_none_and_keeps_none() -> None:
    assert usual("pick") == ()
    assert reasons(settings(), "pick") == ()
    stage, ticket = waiting()
    stage.press(cmd.CallTicket, "1", ticket=ticket, reason="made-up")
    assert picked(stage) == [""]


@pytest.mark.parametrize("park", [cmd.HoldTicket, cmd.MarkNoShow])
def test_who_was_here_before_comes_back_without_a_reason(park: type[cmd.WindowVerb]) -> None:
    stage, _ = waiting(*LISTED)
    number = stage.next("1")
    stage.press(park, "1")
    stage.press(cmd.CallTicket, "1", ticket=stage.find(number).id)
    assert picked(stage) == [""]


def test_nor_does_one_who_waits_for_this_window_alone() -> None:
    stage, _ = waiting(*LISTED)
    number = stage.next("2")
    stage.press(cmd.TransferTicket, "2", to_window="1")
    stage.press(cmd.CallTicket, "1", ticket=stage.find(number).id)
    assert picked(stage) == [""]
