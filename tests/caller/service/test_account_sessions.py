"""Persons sign in on stations, over the real wire: who is let in, under which number the log has it, and when it ends."""

import json
import logging
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from msgspec import structs

from caller.client.client import Client, RefusedError, new_id
from caller.engine import commands as cmd
from caller.eventlog import LOG_NAME, Reader
from caller.identity.account_file import Act
from caller.identity.account_store import AccountStore
from caller.protocol import frames
from caller.protocol.frames import Bye, Hello, SignedOut, SignIn, Welcome
from caller.service import account_sessions
from config.instants import MINUTE
from config.settings import AccountsTable, Device, Settings
from tests.instruments.caller_fixture import PASSWORD, SETTINGS, Room, hear, run, soon, until

PAD = Device(name="pad-3", kind="caller-pad", port="file:///dev/null", agent="pc-1", window="3")
REQUIRED = structs.replace(
    SETTINGS, accounts=AccountsTable(required=True, idle_minutes=30), devices=(*SETTINGS.devices, PAD)
)


@asynccontextmanager
async def hall_with_persons(folder: Path, settings: Settings = REQUIRED) -> AsyncGenerator[Room]:
    """A caller that requires accounts: two clerks, a manager, a supervisor; the day is open, no window is."""
    made = Room(folder, settings=settings)
    await made.start()
    for staff, role in (("1001", "manager"), ("1003", "clerk"), ("1004", "clerk"), ("1009", "supervisor")):
        made.account(staff, role)
    try:
        yield made
    finally:
        await made.stop()


@asynccontextmanager
async def at(hall: Room, role: str = "window", name: str = "3", watch: Any = ()) -> AsyncGenerator[Client]:
    async with hall.client(role, name, watch) as client:
        await soon(client.until("current"))
        yield client


async def refused(work: Any) -> str:
    with pytest.raises(RefusedError) as error:
        await soon(work)
    assert error.value.frame.zh
    assert error.value.frame.next_zh
    assert error.value.frame.next_en
    return error.value.frame.code


def change(folder: Path, staff: str, **fields: Any) -> None:
    """As `hallcall account` does, from another process."""
    other = AccountStore(folder)
    other.change(staff, Act(new_id(), "account-disabled", f"account/{staff}", "uid:0", "shell", 1), **fields)
    other.close()


# --- who is let in


def test_a_clerk_signs_in_and_the_log_has_their_number_and_no_name(tmp_path: Path):
    async def test() -> None:
        async with hall_with_persons(tmp_path) as hall, at(hall) as window, at(hall, "kiosk", "K1") as kiosk:
            await hall.order(cmd.OpenDay("2026-03-03"))
            assert window.persons.missing
            assert not kiosk.persons.required
            await soon(kiosk.send(cmd.TakeTicket(queue="A")))  # the public needs no account
            assert await refused(window.send(cmd.OpenWindow("3", "1003"))) == "sign-in-first"
            told = await soon(window.persons.sign_in("1003", PASSWORD))
            assert (told["account"], told["roles"]) == ("1003", ["clerk"])
            assert not window.persons.missing
            await soon(window.send(cmd.OpenWindow("3", "1003")))
            await soon(window.send(cmd.CallNext("3", hall.loop.hall.state.windows["3"].version)))
            await soon(window.persons.sign_out())
            assert await refused(window.send(cmd.CloseWindow("3"))) == "sign-in-first"

    run(test())
    with Reader(tmp_path / LOG_NAME) as log:
        rows = [(row.kind, row.account) for row in log.after(0)]
        text = "".join(row.body for row in log.after(0))
    assert ("TicketIssued", "") in rows
    assert ("WindowOpened", "1003") in rows
    assert ("TicketCalled", "1003") in rows
    assert PASSWORD not in text


@pytest.mark.parametrize(
    ("staff", "secret", "code"),
    [
        ("1003", "wrong-one", "wrong-password"), ("22014", PASSWORD, "wrong-password"),
        ("1003", "", "wrong-password"), ("1009", PASSWORD, "no-role-here"), ("1001", PASSWORD, "no-role-here"),
        ("1005", PASSWORD, "account-disabled"), ("1006", PASSWORD, "change-first"),
    ],
)  # fmt: skip
def test_who_is_not_let_in_is_told_why_and_what_next(tmp_path: Path, staff: str, secret: str, code: str):
    async def test() -> None:
        async with hall_with_persons(tmp_path) as hall, at(hall) as window:
            hall.account("1005", "clerk")
            change(tmp_path, "1005", disabled=True)
            hall.account("1006", "clerk", must_change=True)
            assert await refused(window.persons.sign_in(staff, secret)) == code
            assert await refused(window.send(cmd.OpenWindow("3", staff))) == "sign-in-first"

    run(test())


def test_a_first_password_is_changed_at_the_sign_in(tmp_path: Path):
    async def test() -> None:
        async with hall_with_persons(tmp_path) as hall, at(hall) as window:
            hall.account("1006", "clerk", must_change=True)
            assert await refused(window.persons.sign_in("1006", PASSWORD, new=PASSWORD)) == "weak-password"
            await soon(window.persons.sign_in("1006", PASSWORD, new="another-good-one"))
            assert await refused(window.persons.sign_in("1006", PASSWORD)) == "wrong-password"

    run(test())


def test_wrong_tries_lock_and_time_unlocks(tmp_path: Path):
    async def test() -> None:
        async with hall_with_persons(tmp_path) as hall, at(hall) as window:
            for _ in range(4):
                assert await refused(window.persons.sign_in("1003", "guess")) == "wrong-password"
            assert await refused(window.persons.sign_in("1003", PASSWORD)) == "account-locked"
            async with at(hall, name="4") as other:  # on any station
                assert await refused(other.persons.sign_in("1003", PASSWORD)) == "account-locked"
            clock = hall.loop.clock
            clock.go_on_from(clock.now() + MINUTE)
            await soon(window.persons.sign_in("1003", PASSWORD))

    run(test())


def test_a_machine_takes_no_person(tmp_path: Path):
    async def test() -> None:
        async with hall_with_persons(tmp_path) as hall, at(hall, "kiosk", "K1") as kiosk:
            assert await refused(kiosk.persons.sign_in("1003", PASSWORD)) == "not-allowed"

    run(test())


def test_a_flood_of_passwords_is_judged_one_at_a_time(tmp_path: Path):
    async def test() -> None:
        async with hall_with_persons(tmp_path) as hall, hall.connect() as line:
            await hall.greet(line, "window", "3")
            for _ in range(20):
                await line.send(frames.encode(SignIn(new_id(), "1003", "guess")))
            codes = [(await hear(line, frames.RefusedFrame)).code for _ in range(20)]
            assert codes.count("too-fast") >= 10
            assert set(codes) <= {"too-fast", "wrong-password", "account-locked"}

    run(test())


# --- under whose number


def test_a_typo_cannot_become_a_clerk(tmp_path: Path):
    async def test() -> None:
        async with (
            hall_with_persons(tmp_path) as hall,
            at(hall) as window,
            at(hall, "manager", "m") as office,
        ):
            await hall.order(cmd.OpenDay("2026-03-03"))
            await soon(window.persons.sign_in("1003", PASSWORD))
            await soon(office.persons.sign_in("1001", PASSWORD))
            assert await refused(window.send(cmd.OpenWindow("3", "22014"))) == "other-account"
            assert await refused(office.send(cmd.OpenWindow("3", "22014"))) == "unknown-account"
            assert await refused(office.send(cmd.OpenWindow("3", "1009"))) == "role-not-allowed"
            await soon(office.send(cmd.OpenWindow("3", "1003")))  # the manager opens it for one who exists

    run(test())


def test_a_follow_up_is_moved_under_ones_own_number_and_given_to_one_who_exists(tmp_path: Path):
    async def test() -> None:
        async with hall_with_persons(tmp_path) as hall, at(hall, "manager", "m") as office:
            hall.account("1010", "handler")
            await soon(office.persons.sign_in("1001", PASSWORD))
            assign = cmd.MoveFollowUp("none", "assign", "1001", "22014")
            assert await refused(office.send(assign)) == "unknown-account"
            assert await refused(office.send(structs.replace(assign, staff="1009"))) == "other-account"
            assert await refused(office.send(structs.replace(assign, owner="1010"))) == "unknown-follow-up"
            await soon(office.persons.sign_in("1010", PASSWORD))
            own = cmd.MoveFollowUp("none", "assign", "1010", "1010")  # a handler takes one on
            assert await refused(office.send(own)) == "unknown-follow-up"
            assert await refused(office.send(structs.replace(own, owner="1001"))) == "role-not-allowed"
            assert (
                await refused(office.send(structs.replace(own, move="step", owner=""))) == "unknown-follow-up"
            )

    run(test())


def test_a_hard_callers_clerk_signs_in_for_its_window_only(tmp_path: Path):
    async def test() -> None:
        async with hall_with_persons(tmp_path) as hall, at(hall, "agent", "pc-1") as agent:
            await hall.order(cmd.OpenDay("2026-03-03"))
            assert await refused(agent.persons.sign_in("1003", PASSWORD, place="4")) == "unknown-window"
            assert await refused(agent.persons.sign_in("1003", PASSWORD)) == "unknown-window"
            assert await refused(agent.send(cmd.OpenWindow("3", "1003"))) == "sign-in-first"
            await soon(agent.persons.sign_in("1003", PASSWORD, place="3"))
            await soon(agent.send(cmd.OpenWindow("3", "1003")))
            assert hall.loop.hall.state.windows["3"].clerk == "1003"
            await soon(agent.send(cmd.ReportDevice("pad-3", "caller-pad", "ready")))
            await soon(agent.send(cmd.CloseWindow("3")))

    run(test())
    with Reader(tmp_path / LOG_NAME) as log:
        rows = {row.kind: row.account for row in log.after(0)}
    assert {kind: rows[kind] for kind in ("WindowOpened", "DeviceReported", "WindowClosed")} == {
        "WindowOpened": "1003", "DeviceReported": "", "WindowClosed": "1003",
    }  # fmt: skip


# --- when it ends


def test_a_person_revoked_during_a_call_is_out_at_once_and_the_call_stays(tmp_path: Path):
    async def test() -> None:
        async with hall_with_persons(tmp_path) as hall, at(hall) as window:
            await hall.order(cmd.OpenDay("2026-03-03"))
            for _ in range(2):
                await hall.order(cmd.TakeTicket(queue="A"), "kiosk", "K1")
            await soon(window.persons.sign_in("1003", PASSWORD))
            await soon(window.send(cmd.OpenWindow("3", "1003")))
            place = hall.loop.hall.state.windows["3"]
            await soon(window.send(cmd.CallNext("3", place.version)))
            called = place.ticket
            change(tmp_path, "1003", disabled=True)
            await until(lambda: window.persons.signed_out is not None)
            assert (window.persons.signed_out or SignedOut("", "", "", "", "")).code == "revoked"
            assert (place.ticket, place.clerk) == (called, "1003")
            assert await refused(window.send(cmd.StartService("3", place.version))) == "sign-in-first"
            await soon(window.persons.sign_in("1004", PASSWORD))  # a colleague ends it, and begins nothing
            assert await refused(window.send(cmd.StartService("3", place.version))) == "other-clerk"
            await soon(window.send(cmd.MarkNoShow("3", place.version)))
            assert await refused(window.send(cmd.CallNext("3", place.version))) == "other-clerk"
            await soon(window.send(cmd.CloseWindow("3")))
            await soon(window.send(cmd.OpenWindow("3", "1004")))
            await soon(window.send(cmd.CallNext("3", place.version)))

    run(test())


def test_twin_without_a_look_at_rights_a_revoked_person_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(account_sessions.AccountSessions, "_over", lambda *_: "")

    async def test() -> None:
        async with hall_with_persons(tmp_path) as hall, at(hall) as window:
            await hall.order(cmd.OpenDay("2026-03-03"))
            await soon(window.persons.sign_in("1003", PASSWORD))
            await soon(window.send(cmd.OpenWindow("3", "1003")))
            change(tmp_path, "1003", disabled=True)
            hall.server._persons.look(hall.server._links)
            assert hall.accounts.roles_of("1003") is None
            await soon(window.send(cmd.PauseWindow("3")))
            assert window.persons.signed_out is None

    run(test())


@pytest.mark.parametrize(("minutes", "code"), [(29, ""), (30, "idle"), (16 * 60, "idle")])
def test_who_does_nothing_is_signed_out(tmp_path: Path, minutes: int, code: str):
    async def test() -> None:
        async with hall_with_persons(tmp_path) as hall, at(hall, "manager", "m") as office:
            await soon(office.persons.sign_in("1001", PASSWORD))
            await soon(office.watch(["supervise"]))
            await soon(office.until("current"))
            clock = hall.loop.clock
            clock.go_on_from(clock.now() + minutes * MINUTE)
            less = hall.server._persons.look(hall.server._links)
            assert bool(less) == bool(code)  # and watches no more what only a person may
            if code:
                await until(lambda: office.persons.signed_out is not None)
                assert (office.persons.signed_out or SignedOut("", "", "", "", "")).code == code
                await until(lambda: not hall.server._subscriptions.topics)

    run(test())


def test_an_act_keeps_the_person_and_a_day_is_the_most(tmp_path: Path):
    async def test() -> None:
        settings = structs.replace(REQUIRED, accounts=AccountsTable(required=True, idle_minutes=0))
        async with hall_with_persons(tmp_path, settings) as hall, at(hall, "manager", "m") as office:
            await soon(office.persons.sign_in("1001", PASSWORD))
            clock = hall.loop.clock
            clock.go_on_from(clock.now() + 15 * 60 * MINUTE)
            await refused(office.send(cmd.CloseDay()))
            assert hall.server._persons.look(hall.server._links) == []
            clock.go_on_from(clock.now() + 60 * MINUTE)
            hall.server._persons.look(hall.server._links)
            await until(lambda: office.persons.signed_out is not None)
            assert (office.persons.signed_out or SignedOut("", "", "", "", "")).code == "over"

    run(test())


# --- bound to its station


def test_a_broken_line_is_resumed_also_by_a_caller_that_restarts(tmp_path: Path):
    async def test() -> None:
        async with hall_with_persons(tmp_path) as hall, at(hall) as window:
            await hall.order(cmd.OpenDay("2026-03-03"))
            await soon(window.persons.sign_in("1003", PASSWORD))
            await hall.kill()
            await hall.start()
            await until(lambda: window.state == "current" and window.welcome is not None)
            assert window.persons.accounts == {"": "1003"}
            await soon(window.send(cmd.OpenWindow("3", "1003")))

    run(test())


async def resumed(hall: Room, role: str, name: str, key: str) -> Welcome:
    async with hall.connect() as line:
        await line.send(frames.encode(Hello(hall.token(role, name), sessions=[key])))
        welcome = await hear(line)
        assert isinstance(welcome, Welcome)
        return welcome


def test_a_key_that_was_stolen_opens_nothing_on_another_station(tmp_path: Path):
    async def test() -> None:
        async with hall_with_persons(tmp_path) as hall, at(hall) as window:
            key = (await soon(window.persons.sign_in("1003", PASSWORD)))["session"]
            assert (await resumed(hall, "window", "3", key)).accounts == {"": "1003"}
            assert (await resumed(hall, "window", "4", key)).accounts == {}
            assert (await resumed(hall, "agent", "pc-1", key)).accounts == {}
            assert (await resumed(hall, "window", "3", key + "x")).accounts == {}
            await soon(window.persons.sign_out())
            assert (await resumed(hall, "window", "3", key)).accounts == {}

    run(test())


def test_a_key_of_one_whose_rights_changed_opens_nothing(tmp_path: Path):
    async def test() -> None:
        async with hall_with_persons(tmp_path) as hall, at(hall) as window:
            key = (await soon(window.persons.sign_in("1003", PASSWORD)))["session"]
            change(tmp_path, "1003", roles=("guide",))
            assert (await resumed(hall, "window", "3", key)).accounts == {}

    run(test())


# --- a hall without accounts


def test_where_none_is_required_all_is_as_before_and_who_signs_in_is_noted(tmp_path: Path):
    async def test() -> None:
        async with hall_with_persons(tmp_path, SETTINGS) as hall, at(hall) as window:
            await hall.order(cmd.OpenDay("2026-03-03"))
            assert not window.persons.required
            await soon(window.send(cmd.OpenWindow("3", "22014")))
            await soon(window.send(cmd.CloseWindow("3")))
            await soon(window.persons.sign_in("1003", PASSWORD))
            await soon(window.send(cmd.OpenWindow("3", "1003")))

    run(test())
    with Reader(tmp_path / LOG_NAME) as log:
        assert [row.account for row in log.after(0) if row.kind == "WindowOpened"] == ["", "1003"]


# --- secrets


def test_no_secret_is_in_a_frames_repr_or_in_the_words_about_a_broken_frame():
    assert PASSWORD not in repr(SignIn("12345678", "1003", PASSWORD, PASSWORD))
    for broken in (
        {"type": "sign-in", "id": "1", "account": "1003", "secret": PASSWORD},
        {"type": "sign-in", "id": "12345678", "account": "1003", "secret": PASSWORD * 20},
        {"type": "sign-in", "id": "12345678", "account": "1003", "secret": PASSWORD, "window": 3},
        {"type": "sign-in", "id": "12345678", "account": PASSWORD * 9, "secret": PASSWORD},
    ):
        with pytest.raises(frames.PeerError) as error:
            frames.decode_station(json.dumps(broken))
        assert PASSWORD not in error.value.detail


def test_log_lines_hold_no_secret(tmp_path: Path, caplog: pytest.LogCaptureFixture):
    caplog.set_level(logging.DEBUG)

    async def test() -> None:
        async with hall_with_persons(tmp_path) as hall, at(hall) as window:
            await refused(window.persons.sign_in("1003", "wrong-but-typed"))
            key = (await soon(window.persons.sign_in("1003", PASSWORD)))["session"]
            lines = "\n".join(each.getMessage() for each in caplog.records)
            assert "signed in station=window/3 account=1003" in lines
            assert not [each for each in (PASSWORD, "wrong-but-typed", key) if each in lines]

    run(test())


def test_what_a_person_may_see_is_refused_with_the_next_step_before(tmp_path: Path):
    async def test() -> None:
        async with hall_with_persons(tmp_path) as hall, hall.connect() as line:
            await hall.greet(line, "manager", "m")
            await line.send(frames.encode(frames.Watch(["supervise"])))
            bye = await hear(line, Bye)
            assert bye.code == "sign-in-first"
            assert "supervise" in bye.zh

    run(test())
