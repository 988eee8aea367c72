"""The facts of the ticket in sight, taken from the caller's answer or from the view of a scanned slip. Pure.

Built once as `SlipContent`: the printer prints it, and the screens read it.
"""

from functools import lru_cache
from typing import Any

import segno

from devices.paper.slip import SlipContent, slip_content
from kiosk.visit.state import VisitState

CODES_KEPT = 4  # a screen is made anew four times a second
# Any mask can be read. To weigh all eight takes five times as long as the code itself, while an applicant waits for
# the number; for addresses such as ours this one comes out best nearly always.
QR_MASK = 2


def content_in_sight(state: VisitState, language: str = "") -> SlipContent | None:
    """Return the content of the number shown, in `language` or in that of its slip; None before the answer.

    A kept visit has the slip of its own command; after a return to the line, and for a scanned slip, it is the
    slip of the ticket looked at.
    """
    kept = state.errand.kept
    if kept is None or state.is_requeue:
        return content_of_found(state, language) if state.errand.found else None
    if not kept.result:
        return None
    chosen = {"priority": getattr(kept.command, "priority", "ordinary")}
    return _content(state, chosen | kept.result, kept.items, language or kept.language)


def content_of_found(state: VisitState, language: str = "") -> SlipContent:
    """Return the content of the ticket whose slip was scanned."""
    found: dict[str, Any] = state.errand.found | {"key": state.errand.key}
    view: dict[str, Any] = {"queue": "", "ahead": 0, "low": -1, "high": -1, "issued": 0} | found
    return _content(state, view, found.get("items", []), language or state.language)


def _content(state: VisitState, answer: dict[str, Any], items: list[str], language: str) -> SlipContent:
    known = [state.catalogue.items[item] for item in items if item in state.catalogue.items]
    return slip_content(state.catalogue.settings, answer, known, language)


@lru_cache(CODES_KEPT)
def qr_rows(text: str) -> tuple[str, ...]:
    """Return a QR code as rows of "0" and "1": a page draws it as SVG, a terminal as blocks."""
    matrix = segno.make(text, error="m", micro=False, mask=QR_MASK).matrix
    return tuple("".join("1" if cell else "0" for cell in row) for row in matrix)
