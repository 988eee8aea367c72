"""A clerk's own day (我的今天): receptions, outcomes, ratings and follow-ups of who is signed in at a window. Pure.

It is made of the hall's state, not of records.db: of today's receptions, of the visits that may still be rated, and of
the follow-ups that are not over. The rating of the visit that ended last is left out until the next one ends: a clerk
must not learn a level while its giver may still stand there. Complaints and reports about the clerk are left out: the
office tells them.
"""

from collections import Counter
from typing import cast

from caller.engine import fees, rectifications
from caller.engine.commands import Outcome
from caller.engine.fee_messages import PaidFee
from caller.engine.hall import Hall
from caller.engine.register import FollowUp
from caller.engine.windows import Reception
from caller.protocol.desk_documents import ClerkDayView, FeesOfDay, OwnFollowUp, ReceptionLine
from caller.views.receipts import hidden_from
from config.instants import SECOND, Micros
from config.text_safety import for_page

FEES_MAX = 60  # receipts that are listed; a mistake is seen among the newest
RECEPTIONS_MAX = 100  # rows of a day; a clerk ends some sixty


def clerk_day_view(hall: Hall, key: str, _now: Micros) -> ClerkDayView:
    """Return the own day of the clerk at a window; of none while it is closed."""
    clerk = hall.state.windows[key].clerk
    mine = hall.state.receptions.get(clerk, []) if clerk else []
    levels = _levels(hall, mine)
    known = hall.register.follow_ups.values()
    last = mine[-1].ticket if mine else ""
    own = [
        row
        for row in known
        if clerk and row.clerk == clerk and not hidden_from(row, clerk) and not _just_given(row, last)
    ]
    day: ClerkDayView = {
        "clerk": for_page(clerk),
        "receptions": [_line(hall, each) for each in reversed(mine[-RECEPTIONS_MAX:])],
        "count": len(mine), "seconds": sum(max(0, each.ended - each.began) for each in mine) // SECOND,
        "outcomes": dict(Counter(each.outcome for each in mine)),
        "levels": {str(level): count for level, count in sorted(levels.items())}, "rated": sum(levels.values()),
        "followups": [_own(hall, row) for row in sorted(own, key=lambda row: -row.opened)],
    }  # fmt: skip
    if clerk and fees.takes_fees(hall, key):
        day["fees"] = _fees(fees.of_window(hall, key))
    return day


def _fees(rows: list[PaidFee]) -> FeesOfDay:
    """Return what a window has taken today; the window's, not the clerk's: a drawer is counted as a whole."""
    found = fees.day_sum(rows)
    return {
        "receipts": found.receipts, "amount": found.amount, "full": found.full, "corrected": found.corrected,
        "first": found.first, "last": found.last, "ways": {str(way): amount for way, amount in found.ways.items()},
        "lines": [
            {
                "fee": each.id, "number": each.number, "ticket_number": each.ticket_number, "item": each.item,
                "count": each.count, "full": each.full, "amount": each.amount, "first": each.first, "discount": each.discount,
                "way": each.way, "reference": for_page(each.reference), "taken": each.taken, "corrected": each.corrected,
            }
            for each in reversed(rows[-FEES_MAX:])
        ],
    }  # fmt: skip


def _levels(hall: Hall, mine: list[Reception]) -> Counter[int]:
    """Return how often each level was given, the last visit's left out.

    A visit that had two receptions here counts once.
    """
    tickets = {each.ticket for each in mine[:-1]} - {each.ticket for each in mine[-1:]}
    visits = (hall.register.visits.get(ticket) for ticket in tickets)
    return Counter(visit.level for visit in visits if visit and visit.level)


def _line(hall: Hall, reception: Reception) -> ReceptionLine:
    """Return one reception; the items of its ticket as far as they are known."""
    ticket = hall.state.tickets.get(reception.ticket)
    return {
        "number": reception.number, "window": reception.window, "items": ticket.items if ticket else [],
        "outcome": cast(Outcome, reception.outcome), "began": reception.began, "ended": reception.ended,
    }  # fmt: skip


def _just_given(row: FollowUp, last: str) -> bool:
    """Return whether a bad rating is of the visit that ended last: it is told like its level, once the next has ended."""
    return row.kind == "rating" and bool(last) and row.ticket == last


def _own(hall: Hall, row: FollowUp) -> OwnFollowUp:
    """Return a follow-up about this clerk: how it stands, and nothing of its words or its owner."""
    found = hall.register.rectifications.get(row.id)
    case = hall.register.cases.get(row.case)
    return {
        "follow_up": row.id, "number": row.number, "ticket_number": row.ticket_number or (case.number if case else ""),
        "kind": row.kind, "state": row.state, "appeals": row.appeals, "opened": row.opened, "due": row.due,
        "level": found.level if found else 0, "appeal": found.appeal if found else "",
        "appealable": bool(found and hall.settings.ratings.rectify and rectifications.appealable(row, found)),
    }  # fmt: skip
