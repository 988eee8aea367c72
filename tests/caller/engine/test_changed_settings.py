"""Settings changed between two starts, with people in the hall: nothing raises, and nobody is stranded.

What was removed while it has tickets gives no new ones, can be served to its end, and goes with its last ticket.
"""

from typing import Any

import pytest

from caller import views
from caller.engine import commands as cmd
from caller.engine.automatic_day import due
from caller.engine.state import HallState
from caller.engine.wait_forecast import forecast
from config.instants import MINUTE
from config.settings import Item, PriorityClass, Queue, Window
from tests.instruments.engine_fixture import CLASSES, Stage, at, settings
from tests.instruments.hall_image import from_image, image

RENAMED: dict[str, Any] = {
    "queues": (Queue("S", "社会保险"), Queue("B", "房产"), Queue("P", "缴费")),
    "windows": (Window("1", "一号", ["S", "B"]), Window("3", "三号", ["B"]), Window("P", "缴费窗", ["P"], kind="pay")),
    "items": (Item("i1", "参保", "d1", "S"), Item("i2", "过户", "d1", "B")),
    "classes": (PriorityClass("ordinary", "普通", 45),),
}  # fmt: skip


def restarted(stage: Stage, **changes: Any) -> Stage:
    """The same log under other settings."""
    stage.hall = from_image(settings(**(RENAMED | changes)), image(stage.hall))
    return stage


def busy() -> Stage:
    """Queue A: one being served at window 2, one held, two waiting (one elderly), one bound to window 2."""
    stage = Stage().open("1", "2")
    for _ in range(2):
        stage.take("A")
    stage.next("1")
    stage.press(cmd.HoldTicket, "1")
    stage.next("2")
    stage.take("A", "elderly")
    stage.take("A")
    stage.take("A", window="2")
    return stage


def ticked(stage: Stage) -> None:
    """All that a second brings: the forecast, every document, the day's own commands."""
    stage.hall.forecast = forecast(stage.hall, stage.now)
    tickets = [f"ticket/{id}" for id in stage.hall.state.tickets]
    for topic in (
        "board",
        "kiosk",
        "supervise",
        *(f"window/{w}" for w in stage.hall.window_settings),
        *tickets,
    ):
        views.build(stage.hall, topic, stage.now)
    due(stage.hall, stage.now)


def test_a_queue_renamed_with_tickets_in_it_raises_at_no_tick():
    stage = restarted(busy())
    for _ in range(3):
        ticked(stage.later(1))


def test_twin_without_keeping_it_the_forecast_raises(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(HallState, "target", lambda self, priority, queue: self._targets[priority, queue])
    with pytest.raises(KeyError):
        ticked(restarted(busy()).later(1))


def test_it_gives_no_new_numbers_and_takes_no_transfers():
    stage = restarted(busy())
    assert stage.refused(cmd.TakeTicket(queue="A")) == "unknown-queue"
    assert stage.refused(cmd.TakeTicket(items=["i3"])) == "unknown-item"
    assert stage.take("S") == "S001"
    assert dict[str, Any](views.build(stage.hall, "kiosk", stage.now))["queues"]["A"]["open"] is False
    assert stage.press_refused(cmd.TransferTicket, "2", queue="A") == "unknown-queue"


def test_who_waits_in_it_is_called_to_the_end_and_then_it_is_gone():
    stage = restarted(busy())
    stage.press(cmd.FinishService, "2")
    stage.do(cmd.CloseWindow("2"))
    assert "2" not in stage.hall.window_settings, "a window the settings have lost goes when it closes"
    stage.do(cmd.OpenWindow("3", "late"))
    assert [stage.serve("3", 1) for _ in range(3)] == ["A003", "A004", "A005"]
    assert stage.hall.retired.queues == {"A"}
    stage.press(cmd.CallTicket, "3", ticket=stage.find("A001").id)
    stage.press(cmd.FinishService, "3")
    assert not stage.hall.retired
    assert "A" not in stage.hall.queues
    ticked(stage)
    assert "A" not in dict[str, Any](views.build(stage.hall, "board", stage.now))["queues"]


def test_a_ticket_sent_on_and_one_of_a_lost_class_keep_their_place():
    stage = restarted(busy())
    elderly = stage.find("A003")
    assert stage.hall.target("elderly", "A") == 45 * MINUTE, "an ordinary wait, where the class is gone"
    promise = elderly.promise
    stage.press(cmd.TransferTicket, "2", queue="B")
    assert stage.find("A002").queue == "B"
    assert stage.find("A003").promise == promise


def test_a_booked_queue_that_was_renamed_is_the_one_its_item_leads_to():
    stage = Stage()
    tomorrow = "2026-09-22"
    booked = stage.do(cmd.BookAppointment("i1", at("10:00", tomorrow), "f" * 64, tomorrow))
    lost = stage.do(cmd.BookAppointment("i1", at("10:30", tomorrow), "e" * 64, tomorrow))
    stage.do(cmd.CloseDay())
    restarted(stage, classes=CLASSES)
    stage.now = at("09:45", tomorrow)
    stage.do(cmd.OpenDay(tomorrow))
    assert str(stage.do(cmd.CheckIn(booked["code"]))["number"]).startswith("S")
    restarted(stage, classes=CLASSES, items=())
    stage.later(15)
    assert str(stage.do(cmd.CheckIn(lost["code"]))["number"]).startswith("A"), (
        "the lost queue keeps its bookings"
    )
    assert stage.hall.retired.queues == {"A"}


def test_the_day_closes_over_what_is_left_of_it():
    stage = restarted(busy())
    stage.press(cmd.MarkNoShow, "2")
    stage.do(cmd.CloseDay(expire=True))
    assert not stage.hall.retired
    stage.do(cmd.ReopenDay())
    assert stage.hall.retired.queues == {"A"}
    ticked(stage)
