"""The event log of one hall: what is in it happened, and nothing else did.

Theory of operation. `EventLog` takes the locks, opens the file and knows its head. `recover` returns what memory is
made of: the newest checkpoint that is whole, and the events after it. `extend` links new events to the head at once,
in the caller's thread, and `write` hands them to the writer thread; `settled` is called from that thread when they
are on disk, or are not. After a failure `rewind` goes back to what the disk really holds. `commands` finds what a
command did long ago; it reads on a connection of its own, so that a look never waits for a commit. `hear` compares
the log with a witness of how far it was (see `witness`).
"""

import os
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import msgspec

from caller.engine.envelope import CommandEnvelope
from caller.engine.events import AnyEvent
from caller.eventlog import chain, schema
from caller.eventlog.chain import Head, LogRow, Record
from caller.eventlog.checkpoints import Checkpoint, load_prepared, whole_checkpoints
from caller.eventlog.errors import LogError, explain
from caller.eventlog.opening import BUSY_MS, OPEN, file_id, hold, lock, written_here
from caller.eventlog.witness import Floor, Witness, WitnessFile, WitnessKey, short
from caller.eventlog.writer import Batch, Settled, Writer
from config import owner_only
from config.instants import Micros

LOG_NAME = "log.db"
STATE_LINE_MAX = 60  # bytes of a state that tell its version
OF_COMMANDS = (
    "from json_each(?) cross join event on command = value"  # in this order: one look in the index each
)

Connect = Callable[[Path], sqlite3.Connection]


@dataclass(frozen=True)
class Recovery:
    """What memory is made of: a checkpoint's state (None: from nothing), and everything after it."""

    state: bytes | None
    seq: int
    records: Iterator[Record]
    register: list[tuple[str, str, bytes]]  # kind, key, body: as they stand at the last event
    register_mark: str
    passed_over: bytes = b""  # how the state of a newer checkpoint begins that is of another version


def connect(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=BUSY_MS / 1000)


class EventLog:
    """Append-only, hash-chained, one process at a time. Raises `LogError` and nothing of sqlite3."""

    def __init__(
        self, path: Path, site: str, *, synchronous: str = "FULL", connect: Connect = connect
    ) -> None:
        self.path = path
        self.site = site
        self.behind: Witness | None = None  # the witness that proves events to be missing
        self.floor: Floor = ("", 0)
        self.uncopied = 0  # events seen outside that the copy lacks with which this epoch began
        self.witness = ""  # of the last commit, signed; empty while the log is behind
        self.witness_unreadable = False
        self._numbers = ("", 0)  # the last business day that was open, and its highest serial
        self._connect = connect
        self._read_whole = False
        self._writer: Writer | None = None
        self._locks, self._file_id = lock(path), (0, 0)
        self._file = WitnessFile(path.parent)
        try:
            self._open(synchronous)
        except BaseException as error:
            self._release()
            if isinstance(error, Exception):
                raise explain(error, path) from error
            raise

    def _open(self, synchronous: str) -> None:
        self._key = WitnessKey.made_in(self.path.parent)
        epoch = self._check_presence(self._file.read())
        if not self.path.exists():
            owner_only.make_file(self.path)  # sqlite gives its WAL the same rights
            self._locks += hold(self.path)
        self._file_id = file_id(self.path)
        written_here.add(self._file_id)
        self._connection = self._connect(self.path)
        self._connection.execute(f"pragma busy_timeout={BUSY_MS}")
        self._connection.execute("pragma journal_mode=wal")
        self._connection.execute(f"pragma synchronous={synchronous}")
        schema.bring_up_to_date(self._connection, self.path, self.site)
        schema.refuse_copy(self._connection, self.path)
        if epoch:
            self._connection.execute("update meta set value=? where key='epoch'", (str(epoch),))
        self._select = schema.select_events(self._connection, self.path)
        self._of_commands = self._select.replace("from event", OF_COMMANDS)
        self._index = connect(self.path)
        self._index.execute("pragma query_only=1")
        self.epoch = schema.epoch_of(self._connection)
        self._began = int(schema.meta(self._connection, schema.BEGAN) or -1)
        self._seq, self._hash = self._read_head()
        noted = self._file.read()
        self.witness_unreadable = not self.hear(noted)
        if known := self._key.read(noted):
            if known.epoch < self.epoch:  # `restore` signs a witness of each epoch it begins; an edit cannot
                self.behind = known
            if not self.behind:
                self.witness, self._numbers = noted, (known.day, known.top)

    def _check_presence(self, noted: str) -> int:
        """Return the epoch a new file begins with (0: none is said). Raises `LogError` "emptied" where a log was.

        An empty file beside a WAL must not even be opened: SQLite would delete the WAL and the last commits with it.
        """
        if self.path.exists() and self.path.stat().st_size:
            return 0
        wal = self.path.with_name(self.path.name + "-wal")
        known = self._key.read(noted)
        if (wal.exists() and wal.stat().st_size) or (noted and (known is None or known.seq)):
            raise LogError("emptied", path=self.path)
        return known.epoch if known else 0

    @property
    def head(self) -> Head:
        """The last event linked, on disk or on its way there."""
        return Head(self._seq, self._hash)

    def _read_head(self) -> Head:
        """Return the last event, checked against the head noted by the last commit."""
        last = self._connection.execute("select seq, hash from event order by seq desc limit 1").fetchone()
        head = Head(*last) if last else chain.genesis(self.site)
        check_noted(head, schema.meta(self._connection, "head"))
        return head

    # --- from disk to memory

    def recover(self, version: bytes = b"", *, full: bool = False) -> Recovery:
        """Return the newest whole checkpoint whose state begins with `version`, and what follows it; `full` ignores
        checkpoints. Raises `LogError`."""
        try:
            nothing = chain.genesis(self.site), None, b""
            start, state, other = nothing if full else self._newest_checkpoint(version)
            register = self._connection.execute("select kind, key, body from register").fetchall()
            mark = schema.meta(self._connection, "register")
        except Exception as error:
            raise explain(error, self.path) from error
        return Recovery(state, start.seq, self._follow(start), register, mark, other)

    def recover_prepared(self, version: str) -> Recovery | None:
        """Return the state prepared by a version of the fold, and what follows it; None where none fits this log."""
        found = load_prepared(self.path.parent, version)
        if found is None or self._hash_of(found.seq) != found.hash:
            return None
        records = self._follow(Head(found.seq, found.hash))
        return Recovery(found.state, found.seq, records, found.register, found.register_mark)

    def _newest_checkpoint(self, version: bytes) -> tuple[Head, bytes | None, bytes]:
        other = b""
        for head, state in whole_checkpoints(self._connection):
            if state.startswith(version):
                return head, state, other
            other = other or state[:STATE_LINE_MAX]
        return chain.genesis(self.site), None, other

    def _hash_of(self, seq: int) -> bytes | None:
        found = self._index.execute("select hash from event where seq=?", (seq,)).fetchone()
        return found and found[0]

    def _follow(self, start: Head) -> Iterator[Record]:
        try:
            rows = self._connection.execute(f"{self._select} where seq > ? order by seq", (start.seq,))
            yield from chain.follow(start, (Record(*row) for row in rows))
            self._read_whole = True
        except Exception as error:
            raise explain(error, self.path) from error

    def commands(self, ids: Iterable[str]) -> list[Record]:
        """Return all committed events of these commands, oldest first. Raises `LogError`."""
        try:
            found = self._index.execute(self._of_commands, (_json(ids),)).fetchall()
            return sorted(Record(*row) for row in found)
        except Exception as error:
            raise explain(error, self.path) from error

    # --- from memory to disk

    def start(self, settled: Settled) -> None:
        """Start the writer; `settled(batches, error)` is called in its thread, once per commit."""
        self._note_open("1")
        self._writer = Writer(self._connection, self.path, settled, self._testify)
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
        try:
            self._seq, self._hash = self._read_head()
        except Exception as error:
            raise explain(error, self.path) from error
        if self._writer:
            self._writer.mend()

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
        if witness.epoch < self.epoch and self._began >= 0:
            self.uncopied = max(self.uncopied, witness.seq - self._began)
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
        digest = self._hash_of(witness.seq)
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
        """Save what is queued and let go of the file."""
        if self._writer:
            self._writer.stop()
            self._writer = None
            self._note_open("")
        elif self._read_whole:
            with suppress(
                sqlite3.Error
            ):  # a killed caller left the note; closing saves its WAL, which was read whole
                if schema.meta(self._connection, OPEN):
                    self._note_open("")
        self._index.close()
        self._connection.close()
        self._release()

    def _note_open(self, value: str) -> None:
        """Note in the log that it is being written, or no more. A reader must know that without the WAL (`opening`)."""
        with suppress(sqlite3.Error):  # a disk that cannot take it is reported by the first commit
            self._connection.execute("insert or replace into meta values(?, ?)", (OPEN, value))
            self._connection.execute("pragma wal_checkpoint(passive)")

    def _release(self) -> None:
        self._file.close()
        for handle in self._locks:
            os.close(handle)
        self._locks = []
        written_here.discard(self._file_id)


def check_noted(head: Head, noted: str) -> None:
    """Raise `LogError` unless the last event is the one the last commit noted: the end of the log was cut off."""
    seq, _, digest = noted.partition(" ")
    if noted and int(seq) != head.seq:
        first = min(int(seq), head.seq) + 1
        raise LogError(
            "damaged", first, what="末尾缺少或多出记录", what_en="events at the end are missing or added"
        )
    if noted and digest != head.hash.hex():
        raise LogError("damaged", head.seq, what="内容被改动", what_en="it was edited")


def _json(ids: Iterable[str]) -> str:
    return msgspec.json.encode(list(ids)).decode()
