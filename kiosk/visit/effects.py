"""What the visit machine asks the world to do: plain values, done by the station.

The machine itself never writes a file, prints or sends; it returns these, in the order in which they must
happen. `Save` before `Send` is what makes a number survive a kiosk that dies between the tap and the slip.
"""

from typing import Any, Literal

from msgspec import Struct

from caller.engine.commands import AnyCommand

SlipStage = Literal["asked", "printing"]
SlipOutcome = Literal["none", "printing", "printed", "failed", "unknown"]


class PendingVisit(Struct, frozen=True):
    """The one visit a kiosk must not forget: kept on disk from before the command until the slip's fate.

    "asked": sent or about to be; asking again with the same id is safe and nothing was printed.
    "printing": the number is known and a slip may or may not be in the applicant's hand.
    """

    id: str
    command: AnyCommand
    stage: SlipStage = "asked"
    result: dict[str, Any] = {}
    items: list[str] = []
    language: str = "zh"


class PrintSlipFacts(Struct, frozen=True):
    """What the paper says, as facts; devices.paper.slip makes the bytes."""

    ticket: str
    number: str
    queue: str
    items: list[str]
    ahead: int
    low: int
    high: int
    issued: int  # UTC microseconds
    url: str
    language: str
    copy: int = 0  # 0 the slip, 1.. reprints
    priority: str = "ordinary"
    appointment: bool = False


class Save(Struct, frozen=True):
    kept: PendingVisit


class Forget(Struct, frozen=True):
    """The slip's fate is known and nothing is left to come back to; a newer kept visit stays."""

    id: str


class Send(Struct, frozen=True):
    id: str
    command: AnyCommand
    answered: bool = True  # False: a report; nobody on the screen waits for its answer


class Print(Struct, frozen=True):
    slip: PrintSlipFacts


class PrintGuide(Struct, frozen=True):
    item: str
    language: str


class Look(Struct, frozen=True):
    """Watch this topic beside the kiosk's own and tell the machine: "ticket/ID", "person/HASH"; empty: none."""

    topic: str


class AskPaper(Struct, frozen=True):
    """Ask the printer now and tell the machine with `paper()`."""


class PaperChanged(Struct, frozen=True):
    """The staff put paper in: start again with the first printer and ask it."""


class Restart(Struct, frozen=True):
    """Start the kiosk's program again (staff corner)."""


VisitEffect = Save | Forget | Send | Print | PrintGuide | Look | AskPaper | PaperChanged | Restart
