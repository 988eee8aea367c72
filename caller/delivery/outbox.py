"""delivery.db: how far each receiver was led along the log, and what waits for it.

1. `add` writes messages and moves the receiver's cursor in one transaction: a kill leaves both or neither.
2. A message's id is made of the site and its event's place and hash. The same event has the same id each time it is
   sent, and an event that took another's place (a log restored from a backup) has another.
3. `due` returns the oldest message of each subject (a ticket, an appointment), and none of a subject whose oldest is
   dead: what follows it would tell half a story. The other subjects go on.
4. A message that has ended is kept for `KEPT_DAYS`, then dropped. A dead one stays until it is sent again or skipped by hand.
5. Commits are not synced one by one: after a power cut a message may be sent again, which its id tells.
"""

import sqlite3
from collections.abc import Generator, Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Self

from caller.delivery.outbox_tables import (
    MESSAGE,
    VERSION,
    Backlog,
    Delivery,
    ReceiverRow,
    bring_up_to_date,
    delivery_of,
    receiver_of,
)
from caller.eventlog.chain import Head
from caller.eventlog.schema import refuse_newer, transaction
from config import owner_only
from config.catalogue import MessageError
from config.instants import Micros, Seconds

OUTBOX_NAME = "delivery.db"
BUSY_SECONDS: Seconds = 30.0  # a person's act has its turn among receivers that catch up on a week
KEPT_DAYS = 30
DAY: Micros = 86_400_000_000
DROPPED_AT_ONCE = 1_000
MEMO_DAYS = 400  # a case may be open for a year
BEHIND = "behind"  # the memo of how many events a receiver lacks that follows the log row by row
PARTS_MAX = 100_000  # messages of one event: all who wait, say

DUE = f"""select {MESSAGE} from message m indexed by waiting where receiver=? and state='waiting' and due not between ? and ? and not exists
    (select 1 from message e indexed by holding where e.receiver=m.receiver and e.subject=m.subject and (e.seq, e.part)<(m.seq, m.part)
    and e.state in ('waiting', 'dead')) order by seq, part limit ?"""
AT = "receiver=? and seq=? and part=?"


class DeliveryError(MessageError):
    """The outbox or a receiver cannot do it."""

    kind = "delivery-error"


class Outbox:
    """One connection to delivery.db, for one thread. Raises `DeliveryError` and nothing of sqlite3."""

    def __init__(self, data: Path) -> None:
        self.path = data / OUTBOX_NAME
        with self._explained():
            owner_only.make_file(self.path)
            self._connection = sqlite3.connect(self.path, isolation_level=None, timeout=BUSY_SECONDS)
            try:
                found = refuse_newer(self._connection, VERSION, self.path)
                self._connection.execute("pragma journal_mode=wal")
                self._connection.execute("pragma synchronous=normal")
                if found < VERSION:  # who only reads waits for no writer
                    self._make_tables()
            except BaseException:
                self._connection.close()
                raise

    def _make_tables(self) -> None:
        with self._transaction():
            bring_up_to_date(self._connection, self._connection.execute("pragma user_version").fetchone()[0])

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
        return [receiver_of(row) for row in rows]

    def receiver(self, name: str) -> ReceiverRow | None:
        """Return a receiver, None before its first start."""
        with self._explained():
            row = self._connection.execute("select * from receiver where name=?", (name,)).fetchone()
        return receiver_of(row) if row else None

    def begin(self, name: str, site: str, head: Head, persons: bool = False) -> ReceiverRow:
        """Add a receiver that is told what comes after `head`; one that is there stays as it is."""
        with self._transaction():
            values = (name, site, *head, 0, 1, 0, 0, "", 0, int(persons))
            self._connection.execute(f"insert or ignore into receiver values ({','.join('?' * 11)})", values)
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

    def add(
        self,
        name: str,
        head: Head,
        messages: Iterable[Delivery],
        memos: Mapping[str, str] | None = None,
        now: Micros = 0,
    ) -> None:
        """Write messages and memos and move the receiver's cursor to `head`, or do nothing of it.

        A message that is there stays as it is; a memo is replaced. `now`: the instant of the memos.
        """
        rows = [each.row() for each in messages]
        with self._transaction():
            self._connection.executemany(
                f"insert or ignore into message ({MESSAGE}) values ({','.join('?' * 14)})", rows
            )
            self._keep(name, memos or {}, now)
            self._connection.execute("update receiver set seq=?, hash=? where name=?", (*head, name))

    def told(self, name: str, head: Head, memos: Mapping[str, str], now: Micros) -> None:
        """Keep that a receiver who follows the log row by row has it up to `head`: nothing is wrong with it now."""
        with self._transaction():
            self._keep(name, memos, now)
            self._connection.execute(
                "update receiver set seq=?, hash=?, sent=?, trouble='', since=0 where name=?",
                (*head, now, name),
            )

    def heads(self, name: str) -> Iterator[Head]:
        """Yield the places of a receiver's messages in the log, the newest first."""
        with self._explained():
            query = "select seq, hash from message where receiver=? order by seq desc"
            for row in self._connection.execute(query, (name,)):
                yield Head(*row)

    def rewind(self, name: str, head: Head, told: bool = False) -> None:
        """Lead a receiver back to `head`: messages after it are dropped and made again of the log as it is now.

        told: a person was told of them. What has ended stays, by its id, so that nothing is told twice; it makes room for
        the messages of events that took the place of others.
        """
        with self._transaction():
            kept = "and state='waiting'" if told else ""
            self._connection.execute(
                f"delete from message where receiver=? and seq>? {kept}", (name, head.seq)
            )
            for (part,) in self._connection.execute(
                "select distinct part from message where receiver=? and seq>? order by part desc",
                (name, head.seq),
            ).fetchall():
                self._connection.execute(
                    "update message set part=? where receiver=? and seq>? and part=?",
                    (part + PARTS_MAX, name, head.seq, part),
                )
            self._connection.execute("update receiver set seq=?, hash=? where name=?", (*head, name))

    # --- to the receiver

    def due(self, name: str, now: Micros, longest: Micros, limit: int) -> list[Delivery]:
        """Return the messages whose time has come, at most one of each subject, oldest first.

        longest: no wait is longer; a message that would wait beyond it does so by a clock that was set back since.
        """
        with self._explained():
            rows = self._connection.execute(DUE, (name, now + 1, now + longest, limit)).fetchall()
        return [delivery_of(row) for row in rows]

    def messages(self, name: str, state: str, limit: int) -> list[Delivery]:
        """Return the oldest messages of a receiver in a state."""
        few = state != "sent"  # of what was sent a month is kept: the others are found without reading it
        among, where = ("indexed by unsent", "and state<>'sent'") if few else ("", "")
        query = f"select {MESSAGE} from message {among} where receiver=? and state=? {where} order by seq, part limit ?"
        with self._explained():
            return [delivery_of(row) for row in self._connection.execute(query, (name, state, limit))]

    def message(self, name: str, seq: int) -> Delivery | None:
        """Return the first message that an event made for a receiver, None where there is none."""
        with self._explained():
            row = self._connection.execute(
                f"select {MESSAGE} from message where {AT}", (name, seq, 0)
            ).fetchone()
        return delivery_of(row) if row else None

    def sent(self, message: Delivery, now: Micros) -> None:
        """Keep that the receiver has taken a message: nothing is wrong with it now."""
        with self._transaction():  # one for all: a hundred thousand of them are a hundred thousand commits
            self._connection.execute(
                f"update message set state='sent', detail=?, ended=? where {AT}",
                (message.detail, now, message.receiver, message.seq, message.part),
            )
            self._connection.execute(
                "update receiver set sent=?, trouble='', since=0 where name=?", (now, message.receiver)
            )

    def dead(self, message: Delivery, detail: str, now: Micros) -> None:
        """Give a message up: it and what follows of its subject waits for a person."""
        self._end(message._replace(tries=message.tries + 1, detail=detail), "dead", now)

    def mark(self, message: Delivery) -> None:
        """Keep that a message to a person is about to go out; it is never sent again on its own."""
        self._end(message, "sending", 0)

    def end(self, message: Delivery, state: str, detail: str, now: Micros) -> None:
        """End a message unsent or in doubt, in a state of `outbox_tables`; what follows it goes on."""
        self._end(message._replace(detail=detail), state, now)

    def drop_waiting(self, name: str, subject: str) -> None:
        """Drop what waits about a subject: it is true no longer."""
        with self._transaction():
            self._connection.execute(
                "delete from message where receiver=? and subject=? and state='waiting'", (name, subject)
            )

    def unsettled(self, name: str) -> list[Delivery]:
        """Return the messages that a kill caught between mark and answer."""
        return self.messages(name, "sending", 1_000)

    def memo(self, name: str, key: str) -> str:
        """Return what a receiver's follower has kept under a key, "" where there is nothing."""
        with self._explained():
            row = self._connection.execute(
                "select value from memo where receiver=? and key=?", (name, key)
            ).fetchone()
        return row[0] if row else ""

    def keep(self, name: str, memos: Mapping[str, str], now: Micros) -> None:
        """Keep what a follower must know later, or nothing of it."""
        with self._transaction():
            self._keep(name, memos, now)

    def _keep(self, name: str, memos: Mapping[str, str], now: Micros) -> None:
        rows = [(name, key, value, now) for key, value in memos.items()]
        self._connection.executemany("insert or replace into memo values (?, ?, ?, ?)", rows)

    def _end(self, message: Delivery, state: str, now: Micros) -> None:
        with self._transaction():
            self._connection.execute(
                f"update message set state=?, tries=?, detail=?, ended=? where {AT}",
                (state, message.tries, message.detail, now, message.receiver, message.seq, message.part),
            )

    def again(self, message: Delivery, detail: str, due: Micros, counts: bool = True) -> None:
        """Try a message again at `due`; `counts`: its receiver has judged it."""
        with self._transaction():
            self._connection.execute(
                f"update message set state='waiting', tries=?, detail=?, due=? where {AT}",
                (message.tries + counts, detail, due, message.receiver, message.seq, message.part),
            )

    def revive(self, name: str, seq: int = 0) -> int:
        """Let dead messages (`seq` 0: all of the receiver) wait again, as new; return how many."""
        with self._transaction():
            return self._connection.execute(
                "update message indexed by unsent set state='waiting', tries=0, due=0, ended=0"
                " where receiver=? and state='dead' and state<>'sent' and ? in (0, seq)",
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
            " coalesce(sum(state='dead'), 0), coalesce(sum(state in ('unknown', 'refused', 'late', 'unfit')), 0) from message where receiver=? and state<>'sent'"
        )
        with self._explained():
            found = Backlog(*self._connection.execute(query, (name,)).fetchone())
        return found._replace(waiting=found.waiting + int(self.memo(name, BEHIND) or 0))

    def drop_old(self, name: str, now: Micros) -> int:
        """Drop memos and some messages that ended long ago; return how many messages."""
        with self._transaction():
            self._connection.execute(
                "delete from memo where receiver=? and at<?", (name, now - MEMO_DAYS * DAY)
            )
            return self._connection.execute(
                "delete from message where receiver=?1 and id in (select id from message where receiver=?1 and"
                " state not in ('waiting', 'sending', 'dead') and state <> 'waiting' and ended<?2 order by ended limit ?3)",
                (name, now - KEPT_DAYS * DAY, DROPPED_AT_ONCE),
            ).rowcount
