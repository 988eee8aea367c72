"""The centre's HTTP interface: `POST /v1/log/SITE` takes a batch of rows under the site's key (`caller.eventlog.row_batches`).

1. A hall has one batch in hand at a time, and a few are taken at once: one that floods waits for itself, and the others take
   turns with it. What would wait for long is sent away with `Retry-After`.
2. The key is looked at first: who has none holds no hall's place and has no body read. No body is longer than a batch.
"""

import asyncio
import queue
import time
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from typing import TypeVar

from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route

from caller.records.centre import sites, taking
from caller.records.centre.sites import CentreError
from caller.records.stores.postgres import PostgresConnection
from config.instants import Micros, Seconds

T = TypeVar("T")

TAKERS = 4  # connections of the database that take batches
WAITING_MAX = 256  # halls that wait for one of them; more come again
BODY_SECONDS: Seconds = 60.0  # a megabyte over a slow line
STATUS = {
    "no-key": 401,
    "forked": 409,
    "damaged": 422,
    "not-in-order": 422,
    "too-large": 413,
    "database": 503,
    "busy": 429,
}
RETRY_AFTER = {"database": "10", "busy": "2"}


def clock() -> Micros:
    return time.time_ns() // 1000


class Takers:
    """The connections that take batches, opened when they are needed and anew when one was lost."""

    def __init__(self, database: str) -> None:
        self._database = database
        self._free: queue.SimpleQueue[PostgresConnection | None] = queue.SimpleQueue()
        for _ in range(TAKERS):
            self._free.put(None)
        self._places = asyncio.Semaphore(TAKERS)
        self.waiting = 0
        self.busy: set[str] = set()

    async def admit(self, site: str, key: str) -> None:
        """Require that a key is the hall's. Raises `CentreError`, "no-key" as `RowsRefused`."""
        await self._with_connection(lambda connection: taking.admitted(connection, site, key))

    async def take(self, site: str, key: str, body: bytes, is_packed: bool) -> bytes:
        """Take one batch; return the body of its answer. Raises `CentreError`, `RowsRefused`."""
        return await self._with_connection(
            lambda connection: taking.answer(connection, site, key, body, is_packed, clock())
        )

    async def _with_connection(self, work: Callable[[PostgresConnection], T]) -> T:
        async with self._places:
            return await asyncio.to_thread(self._run, work)

    def _run(self, work: Callable[[PostgresConnection], T]) -> T:
        connection = self._free.get()
        try:
            if connection is None or connection.closed:
                connection = sites.connected(self._database)
            return work(connection)
        finally:
            self._free.put(connection)

    def close(self) -> None:
        """Close what is open, once nothing is taken any more."""
        for _ in range(TAKERS):
            if connection := self._free.get():
                connection.close()


def application(database: str) -> Starlette:
    """Return the ASGI application. The tables are there already."""
    takers = Takers(database)

    async def post(request: Request) -> Response:
        if takers.waiting >= WAITING_MAX:
            return _refusal("busy", site=request.path_params["site"])
        takers.waiting += 1
        try:
            return await _take(takers, request.path_params["site"], request)
        except CentreError as error:
            return _refusal(error.code, **error.facts)
        finally:
            takers.waiting -= 1

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncGenerator[None]:
        yield
        takers.close()

    routes = [Route(taking.PATH, post, methods=["POST"]), Route("/healthz", _health)]
    return Starlette(routes=routes, lifespan=lifespan)


async def _health(_: Request) -> Response:
    return Response("ok\n", media_type="text/plain")


async def _take(takers: Takers, site: str, request: Request) -> Response:
    scheme, _, key = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not key:
        return _refusal("no-key", site=site)
    await takers.admit(site, key.strip())
    if site in takers.busy:
        return _refusal("busy", site=site)
    takers.busy.add(site)
    try:
        body = await asyncio.wait_for(_body(request), BODY_SECONDS)
        if body is None:
            return _refusal("too-large", site=site)
        is_packed = request.headers.get("content-encoding", "") == "gzip"
        state = await takers.take(site, key.strip(), body, is_packed)
    except (TimeoutError, ClientDisconnect):
        return _refusal("busy", site=site)
    finally:
        takers.busy.discard(site)
    return Response(state, media_type="application/json")


async def _body(request: Request) -> bytes | None:
    """Return a body, None where it is longer than any batch."""
    found = bytearray()
    async for piece in request.stream():
        found += piece
        if len(found) > taking.BODY_BYTES_MAX:
            return None
    return bytes(found)


def _refusal(code: str, **facts: object) -> Response:
    headers = {"Retry-After": RETRY_AFTER[code]} if code in RETRY_AFTER else {}
    body = taking.refusal(code, **facts)
    return Response(body, STATUS.get(code, 400), headers, "application/json")
