"""What a store of the records promises, whatever database lies behind it, and what can go wrong with one.

A store holds the rows of one site with the place in that site's log they were folded up to, always of one piece. A
hall's own store is a file (`stores.sqlite`); a database shared by many halls binds one store to each site. Nothing
that goes wrong here can hurt the hall: the records are made from the log, and made again when they are lost.
"""

from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager
from typing import NamedTuple, Protocol, TypeVar

from caller.eventlog.chain import Head
from caller.records.columns import Row
from caller.records.open_rows import SavedRows
from config.catalogue import MessageError
from config.instants import Micros

R = TypeVar("R", bound=Row)


class RecordsError(MessageError):
    """The records cannot be read or brought up to date."""

    kind = "records-error"


class LogPosition(NamedTuple):
    """How far a log has been folded: its site, the head, and the hall's time there (UTC microseconds)."""

    site: str
    head: Head
    now: Micros


class ConcurrentUpdate(Exception):
    """Another process has folded on in the meantime; start again from where it is."""


class Store(SavedRows, Protocol):
    """The rows of one site. Raises `RecordsError` and no error of its database."""

    @property
    def place(self) -> LogPosition:
        """How far the rows have been folded; site "" and seq 0 before the first event."""
        ...

    def snapshot(self) -> AbstractContextManager[None]:
        """Hold one moment: everything read inside is of it."""
        ...

    def rows(self, table: type[R], **equal: str | int) -> Iterator[R]:
        """Return the rows whose columns have these values, in the order of their keys."""
        ...

    def of_days(self, table: type[R], first: str, last: str, **equal: str) -> Iterator[R]:
        """Return the rows of the business days from `first` to `last`, both included, in the order of their keys; of
        these only those whose columns have the values of `equal`."""
        ...

    def lasting(self) -> Iterator[Row]:
        """Return every row that has no end yet, tickets before what is theirs."""
        ...

    def save(self, before: LogPosition, after: LogPosition, rows: Iterable[Row]) -> None:
        """Move from `before` to `after` and write these rows, or do neither. Raises `ConcurrentUpdate`."""
        ...

    def clear(self, site: str) -> LogPosition:
        """Drop all rows and begin at the start of this site's log."""
        ...
