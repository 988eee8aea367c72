"""What each station sees: whole, without nulls, numbers only."""

import json
from datetime import date
from typing import Any

import pytest

from caller import views
from caller.engine import commands as cmd
from caller.engine.hall import Hall
from config.reading import notices
from config.settings import Duty, ExceptionalDay, Queue
from tests.instruments.engine_fixture import DAY, Stage, at
from tests.instruments.state_space import has_null

SECRET = "hash-of-a-person"
MINUTE = 60_000_000
HALL = {"name", "name_en", "zone", "day", "open", "settings", "phone", "complaint_phone"}
ROW = {
    "ticket",
    "number",
    "queue",
    "priority",
    "items",
    "issued",
    "bound",
    "entrusted",
    "papers",
    "assistance",
}


def view(stage: Stage, topic: str) -> Any:
    return views.build(stage.hall, topic, stage.now)


@pytest.fixture
def busy() -> Stage:
    """A hall in which everything there is to see can be seen."""
    stage = Stage().open("1", "2")
    for n in range(4):
        stage.later(1).take("A", person=f"{SECRET}-{n}")
    stage.take("B", "green")
    stage.do(cmd.TakeTicket(items=["i3"], person=SECRET))
    stage.serve("1")
    stage.next("1")
    stage.press(cmd.HoldTicket, "1")
    stage.next("1")
    stage.press(cmd.MarkNoShow, "1")
    stage.next("2")
    stage.press(cmd.StartService, "2")
    stage.next("1")
    stage.do(cmd.ReportDevice("printer-1", "printer", "paper-out", "换纸"))
    stage.do(
        cmd.BookAppointment(
            "i1", stage.now - stage.now % (24 * 60 * MINUTE) + 26 * 60 * MINUTE, SECRET, "2026-09-22"
        )
    )
    return stage


def topics_of(hall: Hall) -> list[str]:
    windows = [f"window/{name}" for name in hall.window_settings]
    return [
        "board",
        "kiosk",
        "supervise",
        "devices",
        "guide",
        *windows,
        *(f"ticket/{id}" for id in hall.state.tickets),
    ]


# --- shape


def test_nothing_is_null_and_no_person_is_shown(busy: Stage):
    documents = {topic: view(busy, topic) for topic in topics_of(busy.hall)}
    assert len(documents) == 5 + 4 + 6
    for topic, document in documents.items():
        assert not has_null(document), topic
        assert SECRET not in json.dumps(document), topic
    codes = [booked.code for booked in busy.hall.register.appointments.values()]
    assert codes
    assert all(code not in json.dumps(list(documents.values())) for code in codes)


def test_a_null_would_be_seen():
    assert has_null({"a": [{"b": None}]})
    assert not has_null({"a": [{"b": 0, "c": ""}]})


def test_the_board(busy: Stage):
    board = view(busy, "board")
    assert set(board) == {"hall", "hours", "queues", "windows", "calls", "notices", "roster"}
    assert set(board["hall"]) == HALL
    assert board["queues"]["A"] == {
        "name": "社保",
        "name_en": "Insurance",
        "waiting": 1,
        "low": -1,
        "high": -1,
    }
    assert {w: line["state"] for w, line in board["windows"].items()} == {
        "1": "called", "2": "serving", "3": "closed", "P": "closed"}  # fmt: skip
    assert set(board["windows"]["1"]) == {
        "name",
        "name_en",
        "kind",
        "state",
        "number",
        "reason",
        "reason_en",
        "back",
    }
    assert set(board["calls"][0]) == {
        "call",
        "number",
        "window",
        "window_name",
        "window_name_en",
        "at",
        "times",
        "over",
        "assisted",
    }
    calls = [call["call"] for call in board["calls"]]
    assert calls == sorted(calls, reverse=True)
    assert len(set(calls)) == len(calls)
    at_windows = {line["number"] for line in board["windows"].values() if line["number"]}
    assert {call["number"] for call in board["calls"] if not call["over"]} == at_windows
    assert len(board["calls"]) > len(at_windows) == 2, (
        "the one served, the one on hold and the missed are over"
    )


def test_the_board_shows_twelve_calls():
    stage = Stage().open("1")
    numbers = [stage.take("A") for _ in range(14)]
    for _ in numbers:
        stage.serve("1", 1)
    assert [call["number"] for call in view(stage, "board")["calls"]] == numbers[:1:-1]


def test_the_board_tells_who_is_on_duty_this_business_day():
    """Of the business day, whatever the clock says; nobody before it opens and after it has closed."""
    monday = Duty("带班领导", "张", "Leader on duty", "Zhang", weekdays=["mon"], phone="0000-1")
    stage = Stage(opened=False, roster=(monday, Duty("咨询", "李", weekdays=["tue"])))
    assert view(stage, "board")["roster"] == []
    stage.do(cmd.OpenDay("2026-09-21"))
    stage.later(20 * 60)
    assert view(stage, "board")["roster"] == [
        {"role": "带班领导", "role_en": "Leader on duty", "name": "张", "name_en": "Zhang", "title": "", "title_en": "",
         "phone": "0000-1"}
    ]  # fmt: skip
    stage.do(cmd.CloseDay())
    assert view(stage, "board")["roster"] == []
    stage.do(cmd.OpenDay("2026-09-22"))
    assert [duty["name"] for duty in view(stage, "board")["roster"]] == ["李"]


def test_a_paused_window_says_why():
    stage = Stage().open("1")
    stage.do(cmd.PauseWindow("1", "meeting"))
    line = view(stage, "board")["windows"]["1"]
    assert (line["state"], line["reason"], line["reason_en"]) == ("paused", "会议", "Meeting")
    stage.do(cmd.ResumeWindow("1"))
    line = view(stage, "board")["windows"]["1"]
    assert (line["state"], line["reason"]) == ("open", "")


def test_a_window(busy: Stage):
    window = view(busy, "window/2")
    assert set(window) == {
        "window", "name", "name_en", "kind", "phone", "department", "settings", "version", "state", "clerk", "reason", "reason_en", "back", "since",
        "served", "waiting", "next", "queues", "held", "missed", "verbs", "outcomes", "ticket", "messages", "ending",
    }  # fmt: skip
    assert set(window["ticket"]) == ROW | {
        "queue_name",
        "recalls",
        "since",
        "state",
        "come_back",
        "errand",
        "others",
    }
    assert (window["state"], window["clerk"], window["ticket"]["number"]) == ("serving", "clerk-2", "A003")
    assert set(window["queues"]) == {"A", "B"}
    assert [row["number"] for row in window["missed"]] == ["A002"]
    assert all(set(row) == ROW | {"since"} for row in window["held"] + window["missed"])


def test_a_window_shows_ten_next_in_turn_order_and_counts_all():
    stage = Stage().open("1", "3")
    for _ in range(6):
        stage.take("A")
        stage.take("B")
    bound = stage.later(1).take("A", window="1")
    window = view(stage, "window/1")
    assert [row["number"] for row in window["next"]] == [f"{q}00{n}" for n in range(1, 6) for q in "AB"]
    assert window["waiting"] == 13
    for number in window["next"]:
        assert stage.serve("1", 0) == number["number"]
    rows = view(stage, "window/1")["next"]
    assert [(row["number"], row["bound"]) for row in rows] == [
        ("A006", False),
        ("B006", False),
        (bound, True),
    ]
    assert [row["number"] for row in view(stage, "window/3")["next"]] == ["B006"]


def test_held_and_missed_are_shown_newest_first_where_they_can_be_called():
    stage = Stage().open("1", "3")
    numbers = [stage.take("A") for _ in range(3)]
    for _ in numbers:
        stage.next("1")
        stage.later(1).press(cmd.HoldTicket, "1")
    held = view(stage, "window/1")["held"]
    assert [row["number"] for row in held] == numbers[::-1]
    line = view(stage, "supervise")["queues"]["A"]
    assert (line["held"], line["held_since"]) == (len(held), min(row["since"] for row in held))
    assert view(stage, "window/3")["held"] == []


def test_who_is_postponed_is_not_next_until_they_wake():
    stage = Stage().open("1")
    late, other = stage.take("A"), stage.later(1).take("A")
    stage.do(cmd.PostponeTicket(stage.find(late).id, 10))
    assert [row["number"] for row in view(stage, "window/1")["next"]] == [other]
    stage.later(10)
    assert [row["number"] for row in view(stage, "window/1")["next"]] == [late, other]


def test_the_evaluator_is_asked_for_a_minute_and_only_while_nobody_stands_there():
    stage = Stage().open("1")
    number = stage.take("A")
    assert "rating" not in view(stage, "window/1")
    stage.serve("1")
    asked = view(stage, "window/1")["rating"]
    assert asked == {"ticket": stage.find(number).id, "number": number, "until": stage.now + MINUTE}
    assert "rating" in view(stage.later(59 / 60), "window/1")
    assert "rating" not in view(stage.later(1 / 60), "window/1")
    stage.take("A")
    stage.serve("1")
    stage.take("A")
    stage.next("1")
    assert "rating" not in view(stage, "window/1")


def test_a_rating_given_is_shown_until_the_next_visit():
    stage = Stage().open("1")
    first = stage.find(stage.take("A")).id
    stage.serve("1")
    stage.do(cmd.Rate(first, 2))
    window = view(stage, "window/1")
    assert window["rated"] == {"ticket": first, "level": 2}
    assert "rating" not in window
    stage.take("A")
    stage.serve("1")
    assert "rated" not in view(stage, "window/1")


def test_a_ticket(busy: Stage):
    waiting = busy.find(busy.take("B"))
    ticket = view(busy, f"ticket/{waiting.id}")
    assert set(ticket) == {
        "ticket", "number", "state", "queue", "queue_name", "queue_name_en", "priority", "items", "ahead", "low",
        "high", "windows", "window", "call", "window_name", "window_name_en", "issued", "not_before", "day",
        "missed_can_return", "rateable", "rated", "answers", "back", "assistance",
    }  # fmt: skip
    assert (ticket["state"], ticket["ahead"], ticket["windows"]) == ("waiting", 1, ["一号", "二号"])
    behind = busy.find(busy.take("B"))
    assert view(busy, f"ticket/{behind.id}")["ahead"] == 2
    called = next(t for t in busy.hall.state.tickets.values() if t.state == "called")
    ticket = view(busy, f"ticket/{called.id}")
    assert (ticket["window"], ticket["window_name"], ticket["ahead"]) == ("1", "一号", 0)
    assert ticket["call"] == busy.hall.state.calls[0].call


def test_a_missed_ticket_says_whether_it_may_come_back():
    stage = Stage().open("1")
    id = stage.find(stage.take("A")).id
    assert not view(stage, f"ticket/{id}")["missed_can_return"]
    stage.next("1")
    stage.press(cmd.MarkNoShow, "1")
    assert view(stage, f"ticket/{id}")["missed_can_return"]
    stage.do(cmd.RequeueTicket(id))
    stage.next("1")
    stage.press(cmd.MarkNoShow, "1")
    assert not view(stage, f"ticket/{id}")["missed_can_return"]


def test_a_ticket_may_be_rated_after_the_visit_and_after_the_day():
    stage = Stage().open("1")
    id = stage.find(stage.take("A")).id
    states = [view(stage, f"ticket/{id}")]
    stage.serve("1")
    states.append(view(stage, f"ticket/{id}"))
    stage.do(cmd.CloseDay())
    states.append(view(stage.later(60), f"ticket/{id}"))
    stage.do(cmd.Rate(id, 5, via="phone"))
    states.append(view(stage, f"ticket/{id}"))
    assert [(s["state"], s["rateable"], s["rated"]) for s in states] == [
        ("waiting", False, False), ("served", True, False), ("served", True, False), ("served", False, True)]  # fmt: skip
    assert not view(stage.later(24 * 60), f"ticket/{id}")["rateable"]


@pytest.mark.parametrize("topic", ["", "boards", "window/99", "window/", "ticket/nobody", "ticket/"])
def test_there_is_no_other_topic(topic: str):
    with pytest.raises(KeyError):
        view(Stage(), topic)


def test_the_kiosk_says_before_the_tap_why_a_queue_is_closed():
    queue = Queue("A", "社保", hours=[("09:00", "10:00")], quota=2)
    stage = Stage(queues=(queue, Queue("B", "房产"), Queue("P", "缴费"))).open("1")
    kiosk = view(stage, "kiosk")
    assert set(kiosk) == {"hall", "hours", "phase", "queues", "items", "alone"}
    assert kiosk["queues"]["A"] == {"waiting": 0, "low": -1, "high": -1, "open": True}
    stage.take("A")
    stage.take("A")
    closed = view(stage, "kiosk")["queues"]["A"]
    assert (closed["open"], closed["code"], closed["waiting"]) == (False, "quota-used", 2)
    assert closed["zh"] == "社保 今天的号已取完"
    assert closed["next_zh"]
    assert closed["next_en"]
    assert view(stage, "kiosk")["queues"]["B"]["open"]
    assert view(stage.later(60), "kiosk")["queues"]["A"]["code"] == "queue-closed"
    stage.do(cmd.StopTickets())
    assert view(stage, "kiosk")["queues"]["B"]["code"] == "tickets-stopped"


def test_the_kiosk_says_where_the_day_is():
    stage = Stage(opened=False)
    assert view(stage, "kiosk")["phase"] == "before"
    assert view(stage.later(12 * 60), "kiosk")["phase"] == "over", "after closing time of a day nobody opened"
    stage = Stage()
    assert view(stage, "kiosk")["phase"] == "open"
    assert view(Stage().later(9 * 60), "kiosk")["phase"] == "stopped", "after the last-ticket time"
    stage.do(cmd.StopTickets())
    assert view(stage, "kiosk")["phase"] == "stopped"
    stage.do(cmd.CloseDay())
    assert view(stage, "kiosk")["phase"] == "over", "before closing time too"
    assert view(stage.later(24 * 60), "kiosk")["phase"] == "before"


# --- when the hall opens next


def built(hall: Hall, topic: str, now: int) -> dict[str, Any]:
    return dict(views.build(hall, topic, now))


@pytest.mark.parametrize(
    ("day", "clock", "phase", "opens", "why"),
    [
        ("2026-09-21", "08:59", "before", "2026-09-21", ""),
        ("2026-09-21", "18:00", "over", "2026-09-22", ""),
        ("2026-09-13", "10:00", "closed", "2026-09-14", ""),  # a Sunday
        ("2026-10-01", "10:00", "closed", "2026-10-08", "国庆节"),
        ("2026-10-10", "08:00", "before", "2026-10-10", ""),  # a Saturday worked instead
    ],
)
def test_a_closed_hall_tells_when_it_opens_next(day: str, clock: str, phase: str, opens: str, why: str):
    hall = Stage(opened=False, year_notices=notices.known()).hall
    now = at(clock, day)
    kiosk, board = built(hall, "kiosk", now), built(hall, "board", now)
    assert kiosk["phase"] == phase
    assert kiosk["opening"] == board["opening"]
    opening = kiosk["opening"]
    assert (opening["day"], opening["at"], opening["why"]) == (opens, at("09:00", opens), why)
    assert opening["provisional"] is False
    assert opening["why_en"] == ("National Day" if why else "")
    assert kiosk["hours"] == board["hours"] == ["09:00–17:00"]


def test_an_opening_in_a_year_without_a_notice_is_provisional():
    hall = Stage(opened=False, year_notices=notices.known()).hall
    opening = built(hall, "kiosk", at("20:00", "2026-12-31"))["opening"]
    assert (opening["day"], opening["provisional"]) == ("2027-01-01", True)


def test_an_open_day_has_no_next_opening_and_tells_its_own_hours():
    half = ExceptionalDay(date.fromisoformat(DAY), "半天", bands=[("09:00", "10:30"), ("11:00", "12:00")])
    for days, hours in (((), ["09:00–17:00"]), ((half,), ["09:00–10:30", "11:00–12:00"])):
        kiosk = built(Stage(days=days).hall, "kiosk", at("10:00"))
        assert "opening" not in kiosk
        assert kiosk["hours"] == hours
