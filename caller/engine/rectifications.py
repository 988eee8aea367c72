"""A rectification: a bad rating (差评) from its verification to its publication, beside the follow-up it opened. PURE.

The follow-up (`followups`) is the duty with its owner, its clock, its answer and its review by another person. Here are the
steps that a hall with `[ratings] rectify` asks for before the answer, and what comes after it:

1. Steps: **verify** (a finding), **call** back (each try is noted), **right** (a measure); then the follow-up's answer and
   review; then **publish**. A step may be done again while the follow-up is not answered; the order holds.
2. Where `handler_owns`, who handled the visit owns it from the start (谁办理谁负责); a manager may give it to another owner.
   Steps may be noted by others than the owner. Who worked on a round does not review it.
3. Who left a contact (**named**) is called back within `call_minutes` of the hall's hours, a deadline of its own. It is met by
   the first try. The measure waits until the person was reached, or `CALLS_MIN` tries have failed.
4. The clerk may **appeal** against the rating once, until it is answered. Another person, neither the clerk nor who noted the
   appeal nor the owner, reviews that: **keep**, or **exclude** with the finding that verification gave. While it is not
   reviewed, nothing is answered. An excluded rating needs no measure; it leaves the shares, and stays in the log, under its
   root, and in the counts as excluded.
5. A new round (appeal by the applicant, reopening) begins the steps anew. What was published stays so.
6. Counts are kept by the month in which the bad rating was given. A row leaves the register with its follow-up.
"""

from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from caller.engine import events as ev
from caller.engine.envelope import CommandEnvelope
from caller.engine.rating_messages import (
    AppealRating,
    CallResult,
    ContactLeft,
    MoveRectification,
    NoteContact,
    RatingAppealed,
    RectificationMove,
    RectificationMoved,
)
from caller.engine.rating_rows import Exclusion, Rectification, RectificationMonth
from caller.engine.refusals import Refused
from config.hall_lists import reasons
from config.instants import MINUTE, Micros, instant
from config.settings import ReasonKind

if TYPE_CHECKING:
    from caller.engine.register import FollowUp
    from caller.engine.state import Apply, Decide, HallState

CALLS_MIN = 3  # tries after which a person who cannot be reached holds nothing up
DAYS_LOOKED = 60  # for the next day on which the hall works
CALL_RESULTS: tuple[CallResult, ...] = ("reached", "no-reply", "refused", "wrong-number")
LISTS: dict[RectificationMove, ReasonKind] = {"verify": "finding", "right": "measure"}
REVIEWS: frozenset[RectificationMove] = frozenset({"keep", "exclude"})


# --- decide


def taken_on(hall: "HallState", opened: list[ev.FollowUpOpened]) -> list[ev.AnyEvent]:
    """Return the follow-up that a bad rating opens, and its owner where that is who handled the visit (rule 2)."""
    table = hall.settings.ratings
    return [
        *opened,
        *(
            ev.FollowUpMoved(follow_up=each.follow_up, move="assign", staff="", owner=each.clerk)
            for each in opened
            if table.rectify and table.handler_owns and each.clerk
        ),
    ]


def call_due(hall: "HallState", start: Micros) -> Micros:
    """Return until when a person is to be called back: `call_minutes` later, within the hours of a working day."""
    zone = hall.settings.hall.zone
    left, day = hall.settings.ratings.call_minutes * MINUTE, hall.local_date(start)
    for _ in range(DAYS_LOOKED):
        for opens, closes in _bands(hall, day):
            begins = max(start, instant(day.isoformat(), opens, zone))
            ends = instant(day.isoformat(), closes, zone)
            if begins + left <= ends:
                return begins + left
            left -= max(0, ends - begins)
        day += timedelta(days=1)
    return start + left


def _bands(hall: "HallState", day: date) -> list[tuple[str, str]]:
    hours = hall.calendar.hours(day)
    return list(hours.bands) if hours else []


def steps_left(hall: "HallState", row: "FollowUp") -> list[RectificationMove]:
    """Return the steps that must be done before a follow-up is answered (rules 1, 3, 4); none where it has none."""
    found = hall.register.rectifications.get(row.id)
    if found is None or not hall.settings.ratings.rectify:
        return []
    left: list[RectificationMove] = [] if found.verified else ["verify"]
    if found.named and not _called(found):
        left.append("call")
    if not found.righted and found.appeal != "excluded":
        left.append("right")
    if found.appeal == "raised":
        left.append("keep")
    return left


def _called(row: Rectification) -> bool:
    return row.reached or row.tries >= CALLS_MIN


def need_steps(hall: "HallState", row: "FollowUp") -> None:
    """Refuse an answer that comes before its steps. Raises: Refused."""
    if left := steps_left(hall, row):
        raise Refused("steps-left", number=row.number, step=left[0])


def worked_on(hall: "HallState", follow_up: str) -> list[str]:
    """Return who noted a step in this round, and so does not review it."""
    found = hall.register.rectifications.get(follow_up)
    return found.workers if found else []


def moves(hall: "HallState", row: "FollowUp") -> list[RectificationMove]:
    """Return what may be done now about a rectification, by the right person."""
    found = hall.register.rectifications.get(row.id)
    if found is None or not hall.settings.ratings.rectify:
        return []
    if row.state == "closed":
        return [] if found.published else ["publish"]
    reviews: list[RectificationMove] = ["keep", "exclude"] if found.appeal == "raised" else []
    if row.state != "assigned":
        return reviews
    steps: list[RectificationMove] = ["verify"]
    if found.named:
        steps.append("call")
    if found.verified and (not found.named or _called(found)) and found.appeal not in ("raised", "excluded"):
        steps.append("right")
    return [*steps, *reviews]


def _move(
    hall: "HallState", order: CommandEnvelope, command: MoveRectification, _now: Micros
) -> list[ev.AnyEvent]:
    row, found = _rows(hall, command.follow_up)
    move, staff = command.move, order.account or command.staff
    if move not in moves(hall, row):
        raise Refused("wrong-step", number=row.number, state=row.state)
    if move in REVIEWS and staff in (row.owner, row.clerk, found.appealed_by):
        raise Refused("another-person", number=row.number)
    if move == "exclude" and not found.verified:
        raise Refused("steps-left", number=row.number, step="verify")
    _need_code(hall, move, command.code)
    code = command.code if move in LISTS or move == "call" else ""
    return [RectificationMoved(follow_up=row.id, move=move, staff=staff, code=code)]


def _need_code(hall: "HallState", move: RectificationMove, code: str) -> None:
    """Refuse a code that is not of the list of a step. Raises: Refused."""
    known: list[str] = list(CALL_RESULTS) if move == "call" else []
    if listed := LISTS.get(move):
        known = [each.id for each in reasons(hall.settings, listed)]
    if known and code not in known:
        raise Refused("unknown-code", chosen=code, known=", ".join(known))


def _rows(hall: "HallState", id: str) -> "tuple[FollowUp, Rectification]":
    """Return a follow-up and its rectification. Raises: Refused."""
    row, found = hall.register.follow_ups.get(id), hall.register.rectifications.get(id)
    if row is None or found is None:
        raise Refused("unknown-follow-up")
    return row, found


def appealable(row: "FollowUp", found: Rectification) -> bool:
    """Return whether the clerk may still appeal (rule 4)."""
    return not found.appeal and row.state not in ("answered", "closed")


def _appeal(
    hall: "HallState", order: CommandEnvelope, command: AppealRating, _now: Micros
) -> list[ev.AnyEvent]:
    row, found = _rows(hall, command.follow_up)
    staff = order.account or command.staff
    if command.window and not (staff == row.clerk == hall.window(command.window).clerk):
        raise Refused("not-own-rating", number=row.number)
    if not appealable(row, found):
        raise Refused("wrong-step", number=row.number, state=row.state)
    known = [each.id for each in reasons(hall.settings, "objection")]
    if command.code not in known:
        raise Refused("unknown-code", chosen=command.code, known=", ".join(known))
    return [RatingAppealed(follow_up=row.id, staff=staff, code=command.code)]


def _note_contact(
    hall: "HallState", _order: CommandEnvelope, command: NoteContact, now: Micros
) -> list[ev.AnyEvent]:
    """Note that a person can be called back, once, where there is an open rectification to call about."""
    for row in hall.register.follow_ups.values():
        found = hall.register.rectifications.get(row.id)
        about = row.case if command.case else row.ticket
        wanted = command.case or command.ticket
        if wanted and about == wanted and found and not found.named and row.state != "closed":
            return [ContactLeft(follow_up=row.id, due=call_due(hall, now))]
    return []


# --- apply, to the register only


def opened(hall: "HallState", event: ev.FollowUpOpened, at: Micros) -> None:
    """Begin the rectification of the follow-up that a bad rating has opened."""
    if event.kind != "rating":
        return
    visit, case = hall.register.visits.get(event.ticket), hall.register.cases.get(event.case)
    rated = visit or case
    month = hall.state.day.label[:7] or f"{hall.local_date(at):%Y-%m}"
    hall.register.rectifications.put(
        event.follow_up,
        Rectification(
            id=event.follow_up, ticket=event.ticket, window=event.window, month=month, opened=at,
            level=rated.level if rated else 0, rating=rated.rated if rated else 0, case=event.case,
        ),
    )  # fmt: skip
    _month(hall, month).opened += 1


def _month(hall: "HallState", month: str) -> RectificationMonth:
    rows = hall.register.rectification_months
    return rows.edit(month) if month in rows else rows.put(month, RectificationMonth())


def followed(hall: "HallState", event: ev.FollowUpMoved) -> None:
    """Count an answer that was approved; begin the steps anew with a new round (rule 5)."""
    if event.follow_up not in hall.register.rectifications:
        return
    row = hall.register.rectifications.edit(event.follow_up)
    match event.move:
        case "approve" if not row.closed:
            row.closed = True
            _month(hall, row.month).closed += 1
        case "appeal" | "reopen":
            row.verified, row.righted, row.tries, row.reached, row.published = "", "", 0, False, False
            row.workers = []
        case _:
            return


def overdue_noted(hall: "HallState", event: ev.DeadlineOverdue) -> None:
    """Count a rectification, once, that was answered or called back late."""
    if event.owner not in hall.register.rectifications or event.kind not in ("answer", "call-back"):
        return
    row = hall.register.rectifications.edit(event.owner)
    if event.kind == "call-back":
        row.call_noted = event.level
    elif not row.late:
        row.late = True
        _month(hall, row.month).late += 1


def _moved(hall: "HallState", event: RectificationMoved, _at: Micros) -> None:
    if event.follow_up not in hall.register.rectifications:
        return
    row = hall.register.rectifications.edit(event.follow_up)
    month = _month(hall, row.month)
    match event.move:
        case "verify":
            row.verified = event.code
        case "call":
            month.called += not row.called
            row.called = True
            row.tries += 1
            if event.code == "reached" and not row.reached:
                row.reached = True
                month.reached += not row.ever_reached
                row.ever_reached = True
        case "right":
            month.righted += not row.ever_righted
            row.righted, row.ever_righted = event.code, True
        case "keep":
            row.appeal = "kept"
        case "exclude":
            row.appeal = "excluded"
            month.excluded += 1
            out = Exclusion(row.month, row.level, row.appeal_code, bool(row.case))
            hall.register.exclusions.put(str(row.rating), out)
            _uncount(hall, row)
        case "publish":
            month.published += not row.ever_published
            row.published = row.ever_published = True
    if event.move in ("verify", "call", "right") and event.staff not in row.workers:
        row.workers.append(event.staff)


def _uncount(hall: "HallState", row: Rectification) -> None:
    """Take an excluded rating of a visit out of its window's month, as far as that is still kept."""
    key = f"{row.month}/{row.window}"
    if row.level and not row.case and key in hall.register.rating_months:
        hall.register.rating_months.edit(key).levels[row.level - 1] -= 1


def _appealed(hall: "HallState", event: RatingAppealed, _at: Micros) -> None:
    if event.follow_up in hall.register.rectifications:
        row = hall.register.rectifications.edit(event.follow_up)
        row.appeal, row.appeal_code, row.appealed_by = "raised", event.code, event.staff
        _month(hall, row.month).appealed += 1


def _contact_left(hall: "HallState", event: ContactLeft, at: Micros) -> None:
    if event.follow_up in hall.register.rectifications:
        row = hall.register.rectifications.edit(event.follow_up)
        row.named, row.call_due = at, event.due
        _month(hall, row.month).named += 1


DECIDE: "dict[type[Any], Decide]" = {
    MoveRectification: _move,
    AppealRating: _appeal,
    NoteContact: _note_contact,
}
APPLY: "dict[type[Any], Apply]" = {}
APPLY_REGISTER: "dict[type[Any], Apply]" = {
    RectificationMoved: _moved,
    RatingAppealed: _appealed,
    ContactLeft: _contact_left,
}
