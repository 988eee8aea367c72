"""The documents of a clerk's desk as types, beside the window's own. Pure. The rules are those of `documents`."""

from typing import Annotated, Literal, NotRequired, TypedDict

from caller.engine.commands import FollowUpKind, Outcome
from caller.engine.desk_commands import AlarmKind
from caller.engine.tickets import TicketState
from caller.protocol.case_documents import EndingView
from config.fee_settings import PayWay
from config.instants import Micros

ByReceptionOutcome = Annotated[str, "outcome"]
ByWay = Annotated[str, "way of payment"]
ByLevelGiven = Annotated[str, "level 1 to 5"]


class EndedReception(TypedDict):
    """The reception its clerk ended here last."""

    ticket: str  # id
    number: str
    outcome: Outcome
    until: Micros  # no correction after it
    ending: NotRequired[EndingView]  # how it may be corrected


class OtherNumber(TypedDict):
    """Another live number of the person at a window, which MergeTickets takes."""

    number: str
    state: TicketState
    queue: str  # id
    queue_name: str


class RaisedAlarm(TypedDict):
    """The alarm a clerk raised last (求助)."""

    kind: AlarmKind
    raised: Micros
    acknowledged: Micros  # by somebody of the staff; 0 until then


# --- a clerk's own day


class ClerkDayView(TypedDict):
    """The own day of the clerk at a window: what they ended wherever they sat, what became of it. Today's alone."""

    clerk: str  # empty while the window is closed; then all of it is empty
    receptions: list["ReceptionLine"]  # the newest first, at most 100
    count: int  # of all, with those that are not listed
    seconds: int  # they took, together
    outcomes: dict[ByReceptionOutcome, int]
    levels: dict[
        ByLevelGiven, int
    ]  # ratings of the visits ended today, but for the one that ended last: its is free
    rated: int  # how many those are
    followups: list["OwnFollowUp"]  # about own visits, of any day, the newest first
    fees: NotRequired["FeesOfDay"]  # only at a pay window that takes fees


class PaidFeeLine(TypedDict):
    """One receipt of today; money is whole fen."""

    fee: str  # id; CorrectFee takes it
    number: str  # of the receipt
    ticket_number: str  # of the visit
    item: str  # id
    count: int
    full: int
    amount: int  # as it was corrected last
    first: int  # before that
    discount: str  # id; empty without one
    way: PayWay
    reference: str  # empty for cash
    taken: Micros
    corrected: int  # how often; give it back as `as_of` with CorrectFee


class FeesOfDay(TypedDict):
    """What a pay window has taken today, by whichever clerk."""

    receipts: int
    amount: int  # fen
    full: int  # before discounts
    corrected: int  # receipts that were
    first: str  # number of the first receipt; empty without one
    last: str
    ways: dict[ByWay, int]
    lines: list[PaidFeeLine]  # the newest first, at most 60


class ReceptionLine(TypedDict):
    """One reception."""

    number: str
    window: str  # id
    items: list[str]  # ids
    outcome: Outcome
    began: Micros  # the start, or the call where none was pressed
    ended: Micros


class OwnFollowUp(TypedDict):
    """A complaint or a bad rating about a visit of this clerk; its words are not for them."""

    follow_up: str  # id
    number: str
    ticket_number: str  # what stood on the visit's slip; of a case its number
    kind: FollowUpKind
    state: Literal["opened", "assigned", "answered", "closed", "reopened", "archived"]
    appeals: int  # how often the applicant appealed against the answer
    opened: Micros
    due: Micros  # to be answered until
    level: int  # of the bad rating; 0 of anything else
    appeal: Literal["", "raised", "kept", "excluded"]  # by this clerk, against the rating
    appealable: bool  # by this clerk, now
