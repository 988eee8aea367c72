"""Numbers taken elsewhere by phone: only where a setting allows it, called once checked in, expired where nobody came."""

from typing import Any

import pytest

from caller.engine import commands as cmd
from caller.engine import deadlines, phone_numbers
from caller.engine.refusals import Refused
from caller.protocol.permissions import Station, check
from config.instants import MINUTE
from config.setting_types import PhoneTable
from tests.instruments.engine_fixture import Stage, settings

ONE = "1" * 64


def elsewhere(item: str = "i1", phone: str = ONE) -> cmd.TakeTicket:
    return cmd.TakeTicket([item], person=phone, via="remote")


def hall(take: Any = "remote", **more: Any) -> Stage:
    return Stage(phone=PhoneTable(take=take, **more)).open("2")


def note(stage: Stage) -> None:
    """Have the caller note what is overdue now, as it does by itself."""
    for order in deadlines.to_note(stage.hall, stage.now):
        stage.do(order, role="caller")  # type: ignore[arg-type]


def test_it_is_off_unless_a_setting_allows_it():
    assert PhoneTable().take == ""
    for stage in (Stage(), hall("here")):
        assert stage.refused(elsewhere()) == "phone-take-off"


def test_it_has_its_place_and_is_called_once_checked_in():
    stage = hall()
    mine = stage.do(elsewhere())
    stage.later(1)
    other = stage.take("A")
    last = stage.later(1).take("A")
    assert stage.next("2") == other, "who is not here is called by nobody"
    stage.press(cmd.StartService, "2")
    stage.press(cmd.FinishService, "2")
    given = stage.do(cmd.CheckIn(mine["ticket"]))
    assert (given["number"], given["ahead"]) == ("A001", 0)
    assert stage.next("2") == "A001", "its place is by when it was taken"
    assert stage.find(last).state == "waiting"


def test_the_number_itself_checks_in_at_a_keyboard_and_once_only():
    stage = hall()
    stage.do(elsewhere())
    assert stage.do(cmd.CheckIn("a001"))["number"] == "A001"
    assert stage.refused(cmd.CheckIn(stage.find("A001").id)) == "arrived-already"
    assert stage.refused(cmd.CheckIn("A999")) == "unknown-appointment"


def test_who_does_not_come_in_time_has_no_number_any_more_and_keeps_nobody_waiting():
    stage = hall(arrive_minutes=30)
    mine = stage.do(elsewhere())
    note(stage.later(30))
    assert stage.find("A001").state == "waiting", "in time up to and including its last instant"
    note(stage.later(0.1))
    assert stage.find("A001").state == "expired"
    assert stage.refused(cmd.CheckIn(mine["ticket"])) == "wrong-state"
    assert stage.do(cmd.TakeTicket(["i1"]))["number"] == "A002", "a kiosk is never barred"


def test_a_caller_that_notes_late_has_called_nobody_who_is_not_here(monkeypatch: pytest.MonkeyPatch):
    def late_calls() -> str:
        stage = hall(arrive_minutes=30)
        stage.do(elsewhere())
        stage.later(31)
        version = stage.hall.state.windows["2"].version
        try:
            return str(stage.do(cmd.CallNext("2", version))["number"])
        except Refused as refused:
            return refused.code

    assert late_calls() == "nobody-waiting"
    monkeypatch.setattr(phone_numbers, "HOLDS_BACK", 0)
    assert late_calls() == "A001", "the twin without the guard calls it"


def test_a_reopened_day_does_not_bring_back_whom_nobody_came_for():
    stage = hall(arrive_minutes=30)
    stage.do(elsewhere())
    note(stage.later(31))
    stage.do(cmd.CloseDay())
    stage.do(cmd.ReopenDay())
    assert stage.find("A001").state == "expired"


def test_its_place_is_not_asked_for_later_before_one_is_here():
    stage = hall()
    mine = stage.do(elsewhere())
    assert stage.refused(cmd.PostponeTicket(mine["ticket"], 10)) == "not-arrived"
    stage.do(cmd.CheckIn(mine["ticket"]))
    stage.do(cmd.PostponeTicket(mine["ticket"], 10))
    assert stage.find("A001").not_before == stage.now + 10 * MINUTE


def test_a_clerk_before_whom_one_stands_may_call_it_all_the_same():
    stage = hall()
    mine = stage.do(elsewhere())
    assert stage.press(cmd.CallTicket, "2", ticket=mine["ticket"])["number"] == "A001"
    assert stage.find("A001").arrive_by == 0


def test_so_many_a_day_and_only_by_the_page():
    stage = hall(per_day=1)
    stage.do(elsewhere())
    assert stage.refused(elsewhere("i2")) == "phone-limit"
    check(settings(), Station("web", "web"), elsewhere(), lambda _: "")
    with pytest.raises(Refused):
        check(settings(), Station("kiosk", "k1"), elsewhere(), lambda _: "")
