"""Monthly scores: the formula a hall writes, applied to the figures of a month; places and awards. Pure.

1. A line of the formula gives points in a straight line: none at `zero`, its `weight` at `full`, never past either.
2. A figure that is absent, or of fewer than `minimum`, gives neither points nor weight. The score is the points of 100:
   what was reached, of the weight there was a figure for. What is not known is neither gain nor loss.
3. Who has figures for less than `ranked_weight` of the weight has a score and no place: three lucky ratings win nothing.
4. The first places of the peer ratings add their bonus; a score with it is never over `points_max`. Equal peer points have
   the same place, and the next place counts on behind both.
5. Places go by points, most first; equal points share one, and the next counts on behind both.
6. 五星级窗口 are windows of the first `stars_max` places with `star_points` or more; 流动红旗 those of the first `flags`.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from msgspec import Struct

from caller.engine.performance_messages import WindowStanding
from caller.records import Store
from caller.reports.attendance import Attendance
from caller.reports.clerk_days import AttendanceFigures
from caller.reports.score_figures import FigureValue, MonthFacts, Subject, read_facts
from caller.reports.spans import Span
from caller.reports.tables import as_counted
from config.performance_settings import (
    SCORED_KINDS,
    WHOLE_WEIGHT,
    PerformanceTable,
    ScoredKind,
    ScoreRow,
)
from config.settings import Settings

DIGITS = 2  # of points; what is equal to the hundredth is equal


class FigurePoints(NamedTuple):
    """One line of the formula for one subject. `points`: None where the line does not count, `few`: for want of cases."""

    row: ScoreRow
    figure: FigureValue
    points: float | None
    few: bool


class Score(Struct):
    """The score of a person or window. `place` 0: none, for want of figures."""

    kind: ScoredKind
    id: str
    lines: list[FigurePoints]
    weight: float  # of the figures that are there
    base: float | None  # of 100; None where no figure is there
    bonus: float = 0
    total: float | None = None
    place: int = 0


class MonthScores(NamedTuple):
    """The scores of a month, by kind in the order of their places; those without one last."""

    month: str
    scores: dict[ScoredKind, list[Score]]
    five_star: list[str]
    red_flag: list[str]
    attendance: Attendance

    def score(self, id: str) -> list[Score]:
        """Return the scores of this staff number, and of the window with this id."""
        return [each for kind in self.scores for each in self.scores[kind] if each.id == id]


def read_scores(store: Store, month: Span, settings: Settings) -> MonthScores:
    """Return the scores of a month; none where the hall has no formula."""
    return scores_of(read_facts(store, month, settings), settings)


def scores_of(facts: MonthFacts, settings: Settings) -> MonthScores:
    """Return the scores of a month's facts."""
    bonus = _peer_bonus(facts, settings.performance.peer_bonus)
    made: dict[ScoredKind, list[Score]] = {}
    for kind in SCORED_KINDS:
        formula = [row for row in settings.scores if row.of == kind]
        if formula:
            scores = [_score(facts, (kind, id), formula) for id in facts.subjects(kind)]
            made[kind] = _placed(scores, bonus if kind == "clerk" else {}, settings.performance)
    windows, rules = made.get("window", []), settings.performance
    ranked = [each for each in windows if each.place and each.total is not None]
    return MonthScores(
        facts.month,
        made,
        [
            each.id
            for each in ranked
            if each.place <= rules.stars_max and (each.total or 0) >= rules.star_points
        ],
        [each.id for each in ranked if each.place <= rules.flags],
        facts.attendance,
    )


def points_of(row: ScoreRow, value: float) -> float:
    """Return the points of a value (rule 1)."""
    part = (value - row.zero) / (row.full - row.zero)
    return row.weight * min(max(part, 0.0), 1.0) + 0.0  # never a nought with a minus before it


def _score(facts: MonthFacts, subject: Subject, formula: Sequence[ScoreRow]) -> Score:
    lines: list[FigurePoints] = []
    for row in formula:
        figure = facts.figure(subject, row.figure)
        few = figure.value is not None and figure.of < row.minimum
        points = None if figure.value is None or few else points_of(row, figure.value)
        lines.append(FigurePoints(row, figure, points, few))
    weight = sum(each.row.weight for each in lines if each.points is not None)
    points = sum(each.points for each in lines if each.points is not None)
    base = round(WHOLE_WEIGHT * points / weight, DIGITS) if weight else None
    return Score(*subject, lines, weight, base)


def _placed(scores: list[Score], bonus: Mapping[str, float], rules: PerformanceTable) -> list[Score]:
    """Add the bonus and give the places (rules 3 to 5)."""
    for each in scores:
        if each.base is not None:
            each.bonus = bonus.get(each.id, 0)
            each.total = round(min(each.base + each.bonus, rules.points_max), DIGITS)
    ranked = [each for each in scores if each.total is not None and each.weight >= rules.ranked_weight]
    for each in ranked:
        each.place = 1 + sum((other.total or 0) > (each.total or 0) for other in ranked)
    return sorted(
        scores, key=lambda each: (not each.place, each.place, -(each.total or 0), as_counted(each.id))
    )


def _peer_bonus(facts: MonthFacts, bonus: Sequence[float]) -> dict[str, float]:
    """Return the bonus of the first places of the peer ratings, by staff number (rule 4)."""
    rated = {id: facts.figure(("clerk", id), "peer").value for id in facts.subjects("clerk")}
    known = {id: value for id, value in rated.items() if value is not None}
    places = {id: sum(other > value for other in known.values()) for id, value in known.items()}
    return {id: bonus[place] for id, place in places.items() if place < len(bonus)}


def standings_of(found: MonthScores) -> list[WindowStanding]:
    """Return what is published of each window: its place and points, and its attendance where days of it were planned."""
    scores = {each.id: each for each in found.scores.get("window", [])}
    days = found.attendance.by("window")
    return [_standing(id, scores.get(id), days.get(id)) for id in sorted(scores.keys() | days.keys())]


def _standing(id: str, score: Score | None, days: AttendanceFigures | None) -> WindowStanding:
    place, points = (score.place, score.total) if score else (0, None)
    if days is None or not days.planned:
        return WindowStanding(id, place, points)
    return WindowStanding(id, place, points, days.attended / days.planned, days.punctual / days.planned)
