"""A slip held to the reader: what the screen says of its number is what is true of it now, and the next step."""

import pytest

from caller.engine.commands import RequeueTicket
from kiosk.screens.document import document
from kiosk.visit.effects import Send
from kiosk.visit.machine import VisitMachine
from tests.kiosk.visit.test_visit import TICKET, found, new_visit, taps


def scanned(state: str, can_return: bool = False) -> VisitMachine:
    visit = new_visit()
    visit.tap("scan:" + TICKET, 0.0)
    visit.ticket(found(state, can_return))
    return visit


def pressable(visit: VisitMachine) -> list[str]:
    return [button["target"] for button in document(visit.state)["buttons"] if "off" not in button]


def test_a_missed_number_that_may_return_is_told_how():
    visit = scanned("missed", can_return=True)
    assert document(visit.state)["lead"]["key"] == "ticket.missed.return"
    assert pressable(visit) == ["requeue", "reprint"]
    assert [e.command for e in visit.tap("requeue", 0.0) if isinstance(e, Send)] == [
        RequeueTicket(ticket=TICKET)
    ]


def test_a_missed_number_that_has_returned_before_is_told_why_not_and_where_to_go():
    visit = scanned("missed")
    assert document(visit.state)["lead"]["key"] == "ticket.missed.used"
    assert pressable(visit) == ["more"]
    visit.tap("more", 0.0)
    assert (visit.state.screen, visit.state.errand.ticket) == ("services", "")


@pytest.mark.parametrize("state", ["missed", "called", "serving", "held", "served", "cancelled", "expired"])
def test_only_who_waits_is_told_a_wait(state: str):
    assert not {"band", "ahead"} & document(scanned(state).state)["number"].keys()


def test_who_waits_is_told_a_wait_and_where():
    assert {"band", "ahead", "windows"} <= document(scanned("waiting").state)["number"].keys()


def test_nobody_is_told_to_look_elsewhere_for_a_wait_nobody_knows():
    visit = scanned("waiting")
    visit.ticket(found("waiting") | {"low": -1, "high": -1, "ahead": 0})
    assert document(visit.state)["number"]["ahead"] == 0
    assert "band" not in document(visit.state)["number"]


def test_who_is_called_is_told_that_one_window():
    assert document(scanned("called").state)["number"]["windows"]["facts"] == {"list": "2"}


@pytest.mark.parametrize("state", ["missed", "served", "cancelled", "expired"])
def test_a_number_that_is_over_leads_to_no_window(state: str):
    visit = scanned(state)
    assert "windows" not in document(visit.state)["number"]
    assert "lead" in document(visit.state)


def test_screen_and_slip_name_the_errand_alike():
    assert document(scanned("waiting").state)["number"]["errand"] == "社会保险登记"
    visit = new_visit()
    taps(visit, "scan:" + TICKET)
    visit.ticket(found("waiting") | {"items": []})
    assert document(visit.state)["number"]["errand"] == "社保业务"
