"""Receptions (接待): each service that a clerk has ended today, and the correction of its outcome.

1. What ends a service, with its visit or without (`ServiceFinished`, `TicketReturned`), adds one reception to its
   clerk's, in order. The day keeps them; the next one clears them.
2. The outcome of the one a clerk ended last may be corrected at the window where it ended, until `correct_until`, which
   stands in the event of its end, also after the next call. Correcting it again is allowed within the same time.
3. A correction is of the outcome, never of the end: what was measured, called or rated since stays. So no window's
   version counts it: a press made on the picture before it is as good as one after.
4. What followed from an end (a case, papers asked for, a notice) is taken back by another outcome (`outcomes.voided`), and
   what follows from that one is made, both in the same command. A case that has gone on since, or a voucher that was
   used, keeps its outcome.
"""

from typing import Any

from msgspec import structs

from caller.engine import desk_commands as desk_cmd
from caller.engine import events as ev
from caller.engine import hall_events, outcomes
from caller.engine.commands import FinishService
from caller.engine.envelope import CommandEnvelope
from caller.engine.refusals import Refused
from caller.engine.sign_in import signed_in
from caller.engine.state import Apply, Decide, HallState
from caller.engine.tickets import Ticket
from caller.engine.windows import Reception, WindowState
from config.instants import SECOND, Micros


def correct_due(hall: HallState, ended: Micros) -> Micros:
    """Return until when the outcome of a service that ends now may be corrected; 0 where the hall allows none."""
    seconds = hall.settings.rules.correct_seconds
    return ended + seconds * SECOND if seconds else 0


def note_end(hall: HallState, event: ev.ServiceFinished | ev.TicketReturned, window: str, at: Micros) -> None:
    """Add the reception that ends with this event; called before the ticket moves."""
    ticket = hall.state.tickets[event.ticket]
    began = max(ticket.since if ticket.state == "serving" else ticket.called, ticket.taken_over)
    mine = hall.state.receptions.setdefault(ticket.clerk, [])
    mine.append(
        Reception(
            ticket.id,
            ticket.number,
            window,
            began,
            at,
            event.outcome,
            event.correct_until,
            reason=event.reason,
        )
    )


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
    if last.outcome == command.outcome and not (command.papers or command.reason):
        return []
    item = last.item if last.item in hall.items else ""  # of a visit that goes on, the one it was about here
    end = FinishService(
        last.window,
        0,
        command.outcome,
        item=command.item or item,
        reason=command.reason,
        papers=command.papers,
    )
    void = outcomes.voided(hall, envelope, last, window.clerk, now)
    follows = outcomes.followed_by(hall, envelope, ended_ticket(hall, last), now, end)
    corrected = hall_events.OutcomeCorrected(
        last.ticket, window.id, window.clerk, command.outcome, last.outcome, command.reason, last.reason
    )
    return [corrected, *void, *follows]


def ended_ticket(hall: HallState, last: Reception) -> Ticket:
    """Return the ticket of a reception as it was at the window where that ended: its visit may go on elsewhere."""
    return structs.replace(hall.state.tickets[last.ticket], window=last.window)


def _corrected(hall: HallState, event: hall_events.OutcomeCorrected, _at: Micros) -> None:
    for reception in reversed(hall.state.receptions.get(event.clerk, [])):
        if reception.ticket == event.ticket:
            reception.outcome, reception.reason = event.outcome, event.reason
            reception.made = reception.case = reception.item = ""
            break
    if (ticket := hall.state.tickets.get(event.ticket)) and ticket.outcome:
        ticket.outcome = event.outcome  # what its holder reads
        ticket.sent_to = event.reason if event.outcome == "elsewhere" else ""


def _made(hall: HallState, event: ev.CaseOpened | ev.CaseDone | ev.PapersAsked, _at: Micros) -> None:
    """Note at a reception what followed from its outcome. A case that no reception opened is noted nowhere, nor what a
    received case asks for later."""
    if isinstance(event, ev.PapersAsked) and event.case and not event.first:
        return
    for reception in reversed(hall.state.receptions.get(event.clerk, [])) if event.ticket else ():
        if reception.ticket == event.ticket:
            asked = isinstance(event, ev.PapersAsked)
            reception.made = event.voucher if asked else event.case
            reception.case, reception.item = "" if asked else event.number, event.item
            break


DECIDE: dict[type[Any], Decide] = {desk_cmd.CorrectOutcome: _correct}
APPLY: dict[type[Any], Apply] = {
    hall_events.OutcomeCorrected: _corrected,
    ev.CaseOpened: _made,
    ev.CaseDone: _made,
    ev.PapersAsked: _made,
}
APPLY_REGISTER: dict[type[Any], Apply] = {}
