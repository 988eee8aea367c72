"""The one thread that writes: it commits at once whatever is queued, and reports each commit in one call.

1. A commit costs one wait for the disk however many rows it holds; while it waits, the next rows gather.
2. After a failed commit every batch that follows fails too, in order, until `mend`: rows decided on top of rows that
   are not on disk must never reach it.
3. After a commit the witness is written, before the answers go out. It may be lost, and then lags.
4. A store that must hear from its caller is told by this thread while there is nothing to commit: a writer that hangs
   is silent, whatever else of its process lives.
"""

import queue
import threading
import zlib
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from caller.eventlog.chain import LogRow
from caller.eventlog.checkpoints import Checkpoint, seal
from caller.eventlog.errors import LogError, explain
from caller.eventlog.stores.held import HeldLog, RegisterBatch

COMMIT_ROWS_MAX = 2_000  # a commit stays under 20 ms however many are waiting


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
    """Writes to the store from `start` to `stop`. `testify` is called after each commit with its last batch."""

    def __init__(self, store: HeldLog, settled: Settled, testify: Testify = lambda _batch: None) -> None:
        super().__init__(name="log-writer", daemon=True)
        self._store = store
        self._settled = settled
        self._testify = testify
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
            try:
                batch = self._queue.get(timeout=self._store.beat_seconds)
            except queue.Empty:
                self._store.beat()
                continue
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
        error = self._tried(lambda: self._store.commit(rows, register))
        if not error:
            self._testify(next(batch for batch in reversed(batches) if batch.rows))
        return error

    def _save_checkpoint(self, checkpoint: Checkpoint) -> None:
        """Save a checkpoint. It only saves time at the next start: failing to keep one refuses no command."""
        packed = zlib.compress(checkpoint.state, 1)
        row = (checkpoint.head.seq, checkpoint.at, packed, seal(checkpoint.head, packed))
        self.checkpoint_error = self._tried(lambda: self._store.save_checkpoint(row))

    def _tried(self, work: Callable[[], None]) -> LogError | None:
        try:
            work()
        except Exception as error:  # whatever it is, the senders who wait must be answered
            return explain(error, Path(self._store.place))
        return None


def _of_those_after(error: LogError | None) -> LogError | None:
    """Return the error of the batches after a failed one: they were never tried, so nothing of them is unknown."""
    if error is None or not error.unknown:
        return error
    return LogError(error.code, error.seq, **error.facts)
