"""What a station may ask of the hall. Imperative; on the wire each is its class name plus its fields.

Commands carry no time and no identity: the caller adds the instant and who sent it (see `caller.engine.envelope`).
A window verb carries `as_of`, the version of the window view it was pressed on, so that a second press
on the same picture is refused instead of burning a ticket.
"""

from typing import Annotated, Literal

from msgspec import Meta

from caller.engine.day_commands import PERSON as PERSON
from caller.engine.day_commands import CloseDay as CloseDay
from caller.engine.day_commands import Command as Command
from caller.engine.day_commands import ExtendHours as ExtendHours
from caller.engine.day_commands import Id as Id
from caller.engine.day_commands import OpenDay as OpenDay
from caller.engine.day_commands import PauseCode as PauseCode
from caller.engine.day_commands import Person as Person
from caller.engine.day_commands import ProjectNumber as ProjectNumber
from caller.engine.day_commands import RatingReason as RatingReason
from caller.engine.day_commands import ReopenDay as ReopenDay
from caller.engine.day_commands import StopTickets as StopTickets
from caller.engine.day_commands import Text as Text
from caller.engine.day_commands import person_hashes as person_hashes
from caller.engine.feedback_messages import FeedbackKind
from caller.engine.papers import PAPERS_MAX, WrongPaper
from config.case_settings import OUTCOMES as OUTCOMES
from config.case_settings import Outcome as Outcome
from config.instants import INTEGER_MAX, Micros
from config.settings import ClassId

Via = Literal["evaluator", "tablet", "phone", "kiosk", "card"]
TransferPlace = Literal["keep", "front", "end"]
TakenBy = Literal[
    "", "phone", "remote"
]  # empty: at the kiosk, a desk or by another program; remote: not in the hall
ITEMS_MAX = 10  # of one visit: the longest 一件事 package has nine
SlipState = Literal["printed", "failed", "unknown"]
DeviceState = Literal["ready", "paper-low", "paper-out", "cover-open", "error", "offline", "unknown"]


# --- tickets


class TakeTicket(Command, frozen=True):
    """Give a number for one or more items of one visit, or straight for a queue.

    client: whom `person` acts for (代办), a natural or legal person; empty: for oneself. via: "phone" of the page /take,
    where `person` is the hash of the phone's own key; "remote" of one that is not in the hall: CheckIn says when it is.
    """

    items: Annotated[list[Id], Meta(max_length=ITEMS_MAX)] = []  # noqa: RUF012 - of a Struct
    queue: Annotated[str, Meta(max_length=2)] = ""
    priority: ClassId = "ordinary"
    person: Person = ""
    window: Annotated[str, Meta(max_length=32)] = ""  # bound to this window
    client: Person = ""
    via: TakenBy = ""


class CancelTicket(Command, frozen=True):
    ticket: Id


class PostponeTicket(Command, frozen=True):
    """The applicant is late: keep the place, but do not call before so many minutes."""

    ticket: Id
    minutes: Annotated[int, Meta(ge=1, le=120)]


class RequeueTicket(Command, frozen=True):
    """A missed ticket comes back, behind a few more calls."""

    ticket: Id


class ReportSlip(Command, frozen=True):
    """What became of the paper; `copy` is 0 for the slip, 1.. for reprints (补打)."""

    ticket: Id
    state: SlipState
    copy: Annotated[int, Meta(ge=0, le=99)] = 0


class Rate(Command, frozen=True):
    """A free rating, 1..5, once per visit."""

    ticket: Id
    level: Annotated[int, Meta(ge=1, le=5)]
    reasons: Annotated[list[RatingReason], Meta(max_length=8)] = []  # noqa: RUF012 - of a Struct
    via: Via = "evaluator"


# --- windows


class OpenWindow(Command, frozen=True):
    """A clerk signs in; `queues` narrows what this clerk can serve (empty: all of the window's)."""

    window: Id
    clerk: Id
    queues: Annotated[list[Id], Meta(max_length=64)] = []  # noqa: RUF012 - of a Struct


class CloseWindow(Command, frozen=True):
    window: Id


class PauseWindow(Command, frozen=True):
    """Pause; `minutes`: when the clerk expects to be back, which screens show (0: not told)."""

    window: Id
    reason: PauseCode = ""
    minutes: Annotated[int, Meta(ge=0, le=480)] = 0


class ResumeWindow(Command, frozen=True):
    window: Id


class WindowVerb(Command, frozen=True):
    """A press at a window: `as_of` is the `version` of the window view the clerk was looking at."""

    window: Id
    as_of: Annotated[int, Meta(ge=0, le=INTEGER_MAX)]


class CallNext(WindowVerb, frozen=True):
    """Call the next ticket; a service still running is finished first."""


class CallTicket(WindowVerb, frozen=True):
    """Call a certain ticket (选呼): waiting, held or missed; one that waits for a `reason` of the hall's list, if it has
    one."""

    ticket: Id
    reason: PauseCode = ""


class ServeWalkIn(WindowVerb, frozen=True):
    """Serve an applicant who has no number (免号) for an item, or straight for a queue: the number is given here, called on
    no screen. `slip`: print it on the window's own printer, where it has one. A service still running is finished first."""

    item: Annotated[str, Meta(max_length=64)] = ""
    queue: Annotated[str, Meta(max_length=2)] = ""
    slip: bool = False


class Recall(WindowVerb, frozen=True):
    """Call the same ticket again (重呼)."""


class StartService(WindowVerb, frozen=True):
    pass


class FinishService(WindowVerb, frozen=True):
    """End a reception. `item`: what it was about, where the visit does not say; `reason`: of rejected, and of elsewhere the
    department; `papers`: of incomplete, all that is wrong; `project`: the case's number in the acceptance system."""

    outcome: Outcome = "done"
    item: Annotated[str, Meta(max_length=64)] = ""
    reason: PauseCode = ""
    papers: Annotated[list[WrongPaper], Meta(max_length=PAPERS_MAX)] = []  # noqa: RUF012 - of a Struct
    project: ProjectNumber = ""


class MarkNoShow(WindowVerb, frozen=True):
    """The called applicant did not come (过号)."""


class HoldTicket(WindowVerb, frozen=True):
    """Put the ticket aside (挂起); CallTicket takes it up again (回呼)."""


class TransferTicket(WindowVerb, frozen=True):
    """Send the applicant on, place in line kept. `come_back`: returns to this window without queueing."""

    queue: Annotated[str, Meta(max_length=2)] = ""
    to_window: Annotated[str, Meta(max_length=32)] = ""
    place: TransferPlace = "keep"
    come_back: bool = False


# --- appointments


class BookAppointment(Command, frozen=True):
    """Book `item` for the slot that starts at `slot` (UTC microseconds), for oneself or for a `client`."""

    item: Id
    slot: Micros
    person: Annotated[Person, Meta(min_length=64)]
    day: Annotated[str, Meta(pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}\Z")]
    client: Person = ""


class ChangeAppointment(Command, frozen=True):
    appointment: Id
    slot: Micros
    day: Annotated[str, Meta(pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}\Z")]


class CancelAppointment(Command, frozen=True):
    appointment: Id


class CheckIn(Command, frozen=True):
    """The applicant is here, with an appointment's code, the code of a notice of missing papers, or that of a receipt whose
    case is decided; gives the ticket. With the id or the number of a ticket taken elsewhere: it may be called from now on.

    `item`: the one the applicant chose, if any; a notice about another is refused.
    """

    code: Annotated[str, Meta(min_length=4, max_length=64)]
    item: Annotated[str, Meta(max_length=64)] = ""


# --- devices


class ReportDevice(Command, frozen=True):
    """An agent tells what a device's state has become; sent on change only."""

    device: Id
    kind: Annotated[str, Meta(max_length=32)]
    state: DeviceState
    detail: Text = ""


# --- station jobs


JobKind = Literal[
    "print-slip", "print-test", "print-notice", "ask-rating", "restart-agent", "restart-kiosk", "volume-agent",
    "volume-kiosk", "brightness-agent", "brightness-kiosk", "screen-agent", "screen-kiosk", "screenshot-kiosk", "drill",
    "print-test-kiosk", "restart-web", "restart-window", "restart-deliver", "restart-guide", "restart-board",
    "restart-evaluator", "restart-supervisor",
]  # fmt: skip
CaseNotice = Literal[
    "missing", "acceptance", "receipt", "refusal", "delay", "pause", "return", "void", "handling", "promise", "passing",
    "parallel", "parallel-handling", "agency", "task-report", "denial", "payment",
]  # fmt: skip


class RequestJob(Command, frozen=True):
    """Ask a station to do something within so many seconds; the command's id becomes the job's.

    device: one of the station's printers (ask-rating: evaluators), empty for its first; ticket: whose slip is printed
    again; number: the same ticket by what stands on its slip, for a sender that has not its id (guides and managers only);
    notice: the paper to print, about the voucher or case of this id; percent: of a volume or a brightness.
    """

    station: Id
    kind: JobKind
    device: Annotated[str, Meta(max_length=32)] = ""
    ticket: Annotated[str, Meta(max_length=64)] = ""
    seconds: Annotated[int, Meta(ge=5, le=600)] = 60
    number: Annotated[str, Meta(max_length=16)] = ""
    notice: CaseNotice | Literal[""] = ""
    about: Annotated[str, Meta(max_length=64)] = ""
    percent: Annotated[int, Meta(ge=0, le=100)] = 0


class TakeJob(Command, frozen=True):
    """The station is about to do it; refused when it was taken before, or its limit is over."""

    job: Id


class ReportJob(Command, frozen=True):
    """What became of a job."""

    job: Id
    state: Literal["done", "failed", "unknown"]
    detail: Text = ""


# --- follow-ups

AnswerKind = Literal["rating", FeedbackKind]  # what an applicant is owed an answer to
FollowUpKind = Literal[AnswerKind, "accountability"]
ToldWay = Literal["page", "call", "letter", "counter"]
DateReason = Literal["notice"]  # why a due date moved: the national notice of a year became known
FollowUpMove = Literal[
    "assign", "step", "answer", "approve", "return", "appeal", "reopen",
    "coordinate", "transfer", "satisfied", "unsatisfied", "archive",  # of feedback only
]  # fmt: skip


class OpenFollowUp(Command, frozen=True):
    """Open the follow-up of a complaint about a ticket's visit; the complaint's words lie elsewhere."""

    ticket: Id


class MoveFollowUp(Command, frozen=True):
    """Take a follow-up on. `staff`: who acts, by staff number; `owner` of assign, empty: `staff`; `code` of step, answer;
    `department` of transfer, with its handler as `owner` or none."""

    follow_up: Id
    move: FollowUpMove
    staff: Annotated[str, Meta(min_length=1, max_length=32)]
    owner: Annotated[str, Meta(max_length=32)] = ""
    code: PauseCode = ""
    department: Annotated[str, Meta(max_length=64)] = ""


class NoteDateTold(Command, frozen=True):
    """Note that the applicant was told that the due date of a follow-up has moved, and in which way. `ticket`: of the visit it
    is about, or the id of a follow-up that is about none."""

    ticket: Id
    way: ToldWay
    staff: Annotated[str, Meta(max_length=32)] = ""  # who told it; empty: the page did


# --- settings


class ChangeSettings(Command, frozen=True):
    """Put the settings that lie in the data folder's drafts under this hash in force, in place of version `as_of`.

    `taken_back`: the earlier version that these are. The caller itself fills `fields`, the names of what changes, and
    `from_file`, set where it read the hall's file at a start; what a station writes there is replaced.
    """

    hash: Annotated[str, Meta(pattern=r"^[0-9a-f]{64}\Z")]
    as_of: Annotated[int, Meta(ge=0, le=1_000_000)]
    fields: Annotated[list[Annotated[str, Meta(max_length=80)]], Meta(max_length=60)] = []  # noqa: RUF012 - of a Struct
    taken_back: Annotated[int, Meta(ge=0, le=1_000_000)] = 0
    from_file: bool = False


TicketCommand = TakeTicket | CancelTicket | PostponeTicket | RequeueTicket | ReportSlip | Rate
DayCommand = OpenDay | CloseDay | ReopenDay | StopTickets | ExtendHours
DeskCommand = (
    OpenWindow | CloseWindow | PauseWindow | ResumeWindow | CallNext | CallTicket | ServeWalkIn | Recall
    | StartService | FinishService | MarkNoShow | HoldTicket | TransferTicket
)  # fmt: skip
AppointmentCommand = BookAppointment | ChangeAppointment | CancelAppointment | CheckIn
FollowUpCommand = OpenFollowUp | MoveFollowUp | NoteDateTold
JobCommand = RequestJob | TakeJob | ReportJob
