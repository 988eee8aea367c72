"""Merkle trees over the rows of the log, as RFC 6962 section 2.1 defines them. Pure.

1. The hash of a leaf is SHA-256(0x00 + leaf), of a node SHA-256(0x01 + left + right); a tree of no leaves has
   SHA-256(""). The two marks keep a node from being passed off as a leaf.
2. A tree of n leaves splits at the largest power of two below n, so it is a row of full trees that shrink: `Tree`
   holds one hash for each, and a log of any length needs a few hundred bytes.
"""

from collections.abc import Sequence
from hashlib import sha256

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
    return root_by(leaf, place, size, proof) == root


def root_by(leaf: bytes, place: int, size: int, proof: Sequence[bytes]) -> bytes | None:
    """Return the root of the tree of `size` leaves in which this proof puts `leaf` at `place`; None for no proof."""
    if not 0 <= place < size:
        return None
    found, last, left = leaf_hash(leaf), size - 1, list(proof)
    while last:
        if place & 1 or place < last:  # else the lone last tree of its row: it rises as it is
            if not left:
                return None
            beside = left.pop(0)
            found = node_hash(beside, found) if place & 1 else node_hash(found, beside)
        place, last = place >> 1, last >> 1
    return None if left else found
