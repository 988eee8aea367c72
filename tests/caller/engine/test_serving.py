"""A clerk at a window: one press does one thing, and a ticket is at one window at most."""

import msgspec
import pytest

from caller.engine import commands as cmd
from tests.instruments.engine_fixture import Stage


@pytest.fixture
def stage() -> Stage:
    return Stage().open("1", "2")


def state(stage: Stage, number: str) -> str:
    return stage.find(number).state


def test_a_visit_from_call_to_end(stage: Stage):
    number = stage.take("A")
    result = stage.press(cmd.CallNext, "1")
    assert result == {
        "ticket": stage.find(number).id,
        "number": "A001",
        "window": "1",
        "call": stage.hall.seq,
    }
    stage.press(cmd.StartService, "1")
    assert state(stage, number) == "serving"
    stage.press(cmd.FinishService, "1", outcome="accepted")
    assert state(stage, number) == "served"
    assert stage.hall.state.windows["1"].ticket == ""
    assert stage.hall.state.windows["1"].served == 1


def test_a_second_press_on_the_same_picture_is_refused_and_burns_no_ticket(stage: Stage):
    stage.take("A")
    stage.take("A")
    seen = stage.hall.state.windows["1"].version
    stage.do(cmd.CallNext("1", seen))
    assert stage.refused(cmd.CallNext("1", seen)) == "stale-view"
    assert stage.hall.waiting["A"] == 1


def test_next_ends_a_service_still_running_and_calls(stage: Stage):
    first, second = stage.take("A"), stage.take("A")
    stage.next("1")
    stage.press(cmd.StartService, "1")
    assert stage.next("1") == second
    assert state(stage, first) == "served"


def test_next_does_not_forget_someone_who_was_called(stage: Stage):
    stage.take("A")
    stage.take("A")
    stage.next("1")
    assert stage.press_refused(cmd.CallNext, "1") == "window-busy"


def test_next_with_nobody_waiting_keeps_the_service_running(stage: Stage):
    number = stage.take("A")
    stage.next("1")
    stage.press(cmd.StartService, "1")
    assert stage.press_refused(cmd.CallNext, "1") == "nobody-waiting"
    assert state(stage, number) == "serving"


def test_two_windows_never_get_the_same_ticket(stage: Stage):
    stage.take("A")
    stage.next("1")
    assert stage.press_refused(cmd.CallNext, "2") == "nobody-waiting"


def test_recall_five_times_then_it_is_a_no_show(stage: Stage):
    stage.take("A")
    stage.next("1")
    for times in range(1, 6):
        stage.press(cmd.Recall, "1")
        assert stage.hall.state.calls[0].times == times
    assert stage.press_refused(cmd.Recall, "1") == "recall-used"


def test_a_recall_does_not_push_other_calls_off_the_board(stage: Stage):
    first, second = stage.take("A"), stage.take("A")
    stage.next("1")
    stage.next("2")
    stage.press(cmd.Recall, "1")
    assert [call.number for call in stage.hall.state.calls] == [first, second]


def test_a_missed_ticket_comes_back_behind_three_more_calls_once(stage: Stage):
    numbers = [stage.later(1).take("A") for _ in range(6)]
    stage.next("1")
    stage.press(cmd.MarkNoShow, "1")
    missed = stage.find(numbers[0])
    stage.do(cmd.RequeueTicket(missed.id))
    order = [stage.serve("1", 1) for _ in range(4)]
    assert order == [*numbers[1:4], numbers[0]]
    assert stage.refused(cmd.RequeueTicket(missed.id)) == "wrong-state"


def test_a_second_no_show_does_not_come_back(stage: Stage):
    number = stage.take("A")
    for _ in range(2):
        stage.next("1")
        stage.press(cmd.MarkNoShow, "1")
        if stage.find(number).requeues == 0:
            stage.do(cmd.RequeueTicket(stage.find(number).id))
    assert stage.refused(cmd.RequeueTicket(stage.find(number).id)) == "requeue-used"


def test_a_clerk_may_pick_a_certain_ticket(stage: Stage):
    stage.take("A")
    picked = stage.find(stage.take("A"))
    assert stage.press(cmd.CallTicket, "1", ticket=picked.id)["number"] == picked.number
    other = stage.find(stage.take("P"))
    assert stage.press_refused(cmd.CallTicket, "2", ticket=other.id) == "cannot-serve"
    assert stage.press_refused(cmd.CallTicket, "2", ticket="nobody") == "unknown-ticket"
    assert stage.press_refused(cmd.CallTicket, "2", ticket=picked.id) == "wrong-state"


def test_hold_and_take_up_again_at_either_window(stage: Stage):
    number = stage.take("A")
    stage.next("1")
    stage.press(cmd.StartService, "1")
    stage.press(cmd.HoldTicket, "1")
    assert state(stage, number) == "held"
    assert stage.press_refused(cmd.CallNext, "1") == "nobody-waiting"
    assert stage.press(cmd.CallTicket, "2", ticket=stage.find(number).id)["number"] == number


def test_a_transferred_ticket_keeps_its_place(stage: Stage):
    stage.open("3")
    moved = stage.take("A")
    waiting = stage.later(5).take("B")
    stage.next("2")
    stage.press(cmd.TransferTicket, "2", queue="B")
    assert [stage.serve("3", 1) for _ in range(2)] == [moved, waiting]


def test_a_transfer_without_a_destination_or_to_a_wrong_one_is_refused(stage: Stage):
    stage.take("A")
    stage.next("1")
    assert stage.press_refused(cmd.TransferTicket, "1") == "nowhere-to"
    assert stage.press_refused(cmd.TransferTicket, "1", to_window="1") == "nowhere-to"
    assert stage.press_refused(cmd.TransferTicket, "1", queue="Z") == "unknown-queue"
    assert stage.press_refused(cmd.TransferTicket, "1", to_window="3") == "window-not-open"
    stage.open("P")
    assert stage.press_refused(cmd.TransferTicket, "1", to_window="P", queue="A") == "cannot-serve"


def test_a_transfer_to_the_front_and_to_the_end(stage: Stage):
    stage.open("3")
    [stage.take("B") for _ in range(3)]
    stage.take("A")
    stage.next("2")
    version = stage.hall.state.windows["2"].version
    front = cmd.TransferTicket("2", version, queue="B", place="front")
    stage.do(front)
    assert stage.serve("3", 1) == "A001"
    stage.later(1).take("A")
    stage.next("2")
    version = stage.hall.state.windows["2"].version
    stage.do(cmd.TransferTicket("2", version, queue="B", place="end"))
    assert [stage.serve("3", 1) for _ in range(4)] == ["B001", "B002", "B003", "A002"]


def test_pay_and_come_back_without_queueing(stage: Stage):
    stage.open("P")
    number, other = stage.take("A"), stage.take("A")
    stage.next("1")
    stage.press(cmd.StartService, "1")
    stage.press(cmd.TransferTicket, "1", to_window="P", come_back=True)
    assert stage.serve("P") == number
    assert stage.find(number).state == "waiting"
    assert stage.next("1") == number  # before the other, and for this window only
    assert stage.next("2") == other


def test_come_back_to_a_window_that_has_closed_waits_in_the_queue(stage: Stage):
    stage.open("P")
    number = stage.take("A")
    stage.next("1")
    stage.press(cmd.TransferTicket, "1", to_window="P", come_back=True)
    stage.do(cmd.CloseWindow("1"))
    stage.serve("P")
    assert stage.next("2") == number


def test_a_visit_for_two_items_goes_on_in_the_second_queue(stage: Stage):
    stage.open("3")
    stage.do(cmd.CloseWindow("1"))
    stage.do(cmd.OpenWindow("1", "insurance-only", ["A"]))
    number = str(stage.do(cmd.TakeTicket(items=["i1", "i2"]))["number"])
    assert stage.serve("1") == number
    assert (stage.find(number).state, stage.find(number).queue) == ("waiting", "B")
    assert stage.serve("3") == number
    assert state(stage, number) == "served"


def test_a_window_that_serves_both_items_ends_the_visit_at_once(stage: Stage):
    number = str(stage.do(cmd.TakeTicket(items=["i1", "i2"]))["number"])
    assert stage.serve("1") == number
    assert state(stage, number) == "served"


def test_bound_tickets_return_to_the_queue_when_their_window_closes(stage: Stage):
    number = stage.take("A", window="1")
    stage.do(cmd.CloseWindow("1"))
    assert stage.next("2") == number


def test_a_cancelled_ticket_frees_the_window_it_was_called_to(stage: Stage):
    first, second = stage.take("A"), stage.take("A")
    stage.next("1")
    stage.do(cmd.CancelTicket(stage.find(first).id))
    assert stage.next("1") == second


@pytest.mark.parametrize(
    "verb", [cmd.Recall, cmd.StartService, cmd.FinishService, cmd.MarkNoShow, cmd.HoldTicket]
)
def test_verbs_at_an_empty_window_are_refused(stage: Stage, verb: type[cmd.WindowVerb]):
    assert stage.press_refused(verb, "1") == "nobody-here"


def test_pause_stops_calling_and_resume_starts_it(stage: Stage):
    stage.take("A")
    stage.do(cmd.PauseWindow("1", "meeting"))
    assert stage.press_refused(cmd.CallNext, "1") == "window-paused"
    assert stage.refused(cmd.PauseWindow("1")) == "window-paused"
    stage.do(cmd.ResumeWindow("1"))
    assert stage.refused(cmd.ResumeWindow("1")) == "window-not-paused"
    assert stage.next("1") == "A001"
    assert stage.refused(cmd.PauseWindow("1")) == "window-busy"
    assert stage.refused(cmd.CloseWindow("1")) == "window-busy"


def test_a_reason_to_pause_is_one_of_the_halls_and_never_a_clerks_own_words(stage: Stage):
    refused = stage.refused(cmd.PauseWindow("1", "wedding-of-my-sister"))
    assert refused == "unknown-pause"
    assert stage.hall.state.windows["1"].state == "open"
    for code in ("我去接孩子", "a b", "x" * 33):
        with pytest.raises(msgspec.ValidationError):
            msgspec.convert({"type": "PauseWindow", "window": "1", "reason": code}, cmd.PauseWindow)


def test_one_clerk_one_window(stage: Stage):
    assert stage.refused(cmd.OpenWindow("3", "clerk-1")) == "clerk-elsewhere"
    assert stage.refused(cmd.OpenWindow("1", "another")) == "window-taken"
    assert stage.do(cmd.OpenWindow("1", "clerk-1")) == {}  # already so; nothing happens
    assert stage.refused(cmd.OpenWindow("99", "x")) == "unknown-window"
    assert stage.refused(cmd.CallNext("3", 0)) == "window-not-open"


def test_a_clerk_signs_in_with_the_queues_they_can_serve(stage: Stage):
    stage.do(cmd.CloseWindow("1"))
    assert stage.refused(cmd.OpenWindow("1", "c", ["P"])) == "cannot-serve"
    assert stage.refused(cmd.OpenWindow("1", "c", ["Z"])) == "unknown-queue"
    stage.do(cmd.OpenWindow("1", "c", ["B"]))
    stage.take("A")
    assert stage.press_refused(cmd.CallNext, "1") == "nobody-waiting"


def test_nothing_happens_at_a_window_after_the_day():
    stage = Stage()
    stage.do(cmd.CloseDay())
    assert stage.refused(cmd.OpenWindow("1", "c")) == "day-not-open"
