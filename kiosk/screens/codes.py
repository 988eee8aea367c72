"""What is scanned with a phone: the code of the minute, by which a phone takes a number here, and QR codes as rows. Pure."""

from functools import lru_cache
from typing import Any

import segno

from config.directions import page_url
from kiosk.visit.state import VisitState

CODES_KEPT = 4  # a screen is made anew four times a second
# Any mask can be read. To weigh all eight takes five times as long as the code itself, while an applicant waits for
# the number; for addresses such as ours this one comes out best nearly always.
QR_MASK = 2


def take_code(state: VisitState) -> dict[str, Any]:
    """Return the code of the minute, by which a phone takes a number here; nothing where the hall gives phones none."""
    code = state.hall_view.get("take", {}).get("code", "")
    if not code:
        return {}
    url = f"{page_url(state.catalogue.settings, '/take')}?code={code}"
    return {"take": {"lead": {"key": "idle.take"}, "qr": list(qr_rows(url))}}


@lru_cache(CODES_KEPT)
def qr_rows(text: str) -> tuple[str, ...]:
    """Return a QR code as rows of "0" and "1": a page draws it as SVG, a terminal as blocks."""
    matrix = segno.make(text, error="m", micro=False, mask=QR_MASK).matrix
    return tuple("".join("1" if cell else "0" for cell in row) for row in matrix)
