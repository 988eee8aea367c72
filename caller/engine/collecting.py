"""领证: who comes for a result shows the receipt, and is given a number for the issuing window. PURE.

1. Checking in with a case's progress code gives a number for its item once the case is granted: bound to an issuing window
   that is open, the case's own department's first, else to the case's own window while that is open; with none of them
   open it is not bound, and waits in the item's queue.
2. Before that it is refused with what the case is now and when it is due, so that no one waits for nothing; one that was
   not granted, withdrawn or is closed gives no number either.
3. A case gives one number at a time.
4. The reception of such a number that ends as collected issues the case (出证) by itself, where nothing else has happened
   to it: what it became meanwhile stays.
"""

from typing import TYPE_CHECKING

from msgspec import structs

from caller.engine import commands as cmd
from caller.engine import events as ev
from caller.engine import short_codes, ticketing
from caller.engine.case_rows import OPEN, Case
from caller.engine.envelope import CommandEnvelope
from caller.engine.refusals import Refused
from caller.engine.tickets import LIVE, Ticket
from config.instants import Micros

if TYPE_CHECKING:
    from caller.engine.state import HallState


def find(hall: "HallState", code: str) -> Case | None:
    """Return the case of a progress code as it was typed or scanned: the receipt's QR code is the address of its page."""
    id = hall.register.case_index.codes.get(short_codes.typed(code.rpartition("#")[2]))
    return hall.register.cases.get(id) if id else None


def come(hall: "HallState", order: CommandEnvelope, row: Case, now: Micros) -> ev.TicketIssued:
    """Return the number for who comes for the result of a case. Raises: Refused (rules 2 and 3)."""
    if row.state not in OPEN or row.decision in ("refused", "returned"):
        raise Refused("case-nothing-here", number=row.number, state=row.state)
    if row.state not in ("decided", "issued"):
        day = hall.local_date(row.due).isoformat() if row.due else "-"
        raise Refused("case-not-ready", number=row.number, state=row.state, day=day)
    for ticket in hall.state.tickets.values():
        if ticket.voucher == row.id and ticket.state in LIVE:
            raise Refused("live-ticket", number=ticket.number)
    take = cmd.TakeTicket([row.item], window=_window(hall, row))
    queue = ticketing.queue_for(hall, take)
    return structs.replace(ticketing.issue(hall, order.id, queue, take, now), voucher=row.id)


def _window(hall: "HallState", row: Case) -> str:
    """Return the window that hands the result out; "" where none of rule 1 is open."""
    places = [each for each in hall.settings.windows if each.kind == "issuing"]
    places.sort(
        key=lambda each: each.department != row.department
    )  # those of the department first, in the hall's order
    wanted = [*(each.id for each in places), row.window]
    states = hall.state.windows
    return next((id for id in wanted if id in states and states[id].state != "closed"), "")


def collected(hall: "HallState", ticket: Ticket) -> list[ev.CaseMoved]:
    """Return the event that issues the case whose result was handed out (rule 4); none where there is none to issue."""
    row = hall.register.cases.get(ticket.voucher) if ticket.voucher else None
    if row is None or row.state != "decided":
        return []
    window = hall.state.windows[ticket.window]
    return [ev.CaseMoved(row.id, "issue", "issued", window.clerk, window.id, number=row.number)]
