"""Text from outside made safe for where it is shown: the one place that decides which signs may pass.

A name, a reason or a device's own words can hold anything: an escape sequence that moves the terminal's cursor, a
mark that reverses the reading direction, a control sign that no spreadsheet may hold, a formula. On a terminal and in
a sheet, signs that nothing can print are written out (\\x1b), so that a technician sees them; a page and a paper
leave them out. All that can be read stays as it is, in every script. Pure.
"""

import json
import re
from html import escape
from typing import Any, cast
from unicodedata import category

import msgspec

# What decoding JSON or msgpack from outside raises: bytes that are no UTF-8, and arrays in arrays without end, have
# exceptions of their own beside msgspec's.
DECODE_ERRORS = (msgspec.MsgspecError, UnicodeError, RecursionError)
SHEET_CHARS_MAX = 32_767  # of one cell, by the file format
FORMULA_STARTS = frozenset("=+-@＝＋－＠")  # the wide ones too: Chinese spreadsheets take them for the same
# Format signs (category Cf) that scripts need inside words: zero-width non-joiner and joiner, and the Mongolian
# vowel separator.
JOINERS = frozenset("\u200c\u200d\u180e")
# Other controls, private use and surrogates, unassigned, line and paragraph separators.
UNPRINTABLE = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
DELETE = "\x7f"


def is_printable(sign: str) -> bool:
    """Return whether a sign may be shown as it is; unlike `str.isprintable`, every blank of a script may."""
    return category(sign) not in UNPRINTABLE or sign in JOINERS


def for_terminal(text: str) -> str:
    """Return text for one line of a terminal: nothing in it can move the cursor or turn the line round."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(sign if is_printable(sign) else _written_out(sign) for sign in text)


def lines_for_terminal(text: str) -> str:
    """Return text of several lines, with tabs, for a terminal: each line as `for_terminal`."""
    return "\n".join("\t".join(map(for_terminal, line.split("\t"))) for line in text.split("\n"))


def for_json(document: str) -> str:
    """Return a JSON document for a terminal or a pipe: the same values, unprintable signs escaped as JSON escapes them."""
    if document.isascii() and DELETE not in document:  # the encoder has escaped the other controls of ASCII
        return document
    return "".join(sign if is_printable(sign) else json.dumps(sign)[1:-1] for sign in document)


def for_sheet(text: str) -> str:
    """Return text for one cell of a spreadsheet, cut to what a cell may hold. Write it as text (`is_formula`)."""
    return for_terminal(text)[:SHEET_CHARS_MAX]


def for_page(text: str) -> str:
    """Return text for a page or a view document, without the signs that act instead of being read: controls, marks of
    direction, invisible ones. Private and unassigned signs stay: fonts of rare names have them."""
    return text if text.isprintable() else "".join(map(_readable, text))


def for_html(text: str) -> str:
    """Return text for the body or an attribute of an HTML document that a program writes."""
    return escape(for_page(text))


def with_whole_dates(html: str) -> str:
    """Return a line of a printed page with its dates marked: a browser would break them behind a hyphen, a printer does not."""
    return DATE.sub(r'<span class="whole">\g<0></span>', html)


def for_css(text: str) -> str:
    """Return text as a string of a style sheet inside an HTML document: no quote, backslash or tag ends it."""
    return '"' + "".join(f"\\{ord(sign):x} " if sign in '"\\<>&' else sign for sign in for_page(text)) + '"'


def for_paper(text: str) -> str:
    """Return text for a slip, a notice or a sign: as for a page; a printer takes controls for commands."""
    return for_page(text)


def page_document(value: Any) -> Any:
    """Return a copy of a JSON value in which `for_page` has made every text safe, keys excepted."""
    if isinstance(value, str):
        return for_page(value)
    if isinstance(value, dict):
        return {key: page_document(each) for key, each in cast(dict[str, Any], value).items()}
    if isinstance(value, list | tuple):
        return [page_document(each) for each in cast(list[Any], value)]
    return value


def is_formula(text: str) -> bool:
    """Return whether a spreadsheet would reckon this text when it is typed or pasted; a cell must be marked as text."""
    return text[:1] in FORMULA_STARTS


def _written_out(sign: str) -> str:
    return sign.encode("unicode_escape", "surrogatepass").decode("ascii")


def _readable(sign: str) -> str:
    """Return a sign as a page may hold it: a line's end becomes a blank, a lone surrogate the replacement sign."""
    kind = category(sign)
    if sign in "\t\n\r" or kind in ("Zl", "Zp"):
        return " "
    if kind == "Cs":
        return "\ufffd"
    return "" if kind in ("Cc", "Cf") and sign not in JOINERS else sign
