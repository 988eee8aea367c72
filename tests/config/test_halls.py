"""The halls that come with the product load without a mistake and are what they promise to be."""

import csv
from collections import Counter
from pathlib import Path

import pytest
from click.testing import CliRunner

from caller.cli.check import check, counts
from caller.engine.commands import ITEMS_MAX
from config.calendar import WEEKDAYS
from config.item_search import ItemIndex
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
def test_it_passes_hallcall_check(name: str) -> None:
    """With the checks of the floors above: devices' profiles, letters that the fonts lack, items without days."""
    done = CliRunner().invoke(check, [str(HALLS / name)])
    assert done.exit_code == 0, done.output
    assert "warning" not in done.output


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
    assert sorted(name.removesuffix(".toml") for name in ALL) == [
        "city", "commerce", "community", "county", "county-large", "district", "environment", "food-drug", "housing", "projects",
        "review", "safety", "tax", "town", "village",
    ]  # fmt: skip


@pytest.mark.parametrize("name", ALL)
def test_each_has_its_roster_its_devices_and_its_day(name: str) -> None:
    settings = hall(name)
    assert settings.items
    assert settings.windows
    assert {"printer", "evaluator"} <= {device.kind for device in settings.devices}
    assert (HALLS.parent / "scenarios" / f"{name.removesuffix('.toml')}-day.toml").exists()
    for weekday in WEEKDAYS:
        assert any(weekday in (duty.weekdays or WEEKDAYS) for duty in settings.roster), weekday


NOT_OF_TODAY = (
    "地方税务局",
    "国家税务局",
    "工商局",
    "工商行政管理局",
    "食药监",
    "食品药品监督管理局",
    "安监局",
    "国土资源局",
    "环保局",
    "计生局",
    "永兴",
    "松原",
)


@pytest.mark.parametrize("name", ALL)
def test_no_real_place_and_no_bureau_of_yesterday(name: str) -> None:
    settings = hall(name)
    named = [
        settings.hall.name,
        *(each.name for each in (*settings.departments, *settings.windows, *settings.queues)),
    ]
    assert [(each, old) for each in named for old in NOT_OF_TODAY if old in each] == []
    assert settings.hall.name.startswith("示例")
    phones = {
        each.phone for each in (*settings.departments, *settings.windows, *settings.roster) if each.phone
    }
    assert all(phone.startswith("0000-") for phone in phones), "no telephone of anybody"


@pytest.mark.parametrize("name", ALL)
def test_letters_and_windows_are_sensible(name: str) -> None:
    settings = hall(name)
    assert not {each.id for each in settings.queues} & {"I", "O"}, "which look like 1 and 0"
    assert len({each.name for each in settings.windows}) == len(settings.windows)
    assert len({each.name for each in settings.queues}) == len(settings.queues)
    own = {queue for window in settings.windows for queue in window.queues if window.kind != "floating"}
    assert own == {each.id for each in settings.queues}, "each queue has a window of its own"
    asked = {each.window for each in settings.devices if each.kind == "evaluator"}
    assert any(
        {*window.queues} & {item.queue for item in settings.items}
        for window in settings.windows
        if window.id in asked
    )


LARGE = ("county-large", "city", "district")


@pytest.mark.parametrize("name", sorted({name.removesuffix(".toml") for name in ALL} - {"village"}))
def test_what_a_hall_of_its_kind_uses_is_turned_on(name: str) -> None:
    settings = hall(f"{name}.toml")
    assert settings.cases.enabled
    assert settings.feedback.enabled
    assert settings.fees.enabled == any(each.kind == "pay" for each in settings.windows) or name == "tax"
    parallel = [item for item in settings.items if item.case_type == "parallel"]
    assert all(item.parts for item in parallel)
    if name in (*LARGE, "commerce", "community"):
        events = Counter(item.life_event for item in settings.items if item.life_event)
        assert any(2 <= count <= ITEMS_MAX for count in events.values()), (
            "an event that is taken as a package"
        )


def test_the_large_county_has_the_counts_of_its_model() -> None:
    large = hall("county-large.toml")
    assert (len(large.departments), len(large.items)) == (48, 502)
    assert len([each for each in large.windows if each.kind != "guide"]) == 30
    assert Counter(item.case_type for item in large.items)["immediate"] == 256
    assert {"agency", "pay", "direct", "issuing"} <= {each.kind for each in large.windows}
    assert {"people", "business", "projects"} < {each.id for each in large.areas}, "three lines"
    assert {item.department for item in large.items} == {each.id for each in large.departments}


def test_the_large_halls_share_one_list() -> None:
    county, city, district = (hall(f"{name}.toml") for name in LARGE)
    assert county.items == district.items
    assert [each for each in city.items if each in county.items] == [*county.items]
    assert len(city.items) > len(county.items)
    assert (len(city.departments), len(district.departments)) == (52, 48)
    chiefs = [each for each in city.roster if each.role == "首席代表"]
    assert len(chiefs) >= 4


def test_the_district_has_22_windows_where_all_is_done_in_one_go() -> None:
    district = hall("district.toml")
    once = [each for each in district.windows if each.kind == "integrated"]
    assert len(once) == 22
    assert Counter(each.area for each in once) == {"people": 12, "business": 10}
    assert Counter(each.kind for each in district.windows)["duty"] == 2
    assert Counter(each.kind for each in district.windows)["review"] == 2


def test_the_safety_bureau_cuts_13_of_its_14_limits() -> None:
    safety = hall("safety.toml")
    cut = Counter((item.statutory_days, item.promised_days) for item in safety.items if item.statutory_days)
    assert len(safety.items) == 14
    known = Counter((item.statutory_days, item.promised_days) for item in safety.items if item.id < "A007")
    assert known == {(20, 5): 3, (60, 50): 1, (35, 30): 2}
    assert cut[60, 50] == 1
    assert cut[35, 30] == 2
    assert (
        sum(
            count for (before, after), count in cut.items() if after is not None and before and after < before
        )
        == 13
    )
    assert [each.role for each in safety.roster].count("首席代表") == 1


def test_food_and_drug_promises_half_and_a_third() -> None:
    items = {item.id: (item.statutory_days, item.promised_days) for item in hall("food-drug.toml").items}
    assert (items["M001"], items["M002"]) == ((30, 15), (15, 5))


def test_key_projects_have_nine_direct_windows() -> None:
    assert Counter(each.kind for each in hall("projects.toml").windows) == {"direct": 9}


def test_the_town_is_open_longer_on_market_days() -> None:
    town = hall("town.toml")
    assert town.calendar.market_days
    assert [each.days for each in town.hours] == [["market"]]


def test_a_district_of_1611_items_is_read_and_searched(tmp_path: Path) -> None:
    """The model of the district has so many; its items are not known, so the shared list three times over stands for them."""
    lines = (HALLS / "shared-items.csv").read_text("utf-8").splitlines()
    rows = [(f"{nth}-{line}", nth) for nth in range(4) for line in lines[1:]][:1611]
    for name, text in (
        ("district.toml", (HALLS / "district.toml").read_text("utf-8")),
        ("shared-items.csv", "\n".join([lines[0], *(row for row, _ in rows)])),
    ):
        (tmp_path / name).write_text(text, "utf-8")
    settings = read(tmp_path / "district.toml")
    assert len(settings.items) == 1611
    assert ItemIndex(settings.items).find("spjyxkz", 5), "食品经营许可证, by its initials"


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


def test_the_page_of_the_halls_has_each_with_its_counts() -> None:
    page = (HALLS.parents[1] / "docs/halls.md").read_text("utf-8")
    rows = [
        [cell.strip() for cell in line.split("|")[1:-1]]
        for line in page.splitlines()
        if line.startswith("| `")
    ]
    assert sorted(row[0].strip("`") for row in rows) == sorted(name.removesuffix(".toml") for name in ALL)
    for row in rows:
        settings = hall(f"{row[0].strip('`')}.toml")
        count = counts(settings)
        wanted = [
            str(count["departments"]),
            f"{count['windows']} + {count['pay_windows']}",
            str(count["items"]),
        ]
        assert row[1] == f"{settings.hall.name} {settings.hall.name_en}"
        assert row[2:5] == wanted, row[0]
