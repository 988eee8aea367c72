"""Feedback: a complaint, a report, a suggestion, praise or a consultation, from its receipt to the archive. PURE.

One kind of follow-up (`followups` has the table of moves); here stands what is its own.

1. Received: it gets a number, a code and a due date at once, and so is accepted (受理). The code is on the receipt and is the
   applicant's key to it: what became of it, whether they are satisfied, and whether they appeal.
2. It is about a visit, a window, a department or the hall. Of a visit the window and the clerk are those that ended it; of a
   window the clerk who sits there now. Anonymous ones are treated like the others.
3. A visit has one that is open of each kind; what its holder has to add joins that one.
4. It is given to an owner (assign) or to a department (transfer, 转办), whose handler takes it; the owner investigates
   (step), brings other departments in (coordinate, 协调) and answers; another person reviews. All are refused to whom a
   complaint or a report is about.
5. The applicant judges a reviewed answer once a round, by the code; the staff note what was said on the telephone.
6. It is archived (归档) by the staff, or by itself with the first day opened after the time to appeal. An archived one
   changes no more, and leaves the register after `ARCHIVE_KEPT`.
7. A reception at a window of "cannot get it done" is filed by that window, about its own ticket only; whom it is about is
   found out by its owner, so it names no clerk.
"""

from typing import TYPE_CHECKING, Any

from caller.engine import commands as cmd
from caller.engine import events as ev
from caller.engine import followups, numbering, short_codes
from caller.engine.deadlines import appeal_of, end_of_days, overdue
from caller.engine.envelope import CommandEnvelope
from caller.engine.feedback_messages import ARCHIVE_KEPT, FEEDBACK_KINDS, JudgeFeedback, SubmitFeedback
from caller.engine.refusals import Refused
from caller.engine.register import FollowUp
from config.hall_lists import reasons
from config.instants import Micros

if TYPE_CHECKING:
    from caller.engine.state import Apply, Decide, HallState


def result(event: ev.FollowUpOpened, at: Micros) -> dict[str, Any]:
    """Return what the sender of a command is told of what it opened: with a receipt, its code and its dates."""
    told = {"follow_up": event.follow_up, "number": event.number}
    return told | ({"code": event.code, "due": event.due, "opened": at} if event.code else {})


def by_code(hall: "HallState", code: str) -> FollowUp | None:
    """Return the feedback of a receipt's code; None where none has it."""
    return next((row for row in hall.register.follow_ups.values() if code and row.code == code), None)


# --- decide


def _submit(
    hall: "HallState", order: CommandEnvelope, command: SubmitFeedback, now: Micros
) -> list[ev.AnyEvent]:
    if not hall.settings.feedback.enabled:
        raise Refused("feedback-off")
    known = [each.id for each in reasons(hall.settings, "feedback")]
    if command.reason and command.reason not in known:
        raise Refused("unknown-code", chosen=command.reason, known=", ".join(known))
    if command.item and all(each.id != command.item for each in hall.settings.items):
        raise Refused("unknown-item", item=command.item)
    if command.department and all(each.id != command.department for each in hall.settings.departments):
        raise Refused("unknown-department", chosen=command.department)
    number, window, clerk = _about(hall, command)
    same = (
        row
        for row in hall.register.follow_ups.values()
        if (row.ticket, row.kind) == (command.ticket, command.kind)
    )
    if command.ticket and (found := next((row for row in same if not row.over), None)):
        raise Refused("feedback-open", number=found.number)
    living = {row.code for row in hall.register.follow_ups.values()}
    code = short_codes.make("feedback", order.random, order.id, living)
    if code is None:
        raise Refused("failed")
    series, serial, own = numbering.next_of_year(hall, "follow-up", hall.local_date(now).year)
    due, provisional = end_of_days(hall, now, hall.settings.feedback.days)
    return [
        ev.FollowUpOpened(
            follow_up=order.id, kind=command.kind, series=series, serial=serial, number=own, ticket=command.ticket,
            window=window, clerk=clerk, due=due, provisional=provisional, ticket_number=number, code=code,
            way=command.way, department=command.department, item=command.item, reason=command.reason,
            anonymous=command.anonymous, taken_by=order.account,
        )
    ]  # fmt: skip


def _about(hall: "HallState", command: SubmitFeedback) -> tuple[str, str, str]:
    """Return the number of the visit, the window and the clerk that feedback is about (rules 2, 7). Raises: Refused."""
    window, clerk = command.window, command.clerk
    if window and window not in hall.window_settings:
        raise Refused("unknown-window", window=window)
    if not command.ticket:
        here = hall.state.windows[window].clerk if window else ""
        return "", window, clerk or here
    visit = hall.register.visits.get(command.ticket) or hall.ticket(command.ticket)
    if command.way == "window":
        return visit.number, window if window != visit.window else "", clerk
    return visit.number, window or visit.window, clerk or visit.clerk


def _judge(
    hall: "HallState", _order: CommandEnvelope, command: JudgeFeedback, now: Micros
) -> list[ev.AnyEvent]:
    row = by_code(hall, command.code)
    if row is None:
        raise Refused("unknown-receipt")
    if row.verdict:
        raise Refused("judged-already", number=row.number)
    moves: list[cmd.FollowUpMove] = ["satisfied"] if command.satisfied else ["unsatisfied"]
    if command.again and not command.satisfied:
        moves.append("appeal")
    return [followups.event_of(hall, row, cmd.MoveFollowUp(row.id, move, ""), "", now) for move in moves]


def to_archive(hall: "HallState", now: Micros) -> list[ev.AnyEvent]:
    """Return the archiving of what was answered and can be appealed against no more (rule 6), the oldest first."""
    return [
        ev.FollowUpMoved(row.id, "archive", "", kind=row.kind)
        for row in hall.register.follow_ups.values()
        if row.state == "closed" and row.code and row.kind in FEEDBACK_KINDS and overdue(appeal_of(row), now)
    ]


# --- apply, to the register only


def drop_ended(hall: "HallState", at: Micros) -> None:
    """Take out of the register what is closed and against which no appeal is possible any more (`followups`, rule 7); of feedback what
    has been archived for long."""
    rows = hall.register.follow_ups
    for id in [each.id for each in rows.values() if _is_dropped(each, at)]:
        rows.drop(id)
        if id in hall.register.rectifications:
            hall.register.rectifications.drop(id)


def _is_dropped(row: FollowUp, at: Micros) -> bool:
    if row.state == "archived":
        return at > row.archived + ARCHIVE_KEPT
    return row.state == "closed" and not row.code and overdue(appeal_of(row), at)


DECIDE: "dict[type[Any], Decide]" = {SubmitFeedback: _submit, JudgeFeedback: _judge}
APPLY: "dict[type[Any], Apply]" = {}
APPLY_REGISTER: "dict[type[Any], Apply]" = {}
