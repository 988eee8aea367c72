"""What a station sees: the hall as one JSON document per topic.

`topics` says which documents a batch of events has changed, `build` makes one anew, and the wire sends what
differs as an RFC 7396 patch; so documents are objects keyed by id wherever a part changes alone, and hold no
nulls. Boards, signs and voice get numbers only; a ticket's own document is for whoever holds its id.
"""

from collections.abc import Callable, Iterable

from caller.engine import events as ev
from caller.engine.hall import Hall
from caller.views.board import board_view, kiosk_view
from caller.views.jobs import jobs_view
from caller.views.parts import ViewDocument, shown_queues
from caller.views.person import person_view
from caller.views.supervise import DEVICE_WORDS, alerts, supervise_view
from caller.views.ticket import ahead, ticket_view
from caller.views.window import window_view

__all__ = ["DEVICE_WORDS", "ViewDocument", "ahead", "alerts", "build", "topics"]

_PUBLIC = frozenset({"board", "kiosk", "supervise"})
_DEVICES = frozenset({ev.SlipReported, ev.DeviceReported})
_CLOSED = frozenset({ev.DayClosed, ev.WindowClosed})  # the day's figures go; bound tickets are set free
_MOVED = frozenset({ev.TicketTransferred, ev.TicketReturned})


def topics(hall: Hall, events: Iterable[ev.AnyEvent]) -> set[str]:
    """The topics whose documents these events, already applied, may have changed; not a person's, whose document
    time changes as well and which is watched for seconds: it is made anew with every beat."""
    changed: set[str] = set()
    queues: set[str] = set()
    for event in events:
        if type(event) is ev.DayRooted:
            continue
        if type(event) in _DEVICES:
            changed.add("supervise")
            continue
        if isinstance(event, ev.JobRequested | ev.JobTaken | ev.JobEnded):
            if job := hall.state.jobs.get(event.job):
                changed.add(f"jobs/{job.station}")
            continue
        changed |= _PUBLIC
        queue = _queue_changed(hall, event, changed)
        if queue is not None:
            queues.add(queue)
        for name in (getattr(event, "window", ""), getattr(event, "from_window", "")):
            if name:
                changed.add(f"window/{name}")
    return changed | _windows_that_see(hall, queues) if queues else changed


def _queue_changed(hall: Hall, event: ev.AnyEvent, changed: set[str]) -> str | None:
    """The queue in which an event changed who waits, "" if that cannot be told any more; names its ticket."""
    if type(event) in _CLOSED:
        return ""
    ticket = getattr(event, "ticket", "")
    if not ticket:
        return None
    topic = f"ticket/{ticket}"
    known = hall.state.tickets.get(ticket)
    moved = topic in changed and type(event) in _MOVED
    changed.add(topic)
    return known.queue if known and not moved else ""


def _windows_that_see(hall: Hall, queues: set[str]) -> set[str]:
    """Looked for once a batch; what is gone or has moved on ("") may have been seen by any."""
    windows = hall.state.windows.values()
    return {f"window/{w.id}" for w in windows if "" in queues or not queues.isdisjoint(shown_queues(hall, w))}


def build(hall: Hall, topic: str, now: int) -> ViewDocument:
    """The document of a topic as the hall stands. KeyError if there is no such topic."""
    name, _, key = topic.partition("/")
    return _BUILDERS[name](hall, key, now)


_BUILDERS: dict[str, Callable[[Hall, str, int], ViewDocument]] = {
    "board": board_view,
    "window": window_view,
    "ticket": ticket_view,
    "kiosk": kiosk_view,
    "person": person_view,
    "supervise": supervise_view,
    "jobs": jobs_view,
}
