"""Nothing from outside moves a cursor, turns a line round, ends a sheet or becomes a formula; all that reads stays."""

import json
import re
from pathlib import Path
from typing import Any
from unicodedata import category

import msgspec
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from config.text_safety import (
    SHEET_CHARS_MAX,
    for_json,
    for_page,
    for_paper,
    for_sheet,
    for_terminal,
    is_formula,
    is_printable,
    lines_for_terminal,
    page_document,
)

ROOT = Path(__file__).parents[2]

HARMLESS = [
    "王小明",
    "买买提·艾力",
    "Ayşe O'Neill-Smith",
    "①②③ 〇",
    "全角　空格",
    "नमस्ते",
    "می‌خواهم",
    "བོད་ཡིག",
    "🙂",
    "ᠮᠣᠩᠭᠣᠯ\u180e\u200d",
    "",
]


def test_lines_and_tabs_stay_and_nothing_else_that_acts():
    assert lines_for_terminal("王\t小\n明\n") == "王\t小\n明\n"
    assert lines_for_terminal("a\x1b[2J\r\nb\u202e\t\x9b") == "a\\x1b[2J\\r\nb\\u202e\t\\x9b"


@pytest.mark.parametrize("text", HARMLESS)
def test_what_can_be_read_stays(text: str):
    for safe in (for_terminal(text), for_sheet(text), for_page(text), for_paper(text)):
        assert safe == text


@pytest.mark.parametrize(
    ("text", "safe"),
    [
        ("\x1b[2Jgone", "\\x1b[2Jgone"),
        ("a\rb\nc\td\0e", "a\\rb\\nc\\td\\x00e"),
        ("\x9b31m", "\\x9b31m"),  # an escape sequence in one sign
        ("\u202eemit", "\\u202eemit"),
        ("\u2066x\u2069", "\\u2066x\\u2069"),
        ("\u2028", "\\u2028"),
        ("\ud800", "\\ud800"),
        ("\x7f", "\\x7f"),
    ],
)
def test_signs_that_nothing_prints_are_written_out(text: str, safe: str):
    assert for_terminal(text) == safe
    assert for_sheet(text) == safe


@given(st.text(st.characters(exclude_categories=[])))
def test_what_comes_out_holds_printable_signs_only(text: str):
    for safe in (for_terminal(text), for_sheet(text)):
        assert all(is_printable(sign) for sign in safe)
        assert for_terminal(safe) == safe
        safe.encode("utf-8")


@given(
    st.recursive(
        st.text(st.characters(codec="utf-8")), lambda inner: st.lists(inner, max_size=3), max_leaves=5
    )
)
@example("\x7f")  # the one control of ASCII that an encoder leaves as it is
def test_json_keeps_its_values_and_holds_printable_signs_only(value: Any):
    document = msgspec.json.encode(value).decode()
    safe = for_json(document)
    assert json.loads(safe) == value
    assert all(is_printable(sign) for sign in safe)


def test_the_twin_of_json_as_encoded_holds_an_escape_sequence():
    document = msgspec.json.encode("\x9b2J\u202e").decode()
    assert not all(is_printable(sign) for sign in document)
    assert for_json(document) == '"\\u009b2J\\u202e"'


def test_a_cell_holds_no_more_than_the_format_allows():
    assert len(for_sheet("x" * 100_000)) == SHEET_CHARS_MAX


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1+1", "@SUM(A1)", "＝1", "＠a"])
def test_formulas_are_known(text: str):
    assert is_formula(text)
    assert not is_formula(f"a{text}")
    assert not is_formula("")


@pytest.mark.parametrize(
    ("text", "safe"),
    [
        ("综合\u202e窗口\x07", "综合窗口"),
        ("\x1b[31m红", "[31m红"),
        ("一\n二\t三\u2028四", "一 二 三 四"),
        ("零\u200b宽\ufeff\u200e", "零宽"),
        ("\ud800", "\ufffd"),
        ("\ue000\U0001fbff", "\ue000\U0001fbff"),  # a private sign of a rare name, one newer than this Python
    ],
)
def test_a_page_and_a_paper_leave_out_what_acts(text: str, safe: str):
    assert for_page(text) == for_paper(text) == safe


@given(st.text(st.characters(exclude_categories=[])))
def test_no_page_or_paper_holds_a_sign_that_acts(text: str):
    safe = for_page(text)
    assert not [sign for sign in safe if category(sign) in ("Cc", "Zl", "Zp", "Cs")]
    assert not set(safe) & set("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
    assert for_page(safe) == safe


def test_a_document_is_made_safe_through_and_through():
    document = {"a\u202e": ["x\u202ey", {"b": "\x1b"}, 1, True]}
    assert page_document(document) == {"a\u202e": ["xy", {"b": ""}, 1, True]}


def test_what_decodes_bytes_from_outside_expects_all_that_decoding_raises():
    """Bytes that are no UTF-8 and nesting without end raise what is no `DecodeError`."""
    rooms = (
        path
        for floor in ("caller", "config", "devices", "display", "kiosk")
        for path in (ROOT / floor).rglob("*.py")
    )
    narrow = [
        path.name for path in rooms if re.search(r"except .*msgspec\.DecodeError", path.read_text("utf-8"))
    ]
    assert narrow == ["frames.py"]  # which has words of its own for each
