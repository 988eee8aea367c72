"""The formula of the scores and the shifts, as `hallcall check` and the office's form take them: every mistake at once."""

from pathlib import Path

import pytest

from config.edits import with_rows
from config.reading import checks
from config.reading.reader import inspect, read
from config.versions import Bundle
from tests.instruments.small_settings import GOOD, put

FORMULA = """
[[score]]
figure = "good-share"
weight = 60
full = 100
zero = 80
minimum = 20

[[score]]
figure = "away"
weight = 40
full = 0
zero = 5

[[score]]
of = "window"
figure = "attendance"
weight = 100
full = 100
zero = 50

[[shift]]
name = "早班"
staff = ["1001", "1002"]
hours = [["09:00", "12:00"], ["13:30", "17:00"]]
backup = ["1003"]
window = "1"

[performance]
peer_bonus = [3, 2, 1]
"""
WRONG = """
[[score]]
figure = "good-shares"
weight = 60
full = 100
zero = 80

[[score]]
figure = "away"
weight = 30
full = 3
zero = 3

[[score]]
figure = "away"
weight = 101
full = 0
zero = 3

[[score]]
of = "window"
figure = "attendance"
weight = 99.5
full = 100
zero = 50

[[shift]]
name = "早班"
staff = ["1001", "1001"]
hours = [["09:00", "12:00"], ["11:30", "17:00"]]
backup = ["1002"]
window = "77"
first = 2026-09-02
last = 2026-09-01

[[shift]]
name = "晚班"
staff = []
weekdays = ["sun"]
first = 2026-09-21
last = 2026-09-22

[performance]
peer_bonus = [1, 3]
"""


def test_a_good_formula_is_read(tmp_path: Path) -> None:
    settings = read(put(tmp_path, GOOD + FORMULA))
    assert [(row.of, row.figure, row.weight) for row in settings.scores] == [
        ("clerk", "good-share", 60), ("clerk", "away", 40), ("window", "attendance", 100),
    ]  # fmt: skip
    assert settings.shifts[0].backup == ["1003"]
    assert settings.performance.peer_bonus == [3, 2, 1]


def test_every_mistake_is_told_at_once(tmp_path: Path) -> None:
    found = inspect(put(tmp_path, GOOD + WRONG)).mistakes
    assert sorted((each.table, each.key) for each in found) == sorted(
        [
            ("[[score]] 1", "figure"),
            ("[[score]] 2", "zero"),
            ("[[score]] 3", "weight"),
            ("[[score]] 3", "figure"),
            ("[[score]] 4", "weight"),
            ("[[shift]] 早班", "staff"),
            ("[[shift]] 早班", "hours"),
            ("[[shift]] 早班", "window"),
            ("[[shift]] 早班", "last"),
            ("[[shift]] 晚班", "staff"),
            ("[[shift]] 晚班", "weekdays"),
            ("[performance]", "peer_bonus"),
        ]
    )
    assert next(each for each in found if each.key == "figure" and "1" in each.table).nearest == "good-share"
    assert "99.5" in next(each for each in found if each.table == "[[score]] 4").zh


@pytest.mark.parametrize("weight", ["39", "41", "40.01"])
def test_weights_that_do_not_sum_are_refused(tmp_path: Path, weight: str) -> None:
    text = (GOOD + FORMULA).replace("weight = 40", f"weight = {weight}")
    (mistake,) = inspect(put(tmp_path, text)).mistakes
    assert mistake.key == "weight"
    assert f"{60 + float(weight):g}" in mistake.en


def test_without_the_check_weights_that_do_not_sum_would_pass(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The twin: the check turned off, nothing else refuses them."""
    left = tuple(each for each in checks.MISTAKES if each.__name__ != "weights")
    monkeypatch.setattr(checks, "MISTAKES", left)
    text = (GOOD + FORMULA).replace("weight = 40", "weight = 4")
    assert inspect(put(tmp_path, text)).mistakes == []


def test_a_formula_is_changed_as_one(tmp_path: Path) -> None:
    rows = [{"of": "clerk", "figure": "peer", "weight": 100, "zero": 0, "full": 100}]
    after = with_rows(Bundle((GOOD + FORMULA).encode(), {}), "score", rows)
    settings = read(put(tmp_path, after.main.decode()))
    assert [(row.figure, row.weight) for row in settings.scores] == [("peer", 100)]
    assert settings.shifts, "the other tables stay"
    none = with_rows(after, "score", [])
    assert read(put(tmp_path, none.main.decode())).scores == ()


def test_a_weight_that_is_no_number_is_told_by_the_check(tmp_path: Path) -> None:
    rows = [{"figure": "peer", "weight": "viel", "zero": 0, "full": 100}]
    after = with_rows(Bundle(GOOD.encode(), {}), "score", rows)
    (mistake,) = inspect(put(tmp_path, after.main.decode())).mistakes
    assert mistake.key == "weight"
