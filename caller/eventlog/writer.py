"""The one thread that writes: it commits at once whatever is queued, and reports each commit in one call.

1. A commit costs one wait for the disk however many rows it holds; while it waits, the next rows gather.
2. After a failed commit every batch that follows fails too, in order, until `mend`: rows decided on top of rows that
   are not on disk must never reach it.
3. A commit that failed at its last step may have left whole frames in the WAL, which SQLite would apply after a
   kill. They are overwritten by a small transaction before the failure is reported (`_void`). Where that fails
   too, the error says that the outcome is unknown.
4. Each commit names the process that writes. Where another one has written its own name since, the commit fails:
   two callers on one log, however they got past its locks, never both write.
5. After a commit the witness is written, before the answers go out. It may be lost, and then lags.
"""

import os
import queue
import sqlite3
import threading
import zlib
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from typing import Any

from caller.eventlog.chain import LogRow
from caller.eventlog.checkpoints import Checkpoint, seal
from caller.eventlog.errors import LogError, explain

COMMIT_ROWS_MAX = 2_000  # a commit stays under 20 ms however many are waiting
CHECKPOINTS_KEPT = 3  # the newest may be damaged, and the one before it
ROWS_AT_ONCE = (64, 16, 4, 1)  # sqlite runs a statement without Python's lock: the loop decides meanwhile
COLUMNS = 9
ADD_EVENTS = {
    n: "insert into event values" + ",".join(["(" + ",".join("?" * COLUMNS) + ")"] * n) for n in ROWS_AT_ONCE
}
SET_HEAD = (
    "update meta set value=? where key='head' and exists (select 1 from meta where key='writer' and value=?)"
)
SET_WRITER = "update meta set value=? where key='writer'"
VOID = "insert or replace into meta values('voided', ?)"
SET_MARK = "insert or replace into meta values('register',?)"
PUT_ROW = "insert or replace into register values(?,?,?)"
DROP_ROW = "delete from register where kind=? and key=?"


@dataclass(slots=True)
class RegisterBatch:
    """The register's rows that a batch changed (a body of None: the row is gone) and the mark they give the table.

    `whole`: they are all its rows. What the rows and the mark mean, the engine knows.
    """

    rows: dict[tuple[str, str], bytes | None] = field(default_factory=dict)
    mark: str = ""
    whole: bool = False

    def followed_by(self, later: "RegisterBatch") -> "RegisterBatch":
        """Return both in one."""
        if later.whole:
            return later
        return RegisterBatch(self.rows | later.rows, later.mark or self.mark, self.whole)


@dataclass(slots=True)
class Batch:
    """Rows that are saved together, and what the sender of the batch wants to find again when they are.

    `day` and `top` are what the witness of this commit says of numbers: the open business day and its highest serial.
    """

    rows: list[LogRow] = field(default_factory=list)
    token: Any = None
    checkpoint: Checkpoint | None = None
    register: RegisterBatch = field(default_factory=RegisterBatch)
    day: str = ""
    top: int = 0


Settled = Callable[[list[Batch], LogError | None], object]
Testify = Callable[[Batch], None]


class Writer(threading.Thread):
    """Owns the connection from `start` to `stop`. `testify` is called after each commit with its last batch."""

    def __init__(
        self,
        connection: sqlite3.Connection,
        path: Path,
        settled: Settled,
        testify: Testify = lambda _batch: None,
    ) -> None:
        super().__init__(name="log-writer", daemon=True)
        self._connection = connection
        self._path = path
        self._settled = settled
        self._testify = testify
        self._process = os.urandom(8).hex()
        self._claimed = False
        self._queue: queue.SimpleQueue[Batch | None] = queue.SimpleQueue()
        self._error: LogError | None = None
        self.checkpoint_error: LogError | None = None

    def put(self, batch: Batch) -> None:
        self._queue.put(batch)

    def mend(self) -> None:
        """Commit again. Call only when every batch handed in was reported as settled."""
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
                error = self._error or self._commit(batches)
                if batches[-1].checkpoint and not error:
                    self._save_checkpoint(batches[-1].checkpoint)
                self._error = _of_those_after(error)
                self._settled(batches, error)

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
        if not rows:
            return None
        register = batches[0].register
        for batch in batches[1:]:
            register = register.followed_by(batch.register)
        error = self._transaction(lambda: self._insert(rows, register))
        if not error:
            self._claimed = True
            self._testify(next(batch for batch in reversed(batches) if batch.rows))
        return error

    def _insert(self, rows: list[LogRow], register: RegisterBatch) -> None:
        if not self._claimed:
            self._connection.execute(SET_WRITER, (self._process,))
        self._insert_events(rows)
        head = f"{rows[-1][0]} {rows[-1][7].hex()}"
        self._connection.execute(SET_HEAD, (head, self._process))
        if not self._connection.execute("select changes()").fetchone()[0]:
            raise LogError("in-use", path=self._path)
        if register.mark:
            self._save_register(register)

    def _save_register(self, register: RegisterBatch) -> None:
        if register.whole:
            self._connection.execute("delete from register")
        if register.rows:
            rows = register.rows.items()
            self._connection.executemany(DROP_ROW, [key for key, body in rows if body is None])
            self._connection.executemany(PUT_ROW, [(*key, body) for key, body in rows if body is not None])
        self._connection.execute(SET_MARK, (register.mark,))

    def _insert_events(self, rows: list[LogRow]) -> None:
        start = 0
        for count in ROWS_AT_ONCE:
            while len(rows) - start >= count:
                values = chain.from_iterable(rows[start : start + count])
                self._connection.execute(ADD_EVENTS[count], tuple(values))
                start += count

    def _save_checkpoint(self, checkpoint: Checkpoint) -> None:
        """Save a checkpoint. It only saves time at the next start: failing to keep one refuses no command."""
        packed = zlib.compress(checkpoint.state, 1)
        row = (checkpoint.head.seq, checkpoint.at, packed, seal(checkpoint.head, packed))
        self.checkpoint_error = self._transaction(lambda: self._replace_checkpoints(row))

    def _replace_checkpoints(self, row: tuple[int, int, bytes, bytes]) -> None:
        self._connection.execute("insert or replace into checkpoint values(?,?,?,?)", row)
        oldest = "select seq from checkpoint order by seq desc limit 1 offset ?"
        kept = self._connection.execute(oldest, (CHECKPOINTS_KEPT - 1,)).fetchone()
        if kept:
            self._connection.execute("delete from checkpoint where seq < ?", (kept[0],))

    def _transaction(self, statements: Callable[[], None]) -> LogError | None:
        committing = False
        try:
            self._connection.execute("begin immediate")
            statements()
            committing = True
            self._connection.execute("commit")
        except Exception as error:  # whatever it is, the senders who wait must be answered
            found = explain(error, self._path)
            # SQLite ends a transaction whose commit failed half way; one that is still open has written no commit
            ended = committing and not self._connection.in_transaction
            self._undo()
            found.unknown = ended and not self._void()
            return found
        return None

    def _undo(self) -> None:
        try:
            if self._connection.in_transaction:
                self._connection.execute("rollback")
        except Exception:  # the next commit will say so
            return

    def _void(self) -> bool:
        """Overwrite the frames of a failed commit in the WAL; return whether they are certainly gone.

        A new transaction starts where the failed one did. Its first frame replaces that one's, and the frames that
        follow no longer fit the checksums, which run from frame to frame.
        """
        try:
            self._connection.execute("begin immediate")
            self._connection.execute(VOID, (os.urandom(8).hex(),))
            self._connection.execute("commit")
        except Exception:
            self._undo()
            return False
        return True


def _of_those_after(error: LogError | None) -> LogError | None:
    """Return the error of the batches after a failed one: they were never tried, so nothing of them is unknown."""
    if error is None or not error.unknown:
        return error
    return LogError(error.code, error.seq, **error.facts)
