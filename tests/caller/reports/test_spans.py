"""One notation for the days of a report, and what each is compared with."""

from datetime import date

import pytest

from caller.reports.spans import span_of


@pytest.mark.parametrize(
    ("text", "first", "last", "before"),
    [
        ("2026-09-21", "2026-09-21", "2026-09-21", "2026-09-20"),
        ("2026-W38", "2026-09-14", "2026-09-20", "2026-W37"),
        ("2026-W01", "2025-12-29", "2026-01-04", "2025-W52"),
        ("2026-03", "2026-03-01", "2026-03-31", "2026-02"),
        ("2024-02", "2024-02-01", "2024-02-29", "2024-01"),
        ("2026-01", "2026-01-01", "2026-01-31", "2025-12"),
        ("2026-12", "2026-12-01", "2026-12-31", "2026-11"),
        ("2026", "2026-01-01", "2026-12-31", "2025"),
        ("2026-09-05..2026-09-15", "2026-09-05", "2026-09-15", "2026-08-25..2026-09-04"),
    ],
)
def test_a_notation_names_days_and_those_before(text: str, first: str, last: str, before: str):
    span = span_of(text)
    assert span
    assert (str(span), span.first.isoformat(), span.last.isoformat()) == (text, first, last)
    assert str(span.before) == before
    assert span.before.last.toordinal() + 1 == span.first.toordinal()


@pytest.mark.parametrize(
    "text",
    ["", "yesterday", "2026-9-1", "2026-13", "2026-02-30", "2026-W54", "2026-W00", "2026-09-15..2026-09-01", "2026-09..2026-10",
     "0000", "2026-09-21\n", "２０２６"],
)  # fmt: skip
def test_what_names_no_days_is_none(text: str):
    assert span_of(text) is None


def test_the_first_days_of_the_calendar_have_none_before():
    span = span_of("0001-01-01")
    assert span
    assert span.before.first == date(1, 1, 1)
