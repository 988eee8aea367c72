"""Commands and events of fees at pay windows, and the row of a receipt. Money is whole fen.

The rules of `commands` and `events` hold: codes of the hall's lists and the numbers of machines, never a name.
"""

from typing import Annotated

from msgspec import Meta, Struct

from caller.engine.commands import Command, Id, PauseCode, WindowVerb
from caller.engine.hall_events import Event
from config.fee_settings import COUNT_MAX, FEE_MAX, PayWay
from config.instants import Micros

Amount = Annotated[int, Meta(ge=0, le=FEE_MAX)]
PayReference = Annotated[str, Meta(pattern=r"^[A-Za-z0-9-]{0,32}\Z")]  # of a POS slip, an order, a transfer
ListedId = Annotated[str, Meta(max_length=32)]


class TakeFee(WindowVerb, frozen=True):
    """Take a fee of the applicant who is served at a pay window.

    `price`: of one unit, in fen, where the item has none of its own; `discount`: of the hall's list, or none;
    `reference`: what the payment is found by, of any way but cash.
    """

    item: Id
    way: PayWay
    count: Annotated[int, Meta(ge=1, le=COUNT_MAX)] = 1
    price: Amount = 0
    discount: ListedId = ""
    reference: PayReference = ""


class CorrectFee(Command, frozen=True):
    """Correct what was taken by a mistake, on its business day: the log keeps both. `amount`: what was really taken, 0 if it
    was given back; `as_of`: how often it had been corrected on the picture of who presses."""

    window: Id
    fee: Id
    as_of: Annotated[int, Meta(ge=0, le=999)]
    amount: Amount
    reason: PauseCode
    way: PayWay
    reference: PayReference = ""


FeeCommand = TakeFee | CorrectFee


class FeeTaken(Event, frozen=True):
    """A fee was paid: `count` units of `price` make `full`, of which `amount` is left by the discount."""

    fee: str
    series: str
    serial: int
    number: str
    ticket: str
    ticket_number: str
    window: str
    clerk: str
    item: str
    department: str
    count: int
    price: int
    full: int
    amount: int
    way: PayWay
    discount: str = ""
    reference: str = ""


class FeeCorrected(Event, frozen=True):
    """What was written of a fee was a mistake: `before` and the earlier way stand in the events before this one."""

    fee: str
    number: str
    window: str
    clerk: str
    item: str
    department: str
    discount: str
    before: int
    amount: int
    way_before: PayWay
    way: PayWay
    reason: str
    reference: str = ""


FeeEvent = FeeTaken | FeeCorrected


class PaidFee(Struct, gc=False):
    """A receipt of today as it stands. `corrected`: how often; `first`: the amount before that."""

    id: str
    number: str
    ticket: str
    ticket_number: str
    window: str
    clerk: str
    item: str
    department: str
    count: int
    price: int
    full: int
    amount: int
    way: PayWay
    discount: str
    reference: str
    taken: Micros
    first: int
    corrected: int = 0
    reason: str = ""
