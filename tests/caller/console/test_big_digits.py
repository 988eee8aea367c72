"""The large number: as large as fits, whole, and read back dot by dot."""

import string

import pytest

from caller.console import big_digits


@pytest.mark.parametrize(
    ("columns", "rows"), [(46, 7), (69, 11), (52, 7), (92, 14), (23, 4), (200, 7), (200, 8)]
)
def test_a_number_never_leaves_its_room(columns: int, rows: int) -> None:
    lines = big_digits.large("A042", columns, rows)
    assert len(lines) <= rows
    assert {len(line) for line in lines} == {max(len(line) for line in lines)}
    assert len(lines[0]) <= columns


def test_a_wider_room_makes_it_larger() -> None:
    heights = [len(big_digits.large("A042", columns, 40)) for columns in (23, 46, 69, 92)]
    assert heights == [4, 7, 11, 14]


def test_at_80_columns_the_number_is_seven_lines_tall() -> None:
    assert len(big_digits.large("A042", 52, 8)) == 7


def test_a_room_too_small_shows_the_plain_number() -> None:
    assert big_digits.large("AB12345", 20, 3) == ["AB12345"]
    assert big_digits.large("", 50, 7) == [""]
    assert big_digits.large("号", 50, 7) == ["号"]


def test_every_letter_and_digit_is_drawn_and_no_two_alike() -> None:
    drawn = {
        letter: tuple(big_digits.large(letter, 5, 4)) for letter in string.ascii_uppercase + string.digits
    }
    assert len(set(drawn.values())) == 36
    assert all(len(lines) == 4 and len(lines[0]) == 5 for lines in drawn.values())


def test_the_dots_are_those_of_the_font() -> None:
    lines = big_digits.large("7", 5, 4)
    dots = [[cell in half for cell in line] for line in lines for half in ("█▀", "█▄")]
    shown = ["".join("#" if dot else "." for dot in row) for row in dots][: big_digits.DOTS_HIGH]
    assert shown == ["#####", "....#", "...#.", "..#..", "..#..", "..#..", "..#.."]
