"""One window, for the clerk, the evaluator and the sign: who is here, who is next, what may be rated."""

from caller.engine import queueing
from caller.engine.hall import Hall
from caller.engine.ratings import rating_until
from caller.engine.tickets import Ticket
from caller.engine.windows import WindowState
from caller.views.parts import ViewDocument, pause_words, shown_queues, window_state

NEXT_MAX = 10  # rows of "who waits" a clerk can take in
ROWS_MAX = 20  # held or missed rows of a window


def window_view(hall: Hall, key: str, now: int) -> ViewDocument:
    window, place = hall.state.windows[key], hall.window_settings[key]
    rows = queueing.in_order(hall.lines, key, window.serves, NEXT_MAX, now)
    aside = {"held": _aside(hall, window, "held"), "missed": _aside(hall, window, "missed")}
    queues = {queue: _queue_count(hall, queue) for queue in shown_queues(hall, window)}
    document: ViewDocument = {
        "window": key, "name": place.name, "name_en": place.name_en, "kind": place.kind,
        "phone": place.phone, "department": place.department,
        "version": window.version, "state": window_state(hall, window), "clerk": window.clerk,
        **pause_words(hall, window), "since": window.since, "served": window.served,
        "waiting": sum(each["waiting"] for each in queues.values()),
        "next": [_row(hall.state.tickets[each.ticket]) for each in rows],
        "queues": queues, **aside,
    }  # fmt: skip
    if window.ticket:
        document["ticket"] = _current(hall, hall.state.tickets[window.ticket])
    _add_rating(hall, window, document, now)
    return document


def _queue_count(hall: Hall, queue: str) -> ViewDocument:
    table = hall.queues.get(queue)
    return {
        "name": table.name if table else queue,
        "name_en": table.name_en if table else "",
        "waiting": hall.waiting.get(queue, 0),
    }


def _row(ticket: Ticket) -> ViewDocument:
    return {
        "ticket": ticket.id, "number": ticket.number, "queue": ticket.queue, "priority": ticket.priority,
        "items": ticket.items, "issued": ticket.issued, "bound": bool(ticket.bound),
    }  # fmt: skip


def _current(hall: Hall, ticket: Ticket) -> ViewDocument:
    return {
        **_row(ticket), "queue_name": hall.queue_name(ticket.queue), "recalls": ticket.recalls,
        "since": ticket.since, "state": ticket.state, "come_back": ticket.come_back,
    }  # fmt: skip


def _aside(hall: Hall, window: WindowState, state: str) -> list[ViewDocument]:
    """Held or missed tickets this window may call back, the newest first."""
    rows = [t for t in hall.parked_tickets(state) if t.queue in window.serves]
    rows.sort(key=lambda ticket: -ticket.since)
    return [_row(ticket) | {"since": ticket.since} for ticket in rows[:ROWS_MAX]]


def _add_rating(hall: Hall, window: WindowState, document: ViewDocument, now: int) -> None:
    """`rating` while the evaluator may ask; `rated` once the last visit has been rated."""
    visit = hall.register.visits.get(window.last)
    if visit is None:
        return
    if visit.level:
        document["rated"] = {"ticket": window.last, "level": visit.level}
    elif (until := rating_until(hall, visit, "evaluator")) > now and not window.ticket:
        document["rating"] = {"ticket": window.last, "number": visit.number, "until": until}
