"""Records of many halls in PostgreSQL: the tables of records.db with the site first, one store bound to each site.

1. Every key begins with `site`, and every question names it: `site` is the column that distributes, over the hash partitions
   of `postgres_tables` or, with Citus, over machines.
2. `save_all` moves the places of sites and writes their rows in one transaction, and only from the places they were folded from.
   What it costs is a statement for each table, whether one site moves or fifty: a city has many halls with few events each.
3. Day rows that are added to with each event (roll-ups, tallies) are kept in memory between two saves, and are read a whole day
   at once: a day begins with hundreds that are not there yet, and each would be a question of its own. A store whose save failed
   must not be used again, since its rows have gone ahead of the database.
"""

from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple, TypeVar

import psycopg
from msgspec import structs
from psycopg import sql

from caller.eventlog import chain
from caller.eventlog.chain import Head
from caller.records.columns import Row, columns, key_columns
from caller.records.rollups import DeviceDayRow, RollupRow, TallyRow
from caller.records.rows import END_COLUMN, TABLES, ServiceRow, SlipRow, TicketRow
from caller.records.store import ConcurrentUpdate, LogPosition, RecordsError

PLACE = "folded"
KEPT_TABLES: tuple[type[Row], ...] = (RollupRow, TallyRow, DeviceDayRow)
KEPT_ROWS_MAX = 3_000  # of one site; a day of a county hall has some hundred
FEW_ROWS = 8  # up to here one statement each; beyond, one copy for all
PostgresConnection = psycopg.Connection[tuple[Any, ...]]

R = TypeVar("R", bound=Row)


def explained(error: psycopg.Error) -> RecordsError:
    """Return a failure of the database as a `RecordsError`."""
    full = isinstance(error, psycopg.errors.DiskFull)
    return RecordsError("disk-full" if full else "failed", detail=str(error).strip() or repr(error), path="")


@contextmanager
def _explained() -> Generator[None]:
    try:
        yield
    except psycopg.Error as error:
        raise explained(error) from error


def run(connection: PostgresConnection, statement: str, values: Iterable[Any] = ()) -> psycopg.Cursor[Any]:
    """Run a statement made of the house's own names. Raises `psycopg.Error`."""
    return connection.execute(sql.SQL(statement), tuple(values))  # pyright: ignore[reportArgumentType]


def _upsert(table: type[Row], source: str) -> str:
    names = [f'"{each.name}"' for each in columns(table)]
    rest = names[table.keys :]
    changed = ", ".join(f"{name}=excluded.{name}" for name in rest)
    then = f"do update set {changed}" if rest else "do nothing"
    return f"insert into {table.table} ({', '.join(names)}) {source} on conflict ({', '.join(names[: table.keys])}) {then}"


_ONE = {table: _upsert(table, f"values ({','.join(['%s'] * len(columns(table)))})") for table in TABLES}
_STAGED = {table: _upsert(table, f"select * from staged_{table.table}") for table in TABLES}


def start_of(site: str) -> LogPosition:
    """Return the place before the first row of a site's log."""
    return LogPosition(site, chain.genesis(site), 0)


def begin(connection: PostgresConnection, sites: Iterable[str]) -> None:
    """Put sites that have no row yet at the start of their logs. Raises `RecordsError`."""
    starts = [(site, *chain.genesis(site)) for site in sites]
    with _explained():
        run(
            connection,
            f'insert into {PLACE} (site, seq, hash, "now") select *, 0 from unnest(%s::text[], %s::bigint[], %s::bytea[])',
            map(list, zip(*starts, strict=True)),
        )


@contextmanager
def snapshot(connection: PostgresConnection) -> Generator[None]:
    """Hold one moment: everything read inside is of it. Raises `RecordsError`."""
    with _explained(), connection.transaction():
        run(connection, "set transaction isolation level repeatable read, read only")
        yield


def places(connection: PostgresConnection, sites: Iterable[str]) -> dict[str, LogPosition]:
    """Return how far the rows of sites have been folded, without those that have none. Raises `RecordsError`."""
    with _explained():
        found = run(
            connection, f'select site, seq, hash, "now" from {PLACE} where site = any(%s)', ([*sites],)
        ).fetchall()
    return {site: LogPosition(site, Head(seq, digest), now) for site, seq, digest, now in found}


def lasting_rows(connection: PostgresConnection, sites: Iterable[str]) -> dict[str, list[Row]]:
    """Return of each site every row that has no end yet, tickets before what is theirs. Raises `RecordsError`."""
    rows: dict[str, list[Row]] = {site: [] for site in sites}
    for table, column in END_COLUMN.items():
        where = f"site = any(%s) and {column} is null order by {','.join(key_columns(table))}"
        with _explained():
            found = run(connection, f"select * from {table.table} where {where}", ([*rows],)).fetchall()
        for row in found:
            rows[row[0]].append(table(*row))
    return rows


def keep_days(
    connection: PostgresConnection, stores: Mapping[str, "PostgresStore"], days: Mapping[str, str]
) -> None:
    """Let stores keep the rows of the day of their site that are added to with each event. Raises `RecordsError`."""
    pairs = (list(days), list(days.values()))
    for table in KEPT_TABLES:
        named = "unnest(%s::text[], %s::text[]) as named(site, day)"
        with _explained():
            found = run(
                connection, f"select {table.table}.* from {named} join {table.table} using (site, day)", pairs
            ).fetchall()
        rows: dict[str, list[Row]] = {site: [] for site in days}
        for row in found:
            rows[row[0]].append(table(*row))
        for site, day in days.items():
            stores[site].keep_day(table, day, rows[site])


class PostgresStore:
    """The rows of one site; a `Store`. It uses a connection in autocommit, which it shares with the stores of other sites
    and with no other thread."""

    def __init__(self, connection: PostgresConnection, site: str, *, is_empty: bool = False) -> None:
        """is_empty: the site is known to have no row yet, and the database is not asked for any."""
        self._connection, self._site, self._is_empty = connection, site, is_empty
        self._kept: dict[tuple[type[Row], tuple[Any, ...]], Row] = {}
        self._whole: set[tuple[type[Row], str]] = set()  # days of a table of which every row is kept

    # --- reading

    @property
    def place(self) -> LogPosition:
        """How far the rows of this site have been folded."""
        found = places(self._connection, [self._site])
        return found.get(self._site, LogPosition("", Head(0, b""), 0))

    @contextmanager
    def snapshot(self) -> Generator[None]:
        """Hold one moment: everything read inside is of it."""
        with snapshot(self._connection):
            yield

    def _select(self, table: type[R], where: str, values: Iterable[Any], end: str = "") -> Iterator[R]:
        if self._is_empty:
            return iter(())
        order = end or f"order by {','.join(key_columns(table))}"
        with _explained():
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
        yield from lasting_rows(self._connection, [self._site])[self._site]

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
            self.keep_day(table, key[1], self._select(table, "and day=%s", (key[1],)))
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

    def keep_day(self, table: type[Row], day: str, rows: Iterable[Row]) -> None:
        """Keep all the rows that a day has in one of the tables that are kept."""
        self._kept = {(table, each.key): each for each in rows} | self._kept
        self._whole.add((table, day))

    # --- writing

    def save(self, before: LogPosition, after: LogPosition, rows: Iterable[Row]) -> None:
        """SiteMove from `before` to `after` and write these rows, or do neither. Raises `ConcurrentUpdate`."""
        save_all(self._connection, [SiteMove(self, before, after, list(rows))])

    def saved(self, rows: Iterable[Row]) -> None:
        """Keep what was written of the days."""
        self._is_empty = False
        if len(self._kept) > KEPT_ROWS_MAX:
            self._forget()
        self._kept |= {(type(each), each.key): each for each in rows if isinstance(each, KEPT_TABLES)}

    def _forget(self) -> None:
        self._kept.clear()
        self._whole.clear()

    def clear(self, site: str) -> LogPosition:
        """Drop all rows of this site and begin at the start of its log."""
        start = start_of(site)
        self._forget()
        with _explained(), self._connection.transaction():
            for name in (PLACE, *(table.table for table in TABLES)):
                run(self._connection, f"delete from {name} where site=%s", (self._site,))
            begin(self._connection, [site])
        self._is_empty = True
        return start


class SiteMove(NamedTuple):
    """One site's step from a place in its log to a later one, with the rows that are other then."""

    store: PostgresStore
    before: LogPosition
    after: LogPosition
    rows: list[Row]


_MOVE = f"""update {PLACE} set seq=m.seq, hash=m.hash, "now"=m.at
    from unnest(%s::text[], %s::bigint[], %s::bytea[], %s::bigint[], %s::bigint[], %s::bytea[])
    as m(site, seq, hash, at, before, before_hash)
    where {PLACE}.site=m.site and {PLACE}.seq=m.before and {PLACE}.hash=m.before_hash"""


def save_all(connection: PostgresConnection, moves: Sequence[SiteMove]) -> None:
    """Make these moves of different sites, or none of them. Raises `ConcurrentUpdate`, `RecordsError`."""
    steps = [(each.before.site, *each.after.head, each.after.now, *each.before.head) for each in moves]
    if not steps:
        return
    with _explained(), connection.transaction():
        if run(connection, _MOVE, map(list, zip(*steps, strict=True))).rowcount != len(steps):
            raise ConcurrentUpdate
        for nothing_there in (True, False):
            own = (each for each in moves if (each.before.head.seq == 0) is nothing_there)
            _write(connection, (row for each in own for row in each.rows), nothing_there=nothing_there)
    for each in moves:
        each.store.saved(each.rows)


def _write(connection: PostgresConnection, rows: Iterable[Row], *, nothing_there: bool) -> None:
    """Write rows; `nothing_there`: their sites have none yet, so that none is replaced."""
    by_table: dict[type[Row], list[Row]] = {}
    for row in rows:
        by_table.setdefault(type(row), []).append(row)
    for table, changed in by_table.items():
        if len(changed) <= FEW_ROWS:
            with connection.cursor() as cursor:
                cursor.executemany(_ONE[table].encode(), [structs.astuple(each) for each in changed])
        elif nothing_there:
            _copy(connection, table.table, changed)
        else:
            _replace(connection, table, changed)


def _replace(connection: PostgresConnection, table: type[Row], changed: list[Row]) -> None:
    """Write many rows by way of a table of this connection: a copy cannot replace."""
    staged = f"staged_{table.table}"
    run(connection, f"create temp table if not exists {staged} (like {table.table}) on commit delete rows")
    _copy(connection, staged, changed)
    run(connection, _STAGED[table])


def _copy(connection: PostgresConnection, name: str, rows: list[Row]) -> None:
    with connection.cursor() as cursor, cursor.copy(f"copy {name} from stdin".encode()) as copy:
        for each in rows:
            copy.write_row(structs.astuple(each))
