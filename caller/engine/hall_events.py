"""Events of the hall's duties and things: deadlines, follow-ups, devices, station jobs, settings, the guide desk, what a
clerk asks beside calling; and every event's base.

The same rules hold as for `events`, which joins all of them.
"""

from typing import Literal

from msgspec import Struct

from caller.engine.commands import DateReason, FollowUpKind, FollowUpMove, ToldWay
from caller.engine.desk_commands import AlarmKind


class Event(
    Struct, frozen=True, tag=True, tag_field="type", omit_defaults=True, forbid_unknown_fields=True, gc=False
):
    """Base of all events. Plain data without cycles, so the collector need not look at them."""


# --- deadlines


class DeadlineOverdue(Event, frozen=True):
    """A deadline of the open day ran over: its kind, the id of what it is about, and the level reached."""

    kind: str
    owner: str
    start: int
    due: int
    level: int = 1  # 2: it had been overdue for as long again


class DueDateSet(Event, frozen=True):
    """A deadline's date was provisional and is now set, for this reason: the year's notice."""

    kind: str
    owner: str
    before: int
    due: int
    reason: DateReason = "notice"


# --- follow-ups


class FollowUpOpened(Event, frozen=True):
    follow_up: str
    kind: FollowUpKind
    series: str
    serial: int
    number: str
    ticket: str
    window: str
    clerk: str
    due: int
    provisional: bool = False
    ticket_number: str = ""  # what stands on the visit's slip; empty in a log of an older version
    case: str = ""  # of an accountability record: the case that ran over
    code: str = ""  # of feedback: the receipt's code
    way: str = ""  # how it came in; empty in a log of an older version
    department: str = ""
    item: str = ""
    reason: str = ""  # a code of the hall's list
    anonymous: bool = False
    taken_by: str = ""  # the staff number of who took it down


class FollowUpTold(Event, frozen=True):
    """The applicant was told of the date that had moved to `due`, by the phone page or by a member of the staff."""

    follow_up: str
    due: int
    way: ToldWay
    staff: str = ""


class FollowUpMoved(Event, frozen=True):
    """`due`: of approve until when it may be appealed against, of appeal and reopen until when it is to be answered.
    `staff` is empty where the applicant or the caller did it."""

    follow_up: str
    move: FollowUpMove
    staff: str
    owner: str = ""
    code: str = ""
    due: int = 0
    provisional: bool = False
    department: str = ""  # of transfer
    kind: str = ""  # of feedback, which is counted by it
    again: bool = False  # of feedback: it had this move before


# --- devices


class DeviceReported(Event, frozen=True):
    device: str
    kind: str
    state: str
    detail: str = ""


# --- station jobs


class JobRequested(Event, frozen=True):
    job: str
    station: str
    kind: str
    until: int
    device: str = ""
    ticket: str = ""
    by: str = ""
    notice: str = ""  # which paper, about the voucher or case `about`
    about: str = ""
    percent: int = 0


class JobTaken(Event, frozen=True):
    job: str


class JobEnded(Event, frozen=True):
    job: str
    state: Literal["done", "failed", "unknown"]
    detail: str = ""


# --- settings


class SettingsChanged(Event, frozen=True):
    """A version of the settings is in force: its number, the hash of its text, and names of what changed.

    `serves`: reluctance by queue of the signed-in windows for which it changed; `kept`: what is lost and still in use,
    such as "queue A".
    """

    version: int
    hash: str
    fields: list[str] = []
    taken_back: int = 0
    from_file: bool = False
    serves: dict[str, dict[str, int]] = {}
    kept: list[str] = []


class Administered(Event, frozen=True):
    """What an administrator did outside the log (`administration`); `before` and `after` are versions, 0: none."""

    act: str
    subject: str
    by: str
    place: str
    done: int
    fields: list[str] = []
    before: int = 0
    after: int = 0


# --- at a clerk's desk, beside calling and ending


class OutcomeCorrected(Event, frozen=True):
    """The outcome of a reception that had ended was corrected, `before` being what was noted at its end; `reason` and
    `before_reason`: codes of the hall's list."""

    ticket: str
    window: str
    clerk: str
    outcome: str
    before: str
    reason: str = ""
    before_reason: str = ""


class AlarmRaised(Event, frozen=True):
    """A clerk has called a manager or security to a window."""

    window: str
    clerk: str
    kind: AlarmKind


class AlarmAcknowledged(Event, frozen=True):
    """`by`: the staff number of who answered an alarm, or the station's name where none was signed in."""

    window: str
    by: str


class QueuesSet(Event, frozen=True):
    """A manager has changed what a window with a clerk serves; `serves` as in WindowOpened, the other two are queue ids.

    `by`: the staff number of who did it, or the station's name where none was signed in.
    """

    window: str
    serves: dict[str, int]
    added: list[str]
    removed: list[str]
    by: str


class ClerkRelieved(Event, frozen=True):
    """Another clerk has taken the seat of `from_clerk` at a window, which serves what it served."""

    window: str
    clerk: str
    from_clerk: str


class VisitTakenOver(Event, frozen=True):
    """A visit goes on with another clerk, at this window; the two windows are one where its clerk was relieved."""

    ticket: str
    window: str
    clerk: str
    from_window: str
    from_clerk: str


class TicketMerged(Event, frozen=True):
    """A number of the applicant at a window has been merged into `into`, the visit there; the rest is that visit's from now
    on: the better place of the two, and the items of both."""

    ticket: str
    into: str
    window: str
    clerk: str
    priority: str
    origin: int
    promise: int
    items: list[str] = []


DeskEvent = (
    OutcomeCorrected
    | AlarmRaised
    | AlarmAcknowledged
    | QueuesSet
    | ClerkRelieved
    | VisitTakenOver
    | TicketMerged
)


# --- the guide desk


class TicketChanged(Event, frozen=True):
    """A waiting ticket has another class, queue or items; `bound`: the window it still waits for alone."""

    ticket: str
    priority: str
    queue: str
    promise: int
    items: list[str] = []
    bound: str = ""


class PapersChecked(Event, frozen=True):
    ticket: str
    papers: str


class AssistanceSet(Event, frozen=True):
    ticket: str
    assistance: str


class MessageSent(Event, frozen=True):
    """`code` is of the hall's list of messages; `by`: the station that sent it."""

    window: str
    message: str
    code: str
    ticket: str = ""
    by: str = ""


class MessageRead(Event, frozen=True):
    window: str
    message: str


class CardLaid(Event, frozen=True):
    """`person`: keyed hash of the number on the card, which is laid at this guide desk."""

    window: str
    person: str
