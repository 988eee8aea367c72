"""The web process's lines to the caller: its own, and one for each API key in use.

An API key is the token of a station enrolled as `web` (or `board`, for the loudspeakers). It is never looked
at here: a line is opened with it, and what the caller says of it holds. So the web process keeps no list of
keys, and a revoked key stops working when the caller hangs up on it.
"""

import asyncio
import time
from collections import OrderedDict
from contextlib import AsyncExitStack
from typing import Any, Self

from caller.client.client import Client
from caller.protocol.frames import Bye, PeerError

LINES_MAX = 32  # keys in use at once; the one unused for longest gives way
PROVING_MAX = 8  # unknown keys tried at once; whoever guesses waits in line
KEY_SECONDS = 5.0  # to learn whether a key is good; a caller that restarts is back by then
TOKEN_CHARS_MAX = 128  # as on the wire
LASTING = frozenset({"bad-token", "not-allowed", "unknown-topic"})


class KeyRefusedError(Exception):
    """The caller does not take this key; `bye` says why."""

    def __init__(self, bye: Bye) -> None:
        super().__init__(bye.code)
        self.bye = bye


class CallerAwayError(Exception):
    """The caller cannot be reached now."""


class CallerConnections:
    """All lines of this process; an async context that closes them."""

    def __init__(self, url: str, token: str) -> None:
        self.url = url
        self.own = Client(url, token, watch=["board"], name="web")
        self._keyed: OrderedDict[str, tuple[Client, AsyncExitStack]] = OrderedDict()
        self._proving = asyncio.Semaphore(PROVING_MAX)
        self._stack = AsyncExitStack()

    async def __aenter__(self) -> Self:
        await self._stack.enter_async_context(self.own)
        return self

    async def __aexit__(self, *_: object) -> None:
        for _client, stack in self._keyed.values():
            await stack.aclose()
        await self._stack.aclose()

    @property
    def board(self) -> dict[str, Any]:
        """The newest board, or {} before the first."""
        return self.own.views.get("board", {})

    def now(self) -> int:
        """The caller's clock, UTC microseconds."""
        return time.time_ns() // 1000 + self.own.ahead_micros

    async def keyed(self, token: str) -> Client:
        """A line that speaks with this key. Raises `KeyRefusedError` or `CallerAwayError`."""
        if not 0 < len(token) <= TOKEN_CHARS_MAX:
            raise KeyRefusedError(PeerError("bad-token").bye())
        if token not in self._keyed:
            async with self._proving:
                await self._prove(token)
        self._keyed.move_to_end(token)
        try:
            return await known(self._keyed[token][0])
        except KeyRefusedError:
            await self._drop(token)
            raise

    async def _prove(self, token: str) -> None:
        """Keeps a line for this key once the caller has taken it; a wrong key pushes nobody out."""
        client, stack = Client(self.url, token, name="api"), AsyncExitStack()
        async with stack:
            await stack.enter_async_context(client)
            await known(client)
            if token in self._keyed:  # another request was quicker
                return
            while len(self._keyed) >= LINES_MAX:
                await self._drop(next(iter(self._keyed)))
            self._keyed[token] = (client, stack.pop_all())

    async def _drop(self, token: str) -> None:
        found = self._keyed.pop(token, None)
        if found:
            await found[1].aclose()


async def known(client: Client) -> Client:
    """The client once the caller has taken or refused its token."""
    try:
        async with asyncio.timeout(KEY_SECONDS):
            async for state in client.states():
                if state in ("current", "silent") and client.welcome:
                    return client
                if client.bye and client.bye.code in LASTING:
                    raise KeyRefusedError(client.bye)
    except TimeoutError:
        pass
    raise CallerAwayError
