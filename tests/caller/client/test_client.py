"""The station's side: named states, views that stay whole, commands that are done once whatever the line does."""

import asyncio
import json
import logging
import random
import shutil
import time
from collections.abc import AsyncGenerator, Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from websockets.asyncio.client import ClientConnection

from caller.client import pending_commands, reconnecting
from caller.client.change_notifier import News
from caller.client.client import Client, RefusedError, SendError, new_id
from caller.client.pending_commands import MEANT_SECONDS, Unanswered
from caller.engine import commands as cmd
from caller.engine.refusals import Refused
from caller.eventlog.witness import KEY_NAME
from caller.protocol import frames
from caller.protocol.frames import CommandFrame, PeerError
from caller.service.idempotency import refusal
from tests.instruments.caller_fixture import Cable, Room, room, run, soon, until

TAKE = cmd.TakeTicket(queue="A")


class Forgetful(Unanswered):
    """The twin: makes a new id for whatever is sent again."""

    def texts(self) -> Iterator[str]:
        for id in list(self._waiting):
            text, future = self._waiting.pop(id)
            frame = frames.decode_station(text)
            assert isinstance(frame, CommandFrame)
            again = CommandFrame(new_id(), frame.command)
            self._waiting[again.id] = (frames.encode(again), future)
        return super().texts()


def test_an_id_is_a_uuid7_of_its_millisecond_and_no_two_are_alike() -> None:
    id = UUID(new_id(now_ms=1_772_503_200_000))
    assert (id.version, id.variant) == (7, "specified in RFC 4122")
    assert id.int >> 80 == 1_772_503_200_000
    assert len({new_id() for _ in range(10_000)}) == 10_000
    assert new_id(1) < new_id(2)


# --- an ordinary day


def test_a_client_becomes_current_with_every_view_it_watches(tmp_path: Path) -> None:
    async def test() -> None:
        async with room(tmp_path) as hall, hall.client("window", "3", ["board", "window/3"]) as station:
            seen = [state async for state in first_states(station)]
            assert seen[-1] == "current"
            assert station.views.keys() == {"board", "window/3"}
            assert station.welcome is not None
            assert station.welcome.station == "3"
        assert station.state == "closed"

    run(test())


async def first_states(station: Client) -> AsyncGenerator[str, None]:
    async for state in station.states():
        yield state
        if state == "current":
            return


def test_views_follow_the_hall_patch_by_patch(tmp_path: Path) -> None:
    async def test() -> None:
        async with room(tmp_path) as hall, hall.client("board", "b1", ["board"]) as board:
            await soon(board.until("current"))
            for expected in range(1, 6):
                await hall.order(TAKE)
                await until(
                    lambda expected=expected: board.views["board"]["queues"]["A"]["waiting"] == expected
                )
            await until(lambda: board.views["board"] == hall.server._subscriptions._shown["board"])

    run(test())


def test_changes_tell_each_topic_and_never_pile_up(tmp_path: Path) -> None:
    async def test() -> None:
        async with room(tmp_path) as hall, hall.client("manager", "m", ["board", "window/3"]) as station:
            await soon(station.until("current"))
            changes = station.changes()
            first = asyncio.ensure_future(anext(changes))
            for _ in range(50):
                await hall.order(TAKE)
            told = {await soon(first), await soon(anext(changes))}
            assert told == {"board", "window/3"}

    run(test())


def test_a_slow_reader_of_news_gets_each_key_once() -> None:
    async def test() -> None:
        news = News()
        reader = news.of("topic")
        first = asyncio.ensure_future(anext(reader))
        await asyncio.sleep(0)
        for key in ("a", "b", "a", "b", "a"):
            news.tell("topic", key)
        news.tell("state", "c")
        news.end()
        assert [await first, *[key async for key in reader]] == ["a", "b"]

    run(test())


def test_a_result_comes_back_to_whoever_sent(tmp_path: Path) -> None:
    async def test() -> None:
        async with room(tmp_path) as hall, hall.client("kiosk", "K1") as kiosk:
            results = await asyncio.gather(*(kiosk.send(TAKE) for _ in range(20)))
            assert {result["number"] for result in results} == {f"A{serial:03d}" for serial in range(1, 21)}

    run(test())


def test_a_refusal_is_raised_with_its_words(tmp_path: Path) -> None:
    async def test() -> None:
        async with room(tmp_path) as hall, hall.client("window", "3", ["window/3"]) as window:
            await soon(window.until("current"))
            with pytest.raises(RefusedError) as refused:
                await window.send(cmd.CallNext("3", window.views["window/3"]["version"]))
            assert refused.value.frame.code == "nobody-waiting"
            assert "没有人等候" in str(refused.value)

    run(test())


def test_the_same_id_gets_the_same_answer(tmp_path: Path) -> None:
    async def test() -> None:
        async with room(tmp_path) as hall, hall.client("kiosk", "K1") as kiosk:
            id = new_id()
            first, second = await kiosk.send(TAKE, id), await kiosk.send(TAKE, id)
            assert first == second
            assert first["ticket"] == id
            assert hall.issued() == 1

    run(test())


def test_what_does_not_fit_the_wire_never_leaves(tmp_path: Path) -> None:
    async def test() -> None:
        async with room(tmp_path) as hall, hall.client("kiosk", "K1") as kiosk:
            with pytest.raises(PeerError):
                await kiosk.send(cmd.TakeTicket(queue="ABC"))
            assert await kiosk.send(TAKE)
            assert kiosk.bye is None

    run(test())


def test_watching_another_topic_brings_it_and_drops_the_old_one(tmp_path: Path) -> None:
    async def test() -> None:
        async with room(tmp_path) as hall, hall.client("manager", "m", ["board"]) as station:
            await soon(station.until("current"))
            await station.watch(["kiosk"])
            await until(lambda: station.views.keys() == {"kiosk"} and station.state == "current")

    run(test())


def test_a_topic_watched_again_is_not_current_before_its_newest_document_is_here(tmp_path: Path) -> None:
    """Who reads after writing would else be given what was here before."""

    async def test() -> None:
        async with room(tmp_path) as hall, hall.client("manager", "m", ["board"]) as station:
            await soon(station.until("current"))
            await station.watch(["board", "kiosk"], keep=True)  # the twin: a desk's keys do not go dark
            assert station._missing == {"kiosk"}
            await soon(station.until("current"))
            await station.watch(["board"])
            assert station.state == "greeting"
            await soon(station.until("current"))

    run(test())


# --- when the caller goes away


def test_after_a_restart_the_client_is_current_again_with_the_same_view(tmp_path: Path) -> None:
    async def test() -> None:
        hall = Room(tmp_path)
        await hall.start()
        await hall.open()
        async with hall.client("board", "b1", ["board"], jitter=lambda: 0.0) as board:
            await soon(board.until("current"))
            await hall.order(TAKE)
            await until(lambda: board.views["board"]["queues"]["A"]["waiting"] == 1)
            before = dict(board.views["board"]["queues"]["A"])
            await hall.kill()
            await soon(board.until("waiting", "connecting"))
            assert board.views["board"]["queues"]["A"] == before  # the last picture stays
            await hall.start()
            await soon(board.until("current"))
            assert board.views["board"]["queues"]["A"]["waiting"] == before["waiting"]
            await hall.order(TAKE)
            await until(lambda: board.views["board"]["queues"]["A"]["waiting"] == 2)
        await hall.stop()

    run(test())


async def lose_the_answer(folder: Path, memory: Unanswered) -> int:
    """A ticket is taken, the line is cut before the answer comes, and plugged in again: how many tickets?"""
    async with room(folder) as hall, Cable(hall.port) as cable:
        station = Client(cable.url, hall.token("kiosk", "K1"), jitter=lambda: 0.0)
        station._unanswered = memory
        async with station:
            await soon(station.until("current"))
            cable.hold("down")
            sending = asyncio.create_task(station.send(TAKE))
            await until(lambda: hall.issued() == 1 and hall.loop.settled)
            cable.cut()
            cable.plug()
            result = await soon(sending)
            assert result["ticket"] in hall.loop.hall.state.tickets
        return hall.issued()


def test_a_command_whose_answer_was_lost_is_sent_again_and_done_once(tmp_path: Path) -> None:
    async def test() -> None:
        assert await lose_the_answer(tmp_path, Unanswered()) == 1

    run(test())


def test_the_twin_that_makes_a_new_id_takes_two_tickets(tmp_path: Path) -> None:
    async def test() -> None:
        assert await lose_the_answer(tmp_path, Forgetful()) == 2

    run(test())


def test_a_caller_killed_between_commit_and_answer_answers_after_its_restart(tmp_path: Path) -> None:
    async def test() -> None:
        hall = Room(tmp_path)
        await hall.start()
        await hall.open()
        async with (
            Cable(hall.port) as cable,
            Client(cable.url, hall.token("kiosk", "K1"), jitter=lambda: 0.0) as kiosk,
        ):
            await soon(kiosk.until("current"))
            cable.hold("down")
            sending = [asyncio.create_task(kiosk.send(TAKE)) for _ in range(10)]
            await until(lambda: hall.issued() == 10 and hall.loop.settled)
            await hall.kill()
            cable.cut()
            await hall.start()
            cable.plug()
            numbers = [(await soon(each))["number"] for each in sending]
            assert numbers == [f"A{serial:03d}" for serial in range(1, 11)]
            assert hall.issued() == 10
        await hall.stop()

    run(test())


def test_a_command_given_while_nobody_answers_is_sent_when_the_caller_is_back(tmp_path: Path) -> None:
    async def test() -> None:
        hall = Room(tmp_path)
        await hall.start()
        await hall.open()
        async with hall.client("kiosk", "K1", jitter=lambda: 0.0) as kiosk:
            await soon(kiosk.until("current"))
            await hall.kill()
            await soon(kiosk.until("waiting", "connecting"))
            sending = asyncio.create_task(kiosk.send(TAKE))
            await hall.start()
            assert (await soon(sending))["number"] == "A001"
        await hall.stop()

    run(test())


def test_a_command_has_an_end_and_says_that_nobody_knows(tmp_path: Path) -> None:
    async def test() -> None:
        async with room(tmp_path) as hall, Cable(hall.port) as cable:
            station = Client(cable.url, hall.token("kiosk", "K1"), jitter=lambda: 0.0)
            async with station:
                await soon(station.until("current"))
                cable.hold("up")
                id = new_id()
                with pytest.raises(SendError):
                    await station.send(TAKE, id, timeout=0.1)
                assert not station._unanswered
                cable.plug()
                assert (await soon(station.send(TAKE, id)))["ticket"] == id
                assert hall.issued() == 1

    run(test())


def test_commands_that_wait_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pending_commands, "UNANSWERED_MAX", 3)

    async def test() -> None:
        station = Client("ws://127.0.0.1:1", "x")
        waiting = [asyncio.create_task(station.send(TAKE)) for _ in range(3)]
        await until(lambda: len(station._unanswered) == 3)
        with pytest.raises(SendError, match="too many"):
            await station.send(TAKE)
        station._close()
        results = await asyncio.gather(*waiting, return_exceptions=True)
        assert all(isinstance(result, SendError) for result in results)
        with pytest.raises(SendError, match="closed"):
            await station.send(TAKE)

    run(test())


# --- a line that is there and silent


def test_a_silent_line_is_said_to_be_silent_then_given_up_and_opened_anew(tmp_path: Path) -> None:
    async def test() -> None:
        async with room(tmp_path) as hall, Cable(hall.port) as cable:
            token = hall.token("board", "b1")
            station = Client(
                cable.url, token, ["board"], silent_seconds=1.5, dead_seconds=2.5, jitter=lambda: 0.0
            )
            async with station:
                await soon(station.until("current"))
                cable.hold("down")
                seen: list[str] = []
                async for state in station.states():
                    seen.append(state)
                    if state == "waiting":
                        break
                assert seen == ["current", "silent", "waiting"]
                cable.plug()
                await soon(station.until("current"))

    run(test())


def test_a_line_that_speaks_again_is_current_again_without_a_new_hello(tmp_path: Path) -> None:
    async def test() -> None:
        async with room(tmp_path) as hall, Cable(hall.port) as cable:
            token = hall.token("board", "b1")
            station = Client(cable.url, token, ["board"], silent_seconds=1.5, dead_seconds=60.0)
            async with station:
                await soon(station.until("current"))
                socket = station._socket
                cable.hold("down")
                await soon(station.until("silent"))
                cable.plug()
                await soon(station.until("current"))
                assert station._socket is socket

    run(test())


@pytest.mark.parametrize("chunk", [1, 7, 1000])
def test_frames_may_arrive_in_any_pieces(tmp_path: Path, chunk: int) -> None:
    async def test() -> None:
        async with room(tmp_path) as hall, Cable(hall.port, chunk) as cable:
            station = Client(cable.url, hall.token("window", "3"), ["window/3"])
            async with station:
                await soon(station.until("current"))
                await hall.order(TAKE)
                await until(lambda: station.views["window/3"]["waiting"] == 1)
                called = await soon(station.send(cmd.CallNext("3", station.views["window/3"]["version"])))
                assert called["number"] == "A001"

    run(test())


def test_a_line_cut_at_any_moment_never_doubles_a_press(tmp_path: Path) -> None:
    """Twenty tickets over a line that is cut again and again, by seed."""

    async def test() -> None:
        chance = random.Random(7)
        async with room(tmp_path) as hall, Cable(hall.port, 64) as cable:
            station = Client(cable.url, hall.token("kiosk", "K1"), jitter=lambda: 0.0)
            async with station:
                for _ in range(20):
                    sending = asyncio.create_task(station.send(TAKE))
                    if chance.random() < 0.7:
                        await asyncio.sleep(chance.random() * 0.01)
                        cable.cut()
                        cable.plug()
                    await soon(sending)
            assert hall.issued() == 20

    run(test())


# --- being hung up on


def test_a_wrong_token_is_told_and_tried_again_rarely(tmp_path: Path) -> None:
    async def test() -> None:
        async with room(tmp_path) as hall, Client(hall.url, "wrong") as station:
            await until(lambda: station.bye is not None and station.state == "waiting")
            assert station.bye is not None
            assert station.bye.code == "bad-token"
            assert station._again._pause(station.bye.code) >= reconnecting.WAIT_REFUSED_SECONDS / 2

    run(test())


def test_trouble_is_warned_of_once_then_quietly(caplog: pytest.LogCaptureFixture) -> None:
    async def test() -> None:
        async with Client("ws://127.0.0.1:1", "x", jitter=lambda: 0.0) as station:
            await until(lambda: station._again.failures >= 3)

    with caplog.at_level(logging.INFO, "hallcall.client"):
        run(test())
    assert [record.levelname for record in caplog.records] == ["WARNING"]


def test_waits_grow_to_well_below_two_seconds_and_differ_between_stations() -> None:
    station = Client("ws://127.0.0.1:1", "x", jitter=lambda: 1.0)
    waits: list[float] = []
    for station._again.failures in range(1, 12):
        waits.append(station._again._pause(""))
    assert waits[:5] == [0.1, 0.2, 0.4, 0.8, 1.5]
    assert max(waits) == 1.5, "the rest of the two seconds is for connecting and the first views"
    station._again._jitter = lambda: 0.0
    assert station._again._pause("") == 0.75


@pytest.mark.parametrize("told", [True, False])
def test_what_is_watched_while_the_welcome_is_on_its_way_comes_as_well(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, told: bool
) -> None:
    """The first reader of a web process that had just connected waited for its document in vain. The twin is told nothing
    after its welcome and has it not, though it hears the caller."""
    send, asked = ClientConnection.send, list[Client]()

    async def hello_then_watch(self: ClientConnection, text: Any) -> None:
        await send(self, text)
        if not asked:
            asked.append(station)
            await station.watch(["board"])
            if not told:
                station.topics = json.loads(text).get("watch", [])

    monkeypatch.setattr(ClientConnection, "send", hello_then_watch)

    async def test() -> None:
        nonlocal station
        async with room(tmp_path) as hall:
            station = hall.client("manager", "m1")
            async with station:
                if told:
                    await soon(station.until("current"))
                else:
                    await until(lambda: station.welcome is not None)
                    heard = station.ahead_micros
                    await until(lambda: station.ahead_micros != heard)  # a beat later
                assert ("board" in station.views) == told

    station: Client
    run(test())


# --- leaving


def codes_of_one_that_leaves(data: Path, caplog: pytest.LogCaptureFixture) -> list[str]:
    """The close codes that the caller logs of a station that did its work and went, as `hallcall day` does."""
    run(_come_and_go(data, caplog))
    lines = [each for each in caplog.messages if "left station=manager/m1" in each]
    return [line.rpartition("code=")[2] for line in lines]


async def _come_and_go(data: Path, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, "hallcall"):
        async with room(data) as hall:
            async with hall.client("manager", "m1", ["supervise"]) as station:
                await soon(station.until("current"))
            await until(lambda: any("left station=manager/m1" in each for each in caplog.messages))


def test_a_station_that_leaves_on_purpose_is_no_error_in_the_log(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    assert codes_of_one_that_leaves(tmp_path, caplog) == ["1000"]


def test_the_twin_that_leaves_it_to_the_library_is_logged_as_an_internal_error(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def nothing(_self: Client, _socket: object) -> None:
        pass

    monkeypatch.setattr(Client, "_leave", nothing)
    assert codes_of_one_that_leaves(tmp_path, caplog) == ["1011"]


# --- what is meant for a while, and what nobody knows


def test_an_answer_that_the_outcome_is_unknown_is_no_refusal() -> None:
    """The station asks again with the same id, as after no answer at all."""

    async def test() -> None:
        waiting = Unanswered()
        future, _ = waiting.ask("press-01", "{}")
        waiting.answer(refusal("press-01", Refused("save-unknown", why="磁盘", why_en="disk")))
        with pytest.raises(SendError, match="unknown"):
            await future

    run(test())


def test_a_number_is_asked_for_until_ten_minutes_after_its_id_was_made(tmp_path: Path) -> None:
    """A repeat of a saved id, hours after a power cut, must not make a number that nobody waits for."""

    async def test() -> None:
        async with (
            room(tmp_path) as hall,
            Client(hall.url, hall.token("kiosk", "K1"), ["kiosk"], meant_seconds=MEANT_SECONDS) as kiosk,
        ):
            await kiosk.until("current")
            late = new_id(time.time_ns() // 1_000_000 - 601_000)
            with pytest.raises(RefusedError) as refused:
                await kiosk.send(cmd.TakeTicket(queue="A"), id=late)
            assert refused.value.frame.code == "command-late"
            assert hall.loop.hall.waiting.get("A", 0) == 0
            in_time = new_id(time.time_ns() // 1_000_000 - 500_000)
            first = await kiosk.send(cmd.TakeTicket(queue="A"), id=in_time)
            assert await kiosk.send(cmd.TakeTicket(queue="A"), id=in_time) == first
            assert (await kiosk.send(cmd.TakeTicket(queue="A"), id="no-instant-in-it"))["number"] == "A002"

    run(test())


def test_a_station_shows_the_last_witness_it_met_and_a_caller_whose_log_was_lost_stops_numbers(
    tmp_path: Path,
) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()

    async def test() -> None:
        async with room(tmp_path / "a") as hall, hall.client("kiosk", "K1", ["kiosk"]) as kiosk:
            await kiosk.until("current")
            await kiosk.send(cmd.TakeTicket(queue="A"))
            await until(lambda: kiosk.witness.text == hall.loop.witness)
            witness = kiosk.witness.text
        (tmp_path / "b" / KEY_NAME).parent.mkdir(mode=0o700)
        shutil.copy(tmp_path / "a" / KEY_NAME, tmp_path / "b" / KEY_NAME)
        async with room(tmp_path / "b") as lost, lost.client("kiosk", "K1", ["kiosk"]) as kiosk:
            await kiosk.until("current")
            await kiosk.send(cmd.TakeTicket(queue="A"))
            kiosk.witness.text = witness
            for link in list(lost.server._links):
                link.abort()
            await until(lambda: lost.loop._log.behind)
            await kiosk.until("current")
            with pytest.raises(RefusedError) as refused:
                await kiosk.send(cmd.TakeTicket(queue="A"))
            assert refused.value.frame.code == "log-behind"
            assert "behind" in [trouble.code for trouble in lost.loop.health.log_troubles]

    run(test())
