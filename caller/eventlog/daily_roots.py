"""The root of a day is one hash over all its rows; an auditor who saw it can check a later log against it.

1. The leaves of a day are the chain hashes of its rows, each of which covers all fields of its row. The
   ratings among them are leaves of a tree of their own, and the root of the day is the node over both: a
   rating is proven by its path among the ratings and one hash more, without showing any other row.
   The leaf of a rating is the hash of its row and two bytes, its level and its kind (of a reception or of a
   decided case): so the published list of these leaves alone, without any row, gives the counts of both kinds
   (`caller.eventlog.rating_proofs`). A root of an older version has no `case_levels`; there the leaf has no
   kind, and without `levels` no level either: each is checked as it was made.
2. A root covers the rows after the root before it, up to the day's `DayClosed`; so every row up to the last
   root lies under exactly one, and a day that got none lies under the next.
3. The caller writes it as `DayRooted` after closing; `verify` computes all roots again while it reads the log
   once.
"""

from collections.abc import Iterator
from typing import Literal, NamedTuple, Protocol

from caller.engine import events as ev
from caller.engine.case_messages import CaseMoved
from caller.engine.rating_messages import CaseRated
from caller.eventlog import chain
from caller.eventlog.chain import Head, Record
from caller.eventlog.errors import LogError
from caller.eventlog.merkle import Tree, node_hash
from config.rating_settings import LEVELS

RATING = ev.ServiceRated.__name__
CASE_RATING = CaseRated.__name__
RATINGS = frozenset({RATING, CASE_RATING})
ENDS = frozenset({ev.ServiceFinished.__name__, ev.ServiceLapsed.__name__})  # of receptions
DECIDING = CaseMoved.__name__
CLOSED = ev.DayClosed.__name__
ROOTED = ev.DayRooted.__name__

RatingKind = Literal[
    "", "visit", "case"
]  # what was rated; "": a root or receipt of an older version does not say
KIND_BYTES: dict[RatingKind, bytes] = {"": b"", "visit": b"\0", "case": b"\1"}


class DayRoot(NamedTuple):
    """The root of a day: label, first and last seq of its rows, how many of them are ratings, and the hash.

    `levels`: how many ratings of level 1 to 5; `case_levels`: how many of them are of decided cases. Both may be empty in
    the root of an older version. `receptions`, `decided`: how many receptions ended and cases were decided in its rows.
    """

    day: str
    first: int
    last: int
    ratings: int
    root: str  # 64 hex digits
    levels: tuple[int, ...] = ()
    case_levels: tuple[int, ...] = ()
    receptions: int = 0
    decided: int = 0


class RatedRow(NamedTuple):
    """What the tree of ratings holds of a row: its chain hash, its level, and what was rated."""

    hash: bytes
    level: int
    kind: RatingKind


def rating_leaf(row: bytes, level: int, kind: RatingKind) -> bytes:
    """Return the leaf of a rating: the chain hash of its row, its level, and its kind where the root names kinds."""
    return row + bytes([level]) + KIND_BYTES[kind]


def root_line(root: DayRoot) -> str:
    """Return a root as the one line that the process log and `hallcall log root` carry."""
    levels = f" levels={','.join(map(str, root.levels))}" if root.levels else ""
    if root.case_levels:
        counts = ",".join(map(str, root.case_levels))
        levels += f" case_levels={counts} receptions={root.receptions} decided={root.decided}"
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
        self._older = ("", "")  # the hash of `due` with leaves of the row alone, and with levels but no kinds
        self.wrong = 0
        self.roots: list[DayRoot] = []
        self._begin(first)
        self._tail: list[tuple[bytes, RatedRow | None]] = []  # rows since the last DayClosed
        self._ended = [0, 0]  # of them: ends of receptions, decisions of cases

    def _begin(self, first: int) -> None:
        self._rows, self._ratings, self._first = Tree(), Tree(), first
        self._older_ratings = (Tree(), Tree())
        self._levels: dict[RatingKind, list[int]] = {"visit": [0] * LEVELS, "case": [0] * LEVELS}
        self._counted = [0, 0]  # ends and decisions of the rows before the tail
        self._unread: LogError | None = None  # about the first row since then that only a newer version knows

    def add(self, record: Record) -> None:
        """Take the next row.

        Raises:
            LogError: "newer-event" where a root differs and its rows hold an event that only a newer version can read.
        """
        if self._kind(record) == ROOTED:
            noted = root_in(record)
            due = self.due
            if due and not noted.case_levels:
                due = self._as_older(due, noted)
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
        self._tail.append((record.hash, self._rated(record, kind) if kind in RATINGS else None))
        self._ended[0] += kind in ENDS
        self._ended[1] += kind == DECIDING and self._decides(record)
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

    def _rated(self, record: Record, kind: str) -> RatedRow:
        """Return a rating; its level is 0 where it has a form that only a newer version knows."""
        try:
            return rated_row(record)
        except LogError as error:
            self._unread = self._unread or error
            return RatedRow(record.hash, 0, "case" if kind == CASE_RATING else "visit")

    def _decides(self, record: Record) -> bool:
        try:
            event = record.event
        except LogError as error:
            self._unread = self._unread or error
            return False
        assert isinstance(event, CaseMoved)
        return event.move == "decide"

    def _close(self, day: str, last: int) -> None:
        for row, rated in self._tail:
            self._rows.add(row)
            if rated is None:
                continue
            self._ratings.add(rating_leaf(*rated))
            self._older_ratings[0].add(row)
            self._older_ratings[1].add(rating_leaf(row, rated.level, ""))
            if rated.level:
                self._levels[rated.kind][rated.level - 1] += 1
        self._tail.clear()
        self._counted = [before + now for before, now in zip(self._counted, self._ended, strict=True)]
        self._ended = [0, 0]
        rows = self._rows.root
        bare, levelled = self._older_ratings
        self._older = (node_hash(rows, bare.root).hex(), node_hash(rows, levelled.root).hex())
        visits, cases = self._levels["visit"], self._levels["case"]
        levels = tuple(sum(both) for both in zip(visits, cases, strict=True))
        root = node_hash(rows, self._ratings.root).hex()
        size = self._ratings.size
        self.due = DayRoot(day, self._first, last, size, root, levels, tuple(cases), *self._counted)

    def _as_older(self, due: DayRoot, noted: DayRoot) -> DayRoot:
        """Return the root that is due as the version made it that wrote `noted`: without kinds, or without levels too."""
        root, levels = (self._older[1], due.levels) if noted.levels else (self._older[0], ())
        return DayRoot(due.day, due.first, due.last, due.ratings, root, levels)


def rated_row(record: Record) -> RatedRow:
    """Return what the tree holds of a rating's row. Raises `LogError` "newer-event"."""
    event = record.event
    assert isinstance(event, ev.ServiceRated | CaseRated)
    return RatedRow(record.hash, event.level, "case" if isinstance(event, CaseRated) else "visit")


def root_in(record: Record) -> DayRoot:
    """Return the root that a `DayRooted` row carries. Raises `LogError` "newer-event"."""
    event = record.event
    assert isinstance(event, ev.DayRooted)
    return DayRoot(
        event.day, event.first, event.last, event.ratings, event.root, tuple(event.levels),
        tuple(event.case_levels), event.receptions, event.decided,
    )  # fmt: skip


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
