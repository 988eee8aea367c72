"""What the REST interface answers, as types: the description in OpenAPI and the choice of fields are made from them.

A larger document (a window, a case, feedback) is handed out as the caller makes it; its type is in `caller.protocol`.
Instants are UTC microseconds, waits are minutes and -1 where they are unknown. Fields are only added.
"""

from typing import Literal

from msgspec import Struct

from caller.engine.commands import Outcome
from caller.engine.tickets import TicketState
from caller.protocol.case_documents import CaseLine
from caller.protocol.document_parts import SeenWindowState
from caller.protocol.documents import DayPhase
from config.instants import Micros
from config.settings import WindowKind


class Nothing(Struct):
    """Done; there is nothing more to say."""


# --- what commands answer


class NextStop(Struct):
    """Where a visit for several items goes on, without queueing again: the queue, and what is dealt with there."""

    queue: str
    items: list[str]


class Issued(Struct):
    """A number. `low` and `high` are the expected wait in minutes (-1: unknown); instants are UTC µs. `key` is the
    phone's: the applicant's page is `/t#KEY`; give it to the applicant only. `items` and `then` stand there
    for a visit with several items: all of them in the order of going, and the stops after the first."""

    ticket: str
    number: str
    queue: str
    ahead: int
    low: int
    high: int
    issued: int
    key: str = ""
    items: list[str] = []
    then: list[NextStop] = []


class Booked(Struct):
    """An appointment, and the code its holder checks in with."""

    appointment: str
    code: str


class Called(Struct):
    """A call. `call` is 0 for a visit without a number, which no screen shows."""

    ticket: str
    number: str
    window: str
    call: int


class EndedVisitAnswer(Struct):
    """The visit that ended; with a case or a notice, what it is and whether a printer of the window was asked to print it."""

    ticket: str
    notice: str = ""
    about: str = ""
    code: str = ""
    case_number: str = ""
    printed: bool = False


class OpenedCase(Struct):
    """A case. `about` is its id, `code` the progress code that stands on the applicant's receipt."""

    about: str
    case_number: str
    code: str
    notice: str = ""
    printed: bool = False


class MovedCase(Struct):
    """The case as it stands after the move."""

    case: str
    version: int
    state: str


class Received(Struct):
    """Feedback was received: its number, the code its applicant follows it by, and until when it is answered."""

    follow_up: str
    number: str
    code: str
    due: Micros
    opened: Micros


class Evaluation(Struct):
    """What the evaluator at a window asked about the visit that ended last, and what was answered.

    asked: it asks now, until `until`; answered: `level` 1 to 5; unanswered: its time is over, which counts as no rating.
    `case_number`: of the case that the end has opened, told to who ended the visit.
    """

    window: str
    ticket: str
    state: Literal["asked", "answered", "unanswered"]
    number: str = ""
    level: int = 0
    until: Micros = 0
    case_number: str = ""


# --- what is read


class HallStatus(Struct):
    """The hall and its business day. `phase`: for who has no number yet."""

    name: str
    name_en: str
    zone: str
    day: str
    open: bool
    phase: DayPhase
    hours: list[str]
    settings: int
    phone: str
    complaint_phone: str


class QueueStatus(Struct):
    """A queue and the wait of who joins it now; `open`: it gives numbers, else `zh` and `en` say why not."""

    queue: str
    name: str
    name_en: str
    waiting: int
    low: int
    high: int
    open: bool
    zh: str = ""
    en: str = ""


class WindowStatus(Struct):
    """A window as everybody may see it; `number`: being called or served."""

    window: str
    name: str
    name_en: str
    kind: WindowKind
    state: SeenWindowState
    number: str
    reason: str = ""
    back: str = ""


class ItemRow(Struct):
    """An item of the hall, and the queue it leads to."""

    id: str
    name: str
    name_en: str = ""
    queue: str = ""
    department: str = ""


class FreeSlot(Struct):
    """A slot by its start, and how many more bookings it takes."""

    slot: Micros
    free: int


class SlotDay(Struct):
    """The slots of a day."""

    day: str
    slots: list[FreeSlot]


class ItemSlots(Struct):
    """When an item may be booked now; `minutes`: how long a slot is."""

    item: str
    minutes: int
    days: list[SlotDay]


class TicketStatus(Struct):
    """A ticket as its holder may see it; more fields may be added."""

    ticket: str
    number: str
    state: TicketState
    queue: str = ""
    ahead: int = 0
    low: int = -1
    high: int = -1
    window: str = ""
    window_name: str = ""
    priority: str = ""
    items: list[str] = []
    rated: bool = False
    outcome: Outcome | Literal[""] = ""


class FoundNumber(Struct):
    """A ticket of today that was found by its number."""

    ticket: str
    number: str
    state: TicketState
    queue: str = ""
    window: str = ""


class Page(Struct):
    """One page of a list. `next`: give it back as `after` for the page that follows; empty: this is the last."""

    next: str


class QueuePage(Page):
    """Queues by id."""

    queues: list[QueueStatus]


class WindowPage(Page):
    """Windows by id."""

    windows: list[WindowStatus]


class ItemPage(Page):
    """Items by id."""

    items: list[ItemRow]


class TicketPage(Page):
    """Tickets that were found, those that wait first."""

    tickets: list[FoundNumber]


class CasePage(Page):
    """Cases by id: of the hall those that are due first and the newest without a clock, of a window its open ones."""

    cases: list[CaseLine]
