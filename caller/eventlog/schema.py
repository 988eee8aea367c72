"""The log's tables and how they came to be: sqlite-utils migrations, run only when a file is not current.

A current file is recognised by one pragma, so that starting the caller never waits for the library.
Nothing here is on the path of a commit.
"""

import sqlite3
from pathlib import Path
from typing import Any

from caller.eventlog.errors import LogError

APPLICATION = 0x48414C4C  # "HALL"; so that no other database is taken for a log
VERSION = 2  # counts the migrations below


def bring_up_to_date(connection: sqlite3.Connection, path: Path, site: str) -> None:
    """Create or migrate the tables; refuses a file that is another program's or another site's."""
    version = _version(connection, path)
    if version < VERSION:
        _migrate(connection, site)
        connection.execute(f"pragma application_id={APPLICATION}")
        connection.execute(f"pragma user_version={VERSION}")
    found = site_of(connection)
    if found != site:
        raise LogError("wrong-site", found=found, site=site)


def check_readable(connection: sqlite3.Connection, path: Path) -> None:
    """For those who only read: is it a log, and one of ours? What they read stands in every version's tables."""
    if _version(connection, path) < 1:
        raise LogError("not-a-log", path=path)


def site_of(connection: sqlite3.Connection) -> str:
    row = connection.execute("select value from meta where key='site'").fetchone()
    return row[0] if row else ""


def _version(connection: sqlite3.Connection, path: Path) -> int:
    version = connection.execute("pragma user_version").fetchone()[0]
    application = connection.execute("pragma application_id").fetchone()[0]
    if application != APPLICATION:
        tables = {row[0] for row in connection.execute("select name from sqlite_master where type='table'")}
        if tables - {
            "event",
            "answer",
            "checkpoint",
            "meta",
            "register",
            "_sqlite_migrations",
            "sqlite_sequence",
        }:
            raise LogError("not-a-log", path=path)
    if version > VERSION:
        raise LogError("newer")
    return version


def _migrate(connection: sqlite3.Connection, site: str) -> None:
    from sqlite_utils import Database, Migrations  # 0.1 s; a current file never pays it

    migrations = Migrations("hallcall-log")

    @migrations()
    def events_and_checkpoints(db: Any) -> None:  # pyright: ignore[reportUnusedFunction]
        event = {"seq": int, "at": int, "command": str, "role": str, "station": str, "kind": str}
        _create(db, "event", {**event, "body": str, "hash": bytes}, "seq")
        _create(
            db, "answer", {"command": str, "role": str, "station": str, "at": int, "answer": str}, "command"
        )
        _create(db, "checkpoint", {"seq": int, "at": int, "state": bytes, "hash": bytes}, "seq")
        _create(db, "meta", {"key": str, "value": str}, "key")
        db.table("meta").insert({"key": "site", "value": site})

    @migrations()
    def what_outlives_the_day(db: Any) -> None:  # pyright: ignore[reportUnusedFunction]
        db.execute(
            "create table register(kind text, key text, body blob not null, primary key(kind, key)) strict, without rowid"
        )

    migrations.apply(Database(connection))


def _create(db: Any, name: str, columns: dict[str, type], key: str) -> None:
    db.table(name).create(columns, pk=key, not_null=set(columns) - {key}, strict=True)
