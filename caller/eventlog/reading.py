"""Reads a log beside the caller that writes it: tail, export, verify, back up.

A `Reader` touches nothing in the log's folder (`opening`); each answer comes from one snapshot.
"""

import sqlite3
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType, TracebackType
from zoneinfo import ZoneInfo

import msgspec

from caller.engine.register import VERSION_ROW, VersionInForce
from caller.eventlog import chain, schema
from caller.eventlog.chain import Head, Record, check_noted
from caller.eventlog.checkpoints import seal, whole_checkpoints
from caller.eventlog.daily_roots import RootChecker
from caller.eventlog.errors import LogError, explain
from caller.eventlog.log import LOG_NAME
from caller.eventlog.opening import OPEN, lacks_wal, open_read_only
from caller.eventlog.witness import Witness, WitnessFile, WitnessKey, short
from config import owner_only

POLL_SECONDS = 0.2  # how soon `tail -f` sees a commit
BACKUP_PAGES = 1_000  # copied at a time, so that the caller's commits go on in between


@dataclass(frozen=True)
class VerifyResult:
    """What `verify` found in order: the events, where the log ends, and checkpoints that are not whole."""

    site: str
    events: int
    head: Head
    bad_checkpoints: list[int]
    epoch: int = 1
    roots: int = 0  # daily roots, all computed again


class Reader:
    """A log opened for reading. A context manager."""

    def __init__(self, path: Path) -> None:
        if not path.exists():
            raise LogError("missing", path=path)
        self.path = path
        self._open()

    def _open(self) -> None:
        try:
            self._log = open_read_only(self.path)
            self._connection = self._log.connection
            self._select = schema.select_events(self._connection, self.path)
            self.site = schema.meta(self._connection, "site")
            # the newest events may be missing: the log was left open, and its WAL is not beside it
            self.lacks_wal = lacks_wal(self.path, self._connection)
        except Exception as error:
            raise explain(error, self.path) from error

    def check_wal(self) -> None:
        """Raise `LogError` "no-wal" where the newest events may be missing, because the log was copied alone."""
        if self.lacks_wal:
            raise LogError("no-wal", self.last, path=self.path)

    def refresh(self) -> bool:
        """Open the log again where a caller has written since it was opened as immutable; return whether so."""
        if not self._log.outdated(self.path):
            return False
        self._log.close()
        self._open()
        return True

    def __enter__(self) -> "Reader":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        self._log.close()

    def after(self, seq: int, limit: int = -1) -> Iterator[Record]:
        """Yield events after `seq`, oldest first, at most `limit` (-1: all there are). Raises `LogError`."""
        try:
            query = f"{self._select} where seq > ? order by seq limit ?"
            for row in self._connection.execute(query, (seq, limit)):
                yield Record(*row)
        except sqlite3.Error as error:
            raise explain(error, self.path) from error

    def piece(self, seq: int, limit: int) -> list[Record]:
        """Return at most `limit` events after `seq`, oldest first, also where a caller has started since.

        No snapshot outlives the call: what is read for minutes keeps no caller from resetting its WAL.
        """
        try:
            self.refresh()
            return list(self.after(seq, limit))
        except LogError:
            if not self.refresh():
                raise
            return list(self.after(seq, limit))

    def holds(self, head: Head) -> bool:
        """Return whether an event with this seq and hash is in the log."""
        return head == chain.genesis(self.site) or any(
            found.hash == head.hash for found in self.after(head.seq - 1, 1) if found.seq == head.seq
        )

    def of_kinds(
        self, kinds: Iterable[str], after: int = 0, holding: Mapping[str, str] = MappingProxyType({})
    ) -> Iterator[Record]:
        """Yield the events of these kinds of today after a seq, oldest first; of a kind in `holding` those whose body holds
        that text. Reads the whole rest of the log. Raises `LogError`."""
        try:
            written = [name for kind in kinds for name in chain.kinds_written(kind)]
            texts = [(name, text) for kind, text in holding.items() for name in chain.kinds_written(kind)]
            wanted = f"kind in ({','.join('?' * len(written))})" + " or (kind = ? and instr(body, ?))" * len(
                texts
            )
            query = f"{self._select} where seq > ? and ({wanted}) order by seq"
            given = (after, *written, *(part for pair in texts for part in pair))
            for row in self._connection.execute(query, given):
                yield Record(*row)
        except sqlite3.Error as error:
            raise explain(error, self.path) from error

    def newest(self, kind: str, limit: int) -> Iterator[Record]:
        """Yield the last events of one kind of today, newest first, whatever an older version called it. Raises
        `LogError`."""
        try:
            written = chain.kinds_written(kind)
            query = f"{self._select} where kind in ({','.join('?' * len(written))}) order by seq desc limit ?"
            for row in self._connection.execute(query, (*written, limit)):
                yield Record(*row)
        except sqlite3.Error as error:
            raise explain(error, self.path) from error

    def holding(self, text: str) -> Iterator[Record]:
        """Yield the events whose body holds a text, oldest first. Reads the whole log. Raises `LogError`."""
        try:
            query = f"{self._select} where instr(body, ?) order by seq"
            for row in self._connection.execute(query, (text,)):
                yield Record(*row)
        except sqlite3.Error as error:
            raise explain(error, self.path) from error

    @property
    def last(self) -> int:
        """The seq of the last event on disk. Raises `LogError`."""
        try:
            return self._connection.execute("select coalesce(max(seq), 0) from event").fetchone()[0]
        except sqlite3.Error as error:
            raise explain(error, self.path) from error

    def follow(self, seq: int, going: Callable[[], bool] = lambda: True) -> Iterator[Record]:
        """Yield events after `seq`, then those to come, while `going()`."""
        while going():
            self.refresh()
            for record in self.after(seq):
                seq = record.seq
                yield record
            time.sleep(POLL_SECONDS)

    @property
    def epoch(self) -> int:
        """The log's epoch."""
        return schema.epoch_of(self._connection)

    def verify(self) -> VerifyResult:
        """Check every event, the end, the witness beside the log and the file itself.

        Raises `LogError`: "damaged" with the first bad seq, "behind", "no-wal" or "corrupt".
        """
        try:
            return self._verify_snapshot()
        except LogError:
            if not self.refresh():
                raise
            return self._verify_snapshot()

    def _verify_snapshot(self) -> VerifyResult:
        try:
            witness = self._witness()  # before the snapshot: it never leads what is read then
            self._connection.execute("begin")
            return self._verify(witness)
        except Exception as error:
            raise explain(error, self.path) from error
        finally:
            if self._connection.in_transaction:
                self._connection.execute("rollback")

    def _witness(self) -> Witness | None:
        """Return the witness beside the log of a data folder; None for any other copy, and where the key cannot be used:
        a stick or a rescue disk knows no owners, and what the log says of itself can be verified all the same."""
        try:
            key = WitnessKey.found_in(self.path.parent) if self.path.name == LOG_NAME else None
            return key.read(WitnessFile(self.path.parent).read()) if key else None
        except (LogError, OSError):
            return None

    def behind(self) -> Witness | None:
        """Return the witness beside the log if it proves that the log has lost its end; reads one event."""
        witness = self._witness()
        if not witness or witness.epoch < self.epoch:
            return None
        held = next(self.after(witness.seq - 1, 1), None)
        fits = held is not None and held.seq == witness.seq and short(held.hash) == witness.hash
        return None if witness.epoch == self.epoch and (fits or not witness.seq) else witness

    def _verify(self, witness: Witness | None) -> VerifyResult:
        head, epoch, seen, roots = chain.genesis(self.site), self.epoch, "", RootChecker()
        for record in chain.follow(head, self.after(0)):
            head = Head(record.seq, record.hash)
            roots.add(record)
            if witness and record.seq == witness.seq:
                seen = short(record.hash)
        check_noted(head, schema.meta(self._connection, "head"))
        if witness and witness.epoch >= epoch and (witness.epoch, witness.hash) != (epoch, seen):
            raise LogError("behind", witness.seq, epoch=witness.epoch)
        if self.lacks_wal:
            raise LogError("no-wal", head.seq, path=self.path)
        found = self._connection.execute("pragma integrity_check(1)").fetchone()[0]
        if found != "ok":
            raise LogError("corrupt", detail=found)
        if roots.wrong:
            raise LogError("damaged", roots.wrong, what="当日根值不符", what_en="its day's root is another")
        return VerifyResult(self.site, head.seq, head, self._bad_checkpoints(), epoch, len(roots.roots))

    def _bad_checkpoints(self) -> list[int]:
        saved = "select c.seq, c.state, c.hash, e.hash from checkpoint c left join event e using (seq)"
        rows = self._connection.execute(saved + " order by c.seq")
        return [
            seq for seq, state, sealed, link in rows if not link or seal(Head(seq, link), state) != sealed
        ]

    def register(self) -> tuple[list[tuple[str, str, bytes]], str, int]:
        """Return the register's rows, their mark, and the last event they may stand at, all of one moment.

        Raises:
            LogError: the log cannot be read.
        """
        try:
            if self._connection.execute("pragma user_version").fetchone()[0] < schema.VERSION_OF_REGISTER:
                return [], "", 0
            self._connection.execute("begin")
            rows = self._connection.execute("select kind, key, body from register").fetchall()
            return rows, schema.meta(self._connection, "register"), self.last
        except sqlite3.Error as error:
            raise explain(error, self.path) from error
        finally:
            if self._connection.in_transaction:
                self._connection.execute("rollback")

    def registered(self, kind: str) -> dict[str, bytes]:
        """Return one kind of the register's rows by their key, as the newest event that changed them left them.

        Raises:
            LogError: the log cannot be read.
        """
        try:
            if self._connection.execute("pragma user_version").fetchone()[0] < schema.VERSION_OF_REGISTER:
                return {}
            return dict(self._connection.execute("select key, body from register where kind=?", (kind,)))
        except sqlite3.Error as error:
            raise explain(error, self.path) from error

    def checkpoints(self) -> list[tuple[int, bytes]]:
        """Return the seq and the state of each checkpoint that is whole, oldest first. Raises `LogError`."""
        try:
            return [(head.seq, state) for head, state in whole_checkpoints(self._connection)][::-1]
        except Exception as error:
            raise explain(error, self.path) from error

    def backup(self, target: Path) -> VerifyResult:
        """Make a whole copy of one moment, verified before it takes its name. Raises `LogError`."""
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
        owner_only.make_file(part)
        copy = sqlite3.connect(part, isolation_level=None)
        self._connection.backup(copy, pages=BACKUP_PAGES)
        copy.execute("pragma journal_mode=delete")
        copy.execute(f"delete from meta where key='{OPEN}'")
        copy.close()
        with Reader(part) as written:
            verdict = written.verify()
        owner_only.sync(part)
        part.rename(target)
        owner_only.sync(target.parent)
        return verdict


def export_line(site: str, record: Record) -> str:
    """Return one event as a line of JSON, for another program or the city centre."""
    line = {**record._asdict(), "body": msgspec.Raw(record.body.encode()), "hash": record.hash.hex()}
    if not record.account:
        del line["account"]
    return msgspec.json.encode({"site": site, **line}).decode()


NEWER_MARK = "  （更新版本写的，请升级 / by a newer version: upgrade）"


def readable(record: Record) -> tuple[chain.EventBody, str]:
    """Return the facts of an event; or its body as it stands in the row, and a mark, where a newer version wrote it."""
    try:
        return record.facts, ""
    except LogError:
        return record.as_written, NEWER_MARK


def zone_of(reader: Reader) -> ZoneInfo | None:
    """Return the hall's time zone by the newest business day in a log; None where there is none."""
    opened = next(reader.newest("DayOpened", 1), None)
    return ZoneInfo(readable(opened)[0]["zone"]) if opened else None


def noted_in(file: Path) -> VersionInForce:
    """Return the version in force by the log in a file, as a program beside the caller reads it; number 0: none.

    Raises `LogError`.
    """
    with Reader(file) as reader:
        rows, _, _ = reader.register()
    found = [body for kind, _, body in rows if kind == VERSION_ROW]
    return msgspec.msgpack.decode(found[0], type=VersionInForce) if found else VersionInForce(0, "", 0)
