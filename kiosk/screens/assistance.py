"""How an applicant who has a number is to be met: asked for under the number, by buttons in place of the usual ones.

It is asked after the number and by the applicant alone, so that no visit takes a tap longer; the number stays in sight,
and its slip and place in line stay as they are. What was chosen stands under the number, and can be taken back. Pure.
"""

from caller.engine.guide_commands import ASSISTANCE
from kiosk.screens.widgets import Widget, button, can_reprint, word
from kiosk.visit.state import VisitState

TAKE_BACK = "none"


def number_buttons(state: VisitState) -> list[Widget]:
    """Return what may be pressed under the number: the choice while it is in sight, else what leads on."""
    if state.errand.assist_open:
        return _choices(state)
    outcome = state.errand.slip_outcome
    return [
        button("assist", off=state.is_away or not state.current_ticket),
        button("reprint", "main" if outcome in ("failed", "unknown") else "plain", not can_reprint(state)),
        button("another" if state.errand.client else "more"),
        {"target": "home", "key": "button.done", "tone": "main" if outcome == "printed" else "plain"},
    ]


def assist_notes(state: VisitState) -> list[Widget]:
    """Return what is asked, or that a member of the staff will come."""
    if state.errand.assist_open:
        return [word("assist.title") | {"tone": "info"}]
    return [word("assist.noted") | {"tone": "info"}] if state.errand.assistance else []


def _choices(state: VisitState) -> list[Widget]:
    """Return the choices, one button each, and the one that takes the choice back."""
    chosen = state.errand.assistance
    choices: list[Widget] = [
        {
            "target": f"assistance:{code}",
            "key": f"assistance-holder.{code}",
            "tone": "main" if code == chosen else "plain",
        }
        for code in ASSISTANCE
    ]
    return [*choices, {"target": f"assistance:{TAKE_BACK}", "key": "assist.none", "tone": "plain"}]
