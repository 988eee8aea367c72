"""Sending an applicant on: to another queue or window, and back again when that is done.

1. The place in line is kept, unless a guide or manager puts the ticket first or last.
2. A ticket sent with `come_back` returns to the window that sent it, without queueing, while that window is open.
3. A visit with an item for another window goes on there when this one is done (`serving.finished`).
"""

from typing import Any

from caller.engine import commands as cmd
from caller.engine import events as ev
from caller.engine import queueing, receptions
from caller.engine.envelope import CommandEnvelope
from caller.engine.measured_times import measure_call
from caller.engine.refusals import Refused
from caller.engine.serving import here
from caller.engine.sign_in import signed_in
from caller.engine.state import Apply, Decide, HallState
from caller.engine.tickets import Ticket
from config.instants import Micros


def _transfer(
    hall: HallState, _envelope: CommandEnvelope, command: cmd.TransferTicket, now: Micros
) -> list[ev.AnyEvent]:
    ticket = here(hall, command, ev.TicketTransferred)
    queue = _destination(hall, command, ticket)
    transferred = ev.TicketTransferred(
        ticket=ticket.id,
        from_window=command.window,
        queue=queue,
        window=command.to_window,
        promise=_placed(hall, ticket, queue, command, now),
        come_back=command.window if command.come_back else "",
        place="" if command.place == "keep" else command.place,
    )
    return [transferred]


def _destination(hall: HallState, command: cmd.TransferTicket, ticket: Ticket) -> str:
    """Return the queue a transferred ticket waits in; for a window, one that window serves."""
    if not command.queue and not command.to_window:
        raise Refused("nowhere-to")
    if command.queue and (command.queue not in hall.queues or command.queue in hall.retired.queues):
        raise Refused("unknown-queue", queue=command.queue)
    if not command.to_window:
        return command.queue
    target = signed_in(hall, command.to_window)
    if target.id == command.window:
        raise Refused("nowhere-to")
    queue = command.queue or (
        ticket.queue if ticket.queue in target.serves else next(iter(target.serves), ticket.queue)
    )
    if queue not in target.serves:
        raise Refused("cannot-serve", window=target.id, queue=hall.queue_name(queue))
    return queue


def _placed(hall: HallState, ticket: Ticket, queue: str, command: cmd.TransferTicket, now: Micros) -> int:
    """Return the promise after a transfer: kept by origin, or before the first or behind the last of the line."""
    kept = ticket.origin + hall.target(ticket.priority, queue)
    line = hall.lines.get(queueing.bound_line(command.to_window) if command.to_window else queue)
    head, last = (line.head(), line.last()) if line else (None, None)
    if command.place == "front":
        return min(kept, head.promise - 1) if head else kept
    if command.place == "end":
        return max(kept, last.promise + 1, now) if last else kept
    return kept


# --- apply


def _transferred(hall: HallState, event: ev.TicketTransferred, at: Micros) -> None:
    ticket = hall.state.tickets[event.ticket]
    hall.free_window(event.from_window, at)
    hall.move(ticket, ev.TicketTransferred, at)
    if event.come_back:
        ticket.come_back, ticket.home = event.come_back, ticket.queue
    _wait_again(hall, ticket, event.queue, event.window, event.promise)


def _returned(hall: HallState, event: ev.TicketReturned, at: Micros) -> None:
    ticket = hall.state.tickets[event.ticket]
    receptions.note_end(hall, event, event.from_window, at)
    hall.free_window(event.from_window, at)
    hall.state.windows[event.from_window].served += 1
    hall.move(ticket, ev.TicketReturned, at)
    ticket.come_back, ticket.home, ticket.pending = "", "", event.items
    _wait_again(hall, ticket, event.queue, event.window, event.promise)


def _wait_again(hall: HallState, ticket: Ticket, queue: str, bound: str, promise: int) -> None:
    ticket.queue, ticket.bound, ticket.promise, ticket.window = queue, bound, promise, ""
    hall.enter(ticket)


DECIDE: dict[type[Any], Decide] = {cmd.TransferTicket: _transfer}
APPLY: dict[type[Any], Apply] = {
    ev.TicketTransferred: _transferred,
    ev.TicketReturned: _returned,
}
APPLY_REGISTER: dict[type[Any], Apply] = {
    ev.TicketTransferred: measure_call,
    ev.TicketReturned: measure_call,
}
