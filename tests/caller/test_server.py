"""The caller over real sockets: what stations see, and what becomes of those who break the rules."""

import asyncio
import contextlib
import json
import logging
import socket
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from websockets.asyncio.client import ClientConnection
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.protocol import State

from caller import views, wire
from caller.byes import BYES, ErrorCode
from caller.client import new_id
from caller.engine import commands as cmd
from caller.link import Limits, Link
from caller.outbox import Outbox
from caller.session import FLOOD_COMMANDS, Pace
from caller.stations import Stations
from caller.wire import Beat, Bye, CommandFrame, Done, PeerError, RefusedFrame, ViewFrame, Watch, Welcome
from tests.caller.rooms import HOST, Room, hear, room, run, soon, until


def take(queue: str = "A", id: str = "") -> str:
    return wire.encode(CommandFrame(id or new_id(), cmd.TakeTicket(queue=queue)))


async def last_words(socket: ClientConnection) -> tuple[ErrorCode, int | None]:
    """The bye a station hears, and the code its socket is closed with."""
    bye = await hear(socket, Bye)
    await soon(socket.wait_closed())
    return bye.code, socket.close_code


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
            assert wire.merge(whole.doc, patch.patch)["queues"]["A"]["waiting"] == 1

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
            await phone.send(wire.encode(wire.Hello(second["ticket"], [topic])))
            assert (await hear(phone, Welcome)).role == "phone"
            assert (await hear(phone, ViewFrame)).doc["ahead"] == 1
            await hall.order(cmd.CancelTicket(first["ticket"]))
            frame = await hear(phone, ViewFrame)  # on the beat: its own ticket was not touched
            assert frame.patch["ahead"] == 0
            await phone.send(wire.encode(Watch([f"ticket/{first['ticket']}"])))
            assert await last_words(phone) == ("not-allowed", BYES["not-allowed"][0])
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
            assert await last_words(line) == ("bad-token", BYES["bad-token"][0])
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
            assert await last_words(line) == ("bad-token", BYES["bad-token"][0])

    run(test())


def test_a_ticket_whose_id_could_be_guessed_is_no_token(tmp_path: Path) -> None:
    async def test() -> None:
        async with room(tmp_path) as hall, hall.connect() as line:
            order = cmd.Order("ticket-7", cmd.TakeTicket(queue="A"), "kiosk", "K1")
            answered = asyncio.Event()
            hall.loop.submit(order, lambda _: answered.set())
            await soon(answered.wait())
            await line.send(wire.encode(wire.Hello("ticket-7")))
            assert (await last_words(line))[0] == "bad-token"

    run(test())


def test_a_full_hall_answers_the_next_station_in_words(tmp_path: Path) -> None:
    async def test() -> None:
        async with room(tmp_path, limits=Limits(stations=1)) as hall, hall.connect():
            await until(lambda: hall.server.connected)
            with pytest.raises(InvalidStatus) as refused:
                async with hall.connect():
                    pass
            assert refused.value.response.status_code == 503
            assert "站点已满" in refused.value.response.body.decode()

    run(test())


def test_one_ticket_cannot_fill_the_hall(tmp_path: Path) -> None:
    async def test() -> None:
        async with room(tmp_path, limits=Limits(per_phone=2)) as hall, contextlib.AsyncExitStack() as lines:
            ticket = (await hall.order(cmd.TakeTicket(queue="A")))["ticket"]
            phones = [await lines.enter_async_context(hall.connect()) for _ in range(3)]
            for phone in phones:
                await phone.send(wire.encode(wire.Hello(ticket)))
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


# --- breaking the rules

GREETED: list[tuple[str | bytes, str]] = [
    ("not json at all", "not-json"),
    ('{"type":"command"', "not-json"),
    ('{"type":"sing"}', "unknown-kind"),
    ('{"type":"command","id":"12345678","command":{"type":"Sing"}}', "unknown-kind"),
    ('{"type":"command","id":"12345678","command":{"type":"TakeTicket","queue":"ABC"}}', "bad-frame"),
    ('{"type":"hello","token":"again"}', "bad-frame"),
    (b'{"type":"watch","topics":[]}', "bad-frame"),
    ('{"type":"watch","topics":["' + "x" * wire.FRAME_BYTES_MAX + '"]}', "too-large"),
    ('{"type":"watch","topics":["supervise"]}', "not-allowed"),
    ('{"type":"watch","topics":["window/99"]}', "not-allowed"),
    ('{"type":"watch","topics":["ticket/nobody"]}', "unknown-topic"),
    (json.dumps({"type": "watch", "topics": ["board"] * 65}), "too-many-topics"),
]


@pytest.mark.parametrize(
    ("message", "code"), GREETED, ids=[f"{code}-{i}" for i, (_, code) in enumerate(GREETED)]
)
def test_each_broken_rule_is_named_and_the_line_closed(
    tmp_path: Path, message: str | bytes, code: Any
) -> None:
    async def test() -> None:
        async with room(tmp_path) as hall, hall.connect() as line:
            await hall.greet(line, "window", "3")
            await line.send(message)
            assert await last_words(line) == (code, PeerError(code).close_code)
            async with hall.connect() as next_one:  # and nobody else has noticed
                await hall.greet(next_one, "board", "b1", "board")

    run(test())


@pytest.mark.parametrize("message", ['{"type":"watch","topics":[]}', take()], ids=["watch", "command"])
def test_whoever_does_not_greet_first_is_closed(tmp_path: Path, message: str) -> None:
    async def test() -> None:
        async with room(tmp_path) as hall, hall.connect() as line:
            await line.send(message)
            assert await last_words(line) == ("no-hello", BYES["no-hello"][0])
            assert hall.issued() == 0

    run(test())


def test_whoever_does_not_greet_at_all_is_closed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wire, "HELLO_SECONDS", 0.2)

    async def test() -> None:
        async with room(tmp_path) as hall, hall.connect() as line:
            assert (await last_words(line))[0] == "no-hello"

    run(test())


def test_a_huge_frame_is_cut_off_before_it_is_read_whole(tmp_path: Path) -> None:
    async def test() -> None:
        async with room(tmp_path) as hall, hall.connect() as line:
            await hall.greet(line, "window", "3")
            with contextlib.suppress(ConnectionClosed):
                await line.send("x" * 1_000_000)
            await soon(line.wait_closed())
            assert line.close_code in (1009, 1006)
            await until(lambda: not hall.server.connected)

    run(test())


def test_a_stuck_key_is_refused_and_a_flood_is_hung_up_on(tmp_path: Path) -> None:
    async def test() -> None:
        async with room(tmp_path) as hall, hall.connect(max_queue=None) as line:
            await hall.greet(line, "board", "b1")
            with contextlib.suppress(ConnectionClosed):
                while True:
                    await line.send(take())
            refusals: set[str] = set()
            while isinstance(frame := await hear(line), RefusedFrame | Beat):
                refusals |= {frame.code} if isinstance(frame, RefusedFrame) else set()
            assert refusals == {"not-allowed", "too-fast"}
            assert isinstance(frame, Bye)
            assert frame.code == "too-fast"

    run(test())


def test_a_fair_pace_is_never_refused() -> None:
    pace = Pace(0.0)
    assert all(pace.take(step / wire.COMMANDS_PER_SECOND) for step in range(10_000))


def test_whoever_stays_above_the_pace_is_hung_up_on_in_the_end() -> None:
    pace, refused, step = Pace(0.0), 0, 0
    with contextlib.suppress(PeerError):
        for step in range(100_000):
            refused += not pace.take(step / (2 * wire.COMMANDS_PER_SECOND))
    assert FLOOD_COMMANDS < refused < 3 * FLOOD_COMMANDS
    assert step < 2000


def test_a_burst_is_taken_and_then_it_is_refused_until_time_has_passed() -> None:
    pace = Pace(0.0)
    assert [pace.take(0.0) for _ in range(wire.COMMANDS_BURST + 1)].count(True) == wire.COMMANDS_BURST
    assert not pace.take(-1000.0)  # a clock set back gives nothing
    assert pace.take(1.0)


KINDS = st.sampled_from(["hello", "watch", "command", "view", "?"])
FIELDS = st.dictionaries(
    st.sampled_from(["token", "topics", "id", "command", "type"]),
    st.text(max_size=9) | st.lists(st.integers()),
)
FRAMES = (
    st.text(max_size=40)
    | st.binary(max_size=40)
    | st.builds(lambda kind, rest: json.dumps({"type": kind, **rest}), KINDS, FIELDS)
)


def test_a_thousand_random_frames_close_only_the_lines_they_came_in_on(tmp_path: Path) -> None:
    hall = Room(tmp_path)

    @settings(max_examples=1000, deadline=None, database=None, suppress_health_check=[HealthCheck.too_slow])
    @given(FRAMES)
    def each(message: str | bytes) -> None:
        runner.run(say(hall, message))

    async def afterwards() -> None:
        async with hall.connect() as watcher:
            await hall.greet(watcher, "board", "b1", "board")
            await until(lambda: hall.server.connected == ["board/b1"])
            await hall.open()
            assert await hear(watcher, ViewFrame)
        await hall.stop()

    with asyncio.Runner() as runner:
        runner.run(hall.start())
        each()
        runner.run(afterwards())


async def say(hall: Room, message: str | bytes) -> None:
    """Say one thing after a proper greeting, then nonsense: the line is closed, with a reason."""
    async with hall.connect() as line:
        await hall.greet(line, "kiosk", "K1")
        await line.send(message)
        await line.send("nonsense")
        code, closed_with = await last_words(line)
        assert closed_with == PeerError(code).close_code


# --- those who do not read


async def deaf(hall: Room, role: str, name: str, *watch: str) -> socket.socket:
    """A station that greets and then never reads again."""
    peer = socket.socket()
    peer.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    peer.setblocking(False)
    loop = asyncio.get_running_loop()
    await loop.sock_connect(peer, (HOST, hall.port))
    lines = (
        "GET / HTTP/1.1", f"Host: {HOST}:{hall.port}", "Upgrade: websocket", "Connection: Upgrade",
        "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==", "Sec-WebSocket-Version: 13",
        f"Sec-WebSocket-Protocol: {wire.SUBPROTOCOL}", "", "",
    )  # fmt: skip
    await loop.sock_sendall(peer, "\r\n".join(lines).encode())
    await soon(loop.sock_recv(peer, 4096))
    await loop.sock_sendall(peer, masked(wire.encode(wire.Hello(hall.token(role, name), list(watch)))))
    await until(lambda: f"{role}/{name}" in hall.server.connected)
    return peer


def masked(text: str) -> bytes:
    """One text frame as a client must send it, with a mask of zeros."""
    data = text.encode()
    assert 125 < len(data) < 65536 or len(data) < 126
    head = (
        bytes([0x81, 0x80 | len(data)])
        if len(data) < 126
        else bytes([0x81, 0xFE]) + len(data).to_bytes(2, "big")
    )
    return head + bytes(4) + data


IMPATIENT = Limits(kernel_bytes=4096, behind_bytes=40_000, stuck_seconds=1.5, closing_seconds=1.5)


async def press(hall: Room, presses: int) -> None:
    """Make the board change so many times."""
    for _ in range(presses):
        await hall.order(cmd.PauseWindow("3", "long"))
        await hall.order(cmd.ResumeWindow("3"))


def link_of(hall: Room, name: str) -> Link:
    return next(link for link in hall.server._links if str(link) == name)


def test_a_station_that_never_reads_is_dropped_and_costs_nobody_else(tmp_path: Path) -> None:
    async def test() -> None:
        async with room(tmp_path, limits=IMPATIENT) as hall, hall.connect(max_queue=None) as board:
            await hall.greet(board, "board", "b1", "board")
            with await deaf(hall, "manager", "m", "board"):
                link, most = link_of(hall, "manager/m"), 0
                while "manager/m" in hall.server.connected:
                    await press(hall, 20)
                    most = max(most, link.unsent)
                assert most <= IMPATIENT.behind_bytes + 16_384  # no backlog: what it missed is not kept
            assert await hear(board, ViewFrame)

    run(test())


def test_the_twin_without_the_reaper_keeps_the_deaf_station_for_ever(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Link, "overdue", lambda _self, _now: "")

    async def test() -> None:
        async with room(tmp_path, limits=IMPATIENT) as hall:
            with await deaf(hall, "manager", "m", "board"):
                link = link_of(hall, "manager/m")
                while not link.behind:
                    await press(hall, 20)
                now = asyncio.get_running_loop().time
                since = now()
                await until(lambda: now() - since > 8)  # long past every limit, and past its pings
                assert "manager/m" in hall.server.connected
                assert link.behind
                link.abort()

    monkeypatch.setattr("caller.server.PING_SECONDS", 1)
    run(test())


def test_a_station_that_fell_behind_gets_the_newest_document_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One document for each time it fell behind. The kernel decides how often: it may take a few KB more at any
    time, which makes room, is paid at once, and lets it fall behind again."""
    limits = Limits(kernel_bytes=4096, behind_bytes=16_384, stuck_seconds=60)
    debts: list[set[str]] = []
    owe = Outbox._owe

    def noted(outbox: Outbox, link: Link, topics: Iterable[str]) -> None:
        debts.append(set(topics))
        owe(outbox, link, topics)

    monkeypatch.setattr(Outbox, "_owe", noted)

    async def test() -> None:
        async with room(tmp_path, limits=limits) as hall:
            with await deaf(hall, "manager", "m", "board") as peer:
                link = link_of(hall, "manager/m")
                while not link.behind:
                    await press(hall, 20)
                await press(hall, 50)
                await hall.order(cmd.PauseWindow("3", "equipment"))
                heard = bytearray()
                reading = asyncio.create_task(drain(peer, heard))
                await until(lambda: "设备故障".encode() in heard)
                reading.cancel()
                assert not link.owed
                assert len(debts) >= 2  # the greeting is the first
                assert heard.count(b'"doc"') == len(debts)

    run(test())


def test_what_a_station_missed_is_one_document_however_much_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same with the kernel left out: how much is unsent is told here."""
    unsent = 0
    monkeypatch.setattr(Link, "unsent", property(lambda _self: unsent))

    async def test() -> None:
        nonlocal unsent
        async with room(tmp_path) as hall, hall.connect(max_queue=None) as board:
            await hall.greet(board, "manager", "m", "board")
            for code, last in (("meeting", "会议"), ("equipment", "设备故障")):
                unsent = Limits().behind_bytes + 1
                await press(hall, 20)
                await hall.order(cmd.PauseWindow("3", code))
                assert link_of(hall, "manager/m").owed == {"board"}
                unsent = 0  # paid with the next beat, which changes nothing itself
                frame = await hear(board, ViewFrame)
                assert frame.doc is not None
                assert last in json.dumps(frame.doc, ensure_ascii=False)
                await hall.order(cmd.ResumeWindow("3"))
                assert (
                    await hear(board, ViewFrame)
                ).doc is None  # prompt again: a patch, and nothing between

    run(test())


async def drain(peer: socket.socket, heard: bytearray) -> None:
    """Read again, as a screen that woke up."""
    while data := await asyncio.get_running_loop().sock_recv(peer, 65536):
        heard += data


def test_a_closing_handshake_that_does_not_end_is_cut_off(tmp_path: Path) -> None:
    limits = Limits(kernel_bytes=4096, behind_bytes=40_000, stuck_seconds=600, closing_seconds=1.5)

    async def test() -> None:
        async with room(tmp_path, limits=limits) as hall:
            with await deaf(hall, "manager", "m", "board"):
                link = link_of(hall, "manager/m")
                while not link.behind:
                    await press(hall, 20)
                other = Stations(tmp_path / "stations.db")
                other.revoke("manager", "m")
                other.close()
                await until(lambda: link.connection.state is State.CLOSING)
                await until(lambda: "manager/m" not in hall.server.connected)

    run(test())


def test_answers_to_a_station_that_sends_but_never_reads_have_an_end(tmp_path: Path) -> None:
    limits = Limits(kernel_bytes=4096, abort_bytes=8192, stuck_seconds=600)

    async def test() -> None:
        async with room(tmp_path, limits=limits) as hall:
            with await deaf(hall, "board", "b1") as peer:
                link = link_of(hall, "board/b1")
                for _ in range(wire.COMMANDS_BURST - 1):
                    await asyncio.get_running_loop().sock_sendall(peer, masked(take()))
                await until(lambda: link.unsent > limits.abort_bytes)
                await until(lambda: "board/b1" not in hall.server.connected)

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
