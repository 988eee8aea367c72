"""What the visit machine asks the station to do: plain values, done in the order in which they stand.

The machine itself never writes a file, prints or sends. `Save` before `Send` is what makes a number survive a
kiosk that dies between the tap and the slip.
"""

from typing import Any, Literal

from msgspec import Struct

from caller.engine.envelope import AnyCommand
from config.paper.notice import NoticeContent
from config.paper.slip import SlipContent

SlipStage = Literal["asked", "printing"]
SlipOutcome = Literal["none", "printing", "printed", "failed", "unknown"]


class PendingVisit(Struct, frozen=True):
    """The one visit that a kiosk keeps on disk, from before its command is sent until its slip has an outcome.

    "asked": the command is sent or about to be; sending it again with the same id is safe, nothing was printed.
    "printing": the number is known, and a slip may or may not be in the applicant's hand.
    """

    id: str
    command: AnyCommand
    stage: SlipStage = "asked"
    result: dict[str, Any] = {}
    items: list[str] = []
    language: str = "zh"


class Save(Struct, frozen=True):
    kept: PendingVisit


class Forget(Struct, frozen=True):
    """Delete the kept visit `id`; one kept after it stays."""

    id: str


class Send(Struct, frozen=True):
    id: str
    command: AnyCommand
    answered: bool = True  # False: a report; its answer changes no screen


class GiveAlone(Struct, frozen=True):
    """Give a number of the kiosk's lease to this visit, and hand it to the machine's `answer()`, or a refusal."""

    kept: PendingVisit


class Print(Struct, frozen=True):
    slip: SlipContent


class PrintGuide(Struct, frozen=True):
    item: str
    language: str


class PrintReceipt(Struct, frozen=True):
    """Print the receipt of a complaint and the like."""

    content: NoticeContent


class Look(Struct, frozen=True):
    """Watch one topic beside the hall's and hand its view to the machine: "ticket/ID", "person/HASH"; "": none."""

    topic: str


class AskPaper(Struct, frozen=True):
    """Ask the printers now and hand their states to the machine's `paper()`."""


class PaperChanged(Struct, frozen=True):
    """The staff put paper in: start again with the first printer and ask it."""


class CheckPin(Struct, frozen=True):
    """Hash an entry beside the loop and hand the outcome, with this revision, to the machine's `pin_checked()`."""

    entry: str
    revision: int


class ReadClient(Struct, frozen=True):
    """Read a client's document number beside the loop and hand what it says to the machine's `client_read()`."""

    number: str
    revision: int


class Restart(Struct, frozen=True):
    """Start the kiosk's program again (staff corner)."""


VisitEffect = (
    Save
    | Forget
    | Send
    | GiveAlone
    | Print
    | PrintGuide
    | PrintReceipt
    | Look
    | AskPaper
    | PaperChanged
    | CheckPin
    | ReadClient
    | Restart
)
