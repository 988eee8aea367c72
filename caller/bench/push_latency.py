"""From a press to the last of 100 boards, against a bare commit and a bare broadcast of an equally long text;
and what the caller's memory is with 500 stations connected.

Both servers run in processes of their own and are used in turns. The boards are bare sockets in this process,
the same for both, so that what is measured is the caller and not a browser. The press goes through the real
client.
"""

import asyncio
import json
import os
import sys
import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

from caller.bench.fixture import MONDAY, county, item_ids, median
from caller.client.client import Client, RefusedError
from caller.engine.commands import CallNext, FinishService, OpenDay, OpenWindow, StartService, TakeTicket

BOARDS = 100
STATIONS = 500
PRESSES = 40
WAIT_SECONDS = 10.0
GAP_SECONDS = 0.03  # between presses: no clerk is quicker
TEXT, PING, PONG = 1, 9, 10
MARK = b'"calls"'  # in the board's patch of a call, and in nothing else that is sent

HANDSHAKE = (
    "GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"
    "Sec-WebSocket-Protocol: hallcall.1\r\n\r\n"
)


class PressRound:
    """One press: how many boards have not shown it yet, and when the last one did (monotonic nanoseconds)."""

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        self.left, self.last, self.bytes = BOARDS, 0, 0
        self.all_shown = asyncio.Event()

    def shown(self, size: int) -> None:
        self.left -= 1
        if not self.left:
            self.last, self.bytes = time.monotonic_ns(), size
            self.all_shown.set()


class Board(asyncio.Protocol):
    """A board as a bare socket: greets, reads, and answers pings."""

    def __init__(self, hello: bytes, round: PressRound) -> None:
        self._hello, self._round = hello, round
        self._unread = b""
        self.ready: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        transport.write(HANDSHAKE.encode())

    def data_received(self, data: bytes) -> None:
        if not self.ready.done():
            _, _, data = data.partition(b"\r\n\r\n")
            if self._hello:
                self.transport.write(_masked(TEXT, self._hello))
            self.ready.set_result(None)
        self._unread += data
        while frame := _first_frame(self._unread):
            kind, payload, self._unread = frame
            if kind == PING:
                self.transport.write(_masked(PONG, payload))
            elif MARK in payload:
                self._round.shown(len(payload))


def _first_frame(data: bytes) -> tuple[int, bytes, bytes] | None:
    """Return kind, payload and the rest; frames from a server are unmasked and here below 64 KiB."""
    if len(data) < 4:
        return None
    start, length = (4, int.from_bytes(data[2:4], "big")) if data[1] == 126 else (2, data[1])
    if len(data) < start + length:
        return None
    return data[0] & 0x0F, data[start : start + length], data[start + length :]


def _masked(kind: int, payload: bytes) -> bytes:
    """Return a client's frame, masked with zeros."""
    length = bytes([0x80 | len(payload)]) if len(payload) < 126 else b"\xfe" + len(payload).to_bytes(2, "big")
    return bytes([0x80 | kind]) + length + bytes(4) + payload


async def _connect(port: int, hello: bytes, count: int, round: PressRound) -> list[Board]:
    aio = asyncio.get_running_loop()
    boards: list[Board] = []
    for _ in range(count):
        _, board = await aio.create_connection(lambda: Board(hello, round), "127.0.0.1", port)
        await board.ready
        boards.append(board)
    return boards


@asynccontextmanager
async def _child(server: str, folder: Path) -> AsyncGenerator[asyncio.subprocess.Process]:
    pipe = asyncio.subprocess.PIPE
    child = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "caller.bench.processes", server, str(folder), stdin=pipe, stdout=pipe
    )
    try:
        yield child
    finally:
        assert child.stdin
        child.stdin.close()
        await asyncio.wait_for(child.wait(), WAIT_SECONDS)


async def _line(child: asyncio.subprocess.Process) -> bytes:
    assert child.stdout
    line = await asyncio.wait_for(child.stdout.readline(), WAIT_SECONDS)
    assert line, "the measured process ended"
    return line


class BenchClerk:
    """Calls one after another at one window of the product."""

    def __init__(self, client: Client, round: PressRound) -> None:
        settings = county()
        self.client, self.round = client, round
        self.window = settings.windows[0]
        self.topic, self._seen = f"window/{self.window.id}", -1
        queue = self.window.queues[0]
        self.item = next(id for id in item_ids(settings) if _queue_of(id) == queue)

    async def begin(self) -> None:
        await self.client.send(OpenDay(MONDAY))
        await self.client.send(OpenWindow(self.window.id, "clerk"))
        for _ in range(PRESSES + 5):
            await self.client.send(TakeTicket(items=[self.item]))
            await asyncio.sleep(0.02)  # a station may send 50 a second

    async def press(self) -> float:
        """Call the next; return the milliseconds from the press to the last board."""
        self.round.reset()
        version = await self._version()
        start = time.monotonic_ns()
        await self.client.send(CallNext(self.window.id, version))
        await asyncio.wait_for(self.round.all_shown.wait(), WAIT_SECONDS)
        took = (self.round.last - start) / 1e6
        for verb in (StartService, FinishService):
            await self.client.send(verb(self.window.id, await self._version()))
        return took

    async def _version(self) -> int:
        """Return the version in the newest view, once the view of what was done last is here."""
        await asyncio.sleep(GAP_SECONDS)
        if self._newest() == self._seen:  # on a slow machine it comes later than the gap
            async with asyncio.timeout(WAIT_SECONDS):
                async for _ in self.client.changes():
                    if self._newest() != self._seen:
                        break
        self._seen = self._newest()
        return self._seen

    def _newest(self) -> int:
        return int(self.client.views[self.topic]["version"])


def _queue_of(item: str) -> str:
    return next(each.queue for each in county().items if each.id == item)


async def _floor(child: asyncio.subprocess.Process, round: PressRound, size: int) -> float:
    """Return the milliseconds from before the commit to the last board."""
    round.reset()
    assert child.stdin
    await asyncio.sleep(GAP_SECONDS)
    child.stdin.write(f"{size}\n".encode())
    start = int(await _line(child))
    await asyncio.wait_for(round.all_shown.wait(), WAIT_SECONDS)
    return (round.last - start) / 1e6


def measure(folder: Path) -> dict[str, float]:
    return asyncio.run(_measure(folder))


async def _measure(folder: Path) -> dict[str, float]:
    async with _child("caller", folder) as product, _child("floor", folder) as bare:
        address = json.loads(await _line(product))
        hello = json.dumps({"type": "hello", "token": address["token"], "watch": ["board"]}).encode()
        shown, floor_shown = PressRound(), PressRound()
        held = await _connect(address["port"], hello, BOARDS, shown)
        held += await _connect(json.loads(await _line(bare))["port"], b"", BOARDS, floor_shown)
        url, topic = f"ws://127.0.0.1:{address['port']}", f"window/{county().windows[0].id}"
        async with Client(url, address["token"], watch=[topic], name="bench") as client:
            figures = await _presses(BenchClerk(client, shown), bare, floor_shown)
            held += await _connect(address["port"], hello, STATIONS - BOARDS - 1, PressRound())
            await asyncio.sleep(1.5)  # every one has its board and a beat
            figures["memory_mb"] = _resident_mb(product.pid)
        for board in held:
            board.transport.abort()
    return figures


async def _presses(
    clerk: BenchClerk, bare: asyncio.subprocess.Process, floor_shown: PressRound
) -> dict[str, float]:
    try:
        await clerk.begin()
        product, floor = [], []
        for _ in range(PRESSES):
            product.append(await clerk.press())
            floor.append(await _floor(bare, floor_shown, clerk.round.bytes))
    except RefusedError as refused:
        raise RuntimeError(f"the hall refused the bench: {refused}") from refused
    ratio = median(mine / other for mine, other in zip(product, floor, strict=True))
    return {
        "ratio": ratio,
        "press_ms": median(product),
        "floor_ms": median(floor),
        "bytes": clerk.round.bytes,
    }


def _resident_mb(pid: int) -> float:
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20
