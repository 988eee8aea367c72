"""The guide desk: a ticket that waits changes class or item and keeps its place; marks; messages; window 26."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import structs

from caller.engine import commands as cmd
from caller.engine import events as ev
from caller.engine import guide_commands as guide
from caller.engine.envelope import AnyCommand
from caller.engine.hall import Hall
from caller.engine.refusals import Refused
from caller.engine.tickets import LIVE, TABLE
from caller.engine.windows import WindowState
from config.instants import MINUTE
from config.settings import Queue, Reason, Window
from tests.instruments.engine_fixture import CLASSES, Stage
from tests.instruments.hall_image import image

PERSON = "a" * 64
STATES = ("waiting", "called", "serving", "held", "missed", "served", "cancelled", "expired")


def first(stage: Stage, number: str) -> str:
    return stage.find(number).id


def window(stage: Stage, id: str) -> WindowState:
    return stage.hall.state.windows[id]


def attempt(stage: Stage, command: AnyCommand) -> dict[str, Any]:
    try:
        return stage.do(command)
    except Refused:
        return {}


def in_state(state: str) -> tuple[Stage, str]:
    """A hall with one ticket in this state."""
    stage = Stage().open("1")
    id = first(stage, stage.take("A"))
    if state in ("called", "serving", "held", "missed", "served"):
        stage.press(cmd.CallNext, "1")
    verbs: dict[str, type[cmd.WindowVerb]] = {
        "serving": cmd.StartService, "held": cmd.HoldTicket, "missed": cmd.MarkNoShow, "served": cmd.FinishService,
    }  # fmt: skip
    if state in verbs:
        stage.press(verbs[state], "1")
    if state == "cancelled":
        stage.do(cmd.CancelTicket(id))
    if state == "expired":
        stage.do(cmd.CloseDay(expire=True))
    assert stage.hall.state.tickets[id].state == state
    return stage, id


# --- change


def test_a_number_in_the_wrong_queue_moves_and_loses_nothing():
    stage = Stage().open("3")
    moved = first(stage, stage.take("A"))
    stage.later(5)
    behind = stage.take("B")
    stage.do(guide.ChangeTicket(moved, item="i2"))
    ticket = stage.hall.state.tickets[moved]
    assert (ticket.number, ticket.queue, ticket.items, ticket.pending) == ("A001", "B", ["i2"], ["i2"])
    assert (
        stage.press(cmd.CallNext, "3")["number"] == "A001"
    )  # came before the other, and is called before it
    stage.press(cmd.FinishService, "3")
    assert stage.press(cmd.CallNext, "3")["number"] == behind
    assert stage.hall.waiting == {"A": 0, "B": 0}


def test_the_green_channel_counts_from_the_same_origin():
    stage = Stage().open("2")
    stage.take("A")
    stage.later(10)
    late = first(stage, stage.take("A"))
    stage.later(10)
    stage.do(guide.ChangeTicket(late, priority="green"))
    ticket = stage.hall.state.tickets[late]
    assert (ticket.priority, ticket.promise) == ("green", ticket.origin)
    assert stage.press(cmd.CallNext, "2")["ticket"] == late
    assert stage.events[-1][2].__class__ is ev.TicketCalled


def test_a_postponed_number_still_sleeps_after_its_class_has_changed():
    stage = Stage().open("2")
    id = first(stage, stage.take("A"))
    stage.do(cmd.PostponeTicket(id, 30))
    stage.do(guide.ChangeTicket(id, priority="green"))
    assert stage.refused(cmd.CallNext("2", window(stage, "2").version)) == "nobody-waiting"
    assert stage.later(30).press(cmd.CallNext, "2")["ticket"] == id


def test_a_bound_number_stays_bound_where_its_window_serves_the_new_queue_and_only_there():
    stage = Stage().open("1").open("2")
    ids = [stage.do(cmd.TakeTicket(queue="A", window=place))["ticket"] for place in "12"]
    for id in ids:
        stage.do(guide.ChangeTicket(id, queue="B"))
    stage.do(cmd.CloseWindow("2"))
    assert [stage.hall.state.tickets[id].bound for id in ids] == ["1", ""]
    stage = Stage().open("1").open("3")
    id = stage.do(cmd.TakeTicket(queue="B", window="3"))["ticket"]
    stage.do(guide.ChangeTicket(id, queue="A"))
    assert stage.hall.state.tickets[id].bound == ""
    assert stage.press(cmd.CallNext, "1")["ticket"] == id


def test_one_live_number_per_person_and_item_holds_for_a_change_too():
    stage = Stage()
    stage.do(cmd.TakeTicket(items=["i1"], person=PERSON))
    other = stage.do(cmd.TakeTicket(items=["i2"], person=PERSON))["ticket"]
    assert stage.refused(guide.ChangeTicket(other, item="i1")) == "live-ticket"
    stage.do(guide.ChangeTicket(other, item="i3"))
    assert stage.refused(cmd.TakeTicket(items=["i3"], person=PERSON)) == "live-ticket"
    stage.do(cmd.TakeTicket(items=["i2"], person=PERSON))  # free again


def test_a_quoted_wait_is_compared_with_nothing_once_the_line_is_another():
    stage = Stage().open("1")
    id = first(stage, stage.take("A"))
    stage.hall.state.tickets[id].expected = 600
    stage.do(guide.ChangeTicket(id, queue="B"))
    stage.press(cmd.CallNext, "1")
    assert stage.hall.state.quote_accuracy.tickets == 0


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"item": "none"}, "unknown-item"),
        ({"queue": "Z"}, "unknown-queue"),
        ({"priority": "soldier"}, "unknown-priority"),
    ],
)
def test_what_the_hall_does_not_have_is_refused(change: dict[str, str], code: str):
    stage = Stage()
    assert stage.refused(guide.ChangeTicket(first(stage, stage.take("A")), **change)) == code  # type: ignore[arg-type]


def test_a_change_to_what_it_is_changes_nothing():
    stage = Stage()
    id = stage.do(cmd.TakeTicket(items=["i1"]))["ticket"]
    before = len(stage.events)
    for command in (guide.ChangeTicket(id), guide.ChangeTicket(id, "ordinary", item="i1")):
        stage.do(command)
    assert len(stage.events) == before


@pytest.mark.parametrize("state", STATES)
def test_only_a_waiting_number_changes_and_every_live_one_is_marked(state: str):
    stage, id = in_state(state)
    assert (ev.TicketChanged in TABLE[state]) == (state == "waiting")
    marks: list[AnyCommand] = [guide.MarkPapers(id, "complete"), guide.SetAssistance(id, "deaf")]
    if state != "waiting":
        assert stage.refused(guide.ChangeTicket(id, priority="green")) == "wrong-state"
    for mark in marks:
        if state not in LIVE:
            assert stage.refused(mark) == "wrong-state"
        else:
            stage.do(mark)
            events = len(stage.events)
            stage.do(mark)
            assert len(stage.events) == events  # twice is once
    marked = stage.hall.state.tickets[id]
    assert (marked.papers, marked.assistance) == (("complete", "deaf") if state in LIVE else ("", ""))


# --- messages


def test_a_message_stays_until_it_is_read_and_no_press_is_refused_for_it():
    stage = Stage().open("1")
    number = stage.take("A")
    seen = window(stage, "1").version
    stage.do(guide.SendMessage("1", "fetch", first(stage, number)))
    stage.do(guide.SendMessage("1", "queue"))
    assert [each.code for each in window(stage, "1").messages] == ["fetch", "queue"]
    stage.do(cmd.CallNext("1", seen))
    stage.do(guide.AcknowledgeMessage("1"))
    assert [each.code for each in window(stage, "1").messages] == ["queue"]
    stage.do(guide.AcknowledgeMessage("1", "id-unknown"))
    stage.do(guide.AcknowledgeMessage("1", window(stage, "1").messages[0].id))
    assert window(stage, "1").messages == []
    before = len(stage.events)
    stage.do(guide.AcknowledgeMessage("1"))
    assert len(stage.events) == before


def test_a_window_keeps_the_newest_five_and_none_for_the_next_clerk():
    stage = Stage().open("1")
    for _ in range(7):
        stage.do(guide.SendMessage("1", "queue"))
    kept = [each.id for each in window(stage, "1").messages]
    assert len(kept) == 5
    assert kept == sorted(kept)
    stage.do(cmd.CloseWindow("1"))
    stage.open("1")
    assert window(stage, "1").messages == []


def test_a_message_is_of_the_halls_list_and_goes_to_a_clerk():
    stage = Stage(reasons=(Reason("message", "tea", "来喝茶"),)).open("1")
    assert stage.refused(guide.SendMessage("1", "fetch")) == "unknown-code"
    assert stage.refused(guide.SendMessage("2", "tea")) == "window-not-open"
    assert stage.refused(guide.SendMessage("1", "tea", "none")) == "unknown-ticket"
    stage.do(guide.SendMessage("1", "tea"))


# --- the guide desk's own window


def hall_with_a_guide_desk() -> Stage:
    windows = (Window("1", "一号", ["A", "B"]), Window("26", "引导台", [], kind="guide"))
    return Stage(windows=windows, items=(), queues=(Queue("A", "社保"), Queue("B", "房产")))


def test_a_card_stands_at_its_guide_desk_until_the_next_one_or_until_the_desk_is_left():
    stage = hall_with_a_guide_desk()
    stage.do(cmd.OpenWindow("26", "li"))
    stage.do(guide.LayCard("26", PERSON))
    card = window(stage, "26").card
    assert card
    assert (card.person, card.at) == (PERSON, stage.now)
    stage.do(guide.LayCard("26", "b" * 64))
    card = window(stage, "26").card
    assert card
    assert card.person == "b" * 64
    stage.do(cmd.CloseWindow("26"))
    assert window(stage, "26").card is None
    assert stage.refused(guide.LayCard("1", PERSON)) == "unknown-window"
    assert stage.refused(guide.LayCard("none", PERSON)) == "unknown-window"


def test_the_guide_desk_signs_in_and_calls_nobody():
    stage = hall_with_a_guide_desk().open("1")
    stage.do(cmd.OpenWindow("26", "guide-1"))
    assert window(stage, "26").state == "open"
    stage.take("A")
    assert stage.refused(cmd.CallNext("26", window(stage, "26").version)) == "nobody-waiting"
    assert stage.refused(cmd.TakeTicket(queue="A", window="26")) == "cannot-serve"
    stage.press(cmd.CallNext, "1")
    refused = cmd.TransferTicket("1", window(stage, "1").version, to_window="26")
    assert stage.refused(refused) == "cannot-serve"
    stage.do(cmd.CloseWindow("26"))


def test_twin_another_window_without_queues_still_cannot_sign_in():
    windows = (Window("1", "一号", ["A"]), Window("9", "空", []))
    stage = Stage(windows=windows, items=(), queues=(Queue("A", "社保"),))
    assert stage.refused(cmd.OpenWindow("9", "clerk")) == "cannot-serve"


# --- whatever is done, the lines stay those of a hall that is loaded anew


def lines(hall: Hall) -> Any:
    """Who waits where, who is known, who is aside: what a hall rebuilds when it is loaded."""
    waiting = {queue: count for queue, count in hall.waiting.items() if count}
    return (
        {name: sorted(line) for name, line in hall.lines.items() if len(line)},
        waiting,
        hall.live_persons,
        hall.parked,
    )


ACTS = st.lists(
    st.tuples(
        st.sampled_from(("take", "change", "class", "call", "finish", "postpone", "cancel", "mark")),
        st.integers(0, 5),
        st.sampled_from(("A", "B", "i1", "i2", "i3")),
    ),
    max_size=25,
)


@settings(max_examples=60, deadline=None)
@given(ACTS)
def test_a_loaded_hall_calls_the_same_whatever_was_changed(acts: list[tuple[str, int, str]]):
    stage = Stage().open("1").open("3")
    ids: list[str] = []
    for kind, which, where in acts:
        stage.later(1)
        id = ids[which % len(ids)] if ids else "none"
        place = {"item": where} if where.startswith("i") else {"queue": where}
        at = "13"[which % 2]
        commands: dict[str, AnyCommand] = {
            "take": cmd.TakeTicket(items=[where]) if "item" in place else cmd.TakeTicket(queue=where),
            "change": guide.ChangeTicket(id, item=place.get("item", ""), queue=place.get("queue", "")),
            "class": guide.ChangeTicket(id, priority="green" if which % 2 else "ordinary"),
            "call": cmd.CallNext(at, window(stage, at).version),
            "finish": cmd.FinishService(at, window(stage, at).version),
            "postpone": cmd.PostponeTicket(id, 5),
            "cancel": cmd.CancelTicket(id),
            "mark": guide.SetAssistance(id, "deaf"),
        }
        answer = attempt(stage, commands[kind])
        if kind == "take" and answer:
            ids.append(answer["ticket"])
        again = Hall.load(stage.hall.settings, stage.hall.dump(), stage.hall.register)
        assert image(again) == image(stage.hall)
        assert lines(again) == lines(stage.hall)
        for ticket in stage.hall.live():
            target = {each.id: each.target_minutes for each in CLASSES}[ticket.priority]
            assert ticket.promise == ticket.origin + round(target * MINUTE)
        waiting = [each for each in stage.hall.live() if each.state == "waiting"]
        assert sum(stage.hall.waiting.values()) == len(waiting)


def test_twin_a_change_that_forgets_to_leave_its_line_is_seen(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(Hall, "leave", lambda *_: None)
    stage = Stage()
    stage.do(guide.ChangeTicket(first(stage, stage.take("A")), queue="B"))
    again = Hall.load(stage.hall.settings, stage.hall.dump(), stage.hall.register)
    assert lines(again) != lines(stage.hall)


def test_an_old_log_without_these_fields_folds_as_before():
    event = ev.TicketChanged("t", "green", "A", 1)
    assert structs.asdict(event) == {
        "ticket": "t", "priority": "green", "queue": "A", "promise": 1, "items": [], "bound": "",
    }  # fmt: skip
