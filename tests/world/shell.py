"""The caller below asyncio: what its loop does, one step at a time, in the test's own thread.

Decide a few orders into one batch, commit it, then answer. A failed commit discards memory and makes it anew
from the log; a restart loses memory and whatever was not committed. Nothing else.
"""

import queue
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from caller.engine.envelope import CommandEnvelope
from caller.engine.refusals import Refused
from caller.eventlog import LOG_NAME, Batch, EventLog, LogError
from caller.eventlog.stores.held_sqlite import connect
from caller.service import startup
from caller.service.idempotency import AnyAnswer, HallStore, refusal
from config.settings import Settings

SETTLED_SECONDS = 60


class Moment(NamedTuple):
    """When an answer went out: in which life of the memory, and where the log stood."""

    life: int
    seq: int


class Shell:
    """One caller on one log. `answers` collects what reached the stations."""

    def __init__(self, settings: Settings, folder: Path) -> None:
        self.settings, self.folder = settings, folder
        self.answers: list[tuple[CommandEnvelope, Moment, AnyAnswer]] = []
        self.lives = 0  # of the memory: it is made anew after a restart and after a failed commit
        self.commits = self.failed_commits = self.restarts = 0
        self.remember = True  # the twin turns the memory of ids off
        self._start()

    def _start(self) -> None:
        self.log = EventLog(self.folder / LOG_NAME, "world", synchronous="OFF", connect=self._connect)
        self._told: queue.SimpleQueue[tuple[list[Batch], LogError | None]] = queue.SimpleQueue()
        self.log.start(lambda batches, error: self._told.put((batches, error)))
        self.memory = self._recover()
        self.lives += 1

    def _connect(self, path: Path) -> sqlite3.Connection:
        self.connection = connect(path)
        return self.connection

    def _recover(self, *, full: bool = False) -> HallStore:
        memory, _checkpoint = startup.recover(self.log, self.settings, full=full)
        return memory

    def deliver(
        self,
        orders: list[CommandEnvelope],
        now: int,
        lost: Callable[[CommandEnvelope], bool],
        checkpoint: bool,
    ) -> None:
        """One turn of the loop. `lost(order)`: its answer does not reach the station."""
        batch = Batch()
        answers: list[tuple[CommandEnvelope, AnyAnswer]] = []
        if self.remember:
            self.memory.recall([order.id for order in orders], self.log.commands)
        for order in orders:
            if not self.remember:
                self.memory._today.clear()
                self.memory._before.clear()
            taken = self.memory.take(order, now)
            answer, events = taken.answer, taken.events
            answers.append((order, answer))
            self.log.extend(order, now, events, batch.rows)
            if events:
                self.memory.collect(batch.register)
        if checkpoint:
            batch.checkpoint = self.log.checkpoint(now, self.memory.dump())
        error = self._commit(batch)
        if error:
            self.memory = self._recover()
            self.lives += 1
            refused = Refused("not-saved", why=error.code, **error.facts)
            answers = [(order, refusal(order.id, refused)) for order, _ in answers]
        moment = Moment(self.lives, self.log.head.seq)
        self.answers += [(order, moment, answer) for order, answer in answers if not lost(order)]

    def _commit(self, batch: Batch) -> LogError | None:
        if not batch.rows:
            return None
        self.log.write(batch)
        _, error = self._told.get(timeout=SETTLED_SECONDS)
        self.commits += 1
        if error:
            self.failed_commits += 1
            self.log.rewind()
        return error

    def fill_disk(self, full: bool) -> None:
        """With `full`, no page may be added to the log; without, there is room again."""
        [pages] = self.connection.execute("pragma page_count").fetchone()
        self.connection.execute(f"pragma max_page_count={pages if full else 1 << 30}")

    def restart(self) -> None:
        """Power off and on: memory is gone, the log is not."""
        self.restarts += 1
        self.log.close()
        self._start()

    def fold(self) -> HallStore:
        """Memory from the whole log, without checkpoints."""
        return self._recover(full=True)

    def close(self) -> None:
        self.log.close()
