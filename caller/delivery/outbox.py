"""delivery.db: how far each receiver was led along the log, and what waits for it.

1. `add` writes messages and moves the receiver's cursor in one transaction: a kill leaves both or neither.
2. A message's id is made of the site and its event's place and hash. The same event has the same id each time it is
   sent, and an event that took another's place (a log restored from a backup) has another.
3. `due` returns the oldest message of each subject (a ticket, an appointment), and none of a subject whose oldest is
   dead: what follows it would tell half a story. The other subjects go on.
4. A sent message is kept for `KEPT_DAYS`, then dropped. A dead one stays until it is sent again or skipped by hand.
5. Commits are not synced one by one: after a power cut a message may be sent again, which its id tells.
"""

import sqlite3
from collections.abc import Generator, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import NamedTuple, Self

from caller.eventlog.chain import Head
from caller.eventlog.schema import refuse_newer, transaction
from config import owner_only
from config.catalogue import MessageError
from config.instants import Micros, Seconds

OUTBOX_NAME = "delivery.db"
VERSION = 1
BUSY_SECONDS: Seconds = 5.0
KEPT_DAYS = 30
DAY: Micros = 86_400_000_000
DROPPED_AT_ONCE = 1_000

TABLES = """
create table receiver (name text primary key not null, site text not null, seq integer not null, hash blob not null,
    paused integer not null, secret integer not null, renewed integer not null, sent integer not null,
    trouble text not null, since integer not null) strict;
create table message (receiver text not null, seq integer not null, id text not null, hash blob not null,
    subject text not null, kind text not null, body text not null, state text not null, tries integer not null,
    due integer not null, detail text not null, ended integer not null, primary key (receiver, seq))
    strict, without rowid;
create index unsent on message (receiver, subject, seq) where state <> 'sent';
create index ended on message (receiver, ended) where state = 'sent';
"""
MESSAGE = "receiver, seq, id, hash, subject, kind, body, state, tries, due, detail, ended"
DUE = f"""select {MESSAGE} from message m where receiver=? and state='waiting' and due not between ? and ? and not exists
    (select 1 from message e where e.receiver=m.receiver and e.subject=m.subject and e.seq<m.seq and e.state<>'sent')
    order by seq limit ?"""


class DeliveryError(MessageError):
    """The outbox or a receiver cannot do it."""

    kind = "delivery-error"


class Delivery(NamedTuple):
    """One message to one receiver. `state`: "waiting", "sent" or "dead"; `due`, `ended`: UTC microseconds."""

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


class Backlog(NamedTuple):
    """What has not gone out to a receiver: how many wait, since which event the oldest, how many are dead."""

    waiting: int
    oldest: int
    dead: int


class Outbox:
    """One connection to delivery.db, for one thread. Raises `DeliveryError` and nothing of sqlite3."""

    def __init__(self, data: Path) -> None:
        self.path = data / OUTBOX_NAME
        with self._explained():
            owner_only.make_file(self.path)
            self._connection = sqlite3.connect(self.path, isolation_level=None, timeout=BUSY_SECONDS)
            try:
                refuse_newer(self._connection, VERSION, self.path)
                self._connection.execute("pragma journal_mode=wal")
                self._connection.execute("pragma synchronous=normal")
                self._make_tables()
            except BaseException:
                self._connection.close()
                raise

    def _make_tables(self) -> None:
        with self._transaction():
            if self._connection.execute("pragma user_version").fetchone()[0] == 0:
                for statement in TABLES.split(";"):
                    self._connection.execute(statement)
                self._connection.execute(f"pragma user_version={VERSION}")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._connection.close()

    @contextmanager
    def _explained(self) -> Generator[None]:
        try:
            yield
        except sqlite3.Error as error:
            full = (getattr(error, "sqlite_errorname", "") or "").startswith("SQLITE_FULL")
            raise DeliveryError("disk-full" if full else "failed", path=self.path, detail=error) from error
        except OSError as error:
            raise DeliveryError("failed", path=self.path, detail=error.strerror) from error

    @contextmanager
    def _transaction(self) -> Generator[None]:
        with self._explained(), transaction(self._connection):
            yield

    # --- receivers

    def receivers(self) -> list[ReceiverRow]:
        """Return every receiver that ever was, by name."""
        with self._explained():
            rows = self._connection.execute("select * from receiver order by name").fetchall()
        return [_receiver(row) for row in rows]

    def receiver(self, name: str) -> ReceiverRow | None:
        """Return a receiver, None before its first start."""
        with self._explained():
            row = self._connection.execute("select * from receiver where name=?", (name,)).fetchone()
        return _receiver(row) if row else None

    def begin(self, name: str, site: str, head: Head) -> ReceiverRow:
        """Add a receiver that is told what comes after `head`; one that is there stays as it is."""
        with self._transaction():
            values = (name, site, *head, 0, 1, 0, 0, "", 0)
            self._connection.execute(f"insert or ignore into receiver values ({','.join('?' * 10)})", values)
        found = self.receiver(name)
        assert found
        return found

    def _change(self, name: str, **values: object) -> None:
        with self._transaction():
            done = self._connection.execute(
                f"update receiver set {','.join(f'{column}=?' for column in values)} where name=?",
                (*values.values(), name),
            )
            if not done.rowcount:
                raise DeliveryError("no-receiver", name=name)

    def pause(self, name: str, paused: bool) -> None:
        """Pause or resume a receiver. What happens meanwhile waits for it. Raises `DeliveryError` "no-receiver"."""
        self._change(name, paused=int(paused))

    def renew_secret(self, name: str, now: Micros) -> int:
        """Move a receiver to its next secret; return the generation. Raises `DeliveryError` "no-receiver"."""
        found = self.receiver(name)
        if not found:
            raise DeliveryError("no-receiver", name=name)
        self._change(name, secret=found.secret + 1, renewed=now)
        return found.secret + 1

    def note(self, name: str, trouble: str, now: Micros) -> None:
        """Keep what is wrong with a receiver now ("": nothing), and since when."""
        found = self.receiver(name)
        if found and found.trouble != trouble:
            self._change(name, trouble=trouble, since=now if trouble else 0)

    # --- from the log

    def add(self, name: str, head: Head, messages: Iterable[Delivery]) -> None:
        """Write messages and move the receiver's cursor to `head`, or do neither. One that is there stays as it is."""
        rows = [tuple(each) for each in messages]
        with self._transaction():
            self._connection.executemany(
                f"insert or ignore into message ({MESSAGE}) values ({','.join('?' * 12)})", rows
            )
            self._connection.execute("update receiver set seq=?, hash=? where name=?", (*head, name))

    def heads(self, name: str) -> Iterator[Head]:
        """Yield the places of a receiver's messages in the log, the newest first."""
        with self._explained():
            query = "select seq, hash from message where receiver=? order by seq desc"
            for row in self._connection.execute(query, (name,)):
                yield Head(*row)

    def rewind(self, name: str, head: Head) -> None:
        """Lead a receiver back to `head`: messages after it are dropped and made again of the log as it is now."""
        with self._transaction():
            self._connection.execute("delete from message where receiver=? and seq>?", (name, head.seq))
            self._connection.execute("update receiver set seq=?, hash=? where name=?", (*head, name))

    # --- to the receiver

    def due(self, name: str, now: Micros, longest: Micros, limit: int) -> list[Delivery]:
        """Return the messages whose time has come, at most one of each subject, oldest first.

        longest: no wait is longer; a message that would wait beyond it does so by a clock that was set back since.
        """
        with self._explained():
            rows = self._connection.execute(DUE, (name, now + 1, now + longest, limit)).fetchall()
        return [Delivery(*row) for row in rows]

    def messages(self, name: str, state: str, limit: int) -> list[Delivery]:
        """Return the oldest messages of a receiver in a state."""
        query = f"select {MESSAGE} from message where receiver=? and state=? order by seq limit ?"
        with self._explained():
            return [Delivery(*row) for row in self._connection.execute(query, (name, state, limit))]

    def sent(self, message: Delivery, now: Micros) -> None:
        """Keep that the receiver has taken a message."""
        self._end(message, "sent", now)
        self._change(message.receiver, sent=now)

    def dead(self, message: Delivery, detail: str, now: Micros) -> None:
        """Give a message up: it and what follows of its subject waits for a person."""
        self._end(message._replace(tries=message.tries + 1, detail=detail), "dead", now)

    def _end(self, message: Delivery, state: str, now: Micros) -> None:
        with self._transaction():
            self._connection.execute(
                "update message set state=?, tries=?, detail=?, ended=? where receiver=? and seq=?",
                (state, message.tries, message.detail, now, message.receiver, message.seq),
            )

    def again(self, message: Delivery, detail: str, due: Micros, counts: bool = True) -> None:
        """Try a message again at `due`; `counts`: its receiver has judged it."""
        with self._transaction():
            self._connection.execute(
                "update message set tries=?, detail=?, due=? where receiver=? and seq=?",
                (message.tries + counts, detail, due, message.receiver, message.seq),
            )

    def revive(self, name: str, seq: int = 0) -> int:
        """Let dead messages (`seq` 0: all of the receiver) wait again, as new; return how many."""
        with self._transaction():
            return self._connection.execute(
                "update message set state='waiting', tries=0, due=0, ended=0"
                " where receiver=? and state='dead' and ? in (0, seq)",
                (name, seq),
            ).rowcount

    def skip(self, name: str, seq: int, now: Micros) -> bool:
        """Count a dead message as done, unsent; return whether there was one."""
        with self._transaction():
            done = self._connection.execute(
                "update message set state='sent', detail='skipped', ended=? where receiver=? and seq=? and state='dead'",
                (now, name, seq),
            )
        return done.rowcount > 0

    def backlog(self, name: str) -> Backlog:
        """Return what has not gone out to a receiver."""
        query = (
            "select coalesce(sum(state='waiting'), 0), coalesce(min(case state when 'waiting' then seq end), 0),"
            " coalesce(sum(state='dead'), 0) from message where receiver=? and state<>'sent'"
        )
        with self._explained():
            return Backlog(*self._connection.execute(query, (name,)).fetchone())

    def drop_old(self, name: str, now: Micros) -> int:
        """Drop some messages that were sent long ago; return how many."""
        with self._transaction():
            return self._connection.execute(
                "delete from message where receiver=?1 and seq in (select seq from message where receiver=?1 and"
                " state='sent' and ended<?2 order by ended limit ?3)",
                (name, now - KEPT_DAYS * DAY, DROPPED_AT_ONCE),
            ).rowcount


def _receiver(row: tuple[str, str, int, bytes, int, int, int, int, str, int]) -> ReceiverRow:
    name, site, seq, hash, paused, secret, renewed, sent, trouble, since = row
    return ReceiverRow(name, site, Head(seq, hash), bool(paused), secret, renewed, sent, trouble, since)
