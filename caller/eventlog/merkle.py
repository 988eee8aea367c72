"""Merkle trees over the rows of the log, as RFC 6962 section 2.1 defines them, and the root of a day. Pure.

1. The hash of a leaf is SHA-256(0x00 + leaf), of a node SHA-256(0x01 + left + right); a tree of no leaves has
   SHA-256(""). The two marks keep a node from being passed off as a leaf.
2. A tree of n leaves splits at the largest power of two below n, so it is a row of full trees that shrink: `Tree`
   holds one hash for each, and a log of any length needs a few hundred bytes.
3. The leaves of a day are the chain hashes of its rows, each of which covers all fields of its row. The ratings among
   them are leaves of a tree of their own, and the root of the day is the node over both: a rating is proven by its
   path among the ratings and one hash more, without showing any other row.
4. A root covers the rows after the one before it, up to the day's `DayClosed`; so every row up to the last root lies
   under exactly one. `RootChecker` computes the roots again while the log is read once.
"""

from collections.abc import Sequence
from hashlib import sha256
from typing import NamedTuple

RATING = "ServiceRated"
CLOSED = "DayClosed"
ROOTED = "DayRooted"
EMPTY = sha256(b"").digest()


def leaf_hash(leaf: bytes) -> bytes:
    """Return the hash of a leaf."""
    return sha256(b"\x00" + leaf).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Return the hash of the node over two trees."""
    return sha256(b"\x01" + left + right).digest()


class Tree:
    """A tree that leaves are added to: `size` leaves, and the hashes of its full trees, the largest first."""

    def __init__(self) -> None:
        self.size = 0
        self._full: list[bytes] = []

    def add(self, leaf: bytes) -> None:
        """Add a leaf; equal neighbours become one tree of twice the size."""
        self._full.append(leaf_hash(leaf))
        merged = self.size
        while merged & 1:
            right = self._full.pop()
            self._full[-1] = node_hash(self._full[-1], right)
            merged >>= 1
        self.size += 1

    @property
    def root(self) -> bytes:
        """The hash over all leaves."""
        if not self._full:
            return EMPTY
        root = self._full[-1]
        for left in reversed(self._full[:-1]):
            root = node_hash(left, root)
        return root


def root_of(leaves: Sequence[bytes]) -> bytes:
    """Return the root over leaves."""
    tree = Tree()
    for leaf in leaves:
        tree.add(leaf)
    return tree.root


def inclusion_proof(leaves: Sequence[bytes], place: int) -> list[bytes]:
    """Return the hashes beside the path from the leaf at `place` to the root, the lowest first."""
    if len(leaves) == 1:
        return []
    split = 1 << (len(leaves) - 1).bit_length() - 1
    if place < split:
        return [*inclusion_proof(leaves[:split], place), root_of(leaves[split:])]
    return [*inclusion_proof(leaves[split:], place - split), root_of(leaves[:split])]


def proves(leaf: bytes, place: int, size: int, proof: Sequence[bytes], root: bytes) -> bool:
    """Return whether a proof shows that `leaf` is at `place` of the tree of `size` leaves with this root."""
    if not 0 <= place < size:
        return False
    found, last, left = leaf_hash(leaf), size - 1, list(proof)
    while last:
        if place & 1 or place < last:  # else the lone last tree of its row: it rises as it is
            if not left:
                return False
            beside = left.pop(0)
            found = node_hash(beside, found) if place & 1 else node_hash(found, beside)
        place, last = place >> 1, last >> 1
    return not left and found == root


class DayRoot(NamedTuple):
    """The root of a day: label, first and last seq of its rows, how many of them are ratings, and the hash."""

    day: str
    first: int
    last: int
    ratings: int
    root: str  # 64 hex digits


def root_line(root: DayRoot) -> str:
    """Return a root as the one line that the process log and `hallcall log root` carry."""
    return f"root day={root.day} first={root.first} last={root.last} ratings={root.ratings} root={root.root}"


class RootChecker:
    """Computes the roots of a log while its rows pass once, in order.

    `due` is the root of the newest day that closed since the last `DayRooted`, or None. `wrong` is the seq of the first
    `DayRooted` that says otherwise, 0 where all are right. `roots` are those the log carries.
    """

    def __init__(self, first: int = 1) -> None:
        self.due: DayRoot | None = None
        self.wrong = 0
        self.roots: list[DayRoot] = []
        self._begin(first)
        self._tail: list[tuple[bytes, bool]] = []  # rows since the last DayClosed: hash, whether a rating

    def _begin(self, first: int) -> None:
        self._rows, self._ratings, self._first = Tree(), Tree(), first

    def add(self, seq: int, kind: str, hash: bytes, closed: str = "", told: DayRoot | None = None) -> None:
        """Take the next row; `closed`: the label of a DayClosed; `told`: what a DayRooted says."""
        if kind == ROOTED:
            if told is None or told != self.due:
                self.wrong = self.wrong or seq
            if told:
                self.roots.append(told)
            self.due = None
            self._begin((told.last if told else seq - 1) + 1)
        self._tail.append((hash, kind == RATING))
        if kind == CLOSED:
            for row, rating in self._tail:
                self._rows.add(row)
                if rating:
                    self._ratings.add(row)
            self._tail.clear()
            root = node_hash(self._rows.root, self._ratings.root)
            self.due = DayRoot(closed, self._first, seq, self._ratings.size, root.hex())
