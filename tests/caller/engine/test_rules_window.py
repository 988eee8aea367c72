"""Life at the window, at its edges: what test_desk shows, held to the field."""

from typing import Any

import pytest

from caller.engine import commands as cmd
from config.instants import MINUTE
from config.settings import Rules, Window
from tests.instruments.engine_fixture import Stage, settings
from tests.instruments.hall_image import from_image, image

# --- 3. life at the window


@pytest.mark.parametrize(("minutes", "first"), [(10, "moved"), (0, "moved")])
def test_a_transfer_keeps_the_place_by_origin_however_late_it_comes(minutes: int, first: str):
    stage = Stage().open("2", "3")
    moved = stage.take("A")
    waiting = stage.later(5).take("B")
    stage.next("2")
    stage.later(minutes).press(cmd.TransferTicket, "2", queue="B")
    assert stage.find(moved).promise == stage.find(moved).origin + 45 * MINUTE
    assert stage.next("3") == {"moved": moved, "other": waiting}[first]


def test_a_transfer_to_a_window_waits_there_only_in_a_queue_it_serves():
    stage = Stage().open("1", "2", "3", "P")
    number_ = stage.take("A")
    stage.next("1")
    stage.press(cmd.TransferTicket, "1", to_window="2")
    ticket = stage.find(number_)
    assert (ticket.queue, ticket.bound, ticket.window) == ("A", "2", "")
    stage.next("2")
    stage.press(cmd.TransferTicket, "2", to_window="3")
    assert (ticket.queue, ticket.bound) == ("B", "3")
    assert stage.press_refused(cmd.CallTicket, "1", ticket=ticket.id) == "has-another"
    assert stage.press_refused(cmd.CallNext, "1") == "nobody-waiting"
    assert stage.next("3") == number_
    stage.press(cmd.TransferTicket, "3", to_window="1", queue="B")
    assert (ticket.queue, ticket.bound) == ("B", "1")


def test_front_and_end_are_measured_in_the_lane_it_goes_to():
    stage = Stage().open("1", "2", "3")
    for minute in (0, 1, 2):
        stage.later(minute).take("B")
    moved = stage.find(stage.take("A", "green"))
    stage.next("2")
    stage.press(cmd.TransferTicket, "2", queue="B", place="end")
    assert [row.number for row in _line(stage, "B")] == ["B001", "B002", "B003", "A001"]
    stage.press(cmd.CallTicket, "1", ticket=moved.id)
    stage.press(cmd.TransferTicket, "1", to_window="3", place="end")
    assert moved.promise == moved.origin  # nobody else is bound to window 3: its own place
    stage.next("3")
    stage.press(cmd.TransferTicket, "3", queue="P", place="front")
    assert moved.promise == moved.origin


def test_the_end_of_a_late_line_is_now():
    stage = Stage().open("1", "3")
    stage.take("B")
    stage.later(1).take("A")
    stage.press(cmd.CallTicket, "1", ticket=stage.find("A001").id)
    stage.later(90).press(cmd.TransferTicket, "1", queue="B", place="end")
    assert stage.find("A001").promise == stage.now


def _line(stage: Stage, queue: str) -> list[Any]:
    return [stage.hall.state.tickets[place.ticket] for place in stage.hall.lines[queue]]


def test_who_paid_may_be_called_at_another_time_but_at_that_window_only():
    stage = Stage().open("1", "2", "P")
    number_ = stage.take("A")
    stage.next("1")
    stage.press(cmd.TransferTicket, "1", to_window="P", come_back=True)
    stage.serve("P")
    ticket = stage.find(number_)
    assert (ticket.queue, ticket.bound, ticket.come_back, ticket.home) == ("A", "1", "", "")
    assert stage.press_refused(cmd.CallNext, "2") == "nobody-waiting"
    assert stage.serve("1") == number_
    assert ticket.state == "served"
    assert [stage.hall.state.windows[w].served for w in "1P"] == [1, 1]


def test_a_visit_of_three_items_visits_each_queue_once():
    stage = Stage().open("2", "3", "P")
    items = stage.hall.items
    number_ = str(stage.do(cmd.TakeTicket(items=["i1", "i3", "i2"]))["number"])
    assert items["i1"].queue == items["i3"].queue == "A"
    stage.do(cmd.CloseWindow("2"))
    stage.do(cmd.OpenWindow("2", "only-a", ["A"]))
    assert stage.serve("2") == number_  # both items of queue A at once
    assert (stage.find(number_).queue, stage.find(number_).pending) == ("B", ["i2"])
    assert stage.serve("3") == number_
    assert (stage.find(number_).state, stage.find(number_).pending) == ("served", [])


def test_next_may_call_the_applicant_whose_second_item_this_window_serves_only_by_turn():
    stage = Stage().open("1")
    stage.do(cmd.CloseWindow("1"))
    stage.do(cmd.OpenWindow("1", "only-a", ["A"]))
    two = str(stage.do(cmd.TakeTicket(items=["i1", "i2"]))["number"])
    stage.later(1).take("A")
    stage.next("1")
    stage.press(cmd.StartService, "1")
    assert stage.next("1") == "A002"
    assert stage.find(two).queue == "B"


def test_a_requeued_ticket_starts_its_recalls_anew_and_forgets_its_window():
    stage = Stage(rules=Rules(requeue_max=2, no_show_seconds=0, recall_seconds=0)).open("1")
    ticket = stage.find(stage.take("A"))
    id = ticket.id
    for _ in range(2):
        stage.next("1")
        stage.press(cmd.Recall, "1")
        stage.press(cmd.MarkNoShow, "1")
        stage.do(cmd.RequeueTicket(id))
        assert (ticket.window, ticket.recalls, ticket.not_before) == ("", 0, 0)
    assert ticket.requeues == 2
    stage.next("1")
    stage.press(cmd.MarkNoShow, "1")
    assert stage.refused(cmd.RequeueTicket(id)) == "requeue-used"


def test_a_recall_keeps_the_time_of_the_call_and_is_the_newest_on_the_board():
    stage = Stage().open("1", "2")
    stage.take("A")
    stage.take("A")
    called = stage.now
    stage.next("1")
    stage.later(1).next("2")
    first = stage.hall.state.calls[-1].call
    stage.later(1).press(cmd.Recall, "1")
    ticket = stage.find("A001")
    assert (ticket.called, ticket.since, ticket.recalls) == (called, called, 1)
    assert stage.hall.state.calls[0].number == "A001"
    assert ticket.call == stage.hall.state.calls[0].call == stage.hall.seq > first


def test_a_certain_ticket_is_picked_from_its_sleep():
    stage = Stage().open("1")
    id = stage.find(stage.take("A")).id
    stage.do(cmd.PostponeTicket(id, 60))
    stage.do(cmd.PostponeTicket(id, 30))
    assert stage.hall.state.tickets[id].not_before == stage.now + 30 * MINUTE
    assert stage.press(cmd.CallTicket, "1", ticket=id)["number"] == "A001"
    stage.press(cmd.TransferTicket, "1", queue="A")
    assert stage.next("1") == "A001"


def test_clerk_and_guide_issue_tickets_for_one_window():
    stage = Stage().open("1", "2")
    result = stage.do(cmd.TakeTicket(queue="A", window="2"), role="guide")
    assert result["ahead"] == 0
    assert stage.find(result["number"]).bound == "2"


def test_the_day_is_left_by_those_who_wait_are_held_or_missed():
    stage = Stage().open("1")
    for verb in (cmd.HoldTicket, cmd.MarkNoShow):
        stage.take("A")
        stage.next("1")
        stage.press(verb, "1")
    stage.take("A", person="p")
    stage.do(cmd.CloseDay(expire=True))
    kinds = [type(event).__name__ for _, _, event in stage.events]
    assert kinds.count("TicketExpired") == 3
    assert not stage.hall.live_persons
    assert not any(stage.hall.parked.values())
    assert not any(len(line) for line in stage.hall.lines.values())


# --- 4. windows


def test_a_window_tells_since_when_and_who_and_counts_what_happened():
    stage = Stage().open("1")
    window = stage.hall.state.windows["1"]
    opened = stage.now
    assert (window.since, window.clerk, window.version, window.freed) == (opened, "clerk-1", 1, opened)
    stage.later(5).do(cmd.PauseWindow("1", "meal"))
    assert (window.since, window.reason, window.state, window.version) == (stage.now, "meal", "paused", 2)
    stage.later(5).do(cmd.ResumeWindow("1"))
    assert (window.since, window.reason, window.state, window.version) == (stage.now, "", "open", 3)
    stage.do(cmd.PauseWindow("1"))
    stage.do(cmd.CloseWindow("1"))
    assert (window.clerk, window.serves, window.reason, window.state) == ("", {}, "", "closed")
    assert stage.refused(cmd.CloseWindow("1")) == "window-not-open"
    assert stage.refused(cmd.PauseWindow("1")) == "window-not-open"
    assert stage.refused(cmd.ResumeWindow("1")) == "window-not-open"


@pytest.mark.parametrize(
    "verb",
    [cmd.StartService, cmd.Recall, cmd.FinishService, cmd.HoldTicket, cmd.MarkNoShow, cmd.TransferTicket],
)
def test_every_press_makes_the_picture_old(verb: type[cmd.WindowVerb]):
    stage = Stage().open("1")
    stage.take("A")
    stage.next("1")
    seen = stage.hall.state.windows["1"].version
    more: dict[str, Any] = {"queue": "B"} if verb is cmd.TransferTicket else {}
    stage.press(verb, "1", **more)
    assert stage.hall.state.windows["1"].version == seen + 1
    again: Any = verb("1", seen, **more)
    assert stage.refused(again) == "stale-view"


def test_a_clerk_narrows_what_a_window_serves_but_cannot_widen_it():
    stage = Stage()
    stage.do(cmd.OpenWindow("2", "c", ["B", "P"]))
    assert stage.hall.state.windows["2"].serves == {"B": 15 * MINUTE}


def _back_from_a_closed_window(stage: Stage, queue: str) -> str:
    """Somebody of queue A or B at window 2, who will wait in queue A again when window 2 is done with them."""
    number = stage.take(queue)
    stage.next("1")
    if queue != "A":
        stage.press(cmd.TransferTicket, "1", queue="A")
        stage.next("1")
    stage.press(cmd.TransferTicket, "1", to_window="2", queue="A", come_back=True)
    stage.next("2")
    stage.press(cmd.StartService, "2")
    stage.do(cmd.CloseWindow("1"))
    return number


def test_who_comes_back_yields_to_a_bound_ticket_with_an_earlier_promise():
    """A bound ticket is never met with reluctance, nor when the window compares it with who is just leaving."""
    stage = Stage().open("2")
    bound = stage.take("B", window="2")
    stage.later(5).open("1")
    stage.do(cmd.PostponeTicket(stage.find(bound).id, 1))
    back = _back_from_a_closed_window(stage, "A")
    assert stage.later(1).next("2") == bound
    assert stage.find(back).state == "waiting"


def test_who_comes_back_is_ranked_by_the_queue_they_wait_in_not_by_their_letter():
    stage = Stage().open("1", "2")
    back = _back_from_a_closed_window(stage, "B")
    stage.later(5).take("A")
    assert stage.next("2") == back


def test_who_is_back_by_another_way_ends_the_visit_there():
    stage = Stage().open("1", "2")
    number = stage.take("A")
    stage.next("1")
    stage.press(cmd.TransferTicket, "1", to_window="2", come_back=True)
    stage.next("2")
    stage.press(cmd.TransferTicket, "2", queue="A")
    assert stage.serve("1") == number
    assert stage.find(number).state == "served"


def test_a_ticket_stays_in_its_queue_where_the_other_window_serves_it():
    stage = Stage().open("1", "3")
    number = stage.take("B")
    stage.next("3")
    stage.press(cmd.TransferTicket, "3", to_window="1")
    assert (stage.find(number).queue, stage.find(number).bound) == ("B", "1")


def test_a_window_is_not_reluctant_towards_its_own_queues():
    stage = Stage().open("1", "2")
    assert stage.hall.state.windows["1"].serves == {"A": 0, "B": 0}
    assert stage.hall.state.windows["2"].serves == {"A": 0, "B": 15 * MINUTE}


def test_who_waits_under_a_strange_letter_is_ranked_by_their_queue_too():
    stage = Stage().open("1", "2")
    moved = stage.take("B")
    stage.next("1")
    stage.later(5)
    back = stage.take("A")
    stage.press(cmd.TransferTicket, "1", queue="A")
    stage.do(cmd.PostponeTicket(stage.find(moved).id, 1))
    stage.next("1")
    stage.press(cmd.TransferTicket, "1", to_window="2", queue="A", come_back=True)
    assert stage.next("2") == back
    stage.press(cmd.StartService, "2")
    stage.do(cmd.CloseWindow("1"))
    assert stage.later(1).next("2") == moved


def test_a_window_taken_out_of_the_config_opens_no_more():
    stage = Stage().open("1")
    smaller = settings(windows=(Window("2", "二号", ["A"]),))
    stage.hall = from_image(smaller, image(stage.hall))
    stage.do(cmd.CloseWindow("1"))
    assert stage.refused(cmd.OpenWindow("1", "c")) == "unknown-window"


def test_who_is_bound_to_a_window_is_picked_there_whatever_its_new_clerk_serves():
    stage = Stage().open("1", "P")
    number = stage.take("A")
    stage.next("1")
    stage.press(cmd.TransferTicket, "1", to_window="P", come_back=True)
    stage.do(cmd.CloseWindow("1"))
    stage.do(cmd.OpenWindow("1", "only-b", ["B"]))
    stage.serve("P")
    assert stage.press(cmd.CallTicket, "1", ticket=stage.find(number).id)["number"] == number
