"""What the guide desk asks of the hall for a ticket that is given, and what it tells a window.

1. A changed ticket keeps its number and its place: the target of the new class and queue counts from the same origin.
2. Papers and assistance are marks on a ticket. They change no turn; who calls the ticket sees them.
3. A message is a code of the hall's list, never typed: the log keeps every word for ever.
4. A card that is laid on the desk's own reader comes from the PC it hangs on; the log gets the keyed hash alone.
"""

from typing import Annotated, Literal, get_args

from msgspec import Meta

from caller.engine.commands import ITEMS_MAX, Command, Id, PauseCode, Person
from config.settings import ClassId

# Who must be fetched or met in another way than by a number on a screen. It says what to do, not what a person has.
Assistance = Literal["", "deaf", "blind", "wheelchair", "interpreter"]
ASSISTANCE: tuple[Assistance, ...] = get_args(Assistance)[1:]
PapersMark = Literal["", "complete", "incomplete"]
NewClass = Literal["", ClassId]  # empty: the class stays
MessageCode = Annotated[PauseCode, Meta(min_length=1)]  # of the hall's list "message"


class ChangeTicket(Command, frozen=True):
    """Change the class of a ticket that waits, or what its visit is for: an `item`, or straight a `queue`.

    What is empty stays. An item replaces all items of the visit; `items` does so with several, whose order is the caller's.
    """

    ticket: Id
    priority: NewClass = ""
    item: Annotated[str, Meta(max_length=64)] = ""
    queue: Annotated[str, Meta(max_length=2)] = ""
    items: Annotated[list[Id], Meta(max_length=ITEMS_MAX)] = []  # noqa: RUF012 - of a Struct


class MarkPapers(Command, frozen=True):
    """Note what the guide found when looking the papers through beforehand (预审); empty takes the mark back."""

    ticket: Id
    papers: PapersMark


class SetAssistance(Command, frozen=True):
    """Note how this applicant must be met, so that a member of the staff fetches them at the call; empty takes it back."""

    ticket: Id
    assistance: Assistance


class SendMessage(Command, frozen=True):
    """Send a window one of the hall's fixed messages, about a ticket or none."""

    window: Id
    code: MessageCode
    ticket: Annotated[str, Meta(max_length=64)] = ""


class AcknowledgeMessage(Command, frozen=True):
    """The clerk has read a message; empty: the oldest one that is shown."""

    window: Id
    message: Annotated[str, Meta(max_length=64)] = ""


class LayCard(Command, frozen=True):
    """An ID card was laid on the reader of this guide desk: its page looks for the holder's numbers."""

    window: Id
    person: Annotated[Person, Meta(min_length=64)]


GuideCommand = ChangeTicket | MarkPapers | SetAssistance | SendMessage | AcknowledgeMessage | LayCard
