"""The view documents as types: what each topic's JSON object holds. Pure. Those of supervision:
`supervision`; of a station's own program: `station_documents`; of what stands still: `suspension_documents`.

The types are the one description of a document. `caller.views` builds them, so pyright compares every builder
with them; docs/wire.md is generated from them; a test compares the documents of a lived-in hall with them.

1. No value is null: RFC 7396 uses null for "remove this key".
2. Parts that change alone are objects keyed by an id, because a merge patch replaces a list whole.
3. A field's comment is its text in docs/wire.md. "only CONDITION: TEXT" belongs to a `NotRequired` field.
4. An instant is `Micros`, UTC microseconds. A name ending in `_en` may be empty; show the Chinese one then.
5. Fields are only added. A station ignores those it does not know.
"""

from typing import Annotated, Literal, NotRequired, TypedDict

from caller.engine.commands import Outcome
from caller.engine.performance_messages import AwardKind
from caller.engine.tickets import TicketState
from caller.protocol.case_documents import CollectedCase, EndingView, WindowCaseCounts
from caller.protocol.desk_documents import EndedReception, OtherNumber, RaisedAlarm
from caller.protocol.document_parts import (
    BoardWindowLine,
    ByCommand,
    ByItem,
    ByQueue,
    ByWindow,
    HallHeader,
    HolderMarks,
    LaterStop,
    SeenWindowState,
    TicketMarks,
    VerbState,
    WhyNot,
    WindowMessages,
)
from caller.protocol.feedback_documents import AnswerLine
from caller.protocol.station_documents import AnnouncementLine, MonthShown, RootShown, ScreensDark, TakeShown
from caller.protocol.suspension_documents import BreakLine, ClosingLine, QueueDoubt, SuspensionLine
from config.instants import Micros
from config.settings import WindowKind

DayPhase = Literal["closed", "before", "open", "suspended", "stopped", "over"]  # for who has no number


class Standstill(TypedDict):
    """What everybody is told besides; each key only while there is such a thing."""

    suspended: NotRequired[list[SuspensionLine]]  # only if something is suspended
    rest: NotRequired[BreakLine]  # only in a planned break of the hall
    said: NotRequired[list[AnnouncementLine]]  # only while a message to all who wait holds; the newest first


# --- board and kiosk


class BoardView(Standstill, RootShown, MonthShown, TakeShown, ScreensDark):
    """What the hall's screens show. Numbers only, never a name."""

    hall: HallHeader
    hours: list[str]  # of the business day, or of the day the hall opens next, such as 09:00–12:00
    opening: NotRequired["OpeningLine"]  # only while the day is not open
    queues: dict[ByQueue, "QueueLine"]
    windows: dict[ByWindow, BoardWindowLine]
    calls: list["CallLine"]  # the newest first, at most 12
    notices: list[str]  # lines the hall wants shown
    roster: list["DutyLine"]  # who is on duty this business day; empty while it is closed


class OpeningLine(TypedDict):
    """When the hall opens next, by its calendar."""

    at: Micros  # 0: not within the next weeks
    day: str  # that date, such as 2026-10-08; empty if there is none
    provisional: bool  # its year has no national notice yet, so it may move
    why: str  # what closes the hall today: a holiday or an exceptional day; else empty
    why_en: str


class QueueLine(TypedDict):
    """A queue and the wait of an ordinary applicant who joins it now."""

    name: str
    name_en: str
    waiting: int  # people
    low: int  # expected wait in minutes, from; -1 unknown
    high: int  # to; -1 unknown


class CallLine(TypedDict):
    """One call, as shown and spoken."""

    call: int  # names this call; a new one is greater than all before it
    number: str
    window: str  # id
    window_name: str
    window_name_en: str
    at: Micros  # of the call
    times: int  # 0; of a recall, which takes the place of the call before it, 1 and more
    over: bool  # the called one has been served, missed, sent on ...
    assisted: bool  # a member of the staff meets this applicant and leads the way


class DutyLine(TypedDict):
    """One role of the duty roster and the person who holds it."""

    role: str
    role_en: str
    name: str
    name_en: str
    title: str  # may be empty
    title_en: str
    phone: str  # may be empty


class KioskView(Standstill, RootShown, TakeShown):
    """Which queues give numbers."""

    hall: HallHeader
    phase: DayPhase
    hours: list[str]  # as on the board
    opening: NotRequired["OpeningLine"]  # only while the day is not open
    queues: dict[ByQueue, "KioskQueueLine"]
    items: dict[ByItem, WhyNot]  # those that give no number now though their queue does, and why
    alone: NotRequired[int]  # a kiosk that is cut off goes on for so many minutes: it may hold a lease
    frequent: NotRequired[
        list[str]
    ]  # only with a quick kiosk: ids of the items most often taken at this hour


class KioskQueueLine(WhyNot, QueueDoubt):
    """A queue at the kiosk."""

    waiting: int  # people
    low: int  # expected wait in minutes, from; -1 unknown
    high: int  # to; -1 unknown
    open: bool  # gives numbers now


# --- bookings, for the page on which one books by phone

ByDate = Annotated[str, "date"]
BySlot = Annotated[str, "slot"]
BookingState = Literal["booked", "cancelled", "used", "missed"]


class SlotsView(TypedDict):
    """The slots for which an item may be booked now."""

    item: str
    minutes: int  # a slot's length
    days: dict[
        ByDate, dict[BySlot, int]
    ]  # by date, by the slot's start in UTC microseconds: bookings it still takes


class BookingView(TypedDict):
    """A booking, for who holds its code."""

    appointment: str  # its id
    item: str
    queue: str
    slot: Micros  # its start
    minutes: int  # its length
    day: str
    state: BookingState
    change_until: Micros  # until when it may be changed or cancelled
    before: Micros  # the slot it had before a suspension moved or cancelled it; else 0
    why_moved: str  # a code of the hall's list "suspend"; else empty


# --- one window


class WindowView(WindowMessages, MonthShown):
    """One window, for its clerk, its evaluator, its hard keypad and its sign."""

    window: str  # id
    name: str
    name_en: str
    kind: WindowKind
    phone: str
    department: str  # id
    settings: int  # version of the settings, as in the hall's header
    version: int  # give it back as `as_of` with a window verb
    state: SeenWindowState
    clerk: str  # empty while closed
    reason: str  # why it is paused, a name from the settings; else empty
    reason_en: str
    back: str  # as on the board
    since: Micros  # in this state since
    served: int  # visits ended here today
    waiting: int  # in all its queues
    queues: dict[ByQueue, "QueueCount"]  # what it serves
    next: list["QueuedTicket"]  # who is called next, in turn order, at most 10
    held: list["ParkedRow"]  # may be called back here, the newest first, at most 20
    missed: list["ParkedRow"]  # likewise
    verbs: dict[ByCommand, "VerbState"]  # what may be pressed now, and why the rest may not
    outcomes: list[Outcome]  # of a service here; `ending` has their digits
    ended: NotRequired[EndedReception]  # only while its outcome may be corrected
    awards: NotRequired[list[AwardKind]]  # only those of the month published last
    dark: NotRequired[bool]  # only while the hours of its tablet turn that off
    alarm: NotRequired[RaisedAlarm]  # only once its clerk has called for help; no public screen shows it
    ending: NotRequired[EndingView]  # only with an applicant: how this reception may end
    fees: NotRequired[int]  # only at a pay window that takes fees: receipts of today; clerk-day/ID has them
    cases: NotRequired[WindowCaseCounts]  # only where the hall has cases; cases/ID lists them
    suspended: NotRequired[list[SuspensionLine]]  # only if some of what it serves is suspended
    closing: NotRequired[ClosingLine]  # only near closing time and after it
    ticket: NotRequired["CurrentTicket"]  # only with an applicant
    rating: NotRequired["AskedRating"]  # only while the evaluator may ask about the last visit
    rated: NotRequired["GivenRating"]  # only when the last visit has been rated
    case_rating: NotRequired[
        "AskedRating"
    ]  # only while the evaluator may ask about the case it collected, after `rating`


class QueueCount(TypedDict):
    """A queue the window serves."""

    name: str
    name_en: str
    waiting: int  # people


class QueuedTicket(TicketMarks):
    """A ticket in a list of the window."""

    ticket: str  # id
    number: str
    queue: str  # id
    priority: str  # class
    items: list[str]  # ids
    issued: Micros
    bound: bool  # to this window only
    entrusted: bool  # taken by an agent for a client (委托)


class ParkedRow(QueuedTicket):
    """A ticket on hold or missed."""

    since: Micros  # in this state since


class CurrentTicket(ParkedRow):
    """The ticket at the window."""

    queue_name: str
    recalls: int  # after the first call
    state: TicketState  # called, serving
    come_back: str  # window it goes back to; empty if to none
    errand: int  # which of the agent's tickets for clients today, from 1 (笔数); 0: for oneself
    others: list[OtherNumber]  # live numbers of the same person that may be merged into this visit
    then: NotRequired[list[LaterStop]]  # only where the visit goes on at other windows: in the order of going


class AskedRating(TypedDict):
    """The visit the evaluator asks about; of a case, the visit that collected its result and the case's number."""

    ticket: str  # id
    number: str
    until: Micros  # no rating after it


class GivenRating(TypedDict):
    """The rating of the last visit."""

    ticket: str  # id
    level: int  # 1 to 5


# --- one ticket, one person


class EndedTicketView(TypedDict):
    """A visit of an earlier day that may still be rated: what is left of a ticket."""

    ticket: str  # id
    number: str
    state: TicketState
    window: str  # id; empty before the call
    window_name: str  # empty before the call
    window_name_en: str
    rateable: bool  # by phone, now
    rated: bool
    receipt: NotRequired[
        int
    ]  # only once it is rated: the seq of the rating, whose receipt is /ratings/receipts/KEY
    added: NotRequired[int]  # only once it is rated: the level of the later addition; 0: none yet
    case: NotRequired["CollectedCase"]  # only of a visit that collected the result of a case
    answers: list[AnswerLine]  # what the hall owes an answer to about its rating; all of them: answers/ID


class TicketView(EndedTicketView, HolderMarks, QueueDoubt):
    """One applicant's place in line, for the phone that the slip's code opened."""

    queue: str  # id
    queue_name: str
    queue_name_en: str
    priority: str  # class
    items: list[str]  # ids
    ahead: int  # people called before it; 0 once it is called
    low: int  # expected wait in minutes, from; -1 unknown
    high: int  # to; -1 unknown
    windows: list[str]  # names of those that may call it now
    back: dict[ByWindow, str]  # of those that are paused: when its clerk said to be back, as on the board
    call: int  # its newest one on the board; 0 before it
    issued: Micros
    not_before: Micros  # postponed until; 0 if not
    day: str  # business day
    missed_can_return: bool  # missed, and may requeue
    arrive_by: NotRequired[Micros]  # only while it was taken elsewhere and is not checked in: it expires then
    outcome: NotRequired[Outcome]  # only once a clerk has ended the reception
    sent_to: NotRequired[
        str
    ]  # the department its applicant was sent on to, only of elsewhere and where one was named
    sent_to_en: NotRequired[str]
    suspended: NotRequired[SuspensionLine]  # only while it waits and is suspended: no wait can be told
    said: NotRequired[list[AnnouncementLine]]  # only while it waits and a message holds; the newest first


class PersonView(TypedDict):
    """What the holder of an ID card has here today. The document names no person, not even by hash."""

    appointments: list["AppointmentLine"]  # not yet checked in; the earliest first
    numbers: list["HeldNumber"]  # live ones, at the window first, then the oldest first


class HeldNumber(TypedDict):
    """A live number of the card's holder."""

    ticket: str  # id
    number: str
    state: TicketState
    entrusted: bool  # for a client (委托)


class AppointmentLine(WhyNot):
    """One appointment of today."""

    appointment: str  # id; CheckIn takes it as its code
    item: str  # id
    queue: str  # id
    slot: Micros  # the appointed time
    entrusted: bool  # booked for a client (委托)
    open: bool  # can be checked in now
