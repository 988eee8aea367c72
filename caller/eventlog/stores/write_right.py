"""The right to write a log in PostgreSQL: an advisory lock in the very session that writes, a term, and a beat.

1. The holder of the lock writes. It ends with its session: a caller that was killed, or whose session was ended, has lost the
   right, and what it still sends finds no session.
2. Each holder begins a **term** in the row `hallcall.writer`; each commit names it, and the head it follows. A caller that
   came by a session again commits nothing of a former term.
3. The holder beats: each commit does, and the writer's thread while there is none. Another caller ends the session of a
   holder that has said nothing for `SILENT_SECONDS`, by the database's own clock, and takes the lock.
4. With each beat and commit the holder notes the head that was confirmed before it: what others may believe. An event after
   it may be on one disk alone, and go with that.
5. The tables are made, and brought to the shape of this version, by the caller that has the lock alone: another one may be of a
   version that writes them as they are.
6. A holder whose session is lost tries to get it back. Where another one has the lock meanwhile, it is **superseded**.
"""

import secrets
import socket
import time
from contextlib import suppress

from caller.eventlog import chain
from caller.eventlog.chain import Head, check_noted
from caller.eventlog.errors import LogError
from caller.eventlog.stores.postgres_reads import LAST
from caller.eventlog.stores.postgres_session import (
    ANSWER_SECONDS,
    CONFIRMED,
    KNOWN,
    META,
    DatabaseHost,
    PostgresSession,
    known_in,
    make_tables,
    turned,
)
from config.instants import Seconds

BEAT_SECONDS: Seconds = 0.2
# Where there is another host to go on to, the first one tried must confirm a term so soon: an old primary that is back, alone,
# confirms nothing for ever. After that every host has the usual bound: one that is only slow is not given up again.
FIRST_TERM_SECONDS: Seconds = 1.0
SILENT_SECONDS: Seconds = 1.2  # six beats: a checkpoint of the database's disk is shorter
# What a station is told must be on disk, and on the standby where there is one, whatever the database's usual setting is.
WAIT_FOR_DISK = """select set_config('synchronous_commit', 'on', false)
where current_setting('synchronous_commit') in ('off', 'local')"""
LOCK = 0x48414C4C  # "HALL"; of a database, and one hall has one
TRY = f"select pg_try_advisory_lock({LOCK})"
TERM = "update hallcall.writer set term = term + 1, name = %s, beat = clock_timestamp() returning term"
CONFIRM = f"""insert into hallcall.meta select '{CONFIRMED}', %s from held on conflict (key) do update set value = excluded.value
where meta.value <> excluded.value"""
BEAT = f"""
with held as (update hallcall.writer set beat = clock_timestamp() where term = %s returning 1), told as ({CONFIRM})
select count(*) from held
"""
HOLDER = "select name from hallcall.writer"
# The holder by the lock itself, not by what it wrote of itself: one that hangs in its first statement is found as well.
END_SILENT = f"""
select pg_terminate_backend(held.pid) from pg_locks held join pg_stat_activity session using (pid), hallcall.writer
where held.locktype = 'advisory' and held.granted and (held.classid, held.objid, held.objsubid) = (0, {LOCK}, 1)
and held.database = (select oid from pg_database where datname = current_database())
and greatest(beat, session.query_start) < clock_timestamp() - make_interval(secs => %s)
"""
CALLER = "caller"  # the key in `meta` that says: a caller has written here, this is no copy


class WriteRight:
    """One caller's claim to write. `tried` asks for it; it is held while `session` is there. For one thread."""

    def __init__(self, address: str, site: str, name: str = "") -> None:
        """`name`: of this caller, for people; made unique."""
        self._address, self.site = address, site
        self.name = f"{name or socket.gethostname()} {secrets.token_hex(4)}"
        self.session: PostgresSession | None = None
        self.superseded = False
        self.holder = ""  # the name of the one that has the right instead
        self.term, self.epoch, self.began = 0, 1, -1
        self.head = Head(0, b"")
        self._waiting: PostgresSession | None = None
        self._failures = 0
        self._heard = 0.0  # when the database confirmed something last, monotonic

    def tried(self) -> bool:
        """Ask once; return whether this caller has the right now. Raises `LogError`."""
        if self.session:
            return True
        try:
            return self._tried(self._opened())
        except LogError as error:
            self._failures += error.code == "no-database"  # another of its hosts next time
            self.superseded = self.superseded or error.code == "newer"
            raise

    def turn(self) -> None:
        """Try another of the database's hosts first the next time."""
        self._failures += 1

    def _tried(self, session: PostgresSession) -> bool:
        try:
            if not session.execute(TRY).fetchone()[0]:
                self.holder = session.execute(HOLDER).fetchone()[0]
                self.superseded = self.holder != self.name
                session.execute(END_SILENT, (SILENT_SECONDS,))
                return False
            self._begin(session)
        except BaseException:
            self.lose()
            raise
        self.session, self._waiting, self.superseded = session, None, False
        self.confirmed()
        return True

    @property
    def server(self) -> DatabaseHost:
        """The one that is asked for the right, or gave it; what belongs to it is read there."""
        session = self.session or self._waiting
        return session.server if session and not session.is_lost else turned(self._address, self._failures)

    @property
    def is_cut_off(self) -> bool:
        """Whether the database has been silent for so long that another caller may have the right."""
        return self.session is None or time.monotonic() > self._heard + SILENT_SECONDS

    def confirmed(self) -> None:
        """Note that the database has confirmed something just now."""
        self._heard = time.monotonic()

    def _opened(self) -> PostgresSession:
        if self._waiting is None or self._waiting.is_lost:
            hosts = turned(self._address, self._failures)
            self._waiting = PostgresSession(self._address, writing=True, server=hosts)
            self._waiting.execute(WAIT_FOR_DISK)
            with self._waiting.explained():
                known_in(self._waiting, self.site)
        return self._waiting

    def _begin(self, session: PostgresSession) -> None:
        """Begin a term and read where the log stands. The lock is held, so that it moves no further."""
        if not self._failures and turned(self._address, 1) != DatabaseHost():
            session.seconds = FIRST_TERM_SECONDS
        make_tables(session, self.site)
        with session.together():
            known = dict(session.raw(KNOWN).fetchall())
            last = session.raw(LAST).fetchone()
            if last and CALLER not in known:
                raise LogError("is-a-copy", path=session.place)
            session.raw(META, (CALLER, "1"))
            self.term = session.raw(TERM, (self.name,)).fetchone()[0]
        session.seconds = ANSWER_SECONDS
        self.head = Head(*last) if last else chain.genesis(self.site)
        check_noted(self.head, known["head"])
        self.epoch, self.began = int(known["epoch"]), int(known.get("epoch-began", -1))

    def beat(self) -> None:
        """Say that this caller lives. Raises `LogError` where it has lost the right."""
        assert self.session
        try:
            if not self.session.execute(BEAT, (self.term, noted(self.head))).fetchone()[0]:
                raise LogError("superseded", path=self.session.place, name=self.holder)
        except LogError:
            self.lose()
            raise
        self.confirmed()

    def lose(self) -> None:
        """Let go of the right, and of whatever session there is."""
        for session in (self.session, self._waiting):
            if session:
                session.close()
        self.session = self._waiting = None

    def give_back(self) -> None:
        """Let go of the right in order, so that another caller has it at once."""
        if self.session:
            with suppress(LogError):
                self.session.execute(BEAT, (self.term, noted(self.head)))
                self.session.execute(f"select pg_advisory_unlock({LOCK})")
        self.lose()


def noted(head: Head) -> str:
    """Return a head as the tables have it; empty where there is no event."""
    return f"{head.seq} {head.hash.hex()}" if head.seq else ""
