# ruff: noqa: F811 - the fixture `hall` is imported by name
"""A page is painted within a second of its first load."""

import pytest

from tests.browser.test_access import PAGES, hall, opened  # pyright: ignore[reportUnusedImport]  # noqa: F401
from tests.instruments.browser import OpenPage
from tests.instruments.running_hall import RunningHall

LOAD_MS_MAX = 1_000
LOADS = 3  # the best counts: the first also fills Chromium's own caches
PAINTED = "performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? Infinity"


@pytest.mark.parametrize("name", PAGES)
def test_a_first_load_is_quick(hall: RunningHall, open_page: OpenPage, name: str) -> None:
    paints = [opened(hall, open_page, name).evaluate(PAINTED) for _ in range(LOADS)]
    assert min(paints) < LOAD_MS_MAX, paints
