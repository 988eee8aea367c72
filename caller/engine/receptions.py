"""Receptions (接待): each service that a clerk has ended today, and the correction of its outcome.

1. What ends a service, with its visit or without (`ServiceFinished`, `TicketReturned`), adds one reception to its
   clerk's, in order. The day keeps them; the next one clears them.
2. The outcome of the one a clerk ended last may be corrected at the window where it ended, until `correct_until`, which
   stands in the event of its end, also after the next call. Correcting it again is allowed within the same time.
3. A correction is of the outcome, never of the end: what was measured, called or rated since stays. So no window's
   version counts it: a press made on the picture before it is as good as one after.
4. What follows from an end (a case, papers asked for, a notice) is not taken back by another outcome, nor begun by one:
   such an end is not corrected, and no outcome is corrected to one from which something would follow.
"""

from typing import Any

from msgspec import structs

from caller.engine import desk_commands as desk_cmd
from caller.engine import events as ev
from caller.engine import hall_events, outcomes
from caller.engine.commands import FinishService, Outcome
from caller.engine.envelope import CommandEnvelope
from caller.engine.refusals import Refused
from caller.engine.sign_in import signed_in
from caller.engine.state import Apply, Decide, HallState
from caller.engine.windows import Reception, WindowState
from config.instants import SECOND, Micros


def correct_due(hall: HallState, ended: Micros) -> Micros:
    """Return until when the outcome of a service that ends now may be corrected; 0 where the hall allows none."""
    seconds = hall.settings.rules.correct_seconds
    return ended + seconds * SECOND if seconds else 0


def closed(events: list[ev.AnyEvent]) -> list[ev.AnyEvent]:
    """Return an end with what follows from it; its outcome is not corrected where anything does (rule 4)."""
    end = events[0]
    if len(events) > 1 and isinstance(end, ev.ServiceFinished | ev.TicketReturned):
        return [structs.replace(end, correct_until=0), *events[1:]]
    return events


def note_end(hall: HallState, event: ev.ServiceFinished | ev.TicketReturned, window: str, at: Micros) -> None:
    """Add the reception that ends with this event; called before the ticket moves."""
    ticket = hall.state.tickets[event.ticket]
    began = max(ticket.since if ticket.state == "serving" else ticket.called, ticket.taken_over)
    mine = hall.state.receptions.setdefault(ticket.clerk, [])
    mine.append(Reception(ticket.id, ticket.number, window, began, at, event.outcome, event.correct_until))


def last_here(hall: HallState, window: WindowState) -> Reception | None:
    """Return the reception that the clerk at a window ended last, if it was here."""
    mine = hall.state.receptions.get(window.clerk)
    return mine[-1] if mine and mine[-1].window == window.id else None


def correctable(hall: HallState, window: WindowState, now: Micros) -> Reception | None:
    """Return the reception whose outcome may be corrected at a window now."""
    last = last_here(hall, window)
    return last if last and now <= last.correct_until else None


def _correct(
    hall: HallState, envelope: CommandEnvelope, command: desk_cmd.CorrectOutcome, now: Micros
) -> list[ev.AnyEvent]:
    window = signed_in(hall, command.window)
    last = correctable(hall, window, now)
    if last is None:
        raise Refused("no-outcome", count=hall.settings.rules.correct_seconds)
    if last.ticket != command.ticket:
        raise Refused("unknown-ticket")
    if last.outcome == command.outcome:
        return []
    _need_no_consequence(hall, envelope, last, command.outcome, now)
    return [hall_events.OutcomeCorrected(last.ticket, window.id, window.clerk, command.outcome, last.outcome)]


def _need_no_consequence(
    hall: HallState, envelope: CommandEnvelope, last: Reception, outcome: Outcome, now: Micros
) -> None:
    """Raise Refused where something would follow from an end with this outcome (rule 4)."""
    ticket = hall.state.tickets[last.ticket]
    end = FinishService(last.window, 0, outcome)
    if outcomes.followed_by(hall, envelope, ticket, now, end):
        raise Refused("outcome-follows", outcome=outcome)


def _corrected(hall: HallState, event: hall_events.OutcomeCorrected, _at: Micros) -> None:
    for reception in reversed(hall.state.receptions.get(event.clerk, [])):
        if reception.ticket == event.ticket:
            reception.outcome = event.outcome
            break
    if (ticket := hall.state.tickets.get(event.ticket)) and ticket.outcome:
        ticket.outcome = event.outcome  # what its holder reads


DECIDE: dict[type[Any], Decide] = {desk_cmd.CorrectOutcome: _correct}
APPLY: dict[type[Any], Apply] = {hall_events.OutcomeCorrected: _corrected}
APPLY_REGISTER: dict[type[Any], Apply] = {}
