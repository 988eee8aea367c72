"""材料不全: papers are asked for once, all of them, and who comes back with them is not queued again. PURE.

1. A reception that ends as incomplete names what is wrong (`papers`). The notice of missing papers (一次性告知单) holds
   all of it, and a code: the **voucher**.
2. Coming back with the code (`CheckIn`) gives a ticket of the class `returning` for the voucher's item. Its origin is the
   arrival, as of every ticket, so the bound on overtaking holds; the class's target, 0 unless the hall sets another,
   brings it forward. Within the class the one whose first visit ended first is called first (`queueing`).
3. A voucher is for its own item, lasts `voucher_days` working days, and gives one ticket at a time: where that ticket
   ended without a service (cancelled, expired), it may be used again.
4. What is asked for then and was on no list of this applicant's before is a **second request**; it is recorded by
   itself, with item, window and clerk. Any other end of that service settles the voucher: the papers are complete.
5. Papers that were asked for by an outcome which is corrected in time are void, and so is the voucher: it gives no number.
   One that was used already keeps its outcome.
6. A case that was received, whose papers are checked and lacking, asks for all of them in the same way, without a visit. Who
   comes back with that notice goes on with the case: accepted or not accepted, it is the one that waits, never a second.
   Once the visit has taken the case on, its outcome stays: what becomes of the case is said among the cases.
7. The ticket's number and the papers' published names are all it holds; who the applicant is, it does not know.
"""

from typing import TYPE_CHECKING, Any

from msgspec import structs

from caller.engine import commands as cmd
from caller.engine import deadlines, papers, short_codes, ticketing
from caller.engine import events as ev
from caller.engine.case_rows import Case, Voucher
from caller.engine.envelope import CommandEnvelope
from caller.engine.refusals import Refused
from caller.engine.tickets import LIVE, Ticket
from caller.engine.windows import Reception
from config.instants import Micros, local
from config.settings import Item

if TYPE_CHECKING:
    from caller.engine.state import Apply, Decide, HallState

# --- asking for papers


def asked(
    hall: "HallState",
    order: CommandEnvelope,
    ticket: Ticket,
    item: Item,
    wrong: list[papers.WrongPaper],
    now: Micros,
) -> ev.PapersAsked:
    """Return the event of a reception that ended because papers are wrong.

    Raises:
        Refused: the item has no such paper, or the hall's list no such fault.
    """
    listed = papers.asked(hall.settings, item, wrong)
    first = of_ticket(hall, ticket)
    code = short_codes.make("voucher", order.random, order.id, hall.register.voucher_codes)
    assert code, "a voucher's codes are ten digits long"
    window = hall.state.windows[ticket.window]
    return ev.PapersAsked(
        voucher=order.id, code=code, ticket=ticket.id, number=ticket.number, item=item.id, window=window.id,
        clerk=window.clerk, until=deadlines.end_of_days(hall, now, hall.settings.cases.voucher_days)[0], papers=listed,
        first=first.id if first else "", again=papers.asked_again(listed, first.known) if first else [],
        case=first.case if first else "",
    )  # fmt: skip


def asked_of_case(
    hall: "HallState",
    order: CommandEnvelope,
    row: Case,
    wrong: list[papers.WrongPaper],
    window: str,
    staff: str,
    now: Micros,
) -> ev.PapersAsked:
    """Return the event of a received case whose papers were checked and are wrong (rule 6). Raises: Refused."""
    item = hall.items.get(row.item)
    if item is None:
        raise Refused("unknown-item", item=row.item)
    code = short_codes.make("voucher", order.random, order.id, hall.register.voucher_codes)
    assert code, "a voucher's codes are ten digits long"
    until = deadlines.end_of_days(hall, now, hall.settings.cases.voucher_days)[0]
    return ev.PapersAsked(
        voucher=order.id, code=code, ticket=row.ticket, number=row.ticket_number, item=item.id, window=window or row.window,
        clerk=staff, until=until, papers=papers.asked(hall.settings, item, wrong), case=row.id,
    )  # fmt: skip


def case_of(hall: "HallState", ticket: Ticket) -> Case | None:
    """Return the received case whose papers a ticket came back with (rule 6)."""
    first = of_ticket(hall, ticket)
    return hall.register.cases.get(first.case) if first and first.case else None


def completed(hall: "HallState", ticket: Ticket) -> list[ev.PapersCompleted]:
    """Return the event that settles the voucher a ticket came back with; none for a ticket without."""
    first = of_ticket(hall, ticket)
    if first is None or first.settled:
        return []
    window = hall.state.windows[ticket.window]
    return [ev.PapersCompleted(first.id, ticket.id, first.item, window.id, window.clerk)]


def voided(hall: "HallState", last: Reception, clerk: str) -> ev.PapersVoided:
    """Return the event that takes back the papers that a corrected outcome asked for. Raises: Refused (rule 5)."""
    row = hall.register.vouchers[last.made]
    if row.back or row.settled:
        raise Refused("voucher-used", number=row.back_number or row.number)
    return ev.PapersVoided(row.id, last.ticket, row.item, last.window, clerk, row.again)


def of_ticket(hall: "HallState", ticket: Ticket) -> Voucher | None:
    """Return the voucher with which a ticket came back."""
    return hall.register.vouchers.get(ticket.voucher) if ticket.voucher else None


# --- coming back


def find(hall: "HallState", code: str) -> Voucher | None:
    """Return the voucher of a code as it was typed or scanned."""
    id = hall.register.voucher_codes.get(short_codes.typed(code))
    return hall.register.vouchers[id] if id else None


def come_back(
    hall: "HallState", order: CommandEnvelope, command: cmd.CheckIn, voucher: Voucher, now: Micros
) -> ev.TicketIssued:
    """Return the ticket that a voucher gives. Raises: Refused (rule 3)."""
    live = hall.state.tickets.get(voucher.back)
    if voucher.void:
        raise Refused("voucher-void", number=voucher.number)
    if voucher.settled or (live and (live.state in LIVE or live.state in ("served", "merged"))):
        raise Refused("voucher-used", number=voucher.back_number or voucher.number)
    if deadlines.overdue(deadlines.begin("voucher", voucher.id, voucher.asked, voucher.until), now):
        day = local(voucher.until, hall.settings.hall.zone).date().isoformat()
        raise Refused("voucher-over", day=day)
    item = hall.items.get(voucher.item)
    if command.item and command.item != voucher.item:
        names = (item.name, item.name_en or item.name) if item else (voucher.item, voucher.item)
        raise Refused("voucher-other-item", item=names[0], item_en=names[1])
    take = cmd.TakeTicket([voucher.item], priority="returning")
    queue = ticketing.queue_for(hall, take)
    ticketing.need_items_today(hall, take.items)
    first = voucher.began or voucher.asked
    return structs.replace(
        ticketing.issue(hall, order.id, queue, take, now, first_visit=first), voucher=voucher.id
    )


# --- apply, to the register only


def _asked(hall: "HallState", event: ev.PapersAsked, at: Micros) -> None:
    register, before, began = hall.register, list[str](), at
    if event.first in register.vouchers:
        first = register.vouchers.edit(event.first)
        first.settled, before, began = at, first.known, first.began or first.asked
    known = [*before, *(each.paper for each in event.papers if each.paper not in before)]
    row = Voucher(
        event.voucher, event.code, event.item, event.ticket, event.number, event.window, event.clerk, at, event.until,
        list(event.papers), known, again=bool(event.again), began=began, case=event.case,
    )  # fmt: skip
    register.vouchers.put(row.id, row)
    register.voucher_codes[row.code] = row.id
    if event.case in register.cases:  # it says until when it waits for them, and for which
        more = register.cases.edit(event.case).edit_more()
        more.asked, more.asked_until = list(event.papers), event.until


def _completed(hall: "HallState", event: ev.PapersCompleted, at: Micros) -> None:
    if event.voucher in hall.register.vouchers:
        hall.register.vouchers.edit(event.voucher).settled = at


def _voided(hall: "HallState", event: ev.PapersVoided, at: Micros) -> None:
    if event.voucher in hall.register.vouchers:
        row = hall.register.vouchers.edit(event.voucher)
        row.settled, row.void = at, True


def drop_ended(hall: "HallState", at: Micros) -> None:
    """Take the vouchers whose time is over out of the register: the log keeps what was asked."""
    register = hall.register
    for id in [each.id for each in register.vouchers.values() if at > each.until]:
        row = register.vouchers.drop(id)
        register.voucher_codes.pop(row.code, None)


DECIDE: "dict[type[Any], Decide]" = {}
APPLY: "dict[type[Any], Apply]" = {}
APPLY_REGISTER: "dict[type[Any], Apply]" = {
    ev.PapersAsked: _asked,
    ev.PapersCompleted: _completed,
    ev.PapersVoided: _voided,
}
