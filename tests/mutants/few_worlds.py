"""A few seeds of the seeded world, for the trials of faults; not collected by itself."""

import pytest

from tests.world.test_world import run


@pytest.mark.parametrize("seed", range(5))
def test_a_day_with_faults(seed: int):
    assert not run(seed).wrong


def test_three_days_in_a_row():
    assert not run(1000, days=3).wrong
