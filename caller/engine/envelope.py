"""Every command the engine decides, and the envelope in which it sees one.

Stations send the commands of `caller.engine.commands`; the caller makes a few of its own, which are in no frame. A new
room of commands joins `AnyCommand` here, so that it need not stand in the same file as the others.
"""

from typing import Annotated, Literal

from msgspec import Meta, Struct

from caller.engine.case_messages import CaseCommand, OpenCase
from caller.engine.commands import (
    AppointmentCommand,
    BookAppointment,
    ChangeSettings,
    Command,
    DayCommand,
    DeskCommand,
    FinishService,
    FollowUpCommand,
    JobCommand,
    ReportDevice,
    TicketCommand,
)  # fmt: skip
from caller.engine.desk_commands import CorrectOutcome, DeskAidCommand
from caller.engine.fee_messages import FeeCommand
from caller.engine.feedback_messages import FeedbackCommand, SubmitFeedback
from caller.engine.guide_commands import GuideCommand
from caller.engine.lease_terms import LeaseCommand
from caller.engine.performance_messages import PerformanceCommand
from caller.engine.rating_messages import RectificationCommand
from caller.engine.suspension_terms import SuspensionCommand
from config.instants import Micros
from config.settings import Settings

# --- the caller's own commands


class RootDay(Command, frozen=True):
    """Note the Merkle root of a closed day's rows. It is in no frame, so no station can send it."""

    day: str
    first: int
    last: int
    ratings: int
    root: str
    levels: tuple[int, ...] = ()
    case_levels: tuple[int, ...] = ()
    receptions: int = 0
    decided: int = 0


DeadlineKind = Literal[
    "check-in",
    "pause",
    "hold",
    "question",
    "rating",
    "answer",
    "appeal",
    "case",
    "voucher",
    "call-back",
    "part",
    "owed",
    "lease",
    "arrival",
]


class NoteOverdue(Command, frozen=True):
    """Note that the deadline of this kind and owner, due at `due`, has run over."""

    kind: DeadlineKind
    owner: str
    due: Micros


class SetDueDate(Command, frozen=True):
    """Set the date of a deadline that was provisional, the year's notice being known now."""

    kind: DeadlineKind
    owner: str
    due: Micros


class NoteAct(Command, frozen=True):
    """Note what an administrator did outside the log (`administration`): the caller takes it from the queue in accounts.db.

    `by`: a staff number, or "uid:N" of a shell. `done`: when (UTC microseconds), which may be long before it is noted.
    `before`, `after`: versions of the subject; 0: none.
    """

    act: str
    subject: str
    by: str
    place: str
    done: Micros
    fields: tuple[str, ...] = ()
    before: int = 0
    after: int = 0


class EndUnended(Command, frozen=True):
    """End the visit at this window that no clerk has ended (`automatic_day`), if the window is as it was at `as_of`."""

    window: str
    as_of: int


# --- stations: the engine only notes these acts (`administration`); stations.db is written once they are on disk

StationRole = Annotated[str, Meta(pattern=r"^[a-z]{2,16}\Z")]
StationName = Annotated[str, Meta(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]{0,31}\Z")]


class EnrolStation(Command, frozen=True):
    """Enrol the station that shows `code` as this role and name; an older token of that station works no more."""

    code: Annotated[str, Meta(min_length=1, max_length=32)]
    role: StationRole
    name: StationName


class RevokeStation(Command, frozen=True):
    """Take the token of a station away: its connections end, and it must be enrolled anew."""

    role: StationRole
    name: StationName


EnrolmentCommand = EnrolStation | RevokeStation


# --- all of them

AnyCommand = (
    TicketCommand | DayCommand | DeskCommand | DeskAidCommand | AppointmentCommand | ReportDevice | JobCommand
    | FollowUpCommand | FeedbackCommand | RectificationCommand | CaseCommand | ChangeSettings | EnrolmentCommand | GuideCommand | SuspensionCommand
    | PerformanceCommand | LeaseCommand | FeeCommand
)  # fmt: skip
# What the engine decides: all that stations send, and the caller's own.
DecidedCommand = AnyCommand | RootDay | NoteOverdue | SetDueDate | NoteAct | EndUnended

# These draw codes from the random bytes of their envelope; other commands need none.
DRAWS_CODES = (BookAppointment, FinishService, CorrectOutcome, OpenCase, SubmitFeedback)


class CommandEnvelope(Struct, frozen=True, gc=False):
    """A command as the engine sees it: with the id its sender made, who that sender is, and what the loop adds.

    `account`: the staff number of the person signed in on the station, or empty. `until`: the instant (UTC
    microseconds) after which the command is not meant any more; 0: no limit. `random`: 16 bytes drawn by the loop, for
    codes that must not be guessed; what is drawn from them stands in the event, so a replay needs none. `settings`: of
    ChangeSettings, read and checked by the loop.
    """

    id: str
    command: DecidedCommand
    role: str = "manager"
    station: str = ""
    account: str = ""
    until: int = 0
    random: bytes = b""
    settings: Settings | None = None
