"""One paper's way: waiting → sent → printed | failed | unknown. The table is the truth.

*failed*: surely no whole paper. *unknown*: bytes left and nobody knows. Neither is ever tried again by
itself; a person asks for a reprint, which is marked 补打 and is a job of its own.
"""

from typing import Literal

JobState = Literal["waiting", "sent", "printed", "failed", "unknown"]
JobEvent = Literal["send", "confirm", "fail", "lose", "restart"]
SlipState = Literal["printed", "failed", "unknown"]

STEPS: dict[JobState, dict[JobEvent, JobState]] = {
    "waiting": {"send": "sent", "fail": "failed", "restart": "waiting"},
    "sent": {"confirm": "printed", "fail": "failed", "lose": "unknown", "restart": "unknown"},
    "printed": {"restart": "printed"},
    "failed": {"restart": "failed"},
    "unknown": {"restart": "unknown"},
}
MAY_REPRINT: frozenset[JobState] = frozenset({"printed", "failed", "unknown"})


class JobError(ValueError):
    """A step the table does not know: our own mistake."""


def step(state: JobState, event: JobEvent) -> JobState:
    """The next state; `restart` is what a kiosk applies to a job it finds in its memory."""
    try:
        return STEPS[state][event]
    except KeyError:
        raise JobError(f"no {event!r} from {state!r}") from None
