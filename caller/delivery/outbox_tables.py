"""The rows of delivery.db and its tables, and how a file of an older version is brought up to date.

A message's states: `waiting`; `sending`, set before a message to a person goes out; `dead`, given up until a person says
again or skip. All others are ends: `sent`, `unknown` (no answer came), `refused`, `late`, `unwanted`, `unfit`.
"""

import sqlite3
from typing import NamedTuple

from caller.eventlog.chain import Head
from config.instants import Micros

VERSION = 2  # 1 had one message an event and no memos
MESSAGE = "receiver, seq, part, id, hash, subject, kind, body, state, tries, due, until, detail, ended"
_MESSAGES = """create table message (receiver text not null, seq integer not null, part integer not null, id text not null,
    hash blob not null, subject text not null, kind text not null, body text not null, state text not null,
    tries integer not null, due integer not null, until integer not null, detail text not null, ended integer not null,
    primary key (receiver, seq, part)) strict, without rowid"""
_MADE_WITH_THEM = (
    "create index waiting on message (receiver, seq) where state = 'waiting'",
    "create index holding on message (receiver, subject, seq) where state in ('waiting', 'dead')",
    "create index unsent on message (receiver, state) where state <> 'sent'",
    "create index ended on message (receiver, ended) where state <> 'waiting'",
    "create unique index told on message (receiver, id)",
    "create table memo (receiver text not null, key text not null, value text not null, at integer not null,"
    " primary key (receiver, key)) strict, without rowid",
)
_RECEIVERS = """create table receiver (name text primary key not null, site text not null, seq integer not null,
    hash blob not null, paused integer not null, secret integer not null, renewed integer not null, sent integer not null,
    trouble text not null, since integer not null, persons integer not null default 0) strict"""
# Of the messages of an older file those that a restored log made again under one id keep the newest.
_MOVED = f"""insert or replace into message ({MESSAGE}) select receiver, seq, 0, id, hash, subject, kind, body, state,
    tries, due, 0, detail, ended from old_message order by seq"""


class Delivery(NamedTuple):
    """One message to one receiver; `part`: which of those that one event makes.

    `due`: not before, `until`: of no use after it (0: always of use), `ended`: UTC microseconds.
    """

    receiver: str
    seq: int
    id: str
    hash: bytes
    subject: str
    kind: str
    body: str
    state: str = "waiting"
    tries: int = 0
    due: Micros = 0
    detail: str = ""
    ended: Micros = 0
    part: int = 0
    until: Micros = 0

    def row(self) -> tuple[object, ...]:
        """Return the message in the order of `MESSAGE`."""
        return tuple(getattr(self, name) for name in MESSAGE.split(", "))


def delivery_of(row: tuple[object, ...]) -> Delivery:
    """Return the message of a row in the order of `MESSAGE`."""
    return Delivery(**dict(zip(MESSAGE.split(", "), row, strict=True)))  # pyright: ignore[reportArgumentType]


class ReceiverRow(NamedTuple):
    """One receiver: its cursor, whether it is paused, its secret's generation and since when, and its last trouble.

    `renewed`, `sent` (the last success) and `since` (of the trouble): UTC microseconds, 0 for never.
    """

    name: str
    site: str
    head: Head
    paused: bool
    secret: int
    renewed: Micros
    sent: Micros
    trouble: str
    since: Micros
    persons: bool = False  # what it sends goes to persons, at most once


class Backlog(NamedTuple):
    """What has not gone out to a receiver: how many wait, since which event the oldest, how many are dead, and how many
    ended unsent or in doubt."""

    waiting: int
    oldest: int
    dead: int
    doubtful: int = 0


def receiver_of(row: tuple[str, str, int, bytes, int, int, int, int, str, int, int]) -> ReceiverRow:
    """Return a receiver of a row of its table."""
    name, site, seq, hash, paused, secret, renewed, sent, trouble, since, persons = row
    return ReceiverRow(
        name, site, Head(seq, hash), bool(paused), secret, renewed, sent, trouble, since, bool(persons)
    )


def bring_up_to_date(connection: sqlite3.Connection, found: int) -> None:
    """Make the tables, or those of version `found` anew. Call inside a transaction. Raises `sqlite3.Error`."""
    if found == VERSION:
        return
    if found == 0:
        connection.execute(_RECEIVERS)
    else:
        for index in ("unsent", "ended"):
            connection.execute(f"drop index {index}")
        connection.execute("alter table message rename to old_message")
        connection.execute("alter table receiver add column persons integer not null default 0")
    connection.execute(_MESSAGES)
    for statement in _MADE_WITH_THEM:
        connection.execute(statement)
    if found:
        connection.execute(_MOVED)
        connection.execute("drop table old_message")
    connection.execute(f"pragma user_version={VERSION}")
