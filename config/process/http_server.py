"""One HTTP server of the house: uvicorn with deadlines and bounds for what strangers send, or do not send.

uvicorn waits for ever for a request's head and body; 1,500 half-open requests then hold every descriptor of
the process. `guarded` makes its HTTP/1.1 protocol keep these rules:

1. From the first byte on, or from the answer before on a connection that is kept, a whole request (head and
   body) arrives within `request_seconds`.
2. What is written of its answer is taken within `answer_seconds`. A stream that stays open, or an answer that is waited
   for, may take longer: then nothing lies here for the peer to take, and the room that answers has bounds of its own.
3. Connections without a whole request are pending (connection_limits): bounded in total and per address.
4. An upgraded connection (websocket) is no longer ours: its own protocol watches it.
"""

import asyncio
import asyncio.constants
import logging
import socket
import sys
from collections.abc import Callable
from typing import Any

import click
import uvicorn
from starlette.types import ASGIApp
from uvicorn.protocols.http.h11_impl import H11Protocol

from config.process.connection_limits import (
    OncePerMinute,
    PendingConnections,
    report_quietly,
)
from config.process.running import in_url, raise_open_files
from config.process.tls import HANDSHAKE_SECONDS, ServerTls

REQUEST_SECONDS = 10.0  # a phone on a bad line sends its 2 KiB in three
ANSWER_SECONDS = 60.0  # a picture over the same line
OPEN_FILES = 4096  # phones of a county hall, twice; above Debian's 1,024
RESERVE_FILES = 128  # for the caller's lines, databases and sounds
BACKLOG = 256  # also how many asyncio accepts at once: with the pending ones below every limit of files
HEAD_BYTES_MAX = 16 * 1024


def guarded(
    pending: PendingConnections,
    connections_max: int,
    request_seconds: float = REQUEST_SECONDS,
    answer_seconds: float = ANSWER_SECONDS,
) -> type[H11Protocol]:
    """Return uvicorn's HTTP/1.1 protocol with the rules above."""

    class GuardedProtocol(H11Protocol):
        deadline: asyncio.TimerHandle | None = None

        def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
            super().connection_made(transport)
            if len(self.connections) > connections_max:
                transport.abort()
                return
            self.await_request()

        def data_received(self, data: bytes) -> None:
            super().data_received(data)
            self.look()

        def on_response_complete(self) -> None:
            super().on_response_complete()
            self.await_request()
            self.look()  # the next request may have been pipelined

        def connection_lost(self, exc: Exception | None) -> None:
            self.forget()
            super().connection_lost(exc)

        def await_request(self) -> None:
            pending.add(self, self.client[0] if self.client else "", self.transport.abort)
            unread = self.transport.get_write_buffer_size()  # of the answer before
            self.limit(answer_seconds if unread else request_seconds, self.transport.abort)

        def look(self) -> None:
            """Note whether the request is whole now, or the connection was upgraded or closed."""
            if self not in self.connections or self.transport.is_closing():
                self.forget()
            elif self.cycle and not self.cycle.response_complete and not self.cycle.more_body:
                pending.discard(self)
                self.limit(answer_seconds, self.hurry)

        def hurry(self) -> None:
            """Cut off a peer that does not take its answer; one that has taken all there is gets as long again."""
            if self.transport.get_write_buffer_size():
                self.transport.abort()
            else:
                self.limit(answer_seconds, self.hurry)

        def limit(self, seconds: float, then: Callable[[], None]) -> None:
            if self.deadline:
                self.deadline.cancel()
            self.deadline = self.loop.call_later(seconds, then)

        def forget(self) -> None:
            pending.discard(self)
            if self.deadline:
                self.deadline.cancel()
                self.deadline = None

    return GuardedProtocol


def http_server(app: ASGIApp, tls: ServerTls | None = None, **options: Any) -> uvicorn.Server:
    """Return a uvicorn server that keeps the rules, encrypted with `tls`; call it inside the running loop. `options` are
    uvicorn's own."""
    raise_open_files(OPEN_FILES)
    import resource  # the system has it where pages are served

    allowed, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    if allowed == resource.RLIM_INFINITY:
        allowed = OPEN_FILES
    report_quietly(asyncio.get_running_loop())
    for name, traceback in (("uvicorn.error", True), ("websockets.server", False)):
        logger = logging.getLogger(name)
        if not any(isinstance(each, OncePerMinute) for each in logger.filters):
            logger.addFilter(OncePerMinute(traceback=traceback))
    protocol = guarded(PendingConnections(), max(64, allowed - RESERVE_FILES))
    config = uvicorn.Config(
        app,
        http=protocol,
        log_config=None,  # its lines are ours
        access_log=False,
        proxy_headers=False,
        server_header=False,
        h11_max_incomplete_event_size=HEAD_BYTES_MAX,
        backlog=BACKLOG,
        ssl_certfile=tls.path if tls else None,
        **options,
    )
    config.load()
    if tls:
        config.ssl = tls.context  # ours, which is renewed while it is in use
        asyncio.constants.SSL_HANDSHAKE_TIMEOUT = HANDSHAKE_SECONDS  # uvicorn has no option for it
    return uvicorn.Server(config)


async def serve(
    app: ASGIApp,
    bound: socket.socket,
    name: str,
    tls: ServerTls | None = None,
    *,
    ready: bool = True,
    until: asyncio.Event | None = None,
    **options: Any,
) -> None:
    """Serve on a bound socket until cancelled, interrupted or `until` is set, with the certificate of `tls` kept in date; say
    "NAME ready" and the address, unless not `ready`. `options` are uvicorn's own."""
    server = http_server(app, tls, **options)
    keeping = asyncio.create_task(tls.keep()) if tls else None
    if ready:
        where, port = bound.getsockname()[:2]
        click.echo(f"{name} ready {'https' if tls else 'http'}://{in_url(where)}:{port}")
        sys.stdout.flush()
    ending = asyncio.create_task(_end(server, until)) if until else None
    try:
        await server.serve(sockets=[bound])
    finally:
        for task in filter(None, (keeping, ending)):
            task.cancel()


async def _end(server: uvicorn.Server, until: asyncio.Event) -> None:
    """Let a server end in order once `until` is set."""
    await until.wait()
    server.should_exit = True
