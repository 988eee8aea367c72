"""The order of signs on a line that holds two directions: Uyghur from the right, hanzi, codes and numbers from the left.

A part of the Unicode algorithm, as much as a slip needs: one level, no marks of direction (settings may hold none). A line
begins at the side of its first letter. Numbers count as written from the left, so that 10–15 or 09:30 keeps its order; a
sign between two words of one direction is theirs, a wide one (，（）《》) is that of the hanzi which alone use it, any other
is the line's.
"""

import unicodedata
from collections.abc import Iterator
from typing import Literal

from devices.printer import fonts
from devices.printer.fonts import FontFace

Order = Literal["ltr", "rtl"]
_FROM_RIGHT = frozenset({"R", "AL"})
_FROM_LEFT = frozenset({"L", "EN", "AN"})
_WIDE = frozenset({"W", "F"})
_ARABIC_SIGNS = "،؛؟"  # a list of numbers runs from the right too
_MIRROR = str.maketrans("()[]{}<>«»（）【】《》", ")(][}{><»«）（】【》《")


def base(text: str) -> Order:
    """Return the side a line begins at: that of its first letter."""
    for char in text:
        kind = unicodedata.bidirectional(char)
        if kind in _FROM_RIGHT or kind == "L":
            return "rtl" if kind in _FROM_RIGHT else "ltr"
    return "ltr"


def segments(text: str, base: Order) -> Iterator[tuple[str, Order]]:
    """Yield the parts of a line, each of one direction, from the left of the paper to the right."""
    parts: list[tuple[str, Order]] = []
    for char, order in zip(text, _orders(text, base), strict=True):
        if parts and parts[-1][1] == order:
            parts[-1] = (parts[-1][0] + char, order)
        else:
            parts.append((char, order))
    yield from reversed(parts) if base == "rtl" else parts


def runs(text: str, face: FontFace, base: Order) -> list[tuple[str, FontFace, Order]]:
    """Split a text where its face or its direction changes, from the left of the paper to the right; blanks stay with what
    stands before them, so that words are shaped whole."""
    found: list[tuple[str, FontFace, Order]] = []
    for segment, order in segments(text, base):
        inside: list[tuple[str, FontFace, Order]] = []
        for char in segment:
            own = _face_of(char, face, inside[-1][1] if inside else None)
            if inside and inside[-1][1] == own:
                inside[-1] = (inside[-1][0] + char, own, order)
            else:
                inside.append((char, own, order))
        if order == "rtl":  # a face without joined letters draws from the left alone
            inside = [(run if own.shaped else mirrored(run), own, order) for run, own, _ in reversed(inside)]
        found += inside
    return found


def _face_of(char: str, face: FontFace, before: FontFace | None) -> FontFace:
    """Return the face that draws a sign after one of the face `before`; signs between joined letters are theirs."""
    if before and (char == " " or (before.shaped and not fonts.is_script(char) and before.has(char))):
        return before
    lacks = (char < "\u3400" or fonts.is_script(char)) and not face.has(char)
    return (fonts.fallback(char) if lacks else None) or face


def mirrored(text: str) -> str:
    """Return a text as it stands from right to left, with its brackets turned."""
    return text[::-1].translate(_MIRROR)


def _orders(text: str, base: Order) -> list[Order]:
    """Return the direction of each sign."""
    own: list[Order | None] = [_own(char) for char in text]
    found: list[Order] = []
    for place, order in enumerate(own):
        before: Order = found[-1] if found else base
        after: Order = base
        for each in reversed(own[place:]):
            after = each or after
        between: Order = before if before == after else base
        found.append(order or between)
    return found


def _own(char: str) -> Order | None:
    kind = unicodedata.bidirectional(char)
    if kind in _FROM_RIGHT or char in _ARABIC_SIGNS:
        return "rtl"
    return "ltr" if kind in _FROM_LEFT or unicodedata.east_asian_width(char) in _WIDE else None
