"""The root of a day is one hash over all its rows; an auditor who saw it can check a later log against it.

1. The leaves of a day are the chain hashes of its rows, each of which covers all fields of its row. The
   ratings among them are leaves of a tree of their own, and the root of the day is the node over both: a
   rating is proven by its path among the ratings and one hash more, without showing any other row.
   The leaf of a rating is the hash of its row and one byte, its level: so the published list of these leaves
   alone, without any row, gives the counts of the levels (`caller.eventlog.rating_proofs`). A root that an older
   version wrote has no `levels`; there the leaf of a rating is the hash of its row alone.
2. A root covers the rows after the root before it, up to the day's `DayClosed`; so every row up to the last
   root lies under exactly one, and a day that got none lies under the next.
3. The caller writes it as `DayRooted` after closing; `verify` computes all roots again while it reads the log
   once.
"""

from collections.abc import Iterator
from typing import NamedTuple, Protocol

from caller.engine import events as ev
from caller.engine.rating_messages import CaseRated
from caller.eventlog import chain
from caller.eventlog.chain import Head, Record
from caller.eventlog.errors import LogError
from caller.eventlog.merkle import Tree, node_hash
from config.rating_settings import LEVELS

RATING = ev.ServiceRated.__name__
RATINGS = frozenset({RATING, CaseRated.__name__})  # of visits, and of decided cases
CLOSED = ev.DayClosed.__name__
ROOTED = ev.DayRooted.__name__


class DayRoot(NamedTuple):
    """The root of a day: label, first and last seq of its rows, how many of them are ratings, and the hash.

    `levels`: how many ratings of level 1 to 5; empty in the root of an older version.
    """

    day: str
    first: int
    last: int
    ratings: int
    root: str  # 64 hex digits
    levels: tuple[int, ...] = ()


def rating_leaf(row: bytes, level: int) -> bytes:
    """Return the leaf of a rating: the chain hash of its row, and its level."""
    return row + bytes([level])


def root_line(root: DayRoot) -> str:
    """Return a root as the one line that the process log and `hallcall log root` carry."""
    levels = f" levels={','.join(map(str, root.levels))}" if root.levels else ""
    line = f"root day={root.day} first={root.first} last={root.last} ratings={root.ratings}"
    return f"{line} root={root.root}{levels}"


class RootSource(Protocol):
    """A log as far as its daily roots need it: `Reader` is one."""

    @property
    def site(self) -> str: ...
    def after(self, seq: int, limit: int = -1) -> Iterator[Record]: ...
    def newest(self, kind: str, limit: int) -> Iterator[Record]: ...


class RootChecker:
    """Computes the roots of a log while its rows pass once, in order.

    `due` is the root of the newest day that closed since the last `DayRooted`, or None. `wrong` is the seq of the first
    `DayRooted` that says otherwise, 0 where all are right. `roots` are those the log carries.
    """

    def __init__(self, first: int = 1) -> None:
        self.due: DayRoot | None = None
        self._older = ""  # the hash of `due` as an older version made it
        self.wrong = 0
        self.roots: list[DayRoot] = []
        self._begin(first)
        self._tail: list[
            tuple[bytes, int]
        ] = []  # rows since the last DayClosed: hash, level of a rating or -1

    def _begin(self, first: int) -> None:
        self._rows, self._ratings, self._first = Tree(), Tree(), first
        self._rating_rows, self._levels = Tree(), [0] * LEVELS
        self._unread: LogError | None = None  # about the first row since then that only a newer version knows

    def add(self, record: Record) -> None:
        """Take the next row.

        Raises:
            LogError: "newer-event" where a root differs and its rows hold an event that only a newer version can read.
        """
        if self._kind(record) == ROOTED:
            noted = root_in(record)
            due = self.due
            if due and not noted.levels:
                due = due._replace(root=self._older, levels=())
            if noted != due:
                if self._unread:
                    raise self._unread
                self.wrong = self.wrong or record.seq
            self.roots.append(noted)
            self.due = None
            self._begin(noted.last + 1)
        self.add_row(record)

    def add_row(self, record: Record) -> None:
        """Take the next row as a leaf only, whatever it says of a root."""
        kind = self._kind(record)
        self._tail.append((record.hash, self._level(record) if kind in RATINGS else -1))
        if kind == CLOSED:
            event = record.event
            assert isinstance(event, ev.DayClosed)
            self._close(event.day, record.seq)

    def _kind(self, record: Record) -> str:
        """Return the kind of a row; "" for one that only a newer version knows: it is a leaf like any other."""
        try:
            return record.event_kind
        except LogError as error:
            self._unread = self._unread or error
            return ""

    def _level(self, record: Record) -> int:
        """Return the level of a rating; 0 for one in a form that only a newer version knows."""
        try:
            return level_of(record)
        except LogError as error:
            self._unread = self._unread or error
            return 0

    def _close(self, day: str, last: int) -> None:
        for row, level in self._tail:
            self._rows.add(row)
            if level < 0:
                continue
            self._rating_rows.add(row)
            self._ratings.add(rating_leaf(row, level))
            if level:
                self._levels[level - 1] += 1
        self._tail.clear()
        root = node_hash(self._rows.root, self._ratings.root)
        self._older = node_hash(self._rows.root, self._rating_rows.root).hex()
        self.due = DayRoot(day, self._first, last, self._ratings.size, root.hex(), tuple(self._levels))


def level_of(record: Record) -> int:
    """Return the level of a rating's row. Raises `LogError` "newer-event"."""
    event = record.event
    assert isinstance(event, ev.ServiceRated | CaseRated)
    return event.level


def root_in(record: Record) -> DayRoot:
    """Return the root that a `DayRooted` row carries. Raises `LogError` "newer-event"."""
    event = record.event
    assert isinstance(event, ev.DayRooted)
    return DayRoot(event.day, event.first, event.last, event.ratings, event.root, tuple(event.levels))


def roots_in(log: RootSource) -> Iterator[DayRoot]:
    """Yield the roots that a log carries, newest first. Raises `LogError`."""
    yield from map(root_in, log.newest(ROOTED, -1))


def root_due(log: RootSource) -> DayRoot | None:
    """Return the root of the newest closed day that has none yet. Raises `LogError` "damaged".

    Reads the rows since the last root, each checked against the chain.
    """
    newest = next(log.newest(ROOTED, 1), None)
    after = root_in(newest).last if newest else 0
    roots, head = RootChecker(after + 1), chain.genesis(log.site)
    for last in log.after(after - 1, 1) if after else ():
        head = Head(last.seq, last.hash)
    for record in chain.follow(head, log.after(after)):
        roots.add_row(record)
    return roots.due
