"""A number is given once in its period, reads as it is written, and grows rather than repeat."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from caller.engine import commands as cmd
from caller.engine import numbering
from caller.engine.numbering import Serials
from tests.instruments.engine_fixture import Stage

COURSES = st.lists(st.tuples(st.sampled_from(["A", "B", "AB"]), st.integers(0, 5)), max_size=60)


def numbers(course: list[tuple[str, int]]) -> list[str]:
    """The numbers of a period: each a series, and how far above its serials a witness saw one (0: none)."""
    serials: Serials = {}
    found: list[str] = []
    for series, above in course:
        floor = numbering.given(serials, series) + above if above else 0
        serial = numbering.next_serial(serials, series, floor)
        numbering.note(serials, series, serial)
        found.append(numbering.written("ticket", series, serial, 2))
    return found


def repeated(course: list[tuple[str, int]]) -> bool:
    found = numbers(course)
    return len(set(found)) < len(found)


@given(COURSES)
def test_no_number_repeats_and_each_reads_as_it_was_written(course: list[tuple[str, int]]):
    assert not repeated(course)
    serials: Serials = {}
    for number, (series, _) in zip(numbers(course), course, strict=True):
        assert numbering.serial_in(number) > serials.get(series, 0)
        assert numbering.serial_in(number[len(series) :]) == numbering.serial_in(number)
        serials[series] = numbering.serial_in(number)


def test_twin_without_the_note_numbers_repeat(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(numbering, "note", lambda *_: None)
    assert repeated([("A", 0), ("A", 0)])


def test_twin_with_a_fixed_width_numbers_repeat(monkeypatch: pytest.MonkeyPatch):
    def cut(_kind: str, series: str, serial: int, digits: int) -> str:
        return f"{series}{str(serial).zfill(digits)[-digits:]}"

    monkeypatch.setattr(numbering, "written", cut)
    assert repeated([("A", 0)] * 101)


def test_a_serial_that_comes_late_takes_none_back():
    serials: Serials = {"A": 7}
    numbering.note(serials, "A", 3)
    assert numbering.next_serial(serials, "A") == 8


@pytest.mark.parametrize(
    ("number", "serial"), [("A042", 42), ("42", 42), ("AB1000", 1000), ("A", -1), ("", -1)]
)
def test_the_serial_in_what_is_keyed_in(number: str, serial: int):
    assert numbering.serial_in(number) == serial


def test_tickets_begin_again_with_the_day():
    stage = Stage()
    assert [stage.take(queue) for queue in "AAB"] == ["A001", "A002", "B001"]
    stage.do(cmd.CloseDay(expire=True))
    stage.later(24 * 60).do(cmd.OpenDay("2026-09-22"))
    assert stage.take("A") == "A001"
