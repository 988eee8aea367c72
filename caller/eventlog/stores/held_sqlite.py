"""The log of a caller as a file on its own PC: SQLite in WAL with `synchronous=FULL`.

1. A commit that failed at its last step may have left whole frames in the WAL, which SQLite would apply after a kill. They
   are overwritten by a small transaction before the failure is reported (`_void`). Where that fails too, the error says
   that the outcome is unknown.
2. Each commit names the process that writes. Where another one has written its own name since, the commit fails: two
   callers on one log, however they got past its locks, never both write.
3. What is looked up beside the writer is read on a connection of its own, so that a look never waits for a commit.
"""

import os
import sqlite3
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from itertools import chain as chained
from pathlib import Path

import msgspec

from caller.eventlog import chain, schema
from caller.eventlog.chain import Head, LogRow, Record, check_noted
from caller.eventlog.checkpoints import whole_checkpoints
from caller.eventlog.errors import LogError, explain
from caller.eventlog.opening import BUSY_MS, OPEN, file_id, hold, written_here
from caller.eventlog.stores.held import (
    CHECKPOINTS_KEPT,
    CheckpointRow,
    NotedWitness,
    RegisterBatch,
    SavedRegister,
)
from config import owner_only

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
OF_COMMANDS = (
    "from json_each(?) cross join event on command = value"  # in this order: one look in the index each
)

Connect = Callable[[Path], sqlite3.Connection]


def connect(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=BUSY_MS / 1000)


class SqliteHeldLog:
    """See `held`, of which it is the first kind. Its folder is locked by the `EventLog` that opens it."""

    beat_seconds = None
    is_ready = None  # a disk is tried by writing to it
    superseded = is_cut_off = False  # its locks are held until it is closed

    def __init__(
        self,
        path: Path,
        site: str,
        noted: NotedWitness,
        synchronous: str = "FULL",
        connect: Connect = connect,
    ) -> None:
        """Open the file, made where there is none. Raises `LogError`, `OSError`, `sqlite3.Error`."""
        self.path, self.place, self._site = path, str(path), site
        self._process = os.urandom(8).hex()
        self._claimed = False
        self._file_id = (0, 0)
        self._locks: list[int] = []
        try:
            self._open(_epoch_of_new(path, noted), synchronous, connect)
        except BaseException:
            self._release()
            raise

    def _open(self, epoch: int, synchronous: str, connect_: Connect) -> None:
        if not self.path.exists():
            owner_only.make_file(self.path)  # sqlite gives its WAL the same rights
            self._locks = hold(self.path)
        self._file_id = file_id(self.path)
        written_here.add(self._file_id)
        self._connection = connect_(self.path)
        self._connection.execute(f"pragma busy_timeout={BUSY_MS}")
        self._connection.execute("pragma journal_mode=wal")
        self._connection.execute(f"pragma synchronous={synchronous}")
        schema.bring_up_to_date(self._connection, self.path, self._site)
        schema.refuse_copy(self._connection, self.path)
        if epoch:
            self._connection.execute("update meta set value=? where key='epoch'", (str(epoch),))
        self._select = schema.select_events(self._connection, self.path)
        self._of_commands = self._select.replace("from event", OF_COMMANDS)
        self._index = connect(self.path)
        self._index.execute("pragma query_only=1")
        self.epoch = schema.epoch_of(self._connection)
        self.began = int(schema.meta(self._connection, schema.BEGAN) or -1)

    # --- reading

    def head(self) -> Head:
        """Return the last event on disk. Raises `LogError`."""
        try:
            found = self._connection.execute("select seq, hash from event order by seq desc limit 1")
            last = found.fetchone()
            head = Head(*last) if last else chain.genesis(self._site)
            check_noted(head, schema.meta(self._connection, "head"))
        except Exception as error:
            raise explain(error, self.path) from error
        return head

    def whole_checkpoints(self) -> Iterator[tuple[Head, bytes]]:
        """Yield the place and the state of each checkpoint that is whole, newest first."""
        return whole_checkpoints(self._connection)

    def register(self) -> SavedRegister:
        """Return the register's rows and their mark."""
        rows = self._connection.execute("select kind, key, body from register").fetchall()
        return rows, schema.meta(self._connection, "register")

    def after(self, seq: int) -> Iterator[Record]:
        """Yield the events after `seq`."""
        rows = self._connection.execute(f"{self._select} where seq > ? order by seq", (seq,))
        return (Record(*row) for row in rows)

    def commands(self, ids: Iterable[str]) -> list[Record]:
        """Return all events of these commands, oldest first. Raises `LogError`."""
        try:
            found = self._index.execute(self._of_commands, (_json(ids),)).fetchall()
            return sorted(Record(*row) for row in found)
        except Exception as error:
            raise explain(error, self.path) from error

    def hash_of(self, seq: int) -> bytes | None:
        """Return the hash of an event; None where there is none."""
        found = self._index.execute("select hash from event where seq=?", (seq,)).fetchone()
        return found and found[0]

    # --- writing

    def commit(self, rows: list[LogRow], register: RegisterBatch) -> None:
        """Add events and the register's rows, all or none. Raises `LogError`."""
        self._transaction(lambda: self._insert(rows, register))
        self._claimed = True

    def save_checkpoint(self, row: CheckpointRow) -> None:
        """Keep a checkpoint beside the newest ones. Raises `LogError`."""
        self._transaction(lambda: self._replace_checkpoints(row))

    def beat(self) -> None:
        """Do nothing: the locks say that this process lives."""

    def _insert(self, rows: list[LogRow], register: RegisterBatch) -> None:
        if not self._claimed:
            self._connection.execute(SET_WRITER, (self._process,))
        self._insert_events(rows)
        head = f"{rows[-1][0]} {rows[-1][7].hex()}"
        self._connection.execute(SET_HEAD, (head, self._process))
        if not self._connection.execute("select changes()").fetchone()[0]:
            raise LogError("in-use", path=self.path)
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
                values = chained.from_iterable(rows[start : start + count])
                self._connection.execute(ADD_EVENTS[count], tuple(values))
                start += count

    def _replace_checkpoints(self, row: CheckpointRow) -> None:
        self._connection.execute("insert or replace into checkpoint values(?,?,?,?)", row)
        oldest = "select seq from checkpoint order by seq desc limit 1 offset ?"
        kept = self._connection.execute(oldest, (CHECKPOINTS_KEPT - 1,)).fetchone()
        if kept:
            self._connection.execute("delete from checkpoint where seq < ?", (kept[0],))

    def _transaction(self, statements: Callable[[], None]) -> None:
        committing = False
        try:
            self._connection.execute("begin immediate")
            statements()
            committing = True
            self._connection.execute("commit")
        except Exception as error:  # whatever it is, the senders who wait must be answered
            found = explain(error, self.path)
            # SQLite ends a transaction whose commit failed half way; one that is still open has written no commit
            ended = committing and not self._connection.in_transaction
            self._undo()
            found.unknown = ended and not self._void()
            raise found from (None if found is error else error)

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

    # --- the end

    def note_open(self, is_open: bool) -> None:
        """Note in the log that it is being written, or no more. A reader must know that without the WAL (`opening`)."""
        with suppress(sqlite3.Error):  # a disk that cannot take it is reported by the first commit
            self._connection.execute(
                "insert or replace into meta values(?, ?)", (OPEN, "1" if is_open else "")
            )
            self._connection.execute("pragma wal_checkpoint(passive)")

    def note_closed_if_read(self, read_whole: bool) -> None:
        """Take back the note that a killed caller left: closing saves its WAL, which was read whole."""
        with suppress(sqlite3.Error):
            if read_whole and schema.meta(self._connection, OPEN):
                self.note_open(False)

    def close(self) -> None:
        """Let go of the file."""
        self._index.close()
        self._connection.close()
        self._release()

    def _release(self) -> None:
        for handle in self._locks:  # after SQLite's: see `opening`, 4
            os.close(handle)
        self._locks = []
        written_here.discard(self._file_id)


def _epoch_of_new(path: Path, noted: NotedWitness) -> int:
    """Return the epoch a new file begins with (0: none is said). Raises `LogError` "emptied" where a log was.

    An empty file beside a WAL must not even be opened: SQLite would delete the WAL and the last commits with it.
    """
    if path.exists() and path.stat().st_size:
        return 0
    wal = path.with_name(path.name + "-wal")
    epoch = noted.epoch_of_empty
    if (wal.exists() and wal.stat().st_size) or epoch is None:
        raise LogError("emptied", path=path)
    return epoch


def _json(ids: Iterable[str]) -> str:
    return msgspec.json.encode(list(ids)).decode()
