"""A scenario is read strictly: every mistake at once, each with where it is and the next step."""

from pathlib import Path
from typing import Any

import pytest

from caller.simulate.scenario import Scenario, ScenarioMistakes, parse, read
from tests.instruments.engine_fixture import settings

GOOD: dict[str, Any] = {
    "arrivals": [{"queue": "A", "per_hour": 40.0}],
    "service": [{"queue": "A", "mean_minutes": 6.0}],
}


def mistakes(**tables: Any) -> list[str]:
    with pytest.raises(ScenarioMistakes) as caught:
        parse(GOOD | tables, settings(), Path())
    return [str(mistake) for mistake in caught.value.found]


def test_the_format_of_the_handbook_is_understood(tmp_path: Path):
    (tmp_path / "arrivals.csv").write_text("minute\n3.5\n1\n")
    (tmp_path / "s.toml").write_text(
        """
hours = 8.0
warmup_hours = 0.5
[[arrivals]]
queue = "A"
class = "ordinary"
per_hour = 40.0
distribution = "poisson"
[[arrivals]]
item = "i2"
class = "elderly"
per_hour = 4
distribution = "hyperexponential"
cv2 = 4.0
[[arrivals]]
queue = "B"
distribution = "trace"
file = "arrivals.csv"
[[service]]
queue = "A"
window = "1"
mean_minutes = 6.0
distribution = "lognormal"
cv2 = 1.5
[behaviour]
no_show = 0.05
return_after_no_show = 0.5
abandon_after_minutes = 60.0
transfer = 0.02
"""
    )
    found = read(tmp_path / "s.toml", settings())
    assert (found.hours, found.warmup_hours, len(found.arrivals)) == (8.0, 0.5, 3)
    assert found.traces == {"arrivals.csv": [1.0, 3.5]}
    assert found.behaviour.transfer == 0.02


def test_behaviour_and_service_may_be_left_out():
    found = parse({"arrivals": [{"queue": "A", "per_hour": 1}]}, settings(), Path())
    assert isinstance(found, Scenario)
    assert found.behaviour.no_show == 0


def test_all_mistakes_are_told_at_once():
    found = mistakes(
        hours="eight", warmup=1, behaviour={"no_show": 2, "tranfser": 0.1},
        arrivals=[{"queue": "Z", "per_hour": 1}, {"queue": "A", "item": "i1", "per_hour": 1}, {"queue": "A"}, {"queue": "A", "per_hour": -1}],
        service=[{"queue": "A", "mean_minutes": 0}, {"window": "9", "mean_minutes": 1}],
        peak=[{"from_hour": 3, "to_hour": 2, "times": 1}],
    )  # fmt: skip
    assert len(found) == 11, "\n".join(found)


@pytest.mark.parametrize(
    ("tables", "words"),
    [
        ({"hour": 1}, "hours"),
        ({"hours": 0}, "hours"),
        ({"hours": 25}, "hours"),
        ({"hours": float("nan")}, "应为"),
        ({"hours": True}, "应为：数"),
        ({"warmup_hours": 8.0}, "warmup_hours"),
        ({"arrivals": []}, "[[arrivals]]"),
        ({"arrivals": 3}, "[[arrivals]]"),
        ({"arrivals": [3]}, "[[arrivals]]"),
        ({"arrivals": [{"queue": "A", "per_hour": 1, "class": "vip"}]}, "vip"),
        ({"arrivals": [{"queue": "A", "per_hour": 1, "class": "soldier"}]}, "soldier"),
        ({"arrivals": [{"queue": "A", "per_hour": float("inf")}]}, "per_hour"),
        ({"arrivals": [{"queue": "A", "per_hour": 1, "distribution": "normal"}]}, "normal"),
        ({"arrivals": [{"queue": "A", "distribution": "trace"}]}, "file"),
        ({"arrivals": [{"queue": "A", "distribution": "trace", "file": "none.csv"}]}, "none.csv"),
        ({"arrivals": [{"queue": "A", "per_hour": 1, "file": "a.csv"}]}, "trace"),
        ({"arrivals": [{"queue": "A", "per_hour": 1, "distribution": "hyperexponential", "cv2": 0.5}]}, "cv2"),
        ({"arrivals": [{"queue": "A", "per_hour": 100_000}] * 2}, "1000000"),
        ({"service": [{"queue": "A"}]}, "mean_minutes"),
        ({"service": [{"queue": "A", "mean_minutes": 1}] * 2}, "[[service]] 1"),
        ({"behaviour": []}, "[behaviour]"),
        ({"peak": [{"from_hour": 0, "to_hour": 2, "times": 2}, {"from_hour": 1, "to_hour": 3, "times": 2}]}, "[[peak]] 2"),
    ],
)  # fmt: skip
def test_a_mistake_names_what_is_wrong(tables: dict[str, Any], words: str):
    assert any(words in each for each in mistakes(**tables)), mistakes(**tables)


def test_a_typo_is_answered_with_the_nearest_name():
    assert "the nearest is 'no_show'" in mistakes(behaviour={"no_shows": 0.1})[0]
    assert "the nearest is '1'" in mistakes(service=[{"window": "1x", "mean_minutes": 1}])[0]


@pytest.mark.parametrize(
    "text", ["minute\n-1\n", "minute\nnan\n", "minute\nx\n", "time\n1\n", "minute,a\n1\n,2\n"]
)
def test_a_bad_trace_is_a_mistake(tmp_path: Path, text: str):
    (tmp_path / "a.csv").write_text(text)
    rows = [{"queue": "A", "distribution": "trace", "file": "a.csv"}]
    with pytest.raises(ScenarioMistakes):
        parse({"arrivals": rows}, settings(), tmp_path)


@pytest.mark.parametrize("content", [b"hours = ", b"\xff\xfe\x00", None])
def test_a_file_that_cannot_be_read_is_a_mistake(tmp_path: Path, content: bytes | None):
    path = tmp_path / "s.toml"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(ScenarioMistakes):
        read(path, settings())
    with pytest.raises(ScenarioMistakes):
        read(tmp_path, settings())
