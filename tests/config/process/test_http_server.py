"""Half-open requests: bounded, ended by a deadline, and never in the way of anybody else. Each rule has its twin."""

import asyncio
import contextlib
import logging
import socket
from collections.abc import AsyncGenerator, Callable, Coroutine
from typing import Any, cast

import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route
from uvicorn.protocols.http.h11_impl import H11Protocol

from config.process.connection_limits import (
    ADDRESSES_MAX,
    AddressRate,
    OncePerMinute,
    PendingConnections,
    network_of,
    real_address,
)
from config.process.http_server import guarded
from config.process.running import listen, watch_for_bugs

SECONDS = 30.0  # a bound for anything here
HALF = b"GET / HTTP/1.1\r\nHost: hall\r\n"
LATER = 3600.0


async def hello(_: Request) -> Response:
    return PlainTextResponse("hello")


async def whole(request: Request) -> Response:
    return PlainTextResponse(str(len(await request.body())))


async def stream(_: Request) -> Response:
    async def beats() -> AsyncGenerator[bytes]:
        while True:
            yield b"beat"
            await asyncio.sleep(0.02)

    return StreamingResponse(beats())


async def large(_: Request) -> Response:
    async def pieces() -> AsyncGenerator[bytes]:
        while True:
            yield b"x" * 1_000_000  # until two kernels buffer no more
            await asyncio.sleep(0)

    return StreamingResponse(pieces())


APP = Starlette(
    routes=[
        Route("/", hello),
        Route("/", whole, methods=["POST"]),
        Route("/stream", stream),
        Route("/large", large),
    ]
)


def run(test: Coroutine[Any, Any, None]) -> None:
    async def bounded() -> None:
        async with asyncio.timeout(3 * SECONDS):
            await test

    asyncio.run(bounded())


@contextlib.asynccontextmanager
async def serving(protocol: type[H11Protocol]) -> AsyncGenerator[int]:
    with socket.create_server(("127.0.0.1", 0)) as bound:
        server = uvicorn.Server(
            uvicorn.Config(APP, http=protocol, log_config=None, lifespan="off", ws="none")
        )
        task = asyncio.create_task(server.serve(sockets=[bound]))
        await until(lambda: server.started)
        yield bound.getsockname()[1]
        server.should_exit = server.force_exit = True
        await task


async def until(holds: Callable[[], object]) -> None:
    end = asyncio.get_running_loop().time() + SECONDS
    while not holds():
        assert asyncio.get_running_loop().time() < end
        await asyncio.sleep(0.005)


async def half_open(port: int, sent: bytes = HALF) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(sent)
    return reader, writer


async def ended(reader: asyncio.StreamReader) -> bool:
    """Wait for the end of a connection; a reset is one."""
    with contextlib.suppress(ConnectionError):
        async with asyncio.timeout(SECONDS):
            return await reader.read() == b""
    return True


async def served(port: int) -> bytes:
    reader, writer = await half_open(port, HALF + b"Connection: close\r\n\r\n")
    async with asyncio.timeout(SECONDS):
        answer = await reader.read()
    writer.close()
    return answer


@pytest.mark.parametrize(("bound", "left"), [(8, 8), (1_000, 40)])
def test_half_open_requests_give_way_to_others(bound: int, left: int) -> None:
    """The twin is the bound turned off: all forty stay."""

    async def test() -> None:
        pending = PendingConnections(total=bound, per_address=bound)
        async with serving(guarded(pending, 10_000, LATER, LATER)) as port:
            flood = [await half_open(port) for _ in range(40)]
            await until(lambda: len(pending) == left)
            assert b"hello" in await served(port)
            for _, writer in flood:
                writer.close()

    run(test())


@pytest.mark.parametrize(
    "sent",
    [b"", HALF, b"POST / HTTP/1.1\r\nHost: hall\r\nContent-Length: 9\r\n\r\nhalf", b"GET / HTTP/1.1\r\nHost: h\r\n\r\nGET"],
    ids=["nothing", "half a head", "half a body", "half of a second request"],
)  # fmt: skip
def test_what_is_not_whole_in_time_is_cut_off(sent: bytes) -> None:
    """The twin is the same server with a later deadline: there the connection still stands."""

    async def test() -> None:
        strict = guarded(PendingConnections(), 100, request_seconds=0.3)
        patient = guarded(PendingConnections(), 100, request_seconds=LATER)
        async with serving(strict) as port, serving(patient) as other:
            kept, writer = await half_open(other, sent)
            reader, _ = await half_open(port, sent)
            if sent.startswith(b"GET / HTTP/1.1\r\nHost: h\r\n\r\n"):
                for each in (reader, kept):
                    await each.readuntil(b"hello")
            assert await ended(reader)
            assert not kept.at_eof()
            writer.close()

    run(test())


def test_a_byte_now_and_then_gains_no_time() -> None:
    async def test() -> None:
        async with serving(guarded(PendingConnections(), 100, request_seconds=0.4)) as port:
            reader, writer = await half_open(port, b"GET / HTTP/1.1\r\n")

            async def trickle() -> None:
                with contextlib.suppress(ConnectionError):
                    while True:
                        writer.write(b"X: y\r\n")
                        await asyncio.sleep(0.05)

            dripping = asyncio.create_task(trickle())
            assert await ended(reader)
            dripping.cancel()

    run(test())


def test_a_stream_that_is_read_outlives_the_time_for_an_answer() -> None:
    """The twin is a peer that reads nothing of a large answer: it is cut off after that time."""

    async def test() -> None:
        ended: list[object] = []

        class Watched(guarded(PendingConnections(), 100, LATER, answer_seconds=0.2)):
            def connection_lost(self, exc: Exception | None) -> None:
                ended.append(self.scope["path"])
                super().connection_lost(exc)

        async with serving(Watched) as port:
            reader, writer = await half_open(port, b"GET /stream HTTP/1.1\r\nHost: hall\r\n\r\n")
            for _ in range(40):  # of a stream that beats fifty times a second
                await reader.readuntil(b"beat")
            assert ended == []
            with socket.create_connection(("127.0.0.1", port)) as deaf:
                deaf.sendall(b"GET /large HTTP/1.1\r\nHost: hall\r\n\r\n")
                await until(lambda: ended == ["/large"])
            writer.close()

    run(test())


def test_a_connection_that_is_kept_serves_request_after_request() -> None:
    async def test() -> None:
        pending = PendingConnections()
        async with serving(guarded(pending, 100, request_seconds=LATER)) as port:
            reader, writer = await half_open(port, b"")
            for _ in range(3):
                writer.write(HALF + b"\r\n")
                assert b"hello" in await reader.readuntil(b"hello")
            writer.write(b"POST / HTTP/1.1\r\nHost: hall\r\nContent-Length: 4\r\n\r\nhalf")
            await reader.readuntil(b"\r\n\r\n4")
            writer.close()
            await until(lambda: len(pending) == 0)

    run(test())


async def sends_at_once(bound: socket.socket) -> bool:
    """Return whether a server on this socket sends a small piece at once, or holds it until the last was received."""
    made: asyncio.Queue[asyncio.BaseTransport] = asyncio.Queue()

    class Noting(asyncio.Protocol):
        def connection_made(self, transport: asyncio.BaseTransport) -> None:
            made.put_nowait(transport)

    async with await asyncio.get_running_loop().create_server(Noting, sock=bound):
        _, writer = await asyncio.open_connection(*bound.getsockname()[:2])
        transport = await made.get()
        found = transport.get_extra_info("socket").getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
        writer.close()
        transport.close()
    return bool(found)


def test_an_answer_in_two_pieces_is_not_held_back_until_the_first_is_confirmed() -> None:
    """A head and a body are two writes; on a connection that is kept each answer would take 40 ms more."""

    async def test() -> None:
        assert await sends_at_once(listen("127.0.0.1", 0, "--port"))

    run(test())


def test_twin_a_socket_that_does_not_name_its_protocol_holds_it_back() -> None:
    async def test() -> None:
        with socket.create_server(("127.0.0.1", 0)) as bound:
            assert not await sends_at_once(bound)

    run(test())


def test_more_connections_than_files_allow_are_turned_away_at_once() -> None:
    async def test() -> None:
        pending = PendingConnections(1_000, 1_000)
        async with serving(guarded(pending, 10, LATER, LATER)) as port:
            flood = [await half_open(port) for _ in range(30)]
            await until(lambda: len(pending) == 10)
            ends = [asyncio.create_task(ended(reader)) for reader, _ in flood[10:]]
            assert all(await asyncio.gather(*ends))
            for _, writer in flood:
                writer.close()

    run(test())


def test_the_address_with_most_gives_way_first() -> None:
    dropped: list[str] = []
    pending = PendingConnections(total=5, per_address=4)
    for name, address in (("a1", "a"), ("b1", "b"), ("b2", "b"), ("b3", "b"), ("c1", "c"), ("d1", "d")):
        pending.add(name, address, lambda name=name: dropped.append(name))
    assert dropped == ["b1"]
    for name in ("b4", "b5", "b6"):
        pending.add(name, "b", lambda name=name: dropped.append(name))
    assert dropped == ["b1", "b2", "b3", "b4"]
    pending.discard("nothing known")
    assert len(pending) == 5


def test_only_a_proxy_on_this_machine_names_another_address() -> None:
    assert real_address("127.0.0.1", {"x-real-ip": "10.0.0.7"}) == "10.0.0.7"
    assert real_address("127.0.0.1", {}) == "127.0.0.1"
    assert real_address("10.0.0.9", {"x-real-ip": "10.0.0.7"}) == "10.0.0.9"


def test_the_pace_of_an_address_is_forgiven_after_its_time_and_remembers_a_bounded_crowd() -> None:
    elapsed = [0.0]
    pace = AddressRate(3, 60.0, lambda: elapsed[0])
    assert [pace.allows("a") for _ in range(4)] == [True] * 3 + [False]
    elapsed[0] = 59.9
    assert not pace.allows("a")
    elapsed[0] = 60.0
    assert pace.allows("a")
    for number in range(ADDRESSES_MAX * 2):
        pace.allows(str(number))
    assert len(pace._asked) == ADDRESSES_MAX


def test_one_device_with_the_addresses_of_a_network_is_one() -> None:
    """The twin is IPv4, where each address is counted alone."""
    own = {network_of(f"2001:db8:1:2::{each:x}") for each in (1, 2, 0xFFFF)}
    assert own == {"2001:db8:1:2::/64"}
    assert network_of("2001:db8:1:3::1") not in own
    assert network_of("::ffff:10.0.0.7") == network_of("10.0.0.7") != network_of("10.0.0.8")
    assert network_of("a proxy's word" * 99) == ("a proxy's word" * 99)[:64]
    assert network_of("") == ""


@pytest.mark.parametrize("guard", [True, False])
def test_a_line_that_peers_cause_is_written_once_a_minute(
    guard: bool, caplog: pytest.LogCaptureFixture
) -> None:
    """Without its traceback; the next one says how many were left out. The twin is the filter left away."""
    elapsed = [0.0]
    logger = logging.getLogger("hallcall.test.quiet")
    quiet = OncePerMinute(lambda: elapsed[0])
    if guard:
        logger.addFilter(quiet)
    try:
        for _ in range(1_000):
            logger.error("handshake failed", exc_info=ValueError("x"))
        elapsed[0] = 60.0
        logger.error("handshake failed", exc_info=ValueError("x"))
    finally:
        logger.removeFilter(quiet)
    lines = [record.getMessage() for record in caplog.records]
    assert lines == (
        ["handshake failed", "handshake failed (+999)"] if guard else ["handshake failed"] * 1_001
    )
    assert any(record.exc_info for record in caplog.records) != guard


@pytest.mark.parametrize("guard", [True, False])
@pytest.mark.parametrize("closed", [True, False])
def test_who_stops_while_it_waits_to_listen_again_tells_no_fault(
    guard: bool, closed: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As where no descriptor was left, and the process ends within the second asyncio waits. A fault in code of ours that
    the loop calls is told all the same; the twin is without the guard."""
    if not guard:
        monkeypatch.setattr("config.process.running.listens_again_too_late", lambda _: False)

    async def bug() -> bool:
        told, loop = watch_for_bugs("test"), cast("Any", asyncio.get_running_loop())
        listening = socket.socket()
        listening.close()
        if closed:
            loop.call_soon(
                loop._start_serving, asyncio.Protocol, listening
            )  # what asyncio calls a second later
        else:
            loop.call_soon(int, "no number")
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        return told.done() and isinstance(told.exception(), ValueError)

    assert asyncio.run(bug()) == (not closed or not guard)
