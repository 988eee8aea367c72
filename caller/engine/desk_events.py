"""What happened at a clerk's desk beside calling and ending. The same rules hold as for `events`, which joins these."""

from caller.engine.desk_commands import AlarmKind
from caller.engine.hall_events import Event


class OutcomeCorrected(Event, frozen=True):
    """The outcome of a reception that had ended was corrected, `before` being what was noted at its end."""

    ticket: str
    window: str
    clerk: str
    outcome: str
    before: str


class AlarmRaised(Event, frozen=True):
    """A clerk has called a manager or security to a window."""

    window: str
    clerk: str
    kind: AlarmKind


class AlarmAcknowledged(Event, frozen=True):
    """`by`: the staff number of who answered an alarm, or the station's name where none was signed in."""

    window: str
    by: str


DeskEvent = OutcomeCorrected | AlarmRaised | AlarmAcknowledged
