"""A copy of a log in a database of PostgreSQL: schema `hallcall`, one site a database.

1. Address and options are libpq's: several hosts, `target_session_attrs`, `sslmode`; the password comes from `~/.pgpass` or
   `PGPASSFILE`, never from a command line.
2. Every transaction locks the row that names the head and compares it, so two who write never mix. What was appended is
   safe when the database says so; where it has a synchronous standby (`synchronous_standby_names`), on that as well.
3. A session that is lost takes its open transaction with it. Whether the last one was carried out is read from the head
   when the store is opened again, never guessed.
"""

from collections.abc import Generator
from contextlib import contextmanager
from types import TracebackType
from typing import Any, Self

from caller.eventlog import chain
from caller.eventlog.chain import Head, Record
from caller.eventlog.errors import LogError
from caller.eventlog.stores import printable

VERSION = 1  # of the tables below
CONNECT_SECONDS = 5  # for each host of the address
# A database that is cut off must not hold us for the quarter of an hour that TCP would wait: milliseconds and seconds.
PATIENCE = {"tcp_user_timeout": 10_000, "keepalives_idle": 5, "keepalives_interval": 2, "keepalives_count": 3}
TABLES = """
create schema if not exists hallcall;
create table if not exists hallcall.meta(key text primary key, value text not null);
create table if not exists hallcall.event(
    seq bigint primary key, at bigint not null, command text not null, role text not null, station text not null,
    kind text not null, body text not null, hash bytea not null, account text not null);
create index if not exists event_command on hallcall.event(command);
"""
META = "insert into hallcall.meta values (%s, %s) on conflict (key) do nothing"
FILL = "copy hallcall.event(seq, at, command, role, station, kind, body, hash, account) from stdin"
PIECE = "select seq, at, command, role, station, kind, body, hash, account from hallcall.event where seq > %s order by seq limit %s"
SET = "update hallcall.meta set value = %s where key = %s"
LOCKED_HEAD = "select value from hallcall.meta where key = 'head' for update"


class PostgresCopy:
    """One connection. See `stores`, of which it is the second kind."""

    def __init__(self, address: str, site: str = "") -> None:
        """Open the copy of a site's log; without a site, whichever log is there. Raises `LogError`."""
        self._address = printable(address)
        psycopg = _driver()
        self._error: type[Exception] = psycopg.Error
        with self._explained():
            self._connection = psycopg.connect(
                address, autocommit=True, client_encoding="utf8", connect_timeout=CONNECT_SECONDS, **PATIENCE
            )
        try:
            with self._explained():
                self._begin(site)
        except BaseException:
            self._connection.close()
            raise

    def _begin(self, site: str) -> None:
        if site:
            self._make(site)
        elif not self._execute("select to_regclass('hallcall.meta') is not null").fetchone()[0]:
            raise LogError("missing", path=self._address)
        known = dict(self._execute("select key, value from hallcall.meta").fetchall())
        if int(known["version"]) > VERSION:
            raise LogError("newer", path=self._address)
        if site and known["site"] != site:
            raise LogError("wrong-site", found=known["site"], site=site)
        self.site = known["site"]
        self._epoch = int(known["epoch"])
        self._head = self._parsed(known["head"])

    def _make(self, site: str) -> None:
        """Make the tables, all or none; two who do so at once wait for each other."""
        with self._connection.transaction():
            self._execute("select pg_advisory_xact_lock(hashtext('hallcall tables'))")
            self._execute(TABLES)
            for row in (("version", str(VERSION)), ("site", site), ("epoch", "1"), ("head", "")):
                self._execute(META, row)

    def _execute(self, query: str, values: tuple[object, ...] = ()) -> Any:
        return self._connection.execute(query, values or None)

    def _parsed(self, noted: str) -> Head:
        seq, _, digest = noted.partition(" ")
        return Head(int(seq), bytes.fromhex(digest)) if noted else chain.genesis(self.site)

    @property
    def head(self) -> Head:
        """The last event that the database has taken from us."""
        return self._head

    @property
    def epoch(self) -> int:
        """The epoch of the log it was copied from."""
        return self._epoch

    def append(self, records: list[Record], expected: Head, epoch: int) -> None:
        """Add events behind `expected`, all or none. Raises `LogError`."""
        last = Head(records[-1].seq, records[-1].hash) if records else expected
        with self._explained(), self._connection.transaction():
            found = self._parsed(self._execute(LOCKED_HEAD).fetchone()[0])
            if found != expected:
                raise LogError("moved", found.seq, path=self._address)
            with self._connection.cursor() as cursor, cursor.copy(FILL) as lines:
                for record in records:
                    lines.write_row(record)
            if records:
                self._execute(SET, (f"{last.seq} {last.hash.hex()}", "head"))
            self._execute(SET, (str(epoch), "epoch"))
        self._head, self._epoch = last, epoch

    def piece(self, seq: int, limit: int) -> list[Record]:
        """Return at most `limit` events after `seq`, oldest first. Raises `LogError`."""
        with self._explained():
            return [Record(*row) for row in self._execute(PIECE, (seq, limit)).fetchall()]

    def holds(self, head: Head) -> bool:
        """Return whether an event with this seq and hash is in it. Raises `LogError`."""
        found = self.piece(head.seq - 1, 1)
        return head == chain.genesis(self.site) or any(Head(each.seq, each.hash) == head for each in found)

    @contextmanager
    def _explained(self) -> Generator[None]:
        try:
            yield
        except self._error as error:
            raise LogError("no-database", path=self._address, detail=" ".join(str(error).split())) from error

    def close(self) -> None:
        self._connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _driver() -> Any:
    """Return psycopg, which is an extra. Raises `LogError` "no-driver"."""
    try:
        import psycopg
    except ImportError as error:
        raise LogError("no-driver", detail=error) from None
    return psycopg
