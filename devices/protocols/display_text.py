"""Text as a small display can show it: clipped by width, in the bytes it understands. Pure.

A width counts half cells: a hanzi takes two, a letter one. In GB2312 that is also its number of bytes, which
is why cheap displays count so. What the display's font does not have becomes 〓, as type-setters mark a
missing sort; before that it is shown by what Unicode says it is made of (㎡ as m2, Ñ as N).

Encoding is done by GBK, of which GB2312 is a part: Python's own `gb2312` reads two cells of the standard as
other characters (A1A4 as a katakana dot, A1AA as a horizontal bar) and so refuses · and —, which every
display has.
"""

import re
import unicodedata
from collections.abc import Mapping
from functools import cache
from typing import Any, Literal

MISSING = "〓"
_BRACES = re.compile(r"\{(\w+)\}|\{\{|\}\}|[{}]")
DisplayEncoding = Literal["gb2312", "gbk", "ascii"]
_DOT_AND_DASH = (b"\xa1\xa4", b"\xa1\xaa")
_SAME = str.maketrans(
    {
        "•": "·",
        "・": "·",
        "‧": "·",
        "∙": "·",
        "―": "—",
        "–": "-",
        "‑": "-",
        "−": "-",
        "〜": "～",
        "¥": "￥",
        "ß": "ss",
        "©": "(c)",
        "®": "(R)",
    }
)  # variants of one sign


def clip(text: str, width: int) -> str:
    """Return as much of `text` as fits; a hanzi is never cut in half."""
    used = 0
    for index, char in enumerate(text):
        used += cells(char)
        if used > width:
            return text[:index]
    return text


def cells(text: str) -> int:
    return sum(1 if ord(char) < 0x80 else 2 for char in text)


def shown(text: str, encoding: DisplayEncoding, width: int, pad: bool = False) -> bytes:
    """Return the bytes of a line for a display of that width and font."""
    line = clip("".join(_known(char, encoding) for char in text.translate(_SAME)), width)
    return (line + " " * ((width - cells(line)) if pad else 0)).encode("gbk")


def read_back(data: bytes, encoding: DisplayEncoding) -> str:
    """Return what such a display shows for these bytes: for simulators."""
    return data.decode("ascii" if encoding == "ascii" else "gbk", "replace")


@cache
def _known(char: str, encoding: DisplayEncoding) -> str:
    """Return the character as this font can show it, or the mark where it cannot."""
    if char.isspace():
        return "  " if char == "\u3000" else " "
    if not char.isprintable():
        return ""
    if _in_font(char, encoding):
        return char
    if char == "〇":
        return _known("○", encoding)
    parts = [
        each for each in unicodedata.normalize("NFKD", char) if not unicodedata.category(each).startswith("M")
    ]
    if all(_in_font(each, encoding) for each in parts):
        return "".join(parts)
    return "?" if encoding == "ascii" else MISSING


def _in_font(char: str, encoding: DisplayEncoding) -> bool:
    if encoding == "ascii" or char.isascii():
        return char.isascii()
    try:
        cell = char.encode("gbk")
        if encoding == "gb2312" and cell not in _DOT_AND_DASH:
            cell.decode("gb2312")
    except UnicodeError:
        return False
    return True


def fill(template: str, facts: Mapping[str, Any]) -> str:
    """Return a template with its {placeholders} filled from `facts`; one that `facts` lacks shows nothing.

    A placeholder is a bare name. `str.format` is not used: it reads attributes and indexes, and a width in a template
    could ask for a gigabyte of blanks. Raises ValueError for a brace that is neither a placeholder's nor doubled.
    """

    def filled(found: re.Match[str]) -> str:
        if found[1]:
            return _plain(facts.get(found[1], ""))
        if len(found[0]) == 1:
            raise ValueError(
                f"{template!r}: 花括号里只能写一个名称 / only a bare name between braces, as in {{number}}"
            )
        return found[0][0]

    return _BRACES.sub(filled, template)


def _plain(value: Any) -> str:
    return value if isinstance(value, str) else str(value) if isinstance(value, int) else ""
