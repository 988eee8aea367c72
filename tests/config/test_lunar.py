"""The day of the lunar month, against what the national calendar published: the first days of years, three feasts of several
years, and the months whose new moon falls within minutes of midnight."""

from datetime import date, timedelta

import pytest

from config.lunar import lunar_day
from config.reading.reader import HALLS
from config.reading.reader import read as read_hall

# Spring Festival, the first day of a lunar year, 2000 to 2035.
NEW_YEARS = (
    "2000-02-05", "2001-01-24", "2002-02-12", "2003-02-01", "2004-01-22", "2005-02-09", "2006-01-29", "2007-02-18", "2008-02-07",
    "2009-01-26", "2010-02-14", "2011-02-03", "2012-01-23", "2013-02-10", "2014-01-31", "2015-02-19", "2016-02-08", "2017-01-28",
    "2018-02-16", "2019-02-05", "2020-01-25", "2021-02-12", "2022-02-01", "2023-01-22", "2024-02-10", "2025-01-29", "2026-02-17",
    "2027-02-06", "2028-01-26", "2029-02-13", "2030-02-03", "2031-01-23", "2032-02-11", "2033-01-31", "2034-02-19", "2035-02-08",
)  # fmt: skip
FEASTS = (  # 端午 on the 5th, 中秋 on the 15th
    ("2024-06-10", 5), ("2025-05-31", 5), ("2026-06-19", 5), ("2024-09-17", 15), ("2025-10-06", 15), ("2026-09-25", 15),
)  # fmt: skip


@pytest.mark.parametrize("day", NEW_YEARS)
def test_a_year_begins_on_the_first(day: str) -> None:
    assert lunar_day(date.fromisoformat(day)) == 1
    assert lunar_day(date.fromisoformat(day) - timedelta(days=1)) in (29, 30)


@pytest.mark.parametrize(("day", "nth"), FEASTS)
def test_feasts_fall_on_their_day(day: str, nth: int) -> None:
    assert lunar_day(date.fromisoformat(day)) == nth


@pytest.mark.parametrize(
    ("day", "why"),
    [("2012-08-17", "23:54"), ("2018-11-08", "00:02"), ("2027-02-06", "23:56"), ("2013-06-08", "23:56")],
)
def test_a_new_moon_just_before_or_after_midnight_begins_its_own_day(day: str, why: str) -> None:
    assert lunar_day(date.fromisoformat(day)) == 1, why


def test_months_have_29_or_30_days_and_no_day_is_left_out() -> None:
    assert lunar_day(date(1999, 12, 31)) == 0, "of another time"
    day, before = date(2000, 1, 2), lunar_day(date(2000, 1, 1))
    while day.year <= 2100:
        found = lunar_day(day)
        assert found == before + 1 or (found == 1 and before in (29, 30)), day
        day, before = day + timedelta(days=1), found
    assert lunar_day(day) == 0


def test_the_notices_of_the_halls_agree() -> None:
    """The day of the Spring Festival itself is within its holidays, wherever the hall's notice names them."""
    notices = read_hall(HALLS / "county.toml").year_notices
    festivals = {day for each in notices for day, name in each.holidays.items() if "春节" in name}
    years = {day.year for day in festivals}
    assert len(years) >= 2
    assert years == {day.year for day in festivals if lunar_day(day) == 1}
