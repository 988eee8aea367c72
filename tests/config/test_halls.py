"""The halls that come with the product load without a mistake and are what they promise to be."""

import csv
from collections import Counter

import pytest

from caller.cli.check import counts
from config.reading.reader import HALLS, inspect, read
from config.settings import Settings

ALL = sorted(path.name for path in HALLS.glob("*.toml"))


def hall(name: str) -> Settings:
    return read(HALLS / name)


@pytest.mark.parametrize("name", ALL)
def test_it_loads_without_mistake_or_warning(name: str) -> None:
    reading = inspect(HALLS / name)
    assert [str(each) for each in reading.mistakes + reading.warnings] == []


@pytest.mark.parametrize("name", ALL)
def test_everything_public_has_an_english_name(name: str) -> None:
    settings = hall(name)
    named = (*settings.departments, *settings.queues, *settings.windows, *settings.items, *settings.classes)
    assert [each.id for each in named if not each.name_en.isascii() or not each.name_en] == []
    spoken = [(each.name, each.name_en) for each in settings.areas]
    spoken += [(each.way, each.way_en) for each in settings.areas]
    spoken += [pair for duty in settings.roster for pair in (
        (duty.role, duty.role_en), (duty.name, duty.name_en), (duty.title, duty.title_en))]  # fmt: skip
    assert [zh for zh, en in spoken if zh and not (en and en.isascii())] == []
    guides = [item for item in settings.items if item.papers or item.conditions or item.fee]
    assert all(
        len(item.papers_en) == len(item.papers) and item.conditions_en and item.fee_en for item in guides
    )


@pytest.mark.parametrize("name", ALL)
def test_facts_that_are_made_up_say_so(name: str) -> None:
    for item in hall(name).items:
        facts = (*item.papers, item.fee, item.basis, item.conditions)
        assert all("示例" in fact for fact in facts if fact), item.id


def test_the_halls_are_these() -> None:
    assert ALL == ["county.toml", "tax.toml", "town.toml", "village.toml"]


def test_the_county_hall_has_the_counts_of_the_field_study() -> None:
    count = counts(hall("county.toml"))
    assert count["departments"] == 18
    assert (count["windows"], count["pay_windows"]) == (26, 1)
    assert count["items"] == 131


def test_the_county_hall_shares_queues_and_windows() -> None:
    county = hall("county.toml")
    owners = {
        queue.id: {item.department for item in county.items if item.queue == queue.id}
        for queue in county.queues
    }
    assert sum(len(departments) > 1 for departments in owners.values()) >= 5
    serving = Counter(queue for window in county.windows for queue in window.queues)
    assert all(serving[item.queue] >= 1 for item in county.items)
    assert max(serving.values()) >= 4
    assert {"integrated", "floating", "duty", "guide", "pay", "direct", "agency"} <= {
        w.kind for w in county.windows
    }
    assert len(county.classes) == 7


def test_the_village_is_one_window_with_five_queues() -> None:
    village = hall("village.toml")
    assert (len(village.windows), len(village.queues)) == (1, 5)


def test_the_tax_hall_is_22_immediate_and_16_limited_items_and_a_guide_desk() -> None:
    tax = hall("tax.toml")
    assert Counter(item.case_type for item in tax.items) == {"immediate": 22, "limited": 16}
    assert "guide" in {window.kind for window in tax.windows}


def test_the_town_has_seven_classes_of_service_and_every_clerk_does_all() -> None:
    town = hall("town.toml")
    assert len(town.departments) == 7
    for window in town.windows:
        assert {*window.queues, *window.helps} == {queue.id for queue in town.queues}


def test_one_item_has_the_same_facts_in_every_hall() -> None:
    """Names and limits come from one list; a correction in one hall must reach the others."""
    seen: dict[str, tuple[str, str, object, object]] = {}
    for name in ALL:
        for item in hall(name).items:
            facts = (item.name, item.name_en, item.statutory_days, item.promised_days)
            assert seen.setdefault(item.id, facts) == facts


def test_the_csv_files_are_tidy() -> None:
    """Every row as wide as the head, so that a spreadsheet shows them straight."""
    for path in HALLS.glob("*.csv"):
        with path.open(encoding="utf-8", newline="") as file:
            assert len({len(row) for row in csv.reader(file)}) == 1, path.name
