"""The log of a caller in a database of PostgreSQL, which its owner may replicate. See `write_right` for who may write.

1. A commit is one statement and one wait: events, register, head and beat go in together, or nothing does where the term or
   the head is another. A batch that replaces the whole register takes a transaction of several.
2. The writer's thread has the session with the right. When it is lost, commits fail and `beat` takes the right up again;
   the loop then makes memory anew from what the database holds (`head`).
3. What is read beside it goes through sessions of its own: `postgres_reads`.
"""

from collections.abc import Iterable

from caller.eventlog.chain import Head, LogRow
from caller.eventlog.errors import LogError
from caller.eventlog.stores import printable
from caller.eventlog.stores.held import (
    CHECKPOINTS_KEPT,
    CheckpointRow,
    NotedWitness,
    RegisterBatch,
)
from caller.eventlog.stores.postgres_reads import COLUMNS, PostgresReads
from caller.eventlog.stores.postgres_session import DatabaseHost
from caller.eventlog.stores.write_right import BEAT_SECONDS, CONFIRM, WriteRight, noted

HASHES_KEPT = 10_000  # of the newest events: what stations have seen of the log is compared with them
SET_EPOCH = "update hallcall.meta set value = %s where key = 'epoch'"
ADD = f"""
with held as (update hallcall.writer set beat = clock_timestamp() where term = %s returning 1),
moved as (update hallcall.meta set value = %s where key = 'head' and value = %s and exists (select from held) returning 1),
added as (insert into hallcall.event({COLUMNS})
    select * from unnest(%s::bigint[], %s::bigint[], %s::text[], %s::text[], %s::text[], %s::text[], %s::text[], %s::bytea[],
    %s::text[]) where exists (select from moved)),
marked as (insert into hallcall.meta select 'register', %s::text where %s::text <> '' and exists (select from moved)
    on conflict (key) do update set value = excluded.value),
dropped as (delete from hallcall.register where (kind, key) in (select * from unnest(%s::text[], %s::text[]))
    and exists (select from moved)),
told as ({CONFIRM.replace("from held", "from moved")}),
put as (insert into hallcall.register select * from unnest(%s::text[], %s::text[], %s::bytea[])
    where exists (select from moved) on conflict (kind, key) do update set body = excluded.body)
select count(*) from moved
"""
KEEP = """insert into hallcall.checkpoint values (%s, %s, %s, %s)
on conflict (seq) do update set at = excluded.at, state = excluded.state, hash = excluded.hash"""
FORGET = """delete from hallcall.checkpoint where seq <
(select min(seq) from (select seq from hallcall.checkpoint order by seq desc limit %s) newest)"""


class PostgresHeldLog(PostgresReads):
    """See `held`, of which it is the second kind."""

    beat_seconds = BEAT_SECONDS

    def __init__(self, site: str, noted: NotedWitness, address: str, right: WriteRight) -> None:
        """Take the right to write, or go on with the one that was taken. Raises `LogError`, also "superseded"."""
        if right.site != site:
            raise LogError("wrong-site", found=right.site, site=site)
        super().__init__(address)
        self._right = right
        if not right.tried():
            raise LogError("superseded", path=printable(address), name=right.holder)
        assert right.session
        self.place = right.session.place
        self.epoch, self.began = right.epoch, right.began
        self._trouble: LogError | None = None  # why nothing can be written now
        self._agreed = right.head  # what the caller's memory follows
        epoch = noted.epoch_of_empty
        if not right.head.seq:
            if epoch is None:
                right.lose()
                raise LogError("emptied", path=self.place)
            if epoch:
                right.session.execute(SET_EPOCH, (str(epoch),))
                self.epoch = right.epoch = epoch

    @property
    def superseded(self) -> bool:
        """Whether another caller writes this log now."""
        return self._right.session is None and self._right.superseded

    @property
    def is_cut_off(self) -> bool:
        """Whether another caller may have the right by now."""
        return self._right.is_cut_off

    @property
    def _server(self) -> DatabaseHost:
        return self._right.server

    @property
    def is_ready(self) -> bool:
        """Whether the right to write is held."""
        return self._right.session is not None

    # --- reading

    def head(self) -> Head:
        """Return the last event that is safe, as it was when the right was taken or by the last commit. Raises `LogError`."""
        if not self.is_ready:
            raise self._trouble or LogError("no-database", path=self.place, detail="")
        self._agreed = self._right.head
        return self._agreed

    # --- writing

    def commit(self, rows: list[LogRow], register: RegisterBatch) -> None:
        """Add events and the register's rows, all or none. Raises `LogError`."""
        session, right = self._right.session, self._right
        if session is None:
            raise self._trouble or LogError("no-database", path=self.place, detail="")
        if right.head != self._agreed:
            raise LogError("moved", right.head.seq, path=self.place)
        values = self._values(rows, register)
        try:
            if register.whole:
                with session.together():
                    session.raw("delete from hallcall.register")
                    self._check(session.raw(ADD, values).fetchone()[0])
            else:
                self._check(session.execute(ADD, values).fetchone()[0])
        except LogError as error:
            if session.is_lost or error.unknown or error.code == "superseded":
                self._lost(error)
            raise
        right.confirmed()
        right.head = self._agreed = Head(rows[-1][0], rows[-1][7])
        for row in rows:
            self._hashes[row[0]] = row[7]
        while len(self._hashes) > HASHES_KEPT:
            self._hashes.popitem(last=False)

    def _values(self, rows: list[LogRow], register: RegisterBatch) -> tuple[object, ...]:
        head, expected = noted(Head(rows[-1][0], rows[-1][7])), noted(self._agreed)
        changed = register.rows.items() if register.mark else ()
        gone = [key for key, body in changed if body is None]
        put = [(*key, body) for key, body in changed if body is not None]
        return (
            self._right.term, head, expected, *_columns(rows, 9), register.mark, register.mark,
            *_columns(gone, 2), expected, *_columns(put, 3),
        )  # fmt: skip

    def _check(self, moved: int) -> None:
        if not moved:
            raise LogError("superseded", path=self.place, name=self._right.holder)

    def save_checkpoint(self, row: CheckpointRow) -> None:
        """Keep a checkpoint beside the newest ones. Raises `LogError`."""
        session = self._right.session
        if session is None:
            raise self._trouble or LogError("no-database", path=self.place, detail="")
        with session.together():
            session.raw(KEEP, row)
            session.raw(FORGET, (CHECKPOINTS_KEPT,))

    def beat(self) -> None:
        """Say that this caller lives; where the session was lost, try to take the right again."""
        try:
            if self._right.session:
                self._right.beat()
            elif not self._right.tried():
                self._trouble = LogError("superseded", path=self.place, name=self._right.holder)
        except LogError as error:
            self._lost(error)

    def _lost(self, error: LogError) -> None:
        """Give the session up: what it may have committed is read when there is another."""
        self._trouble = LogError(error.code, error.seq, **error.facts)
        self._right.lose()

    def note_open(self, is_open: bool) -> None:
        """Do nothing: the lock says who writes."""

    def note_closed_if_read(self, read_whole: bool) -> None:
        """Do nothing: a session that ended has left nothing behind."""

    def close(self) -> None:
        """Let go of the right and of all sessions."""
        self._right.give_back()
        super().close()


def _columns(rows: Iterable[tuple[object, ...]], count: int) -> list[list[object]]:
    """Return the rows as columns."""
    columns = [list(column) for column in zip(*rows, strict=True)]
    return columns or [[] for _ in range(count)]
