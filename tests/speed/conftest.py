"""Every test here measures wall-clock time against a bound: marker `speed`, run alone by `make speed`, never in the gate."""

import pytest

from tests.instruments.browser import chromium, contexts, county, open_page, watched

__all__ = ["chromium", "contexts", "county", "open_page", "watched"]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "tests/speed" in str(item.path):
            item.add_marker(pytest.mark.speed)
