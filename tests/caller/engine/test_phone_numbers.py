"""Numbers taken with a phone: only where the hall gives them, so many a day, and never a kiosk's loss."""

import pytest

from caller.engine import commands as cmd
from caller.engine import events as ev
from caller.engine import phone_numbers
from caller.engine.refusals import Refused
from caller.protocol.permissions import Station, check
from config.setting_types import PhoneTable
from config.settings import Rules
from tests.instruments.engine_fixture import Stage, settings

ONE, OTHER = "1" * 64, "2" * 64  # phones, by the hash of their key
MANY = Rules(no_show_seconds=0, recall_seconds=0, one_live_ticket=False)


def by_phone(item: str = "i1", phone: str = ONE) -> cmd.TakeTicket:
    return cmd.TakeTicket([item], person=phone, via="phone")


def hall(**more: object) -> Stage:
    return Stage(phone=PhoneTable(take="here", **more), rules=MANY)  # type: ignore[arg-type]


def test_a_hall_without_the_setting_gives_a_phone_no_number():
    assert Stage().refused(by_phone()) == "phone-take-off"


def test_the_event_says_that_it_was_a_phone_and_nothing_says_so_of_a_kiosk():
    stage = hall()
    stage.do(by_phone())
    stage.do(cmd.TakeTicket(["i1"]))
    issued = [event for _, _, event in stage.events if isinstance(event, ev.TicketIssued)]
    assert [event.via for event in issued] == ["phone", ""]


def test_a_phone_takes_so_many_numbers_a_day_whatever_became_of_them():
    stage = hall(per_day=2)
    first = stage.do(by_phone())
    stage.do(cmd.CancelTicket(first["ticket"]))
    stage.do(by_phone("i2"))
    assert stage.refused(by_phone("i3")) == "phone-limit"
    stage.do(by_phone("i3", OTHER))


def test_nobody_is_barred_from_the_kiosk():
    stage = hall(per_day=1)
    stage.do(by_phone())
    assert stage.refused(by_phone()) == "phone-limit"
    stage.do(cmd.TakeTicket(["i1"]))
    stage.do(cmd.TakeTicket(["i1"], person=OTHER))


def test_with_no_limit_a_phone_still_holds_one_live_number_for_an_item():
    stage = Stage(phone=PhoneTable(take="here", per_day=0))
    for item in ("i1", "i2", "i3"):
        stage.do(by_phone(item))
    assert stage.refused(by_phone()) == "live-ticket"


def test_twin_without_the_guard_a_phone_takes_as_many_as_it_likes(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(phone_numbers, "need_may", lambda *_: None)
    stage = hall(per_day=1)
    stage.do(by_phone())
    stage.do(by_phone())


@pytest.mark.parametrize("role", ["kiosk", "window", "guide", "manager", "web"])
def test_only_the_web_process_speaks_for_phones(role: str):
    station = Station(role, "1")
    if role == "web":
        check(settings(), station, by_phone(), lambda _: "")
        return
    with pytest.raises(Refused) as caught:
        check(settings(), station, by_phone(), lambda _: "")
    assert caught.value.code == "not-allowed"
    check(settings(), station, cmd.TakeTicket(["i1"]), lambda _: "")
