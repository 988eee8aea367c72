"""The caller below asyncio: what its loop does, one step at a time, in the test's own thread.

Decide a few orders into one batch, commit it, then answer. A failed commit discards memory and makes it anew
from the log; a restart loses memory and whatever was not committed. Nothing else.
"""

import queue
import sqlite3
from collections.abc import Callable
from pathlib import Path

import msgspec

from caller.engine.commands import CommandEnvelope
from caller.engine.refusals import Refused
from caller.eventlog import LOG_NAME, Batch, EventLog, LogError
from caller.eventlog.log import connect
from caller.service.idempotency import AnyAnswer, HallStore, refusal
from config.settings import Settings

SETTLED_SECONDS = 30


class Shell:
    """One caller on one log. `answers` collects what reached the stations."""

    def __init__(self, settings: Settings, folder: Path) -> None:
        self.settings, self.folder = settings, folder
        self.answers: list[tuple[CommandEnvelope, int, AnyAnswer]] = []
        self.commits = self.failed_commits = self.restarts = 0
        self.remember = True  # the twin turns the memory of ids off
        self._start()

    def _start(self) -> None:
        self.log = EventLog(self.folder / LOG_NAME, "world", synchronous="OFF", connect=self._connect)
        self._told: queue.SimpleQueue[tuple[list[Batch], LogError | None]] = queue.SimpleQueue()
        self.log.start(lambda batches, error: self._told.put((batches, error)))
        self.memory = self._recover()

    def _connect(self, path: Path) -> sqlite3.Connection:
        self.connection = connect(path)
        return self.connection

    def _recover(self, *, full: bool = False) -> HallStore:
        recovery = self.log.recover(full=full)
        memory = HallStore.load(self.settings, recovery.state)
        memory.replay(recovery.records)
        for kept in recovery.answers:
            memory.remember(kept.role, kept.station, kept.answer)
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
        for order in orders:
            if not self.remember:
                self.memory._today.clear()
                self.memory._before.clear()
            taken = self.memory.take(order, now)
            answer, events, new = taken.answer, taken.events, taken.new
            answers.append((order, answer))
            self.log.extend(order, now, events, batch.rows)
            if new and not events:
                row = (order.id, order.role, order.station, now, msgspec.json.encode(answer).decode())
                batch.answers.append(row)
        if checkpoint:
            batch.checkpoint = self.log.checkpoint(now, self.memory.dump())
        error = self._commit(batch)
        if error:
            self.memory = self._recover()
            refused = Refused("not-saved", why=error.words.zh, why_en=error.words.en)
            answers = [(order, refusal(order.id, refused)) for order, _ in answers]
        self.answers += [(order, now, answer) for order, answer in answers if not lost(order)]

    def _commit(self, batch: Batch) -> LogError | None:
        if not batch.rows and not batch.answers:
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
