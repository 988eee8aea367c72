"""How loud, what is announced and what is played, by the hall's clock."""

from datetime import date

from config.calendar import Calendar
from config.instants import MINUTE, instant
from config.media_plan import announced, in_screen_hours, percent, playlist, screen_hours, screen_names
from config.setting_types import AnnouncementTime, MediaEntry, ScreenHours, Voice, VolumeHours
from config.settings import Area, Device, ExceptionalDay, HallTable, Kiosk
from tests.instruments.engine_fixture import settings

ZONE = "Asia/Shanghai"
MONDAY, SATURDAY = "2026-09-21", "2026-09-26"


def at(clock: str, day: str = MONDAY) -> int:
    return instant(day, clock, ZONE)


def test_a_loudspeaker_goes_by_its_own_hours_before_those_of_all() -> None:
    hall = settings(
        voice=Voice(volume=80),
        volumes=(
            VolumeHours([("12:00", "14:00")], 40),
            VolumeHours([("12:30", "13:00")], 0, zone="east"),
            VolumeHours([("09:00", "10:00")], 10, days=["sat"]),
        ),
    )
    assert [percent(hall, "hall", at(clock)) for clock in ("11:59", "12:00", "12:30", "14:00")] == [
        80,
        40,
        40,
        80,
    ]
    assert [percent(hall, "east", at(clock)) for clock in ("12:00", "12:30", "13:00")] == [40, 0, 40]
    assert (percent(hall, "hall", at("09:00")), percent(hall, "hall", at("09:00", SATURDAY))) == (80, 10)


def test_an_announcement_holds_from_its_time_for_its_minutes() -> None:
    hall = settings(announcements=(AnnouncementTime("busy", ["10:00", "11:00"], minutes=5),))
    assert announced(hall, at("10:00") - 1) == []
    (now,) = announced(hall, at("10:00"))
    assert (now.at, now.until) == (at("10:00"), at("10:05"))
    assert announced(hall, at("10:05") - 1) == [now]
    assert announced(hall, at("10:05")) == []


def test_every_announcement_has_a_number_of_its_own() -> None:
    """By row, time and day: else a loudspeaker would take one for another it has spoken."""
    rows = (AnnouncementTime("busy", ["10:00", "10:01"]), AnnouncementTime("order", ["10:00"]))
    hall = settings(announcements=rows)
    numbers = [each.number for day in (MONDAY, SATURDAY) for each in announced(hall, at("10:02", day))]
    assert len(set(numbers)) == len(numbers) == 6
    assert max(numbers) < 2**53  # a page counts exactly no further


def test_an_announcement_of_certain_days_is_silent_on_others() -> None:
    hall = settings(announcements=(AnnouncementTime("busy", ["10:00"], days=["sat"]),))
    assert announced(hall, at("10:00") + MINUTE) == []
    assert announced(hall, at("10:00", SATURDAY) + MINUTE)


def test_a_playlist_is_of_a_screen_its_area_and_the_hour() -> None:
    entries = (
        MediaEntry(text="all"),
        MediaEntry(text="kiosks", screens=["kiosk"]),
        MediaEntry(text="east", area="east"),
        MediaEntry(text="noon", hours=[("12:00", "13:00")]),
        MediaEntry(text="sat", days=["sat"]),
        MediaEntry(text="past", last=date(2026, 9, 20)),
        MediaEntry(text="later", first=date(2026, 9, 22)),
    )
    hall = settings(media=entries)

    def texts(screen: str, area: str, clock: str, day: str = MONDAY) -> list[str]:
        return [each.text for each in playlist(hall, screen, area, at(clock, day))]  # type: ignore[arg-type]

    assert texts("board", "", "10:00") == ["all"]
    assert texts("kiosk", "", "10:00") == ["all", "kiosks"]
    assert texts("board", "east", "12:59") == ["all", "east", "noon"]
    assert texts("board", "", "10:00", SATURDAY) == ["all", "sat", "later"]


def test_a_screen_is_on_around_the_halls_hours_on_the_days_it_opens() -> None:
    hall = settings(days=(ExceptionalDay(date(2026, 9, 26), bands=[("10:00", "12:00")]),))
    calendar, row = Calendar(hall), ScreenHours("board", before_minutes=30, after_minutes=15)

    def on(clock: str, day: str = MONDAY) -> bool:
        return in_screen_hours(row, hall, calendar, at(clock, day))

    assert [on(clock) for clock in ("08:29", "08:30", "12:30", "17:14", "17:15")] == [
        False,
        True,
        True,
        True,
        False,
    ]
    assert [on(clock, SATURDAY) for clock in ("09:00", "09:30", "12:15")] == [
        False,
        True,
        False,
    ]  # an exceptional day
    assert not on("10:00", "2026-09-27")  # a Sunday


def test_a_screens_own_hours_stand_for_the_calendars_but_not_on_days_the_hall_is_closed() -> None:
    hall = settings()
    row = ScreenHours("board", hours=[("07:00", "08:00"), ("16:00", "20:00")])
    found = [
        in_screen_hours(row, hall, Calendar(hall), at(clock))
        for clock in ("07:30", "08:00", "19:59", "20:00")
    ]
    assert found == [True, False, True, False]
    assert not in_screen_hours(row, hall, Calendar(hall), at("19:00", SATURDAY))


def test_minutes_before_and_after_may_reach_over_midnight() -> None:
    hall = settings(hall=HallTable("night", "夜间大厅", opens="00:10", closes="23:50", last_ticket="23:00"))
    row = ScreenHours("board", before_minutes=30, after_minutes=30)
    found = [in_screen_hours(row, hall, Calendar(hall), at(clock, SATURDAY)) for clock in ("00:19", "00:20")]
    assert found == [True, False]  # Friday's, until twenty past midnight
    assert in_screen_hours(
        row, hall, Calendar(hall), at("23:45", "2026-09-27")
    )  # Monday's, from a quarter to


def test_a_row_that_names_a_screen_stands_before_one_for_all_of_its_kind() -> None:
    everyone, own = ScreenHours("sign"), ScreenHours("sign", "2", hours=[("08:00", "20:00")])
    hall = settings(
        screens=(everyone, own), areas=(Area("east", "东区"),), kiosks=(Kiosk("k1"),),
        devices=(Device("e1", "evaluator", "serial:///dev/x", agent="pc-9"),),
    )  # fmt: skip
    assert [screen_hours(hall, "sign", each) for each in ("1", "2")] == [everyone, own]
    assert screen_hours(hall, "board", "hall") is None
    assert [screen_names(hall, kind) for kind in ("board", "kiosk", "pc")] == [
        ["hall", "east"],
        ["k1"],
        ["pc-9"],
    ]
