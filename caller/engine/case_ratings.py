"""The rating of a decided case: once, apart from the ratings of its receptions. PURE.

1. A case is rated once it was decided, until `rating_until`, which stands in the event of its decision: by who holds its
   progress code (phone), by who holds the slip with which its result was collected (phone), or at the window that handed
   the result out, by the evaluator there. A case that a review opened again keeps the rating it has.
2. The window asks about the reception first. About the case it asks afterwards, for as long again (`question_until`).
3. It is a rating like others for the daily root, its receipt and its proof. It counts in no figure of visits: neither in
   the day's levels, nor in a window's month, nor as one of bad ratings in a row.
4. Its later addition (追评) is given once, with the code or the slip, for as long as the hall keeps the case at hand; it
   changes neither the rating nor its receipt.
5. A bad one opens a rectification, owned by who had the case in hand; its words lie under "case-rating/ID".
"""

from typing import TYPE_CHECKING, Any

from caller.engine import deadlines, followups, rectifications
from caller.engine import events as ev
from caller.engine.case_rows import Case
from caller.engine.collecting import find
from caller.engine.envelope import CommandEnvelope
from caller.engine.rating_messages import AddToRating, CaseRated, RateCase, RatingAddedTo
from caller.engine.refusals import Refused
from caller.engine.register_rows import EndedVisit
from config.instants import Micros
from config.rating_settings import BAD_LEVELS

if TYPE_CHECKING:
    from caller.engine.state import Apply, Decide, HallState


def rating_due(hall: "HallState", decided: Micros) -> Micros:
    """Return until when a case that is decided now may be rated; 0 where the hall asks about none."""
    days = hall.settings.ratings.case_days
    return deadlines.end_of_days(hall, decided, days)[0] if days else 0


def rateable(hall: "HallState", row: Case, now: Micros) -> bool:
    """Return whether a case may be rated now (rule 1)."""
    return bool(row.decided) and not row.level and now <= _until(hall, row)


def _until(hall: "HallState", row: Case) -> Micros:
    return row.rating_until or rating_due(hall, row.decided)  # of an event of an older version


def collected_case(hall: "HallState", visit: EndedVisit | None) -> Case | None:
    """Return the case whose result a visit collected."""
    return hall.register.cases.get(visit.case) if visit and visit.case else None


def question_until(hall: "HallState", ticket: str, visit: EndedVisit) -> Micros:
    """Return until when the evaluator asks about the case of a visit: as long again as about the visit (rule 2)."""
    asked = deadlines.rating_of(hall, ticket, visit, "evaluator")
    return asked.due + (asked.due - visit.finished)


def _rate(hall: "HallState", order: CommandEnvelope, command: RateCase, now: Micros) -> list[ev.AnyEvent]:
    row = _row(hall, command, now)
    if row.level:
        raise Refused("case-rated", number=row.number)
    if not row.decided:
        raise Refused("case-undecided", number=row.number)
    if now > _until(hall, row):
        raise Refused("rating-late")
    bad = command.level in BAD_LEVELS
    rated = CaseRated(
        case=row.id, number=row.number, item=row.item, window=row.window, clerk=row.owner or row.clerk,
        level=command.level, via=command.via, reasons=command.reasons if bad else [], ticket=command.ticket,
    )  # fmt: skip
    if not bad or not followups.answer_days(hall, "rating"):
        return [rated]
    opened = followups.of_case(hall, order.id, "rating", row, now)
    return [rated, *rectifications.taken_on(hall, [opened])]


def _row(hall: "HallState", command: RateCase, now: Micros) -> Case:
    """Return the case that a command means, while its way of rating is open. Raises: Refused."""
    row = case_meant(hall, command.ticket, command.code)
    visit = hall.register.visits.get(command.ticket)
    if visit is None:
        return row
    grace = {"evaluator": 0, "tablet": deadlines.TABLET_GRACE}.get(command.via)
    if grace is not None and now > question_until(hall, command.ticket, visit) + grace:
        raise Refused("rating-late")
    return row


def case_meant(hall: "HallState", ticket: str, code: str) -> Case:
    """Return the case of a progress code, or of the visit that collected its result. Raises: Refused."""
    if not ticket:
        row = find(hall, code)
        if row is None:
            raise Refused("unknown-case")
        return row
    row = collected_case(hall, hall.register.visits.get(ticket))
    if row is None:
        raise Refused("no-service")
    return row


def added_to(hall: "HallState", command: AddToRating) -> RatingAddedTo:
    """Return the event of a later addition to the rating of a case. Raises: Refused."""
    row = case_meant(hall, command.ticket, command.code)
    if not row.level:
        raise Refused("not-rated")
    if row.added:
        raise Refused("already-added")
    return RatingAddedTo(
        ticket=command.ticket, window=row.window, level=command.level, case=row.id, number=row.number
    )


def _rated(hall: "HallState", event: CaseRated, _at: Micros) -> None:
    if event.case in hall.register.cases:
        row = hall.register.cases.edit(event.case)
        row.level, row.rated = event.level, hall.state.seq


DECIDE: "dict[type[Any], Decide]" = {RateCase: _rate}
APPLY: "dict[type[Any], Apply]" = {}
APPLY_REGISTER: "dict[type[Any], Apply]" = {CaseRated: _rated}
