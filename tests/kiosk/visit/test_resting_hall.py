"""A hall that gives no numbers now says so before the touch, and what one can still do."""

import pytest

from caller.engine.commands import ReportSlip
from config.instants import instant
from kiosk.faces import load_translations
from kiosk.screens.document import document
from kiosk.visit.effects import Look, Print, Send
from kiosk.visit.machine import VisitMachine
from tests.instruments.kiosk_halls import kiosk_view
from tests.kiosk.visit.test_visit import TICKET, found, new_visit, taps

PHASES = ("closed", "before", "stopped", "over")


def resting(phase: str) -> VisitMachine:
    visit = new_visit()
    visit.hall(kiosk_view(open=False, phase=phase))
    return visit


@pytest.mark.parametrize("phase", PHASES)
def test_the_idle_screen_says_so_and_asks_nobody_to_take_a_number(phase: str):
    idle = document(resting(phase).state)
    said = load_translations().of("zh").text(idle["rest"]) + load_translations().of("zh").text(idle["lead"])
    assert "开始取号" not in said.replace("还没有开始取号", "")
    assert "办事指南" in said
    assert "idle.hours" in [fact["key"] for fact in idle["facts"]]


def test_a_closed_hall_says_when_it_opens_next():
    visit = new_visit()
    at = instant("2026-10-08", "09:00", "Asia/Shanghai")
    opening = {
        "at": at,
        "day": "2026-10-08",
        "provisional": False,
        "why": "国庆节",
        "why_en": "public holiday",
    }
    visit.hall(kiosk_view(open=False, phase="closed") | {"opening": opening})
    facts = [load_translations().of("zh").text(fact) for fact in document(visit.state)["facts"]]
    assert "下次办公 2026-10-08 星期四 09:00" in facts


def test_an_open_hall_says_nothing_of_the_kind():
    visit = new_visit()
    assert "rest" not in document(visit.state)
    assert document(visit.state)["lead"]["key"] == "idle.lead"


def test_a_kiosk_that_is_alone_shows_no_code_whose_minute_is_over():
    visit = new_visit()
    visit.hall(kiosk_view() | {"take": {"code": "ABC123", "before": ""}})
    assert "take" in document(visit.state)
    visit.state.alone = True
    assert "take" not in document(visit.state)


@pytest.mark.parametrize("phase", PHASES)
def test_why_is_said_once_above_the_tiles_and_not_on_each(phase: str):
    visit = resting(phase)
    visit.tap("start", 0.0)
    screen = document(visit.state)
    assert screen["notes"][0]["key"] == "rest.guides." + phase
    assert not [
        tile for tile in screen["tiles"] if tile["target"].startswith("department") and "closed" in tile
    ]


def test_a_queue_that_only_takes_numbers_still_says_why_not():
    visit = resting("stopped")
    visit.tap("start", 0.0)
    visit.state.catalogue.items.clear()
    tiles = {tile["target"]: tile for tile in document(visit.state)["tiles"]}
    assert tiles["queue:Z"]["closed"] == "现在不取号"


@pytest.mark.parametrize("phase", PHASES)
def test_a_guide_can_be_read_and_says_why_no_number_is_taken(phase: str):
    visit = resting(phase)
    taps(visit, "start", "department:tax", "item:T001")
    screen = document(visit.state)
    assert screen["rows"]
    assert [note["key"] for note in screen["notes"]] == ["rest." + phase]
    assert [button["target"] for button in screen["buttons"] if "off" in button] == ["take"]


@pytest.mark.parametrize("phase", PHASES)
def test_a_slip_can_be_scanned_and_printed_again(phase: str):
    visit = resting(phase)
    assert Look("ticket/" + TICKET) in visit.tap("scan:" + TICKET, 0.0)
    visit.ticket(found("waiting"))
    assert [type(effect) for effect in visit.tap("reprint", 0.0)] == [Print]
    sent = [e.command for e in visit.slip(TICKET, 1, "printed") if isinstance(e, Send)]
    assert sent == [ReportSlip(TICKET, "printed", 1)]
