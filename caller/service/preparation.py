"""`hallcall log prepare`: the new version folds the log beside the running caller, so that the switch to it is short.

A version whose checkpoints are of another kind would fold years of events at its first start, while a hall waits.
So it folds them before, in a process of its own, and leaves the state where its caller will find it.

1. It reads only, in pieces: no lock of the caller's is taken, no snapshot holds its WAL, and nothing is written but
   the file of a prepared state (`eventlog.checkpoints`). Every event is checked against the chain. A log in a database is
   read there, not from the copy beside: it is what the new version will go on from.
2. It goes on where a prepared state of its version stands, so that one that was killed, or made yesterday, costs no
   second fold. A state is saved at the end of a command only.
3. It has caught up when a piece ends with the log. What the caller writes from then on, the start folds.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from caller.engine.register import Register
from caller.eventlog import Head, LogError, Reader, Record, RegisterBatch, chain
from caller.eventlog.checkpoints import PreparedState, load_prepared, save_prepared
from caller.eventlog.stores import LogSource
from caller.service.idempotency import STATE_LINE, VERSION, HallStore, StateError
from config.settings import Settings

PIECE_EVENTS = 10_000  # a fifth of a second of folding
SAVE_EVENTS = 1_000_000  # half a minute of folding that a kill may cost

OnProgress = Callable[[int, int], None]  # the last event folded, the last event on disk


class PreparedLog(LogSource, Protocol):
    """What is folded: a log's file, or the one in a database."""

    @property
    def last(self) -> int: ...


def is_needed(log: Reader) -> bool:
    """Return whether a start would fold more than what follows the newest checkpoint."""
    usable = any(state.startswith(STATE_LINE) for _, state in log.checkpoints())
    return not usable or Register.load(*log.register()) is None


class Preparation:
    """One fold of a log. Hold `checkpoints.preparing` while it lives."""

    def __init__(self, log: PreparedLog, settings: Settings, data: Path, *, whole: bool = False) -> None:
        """Take up where an earlier preparation ended; `whole`: begin with the first event, so that this program reads each.

        `data`: the folder that keeps the state. Raises `LogError` "wrong-site".
        """
        if log.site != settings.hall.site:
            raise LogError("wrong-site", found=log.site, site=settings.hall.site)
        self._log, self._data = log, data
        self.head, self._memory = self._begin(settings, whole)

    def _begin(self, settings: Settings, whole: bool) -> tuple[Head, HallStore]:
        found = None if whole else load_prepared(self._data, VERSION)
        if found and self._log.holds(head := Head(found.seq, found.hash)):
            register = Register.load(found.register, found.register_mark, found.seq, apart=True)
            try:
                if register:
                    return head, HallStore.load(settings, found.state, register)
            except StateError:  # not ours after all
                pass
        return chain.genesis(self._log.site), HallStore(settings)

    def run(self, report: OnProgress) -> None:
        """Fold until the log's end and leave the state. Raises `LogError`, `OSError`."""
        unsaved = 0
        while records := whole_commands(self._log, self.head.seq):
            self._memory.replay(chain.follow(self.head, records))
            self.head = Head(records[-1].seq, records[-1].hash)
            unsaved += len(records)
            if unsaved >= SAVE_EVENTS:
                self._save()
                unsaved = 0
            report(self.head.seq, self._log.last)
        if unsaved:
            self._save()

    def _save(self) -> None:
        batch = RegisterBatch()
        self._memory.collect(batch)
        rows = self._memory.hall.register.rows()
        state = PreparedState(*self.head, self._memory.dump(), rows, batch.mark)
        save_prepared(self._data, VERSION, state)


def whole_commands(log: LogSource, seq: int) -> list[Record]:
    """Return the next events after `seq`; the last command among them is whole. Raises `LogError`."""
    limit = PIECE_EVENTS
    while len(records := log.piece(seq, limit)) == limit:
        last = records[-1].command  # whose events may go on; the log's end is the end of a commit
        whole = [record for record in records if record.command != last]
        if whole:
            return whole
        limit *= 2
    return records
