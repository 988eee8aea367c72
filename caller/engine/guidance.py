"""What the guide desk does with a ticket that is given, and the messages it sends to windows.

1. A ticket that waits may change its class, its item or its queue. Number and origin stay, so `promise` is the origin
   and the new target: who was sent to the wrong queue loses nothing, and who is put into the green channel gains what
   the class gives.
2. A ticket bound to a window that does not serve its new queue is bound no more.
3. The wait that was quoted at issue was quoted for another line: it is compared with nothing.
4. Marks (papers, assistance) are put on any ticket whose visit has not ended.
5. A card laid at a guide desk stands there until the next one, or until the desk is left. How long a page takes it for the
   one that lies there now is the view's to say.
6. A window keeps the newest `MESSAGES_MAX` messages that its clerk has not read; they end when the clerk signs out.
"""

from typing import Any

from caller.engine import commands as cmd
from caller.engine import events as ev
from caller.engine import guide_commands as guide
from caller.engine import live_numbers, ticketing, tickets, visit_order
from caller.engine.envelope import CommandEnvelope
from caller.engine.refusals import Refused
from caller.engine.sign_in import signed_in
from caller.engine.state import Apply, Decide, HallState
from caller.engine.tickets import LIVE, Ticket
from caller.engine.windows import LaidCard, WindowMessage
from config.hall_lists import find, reasons
from config.instants import Micros

MESSAGES_MAX = 5  # unread at one window; a clerk reads no more at a glance


def _change(
    hall: HallState, _envelope: CommandEnvelope, command: guide.ChangeTicket, _now: Micros
) -> list[ev.AnyEvent]:
    ticket = hall.ticket(command.ticket)
    tickets.require(ticket, ev.TicketChanged)
    items, queue, void = _wanted(hall, ticket, command)
    priority = command.priority or ticket.priority
    if priority not in hall.classes:
        raise Refused("unknown-priority", priority=priority)
    if (priority, queue, items) == (ticket.priority, ticket.queue, ticket.items):
        return []
    bound = ticket.bound if ticket.bound and queue in hall.state.windows[ticket.bound].serves else ""
    promise = ticket.origin + hall.target(priority, queue)
    return [*void, ev.TicketChanged(ticket.id, priority, queue, promise, items, bound)]


def _wanted(
    hall: HallState, ticket: Ticket, command: guide.ChangeTicket
) -> tuple[list[str], str, list[ev.AnyEvent]]:
    """Return the items and the queue of the changed ticket, and what is void with it. Raises `Refused`."""
    void: list[ev.AnyEvent] = []
    if not command.item and not command.queue and not command.items:
        return ticket.items, ticket.queue, void
    items = command.items or ([command.item] if command.item else [])
    if command.items:
        ticketing.queue_for(hall, cmd.TakeTicket(items))
        items = visit_order.planned(hall, items, command.priority or ticket.priority, ticket.origin)
    asked = cmd.TakeTicket(items, command.queue, person=ticket.person, client=ticket.client)
    place = ticketing.queue_for(hall, asked)
    if place.id in hall.retired.queues and place.id != ticket.queue:
        raise Refused("unknown-queue", queue=place.id)
    ticketing.need_items_today(hall, items)
    if (items or [place.id]) != (ticket.items or [ticket.series]):
        void = live_numbers.need_no_live_ticket(hall, asked, place, own=ticket.id)
    return items, place.id, void


def _live(hall: HallState, id: str) -> Ticket:
    ticket = hall.ticket(id)
    if ticket.state not in LIVE:
        raise Refused("wrong-state", number=ticket.number, state=ticket.state)
    return ticket


def _mark_papers(
    hall: HallState, _envelope: CommandEnvelope, command: guide.MarkPapers, _now: Micros
) -> list[ev.AnyEvent]:
    ticket = _live(hall, command.ticket)
    return [] if ticket.papers == command.papers else [ev.PapersChecked(ticket.id, command.papers)]


def _set_assistance(
    hall: HallState, _envelope: CommandEnvelope, command: guide.SetAssistance, _now: Micros
) -> list[ev.AnyEvent]:
    ticket = _live(hall, command.ticket)
    same = ticket.assistance == command.assistance
    return [] if same else [ev.AssistanceSet(ticket.id, command.assistance)]


def _send(
    hall: HallState, envelope: CommandEnvelope, command: guide.SendMessage, _now: Micros
) -> list[ev.AnyEvent]:
    window = signed_in(hall, command.window)
    if not find(hall.settings, "message", command.code):
        known = "、".join(each.name for each in reasons(hall.settings, "message"))
        raise Refused("unknown-code", chosen=command.code, known=known)
    ticket = hall.ticket(command.ticket).id if command.ticket else ""
    return [ev.MessageSent(window.id, envelope.id, command.code, ticket, envelope.station)]


def _acknowledge(
    hall: HallState, _envelope: CommandEnvelope, command: guide.AcknowledgeMessage, _now: Micros
) -> list[ev.AnyEvent]:
    window = signed_in(hall, command.window)
    unread = [each.id for each in window.messages if command.message in ("", each.id)]
    return [ev.MessageRead(window.id, unread[0])] if unread else []


def _lay(
    hall: HallState, _envelope: CommandEnvelope, command: guide.LayCard, _now: Micros
) -> list[ev.AnyEvent]:
    window = hall.window(command.window)
    if hall.window_settings[window.id].kind != "guide":
        raise Refused("unknown-window", window=window.id)
    return [ev.CardLaid(window.id, command.person)]


# --- apply


def _changed(hall: HallState, event: ev.TicketChanged, at: Micros) -> None:
    ticket = hall.state.tickets[event.ticket]
    hall.leave(ticket)
    hall.forget_person(ticket)
    if (ticket.priority, ticket.queue) != (event.priority, event.queue):
        ticket.place = None  # it was one of that class in that queue
    ticket.priority, ticket.queue, ticket.promise = event.priority, event.queue, event.promise
    if event.items != ticket.items:
        ticket.items = ticket.pending = event.items
    ticket.bound, ticket.expected = event.bound, -1
    since = ticket.since
    hall.move(ticket, ev.TicketChanged, at)
    ticket.since = since  # it has waited all the while
    hall.enter(ticket)
    hall.know_person(ticket)


def _papers(hall: HallState, event: ev.PapersChecked, _at: Micros) -> None:
    hall.state.tickets[event.ticket].papers = event.papers


def _assistance(hall: HallState, event: ev.AssistanceSet, _at: Micros) -> None:
    hall.state.tickets[event.ticket].assistance = event.assistance


def _sent(hall: HallState, event: ev.MessageSent, at: Micros) -> None:
    unread = hall.state.windows[event.window].messages
    unread.append(WindowMessage(event.message, event.code, event.ticket, event.by, at))
    del unread[:-MESSAGES_MAX]


def _read(hall: HallState, event: ev.MessageRead, _at: Micros) -> None:
    window = hall.state.windows[event.window]
    window.messages = [each for each in window.messages if each.id != event.message]


def _laid(hall: HallState, event: ev.CardLaid, at: Micros) -> None:
    hall.state.windows[event.window].card = LaidCard(event.person, at)


DECIDE: dict[type[Any], Decide] = {
    guide.ChangeTicket: _change,
    guide.MarkPapers: _mark_papers,
    guide.SetAssistance: _set_assistance,
    guide.SendMessage: _send,
    guide.AcknowledgeMessage: _acknowledge,
    guide.LayCard: _lay,
}
APPLY: dict[type[Any], Apply] = {
    ev.TicketChanged: _changed,
    ev.PapersChecked: _papers,
    ev.AssistanceSet: _assistance,
    ev.MessageSent: _sent,
    ev.MessageRead: _read,
    ev.CardLaid: _laid,
}
APPLY_REGISTER: dict[type[Any], Apply] = {}
