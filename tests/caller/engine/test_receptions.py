"""The outcome of an ended reception is corrected for some seconds; its end stays."""

from typing import Any

import pytest
from msgspec import structs

from caller import views
from caller.engine import commands as cmd
from caller.engine import desk_commands as desk_cmd
from caller.engine import receptions
from caller.engine.commands import Outcome
from caller.engine.hall import Hall
from caller.engine.hall_events import OutcomeCorrected
from tests.instruments.engine_fixture import AT_ONCE, DAY, Stage
from tests.instruments.hall_image import from_image, image

SECOND = 1 / 60  # minutes


def ended(outcome: str = "done", **changes: Any) -> tuple[Stage, str]:
    """A stage whose window 1 has just ended a reception, and the ticket's id."""
    stage = Stage(**changes).open("1", "2")
    number = stage.take("A")
    stage.next("1")
    stage.press(cmd.FinishService, "1", outcome=outcome)
    return stage, stage.find(number).id


def correct(stage: Stage, ticket: str, outcome: Outcome = "incomplete", window: str = "1") -> list[object]:
    """What the press made of it."""
    before = len(stage.events)
    stage.do(desk_cmd.CorrectOutcome(window, ticket, outcome))
    return [event for _, _, event in stage.events[before:]]


def seen(stage: Stage, window: str = "1") -> tuple[str, bool]:
    """The outcome the window's document offers to correct, and whether its verb is live."""
    document = views.build(stage.hall, f"window/{window}", stage.now)
    ended: Any = document.get("ended", {})
    offered = ended.get("outcome", "")
    return offered, document["verbs"]["CorrectOutcome"]["live"]  # type: ignore[typeddict-item]


@pytest.mark.parametrize(
    ("passed", "offered"), [(0, True), (29, True), (30, True), (30.001, False), (3600, False)]
)
def test_an_outcome_is_corrected_for_thirty_seconds(passed: float, offered: bool) -> None:
    stage, ticket = ended()
    stage.later(passed * SECOND)
    assert seen(stage) == (("done", True) if offered else ("", False))
    if offered:
        [event] = correct(stage, ticket)
        assert event == OutcomeCorrected(ticket, "1", "clerk-1", "incomplete", "done")
        assert seen(stage)[0] == "incomplete"
    else:
        assert stage.refused(desk_cmd.CorrectOutcome("1", ticket, "incomplete")) == "no-outcome"


def test_also_after_the_next_call_whose_own_end_then_takes_its_place() -> None:
    stage, first = ended()
    second = stage.find(stage.take("A")).id
    stage.next("1")
    correct(stage, first, "rejected")
    assert stage.hall.state.windows["1"].ticket == second  # the end stays: nobody comes back
    stage.press(cmd.FinishService, "1")
    assert stage.refused(desk_cmd.CorrectOutcome("1", first, "done")) == "unknown-ticket"
    correct(stage, second, "advice")
    assert [each.outcome for each in stage.hall.state.receptions["clerk-1"]] == ["rejected", "advice"]


def test_the_end_that_space_alone_gives_is_corrected_too() -> None:
    stage = Stage().open("1")
    first = stage.find(stage.take("A")).id
    stage.take("A")
    stage.next("1")
    stage.press(cmd.StartService, "1")
    stage.next("1")
    correct(stage, first, "accepted")
    assert stage.hall.state.receptions["clerk-1"][-1].outcome == "accepted"


def test_a_reception_after_which_the_visit_goes_on_elsewhere_is_corrected_and_the_visit_still_goes_on() -> (
    None
):
    stage = Stage().open("1", "P")
    number = stage.take("A")
    stage.next("1")
    stage.press(cmd.TransferTicket, "1", to_window="P", come_back=True)
    stage.next("P")
    stage.press(cmd.FinishService, "P", outcome="paid")
    ticket = stage.find(number)
    assert (ticket.state, ticket.bound) == ("waiting", "1")
    correct(stage, ticket.id, "advice", window="P")
    assert (ticket.state, ticket.bound) == ("waiting", "1")
    assert stage.next("1") == number


def test_only_at_its_window_by_its_clerk_and_only_the_one_seen() -> None:
    stage, ticket = ended()
    assert stage.refused(desk_cmd.CorrectOutcome("2", ticket, "advice")) == "no-outcome"
    assert stage.refused(desk_cmd.CorrectOutcome("1", "another", "advice")) == "unknown-ticket"
    stage.do(cmd.CloseWindow("1"))
    assert stage.refused(desk_cmd.CorrectOutcome("1", ticket, "advice")) == "window-not-open"
    stage.do(cmd.OpenWindow("1", "clerk-9"))
    assert stage.refused(desk_cmd.CorrectOutcome("1", ticket, "advice")) == "no-outcome"


def test_the_same_outcome_again_is_done_without_a_trace_and_another_may_follow() -> None:
    stage, ticket = ended()
    assert correct(stage, ticket, "done") == []
    assert len(correct(stage, ticket, "rejected")) == 1
    [event] = correct(stage, ticket, "done")
    assert event == OutcomeCorrected(ticket, "1", "clerk-1", "done", "rejected")


def test_a_rating_stays() -> None:
    stage, ticket = ended()
    stage.do(cmd.Rate(ticket, 2))
    correct(stage, ticket)
    assert stage.hall.register.visits[ticket].level == 2
    assert stage.hall.state.ratings == {"2": 1}


def test_twin_a_hall_without_the_time_corrects_nothing_and_offers_nothing() -> None:
    stage, ticket = ended(rules=structs.replace(AT_ONCE, correct_seconds=0))
    assert seen(stage) == ("", False)
    assert stage.refused(desk_cmd.CorrectOutcome("1", ticket, "advice")) == "no-outcome"


def test_an_end_of_an_older_version_is_not_corrected() -> None:
    stage, ticket = ended()
    stage.hall.state.receptions["clerk-1"][-1].correct_until = 0
    assert stage.refused(desk_cmd.CorrectOutcome("1", ticket, "advice")) == "no-outcome"


def test_a_changed_setting_moves_no_time_that_runs() -> None:
    stage, ticket = ended()
    stage.hall.settings = structs.replace(
        stage.hall.settings, rules=structs.replace(AT_ONCE, correct_seconds=1)
    )
    stage.later(20 * SECOND)
    assert len(correct(stage, ticket)) == 1


def test_receptions_fold_to_the_same_from_events_and_from_a_checkpoint_and_end_with_the_day() -> None:
    stage, ticket = ended()
    correct(stage, ticket, "accepted")
    again = Hall(stage.hall.settings)
    for seq, at, event in stage.events:
        again.apply(event, at, seq)
    assert image(again) == image(stage.hall)
    assert from_image(stage.hall.settings, image(stage.hall)).state.receptions == stage.hall.state.receptions
    stage.do(cmd.CloseDay())
    stage.later(24 * 60).do(cmd.OpenDay("2026-09-22"))
    assert DAY == "2026-09-21"
    assert stage.hall.state.receptions == {}


def test_began_is_the_start_or_the_call_where_none_was_pressed() -> None:
    stage = Stage().open("1")
    for _ in range(2):
        stage.take("A")
    stage.next("1")
    called = stage.now
    stage.later(2).press(cmd.StartService, "1")
    started = stage.now
    stage.later(3).next("1")
    second = stage.now
    stage.later(1).press(cmd.FinishService, "1")
    assert [each.began for each in stage.hall.state.receptions["clerk-1"]] == [started, second]
    assert called < started


def test_twin_without_the_ticket_in_the_command_a_late_press_would_correct_another(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    stage, first = ended()
    second = stage.find(stage.take("A")).id
    stage.next("1")
    stage.press(cmd.FinishService, "1")
    late = desk_cmd.CorrectOutcome("1", first, "rejected")
    assert stage.refused(late) == "unknown-ticket"
    last = receptions.correctable(stage.hall, stage.hall.state.windows["1"], stage.now)
    assert last
    assert last.ticket == second
    blind = structs.replace(last, ticket=first)
    monkeypatch.setattr(receptions, "correctable", lambda *_: blind)
    assert any(isinstance(each, OutcomeCorrected) for each in correct(stage, first, "rejected"))
