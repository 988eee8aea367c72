"""The tables of many halls in PostgreSQL: made from the row structs, the large ones partitioned by their site.

When their definition changes they are dropped and made anew: the rows of the logs give everything again.
"""

from collections.abc import Iterator

from caller.records.columns import Row, columns, key_columns
from caller.records.rows import END_COLUMN, TABLES
from caller.records.stores.postgres import PLACE, PostgresConnection, run
from caller.records.stores.sqlite import INDEXES, SHAPE

PARTITIONS = 8  # of a large table; as many tables for autovacuum to clean side by side
LARGE = frozenset({"tickets", "states", "calls", "services", "slips", "rollups", "tallies"})
SQL_TYPES = {int: "bigint", str: "text", bytes: "bytea"}
SHAPE_TABLE = "records_shape"


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
