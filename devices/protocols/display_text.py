"""Text as a small display can show it: clipped by width, in the bytes it understands. Pure.

A width counts half cells: a hanzi takes two, a letter one. In GB2312 that is also its number of bytes, which
is why cheap displays count so. What GB2312 does not have becomes 〓, as type-setters mark a missing sort.
"""

from collections.abc import Mapping
from typing import Any

MISSING = "〓"


def clip(text: str, width: int) -> str:
    """As much of `text` as fits; a hanzi is never cut in half."""
    used = 0
    for index, char in enumerate(text):
        used += cells(char)
        if used > width:
            return text[:index]
    return text


def cells(text: str) -> int:
    return sum(1 if ord(char) < 0x80 else 2 for char in text)


def shown(text: str, encoding: str, width: int, pad: bool = False) -> bytes:
    """The bytes of a line for a display of that width."""
    known = "".join(_known(char, encoding) for char in text if char.isprintable())
    line = clip(known, width)
    return (line + " " * ((width - cells(line)) if pad else 0)).encode(encoding)


def _known(char: str, encoding: str) -> str:
    try:
        char.encode(encoding)
    except UnicodeEncodeError:
        return "?" if encoding == "ascii" else MISSING
    return char


def fill(template: str, facts: Mapping[str, Any]) -> str:
    """A template with its {placeholders} filled; one nobody knows shows as nothing."""
    return template.format_map(_Facts({name: _plain(value) for name, value in facts.items()}))


class _Facts(dict[str, str]):
    def __missing__(self, key: str) -> str:
        return ""


def _plain(value: Any) -> str:
    return value if isinstance(value, str) else str(value) if isinstance(value, int) else ""
