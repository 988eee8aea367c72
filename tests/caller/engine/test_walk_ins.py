"""An applicant without a number is served at once; and nobody is called again, or given up, sooner than a person can walk."""

import pytest
from msgspec import structs

from caller import views
from caller.engine import commands as cmd
from caller.engine import events as ev
from caller.engine.commands import WindowVerb
from caller.engine.envelope import CommandEnvelope
from caller.engine.hall import Hall
from caller.engine.refusals import Refused
from config.settings import Device, Rules
from tests.instruments.engine_fixture import AT_ONCE, Stage
from tests.instruments.hall_image import image

SECOND = 1 / 60  # minutes


def kinds(stage: Stage, since: int) -> list[str]:
    return [type(event).__name__ for _, _, event in stage.events[since:]]


# --- walk-ins


def test_a_walk_in_gets_the_next_number_and_is_served_at_once() -> None:
    stage = Stage().open("1")
    waiting = stage.take("A")
    before = len(stage.events)
    done = stage.press(cmd.ServeWalkIn, "1", item="i1")
    assert kinds(stage, before) == ["TicketIssued", "TicketCalled", "ServiceStarted"]
    assert done["number"] == "A002"
    assert done["call"] == 0
    ticket = stage.hall.state.tickets[done["ticket"]]
    assert (ticket.state, ticket.window, ticket.items) == ("serving", "1", ["i1"])
    assert stage.hall.state.counts["issued"] == 2
    stage.later(4)
    stage.press(cmd.FinishService, "1", outcome="accepted")
    assert stage.next("1") == waiting  # who waited has lost nothing


def test_a_walk_in_who_wants_a_slip_has_it_from_the_windows_own_printer() -> None:
    printer = Device(name="p-1", kind="printer", port="file:///dev/null", agent="pc-1", window="1")
    stage = Stage(devices=(printer,)).open("1", "2")
    stage.press(cmd.ServeWalkIn, "1", item="i1")
    assert stage.hall.state.jobs == {}, "none is wanted, none is printed"
    stage.press(cmd.FinishService, "1")
    done = stage.press(cmd.ServeWalkIn, "1", item="i1", slip=True)
    (job,) = stage.hall.state.jobs.values()
    assert (job.kind, job.station, job.device, job.ticket) == ("print-slip", "pc-1", "p-1", done["ticket"])
    assert done["call"] == 0
    stage.press(cmd.ServeWalkIn, "2", queue="B", slip=True)
    assert len(stage.hall.state.jobs) == 1, "window 2 has no printer: the visit goes on without paper"


def test_a_walk_in_is_called_on_no_screen() -> None:
    stage = Stage().open("1")
    stage.press(cmd.ServeWalkIn, "1", queue="A")
    board = views.build(stage.hall, "board", stage.now)
    assert board["calls"] == []  # type: ignore[typeddict-item]
    assert board["windows"]["1"]["number"] == "A001"  # type: ignore[typeddict-item]


def test_a_service_still_running_is_finished_first() -> None:
    stage = Stage().open("1")
    stage.take("A")
    stage.next("1")
    assert stage.press_refused(cmd.ServeWalkIn, "1", item="i1") == "window-busy"
    stage.press(cmd.StartService, "1")
    before = len(stage.events)
    stage.press(cmd.ServeWalkIn, "1", item="i1")
    assert kinds(stage, before)[0] == "ServiceFinished"


def test_a_walk_in_is_served_after_the_last_ticket_and_uses_no_quota() -> None:
    stage = Stage().open("1")
    stage.do(cmd.StopTickets())
    assert stage.refused(cmd.TakeTicket(queue="A")) == "tickets-stopped"
    stage.press(cmd.ServeWalkIn, "1", item="i1")
    assert stage.hall.state.band_counts == {}


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({}, "no-item"),
        ({"item": "nothing"}, "unknown-item"),
        ({"queue": "Z"}, "unknown-queue"),
        ({"queue": "P"}, "cannot-serve"),
    ],
)
def test_a_walk_in_that_cannot_be_served_here_is_refused(more: dict[str, str], code: str) -> None:
    assert Stage().open("1").press_refused(cmd.ServeWalkIn, "1", **more) == code


def test_a_walk_in_needs_a_clerk_at_work_and_the_newest_view() -> None:
    stage = Stage()
    assert stage.press_refused(cmd.ServeWalkIn, "1", item="i1") == "window-not-open"
    stage.open("1")
    assert stage.refused(cmd.ServeWalkIn("1", 0, "i1")) == "stale-view"
    stage.do(cmd.PauseWindow("1"))
    assert stage.press_refused(cmd.ServeWalkIn, "1", item="i1") == "window-paused"


def test_a_hall_with_walk_ins_folds_to_the_same_from_its_events() -> None:
    stage = Stage().open("1")
    stage.press(cmd.ServeWalkIn, "1", item="i3")
    stage.later(1).press(cmd.FinishService, "1")
    again = Hall(stage.hall.settings)
    for seq, at, event in stage.events:
        again.apply(event, at, seq)
    assert image(again) == image(stage.hall)


# --- time to come


def called(rules: Rules) -> Stage:
    stage = Stage(rules=rules).open("1")
    stage.take("A")
    stage.next("1")
    return stage


RULES = Rules(no_show_seconds=20, recall_seconds=10)


def seconds_left(stage: Stage, verb: type[WindowVerb]) -> int:
    """The seconds of the refusal; 0 where it would be done."""
    version = stage.hall.state.windows["1"].version
    try:
        press = verb(window="1", as_of=version)
        stage.hall.decide(CommandEnvelope("id", press, "window", "1"), stage.now)  # type: ignore[arg-type]
    except Refused as refused:
        return int(str(refused.facts["seconds"])) if refused.code == "too-soon" else -1
    return 0


@pytest.mark.parametrize(
    ("passed", "recall", "no_show"),
    [(0, 10, 20), (0.5, 10, 20), (9, 1, 11), (10, 0, 10), (19.5, 0, 1), (20, 0, 0), (3600, 0, 0)],
)
def test_a_recall_and_a_no_show_are_refused_with_the_seconds_left(
    passed: float, recall: int, no_show: int
) -> None:
    stage = called(RULES).later(passed * SECOND)
    assert seconds_left(stage, cmd.Recall) == recall
    assert seconds_left(stage, cmd.MarkNoShow) == no_show


def test_the_next_recall_counts_from_the_last_and_the_no_show_from_the_call() -> None:
    stage = called(RULES).later(12 * SECOND)
    stage.press(cmd.Recall, "1")
    assert seconds_left(stage, cmd.Recall) == 10
    assert seconds_left(stage, cmd.MarkNoShow) == 8


def test_a_clock_that_went_back_locks_no_window() -> None:
    stage = called(RULES)
    ticket = stage.hall.state.tickets[stage.hall.state.windows["1"].ticket]
    ticket.called = ticket.announced = stage.now + 3_600_000_000
    assert seconds_left(stage, cmd.MarkNoShow) == 0


def test_too_soon_leaves_the_key_alive_for_no_document_is_made_when_the_seconds_are_over() -> None:
    verbs = views.build(called(RULES).hall, "window/1", called(RULES).now)["verbs"]  # type: ignore[typeddict-item]
    assert verbs["Recall"]["live"]
    assert verbs["MarkNoShow"]["live"]


def test_twin_without_the_rule_both_are_done_at_once() -> None:
    stage = called(AT_ONCE)
    assert seconds_left(stage, cmd.Recall) == seconds_left(stage, cmd.MarkNoShow) == 0


def test_a_log_in_which_a_no_show_came_sooner_folds_as_it_was() -> None:
    """The rule is about new presses: what an older version wrote stays, and what is folded knows no rule."""
    stage = called(AT_ONCE)
    stage.press(cmd.MarkNoShow, "1")
    again = Hall(structs.replace(stage.hall.settings, rules=RULES))
    for seq, at, event in stage.events:
        again.apply(event, at, seq)
    assert image(again) == image(stage.hall)
    assert any(isinstance(event, ev.TicketMissed) for _, _, event in stage.events)
