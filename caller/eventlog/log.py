"""The event log of one hall: what is in it happened, and nothing else did.

Theory of operation. `EventLog` locks its data folder, holds a store (`stores.held`: a file, or a database) and knows its
head. `recover` returns what memory is made of: the newest checkpoint that is whole, and the events after it. `extend` links
new events to the head at once, in the caller's thread, and `write` hands them to the writer thread; `settled` is called
from that thread when they are safe, or are not. After a failure `rewind` goes back to what the store really holds.
`commands` finds what a command did long ago. `hear` compares the log with a witness of how far it was (see `witness`).
"""

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from caller.engine.envelope import CommandEnvelope
from caller.engine.events import AnyEvent
from caller.eventlog import chain
from caller.eventlog.chain import Head, LogRow, Record
from caller.eventlog.checkpoints import Checkpoint, load_prepared
from caller.eventlog.errors import LogError, explain
from caller.eventlog.opening import lock
from caller.eventlog.stores.held import HeldLog, NotedWitness
from caller.eventlog.stores.held_sqlite import Connect, SqliteHeldLog, connect
from caller.eventlog.witness import Floor, Witness, WitnessFile, WitnessKey, short
from caller.eventlog.writer import Batch, Settled, Writer
from config.instants import Micros

LOG_NAME = "log.db"
STATE_LINE_MAX = 60  # bytes of a state that tell its version

HoldStore = Callable[[Path, str, NotedWitness], HeldLog]


@dataclass(frozen=True)
class Recovery:
    """What memory is made of: a checkpoint's state (None: from nothing), and everything after it."""

    state: bytes | None
    seq: int
    records: Iterator[Record]
    register: list[tuple[str, str, bytes]]  # kind, key, body: as they stand at the last event
    register_mark: str
    passed_over: bytes = b""  # how the state of a newer checkpoint begins that is of another version


class EventLog:
    """Append-only, hash-chained, one process at a time. Raises `LogError` and nothing of its store's errors."""

    def __init__(
        self,
        path: Path,
        site: str,
        *,
        synchronous: str = "FULL",
        connect: Connect = connect,
        hold: HoldStore | None = None,
    ) -> None:
        """`path`: the log's file; where `hold` takes another store, the name it would have in the data folder."""
        self.path = path
        self.site = site
        self.behind: Witness | None = None  # the witness that proves events to be missing
        self.floor: Floor = ("", 0)
        self.uncopied = 0  # events seen outside that the copy lacks with which this epoch began
        self.witness = ""  # of the last commit, signed; empty while the log is behind
        self.witness_unreadable = False
        self._numbers = ("", 0)  # the last business day that was open, and its highest serial
        self._read_whole = False
        self._writer: Writer | None = None
        self._locks = lock(path)
        self._file = WitnessFile(path.parent)
        try:
            self._open(hold or partial(SqliteHeldLog, synchronous=synchronous, connect=connect))
        except BaseException as error:
            self._release()
            if isinstance(error, Exception):
                raise explain(error, path) from error
            raise

    def _open(self, hold: HoldStore) -> None:
        self._key = WitnessKey.made_in(self.path.parent)
        noted = self._file.read()
        self._store = hold(self.path, self.site, NotedWitness(noted, self._key.read(noted)))
        try:
            self.epoch = self._store.epoch
            self._seq, self._hash = self._store.head()
            self._begin(noted)
        except BaseException:
            self._store.close()
            raise

    def _begin(self, noted: str) -> None:
        """Compare the log with the witness beside it."""
        self.witness_unreadable = not self.hear(noted)
        if known := self._key.read(noted):
            if known.epoch < self.epoch:  # `restore` signs a witness of each epoch it begins; an edit cannot
                self.behind = known
            if not self.behind:
                self.witness, self._numbers = noted, (known.day, known.top)

    @property
    def head(self) -> Head:
        """The last event linked, on disk or on its way there."""
        return Head(self._seq, self._hash)

    # --- from disk to memory

    def recover(self, version: bytes = b"", *, full: bool = False) -> Recovery:
        """Return the newest whole checkpoint whose state begins with `version`, and what follows it; `full` ignores
        checkpoints. Raises `LogError`."""
        try:
            nothing = chain.genesis(self.site), None, b""
            start, state, other = nothing if full else self._newest_checkpoint(version)
            register, mark = self._store.register()
        except Exception as error:
            raise explain(error, self.path) from error
        return Recovery(state, start.seq, self._follow(start), register, mark, other)

    def recover_prepared(self, version: str) -> Recovery | None:
        """Return the state prepared by a version of the fold, and what follows it; None where none fits this log."""
        found = load_prepared(self.path.parent, version)
        if found is None or self._store.hash_of(found.seq) != found.hash:
            return None
        records = self._follow(Head(found.seq, found.hash))
        return Recovery(found.state, found.seq, records, found.register, found.register_mark)

    def recover_after(self, head: Head) -> Recovery | None:
        """Return what follows an event that memory was made up to; None where that event is not in this log."""
        if head != chain.genesis(self.site) and self._store.hash_of(head.seq) != head.hash:
            return None
        return Recovery(None, head.seq, self._follow(head), [], "")

    def _newest_checkpoint(self, version: bytes) -> tuple[Head, bytes | None, bytes]:
        other = b""
        for head, state in self._store.whole_checkpoints():
            if state.startswith(version):
                return head, state, other
            other = other or state[:STATE_LINE_MAX]
        return chain.genesis(self.site), None, other

    def _follow(self, start: Head) -> Iterator[Record]:
        try:
            yield from chain.follow(start, self._store.after(start.seq))
            self._read_whole = True
        except Exception as error:
            raise explain(error, self.path) from error

    def commands(self, ids: Iterable[str]) -> list[Record]:
        """Return all committed events of these commands, oldest first. Raises `LogError`."""
        return self._store.commands(ids)

    # --- from memory to disk

    def start(self, settled: Settled) -> None:
        """Start the writer; `settled(batches, error)` is called in its thread, once per commit."""
        self._store.note_open(True)
        self._writer = Writer(self._store, settled, self._testify)
        self._writer.start()

    def extend(
        self, order: CommandEnvelope, at: Micros, events: Sequence[AnyEvent], rows: list[LogRow]
    ) -> int:
        """Link these events to the head and add their rows to `rows`; return the seq of the last one."""
        seq, before = self._seq, self._hash
        id, role, station, account = order.id, order.role, order.station, order.account
        for event in events:
            seq += 1
            kind = type(event).__name__
            body = chain.encode(event)
            before = chain.link(before, seq, at, id, role, station, kind, body, account)
            rows.append((seq, at, id, role, station, kind, body.decode(), before, account))
        self._seq, self._hash = seq, before
        return seq

    def write(self, batch: Batch) -> None:
        """Hand rows to the writer; `settled` reports them in the order they were handed in."""
        assert self._writer, "start the log first"
        self._writer.put(batch)

    def checkpoint(self, at: Micros, state: bytes) -> Checkpoint:
        """Return a checkpoint of the state at the head, to be handed in with the batch that ends there."""
        return Checkpoint(self.head, at, state)

    def rewind(self) -> None:
        """Go back to what is on disk, after a failed commit and once every batch is settled. Raises `LogError`."""
        self._seq, self._hash = self._store.head()
        if self._writer:
            self._writer.mend()

    @property
    def is_ready(self) -> bool | None:
        """Whether a commit can be tried with hope; None where only a try can tell."""
        return self._store.is_ready

    @property
    def is_remote(self) -> bool:
        """Whether a look into it takes a network's time."""
        return self._store.beat_seconds is not None

    @property
    def is_cut_off(self) -> bool:
        """Whether another caller may write this log by now, which we cannot ask."""
        return self._store.is_cut_off

    @property
    def superseded(self) -> bool:
        """Whether another caller writes this log now."""
        return self._store.superseded

    @property
    def troubles(self) -> list[LogError]:
        """What is wrong though commits succeed: a checkpoint that could not be kept costs time at the next start;
        a log that is behind gives no numbers; a witness that cannot be read proves nothing."""
        behind, unkept = self.behind, self._writer.checkpoint_error if self._writer else None
        found = [unkept] if unkept else []
        found += [LogError("behind", behind.seq, epoch=behind.epoch)] if behind else []
        found += [LogError("not-copied", count=self.uncopied)] if self.uncopied else []
        return [*found, *([LogError("bad-witness")] if self.witness_unreadable else [])]

    # --- witnesses

    def hear(self, text: str) -> bool:
        """Compare the log with a witness; return whether the text is one (or empty).

        A witness of a later event, of another event at the same place or of a later epoch makes the log `behind`. One
        of an earlier epoch raises `floor` for its day, for those numbers were given, and counts what is `uncopied`.
        """
        witness = self._key.read(text) if text else None
        if witness is None:
            return not text
        if witness.epoch >= self.epoch and not self._holds(witness):
            if self.behind is None or witness[:2] > self.behind[:2]:
                self.behind = witness
            self.witness = ""
        if witness.epoch < self.epoch and self._store.began >= 0:
            self.uncopied = max(self.uncopied, witness.seq - self._store.began)
        numbers = (witness.day, witness.top if witness.epoch < self.epoch else witness.floor)
        if numbers > self.floor and numbers[1]:
            self.floor = numbers
        return True

    def _holds(self, witness: Witness) -> bool:
        """Return whether the event a witness speaks of is in this log, in this epoch."""
        if witness.epoch != self.epoch:
            return False
        if witness.seq == 0:
            return True
        try:
            digest = self._store.hash_of(witness.seq)
        except LogError:
            return True  # a database that is away proves nothing; the station shows it again
        return digest is not None and short(digest) == witness.hash

    def _testify(self, batch: Batch) -> None:
        """Note how far the log is, in the writer's thread after a commit, unless it is behind what was seen."""
        if self.behind:
            return
        seq, digest = batch.rows[-1][0], batch.rows[-1][7]
        if batch.day:
            known = self._numbers[1] if self._numbers[0] == batch.day else 0
            self._numbers = (batch.day, max(batch.top, known))
        floor = self.floor[1] if self.floor[0] == self._numbers[0] else 0
        self.witness = self._key.sign(Witness(self.epoch, seq, short(digest), *self._numbers, floor))
        try:
            self._file.write(self.witness)
        except OSError:
            return  # it lags; the next commit tries again

    # --- the end

    def close(self) -> None:
        """Save what is queued and let go of the store."""
        if self._writer:
            self._writer.stop()
            self._writer = None
            self._store.note_open(False)
        else:
            self._store.note_closed_if_read(self._read_whole)
        self._store.close()
        self._release()

    def _release(self) -> None:
        self._file.close()
        for handle in self._locks:
            os.close(handle)
        self._locks = []
