"""A rating one can check: the receipt its giver holds, the proof that it is counted, and the list the hall publishes.

1. A **receipt** names one rating: the site, the date, the seq of its row, its kind (of a reception or of a decided case),
   its level and the chain hash of the row. One of an older version, "hc1:", names no kind and serves on. It holds no ticket, no window and no person, and is made from the log as soon as the rating is on disk.
2. The **published list** of a daily root (`RootedRatings`) is the root, the hash over all its rows and each rating as the
   hash of its row, its level and its kind, in the order of the log. From it alone anyone computes the root and the counts
   of both kinds again (`counted`): no rating can be changed, left out, added or counted as the other kind without another
   root.
3. A **proof** (`prove`) is the path from one rating to the root. It is made after the rows of that root were checked
   against the chain, and the root against the rows; so what does not fit is found here too, with the row to blame.
4. What proves the whole: a root that was seen elsewhere (a board, a slip, the hall's page) is the root of the log
   (`root_seen`). A log made anew has another.
"""

import re
from collections.abc import Iterator
from typing import Annotated, NamedTuple, cast

from msgspec import Meta, Struct

from caller.eventlog import chain
from caller.eventlog.chain import Head, Record
from caller.eventlog.daily_roots import RATINGS, DayRoot, RatingKind, rated_row, rating_leaf, roots_in
from caller.eventlog.errors import LogError
from caller.eventlog.merkle import Tree, inclusion_proof, node_hash, root_by, root_of
from caller.eventlog.reading import Reader, zone_of
from config.instants import local
from config.rating_settings import LEVELS

RECEIPT = re.compile(
    r"hc([12]):([A-Za-z0-9][A-Za-z0-9_-]{0,31}):(\d{4}-\d{2}-\d{2}):([1-9]\d{0,15}):(?:(visit|case):)?([1-5]):([0-9a-f]{64})\Z"
)
Hash = Annotated[str, Meta(pattern=r"^[0-9a-f]{64}\Z")]
ROOT_CHARS_MIN = 8  # of a root as a person reads it off a board; fewer would fit by chance


class Receipt(NamedTuple):
    """What the giver of a rating holds. `day`: its date in the hall; `seq`, `hash`: of its row, in hex.

    `kind`: what was rated; "" in a receipt of an older version, which fits both.
    """

    site: str
    day: str
    seq: int
    level: int
    hash: str
    kind: RatingKind = ""

    def __str__(self) -> str:
        named = f"{self.site}:{self.day}:{self.seq}"
        return (f"hc2:{named}:{self.kind}" if self.kind else f"hc1:{named}") + f":{self.level}:{self.hash}"

    def fits(self, kind: RatingKind) -> bool:
        """Return whether a rating of this kind may be the receipt's; where one of both is of an older version, it may."""
        return kind == self.kind or not kind or not self.kind


class RatingProof(Struct, frozen=True):
    """That a rating is at `place` among the ratings under a root. Hashes are hex digits, the lowest of `path` first.

    `kind`: as the leaf has it; "" under a root of an older version, whose leaves have none.
    """

    receipt: str
    day: str
    place: int
    size: int
    path: list[str]
    rows_root: str
    root: str
    kind: RatingKind = ""


class ListedRating(Struct, frozen=True, array_like=True):
    """A rating as it is published: the hash of its row in hex, its level, and its kind where the root names kinds."""

    row: Hash
    level: Annotated[int, Meta(ge=1, le=LEVELS)]
    kind: RatingKind = ""


class RootedRatings(Struct, frozen=True):
    """The ratings under one root, as published, in the log's order. `receptions`, `decided`: as the root has them."""

    site: str
    day: str
    first: int
    last: int
    rows_root: Hash
    root: str
    levels: list[int]
    ratings: list[ListedRating]
    case_levels: list[int] = []
    receptions: int = 0
    decided: int = 0


def parse_receipt(text: str) -> Receipt:
    """Return a receipt as it was typed or pasted. Raises `LogError` "receipt-unreadable"."""
    found = RECEIPT.match("".join(text.split()))
    if not found or (found[1] == "2") != bool(found[5]):
        raise LogError("receipt-unreadable")
    _, site, day, seq, kind, level, hash = found.groups()
    return Receipt(site, day, int(seq), int(level), hash, cast(RatingKind, kind or ""))


def receipt_at(log: Reader, seq: int) -> Receipt:
    """Return the receipt of the rating in a row. Raises `LogError` "receipt-unknown" where there is none."""
    row = next(log.after(seq - 1, 1), None)
    if row is None or row.seq != seq or row.event_kind not in RATINGS:
        raise LogError("receipt-unknown", seq)
    rated = rated_row(row)
    return Receipt(log.site, _day_of(log, row), seq, rated.level, row.hash.hex(), rated.kind)


def _day_of(log: Reader, row: Record) -> str:
    zone = zone_of(log)
    return local(row.at, zone.key if zone else "UTC").date().isoformat()


def root_over(log: Reader, seq: int) -> DayRoot | None:
    """Return the root that covers a row; None while it has none yet. Raises `LogError`."""
    covering = None
    for root in roots_in(log):  # the newest first, without gaps
        if root.last < seq:
            break
        covering = root
    return covering if covering and covering.first <= seq else None


def root_seen(log: Reader, seen: str) -> DayRoot:
    """Return the root of the log that begins with the hex digits seen elsewhere. Raises `LogError` "root-unknown"."""
    seen = "".join(seen.split()).replace("…", "").lower()
    if len(seen) >= ROOT_CHARS_MIN:
        for root in roots_in(log):
            if root.root.startswith(seen):
                return root
    raise LogError("root-unknown", root=seen)


def rooted_ratings(log: Reader, root: DayRoot) -> RootedRatings:
    """Return the published list of a root, made anew from its rows.

    Raises:
        LogError: "damaged" with the first row that does not fit, or the root itself; "root-older" for one without levels.
    """
    if not root.levels:
        raise LogError("root-older", root.last, day=root.day)
    rows, ratings = Tree(), list[ListedRating]()
    for row in _checked(log, root):
        rows.add(row.hash)
        if row.event_kind in RATINGS:
            rated = rated_row(row)
            ratings.append(ListedRating(row.hash.hex(), rated.level, rated.kind if root.case_levels else ""))
    listed = RootedRatings(
        log.site, root.day, root.first, root.last, rows.root.hex(), root.root, list(root.levels), ratings,
        list(root.case_levels), root.receptions, root.decided,
    )  # fmt: skip
    if not counted(listed):
        raise LogError("damaged", root.last, what="当日根值不符", what_en="its day's root is another")
    return listed


def _checked(log: Reader, root: DayRoot) -> Iterator[Record]:
    """Yield the rows under a root, each checked against the chain. Raises `LogError` "damaged"."""
    head = chain.genesis(log.site)
    for last in log.after(root.first - 2, 1) if root.first > 1 else ():
        head = Head(last.seq, last.hash)
    yield from chain.follow(head, log.after(root.first - 1, root.last - root.first + 1))


def leaves_of(listed: RootedRatings) -> list[bytes]:
    """Return the leaves of a published list."""
    return [rating_leaf(bytes.fromhex(each.row), each.level, each.kind) for each in listed.ratings]


def counted(listed: RootedRatings) -> bool:
    """Return whether the root and the counts of a published list follow from its ratings."""
    tree = root_of(leaves_of(listed))
    levels, cases = [0] * LEVELS, [0] * LEVELS
    for each in listed.ratings:
        levels[each.level - 1] += 1
        cases[each.level - 1] += each.kind == "case"
    if levels != listed.levels or cases != (listed.case_levels or [0] * LEVELS):
        return False
    return node_hash(bytes.fromhex(listed.rows_root), tree).hex() == listed.root


def find_in(listed: RootedRatings, receipt: Receipt) -> int:
    """Return the place of a receipt's rating in a published list; -1 where it is not, as it was given, among them."""
    for place, each in enumerate(listed.ratings):
        if (each.row, each.level) == (receipt.hash, receipt.level) and receipt.fits(each.kind):
            return place
    return -1


def prove(log: Reader, receipt: Receipt) -> RatingProof:
    """Return the proof that a receipt's rating, unchanged, is among the counted ones.

    Raises:
        LogError: "receipt-other-hall", "receipt-not-yet", "receipt-changed", "receipt-other-day", "root-older", "damaged".
    """
    if receipt.site != log.site:
        raise LogError("receipt-other-hall", site=receipt.site, here=log.site)
    row = next(log.after(receipt.seq - 1, 1), None)
    if (
        row is None
        or row.seq != receipt.seq
        or row.event_kind not in RATINGS
        or row.hash.hex() != receipt.hash
    ):
        raise LogError("receipt-changed", receipt.seq, day=receipt.day)
    rated = rated_row(row)
    if rated.level != receipt.level or not receipt.fits(rated.kind):
        raise LogError("receipt-changed", receipt.seq, day=receipt.day)
    if (day := _day_of(log, row)) != receipt.day:
        raise LogError("receipt-other-day", receipt.seq, day=receipt.day, here=day)
    root = root_over(log, receipt.seq)
    if root is None:
        raise LogError("receipt-not-yet", receipt.seq)
    return proof_in(rooted_ratings(log, root), receipt)


def proof_in(listed: RootedRatings, receipt: Receipt) -> RatingProof:
    """Return the path of a receipt's rating in a published list. Raises `LogError` "receipt-changed"."""
    place = find_in(listed, receipt)
    if place < 0:
        raise LogError("receipt-changed", receipt.seq, day=receipt.day)
    leaves = leaves_of(listed)
    path = [each.hex() for each in inclusion_proof(leaves, place)]
    kind = listed.ratings[place].kind
    return RatingProof(
        str(receipt), listed.day, place, len(leaves), path, listed.rows_root, listed.root, kind
    )


def holds(proof: RatingProof, receipt: Receipt, root: str) -> bool:
    """Return whether a proof shows that the receipt's rating lies under this root (64 hex digits). Needs no log."""
    if not receipt.fits(proof.kind):
        return False
    leaf = rating_leaf(bytes.fromhex(receipt.hash), receipt.level, proof.kind)
    ratings = root_by(leaf, proof.place, proof.size, [bytes.fromhex(each) for each in proof.path])
    return bool(ratings) and node_hash(bytes.fromhex(proof.rows_root), ratings).hex() == root
