"""Documents of rectifications, for the office and for the public. Pure. The rules are those of `documents`."""

from typing import Annotated, Literal, TypedDict

from caller.engine.commands import FollowUpMove
from caller.engine.deadlines import Light
from caller.engine.rating_messages import RectificationMove
from caller.protocol.supervision import ByFollowUp
from config.instants import Micros

ByMonth = Annotated[str, "month, such as 2026-11"]
ByRating = Annotated[str, "seq of the rating's row in the log"]
Appeal = Literal["", "raised", "kept", "excluded"]


class RectificationsView(TypedDict):
    """The bad ratings that are being put right, and the counts of each month."""

    rectifications: dict[ByFollowUp, "RectificationLine"]
    months: dict[ByMonth, "RectificationCounts"]
    exclusions: dict[ByRating, "ExclusionLine"]
    ranked_last: list[str]  # windows ranked last in both of the two months before this one


class RectificationLine(TypedDict):
    """One bad rating and what was done about it."""

    number: str  # F2026-0007
    state: Literal["opened", "assigned", "answered", "closed", "reopened", "archived"]
    ticket: str  # id of the visit; empty where the rating is of a case
    ticket_number: str
    case: str  # the number of the case that was rated; empty where it was a visit
    subject: str  # under which the words and the contact lie in the people's store
    window: str
    clerk: str
    owner: str
    level: int  # 1 or 2
    opened: Micros
    due: Micros
    provisional: bool
    light: Light  # of the answer; grey once closed
    named: bool  # left a way to be reached
    call_due: Micros  # 0: nobody to call
    call_light: Light  # grey: nobody to call, or called
    tries: int
    reached: bool
    verified: str  # code of the hall's list "finding"; empty until then
    righted: str  # code of the hall's list "measure"; empty until then
    finding: str  # of the answer
    returns: int
    appeals: int  # by the applicant
    appeal: Appeal  # by the clerk
    appeal_code: str
    added: int  # the level of the later addition; 0: none
    published: bool
    moves: list[FollowUpMove]  # what the table of follow-ups allows now
    steps: list[RectificationMove]  # what may be done now besides
    left: list[RectificationMove]  # what must be done before the answer


class RectificationCounts(TypedDict):
    """The bad ratings given in a month, each counted once."""

    opened: int
    named: int
    called: int  # of the named: one try at least
    reached: int
    righted: int
    closed: int
    late: int
    appealed: int
    excluded: int
    published: int


class ExclusionLine(TypedDict):
    """A rating that a review excluded from the shares."""

    month: str
    level: int
    reason: str  # code of the hall's list "objection"
    case: bool  # of a decided case, and not of a reception


class RectifiedView(TypedDict):
    """What the public sees: no ticket, no person."""

    months: dict[ByMonth, RectificationCounts]
    exclusions: dict[ByRating, ExclusionLine]
    published: dict[ByFollowUp, "PublishedLine"]


class PublishedLine(TypedDict):
    """A rectification that was published."""

    number: str
    month: str
    window: str
    level: int
    finding: str  # code of the hall's list
    measure: str  # likewise; empty where nothing was to be put right
    opened: Micros
    closed: Micros
