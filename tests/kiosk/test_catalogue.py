"""Finding an item: by hanzi, initials, pinyin and English, on the real county list."""

import subprocess
import sys
from pathlib import Path

import pytest

from config.directions import lines_in, name_in, text_in
from config.reading.reader import read
from kiosk.catalogue import Catalogue
from tests.instruments.kiosk_halls import small_hall

COUNTY = Path(__file__).resolve().parents[2] / "config/halls/county.toml"


@pytest.fixture(scope="module")
def county() -> Catalogue:
    return Catalogue(read(COUNTY))


@pytest.mark.parametrize(
    "query", ["kydj", "KYDJ", "kaiye", "开业", "kaiyedengji", "Business opening", "k y d j"]
)
def test_one_item_many_ways(county: Catalogue, query: str):
    assert "T001" in [item.id for item in county.find(query)]


def test_names_that_begin_with_it_come_first(county: Catalogue):
    found = [item.name for item in county.find("登记")]
    assert found
    assert all("登记" in name for name in found)
    starts = [name.startswith("登记") for name in found]
    assert starts == sorted(starts, reverse=True)


def test_nothing_typed_or_nothing_fitting_finds_nothing(county: Catalogue):
    assert county.find("") == []
    assert county.find("zzzzzz") == []


def test_a_live_letter_always_finds_and_a_dead_one_never(county: Catalogue):
    live = county.letters_after("ky")
    for letter in "abcdefghijklmnopqrstuvwxyz":
        assert bool(county.find("ky" + letter)) == (letter in live)


def test_every_item_can_be_reached_by_department(county: Catalogue):
    reached = {item.id for d in county.departments for item in county.of_department(d)}
    assert reached == set(county.items)


def test_every_item_can_be_found_by_its_initials(county: Catalogue):
    for item, keys in county._index._keys.items():
        assert item in [found.id for found in county.find(keys[1], most=1000)]


def test_a_queue_without_items_is_offered_by_itself():
    assert [queue.id for queue in Catalogue(small_hall()).loose_queues()] == ["Z"]


def test_english_where_the_hall_has_it_and_chinese_where_not():
    catalogue = Catalogue(small_hall())
    named, unnamed = catalogue.items["T001"], catalogue.items["T002"]
    assert (name_in(named, "en"), name_in(unnamed, "en")) == ("Business registration", "涉税事项2")
    assert lines_in(named, "papers", "en") == named.papers
    assert text_in(named, "life_event", "en") == "开办企业"


START = """
import sys
from config.reading.reader import read
from kiosk.catalogue import Catalogue
import kiosk.cli.kiosk
catalogue = Catalogue(read(sys.argv[1]))
if sys.argv[2:]:
    sys.executable = sys.argv[2]
catalogue.prepare_search()
print(catalogue.find("kydj")[0].name, "pypinyin" in sys.modules)
"""


@pytest.mark.parametrize(("reader", "carried"), [((), "False"), (("/none",), "True")])
def test_a_kiosk_searches_by_pinyin_and_does_not_carry_its_tables(reader: tuple[str, ...], carried: str):
    """They are fifty megabytes of the smallest PC. Twin: where no other process can read them, this one does."""
    line = [sys.executable, "-c", START, str(COUNTY), *reader]
    done = subprocess.run(line, capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["开业登记", carried]
