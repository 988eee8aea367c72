"""One ticket, for whoever holds its id: the place in line, the window, whether it may be rated."""

from caller.engine.hall import Hall
from caller.engine.ratings import rating_until
from caller.engine.tickets import Ticket
from caller.views.parts import ViewDocument, window_name


def ticket_view(hall: Hall, key: str, now: int) -> ViewDocument:
    ticket = hall.state.tickets.get(key)
    if ticket is None:
        return _ended(hall, key, now)
    queue = hall.queues.get(ticket.queue)
    low, high = hall.band(ticket.queue, ticket.promise) if ticket.state == "waiting" else (-1, -1)
    names = [w.name for w in hall.settings.windows if ticket.queue in hall.state.windows[w.id].serves]
    return {
        "ticket": key, "number": ticket.number, "state": ticket.state, "queue": ticket.queue,
        "queue_name": hall.queue_name(ticket.queue), "queue_name_en": queue.name_en if queue else "",
        "priority": ticket.priority, "items": ticket.items, "ahead": ahead(hall, ticket, now),
        "low": low, "high": high, "windows": names, "window": ticket.window, "call": ticket.call,
        "window_name": window_name(hall, ticket.window, ""),
        "window_name_en": window_name(hall, ticket.window, "_en"),
        "issued": ticket.issued, "not_before": ticket.not_before, "day": hall.state.day.label,
        "missed_can_return": ticket.state == "missed"
        and ticket.requeues < hall.settings.rules.requeue_max,
        **_rating_state(hall, key, now),
    }  # fmt: skip


def _ended(hall: Hall, key: str, now: int) -> ViewDocument:
    """A visit of an earlier day that may still be rated; KeyError for a ticket nobody knows."""
    visit = hall.register.visits[key]
    return {
        "ticket": key, "number": visit.number, "state": "served", "window": visit.window,
        "window_name": window_name(hall, visit.window, ""),
        "window_name_en": window_name(hall, visit.window, "_en"), **_rating_state(hall, key, now),
    }  # fmt: skip


def _rating_state(hall: Hall, key: str, now: int) -> ViewDocument:
    visit = hall.register.visits.get(key)
    if visit is None:
        return {"rateable": False, "rated": False}
    open_for = rating_until(hall, visit, "phone")
    return {"rateable": not visit.level and now <= open_for, "rated": bool(visit.level)}


def ahead(hall: Hall, ticket: Ticket, now: int) -> int:
    """How many people are called before this ticket; 0 once it is called."""
    if ticket.state != "waiting":
        return 0
    return hall.ahead(hall.queue_entry(ticket), ticket.bound, now)
