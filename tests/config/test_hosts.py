"""A host in a setting: a name or an address in its one spelling, or a mistake."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.hosts import HostMistake, parse


@pytest.mark.parametrize(
    ("text", "spelling"),
    [
        ("HALL_pc", "hall_pc"), ("hall.example.", "hall.example."), ("192.168.1.10", "192.168.1.10"),
        ("[0:0::1]", "::1"), ("::FFFF:10.0.0.1", "10.0.0.1"), ("政务.政务", "政务.政务"), ("box-1", "box-1"),
    ],
)  # fmt: skip
def test_a_host_has_one_spelling(text: str, spelling: str) -> None:
    assert parse(text).text == spelling


@pytest.mark.parametrize(
    "text",
    [
        "",
        ".",
        "a..b",
        "-a",
        "a-",
        "a" * 64,
        "a.b." * 70,
        "1.2.3",
        "0x7f.1",
        "127.1",
        "01.2.3.4",
        "[1.2.3",
        "a b",
        "a;b",
        "*",
        "::g",
        "[]",
        "[box]",
    ],
)
def test_what_is_none_is_a_mistake(text: str) -> None:
    with pytest.raises(HostMistake):
        parse(text)


@given(st.text(max_size=30))
def test_any_text_is_a_host_or_a_mistake_and_its_spelling_is_its_own(text: str) -> None:
    try:
        found = parse(text)
    except HostMistake:
        return
    assert parse(found.text) == found
