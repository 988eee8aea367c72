"""What a clerk asks of the hall beside calling and ending: to correct an outcome, help, to take over, to merge two numbers;
and what a manager asks for a clerk's window. Imperative, as in `commands`."""

from typing import Annotated, Literal

from msgspec import Meta

from caller.engine.commands import Command, Id, Outcome, PauseCode, WindowVerb
from caller.engine.papers import PAPERS_MAX, WrongPaper
from config.instants import Micros

AlarmKind = Literal["manager", "security"]  # whom a clerk calls


class CorrectOutcome(Command, frozen=True):
    """Correct the outcome of the reception that ended last at a window (更正); its end, and its rating, stay.

    `ticket`: the one the clerk saw, so that a press that comes late corrects no other. `item`, `reason` and `papers`: what
    the outcome needs, as in FinishService.
    """

    window: Id
    ticket: Id
    outcome: Outcome
    item: Annotated[str, Meta(max_length=64)] = ""
    reason: PauseCode = ""
    papers: Annotated[list[WrongPaper], Meta(max_length=PAPERS_MAX)] = []  # noqa: RUF012 - of a Struct


class RaiseAlarm(Command, frozen=True):
    """Call a manager or security to a window (求助), without a sound there."""

    window: Id
    kind: AlarmKind = "manager"


class AcknowledgeAlarm(Command, frozen=True):
    """Tell the clerk who raised an alarm that help is on its way. `raised`: of the alarm that was seen."""

    window: Id
    raised: Micros


class SetQueues(Command, frozen=True):
    """Narrow or widen what a window with a clerk serves, from now on until it closes: these queues, any of the hall's."""

    window: Id
    queues: Annotated[list[Id], Meta(min_length=1, max_length=64)]


class RelieveClerk(Command, frozen=True):
    """Take the seat of the clerk at a window (换岗), with the visit that runs there; `clerk`: who sits there from now on."""

    window: Id
    clerk: Id


class TakeOverVisit(WindowVerb, frozen=True):
    """Take over to this window the visit that is served at another one (AB 岗). `number`: the one the clerk saw there."""

    from_window: Annotated[str, Meta(max_length=32)]
    number: Annotated[str, Meta(max_length=16)]


class MergeTickets(WindowVerb, frozen=True):
    """Merge another live number of the applicant at this window, by what stands on its slip, into the visit here (并号)."""

    number: Annotated[str, Meta(max_length=16)]


DeskAidCommand = (
    CorrectOutcome | RaiseAlarm | AcknowledgeAlarm | SetQueues | RelieveClerk | TakeOverVisit | MergeTickets
)
