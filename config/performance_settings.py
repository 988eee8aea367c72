"""What a hall sets about its people: who is on duty, their shifts, and the formula of the monthly scores. Below
`config.settings`, which takes these into its tables.

In a hall that names no shift no person is late, early or absent: nothing says when a person is to be there. One without a
`[[score]]` row has no scores. Points of a figure go in a straight line from `zero` to `full`, and never past either.
"""

from datetime import date
from typing import Annotated, Literal, get_args

from msgspec import Meta, field

from config.setting_types import Count, Minutes, Name, OneLine, Percent, SettingId, Table, TimeOfDay, Weekday

# In the order of the sheets. What each is made of stands in `caller.reports.score_figures`.
ScoreFigure = Literal[
    "good-share", "rating-mean", "rated-share", "bad-ratings", "complaints", "told-once", "on-time", "attendance",
    "punctuality", "away", "peer", "served", "inspections",
]  # fmt: skip
SCORE_FIGURES: tuple[ScoreFigure, ...] = get_args(ScoreFigure)
ScoredKind = Literal["clerk", "window"]
SCORED_KINDS: tuple[ScoredKind, ...] = get_args(ScoredKind)
WHOLE_WEIGHT = 100  # what the weights of a formula sum to
Points = Annotated[float, Meta(ge=0, le=200)]
FigureBound = Annotated[float, Meta(ge=0, le=100_000)]
BONUS_PLACES_MAX = 10


class Duty(Table, frozen=True):
    """Who is on duty in a role, and when: every day, on weekdays, in a range of dates, or both."""

    role: Name  # "带班领导"
    name: Name
    role_en: OneLine = ""
    name_en: OneLine = ""
    title: OneLine = ""
    title_en: OneLine = ""
    phone: OneLine = ""
    weekdays: list[Weekday] = field(default_factory=list)  # empty: all
    first: date | None = None  # none: since ever
    last: date | None = None


class Shift(Table, frozen=True):
    """Who is to be at their window, and when; `backup`: who stands in for them (AB 岗). The first row that names a
    person and holds on a day is theirs."""

    name: Name
    staff: list[SettingId]  # staff numbers
    hours: list[tuple[TimeOfDay, TimeOfDay]] = field(default_factory=list)  # empty: the hall's of that day
    backup: list[SettingId] = field(default_factory=list)
    window: str = ""  # where; empty: at any
    weekdays: list[Weekday] = field(default_factory=list)  # empty: every day the hall is open
    first: date | None = None
    last: date | None = None


class PerformanceTable(Table, frozen=True):
    """Bounds of attendance, and what the monthly scores lead to."""

    late_minutes: Minutes = 0  # so long after the beginning of the shift is still on time
    early_minutes: Minutes = 0  # so long before its end as well
    away_minutes: Minutes = 20  # away from the window for longer is noted
    ranked_weight: Percent = 60  # so much of the weight must have a figure for a place in the ranking
    peer_bonus: Annotated[list[Points], Meta(max_length=BONUS_PLACES_MAX)] = field(default_factory=list)
    points_max: Points = 110  # a score with its bonus is never over it
    star_points: Points = 90  # 五星级窗口 from so many points
    stars_max: Count = 3  # and from the first so many places
    flags: Count = 1  # 流动红旗 for the first so many places


class ScoreRow(Table, frozen=True):
    """One line of the formula: how many points of 100 a figure is worth, and between which values."""

    figure: ScoreFigure
    weight: Annotated[float, Meta(gt=0, le=WHOLE_WEIGHT)]
    full: FigureBound  # the value that is worth all of it; shares in per cent
    zero: FigureBound  # the value that is worth nothing; above `full` where less is better
    of: ScoredKind = "clerk"
    minimum: Count = 0  # with fewer ratings, days or cases there is no figure
