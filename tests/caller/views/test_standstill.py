"""What people are told before they take a number: breaks, empty windows, a wait past closing, and how the day will end."""

from typing import Any

import pytest

from caller.engine import commands as cmd
from caller.engine.suspension_terms import NotifyWaiting, Suspend
from caller.engine.wait_forecast import forecast
from caller.views.public import board_view, kiosk_view
from caller.views.supervise import HEALTHY, alerts, supervise_view
from caller.views.window import ticket_view, window_view
from config.settings import HallTable, Item, Rules, Window
from tests.instruments.engine_fixture import AT_ONCE, Stage, at

LUNCH = HallTable(site="stage", name="舞台大厅", name_en="Stage Hall", breaks=[("12:00", "13:30")])
IN_TURNS = (
    Window("1", "一号", ["A"], breaks=[("11:30", "12:30")]),
    Window("2", "二号", ["A"], breaks=[("12:30", "13:30")]),
    Window("3", "三号", ["B"], breaks=[("12:00", "13:00")]),
    Window("P", "缴费窗", ["P"], kind="pay"),
)


def kiosk(stage: Stage) -> Any:
    return kiosk_view(stage.hall, "", stage.now)


def board(stage: Stage) -> Any:
    return board_view(stage.hall, "", stage.now)


def standstill() -> list[tuple[str, Any]]:
    """Return documents in which all that stands still occurs, for a check of their types."""
    stage = Stage(hall=LUNCH, windows=IN_TURNS).open("1")
    waits = f"ticket/{stage.find(stage.take('A')).id}"
    other = f"ticket/{stage.find(stage.take('B')).id}"
    stage.do(Suspend("item", "system", "i1"))
    stage.do(NotifyWaiting("busy", minutes=240))
    stage.now = at("12:15")
    found = [("board", board(stage)), ("kiosk", kiosk(stage)), (other, ticket(stage, other))]
    stage.do(Suspend("hall", "fire"))
    found += [("board", board(stage)), ("kiosk", kiosk(stage)), (waits, ticket(stage, waits))]
    found.append(("window/1", window_view(stage.hall, "1", stage.now)))
    found.append(("supervise", supervise_view(stage.hall, stage.now, HEALTHY)))
    late = crowd()
    last = f"ticket/{late.find('A005').id}"
    found += [
        ("kiosk", kiosk(late)),
        (last, ticket(late, last)),
        ("window/1", window_view(late.hall, "1", late.now)),
    ]
    return found


def ticket(stage: Stage, topic: str) -> Any:
    return ticket_view(stage.hall, topic.partition("/")[2], stage.now)


def crowd(**rules: Any) -> Stage:
    """16:40, and more people than can be served until 17:00: six minutes each at one window."""
    stage = Stage(rules=Rules(no_show_seconds=0, recall_seconds=0, **rules)).open("1")
    stage.now = at("16:40")
    for _ in range(5):
        stage.later(0.5).take("A")
    stage.now = at("16:46")
    stage.next("1")
    stage.hall.state.day.stops_at = at("16:50")
    stage.hall.forecast = forecast(stage.hall, stage.now)
    return stage


# --- lunch


def test_the_halls_lunch_is_a_break_on_board_and_kiosk():
    stage = Stage(hall=LUNCH).open("1")
    assert "rest" not in board(stage)
    stage.now = at("12:00")
    assert board(stage)["rest"] == kiosk(stage)["rest"] == {"start": at("12:00"), "until": at("13:30")}
    assert board(stage)["windows"]["3"]["rest"]["until"] == at("13:30"), "signed out for lunch"
    assert kiosk(stage)["queues"]["A"]["open"], "numbers are given"
    stage.now = at("13:30")
    assert "rest" not in board(stage)


def test_lunch_in_turns_is_each_windows_own():
    stage = Stage(windows=IN_TURNS).open("2", "3")
    stage.now = at("12:10")
    shown = board(stage)
    assert "rest" not in shown
    assert shown["windows"]["1"]["rest"] == {"start": at("11:30"), "until": at("12:30")}
    assert "rest" not in shown["windows"]["2"]
    assert "rest" not in shown["windows"]["3"], "its clerk is there still"
    stage.do(cmd.PauseWindow("3", "meal"))
    assert board(stage)["windows"]["3"]["rest"]["until"] == at("13:00")


def test_a_window_that_serves_in_its_break_serves():
    stage = Stage(windows=IN_TURNS).open("1")
    stage.take("A")
    stage.next("1")
    stage.now = at("11:40")
    assert "rest" not in board(stage)["windows"]["1"]


def test_a_window_at_lunch_is_no_alarm():
    stage = Stage(windows=IN_TURNS).open("3")
    stage.now = at("11:59")
    stage.do(cmd.PauseWindow("3", "away"))
    stage.now = at("12:45")
    assert alerts(stage.hall, stage.now) == []
    row = supervise_view(stage.hall, stage.now, HEALTHY)["windows"]["3"]
    assert (row["away"], row["light"]) == (False, "green")
    stage.now = at("13:01")
    assert [alert["code"] for alert in alerts(stage.hall, stage.now)] == ["away"]


# --- a queue whose windows are empty


def test_a_queue_without_a_window_says_so_and_since_when():
    stage = Stage().open("1", "2")
    assert kiosk(stage)["queues"]["B"].get("unstaffed") is None
    stage.now = at("10:05")
    stage.do(cmd.PauseWindow("1"))
    stage.do(cmd.CloseWindow("2"))
    number = stage.take("B")
    assert kiosk(stage)["queues"]["B"]["unstaffed"] == at("10:05")
    assert kiosk(stage)["queues"]["P"]["unstaffed"] == at("09:00"), "no window since the hall opened"
    assert ticket(stage, f"ticket/{stage.find(number).id}")["unstaffed"] == at("10:05")
    stage.do(cmd.ResumeWindow("1"))
    assert "unstaffed" not in kiosk(stage)["queues"]["B"]


def test_at_lunch_it_says_until_when():
    stage = Stage(windows=IN_TURNS).open("3")
    stage.now = at("12:10")
    stage.do(cmd.PauseWindow("3", "meal"))
    queue = kiosk(stage)["queues"]["B"]
    assert (queue["unstaffed"], queue["rest_until"]) == (at("12:10"), at("13:00"))


# --- closing time


def test_a_wait_past_closing_is_told_before_the_tap():
    stage = crowd()
    assert kiosk(stage)["queues"]["A"]["late"] is True
    assert "late" not in ticket(stage, f"ticket/{stage.find('A002').id}")
    assert ticket(stage, f"ticket/{stage.find('A005').id}")["late"] is True


def test_by_the_rule_expire_what_is_not_called_is_not_reached():
    stage = crowd(closing="expire")
    assert kiosk(stage)["queues"]["A"]["late"] is True
    assert kiosk(stage)["queues"]["A"]["low"] == -1


def test_twin_without_the_forecast_nothing_is_said():
    stage = crowd()
    stage.hall.forecast = None
    assert "late" not in kiosk(stage)["queues"]["A"]


@pytest.mark.parametrize(("rule", "said"), [("serve", "要办完"), ("expire", "号码作废")])
def test_clerks_and_the_manager_are_told_who_waits_and_what_will_happen(rule: str, said: str):
    stage = crowd(closing=rule)
    line: Any = window_view(stage.hall, "1", stage.now).get("closing")
    assert (line["waiting"], line["closes"], line["rule"]) == (4, at("17:00"), rule)
    assert said in line["zh"]
    assert "4" in line["en"]
    (alert,) = [each for each in alerts(stage.hall, stage.now) if each["code"] == "closing"]
    assert said in alert["zh"]
    stage.now = at("16:44")
    assert "closing" not in window_view(stage.hall, "1", stage.now)


def test_the_last_clerk_is_told_when_the_system_ends_the_visit():
    stage = Stage(rules=AT_ONCE).open("1")
    stage.now = at("16:44")
    stage.take("A")
    stage.next("1")
    stage.press(cmd.StartService, "1")
    stage.now = at("17:05")
    line: Any = window_view(stage.hall, "1", stage.now).get("closing")
    assert (line["waiting"], line["lapses"]) == (0, at("18:00"))
    assert "18:00" in line["zh"]


def test_an_empty_hall_says_nothing_at_closing():
    stage = Stage().open("1")
    stage.now = at("17:05")
    assert "closing" not in window_view(stage.hall, "1", stage.now)
    assert alerts(stage.hall, stage.now) == []


# --- items that have their days


def test_an_item_that_is_not_dealt_with_today_says_so_before_the_tap():
    items = (Item("i1", "参保", "d1", "A", days=["tue"]), Item("i2", "过户", "d1", "B"))
    stage = Stage(items=items)
    assert kiosk(stage)["items"]["i1"]["code"] == "item-not-today"
    assert kiosk(stage)["queues"]["A"]["open"]
    stage.do(cmd.CloseDay())
    stage.now = at("09:00", "2026-09-22")
    stage.do(cmd.OpenDay("2026-09-22"))
    assert kiosk(stage)["items"] == {}
