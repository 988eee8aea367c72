"""One paper's way: waiting → sent → printed | failed | unknown. The table is the truth.

*failed*: surely no whole paper. *unknown*: bytes left and nobody knows. Neither is ever tried again by
itself; a person asks for a reprint, which is marked 补打 and is a job of its own. `Printer` takes every job
through this table, and a kiosk that was restarted what it finds in its memory.
"""

from typing import Literal

from caller.engine.commands import SlipState

PrintJobState = Literal["waiting", "sent"] | SlipState
JobVerdict = Literal["confirm", "fail", "lose"]
PrintJobEvent = Literal["send", "restart"] | JobVerdict

STEPS: dict[PrintJobState, dict[PrintJobEvent, PrintJobState]] = {
    "waiting": {"send": "sent", "fail": "failed", "restart": "waiting"},
    "sent": {"confirm": "printed", "fail": "failed", "lose": "unknown", "restart": "unknown"},
    "printed": {"restart": "printed"},
    "failed": {"restart": "failed"},
    "unknown": {"restart": "unknown"},
}


class JobError(ValueError):
    """A step the table does not know: our own mistake."""


def step(state: PrintJobState, event: PrintJobEvent) -> PrintJobState:
    """The next state; `restart` is what a kiosk applies to a job it finds in its memory."""
    try:
        return STEPS[state][event]
    except KeyError:
        raise JobError(f"no {event!r} from {state!r}") from None


def fate(state: PrintJobState, event: PrintJobEvent) -> SlipState:
    """The step that ends a job."""
    ended = step(state, event)
    if ended == "waiting" or ended == "sent":
        raise JobError(f"{event!r} does not end a job that is {state!r}")
    return ended
