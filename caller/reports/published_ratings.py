"""Published ratings: the daily roots with their counts, and the list under each, read from the log.

A public page reads these, and a list that was saved can be computed again (docs/ratings.md). Reads DATA/log.db beside the
caller; what is asked for again is kept in memory, because a root never changes.
"""

from collections import OrderedDict
from itertools import islice
from pathlib import Path
from typing import Any

from msgspec import to_builtins

from caller.eventlog import LOG_NAME, LogError, Reader
from caller.eventlog.daily_roots import DayRoot, roots_in
from caller.eventlog.rating_proofs import receipt_at, rooted_ratings
from config.rating_settings import BAD_LEVELS

ROOTS_SHOWN = 62  # two months of days that are all open
LISTS_KEPT = 16

__all__ = ["LogError", "PublishedRatings", "share_of"]


def share_of(levels: list[int]) -> str:
    """Return the share of ratings that are not bad, as it is published; a dash where there is none."""
    total, bad = sum(levels), sum(levels[level - 1] for level in BAD_LEVELS)
    return f"{100 * (total - bad) / total:.1f}%" if total else "—"


class PublishedRatings:
    """What a hall publishes of its ratings. Each call may raise `LogError`: the log is not here, or is damaged."""

    def __init__(self, data: Path) -> None:
        self._file = data / LOG_NAME
        self._newest, self._roots = 0, list[DayRoot]()
        self._lists: OrderedDict[int, dict[str, Any]] = OrderedDict()

    def index(self, newest: int) -> dict[str, Any]:
        """Return the newest roots with their counts; `newest`: the last seq under the newest, as the board shows it."""
        if newest != self._newest or not self._roots:
            with Reader(self._file) as log:
                self._roots = [each for each in islice(roots_in(log), ROOTS_SHOWN) if each.levels]
            self._newest = newest
        return {"roots": [each._asdict() for each in self._roots]}

    def list_of(self, last: int) -> dict[str, Any] | None:
        """Return the list of ratings under the root whose last row is `last`; None where no root ends there."""
        if last in self._lists:
            return self._lists[last]
        with Reader(self._file) as log:
            root = next((each for each in roots_in(log) if each.last <= last), None)
            if root is None or root.last != last:
                return None
            listed = self._lists[last] = to_builtins(rooted_ratings(log, root))
        while len(self._lists) > LISTS_KEPT:
            self._lists.popitem(last=False)
        return listed

    def receipt(self, seq: int) -> str:
        """Return the receipt of the rating in row `seq`."""
        with Reader(self._file) as log:
            return str(receipt_at(log, seq))
