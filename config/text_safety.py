"""Text that came from outside (settings, clerks, devices, people, old logs) made safe for where it is shown.

Each target has one function: a terminal, a page, a sheet, a paper. All four return one line without control
characters and without the characters that reorder, hide or break what stands around them:

1. Control characters (C0, DEL, C1) act on a terminal and a printer, end an xlsx file, and forge lines of a log.
2. Bidirectional controls (U+061C, U+200E/F, U+202A to U+202E, U+2066 to U+2069) show a name reversed, and the
   text after it as well. Letters of right-to-left scripts need none of them and stay.
3. Other invisible format characters make two names look the same. Joiners (U+200C, U+200D) and the Mongolian
   vowel separator (U+180E) shape letters and stay.
4. Lone surrogates and noncharacters cannot be encoded; they become U+FFFD.

Source of the bidirectional set: Unicode Standard Annex 9, "Directional Formatting Characters". Pure.
"""

import unicodedata
from collections.abc import Callable
from typing import Any, cast

SHEET_CHARS_MAX = 32_767  # of one cell; Excel declares a file with more damaged
FORMULA_STARTS = ("=", "+", "-", "@")  # a spreadsheet computes a CSV field that begins so

_SHAPING = frozenset("\u200c\u200d\u180e")
_REPLACEMENT = "\ufffd"


def for_terminal(text: str) -> str:
    r"""Return `text` as one line that a terminal prints as it is; a control character shows as `\x1b` or `\u202e`,
    so that a technician sees what a name or a log really holds."""
    return text if text.isprintable() else _cleaned(text, _escape)


def for_page(text: str) -> str:
    """Return `text` as one line for a page or a view document; what must not be shown is left out."""
    return text if text.isprintable() else _cleaned(text, _nothing)


def for_paper(text: str) -> str:
    """Return `text` as one line for a slip, a notice or a sign; what must not be printed is left out."""
    return text if text.isprintable() else _cleaned(text, _nothing)


def for_sheet(text: str) -> str:
    """Return `text` as the text of one spreadsheet cell (xlsx or CSV): cleaned, cut at `SHEET_CHARS_MAX`, and
    quoted with an apostrophe where a spreadsheet would compute it."""
    if not text.isprintable():
        text = _cleaned(text, _nothing)
    quoted = "'" + text if text.startswith(FORMULA_STARTS) else text
    return quoted[:SHEET_CHARS_MAX]


def page_document(value: Any) -> Any:
    """Return a copy of a JSON value in which `for_page` has made every text safe, keys excepted."""
    if isinstance(value, str):
        return for_page(value)
    if isinstance(value, dict):
        return {key: page_document(each) for key, each in cast(dict[str, Any], value).items()}
    if isinstance(value, list | tuple):
        return [page_document(each) for each in cast(list[Any], value)]
    return value


def _cleaned(text: str, shown: Callable[[str], str]) -> str:
    return "".join(char if char.isprintable() else _one(char, shown) for char in text)


def _one(char: str, shown: Callable[[str], str]) -> str:
    """Return what stands for one character that `str.isprintable` does not count as printable."""
    match unicodedata.category(char):
        # An ideographic space; a private letter of a rare name; a letter newer than this Python.
        case "Zs" | "Co" | "Cn" if not _is_nonchar(char):
            return char
        case "Cc" if char in "\t\n\r":
            return " "
        case "Zl" | "Zp":
            return " "
        case "Cf" if char in _SHAPING:
            return char
        case "Cc" | "Cf":
            return shown(char)
        case _:
            return _REPLACEMENT


def _is_nonchar(char: str) -> bool:
    return ord(char) & 0xFFFE == 0xFFFE or 0xFDD0 <= ord(char) <= 0xFDEF


def _nothing(_: str) -> str:
    return ""


def _escape(char: str) -> str:
    code = ord(char)
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
