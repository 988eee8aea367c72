"""The days that come with the product: what they say of themselves is so, and the estimate is the best in each.

The bounds were set from many seeds (docs/simulate.md has the figures); these tests run a few.
"""

from functools import cache
from pathlib import Path
from typing import Any

import pytest

from caller.simulate.figures import BASELINES, summary
from caller.simulate.run import simulate
from caller.simulate.scenario import read
from config.reading.reader import HALLS
from config.reading.reader import read as read_hall

SCENARIOS = HALLS.parent / "scenarios"


def day_of(name: str) -> Path:
    return SCENARIOS / f"{name}-day.toml"


@cache
def figures(name: str, seed: int) -> dict[str, Any]:
    settings = read_hall(HALLS / f"{name}.toml")
    found = read(day_of(name), settings)
    return summary(simulate(settings, found, seed))


@pytest.mark.parametrize("name", sorted(path.stem.removesuffix("-day") for path in SCENARIOS.glob("*.toml")))
def test_a_shipped_day_says_that_it_is_synthetic_and_what_it_rests_on(name: str):
    text = day_of(name).read_text(encoding="utf-8")
    assert text.startswith("# 合成数据")
    assert "SYNTHETIC" in text
    assert "calibrated to" in text


def test_every_shipped_day_is_tested():
    """Three here, the others in test_every_hall.py."""
    assert {path.name for path in SCENARIOS.glob("*.toml")} == {
        f"{path.stem}-day.toml" for path in HALLS.glob("*.toml")
    }


def test_the_county_day_is_as_large_as_it_says():
    found = figures("county", 1)
    assert len(found["windows"]) == 27
    assert 2850 <= found["all"]["arrived"] <= 3150
    assert found["all"]["unserved"] == 0
    assert 0.01 < found["all"]["no_show"] / found["all"]["arrived"] < 0.04
    busy = [window["utilisation"] for window in found["windows"].values() if window["served"]]
    assert 0.7 < sum(busy) / len(busy) < 0.9
    classes = {name for queue in found["queues"].values() for name in queue}
    assert classes == {"all", "ordinary", "elderly", "disabled", "pregnant", "soldier"}


SECOND = pytest.param("county", 2, marks=pytest.mark.campaign)  # a county day takes several seconds


@pytest.mark.parametrize(("name", "seed"), [("county", 1), SECOND, ("tax", 1), ("tax", 2)])
def test_the_estimate_is_better_than_the_ways_of_the_literature(name: str, seed: int):
    found = figures(name, seed)["estimate"]
    for baseline in BASELINES:
        assert found["mean_abs_error_min"] < 0.8 * found["others"][baseline]["mean_abs_error_min"]
        assert found["mse_min2"] < 0.8 * found["others"][baseline]["mse_min2"]


@pytest.mark.parametrize(("name", "seed"), [("county", 1), SECOND, ("tax", 1)])
def test_people_are_called_within_the_band_they_were_told(name: str, seed: int):
    assert figures(name, seed)["estimate"]["within_band"] > 0.8


@pytest.mark.parametrize("seeds", [(1,), pytest.param((1, 2, 3), marks=pytest.mark.campaign)], ids=str)
def test_the_estimate_hardly_leans_either_way(seeds: tuple[int, ...]):
    leans = [figures("county", seed)["estimate"]["bias_min"] for seed in seeds]
    waits = [figures("county", seed)["all"]["mean_wait_min"] for seed in seeds]
    assert abs(sum(leans)) < 0.1 * sum(waits)


@pytest.mark.parametrize("name", ["tax", "village"])
def test_the_smaller_days_run_and_end(name: str):
    found = figures(name, 1)
    people = {"tax": (430, 620), "village": (25, 75)}[name]
    assert people[0] < found["all"]["arrived"] < people[1]
    assert found["all"]["unserved"] == 0
    assert not found["turned_away"]
