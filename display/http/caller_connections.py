"""The web process's connections to the caller: its own, one that reads tickets, and one for each API key in use.

An API key is an account of a program, `NUMBER:SECRET` as `hallcall account add --key` shows it once: a connection is opened
with this process's own token and the account signs in on it, so its roles decide and the log has its number. Or it is the
token of a station enrolled as `web` (or `board`, for the loudspeakers), as before there were accounts. Neither is looked at
here: what the caller answers holds. So the web process keeps no list of keys, and a revoked one stops working at once.
"""

import asyncio
import re
import time
from collections import OrderedDict
from collections.abc import Iterable
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any, NamedTuple, Self
from weakref import WeakValueDictionary

from caller.client.client import Client, RefusedError, SendError
from caller.client.kept_settings import TOPIC as SETTINGS_TOPIC
from caller.identity.keys import PHONE_KEY
from caller.protocol.frames import COMMANDS_PER_SECOND, TOPICS_MAX, Bye, PeerError
from caller.protocol.key_scopes import STATION_SCOPES, Scope, may_watch_by_key, scopes_of
from caller.protocol.permissions import WATCHES
from config.process.connection_limits import AddressRate

STATION = "web"  # the name the web process is enrolled under
JOBS_TOPIC = f"jobs/{STATION}"  # what it is asked to do itself
KEYS_MAX = 32  # in use at once; the one unused for longest gives way
PROVING_MAX = 8  # unknown keys tried at once; more wait
PROVED_MAX = 60  # unknown keys of one address a minute: each costs the caller a line and a slow hash
KEY_SECONDS = 5.0  # to learn whether a key is good; a caller that restarts is back by then
VIEW_SECONDS = 8.0  # for the caller to be reached again and to hand out one document
PAUSE_SECONDS = 1.25 / COMMANDS_PER_SECOND  # between two watch frames: below the pace the caller allows
TOKEN_CHARS_MAX = 128  # as on the wire
LASTING = frozenset({"bad-token", "not-allowed", "unknown-topic"})
TICKET = re.compile(rf"[A-Za-z0-9-]{{8,64}}|{PHONE_KEY}")  # an id as the wire takes it, or a phone's key

Document = dict[str, Any]


class KeyRefusedError(Exception):
    """The caller does not take this key; `bye` says why."""

    def __init__(self, bye: Bye) -> None:
        super().__init__(bye.code)
        self.bye = bye


class CallerAwayError(Exception):
    """The caller cannot be reached now."""


class TooManyKeysError(Exception):
    """So many unknown keys came from one address that no more are tried for `seconds`."""

    seconds = 60


class TicketReader:
    """Reads tickets' documents over one connection, whichever their number.

    Rules:

    1. Those who ask at the same time are one batch: one `watch` frame names all their tickets, and the caller
       sends each document whole, as it stands then. So an answer is never older than its question.
    2. At most `TOPICS_MAX` tickets a batch, and one batch per `PAUSE_SECONDS`: the caller's pace is kept.
    3. The caller sends an empty document for a ticket it does not know.
    """

    def __init__(self, client: Client) -> None:
        self._client = client
        self._asked: dict[str, list[asyncio.Future[Document]]] = {}
        self._more = asyncio.Event()

    async def read(self, ticket: str) -> Document:
        """Return the document of a ticket, by its id or its phone's key; {} for an unknown one. Raises
        `CallerAwayError`."""
        return await self.topic(f"ticket/{ticket}") if TICKET.fullmatch(ticket) else {}

    async def topic(self, topic: str) -> Document:
        """Return the document of a topic that may be missing; {} where it is. Raises: CallerAwayError."""
        future: asyncio.Future[Document] = asyncio.get_running_loop().create_future()
        self._asked.setdefault(topic, []).append(future)
        self._more.set()
        try:
            async with asyncio.timeout(VIEW_SECONDS):
                return await future
        except TimeoutError:
            raise CallerAwayError from None

    async def run(self) -> None:
        """Read batch after batch until cancelled."""
        while True:
            await self._more.wait()
            self._forget_given_up()
            batch = dict(list(self._asked.items())[:TOPICS_MAX])
            for topic in batch:
                del self._asked[topic]
            if not self._asked:
                self._more.clear()
            await self._read(batch)
            await asyncio.sleep(PAUSE_SECONDS)

    def _forget_given_up(self) -> None:
        """Drop what has no reader left: after a flood those who ask now are not behind it."""
        waiting = {
            topic: futures
            for topic, futures in self._asked.items()
            if not all(each.done() for each in futures)
        }
        self._asked = waiting

    async def _read(self, batch: dict[str, list[asyncio.Future[Document]]]) -> None:
        try:
            async with asyncio.timeout(VIEW_SECONDS):
                await self._client.watch(batch)
                await self._client.until("current")
            documents = {topic: self._client.views[topic] for topic in batch}
        except TimeoutError:
            documents = {}
        for topic, futures in batch.items():
            for future in futures:
                if future.done():  # its request has given up
                    continue
                if topic in documents:
                    future.set_result(documents[topic])
                else:
                    future.set_exception(CallerAwayError())


class KeyLine(NamedTuple):
    """The connection that speaks with one key, and what the key may.

    `owner`: the number of the account, or the name of the station; `roles`: of the account, none of a station.
    """

    client: Client
    reader: TicketReader
    owner: str
    roles: frozenset[str]
    scopes: frozenset[Scope]

    def may_watch(self, topic: str) -> bool:
        """Return whether the caller would hand this topic out on this line."""
        kind = topic.partition("/")[0]
        return kind in WATCHES["web"] or may_watch_by_key(self.roles, kind)


class CallerConnections:
    """All connections of this process; an async context that closes them."""

    def __init__(self, url: str, token: str, witness_file: Path | None = None) -> None:
        """`witness_file`: where the newest witness of the caller's log outlives this process."""
        self._url, self._token = url, token
        self.own = Client(
            url,
            token,
            watch=["board"],
            optional=[SETTINGS_TOPIC, JOBS_TOPIC],
            name="web",
            witness_file=witness_file,
        )
        self._reading = Client(url, token, name="web tickets")
        self.tickets = TicketReader(self._reading)
        self._keyed: OrderedDict[str, tuple[KeyLine, AsyncExitStack]] = OrderedDict()
        self._proving, self._proofs = asyncio.Semaphore(PROVING_MAX), AddressRate(PROVED_MAX)
        self._locks: WeakValueDictionary[str, asyncio.Lock] = (
            WeakValueDictionary()
        )  # of keys that are being proved
        self._stack = AsyncExitStack()

    async def __aenter__(self) -> Self:
        for client in (self.own, self._reading):
            await self._stack.enter_async_context(client)
        reading = asyncio.create_task(self.tickets.run(), name="ticket reader")
        self._stack.callback(reading.cancel)
        return self

    async def __aexit__(self, *_: object) -> None:
        for _line, stack in self._keyed.values():
            await stack.aclose()
        await self._stack.aclose()

    @property
    def board(self) -> Document:
        """The newest board, or {} before the first."""
        return self.own.views.get("board", {})

    def now(self) -> int:
        """Return the caller's clock, UTC microseconds."""
        return time.time_ns() // 1000 + self.own.ahead_micros

    async def keyed(self, token: str, roles: Iterable[str], address: str) -> Client | None:
        """Return a connection that speaks with this key; None if its role is not among `roles`.

        Raises what `line` raises.
        """
        line = await self.line(token, address)
        return line.client if line.client.welcome and line.client.welcome.role in roles else None

    async def line(self, token: str, address: str) -> KeyLine:
        """Return the connection that speaks with this key, for who asks from `address`.

        Raises:
            KeyRefusedError, CallerAwayError: the caller does not take it, or cannot be reached.
            TooManyKeysError: too many keys that are not in use came from there.
        """
        if not 0 < len(token) <= TOKEN_CHARS_MAX:
            raise KeyRefusedError(PeerError("bad-token").bye())
        if token not in self._keyed:
            lock = self._locks.setdefault(
                token, asyncio.Lock()
            )  # the first of many requests proves it for all
            async with lock, self._proving:
                if token not in self._keyed:
                    if not self._proofs.allows(address):
                        raise TooManyKeysError
                    await self._prove(token)
        self._keyed.move_to_end(token)
        try:
            line = self._keyed[token][0]
            await _welcomed(line.client)
        except KeyRefusedError:
            await self.drop(token)
            raise
        if _account(token) and not line.client.persons.accounts:  # signed out: disabled, changed, or over
            await self.drop(token)
            return await self.line(token, address)
        return line

    async def _prove(self, token: str) -> None:
        """Keep a connection for this key once the caller has taken it; a wrong key pushes none out."""
        account, _, secret = token.partition(":")
        client = Client(self._url, self._token if _account(token) else token, name="api")
        async with AsyncExitStack() as stack:
            await stack.enter_async_context(client)
            await _welcomed(client)
            roles = await _signed_in(client, account, secret) if _account(token) else None
            reader = TicketReader(client)
            reading = asyncio.create_task(reader.run(), name="key reader")
            stack.callback(reading.cancel)
            if token in self._keyed:  # another request was quicker
                return
            while len(self._keyed) >= KEYS_MAX:
                await self.drop(next(iter(self._keyed)))
            self._keyed[token] = (_line(client, reader, account, roles), stack.pop_all())

    async def drop(self, token: str) -> None:
        """End the connection that speaks with this key, if one does."""
        found = self._keyed.pop(token, None)
        if found:
            await found[1].aclose()


def _account(token: str) -> str:
    """Return the number of the account in a key; empty where it is a station's token, which has no colon."""
    number, colon, _ = token.partition(":")
    return number if colon else ""


def _line(client: Client, reader: TicketReader, account: str, roles: frozenset[str] | None) -> KeyLine:
    """Return the line of an account with these roles; with None, of a station's token."""
    if roles is not None:
        return KeyLine(client, reader, account, roles, scopes_of(roles))
    welcome = client.welcome
    scopes = STATION_SCOPES if welcome and welcome.role == "web" else frozenset[Scope]()
    return KeyLine(client, reader, welcome.station if welcome else "", frozenset(), scopes)


async def _signed_in(client: Client, account: str, secret: str) -> frozenset[str]:
    """Sign an account in on a line and return its roles there. Raises `KeyRefusedError` or `CallerAwayError`."""
    try:
        return frozenset((await client.persons.sign_in(account, secret))["roles"])
    except RefusedError as refused:
        frame = refused.frame
        words = frame.zh, frame.en, frame.next_zh, frame.next_en
        raise KeyRefusedError(Bye("bad-token", *words)) from None
    except PeerError:  # no staff number that the wire takes
        raise KeyRefusedError(PeerError("bad-token").bye()) from None
    except SendError:
        raise CallerAwayError from None


async def _welcomed(client: Client) -> Client:
    """Return the client once the caller has taken its token. Raises `KeyRefusedError` or `CallerAwayError`."""
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
