"""The phone's key is a secret of the slip: not the ticket's id, which half the hall knows, and nowhere else to be found."""

import asyncio
import json
import logging
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from msgspec import structs

from caller import views
from caller.client.client import Client, new_id
from caller.engine import commands as cmd
from caller.engine.envelope import AnyCommand, CommandEnvelope
from caller.eventlog import LOG_NAME
from caller.identity.keys import MAC_BYTES, SLIP, SlipKey, keys_of, slip_key
from caller.protocol import permissions
from caller.protocol.frames import Done
from config.owner_only import BadKey
from config.settings import Device
from tests.instruments.caller_fixture import SETTINGS, Room, room, run, soon, until

TICKET = "0192f3a4-7b1c-7def-8a90-1234567890ab"


async def take(hall: Room, role: str, name: str, **fields: Any) -> dict[str, Any]:
    async with hall.client(role, name) as station:
        return await soon(station.send(cmd.TakeTicket(queue="A", **fields)))


async def as_phone(hall: Room, token: str, command: AnyCommand) -> str:
    """What a phone with this token achieves: "done", or the code of the bye or refusal."""
    async with Client(hall.url, token) as phone:
        sending = asyncio.create_task(phone.send(command))
        try:
            await until(lambda: phone.bye or sending.done())  # after a bye it would be sent again and again
            if phone.bye:
                return phone.bye.code
            error = sending.exception()
            return getattr(getattr(error, "frame", None), "code", repr(error)) if error else "done"
        finally:
            sending.cancel()
            await asyncio.wait([sending])


# --- the key


def test_a_key_opens_its_ticket_and_no_other():
    keys = SlipKey(b"secret of the site")
    key = keys.phone_key(TICKET)
    assert keys.ticket_of(key) == TICKET
    assert key == keys.phone_key(TICKET), "the same on every reprint"
    assert len(key) == len(TICKET) + 1 + 2 * MAC_BYTES


@pytest.mark.parametrize(
    "forge",
    [
        lambda key: key.partition(".")[0],
        lambda key: key.partition(".")[0] + ".",
        lambda key: key[:-1],
        lambda key: key + "0",
        lambda key: key + "\n",
        lambda key: key[:-1] + ("0" if key[-1] != "0" else "1"),
        lambda key: key.replace("ab.", "ac."),
        lambda key: key.replace(".", ".."),
        lambda _: "",
        lambda _: ".",
        lambda _: "\ud800.x",
        lambda _: "门.票",
    ],
)  # fmt: skip
def test_nothing_else_opens_it(forge: Callable[[str], str]):
    keys = SlipKey(b"secret of the site")
    assert keys.ticket_of(forge(keys.phone_key(TICKET))) is None


def test_another_site_makes_other_keys():
    assert SlipKey(b"one").ticket_of(SlipKey(b"other").phone_key(TICKET)) is None


def test_the_key_file_is_made_once_and_is_its_owners_only(tmp_path: Path):
    first = slip_key(tmp_path).phone_key(TICKET)
    assert slip_key(tmp_path).phone_key(TICKET) == first
    [key] = keys_of(tmp_path, SLIP)
    assert key.path.stat().st_mode & 0o077 == 0
    key.path.chmod(0o644)
    with pytest.raises(BadKey, match="chmod 600"):
        slip_key(tmp_path)


def test_no_site_has_an_empty_key():
    with pytest.raises(AssertionError):
        SlipKey(b"")


# --- who is given it


@pytest.mark.parametrize(
    "role",  # the office takes none without a person: tests of the office
    [role for role in permissions.ROLES if role in permissions.MAY[cmd.TakeTicket] and role != "office"],
)
def test_only_who_hands_out_the_slip_is_given_its_key(tmp_path: Path, role: str):
    """No clerk: they could rate their own service with it, by taking a number themselves."""

    async def scene() -> None:
        async with room(tmp_path) as hall:
            result = await take(hall, role, {"kiosk": "K1", "window": "3"}.get(role, role))
            given = role in {"kiosk", "guide", "web"}
            assert ("key" in result) == given
            if given:
                assert result["key"] == hall.slip_key.phone_key(result["ticket"])

    run(scene())


def test_a_repeat_gets_the_same_key_also_after_a_restart(tmp_path: Path):
    async def scene() -> None:
        async with room(tmp_path) as hall:
            id = new_id()
            keys: list[str] = []
            for _ in range(2):
                async with hall.client("kiosk", "K1") as kiosk:
                    keys += [(await soon(kiosk.send(cmd.TakeTicket(queue="A"), id)))["key"] for _ in range(2)]
                await hall.stop()
                await hall.start()
            assert len(set(keys)) == 1

    run(scene())


def test_a_kiosk_can_print_the_slip_again_for_a_live_ticket(tmp_path: Path):
    async def scene() -> None:
        async with room(tmp_path) as hall:
            person = "ab" * 32
            first = await take(hall, "kiosk", "K1", person=person)
            refused: dict[str, Any] = {}
            for role, name in (("kiosk", "K1"), ("web", "w"), ("window", "3")):
                async with hall.client(role, name) as station:
                    with pytest.raises(Exception) as error:
                        await soon(station.send(cmd.TakeTicket(queue="A", person=person)))
                    refused[role] = error.value.frame  # type: ignore[attr-defined]
            assert {frame.ticket for frame in refused.values()} == {first["ticket"]}
            assert {role: frame.key for role, frame in refused.items()} == {
                "kiosk": first["key"],
                "web": "",
                "window": "",
            }

    run(scene())


# --- what an id alone achieves


def test_who_knows_a_ticket_by_its_id_cannot_act_as_its_phone(tmp_path: Path):
    assert run_attack(tmp_path) == {"bad-token"}


def test_twin_with_the_id_as_the_key_a_clerk_cancels_a_strangers_number_and_rates_for_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    """As it was: the token is the id."""
    monkeypatch.setattr(SlipKey, "ticket_of", lambda _self, token: token)
    assert run_attack(tmp_path) == {"done"}


def run_attack(folder: Path) -> set[str]:
    """An evaluator's token shows the ids at its window: with them, a stranger's number is cancelled, a visit rated."""
    found: list[str] = []

    async def scene() -> None:
        async with room(folder) as hall, hall.client("evaluator", "3", ["window/3"]) as tablet:
            await take(hall, "kiosk", "K1")
            await take(hall, "kiosk", "K1")
            for kind in (cmd.CallNext, cmd.StartService, cmd.FinishService):
                await hall.order(kind("3", hall.loop.hall.state.windows["3"].version))
            await until(lambda: {"rating", "next"} <= set(tablet.views.get("window/3", {})))
            view = tablet.views["window/3"]
            served, waiting = view["rating"]["ticket"], view["next"][0]["ticket"]
            found.append(await as_phone(hall, waiting, cmd.CancelTicket(waiting)))
            found.append(await as_phone(hall, served, cmd.Rate(served, 5, via="phone")))

    run(scene())
    return set(found)


def test_with_its_key_a_phone_acts_on_its_own_ticket_only(tmp_path: Path):
    async def scene() -> None:
        async with room(tmp_path) as hall:
            mine, other = await take(hall, "kiosk", "K1"), await take(hall, "kiosk", "K1")
            assert await as_phone(hall, mine["key"], cmd.CancelTicket(other["ticket"])) == "not-allowed"
            assert await as_phone(hall, mine["key"], cmd.CancelTicket(mine["ticket"])) == "done"
            unknown = hall.slip_key.phone_key(new_id())
            assert await as_phone(hall, unknown, cmd.CancelTicket(mine["ticket"])) == "bad-token"

    run(scene())


def test_a_ticket_is_found_by_its_key_only_with_the_right_proof(tmp_path: Path):
    """How the web process proves whose letter it is."""

    async def scene() -> None:
        async with room(tmp_path) as hall:
            key = (await take(hall, "kiosk", "K1"))["key"]
            forged = key[:-1] + ("0" if key[-1] != "0" else "1")
            async with hall.client("web", "w", [f"ticket/{key}", f"ticket/{forged}"]) as web:
                await until(lambda: len(web.views) == 2)
                assert web.views[f"ticket/{key}"]["ticket"] == key.partition(".")[0]
                assert web.views[f"ticket/{forged}"] == {}

    run(scene())


# --- where it is not


def test_the_key_is_in_no_view_no_log_and_no_file_but_the_slips(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
):
    caplog.set_level(logging.DEBUG)
    key = ""

    async def scene() -> None:
        nonlocal key
        async with room(tmp_path) as hall:
            taken = await take(hall, "kiosk", "K1", person="ab" * 32)
            key = taken["key"]
            assert await as_phone(hall, key, cmd.PostponeTicket(taken["ticket"], 10)) == "done"
            await as_phone(hall, key, cmd.CancelTicket("0192f3a4-7b1c-7def-8a90-000000000000"))
            state = hall.loop.hall
            topics = ["board", "kiosk", "supervise", "devices", "window/3", f"ticket/{taken['ticket']}"]
            texts = [json.dumps(views.build(state, topic, hall.loop.clock.now())) for topic in topics]
            assert not [text for text in texts if secret(key) in text]
            assert secret(key).encode() not in state.dump()

    run(scene())
    assert isinstance(key, str)
    assert key
    assert secret(key) not in caplog.text
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert [path.name for path in files if secret(key).encode() in path.read_bytes()] == []
    with sqlite3.connect(tmp_path / LOG_NAME) as log:
        assert log.execute("select count(*) from event").fetchone()[0] > 2, (
            "the log was looked at with something in it"
        )


def secret(key: str) -> str:
    return key.partition(".")[2]


def test_an_answer_is_remembered_without_its_key(tmp_path: Path):
    """The key is added on its way out: an answer that is read from the log again has none, and gets the same one."""

    async def scene() -> None:
        async with room(tmp_path) as hall:
            id = new_id()
            async with hall.client("kiosk", "K1") as kiosk:
                await soon(kiosk.send(cmd.TakeTicket(queue="A"), id))
            answers: list[Any] = []
            order = CommandEnvelope(id, cmd.TakeTicket(queue="A"), "kiosk", "K1")
            hall.loop.submit(order, answers.append)
            await until(lambda: answers)
            assert isinstance(answers[0], Done)
            assert "key" not in answers[0].result

    run(scene())


def test_an_agent_that_prints_a_slip_is_given_its_key_when_it_takes_the_job(tmp_path: Path):
    printer = Device("w3-printer", "printer", "tcp://127.0.0.1:9100", agent="pc-1", window="3")

    async def scene() -> None:
        async with room(tmp_path, settings=structs.replace(SETTINGS, devices=(printer,))) as hall:
            taken = await take(hall, "kiosk", "K1")
            async with hall.client("window", "3") as clerk:
                asked = await soon(clerk.send(cmd.RequestJob("pc-1", "print-slip", ticket=taken["ticket"])))
            assert "key" not in asked, "the clerk asks for the paper and is not told what stands on it"
            async with hall.client("agent", "pc-1") as agent:
                assert await soon(agent.send(cmd.TakeJob(asked["job"]))) == {"key": taken["key"]}

    run(scene())
