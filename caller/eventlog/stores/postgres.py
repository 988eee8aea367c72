"""A copy of a log in a database of PostgreSQL: schema `hallcall`, one site a database. See `postgres_session`.

Every transaction locks the row that names the head and compares it, so two who write never mix. What was appended is safe
when the database says so; where it has a synchronous standby (`synchronous_standby_names`), on that as well.
"""

from collections.abc import Iterator
from types import TracebackType
from typing import Self

from caller.eventlog import chain
from caller.eventlog.chain import Head, Record
from caller.eventlog.daily_roots import RootChecker
from caller.eventlog.errors import LogError
from caller.eventlog.reading import VerifyResult
from caller.eventlog.stores.postgres_reads import COLUMNS, PIECE, PIECE_EVENTS
from caller.eventlog.stores.postgres_session import (
    CONFIRMED,
    KNOWN,
    META,
    PC_THAT_CALLS,
    VERSION,
    DatabaseHost,
    PostgresSession,
    check_version,
    make_tables,
)
from caller.eventlog.stores.write_right import CALLER

# Without the note nobody has written since followers ask for it: then all may be read.
PIECE_CONFIRMED = PIECE.replace(
    "seq > %s",
    f"seq > %s and seq <= coalesce((select case value when '' then 0 else split_part(value, ' ', 1)::bigint end"
    f" from hallcall.meta where key = '{CONFIRMED}'), 9223372036854775807)",
)
FILL = f"copy hallcall.event({COLUMNS}) from stdin"
NEWEST = f"select {COLUMNS} from hallcall.event where kind = any(%s) order by seq desc limit %s"
SILENT = "select extract(epoch from clock_timestamp() - beat) from hallcall.writer"
PCS = """select pc, name, coalesce(to_jsonb(told) ->> 'version', '') from hallcall.pc told
where at > clock_timestamp() - interval '7 days' order by name"""
READ_ONLY = "set default_transaction_read_only = on"
SET = "update hallcall.meta set value = %s where key = %s"
LOCKED_HEAD = "select value from hallcall.meta where key = 'head' for update"


class PostgresCopy:
    """One connection. See `stores`, of which it is the second kind."""

    def __init__(
        self,
        address: str,
        site: str = "",
        *,
        server: DatabaseHost = DatabaseHost(),  # noqa: B008 - a tuple
        confirmed: bool = False,
        reading: bool = False,
    ) -> None:
        """Open the copy of a site's log; without a site, whichever log is there. Raises `LogError`.

        `confirmed`: read no event that may be on one disk alone; for those who follow a caller that writes.
        `reading`: the database itself refuses whatever would change it.
        """
        self._session = PostgresSession(address, server=server)
        self._piece = PIECE_CONFIRMED if confirmed else PIECE
        self._address = self._session.place
        try:
            if reading:
                self._session.execute(READ_ONLY)
            self._begin(site)
        except BaseException:
            self._session.close()
            raise

    def _begin(self, site: str) -> None:
        if site:
            make_tables(self._session, site)
        elif not self._session.execute("select to_regclass('hallcall.meta') is not null").fetchone()[0]:
            raise LogError("missing", path=self._address)
        known = dict(self._session.execute(KNOWN).fetchall())
        check_version(known, self._address)
        if site and CALLER in known:
            raise LogError("not-a-copy", path=self._address)
        self.is_old = int(known["version"]) < VERSION
        self.site = known["site"]
        self._epoch = int(known["epoch"])
        self._head = self._parsed(known["head"])

    def _parsed(self, noted: str) -> Head:
        seq, _, digest = noted.partition(" ")
        return Head(int(seq), bytes.fromhex(digest)) if noted else chain.genesis(self.site)

    @property
    def head(self) -> Head:
        """The last event that the database has taken from us."""
        return self._head

    @property
    def epoch(self) -> int:
        """The epoch of the log it was copied from."""
        return self._epoch

    @property
    def last(self) -> int:
        """The seq of the last event, as `head`."""
        return self._head.seq

    def check_end(self, head: Head) -> None:
        """Raise `LogError` "damaged" where what was read up to `head` is not all that the database has taken."""
        self.look()
        if not self.piece(head.seq, 1):
            chain.check_noted(head, f"{self._head.seq} {self._head.hash.hex()}" if self._head.seq else "")

    def look(self) -> None:
        """See what another program has done to the log since it was opened. Raises `LogError`."""
        known = dict(self._session.execute(KNOWN).fetchall())
        self._head, self._epoch = self._parsed(known["head"]), int(known["epoch"])

    def append(self, records: list[Record], expected: Head, epoch: int) -> None:
        """Add events behind `expected`, all or none. Raises `LogError`."""
        last = Head(records[-1].seq, records[-1].hash) if records else expected
        with self._session.together():
            found = self._parsed(self._session.raw(LOCKED_HEAD).fetchone()[0])
            if found != expected:
                raise LogError("moved", found.seq, path=self._address)
            with self._session.connection.cursor() as cursor, cursor.copy(FILL) as lines:
                for record in records:
                    lines.write_row(record)
            if records:
                self._session.raw(SET, (f"{last.seq} {last.hash.hex()}", "head"))
            self._session.raw(SET, (str(epoch), "epoch"))
        self._head, self._epoch = last, epoch

    def begin_epoch(self, epoch: int) -> None:
        """Make the copy a log that callers write, in a new epoch. Raises `LogError`, also where it is one already."""
        make_tables(self._session, self.site)
        with self._session.together():
            found = self._parsed(self._session.raw(LOCKED_HEAD).fetchone()[0])
            if CALLER in dict(self._session.raw(KNOWN).fetchall()):
                raise LogError("not-a-copy", path=self._address)
            if found != self._head:
                raise LogError("moved", found.seq, path=self._address)
            self._session.raw(SET, (str(epoch), "epoch"))
            for row in ((CALLER, "1"), ("epoch-began", str(found.seq))):
                self._session.raw(META, row)

    def piece(self, seq: int, limit: int) -> list[Record]:
        """Return at most `limit` events after `seq`, oldest first. Raises `LogError`."""
        return [Record(*row) for row in self._session.execute(self._piece, (seq, limit)).fetchall()]

    def after(self, seq: int, limit: int = -1) -> Iterator[Record]:
        """Yield events after `seq`, oldest first, at most `limit` (-1: all there are). Raises `LogError`."""
        while limit and (records := self.piece(seq, PIECE_EVENTS if limit < 0 else min(limit, PIECE_EVENTS))):
            yield from records
            seq, limit = records[-1].seq, limit - len(records) if limit > 0 else limit

    def silent_seconds(self) -> float:
        """Return since when no caller has beaten, by the database's clock. Raises `LogError`."""
        found = self._session.execute(SILENT).fetchone()
        return float(found[0]) if found else float("inf")

    def noted_sums(self) -> str:
        """Return the sums of the PC that calls (`paired_pcs`); empty: none are noted. Raises `LogError`."""
        if not self._session.execute("select to_regclass('hallcall.pc') is not null").fetchone()[0]:
            return ""
        found = self._session.execute(PC_THAT_CALLS).fetchone()
        return found[0] if found else ""

    def pcs(self) -> dict[str, tuple[str, str]]:
        """Return by its id the name and the program's version of each PC heard of this week (`paired_pcs`). Raises `LogError`."""
        if not self._session.execute("select to_regclass('hallcall.pc') is not null").fetchone()[0]:
            return {}
        return {pc: (name, version) for pc, name, version in self._session.execute(PCS).fetchall()}

    def newest(self, kind: str, limit: int) -> Iterator[Record]:
        """Yield the last events of one kind of today, newest first. Raises `LogError`."""
        values = (chain.kinds_written(kind), None if limit < 0 else limit)
        return (Record(*row) for row in self._session.execute(NEWEST, values).fetchall())

    def verify(self) -> VerifyResult:
        """Check every event up to the head that was there when the copy was opened, and the daily roots.

        Raises `LogError`: "damaged" with the first bad seq.
        """
        head, roots = chain.genesis(self.site), RootChecker()
        for record in chain.follow(head, self.after(0, self._head.seq) if self._head.seq else ()):
            head = Head(record.seq, record.hash)
            roots.add(record)
        chain.check_noted(head, f"{self._head.seq} {self._head.hash.hex()}" if self._head.seq else "")
        if roots.wrong:
            raise LogError("damaged", roots.wrong, what="当日根值不符", what_en="its day's root is another")
        return VerifyResult(self.site, head.seq, head, [], self._epoch, len(roots.roots))

    def holds(self, head: Head) -> bool:
        """Return whether an event with this seq and hash is in it. Raises `LogError`."""
        found = self.piece(head.seq - 1, 1)
        return head == chain.genesis(self.site) or any(Head(each.seq, each.hash) == head for each in found)

    def close(self) -> None:
        self._session.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
