"""Queues of an open window, a clerk relieved, a visit taken over, two numbers merged."""

from typing import Any

import pytest

from caller import views
from caller.engine import commands as cmd
from caller.engine import desk_commands as desk_cmd
from caller.engine import events as ev
from caller.engine import hall_events, takeovers
from caller.engine.commands import person_hashes
from config.settings import Queue, Window
from tests.instruments.engine_fixture import Stage, settings
from tests.instruments.hall_image import from_image, image

PERSON, OTHER = "a" * 64, "b" * 64


def serves(stage: Stage, window: str = "2") -> dict[str, int]:
    return stage.hall.state.windows[window].serves


def document(stage: Stage, topic: str) -> Any:
    return views.build(stage.hall, topic, stage.now)


def last(stage: Stage) -> Any:
    return stage.events[-1][2]


# --- queues


def test_a_window_is_widened_and_narrowed_while_it_is_open() -> None:
    stage = Stage().open("2")
    stage.take("P")
    assert stage.press_refused(cmd.CallNext, "2") == "nobody-waiting"
    stage.do(desk_cmd.SetQueues("2", ["A", "P"]))
    assert last(stage) == hall_events.QueuesSet("2", {"A": 0, "P": 0}, ["P"], ["B"], "")
    assert list(document(stage, "window/2")["queues"]) == ["A", "P"]
    assert stage.next("2") == "P001"
    stage.do(desk_cmd.SetQueues("2", ["A"]))  # also in the middle of a reception, which goes on
    assert stage.hall.state.windows["2"].ticket
    stage.press(cmd.FinishService, "2")
    stage.take("P")
    assert stage.press_refused(cmd.CallNext, "2") == "nobody-waiting"


def test_the_windows_own_queues_keep_their_reluctance() -> None:
    stage = Stage().open("2")
    usual = serves(stage)
    stage.do(desk_cmd.SetQueues("2", ["A"]))
    stage.do(desk_cmd.SetQueues("2", ["A", "B"]))
    assert serves(stage) == usual != {"A": 0, "B": 0}


def test_a_press_made_on_the_picture_before_is_refused() -> None:
    stage = Stage().open("2")
    stage.take("A")
    before = stage.hall.state.windows["2"].version
    stage.do(desk_cmd.SetQueues("2", ["A"]))
    assert stage.refused(cmd.CallNext("2", before)) == "stale-view"


@pytest.mark.parametrize(
    ("window", "queues", "code"),
    [("2", ["Z"], "unknown-queue"), ("3", ["A"], "window-not-open"), ("9", ["A"], "unknown-window")],
)
def test_queues_are_set_at_an_open_window_and_of_the_hall(window: str, queues: list[str], code: str) -> None:
    assert Stage().open("2").refused(desk_cmd.SetQueues(window, queues)) == code


def test_a_guide_desk_is_given_no_queue() -> None:
    windows = (*settings().windows, Window("G", "导办台", [], kind="guide"))
    assert Stage(windows=windows).open("G").refused(desk_cmd.SetQueues("G", ["A"])) == "cannot-serve"


def test_the_same_queues_are_no_event() -> None:
    stage = Stage().open("2")
    count = len(stage.events)
    stage.do(desk_cmd.SetQueues("2", ["B", "A"]))
    assert len(stage.events) == count


def test_who_was_put_aside_here_is_taken_up_here_whatever_the_window_serves_now() -> None:
    stage = Stage().open("2")
    held = stage.find(stage.take("A")).id
    stage.next("2")
    stage.press(cmd.HoldTicket, "2")
    stage.do(desk_cmd.SetQueues("2", ["B"]))
    assert [row["ticket"] for row in document(stage, "window/2")["held"]] == [held]
    assert stage.press(cmd.CallTicket, "2", ticket=held)["ticket"] == held


def test_new_settings_keep_what_was_given_by_hand_and_not_what_they_have_lost() -> None:
    stage = Stage().open("2")
    stage.do(desk_cmd.SetQueues("2", ["A", "P"]))
    new = settings(queues=(Queue("A", "社保"), Queue("B", "房产"), Queue("P", "缴费"), Queue("N", "新")))
    as_set = takeovers_of_settings(stage, new)
    assert as_set == {"A": 0, "P": 0}
    assert takeovers_of_settings(stage, settings(queues=(Queue("A", "社保"), Queue("B", "房产")))) == {"A": 0}


def takeovers_of_settings(stage: Stage, new: Any) -> dict[str, int]:
    from caller.engine import settings_change, windows

    window, tables = stage.hall.state.windows["2"], {each.id: each for each in new.windows}
    return settings_change._as_set(stage.hall, window, new, windows.serves(new, tables["2"], []))


# --- the clerk


def serving(stage: Stage, window: str = "1", queue: str = "A", **more: Any) -> str:
    """Let a visit be served at a window; return its ticket's id."""
    ticket = stage.do(cmd.TakeTicket(queue=queue, window=window, **more))["ticket"]
    stage.press(cmd.CallTicket, window, ticket=ticket)
    stage.press(cmd.StartService, window)
    return str(ticket)


def test_another_clerk_takes_the_seat_and_the_visit_stays_one() -> None:
    stage = Stage().open("1")
    ticket = serving(stage)
    stage.later(6).do(desk_cmd.RelieveClerk("1", "clerk-9"))
    assert [type(event) for _, _, event in stage.events[-2:]] == [
        hall_events.ClerkRelieved, hall_events.VisitTakenOver,
    ]  # fmt: skip
    assert last(stage) == hall_events.VisitTakenOver(ticket, "1", "clerk-9", "1", "clerk-1")
    stage.later(4).press(cmd.FinishService, "1")
    visit = stage.hall.register.visits[ticket]
    assert (visit.clerk, visit.window) == ("clerk-9", "1")
    stage.do(cmd.Rate(ticket, 5), "evaluator")
    assert last(stage).clerk == "clerk-9"
    [reception] = stage.hall.state.receptions["clerk-9"]
    assert (reception.ended - reception.began) / 60e6 == 4  # its own part
    assert "clerk-1" not in stage.hall.state.receptions


def test_bound_numbers_wait_on_and_a_pause_is_over() -> None:
    stage = Stage().open("1")
    bound = stage.do(cmd.TakeTicket(queue="A", window="1"))["ticket"]
    stage.do(cmd.PauseWindow("1", minutes=20))
    stage.do(desk_cmd.RelieveClerk("1", "clerk-9"))
    window = stage.hall.state.windows["1"]
    assert (window.state, window.reason, window.back, window.due) == ("open", "", 0, 0)
    assert stage.hall.state.tickets[bound].bound == "1"
    assert stage.press(cmd.CallNext, "1")["ticket"] == bound


def test_one_clerk_sits_at_one_window() -> None:
    stage = Stage().open("1", "2")
    assert stage.refused(desk_cmd.RelieveClerk("1", "clerk-2")) == "clerk-elsewhere"
    assert stage.refused(desk_cmd.RelieveClerk("3", "clerk-9")) == "window-not-open"
    count = len(stage.events)
    stage.do(desk_cmd.RelieveClerk("1", "clerk-1"))
    assert len(stage.events) == count


# --- the visit


def test_a_visit_goes_on_at_the_window_that_takes_it_over() -> None:
    stage = Stage().open("1", "3")
    ticket = serving(stage)
    began = stage.hall.state.tickets[ticket].since
    stage.later(6).press(desk_cmd.TakeOverVisit, "3", from_window="1", number="A001")
    here, there = stage.hall.state.windows["3"], stage.hall.state.windows["1"]
    assert (here.ticket, there.ticket, there.freed) == (ticket, "", stage.now)
    assert stage.hall.state.tickets[ticket].since == began  # what its holder sees
    assert document(stage, "window/3")["ticket"]["state"] == "serving"
    stage.take("A")
    stage.next("1")  # the other window is free at once
    stage.later(4).press(cmd.FinishService, "3")
    assert stage.hall.register.visits[ticket].clerk == "clerk-3"
    assert [each.window for each in stage.hall.state.receptions["clerk-3"]] == ["3"]
    kinds = [type(event) for _, _, event in stage.events if getattr(event, "ticket", "") == ticket]
    assert kinds.count(ev.TicketCalled) == kinds.count(ev.ServiceFinished) == 1


def test_what_is_not_served_there_is_not_taken_over() -> None:
    stage = Stage().open("1", "3")
    ticket = stage.find(stage.take("A")).id
    stage.next("1")
    take: dict[str, Any] = {"from_window": "1", "number": "A001"}
    assert stage.press_refused(desk_cmd.TakeOverVisit, "3", **take) == "nothing-to-take-over"  # on its way
    stage.press(cmd.StartService, "1")
    assert stage.press_refused(desk_cmd.TakeOverVisit, "3", from_window="1", number="A002") == (
        "nothing-to-take-over"
    )
    assert stage.press_refused(desk_cmd.TakeOverVisit, "1", **take) == "window-busy"
    stage.do(cmd.PauseWindow("3"))
    assert stage.press_refused(desk_cmd.TakeOverVisit, "3", **take) == "window-paused"
    stage.do(cmd.ResumeWindow("3"))
    assert stage.refused(desk_cmd.TakeOverVisit("3", 0, "1", "A001")) == "stale-view"
    assert stage.hall.state.windows["1"].ticket == ticket


def test_who_is_held_and_called_again_is_their_callers_alone() -> None:
    stage = Stage().open("1", "2")
    ticket = serving(stage)
    stage.press(desk_cmd.TakeOverVisit, "2", from_window="1", number="A001")
    stage.press(cmd.HoldTicket, "2")
    stage.later(30).press(cmd.CallTicket, "1", ticket=ticket)
    stage.later(2).press(cmd.FinishService, "1")
    [reception] = stage.hall.state.receptions["clerk-1"]
    assert (reception.ended - reception.began) / 60e6 == 2


# --- two numbers of one person


def two(window: str = "1", **more: Any) -> tuple[Stage, str, str]:
    """A stage with a visit for i1 at window 1 whose holder came earlier for i2, in a queue it need not serve."""
    stage = Stage().open(window)
    earlier = stage.do(cmd.TakeTicket(items=["i2"], person=PERSON, **more))["ticket"]
    stage.later(10)
    here = stage.do(cmd.TakeTicket(items=["i1"], person=PERSON))["ticket"]
    stage.press(cmd.CallTicket, window, ticket=here)
    return stage, str(here), str(earlier)


def test_two_numbers_of_one_person_become_one_visit_with_the_better_place() -> None:
    stage, here, earlier = two("2")
    assert [row["number"] for row in document(stage, "window/2")["ticket"]["others"]] == ["B001"]
    before = stage.hall.state.tickets[earlier].origin
    stage.do(desk_cmd.SetQueues("2", ["A"]))
    stage.press(desk_cmd.MergeTickets, "2", number=" b001")
    ticket, other = stage.hall.state.tickets[here], stage.hall.state.tickets[earlier]
    assert (ticket.origin, ticket.items, ticket.pending) == (before, ["i1", "i2"], ["i1", "i2"])
    assert (other.state, other.merged) == ("merged", "A001")
    assert document(stage, f"ticket/{earlier}")["merged"] == "A001"
    assert document(stage, "window/2")["ticket"]["others"] == []
    assert stage.hall.waiting == {"A": 0, "B": 0}
    stage.press(cmd.FinishService, "2")  # the visit goes on for i2, at its better place
    assert (ticket.state, ticket.queue, ticket.promise) == (
        "waiting",
        "B",
        before + stage.hall.target("ordinary", "B"),
    )
    stage.open("3").next("3")
    stage.press(cmd.FinishService, "3")
    stage.do(cmd.Rate(here, 5), "evaluator")
    assert stage.refused(cmd.Rate(earlier, 5), "evaluator") == "no-service"  # one rating


def test_the_class_that_waits_less_is_kept() -> None:
    stage, here, earlier = two(priority="elderly")
    stage.press(desk_cmd.MergeTickets, "1", number="B001")
    assert stage.hall.state.tickets[here].priority == "elderly"
    assert stage.hall.state.tickets[here].promise == stage.hall.state.tickets[earlier].promise


def test_the_person_may_take_a_number_for_neither_item_again() -> None:
    stage, _, _ = two()
    stage.press(desk_cmd.MergeTickets, "1", number="B001")
    for item in ("i1", "i2"):
        assert stage.refused(cmd.TakeTicket(items=[item], person=PERSON), "kiosk") == "live-ticket"
    stage.press(cmd.FinishService, "1")
    stage.do(cmd.TakeTicket(items=["i2"], person=PERSON), "kiosk")


@pytest.mark.parametrize("verb", [cmd.HoldTicket, cmd.MarkNoShow])
def test_a_number_on_hold_or_missed_is_merged_too(verb: type[cmd.WindowVerb]) -> None:
    stage = Stage().open("1")
    aside = stage.find(stage.take("A")).id
    stage.next("1")
    stage.press(verb, "1")
    here = serving(stage)
    stage.press(desk_cmd.MergeTickets, "1", number="A001")
    assert stage.hall.state.tickets[aside].state == "merged"
    assert not any(stage.hall.parked.values())
    assert document(stage, "window/1")["held"] == document(stage, "window/1")["missed"] == []
    assert stage.hall.state.windows["1"].ticket == here


@pytest.mark.parametrize(
    ("take", "code"),
    [
        (cmd.TakeTicket(items=["i2"], person=OTHER), "merge-persons"),
        (cmd.TakeTicket(queue="P"), "merge-queue"),
    ],
)
def test_two_persons_and_a_number_for_nothing_here_are_not_merged(take: cmd.TakeTicket, code: str) -> None:
    stage = Stage().open("1")
    number = stage.do(take)["number"]
    serving(stage, person=PERSON)
    assert stage.press_refused(desk_cmd.MergeTickets, "1", number=number) == code


def test_what_is_at_a_window_or_over_is_not_merged() -> None:
    stage, _, _ = two()
    assert stage.press_refused(desk_cmd.MergeTickets, "1", number="A001") == "wrong-state"  # itself
    assert stage.press_refused(desk_cmd.MergeTickets, "1", number="A099") == "unknown-ticket"
    stage.open("3").next("3")
    assert stage.press_refused(desk_cmd.MergeTickets, "1", number="B001") == "wrong-state"
    stage.press(cmd.FinishService, "3")
    assert stage.press_refused(desk_cmd.MergeTickets, "1", number="B001") == "unknown-ticket"
    stage.press(cmd.FinishService, "1")
    assert stage.press_refused(desk_cmd.MergeTickets, "1", number="B001") == "nobody-here"


def test_the_day_is_the_same_when_it_is_loaded_again() -> None:
    stage, here, _ = two()
    stage.press(desk_cmd.MergeTickets, "1", number="B001")
    stage.press(cmd.StartService, "1")
    stage.do(desk_cmd.SetQueues("1", ["A"]))
    stage.do(desk_cmd.RelieveClerk("1", "clerk-9"))
    again = from_image(stage.hall.settings, image(stage.hall))
    assert image(again) == image(stage.hall)
    assert (
        again.live_persons == stage.hall.live_persons == {(PERSON, "", each): here for each in ("i1", "i2")}
    )
    assert person_hashes(PERSON) == [PERSON]
    assert takeovers.others_of(again, again.state.tickets[here]) == []
