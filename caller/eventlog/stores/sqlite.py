"""A copy of a log as an SQLite file: the same file that a caller writes, with a mark that it is a copy.

1. While it is open its folder is locked as a caller's is: neither a caller nor `hallcall promote` gets at it meanwhile.
2. It may lie on a disk that another PC shares, where SQLite's shared memory means nothing, and what a lost PC left of it would
   hide the newest events. So there is none: after a kill the WAL alone tells, and a reader takes both files (`opening`, 3).
3. `beside_readers`: a copy in the data folder of a caller that writes elsewhere and has locked the folder; on this PC's own
   disk, where other programs read it all the while.
"""

import os
import sqlite3
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self, TypeVar

from caller.eventlog import chain, schema
from caller.eventlog.chain import Head, Record
from caller.eventlog.errors import LogError, explain
from caller.eventlog.opening import BUSY_MS, OPEN, lock
from config import owner_only

ADD = "insert into event values(?,?,?,?,?,?,?,?,?)"
SET = "insert or replace into meta values(?,?)"
T = TypeVar("T")


class SqliteCopy:
    """One file, one process. See `stores`, of which it is the first kind."""

    def __init__(self, path: Path, site: str, *, beside_readers: bool = False) -> None:
        self.path, self.site = path, site
        self._shared = beside_readers
        self._locks = [] if beside_readers else lock(path)
        try:
            self._open()
        except BaseException as error:
            self._release()
            if isinstance(error, Exception):
                raise explain(error, path) from error
            raise

    def _open(self) -> None:
        if not self.path.exists():
            owner_only.make_file(self.path)
        self._connection = sqlite3.connect(self.path, isolation_level=None, timeout=BUSY_MS / 1000)
        if not self._shared:  # before the WAL: without shared memory, see above
            self._connection.execute("pragma locking_mode=exclusive")
        self._connection.execute("pragma journal_mode=wal")
        self._connection.execute("pragma synchronous=full")
        schema.bring_up_to_date(self._connection, self.path, self.site)
        self._select = schema.select_events(self._connection, self.path)
        last = self._connection.execute("select seq, hash from event order by seq desc limit 1").fetchone()
        self._head = Head(*last) if last else chain.genesis(self.site)
        if last and not schema.meta(self._connection, schema.COPY):
            raise LogError("not-a-copy", path=self.path)
        for key in (schema.COPY, OPEN):
            self._connection.execute(SET, (key, "1"))

    @property
    def head(self) -> Head:
        """The last event on disk."""
        return self._head

    @property
    def epoch(self) -> int:
        """The epoch of the log it was copied from."""
        return self._explained(lambda: schema.epoch_of(self._connection))

    def append(self, records: list[Record], expected: Head, epoch: int) -> None:
        """Add events behind `expected`, all or none. Raises `LogError`."""
        if expected != self._head:
            raise LogError("moved", self._head.seq, path=self.path)
        self._explained(lambda: self._append(records, epoch))
        if records:
            self._head = Head(records[-1].seq, records[-1].hash)

    def _append(self, records: list[Record], epoch: int) -> None:
        with schema.transaction(self._connection):
            self._connection.executemany(ADD, records)
            if records:
                last = records[-1]
                self._connection.execute(SET, ("head", f"{last.seq} {last.hash.hex()}"))
            self._connection.execute(SET, ("epoch", str(epoch)))

    def piece(self, seq: int, limit: int) -> list[Record]:
        """Return at most `limit` events after `seq`, oldest first. Raises `LogError`."""
        query = f"{self._select} where seq > ? order by seq limit ?"
        return self._explained(
            lambda: [Record(*row) for row in self._connection.execute(query, (seq, limit))]
        )

    def holds(self, head: Head) -> bool:
        """Return whether an event with this seq and hash is in it. Raises `LogError`."""
        found = self.piece(head.seq - 1, 1)
        return head == chain.genesis(self.site) or any(Head(each.seq, each.hash) == head for each in found)

    def _explained(self, work: Callable[[], T]) -> T:
        try:
            return work()
        except Exception as error:
            raise explain(error, self.path) from error

    def close(self) -> None:
        """Put the WAL into the file and let go of it."""
        with suppress(sqlite3.Error):  # killed or full, the note stays, and a reader then wants the WAL
            self._connection.execute("delete from meta where key=?", (OPEN,))
        self._connection.close()
        self._release()

    def _release(self) -> None:
        for handle in self._locks:
            os.close(handle)
        self._locks = []

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
