"""What a caller reads of its log in PostgreSQL, beside the session that writes.

1. It is read where it is written: another host of the address may be a primary of former days. Each purpose has a session of its own, opened when it is needed and again after it was lost, with a short bound: what the
   loop looks up must not hold it longer.
2. `PostgresView` shows a log that another caller writes, as it stood at one moment, so that memory can be made of it.
"""

import zlib
from collections import OrderedDict
from collections.abc import Iterable, Iterator
from typing import NoReturn

from caller.eventlog import chain
from caller.eventlog.chain import Head, LogRow, Record
from caller.eventlog.checkpoints import seal
from caller.eventlog.errors import LogError
from caller.eventlog.stores.held import CheckpointRow, RegisterBatch, SavedRegister
from caller.eventlog.stores.postgres_session import KNOWN, DatabaseHost, PostgresSession, known_in
from config.instants import Seconds

READ_SECONDS: Seconds = 2.0
PIECE_EVENTS = 5_000
COLUMNS = "seq, at, command, role, station, kind, body, hash, account"
SAVED = "select c.seq, c.state, c.hash, e.hash from hallcall.checkpoint c join hallcall.event e using (seq) order by c.seq desc"
PIECE = f"select {COLUMNS} from hallcall.event where seq > %s order by seq limit %s"
OF_COMMANDS = f"select {COLUMNS} from hallcall.event where command = any(%s) order by seq"
LAST = "select seq, hash from hallcall.event order by seq desc limit 1"


class PostgresReads:
    """The reading half of `held.HeldLog`."""

    def __init__(self, address: str) -> None:
        self._address = address
        self._hashes: OrderedDict[int, bytes] = OrderedDict()  # of the newest events
        self._readers: dict[str, PostgresSession] = {}

    @property
    def _server(self) -> DatabaseHost:
        """The one that has the log."""
        return DatabaseHost()

    def _read(self, purpose: str) -> PostgresSession:
        """Return the session for a purpose, opened if need be. Raises `LogError`."""
        session, server = self._readers.get(purpose), self._server
        if session and (session.is_lost or server not in (session.server, session.asked)):
            session.close()
            session = None
        if session is None:
            session = PostgresSession(self._address, writing=True, seconds=READ_SECONDS, server=server)
            self._readers[purpose] = session
        return session

    def whole_checkpoints(self) -> Iterator[tuple[Head, bytes]]:
        """Yield the place and the state of each checkpoint that is whole, newest first."""
        for seq, packed, sealed, link in self._read("memory").execute(SAVED).fetchall():
            if seal(Head(seq, link), packed) == sealed:
                yield Head(seq, link), zlib.decompress(packed)

    def register(self) -> SavedRegister:
        """Return the register's rows and their mark."""
        session = self._read("memory")
        rows = session.execute("select kind, key, body from hallcall.register").fetchall()
        found = session.execute("select value from hallcall.meta where key = 'register'").fetchone()
        return rows, found[0] if found else ""

    def after(self, seq: int) -> Iterator[Record]:
        """Yield the events after `seq`, read by pieces."""
        while piece := self._read("memory").execute(PIECE, (seq, PIECE_EVENTS)).fetchall():
            yield from (Record(*row) for row in piece)
            seq = piece[-1][0]

    def commands(self, ids: Iterable[str]) -> list[Record]:
        """Return all events of these commands, oldest first. Raises `LogError`."""
        found = self._read("commands").execute(OF_COMMANDS, (list(ids),)).fetchall()
        return [Record(*row) for row in found]

    def hash_of(self, seq: int) -> bytes | None:
        """Return the hash of an event; None where there is none. Raises `LogError`."""
        if known := self._hashes.get(seq):
            return known
        found = self._read("memory").execute(PIECE, (seq - 1, 1)).fetchone()
        return found[7] if found and found[0] == seq else None

    def close(self) -> None:
        """Close what was opened for reading."""
        for session in self._readers.values():
            session.close()


class PostgresView(PostgresReads):
    """A log at one moment, for `EventLog.recover` of a caller that does not write."""

    beat_seconds = is_ready = None
    superseded = is_cut_off = False

    def __init__(self, site: str, address: str, server: DatabaseHost) -> None:
        """Raises `LogError`; the tables stay as they are, whichever version made them."""
        super().__init__(address)
        self._at = server
        session = self._read("memory")
        with session.explained():
            known_in(session, site)
        session.execute("begin isolation level repeatable read read only")
        known = dict(session.execute(KNOWN).fetchall())
        self.place, self.epoch = session.place, int(known["epoch"])
        self.began = int(known.get("epoch-began", -1))
        last = session.execute(LAST).fetchone()
        self._head = Head(*last) if last else chain.genesis(site)

    @property
    def _server(self) -> DatabaseHost:
        return self._at

    def head(self) -> Head:
        """Return the last event of that moment."""
        return self._head

    def commit(self, rows: list[LogRow], register: RegisterBatch) -> NoReturn:
        """Write nothing: the right to is another caller's."""
        raise LogError("superseded", path=self.place, name=f"{len(rows)} {register.mark}")

    def save_checkpoint(self, row: CheckpointRow) -> NoReturn:
        """Write nothing, as `commit`."""
        raise LogError("superseded", row[0], path=self.place, name="")

    def beat(self) -> None: ...
    def note_open(self, is_open: bool) -> None: ...
    def note_closed_if_read(self, read_whole: bool) -> None: ...
