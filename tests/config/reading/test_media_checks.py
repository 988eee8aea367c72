"""What `check` says of the voice's hours, announcements and the playlist; all of it at once."""

from pathlib import Path

from config.reading.reader import inspect, read
from tests.instruments.small_settings import GOOD, put

WRONG = """
[[volume]]
hours = []
percent = 30

[[volume]]
hours = [["14:00", "13:00"]]
percent = 101

[[announcement]]
notice = "lunch"
at = ["12:00", "12:00"]
days = ["some"]

[[media]]
seconds = 1

[[media]]
file = "a.jpg"
text = "b"
text_en = "%s"
area = "b3"

[[media]]
file = "../secret.jpg"

[[screen]]
screen = "board"
name = "attic"

[[screen]]
screen = "wall"

[[screen]]
screen = "sign"
hours = [["08:00", "07:00"]]
after_minutes = 10

[[screen]]
screen = "sign"

[[media]]
file = "film.mp4"
seconds = 20
first = 2026-09-22
last = 2026-09-22
days = ["mon"]
""" % ("x" * 301)


def test_every_mistake_is_told_at_once(tmp_path: Path) -> None:
    found = inspect(put(tmp_path, GOOD + WRONG)).mistakes
    assert sorted((each.table, each.key) for each in found) == sorted(
        [
            ("[[volume]] 1", "hours"),
            ("[[volume]] 2", "hours"),
            ("[[volume]] 2", "percent"),
            ("[[announcement]] 1", "notice"),
            ("[[announcement]] 1", "at"),
            ("[[announcement]] 1", "days"),
            ("[[media]] 1", "seconds"),
            ("[[media]] 1", ""),
            ("[[media]] 2", "file"),
            ("[[media]] 2", "text_en"),
            ("[[media]] 2", "area"),
            ("[[media]] 3", "file"),
            ("[[media]] 4", "seconds"),
            ("[[media]] 4", "days"),
            ("[[screen]] attic", "name"),
            ("[[screen]] 2", "screen"),
            ("[[screen]] 3", "hours"),
            ("[[screen]] 3", "hours"),
            ("[[screen]] 4", "name"),
        ]
    )


def test_an_announcement_may_say_what_the_halls_own_list_has(tmp_path: Path) -> None:
    own = '[[reason]]\nkind = "notice"\nid = "lunch"\nname = "午休"\n\n'
    row = '[[announcement]]\nnotice = "{}"\nat = ["12:00"]\n'
    assert read(put(tmp_path, GOOD + own + row.format("lunch"))).announcements
    (found,) = inspect(put(tmp_path, GOOD + own + row.format("busy"))).mistakes
    assert "lunch" in found.zh  # the usual list is replaced, so its codes are none of it


def test_a_loudspeaker_that_is_no_area_is_a_warning(tmp_path: Path) -> None:
    row = '[[volume]]\nhours = [["12:00", "14:00"]]\npercent = 0\nzone = "{}"\n'
    assert inspect(put(tmp_path, GOOD + row.format("b2"))).warnings == inspect(put(tmp_path, GOOD)).warnings
    found = inspect(put(tmp_path, GOOD + row.format("lobby")))
    assert found.settings
    assert any(each.key == "zone" for each in found.warnings)
