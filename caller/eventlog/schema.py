"""The log's tables and how they came to be: sqlite-utils migrations, run only when a file is not current.

1. A file's `user_version` counts its migrations. A current file is recognised by that one pragma, so that starting
   the caller never waits for the library. Nothing here is on the path of a commit.
2. A file of a newer program is refused before anything is written (`refuse_newer`; every store of a data folder
   asks the same way), and a file of an older one is migrated in place: each step is one transaction together with
   the record that it was done, so a kill at any moment leaves the old file or the new one.
3. Files of every older version stay readable without migrating them: a backup on read-only media is one.
"""

import sqlite3
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from caller.eventlog.errors import LogError

APPLICATION = 0x48414C4C  # "HALL"; so that no other database is taken for a log
VERSION = 3  # counts the migrations below
VERSION_OF_REGISTER = 3  # from which on there is a table `register`
TABLES = {"event", "answer", "checkpoint", "meta", "register", "_sqlite_migrations", "sqlite_sequence"}

_COLUMNS = "select seq, at, command, role, station, kind, body, hash, {account} from event"
COPY = "copy"  # the key in `meta` of a file that follows a log: no caller writes to it before `promote`
BEGAN = "epoch-began"  # the key in `meta` for the event after which the log's epoch begins


@contextmanager
def transaction(connection: sqlite3.Connection) -> Generator[None]:
    """Commit what is done inside, or nothing of it."""
    connection.execute("begin immediate")
    try:
        yield
        connection.execute("commit")
    except BaseException:
        if connection.in_transaction:  # a full disk ends the transaction by itself
            connection.execute("rollback")
        raise


def refuse_newer(connection: sqlite3.Connection, version: int, path: Path) -> int:
    """Return a file's `user_version`. Raises `LogError` "newer" where it is above `version`."""
    found = int(connection.execute("pragma user_version").fetchone()[0])
    if found > version:
        raise LogError("newer", path=path)
    return found


def bring_up_to_date(connection: sqlite3.Connection, path: Path, site: str) -> None:
    """Create or migrate the tables. Raises `LogError` for another program's or another site's file."""
    if _version(connection, path) < VERSION:
        if _has_meta(connection):
            _need_site(connection, site)  # nothing is migrated for the wrong hall
        _migrate(connection, site)
        connection.execute(f"pragma application_id={APPLICATION}")
        connection.execute(f"pragma user_version={VERSION}")
    _need_site(connection, site)


def select_events(connection: sqlite3.Connection, path: Path) -> str:
    """Return the statement that reads events in the columns of a `Record`, whatever version the file has.

    Raises `LogError` where the file is no log, or is newer than this program.
    """
    version = _version(connection, path)
    if version < 1:
        raise LogError("not-a-log", path=path)
    return _COLUMNS.format(account="account" if version > 1 else "''")


def meta(connection: sqlite3.Connection, key: str) -> str:
    """Return a value of the table `meta`; empty where there is none."""
    row = connection.execute("select value from meta where key=?", (key,)).fetchone()
    return row[0] if row else ""


def epoch_of(connection: sqlite3.Connection) -> int:
    """Return the log's epoch: 1, and one more for each time a copy was put in its place."""
    return int(meta(connection, "epoch") or 1)


def refuse_copy(connection: sqlite3.Connection, path: Path) -> None:
    """Raise `LogError` "is-a-copy" where a file follows the log of another PC: two callers would write one epoch."""
    if meta(connection, COPY):
        raise LogError("is-a-copy", path=path)


def _need_site(connection: sqlite3.Connection, site: str) -> None:
    found = meta(connection, "site")
    if found != site:
        raise LogError("wrong-site", found=found, site=site)


def _tables(connection: sqlite3.Connection) -> set[str]:
    return {row[0] for row in connection.execute("select name from sqlite_master where type='table'")}


def _has_meta(connection: sqlite3.Connection) -> bool:
    return "meta" in _tables(connection)


def _version(connection: sqlite3.Connection, path: Path) -> int:
    application = connection.execute("pragma application_id").fetchone()[0]
    if application != APPLICATION and _tables(connection) - TABLES:
        raise LogError("not-a-log", path=path)
    return refuse_newer(connection, VERSION, path)


def _migrate(connection: sqlite3.Connection, site: str) -> None:
    from sqlite_utils import Database, Migrations  # 0.1 s; a current file never pays it

    migrations = Migrations("hallcall-log")

    @migrations()
    def events_and_checkpoints(db: Any) -> None:  # pyright: ignore[reportUnusedFunction]
        event = {"seq": int, "at": int, "command": str, "role": str, "station": str, "kind": str}
        _create(db, "event", {**event, "body": str, "hash": bytes}, "seq")
        _create(db, "checkpoint", {"seq": int, "at": int, "state": bytes, "hash": bytes}, "seq")
        _create(db, "meta", {"key": str, "value": str}, "key")
        db.table("meta").insert({"key": "site", "value": site})

    @migrations()
    def accounts_ids_and_epoch(db: Any) -> None:  # pyright: ignore[reportUnusedFunction]
        db.conn.execute("alter table event add column account text not null default ''")
        db.table("event").create_index(["command"], "event_command")
        db.conn.execute(
            "drop table if exists answer"
        )  # of commands that had no effect: a repeat is decided anew
        db.conn.execute(
            "insert or ignore into meta values ('head', ''), ('epoch', '1'), ('writer', ''), ('voided', '')"
        )

    @migrations()
    def what_outlives_the_day(db: Any) -> None:  # pyright: ignore[reportUnusedFunction]
        db.conn.execute(
            "create table register(kind text, key text, body blob not null, primary key(kind, key)) strict, without rowid"
        )

    migrations.apply(Database(connection))


def _create(db: Any, name: str, columns: dict[str, type], key: str) -> None:
    db.table(name).create(columns, pk=key, not_null=set(columns) - {key}, strict=True)
