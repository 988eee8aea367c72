"""Commands and events about ratings beside `Rate`: what is done about a bad one (整改), and later additions (追评).

The rules of `commands` and `events` hold: no name of a person, no words, and all that a fold needs.
"""

from typing import Annotated, Literal

from msgspec import Meta

from caller.engine.commands import Command, Id, PauseCode, RatingReason, Via
from caller.engine.hall_events import Event
from config.instants import Micros

RectificationMove = Literal["verify", "call", "right", "keep", "exclude", "publish"]
CallResult = Literal["reached", "no-reply", "refused", "wrong-number"]

# --- commands


class MoveRectification(Command, frozen=True):
    """Take a rectification on. `code`: of verify the finding, of call a `CallResult`, of right the measure taken."""

    follow_up: Id
    move: RectificationMove
    staff: Annotated[str, Meta(min_length=1, max_length=32)]
    code: PauseCode = ""


class AppealRating(Command, frozen=True):
    """The clerk says that a bad rating is not theirs to answer for (申诉), once; `code`: why, of the hall's list.

    `window`: the one at which the clerk is signed in and says so; empty: the office, which notes it for the clerk.
    """

    follow_up: Id
    staff: Annotated[str, Meta(min_length=1, max_length=32)]
    code: PauseCode
    window: Annotated[str, Meta(max_length=32)] = ""


class NoteContact(Command, frozen=True):
    """Whose bad rating this ticket's is has left a way to be reached; the contact itself lies in the people's store.

    `case`: the rating is of this case, and of no ticket.
    """

    ticket: Annotated[str, Meta(max_length=64)] = ""
    case: Annotated[str, Meta(max_length=64)] = ""


class RateByNumber(Command, frozen=True):
    """A rating by the card at a window: the number on the slip names the visit, the newest of this number there.

    Sent by the web process, which bounds guesses; each visit is rated once, whichever the way.
    """

    window: Id
    number: Annotated[str, Meta(min_length=2, max_length=16)]
    level: Annotated[int, Meta(ge=1, le=5)]
    reasons: Annotated[list[RatingReason], Meta(max_length=8)] = []  # noqa: RUF012 - of a Struct


class AddToRating(Command, frozen=True):
    """A later addition (追评) to a rating, once: how the applicant sees it now. It changes no count.

    `ticket`: the visit. `case`: not of the visit, but of the case whose result it collected. `code`: else, without a
    ticket, the case of this progress code, which the web process sends and whose guesses it bounds.
    """

    ticket: Annotated[str, Meta(max_length=64)]
    level: Annotated[int, Meta(ge=1, le=5)]
    case: bool = False
    code: Annotated[str, Meta(max_length=128)] = ""


class RateCase(Command, frozen=True):
    """A rating of a decided case, once, apart from those of its receptions.

    `code`: its progress code, which the web process sends and whose guesses it bounds. `ticket`: else the visit that
    collected its result, for the evaluator at that window and the phone of that slip.
    """

    level: Annotated[int, Meta(ge=1, le=5)]
    reasons: Annotated[list[RatingReason], Meta(max_length=8)] = []  # noqa: RUF012 - of a Struct
    code: Annotated[str, Meta(max_length=128)] = ""
    ticket: Annotated[str, Meta(max_length=64)] = ""
    via: Via = "evaluator"


RectificationCommand = MoveRectification | AppealRating | NoteContact | RateByNumber | AddToRating | RateCase


# --- events


class RectificationMoved(Event, frozen=True):
    """A step of a rectification was done; of exclude, the rating counts no more."""

    follow_up: str
    move: RectificationMove
    staff: str
    code: str = ""


class RatingAppealed(Event, frozen=True):
    """A clerk appealed against a bad rating; another person reviews that (`keep`, `exclude`)."""

    follow_up: str
    staff: str
    code: str


class ContactLeft(Event, frozen=True):
    """Who gave a bad rating can be reached, and is to be called back by `due`."""

    follow_up: str
    due: Micros


class RatingAddedTo(Event, frozen=True):
    """A rating has its later addition. `case`, `number`: the rating is of this case; `ticket`: the slip used for it."""

    ticket: str
    window: str
    level: int
    case: str = ""
    number: str = ""


class CaseRated(Event, frozen=True):
    """A decided case was rated. `window`, `clerk`: who had it in hand; `ticket`: the visit that collected its result,
    where it was rated with it."""

    case: str
    number: str
    item: str
    window: str
    clerk: str
    level: int
    via: str
    reasons: list[str] = []  # noqa: RUF012 - of a Struct
    ticket: str = ""


RectificationEvent = RectificationMoved | RatingAppealed | ContactLeft | RatingAddedTo | CaseRated
