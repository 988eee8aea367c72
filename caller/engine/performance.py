"""What the office enters about the hall's people: corrected attendance, leave, peer ratings, inspections, awards. PURE.

1. The log has who was at which window when; late, early and away are worked out from it (`caller.reports.attendance`)
   and never entered. What the office enters is what the log cannot know, each as an event with who entered it.
2. Attendance of a business day is corrected with a reason of the hall's list, and not otherwise. The last correction of a
   person's day holds; the earlier ones stay in the log.
3. A person has one peer rating a month. Another one is refused, unless it gives the reason why it corrects the first. Only
   this month and the year before it are open.
4. A leave is entered with its kind, and may be taken back. It may lie before or after today.
5. What counts for or against a person is entered by another.
6. Awards, the ranking of windows and their attendance are those of one month, published by hand from its scores and
   figures: shown are the last ones published.
"""

from datetime import date
from typing import TYPE_CHECKING, Any

from caller.engine import events as ev
from caller.engine import performance_messages as msg
from caller.engine.envelope import CommandEnvelope
from caller.engine.refusals import Refused
from caller.engine.register_rows import Awards, EnteredLeave, PeerMark
from config.hall_lists import reasons
from config.instants import Micros
from config.settings import ReasonKind

if TYPE_CHECKING:
    from caller.engine.state import Apply, Decide, HallState

AWARDS_ROW = "awards"  # the one row of the awards that are shown
MONTHS_OPEN = 12  # before this one; older peer ratings are history
LEAVE_DAYS_MAX = 366  # of one entry
LEAVE_KEPT_DAYS = 400  # after its end; then it can no longer be taken back


def shown_awards(hall: "HallState", window: str) -> list[msg.AwardKind]:
    """Return the awards that a window has of the month published last."""
    row = hall.register.awards.get(AWARDS_ROW)
    if row is None:
        return []
    kinds: dict[msg.AwardKind, list[str]] = {"five-star": row.five_star, "red-flag": row.red_flag}
    return [kind for kind, windows in kinds.items() if window in windows]


def published_month(hall: "HallState") -> Awards | None:
    """Return the month published last; None where none was, or nothing but awards, as an older version did."""
    row = hall.register.awards.get(AWARDS_ROW)
    return row if row and row.standings else None


# --- decide


def _by(order: CommandEnvelope) -> str:
    return order.account or order.station


def _need_another(order: CommandEnvelope, staff: str) -> None:
    """Refuse what a person enters about themselves (rule 5). Raises: Refused."""
    if order.account and order.account == staff:
        raise Refused("own-entry", staff=staff)


def _need_code(hall: "HallState", kind: ReasonKind, code: str) -> None:
    """Refuse a code that the hall's list does not have. Raises: Refused."""
    if code not in [each.id for each in reasons(hall.settings, kind)]:
        raise Refused("unknown-code", chosen=code, known=_names(hall, kind))


def _names(hall: "HallState", kind: ReasonKind) -> str:
    """Return what one may choose from, in both languages."""
    return "、".join(f"{each.name} {each.name_en}".strip() for each in reasons(hall.settings, kind))


def _date(text: str) -> date:
    """Return a date of a command. Raises: Refused where the calendar has none."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise Refused("bad-dates") from None


def _correct(
    hall: "HallState", order: CommandEnvelope, command: msg.CorrectAttendance, _now: Micros
) -> list[ev.AnyEvent]:
    _need_another(order, command.staff)
    if not command.reason:
        raise Refused("reason-needed", known=_names(hall, "attendance"))
    _need_code(hall, "attendance", command.reason)
    if command.day not in hall.register.used_days:
        raise Refused("no-business-day", day=command.day)
    return [msg.AttendanceCorrected(command.day, command.staff, command.mark, command.reason, _by(order))]


def _record_leave(
    hall: "HallState", order: CommandEnvelope, command: msg.RecordLeave, _now: Micros
) -> list[ev.AnyEvent]:
    _need_another(order, command.staff)
    _need_code(hall, "leave", command.code)
    days = (_date(command.last) - _date(command.first)).days
    if not 0 <= days < LEAVE_DAYS_MAX:
        raise Refused("bad-dates")
    return [msg.LeaveRecorded(order.id, command.staff, command.first, command.last, command.code, _by(order))]


def _cancel_leave(
    hall: "HallState", order: CommandEnvelope, command: msg.CancelLeave, _now: Micros
) -> list[ev.AnyEvent]:
    if command.leave not in hall.register.leaves:
        raise Refused("unknown-leave")
    return [msg.LeaveCancelled(command.leave, _by(order))]


def _rate_peer(
    hall: "HallState", order: CommandEnvelope, command: msg.RatePeer, now: Micros
) -> list[ev.AnyEvent]:
    _need_another(order, command.staff)
    if not 0 <= _months(hall.local_date(now).isoformat()) - _months(command.month) <= MONTHS_OPEN:
        raise Refused("bad-month", month=command.month)
    if command.reason:
        _need_code(hall, "attendance", command.reason)
    elif f"{command.month}/{command.staff}" in hall.register.peer_marks:
        raise Refused(
            "peer-rated", staff=command.staff, month=command.month, known=_names(hall, "attendance")
        )
    return [msg.PeerRated(command.month, command.staff, command.points, _by(order), command.reason)]


def _inspect(
    hall: "HallState", order: CommandEnvelope, command: msg.RecordInspection, now: Micros
) -> list[ev.AnyEvent]:
    _need_code(hall, "inspection", command.code)
    if _date(command.day) > hall.local_date(now):
        raise Refused("bad-dates")
    if command.window:
        _need_window(hall, command.window)
    return [
        msg.InspectionRecorded(
            kind=command.kind, day=command.day, staff=command.staff, code=command.code, by=_by(order),
            window=command.window, clerk=command.clerk, fault=command.fault,
        )
    ]  # fmt: skip


def _publish(
    hall: "HallState", order: CommandEnvelope, command: msg.PublishAwards, now: Micros
) -> list[ev.AnyEvent]:
    if _months(command.month) > _months(hall.local_date(now).isoformat()):
        raise Refused("bad-month", month=command.month)
    for window in (*command.five_star, *command.red_flag, *(each.window for each in command.standings)):
        _need_window(hall, window)
    return [
        msg.AwardsPublished(command.month, command.five_star, command.red_flag, _by(order), command.standings)
    ]


def _need_window(hall: "HallState", window: str) -> None:
    if window not in hall.window_settings and window not in hall.former_windows:
        raise Refused("unknown-window", window=window)


def _months(text: str) -> int:
    """Return the month of a date or month as a count, so that two can be compared."""
    return int(text[:4]) * 12 + int(text[5:7])


# --- apply, to the register only


def _leave_recorded(hall: "HallState", event: msg.LeaveRecorded, _at: Micros) -> None:
    rows, first = hall.register.leaves, date.fromisoformat(event.first)
    for id in [
        id for id, row in rows.items() if (first - date.fromisoformat(row.last)).days > LEAVE_KEPT_DAYS
    ]:
        rows.drop(id)
    rows.put(event.leave, EnteredLeave(event.staff, event.first, event.last, event.code))


def _leave_cancelled(hall: "HallState", event: msg.LeaveCancelled, _at: Micros) -> None:
    if event.leave in hall.register.leaves:
        hall.register.leaves.drop(event.leave)


def _peer_rated(hall: "HallState", event: msg.PeerRated, _at: Micros) -> None:
    rows, newest = hall.register.peer_marks, _months(event.month)
    for key in [key for key in rows if newest - _months(key) > MONTHS_OPEN]:
        rows.drop(key)
    rows.put(f"{event.month}/{event.staff}", PeerMark(event.points))


def _awards_published(hall: "HallState", event: msg.AwardsPublished, _at: Micros) -> None:
    hall.register.awards.put(
        AWARDS_ROW, Awards(event.month, event.five_star, event.red_flag, event.standings)
    )


def _noted(_hall: "HallState", _event: Any, _at: Micros) -> None:
    """Change nothing: the log keeps it, for the records."""


DECIDE: "dict[type[Any], Decide]" = {
    msg.CorrectAttendance: _correct,
    msg.RecordLeave: _record_leave,
    msg.CancelLeave: _cancel_leave,
    msg.RatePeer: _rate_peer,
    msg.RecordInspection: _inspect,
    msg.PublishAwards: _publish,
}
APPLY: "dict[type[Any], Apply]" = {}
APPLY_REGISTER: "dict[type[Any], Apply]" = {
    msg.AttendanceCorrected: _noted,
    msg.InspectionRecorded: _noted,
    msg.LeaveRecorded: _leave_recorded,
    msg.LeaveCancelled: _leave_cancelled,
    msg.PeerRated: _peer_rated,
    msg.AwardsPublished: _awards_published,
}
