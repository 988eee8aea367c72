"""The clock of a case: how many working days it has, when it is due, its light, and what is to be noted of it. PURE.

`cases` says when a clock begins, pauses, goes on, is extended and stops; the rules are there.
"""

from datetime import date
from itertools import islice
from typing import TYPE_CHECKING, NamedTuple

from caller.engine import deadlines
from caller.engine import events as ev
from caller.engine.case_rows import RUNNING, Case
from caller.engine.envelope import NoteOverdue, SetDueDate
from config.case_settings import limit_days
from config.instants import Micros, instant
from config.settings import Item

if TYPE_CHECKING:
    from caller.engine.state import HallState

AT_ONCE_MAX = 200  # notes and dates the caller makes in one beat; the rest follow with the next ones


class CaseClock(NamedTuple):
    """What an event says of a clock: its working days (-1: no limit), and the instants they make."""

    days: int = -1
    due: Micros = 0
    warn: Micros = 0
    provisional: bool = False


def deadline_of(row: Case) -> deadlines.Deadline:
    """Return the clock of a case as a deadline."""
    return deadlines.Deadline(
        "case", row.id, row.since, row.due, row.warn, row.paused, row.pauses or {}, row.extended
    )


def light(row: Case, now: Micros) -> deadlines.Light:
    """Return the light of a case: of a decided one, whether it was in time; grey without a clock that counts."""
    if row.days < 0 or row.state in ("asked", "refused", "withdrawn"):
        return "grey"
    return deadlines.light(deadline_of(row), row.decided or now)


def clock(hall: "HallState", since: Micros, days: int) -> CaseClock:
    """Return the clock of so many working days from an instant (rule 2)."""
    due, provisional = deadlines.end_of_days(hall, since, days)
    day = hall.calendar.before_working_days(hall.local_date(due), hall.settings.cases.warn_days)
    warn = instant(day.isoformat(), "00:00", hall.settings.hall.zone)
    return CaseClock(days, due, min(due, max(since, warn)), provisional)


def item_clock(hall: "HallState", item: Item | None, since: Micros) -> CaseClock:
    limit = limit_days(item.statutory_days, item.promised_days) if item else None
    return CaseClock() if limit is None else clock(hall, since, limit)


def days_left(hall: "HallState", row: Case) -> int:
    """Return the working days that were left when the clock paused."""
    return hall.calendar.working_days(hall.local_date(row.paused), hall.local_date(row.due))


# --- what the caller notes and sets


def to_set(hall: "HallState") -> list[SetDueDate]:
    """Return the due dates that were provisional and are known by now."""
    known = (
        id
        for year, ids in hall.register.case_index.provisional.items()
        if not hall.calendar.provisional(date(year, 1, 1))
        for id in ids
    )
    found = (date_to_set(hall, id) for id in islice(known, AT_ONCE_MAX))
    return [each for each in found if each]


def date_to_set(hall: "HallState", id: str) -> SetDueDate | None:
    """Return the due date of a case that was provisional and is known by now; None where there is nothing to set."""
    row = hall.register.cases.get(id)
    if row is None or not row.provisional or row.state not in RUNNING:
        return None
    told = clock(hall, row.since, row.days)
    return None if told.provisional else SetDueDate("case", id, told.due)


def to_note(hall: "HallState", now: Micros) -> list[NoteOverdue]:
    """Return what the caller is to note of cases now: those that are red and not yet noted so."""
    if not hall.state.day.open:
        return []
    rows = (hall.register.cases[id] for id in hall.register.case_index.overdue(now))
    late = (row for row in rows if deadlines.level(deadline_of(row), now) > row.noted)
    return [NoteOverdue("case", row.id, row.due) for row in islice(late, AT_ONCE_MAX)]


def level_to_note(hall: "HallState", command: NoteOverdue, now: Micros) -> int:
    """Return the level of a case that is overdue still, if it is higher than the one noted, else 0."""
    row = hall.register.cases.get(command.owner)
    if row is None or row.due != command.due or row.state not in RUNNING:
        return 0
    reached = deadlines.level(deadline_of(row), now)
    return reached if reached > row.noted else 0


# --- apply, to the register only


def overdue_noted(hall: "HallState", event: ev.DeadlineOverdue) -> None:
    """Note the level of an overdue case. Its place in the index is by its due date, which stays."""
    if event.owner in hall.register.cases:
        hall.register.cases.edit(event.owner).noted = event.level


def date_set(hall: "HallState", event: ev.DueDateSet) -> None:
    """Set a date that was provisional; its warning is worked out from the row's own days."""
    if event.owner in hall.register.cases:
        index, row = hall.register.case_index, hall.register.cases.edit(event.owner)
        index.remove(row)
        warning = row.due - row.warn
        row.due, row.provisional, row.noted = event.due, False, 0
        row.warn = min(event.due, max(row.since, event.due - warning))
        index.add(row)
