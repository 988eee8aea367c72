"""Something stands still: numbers stop, places are kept, appointments move; then all goes on where it was."""

from typing import Any

import pytest

from caller.engine import commands as cmd
from caller.engine import events as ev
from caller.engine import suspensions
from caller.engine.hall import Hall
from caller.engine.suspension_terms import LiftSuspension, NotifyWaiting, Suspend
from caller.engine.wait_forecast import forecast
from caller.views import topics
from caller.views.public import board_view, kiosk_view, person_view
from caller.views.supervise import alerts
from caller.views.window import ticket_view, window_view
from config.instants import MINUTE, instant
from config.settings import Item, Queue
from tests.instruments.engine_fixture import DAY, Stage, at, settings
from tests.instruments.hall_image import image

ANNA, BO, CHEN, DORA = ("a" * 64, "b" * 64, "c" * 64, "d" * 64)
TUESDAY, WEDNESDAY = "2026-09-22", "2026-09-23"


def test_nobody_is_given_or_called_a_number_and_the_order_is_kept():
    stage = Stage().open("1", "2")
    first, green, other = stage.take("A"), stage.later(50).take("A", "green"), stage.take("B")
    stage.do(Suspend("queue", "system", "A"))
    assert stage.refused(cmd.TakeTicket(queue="A")) == "suspended"
    assert stage.press_refused(cmd.CallNext, "2") == "suspended"
    assert stage.next("1") == other, "another queue goes on"
    assert stage.press_refused(cmd.CallTicket, "2", ticket=stage.find(first).id) == "suspended"
    stage.do(LiftSuspension("queue", "A"))
    assert [stage.serve("2", 0), stage.serve("2", 0)] == [first, green]
    assert stage.take("A") == "A003"


def test_twin_a_window_that_looks_at_the_suspended_calls_them(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("caller.engine.state.suspended_line", lambda queue: queue)
    stage = Stage().open("1")
    first = stage.take("A")
    stage.do(Suspend("queue", "system", "A"))
    assert stage.next("1") == first


def test_an_item_stops_alone():
    stage = Stage().open("1")
    stops = stage.do(cmd.TakeTicket(["i1"]))["number"]
    goes = stage.do(cmd.TakeTicket(["i3"]))["number"]
    stage.do(Suspend("item", "system", "i1"))
    assert stage.refused(cmd.TakeTicket(["i1"])) == "suspended"
    assert stage.refused(cmd.TakeTicket(["i3", "i1"])) == "suspended"
    assert stage.next("1") == goes
    view = kiosk_view(stage.hall, "", stage.now)
    assert (view["queues"]["A"]["open"], list(view["items"])) == (True, ["i1"])
    stage.press(cmd.FinishService, "1")
    stage.do(LiftSuspension("item", "i1"))
    assert stage.next("1") == stops


def test_the_hall_stops_and_the_day_ends_it():
    stage = Stage().open("1")
    stage.take("A")
    stage.do(Suspend("hall", "fire"))
    assert stage.refused(cmd.TakeTicket(queue="B")) == "suspended"
    assert kiosk_view(stage.hall, "", stage.now)["phase"] == "suspended"
    stage.do(cmd.CloseDay(expire=True))
    stage.do(cmd.OpenDay(TUESDAY))
    assert stage.hall.state.suspended == {}
    assert stage.take("A") == "A001"


def test_who_comes_back_goes_on_waiting_in_it():
    stage = Stage().open("1")
    number = stage.take("A")
    stage.next("1")
    stage.press(cmd.MarkNoShow, "1")
    stage.do(Suspend("queue", "power", "A"))
    stage.do(cmd.RequeueTicket(stage.find(number).id))
    assert stage.press_refused(cmd.CallNext, "1") == "suspended"
    stage.do(cmd.CancelTicket(stage.find(number).id))
    assert stage.press_refused(cmd.CallNext, "1") == "nobody-waiting"


def test_a_transfer_into_it_waits_and_one_out_of_it_does_not():
    stage = Stage().open("1", "3")
    number = stage.take("A")
    stage.next("1")
    stage.do(Suspend("queue", "power", "B"))
    stage.press(cmd.TransferTicket, "1", queue="B")
    assert stage.press_refused(cmd.CallNext, "3") == "suspended"
    stage.do(LiftSuspension("queue", "B"))
    assert stage.next("3") == number


def test_wrong_ones_are_refused_in_words():
    stage = Stage()
    assert stage.refused(Suspend("queue", "system", "X")) == "unknown-queue"
    assert stage.refused(Suspend("item", "system", "X")) == "unknown-item"
    assert stage.refused(Suspend("hall", "system", "X")) == "unknown-item"
    assert stage.refused(Suspend("queue", "whatever", "A")) == "unknown-code"
    assert stage.refused(Suspend("queue", "system", "A", until=1)) == "bad-time"
    assert stage.refused(LiftSuspension("hall")) == "not-suspended"
    assert stage.refused(NotifyWaiting("whatever")) == "unknown-code"
    assert stage.refused(NotifyWaiting("busy", "X")) == "unknown-queue"
    stage.do(Suspend("queue", "system", "A"))
    assert stage.refused(Suspend("queue", "system", "A")) == "suspended-already"
    since = stage.hall.state.suspended["queue/A"].since
    stage.later(5).do(Suspend("queue", "power", "A", until=at("15:00")))
    assert stage.hall.state.suspended["queue/A"].reason == "power"
    assert stage.hall.state.suspended["queue/A"].since == since
    closed = Stage(opened=False)
    assert closed.refused(Suspend("hall", "fire")) == closed.refused(NotifyWaiting("busy")) == "day-not-open"


def test_a_replayed_hall_and_one_loaded_from_its_day_agree():
    stage = Stage().open("1")
    for _ in range(3):
        stage.take("A")
    stage.do(Suspend("queue", "system", "A"))
    stage.do(NotifyWaiting("busy"))
    loaded = Hall.load(stage.hall.settings, stage.hall.dump(), stage.hall.register)
    assert image(loaded) == image(stage.hall)
    replayed = Hall(settings())
    for seq, now, event in stage.events:
        replayed.apply(event, now, seq)
    assert image(replayed) == image(stage.hall)
    assert len(loaded.lines["~A"]) == 3


# --- what is told


def test_screens_and_phones_are_told_and_no_wait_is_quoted():
    stage = Stage().open("1")
    first, second = stage.take("A"), stage.take("A")
    stage.hall.forecast = forecast(stage.hall, stage.now)
    before = stage.hall.seq
    stage.do(Suspend("queue", "system", "A", until=at("10:30")))
    changed = topics(stage.hall, [event for seq, _, event in stage.events if seq > before])
    ticket = f"ticket/{stage.find(second).id}"
    assert {"board", "kiosk", "supervise", "window/1", "window/2", ticket} <= changed
    board, kiosk = board_view(stage.hall, "", stage.now), kiosk_view(stage.hall, "", stage.now)
    (line,) = board["suspended"]  # type: ignore[typeddict-item]
    assert (line["name"], line["reason"], line["until"]) == ("社保", "业务系统故障", at("10:30"))
    assert kiosk["suspended"] == [line]  # type: ignore[typeddict-item]
    assert (board["queues"]["A"]["waiting"], board["queues"]["A"]["low"]) == (2, -1)
    assert "预计 10:30 恢复" in kiosk["queues"]["A"].get("zh", "")
    phone: Any = ticket_view(stage.hall, stage.find(second).id, stage.now)
    assert (phone["ahead"], phone["low"], phone["suspended"]["reason_en"]) == (1, -1, "The system is down")
    window = window_view(stage.hall, "1", stage.now)
    assert "业务系统故障" in window["verbs"]["CallNext"].get("zh", "")
    assert [alert["code"] for alert in alerts(stage.hall, stage.now)][-1:] == ["suspended"]
    assert "suspended" in window_view(stage.hall, "1", stage.now)
    assert "suspended" not in window_view(stage.hall, "3", stage.now)
    assert first


def test_waits_are_told_anew_when_it_goes_on():
    stage = Stage().open("1")
    for _ in range(4):
        stage.later(1).take("A")
    stage.do(Suspend("queue", "system", "A"))
    stage.later(60).do(LiftSuspension("queue", "A"))
    stage.hall.forecast = forecast(stage.hall, stage.now)
    last: Any = ticket_view(stage.hall, stage.find("A004").id, stage.now)
    assert last["low"] > 0
    assert "suspended" not in last


def test_a_message_goes_to_those_it_is_meant_for_while_it_holds():
    stage = Stage().open("1")
    in_a, in_b = stage.take("A"), stage.take("B")
    stage.do(NotifyWaiting("busy", "A", 10))
    stage.do(NotifyWaiting("order"))
    told: Any = [ticket_view(stage.hall, stage.find(number).id, stage.now) for number in (in_a, in_b)]
    assert [len(each["said"]) for each in told] == [2, 1]
    said = board_view(stage.hall, "", stage.now).get("said", [])
    assert [each["zh"][:2] for each in said] == ["请保", "今天"]
    assert said[0]["call"] > said[1]["call"]
    stage.later(11)
    assert [each["zh"][:2] for each in board_view(stage.hall, "", stage.now).get("said", [])] == ["请保"]


# --- appointments


def booked(stage: Stage, person: str, clock: str, day: str = TUESDAY) -> str:
    slot = instant(day, clock, "Asia/Shanghai")
    return str(stage.do(cmd.BookAppointment("i1", slot, person, day))["appointment"])


def moved(quota: int = 1) -> tuple[Stage, dict[str, str]]:
    """Tuesday morning, with bookings at 10:00, 10:30, 16:00 and one on Wednesday at 10:00."""
    queues = (Queue("A", "社保", "Insurance", slot_quota=quota), Queue("B", "房产"), Queue("P", "缴费"))
    stage = Stage(queues=queues)
    ids = {
        "ten": booked(stage, ANNA, "10:00"), "half": booked(stage, BO, "10:30"),
        "late": booked(stage, CHEN, "16:00"), "wednesday": booked(stage, DORA, "10:00", WEDNESDAY),
    }  # fmt: skip
    stage.do(cmd.CloseDay())
    stage.now = at("09:00", TUESDAY)
    stage.do(cmd.OpenDay(TUESDAY))
    return stage, ids


def test_appointments_in_the_time_move_to_the_next_free_slot_at_their_hour():
    stage, ids = moved()
    stage.do(Suspend("queue", "system", "A", until=at("12:00", TUESDAY), bookings="move"))
    slots = {name: stage.hall.register.appointments[id].slot for name, id in ids.items()}
    assert slots["late"] == at("16:00", TUESDAY), "after the time"
    assert slots["half"] == at("10:30", WEDNESDAY)
    assert slots["ten"] == at("09:00", WEDNESDAY), "10:00 is taken there: the first free one of the day"
    assert stage.hall.register.slots["A", at("10:00", TUESDAY)] == 0
    told = person_view(stage.hall, ANNA, stage.now)["appointments"]
    assert [(each["open"], each.get("code")) for each in told] == [(False, "booking-moved")]
    assert "2026-09-23 09:00" in told[0].get("zh", "")
    code = stage.hall.register.appointments[ids["ten"]].code
    stage.do(LiftSuspension("queue", "A"))
    assert stage.refused(cmd.CheckIn(code)) == "too-early"


def test_where_no_slot_is_free_it_is_cancelled_and_the_holder_told():
    stage, ids = moved()
    stage.hall.register.slots |= dict.fromkeys(stage.hall.register.slots, 1)
    for ahead in range(1, 12):
        day = f"2026-09-{22 + ahead:02d}" if ahead < 9 else f"2026-10-{ahead - 8:02d}"
        for half in range(18, 34):
            stage.hall.register.slots[
                "A", instant(day, f"{half // 2:02d}:{half % 2 * 30:02d}", "Asia/Shanghai")
            ] = 1
    stage.do(Suspend("hall", "power", bookings="move"))
    assert stage.hall.register.appointments[ids["ten"]].state == "cancelled"
    told = person_view(stage.hall, ANNA, stage.now)["appointments"]
    assert [each.get("code") for each in told] == ["booking-cancelled"]
    cancelled = [event for _, _, event in stage.events if isinstance(event, ev.AppointmentCancelled)]
    assert {event.reason for event in cancelled} == {"power"}


def test_they_stay_where_the_manager_says_nothing_and_may_be_checked_in():
    stage, ids = moved()
    stage.do(Suspend("queue", "system", "A"))
    assert stage.hall.register.appointments[ids["ten"]].slot == at("10:00", TUESDAY)
    stage.now = at("09:50", TUESDAY)
    answer = stage.do(cmd.CheckIn(stage.hall.register.appointments[ids["ten"]].code))
    assert (answer["items"], answer["slot"]) == (["i1"], at("10:00", TUESDAY)), "for the slip"
    assert stage.hall.suspension(stage.find(answer["number"]))


def test_an_item_that_has_its_days_moves_to_such_a_day():
    queues = (Queue("A", "社保", slot_quota=2), Queue("B", "房产"), Queue("P", "缴费"))
    items = (Item("i1", "参保", "d1", "A", days=["tue", "fri"]), Item("i2", "过户", "d1", "B"))
    stage = Stage(queues=queues, items=items)
    id = booked(stage, ANNA, "10:00")
    stage.do(cmd.CloseDay())
    stage.now = at("09:00", TUESDAY)
    stage.do(cmd.OpenDay(TUESDAY))
    stage.do(Suspend("item", "system", "i1", bookings="move"))
    assert stage.hall.register.appointments[id].day == "2026-09-25"


def test_the_name_of_what_is_suspended_and_of_a_lost_reason():
    stage = Stage()
    stage.do(Suspend("queue", "system", "A"))
    found = stage.hall.state.suspended["queue/A"]
    assert suspensions.name_of(stage.hall, found) == ("社保", "Insurance")
    assert found.since - stage.now < MINUTE
    assert stage.hall.state.day.label == DAY
