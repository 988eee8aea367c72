"""Persons signed in on stations: who, on which line, until when.

1. A session belongs to one station (of an agent: to one window there) and to one line. When the line breaks it may be
   resumed by its key, on the same station only, so that a restart asks no hall for sixty passwords; the key is in the
   station's memory, its hash in accounts.db.
2. It ends when the person signs out or another signs in there; when nothing was done for `idle_minutes`; after
   `SESSION_HOURS`; and within a second when the account is disabled or its secret or roles change. What was under way
   at the window stays as it is, and so does what was ended before.
3. A station on which a person must sign in watches only what it may without one (`permissions.may_watch`), from the
   second on in which its session has ended.
4. A password is judged in a thread, one try of a line at a time (`AccountStore.sign_in`).
"""

import asyncio
import logging
from collections.abc import Callable, Collection, Iterable
from typing import Any, Protocol
from uuid import uuid4

from caller.engine.envelope import AnyCommand
from caller.engine.hall import Hall
from caller.engine.refusals import Refused
from caller.identity.account_file import KeptSession, digest, new_session_key
from caller.identity.account_store import AccountStore
from caller.identity.accounts import Account, AccountError
from caller.protocol import permissions
from caller.protocol.account_roles import ACTS_ON, KEYS_ACT_ON, ActingPerson, Desk, needs_account
from caller.protocol.frames import Done, RefusedFrame, SignIn, SignOut, signed_out
from caller.protocol.permissions import Station
from caller.service.clock import Clock
from caller.service.connection import Connection, SignedIn
from caller.service.idempotency import refusal
from config.instants import MINUTE, SECOND

SESSION_HOURS = 16  # longer than any working day
KEEP_SECONDS = 60  # so often it is kept when sessions were used last

log = logging.getLogger("hallcall.server")


class HallNow(Protocol):
    """What sessions need of the loop."""

    clock: Clock

    @property
    def hall(self) -> Hall: ...


class AccountSessions:
    """All sessions of one caller. `store`: None where no accounts are kept, and no person can sign in."""

    def __init__(self, loop: HallNow, store: AccountStore | None) -> None:
        self._loop, self._store = loop, store
        self._saved_at = loop.clock.now()
        self._kept = store.file.sessions(self._saved_at - SESSION_HOURS * 60 * MINUTE) if store else {}
        self._used: set[str] = set()  # since that was kept last; by the hash of their key
        self._writes: set[asyncio.Task[None]] = set()

    # --- beginning and ending

    async def sign_in(self, link: Connection, frame: SignIn) -> Done | RefusedFrame:
        """Judge a sign-in on a greeted line; the person acts there from the answer on."""
        assert link.station is not None
        try:
            window = self._place(link.station, frame.window)
            if link.signing_in:
                raise Refused("too-fast")
            link.signing_in = True
            link.keyed |= link.station.role in KEYS_ACT_ON
            try:
                key, made = await asyncio.to_thread(self._judge, link.station, window, frame)
            finally:
                link.signing_in = False
        except (Refused, AccountError) as error:
            refused = error if isinstance(error, Refused) else Refused("accounts-unusable")
            log.info("sign-in refused station=%s code=%s", link, refused.code)
            return refusal(frame.id, refused)
        if before := link.persons.get(window):
            self._forget(before.kept)
        self._kept[made.kept.hash] = made.kept
        link.persons[window] = made
        log.info("signed in station=%s account=%s", link, made.person.staff)
        acting = sorted(made.person.acts_as(link.station.role))
        result = {"account": made.person.staff, "roles": acting, "session": key}
        return Done(frame.id, self._loop.hall.seq, result)

    def _place(self, station: Station, window: str) -> str:
        """Return at which of a station's places a person signs in. Raises `Refused`."""
        if self._store is None or station.role not in (*ACTS_ON, *KEYS_ACT_ON):
            raise Refused("not-allowed", role=station.role)
        if station.role != "agent":
            return ""
        if not permissions.has_keypad(self._loop.hall.settings, station.name, window):
            raise Refused("unknown-window", window=window)
        return window

    def _judge(self, station: Station, window: str, frame: SignIn) -> tuple[str, SignedIn]:
        """Return the key of a new session and the person. Blocks. Raises `Refused`, `AccountError`."""
        assert self._store is not None
        now, act_id, place = self._loop.clock.now(), uuid4().hex, f"{station.role}/{station.name}"
        account = self._store.sign_in(frame.account, frame.secret, now, frame.new, act_id, place)
        person = _person(account)
        if not person.acts_as(station.role) or (station.role in KEYS_ACT_ON and account.kind != "key"):
            raise Refused("no-role-here", account=account.staff, station=station.role)
        key = new_session_key()
        kept = KeptSession(digest(key), account.staff, account.rights, *station, window, now, now)
        self._store.file.keep_session(kept)
        self._store.refresh()
        return key, SignedIn(person, kept)

    def resume(self, link: Connection, keys: Iterable[str]) -> dict[str, str]:
        """Sign the persons of these keys in again, on the station where they were; return staff number by window."""
        if self._store:
            self._store.refresh()
        keys = list(keys)
        link.keyed |= bool(keys) and link.station is not None and link.station.role in KEYS_ACT_ON
        for key in keys:
            kept = self._kept.get(digest(key))
            if kept and (kept.role, kept.station) == link.station and not self._over(kept):
                assert self._store is not None
                account = self._store.get(kept.staff)
                assert account is not None
                link.persons[kept.window] = SignedIn(_person(account), kept)
        return {window: each.person.staff for window, each in link.persons.items()}

    def sign_out(self, link: Connection, frame: SignOut) -> Done:
        """Sign the person on a line out, if there is one."""
        if made := link.persons.pop(frame.window, None):
            self._forget(made.kept)
            log.info("signed out station=%s account=%s", link, made.person.staff)
        return Done(frame.id, self._loop.hall.seq)

    def _forget(self, session: KeptSession) -> None:
        self._kept.pop(session.hash, None)
        self._used.discard(session.hash)
        self._write(lambda store: store.file.end_session(session.hash))

    # --- acting

    def desk(self, link: Connection, command: AnyCommand) -> Desk:
        """Return who stands behind a command of this line, and what the rules about persons ask."""
        hall, store = self._loop.hall, self._store
        made = self._acting(link, command)
        return Desk(
            person=made.person if made else None,
            clerk_of=lambda id: window.clerk if (window := hall.state.windows.get(id)) else "",
            roles_of=store.roles_of if store else lambda _staff: None,
            required=hall.settings.accounts.required,
            keyed=link.keyed,
            kind_of=lambda id: row.kind if (row := hall.register.follow_ups.get(id)) else "",
        )

    def account(self, link: Connection, command: AnyCommand) -> str:
        """Return the staff number a command is noted under; the person has done something now."""
        made = self._acting(link, command)
        if made is None:
            return ""
        made.kept = self._kept[made.kept.hash] = made.kept._replace(seen=self._loop.clock.now())
        self._used.add(made.kept.hash)
        return made.person.staff

    def _acting(self, link: Connection, command: AnyCommand) -> SignedIn | None:
        assert link.station is not None
        place = getattr(command, "window", "") if link.station.role == "agent" else ""
        return link.persons.get(place)

    # --- each second

    def look(self, links: Collection[Connection]) -> list[Connection]:
        """End the sessions that are over; return the lines that may watch less than before."""
        if self._store:
            self._store.refresh()
        less: list[Connection] = []
        for link in links:
            for window, made in list(link.persons.items()):
                if code := self._over(made.kept):
                    del link.persons[window]
                    self._forget(made.kept)
                    link.write(signed_out(code, window))
                    log.info("signed out station=%s account=%s why=%s", link, made.person.staff, code)
            if link.station and len(self.watched(link)) < len(link.topics):
                less.append(link)
        self._keep_seen()
        return less

    def watched(self, link: Connection) -> list[str]:
        """Return what a line may go on watching of what it watches."""
        assert link.station is not None
        settings, persons = self._loop.hall.settings, self.persons(link)
        if not needs_account(link.station.role, settings.accounts.required):
            return list(link.topics)
        return [each for each in link.topics if permissions.may_watch(settings, link.station, each, persons)]

    def persons(self, link: Connection) -> list[ActingPerson]:
        """Return the persons signed in on a line."""
        return [each.person for each in link.persons.values()]

    def _over(self, kept: KeptSession) -> str:
        """Return why a session is over: `revoked`, `idle`, `over`; "" where it is not."""
        now = self._loop.clock.now()
        account = self._store.get(kept.staff) if self._store else None
        if account is None or account.disabled or account.rights != kept.rights:
            return "revoked"
        idle = round(self._loop.hall.settings.accounts.idle_minutes * MINUTE)
        if idle and now - kept.seen >= idle:
            return "idle"
        return "over" if now - kept.began >= SESSION_HOURS * 60 * MINUTE else ""

    def _keep_seen(self) -> None:
        now = self._loop.clock.now()
        if self._used and now - self._saved_at >= KEEP_SECONDS * SECOND:
            used, self._used, self._saved_at = [self._kept[each] for each in self._used], set(), now
            self._write(lambda store: store.file.note_seen(used))

    def _write(self, work: Callable[[AccountStore], Any]) -> None:
        """Write in a thread. What fails is logged: the session's end holds in memory, and by its account's rights."""
        if self._store is None:
            return
        task = asyncio.create_task(self._written(work, self._store))
        self._writes.add(task)
        task.add_done_callback(self._writes.discard)

    async def _written(self, work: Callable[[AccountStore], Any], store: AccountStore) -> None:
        try:
            await asyncio.to_thread(work, store)
        except AccountError as error:
            log.warning("%s", error)

    async def rest(self) -> None:
        """Wait for what is being written."""
        await asyncio.gather(*self._writes)


def _person(account: Account) -> ActingPerson:
    return ActingPerson(account.staff, frozenset(account.roles))
