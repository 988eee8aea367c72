"""A session with the database of a log: libpq's addresses, the tables, and a bound on every answer.

1. Address and options are libpq's: several hosts, `target_session_attrs`, `sslmode`; the password comes from `~/.pgpass` or
   `PGPASSFILE`, never from a command line.
2. Every statement ends within a bound. A database that is cut off, stands still or waits for its own standby would hold
   its client for ever; `_Bounds` then breaks the session, and the statement fails as a lost one does.
3. Of several hosts one can look like a primary that is none any more: an old one that has come back alone accepts sessions,
   and its commits wait for ever. `DatabaseHost` says which of them is meant, and `turned` which is tried first after a failure.
4. Two numbers in `meta` say what the tables are. `version` is what a program must know to read and write them: one that knows
   less touches nothing (`LogError` "newer"), so it is raised only by what such a program could not live with, and there is no
   way back behind it. `shape` counts what was only added (a table, an index, a column with a default): an older program goes on
   beside it, also after an update was taken back. Only who has the right to write brings the tables to its shape (`write_right`):
   one that stands by or is on trial would change them under another version that writes.
5. A session that is lost takes its open transaction and its locks with it. Whether its last commit was carried out is read
   from the head afterwards, never guessed: the error says `unknown`.
"""

import os
import socket
import threading
import time
import weakref
from collections.abc import Generator
from contextlib import contextmanager, suppress
from typing import Any, NamedTuple

from caller.eventlog.errors import LogError
from caller.eventlog.stores import printable
from config.instants import Seconds

VERSION = 2  # what a program must know of the tables below; 1 had no checkpoint, register and writer
SHAPE = 2  # of the tables below, see 4
CONNECT_SECONDS = 2  # for each host of the address
ANSWER_SECONDS: Seconds = 5.0  # of a statement: thousands of rows take a tenth of a second
LOOK_SECONDS: Seconds = 0.25  # between two looks for sessions that are over their bound
# A database that is cut off must not hold us for the quarter of an hour that TCP would wait: milliseconds and seconds.
PATIENCE = {"tcp_user_timeout": 5_000, "keepalives_idle": 5, "keepalives_interval": 2, "keepalives_count": 3}
TABLES = """
create schema if not exists hallcall;
create table if not exists hallcall.meta(key text primary key, value text not null);
create table if not exists hallcall.event(
    seq bigint primary key, at bigint not null, command text not null, role text not null, station text not null,
    kind text not null, body text not null, hash bytea not null, account text not null);
create index if not exists event_command on hallcall.event(command);
create table if not exists hallcall.checkpoint(
    seq bigint primary key, at bigint not null, state bytea not null, hash bytea not null);
create table if not exists hallcall.register(kind text, key text, body bytea not null, primary key(kind, key));
create table if not exists hallcall.writer(
    one integer primary key check (one = 1), term bigint not null, name text not null, beat timestamptz not null)
    with (fillfactor = 50);
"""
CONFIRMED = "confirmed"  # the key in `meta` of the head that followers may believe: see `write_right`, 4
META = "insert into hallcall.meta values (%s, %s) on conflict (key) do nothing"
NO_WRITER = "insert into hallcall.writer values (1, 0, '', 'epoch') on conflict (one) do nothing"
KNOWN = "select key, value from hallcall.meta"
PC_THAT_CALLS = (
    "select sums, persons from hallcall.pc where calls order by at desc limit 1"  # see `paired_pcs`
)
RAISE = "update hallcall.meta set value = %s where key = %s and value::integer < %s"
SAID_BY_SERVER = (
    "22",
    "23",
    "25",
    "28",
    "42",
    "53",
    "54",
)  # classes of errors after which nothing was committed


class DatabaseHost(NamedTuple):
    """One or more of an address's hosts, as libpq lists them; empty: as the address says."""

    host: str = ""
    port: str = ""
    hostaddr: str = ""

    @property
    def options(self) -> dict[str, str]:
        """What takes the place of the address's own."""
        return {name: value for name, value in self._asdict().items() if value}


def turned(address: str, count: int) -> DatabaseHost:
    """Return an address's hosts, another one first each time `count` is one more. Raises `LogError` "no-driver"."""
    psycopg = driver()
    try:
        known = psycopg.conninfo.conninfo_to_dict(address)
    except psycopg.ProgrammingError:  # no address; whoever connects to it is told so
        return DatabaseHost()
    lists = [str(known.get(name) or "").split(",") for name in DatabaseHost._fields]
    first = count % max(map(len, lists))
    if not first:
        return DatabaseHost()
    return DatabaseHost(
        *(",".join(each[first:] + each[:first]) if len(each) > 1 else each[0] for each in lists)
    )


class PostgresSession:
    """One connection. Statements may come from any thread, one at a time."""

    def __init__(
        self,
        address: str,
        *,
        writing: bool = False,
        seconds: Seconds = ANSWER_SECONDS,
        server: DatabaseHost = DatabaseHost(),  # noqa: B008 - a tuple
    ) -> None:
        """`writing`: of several hosts, take the one that accepts writes. Raises `LogError` "no-database", "no-driver"."""
        self.place = printable(address)
        psycopg = driver()
        self._error: type[Exception] = psycopg.Error
        self.seconds = seconds  # within which a statement must be answered
        self.asked = server
        self.due: float | None = None  # until when, monotonic, the statement that runs must be answered
        options = PATIENCE | ({"target_session_attrs": "read-write"} if writing else {}) | server.options
        with self.explained():
            self.connection: Any = psycopg.connect(
                address, autocommit=True, client_encoding="utf8", connect_timeout=CONNECT_SECONDS, **options
            )
            info = self.connection.info
            self.server = DatabaseHost(info.host, str(info.port), info.hostaddr)  # the one it is connected to
        _bounds.watch(self)

    def execute(self, query: str, values: tuple[object, ...] = ()) -> Any:
        """Return the cursor of a statement that was carried out. Raises `LogError`."""
        with self.explained():
            return self.raw(query, values)

    def raw(self, query: str, values: tuple[object, ...] = ()) -> Any:
        """Return the cursor of a statement; what goes wrong is for `explained` around it."""
        self.due = time.monotonic() + self.seconds
        try:
            return self.connection.execute(query, values or None)
        finally:
            self.due = None

    @contextmanager
    def together(self) -> Generator[None]:
        """Commit all statements inside, or none. Raises `LogError`."""
        with self.explained():
            self.due = time.monotonic() + self.seconds
            try:
                with self.connection.transaction():
                    yield
                    self.due = time.monotonic() + self.seconds  # of the commit, which waits for the standby
            finally:
                self.due = None

    @contextmanager
    def explained(self) -> Generator[None]:
        """Raise what goes wrong inside as a `LogError`."""
        try:
            yield
        except self._error as error:
            state = getattr(error, "sqlstate", None) or ""
            facts = {"path": self.place, "detail": _first_words(error)}
            is_full = state.startswith("53")
            found = LogError("database-full", **facts) if is_full else LogError("no-database", **facts)
            found.unknown = not state.startswith(SAID_BY_SERVER)
            raise found from error

    @property
    def is_lost(self) -> bool:
        """Whether nothing can be said in this session any more."""
        return bool(self.connection.closed or self.connection.broken)

    def cut(self) -> None:
        """Break the session, also while another thread waits for its answer."""
        with suppress(Exception), socket.socket(fileno=os.dup(self.connection.fileno())) as line:
            line.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        with suppress(self._error):
            self.connection.close()


class _Bounds:
    """Cuts sessions whose statement is over its bound. One thread for all of a process's sessions, started with the first."""

    def __init__(self) -> None:
        self._sessions: weakref.WeakSet[PostgresSession] = weakref.WeakSet()
        self._guard = threading.Lock()
        self._runs = False

    def watch(self, session: PostgresSession) -> None:
        with self._guard:
            self._sessions.add(session)
            if not self._runs:
                threading.Thread(target=self._run, name="database-bounds", daemon=True).start()
                self._runs = True

    def _run(self) -> None:
        while True:
            time.sleep(LOOK_SECONDS)
            with self._guard:
                sessions = list(self._sessions)
            for session in sessions:
                due = session.due
                if due is not None and time.monotonic() > due:
                    session.cut()
            del sessions


_bounds = _Bounds()


def make_tables(session: PostgresSession, site: str) -> None:
    """Make the tables of a site's log, or bring them up to date, all or none; two who do so wait for each other.

    Raises `LogError`, also "newer" and "wrong-site", and then nothing has changed.
    """
    with session.together():
        session.raw("select pg_advisory_xact_lock(hashtext('hallcall tables'))")
        if is_current(known_in(session, site)):
            return
        session.raw(TABLES)
        session.raw(NO_WRITER)
        numbers = ("version", VERSION), ("shape", SHAPE)
        for row in (
            *((key, str(number)) for key, number in numbers),
            ("site", site),
            ("epoch", "1"),
            ("head", ""),
        ):
            session.raw(META, row)
        for key, number in numbers:
            session.raw(RAISE, (str(number), key, number))


def known_in(session: PostgresSession, site: str) -> dict[str, str]:
    """Return what the tables say of themselves; nothing where there are none. What goes wrong is for `explained` around it.

    Raises `LogError` "newer" and "wrong-site".
    """
    if not session.raw("select to_regclass('hallcall.meta') is not null").fetchone()[0]:
        return {}
    known = dict(session.raw(KNOWN).fetchall())
    check_version(known, session.place)
    if known["site"] != site:
        raise LogError("wrong-site", found=known["site"], site=site)
    return known


def is_current(known: dict[str, str]) -> bool:
    """Return whether the tables have all that this program adds to them."""
    return (
        int(known.get("version", 0)) >= VERSION and int(known.get("shape", known.get("version", 0))) >= SHAPE
    )


def check_version(known: dict[str, str], place: str) -> None:
    """Raise `LogError` "newer" where a newer program made the tables."""
    if int(known["version"]) > VERSION:
        raise LogError("newer", path=place)


def _first_words(error: Exception) -> str:
    """Return what went wrong, without the hints that libpq adds for its own users."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return lines[0].removeprefix("connection failed: ") if lines else type(error).__name__


def driver() -> Any:
    """Return psycopg, which is an extra. Raises `LogError` "no-driver"."""
    try:
        import psycopg
    except ImportError as error:
        raise LogError("no-driver", detail=error) from None
    return psycopg
