"""records.db: one hall's records in a SQLite file that only its owner can read.

1. `save` moves the place and writes the rows in one transaction, and only from the place they were folded from: a
   crash in the middle leaves the old place with the old rows, and of two processes that fold the same events one
   gets `ConcurrentUpdate`.
2. Readers see whole figures and never wait: the file is in write-ahead mode.
3. When the definition of the tables changes, the file is emptied; the log gives everything again. Only the witness
   (how far the log was, see `eventlog.witness`) outlives that: it is what the log itself cannot give.
"""

import sqlite3
import time
import zlib
from collections.abc import Generator, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar

from msgspec import structs

from caller.eventlog import chain
from caller.eventlog.chain import Head
from caller.eventlog.errors import LogError
from caller.eventlog.opening import open_read_only
from caller.eventlog.schema import refuse_newer, transaction
from caller.records.columns import Row, columns, key_columns
from caller.records.rows import END_COLUMN, TABLES, ServiceRow, SlipRow, TicketRow
from caller.records.store import ConcurrentUpdate, LogPosition, RecordsError
from config import owner_only
from config.instants import Seconds

RECORDS_NAME = "records.db"
APPLICATION = 0x48524332  # "HRC2"; so that no other database is emptied for ours
OLD_APPLICATION = 0x48524543  # "HREC", whose files carried no ordered version; they are made again
FOLD_VERSION = 4  # counts changes of what the columns mean; the columns themselves are seen by `SHAPE`
SHAPE_BITS = 24
BUSY_SECONDS: Seconds = 5.0  # a batch of another process takes well under a second
RETRY_SECONDS: Seconds = 0.02  # between tries to switch the journal, which happens once in a file's life
PLACE = "folded"  # the table with one row: how far, of which log
WITNESS = "witness"  # the table with one row: the newest witness met
INDEXES = {
    "tickets": ("ticket",), "states": ("visit",), "services": ("visit",), "calls": ("visit",), "slips": ("visit",),
    "cases": ("ended_month",),
}  # fmt: skip
SQL_TYPES = {int: "integer", str: "text", bytes: "blob"}
ERROR_CODES: dict[str, str] = {
    "SQLITE_FULL": "disk-full",
    "SQLITE_IOERR": "disk-error",
    "SQLITE_BUSY": "busy",
    "SQLITE_LOCKED": "busy",
    "SQLITE_PROTOCOL": "busy",
    "SQLITE_CORRUPT": "corrupt",
    "SQLITE_NOTADB": "corrupt",
    "SQLITE_READONLY": "read-only",
    "SQLITE_PERM": "read-only",
    "SQLITE_CANTOPEN": "read-only",
}

R = TypeVar("R", bound=Row)


def _shape() -> int:
    tables = [(table.table, table.keys, [column[:3] for column in columns(table)]) for table in TABLES]
    return FOLD_VERSION << SHAPE_BITS | zlib.crc32(repr(tables).encode()) & (1 << SHAPE_BITS) - 1


SHAPE = _shape()
REPLACE = {
    table: f"insert or replace into {table.table} values ({','.join('?' * len(columns(table)))})"
    for table in TABLES
}
BY_KEY = {
    table: f"select * from {table.table} where {' and '.join(f'{name}=?' for name in key_columns(table))}"
    for table in TABLES
}


def explain(error: sqlite3.Error, path: Path) -> RecordsError:
    """Return a failure of SQLite as a `RecordsError`."""
    family = "_".join((getattr(error, "sqlite_errorname", "") or "").split("_")[:2])
    return RecordsError(ERROR_CODES.get(family, "failed"), path=path, detail=str(error) or repr(error))


class SqliteStore:
    """One connection to records.db; a `Store`."""

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            owner_only.make_file(path)  # sqlite gives its write-ahead log the same rights
            self._connection = sqlite3.connect(path, isolation_level=None, timeout=BUSY_SECONDS)
            try:
                self._prepare()
            except BaseException:
                self._connection.close()
                raise
        except sqlite3.Error as error:
            raise explain(error, path) from error
        except OSError as error:
            raise RecordsError("read-only", path=path) from error

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None = None,
        error: BaseException | None = None,
        trace: TracebackType | None = None,
    ) -> None:
        self._connection.close()
        if isinstance(error, sqlite3.Error):
            raise explain(error, self.path) from error

    # --- opening

    def _prepare(self) -> None:
        """Find the tables current, or make them, one process at a time.

        The look is one snapshot: tables that another process makes between two looks would be taken for another
        program's.
        """
        with self.snapshot():
            current = self._is_current()
        if current:
            return
        self._write_ahead()
        with self.transaction():
            if not self._is_current():
                self._make_tables()

    def _is_current(self) -> bool:
        application = self._connection.execute("pragma application_id").fetchone()[0]
        if application == OLD_APPLICATION:
            return False
        if application != APPLICATION and self._names():
            raise RecordsError("not-records", path=self.path)
        newest = (FOLD_VERSION + 1 << SHAPE_BITS) - 1  # any shape of this version
        try:
            shape = refuse_newer(self._connection, newest, self.path)
        except LogError:
            raise RecordsError("newer-file", path=self.path) from None
        return (application, shape) == (APPLICATION, SHAPE)

    def _names(self) -> list[str]:
        rows = self._connection.execute("select name from sqlite_master where type='table'")
        return [row[0] for row in rows if not row[0].startswith("sqlite_")]

    def _write_ahead(self) -> None:
        """Switch to write-ahead mode. SQLite does not wait for a lock here, so this does."""
        end = time.monotonic() + BUSY_SECONDS
        while True:
            try:
                self._connection.execute("pragma journal_mode=wal")
                return
            except sqlite3.OperationalError:
                if time.monotonic() > end:
                    raise
                time.sleep(RETRY_SECONDS)

    def _make_tables(self) -> None:
        witness = self.witness if WITNESS in self._names() else ""
        for name in self._names():
            self._connection.execute(f'drop table "{name}"')
        self._connection.execute(f"create table {WITNESS} (text text not null) strict")
        self._connection.execute(f"insert into {WITNESS} values (?)", (witness,))
        self._connection.execute(
            f"create table {PLACE} (site text primary key not null, seq integer not null, hash blob not null,"
            ' "now" integer not null) strict'
        )
        for table in TABLES:
            for statement in _definition(table):
                self._connection.execute(statement)
        self._connection.execute(f"pragma application_id={APPLICATION}")
        self._connection.execute(f"pragma user_version={SHAPE}")

    # --- reading

    @contextmanager
    def snapshot(self) -> Generator[None]:
        """Hold one moment: everything read inside is of it."""
        self._connection.execute("begin")
        try:
            yield
        finally:
            self._connection.execute("rollback")

    @property
    def place(self) -> LogPosition:
        """How far the rows have been folded."""
        row = self._connection.execute(f'select site, seq, hash, "now" from {PLACE}').fetchone()
        return LogPosition(row[0], Head(row[1], row[2]), row[3]) if row else LogPosition("", Head(0, b""), 0)

    @property
    def witness(self) -> str:
        """The newest witness of the log that was kept here, signed text; empty where there is none."""
        return _read_witness(self._connection)

    def _select(self, table: type[R], where: str, values: Iterable[Any]) -> Iterator[R]:
        query = f"select * from {table.table} {where} order by {','.join(key_columns(table))}"
        for row in self._connection.execute(query, tuple(values)):
            yield table(*row)

    def rows(self, table: type[R], **equal: str | int) -> Iterator[R]:
        """Return the rows whose columns have these values, in the order of their keys."""
        where = f"where {' and '.join(f'{name}=?' for name in equal)}" if equal else ""
        return self._select(table, where, equal.values())

    def of_days(self, table: type[R], first: str, last: str, **equal: str) -> Iterator[R]:
        """Return the rows of the business days from `first` to `last`, both included, whose columns have these values.

        Where the day follows the site in the key, the site is named too: only then SQLite reads the days by the key.
        """
        where, values = "where day between ? and ?", [first, last]
        if "day" in key_columns(table):
            where, values = "where site=? and day between ? and ?", [self.place.site, first, last]
        more = "".join(f" and {name}=?" for name in equal)
        return self._select(table, where + more, [*values, *equal.values()])

    def lasting(self) -> Iterator[Row]:
        """Return every row that has no end yet, tickets before what is theirs."""
        for table, column in END_COLUMN.items():
            yield from self._select(table, f"where {column} is null", ())

    def row(self, table: type[R], key: tuple[Any, ...]) -> R | None:
        """Return the row of a key, the site included."""
        row = self._connection.execute(BY_KEY[table], key).fetchone()
        return table(*row) if row else None

    def ticket(self, ticket: str) -> TicketRow | None:
        """Return the newest ticket of an id."""
        query = f"select * from {TicketRow.table} where ticket=? order by visit desc limit 1"
        row = self._connection.execute(query, (ticket,)).fetchone()
        return TicketRow(*row) if row else None

    def ended_service(self, visit: int, window: str) -> ServiceRow | None:
        """Return the service of a visit that ended last at a window with an outcome."""
        query = f"select * from {ServiceRow.table} where visit=? and window=? and outcome<>'' order by seq desc limit 1"
        row = self._connection.execute(query, (visit, window)).fetchone()
        return ServiceRow(*row) if row else None

    def has_slip(self, visit: int, copy: int) -> bool:
        """Return whether this piece of paper was reported before."""
        query = f"select 1 from {SlipRow.table} where visit=? and copy=?"
        return self._connection.execute(query, (visit, copy)).fetchone() is not None

    # --- writing

    def transaction(self) -> AbstractContextManager[None]:
        """Commit what is done inside, or nothing of it."""
        return transaction(self._connection)

    def save(self, before: LogPosition, after: LogPosition, rows: Iterable[Row]) -> None:
        """Move from `before` to `after` and write these rows, or do neither. Raises `ConcurrentUpdate`."""
        with self.transaction():
            self._move(before, after)
            self._write(rows)

    def _move(self, before: LogPosition, after: LogPosition) -> None:
        moved = self._connection.execute(
            f'update {PLACE} set seq=?, hash=?, "now"=? where site=? and seq=? and hash=?',
            (*after.head, after.now, before.site, *before.head),
        )
        if moved.rowcount != 1:
            raise ConcurrentUpdate

    def _write(self, rows: Iterable[Row]) -> None:
        by_table: dict[type[Row], list[tuple[Any, ...]]] = {}
        for row in rows:
            by_table.setdefault(type(row), []).append(structs.astuple(row))
        for table, values in by_table.items():
            self._connection.executemany(REPLACE[table], values)

    def keep_witness(self, text: str) -> None:
        """Replace the witness. The caller of this has seen that it is a later one."""
        self._connection.execute(f"update {WITNESS} set text=?", (text,))

    def clear(self, site: str) -> LogPosition:
        """Drop all rows and begin at the start of this site's log."""
        start = LogPosition(site, chain.genesis(site), 0)
        with self.transaction():
            self._connection.execute(f"delete from {PLACE}")
            for table in TABLES:
                self._connection.execute(f"delete from {table.table}")
            self._connection.execute(f"insert into {PLACE} values (?, ?, ?, ?)", (site, *start.head, 0))
        return start


def _definition(table: type[Row]) -> Iterator[str]:
    """Return the SQL that makes a table and its indexes. Rows lie in the order of their key, without a second copy."""
    all_columns = columns(table)
    kinds = [
        f'"{each.name}" {SQL_TYPES[each.kind]}{"" if each.empty else " not null"}' for each in all_columns
    ]
    keys = ", ".join(key_columns(table))
    yield f"create table {table.table} ({', '.join(kinds)}, primary key ({keys})) strict, without rowid"
    names = [each.name for each in all_columns]
    indexed = (*(("day",) if "day" in names and names[1] != "day" else ()), *INDEXES.get(table.table, ()))
    for name in indexed:
        yield f"create index {table.table}_{name} on {table.table} ({name})"
    if end := END_COLUMN.get(table):
        yield f"create index {table.table}_lasting on {table.table} ({end}) where {end} is null"


def folded_to(path: Path) -> int:
    """Return the last event folded into a records.db, 0 without one; changes nothing. Raises `sqlite3.Error`, `OSError`."""
    if not path.exists():
        return 0
    opened = open_read_only(path)
    try:
        row = opened.connection.execute(f"select seq from {PLACE}").fetchone()
    finally:
        opened.close()
    return row[0] if row else 0


def witness_of(path: Path) -> str:
    """Return the witness in a records.db, read without changing the file; empty where none can be read."""
    if not path.exists():
        return ""
    try:
        uri = f"{path.resolve().as_uri()}?mode=ro"
        connection = sqlite3.connect(uri, uri=True, timeout=BUSY_SECONDS)
        try:
            return _read_witness(connection)
        finally:
            connection.close()
    except (sqlite3.Error, TypeError, UnicodeError):  # its words for a damaged schema need not be text either
        return ""


def _read_witness(connection: sqlite3.Connection) -> str:
    """Return the witness; a damaged one need not be text, and is then one that nothing was signed with."""
    found: bytes = connection.execute(f"select cast(text as blob) from {WITNESS}").fetchone()[0]
    return found.decode("ascii", errors="replace")


def set_aside(path: Path) -> None:
    """Rename a file that cannot be read, so that a new one can be made."""
    path.replace(path.with_name(path.name + ".broken"))
    for ending in ("-wal", "-shm"):
        path.with_name(path.name + ending).unlink(missing_ok=True)
