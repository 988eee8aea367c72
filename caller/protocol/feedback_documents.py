"""The documents of complaints and the like, for those who gave them, as types. Pure. The rules are those of `documents`.

The staff's are in `supervision`. No document holds a person's words: those lie in the people's store.
"""

from typing import Literal, TypedDict

from caller.engine.commands import AnswerKind
from caller.engine.deadlines import Light
from caller.engine.feedback_messages import FeedbackKind, FeedbackWay, Satisfaction
from config.instants import Micros


class AnswersView(TypedDict):
    """What the hall owes an answer to about one visit, the oldest first: for who holds its slip, not for the windows."""

    answers: list["AnswerLine"]


class AnswerLine(TypedDict):
    """A complaint or a bad rating of this visit, and until when the hall answers it."""

    number: str  # what people see, F2026-0007
    kind: AnswerKind
    closed: bool
    due: Micros
    provisional: bool  # the year's holidays are not known yet, so `due` may move
    before: Micros  # the due date before it moved; 0 while it has not
    why_moved: str  # notice; empty while it has not
    told: str  # how the applicant was told of that; empty until then
    code: str  # of its receipt; empty where it has none


class ReceiptView(TypedDict):
    """What the holder of a receipt's code may know; the words of the answer are added by the web process."""

    follow_up: str  # its id
    subject: str  # under which its words lie in the people's store
    number: str
    kind: FeedbackKind
    way: FeedbackWay
    state: Literal["opened", "assigned", "answered", "closed", "reopened", "archived"]
    opened: Micros
    due: Micros
    provisional: bool
    before: Micros
    why_moved: str
    told: str
    light: Light  # grey once answered
    window: str  # which it is about; may be empty
    window_en: str
    department: str  # which it was given to; may be empty
    department_en: str
    reason: str  # a code of the hall's list; may be empty
    verdict: Satisfaction
    judge: bool  # the applicant may say whether they are satisfied
    appeal: bool  # and may appeal
    appeal_until: Micros


class FeedbackCounts(TypedDict):
    """Complaints and the like: those that are open by light, and those of this month by what was done."""

    red: int
    yellow: int
    green: int
    accepted: int
    coordinated: int
    transferred: int
    filed: int
