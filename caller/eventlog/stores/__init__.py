"""Where a copy of a log can lie: an SQLite file, or a database of PostgreSQL. One small interface for both.

1. A store takes events in order only: `append` names the head it expects, and a store whose head is another takes nothing
   (`LogError` "moved"). Two who copy into one store cannot mix two histories.
2. A store says of itself that it is a **copy**. No caller writes to one (`LogError` "is-a-copy") before `hallcall promote`
   has begun a new epoch, and nothing is copied into a log that a caller has written (`LogError` "not-a-copy").
3. Only events, the site and the epoch are copied: checkpoints and the register are made again from the events.
"""

import re
from pathlib import Path
from types import TracebackType
from typing import Protocol, Self

from caller.eventlog.chain import Head, Record

PASSWORD = re.compile(r"(?<=:)[^/@:]*(?=@)|(?<=password=)[^&]*")
POSTGRES = ("postgresql://", "postgres://")


class LogSource(Protocol):
    """What a copy is made from: a log, or another copy. `Reader` is one."""

    @property
    def site(self) -> str: ...
    @property
    def epoch(self) -> int: ...
    def piece(self, seq: int, limit: int) -> list[Record]:
        """Return at most `limit` events after `seq`, oldest first. Raises `LogError`."""
        ...

    def holds(self, head: Head) -> bool:
        """Return whether an event with this seq and hash is in it. Raises `LogError`."""
        ...


class LogStore(LogSource, Protocol):
    """A copy of one site's log. A context manager; for one thread. Raises `LogError` and nothing of its database."""

    @property
    def head(self) -> Head:
        """The last event that is safely in it."""
        ...

    def append(self, records: list[Record], expected: Head, epoch: int) -> None:
        """Add events behind `expected`, all or none, and note the epoch; return when they are safe.

        Raises:
            LogError: "moved" where the store's head is another.
        """
        ...

    def close(self) -> None: ...
    def __enter__(self) -> Self: ...
    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...


def is_database(place: str) -> bool:
    """Return whether a place is the address of a database, and not a file's path."""
    return place.startswith(POSTGRES)


def printable(place: str) -> str:
    """Return a place for words to people: without a password."""
    return PASSWORD.sub("***", place) if is_database(place) else place


def open_copy(place: str, site: str) -> LogStore:
    """Open the copy of a site's log at a path or an address, to add to it; made where there is none. Raises `LogError`."""
    if is_database(place):
        from caller.eventlog.stores.postgres import PostgresCopy  # an extra; nobody else waits for it

        return PostgresCopy(place, site)
    from caller.eventlog.stores.sqlite import SqliteCopy

    return SqliteCopy(Path(place), site)
