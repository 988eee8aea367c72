"""How a hall, or one part of it, went over the time of a report: by day or month, by weekday and hour, and against before.

1. A point stands for a day; where there are more than `DAYS_SHOWN`, for a month.
2. A load is what an hour of a weekday had on each of the business days of that weekday: a Monday's nine o'clock of a
   month is a mean of four or five. An hour in which nothing happened has no load.
3. The span before is what `spans.Span.before` names; of one day, the business day before it.

Pure. What the figures mean is defined in `caller.reports.figures` and `caller.records.contributions`.
"""

from datetime import date

from msgspec import Struct, structs

from caller.records.rollups import RollupRow, merged, sum_of
from caller.reports.figures import ratings_of, services_of, share, waits_of
from caller.reports.period import Part, Period
from config.instants import Seconds

DAYS_SHOWN = 62  # points of a chart that can still be told apart on paper
AT_WINDOWS = frozenset({"window", "clerk"})  # parts that issue nothing; their visits are those they ended


class TrendPoint(Struct):
    """The main figures of a day, a month or a span of the part. Durations in seconds; shares 0 to 1."""

    label: str
    days: int
    issued: int
    calls: int
    services: int
    wait_mean: Seconds | None
    wait_p90: Seconds | None
    service_mean: Seconds | None
    missed_share: float | None  # of the calls
    rated_share: float | None  # of the visits that could be rated
    good_share: float | None  # of the ratings
    within_share: float | None  # of the quoted waits that were right


class Load(Struct):
    """An hour of a weekday. `weekday`: 1 Monday to 7 Sunday; `days`: business days of it in the span."""

    weekday: int
    hour: int
    days: int
    issued: int
    issued_per_day: float
    wait_mean: Seconds | None
    wait_p90: Seconds | None


class Comparison(Struct):
    """The span of the report and the one before; that one is empty where nothing was recorded."""

    now: TrendPoint
    before: TrendPoint | None


def points(period: Period) -> list[TrendPoint]:
    """Return the part's figures day by day, or month by month."""
    days = {day.day: period.daily.get(day.day) for day in period.days}
    if len(days) <= DAYS_SHOWN:
        return [_point(day, 1, row or _nothing(period, day), period.part) for day, row in days.items()]
    months: dict[str, list[RollupRow]] = {}
    for day, row in days.items():
        months.setdefault(day[:7], []).append(row or _nothing(period, day))
    return [_point(month, len(rows), sum_of(rows), period.part) for month, rows in months.items()]


def comparison(period: Period) -> Comparison:
    """Return the part's figures over the whole span, and over the span before."""
    rows = list(period.daily.values()) or [_nothing(period, "")]
    label = str(period.span) if period.span else period.days[0].day
    now = _point(label, len(period.days), sum_of(rows), period.part)
    if period.before is None or period.span is None:
        return Comparison(now, None)
    label = period.before.day if period.span.kind == "day" else str(period.span.before)
    return Comparison(now, _point(label, period.days_before, period.before, period.part))


def loads(period: Period) -> list[Load]:
    """Return the load of each hour of each weekday at which something happened."""
    days: dict[int, int] = {}
    for day in period.days:
        days[_weekday(day.day)] = days.get(_weekday(day.day), 0) + 1
    found = merged(structs.replace(row, dimension=str(_weekday(row.day))) for row in period.hourly)
    shown: list[Load] = []
    for (weekday, hour), row in sorted(found.items()):
        if row.issued or row.calls:
            of_it, wait = days[int(weekday)], waits_of(row)
            per_day = round(row.issued / of_it, 2)
            shown.append(Load(int(weekday), int(hour), of_it, row.issued, per_day, wait.mean, wait.p90))
    return shown


def _weekday(label: str) -> int:
    return date.fromisoformat(label).isoweekday()


def _nothing(period: Period, day: str) -> RollupRow:
    return RollupRow(period.site, day, period.part.dimension, period.part.value)


def _point(label: str, days: int, row: RollupRow, part: Part) -> TrendPoint:
    wait, service = waits_of(row), services_of(row)
    ratings = ratings_of(row, row.finished if part.dimension in AT_WINDOWS else row.served)
    return TrendPoint(
        label=label,
        days=days,
        issued=row.issued,
        calls=row.calls,
        services=row.services,
        wait_mean=wait.mean,
        wait_p90=wait.p90,
        service_mean=service.mean,
        missed_share=share(row.missed, row.calls),
        rated_share=ratings.rate,
        good_share=ratings.good_rate,
        within_share=share(row.quoted_within, row.quoted),
    )
