"""records.db: the rows on disk, with the place in the log they were folded up to, always of one piece.

`save` moves the place and writes the rows in one transaction, and only from the place it was folded from: a
crash in the middle leaves the old place with the old rows, and of two processes that fold the same events
one is `ConcurrentUpdate`. Whoever reads the file sees whole figures. When the tables' definition changes the file is
emptied; the log gives everything again. Only the witness (how far the log was, see `eventlog.witness`) outlives that:
it is what the log itself cannot give.
"""

import sqlite3
import time
import zlib
from collections.abc import Generator, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, NamedTuple, TypeVar

from msgspec import structs

from caller.eventlog import chain
from caller.eventlog.chain import Head
from caller.eventlog.errors import LogError
from caller.eventlog.schema import refuse_newer
from caller.records.errors import RecordsError, explain
from caller.records.projection import Projection
from caller.records.rows import GOING_ON, TABLES, Column, TableRow, TicketRow, columns

RECORDS_NAME = "records.db"
APPLICATION = 0x48524332  # "HRC2"; so that no other database is emptied for ours
OLD_APPLICATION = 0x48524543  # "HREC", whose files carried no ordered version; they are made again
FOLD_VERSION = 2  # counts changes of what the columns mean; the columns themselves are seen by `SHAPE`
SHAPE_BITS = 24
BUSY_MS = 5_000  # a batch of another process takes well under a second
RETRY_SECONDS = 0.02  # between tries to switch the journal, which happens once in a file's life
PLACE = "folded"  # the table with one row: how far, of which log
WITNESS = "witness"  # the table with one row: the newest witness met
INDEXES = {"tickets": ("ticket",), "states": ("visit",), "services": ("visit",), "calls": ("visit",)}

R = TypeVar("R")


class LogPosition(NamedTuple):
    """How far a log has been folded: its site, the head, and the hall's time there."""

    site: str
    head: Head
    now: int


class ConcurrentUpdate(Exception):
    """Another process has folded on in the meantime; start again from where it is."""


def _shape() -> int:
    text = repr(
        (FOLD_VERSION, [(table.table, [column[:3] for column in columns(table)]) for table in TABLES])
    )
    return FOLD_VERSION << SHAPE_BITS | zlib.crc32(text.encode()) & (1 << SHAPE_BITS) - 1


SHAPE = _shape()
REPLACE = {
    table: f"insert or replace into {table.table} values ({','.join('?' * len(columns(table)))})"
    for table in TABLES
}


class Store:
    """One connection to records.db. A context manager; raises `RecordsError` and nothing of sqlite3."""

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            self._connection = sqlite3.connect(path, isolation_level=None, timeout=BUSY_MS / 1000)
            try:
                self._prepare()
            except BaseException:
                self._connection.close()
                raise
        except sqlite3.Error as error:
            raise explain(error, path) from error

    def __enter__(self) -> "Store":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._connection.close()
        if isinstance(error, sqlite3.Error):
            raise explain(error, self.path) from error

    def _prepare(self) -> None:
        """Ours and current, or made so, by one process at a time. Looked at in one moment: the tables that another
        process makes between two looks would be taken for another program's."""
        with self.snapshot():
            current = self._current()
        if current:
            return
        self._write_ahead()
        self._connection.execute("begin immediate")
        try:
            if not self._current():
                self._make()
            self._connection.execute("commit")
        except BaseException:
            if self._connection.in_transaction:
                self._connection.execute("rollback")
            raise

    def _current(self) -> bool:
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
        """Readers never wait for us, nor we for them. SQLite does not wait for a lock here, so we do."""
        end = time.monotonic() + BUSY_MS / 1000
        while True:
            try:
                self._connection.execute("pragma journal_mode=wal")
                return
            except sqlite3.OperationalError:
                if time.monotonic() > end:
                    raise
                time.sleep(RETRY_SECONDS)

    def _make(self) -> None:
        """All tables anew."""
        from sqlite_utils import Database, Migrations  # 0.1 s; a current file never pays it

        migrations = Migrations("hallcall-records")

        @migrations(name=f"tables-{SHAPE:08x}")
        def tables(db: Any) -> None:  # pyright: ignore[reportUnusedFunction]
            _create_all(db)

        db: Any = Database(self._connection)
        witness = self.witness if WITNESS in self._names() else ""
        for name in self._names():
            db.table(name).drop()
        migrations.apply(db)
        self._connection.execute(f"insert into {WITNESS} values (1, ?)", (witness,))
        self._connection.execute(f"pragma application_id={APPLICATION}")
        self._connection.execute(f"pragma user_version={SHAPE}")

    # --- reading

    @contextmanager
    def snapshot(self) -> Generator[None]:
        """Everything read inside is of one moment."""
        self._connection.execute("begin")
        try:
            yield
        finally:
            self._connection.execute("rollback")

    @property
    def place(self) -> LogPosition:
        row = self._connection.execute(f'select site, seq, hash, "now" from {PLACE}').fetchone()
        return LogPosition(row[0], Head(row[1], row[2]), row[3]) if row else LogPosition("", Head(0, b""), 0)

    @property
    def witness(self) -> str:
        """The newest witness of the log that was kept here, signed text; empty where there is none."""
        return self._connection.execute(f"select text from {WITNESS}").fetchone()[0]

    def rows(self, table: type[R], where: str = "", values: Iterable[Any] = ()) -> Iterator[R]:
        """Rows of a table in the order of their keys."""
        name, first = table.table, columns(table)[0].name  # pyright: ignore
        only = f"where {where}" if where else ""
        for row in self._connection.execute(f"select * from {name} {only} order by {first}", tuple(values)):
            yield table(*row)

    def going_on(self) -> Iterator[TableRow]:
        """Every row that has not ended, tickets before what is theirs."""
        for table, column in GOING_ON.items():
            yield from self.rows(table, f"{column} is null")

    def find(self, ticket: str) -> TicketRow | None:
        """The newest ticket of this id."""
        query = "select * from tickets where ticket=? order by visit desc limit 1"
        row = self._connection.execute(query, (ticket,)).fetchone()
        return TicketRow(*row) if row else None

    def fold(self) -> Projection:
        """The fold as it stood at `place`."""
        fold = Projection(self.find, self.place.now)
        fold.resume(self.going_on())
        return fold

    # --- writing

    def save(self, before: LogPosition, after: LogPosition, rows: Iterable[TableRow]) -> None:
        """From `before` to `after` with these rows, or not at all. Raises `ConcurrentUpdate`."""
        from sqlite_utils import Database

        with Database(self._connection).atomic():
            self._move(before, after)
            self._write(rows)

    def _move(self, before: LogPosition, after: LogPosition) -> None:
        """First in the transaction, so that it takes the lock on what is newest."""
        moved = self._connection.execute(
            f'update {PLACE} set seq=?, hash=?, "now"=? where site=? and seq=? and hash=?',
            (*after.head, after.now, before.site, *before.head),
        )
        if moved.rowcount != 1:
            raise ConcurrentUpdate

    def _write(self, rows: Iterable[TableRow]) -> None:
        by_table: dict[type[TableRow], list[tuple[Any, ...]]] = {}
        for row in rows:
            by_table.setdefault(type(row), []).append(structs.astuple(row))
        for table, values in by_table.items():
            self._connection.executemany(REPLACE[table], values)

    def keep_witness(self, text: str) -> None:
        """Replace the witness. The caller of this has seen that it is a later one."""
        self._connection.execute(f"update {WITNESS} set text=?", (text,))

    def clear(self, site: str) -> LogPosition:
        """Empty, at the start of this site's log."""
        from sqlite_utils import Database

        start = LogPosition(site, chain.genesis(site), 0)
        with Database(self._connection).atomic():
            self._connection.execute(f"delete from {PLACE}")
            for table in TABLES:
                self._connection.execute(f"delete from {table.table}")
            self._connection.execute(f"insert into {PLACE} values (1, ?, ?, ?, ?)", (site, *start.head, 0))
        return start


def _create_all(db: Any) -> None:
    place = {"id": int, "site": str, "seq": int, "hash": bytes, "now": int}
    db.table(PLACE).create(place, pk="id", not_null=set(place) - {"id"}, strict=True)
    db.table(WITNESS).create({"id": int, "text": str}, pk="id", not_null={"text"}, strict=True)
    for table in TABLES:
        _create(db, table)
    for table, column in GOING_ON.items():
        name = table.table
        db.conn.execute(f"create index {name}_going_on on {name} ({column}) where {column} is null")


def _create(db: Any, table: type[TableRow]) -> None:
    all_columns: list[Column] = columns(table)
    names = {column.name: column.kind for column in all_columns}
    needed = {column.name for column in all_columns[1:] if not column.empty}
    made = db.table(table.table)
    made.create(names, pk=all_columns[0].name, not_null=needed, strict=True)
    if "day" in names and all_columns[0].name != "day":
        made.create_index(["day"])
    for column in INDEXES.get(table.table, ()):
        made.create_index([column])


def witness_of(path: Path) -> str:
    """Return the witness in a records.db, read without changing the file; empty where none can be read."""
    if not path.exists():
        return ""
    try:
        uri = f"{path.resolve().as_uri()}?mode=ro"
        connection = sqlite3.connect(uri, uri=True, timeout=BUSY_MS / 1000)
        try:
            return connection.execute(f"select text from {WITNESS}").fetchone()[0]
        finally:
            connection.close()
    except (sqlite3.Error, TypeError):
        return ""


def set_aside(path: Path) -> None:
    """A file that cannot be read makes room for a new one; it is kept under another name."""
    path.replace(path.with_name(path.name + ".broken"))
    for ending in ("-wal", "-shm"):
        path.with_name(path.name + ending).unlink(missing_ok=True)
