"""Persons signed in at the office: each has a line of their own to the caller, on which the caller knows them.

1. The office is one station (role `office`); a person signs in *on* it as at a desk, by the caller's frames. What the
   person sends goes over their own line, so the log has their staff number, and the caller's table decides.
2. The cookie in the browser is the session's key that the caller made. It is good for this station only, and brings a
   session back after the office has been started again; the caller keeps its hash alone.
3. A session ends when the person signs out, or by the caller (idle, revoked, over): the line says so within a second.
4. A line watches what the open pages of its person want together, of that what their roles may watch.
5. Roles and names are read from the accounts beside the caller's data (`AccountStore`), which the caller obeys as well.
"""

import asyncio
import re
from collections import Counter
from collections.abc import Iterable
from contextlib import suppress
from typing import Any

from caller.client.client import Client, RefusedError, SendError
from caller.identity.account_store import AccountStore
from caller.protocol.account_roles import ACTS_ON, ADMINISTERS, ActingPerson, may_watch_as
from caller.protocol.frames import RefusedFrame
from config.instants import Seconds

ROLE = "office"
SESSIONS_MAX = 64  # a city's hall has ten persons here; each has a line
LINES_OPENING_MAX = 4  # sign-ins and resumed sessions at once
REACH_SECONDS = 5.0
KEY = re.compile(r"[A-Za-z0-9_-]{16,64}\Z")


class CallerSilentError(Exception):
    """The caller cannot be reached, so no session can be judged."""


class OfficeSession:
    """One signed-in person."""

    def __init__(self, client: Client, accounts: AccountStore, staff: str, key: str) -> None:
        self.client, self.staff, self.key = client, staff, key
        self._accounts = accounts
        self._wanted: Counter[str] = Counter()

    @property
    def signed_in(self) -> bool:
        """Whether the caller still knows the person on this line, as far as it was heard."""
        return self.client.persons.accounts.get("") == self.staff

    @property
    def why_ended(self) -> str:
        """The caller's code of why it signed the person out; "" where it did not."""
        ended = self.client.persons.signed_out
        return ended.code if ended else ""

    @property
    def roles(self) -> frozenset[str]:
        """The roles in which the person acts here, now."""
        self._accounts.refresh()
        return (self._accounts.roles_of(self.staff) or frozenset()) & ACTS_ON[ROLE]

    @property
    def name(self) -> str:
        account = self._accounts.get(self.staff)
        return account.name if account else ""

    def administers(self, what: str) -> bool:
        """Return whether the person may do what is no command of the hall (`ADMINISTERS`): asked before each act."""
        return self.signed_in and bool(self.roles & ADMINISTERS[what])

    async def want(self, topics: Iterable[str]) -> None:
        """Watch these topics for one page more."""
        self._wanted.update(topics)
        await self._watch()

    async def leave(self, topics: Iterable[str]) -> None:
        """Watch these topics for one page less."""
        self._wanted.subtract(topics)
        self._wanted = +self._wanted
        await self._watch()

    async def _watch(self) -> None:
        person = ActingPerson(self.staff, self.roles)
        topics = [
            each
            for each in self._wanted
            if may_watch_as(ROLE, [person], *(each.partition("/")[part] for part in (0, 2)))
        ]
        if set(topics) != set(self.client.topics):
            await self.client.watch(sorted(topics))


async def arrived(client: Client, by: Seconds) -> None:
    """Wait until every document that is watched is here, or the loop's clock says `by`."""
    with suppress(TimeoutError):
        async with asyncio.timeout_at(by):
            await client.until("current")


class OfficeSessions:
    """All sessions of this process. `url`, `token`: of the caller, and of the station."""

    def __init__(self, url: str, token: str, accounts: AccountStore) -> None:
        self._url, self._token, self.accounts = url, token, accounts
        self._known: dict[str, OfficeSession] = {}
        self._opening = asyncio.Semaphore(LINES_OPENING_MAX)

    async def sign_in(self, staff: str, secret: str, new: str = "") -> OfficeSession | RefusedFrame:
        """Return the new session, or the caller's refusal. Raises `CallerSilentError`."""
        async with self._opening:
            client = await self._line()
            try:
                result: dict[str, Any] = await client.persons.sign_in(staff, secret, new)
            except RefusedError as refused:
                await _hang_up(client)
                return refused.frame
            except SendError:
                await _hang_up(client)
                raise CallerSilentError from None
            await self._make_room()
            return self._keep(client, staff, result["session"])

    async def find(self, key: str) -> OfficeSession | None:
        """Return the session of a cookie: a known one, or one that the caller resumes. Raises `CallerSilentError`."""
        known = self._known.get(key)
        if known:
            return known if known.signed_in else None
        if not KEY.match(key):
            return None
        async with self._opening:
            if key in self._known:  # another request of the same page was quicker
                return self._known[key]
            client = await self._line(key)
            staff = client.persons.accounts.get("")
            if staff is None:
                await _hang_up(client)
                return None
            await self._make_room()
            return self._keep(client, staff, key)

    async def sign_out(self, key: str) -> None:
        """Sign the person of a cookie out."""
        session = self._known.pop(key, None)
        if session is None:
            return
        try:
            if session.signed_in:
                await session.client.persons.sign_out()
        except SendError:
            pass  # here the person is gone; the caller ends the session when it is idle
        await _hang_up(session.client)

    async def sweep(self) -> None:
        """Close the lines of sessions that the caller has ended."""
        for key, session in list(self._known.items()):
            if not session.signed_in:
                del self._known[key]
                await _hang_up(session.client)

    async def close(self) -> None:
        """Close every line; the sessions may be resumed by the next process."""
        for session in self._known.values():
            await _hang_up(session.client)
        self._known.clear()

    def _keep(self, client: Client, staff: str, key: str) -> OfficeSession:
        self.accounts.refresh()
        made = self._known[key] = OfficeSession(client, self.accounts, staff, key)
        return made

    async def _make_room(self) -> None:
        """Close the oldest line where there are too many; its session is resumed when it is used again."""
        while len(self._known) >= SESSIONS_MAX:
            oldest = self._known.pop(next(iter(self._known)))
            await _hang_up(oldest.client)

    async def _line(self, key: str = "") -> Client:
        client = Client(self._url, self._token, [], "office")
        if key:
            client.persons.resume(key)
        await client.__aenter__()
        try:
            async with asyncio.timeout(REACH_SECONDS):
                await client.until("current")
        except TimeoutError:
            await _hang_up(client)
            raise CallerSilentError from None
        return client


async def _hang_up(client: Client) -> None:
    await client.__aexit__(None, None, None)
