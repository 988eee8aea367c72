"""A hall written by program reads as the same hall."""

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec import structs

from config.reading.reader import HALLS, read
from config.writer import render, write
from tests.instruments.small_settings import GOOD, put

TURNING = "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"  # refused by the reader
PRINTABLE = st.text(
    st.characters(exclude_categories=["Cs", "Cc"], exclude_characters=TURNING), min_size=1, max_size=80
)
TEXT = st.text(
    st.characters(exclude_categories=["Cs", "Cc"], exclude_characters=TURNING, include_characters="\n\t"),
    max_size=200,
)


@pytest.mark.parametrize("path", sorted(HALLS.glob("*.toml")), ids=lambda path: path.name)
def test_every_hall_reads_back_equal(path: Path, tmp_path: Path) -> None:
    write(read(path), tmp_path / "copy.toml")
    assert read(tmp_path / "copy.toml") == read(path)


def test_a_demo_may_move_its_ports(tmp_path: Path) -> None:
    hall = read(HALLS / "county.toml")
    devices = tuple(
        structs.replace(each, port=f"tcp://127.0.0.1:{9500 + n}") for n, each in enumerate(hall.devices)
    )
    moved = structs.replace(hall, devices=devices, listen=structs.replace(hall.listen, caller=0))
    write(moved, tmp_path / "demo.toml")
    assert read(tmp_path / "demo.toml") == moved


@given(name=PRINTABLE, address=TEXT, papers=st.lists(TEXT, max_size=4))
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_any_words_survive(tmp_path: Path, name: str, address: str, papers: list[str]) -> None:
    good = read(put(tmp_path, GOOD))
    item = structs.replace(good.items[0], papers=papers)
    hall = structs.replace(good.hall, name=name, address=address)
    changed = structs.replace(good, hall=hall, items=(item, *good.items[1:]))
    assert read(put(tmp_path, render(changed))) == changed
