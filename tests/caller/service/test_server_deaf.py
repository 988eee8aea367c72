"""The caller over real sockets: stations that do not read what they are sent."""

import asyncio
import json
import socket
from collections.abc import Iterable
from pathlib import Path

import pytest
from websockets.protocol import State

from caller.engine import commands as cmd
from caller.identity.enrolment import Stations
from caller.protocol import frames
from caller.protocol.frames import ViewFrame
from caller.service.connection import Connection, Limits
from caller.service.subscriptions import Subscriptions
from tests.instruments.caller_fixture import HOST, Room, hear, room, run, soon, take, until


@pytest.fixture(autouse=True)
def unpinged(monkeypatch: pytest.MonkeyPatch) -> None:
    """Unanswered pings end a deaf station too, before it is behind where the machine is slow: here only the limits may."""
    monkeypatch.setattr("caller.service.server.PING_SECONDS", 600)


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
        f"Sec-WebSocket-Protocol: {frames.SUBPROTOCOL}", "", "",
    )  # fmt: skip
    await loop.sock_sendall(peer, "\r\n".join(lines).encode())
    await soon(loop.sock_recv(peer, 4096))
    await loop.sock_sendall(peer, masked(frames.encode(frames.Hello(hall.token(role, name), list(watch)))))
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
PAST_ALL_LIMITS = 4.5  # seconds: of the two of IMPATIENT, one after the other, and a beat


async def press(hall: Room, presses: int) -> None:
    """Make the board change so many times."""
    for _ in range(presses):
        await hall.order(cmd.PauseWindow("3", "long"))
        await hall.order(cmd.ResumeWindow("3"))


def link_of(hall: Room, name: str) -> Connection:
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
    monkeypatch.setattr(Connection, "overdue", lambda _self, _now: "")

    async def test() -> None:
        async with room(tmp_path, limits=IMPATIENT) as hall:
            with await deaf(hall, "manager", "m", "board"):
                link = link_of(hall, "manager/m")
                while not link.behind:
                    await press(hall, 20)
                now = asyncio.get_running_loop().time
                since = now()
                await until(lambda: now() - since > PAST_ALL_LIMITS)
                assert "manager/m" in hall.server.connected
                while not link.behind:  # the kernel may have taken a few more bytes meanwhile
                    await press(hall, 20)
                assert "manager/m" in hall.server.connected
                link.abort()

    run(test())


def test_a_station_that_fell_behind_gets_the_newest_document_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One document for each time it fell behind. The kernel decides how often: it may take a few KB more at any
    time, which makes room, is paid at once, and lets it fall behind again."""
    limits = Limits(kernel_bytes=4096, behind_bytes=16_384, stuck_seconds=60)
    debts: list[set[str]] = []
    owe = Subscriptions._need_snapshot

    def noted(outbox: Subscriptions, link: Connection, topics: Iterable[str]) -> None:
        debts.append(set(topics))
        owe(outbox, link, topics)

    monkeypatch.setattr(Subscriptions, "_need_snapshot", noted)

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
                assert not link.needs_snapshot
                assert len(debts) >= 2  # the greeting is the first
                assert heard.count(b'"doc"') == len(debts)

    run(test())


def test_what_a_station_missed_is_one_document_however_much_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same with the kernel left out: how much is unsent is told here."""
    unsent = 0
    monkeypatch.setattr(Connection, "unsent", property(lambda _self: unsent))

    async def test() -> None:
        nonlocal unsent
        async with room(tmp_path) as hall, hall.connect(max_queue=None) as board:
            await hall.greet(board, "manager", "m", "board")
            for code, last in (("meeting", "会议"), ("equipment", "设备故障")):
                unsent = Limits().behind_bytes + 1
                await press(hall, 20)
                await hall.order(cmd.PauseWindow("3", code))
                assert link_of(hall, "manager/m").needs_snapshot == {"board"}
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
                await until(lambda: link.connection.state is not State.OPEN)
                await until(lambda: "manager/m" not in hall.server.connected)

    run(test())


def test_answers_to_a_station_that_sends_but_never_reads_have_an_end(tmp_path: Path) -> None:
    limits = Limits(kernel_bytes=4096, abort_bytes=8192, stuck_seconds=600)

    async def test() -> None:
        async with room(tmp_path, limits=limits) as hall:
            with await deaf(hall, "board", "b1") as peer:
                for _ in range(frames.COMMANDS_BURST - 1):
                    await asyncio.get_running_loop().sock_sendall(peer, masked(take()))
                await until(lambda: "board/b1" not in hall.server.connected)

    run(test())
