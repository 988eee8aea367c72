"""The guide desk's documents: the hall at a glance, and what is found under a number, a ticket or a person."""

from typing import Any

import pytest

from caller import views
from caller.engine import commands as cmd
from caller.engine import events as ev
from caller.engine import guide_commands as guide
from caller.engine.envelope import CommandEnvelope
from config.settings import Device, Kiosk, Window
from tests.caller.views.test_views import view
from tests.instruments.engine_fixture import Stage

PERSON, CLIENT = "a" * 64, "b" * 64


def numbers(stage: Stage, key: str) -> list[str]:
    return [each["number"] for each in view(stage, f"find/{key}")["tickets"]]


def test_a_number_is_found_by_itself_by_its_beginning_and_by_its_digits():
    stage = Stage()
    for queue in "AABAB":
        stage.later(1).take(queue)
    assert numbers(stage, "A002") == numbers(stage, "a002") == ["A002"]
    assert numbers(stage, "A0") == ["A003", "A002", "A001"]
    assert numbers(stage, "1") == ["B001", "A001"]
    assert numbers(stage, "001") == ["B001", "A001"]
    for none in ("Z", "A9", "", "x" * 40, "A002;", "用"):
        assert numbers(stage, none) == []


def test_who_still_waits_comes_first_and_twenty_are_listed():
    stage = Stage()
    for _ in range(25):
        stage.later(1).take("A")
    stage.do(cmd.CancelTicket(stage.find("A025").id))
    found = view(stage, "find/A")
    assert [each["number"] for each in found["tickets"]] == [f"A{n:03}" for n in range(24, 4, -1)]
    assert found["more"] == 5


def test_a_ticket_and_a_person_are_found_by_what_proves_them():
    stage = Stage()
    own = stage.do(cmd.TakeTicket(items=["i1"], person=PERSON))
    agent = stage.do(cmd.TakeTicket(items=["i2"], person=CLIENT, client=PERSON))
    stage.do(cmd.TakeTicket(items=["i3"]))
    assert set(numbers(stage, PERSON)) == {own["number"], agent["number"]}
    assert set(numbers(stage, f"{'c' * 64}.{PERSON}")) == {
        own["number"],
        agent["number"],
    }  # the key was rotated
    assert numbers(stage, "d" * 64) == []
    ticket = "0191f0a0-0000-7000-8000-000000000001"
    envelope = CommandEnvelope(ticket, cmd.TakeTicket(queue="A"))
    for event in stage.hall.decide(envelope, stage.now):
        stage.hall.apply(event, stage.now, stage.hall.seq + 1)
    (found,) = view(stage, f"find/{ticket}")["tickets"]
    assert found["ticket"] == ticket
    assert not any(key in found for key in ("person", "client"))


@pytest.mark.parametrize(
    ("state", "live"),
    [
        ("waiting", {"CancelTicket", "PostponeTicket", "ChangeTicket", "MarkPapers", "SetAssistance"}),
        ("called", {"CancelTicket", "MarkPapers", "SetAssistance"}),
        ("missed", {"CancelTicket", "RequeueTicket", "MarkPapers", "SetAssistance"}),
        ("cancelled", set[str]()),
    ],
)
def test_the_only_one_found_says_what_may_be_done_and_why_the_rest_may_not(state: str, live: set[str]):
    stage = Stage().open("1")
    id = stage.find(stage.take("A")).id
    if state in ("called", "missed"):
        stage.press(cmd.CallNext, "1")
    if state == "missed":
        stage.press(cmd.MarkNoShow, "1")
    if state == "cancelled":
        stage.do(cmd.CancelTicket(id))
    verbs: dict[str, Any] = view(stage, "find/A001")["tickets"][0]["verbs"]
    assert {kind for kind, each in verbs.items() if each["live"]} == live
    assert all(each["zh"] and each["en"] for each in verbs.values() if not each["live"])
    stage.take("A")
    assert all("verbs" not in each for each in view(stage, "find/A")["tickets"])


def test_the_hall_at_a_glance_tells_empty_windows_waits_printers_and_who_is_to_be_fetched():
    devices = (
        Device("p1", "printer", "tcp://127.0.0.1:9100"),
        Device("p9", "printer", "tcp://127.0.0.1:9101", agent="pc-9"),
    )
    stage = Stage(devices=devices, kiosks=(Kiosk("k1", printers=["p1"]),)).open("1", "3")
    deaf = stage.find(stage.take("A")).id
    stage.take("P")
    stage.do(guide.SetAssistance(deaf, "deaf"))
    stage.do(cmd.ReportDevice("p1", "printer", "paper-out"))
    glance = view(stage, "guide")
    assert glance["printers"] == {
        "p1": {"station": "k1", "prints": False, "state": "paper-out"},
        "p9": {"station": "pc-9", "prints": True, "state": "unknown"},
    }
    assert [id for id, each in glance["windows"].items() if each["free"]] == ["1", "3"]
    assert glance["queues"]["P"]["windows"] == []
    assert glance["queues"]["A"]["windows"] == ["1"]
    assert (glance["windows"]["1"]["waiting"], glance["windows"]["3"]["waiting"]) == (1, 0)
    assert glance["assistance"][deaf]["window"] == ""
    stage.press(cmd.CallNext, "1")
    glance = view(stage, "guide")
    assert (glance["assistance"][deaf]["window"], glance["windows"]["1"]["free"]) == ("1", False)
    assert [each["assisted"] for each in view(stage, "board")["calls"]] == [True]
    assert view(stage, "window/1")["ticket"]["assistance"] == "deaf"
    assert [each["code"] for each in view(stage, "supervise")["alerts"] if each["code"] == "assist"] == [
        "assist"
    ]
    stage.press(cmd.StartService, "1")
    assert "assist" not in [each["code"] for each in view(stage, "supervise")["alerts"]]


def test_what_a_guide_does_changes_the_documents_that_show_it():
    """`topics` names every window whose document has changed: also that of the queue a ticket has left."""
    stage = Stage().open("1", "2", "3")
    id = stage.find(stage.take("A")).id
    steps: list[Any] = [
        guide.ChangeTicket(id, queue="B"), guide.MarkPapers(id, "complete"), guide.SetAssistance(id, "blind"),
        guide.SendMessage("3", "fetch", id), guide.AcknowledgeMessage("3"),
    ]  # fmt: skip
    watched = ["board", "guide", "supervise", "kiosk", "window/1", "window/2", "window/3", f"ticket/{id}"]
    for step in steps:
        before = {topic: view(stage, topic) for topic in watched}
        seen = len(stage.events)
        stage.do(step)
        events: list[ev.AnyEvent] = [event for _, _, event in stage.events[seen:]]
        named = views.topics(stage.hall, events)
        changed = {topic for topic in watched if view(stage, topic) != before[topic]}
        assert changed <= named, (step, changed - named)
    assert [each["code"] for each in view(stage, "window/3")["messages"]] == []


def test_a_card_at_the_desk_is_shown_there_for_a_minute_and_no_window_has_one():
    stage = Stage(windows=(Window("1", "一号", ["A", "B", "P"]), Window("26", "引导台", [], kind="guide")))
    stage.do(guide.LayCard("26", PERSON))
    laid = stage.now
    assert view(stage, "guide")["windows"]["26"]["card"] == {"person": PERSON, "at": laid}
    assert "card" not in view(stage, "guide")["windows"]["1"]
    assert "guide" in views.topics(stage.hall, [event for _, _, event in stage.events[-1:]])
    stage.later(1)
    assert "card" not in view(stage, "guide")["windows"]["26"]


def test_phone_window_and_guide_are_told_where_a_visit_goes_on_until_it_is_there():
    stage = Stage().open("2", "3")
    number = str(stage.do(cmd.TakeTicket(items=["i2", "i1"]))["number"])
    id = stage.find(number).id
    on = [{"queue": "A", "items": ["i1"]}]
    assert view(stage, f"ticket/{id}")["then"] == view(stage, f"find/{number}")["tickets"][0]["then"] == on
    stage.next("3")
    assert view(stage, "window/3")["ticket"]["then"] == view(stage, f"ticket/{id}")["then"] == on
    stage.press(cmd.StartService, "3")
    stage.press(cmd.FinishService, "3")
    assert "then" not in view(stage, f"ticket/{id}")
    assert "then" not in view(stage, f"find/{number}")["tickets"][0]
    stage.next("2")
    assert "then" not in view(stage, "window/2")["ticket"]
