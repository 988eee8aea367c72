"""Handlers for ticket, slip and rating events: which rows each begins, changes and ends.

What counts as what:
- a wait: from joining a queue to the call, without the time before the appointed time and without the time
  an applicant asked for; a walk-in has none;
- a service: from the start (or the call, where start was not pressed) until the applicant leaves the window
  for good or for another; time on hold is not in it.
"""

from collections.abc import Callable
from typing import Any

import msgspec

from caller.engine import events as ev
from caller.engine.hall_events import OutcomeCorrected, TicketMerged, VisitTakenOver
from caller.engine.lease_terms import CalledByHand
from caller.records.contributions import ENTRUSTED, OUTCOME, SENT_TO, TICKETS
from caller.records.open_rows import ProjectionState, TicketRows
from caller.records.rows import CallRow, RatingRow, SlipRow, StateRow, TicketRow


def _issued(fold: ProjectionState, event: ev.TicketIssued, seq: int) -> None:
    first = event.items[0] if event.items else ""
    issued = (
        event.origin if event.kiosk else fold.now
    )  # one given alone was waiting when the hall learned of it
    ticket = TicketRow(
        site=fold.site, visit=seq, ticket=event.ticket, day=fold.label, number=event.number, series=event.queue,
        queue=event.queue, priority=event.priority, items=json_list(event.items), first_item=first, item=first,
        appointment=event.appointment, via=event.via, origin=event.origin, issued=issued, hour=fold.hour(issued),
        ahead=event.ahead, low=event.low, high=event.high, expected=event.expected, state="waiting",
    )  # fmt: skip
    waiting = StateRow(
        fold.site, seq, seq, ticket.day, ticket.number, "waiting", ticket.queue, first, "", "", fold.now,
        counted_from=max(issued, event.origin),
    )  # fmt: skip
    fold.visits[event.ticket] = TicketRows(ticket, waiting)
    fold.count.issued(ticket)
    if event.client:
        fold.count.tally(ticket.day, ENTRUSTED, TICKETS, 1)
    fold.touch(ticket)
    fold.touch(waiting)
    booked = fold.appointments.get(event.appointment)
    if booked:
        booked.visit = seq
        fold.end_appointment(booked.appointment, "used")


def _called(fold: ProjectionState, event: ev.TicketCalled, seq: int) -> None:
    visit = fold.visits[event.ticket]
    ticket, before = visit.ticket, visit.period
    ticket.window, ticket.clerk = event.window, event.clerk
    fold.move(event.ticket, ev.TicketCalled, seq, event.window)
    waited = before.waited if before.state == "waiting" and not event.walk_in else None
    visit.call = CallRow(
        fold.site, seq, ticket.visit, ticket.day, ticket.number, ticket.queue, ticket.item, ticket.priority,
        event.window, event.clerk, fold.now, fold.hour(fold.now if waited is None else before.began),
        waited, int(ticket.calls == 0), int(event.chosen), event.reason,
    )  # fmt: skip
    ticket.calls += 1
    ticket.waited += waited or 0
    if ticket.first_called is None:
        ticket.first_called = fold.now
        fold.count.first_called(ticket, fold.now)
    fold.count.called(visit.call)
    fold.touch(visit.call)


def _recalled(fold: ProjectionState, event: ev.TicketRecalled, _seq: int) -> None:
    visit = fold.visits[event.ticket]
    assert visit.call, "only a called ticket is recalled"
    visit.call.recalls += 1
    visit.ticket.recalls += 1
    fold.count.recalled(visit.call)
    fold.touch(visit.call)
    fold.touch(visit.ticket)


def _started(fold: ProjectionState, event: ev.ServiceStarted, seq: int) -> None:
    visit = fold.move(event.ticket, ev.ServiceStarted, seq, event.window)
    fold.end_call(visit, "started")
    fold.start_service(visit, seq, fold.now, pressed=True)


ServiceEnd = ev.ServiceFinished | ev.TicketReturned


def _served(fold: ProjectionState, visit: TicketRows, seq: int, by: str, event: ServiceEnd) -> None:
    """End a service with an outcome; one without a start counts from the call."""
    if visit.service is None and visit.call:
        fold.start_service(visit, seq, visit.call.at, pressed=False)
    fold.end_call(visit, by)
    if visit.service and event.outcome == "elsewhere" and event.reason:
        fold.count.tally(visit.service.day, SENT_TO, event.reason, 1)
    fold.end_service(visit, by, event.outcome)


def _finished(fold: ProjectionState, event: ev.ServiceFinished, seq: int) -> None:
    _served(fold, fold.visits[event.ticket], seq, "finished", event)
    fold.close(event.ticket, ev.ServiceFinished).ticket.outcome = event.outcome


def _lapsed(fold: ProjectionState, event: ev.ServiceLapsed, _seq: int) -> None:
    """End a visit that no clerk ended: when its applicant left is not known, so its time counts nowhere."""
    visit = fold.close(event.ticket, ev.ServiceLapsed, busy=False)
    fold.end_call(visit, "lapsed")
    fold.end_service(visit, "lapsed")


def _returned(fold: ProjectionState, event: ev.TicketReturned, seq: int) -> None:
    visit = fold.visits[event.ticket]
    _served(fold, visit, seq, "returned", event)
    visit.ticket.queue = event.queue
    visit.ticket.item = event.items[0] if event.items else visit.ticket.item
    fold.move(event.ticket, ev.TicketReturned, seq)


def _transferred(fold: ProjectionState, event: ev.TicketTransferred, seq: int) -> None:
    visit = fold.visits[event.ticket]
    fold.end_call(visit, "transferred")
    fold.end_service(visit, "transferred")
    visit.ticket.queue = event.queue
    visit.ticket.transfers += 1
    fold.move(event.ticket, ev.TicketTransferred, seq)


def _held(fold: ProjectionState, event: ev.TicketHeld, seq: int) -> None:
    visit = fold.move(event.ticket, ev.TicketHeld, seq, event.window)
    fold.end_call(visit, "held")
    fold.end_service(visit, "held")
    visit.ticket.holds += 1


def _taken_over(fold: ProjectionState, event: VisitTakenOver, seq: int) -> None:
    """Begin the part of the clerk who takes a visit over; a call stays the one it was."""
    visit = fold.visits[event.ticket]
    ticket = visit.ticket
    fold.end_service(visit, "taken-over")
    fold.end(visit)
    ticket.window, ticket.clerk = event.window, event.clerk
    fold.begin(visit, ticket.state, seq, event.window)
    if ticket.state == "serving":
        fold.start_service(visit, seq, fold.now, pressed=True)


def _merged(fold: ProjectionState, event: TicketMerged, _seq: int) -> None:
    """End the number that was merged; the visit it went into has the items of both."""
    fold.close(event.ticket, TicketMerged)
    ticket = fold.ticket(event.into)
    ticket.items = json_list(event.items)
    fold.touch(ticket)


def _called_by_hand(fold: ProjectionState, event: CalledByHand, _seq: int) -> None:
    fold.close(event.ticket, CalledByHand)


def _missed(fold: ProjectionState, event: ev.TicketMissed, seq: int) -> None:
    visit = fold.move(event.ticket, ev.TicketMissed, seq, event.window)
    fold.end_call(visit, "missed")
    visit.ticket.missed += 1


def _requeued(fold: ProjectionState, event: ev.TicketRequeued, seq: int) -> None:
    fold.move(event.ticket, ev.TicketRequeued, seq).ticket.requeues += 1


def _postponed(fold: ProjectionState, event: ev.TicketPostponed, _seq: int) -> None:
    """Keep the ticket waiting: what it has waited so far counts, the time asked for does not."""
    visit = fold.visits[event.ticket]
    period = visit.period
    assert period.counted_from is not None, "only a waiting ticket is postponed"
    period.waited += max(0, fold.now - period.counted_from)
    period.counted_from = max(visit.ticket.origin, event.not_before)
    visit.ticket.postponed += 1
    fold.touch(period)
    fold.touch(visit.ticket)


def _changed(fold: ProjectionState, event: ev.TicketChanged, seq: int) -> None:
    """Count the ticket in its new class from the start; a wait in another queue begins when it joins that one."""
    visit = fold.visits[event.ticket]
    ticket = visit.ticket
    fold.count.issued(ticket, -1)
    ticket.priority = event.priority
    fold.count.issued(ticket)
    ticket.expected = -1
    if event.items and event.items != msgspec.json.decode(ticket.items):
        ticket.items, ticket.item = json_list(event.items), event.items[0]
    if event.queue == ticket.queue:
        visit.period.item = ticket.item
        fold.touch(visit.period)
        fold.touch(ticket)
        return
    ticket.queue, ticket.items = event.queue, json_list(event.items)
    ticket.item = event.items[0] if event.items else ""
    wakes = visit.period.counted_from or 0  # one who asked to be called later still is
    fold.move(event.ticket, ev.TicketChanged, seq)
    visit.period.counted_from = max(visit.period.counted_from or 0, wakes)


def _cancelled(fold: ProjectionState, event: ev.TicketCancelled, _seq: int) -> None:
    visit = fold.close(event.ticket, ev.TicketCancelled)
    fold.end_call(visit, "cancelled")


def _expired(fold: ProjectionState, event: ev.TicketExpired, _seq: int) -> None:
    fold.close(event.ticket, ev.TicketExpired)


def _restored(fold: ProjectionState, event: ev.TicketRestored, seq: int) -> None:
    fold.restore(event.ticket, event.state, event.not_before, seq)


def _slip(fold: ProjectionState, event: ev.SlipReported, seq: int) -> None:
    ticket = fold.ticket(event.ticket)
    slip = SlipRow(fold.site, seq, ticket.visit, ticket.day, ticket.number, fold.now, event.state, event.copy)
    fold.report_slip(slip, ticket)


def _rated(fold: ProjectionState, event: ev.ServiceRated, seq: int) -> None:
    ticket = fold.ticket(event.ticket)
    ticket.level = event.level
    rating = RatingRow(
        fold.site, seq, ticket.visit, ticket.day, ticket.number, ticket.queue, ticket.item, event.window, event.clerk,
        fold.now, event.level, event.via, json_list(event.reasons),
    )  # fmt: skip
    fold.count.rated(rating, ticket)
    fold.touch(ticket)
    fold.touch(rating)


def _outcome_corrected(fold: ProjectionState, event: OutcomeCorrected, _seq: int) -> None:
    """Count the corrected outcome in place of the one noted at the end."""
    ticket = fold.ticket(event.ticket)
    service = fold.ended_service(ticket.visit, event.window)
    fold.count.tally(service.day, OUTCOME, service.outcome, -1)
    fold.count.tally(service.day, OUTCOME, event.outcome, 1)
    for outcome, to, change in ((service.outcome, event.before_reason, -1), (event.outcome, event.reason, 1)):
        if outcome == "elsewhere" and to:
            fold.count.tally(service.day, SENT_TO, to, change)
    service.outcome = event.outcome
    fold.touch(service)
    if service.ended_by == "finished":
        ticket.outcome = event.outcome
        fold.touch(ticket)


def json_list(values: list[str]) -> str:
    return msgspec.json.encode(values).decode()


APPLY: dict[type[Any], Callable[[ProjectionState, Any, int], None]] = {
    ev.TicketIssued: _issued,
    ev.TicketCalled: _called,
    ev.TicketRecalled: _recalled,
    ev.ServiceStarted: _started,
    ev.ServiceFinished: _finished,
    ev.ServiceLapsed: _lapsed,
    ev.TicketMissed: _missed,
    ev.TicketRequeued: _requeued,
    ev.TicketHeld: _held,
    ev.TicketTransferred: _transferred,
    ev.TicketReturned: _returned,
    ev.TicketPostponed: _postponed,
    ev.TicketChanged: _changed,
    ev.TicketCancelled: _cancelled,
    ev.TicketExpired: _expired,
    ev.TicketRestored: _restored,
    ev.SlipReported: _slip,
    ev.ServiceRated: _rated,
    OutcomeCorrected: _outcome_corrected,
    VisitTakenOver: _taken_over,
    TicketMerged: _merged,
    CalledByHand: _called_by_hand,
}
