"""Ratings: free, honest, once per visit. "Not rated" is its own state; the clerk cannot press it.

The evaluator at the window asks for `rating_seconds` after the end of the service; the slip's QR may still rate for
`rating_hours`. Both times are deadlines. A rating is about the window and clerk that ended the visit, and a bad
one opens a follow-up.
"""

from typing import Any

from caller.engine import commands as cmd
from caller.engine import deadlines, followups
from caller.engine import events as ev
from caller.engine.envelope import CommandEnvelope
from caller.engine.refusals import Refused
from caller.engine.register import NEWEST_ROOT, PublishedRoot
from caller.engine.state import Apply, Decide, HallState
from config.instants import Micros

BAD_LEVELS = frozenset({1, 2})


def _rate(hall: HallState, envelope: CommandEnvelope, command: cmd.Rate, now: Micros) -> list[ev.AnyEvent]:
    visit = hall.register.visits.get(command.ticket)
    if visit is None:
        raise Refused("no-service")
    if visit.level:
        raise Refused("already-rated", number=visit.number)
    if deadlines.overdue(deadlines.rating_of(hall, command.ticket, visit, command.via), now):
        raise Refused("rating-late")
    bad = command.level in BAD_LEVELS
    rated = ev.ServiceRated(
        ticket=command.ticket, window=visit.window, clerk=visit.clerk, level=command.level, via=command.via,
        reasons=command.reasons if bad else [],
    )  # fmt: skip
    return [rated, *(_duty_to_answer(hall, envelope, command, now) if bad else ())]


def _duty_to_answer(
    hall: HallState, envelope: CommandEnvelope, command: cmd.Rate, now: Micros
) -> list[ev.FollowUpOpened]:
    """Return the follow-up that a bad rating opens in the very command that gives it, so that none is without one."""
    return followups.opened(hall, envelope.id, "rating", command.ticket, now)


def _rated(hall: HallState, event: ev.ServiceRated, _at: Micros) -> None:
    state = hall.state
    state.ratings[str(event.level)] = state.ratings.get(str(event.level), 0) + 1
    window = state.windows.get(event.window)
    if window and window.last == event.ticket:
        window.rated = event.level


def _visit_rated(hall: HallState, event: ev.ServiceRated, _at: Micros) -> None:
    """Note the level; the visit may be gone by now where the hall has shortened its time for rating since."""
    if event.ticket in hall.register.visits:
        visit = hall.register.visits.edit(event.ticket)
        visit.level, visit.rated = event.level, hall.state.seq


def _day_rooted(hall: HallState, event: ev.DayRooted, _at: Micros) -> None:
    """Keep the newest root for boards and slips. One of an older version names no levels and is shown nowhere."""
    if event.levels:
        hall.register.roots.put(NEWEST_ROOT, PublishedRoot(event.day, event.last, event.levels, event.root))


DECIDE: dict[type[Any], Decide] = {cmd.Rate: _rate}
APPLY: dict[type[Any], Apply] = {ev.ServiceRated: _rated}
APPLY_REGISTER: dict[type[Any], Apply] = {ev.ServiceRated: _visit_rated, ev.DayRooted: _day_rooted}
