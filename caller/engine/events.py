"""What happened in the hall, past tense; each carries all that `apply` needs, so that a hall folds the same whatever its
config says later. Instants are UTC microseconds. No event holds a name or an ID number."""

from caller.engine.case_messages import CaseDone as CaseDone
from caller.engine.case_messages import CaseEvent as CaseEvent
from caller.engine.case_messages import CaseMoved as CaseMoved
from caller.engine.case_messages import CaseOpened as CaseOpened
from caller.engine.case_messages import CaseVoided as CaseVoided
from caller.engine.case_messages import PapersAsked as PapersAsked
from caller.engine.case_messages import PapersCompleted as PapersCompleted
from caller.engine.case_messages import PapersVoided as PapersVoided
from caller.engine.fee_messages import FeeCorrected as FeeCorrected
from caller.engine.fee_messages import FeeEvent as FeeEvent
from caller.engine.fee_messages import FeeTaken as FeeTaken
from caller.engine.hall_events import (
    Administered,
    AssistanceSet,
    CardLaid,
    DeadlineOverdue,
    DeskEvent,
    DeviceReported,
    DueDateSet,
    Event,
    FollowUpMoved,
    FollowUpOpened,
    FollowUpTold,
    JobEnded,
    JobRequested,
    JobTaken,
    MessageRead,
    MessageSent,
    PapersChecked,
    SettingsChanged,
    TicketChanged,
)
from caller.engine.lease_terms import LeaseEvent as LeaseEvent
from caller.engine.performance_messages import PerformanceEvent as PerformanceEvent
from caller.engine.rating_messages import RectificationEvent
from caller.engine.suspension_terms import (
    AppointmentMoved,
    Suspended,
    SuspensionLifted,
    WaitingNotified,
)

# --- the business day


class DayOpened(Event, frozen=True):
    day: str
    zone: str
    stops_at: int  # no numbers from this instant
    closes_at: int
    starts_at: int = 0  # nor before this one


class TicketsStopped(Event, frozen=True):
    day: str


class HoursExtended(Event, frozen=True):
    until: int


class DayClosed(Event, frozen=True):
    day: str


class DayRooted(Event, frozen=True):
    """The Merkle root of all rows from `first` to `last`, a closed day's `DayClosed` (`caller.eventlog.merkle`)."""

    day: str
    first: int
    last: int
    ratings: int  # how many of the rows are ratings, which are a tree of their own under the root
    root: str  # 64 hex digits
    levels: list[int] = []  # noqa: RUF012 - of a Struct; of level 1 to 5; empty in a log of an older version
    case_levels: list[int] = []  # noqa: RUF012 - of a Struct; of them those of decided cases; empty: nobody counted apart
    receptions: int = (
        0  # how many receptions ended among the rows, and how many cases were decided: what could be rated
    )
    decided: int = 0


class DayReopened(Event, frozen=True):
    """The day closed last goes on; `opened` is when it was opened first. Instants are its new hours."""

    day: str
    zone: str
    opened: int
    stops_at: int
    closes_at: int


# --- tickets


class TicketIssued(Event, frozen=True):
    """`origin` + the target of class and queue = `promise`, the time it should be called by."""

    ticket: str
    number: str
    serial: int
    queue: str
    priority: str
    origin: int
    promise: int
    items: list[str] = []  # noqa: RUF012 - of a Struct
    window: str = ""  # bound
    person: str = ""
    appointment: str = ""
    ahead: int = 0
    low: int = -1  # the wait told, minutes; -1: none told
    high: int = -1
    expected: int = -1  # seconds the forecast gave; low and high are made of it
    band: int = -1  # which of the queue's open bands it counts in, where those have a quota
    client: str = ""  # whom `person` acts for (委托), by keyed hash
    errand: int = 0  # the agent's tickets for clients on this day, this one included (笔数); 0: for oneself
    voucher: str = ""  # of the notice of missing papers it came back with
    via: str = ""  # "phone": taken on one; "remote": on one that was not in the hall
    first_visit: int = 0  # of who comes back with a voucher: when the first visit ended
    kiosk: str = (
        ""  # which gave it alone, of its lease: then `origin` is when, and `band` and the wait told are none
    )
    lease: str = ""
    unchecked: list[str] = []  # noqa: RUF012 - rules that could not be looked up there: quota, live-ticket
    replaces: str = ""  # the id under which it had been asked for when the line broke
    on_sheet: bool = False  # not called until what was called by hand is noted
    arrive_by: int = 0  # of a remote one: it expires unless it is checked in by then


class TicketCalled(Event, frozen=True):
    ticket: str
    window: str
    clerk: str
    chosen: bool = False  # 选呼
    reason: str = ""  # why it was chosen out of its turn, a code of the hall's list
    walk_in: bool = False  # came without a number: shown and spoken nowhere, and no wait has ended


class TicketRecalled(Event, frozen=True):
    ticket: str
    window: str
    times: int


class ServiceStarted(Event, frozen=True):
    ticket: str
    window: str


class ServiceFinished(Event, frozen=True):
    ticket: str
    window: str
    outcome: str
    question_until: int = 0  # the evaluator asks until then; 0 in a log of an older version, as all deadlines
    rating_until: int = 0  # and the slip may rate
    correct_until: int = 0  # and its outcome may be corrected (OutcomeCorrected); 0: not at all
    reason: str = ""  # a code of the hall's list, of an outcome that needs one
    project: str = ""  # the case's number in the acceptance system


class ServiceLapsed(Event, frozen=True):
    """The clerk did not end the visit, and the caller closed it after closing time: it has no outcome and no length.

    `rating_until`: until when its slip may rate; 0 where the service had not begun, so that there is none to rate.
    """

    ticket: str
    window: str
    rating_until: int = 0


class TicketMissed(Event, frozen=True):
    ticket: str
    window: str


class TicketRequeued(Event, frozen=True):
    ticket: str
    promise: int


class TicketHeld(Event, frozen=True):
    ticket: str
    window: str
    due: int = 0  # a deadline (`caller.engine.deadlines`), as are the others of this name


class TicketTransferred(Event, frozen=True):
    """Back to waiting, for `queue` or bound to `window`; `come_back` is where it returns when finished; `place`: front or end
    where a guide or manager put it first or last."""

    ticket: str
    from_window: str
    queue: str
    promise: int
    window: str = ""
    come_back: str = ""
    place: str = ""


class TicketReturned(Event, frozen=True):
    """One service of the visit has ended and the visit goes on, place kept: back at the window that sent it
    (paid, say), or in the queue of the next of its `items`."""

    ticket: str
    from_window: str
    window: str
    outcome: str
    queue: str
    promise: int
    items: list[str] = []  # noqa: RUF012 - of a Struct
    correct_until: int = 0  # as of ServiceFinished
    project: str = ""  # likewise
    reason: str = ""  # likewise


class TicketPostponed(Event, frozen=True):
    ticket: str
    not_before: int
    arrived: bool = False  # no wish to be later: who took it elsewhere is here now


class TicketCancelled(Event, frozen=True):
    ticket: str


class TicketExpired(Event, frozen=True):
    ticket: str


class TicketRestored(Event, frozen=True):
    """An expired ticket is back where it was when it expired: `state` is waiting, held or missed; one that waits is
    not called before `not_before`, as its holder had asked."""

    ticket: str
    state: str
    not_before: int = 0


class SlipReported(Event, frozen=True):
    ticket: str
    state: str
    copy: int = 0


class ServiceRated(Event, frozen=True):
    ticket: str
    window: str
    clerk: str
    level: int
    via: str
    reasons: list[str] = []  # noqa: RUF012 - of a Struct


# --- windows


class WindowOpened(Event, frozen=True):
    """`serves`: reluctance in microseconds by queue id."""

    window: str
    clerk: str
    serves: dict[str, int]


class WindowPaused(Event, frozen=True):
    """`back`: when the clerk said to be back, then `due` as well; 0: they said nothing."""

    window: str
    reason: str = ""
    due: int = 0
    back: int = 0


class WindowResumed(Event, frozen=True):
    window: str


class WindowClosed(Event, frozen=True):
    window: str


# --- appointments


class AppointmentBooked(Event, frozen=True):
    appointment: str
    code: str
    item: str
    queue: str
    slot: int
    day: str
    person: str
    due: int = 0
    client: str = ""  # as in TicketIssued


class AppointmentChanged(Event, frozen=True):
    appointment: str
    slot: int
    day: str
    due: int = 0


class AppointmentCancelled(Event, frozen=True):
    """`reason`: of the hall's list "suspend", where a suspension cancelled it and no other slot was free."""

    appointment: str
    reason: str = ""


class AppointmentMissed(Event, frozen=True):
    appointment: str


DayEvent = DayOpened | TicketsStopped | HoursExtended | DayClosed | DayReopened | DayRooted
TicketEvent = (
    TicketIssued | TicketCalled | TicketRecalled | ServiceStarted | ServiceFinished | ServiceLapsed | TicketMissed
    | TicketRequeued | TicketHeld | TicketTransferred | TicketReturned | TicketPostponed | TicketCancelled
    | TicketExpired | TicketRestored
)  # fmt: skip
WindowEvent = WindowOpened | WindowPaused | WindowResumed | WindowClosed
AppointmentEvent = AppointmentBooked | AppointmentChanged | AppointmentCancelled | AppointmentMissed
JobEvent = JobRequested | JobTaken | JobEnded
AnyEvent = (
    DayEvent | TicketEvent | SlipReported | ServiceRated | WindowEvent | AppointmentEvent | DeadlineOverdue
    | DeskEvent | DueDateSet | FollowUpOpened | FollowUpMoved | FollowUpTold | DeviceReported | JobEvent | SettingsChanged | Administered
    | Suspended | SuspensionLifted | WaitingNotified | AppointmentMoved
    | TicketChanged | PapersChecked | AssistanceSet | MessageSent | MessageRead | CardLaid | CaseEvent | RectificationEvent
    | PerformanceEvent | LeaseEvent | FeeEvent
)  # fmt: skip
