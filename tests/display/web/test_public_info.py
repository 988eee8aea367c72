"""What a window's sign is given of its items: true for every window of the halls that come with the product."""

from typing import Any

import pytest

from config.reading.reader import HALLS, read
from config.settings import Item, Window
from display.web import public_info

ALL = sorted(path.name for path in HALLS.glob("*.toml"))
EMPTY = "no item"  # a guide desk, a cashier


def told(name: str) -> list[tuple[Window, list[Item], dict[str, Any]]]:
    """Each window with its items and what the pages are told of it."""
    settings = read(HALLS / name)
    windows = public_info.hall(settings, {})["windows"]
    return [
        (window, [item for item in settings.items if item.queue in window.queues], windows[window.id])
        for window in settings.windows
    ]


@pytest.mark.parametrize("name", ALL)
def test_a_fee_told_for_a_whole_window_is_that_of_each_of_its_items(name: str) -> None:
    for window, items, doc in told(name):
        if doc["fee"] and not doc["fee_partly"]:
            assert {(item.fee, item.fee_en) for item in items} == {(doc["fee"], doc["fee_en"])}, window.id


@pytest.mark.parametrize("name", ALL)
def test_a_fee_told_for_some_is_the_only_one_any_item_names(name: str) -> None:
    for window, items, doc in told(name):
        fees = {item.fee for item in items if item.fee}
        assert doc["fee"] == (fees.pop() if len(fees) == 1 else ""), window.id
        assert bool(doc["fee"]) == bool(doc["fee_en"]), window.id
        assert doc["fee_partly"] == any(not item.fee for item in items), window.id


@pytest.mark.parametrize("name", ALL)
def test_no_item_takes_longer_than_the_sign_promises(name: str) -> None:
    for window, items, doc in told(name):
        days = [item.promised_days for item in items if item.promised_days is not None]
        assert doc["promised"] == ([min(days), max(days)] if days else []), window.id
        assert doc["promised_partly"] == (len(days) < len(items)), window.id


@pytest.mark.parametrize("name", ALL)
def test_a_window_has_items_on_its_sign_or_none_at_all(name: str) -> None:
    for window, items, doc in told(name):
        assert bool(doc["items"]) == bool(items), window.id


def test_every_case_of_the_sign_is_in_the_halls_that_come_with_the_product() -> None:
    every = [(items, doc) for name in ALL for _, items, doc in told(name)]
    cases = {(bool(doc["fee"]), doc["fee_partly"]) if items else EMPTY for items, doc in every}
    assert {(True, True), (False, True), EMPTY} <= cases
    cases = {(bool(doc["promised"]), doc["promised_partly"]) if items else EMPTY for items, doc in every}
    assert {(True, False), (True, True), (False, True), EMPTY} <= cases
