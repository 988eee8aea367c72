"""The duty roster: weekly words, dated words, and which of them a day listens to."""

from datetime import date
from pathlib import Path

import pytest

from config import calendar
from config.calendar import on_duty
from config.reading.reader import inspect, read
from config.settings import Duty
from tests.instruments.small_settings import GOOD, broken, put

MONDAY, TUESDAY, SATURDAY = date(2026, 9, 21), date(2026, 9, 22), date(2026, 9, 26)
ROSTER = (
    Duty("带班领导", "张", weekdays=["mon", "wed"]),
    Duty("带班领导", "李", weekdays=["tue"]),
    Duty("投诉受理", "王"),
    Duty("带班领导", "赵", first=TUESDAY, last=TUESDAY),
    Duty("咨询", "钱", first=TUESDAY),
    Duty("咨询", "孙", last=MONDAY),
)


def names(day: date) -> str:
    return "".join(duty.name for duty in on_duty(ROSTER, day))


@pytest.mark.parametrize(
    ("day", "who"),
    [(MONDAY, "张王孙"), (TUESDAY, "王赵钱"), (SATURDAY, "王钱"), (date(2026, 9, 29), "李王钱")],
)
def test_who_is_on_duty(day: date, who: str) -> None:
    assert names(day) == who


def test_twin_without_closeness_a_swap_shows_both(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(calendar, "_closeness", lambda _duty: 0)
    assert names(TUESDAY) == "李王赵钱"


def test_several_may_share_a_role() -> None:
    two = (Duty("咨询", "甲", weekdays=["mon"]), Duty("咨询", "乙", weekdays=["mon"]))
    assert on_duty(two, MONDAY) == list(two)


def test_an_empty_roster_has_nobody() -> None:
    assert on_duty((), MONDAY) == []


def test_dates_with_and_without_quotes_are_the_same(tmp_path: Path) -> None:
    plain = read(put(tmp_path, GOOD)).roster
    assert plain[0].first == MONDAY
    assert read(put(tmp_path, broken("first = 2026-09-21", 'first = "2026-09-21"'))).roster == plain


def test_all_that_is_wrong_with_an_entry_is_told_at_once(tmp_path: Path) -> None:
    text = (
        GOOD.replace('role = "带班领导"\n', f'role = "{"长" * 81}"\n')
        .replace('weekdays = ["mon", "wed"]', 'weekdays = ["mon", "wend"]\nphon = "1"')
        .replace("first = 2026-09-21", 'first = "9 月 21 日"')
        .replace("last = 2026-10-31", "last = 2026-10-31T08:00:00")
    )
    found = inspect(put(tmp_path, text)).mistakes
    assert sorted((each.key, each.nearest) for each in found) == [
        ("first", ""), ("last", ""), ("phon", "phone"), ("role", ""), ("weekdays", "wed"),
    ]  # fmt: skip


def test_a_way_longer_than_a_phone_shows_is_told(tmp_path: Path) -> None:
    fits = broken('way = "上电扶梯右转"', f'way = "{"右" * 80}"')
    assert inspect(put(tmp_path, fits)).mistakes == []
    (found,) = inspect(put(tmp_path, fits.replace("右" * 80, "右" * 81))).mistakes
    assert (found.key, "80" in found.zh, "80" in found.en) == ("way", True, True)
