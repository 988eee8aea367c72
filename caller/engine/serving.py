"""What a clerk does at a window: call, recall, start, finish, mark a no-show, hold. Sending on is in `transfers`.

Every press carries `as_of`, the window's version on the picture it was made on. If the window has moved on
the press is refused and nothing happens: a double press burns no ticket.
"""

from collections.abc import Callable
from typing import Any

from msgspec import structs

from caller.engine import commands as cmd
from caller.engine import deadlines, leases, outcomes, queueing, receptions, suspensions, ticketing, tickets
from caller.engine import events as ev
from caller.engine.envelope import CommandEnvelope
from caller.engine.measured_times import measure_call, note_forecast
from caller.engine.refusals import Refused
from caller.engine.register import EndedVisit
from caller.engine.sign_in import signed_in
from caller.engine.state import CALLS_MAX, Apply, Decide, HallState
from caller.engine.station_jobs import slip_job
from caller.engine.tickets import Ticket
from caller.engine.visit_order import left
from caller.engine.windows import Call, WindowState
from config.hall_lists import reasons
from config.instants import SECOND, Micros

# --- calling


def pressed(hall: HallState, command: cmd.WindowVerb) -> WindowState:
    """Return the window a verb was pressed at. Raises Refused if the press was made on an older view of it."""
    window = signed_in(hall, command.window)
    if window.version != command.as_of:
        raise Refused("stale-view")
    return window


def here(hall: HallState, command: cmd.WindowVerb, event: type[Any]) -> Ticket:
    """Return the ticket at the window. Raises Refused if `event` may not happen to it now."""
    window = pressed(hall, command)
    if not window.ticket:
        raise Refused("nobody-here")
    ticket = hall.state.tickets[window.ticket]
    tickets.require(ticket, event)
    return ticket


def _ready(
    hall: HallState, order: CommandEnvelope, command: cmd.WindowVerb, now: Micros
) -> tuple[WindowState, list[ev.AnyEvent]]:
    """Return a window about to call, with the end of the service still running there.

    Raises Refused before the day opens, if the window is paused, a called ticket is still to be started, missed or sent
    on, or the outcome of the service must be chosen.
    """
    window = pressed(hall, command)
    if not hall.state.day.open:
        raise Refused("before-opening", window=window.id)
    if window.state == "paused":
        raise Refused("window-paused", window=window.id)
    if not window.ticket:
        return window, []
    ticket = hall.state.tickets[window.ticket]
    if ticket.state != "serving":
        raise Refused("window-busy", number=ticket.number)
    outcomes.need_asking(hall, ticket)
    ended = [finished(hall, ticket, "done", now), *outcomes.followed_by(hall, order, ticket, now)]
    return window, ended


def _call_next(
    hall: HallState, envelope: CommandEnvelope, command: cmd.CallNext, now: Micros
) -> list[ev.AnyEvent]:
    window, before = _ready(hall, envelope, command, now)
    place = queueing.first_for(hall.lines, window.id, window.serves, now)
    back = _back_here(hall, window, before, now)
    first = min((each for each in (place, back) if each), key=_rank_at(hall, window), default=None)
    if first is None:
        raise _nobody(hall, window, now)
    return [*before, ev.TicketCalled(ticket=first.ticket, window=window.id, clerk=window.clerk)]


def _nobody(hall: HallState, window: WindowState, now: Micros) -> Refused:
    """Return why there is no number to call: none waits, or those in the queues the window only helps wait for their own
    windows still."""
    waits = [
        entry.origin + reluctance
        for queue, reluctance in window.serves.items()
        for entry in hall.lines.get(queue, ())
        if entry.origin + reluctance > now
    ]
    if suspended := suspensions.at_window(hall, window.serves):
        return suspensions.refused_by(hall, suspended)
    if not waits:
        return leases.refused_on_sheet(hall, [*window.serves]) or Refused("nobody-waiting")
    return Refused("helps-later", time=hall.local_time(min(waits)), count=len(waits))


def _back_here(
    hall: HallState, window: WindowState, before: list[ev.AnyEvent], now: Micros
) -> queueing.QueueEntry | None:
    """Return the entry of the applicant who is leaving this window, if this very window may call them again."""
    for event in before:
        if isinstance(event, ev.TicketReturned) and not event.window:
            ticket = hall.state.tickets[event.ticket]
            if queueing.may_call(window.serves, event.queue, ticket.origin, now):
                return queueing.QueueEntry(
                    event.promise, ticket.serial, ticket.series, ticket.id, event.queue
                )
    return None


def _rank_at(hall: HallState, window: WindowState) -> Callable[[queueing.QueueEntry], queueing.Rank]:
    """Return the rank of entries at a window; a bound ticket waits for it alone, so no reluctance holds that back."""

    def ranked(place: queueing.QueueEntry) -> queueing.Rank:
        bound = hall.state.tickets[place.ticket].bound
        return queueing.rank(place, 0 if bound else window.serves.get(place.queue, 0))

    return ranked


def _call_ticket(
    hall: HallState, envelope: CommandEnvelope, command: cmd.CallTicket, now: Micros
) -> list[ev.AnyEvent]:
    window, before = _ready(hall, envelope, command, now)
    ticket = hall.ticket(command.ticket)
    tickets.require(ticket, ev.TicketCalled)
    if ticket.state == "waiting":
        leases.need_off_sheet(ticket)
        suspensions.need_running(hall, ticket.queue, ticket.pending[:1])
    if ticket.bound and ticket.bound != window.id:
        raise Refused("has-another", window=ticket.bound)
    if ticket.queue not in window.serves and window.id not in (ticket.bound, ticket.window):
        raise Refused("cannot-serve", window=window.id, queue=hall.queue_name(ticket.queue))
    reason = _pick_reason(hall, ticket, command.reason)
    called = ev.TicketCalled(ticket.id, window.id, window.clerk, chosen=True, reason=reason)
    return [*before, called]


def _pick_reason(hall: HallState, ticket: Ticket, code: str) -> str:
    """Return why a ticket is called out of its turn; "" for one that was here before, or waits for this window alone.

    Raises:
        Refused: the hall's list has reasons, and this is none of them.
    """
    listed = reasons(hall.settings, "pick")
    if ticket.state != "waiting" or ticket.bound or not listed:
        return ""
    if code not in {each.id for each in listed}:
        known = "、".join(each.name for each in listed)
        raise Refused("pick-reason", number=ticket.number, known=known)
    return code


def _walk_in(
    hall: HallState, envelope: CommandEnvelope, command: cmd.ServeWalkIn, now: Micros
) -> list[ev.AnyEvent]:
    """Give the number, call it and start: also after the last ticket, for the clerk decides who is served."""
    window, before = _ready(hall, envelope, command, now)
    items, queue = ([command.item], "") if command.item else ([], command.queue)
    asked = cmd.TakeTicket(items, queue, window=window.id)
    place = ticketing.queue_for(hall, asked)
    ticketing.need_items_today(hall, items)
    if place.id not in window.serves:
        raise Refused("cannot-serve", window=window.id, queue=place.name)
    issued = ticketing.issue(hall, envelope.id, place, asked, now)
    issued = structs.replace(
        issued, ahead=0, low=-1, high=-1, expected=-1, band=-1
    )  # no wait was told, no quota used
    called = ev.TicketCalled(issued.ticket, window.id, window.clerk, chosen=True, walk_in=True)
    slip = slip_job(hall, envelope, window.id, issued.ticket, now) if command.slip else None
    return [*before, issued, called, ev.ServiceStarted(issued.ticket, window.id), *([slip] if slip else [])]


def _recall(
    hall: HallState, _envelope: CommandEnvelope, command: cmd.Recall, now: Micros
) -> list[ev.AnyEvent]:
    ticket = here(hall, command, ev.TicketRecalled)
    if ticket.recalls >= hall.settings.rules.recall_max:
        raise Refused("recall-used", number=ticket.number, count=ticket.recalls)
    _need_time(ticket, ticket.announced, hall.settings.rules.recall_seconds, now)
    return [ev.TicketRecalled(ticket=ticket.id, window=command.window, times=ticket.recalls + 1)]


def _need_time(ticket: Ticket, since: Micros, seconds: int, now: Micros) -> None:
    """Refuse what may not happen until `seconds` after the instant `since`: an applicant needs time to come."""
    left = since + seconds * SECOND - now
    if 0 < left <= seconds * SECOND:  # more is left only where the clock went back, which must lock no window
        raise Refused("too-soon", number=ticket.number, seconds=-(-left // SECOND))


def _start(
    hall: HallState, _envelope: CommandEnvelope, command: cmd.StartService, _now: Micros
) -> list[ev.AnyEvent]:
    ticket = here(hall, command, ev.ServiceStarted)
    return [ev.ServiceStarted(ticket=ticket.id, window=command.window)]


def _finish(
    hall: HallState, envelope: CommandEnvelope, command: cmd.FinishService, now: Micros
) -> list[ev.AnyEvent]:
    ticket = here(hall, command, ev.ServiceFinished)
    ended = finished(hall, ticket, command.outcome, now)
    ended = structs.replace(ended, project=command.project, reason=command.reason)
    return [ended, *outcomes.followed_by(hall, envelope, ticket, now, command)]


def finished(hall: HallState, ticket: Ticket, outcome: str, now: Micros) -> ev.AnyEvent:
    """Return the event that ends a service. Rules, in this order:

    1. A ticket that another window sent with `come_back` returns to it, bound while that window is open.
    2. A visit with an item for another window goes on in the queue of the next one, its place kept (`visit_order`).
    3. Otherwise the visit ends.
    """
    window = hall.state.windows[ticket.window]
    back, until = hall.state.windows.get(ticket.come_back), receptions.correct_due(hall, now)
    if back and ticket.come_back != window.id:
        bound = back.id if back.state != "closed" else ""
        return ev.TicketReturned(
            ticket=ticket.id, from_window=window.id, window=bound, outcome=outcome,
            queue=ticket.home, promise=ticket.promise, items=ticket.pending, correct_until=until,
        )  # fmt: skip
    if rest := left(hall, ticket, window):
        return ev.TicketReturned(
            ticket=ticket.id, from_window=window.id, window="", outcome=outcome,
            queue=hall.items[rest[0]].queue, promise=ticket.promise, items=rest, correct_until=until,
        )  # fmt: skip
    return ev.ServiceFinished(ticket.id, window.id, outcome, *deadlines.rating_dues(hall, now), until)


def _no_show(
    hall: HallState, _envelope: CommandEnvelope, command: cmd.MarkNoShow, now: Micros
) -> list[ev.AnyEvent]:
    ticket = here(hall, command, ev.TicketMissed)
    _need_time(ticket, ticket.called, hall.settings.rules.no_show_seconds, now)
    return [ev.TicketMissed(ticket=ticket.id, window=command.window)]


def _hold(
    hall: HallState, _envelope: CommandEnvelope, command: cmd.HoldTicket, now: Micros
) -> list[ev.AnyEvent]:
    ticket = here(hall, command, ev.TicketHeld)
    return [ev.TicketHeld(ticket.id, command.window, deadlines.hold_due(hall, now))]


# --- apply


def _called(hall: HallState, event: ev.TicketCalled, at: Micros) -> None:
    ticket, window = hall.state.tickets[event.ticket], hall.state.windows[event.window]
    if ticket.state == "waiting":
        hall.leave(ticket) if event.chosen else hall.take_turn(ticket)
    if not event.walk_in:
        note_forecast(hall, ticket, at)
    hall.move(ticket, ev.TicketCalled, at)
    ticket.window, ticket.clerk, ticket.recalls, ticket.bound = window.id, event.clerk, 0, ""
    ticket.call = 0 if event.walk_in else hall.state.seq
    ticket.not_before = ticket.due = ticket.taken_over = ticket.arrive_by = 0
    ticket.place, ticket.called, ticket.announced = None, at, at
    window.ticket, window.rated = ticket.id, 0
    window.version += 1
    if not event.walk_in:
        _announce(hall, Call(hall.state.seq, ticket.id, ticket.number, window.id, at))


def _recalled(hall: HallState, event: ev.TicketRecalled, at: Micros) -> None:
    ticket, window = hall.state.tickets[event.ticket], hall.state.windows[event.window]
    since = ticket.since
    hall.move(ticket, ev.TicketRecalled, at)
    ticket.since, ticket.recalls, ticket.call, ticket.announced = since, event.times, hall.state.seq, at
    window.version += 1
    _announce(hall, Call(hall.state.seq, ticket.id, ticket.number, window.id, at, event.times))


def _announce(hall: HallState, call: Call) -> None:
    """Put a call on the board, newest first; a recall replaces its ticket's earlier line and pushes no others off."""
    calls = [other for other in hall.state.calls if other.ticket != call.ticket]
    hall.state.calls = [call, *calls][:CALLS_MAX]


def _started(hall: HallState, event: ev.ServiceStarted, at: Micros) -> None:
    hall.move(hall.state.tickets[event.ticket], ev.ServiceStarted, at)
    hall.state.windows[event.window].version += 1


def _finished(hall: HallState, event: ev.ServiceFinished, at: Micros) -> None:
    ticket, window = hall.state.tickets[event.ticket], hall.state.windows[event.window]
    receptions.note_end(hall, event, window.id, at)
    hall.free_window(window.id, at)
    hall.move(ticket, ev.ServiceFinished, at)
    ticket.pending, ticket.outcome = [], event.outcome
    ticket.sent_to = event.reason if event.outcome == "elsewhere" else ""
    window.served += 1
    window.last = ticket.id
    hall.forget_person(ticket)
    hall.count("served")


def _missed(hall: HallState, event: ev.TicketMissed, at: Micros) -> None:
    hall.free_window(event.window, at)
    hall.move(hall.state.tickets[event.ticket], ev.TicketMissed, at)
    hall.count("missed")


def _held(hall: HallState, event: ev.TicketHeld, at: Micros) -> None:
    ticket = hall.state.tickets[event.ticket]
    hall.free_window(event.window, at)
    hall.move(ticket, ev.TicketHeld, at)
    ticket.due = event.due


def _visit_ended(hall: HallState, event: ev.ServiceFinished, at: Micros) -> None:
    measure_call(hall, event, at)
    ticket = hall.state.tickets[event.ticket]
    visit = EndedVisit(
        ticket.number, event.window, ticket.clerk, at, 0, event.question_until, event.rating_until,
        case=ticket.voucher if ticket.voucher in hall.register.cases else "",
    )  # fmt: skip
    hall.register.visits.put(event.ticket, visit)


DECIDE: dict[type[Any], Decide] = {
    cmd.CallNext: _call_next,
    cmd.CallTicket: _call_ticket,
    cmd.ServeWalkIn: _walk_in,
    cmd.Recall: _recall,
    cmd.StartService: _start,
    cmd.FinishService: _finish,
    cmd.MarkNoShow: _no_show,
    cmd.HoldTicket: _hold,
}
APPLY: dict[type[Any], Apply] = {
    ev.TicketCalled: _called,
    ev.TicketRecalled: _recalled,
    ev.ServiceStarted: _started,
    ev.ServiceFinished: _finished,
    ev.TicketMissed: _missed,
    ev.TicketHeld: _held,
}
APPLY_REGISTER: dict[type[Any], Apply] = {
    ev.ServiceFinished: _visit_ended,
    ev.TicketMissed: measure_call,
    ev.TicketHeld: measure_call,
}
