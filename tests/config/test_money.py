"""Money in whole fen: typed and shown alike, discounts that never take too much, sums in hanzi that read back."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config import money

SUMS = st.integers(0, money.MONEY_MAX)


@given(SUMS)
def test_what_is_shown_can_be_typed_again(fen: int) -> None:
    assert money.fen_of(money.yuan(fen)) == fen
    assert money.fen_of(f"¥ {money.yuan(fen)} 元") == fen


@pytest.mark.parametrize(
    ("typed", "fen"),
    [("12", 1200), ("12.5", 1250), ("12.50", 1250), ("１２．５", 1250), ("0.01", 1), ("1,000", 100_000), (" 8 ", 800)],
)  # fmt: skip
def test_a_sum_is_typed_in_yuan(typed: str, fen: int) -> None:
    assert money.fen_of(typed) == fen


@pytest.mark.parametrize("typed", ["", "-1", "1.234", "12元5", "a", "1e3", "1234567890", ".5", "5."])
def test_what_is_no_sum_is_none(typed: str) -> None:
    assert money.fen_of(typed) is None


@given(SUMS, st.integers(0, 100))
def test_a_discount_takes_no_fen_too_much_and_gives_less_than_one_away(fen: int, percent: int) -> None:
    paid = money.share_of(fen, percent)
    assert 0 <= fen * percent - paid * 100 < 100
    assert paid <= fen
    assert money.share_of(fen, 100) == fen


def test_twin_rounding_up_would_take_too_much() -> None:
    assert money.share_of(101, 50) == 50
    assert -(-101 * 50 // 100) == 51, "what a ceiling would take of somebody who owes 50.5 fen"


@pytest.mark.parametrize(
    ("fen", "said"),
    [
        (0, "零元整"), (1, "壹分"), (10, "壹角整"), (1000, "壹拾元整"), (123405, "壹仟贰佰叁拾肆元零伍分"),
        (1000050, "壹万元伍角整"), (100_100, "壹仟零壹元整"), (10_010_000, "壹拾万零壹佰元整"), (1_000_500_000, "壹仟万伍仟元整"),
        (100_000_001_00, "壹亿零壹元整"), (15_000_00, "壹万伍仟元整"), (1_05_000_00, "壹拾万伍仟元整"),
    ],
)  # fmt: skip
def test_a_sum_in_hanzi(fen: int, said: str) -> None:
    assert money.capital(fen) == said


VALUES = {sign: value for value, sign in enumerate(money.DIGITS)}


def read_back(text: str) -> int:
    """What a hanzi sum says, by a reader of its own: each digit times the place behind it."""
    fen = 0
    whole, mark, part = text.partition("元")
    if not mark:
        whole, part = "", text
    total = group = 0
    for digit, place in re.findall(r"([壹贰叁肆伍陆柒捌玖])?([拾佰仟万亿])?", whole):
        value = VALUES.get(digit, 0)
        match place:
            case "万" | "亿":
                total += (group + value) * (10**4 if place == "万" else 10**8)
                group = 0
            case _:
                group += value * {"": 1, "拾": 10, "佰": 100, "仟": 1000}[place]
    fen = (total + group) * 100
    for digit, place in re.findall(r"([壹贰叁肆伍陆柒捌玖])([角分])", part):
        fen += VALUES[digit] * (10 if place == "角" else 1)
    return fen


@given(SUMS)
def test_every_sum_in_hanzi_reads_back(fen: int) -> None:
    said = money.capital(fen)
    assert read_back(said) == fen
    assert "零零" not in said
