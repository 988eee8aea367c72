"""Live events by server-sent events (`GET /api/v1/events`): the same as webhooks tell, over one connection that stays open.

1. Each event is `id: SEQ`, `event: KIND`, `data:` the JSON of a webhook. A client that comes back says the last id it has
   (`Last-Event-ID`, as browsers' EventSource does by itself, or `after`) and gets what it missed, in order. Without either it
   is told what comes from now on. `kinds=A,B` chooses.
2. One look at the log serves all streams: every `LOOK_SECONDS` while at least one is open, none otherwise.
3. A comment every `BEAT_SECONDS` keeps proxies from closing a quiet stream, and lets us see that a client has gone.
4. A stream ends when its key works no more. One that does not read fills its own socket's buffer, and is read no log for.
5. At most `OF_KEY_MAX` streams of one key and `STREAMS_MAX` of all.
"""

import asyncio
import time
from collections import Counter
from collections.abc import AsyncGenerator

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.types import Receive, Scope, Send

from caller.client.page_files import NEVER
from caller.delivery.event_feed import EventFeed, FeedError
from caller.delivery.outbox import Delivery
from config.instants import Seconds
from display.api.calls import Backend, too_fast
from display.http.caller_connections import KeyLine
from display.http.responses import problem

LOOK_SECONDS: Seconds = 0.2  # how late an event may be
BEAT_SECONDS: Seconds = 15.0  # below the minute after which proxies close
OF_KEY_MAX, STREAMS_MAX = 4, 32
BUSY_SECONDS = 5
HEADERS = {"Cache-Control": NEVER, "X-Accel-Buffering": "no"}  # nginx holds nothing back then
SEQ_DIGITS_MAX = 15


class CountedStream(StreamingResponse):
    """A stream of events that counts as open from the moment it is granted: many who ask at once are many."""

    def __init__(self, told: AsyncGenerator[str, None], open: Counter[str], owner: str) -> None:
        super().__init__(told, media_type="text/event-stream", headers=HEADERS)
        self._counts, self._owner = open, owner
        open[owner] += 1

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await super().__call__(scope, receive, send)
        finally:
            self._counts[self._owner] -= 1
            self._counts += Counter()  # forgets who has none


class EventStreams:
    """The streams that are open."""

    def __init__(self, backend: Backend) -> None:
        self._feed = EventFeed(backend.data)
        self._open: Counter[str] = Counter()
        self._newest = 0
        self._looked: Seconds = 0.0

    async def answer(self, request: Request, line: KeyLine) -> Response:
        """Return a stream that goes on until its client or its key has gone. Raises `ProblemError`."""
        after = request.headers.get("last-event-id") or request.query_params.get("after", "")
        if after and not (after.isascii() and after.isdigit() and len(after) <= SEQ_DIGITS_MAX):
            raise problem(422, "bad-body", detail="Last-Event-ID, after: 0-9")
        kinds = frozenset(filter(None, request.query_params.get("kinds", "").split(",")))
        try:
            newest = await asyncio.to_thread(self._feed.newest)
        except FeedError:
            raise problem(503, "no-log") from None
        start = min(int(after), newest) if after else newest  # a log that was restored may have lost its end
        if self._open[line.owner] >= OF_KEY_MAX or self._open.total() >= STREAMS_MAX:
            raise too_fast(BUSY_SECONDS)
        return CountedStream(self._told(line, start, kinds), self._open, line.owner)

    async def _told(self, line: KeyLine, seq: int, kinds: frozenset[str]) -> AsyncGenerator[str, None]:
        """Yield the events after `seq`, and a comment now and then, while the key works."""
        yield f"retry: {round(LOOK_SECONDS * 10_000)}\n\n"
        said = time.monotonic()
        while _works(line):
            found, seq = await self._after(seq, kinds)
            if found:
                yield "".join(map(_written, found))
            elif time.monotonic() - said < BEAT_SECONDS:
                await asyncio.sleep(LOOK_SECONDS)
                continue
            else:
                yield ": \n\n"
            said = time.monotonic()

    async def _after(self, seq: int, kinds: frozenset[str]) -> tuple[list[Delivery], int]:
        """Return what is new after `seq`; a log that cannot be read now has nothing new."""
        try:
            if time.monotonic() - self._looked >= LOOK_SECONDS:
                self._looked = time.monotonic()
                self._newest = await asyncio.to_thread(self._feed.newest)
            if self._newest <= seq:
                return [], seq
            return await asyncio.to_thread(self._feed.after, seq, kinds)
        except FeedError:
            return [], seq


def _works(line: KeyLine) -> bool:
    """Return whether a line's key is still taken: an account's is signed in, a station's not turned away."""
    client = line.client
    if client.state == "closed":
        return False
    return bool(client.persons.accounts) if line.roles else not client.bye


def _written(event: Delivery) -> str:
    return f"id: {event.seq}\nevent: {event.kind}\ndata: {event.body}\n\n"
