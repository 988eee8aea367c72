"""The calendar of a hall: the notice's holidays and make-up days, half days, market days, breaks, unannounced years."""

from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from config import calendar as calendar_module
from config.calendar import Calendar, DayHours
from config.instants import MINUTE, instant, local
from config.reading import notices
from config.reading.reader import HALLS, inspect, read
from config.settings import CalendarTable, ExceptionalDay, HallTable, Hours, Settings
from tests.instruments.engine_fixture import settings
from tests.instruments.small_settings import GOOD, broken, put

NATIONAL_DAY, MAKE_UP = date(2026, 10, 1), date(2026, 10, 10)  # a Thursday, a Saturday worked instead
SUNDAY, MONDAY = date(2026, 9, 13), date(2026, 9, 14)
ZONE = "Asia/Shanghai"


def hall(**changes: Any) -> Calendar:
    return Calendar(hall_settings(**changes))


def hall_settings(**changes: Any) -> Settings:
    return settings(**({"year_notices": notices.known()} | changes))


def at(day: date, clock: str, zone: str = ZONE) -> int:
    return instant(day.isoformat(), clock, zone)


def test_working_days_are_those_of_the_notice():
    calendar = hall()
    assert [calendar.working(day) for day in (NATIONAL_DAY, MAKE_UP, SUNDAY, MONDAY)] == [
        False,
        True,
        False,
        True,
    ]
    closed = calendar.closed(NATIONAL_DAY)
    assert closed
    assert (closed.code, closed.name) == ("holiday", "国庆节")
    assert calendar.closed(SUNDAY) == ("weekend", "", "")
    assert calendar.closed(MAKE_UP) is None


def test_twin_without_the_notice_a_holiday_is_a_thursday():
    calendar = hall(year_notices=())
    assert calendar.working(NATIONAL_DAY)
    assert not calendar.working(MAKE_UP)
    assert calendar.provisional(NATIONAL_DAY)


def test_after_the_eve_of_a_holiday_comes_the_first_working_day_after_it():
    opening = hall().opening(at(date(2026, 9, 30), "17:30"))
    assert opening
    assert (opening.day, opening.at, opening.provisional) == (
        date(2026, 10, 8),
        at(date(2026, 10, 8), "09:00"),
        False,
    )


def test_before_opening_the_next_opening_is_today_and_at_it_tomorrow():
    calendar = hall()
    for clock, day in (("08:59", MONDAY), ("09:00", MONDAY + timedelta(1)), ("12:00", MONDAY + timedelta(1))):
        opening = calendar.opening(at(MONDAY, clock))
        assert opening
        assert opening.day == day


def test_an_unannounced_year_is_taken_by_its_weekdays_and_marked():
    calendar = hall()
    new_year = date(2027, 1, 1)  # a Friday, and certainly a holiday; but no notice says so yet
    assert calendar.closed(new_year) is None
    assert calendar.provisional(new_year)
    opening = calendar.opening(at(date(2026, 12, 31), "17:00"))
    assert opening
    assert (opening.day, opening.provisional) == (new_year, True)
    assert calendar.add_working_days(date(2026, 12, 30), 1) == (date(2026, 12, 31), False)
    assert calendar.add_working_days(date(2026, 12, 30), 2) == (new_year, True)


def test_a_loaded_notice_makes_it_certain(tmp_path: Path):
    put(
        tmp_path,
        "date,kind,name\n2027-01-01,holiday,元旦\n2027-01-02,holiday,元旦\n2027-01-10,workday,\n",
        "2027.csv",
    )
    found = read(put(tmp_path, GOOD + '\n[calendar]\nnotice = "2027.csv"\n'))
    calendar = Calendar(found)
    assert not calendar.provisional(date(2027, 1, 1))
    closed = calendar.closed(date(2027, 1, 1))
    assert closed
    assert closed.name == "元旦"
    assert calendar.working(date(2027, 1, 10))
    assert calendar.add_working_days(date(2026, 12, 31), 1) == (date(2027, 1, 4), False)
    assert calendar.closed(NATIONAL_DAY), "other years are known as before"


def test_working_days_are_counted_over_a_holiday():
    assert hall().add_working_days(date(2026, 9, 30), 3) == (MAKE_UP, False)
    assert hall().open_days(date(2026, 9, 30), MAKE_UP) == 3
    assert hall().add_working_days(MONDAY, 0) == (MONDAY, False)


def test_hours_are_cut_by_the_breaks():
    table = HallTable(site="s", name="厅", breaks=[("12:00", "13:30")])
    assert hall(hall=table).hours(MONDAY) == DayHours(
        (("09:00", "12:00"), ("13:30", "17:00")), "09:00", "16:45"
    )


def test_a_half_day_and_a_closed_day():
    days = (
        ExceptionalDay(MONDAY, "下午学习", bands=[("09:00", "12:00")]),
        ExceptionalDay(MONDAY + timedelta(1), "停电检修"),
        ExceptionalDay(NATIONAL_DAY, "国庆值班", bands=[("10:00", "15:00")]),
    )
    calendar = hall(days=days)
    assert calendar.hours(MONDAY) == DayHours((("09:00", "12:00"),), "09:00", "11:45")
    assert calendar.closed(MONDAY + timedelta(1)) == ("exceptional", "停电检修", "Special arrangement")
    assert calendar.hours(NATIONAL_DAY) == DayHours((("10:00", "15:00"),), "10:00", "14:45")


def test_hours_by_weekday_open_a_saturday_but_no_holiday():
    rows = (Hours(["sat"], [("09:00", "12:00")], first_ticket="08:30"), Hours(["fri"], [("09:00", "16:00")]))
    calendar = hall(hours=rows)
    assert calendar.hours(date(2026, 9, 19)) == DayHours((("09:00", "12:00"),), "08:30", "11:45")
    assert calendar.hours(date(2026, 9, 18)) == DayHours((("09:00", "16:00"),), "09:00", "15:45")
    assert calendar.hours(date(2026, 10, 3)) is None, "a Saturday, but the holiday goes first"
    assert calendar.hours(SUNDAY) is None


def test_market_days_by_the_digit_of_the_date_and_by_hand():
    rows = (Hours(["market"], [("08:00", "12:00")]),)
    table = CalendarTable(market_days=[3, 6])
    lunar = (ExceptionalDay(date(2026, 9, 20), "逢场", market=True),)
    calendar = hall(hours=rows, calendar=table, days=lunar)
    assert [calendar.market(day) for day in (SUNDAY, MONDAY, date(2026, 9, 16), date(2026, 9, 20))] == [
        True, False, True, True,
    ]  # fmt: skip
    assert calendar.hours(SUNDAY) == DayHours((("08:00", "12:00"),), "08:00", "11:45"), (
        "a Sunday, but people come"
    )
    assert calendar.hours(date(2026, 10, 3)) is None, "no market on a holiday"
    assert calendar.takes_place(["market", "mon"], SUNDAY)
    assert calendar.takes_place(["market", "mon"], MONDAY)
    assert not calendar.takes_place(["market", "mon"], date(2026, 9, 15))
    assert calendar.takes_place(["2026-09-15"], date(2026, 9, 15))
    assert calendar.takes_place([], date(2026, 9, 15))


def test_market_days_by_the_lunar_date_move_through_the_month():
    calendar = hall(calendar=CalendarTable(market_lunar=[5, 0]))
    markets = [day for day in range(1, 32) if calendar.market(date(2026, 10, day))]
    # the eighth month's 25th; it ends with its 29th, and the ninth month begins on 10 October
    assert markets == [5, 14, 19, 24, 29]
    assert not hall().market(date(2026, 10, 5))


def test_a_hall_of_every_day():
    calendar = hall(calendar=CalendarTable(open_on="every-day"))
    assert calendar.hours(NATIONAL_DAY)
    assert calendar.hours(SUNDAY)


def test_numbers_may_be_given_before_work_begins():
    table = HallTable(site="s", name="厅", first_ticket="08:30")
    calendar = hall(hall=table, days=(ExceptionalDay(MONDAY, bands=[("13:30", "17:00")]),))
    assert calendar.usual_hours(date(2026, 9, 15)).opens == "08:30"
    assert calendar.usual_hours(MONDAY).opens == "13:00", "as long before work as usual"
    assert calendar.in_hours(at(date(2026, 9, 15), "08:30"))
    assert not calendar.in_hours(at(date(2026, 9, 15), "08:29"))
    assert not calendar.in_hours(at(date(2026, 9, 15), "17:00"))


def test_a_zone_with_summer_time_opens_by_its_own_clock():
    table = HallTable(site="b", name="柏林", zone="Europe/Berlin")
    calendar = Calendar(settings(hall=table, calendar=CalendarTable(open_on="every-day")))
    for day in (date(2026, 3, 28), date(2026, 3, 29), date(2026, 10, 25)):
        opening = calendar.opening(at(day, "00:00", "Europe/Berlin"))
        assert opening
        assert local(opening.at, "Europe/Berlin").strftime("%F %H:%M") == f"{day} 09:00"


@pytest.mark.parametrize(("micros", "day"), [(-1, SUNDAY), (0, MONDAY)])
def test_a_date_begins_at_midnight(micros: int, day: date):
    now = at(MONDAY, "00:00") + micros
    assert local(now, ZONE).date() == day
    opening = hall().opening(now)
    assert opening
    assert opening.day == MONDAY


def test_nothing_in_sight_is_no_opening():
    first = MONDAY
    days = tuple(
        ExceptionalDay(first + timedelta(n), "装修") for n in range(calendar_module.LOOK_AHEAD_DAYS + 1)
    )
    assert hall(days=days).opening(at(MONDAY, "00:00")) is None


@pytest.mark.parametrize("name", ["county", "tax", "town", "village"])
def test_every_shipped_hall_is_closed_on_sundays_and_on_national_day(name: str):
    calendar = Calendar(read(HALLS / f"{name}.toml"))
    assert calendar.hours(SUNDAY) is None
    assert calendar.hours(NATIONAL_DAY) is None
    assert not calendar.in_hours(at(NATIONAL_DAY, "10:00"))
    assert calendar.hours(MAKE_UP)


@pytest.mark.parametrize(
    ("rows", "zh"),
    [
        ('[[hours]]\ndays = ["mon"]\nbands = [["12:00", "09:00"]]', "结束不晚于开始"),
        ('[[hours]]\ndays = ["mon"]\nbands = [["09:00", "12:00"], ["11:00", "13:00"]]', "重叠"),
        ('[[hours]]\ndays = ["mon"]\nbands = []', "没有时段"),
        ('[[hours]]\ndays = ["mo"]\nbands = [["09:00", "12:00"]]', "mo"),
        ('[[hours]]\ndays = ["mon"]\nbands = [["09:00", "12:00"]]\n[[hours]]\ndays = ["mon"]\nbands = [["09:00", "12:00"]]', "另一行"),
        ('[[hours]]\ndays = ["mon"]\nbands = [["09:00", "12:00"]]\nlast_ticket = "13:00"', "不在办公时间内"),
        ('[[hours]]\ndays = ["market"]\nbands = [["09:00", "12:00"]]', "逢场"),
        ('[[day]]\ndate = 2026-10-08\n[[day]]\ndate = 2026-10-08', "写了两次"),
        ("[calendar]\nmarket_days = [12]", "0 至 9"),
        ('[calendar]\nopen_on = "weekdays"', "working-days"),
        ('[calendar]\nnotice = "none.csv"', "没有这个文件"),
    ],
)  # fmt: skip
def test_mistakes_are_told(tmp_path: Path, rows: str, zh: str):
    reading = inspect(put(tmp_path, GOOD + "\n" + rows + "\n"))
    assert reading.settings is None
    assert any(zh in mistake.zh for mistake in reading.mistakes), reading.mistakes


@pytest.mark.parametrize(
    ("text", "zh"),
    [
        ("day,kind\n", "第一行"),
        ("date,kind,name\n2027-13-01,holiday,\n", "不是日期"),
        ("date,kind,name\n2027-01-01,holidays,\n", "应为 holiday 或 workday"),
        ("date,kind,name\n2027-01-01,holiday,\n2027-01-01,holiday,\n", "写了两次"),
        ("date,kind,name\n2027-01-04,workday,\n", "本来就是工作日"),
    ],
)
def test_mistakes_in_a_notice_are_told_with_their_line(tmp_path: Path, text: str, zh: str):
    put(tmp_path, text, "n.csv")
    reading = inspect(put(tmp_path, GOOD + '\n[calendar]\nnotice = "n.csv"\n'))
    [mistake] = reading.mistakes
    assert zh in mistake.zh
    assert mistake.file == "n.csv"
    assert mistake.line == text.count("\n")


def test_first_tickets_after_the_last_are_a_mistake(tmp_path: Path):
    text = broken('last_ticket = "16:45"', 'last_ticket = "16:45"\nfirst_ticket = "16:50"')
    assert any(mistake.key == "first_ticket" for mistake in inspect(put(tmp_path, text)).mistakes)


def test_minutes_are_exact_at_the_edge():
    calendar = hall()
    assert calendar.in_hours(at(MONDAY, "17:00") - 1)
    assert not calendar.in_hours(at(MONDAY, "09:00") - MINUTE)
