"""Records of many halls in PostgreSQL: the tables of records.db with the site first, one store bound to each site.

1. Every key begins with `site`, and every question names it: `site` is the column that distributes, over the hash partitions
   made here or, with Citus, over machines.
2. `save` moves the site's place and writes the rows in one transaction, and only from the place they were folded from.
3. When the definition of the tables changes they are dropped and made anew: the rows of the logs give everything again.
4. Day rows that are added to with each event (roll-ups, tallies) are kept in memory between two saves, and are read a whole day
   at once: a day begins with hundreds that are not there yet, and each would be a question of its own. A store whose save failed
   must not be used again, since its rows have gone ahead of the database.
"""

from collections.abc import Generator, Iterable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

import psycopg
from msgspec import structs
from psycopg import sql

from caller.eventlog import chain
from caller.eventlog.chain import Head
from caller.records.columns import Row, columns, key_columns
from caller.records.rollups import DeviceDayRow, RollupRow, TallyRow
from caller.records.rows import END_COLUMN, TABLES, ServiceRow, SlipRow, TicketRow
from caller.records.store import ConcurrentUpdate, LogPosition, RecordsError
from caller.records.stores.sqlite import INDEXES, SHAPE

PARTITIONS = 8  # of a large table; as many tables for autovacuum to clean side by side
LARGE = frozenset({"tickets", "states", "calls", "services", "slips", "rollups", "tallies"})
SQL_TYPES = {int: "bigint", str: "text", bytes: "bytea"}
PLACE, SHAPE_TABLE = "folded", "records_shape"
KEPT_TABLES: tuple[type[Row], ...] = (RollupRow, TallyRow, DeviceDayRow)
KEPT_ROWS_MAX = 3_000  # of one site; a day of a county hall has some hundred
FEW_ROWS = 8  # up to here one statement each; beyond, one copy for all
PostgresConnection = psycopg.Connection[tuple[Any, ...]]

R = TypeVar("R", bound=Row)


def explained(error: psycopg.Error) -> RecordsError:
    """Return a failure of the database as a `RecordsError`."""
    full = isinstance(error, psycopg.errors.DiskFull)
    return RecordsError("disk-full" if full else "failed", detail=str(error).strip() or repr(error), path="")


def make_tables(connection: PostgresConnection) -> None:
    """Make the tables, anew where their definition is another; call in a transaction. Raises `psycopg.Error`."""
    run(connection, f"create table if not exists {SHAPE_TABLE} (shape bigint not null)")
    found = run(connection, f"select shape from {SHAPE_TABLE}").fetchone()
    if found and found[0] == SHAPE:
        return
    for name in (PLACE, *(table.table for table in TABLES)):
        run(connection, f"drop table if exists {name}")
    run(
        connection,
        f'create table {PLACE} (site text primary key, seq bigint not null, hash bytea not null, "now" bigint not null)',
    )
    for table in TABLES:
        for statement in _definition(table):
            run(connection, statement)
    run(connection, f"delete from {SHAPE_TABLE}")
    run(connection, f"insert into {SHAPE_TABLE} values (%s)", (SHAPE,))


def run(connection: PostgresConnection, statement: str, values: Iterable[Any] = ()) -> psycopg.Cursor[Any]:
    """Run a statement made of the house's own names. Raises `psycopg.Error`."""
    return connection.execute(sql.SQL(statement), tuple(values))  # pyright: ignore[reportArgumentType]


def partitioned(name: str, count: int = PARTITIONS) -> Iterator[str]:
    """Return what makes the hash partitions of a table that is partitioned by its site."""
    for number in range(count):
        yield (
            f"create table {name}_{number} partition of {name}"
            f" for values with (modulus {count}, remainder {number}) with (fillfactor = 80)"
        )


def _definition(table: type[Row]) -> Iterator[str]:
    all_columns, name = columns(table), table.table
    kinds = [
        f'"{each.name}" {SQL_TYPES[each.kind]}{"" if each.empty else " not null"}' for each in all_columns
    ]
    keys = ", ".join(key_columns(table))
    large = name in LARGE
    yield (
        f"create table {name} ({', '.join(kinds)}, primary key ({keys}))"
        f"{' partition by hash (site)' if large else ''}"
    )
    if large:
        yield from partitioned(name)
    names = [each.name for each in all_columns]
    for column in (*(("day",) if "day" in names and names[1] != "day" else ()), *INDEXES.get(name, ())):
        yield f"create index {name}_{column} on {name} (site, {column})"
    if end := END_COLUMN.get(table):
        yield f"create index {name}_lasting on {name} (site) where {end} is null"


def _upsert(table: type[Row], source: str) -> str:
    names = [f'"{each.name}"' for each in columns(table)]
    rest = names[table.keys :]
    changed = ", ".join(f"{name}=excluded.{name}" for name in rest)
    then = f"do update set {changed}" if rest else "do nothing"
    return f"insert into {table.table} ({', '.join(names)}) {source} on conflict ({', '.join(names[: table.keys])}) {then}"


_ONE = {table: _upsert(table, f"values ({','.join(['%s'] * len(columns(table)))})") for table in TABLES}
_STAGED = {table: _upsert(table, f"select * from staged_{table.table}") for table in TABLES}


class PostgresStore:
    """The rows of one site; a `Store`. It uses a connection in autocommit, which it shares with the stores of other sites
    and with no other thread."""

    def __init__(self, connection: PostgresConnection, site: str) -> None:
        self._connection, self._site = connection, site
        self._kept: dict[tuple[type[Row], tuple[Any, ...]], Row] = {}
        self._whole: set[tuple[type[Row], str]] = set()  # days of a table of which every row is kept

    @contextmanager
    def _explained(self) -> Generator[None]:
        try:
            yield
        except psycopg.Error as error:
            raise explained(error) from error

    # --- reading

    @property
    def place(self) -> LogPosition:
        """How far the rows of this site have been folded."""
        with self._explained():
            row = run(
                self._connection, f'select seq, hash, "now" from {PLACE} where site=%s', (self._site,)
            ).fetchone()
        return (
            LogPosition(self._site, Head(row[0], row[1]), row[2]) if row else LogPosition("", Head(0, b""), 0)
        )

    @contextmanager
    def snapshot(self) -> Generator[None]:
        """Hold one moment: everything read inside is of it."""
        with self._explained(), self._connection.transaction():
            run(self._connection, "set transaction isolation level repeatable read, read only")
            yield

    def _select(self, table: type[R], where: str, values: Iterable[Any], end: str = "") -> Iterator[R]:
        order = end or f"order by {','.join(key_columns(table))}"
        with self._explained():
            found = run(
                self._connection, f"select * from {table.table} where site=%s {where} {order}",
                (self._site, *values),
            ).fetchall()  # fmt: skip
        return (table(*row) for row in found)

    def rows(self, table: type[R], **equal: str | int) -> Iterator[R]:
        """Return the rows whose columns have these values, in the order of their keys."""
        return self._select(table, "".join(f' and "{name}"=%s' for name in equal), equal.values())

    def of_days(self, table: type[R], first: str, last: str, **equal: str) -> Iterator[R]:
        """Return the rows of the business days from `first` to `last`, both included, whose columns have these values."""
        more = "".join(f' and "{name}"=%s' for name in equal)
        return self._select(table, f"and day between %s and %s{more}", [first, last, *equal.values()])

    def lasting(self) -> Iterator[Row]:
        """Return every row that has no end yet, tickets before what is theirs."""
        for table, column in END_COLUMN.items():
            yield from self._select(table, f"and {column} is null", ())

    def row(self, table: type[R], key: tuple[Any, ...]) -> R | None:
        """Return the row of a key, the site included."""
        if table in KEPT_TABLES:
            return self._kept_row(table, key)
        where = "".join(f' and "{name}"=%s' for name in key_columns(table)[1:])
        return next(self._select(table, where, key[1:]), None)

    def _kept_row(self, table: type[R], key: tuple[Any, ...]) -> R | None:
        """Return a day row, reading its day if that is not known yet."""
        kept: Any = self._kept.get((table, key))
        if kept is None and (table, key[1]) not in self._whole:
            found = self._select(table, "and day=%s", (key[1],))
            self._kept = {(table, each.key): each for each in found} | self._kept
            self._whole.add((table, key[1]))
            kept = self._kept.get((table, key))
        return kept

    def ticket(self, ticket: str) -> TicketRow | None:
        """Return the newest ticket of an id."""
        return next(self._select(TicketRow, "and ticket=%s", (ticket,), "order by visit desc limit 1"), None)

    def ended_service(self, visit: int, window: str) -> ServiceRow | None:
        """Return the service of a visit that ended last at a window with an outcome."""
        where = "and visit=%s and \"window\"=%s and outcome<>''"
        return next(self._select(ServiceRow, where, (visit, window), "order by seq desc limit 1"), None)

    def has_slip(self, visit: int, copy: int) -> bool:
        """Return whether this piece of paper was reported before."""
        return next(self._select(SlipRow, "and visit=%s and copy=%s", (visit, copy)), None) is not None

    # --- writing

    def save(self, before: LogPosition, after: LogPosition, rows: Iterable[Row]) -> None:
        """Move from `before` to `after` and write these rows, or do neither. Raises `ConcurrentUpdate`."""
        with self._explained(), self._connection.transaction():
            moved = run(
                self._connection,
                f'update {PLACE} set seq=%s, hash=%s, "now"=%s where site=%s and seq=%s and hash=%s',
                (*after.head, after.now, before.site, *before.head),
            )
            if moved.rowcount != 1:
                raise ConcurrentUpdate
            self._write(rows, nothing_there=before.head.seq == 0)

    def _write(self, rows: Iterable[Row], *, nothing_there: bool) -> None:
        """Write rows; `nothing_there`: the site has none yet, so that none is replaced."""
        by_table: dict[type[Row], list[Row]] = {}
        for row in rows:
            by_table.setdefault(type(row), []).append(row)
        for table, changed in by_table.items():
            if len(changed) <= FEW_ROWS:
                with self._connection.cursor() as cursor:
                    cursor.executemany(_ONE[table].encode(), [structs.astuple(each) for each in changed])
            elif nothing_there:
                self._copy(table.table, changed)
            else:
                self._replace(table, changed)
            if table in KEPT_TABLES:
                self._keep(table, changed)

    def _replace(self, table: type[Row], changed: list[Row]) -> None:
        """Write many rows by way of a table of this connection: a copy cannot replace."""
        staged = f"staged_{table.table}"
        run(
            self._connection,
            f"create temp table if not exists {staged} (like {table.table}) on commit delete rows",
        )
        self._copy(staged, changed)
        run(self._connection, _STAGED[table])

    def _copy(self, name: str, rows: list[Row]) -> None:
        with self._connection.cursor() as cursor, cursor.copy(f"copy {name} from stdin".encode()) as copy:
            for each in rows:
                copy.write_row(structs.astuple(each))

    def _keep(self, table: type[Row], changed: list[Row]) -> None:
        if len(self._kept) > KEPT_ROWS_MAX:
            self._forget()
        self._kept |= {(table, each.key): each for each in changed}

    def _forget(self) -> None:
        self._kept.clear()
        self._whole.clear()

    def clear(self, site: str) -> LogPosition:
        """Drop all rows of this site and begin at the start of its log."""
        start = LogPosition(site, chain.genesis(site), 0)
        self._forget()
        with self._explained(), self._connection.transaction():
            for name in (PLACE, *(table.table for table in TABLES)):
                run(self._connection, f"delete from {name} where site=%s", (self._site,))
            run(self._connection, f"insert into {PLACE} values (%s, %s, %s, %s)", (site, *start.head, 0))
        return start
