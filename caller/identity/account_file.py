"""DATA/accounts.db as a file: its tables, the sessions in it, and what administrators did until the chain holds it.

1. A change and the `Act` that tells of it are one transaction: none without the other. The caller moves the acts into
   the event log, each once (`pending_acts`, `drop_act`), so that a shell can note one while no caller runs.
2. Of a session's key only the hash is kept: who copies the file cannot resume one.
3. What is changed or deleted is overwritten (`secure_delete`, and no write-ahead log for it to linger in): an account is
   only ever disabled, for the log has its number for ever, but its name and its portrait can go.
4. Portraits lie here, not beside it: so a copy of the file has them, and one that no account names is gone with the change.
"""

import hashlib
import secrets
import sqlite3
from collections.abc import Generator, Iterable
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from msgspec import Struct

from caller.engine.administration import ActCode
from caller.eventlog.calling_here import ask_given, calls_here, wait_given
from caller.eventlog.errors import LogError
from caller.eventlog.schema import refuse_newer, transaction
from caller.identity.accounts import AccountError
from config import owner_only
from config.instants import Micros

ACCOUNTS_NAME = "accounts.db"
VERSION = 2  # counts changes of the tables; 1 had no portraits
BUSY_SECONDS = 5.0
SESSION_BYTES = 32

_TABLES = (
    """create table account (staff text primary key, name text not null, roles text not null, department text not null,
    photo text not null, star int not null, party int not null default 0, kind text not null, must_change int not null, disabled int not null,
    version int not null, rights int not null, secret text not null, tries int not null default 0,
    tried_at int not null default 0) strict, without rowid""",
    """create table session (hash text primary key, staff text not null, rights int not null, role text not null,
    station text not null, window text not null, began int not null, seen int not null) strict, without rowid""",
    """create table act (serial integer primary key, id text unique not null, act text not null, subject text not null,
    by text not null, place text not null, done int not null, fields text not null, before int not null,
    after int not null) strict""",
)
_PORTRAITS = "create table portrait (name text primary key, picture blob not null) strict, without rowid"
_PARTY = "alter table account add column party int not null default 0"


class Act(Struct, frozen=True):
    """What an administrator did, until the caller has noted it in the chain (`caller.engine.administration`).

    `id`: made by the one who notes it, so that it is noted once. `by`: a staff number or "uid:N". `done`: UTC
    microseconds. `before`, `after`: versions of the subject, 0: none.
    """

    id: str
    act: ActCode
    subject: str
    by: str
    place: str
    done: Micros
    fields: tuple[str, ...] = ()
    before: int = 0
    after: int = 0


class KeptSession(NamedTuple):
    """A session as it outlives a line: its key's hash, whose, with which rights, on which station (and window, of an
    agent), since when, last used. Instants are UTC microseconds."""

    hash: str
    staff: str
    rights: int
    role: str
    station: str
    window: str
    began: Micros
    seen: Micros


_ACT = Act.__struct_fields__


class AccountFile:
    """The file, opened anew for each call, in any thread. Raises `AccountError` "unusable", and "stands-by" for a change on a PC
    that does not call."""

    def __init__(self, data: Path) -> None:
        self.path = data / ACCOUNTS_NAME
        self.is_of_caller = False  # which writes it in its own turn only

    @contextmanager
    def writing(self) -> Generator[sqlite3.Connection]:
        """Open the file for one transaction."""
        if not self.is_of_caller and not calls_here(self.path.parent):
            raise AccountError("stands-by", path=self.path)
        with self.opened() as connection, transaction(connection):
            yield connection
        if self.is_of_caller:
            ask_given(self.path)  # who calls waits for nothing
        else:
            wait_given(self.path)

    @contextmanager
    def opened(self) -> Generator[sqlite3.Connection]:
        """Open the file; it is made where there is none."""
        try:
            owner_only.make_folder(self.path.parent)
            owner_only.make_file(self.path)
            connection = self.connect()
            try:
                _prepare(connection, self.path)
                yield connection
            finally:
                connection.close()
        except LogError as error:
            raise AccountError("unusable", path=self.path, detail=error.message.zh) from error
        except (sqlite3.Error, OSError) as error:
            raise AccountError("unusable", path=self.path, detail=error) from error

    def connect(self) -> sqlite3.Connection:
        return sqlite3.connect(self.path, isolation_level=None, check_same_thread=False, timeout=BUSY_SECONDS)

    # --- sessions

    def keep_session(self, session: KeptSession) -> None:
        """Keep a session."""
        with self.writing() as connection:
            connection.execute("insert into session values (?,?,?,?,?,?,?,?)", session)

    def sessions(self, since: Micros) -> dict[str, KeptSession]:
        """Return the sessions that began at `since` or later by their key's hash; older ones are deleted."""
        with self.writing() as connection:
            connection.execute("delete from session where began < ?", (since,))
            rows = connection.execute("select * from session").fetchall()
        return {row[0]: KeptSession(*row) for row in rows}

    def end_session(self, hash: str) -> None:
        """End the session of a key."""
        with self.writing() as connection:
            connection.execute("delete from session where hash=?", (hash,))

    def note_seen(self, sessions: Iterable[KeptSession]) -> None:
        """Keep when these sessions were used last."""
        rows = [(each.seen, each.hash) for each in sessions]
        with self.writing() as connection:
            connection.executemany("update session set seen=? where hash=?", rows)

    # --- acts

    def note(self, act: Act) -> None:
        """Keep an act on something else than an account until the caller has noted it."""
        with self.writing() as connection:
            put_act(connection, act)

    def pending_acts(self) -> list[Act]:
        """Return the acts that the chain does not hold yet, oldest first."""
        with self.opened() as connection:
            rows = connection.execute(f"select {', '.join(_ACT)} from act order by serial").fetchall()
        return [_act(row) for row in rows]

    def drop_act(self, id: str) -> None:
        """Drop an act that the chain holds."""
        with self.writing() as connection:
            connection.execute("delete from act where id=?", (id,))


def _prepare(connection: sqlite3.Connection, path: Path) -> None:
    connection.execute("pragma secure_delete=on")
    if refuse_newer(connection, VERSION, path) == VERSION:
        return
    with transaction(connection):
        if not _has(connection, "account"):
            for table in _TABLES:
                connection.execute(table)
        elif "party" not in {row[1] for row in connection.execute("pragma table_info(account)")}:
            connection.execute(_PARTY)
        if not _has(connection, "portrait"):
            connection.execute(_PORTRAITS)
        connection.execute(f"pragma user_version={VERSION}")


def _has(connection: sqlite3.Connection, table: str) -> bool:
    return bool(connection.execute("select 1 from sqlite_master where name=?", (table,)).fetchone())


def _act(row: tuple[Any, ...]) -> Act:
    found: dict[str, Any] = dict(zip(_ACT, row, strict=True))
    found["fields"] = tuple(filter(None, found["fields"].split(",")))
    return Act(**found)


def put_act(connection: sqlite3.Connection, act: Act) -> None:
    """Add an act to the transaction of the change it tells of."""
    values = [",".join(act.fields) if name == "fields" else getattr(act, name) for name in _ACT]
    marks = ", ".join("?" * len(values))
    connection.execute(f"insert into act ({', '.join(_ACT)}) values ({marks})", values)


def new_session_key() -> str:
    """Return the key of a new session."""
    return secrets.token_urlsafe(SESSION_BYTES)


def digest(key: str) -> str:
    """Return the hash under which a session's key is kept."""
    return hashlib.sha256(key.encode(errors="replace")).hexdigest()
