"""Ratings: free, honest, once per visit. "Not rated" is its own state; the clerk cannot press it.

The evaluator at the window asks for `rating_seconds` after the end of the service; the slip's QR may still rate for
`rating_hours`. Both times are deadlines. A rating is about the window and clerk that ended the visit, and a bad
one opens a follow-up, and where the hall rectifies, its steps (`rectifications`).
"""

from typing import Any

from caller.engine import case_ratings, deadlines, followups, rectifications
from caller.engine import commands as cmd
from caller.engine import events as ev
from caller.engine.envelope import CommandEnvelope
from caller.engine.rating_messages import AddToRating, RateByNumber, RatingAddedTo
from caller.engine.rating_rows import BadRun, PublishedRoot, RatingMonth, no_ratings
from caller.engine.refusals import Refused
from caller.engine.register import NEWEST_ROOT
from caller.engine.state import Apply, Decide, HallState
from config.instants import Micros
from config.rating_settings import BAD_LEVELS

MONTHS_KEPT = 3  # this one, and the two whose ranks are compared


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


def _rate_by_number(
    hall: HallState, envelope: CommandEnvelope, command: RateByNumber, now: Micros
) -> list[ev.AnyEvent]:
    """Rate the newest visit of this number at this window; numbers come again each day."""
    number = command.number.strip().upper()
    visits = [
        (visit.finished, id)
        for id, visit in hall.register.visits.items()
        if (visit.window, visit.number) == (command.window, number)
    ]
    if not visits:
        raise Refused("no-such-visit", number=number, window=command.window)
    rate = cmd.Rate(max(visits)[1], command.level, command.reasons, "card")
    return _rate(hall, envelope, rate, now)


def _add(hall: HallState, _order: CommandEnvelope, command: AddToRating, _now: Micros) -> list[ev.AnyEvent]:
    """Take the later addition to a rating, once."""
    if command.case or not command.ticket:
        return [case_ratings.added_to(hall, command)]
    visit = hall.register.visits.get(command.ticket)
    duties = hall.register.rectifications.values()
    row = next((each for each in duties if each.ticket == command.ticket), None)
    rated, added = (visit.level, visit.added) if visit else (row.level, row.added) if row else (0, 0)
    if not rated:
        raise Refused("not-rated")
    if added:
        raise Refused("already-added")
    window = visit.window if visit else row.window if row else ""
    return [RatingAddedTo(ticket=command.ticket, window=window, level=command.level)]


def _duty_to_answer(
    hall: HallState, envelope: CommandEnvelope, command: cmd.Rate, now: Micros
) -> list[ev.AnyEvent]:
    """Return the follow-up that a bad rating opens in the very command that gives it, so that none is without one."""
    return rectifications.taken_on(hall, followups.opened(hall, envelope.id, "rating", command.ticket, now))


def _rated(hall: HallState, event: ev.ServiceRated, _at: Micros) -> None:
    state = hall.state
    state.ratings[str(event.level)] = state.ratings.get(str(event.level), 0) + 1
    window = state.windows.get(event.window)
    if window and window.last == event.ticket:
        window.rated = event.level


def _visit_rated(hall: HallState, event: ev.ServiceRated, at: Micros) -> None:
    """Note the level; the visit may be gone by now where the hall has shortened its time for rating since."""
    register, month = hall.register, f"{hall.state.day.label[:7]}/{event.window}"
    counts = register.rating_months
    row = counts.edit(month) if month in counts else counts.put(month, no_ratings())
    row.levels[event.level - 1] += 1
    if event.level not in BAD_LEVELS:
        if event.window in register.bad_runs:
            register.bad_runs.drop(event.window)
    else:
        runs = register.bad_runs
        run = runs.edit(event.window) if event.window in runs else runs.put(event.window, BadRun(since=at))
        run.count += 1
    if event.ticket in hall.register.visits:
        visit = hall.register.visits.edit(event.ticket)
        visit.level, visit.rated = event.level, hall.state.seq


def _added(hall: HallState, event: RatingAddedTo, _at: Micros) -> None:
    """Note the level at the visit or the case, and at the rectification of its rating."""
    register = hall.register
    if event.case in register.cases:
        register.cases.edit(event.case).added = event.level
    elif not event.case and event.ticket in register.visits:
        register.visits.edit(event.ticket).added = event.level
    for row in register.rectifications.values():
        if (row.case == event.case) if event.case else (row.ticket == event.ticket):
            register.rectifications.edit(row.id).added = event.level


def drop_old(hall: HallState, day: str) -> None:
    """Forget the months of ratings that no rank is made of any more; `day`: the one that opens."""
    first = month_before(day[:7], MONTHS_KEPT - 1)
    for key in [each for each in hall.register.rating_months if each < first]:
        hall.register.rating_months.drop(key)


def month_before(month: str, count: int) -> str:
    """Return the month that is `count` months before a month such as "2026-11"."""
    whole = int(month[:4]) * 12 + int(month[5:7]) - 1 - count
    return f"{whole // 12:04d}-{whole % 12 + 1:02d}"


def ranked(hall: HallState, month: str) -> list[tuple[str, RatingMonth]]:
    """Return the windows with ratings enough in a month, the best mean level first; equal ones by their id."""
    least = hall.settings.ratings.rank_ratings
    rows = {
        key.partition("/")[2]: row for key, row in hall.register.rating_months.items() if key[:7] == month
    }
    known = [(window, row) for window, row in rows.items() if least and window and row.count >= least]
    return sorted(known, key=lambda each: (-each[1].mean, each[0]))


def ranked_last_twice(hall: HallState) -> list[str]:
    """Return the windows that were ranked last, alone or with others, in both of the two months before this one.

    Of windows that are all alike none is last.
    """
    month = hall.state.day.label[:7]
    if not month:
        return []
    lasts = [_last(ranked(hall, month_before(month, count))) for count in (1, 2)]
    return sorted(lasts[0] & lasts[1])


def _last(rows: list[tuple[str, RatingMonth]]) -> set[str]:
    means = [row.mean for _, row in rows]
    return (
        {window for window, row in rows if row.mean == means[-1]} if means and means[0] > means[-1] else set()
    )


def _day_rooted(hall: HallState, event: ev.DayRooted, _at: Micros) -> None:
    """Keep the newest root for boards and slips. One of an older version names no levels and is shown nowhere."""
    if event.levels:
        shown = PublishedRoot(event.day, event.last, event.levels, event.root, event.case_levels)
        hall.register.roots.put(NEWEST_ROOT, shown)


DECIDE: dict[type[Any], Decide] = {cmd.Rate: _rate, RateByNumber: _rate_by_number, AddToRating: _add}
APPLY: dict[type[Any], Apply] = {ev.ServiceRated: _rated}
APPLY_REGISTER: dict[type[Any], Apply] = {
    ev.ServiceRated: _visit_rated,
    RatingAddedTo: _added,
    ev.DayRooted: _day_rooted,
}
