"""What a complaint, a report, a suggestion, praise or a consultation is to the hall, and the commands that give one and judge its
answer.

The rules of `commands` hold: no name and no words of a person. They lie in the people's store, under the follow-up.
"""

from typing import Annotated, Literal, get_args

from msgspec import Meta

from caller.engine.day_commands import Command, PauseCode
from config.instants import HOUR

FeedbackKind = Literal["complaint", "report", "suggestion", "praise", "consultation"]
FEEDBACK_KINDS: tuple[FeedbackKind, ...] = get_args(FeedbackKind)
# About a person: whom it is about neither sees it nor takes it on.
ABOUT_PERSONS: frozenset[str] = frozenset({"complaint", "report"})
# How it came in. page: the hall's own page, without a number; window: that of "cannot get it done" (办不成事).
FeedbackWay = Literal["phone", "page", "guide", "call", "letter", "visit", "kiosk", "window"]
FEEDBACK_WAYS: tuple[FeedbackWay, ...] = get_args(FeedbackWay)
Satisfaction = Literal["", "satisfied", "unsatisfied"]
ARCHIVE_KEPT = 180 * 24 * HOUR  # microseconds; as long as its words are kept
RECEIPT = r"^[0-9]{10}\Z"


class SubmitFeedback(Command, frozen=True):
    """Receive what a person has to tell the hall; the command's id becomes the follow-up's.

    `ticket`: the visit it is about, which says the window and the clerk; else `window`, whose clerk of this moment it is
    about, or `clerk` where the office knows better. `reason`: a code of the hall's list "feedback".
    """

    kind: FeedbackKind
    way: FeedbackWay
    ticket: Annotated[str, Meta(max_length=64)] = ""
    window: Annotated[str, Meta(max_length=32)] = ""
    clerk: Annotated[str, Meta(max_length=32)] = ""
    department: Annotated[str, Meta(max_length=64)] = ""
    item: Annotated[str, Meta(max_length=64)] = ""
    reason: PauseCode = ""
    anonymous: bool = False


class JudgeFeedback(Command, frozen=True):
    """The applicant, who holds the receipt's code, is satisfied with the answer or not; `again`: and appeals against it."""

    code: Annotated[str, Meta(pattern=RECEIPT)]
    satisfied: bool
    again: bool = False


FeedbackCommand = SubmitFeedback | JudgeFeedback
