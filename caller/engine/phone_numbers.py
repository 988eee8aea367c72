"""Numbers taken with an applicant's own phone: in the hall, or elsewhere and checked in on arrival. PURE.

1. A phone takes numbers only where the hall's setting gives it any, and so many on a day, whatever became of them. Nothing
   here is refused at a kiosk.
2. A number taken elsewhere (`remote`) has its place at once, by the instant at which it was taken, and is not called
   before it is checked in (`CheckIn`, by its id or number): it is postponed meanwhile, to beyond its time to arrive.
3. By then it expires (`deadlines`, "arrival"), and delays no other number. A clerk before whom its holder stands may call it
   all the same.
"""

from msgspec import structs

from caller.engine import commands as cmd
from caller.engine import deadlines, tickets
from caller.engine import events as ev
from caller.engine.refusals import Refused
from caller.engine.state import HallState
from config.instants import HOUR, Micros

HOLDS_BACK = 24 * HOUR  # beyond its time to arrive: then it has expired, however late that is noted


def need_may(hall: HallState, command: cmd.TakeTicket) -> None:
    """Refuse a phone where the hall gives it no numbers, or more of them than it may take on a day."""
    if not command.via:
        return
    rules, known = hall.settings.phone, cmd.person_hashes(command.person)
    if not rules.take or not command.person or (command.via == "remote" and rules.take != "remote"):
        raise Refused("phone-take-off")
    taken = sum(ticket.person in known for ticket in hall.state.tickets.values() if ticket.person)
    if rules.per_day and taken >= rules.per_day:
        raise Refused("phone-limit", count=rules.per_day)


def taken(
    hall: HallState, issued: ev.TicketIssued, command: cmd.TakeTicket, now: Micros
) -> list[ev.AnyEvent]:
    """Return the events of a number that is given: one taken elsewhere is held back until it is checked in."""
    if command.via != "remote":
        return [issued]
    due = deadlines.arrival_due(hall, now)
    return [structs.replace(issued, arrive_by=due), ev.TicketPostponed(issued.ticket, due + HOLDS_BACK)]


def arrived(hall: HallState, code: str, now: Micros) -> ev.TicketPostponed | None:
    """Return what makes a ticket taken elsewhere, by its id or number, one that may be called; None where the code is of no
    such ticket.

    Raises:
        Refused: it is checked in already, or it no longer waits.
    """
    ticket = hall.state.tickets.get(code) or next(
        (each for each in hall.state.tickets.values() if each.arrive_by and each.number == code.upper()), None
    )
    if ticket is None:
        return None
    tickets.require(ticket, ev.TicketPostponed)
    if not ticket.arrive_by:
        raise Refused("arrived-already", number=ticket.number)
    return ev.TicketPostponed(ticket.id, now, arrived=True)
