"""What a clerk asks of the hall beside calling and ending: to correct an outcome, and help. Imperative, as in `commands`."""

from typing import Annotated, Literal

from msgspec import Meta

from caller.engine.commands import Command, Id, Outcome, PauseCode
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


DeskAidCommand = CorrectOutcome | RaiseAlarm | AcknowledgeAlarm
