"""The days that a report is asked about, in one notation for the command line, the office and an address. Pure.

    2026-09-21             a day
    2026-W38               a week, Monday to Sunday (ISO 8601)
    2026-09                a month
    2026                   a year
    2026-09-01..2026-09-15 any days, both included

`before` is what such a span is compared with: the day, week, month or year before; else as many days before it.
"""

import re
from datetime import date, timedelta
from typing import Literal, NamedTuple

SpanKind = Literal["day", "week", "month", "year", "days"]
_FORM = re.compile(
    r"(?P<from>[0-9]{4}-[0-9]{2}-[0-9]{2})(?:\.\.(?P<to>[0-9]{4}-[0-9]{2}-[0-9]{2}))?"
    r"|(?P<year>[0-9]{4})(?:-(?:W(?P<week>[0-9]{2})|(?P<month>[0-9]{2})))?"
)


class Span(NamedTuple):
    """Some days, `first` and `last` included, as they were asked for."""

    kind: SpanKind
    first: date
    last: date

    def __str__(self) -> str:
        match self.kind:
            case "day":
                return self.first.isoformat()
            case "week":
                return "{}-W{:02}".format(*self.first.isocalendar())
            case "month":
                return f"{self.first:%Y-%m}"
            case "year":
                return f"{self.first.year:04}"
            case "days":
                return f"{self.first}..{self.last}"

    @property
    def before(self) -> "Span":
        """The span to compare with; that of the first days of the calendar is itself."""
        try:
            last = self.first - timedelta(1)
            match self.kind:
                case "month":
                    return Span("month", last.replace(day=1), last)
                case "year":
                    return Span("year", last.replace(month=1, day=1), last)
                case _:
                    return Span(self.kind, self.first - (self.last - self.first) - timedelta(1), last)
        except OverflowError:
            return self


def span_of(text: str) -> Span | None:
    """Return the days of a notation; None for one that names no days."""
    found = _FORM.fullmatch(text)
    if not found:
        return None
    try:
        if found["from"]:
            first = date.fromisoformat(found["from"])
            if not found["to"]:
                return Span("day", first, first)
            last = date.fromisoformat(found["to"])
            return Span("days", first, last) if first <= last else None
        year = int(found["year"])
        if found["week"]:
            first = date.fromisocalendar(year, int(found["week"]), 1)
            return Span("week", first, first + timedelta(6))
        if found["month"]:
            first = date(year, int(found["month"]), 1)
            return Span("month", first, (first + timedelta(31)).replace(day=1) - timedelta(1))
        return Span("year", date(year, 1, 1), date(year, 12, 31))
    except (ValueError, OverflowError):
        return None
