"""Events of the guide desk: a ticket changed or marked, a message to a window. The same rules hold as for `events`."""

from caller.engine.hall_events import Event


class TicketChanged(Event, frozen=True):
    """A waiting ticket has another class, queue or items; `bound`: the window it still waits for alone."""

    ticket: str
    priority: str
    queue: str
    promise: int
    items: list[str] = []  # noqa: RUF012 - of a Struct
    bound: str = ""


class PapersChecked(Event, frozen=True):
    ticket: str
    papers: str


class AssistanceSet(Event, frozen=True):
    ticket: str
    assistance: str


class MessageSent(Event, frozen=True):
    """`code` is of the hall's list of messages; `by`: the station that sent it."""

    window: str
    message: str
    code: str
    ticket: str = ""
    by: str = ""


class MessageRead(Event, frozen=True):
    window: str
    message: str
