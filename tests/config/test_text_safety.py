"""No text from outside reorders, hides, breaks or forges what stands around it, wherever it is shown."""

import unicodedata
from collections.abc import Callable
from io import BytesIO

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config import text_safety
from config.text_safety import for_page, for_paper, for_sheet, for_terminal, page_document

EVERYWHERE = (for_terminal, for_page, for_sheet, for_paper)
BIDI = "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
CONTROLS = "".join(map(chr, (*range(0x20), 0x7F, *range(0x80, 0xA0))))
# What names legally hold: ideographic space, Uyghur, Tibetan, Mongolian with its joiners, a rare hanzi, an emoji.
LEGAL = ("社保　窗口", "ئۇيغۇر", "བོད་ཡིག", "ᠮᠣᠩᠭᠣᠯ\u180e\u200d", "𠮷喆·镕", "Ärzte № 3", "🙂")


@pytest.mark.parametrize("make", EVERYWHERE)
def test_nothing_unsafe_is_left(make: Callable[[str], str]):
    made = make(f"A{BIDI}{CONTROLS}\u2028\u2029\ud800\ufffe\u200b\ufeff\U000e0041Z")
    assert not set(made) & set(BIDI + CONTROLS + "\u2028\u2029\u200b\ufeff\U000e0041")
    assert made.startswith("A")
    assert made.endswith("Z")
    made.encode()  # a lone surrogate would raise


@pytest.mark.parametrize("make", EVERYWHERE)
@pytest.mark.parametrize("text", LEGAL)
def test_what_a_name_may_hold_stays(make: Callable[[str], str], text: str):
    assert make(text) == text


def test_a_technician_sees_what_a_name_holds():
    assert for_terminal("3\x1b[2J号\u202e口") == "3\\x1b[2J号\\u202e口"
    assert for_terminal("first\nsecond") == "first second", "one text is one line: no line is forged"


def test_a_page_and_a_paper_leave_it_out():
    assert for_page("综合\u202e窗口\x07") == for_paper("综合\u202e窗口\x07") == "综合窗口"


@pytest.mark.parametrize("formula", ["=1+1", "+86", "-2", "@SUM(A1)", "\x00=1", "\u202e=1"])
def test_no_sheet_computes_a_name(formula: str):
    assert for_sheet(formula).startswith("'")


def test_a_sheet_takes_what_it_is_given():
    """Against the writer itself: the raw name ends the report, the safe one is read back."""
    from openpyxl import Workbook, load_workbook
    from openpyxl.utils.exceptions import IllegalCharacterError

    raw, book = "王\x1b五" + "长" * 40_000, Workbook()
    with pytest.raises(IllegalCharacterError):
        book.active.append([raw])  # type: ignore[union-attr]
    book.active.append([for_sheet(raw)])  # type: ignore[union-attr]
    book.save(file := BytesIO())
    read = load_workbook(file).active.cell(book.active.max_row, 1).value  # type: ignore[union-attr]
    assert read == ("王五" + "长" * 40_000)[: text_safety.SHEET_CHARS_MAX]


def test_a_document_is_made_safe_through_and_through():
    document = {"a\u202e": ["x\u202ey", {"b": "\x1b"}, 1, True]}
    assert page_document(document) == {"a\u202e": ["xy", {"b": ""}, 1, True]}


@given(st.text())
def test_safe_is_safe_for_ever(text: str):
    for make in EVERYWHERE:
        made = make(text)
        assert all(unicodedata.category(char) not in ("Cc", "Zl", "Zp", "Cs") for char in made)
        assert not set(made) & set(BIDI)
        if make is not for_sheet:  # which quotes once more
            assert make(made) == made
