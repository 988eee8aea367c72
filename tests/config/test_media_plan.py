"""How loud, what is announced and what is played, by the hall's clock."""

from datetime import date

from config.instants import MINUTE, instant
from config.media_plan import announced, percent, playlist
from config.setting_types import AnnouncementTime, MediaEntry, Voice, VolumeHours
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
