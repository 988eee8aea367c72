"""Commands and events of attendance, peer ratings, inspections and awards: what the office enters about the hall's people.

The rules of `commands` and `events` hold: codes of the hall's lists and staff numbers, never a name and never a sentence.
"""

from typing import Annotated, Literal

from msgspec import Meta, Struct

from caller.engine.commands import Command, Id, PauseCode
from caller.engine.hall_events import Event

# What a correction makes of a person's day. excused: it counts neither for nor against them.
CorrectedMark = Literal["present", "late", "early", "absent", "excused"]
InspectionKind = Literal["leader", "visit", "inspection"]
AwardKind = Literal["five-star", "red-flag"]
DayText = Annotated[str, Meta(pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}\Z")]
MonthText = Annotated[str, Meta(pattern=r"^[0-9]{4}-(0[1-9]|1[0-2])\Z")]
StaffText = Annotated[str, Meta(min_length=1, max_length=32)]
WindowList = Annotated[list[Id], Meta(max_length=64)]
PEER_POINTS_MAX = 100
PartOfDays = Annotated[float, Meta(ge=0, le=1)]


class WindowStanding(Struct, frozen=True):
    """What is published of a window's month. `place` 0: not ranked; `attendance`, `punctual`: shares of its planned days.

    What it has no figure for is None.
    """

    window: Id
    place: Annotated[int, Meta(ge=0, le=999)] = 0
    points: Annotated[float, Meta(ge=0, le=999)] | None = None
    attendance: PartOfDays | None = None
    punctual: PartOfDays | None = None


StandingList = Annotated[list[WindowStanding], Meta(max_length=64)]

# --- commands


class CorrectAttendance(Command, frozen=True):
    """Correct a person's attendance on a business day. `reason`: a code of the hall's list; refused without one."""

    day: DayText
    staff: StaffText
    mark: CorrectedMark
    reason: PauseCode = ""


class RecordLeave(Command, frozen=True):
    """Enter that a person is on leave from `first` to `last`, both included; `code`: which kind of leave."""

    staff: StaffText
    first: DayText
    last: DayText
    code: PauseCode


class CancelLeave(Command, frozen=True):
    """Take a leave back that was entered by mistake."""

    leave: Id


class RatePeer(Command, frozen=True):
    """Enter a person's peer rating (互评) of a month, once; `reason` corrects one that is there."""

    month: MonthText
    staff: StaffText
    points: Annotated[float, Meta(ge=0, le=PEER_POINTS_MAX)]
    reason: PauseCode = ""


class RecordInspection(Command, frozen=True):
    """Enter that the leader on duty was here, a visit, or an inspection and what it found.

    `staff`: who came; `window`, `clerk`: whom it was about, if any; `code`: the finding; `fault`: it counts against them.
    """

    kind: InspectionKind
    day: DayText
    staff: StaffText
    code: PauseCode
    window: Annotated[str, Meta(max_length=32)] = ""
    clerk: Annotated[str, Meta(max_length=32)] = ""
    fault: bool = False


class PublishAwards(Command, frozen=True):
    """Show the windows that a month's scores have chosen on boards and tablets, in place of those shown before, and publish
    the ranking and the attendance of all."""

    month: MonthText
    five_star: WindowList = []  # noqa: RUF012 - of a Struct
    red_flag: WindowList = []  # noqa: RUF012 - of a Struct
    standings: StandingList = []  # noqa: RUF012 - of a Struct


PerformanceCommand = (
    CorrectAttendance | RecordLeave | CancelLeave | RatePeer | RecordInspection | PublishAwards
)

# --- events; `by`: the staff number of who entered it, or the station's name where no person was signed in


class AttendanceCorrected(Event, frozen=True):
    day: str
    staff: str
    mark: CorrectedMark
    reason: str
    by: str


class LeaveRecorded(Event, frozen=True):
    leave: str
    staff: str
    first: str
    last: str
    code: str
    by: str


class LeaveCancelled(Event, frozen=True):
    leave: str
    by: str


class PeerRated(Event, frozen=True):
    month: str
    staff: str
    points: float
    by: str
    reason: str = ""  # of a correction


class InspectionRecorded(Event, frozen=True):
    kind: InspectionKind
    day: str
    staff: str
    code: str
    by: str
    window: str = ""
    clerk: str = ""
    fault: bool = False


class AwardsPublished(Event, frozen=True):
    month: str
    five_star: list[str]
    red_flag: list[str]
    by: str
    standings: list[WindowStanding] = []  # noqa: RUF012 - of a Struct; empty in a log of an older version


PerformanceEvent = (
    AttendanceCorrected | LeaveRecorded | LeaveCancelled | PeerRated | InspectionRecorded | AwardsPublished
)
