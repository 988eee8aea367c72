"""What a supervisor sees: figures, alerts with their light, and what the process says of itself."""

import json
from typing import Any

import pytest

from caller import views
from caller.engine import commands as cmd
from caller.views import ServiceHealth
from caller.views.alarms import health_alerts
from config.alarm_settings import AlarmsTable
from config.catalogue import Message
from config.settings import Queue, Reason, Rules, Window
from tests.caller.views.test_views import MINUTE, busy, view
from tests.instruments.engine_fixture import Stage

__all__ = ["busy"]  # the fixture
FULL = Message("disk-full", "磁盘已满", "the disk is full", "请清理磁盘空间", "Free disk space")


def test_the_supervisor_counts_what_happened(busy: Stage):
    page = view(busy, "supervise")
    assert set(page) == {
        "hall",
        "lights",
        "windows",
        "queues",
        "devices",
        "ratings",
        "counts",
        "told",
        "cases",
        "feedback",
        "alerts",
    }
    assert page["counts"] == {
        "issued": 6, "served": 1, "missed": 1, "cancelled": 0, "expired": 0, "lapsed": 0, "waiting": 1}  # fmt: skip
    assert page["ratings"] == dict.fromkeys("12345", 0)
    assert page["devices"]["printer-1"] == {
        "kind": "printer", "state": "paper-out", "detail": "换纸", "since": busy.now,
        "light": "red", "light_code": "paper-out"}  # fmt: skip
    assert page["windows"]["1"]["served"] == 1
    assert page["windows"]["2"]["number"] == "A003"


def test_late_are_those_past_their_promise():
    stage = Stage()
    started = stage.now
    for _ in range(3):
        stage.take("A")
        stage.later(10)
    assert view(stage, "supervise")["queues"]["A"]["late"] == 0
    assert view(stage.later(16), "supervise")["queues"]["A"] | {"name": "", "name_en": ""} == {
        "name": "", "name_en": "", "waiting": 3, "oldest": started, "late": 1, "alarm": False,
        "held": 0, "held_since": 0, "held_late": 0, "light": "yellow", "light_code": "late"}  # fmt: skip


def test_who_has_woken_counts_again_and_who_sleeps_does_not():
    windows = (Window("F", "机动窗", ["A"], "Floating", "floating"),)
    stage = Stage(windows=windows)
    late, other = stage.find(stage.take("A")).id, stage.find(stage.later(1).take("A")).id
    stage.do(cmd.PostponeTicket(late, 50))
    sleeping, ahead = view(stage, "supervise")["queues"]["A"], view(stage, f"ticket/{other}")["ahead"]
    assert (sleeping["oldest"], sleeping["late"], ahead) == (stage.now, 0, 0)
    stage.do(cmd.CancelTicket(stage.find(stage.take("A")).id))
    stage.later(50)
    woken, ahead = view(stage, "supervise")["queues"]["A"], view(stage, f"ticket/{other}")["ahead"]
    assert (woken["oldest"], woken["late"], ahead) == (stage.find("A001").issued, 2, 1)
    stage.do(cmd.CancelTicket(other))
    assert codes(stage) == ["open-floating"]


def codes(stage: Stage) -> list[str]:
    return [alert["code"] for alert in view(stage, "supervise")["alerts"]]


def test_a_clerk_is_away_after_twenty_minutes_of_pause():
    stage = Stage().open("1", "2")
    stage.do(cmd.PauseWindow("1", "away"))
    paused = stage.now
    assert codes(stage.later(19.99)) == []
    assert not view(stage, "supervise")["windows"]["1"]["away"]
    assert codes(stage.later(0.01)) == []  # in time up to and including its last instant
    alert = view(stage.later(0.01), "supervise")["alerts"]
    assert alert == [
        {
            "code": "away",
            "zh": "1 号窗口离岗",
            "en": "Window 1 away",
            "since": paused,
            "light": "red",
            "about": "window/1",
            "level": 1,
        }
    ]
    assert view(stage, "supervise")["windows"]["1"]["away"]
    stage.do(cmd.ResumeWindow("1"))
    assert codes(stage.later(60)) == []
    assert codes(Stage(rules=Rules(away_minutes=0))) == []


def test_a_crowded_queue_is_told_from_its_number_on():
    stage = Stage(queues=(Queue("A", "社保", waiting_alarm=2), Queue("B", "房产"), Queue("P", "缴费")))
    stage.take("A")
    stage.take("B")
    stage.take("B")
    assert codes(stage) == []
    stage.take("A")
    assert codes(stage) == ["crowded"]
    assert "2" in view(stage, "supervise")["alerts"][0]["zh"]
    assert view(stage, "supervise")["queues"]["A"]["alarm"]


def test_a_floating_window_is_advised_when_a_head_is_late_and_it_is_closed():
    windows = (Window("1", "一号", ["A"]), Window("F", "机动窗", ["A", "B"], "Floating", "floating"))
    stage = Stage(windows=windows, alarms=AlarmsTable(idle_minutes=0)).open("1")
    promise = stage.now + 45 * MINUTE
    stage.take("A")
    assert codes(stage.later(45)) == []
    alert = view(stage.later(0.1), "supervise")["alerts"]
    assert [(a["code"], a["since"]) for a in alert] == [("open-floating", promise)]
    assert "机动窗" in alert[0]["zh"]
    assert "Floating" in alert[0]["en"]
    stage.open("F")
    assert codes(stage) == []
    stage.do(cmd.CloseWindow("F"))
    stage.next("1")
    assert codes(stage) == []


def test_a_device_that_is_not_ready_is_told_until_it_is():
    stage = Stage()
    for state in ("paper-low", "paper-out", "cover-open", "error", "offline", "unknown"):
        stage.do(cmd.ReportDevice("p1", "printer", state))
        assert codes(stage) == [f"device-{state}"]
    stage.do(cmd.ReportDevice("p1", "printer", "ready"))
    assert codes(stage) == []


# --- lights


def row(stage: Stage, part: str, id: str) -> tuple[str, str]:
    line = view(stage, "supervise")[part][id]
    return line["light"], line["light_code"]


def test_the_light_of_a_window():
    stage = Stage().open("1")
    assert row(stage, "windows", "2") == ("grey", "closed")
    assert row(stage, "windows", "1") == ("green", "open")
    stage.take("A")
    stage.next("1")
    assert row(stage, "windows", "1") == ("green", "called")
    stage.press(cmd.StartService, "1")
    assert row(stage.later(120), "windows", "1") == ("green", "serving"), "a long service is no absence"
    stage.press(cmd.FinishService, "1")
    stage.do(cmd.PauseWindow("1"))
    assert row(stage.later(19.99), "windows", "1") == ("yellow", "paused")
    assert row(stage.later(0.02), "windows", "1") == ("red", "away")


def test_a_ticket_on_hold_too_long_is_an_alert_and_a_yellow_queue():
    stage = Stage(rules=Rules(hold_minutes=15)).open("1")
    number = stage.take("A")
    stage.next("1")
    stage.press(cmd.HoldTicket, "1")
    held = stage.now
    assert (codes(stage.later(15)), row(stage, "queues", "A")) == ([], ("green", "in-time"))
    (alert,) = view(stage.later(0.01), "supervise")["alerts"]
    assert alert == {
        "code": "held-long", "zh": f"{number} 号挂起超过 15 分钟", "en": f"Number {number} on hold for over 15 minutes",
        "since": held, "light": "yellow", "about": f"ticket/{stage.find(number).id}", "level": 1}  # fmt: skip
    assert row(stage, "queues", "A") == ("yellow", "held-long")
    assert view(stage, "supervise")["queues"]["A"]["held_late"] == 1
    (alert,) = view(stage.later(15), "supervise")["alerts"]
    assert (alert["light"], alert["level"]) == ("red", 2)
    stage.press(cmd.CallTicket, "1", ticket=stage.find(number).id)
    assert codes(stage) == []


def test_a_meal_takes_its_own_time():
    meal = Reason("pause", "meal", "用餐", minutes=60)
    stage = Stage(reasons=(meal,)).open("1", "2")
    stage.do(cmd.PauseWindow("1", "meal"))
    stage.do(cmd.PauseWindow("2"))
    assert [alert["en"] for alert in view(stage.later(21), "supervise")["alerts"]] == ["Window 2 away"]
    assert codes(stage.later(39)) == ["away"]
    assert codes(stage.later(0.01)) == ["away", "away"]


def test_the_light_of_a_queue():
    stage = Stage(queues=(Queue("A", "社保", waiting_alarm=2), Queue("B", "房产"), Queue("P", "缴费")))
    assert row(stage, "queues", "A") == ("green", "in-time")
    stage.take("A")
    assert row(stage.later(46), "queues", "A") == ("yellow", "late")
    stage.take("A")
    assert row(stage, "queues", "A") == ("red", "crowded"), "the hall's own alarm is stronger"


@pytest.mark.parametrize(
    ("state", "light"),
    [("ready", "green"), ("paper-low", "yellow"), ("unknown", "yellow"), ("paper-out", "red"), ("cover-open", "red"),
     ("error", "red"), ("offline", "red")],
)  # fmt: skip
def test_the_light_of_a_device(state: Any, light: str):
    stage = Stage()
    stage.do(cmd.ReportDevice("p1", "printer", state))
    assert row(stage, "devices", "p1") == (light, state)
    assert view(stage, "devices")["devices"] == view(stage, "supervise")["devices"]
    alerts = view(stage, "supervise")["alerts"]
    assert [alert["light"] for alert in alerts] == [light] * (light != "green"), "a row and its alert agree"


def test_the_lights_are_counted_over_all_rows(busy: Stage):
    page = view(busy, "supervise")
    rows = [row["light"] for part in ("windows", "queues", "devices") for row in page[part].values()]
    assert page["lights"] == {light: rows.count(light) for light in ("red", "yellow", "green")}
    assert sum(page["lights"].values()) == len(rows) - rows.count("grey")


def test_an_alert_of_which_no_row_tells_is_counted_and_one_that_a_row_tells_is_not_twice():
    stage = Stage()
    before = view(stage, "supervise")["lights"]
    page: Any = views.build(stage.hall, "supervise", stage.now, ServiceHealth(disk_left=120))
    assert page["lights"] == before | {"red": before["red"] + 1}
    stage.do(cmd.ReportDevice("p1", "printer", "offline"))
    page = view(stage, "supervise")
    assert [alert["about"] for alert in page["alerts"]] == ["device/p1"]
    assert page["lights"] == before | {"red": before["red"] + 1}


def test_red_alerts_stand_before_yellow_ones():
    """Three hundred windows: what needs a hand is not pushed off by what only wants a look."""
    windows = tuple(Window(str(n), f"{n} 号窗", ["A"]) for n in range(1, 301))
    stage = Stage(windows=windows, queues=(Queue("A", "社保", waiting_alarm=1),)).open("300")
    stage.take("A")
    stage.do(cmd.PauseWindow("300"))
    alerts = view(stage.later(25), "supervise")["alerts"]
    assert [(alert["code"], alert["light"]) for alert in alerts] == [("away", "red"), ("crowded", "yellow")]


# --- what only the process knows


def test_the_process_tells_what_the_log_does_not_hold():
    stage = Stage()
    health = ServiceHealth((FULL,), ("坏 改", "bad mend"), 3, ("钟", "clock"), ("pc-1", "pc-2"))
    page: Any = views.build(stage.hall, "supervise", stage.now, health)
    told = [(alert["code"], alert["light"]) for alert in page["alerts"]]
    assert told == [("disk-full", "red"), ("log-damaged", "red"), ("fault", "red"), ("clock-date", "yellow"),
                    ("runs-twice", "yellow"), ("runs-twice", "yellow")]  # fmt: skip
    assert page["alerts"][0]["zh"] == "磁盘已满。请清理磁盘空间"
    assert page["alerts"][0]["en"] == "the disk is full. Free disk space"
    assert "3" in page["alerts"][2]["en"]
    assert "pc-2" in page["alerts"][-1]["zh"]
    assert view(stage, "supervise")["alerts"] == []


def test_a_disk_on_which_deliveries_have_stopped_is_an_alarm():
    stage = Stage()
    page: Any = views.build(stage.hall, "supervise", stage.now, ServiceHealth(disk_left=120))
    (alert,) = page["alerts"]
    assert (alert["code"], alert["light"]) == ("disk-low", "red")
    assert "120 MiB" in alert["zh"]
    assert "nothing is lost" in alert["en"]


# --- names from outside


def unsafe_topics() -> set[str]:
    """The topics in which a name with a right-to-left override or a control character is handed out as it is."""
    bad = "社\u202e保\x07"
    stage = Stage(
        queues=(Queue("A", bad), Queue("B", bad), Queue("P", bad)), windows=(Window("1", bad, ["A"], bad),)
    )
    stage.open("1")
    stage.do(cmd.ReportDevice("p1", "printer", "error", "\x1b[2J\u202e"))
    id = stage.find(stage.take("A")).id
    texts = {topic: json.dumps(view(stage, topic), ensure_ascii=False) for topic in (*ALL, f"ticket/{id}")}
    assert all("社" in texts[topic] for topic in ALL if topic not in ("kiosk", "devices"))
    return {topic.partition("/")[0] for topic, text in texts.items() if "\u202e" in text or "\\u00" in text}


ALL = ("board", "kiosk", "supervise", "devices", "window/1")


def test_no_name_reaches_a_screen_reversed():
    assert unsafe_topics() == set()


@pytest.mark.parametrize("room", ["public", "window", "supervise"])
def test_a_name_that_is_not_made_safe_is_found(room: str, monkeypatch: pytest.MonkeyPatch):
    """The twin: without the function, in any one of the modules."""
    monkeypatch.setattr(f"caller.views.{room}.for_page", lambda text: text)
    assert unsafe_topics()


def test_each_alarm_of_the_callers_own_pc_leads_to_where_something_is_done_about_it() -> None:
    doubt = "钟", "clock"
    health = ServiceHealth((FULL,), doubt, 2, doubt, ("pc-1",), disk_left=7)
    found = {each["code"]: each["about"] for each in health_alerts(health)}
    codes = ("disk-full", "log-damaged", "fault", "disk-low", "clock-date")
    assert found == dict.fromkeys(codes, "page/stations") | {"runs-twice": "station/agent/pc-1"}
