"""The caller over real sockets: who is let in, what stations see, and how it ends."""

import asyncio
import contextlib
import json
import logging
import os
from pathlib import Path
from typing import Any

import pytest
from websockets.exceptions import InvalidStatus

from caller import views
from caller.client.client import new_id
from caller.engine import commands as cmd
from caller.engine.envelope import CommandEnvelope
from caller.eventlog import errors
from caller.identity.enrolment import Stations
from caller.protocol import frames as wire
from caller.protocol.frames import (
    CLOSE_CODES,
    Beat,
    Bye,
    CommandFrame,
    Done,
    RefusedFrame,
    ViewFrame,
    Watch,
    Welcome,
)
from caller.protocol.merge_patch import merge
from caller.service import server as server_module
from caller.service import upkeep
from caller.service.connection import Limits
from config.process.connection_limits import OncePerMinute
from tests.instruments.caller_fixture import Room, hear, last_words, room, run, soon, take, until

# --- an ordinary station


def test_a_station_is_welcomed_and_gets_its_views_whole(tmp_path: Path) -> None:
    async def test() -> None:
        async with room(tmp_path) as hall, hall.connect() as line:
            await line.send(wire.encode(wire.Hello(hall.token("window", "3"), ["board", "window/3"])))
            welcome = await hear(line)
            assert isinstance(welcome, Welcome)
            assert (welcome.role, welcome.station, welcome.site) == ("window", "3", "test")
            assert welcome.seq == hall.loop.hall.seq
            whole = {
                frame.topic: frame.doc for frame in [await hear(line, ViewFrame), await hear(line, ViewFrame)]
            }
            assert whole.keys() == {"board", "window/3"}
            assert whole["window/3"]["state"] == "open"

    run(test())


def test_a_command_is_answered_and_everyone_who_watches_gets_what_changed(tmp_path: Path) -> None:
    async def test() -> None:
        async with room(tmp_path) as hall, hall.connect() as kiosk, hall.connect() as board:
            await hall.greet(kiosk, "kiosk", "K1")
            [whole] = await hall.greet(board, "board", "b1", "board")
            await kiosk.send(take(id="01890000-0000-7000-8000-000000000000"))
            done = await hear(kiosk, Done)
            assert done.id == "01890000-0000-7000-8000-000000000000"
            assert done.result.keys() == wire.RESULTS["TakeTicket"].keys()
            patch = await hear(board, ViewFrame)
            assert patch.doc is None
            assert patch.patch["queues"]["A"]["waiting"] == 1
            assert "B" not in patch.patch["queues"]
            assert merge(whole.doc, patch.patch)["queues"]["A"]["waiting"] == 1

    run(test())


def test_the_board_hears_of_a_call_before_anyone_else(tmp_path: Path) -> None:
    async def test() -> None:
        topics = ["window/3", "supervise", "kiosk", "board"]
        async with room(tmp_path) as hall, hall.connect() as line:
            await hall.greet(line, "manager", "m", *topics)
            for _ in range(4):  # an order by chance would not hold so often
                first = await hall.order(cmd.TakeTicket(queue="A"))
                heard = [(await hear(line, ViewFrame)).topic for _ in topics]
                assert (heard[0], set(heard)) == ("board", set(topics)), first

    run(test())


def test_results_are_those_the_wire_promises(tmp_path: Path) -> None:
    async def test() -> None:
        async with room(tmp_path) as hall:
            await hall.order(cmd.TakeTicket(queue="A"))
            version = hall.loop.hall.state.windows["3"].version
            called = await hall.order(cmd.CallNext("3", version))
            assert called.keys() == wire.RESULTS["CallNext"].keys()
            version = hall.loop.hall.state.windows["3"].version
            assert (await hall.order(cmd.Recall("3", version))).keys() == wire.RESULTS["Recall"].keys()
            version = hall.loop.hall.state.windows["3"].version
            assert await hall.order(cmd.StartService("3", version)) == {}

    run(test())


def test_a_heartbeat_comes_each_second(tmp_path: Path) -> None:
    async def test() -> None:
        async with room(tmp_path) as hall, hall.connect() as line:
            await hall.greet(line, "board", "b1")
            first, second = await hear(line, Beat), await hear(line, Beat)
            assert 500_000 < second.now - first.now < 5_000_000
            assert first.seq == hall.loop.hall.seq

    run(test())


def test_watching_something_else_brings_it_whole_and_ends_the_rest(tmp_path: Path) -> None:
    async def test() -> None:
        async with room(tmp_path) as hall, hall.connect() as line:
            await hall.greet(line, "manager", "m", "board")
            await line.send(wire.encode(Watch(["window/3", "kiosk"])))
            assert {(await hear(line, ViewFrame)).topic for _ in range(2)} == {"window/3", "kiosk"}
            await hall.order(cmd.TakeTicket(queue="A"))
            assert {(await hear(line, ViewFrame)).topic for _ in range(2)} == {"window/3", "kiosk"}

    run(test())


def test_a_phone_sees_its_own_ticket_move_up_and_nothing_else(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "hallcall.server")

    async def test() -> None:
        async with room(tmp_path) as hall, hall.connect() as phone:
            first, second = (
                await hall.order(cmd.TakeTicket(queue="A")),
                await hall.order(cmd.TakeTicket(queue="A")),
            )
            topic = f"ticket/{second['ticket']}"
            await phone.send(wire.encode(wire.Hello(hall.slip_key.phone_key(second["ticket"]), [topic])))
            assert (await hear(phone, Welcome)).role == "phone"
            assert (await hear(phone, ViewFrame)).doc["ahead"] == 1
            await hall.order(cmd.CancelTicket(first["ticket"]))
            frame = await hear(phone, ViewFrame)  # on the beat: its own ticket was not touched
            assert frame.patch["ahead"] == 0
            await phone.send(wire.encode(Watch([f"ticket/{first['ticket']}"])))
            assert await last_words(phone) == ("not-allowed", CLOSE_CODES["not-allowed"])
            lines = "\n".join(record.getMessage() for record in caplog.records)
            assert f"phone/…{second['ticket'][-4:]}" in lines
            assert f"ticket/…{first['ticket'][-4:]}" in lines
            assert first["ticket"] not in lines
            assert second["ticket"] not in lines

    run(test())


def test_no_view_of_a_running_hall_holds_a_null(tmp_path: Path) -> None:
    async def test() -> None:
        async with room(tmp_path) as hall:
            taken = await hall.order(cmd.TakeTicket(queue="A"))
            await hall.order(cmd.CallNext("3", hall.loop.hall.state.windows["3"].version))
            now = hall.loop.clock.now()
            for topic in ("board", "kiosk", "supervise", "window/3", "window/4", f"ticket/{taken['ticket']}"):
                text = json.dumps(views.build(hall.loop.hall, topic, now))
                assert "null" not in text, topic

    run(test())


def test_a_refusal_has_words_and_leaves_the_line_open(tmp_path: Path) -> None:
    async def test() -> None:
        async with room(tmp_path) as hall, hall.connect() as line:
            await hall.greet(line, "window", "3")
            version = hall.loop.hall.state.windows["3"].version
            for command in (cmd.CallNext("3", version), cmd.CallNext("4", 0), cmd.CloseDay()):
                await line.send(wire.encode(CommandFrame(new_id(), command)))
            frames = [await hear(line, RefusedFrame) for _ in range(3)]
            assert {frame.code for frame in frames} == {"nobody-waiting", "not-allowed"}
            assert all(frame.zh and frame.en and frame.next_zh and frame.next_en for frame in frames)
            assert hall.loop.hall.state.day.open

    run(test())


def test_an_evaluator_rates_only_at_its_own_window(tmp_path: Path) -> None:
    async def test() -> None:
        async with room(tmp_path) as hall, hall.connect() as keys, hall.connect() as others:
            state = hall.loop.hall.state
            taken = await hall.order(cmd.TakeTicket(queue="A"))
            await hall.order(cmd.CallNext("3", state.windows["3"].version))
            await hall.order(cmd.StartService("3", state.windows["3"].version))
            await hall.order(cmd.FinishService("3", state.windows["3"].version))
            await hall.greet(keys, "evaluator", "3")
            await hall.greet(others, "evaluator", "4")
            rate = cmd.Rate(taken["ticket"], 5)
            await others.send(wire.encode(CommandFrame(new_id(), rate)))
            assert (await hear(others, RefusedFrame)).code == "not-allowed"
            await keys.send(wire.encode(CommandFrame(new_id(), rate)))
            assert await hear(keys, Done)

    run(test())


# --- who may come in


def test_a_revoked_station_is_dismissed_within_a_beat(tmp_path: Path) -> None:
    async def test() -> None:
        async with room(tmp_path) as hall, hall.connect() as line, hall.connect() as kept:
            await hall.greet(line, "board", "b1")
            await hall.greet(kept, "window", "3")
            other = Stations(tmp_path / "stations.db")  # as the process `hallcall enrol --revoke`
            other.revoke("board", "b1")
            other.close()
            assert await last_words(line) == ("bad-token", CLOSE_CODES["bad-token"])
            assert await hear(kept, Beat)

    run(test())


def test_a_station_enrolled_while_the_caller_runs_is_let_in(tmp_path: Path) -> None:
    async def test() -> None:
        async with room(tmp_path) as hall, hall.connect() as line:
            other = Stations(tmp_path / "stations.db")
            hall.tokens["board", "late"] = other.enrol("board", "late", "now")
            other.close()
            await hall.greet(line, "board", "late")

    run(test())


@pytest.mark.parametrize("token", ["", "guess", "short-id", "01890000-0000-7000-8000-000000000000"])
def test_nobody_comes_in_with_a_token_nobody_gave_out(tmp_path: Path, token: str) -> None:
    async def test() -> None:
        async with room(tmp_path) as hall, hall.connect() as line:
            await line.send(wire.encode(wire.Hello(token)))
            assert await last_words(line) == ("bad-token", CLOSE_CODES["bad-token"])

    run(test())


@pytest.mark.parametrize("proxied", [False, True])
def test_the_log_line_of_a_refusal_says_where_it_came_from(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, proxied: bool
) -> None:
    headers = {"X-Real-IP": "203.0.113.7"} if proxied else {}

    async def test() -> None:
        async with room(tmp_path) as hall:
            async with hall.connect(additional_headers=headers) as line:
                await line.send(wire.encode(wire.Hello("guess")))
                await last_words(line)
            async with hall.connect(additional_headers=headers) as line:
                await hall.greet(line, "board", "b1")
                await line.send(wire.encode(wire.CommandFrame("command-1", cmd.CallNext("3", 0))))
                while not isinstance(wire.decode_caller(await soon(line.recv())), wire.RefusedFrame):
                    continue

    with caplog.at_level(logging.INFO, "hallcall.server"):
        run(test())
    lines = [record.getMessage() for record in caplog.records if "peer=" in record.getMessage()]
    where = "peer=203.0.113.7" if proxied else "peer=127.0.0.1"
    assert {line.split()[0] for line in lines if f" {where} " in line} >= {"bye", "refused"}, lines


def test_a_ticket_whose_id_could_be_guessed_is_no_token(tmp_path: Path) -> None:
    async def test() -> None:
        async with room(tmp_path) as hall, hall.connect() as line:
            order = CommandEnvelope("ticket-7", cmd.TakeTicket(queue="A"), "kiosk", "K1")
            answered = asyncio.Event()
            hall.loop.submit(order, lambda _: answered.set())
            await soon(answered.wait())
            await line.send(wire.encode(wire.Hello("ticket-7")))
            assert (await last_words(line))[0] == "bad-token"

    run(test())


def test_a_full_hall_answers_the_next_station_in_words(tmp_path: Path) -> None:
    async def test() -> None:
        async with room(tmp_path, limits=Limits(stations=1)) as hall, hall.connect() as first:
            await hall.greet(first, "board", "b1")
            with pytest.raises(InvalidStatus) as refused:
                async with hall.connect():
                    pass
            assert refused.value.response.status_code == 503
            assert "站点已满" in refused.value.response.body.decode()

    run(test())


def test_a_version_on_trial_takes_no_station_until_it_is_let_go_on(tmp_path: Path) -> None:
    """Nothing can then be lost by taking it back. A trial whose process is gone bars nobody, and the watchdog is answered."""
    trial = tmp_path / "trial"

    async def test() -> None:
        async with room(tmp_path, limits=Limits(trial=trial)) as hall, hall.connect() as before:
            await hall.greet(before, "board", "b1")
            trial.write_text(f"{os.getpid()}\n")
            with pytest.raises(InvalidStatus) as refused:
                async with hall.connect():
                    pass
            assert "新版本试用中" in refused.value.response.body.decode()
            reader, writer = await asyncio.open_connection("127.0.0.1", hall.port)
            writer.write(b"GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
            assert b" 200 " in await soon(reader.readline())
            writer.close()
            dead = await asyncio.create_subprocess_exec("true")
            await dead.wait()
            trial.write_text(str(dead.pid))
            async with hall.connect() as line:
                await hall.greet(line, "board", "b2")

    run(test())


@pytest.mark.parametrize(("pending", "left"), [(8, 8), (1_000, 41)])
def test_sockets_without_a_token_shut_no_station_out(tmp_path: Path, pending: int, left: int) -> None:
    """The twin is the bound turned off: then every socket of the flood stays open."""

    async def test() -> None:
        limits = Limits(stations=4, pending=pending, pending_per_address=pending)
        async with room(tmp_path, limits=limits) as hall, contextlib.AsyncExitStack() as lines:
            for _ in range(40):
                await lines.enter_async_context(hall.connect(close_timeout=0.1))
            async with hall.connect() as window:  # it reconnects amid the flood
                await hall.greet(window, "window", "3", "window/3")
                await until(lambda: len(hall.server._links) == left, "the oldest gave way")
                assert await hear(window, Beat)

    run(test())


async def _strangers(hall: Room, count: int) -> None:
    """Connections that are hung up on: without a token, or with one that nobody gave out."""
    for number in range(count):
        async with hall.connect(close_timeout=0.1) as line:
            await line.send(json.dumps({"type": "hello", "token": str(number), "watch": []}))
            assert await hear(line, Bye)


def _lines_of_strangers(folder: Path, count: int, caplog: pytest.LogCaptureFixture) -> int:
    async def test() -> None:
        async with room(folder) as hall:
            await _strangers(hall, count)

    with caplog.at_level(logging.INFO, "hallcall"):
        run(test())
    return sum("code=bad-token" in line or "left station" in line for line in caplog.messages)


def test_strangers_cost_one_log_line_a_minute_of_each_kind(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    server_module.quiet_log.filters[:] = [OncePerMinute()]
    assert _lines_of_strangers(tmp_path, 30, caplog) == 2  # that it was hung up on, and that it has left


def test_twin_without_the_filter_each_costs_its_own(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server_module.quiet_log, "filters", [])
    assert _lines_of_strangers(tmp_path, 30, caplog) == 60


@pytest.mark.parametrize(("pending", "left"), [(8, 8), (1_000, 40)])
def test_half_a_handshake_is_bounded_as_well(tmp_path: Path, pending: int, left: int) -> None:
    async def test() -> None:
        limits = Limits(pending=pending, pending_per_address=pending)
        async with room(tmp_path, limits=limits) as hall:
            halves = [await asyncio.open_connection("127.0.0.1", hall.port) for _ in range(40)]
            for _, writer in halves:
                writer.write(b"GET / HTTP/1.1\r\nHost: x\r\n")
            await until(lambda: len(hall.server._pending) == left, "the oldest gave way")
            async with hall.connect() as window:
                await hall.greet(window, "window", "3")
            for _, writer in halves:
                writer.close()

    run(test())


def test_the_proxy_names_whose_connection_is_pending(tmp_path: Path) -> None:
    """Behind nginx a flood from one address pushes its own sockets out, not those of another."""

    async def test() -> None:
        limits = Limits(pending=100, pending_per_address=5)
        async with room(tmp_path, limits=limits) as hall, contextlib.AsyncExitStack() as lines:
            quiet = await lines.enter_async_context(
                hall.connect(additional_headers={"X-Real-IP": "10.0.0.1"})
            )
            for _ in range(20):
                flood = hall.connect(additional_headers={"X-Real-IP": "10.0.0.2"}, close_timeout=0.1)
                await lines.enter_async_context(flood)
            await until(lambda: len(hall.server._pending) == 6)
            await hall.greet(quiet, "board", "b1")

    run(test())


def test_phones_leave_room_for_stations(tmp_path: Path) -> None:
    async def test() -> None:
        limits = Limits(stations=3, phones=1)
        async with room(tmp_path, limits=limits) as hall, contextlib.AsyncExitStack() as lines:
            tickets = [(await hall.order(cmd.TakeTicket(queue="A")))["ticket"] for _ in range(2)]
            phones = [await lines.enter_async_context(hall.connect()) for _ in tickets]
            for phone, ticket in zip(phones, tickets, strict=True):
                await phone.send(wire.encode(wire.Hello(hall.slip_key.phone_key(ticket))))
            assert isinstance(await hear(phones[0]), Welcome)
            assert (await last_words(phones[1]))[0] == "full"
            window = await lines.enter_async_context(hall.connect())
            await hall.greet(window, "window", "3")

    run(test())


def test_the_web_process_reads_a_ticket_that_is_not_there_as_an_empty_document(tmp_path: Path) -> None:
    """One unknown id must not end the line that reads for all; any other station is told and closed."""

    async def test() -> None:
        async with room(tmp_path) as hall, hall.connect() as web, hall.connect() as desk:
            (view,) = await hall.greet(web, "web", "w", f"ticket/{new_id()}")
            assert view.doc == {}
            token = hall.token("manager", "m")
            await desk.send(wire.encode(wire.Hello(token, [f"ticket/{new_id()}"])))
            assert (await last_words(desk))[0] == "unknown-topic"

    run(test())


def test_one_ticket_cannot_fill_the_hall(tmp_path: Path) -> None:
    async def test() -> None:
        async with room(tmp_path, limits=Limits(per_phone=2)) as hall, contextlib.AsyncExitStack() as lines:
            ticket = (await hall.order(cmd.TakeTicket(queue="A")))["ticket"]
            phones = [await lines.enter_async_context(hall.connect()) for _ in range(3)]
            for phone in phones:
                await phone.send(wire.encode(wire.Hello(hall.slip_key.phone_key(ticket))))
                if phone is not phones[-1]:
                    assert isinstance(await hear(phone), Welcome)
            assert (await last_words(phones[-1]))[0] == "too-fast"
            assert await hear(phones[0], Beat)

    run(test())


def test_a_browser_page_of_another_subprotocol_is_not_let_in(tmp_path: Path) -> None:
    async def test() -> None:
        async with room(tmp_path) as hall:
            with pytest.raises(InvalidStatus):
                async with hall.connect(subprotocols=None):
                    pass

    run(test())


# --- the end


def test_a_stopping_caller_says_goodbye_and_closes_with_restart(tmp_path: Path) -> None:
    async def test() -> None:
        hall = Room(tmp_path)
        await hall.start()
        async with hall.connect() as line:
            await hall.greet(line, "board", "b1")
            stopping = asyncio.create_task(hall.stop())
            assert await last_words(line) == ("shutting-down", 1012)
            await stopping

    run(test())


def test_a_bug_of_ours_ends_the_caller(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def test() -> None:
        async with room(tmp_path) as hall, hall.connect() as line:
            await hall.greet(line, "board", "b1", "board")

            def broken(*_: object) -> dict[str, Any]:
                raise ZeroDivisionError

            monkeypatch.setattr(views, "build", broken)
            await hall.order(cmd.PauseWindow("3"))
            with pytest.raises(ZeroDivisionError):
                await soon(hall.server.run())
            hall.server._failure = asyncio.get_running_loop().create_future()

    run(test())


# --- room on the disk


def test_the_process_sees_that_its_disk_has_too_little_room_for_what_follows_the_log(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    kept = errors.KEPT_FOR_LOG_MIB
    for free, told in ((kept - 1, kept - 1), (kept, None), (0, 0)):
        monkeypatch.setattr(upkeep, "free_mib", lambda _, free=free: free)
        assert upkeep._disk_left(tmp_path) == told
    monkeypatch.undo()
    assert upkeep._disk_left(tmp_path / "nowhere") is None
