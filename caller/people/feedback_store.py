"""What people wrote in their own words: DATA/people.db, from which it can be deleted.

The event log keeps everything for ever and must, so nothing a person writes goes there; it holds a rating's level
and reason codes only. Words and a way to reach their writer live here, apart, and a deleted row is overwritten on
disk (`secure_delete`, no write-ahead log to linger in). Nothing of the hall's figures is made from this file.
"""

import sqlite3
from collections.abc import Generator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from msgspec import Meta, Struct
from msgspec.structs import astuple

from caller.eventlog.schema import refuse_newer
from config import owner_only

if TYPE_CHECKING:
    from sqlite_utils import Database

PEOPLE_NAME = "people.db"
VERSION = 1  # of the file; one made before files were numbered says 0 and is the same
BUSY_SECONDS = 5.0  # another process deletes a few rows in well under a second
BOXED_MAX = 3  # letters of one ticket; for more there is the service desk
RATED_MAX = 1  # as a visit is rated once
TEXT_MAX = 500  # characters; a letter, not a file
CONTACT_MAX = 60
LISTED_MAX = 10_000  # years of a county hall; an office reads the newest

FeedbackKind = Literal["rating", "complaint", "suggestion", "praise"]
KINDS: dict[str, tuple[str, str]] = {
    "rating": ("评价", "rating"),
    "complaint": ("投诉", "complaint"),
    "suggestion": ("建议", "suggestion"),
    "praise": ("表扬", "praise"),
}
# One statement, so that two letters sent at once cannot both be the last that is allowed.
INSERT = """insert into opinions (ticket, number, window, kind, level, text, contact, at)
    select ?, ?, ?, ?, ?, ?, ?, ? where
    (select count(*) from opinions where ticket = ? and (kind = 'rating') = ?) < ?"""


class Feedback(Struct, frozen=True):
    """One letter. `at` is UTC; `level` is that of the rating it belongs to, 0 for the opinion box."""

    ticket: str
    number: str
    window: str
    kind: FeedbackKind
    level: Annotated[int, Meta(ge=0, le=5)]
    text: Annotated[str, Meta(min_length=1, max_length=TEXT_MAX)]
    contact: Annotated[str, Meta(max_length=CONTACT_MAX)]
    at: str


class StoredFeedback(Feedback, frozen=True):
    """A letter as it lies in the file, with the number it is deleted by."""

    id: int


class FeedbackStore:
    """The letters of one hall. Each call opens the file anew: there are a few a day, and a copy of the file
    put back in its place is then used at once."""

    def __init__(self, data: Path) -> None:
        self.path = data / PEOPLE_NAME

    def put(self, opinion: Feedback) -> bool:
        """Store a letter; return False if its ticket has sent all it may."""
        rated = opinion.kind == "rating"
        limit = RATED_MAX if rated else BOXED_MAX
        with self._open() as database, database.atomic():
            done = database.conn.execute(INSERT, (*astuple(opinion), opinion.ticket, rated, limit))
            return done.rowcount == 1

    def left(self, ticket: str) -> int:
        """Return how many letters this ticket may still put into the box."""
        with self._open() as database:
            boxed = database["opinions"].count_where("ticket = ? and kind <> 'rating'", [ticket])
        return max(0, BOXED_MAX - boxed)

    def newest(self, limit: int = LISTED_MAX) -> list[StoredFeedback]:
        with self._open() as database:
            rows = database["opinions"].rows_where(order_by="id desc", limit=limit)
            return [StoredFeedback(**row) for row in rows]

    def delete(self, id: int) -> bool:
        """Delete one letter; return False if it was not there."""
        return self._delete("id = ?", id) == 1

    def purge(self, days: int, now: datetime | None = None) -> int:
        """Delete all letters older than so many days; return how many."""
        before = (now or datetime.now(UTC)) - timedelta(days=days)
        return self._delete("at < ?", stamp(before))

    def _delete(self, where: str, value: int | str) -> int:
        with self._open() as database, database.atomic():
            return database.conn.execute(f"delete from opinions where {where}", [value]).rowcount

    @contextmanager
    def _open(self) -> "Generator[Database]":
        from sqlite_utils import Database  # 0.1 s; a web process that is sent no letter never pays it

        owner_only.make_folder(self.path.parent)
        self.path.touch(mode=0o600)
        connection = sqlite3.connect(self.path, timeout=BUSY_SECONDS)
        try:
            refuse_newer(connection, VERSION, self.path)
            connection.execute("pragma secure_delete = on")
            database = Database(connection)
            if not database["opinions"].exists():
                _create(database)
            yield database
        finally:
            connection.close()


def stamp(at: datetime) -> str:
    """An instant as the file holds it: sorts as text, read by people."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _create(database: "Database") -> None:
    with database.atomic():
        database.conn.execute(
            "create table if not exists opinions (id integer primary key autoincrement, ticket text not null,"
            " number text not null, window text not null, kind text not null, level integer not null,"
            " text text not null, contact text not null, at text not null)"
        )
        database.table("opinions").create_index(["ticket"], if_not_exists=True)
        database.conn.execute(f"pragma user_version = {VERSION}")
