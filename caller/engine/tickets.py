"""A ticket's life, as one table you can read aloud.

`TABLE[state][event]` is the state after the event; what is not in the table cannot happen. docs/states.md is
generated from it, and a test compares the two.
"""

from typing import Any, Literal, NamedTuple

from msgspec import Struct

from caller.engine import events as ev
from caller.engine.hall_events import TicketMerged, VisitTakenOver
from caller.engine.lease_terms import CalledByHand
from caller.engine.refusals import Refused
from config.instants import Micros
from config.settings import PriorityClass

TicketState = Literal[
    "waiting", "called", "serving", "held", "missed", "served", "cancelled", "expired", "lapsed", "merged",
    "by-hand",
]  # fmt: skip
EventType = type[Any]

TABLE: dict[str, dict[EventType, TicketState]] = {
    "": {ev.TicketIssued: "waiting"},
    "waiting": {
        ev.TicketCalled: "called",
        ev.TicketPostponed: "waiting",
        ev.TicketChanged: "waiting",
        ev.TicketCancelled: "cancelled",
        ev.TicketExpired: "expired",
        TicketMerged: "merged",
        CalledByHand: "by-hand",
    },
    "called": {
        VisitTakenOver: "called",
        ev.TicketRecalled: "called",
        ev.ServiceStarted: "serving",
        ev.ServiceFinished: "served",
        ev.ServiceLapsed: "lapsed",
        ev.TicketReturned: "waiting",
        ev.TicketMissed: "missed",
        ev.TicketHeld: "held",
        ev.TicketTransferred: "waiting",
        ev.TicketCancelled: "cancelled",
    },
    "serving": {
        VisitTakenOver: "serving",
        ev.ServiceFinished: "served",
        ev.ServiceLapsed: "lapsed",
        ev.TicketReturned: "waiting",
        ev.TicketHeld: "held",
        ev.TicketTransferred: "waiting",
    },
    "held": {
        ev.TicketCalled: "called",
        TicketMerged: "merged",
        ev.TicketCancelled: "cancelled",
        ev.TicketExpired: "expired",
    },
    "missed": {
        ev.TicketCalled: "called",
        ev.TicketRequeued: "waiting",
        TicketMerged: "merged",
        ev.TicketCancelled: "cancelled",
        ev.TicketExpired: "expired",
    },
    "served": {},
    "cancelled": {},
    "lapsed": {},
    "merged": {},
    "by-hand": {},  # called from the emergency sheet, while nothing else could call
    "expired": {ev.TicketRestored: "waiting"},  # or held or missed: the state it expired from, see `restore`
}

# The class of who comes back with a voucher (`vouchers`), in a hall whose settings do not name it.
RETURNING = PriorityClass("returning", "二次优先", 0, "Returning", offered=False)
AT_WINDOW = frozenset({"called", "serving"})
LIVE = frozenset({"waiting", "called", "serving", "held", "missed"})


class TurnPlace(NamedTuple):
    """A place in a line as an arrival made it (`queueing`): its promise, number and origin."""

    promise: int
    serial: int
    series: str
    origin: Micros


class Ticket(Struct, gc=False):
    """The right to be called. `promise` is the instant by which it should be called (origin + target)."""

    id: str
    number: str
    serial: int
    series: str  # the queue that gave the number
    queue: str  # the queue it is in
    priority: str
    origin: int
    promise: int
    issued: int
    since: int  # when the present state began
    items: list[str] = []
    pending: list[str] = []  # items of this visit not yet dealt with
    state: str = "waiting"
    window: str = ""  # where it is (called, serving) or was last (held, missed, served)
    clerk: str = ""  # who called it last
    bound: str = ""  # waits for this window only
    come_back: str = ""  # returns to this window when finished elsewhere
    home: str = ""  # the queue it returns to then
    not_before: int = 0
    recalls: int = 0
    requeues: int = 0
    call: int = 0  # seq of its last call or recall
    called: int = 0  # when it was last called (a recall does not change it)
    announced: int = 0  # when it was last called or recalled
    person: str = ""
    appointment: str = ""
    low: int = -1
    high: int = -1
    expected: int = -1
    expired_from: str = ""  # the state it was in when it expired, which a reopened day gives back
    due: Micros = 0  # until when it may be on hold; 0 in an event of an older version
    client: str = ""  # whom `person` acts for, by keyed hash
    outcome: str = ""  # of the reception that ended the visit
    sent_to: str = ""  # the department its applicant was sent on to, a code of the hall's list
    errand: int = 0  # which of the agent's tickets for clients on its day, from 1 (笔数); 0: for oneself
    papers: str = ""  # what the guide found in them beforehand (预审), empty: not looked at
    assistance: str = ""  # how the applicant must be met, empty: as everybody
    voucher: str = ""  # of the notice of missing papers it came back with
    taken_over: Micros = 0  # when its present clerk took the visit over from another; 0: this clerk called it
    merged: str = ""  # the number of the visit it was merged into
    first_visit: Micros = 0  # when the first visit of who comes back with a voucher ended
    place: TurnPlace | None = (
        None  # of the class `returning`: the place kept for it, where another took its own
    )
    kiosk: str = ""  # which gave it alone
    unchecked: list[str] = []  # rules that kiosk could not look up
    on_sheet: bool = False  # waits until what was called by hand is noted
    arrive_by: Micros = 0  # taken elsewhere and not checked in: when it expires


def move(ticket: Ticket, event: EventType, at: Micros) -> None:
    """Move the ticket by the table, at UTC microseconds `at`. A KeyError is our bug: `decide` must have refused."""
    ticket.state = TABLE[ticket.state][event]
    ticket.since = at


def restore(ticket: Ticket, state: str, at: Micros) -> None:
    """Give an expired ticket back the state it expired from. Raises KeyError, our bug, for a state that cannot expire."""
    move(ticket, ev.TicketRestored, at)
    if ev.TicketExpired not in TABLE[state]:
        raise KeyError(state)
    ticket.state, ticket.expired_from = state, ""


def require(ticket: Ticket, event: EventType) -> None:
    """Raise Refused if the table does not allow the event now."""
    if event not in TABLE[ticket.state]:
        raise Refused("wrong-state", number=ticket.number, state=ticket.state)
