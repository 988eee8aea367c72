"""The one thread that writes: it takes whatever is queued, commits it at once, and tells in one call.

A commit costs one wait for the disk however many rows it holds; while it waits, the next rows gather.
After a failed commit every batch that follows fails too, in order, until `mend`: rows decided on top of
rows that are not on disk must never reach it.
"""

import queue
import sqlite3
import threading
import zlib
from collections.abc import Callable
from dataclasses import dataclass, field
from hashlib import sha256
from itertools import chain
from pathlib import Path
from typing import Any

from caller.eventlog.chain import Head, LogRow
from caller.eventlog.errors import LogError, explain

COMMIT_ROWS_MAX = 2_000  # a commit stays under 20 ms however many are waiting
CHECKPOINTS_KEPT = 3  # the newest may be damaged, and the one before it
ROWS_AT_ONCE = (64, 16, 4, 1)  # sqlite runs a statement without Python's lock: the loop decides meanwhile
ADD_EVENTS = {n: "insert into event values" + ",".join(["(?,?,?,?,?,?,?,?)"] * n) for n in ROWS_AT_ONCE}
ADD_ANSWERS = "insert or replace into answer values(?,?,?,?,?)"
SET_HEAD = "insert or replace into meta values('head',?)"


@dataclass(slots=True)
class Checkpoint:
    """A state of the memory, packed by the writer, off the event loop."""

    head: Head
    at: int
    state: bytes


@dataclass(slots=True)
class Batch:
    """Rows that are saved together, and what the sender of the batch wants to find again when they are."""

    rows: list[LogRow] = field(default_factory=list)
    answers: list[tuple[str, str, str, int, str]] = field(default_factory=list)
    token: Any = None
    checkpoint: Checkpoint | None = None


Settled = Callable[[list[Batch], LogError | None], None]


def seal(head: Head, packed: bytes) -> bytes:
    """A checkpoint's hash: it holds only for this state at this place of this log."""
    return sha256(head.hash + packed).digest()


class Writer(threading.Thread):
    """Owns the connection from `start` to `stop`."""

    def __init__(self, connection: sqlite3.Connection, path: Path, settled: Settled) -> None:
        super().__init__(name="log-writer", daemon=True)
        self._connection = connection
        self._path = path
        self._settled = settled
        self._queue: queue.SimpleQueue[Batch | None] = queue.SimpleQueue()
        self._error: LogError | None = None
        self.checkpoint_error: LogError | None = None

    def put(self, batch: Batch) -> None:
        self._queue.put(batch)

    def mend(self) -> None:
        """Commit again. Only when every batch handed in has been told as settled."""
        self._error = None

    def stop(self) -> None:
        """Save what is queued, then end."""
        self._queue.put(None)
        self.join()

    def run(self) -> None:
        going = True
        while going:
            batches, going = self._gather()
            if batches:
                self._error = self._error or self._commit(batches)
                if batches[-1].checkpoint and not self._error:
                    self._save_checkpoint(batches[-1].checkpoint)
                self._settled(batches, self._error)

    def _gather(self) -> tuple[list[Batch], bool]:
        """Wait for one batch, take the others that are there; a checkpoint ends the commit."""
        batches: list[Batch] = []
        rows = 0
        while not batches or (rows < COMMIT_ROWS_MAX and not self._queue.empty()):
            batch = self._queue.get()
            if batch is None:
                return batches, False
            batches.append(batch)
            rows += len(batch.rows)
            if batch.checkpoint:
                break
        return batches, True

    def _commit(self, batches: list[Batch]) -> LogError | None:
        rows = batches[0].rows if len(batches) == 1 else [row for batch in batches for row in batch.rows]
        answers = [answer for batch in batches for answer in batch.answers]
        if not rows and not answers:
            return None
        return self._transaction(lambda: self._insert(rows, answers))

    def _insert(self, rows: list[LogRow], answers: list[tuple[str, str, str, int, str]]) -> None:
        if rows:
            self._insert_events(rows)
            self._connection.execute(SET_HEAD, (f"{rows[-1][0]} {rows[-1][7].hex()}",))
        if answers:
            self._connection.executemany(ADD_ANSWERS, answers)

    def _insert_events(self, rows: list[LogRow]) -> None:
        start = 0
        for count in ROWS_AT_ONCE:
            while len(rows) - start >= count:
                values = chain.from_iterable(rows[start : start + count])
                self._connection.execute(ADD_EVENTS[count], tuple(values))
                start += count

    def _save_checkpoint(self, checkpoint: Checkpoint) -> None:
        """A checkpoint only saves time at the next start: failing to keep one refuses nobody."""
        packed = zlib.compress(checkpoint.state, 1)
        row = (checkpoint.head.seq, checkpoint.at, packed, seal(checkpoint.head, packed))
        self.checkpoint_error = self._transaction(lambda: self._replace_checkpoints(row))

    def _replace_checkpoints(self, row: tuple[int, int, bytes, bytes]) -> None:
        self._connection.execute("insert or replace into checkpoint values(?,?,?,?)", row)
        oldest = "select seq, at from checkpoint order by seq desc limit 1 offset ?"
        kept = self._connection.execute(oldest, (CHECKPOINTS_KEPT - 1,)).fetchone()
        if kept:
            self._connection.execute("delete from checkpoint where seq < ?", (kept[0],))
            self._connection.execute("delete from answer where at < ?", (kept[1],))

    def _transaction(self, statements: Callable[[], None]) -> LogError | None:
        try:
            self._connection.execute("begin immediate")
            statements()
            self._connection.execute("commit")
        except Exception as error:  # whatever it is, those who wait must be told
            self._undo()
            return explain(error, self._path)
        return None

    def _undo(self) -> None:
        try:
            if self._connection.in_transaction:
                self._connection.execute("rollback")
        except Exception:  # the next commit will say so
            return
