"""Handlers of what attendance, scores and the monthly report are made of: entries of the office, cases, follow-ups, papers.

`APPLY` has the events that make these rows alone. `ALSO` has events that count in the tallies too (`hall_events`): cases
and papers, and those of follow-ups and deadlines.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import msgspec

from caller.engine import events as ev
from caller.engine import performance_messages as msg
from caller.engine.deadlines import OF_CASES
from caller.engine.followups import MOVES
from caller.engine.rating_messages import CaseRated, ContactLeft, RatingAppealed, RectificationMoved
from caller.records.contributions import CASE_RATING, FEE, FEE_CORRECTED, FEE_FULL, FEES, RECTIFICATION
from caller.records.open_rows import ProjectionState
from caller.records.performance_rows import (
    AwardRow,
    CaseRatingRow,
    CaseRow,
    CorrectionRow,
    DutyRow,
    FeeRow,
    InspectionRow,
    LeaveRow,
    PapersRow,
    PeerRow,
)
from caller.records.rows import RatingRow, TicketRow
from config.instants import SECOND

ENDS = frozenset({"decided", "refused", "withdrawn"})  # states in which nothing more can be late


def date_of(fold: ProjectionState) -> str:
    """Return the business day, or between two of them the date: the office works then, too."""
    return fold.label or datetime.fromtimestamp(fold.now // SECOND, fold.zone).date().isoformat()


# --- entered in the office


def _corrected(fold: ProjectionState, event: msg.AttendanceCorrected, seq: int) -> None:
    row = fold.row(CorrectionRow, event.day, event.staff)
    row.mark, row.reason, row.by, row.seq = event.mark, event.reason, event.by, seq


def _leave_recorded(fold: ProjectionState, event: msg.LeaveRecorded, _seq: int) -> None:
    row = fold.row(LeaveRow, event.leave)
    row.staff, row.first, row.last, row.kind, row.by = (
        event.staff, event.first, event.last, event.code, event.by,
    )  # fmt: skip


def _leave_cancelled(fold: ProjectionState, event: msg.LeaveCancelled, _seq: int) -> None:
    fold.row(LeaveRow, event.leave).cancelled = 1


def _peer_rated(fold: ProjectionState, event: msg.PeerRated, seq: int) -> None:
    row = fold.row(PeerRow, event.month, event.staff)
    row.points, row.by, row.reason, row.seq = round(event.points * 100), event.by, event.reason, seq


def _inspected(fold: ProjectionState, event: msg.InspectionRecorded, seq: int) -> None:
    fold.touch(
        InspectionRow(
            fold.site, seq, event.day, event.kind, event.staff, event.code, event.window, event.clerk,
            int(event.fault), event.by,
        )
    )  # fmt: skip


def _awarded(fold: ProjectionState, event: msg.AwardsPublished, _seq: int) -> None:
    row = fold.row(AwardRow, event.month)
    row.five_star, row.red_flag = (
        msgspec.json.encode(each).decode() for each in (event.five_star, event.red_flag)
    )
    row.by, row.at = event.by, fold.now


# --- cases


def _case_opened(fold: ProjectionState, event: ev.CaseOpened, _seq: int) -> None:
    row = fold.row(CaseRow, event.case)
    row.number, row.item, row.case_type, row.department = (
        event.number, event.item, event.case_type, event.department,
    )  # fmt: skip
    row.window, row.clerk, row.state, row.opened = event.window, event.clerk, event.state, fold.now
    row.day, row.days, row.due, row.warn = date_of(fold), event.days, event.due, event.warn
    row.project, row.major, row.agent = event.project, int(event.major), event.agent
    row.listed = msgspec.json.encode(event.listed).decode()
    if event.state in ENDS:
        _end(fold, row)


def _case_done(fold: ProjectionState, event: ev.CaseDone, _seq: int) -> None:
    row = fold.row(CaseRow, event.case)
    row.number, row.item, row.case_type, row.department = (
        event.number, event.item, event.case_type, event.department,
    )  # fmt: skip
    row.window, row.clerk, row.state, row.opened = event.window, event.clerk, "closed", fold.now
    row.day, row.days, row.decision = date_of(fold), 0, "granted"
    _end(fold, row)


def _case_moved(fold: ProjectionState, event: ev.CaseMoved, _seq: int) -> None:
    row = fold.row(CaseRow, event.case)
    row.state, row.clerk = event.state, event.owner or row.clerk
    if event.move == "report":
        row.reported, row.heard = fold.now, 0
    elif event.move == "heard":
        row.heard = fold.now
    elif event.move == "decide":
        row.decision = event.decision
    if event.due:
        row.due, row.warn = event.due, event.warn
    if event.days >= 0:
        row.days = event.days
    if event.move == "reopen":
        row.ended, row.ended_day, row.ended_month = None, "", ""
    elif event.state in ENDS:
        _end(fold, row)


def _end(fold: ProjectionState, row: CaseRow) -> None:
    """Note when a case ended; it was late if its due date was over, whether that was noted by then or not."""
    day = date_of(fold)
    row.ended, row.ended_day, row.ended_month = fold.now, day, day[:7]
    row.overdue = int(row.overdue or bool(row.due and fold.now > row.due))


# --- follow-ups and papers


def _opened(fold: ProjectionState, event: ev.FollowUpOpened, seq: int) -> None:
    row = fold.row(DutyRow, event.follow_up)
    row.number, row.kind, row.window, row.clerk = event.number, event.kind, event.window, event.clerk
    row.day, row.state, row.due, row.case_id = date_of(fold), "opened", event.due, event.case
    if event.kind == "rating":
        row.rating = seq - 1  # the command that gives a bad rating opens this in its next event
        row.visit = fold.ticket(event.ticket).visit if event.ticket else 0
        _count(fold, row, "opened")


def _moved(fold: ProjectionState, event: ev.FollowUpMoved, _seq: int) -> None:
    row = fold.row(DutyRow, event.follow_up)
    row.state = MOVES[row.state][event.move] if row.state in MOVES else row.state
    match event.move:
        case "answer":
            row.finding = event.code
        case "approve":
            row.closed = fold.now
            _count(fold, row, "closed")
        case "appeal" | "reopen":
            row.closed, row.finding, row.due = None, "", event.due
        case _:
            return


COUNTED_AS = {"call": "called", "right": "righted", "exclude": "excluded", "publish": "published"}


def _count(fold: ProjectionState, row: DutyRow, figure: str) -> None:
    """Tally what was done about a bad rating, once however often, under the day its rectification was opened."""
    done: list[str] = msgspec.json.decode(row.counted)
    if row.kind == "rating" and figure not in done:
        row.counted = msgspec.json.encode([*done, figure]).decode()
        fold.count.tally(row.day, RECTIFICATION, figure, 1)


def _rectified(fold: ProjectionState, event: RectificationMoved, _seq: int) -> None:
    row = fold.row(DutyRow, event.follow_up)
    if figure := COUNTED_AS.get(event.move):
        _count(fold, row, figure)
    if event.move == "call":
        row.tries += 1
        if event.code == "reached":
            _count(fold, row, "reached")
    if event.move == "exclude":
        row.excluded = 1
        rating = fold.known(RatingRow, row.rating)
        ticket = fold.known(TicketRow, rating.visit) if rating else None
        if rating and ticket:
            fold.count.excluded(rating, ticket)


def _contact_left(fold: ProjectionState, event: ContactLeft, _seq: int) -> None:
    _count(fold, fold.row(DutyRow, event.follow_up), "named")


def _appealed(fold: ProjectionState, event: RatingAppealed, _seq: int) -> None:
    _count(fold, fold.row(DutyRow, event.follow_up), "appealed")


def _case_rated(fold: ProjectionState, event: CaseRated, seq: int) -> None:
    """Keep the rating of a case apart from those of visits."""
    fold.touch(
        CaseRatingRow(
            fold.site, seq, date_of(fold), event.case, event.number, event.item, event.window, event.clerk, fold.now,
            event.level, event.via, msgspec.json.encode(event.reasons).decode(),
        )
    )  # fmt: skip
    fold.count.tally(date_of(fold), CASE_RATING, str(event.level), 1)


def _overdue(fold: ProjectionState, event: ev.DeadlineOverdue, _seq: int) -> None:
    if event.kind in OF_CASES:  # the case is late when any of its clocks is
        fold.row(CaseRow, event.owner.partition("/")[0]).overdue = 1
    elif event.kind == "answer":
        row = fold.row(DutyRow, event.owner)
        row.overdue = 1
        _count(fold, row, "late")


def _due_set(fold: ProjectionState, event: ev.DueDateSet, _seq: int) -> None:
    if event.kind == "case":
        fold.row(CaseRow, event.owner).due = event.due
    elif event.kind == "answer":
        fold.row(DutyRow, event.owner).due = event.due


def _papers_asked(fold: ProjectionState, event: ev.PapersAsked, seq: int) -> None:
    row = fold.row(PapersRow, event.voucher)
    row.seq, row.day, row.number, row.item = seq, date_of(fold), event.number, event.item
    row.window, row.clerk, row.again = event.window, event.clerk, int(bool(event.again))


def _papers_voided(fold: ProjectionState, event: ev.PapersVoided, _seq: int) -> None:
    fold.row(PapersRow, event.voucher).void = 1


def _case_voided(fold: ProjectionState, event: ev.CaseVoided, _seq: int) -> None:
    """Withdraw a case that began with an outcome which was corrected: it is neither in time nor late."""
    row = fold.row(CaseRow, event.case)
    row.state = "withdrawn"
    if row.ended is None:
        _end(fold, row)


# --- fees


def _fee_taken(fold: ProjectionState, event: ev.FeeTaken, seq: int) -> None:
    row, day = fold.row(FeeRow, event.fee), date_of(fold)
    row.seq, row.day, row.receipt, row.number, row.taken = (
        seq,
        day,
        event.number,
        event.ticket_number,
        fold.now,
    )
    row.window, row.clerk, row.item, row.department = event.window, event.clerk, event.item, event.department
    row.units, row.price, row.full_sum = event.count, event.price, event.full
    row.amount = row.first_amount = event.amount
    row.discount, row.way, row.reference = event.discount, event.way, event.reference
    fold.count.tally(day, FEE_FULL, "total/", event.full)
    for group in (*_fee_groups(event, event.clerk), f"way/{event.way}"):
        fold.count.tally(day, FEES, group, 1)
        fold.count.tally(day, FEE, group, event.amount)


def _fee_corrected(fold: ProjectionState, event: ev.FeeCorrected, _seq: int) -> None:
    row = fold.row(FeeRow, event.fee)
    for group in _fee_groups(event, row.clerk):
        fold.count.tally(row.day, FEE, group, event.amount - event.before)
    for way, count in ((event.way_before, -1), (event.way, 1)):
        fold.count.tally(row.day, FEES, f"way/{way}", count)
        fold.count.tally(row.day, FEE, f"way/{way}", event.before * -1 if count < 0 else event.amount)
    fold.count.tally(row.day, FEE_CORRECTED, "total/", 1)
    row.amount, row.way, row.reference, row.reason = event.amount, event.way, event.reference, event.reason
    row.corrections += 1


def _fee_groups(event: ev.FeeTaken | ev.FeeCorrected, clerk: str) -> list[str]:
    """Return under what a fee counts, but for its way, which a correction may change."""
    groups = [
        "total/",
        f"item/{event.item}",
        f"department/{event.department}",
        f"window/{event.window}",
        f"clerk/{clerk}",
    ]
    return [*groups, f"discount/{event.discount}"] if event.discount else groups


Handler = Callable[[ProjectionState, Any, int], None]
APPLY: dict[type[Any], Handler] = {
    msg.AttendanceCorrected: _corrected,
    msg.LeaveRecorded: _leave_recorded,
    msg.LeaveCancelled: _leave_cancelled,
    msg.PeerRated: _peer_rated,
    msg.InspectionRecorded: _inspected,
    msg.AwardsPublished: _awarded,
    CaseRated: _case_rated,
    ev.FeeTaken: _fee_taken,
    ev.FeeCorrected: _fee_corrected,
}
ALSO: dict[type[Any], Handler] = {
    ev.CaseOpened: _case_opened,
    ev.CaseDone: _case_done,
    ev.CaseMoved: _case_moved,
    ev.FollowUpOpened: _opened,
    ev.FollowUpMoved: _moved,
    RectificationMoved: _rectified,
    ContactLeft: _contact_left,
    RatingAppealed: _appealed,
    ev.DeadlineOverdue: _overdue,
    ev.DueDateSet: _due_set,
    ev.PapersAsked: _papers_asked,
    ev.PapersVoided: _papers_voided,
    ev.CaseVoided: _case_voided,
}
