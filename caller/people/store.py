"""What persons gave the hall for a purpose: DATA/people.db, which forgets.

1. The event log keeps everything for ever and must, so nothing that a person writes, no name and no phone number goes
   there. It lies here, each entry with the purpose it was given for and the instant until which that lasts.
2. An entry belongs to a subject ("ticket/ID", "appointment/ID", "case/ID") and, where a card was read, to the keyed
   hash of a person. It is deleted the night after its purpose has ended (`forget_expired`), or when it is asked for.
3. Deleted means overwritten: `secure_delete` and `vacuum`, and no write-ahead log for it to linger in.
4. No figure of the hall is made from this file, so deleting changes none.
"""

import json
import sqlite3
from collections.abc import Generator, Iterable
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from msgspec import Struct

from caller.eventlog.calling_here import check_calls as check_calls
from caller.eventlog.calling_here import wait_given as wait_given
from caller.eventlog.schema import refuse_newer, transaction
from config import owner_only
from config.catalogue import both
from config.paper.case_notice import Applicant

if TYPE_CHECKING:
    from sqlite_utils import Database

PEOPLE_NAME = "people.db"
VERSION = 2  # counts changes of the tables; 1 had a table of opinions without purposes
BUSY_SECONDS = 5.0  # another process deletes a few rows in well under a second
LISTED_MAX = 10_000  # years of a county hall; an office reads the newest


class Purpose(NamedTuple):
    """What an entry is given for, as the person is told in the catalogue's words, and for how many days it is kept."""

    code: str
    days: int

    @property
    def words(self) -> tuple[str, str]:
        """Chinese and English."""
        return both("purpose", self.code)


PURPOSES: dict[str, Purpose] = {
    code: Purpose(code, days)
    for code, days in (
        ("rating", 180), ("addition", 180), ("complaint", 180), ("report", 180), ("consultation", 180), ("suggestion", 180), ("praise", 180),
        ("answer", 60), ("find", 1), ("case", 365), ("notify", 180),
    )
}  # fmt: skip

COLUMNS = "subject, person, purpose, field, value, about, at, keep_until, parent"
TABLE = """create table entry (id integer primary key autoincrement, subject text not null, person text not null,
    purpose text not null, field text not null, value text not null, about text not null, at text not null,
    keep_until text not null, parent integer not null)"""
# A letter of the older table becomes its words and, apart, the way to reach its writer, which is kept for less long.
MOVE_WORDS = f"""insert into entry (id, {COLUMNS}) select id, 'ticket/' || ticket, '', kind, 'words', text,
    json_object('number', number, 'window', window, 'level', level), at, ?, 0 from opinions where id = ?"""
MOVE_CONTACT = f"""insert into entry ({COLUMNS}) select 'ticket/' || ticket, '', 'answer', 'contact', contact, '{{}}',
    at, ?, id from opinions where id = ? and contact <> ''"""


class Entry(Struct, frozen=True):
    """One thing that a person gave. `field`: "words", "contact", "name" or "address"; `at`, `keep_until`: UTC, as `stamp` writes.

    `about`: facts of the hall that go with it (a number, a window). `parent`: the id of the entry it goes with, or 0.
    """

    id: int
    subject: str
    person: str
    purpose: str
    field: str
    value: str
    about: dict[str, Any]
    at: str
    keep_until: str
    parent: int


NONE_BEFORE = "2026-01-01T00:00:00Z"  # this store was not written yet: only a wrong clock dates so
WRONGLY_DATED = "select id, purpose from entry where at < ? or at > ?"


def stamp(at: datetime) -> str:
    """Return an instant as the file holds it: sorts as text, read by people."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def ends(purpose: str, at: str) -> str:
    """Return until when something given at `at` (as `stamp` writes) is kept for this purpose."""
    return stamp(datetime.fromisoformat(at) + timedelta(days=PURPOSES[purpose].days))


class PeopleStore:
    """The entries of one hall. Each call opens the file anew: there are a few a day, and a copy of the file
    put back in its place is then used at once. Raises `sqlite3.Error`, `OSError`, `LogError` "newer"; to change something on a PC
    that stands by raises `StandsByError`, which is an `OSError`."""

    def __init__(self, data: Path) -> None:
        self.path = data / PEOPLE_NAME

    def keep(
        self,
        subject: str,
        purpose: str,
        field: str,
        value: str,
        now: datetime,
        person: str = "",
        about: dict[str, Any] | None = None,
    ) -> int:
        """Keep what a person gave for a purpose (a key of `PURPOSES`); return its id."""
        at = stamp(now)
        row = (subject, person, purpose, field, value, as_json(about or {}), at, ends(purpose, at), 0)
        with self.changing() as database, database.atomic():
            done = database.conn.execute(f"insert into entry ({COLUMNS}) values (?,?,?,?,?,?,?,?,?)", row)
            return done.lastrowid or 0

    def of(self, subjects: Iterable[str], persons: Iterable[str] = ()) -> list[Entry]:
        """Return the entries of these subjects and of these persons (keyed hashes), oldest first."""
        return self.find(*_whose(subjects, persons))

    def find(self, where: str, values: Iterable[Any] = (), newest: bool = False) -> list[Entry]:
        """Return entries by a condition on the columns."""
        if not self.path.exists():
            return []
        order = f"id {'desc' if newest else ''} limit {LISTED_MAX}"
        query = f"select id, {COLUMNS} from entry where {where} order by {order}"
        with self.opened() as database:
            rows = database.conn.execute(query, tuple(values)).fetchall()
        names = ("id", *COLUMNS.split(", "))
        fields = [dict(zip(names, row, strict=True)) for row in rows]
        return [Entry(**each | {"about": json.loads(each["about"])}) for each in fields]

    def forget(self, subjects: Iterable[str], persons: Iterable[str] = ()) -> int:
        """Delete the entries of these subjects and of these persons; return how many."""
        return self.delete(*_whose(subjects, persons))

    def forget_expired(self, now: datetime) -> int:
        """Delete all entries whose purpose has ended; return how many. `now` must be credible.

        What a wrong clock dated, after a dead battery say, is not past its purpose: it is kept from now on.
        """
        self._date_anew(now)
        return self.delete("keep_until < ?", [stamp(now)])

    def _date_anew(self, now: datetime) -> None:
        if not self.path.exists():
            return
        with self.changing() as database, transaction(database.conn):
            wrong = database.conn.execute(
                WRONGLY_DATED, (NONE_BEFORE, stamp(now + timedelta(days=1)))
            ).fetchall()
            for id, purpose in wrong:
                dates = (stamp(now), ends(purpose, stamp(now)), id)
                database.conn.execute("update entry set at = ?, keep_until = ? where id = ?", dates)

    def delete(self, where: str, values: Iterable[Any] = ()) -> int:
        """Delete entries by a condition, and what goes with them; return how many. The file holds no trace of them."""
        if not self.path.exists():
            return 0
        with self.changing() as database:
            with transaction(
                database.conn
            ):  # from the choice on: it would else give up where another writes meanwhile
                chosen = database.conn.execute(
                    f"select id from entry where {where}", tuple(values)
                ).fetchall()
                ids = as_json([row[0] for row in chosen])  # chosen first: deleting must not change the choice
                query = "delete from entry where id in (select value from json_each(?1)) or parent in (select value from json_each(?1))"
                count = database.conn.execute(query, (ids,)).rowcount
            if count:
                with suppress(
                    sqlite3.OperationalError
                ):  # held by another process: `secure_delete` has done its part
                    database.conn.execute("vacuum")
        return count

    @contextmanager
    def changing(self) -> "Generator[Database]":
        """Open the file to change something in it: on the PC that calls."""
        check_calls(self.path.parent)
        with self.opened() as database:
            yield database
        wait_given(self.path)

    @contextmanager
    def opened(self) -> "Generator[Database]":
        """Open the file for a few statements; it is made, or brought up to date, where it must be."""
        from sqlite_utils import Database  # 0.1 s; a web process that is sent no letter never pays it

        owner_only.make_folder(self.path.parent)
        owner_only.make_file(self.path)
        connection = sqlite3.connect(self.path, timeout=BUSY_SECONDS)
        try:
            found = refuse_newer(connection, VERSION, self.path)
            connection.execute("pragma secure_delete = on")
            database = Database(connection)
            if found < VERSION:
                _bring_up_to_date(connection)
            yield database
        finally:
            connection.close()


def applicant_of(data: Path, case: str) -> Applicant:
    """Return who a case is of, as far as it is kept: the newest of each field. Deleted, or never told, a field is empty."""
    fields = {each.field: each.value for each in PeopleStore(data).of([f"case/{case}"])}
    return Applicant(fields.get("name", ""), fields.get("contact", ""), fields.get("address", ""))


def _whose(subjects: Iterable[str], persons: Iterable[str]) -> tuple[str, list[str]]:
    where = "subject in (select value from json_each(?)) or person in (select value from json_each(?))"
    return where, [as_json(sorted(subjects)), as_json(sorted(each for each in persons if each))]


def _bring_up_to_date(connection: sqlite3.Connection) -> None:
    """Make the table, and move an older version's letters into it, in one transaction, by one process at a time."""
    connection.execute("begin immediate")
    try:
        if connection.execute("pragma user_version").fetchone()[0] < VERSION:
            connection.execute(TABLE)
            for column in ("subject", "person", "keep_until", "parent"):
                connection.execute(f"create index entry_{column} on entry ({column})")
            if connection.execute("select 1 from sqlite_master where name = 'opinions'").fetchone():
                _move_opinions(connection)
            connection.execute(f"pragma user_version = {VERSION}")
        connection.execute("commit")
    except BaseException:
        connection.execute("rollback")
        raise


def _move_opinions(connection: sqlite3.Connection) -> None:
    letters = connection.execute("select id, kind, at from opinions order by id").fetchall()
    for id, kind, at in letters:
        connection.execute(MOVE_WORDS, (ends(kind, at), id))
    used = connection.execute("select seq from sqlite_sequence where name = 'opinions'").fetchone()
    if used:  # an id is never given again
        connection.execute("delete from sqlite_sequence where name = 'entry'")
        connection.execute("insert into sqlite_sequence values ('entry', ?)", used)
    for id, _, at in letters:
        connection.execute(MOVE_CONTACT, (ends("answer", at), id))
    connection.execute("drop table opinions")


def as_json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)
