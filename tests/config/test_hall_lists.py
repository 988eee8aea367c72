"""A hall's lists: the catalogue's or its own, with a version that is another for another list."""

from itertools import combinations

import msgspec
from msgspec.structs import replace

from caller.engine.commands import RatingReason
from config import hall_lists
from config.settings import Reason
from tests.instruments.engine_fixture import settings

OWN = (Reason("rating", "slow", "慢", "Slow"), Reason("rating", "rude", "凶", "Rude"))


def test_the_catalogues_list_is_version_one_as_it_was() -> None:
    document = hall_lists.document(settings(), "rating")
    assert document["version"] == "1"
    assert [each["id"] for each in document["reasons"]] == [
        "attitude", "slow", "unclear", "runaround", "wait", "other"]  # fmt: skip
    assert document["reasons"][1] == {"id": "slow", "zh": "办理太慢", "en": "Too slow"}


def test_a_hall_has_its_own_list_of_one_kind_and_the_usual_one_of_another() -> None:
    own = settings(reasons=OWN)
    assert hall_lists.reasons(own, "rating") == OWN
    assert hall_lists.reasons(own, "pause") == hall_lists.usual("pause")
    assert hall_lists.find(own, "rating", "rude") == OWN[1]
    assert hall_lists.find(own, "rating", "attitude") is None
    assert hall_lists.find(own, "pause", "") is None


def test_lists_that_differ_in_codes_names_or_order_differ_in_version() -> None:
    lists = [
        OWN,
        OWN[::-1],
        OWN[:1],
        (replace(OWN[0], name="太慢"), OWN[1]),
        (replace(OWN[0], name_en="Slower"), OWN[1]),
        (replace(OWN[0], id="slower"), OWN[1]),
        hall_lists.usual("rating"),
        hall_lists.usual("rating")[:-1],
    ]
    versions = [hall_lists.version(each) for each in lists]
    assert all(one != other for one, other in combinations(versions, 2))
    assert versions == [hall_lists.version(each) for each in lists]


def test_what_a_page_sends_of_any_list_is_taken_on_the_wire() -> None:
    """The longest code the reader allows, behind the longest version there is."""
    for reasons in (OWN, hall_lists.usual("rating")):
        sent = [f"{hall_lists.version(reasons)}:{each.id}" for each in reasons]
        assert msgspec.convert(sent, list[RatingReason]) == sent
    longest = f"{2**32 + 1}:" + "a" * 28
    assert msgspec.convert(longest, RatingReason) == longest


def test_a_reason_without_english_is_shown_in_chinese() -> None:
    document = hall_lists.document(settings(reasons=(Reason("rating", "slow", "慢"),)), "rating")
    assert document["reasons"] == [{"id": "slow", "zh": "慢", "en": "慢"}]
