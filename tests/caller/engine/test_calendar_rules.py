"""What the calendar decides inside the hall: appointments, hours of the day, first numbers, items of certain days,
and the forecast's breaks."""

from datetime import date
from typing import Any

import pytest

from caller.engine import commands as cmd
from caller.engine.wait_forecast import breaks, forecast
from config.reading import notices
from config.settings import CalendarTable, ExceptionalDay, HallTable, Hours, Item, Queue, Rules, Window
from tests.instruments.engine_fixture import DAY, Stage, at

TOMORROW = "2026-09-22"
LUNCH = HallTable(site="s", name="厅", breaks=[("12:00", "13:30")])
QUEUES = (Queue("A", "社保", slot_quota=2), Queue("B", "房产"), Queue("P", "缴费"))


def stage(day: str = DAY, **changes: Any) -> Stage:
    """A stage whose business day `day` has been opened at nine."""
    it = Stage(opened=False, **({"year_notices": notices.known()} | changes))
    it.now = at("09:00", day)
    it.do(cmd.OpenDay(day))
    return it


def booking(clock: str, day: str) -> cmd.BookAppointment:
    return cmd.BookAppointment("i1", at(clock, day), "f" * 64, day)


# --- appointments


@pytest.mark.parametrize(
    ("clock", "code"),
    [
        ("09:00", ""), ("11:30", ""), ("12:00", "slot-outside"), ("13:00", "slot-outside"), ("13:30", ""),
        ("16:30", ""), ("17:00", "slot-outside"), ("08:30", "slot-outside"), ("09:15", "slot-outside"),
    ],
)  # fmt: skip
def test_slots_lie_in_the_bands_of_the_day_and_not_at_lunch(clock: str, code: str):
    it = stage(hall=LUNCH)
    assert (it.refused(booking(clock, TOMORROW)) if code else str(it.do(booking(clock, TOMORROW)))[:1]) == (
        code or "{"
    )


def test_a_slot_that_does_not_end_with_the_band_is_none():
    queues = (Queue("A", "社保", slot_quota=2, slot_minutes=45), *QUEUES[1:])
    it = stage(queues=queues, days=(ExceptionalDay(date(2026, 9, 22), bands=[("09:00", "11:15")]),))
    it.do(booking("10:30", TOMORROW))
    assert it.refused(booking("11:15", TOMORROW)) == "slot-outside"
    it = stage(queues=queues, days=(ExceptionalDay(date(2026, 9, 22), bands=[("09:00", "11:10")]),))
    assert it.refused(booking("10:30", TOMORROW)) == "slot-outside"


@pytest.mark.parametrize("day", ["2026-10-01", "2026-10-07", "2026-09-27"])
def test_no_slots_on_holidays_and_sundays(day: str):
    it = stage("2026-09-21", rules=Rules(appointment_horizon_days=60))
    assert it.refused(booking("10:00", day)) == "slot-outside"


def test_the_horizon_counts_days_on_which_the_hall_opens():
    it = stage("2026-09-30", rules=Rules(appointment_ahead_days=1, appointment_horizon_days=3))
    assert it.refused(booking("10:00", "2026-10-12")) == "slot-outside", "the fourth: 8, 9, 10 (worked), 12"
    it.do(booking("10:00", "2026-10-10"))


# --- the day


def test_a_half_day_stops_and_closes_at_noon():
    it = stage(days=(ExceptionalDay(date(2026, 9, 21), bands=[("09:00", "12:00")]),))
    day = it.hall.state.day
    assert (day.starts_at, day.stops_at, day.closes_at) == (0, at("11:45"), at("12:00"))


def test_a_closed_day_that_a_manager_opens_has_the_usual_hours():
    it = stage("2026-10-01")
    day = it.hall.state.day
    assert (day.stops_at, day.closes_at) == (at("16:45", "2026-10-01"), at("17:00", "2026-10-01"))


def test_numbers_may_begin_later_than_work():
    it = stage(hours=(Hours(["mon"], [("09:00", "17:00")], first_ticket="09:30"),))
    assert it.refused(cmd.TakeTicket(queue="A")) == "numbers-from"
    it.now = at("09:30")
    it.take("A")


# --- items of certain days


def test_an_item_is_given_on_its_days_only():
    items = (
        Item("i1", "公证", "d1", "A", days=["wed", "market", "2026-09-24"]),
        Item("i2", "过户", "d1", "B"),
    )
    market = CalendarTable(market_days=[5])
    for day, given in (
        ("2026-09-21", False),
        ("2026-09-23", True),
        ("2026-09-24", True),
        ("2026-10-15", True),
    ):
        it = stage(day, items=items, calendar=market)
        take = cmd.TakeTicket(items=["i1"])
        if given:
            it.do(take)
        else:
            assert it.refused(take) == "item-not-today"
        it.do(cmd.TakeTicket(items=["i2"]))


# --- the forecast


def test_breaks_are_the_halls_and_the_windows_own():
    windows = (Window("1", "一号", ["A"], breaks=[("11:30", "12:00")]), Window("2", "二号", ["A"]))
    it = stage(hall=LUNCH, windows=(*windows, Window("3", "三号", ["B", "P"])))
    assert list(breaks(it.hall, "1")) == [(at("11:30"), at("12:00")), (at("12:00"), at("13:30"))]
    assert list(breaks(it.hall, "2")) == [(at("12:00"), at("13:30"))]


def test_lunch_in_turns_calls_nobody_at_the_window_that_eats():
    windows = (Window("1", "一号", ["A"], breaks=[("11:00", "12:00")]), Window("3", "三号", ["B", "P"]))
    it = stage(windows=windows).open("1")
    it.now = at("10:58")
    it.take("A")
    it.later(1).take("A")
    told = forecast(it.hall, it.now)
    second = it.find("A002").promise
    assert told.minutes("A", second) >= 60, "called first, the second waits until lunch is over"


@pytest.mark.parametrize(("closing", "known"), [("expire", False), ("serve", True)])
def test_the_forecast_ends_with_the_day_where_who_waits_expires(closing: Any, known: bool):
    it = stage(rules=Rules(closing=closing), queues=(Queue("A", "社保", service_minutes=30), *QUEUES[1:]))
    it.open("1")
    it.now = at("16:00")
    for _ in range(8):
        it.later(0.1).take("A")
    told = forecast(it.hall, it.now)
    assert told.minutes("A", it.find("A002").promise) < 90
    assert (told.minutes("A", it.find("A008").promise) < 900) == known
