"""For those who only read: tail, export, verify and back up, also while a caller is writing.

Nothing here takes the lock or can change the log: connections are read-only, and each answer comes from
one snapshot.
"""

import os
import sqlite3
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

import msgspec

from caller.eventlog import chain, schema
from caller.eventlog.chain import Head, Record
from caller.eventlog.errors import LogError, explain
from caller.eventlog.log import AFTER, BUSY_MS, NEWEST, PRIVATE, check_noted
from caller.eventlog.merkle import CLOSED, ROOTED, DayRoot, RootChecker
from caller.eventlog.writer import seal

POLL_SECONDS = 0.2  # how soon `tail -f` sees a commit
BACKUP_PAGES = 1_000  # copied at a time, so that the caller's commits go on in between


@dataclass(frozen=True)
class VerifyResult:
    """What `verify` found in order: the events, where the log ends, and checkpoints that are not whole."""

    site: str
    events: int
    head: Head
    bad_checkpoints: list[int]
    roots: int = 0  # daily roots, all computed again


class Reader:
    """A log opened for reading. A context manager."""

    def __init__(self, path: Path) -> None:
        if not path.exists():
            raise LogError("missing", path=path)
        self.path = path
        try:
            uri = f"{path.resolve().as_uri()}?mode=ro"
            self._connection = sqlite3.connect(uri, uri=True, isolation_level=None, timeout=BUSY_MS / 1000)
            schema.check_readable(self._connection, path)
            self.site = schema.site_of(self._connection)
        except Exception as error:
            raise explain(error, path) from error

    def __enter__(self) -> "Reader":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        self._connection.close()

    def after(self, seq: int, limit: int = -1) -> Iterator[Record]:
        """Events after `seq`, oldest first, at most `limit` (-1: all there are)."""
        try:
            for row in self._connection.execute(AFTER + " limit ?", (seq, limit)):
                yield Record(*row)
        except sqlite3.Error as error:
            raise explain(error, self.path) from error

    def newest(self, kind: str, limit: int) -> Iterator[Record]:
        """The last events of one kind, newest first."""
        try:
            for row in self._connection.execute(NEWEST, (kind, limit)):
                yield Record(*row)
        except sqlite3.Error as error:
            raise explain(error, self.path) from error

    @property
    def last(self) -> int:
        """The seq of the last event on disk."""
        try:
            return self._connection.execute("select coalesce(max(seq), 0) from event").fetchone()[0]
        except sqlite3.Error as error:
            raise explain(error, self.path) from error

    def follow(self, seq: int, going: Callable[[], bool] = lambda: True) -> Iterator[Record]:
        """Events after `seq`, then those to come, while `going()`."""
        while going():
            for record in self.after(seq):
                seq = record.seq
                yield record
            time.sleep(POLL_SECONDS)

    def verify(self) -> VerifyResult:
        """Check every event, the end and the file itself. Raises `LogError` naming the first bad seq."""
        try:
            self._connection.execute("begin")
            return self._verify()
        except Exception as error:
            raise explain(error, self.path) from error
        finally:
            if self._connection.in_transaction:
                self._connection.execute("rollback")

    def _verify(self) -> VerifyResult:
        head, roots = chain.genesis(self.site), RootChecker()
        for record in chain.follow(head, self.after(0)):
            head = Head(record.seq, record.hash)
            add_to(roots, record)
        noted = self._connection.execute("select value from meta where key='head'").fetchone()
        check_noted(head, noted[0] if noted else "")
        found = self._connection.execute("pragma integrity_check(1)").fetchone()[0]
        if found != "ok":
            raise LogError("corrupt", detail=found)
        if roots.wrong:
            raise LogError("damaged", roots.wrong, what="当日根值不符", what_en="its day's root is another")
        return VerifyResult(self.site, head.seq, head, self._bad_checkpoints(), len(roots.roots))

    def _bad_checkpoints(self) -> list[int]:
        saved = "select c.seq, c.state, c.hash, e.hash from checkpoint c left join event e using (seq)"
        rows = self._connection.execute(saved + " order by c.seq")
        return [
            seq for seq, state, sealed, link in rows if not link or seal(Head(seq, link), state) != sealed
        ]

    def roots(self) -> Iterator[tuple[int, DayRoot]]:
        """Yield the daily roots that the log carries, each with its row's instant (UTC microseconds), newest first."""
        for record in self.newest(ROOTED, -1):
            yield record.at, root_in(record)

    def root_due(self) -> DayRoot | None:
        """Return the root of the newest closed day that has none yet. Raises `LogError` "damaged".

        Reads the rows since the last root, each checked against the chain.
        """
        newest = next(self.newest(ROOTED, 1), None)
        after = root_in(newest).last if newest else 0
        roots, head = RootChecker(after + 1), chain.genesis(self.site)
        for last in self.after(after - 1, 1) if after else ():
            head = Head(last.seq, last.hash)
        for record in chain.follow(head, self.after(after)):
            if newest and record.seq == newest.seq:
                roots.add(record.seq, "", record.hash)
            else:
                add_to(roots, record)
        return roots.due

    def backup(self, target: Path) -> VerifyResult:
        """A whole copy at one moment, verified before it takes its name."""
        if target.exists():
            raise LogError("exists", path=target)
        if not target.parent.is_dir():
            raise LogError("no-folder", path=target.parent)
        part = target.with_name(target.name + ".part")
        part.unlink(missing_ok=True)
        try:
            return self._backup(part, target)
        except Exception as error:
            raise explain(error, target) from error
        finally:
            part.unlink(missing_ok=True)

    def _backup(self, part: Path, target: Path) -> VerifyResult:
        part.touch(mode=PRIVATE)
        copy = sqlite3.connect(part, isolation_level=None)
        self._connection.backup(copy, pages=BACKUP_PAGES)
        copy.execute("pragma journal_mode=delete")
        copy.close()
        with Reader(part) as written:
            verdict = written.verify()
        _sync(part)
        part.rename(target)
        _sync(target.parent)
        return verdict


def root_in(record: Record) -> DayRoot:
    """Return the root that a `DayRooted` row carries."""
    body = msgspec.json.decode(record.body)
    return DayRoot(*(body[name] for name in DayRoot._fields))


def add_to(roots: RootChecker, record: Record) -> None:
    """Hand the next row to a checker of roots."""
    closed = msgspec.json.decode(record.body)["day"] if record.kind == CLOSED else ""
    told = root_in(record) if record.kind == ROOTED else None
    roots.add(record.seq, record.kind, record.hash, closed, told)


def export_line(site: str, record: Record) -> str:
    """One event as a line of JSON, for another program or the city centre."""
    line = {**record._asdict(), "body": msgspec.Raw(record.body.encode()), "hash": record.hash.hex()}
    return msgspec.json.encode({"site": site, **line}).decode()


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
