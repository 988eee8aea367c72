"""What happened at a clerk's desk beside calling and ending. The same rules hold as for `events`, which joins these."""

from caller.engine.hall_events import Event


class OutcomeCorrected(Event, frozen=True):
    """The outcome of a reception that had ended was corrected, `before` being what was noted at its end."""

    ticket: str
    window: str
    clerk: str
    outcome: str
    before: str
