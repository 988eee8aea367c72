"""The event log of one hall: what is in it happened, and nothing else did.

Theory of operation. `EventLog` opens the file, takes its lock and knows its head. `recover` gives what
memory is made of: the newest checkpoint that is whole, and the events after it. `extend` links new events
to the head at once, in the caller's thread, and `write` hands them to the writer thread; `settled` is
called from that thread when they are on disk, or are not. After a failure `rewind` goes back to what the
disk really holds.
"""

import fcntl
import os
import sqlite3
import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from caller.engine.commands import CommandEnvelope
from caller.engine.events import AnyEvent
from caller.eventlog import chain, schema
from caller.eventlog.chain import Head, LogRow, Record
from caller.eventlog.errors import LogError, explain
from caller.eventlog.writer import Batch, Checkpoint, Settled, Writer, seal

LOG_NAME = "log.db"
BUSY_MS = 2_000  # a backup or a reader never holds the log longer; an editor left open does
PRIVATE = 0o600  # names and numbers of people's visits: nobody else on this machine
EVENTS = "select seq, at, command, role, station, kind, body, hash from event"
AFTER = f"{EVENTS} where seq > ? order by seq"
NEWEST = f"{EVENTS} where kind = ? order by seq desc limit ?"

Connect = Callable[[Path], sqlite3.Connection]


@dataclass(frozen=True)
class Answered:
    """An answer that made no event, nearly always a refusal, so that a repeat gets it again."""

    command: str
    role: str
    station: str
    at: int
    answer: str


@dataclass(frozen=True)
class Recovery:
    """What memory is made of: a checkpoint's state (None: from nothing), and everything after it."""

    state: bytes | None
    seq: int
    records: Iterator[Record]
    answers: list[Answered]


def connect(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=BUSY_MS / 1000)


class EventLog:
    """Append-only, hash-chained, one process at a time. Raises `LogError` and nothing of sqlite3."""

    def __init__(
        self, path: Path, site: str, *, synchronous: str = "FULL", connect: Connect = connect
    ) -> None:
        self.path = path
        self.site = site
        self._connect = connect
        self._writer: Writer | None = None
        self._lock = lock(path)
        try:
            self._connection = self._open(synchronous)
            self._seq, self._hash = self._read_head()
        except Exception as error:
            self._lock_release()
            raise explain(error, path) from error

    def _open(self, synchronous: str) -> sqlite3.Connection:
        if not self.path.exists():
            self.path.touch(mode=PRIVATE)  # sqlite gives its WAL the same rights
        connection = self._connect(self.path)
        connection.execute(f"pragma busy_timeout={BUSY_MS}")
        connection.execute("pragma journal_mode=wal")
        connection.execute(f"pragma synchronous={synchronous}")
        schema.bring_up_to_date(connection, self.path, self.site)
        return connection

    @property
    def head(self) -> Head:
        """The last event linked, on disk or on its way there."""
        return Head(self._seq, self._hash)

    def _read_head(self) -> Head:
        """The last event, checked against the head noted by the last commit."""
        last = self._connection.execute("select seq, hash from event order by seq desc limit 1").fetchone()
        noted = self._connection.execute("select value from meta where key='head'").fetchone()
        head = Head(*last) if last else chain.genesis(self.site)
        check_noted(head, noted[0] if noted else "")
        return head

    # --- from disk to memory

    def recover(self, *, full: bool = False) -> Recovery:
        """The newest whole checkpoint and what follows it; `full` ignores checkpoints."""
        try:
            start, state = (chain.genesis(self.site), None) if full else self._newest_checkpoint()
            saved = self._connection.execute(
                "select command, role, station, at, answer from answer order by at"
            )
            answers = [Answered(*row) for row in saved]
        except Exception as error:
            raise explain(error, self.path) from error
        return Recovery(state, start.seq, self._follow(start), answers)

    def _newest_checkpoint(self) -> tuple[Head, bytes | None]:
        saved = self._connection.execute(
            "select seq, state, hash from checkpoint order by seq desc"
        ).fetchall()
        for seq, packed, sealed in saved:
            row = self._connection.execute("select hash from event where seq=?", (seq,)).fetchone()
            if row and seal(Head(seq, row[0]), packed) == sealed:
                return Head(seq, row[0]), zlib.decompress(packed)
        return chain.genesis(self.site), None

    def _follow(self, start: Head) -> Iterator[Record]:
        try:
            rows = self._connection.execute(AFTER, (start.seq,))
            yield from chain.follow(start, (Record(*row) for row in rows))
        except Exception as error:
            raise explain(error, self.path) from error

    # --- from memory to disk

    def start(self, settled: Settled) -> None:
        """Start the writer; `settled(batches, error)` is called in its thread, once per commit."""
        self._writer = Writer(self._connection, self.path, settled)
        self._writer.start()

    def extend(self, order: CommandEnvelope, at: int, events: Sequence[AnyEvent], rows: list[LogRow]) -> int:
        """Link these events to the head and add their rows to `rows`; the seq of the last one."""
        seq, before = self._seq, self._hash
        id, role, station = order.id, order.role, order.station
        for event in events:
            seq += 1
            kind = type(event).__name__
            body = chain.encode(event)
            before = chain.link(before, seq, at, id, role, station, kind, body)
            rows.append((seq, at, id, role, station, kind, body.decode(), before))
        self._seq, self._hash = seq, before
        return seq

    def write(self, batch: Batch) -> None:
        """Hand rows to the writer; told by `settled`, in the order they were handed in."""
        assert self._writer, "start the log first"
        self._writer.put(batch)

    def checkpoint(self, at: int, state: bytes) -> Checkpoint:
        """A checkpoint of the state at the head, to be handed in with the batch that ends there."""
        return Checkpoint(self.head, at, state)

    def rewind(self) -> None:
        """After a failed commit, and once every batch is settled: back to what is on disk."""
        try:
            self._seq, self._hash = self._read_head()
        except Exception as error:
            raise explain(error, self.path) from error
        if self._writer:
            self._writer.mend()

    @property
    def checkpoint_trouble(self) -> LogError | None:
        """Why the last checkpoint could not be kept; costs time at the next start, nothing else."""
        return self._writer.checkpoint_error if self._writer else None

    def close(self) -> None:
        """Save what is queued and let go of the file."""
        if self._writer:
            self._writer.stop()
            self._writer = None
        self._connection.close()
        self._lock_release()

    def _lock_release(self) -> None:
        if self._lock >= 0:
            os.close(self._lock)
            self._lock = -1


def check_noted(head: Head, noted: str) -> None:
    """The last event must be the one the last commit noted, or the end of the log was cut off."""
    seq, _, digest = noted.partition(" ")
    if noted and int(seq) != head.seq:
        first = min(int(seq), head.seq) + 1
        raise LogError(
            "damaged", first, what="末尾缺少或多出记录", what_en="events at the end are missing or added"
        )
    if noted and digest != head.hash.hex():
        raise LogError("damaged", head.seq, what="内容被改动", what_en="it was edited")


def lock(path: Path) -> int:
    """An exclusive lock beside the log, held while the process lives; the kernel frees it when it dies."""
    if not path.parent.is_dir():
        raise LogError("no-folder", path=path.parent)
    try:
        handle = os.open(path.with_name(path.name + ".lock"), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError:
        raise LogError("read-only", path=path) from None
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(handle)
        raise LogError("in-use", path=path) from None
    return handle
