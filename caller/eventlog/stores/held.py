"""Where the log lies that a caller writes: an SQLite file on its own PC, or a database of PostgreSQL. One small interface.

1. A store is held by one caller at a time. A caller that cannot hold it gets a `LogError`, and one that holds it no longer
   commits nothing, however long it was paused: each commit names what it expects to follow.
2. `commit` returns when the rows are safe, or raises; then none of them is there, or the error says that it is `unknown`.
3. After `EventLog.start` the writer's thread alone calls `commit`, `save_checkpoint` and `beat`. Everything else may be
   asked beside it, and waits for no commit.
4. Everything is raised as `LogError`; nothing of a database's own errors leaves a store.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol

from caller.eventlog.chain import Head, LogRow, Record
from caller.eventlog.witness import Witness

CHECKPOINTS_KEPT = 3  # the newest may be damaged, and the one before it

SavedRegister = tuple[list[tuple[str, str, bytes]], str]  # kind, key, body of each row; the mark over all
CheckpointRow = tuple[int, int, bytes, bytes]  # seq, at, packed state, seal


@dataclass(slots=True)
class RegisterBatch:
    """The register's rows that a batch changed (a body of None: the row is gone) and the mark they give the table.

    `whole`: they are all its rows. What the rows and the mark mean, the engine knows.
    """

    rows: dict[tuple[str, str], bytes | None] = field(default_factory=dict)
    mark: str = ""
    whole: bool = False

    def followed_by(self, later: "RegisterBatch") -> "RegisterBatch":
        """Return both in one."""
        if later.whole:
            return later
        return RegisterBatch(self.rows | later.rows, later.mark or self.mark, self.whole)


class NotedWitness(NamedTuple):
    """What lies beside the log about how far it was: a text, and the witness in it if the site's key signed it."""

    text: str
    known: Witness | None

    @property
    def epoch_of_empty(self) -> int | None:
        """The epoch that an empty log begins with (0: none is said); None where it cannot be empty."""
        if self.text and (self.known is None or self.known.seq):
            return None
        return self.known.epoch if self.known else 0


class HeldLog(Protocol):
    """One site's log, held for writing."""

    place: str  # for words to people
    epoch: int
    began: int  # the event after which its epoch began; -1 where it is not known

    @property
    def beat_seconds(self) -> float | None:
        """How often the writer's thread must call `beat` while it has nothing to commit; None: never."""
        ...

    @property
    def is_ready(self) -> bool | None:
        """Whether a commit can be tried with hope; None where only a try can tell."""
        ...

    @property
    def is_cut_off(self) -> bool:
        """Whether the store has been silent for so long that another caller may hold it by now."""
        ...

    @property
    def superseded(self) -> bool:
        """Whether another caller writes this log now, and this one must make room."""
        ...

    def head(self) -> Head:
        """Return the last event that is safe. Raises `LogError` "damaged" where it is not the one the last commit noted."""
        ...

    def whole_checkpoints(self) -> Iterator[tuple[Head, bytes]]:
        """Yield the place and the state of each checkpoint that is whole, newest first."""
        ...

    def register(self) -> SavedRegister: ...
    def after(self, seq: int) -> Iterator[Record]:
        """Yield the events after `seq` in their order; whether they fit the chain is for the reader to say."""
        ...

    def commands(self, ids: Iterable[str]) -> list[Record]:
        """Return all events of these commands, oldest first."""
        ...

    def hash_of(self, seq: int) -> bytes | None:
        """Return the hash of an event; None where there is none."""
        ...

    def commit(self, rows: list[LogRow], register: RegisterBatch) -> None: ...
    def save_checkpoint(self, row: CheckpointRow) -> None: ...
    def beat(self) -> None:
        """Say that this caller lives, and take up again what was lost meanwhile."""
        ...

    def note_open(self, is_open: bool) -> None:
        """Note that the log is being written, or no more; a store that cannot will say so with the first commit."""
        ...

    def note_closed_if_read(self, read_whole: bool) -> None:
        """Note that the log is not being written, where a caller was killed and all that it left was read."""
        ...

    def close(self) -> None: ...
