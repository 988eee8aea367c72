"""A deadline: something is to be done by an instant. The one mechanism for every promise with a clock. PURE.

`KINDS` is the table. A deadline has an owner (the id of what it is about), the instants `start`, `warn` and `due`, and
the pauses it has had.

1. Its instants are worked out once, when it starts, and stand in the event that starts it: a changed setting moves no
   deadline that runs. Where an event of an older version names none they follow from the settings, as they did then.
2. It is in time up to and including `due`, and overdue after it.
3. A pause has one of its kind's reasons, and each is counted. While it is paused it neither warns nor falls due; its
   end moves `warn` and `due` on by just the time paused. Nothing else stops it.
4. It is extended while it runs and is in time, to a later instant, and no more often than its kind allows.
5. The light is decided here: green until `warn`, yellow from there, red once overdue; grey while paused.
6. What runs over makes its own record: with a credible clock the caller notes it (`NoteOverdue`), once a level. Level 1
   is being overdue, level 2 having been so for `escalates` times as long as it was from `start` to `due`.
7. A date that counts working days is the calendar's (`Calendar.add_working_days`), which also says whether it is
   provisional.
"""

from collections.abc import Iterator
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from msgspec import Struct
from msgspec.structs import replace

from caller.engine import events as ev
from caller.engine.envelope import DeadlineKind, NoteOverdue
from config.hall_lists import find
from config.instants import HOUR, MINUTE, SECOND, Micros, instant

if TYPE_CHECKING:
    from caller.engine.lease_terms import Lease
    from caller.engine.rating_rows import Rectification
    from caller.engine.register import Appointment, EndedVisit, FollowUp
    from caller.engine.state import Apply, Decide, HallState
    from caller.engine.tickets import Ticket
    from caller.engine.windows import WindowState

Light = Literal["red", "yellow", "green", "grey"]
WhenOverdue = Literal["ends", "missed", "recorded", "expires"]


class DeadlineRules(NamedTuple):
    """What holds for all deadlines of a kind.

    `warns` and `escalates` are shares of a deadline's length; escalates 0: there is no level 2. `overdue`: what is done
    then: nothing, because what it was the time for has ended; the appointment is missed; it is recorded; the ticket expires.
    """

    warns: float
    overdue: WhenOverdue
    escalates: float = 0.0
    pauses: frozenset[str] = frozenset()
    extensions: int = 0


KINDS: dict[DeadlineKind, DeadlineRules] = {
    "check-in": DeadlineRules(1.0, "missed"),  # an appointment: from when it may be checked in
    "pause": DeadlineRules(0.0, "recorded", 1.0),  # a paused window: the time its reason is expected to take
    "hold": DeadlineRules(0.5, "recorded", 1.0),  # a held ticket
    "question": DeadlineRules(1.0, "ends"),  # an ended visit: the evaluator at the window asks
    "rating": DeadlineRules(1.0, "ends"),  # an ended visit: its slip may rate
    "answer": DeadlineRules(0.6, "recorded", 1.0),  # a follow-up: until it is closed
    "call-back": DeadlineRules(0.5, "recorded", 1.0),  # a bad rating with a contact: until the first try
    "appeal": DeadlineRules(1.0, "ends"),  # a closed follow-up: it may be appealed against
    # A case: its own event says when it warns. It stands in the register's index, not among those of the day.
    "case": DeadlineRules(
        1.0, "recorded", 1.0, frozenset({"papers", "hearing", "survey", "inspection", "expert"}), 1
    ),
    "part": DeadlineRules(
        1.0, "recorded", 1.0
    ),  # a department's part of a case; it stands while the case does
    "owed": DeadlineRules(1.0, "recorded"),  # the papers of a case that are to follow
    "lease": DeadlineRules(1.0, "recorded"),  # of numbers to a kiosk: until then it may give them alone
    "arrival": DeadlineRules(0.5, "expires"),  # a ticket taken elsewhere: until it is checked in
    "voucher": DeadlineRules(1.0, "ends"),  # a notice of missing papers: it gives the way back
}
OF_CASES: frozenset[DeadlineKind] = frozenset(
    {"case", "part", "owed"}
)  # they outlive the day, in the register's index
TABLET_GRACE = 60 * SECOND  # who has pressed a bad level in time may still say why, on a tablet
OVERDUE = 1  # the levels of rule 6
ESCALATED = 2


class Deadline(Struct, frozen=True):
    """One deadline. Instants are UTC microseconds; `paused`: since when it is, 0 while it runs."""

    kind: DeadlineKind
    owner: str
    start: Micros
    due: Micros
    warn: Micros
    paused: Micros = 0
    pauses: dict[str, int] = {}  # by reason, how many
    extended: int = 0


class OverdueRecord(Struct, frozen=True):
    """A deadline of the day that ran over, and the level noted of it."""

    due: Micros
    level: int


class Forbidden(Exception):
    """The kind of this deadline, or its state, does not allow the change."""


def begin(kind: DeadlineKind, owner: str, start: Micros, due: Micros) -> Deadline:
    """Return a deadline that starts; one that is due before it starts is due at once."""
    due = max(start, due)
    return Deadline(kind, owner, start, due, start + round((due - start) * KINDS[kind].warns))


def pause(deadline: Deadline, reason: str, at: Micros) -> Deadline:
    """Return the deadline paused. Raises: Forbidden (no reason of its kind, paused already, overdue)."""
    if reason not in KINDS[deadline.kind].pauses or deadline.paused or overdue(deadline, at):
        raise Forbidden(deadline.kind, reason)
    pauses = deadline.pauses | {reason: deadline.pauses.get(reason, 0) + 1}
    return replace(deadline, paused=at, pauses=pauses)


def resume(deadline: Deadline, at: Micros) -> Deadline:
    """Return the deadline running again, moved on by the time paused. Raises: Forbidden (it is not paused)."""
    if not deadline.paused:
        raise Forbidden(deadline.kind)
    passed = max(0, at - deadline.paused)
    return replace(deadline, warn=deadline.warn + passed, due=deadline.due + passed, paused=0)


def extend(deadline: Deadline, due: Micros, at: Micros) -> Deadline:
    """Return the deadline extended to `due`; its warning keeps its distance. Raises: Forbidden (rule 4)."""
    allowed = KINDS[deadline.kind].extensions
    if deadline.extended >= allowed or deadline.paused or due <= deadline.due or overdue(deadline, at):
        raise Forbidden(deadline.kind)
    more = due - deadline.due
    return replace(deadline, warn=deadline.warn + more, due=due, extended=deadline.extended + 1)


def overdue(deadline: Deadline, now: Micros) -> bool:
    """Return whether the deadline runs and is over."""
    return not deadline.paused and now > deadline.due


def light(deadline: Deadline, now: Micros) -> Light:
    """Return the light of a deadline (rule 5)."""
    if deadline.paused:
        return "grey"
    if overdue(deadline, now):
        return "red"
    return "yellow" if now >= deadline.warn and deadline.warn < deadline.due else "green"


def level(deadline: Deadline, now: Micros) -> int:
    """Return 0 in time, 1 overdue, 2 escalated (rule 6)."""
    if not overdue(deadline, now):
        return 0
    share = KINDS[deadline.kind].escalates
    escalated = share and now > deadline.due + round((deadline.due - deadline.start) * share)
    return ESCALATED if escalated else OVERDUE


# --- the deadlines of a hall


def end_of_days(hall: "HallState", start: Micros, days: int) -> tuple[Micros, bool]:
    """Return the last instant of the working day that is `days` after `start`, and whether that is provisional."""
    day, provisional = hall.calendar.add_working_days(hall.local_date(start), days)
    zone = hall.settings.hall.zone
    return instant((day + timedelta(days=1)).isoformat(), "00:00", zone) - 1, provisional


def check_in(hall: "HallState", booked: "Appointment") -> Deadline:
    """Return the time in which an appointment may be checked in."""
    rules = hall.settings.rules
    start = booked.slot - round(rules.appointment_early_minutes * MINUTE)
    return begin("check-in", booked.id, start, booked.due or check_in_due(hall, booked.slot))


def check_in_due(hall: "HallState", slot: Micros) -> Micros:
    """Return until when an appointment of this slot may be checked in."""
    return slot + round(hall.settings.rules.appointment_late_minutes * MINUTE)


def pause_of(hall: "HallState", window: "WindowState") -> Deadline | None:
    """Return the time a window's pause is expected to take; None unless it is paused."""
    if window.state != "paused":
        return None
    due = window.due or pause_due(hall, window.reason, window.since)
    return begin("pause", window.id, window.since, due)


def pause_due(hall: "HallState", reason: str, start: Micros) -> Micros:
    """Return when a pause for this reason should be over: after its own minutes, else `away_minutes`."""
    known = find(hall.settings, "pause", reason)
    minutes = (known.minutes if known else 0) or hall.settings.rules.away_minutes
    return start + round(minutes * MINUTE)


def hold_of(hall: "HallState", ticket: "Ticket") -> Deadline:
    """Return the time for which a held ticket may be on hold."""
    return begin("hold", ticket.id, ticket.since, ticket.due or hold_due(hall, ticket.since))


def hold_due(hall: "HallState", start: Micros) -> Micros:
    return start + round(hall.settings.rules.hold_minutes * MINUTE)


def arrival_of(ticket: "Ticket") -> Deadline:
    """Return the time in which a ticket taken elsewhere is to be checked in."""
    return begin("arrival", ticket.id, ticket.issued, ticket.arrive_by)


def arrival_due(hall: "HallState", taken: Micros) -> Micros:
    """Return until when a ticket that is taken elsewhere at this instant is to be checked in."""
    return taken + round(hall.settings.phone.arrive_minutes * MINUTE)


def rating_of(hall: "HallState", id: str, visit: "EndedVisit", via: str) -> Deadline:
    """Return the time in which a visit may be rated by this way (evaluator, tablet, phone, kiosk)."""
    question, rating = visit.question_until, visit.rating_until
    if not rating:
        question, rating = rating_dues(hall, visit.finished)
    if via not in ("evaluator", "tablet"):
        return begin("rating", id, visit.finished, rating)
    grace = TABLET_GRACE if via == "tablet" else 0
    return begin("question", id, visit.finished, question + grace)


def rating_dues(hall: "HallState", finished: Micros) -> tuple[Micros, Micros]:
    """Return until when the evaluator asks about a visit, and until when its slip may rate it."""
    rules = hall.settings.rules
    return finished + rules.rating_seconds * SECOND, finished + rules.rating_hours * HOUR


def answer_of(row: "FollowUp") -> Deadline:
    """Return the time in which a follow-up is to be answered and closed."""
    return begin("answer", row.id, row.start, row.due)


def call_back_of(row: "Rectification") -> Deadline:
    """Return the time in which who gave a bad rating is to be called back."""
    return begin("call-back", row.id, row.named, row.call_due)


def appeal_of(row: "FollowUp") -> Deadline:
    """Return the time in which a closed follow-up may be appealed against."""
    return begin("appeal", row.id, row.closed, row.appeal_until)


def lease_of(lease: "Lease") -> Deadline:
    """Return the time in which a kiosk is to be in touch: nothing is given of its lease after it."""
    return begin("lease", lease.kiosk, lease.renewed, lease.until)


def running(hall: "HallState", now: Micros) -> Iterator[Deadline]:
    """Yield the deadlines that may be overdue at `now` and of which something is then done."""
    for window in hall.state.windows.values():
        if paused := pause_of(hall, window):
            yield paused
    for ticket in hall.parked_tickets("held"):
        yield hold_of(hall, ticket)
    for lease in hall.state.leases.values() if hall.state.day.open else ():  # with the day all of them end
        if not lease.ended:
            yield lease_of(lease)
    for line in hall.lines.values():
        for _, entry in line.postponed():
            if (ticket := hall.state.tickets[entry.ticket]).arrive_by:
                yield arrival_of(ticket)
    for slot, id in hall.register.booked:
        if slot > now:  # in the order of their slots, and none is due before its slot
            break
        yield check_in(hall, hall.register.appointments[id])
    for row in hall.register.follow_ups.values():
        if not row.over:
            yield answer_of(row)
    for each in hall.register.rectifications.values():
        if each.named and not each.called:
            yield call_back_of(each)


def find_running(hall: "HallState", kind: DeadlineKind, owner: str, now: Micros) -> Deadline | None:
    """Return the running deadline of this kind and owner; None where it has ended."""
    return next((each for each in running(hall, now) if (each.kind, each.owner) == (kind, owner)), None)


def to_note(hall: "HallState", now: Micros) -> list[NoteOverdue]:
    """Return what the caller is to note now: each overdue deadline of the open day whose level is not yet noted."""
    if not hall.state.day.open:
        return []
    return [
        NoteOverdue(each.kind, each.owner, each.due)
        for each in running(hall, now)
        if _level_to_note(hall, each, now)
    ]


def _level_to_note(hall: "HallState", deadline: Deadline, now: Micros) -> int:
    """Return the level of a deadline if it is higher than the one noted, else 0."""
    reached = level(deadline, now)
    noted = hall.state.overdue.get(f"{deadline.kind}/{deadline.owner}")
    if deadline.kind == "answer":  # it outlives the day
        row = hall.register.follow_ups[deadline.owner]
        noted = OverdueRecord(row.due, row.noted)
    if deadline.kind == "call-back":
        named = hall.register.rectifications[deadline.owner]
        noted = OverdueRecord(named.call_due, named.call_noted)
    return reached if noted is None or noted.due != deadline.due or noted.level < reached else 0


# --- decide and apply


def note(hall: "HallState", command: NoteOverdue, now: Micros) -> list[ev.AnyEvent]:
    """Note what is overdue still; nothing of what has ended, moved on or been noted since the caller looked."""
    found = find_running(hall, command.kind, command.owner, now)
    reached = _level_to_note(hall, found, now) if found and found.due == command.due else 0
    if not found or not reached:
        return []
    if KINDS[found.kind].overdue == "missed":
        return [ev.AppointmentMissed(appointment=found.owner)]
    if KINDS[found.kind].overdue == "expires":
        return [ev.TicketExpired(ticket=found.owner)]
    return [ev.DeadlineOverdue(found.kind, found.owner, found.start, found.due, reached)]


def _noted(hall: "HallState", event: ev.DeadlineOverdue, _at: Micros) -> None:
    if event.kind in OF_CASES:
        return  # it outlives the day
    hall.state.overdue[f"{event.kind}/{event.owner}"] = OverdueRecord(event.due, event.level)


DECIDE: "dict[type[Any], Decide]" = {}
APPLY: "dict[type[Any], Apply]" = {ev.DeadlineOverdue: _noted}
APPLY_REGISTER: "dict[type[Any], Apply]" = {}
