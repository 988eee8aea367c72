"""A clerk signs in at a hard caller by number and PIN: the logic alone, and through the agent on a real caller."""

from pathlib import Path

import pytest

from caller.client.client import Client
from caller.engine import commands as cmd
from config.instants import SECOND
from devices.agent import Agent, AgentStation
from devices.profiles.profile_reader import find
from devices.protocols.display_text import shown
from devices.units.call_keypad import ENTRY_SECONDS, NOTE_SECONDS, CallKeypad
from devices.units.keypad_sign_in import PersonRequest
from devices.units.unit import CommandReply, UnitEffect
from tests.caller.service.test_account_sessions import change, hall_with_persons
from tests.devices.units.test_call_keypad import NOW, PROFILE, press, view
from tests.instruments.caller_fixture import run, soon, until

PIN = "270485"


def pad(**facts: object) -> CallKeypad:
    unit = CallKeypad("3", PROFILE, 1, frozenset({"3", "4"}), accounts=True)
    unit.opened(NOW)
    unit.current(True, NOW)
    unit.watched("window/3", view(**facts), NOW)
    return unit


def typed(unit: CallKeypad, digits: str, at: int = NOW) -> list[UnitEffect]:
    return press(unit, *(f"digit-{digit}" for digit in digits), "ok", at=at)


def request_of(effects: list[UnitEffect]) -> PersonRequest:
    (found,) = [each for each in effects if isinstance(each, PersonRequest)]
    return found


def commands(effects: list[UnitEffect]) -> list[UnitEffect]:
    return [each for each in effects if not isinstance(each, bytes)]


def test_no_key_does_anything_before_a_person_has_signed_in():
    unit = pad(state="closed")
    assert unit._picture() == "请输工号登录"
    assert commands(press(unit, "next", "finish", "pause", "transfer")) == []


def test_a_number_and_a_pin_are_asked_for_and_the_pin_is_stars():
    unit = pad(state="closed")
    assert commands(typed(unit, "1003")) == []
    press(unit, *(f"digit-{digit}" for digit in PIN), at=NOW + 20 * SECOND)
    assert unit._picture() == "密码 ******"
    request = request_of(press(unit, "ok", at=NOW + 30 * SECOND))
    assert (request.account, request.secret, request.new, request.window) == ("1003", PIN, "", "3")
    assert PIN not in repr(request)
    unit.person_answered(request, CommandReply(), NOW)
    unit.watched("window/3", view(), NOW)
    assert isinstance(commands(press(unit, "next", at=NOW + 60 * SECOND))[0], cmd.CallNext)


def test_a_wrong_pin_says_so_and_begins_again():
    unit = pad(state="closed")
    typed(unit, "1003")
    request = request_of(typed(unit, "111222", at=NOW + 20 * SECOND))
    unit.person_answered(request, CommandReply("wrong-password", "工号或口令不对"), NOW)
    assert unit._picture() == "工号或口令不对"
    unit.tick(NOW + NOTE_SECONDS * SECOND)
    assert unit._picture() == "请输工号登录"


def test_a_first_pin_is_changed_there_and_two_that_differ_begin_again():
    unit = pad(state="closed")
    typed(unit, "1003")
    first = request_of(typed(unit, PIN, at=NOW + 20 * SECOND))
    unit.person_answered(first, CommandReply("change-first", "要先改口令"), NOW + 40 * SECOND)
    unit.tick(NOW + 43 * SECOND)
    assert unit._picture() == "新密码 "
    typed(unit, "938106", at=NOW + 44 * SECOND)
    typed(unit, "938107", at=NOW + 60 * SECOND)
    assert unit._picture() == "新密码 "
    typed(unit, "938106", at=NOW + 70 * SECOND)
    request = request_of(typed(unit, "938106", at=NOW + 80 * SECOND))
    assert (request.account, request.secret, request.new) == ("1003", PIN, "938106")


def test_what_is_left_half_typed_is_forgotten():
    unit = pad(state="closed")
    typed(unit, "1003")
    press(unit, "digit-2", "digit-7", at=NOW + 20 * SECOND)
    unit.tick(NOW + (22 + ENTRY_SECONDS) * SECOND)
    assert unit._picture() == "请输工号登录"
    assert commands(typed(unit, "04", at=NOW + 60 * SECOND)) == []  # a number now, not the rest of a PIN


def test_an_ended_session_is_learned_from_the_refusal():
    unit = pad()
    unit.person_answered(PersonRequest("3", "1003", PIN), CommandReply(), NOW)
    unit.answered(cmd.CallNext("3", 7), CommandReply("sign-in-first", "这一步要先登录"), NOW)
    unit.tick(NOW + NOTE_SECONDS * SECOND)
    assert unit._picture() == "请输工号登录"


def test_zero_and_ok_signs_out():
    unit = pad()
    unit.person_answered(PersonRequest("3", "1003", PIN), CommandReply(), NOW)
    assert request_of(typed(unit, "0")).account == ""


def test_a_hall_without_accounts_is_as_before():
    unit = CallKeypad("3", PROFILE, 1, frozenset({"3"}))
    unit.opened(NOW)
    unit.current(True, NOW)
    unit.watched("window/3", view(), NOW)
    assert isinstance(commands(press(unit, "next"))[0], cmd.CallNext)


@pytest.mark.parametrize("name", ["sign-in", "staff", "pin", "new-pin", "again"])
def test_the_words_fit_the_narrowest_display_and_a_profile_may_change_them(name: str):
    unit = pad()
    assert len(shown(unit._words(name, "*" * 6), "gb2312", 16, False)) <= 16
    assert find("pad-sum8").kind == "caller-pad"


# --- through the agent


def at_the_agent(client: Client) -> tuple[Agent, AgentStation, CallKeypad]:
    unit = CallKeypad("3", PROFILE, 1, frozenset({"3", "4"}), accounts=True)
    agent, station = Agent(client, lambda: NOW), AgentStation("pad-3", unit, PROFILE)
    unit.opened(NOW)
    unit.current(True, NOW)
    unit.watched("window/3", client.views["window/3"], NOW)
    return agent, station, unit


def test_a_clerk_signs_in_calls_is_revoked_and_out(tmp_path: Path):
    async def test() -> None:
        async with hall_with_persons(tmp_path) as hall:
            change(tmp_path, "1003", secret=PIN)
            await hall.order(cmd.OpenDay("2026-03-03"))
            await hall.order(cmd.TakeTicket(queue="A"), "kiosk", "K1")
            async with hall.client("agent", "pc-1", ["window/3"]) as client:
                await soon(client.until("current"))
                agent, station, unit = at_the_agent(client)
                agent.do(station, typed(unit, "1003"))
                agent.do(station, typed(unit, PIN, at=NOW + 20 * SECOND))
                place = hall.loop.hall.state.windows["3"]
                await until(lambda: place.clerk == "1003" and unit._signed_in)
                await until(lambda: client.views["window/3"]["state"] == "open")
                unit.watched("window/3", client.views["window/3"], NOW)
                agent.do(station, press(unit, "next", at=NOW + 60 * SECOND))
                await until(lambda: bool(place.ticket))
                change(tmp_path, "1003", disabled=True)
                await until(lambda: not client.persons.accounts)
                await until(lambda: client.views["window/3"]["version"] == place.version)
                unit.watched("window/3", client.views["window/3"], NOW)
                agent.do(station, press(unit, "start", at=NOW + 80 * SECOND))
                await until(lambda: not unit._signed_in)
                assert place.ticket
                agent.do(station, typed(unit, "1003", at=NOW + 100 * SECOND))
                agent.do(station, typed(unit, PIN, at=NOW + 120 * SECOND))
                await until(lambda: "停用" in unit._picture())

    run(test())
