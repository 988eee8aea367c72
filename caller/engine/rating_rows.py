"""The rows of the register about ratings and what follows from them. The rules of `register_rows` hold."""

from typing import Literal

from msgspec import Struct

from config.instants import Micros
from config.rating_settings import LEVELS


class PublishedRoot(Struct):
    """The newest daily root, as boards and slips show it; `levels`: how many ratings of level 1 to 5 lie under it.

    `case_levels`: how many of them are of decided cases; empty in the root of an older version, which mixes both.
    """

    day: str
    last: int
    levels: list[int]
    root: str
    case_levels: list[int] = []


class Rectification(Struct):
    """What has been done about a bad rating; its row's key is that of its follow-up. See `rectifications`.

    `rating`: the seq of the rating. `named`: since when the person can be reached, 0: not; `call_due`: until when they are
    to be called back. `workers`: who noted a step in this round. What is named `ever_` counts once over all rounds.
    """

    id: str
    ticket: str
    window: str
    month: str  # "2026-11", in which the rating was given
    opened: Micros
    level: int
    rating: int
    named: Micros = 0
    call_due: Micros = 0
    call_noted: int = 0  # the level of its overdue deadline
    verified: str = ""
    called: bool = False
    tries: int = 0
    reached: bool = False
    ever_reached: bool = False
    righted: str = ""
    ever_righted: bool = False
    published: bool = False
    ever_published: bool = False
    closed: bool = False
    late: bool = False
    appeal: Literal["", "raised", "kept", "excluded"] = ""
    appeal_code: str = ""
    appealed_by: str = ""
    workers: list[str] = []
    added: int = 0  # the level of the later addition
    case: str = ""  # the rating is of this case, and of no ticket


class RectificationMonth(Struct):
    """The rectifications of the bad ratings given in one month, its key: counts, each rectification once."""

    opened: int = 0
    named: int = 0
    called: int = 0  # of the named: one try at least
    reached: int = 0
    righted: int = 0
    closed: int = 0
    late: int = 0
    appealed: int = 0  # by the clerk
    excluded: int = 0
    published: int = 0


class Exclusion(Struct):
    """A rating that a review has excluded, by the seq of its row: it counts no more, and is shown as excluded."""

    month: str
    level: int
    reason: str
    case: bool = False  # of a decided case, and not of a reception


class RatingMonth(Struct):
    """A window's ratings of level 1 to 5 in a month, without those excluded; by "2026-11/WINDOW"."""

    levels: list[int]

    @property
    def count(self) -> int:
        return sum(self.levels)

    @property
    def mean(self) -> float:
        """The mean level; 0 where there is none."""
        return sum(level * count for level, count in enumerate(self.levels, 1)) / (self.count or 1)


class BadRun(Struct):
    """How many bad ratings a window has had in a row, with no better one since."""

    count: int = 0
    since: Micros = 0  # of the first of them


def no_ratings() -> RatingMonth:
    return RatingMonth([0] * LEVELS)
