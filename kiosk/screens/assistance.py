"""The screen on which an applicant who has a number says how to be met: who cannot hear, see or walk is fetched.

It is asked for by the applicant alone and after the number, so that no visit takes a tap longer; the number, its
slip and its place in line stay as they are. What was chosen stands under the number, and can be taken back. Pure.
"""

from caller.engine.guide_commands import ASSISTANCE
from kiosk.screens.widgets import Widget, button, word
from kiosk.visit.state import VisitState

TAKE_BACK = "none"


def assist(state: VisitState) -> Widget:
    """Return the choice of how to be met."""
    chosen = state.errand.assistance
    tiles = [
        {
            "target": f"assistance:{code}",
            "key": f"assistance-holder.{code}",
            "detail": word("assist.chosen" if code == chosen else "assist.detail"),
        }
        for code in ASSISTANCE
    ]
    last: Widget = {
        "target": f"assistance:{TAKE_BACK}",
        "key": "assist.none",
        "detail": word("assist.none.detail"),
    }
    return {"title": word("assist.title"), "lead": word("assist.lead"), "tiles": [*tiles, last]}


def assist_button(state: VisitState) -> Widget:
    """Return the button beside the number that leads to the choice."""
    return button("assist", off=state.is_away or not state.current_ticket)


def assist_notes(state: VisitState) -> list[Widget]:
    """Return that a member of the staff will come."""
    return [word("assist.noted") | {"tone": "info"}] if state.errand.assistance else []
