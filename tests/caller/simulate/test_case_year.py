"""A year of cases by the real engine: every case comes to its end, and no clock and no light is lost on the way."""

import pytest

from caller.engine.case_rows import CaseIndex
from caller.simulate.case_year import SHARES, CaseYear
from config.process.options import settings_of
from tests.instruments.running_hall import REPO

COUNT = 400


def year(seed: int = 1) -> CaseYear:
    return CaseYear(settings_of(REPO / "config/halls/county.toml"), 2026, seed, COUNT)


def test_the_shares_are_the_county_halls():
    assert sum(SHARES.values()) == 56_474
    assert (SHARES["immediate"], SHARES["promised"], SHARES["reported-up"]) == (51_567, 4_413, 494)


def test_a_year_of_cases_loses_no_clock_and_shows_no_wrong_light(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("caller.simulate.case_year.LATE", 0.3)
    lived = year()
    found = lived.run()
    assert lived.faults == []
    assert found["cases"] == found["finished"] + found["still_open"] == COUNT
    assert found["working_days"] == 248, "2026 by the national notice"
    assert found["late"] > 0
    assert found["accountability"] == found["late"], "each that ran over has its record"


def test_twin_an_index_that_forgets_a_clock_is_found(monkeypatch: pytest.MonkeyPatch):
    usual = CaseIndex.lights

    def less(index: CaseIndex, now: int) -> tuple[int, int, int]:
        red, yellow, green = usual(index, now)
        return red, yellow, max(0, green - 1)

    monkeypatch.setattr(CaseIndex, "lights", less)
    lived = year()
    lived.run()
    assert lived.faults
