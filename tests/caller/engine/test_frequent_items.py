"""What people ask for most at an hour is learned from the days gone by, and fades when it is no longer asked for."""

import pytest

from caller.engine import commands as cmd
from caller.engine import frequent_items
from caller.views import build
from config.instants import HOUR, instant
from config.settings import Item, Kiosk
from tests.instruments.engine_fixture import Stage

ZONE = "Asia/Shanghai"
ITEMS = tuple(Item(f"i{n}", f"事项{n}", "d1", "A") for n in range(1, 15))
QUICK = (Kiosk("k1", quick=True),)


def days(stage: Stage, *takes: tuple[str, str, int]) -> Stage:
    """One more day on which so many numbers (hour, item, count) are taken, and the morning after it."""
    day = stage.hall.state.day.label
    for clock, item, count in sorted(takes):
        stage.now = max(stage.now, instant(day, clock, ZONE))
        for _ in range(count):
            stage.do(cmd.TakeTicket([item]))
    stage.do(cmd.CloseDay(expire=True))
    stage.now += 24 * HOUR
    label = f"{day[:8]}{int(day[8:]) + 1:02}"
    stage.now = instant(label, "09:00", ZONE)
    stage.do(cmd.OpenDay(label))
    return stage


def stage() -> Stage:
    return Stage(items=ITEMS, kiosks=QUICK)


def often(stage: Stage, clock: str) -> list[str]:
    return frequent_items.frequent(stage.hall, instant(stage.hall.state.day.label, clock, ZONE))


def test_the_first_day_has_learned_nothing_and_the_next_shows_each_hour_its_own():
    hall = stage()
    assert often(hall, "10:00") == []
    days(hall, ("09:30", "i3", 4), ("09:30", "i1", 1), ("15:30", "i2", 5))
    assert often(hall, "09:10") == ["i3", "i1", "i2"]
    assert often(hall, "15:59") == ["i2", "i3", "i1"]


def test_only_ten_are_shown_and_of_equals_the_first_of_the_hall():
    hall = days(stage(), *(("10:00", item.id, 1) for item in ITEMS))
    assert often(hall, "10:30") == [item.id for item in ITEMS[:10]]


def test_what_is_no_longer_asked_for_fades_and_is_forgotten():
    hall = days(stage(), ("10:00", "i1", 1))
    for _ in range(3):
        days(hall, ("10:00", "i2", 1))
    assert often(hall, "10:00")[0] == "i2"
    row = hall.hall.register.item_hours["i1"]
    assert sum(row.hours) == pytest.approx(frequent_items.KEPT**3)
    for _ in range(40):
        frequent_items.learn(hall.hall)
    assert "i1" not in hall.hall.register.item_hours


def test_a_kiosk_sees_it_only_where_one_is_quick():
    hall = days(stage(), ("10:00", "i1", 1))
    assert build(hall.hall, "kiosk", hall.now).get("frequent") == ["i1"]
    plain = days(Stage(items=ITEMS), ("10:00", "i1", 1))
    assert "frequent" not in build(plain.hall, "kiosk", plain.now)
