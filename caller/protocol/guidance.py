"""The documents of the guide desk, as types, and what it adds to those of others. Pure. The rules are those of
`documents`."""

from typing import Annotated, NotRequired, TypedDict

from caller.engine.commands import DeviceState
from caller.engine.lease_terms import UncheckedRule
from caller.engine.tickets import TicketState
from caller.protocol.document_parts import (
    ByCommand,
    ByQueue,
    ByWindow,
    LaterStop,
    SeenWindowState,
    TicketMarks,
    VerbState,
)
from caller.protocol.documents import DayPhase
from config.instants import Micros
from config.settings import WindowKind


class FoundTicket(TicketMarks):
    """A ticket of today as the guide finds it."""

    ticket: str  # id
    number: str
    state: TicketState
    queue: str  # id
    priority: str  # class
    items: list[str]  # ids
    issued: Micros
    since: Micros  # in this state since
    window: str  # id, where it is or was last; empty before the call
    bound: str  # the window it waits for alone; else empty
    entrusted: bool  # taken by an agent for a client (委托)
    ahead: int  # people called before it; 0 once it is called
    low: int  # expected wait in minutes, from; -1 unknown
    high: int  # to; -1 unknown
    then: NotRequired[list[LaterStop]]  # only where the visit goes on at other windows: in the order of going
    verbs: NotRequired[dict[ByCommand, VerbState]]  # only if it is the only one found: as of a window


class FoundAppointment(TypedDict):
    """An appointment of today of the person looked for."""

    item: str  # id
    queue: str  # id
    slot: Micros  # the appointed time
    open: bool  # can be checked in now
    zh: str  # why not; else empty
    en: str


class FindView(TypedDict):
    """What the hall knows today under a number, a part of one, a ticket's id or a person's hash."""

    tickets: list[FoundTicket]  # who still waits first, then the newest; at most 20
    more: int  # found, and not listed
    appointments: dict[Annotated[str, "appointment; CheckIn takes it"], FoundAppointment]  # of a person only


class GuideQueue(TypedDict):
    """A queue and who may call from it."""

    waiting: int  # people
    low: int  # expected wait in minutes, from; -1 unknown
    high: int  # to; -1 unknown
    open: bool  # gives numbers now
    zh: str  # why not; else empty
    en: str
    windows: list[str]  # ids of those that may call from it now


class CardAtDesk(TypedDict):
    """An ID card that was just laid on a guide desk's reader."""

    person: str  # keyed hash of its number; `find/PERSON` has what its holder has
    at: Micros  # when it was laid


class GuideWindow(TypedDict):
    """A window as the guide sees it."""

    name: str
    name_en: str
    kind: WindowKind
    state: SeenWindowState
    number: str  # being called or served; else empty
    reason: str  # why it is paused; else empty
    reason_en: str
    clerk: str
    queues: list[str]  # ids: what it serves, or would serve
    waiting: int  # people it may call
    free: bool  # a clerk is there, and no applicant
    since: Micros  # in this state since; of a free window, since the last applicant left
    unread: int  # messages
    card: NotRequired[CardAtDesk]  # only of a guide desk, and for a minute


class GuidePrinter(TypedDict):
    """A printer of the hall."""

    station: str  # the PC or kiosk it hangs on
    prints: bool  # slips can be printed there from the guide desk
    state: DeviceState


class AssistanceLine(TicketMarks):
    """A live ticket whose holder is to be met in another way."""

    number: str
    state: TicketState
    window: str  # id, where it is called or served; else empty
    since: Micros


class GuideView(TypedDict):
    """The hall as the guide desk sees it."""

    settings: int  # version of the settings
    day: str  # business day; empty before the first
    phase: DayPhase
    queues: dict[ByQueue, GuideQueue]
    windows: dict[ByWindow, GuideWindow]
    printers: dict[Annotated[str, "printer"], GuidePrinter]
    assistance: dict[Annotated[str, "ticket"], AssistanceLine]


# --- the emergency sheet, by which one calls by hand while the caller is away


class SheetNumber(TypedDict):
    """A number that waits."""

    number: str
    queue: str  # id
    promise: Micros  # the smallest is the next, of the queues one serves; ties by number
    back: bool  # given by a kiosk alone, and called in its turn only once the sheet is closed
    alone: NotRequired[list[UncheckedRule]]  # as in a window


class SheetRange(TypedDict):
    """Numbers that a kiosk gives, in their order, while it is cut off."""

    queue: str  # id
    first: str
    last: str


class SheetKiosk(TypedDict):
    """A kiosk that may go on alone."""

    name: str
    until: Micros
    ranges: list[SheetRange]


class SheetQueue(TypedDict):
    name: str
    name_en: str


class SheetView(TypedDict):
    """All that is needed to call by hand, in order, while the caller is away: a page keeps the newest."""

    hall: str
    hall_en: str
    day: str  # business day; empty before the first
    zone: str
    at: Micros  # of the last event
    queues: dict[ByQueue, SheetQueue]
    windows: dict[ByWindow, list[str]]  # ids of the queues each open window calls from
    waiting: dict[Annotated[str, "ticket"], SheetNumber]
    kiosks: dict[Annotated[str, "kiosk"], SheetKiosk]
