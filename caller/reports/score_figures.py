"""The figures that scores are made of, each a sum over its rows: what explains a score is what made it. Pure.

1. A figure of a person or window in a month is made of **facts**: rows of the records with a date and the event they
   come from. A share is the values over what they are of, in per cent; a mean likewise; a count is the sum of the values.
2. A figure without a fact is **absent**, and never nought. Only a count of a duty that the hall really has (complaints
   where it answers any, findings where it inspects) is nought without one.
3. `FIGURES` is the one table of where each comes from; another room's figure joins by a line there.
"""

from collections.abc import Callable, Mapping
from typing import Literal, NamedTuple

from msgspec import Struct, field

from caller.records import Store
from caller.records.performance_rows import CaseRow, DutyRow, InspectionRow, PapersRow, PeerRow
from caller.records.rollups import RollupRow
from caller.records.rows import RatingRow
from caller.reports.attendance import Attendance, read_attendance, windows_of
from caller.reports.clerk_days import ClerkDay
from caller.reports.figures import GOOD_LEVEL
from caller.reports.spans import Span
from config.catalogue import both, both_words
from config.performance_settings import SCORED_KINDS, ScoredKind, ScoreFigure
from config.settings import Settings

FigureKind = Literal["share", "mean", "count"]
Subject = tuple[ScoredKind, str]  # of whom: a staff number, or a window
PEER_HUNDREDTHS = 100


class Fact(NamedTuple):
    """One row a figure is made of: when, what it was, what it counts, of how much, and the event it comes from (0: of a
    roll-up, which is of many)."""

    day: str
    zh: str
    en: str
    value: float
    of: float = 1
    seq: int = 0


class FigureValue(NamedTuple):
    """A figure: None where it is absent. `of`: of how many (ratings, days, cases)."""

    value: float | None
    of: float
    facts: list[Fact]


class MonthFacts(Struct):
    """All facts of a month by subject and figure; `inspected`, `answers`: the hall has these duties."""

    month: str
    attendance: Attendance
    facts: dict[Subject, dict[ScoreFigure, list[Fact]]] = field(
        default_factory=dict[Subject, dict[ScoreFigure, list[Fact]]]
    )
    answers: bool = False
    inspected: bool = False

    def add(self, figure: ScoreFigure, fact: Fact, clerk: str, window: str) -> None:
        """Note a fact of a person and of a window; an empty one is none."""
        subjects: tuple[Subject, ...] = (("clerk", clerk), ("window", window))
        for subject in subjects:
            if subject[1]:
                self.facts.setdefault(subject, {}).setdefault(figure, []).append(fact)

    def subjects(self, kind: ScoredKind) -> list[str]:
        """Return the persons, or the windows, that have a fact in the month."""
        return sorted(value for of, value in self.facts if of == kind)

    def figure(self, subject: Subject, figure: ScoreFigure) -> FigureValue:
        """Return a figure with its facts."""
        facts = self.facts.get(subject, {}).get(figure, [])
        values, count = sum(each.value for each in facts), sum(each.of for each in facts)
        match FIGURES[figure].kind:
            case "share":
                value = 100 * values / count if count else None
            case "mean":
                value = values / count if count else None
            case "count":
                duty = {"complaints": self.answers, "inspections": self.inspected}.get(figure, False)
                value = values if facts or duty else None
        return FigureValue(value, count, facts)


def read_facts(store: Store, month: Span, settings: Settings) -> MonthFacts:
    """Return the facts of a month."""
    first, last = month.first.isoformat(), month.last.isoformat()
    found = MonthFacts(str(month), read_attendance(store, first, last, settings))
    with store.snapshot():
        for source in dict.fromkeys(each.source for each in FIGURES.values()):
            source(found, store, month, settings)
    return found


# --- where the facts come from

FactSource = Callable[[MonthFacts, Store, Span, Settings], None]


def _ratings(found: MonthFacts, store: Store, month: Span, _settings: Settings) -> None:
    """Take the ratings under the day of the visit; one that a review has excluded counts in none of them."""
    for row in store.of_days(RatingRow, month.first.isoformat(), month.last.isoformat()):
        if getattr(row, "excluded", 0):
            continue
        words = tuple(f"{row.number} {each}" for each in both("level", str(row.level)))
        good = int(row.level >= GOOD_LEVEL)
        for figure, value in (("good-share", good), ("rating-mean", row.level), ("bad-ratings", 1 - good)):
            found.add(figure, Fact(row.day, *words, value, seq=row.seq), row.clerk, row.window)  # type: ignore[arg-type]


def _visits(found: MonthFacts, store: Store, month: Span, _settings: Settings) -> None:
    """Take what a person or window ended on each day, and how much of it was rated, from the roll-ups."""
    for dimension in SCORED_KINDS:
        for row in store.of_days(
            RollupRow, month.first.isoformat(), month.last.isoformat(), dimension=dimension
        ):
            who = (row.value, "") if dimension == "clerk" else ("", row.value)
            rated = sum(getattr(row, f"level_{level}") for level in range(1, 6))
            if row.finished or rated:
                words = (f"可评 {row.finished}，已评 {rated}", f"{rated} rated of {row.finished}")
                found.add("rated-share", Fact(row.day, *words, rated, row.finished), *who)
            if row.services:
                words = (f"办完 {row.completed}", f"{row.completed} done")
                found.add("served", Fact(row.day, *words, row.completed), *who)


def _attended(found: MonthFacts, _store: Store, _month: Span, _settings: Settings) -> None:
    for day in found.attendance.days:
        words = _day_words(day)
        if day.came is not None:
            found.add("away", Fact(day.day, *words, day.times_away), day.staff, day.window)
        if day.planned:
            found.add("attendance", Fact(day.day, *words, not day.is_absent), day.staff, day.window)
            found.add("punctuality", Fact(day.day, *words, day.punctual), day.staff, day.window)


def _day_words(day: ClerkDay) -> tuple[str, str]:
    """Return a person's day in words: its mark, how long, and that it was corrected."""
    zh, en = both("attendance-mark", day.mark)
    late, early = (day.late if day.is_late else 0), (day.early if day.is_early else 0)
    more_zh = [f"迟到 {late} 分钟" * bool(late), f"早退 {early} 分钟" * bool(early)]
    more_en = [f"{late} min late" * bool(late), f"{early} min early" * bool(early)]
    if day.times_away:
        more_zh.append(f"离岗 {day.times_away} 次")
        more_en.append(f"away {day.times_away} times")
    if day.correction:
        more_zh.append(f"已更正：{both('attendance-mark', day.correction.mark)[0]}")
        more_en.append(f"corrected to {day.correction.mark}")
    join_zh, join_en = "，".join(filter(None, more_zh)), ", ".join(filter(None, more_en))
    return f"{day.staff} {zh}" + f"（{join_zh}）" * bool(
        join_zh
    ), f"{day.staff} {en}" + f" ({join_en})" * bool(join_en)


def _peers(found: MonthFacts, store: Store, month: Span, _settings: Settings) -> None:
    """Take the peer ratings; a window has those of the persons who were mostly there."""
    windows = windows_of(found.attendance)
    for row in store.rows(PeerRow, month=str(month)):
        points = row.points / PEER_HUNDREDTHS
        words = (f"{row.staff} 互评 {points:g}", f"{row.staff}: peers give {points:g}")
        found.add(
            "peer", Fact(str(month), *words, points, seq=row.seq), row.staff, windows.get(row.staff, "")
        )


def _complaints(found: MonthFacts, store: Store, month: Span, settings: Settings) -> None:
    """Take complaints by the day they were opened on."""
    found.answers = settings.rules.answer_days > 0
    for row in store.of_days(DutyRow, month.first.isoformat(), month.last.isoformat(), kind="complaint"):
        found.answers = True
        words = (f"投诉 {row.number}", f"complaint {row.number}")
        found.add("complaints", Fact(row.day, *words, 1), row.clerk, row.window)


def _papers(found: MonthFacts, store: Store, month: Span, _settings: Settings) -> None:
    for row in store.of_days(PapersRow, month.first.isoformat(), month.last.isoformat()):
        if row.void:
            continue
        zh, en = ("没有一次告知", "asked again") if row.again else ("一次告知", "told once")
        fact = Fact(row.day, f"{row.number} {zh}", f"{row.number} {en}", 1 - row.again, seq=row.seq)
        found.add("told-once", fact, row.clerk, row.window)


def _cases(found: MonthFacts, store: Store, month: Span, _settings: Settings) -> None:
    """Take cases by the month they ended in; one that was withdrawn was neither in time nor late."""
    for row in store.rows(CaseRow, ended_month=str(month)):
        if row.state == "withdrawn":
            continue
        zh, en = ("超期", "overdue") if row.overdue else ("按时", "in time")
        fact = Fact(row.ended_day, f"{row.number} {zh}", f"{row.number} {en}", 1 - row.overdue)
        found.add("on-time", fact, row.clerk, row.window)


def _inspections(found: MonthFacts, store: Store, month: Span, _settings: Settings) -> None:
    for row in store.of_days(InspectionRow, month.first.isoformat(), month.last.isoformat()):
        found.inspected = found.inspected or row.kind == "inspection"
        if row.fault:
            words = both_words("inspection-kind", row.kind)
            fact = Fact(row.day, f"{words} {row.finding}", f"{words} {row.finding}", 1, seq=row.seq)
            found.add("inspections", fact, row.clerk, row.window)


class FigureSource(NamedTuple):
    """What kind of figure it is, and which source has its facts."""

    kind: FigureKind
    source: FactSource


FIGURES: Mapping[ScoreFigure, FigureSource] = {
    "good-share": FigureSource("share", _ratings),
    "rating-mean": FigureSource("mean", _ratings),
    "rated-share": FigureSource("share", _visits),
    "bad-ratings": FigureSource("count", _ratings),
    "complaints": FigureSource("count", _complaints),
    "told-once": FigureSource("share", _papers),
    "on-time": FigureSource("share", _cases),
    "attendance": FigureSource("share", _attended),
    "punctuality": FigureSource("share", _attended),
    "away": FigureSource("count", _attended),
    "peer": FigureSource("mean", _peers),
    "served": FigureSource("count", _visits),
    "inspections": FigureSource("count", _inspections),
}


def shown_value(figure: ScoreFigure, value: float | None) -> str:
    """Return a figure as people read it; "-" where it is absent."""
    if value is None:
        return "-"
    return f"{value:.1f} %" if FIGURES[figure].kind == "share" else f"{value:.4g}"
