"""Each witness of the table, alone and against the weaker ones."""

import pytest

from caller.engine import commands as cmd
from caller.engine.credible_clock import AGREE_MICROS, Verdict, Witnesses, judge
from config.catalogue import codes
from config.instants import HOUR, MINUTE
from config.reading import notices
from tests.instruments.engine_fixture import DAY, Stage, at

DAY_MICROS = 24 * HOUR
FRIDAY, MONDAY = "2026-09-25", "2026-09-28"


def closed(day: str = DAY) -> Stage:
    stage = Stage(opened=False, year_notices=notices.known())
    stage.now = at("09:00", day)
    stage.do(cmd.OpenDay(day))
    stage.later(8 * 60).do(cmd.CloseDay())
    return stage


def open_day() -> Stage:
    stage = Stage()
    stage.take("A")
    return stage


def said(stage: Stage, wall: int, synchronised: bool | None = None, *stations: int) -> Verdict:
    return judge(stage.hall, Witnesses(wall, synchronised, stations))


def test_a_dead_battery_is_believed_by_nobody():
    assert said(open_day(), at("09:00", "2000-01-01"), True, 0, 0) == (False, "battery")


def test_a_time_server_goes_before_stations_and_the_log():
    wall = at("10:00", "2029-05-07")
    assert said(open_day(), wall, True, DAY_MICROS) == (True, "synchronised")
    assert said(open_day(), wall, False) == (False, "day-open"), "that none is heard says nothing"


@pytest.mark.parametrize(
    ("stations", "verdict"),
    [
        ([0], (True, "stations")),
        ([AGREE_MICROS, -AGREE_MICROS], (True, "stations")),
        ([AGREE_MICROS + 1], (False, "stations")),
        ([0, 0, DAY_MICROS], (True, "stations")),
        ([0, -DAY_MICROS, -DAY_MICROS], (False, "stations")),
        ([0, -DAY_MICROS], (False, "day-open")),  # a tie says nothing
        ([], (False, "day-open")),
    ],
)
def test_stations_decide_by_majority(stations: list[int], verdict: tuple[bool, str]):
    assert said(open_day(), at("10:00") + DAY_MICROS, None, *stations) == verdict


def test_a_new_hall_believes_its_clock():
    assert said(Stage(opened=False), at("10:00", "2031-01-06")) == (True, "first")


def test_an_open_day_is_believed_on_its_date_and_in_its_hours():
    stage = open_day()
    assert said(stage, at("23:59")) == (True, "same-day")
    assert said(stage, at("00:00", "2026-09-22")) == (False, "day-open")
    stage.do(cmd.ExtendHours(at("01:00", "2026-09-22")))
    assert said(stage, at("02:00", "2026-09-22")) == (True, "same-day")
    assert said(stage, at("02:00", "2026-09-22") + 1) == (False, "day-open")


def test_the_past_is_not_believed_but_for_a_little():
    for stage in (open_day(), closed()):
        assert said(stage, stage.hall.state.now - AGREE_MICROS).credible
        assert said(stage, stage.hall.state.now - AGREE_MICROS - 1) == (False, "before")


@pytest.mark.parametrize(
    ("last", "today", "verdict"),
    [
        (DAY, DAY, (True, "next-day")),
        (DAY, "2026-09-22", (True, "next-day")),
        (DAY, "2026-09-23", (False, "skipped")),
        (FRIDAY, "2026-09-27", (True, "next-day")),  # a Sunday
        (FRIDAY, MONDAY, (True, "next-day")),
        (FRIDAY, "2026-09-29", (False, "skipped")),
        ("2026-09-30", "2026-10-08", (True, "next-day")),  # over National Day
        ("2026-09-30", "2026-10-09", (False, "skipped")),
        ("2026-10-09", "2026-10-12", (False, "skipped")),  # the Saturday between is worked
    ],
)
def test_without_other_clocks_no_working_day_is_skipped(last: str, today: str, verdict: tuple[bool, str]):
    assert said(closed(last), at("18:00", today)) == verdict


def test_every_doubt_has_words():
    doubts = {"battery", "stations", "before", "day-open", "skipped"}
    assert set(codes("clock-doubt")) == doubts
    assert AGREE_MICROS == 5 * MINUTE


def test_a_day_used_under_a_false_later_date_does_not_count():
    """The first start ever had a date far ahead; a manager opened today, which brought time back."""
    stage = closed("2031-09-22")
    stage.now = at("09:00", FRIDAY)
    stage.do(cmd.OpenDay(FRIDAY))
    stage.later(8 * 60).do(cmd.CloseDay())
    assert said(stage, at("08:30", MONDAY)) == (True, "next-day")
    assert said(stage, at("08:30", DAY)) == (False, "before")
