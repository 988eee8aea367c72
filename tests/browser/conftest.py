"""Every test here runs in a real Chromium and carries the marker `browser`."""

import pytest

from tests.instruments.browser import chromium, contexts, county, open_page, watched

__all__ = ["chromium", "contexts", "county", "open_page", "watched"]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "tests/browser" in str(item.path):
            item.add_marker(pytest.mark.browser)
