"""What is on a paper, before anyone asks how it is printed: lines, a rule, a QR code, a logo, a cut.

A slip, a notice and a technician's test slip are all a `Sheet`. The text encoder and the raster encoder
turn the same sheet into ESC/POS, so the two modes cannot drift apart. Pure data: no ports, no fonts.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from config.text_safety import for_paper

Align = Literal["left", "center", "right"]

SIZE_MIN, SIZE_MAX = 1.0, 8.0  # ESC/POS magnifies 1 to 8 times
DOTS = 24  # the height of one line of size 1, and of a printer's own hanzi
LINE_CHARS_MAX = 400  # a service guide's longest condition is about 200; a flood is not printed
BLOCKS_MAX = 400  # a one-time notice lists some 30 papers; a roll is not unwound by a mistake


@dataclass(frozen=True, slots=True)
class TextLine:
    """Text; `fit` makes it smaller, rather than breaking it, where it is too wide."""

    text: str
    size: float = 1.0
    align: Align = "left"
    bold: bool = False
    fit: bool = False


@dataclass(frozen=True, slots=True)
class Rule:
    """A line across the paper."""


@dataclass(frozen=True, slots=True)
class QrCode:
    """A QR code, as near to `millimetres` wide as whole dots allow."""

    data: str
    millimetres: int = 28


@dataclass(frozen=True, slots=True)
class Logo:
    """A picture from a file, in the middle; `width` is its share of the paper."""

    path: str
    width: float = 0.4


@dataclass(frozen=True, slots=True)
class Feed:
    lines: int = 1


@dataclass(frozen=True, slots=True)
class Cut:
    """Feeds to the knife and cuts; the end of one paper."""


Block = TextLine | Rule | QrCode | Logo | Feed | Cut
Sheet = tuple[Block, ...]

_OPENING, _CLOSING = "（《“‘【〔「『([{", "，。、；：！？）》”’】〕」』…·,.;:!?)]}%‰℃"
_WORD = re.compile(rf"[{re.escape(_OPENING)}]*(?:[!-~\u00a1-\u024f\u0600-\u06ff]+|.)[{re.escape(_CLOSING)}]*")


def printable(text: str) -> str:
    """Return text for one line of paper: an item's name must never be able to steer the printer."""
    return for_paper(text)[:LINE_CHARS_MAX]


def wrap(text: str, width: float, measure: Callable[[str], float]) -> list[str]:
    """Break a text at hanzi and between words; a closing mark never starts a line."""
    if measure(text) <= width:
        return [text.strip()]
    lines = [""]
    for word in _pieces(text, width, measure):
        if lines[-1] and measure((lines[-1] + word).rstrip()) > width:
            lines.append("")
        lines[-1] += word if lines[-1] else word.lstrip()
    return [line.rstrip() for line in lines if line.strip()] or [""]


def _pieces(text: str, width: float, measure: Callable[[str], float]) -> list[str]:
    words: list[str] = _WORD.findall(text)
    return [piece for word in words for piece in ([word] if measure(word) <= width else word)]
