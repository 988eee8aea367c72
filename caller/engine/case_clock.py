"""The clock of a case: how many working days it has, when it is due, its light, and what is to be noted of it. PURE.

`cases` says when a clock begins, pauses, goes on, is extended and stops; the rules are there.
"""

from collections.abc import Mapping
from datetime import date
from itertools import islice
from typing import TYPE_CHECKING, NamedTuple

from caller.engine import deadlines
from caller.engine import events as ev
from caller.engine.case_part_rows import CaseMore, CasePart, PartClock
from caller.engine.case_rows import ENDS, NO_CLOCK, RUNNING, Case, first_due
from caller.engine.envelope import DeadlineKind, NoteOverdue, SetDueDate
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
    """Return the light of a case: the worst of its clocks; of a decided one, whether it was in time; grey without a clock
    that counts."""
    if row.state in ("asked", "refused", "withdrawn"):
        return "grey"
    own = "grey" if row.days < 0 else deadlines.light(deadline_of(row), row.decided or now)
    if row.decided or row.more is None or row.state in ENDS:
        return own
    found = {own, *(light_of(row, deadline, now) for deadline in further(row))}
    return next(each for each in WORST if each in found)


WORST: tuple[deadlines.Light, ...] = ("red", "yellow", "green", "grey")


def further(row: Case) -> list[deadlines.Deadline]:
    """Return the further clocks of a case: of the parts that are not replied to, and of the papers to follow."""
    more = row.more
    if more is None:
        return []
    return [
        *(part_deadline(row, each) for each in more.open_parts),
        *([owed_deadline(row, more)] if more.owed else []),
    ]


def part_deadline(row: Case, part: CasePart) -> deadlines.Deadline:
    """Return the clock of a part as a deadline; its owner is the case and the department."""
    return deadlines.Deadline("part", f"{row.id}/{part.department}", part.since, part.due, part.warn)


def owed_deadline(row: Case, more: CaseMore) -> deadlines.Deadline:
    """Return the clock of the papers that are to follow."""
    return deadlines.Deadline("owed", row.id, row.opened, more.owed_due, more.owed_warn)


def light_of(row: Case, deadline: deadlines.Deadline, now: Micros) -> deadlines.Light:
    """Return the light of a further clock: a part stands while the case does."""
    if row.state not in RUNNING and (deadline.kind != "owed" or row.state != "paused"):
        return "grey"
    return deadlines.light(deadline, now)


def part_light(row: Case, part: CasePart, now: Micros) -> deadlines.Light:
    """Return the light of a part; of one that was replied to, whether that was in time."""
    if part.replied:
        return "red" if part.replied > part.due else "green"
    return light_of(row, part_deadline(row, part), now)


def is_late(row: Case, now: Micros) -> bool:
    """Return whether one of the case's running clocks is over: the case is late when any part is."""
    own = [deadline_of(row)] if row.days >= 0 and row.state in RUNNING else []
    return any(light_of(row, each, now) == "red" for each in (*own, *further(row)))


def part_clocks(hall: "HallState", since: Micros, limits: Mapping[str, int]) -> list[PartClock]:
    """Return the clocks of departments' parts that begin together; `limits`: working days by department."""
    told = {department: clock(hall, since, days) for department, days in limits.items()}
    return [PartClock(id, each.days, each.due, each.warn, each.provisional) for id, each in told.items()]


def parts_resumed(hall: "HallState", row: Case, now: Micros) -> list[PartClock]:
    """Return the clocks of the parts that go on with the case, each with the working days that were left to it."""
    if row.more is None:
        return []
    stood = hall.local_date(row.paused)
    left = {
        each.department: hall.calendar.working_days(stood, hall.local_date(each.due))
        for each in row.more.open_parts
    }
    return part_clocks(hall, now, left)


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
    known = dates_known(hall, row) if row else []
    own = next((each.due for each in known if each.kind == "case"), row.due if row else 0)
    return SetDueDate("case", id, own) if known else None


def dates_known(hall: "HallState", row: Case) -> list[ev.DueDateSet]:
    """Return the events that set all dates of a case which were provisional; none while one of them still is."""
    if not row.provisional_now or first_due(row) == NO_CLOCK:
        return []
    found: list[tuple[DeadlineKind, str, Micros, CaseClock]] = []
    if row.provisional and row.state in RUNNING:
        found.append(("case", row.id, row.due, clock(hall, row.since, row.days)))
    if more := row.more:
        for part in more.open_parts if row.state in RUNNING else ():
            if part.provisional:
                found.append(
                    ("part", f"{row.id}/{part.department}", part.due, clock(hall, part.since, part.days))
                )
        if more.owed and more.owed_provisional:
            found.append(("owed", row.id, more.owed_due, clock(hall, row.opened, more.owed_days)))
    if any(each.provisional for _, _, _, each in found):
        return []
    return [ev.DueDateSet(kind, owner, before, told.due) for kind, owner, before, told in found]


def to_note(hall: "HallState", now: Micros) -> list[NoteOverdue]:
    """Return what the caller is to note of cases now: those that are red and not yet noted so."""
    if not hall.state.day.open:
        return []
    rows = (hall.register.cases[id] for id in hall.register.case_index.overdue(now))
    late = (each for row in rows for each in _late(row, now))
    return [NoteOverdue(each.kind, each.owner, each.due) for each in islice(late, AT_ONCE_MAX)]


def _late(row: Case, now: Micros) -> list[deadlines.Deadline]:
    """Return the running clocks of a case whose level is higher than the one noted."""
    own = [deadline_of(row)] if row.days >= 0 and row.state in RUNNING else []
    rest = [each for each in further(row) if light_of(row, each, now) != "grey"]
    return [each for each in (*own, *rest) if deadlines.level(each, now) > noted(row, each)]


def noted(row: Case, deadline: deadlines.Deadline) -> int:
    """Return the level that is noted of one of a case's clocks."""
    if deadline.kind == "case" or row.more is None:
        return row.noted
    if deadline.kind == "owed":
        return row.more.owed_noted
    part = row.more.part(deadline.owner.partition("/")[2])
    return part.noted if part else 0


def late_now(hall: "HallState", command: NoteOverdue, now: Micros) -> deadlines.Deadline | None:
    """Return the clock of a case that is overdue still, at a level that is not noted; else None."""
    row = hall.register.cases.get(command.owner.partition("/")[0])
    known = _late(row, now) if row else []
    wanted = (command.kind, command.owner, command.due)
    return next((each for each in known if (each.kind, each.owner, each.due) == wanted), None)


# --- apply, to the register only


def overdue_noted(hall: "HallState", event: ev.DeadlineOverdue) -> None:
    """Note the level of an overdue clock. The case's place in the index is by its due dates, which stay."""
    id, _, department = event.owner.partition("/")
    if id not in hall.register.cases:
        return
    row = hall.register.cases.edit(id)
    if event.kind == "case":
        row.noted = event.level
    elif event.kind == "owed":
        row.edit_more().owed_noted = event.level
    elif row.more and (part := row.more.part(department)):
        part.noted = event.level


def date_set(hall: "HallState", event: ev.DueDateSet) -> None:
    """Set a date that was provisional; its warning keeps its distance."""
    id, _, department = event.owner.partition("/")
    if id not in hall.register.cases:
        return
    index, row = hall.register.case_index, hall.register.cases.edit(id)
    index.remove(row)
    _set_date(row, event, department)
    index.add(row)


def _set_date(row: Case, event: ev.DueDateSet, department: str) -> None:
    def warned(due: Micros, warn: Micros, since: Micros) -> Micros:
        return min(event.due, max(since, event.due - (due - warn)))

    if event.kind == "case":
        row.warn = warned(row.due, row.warn, row.since)
        row.due, row.provisional, row.noted = event.due, False, 0
    elif event.kind == "owed":
        more = row.edit_more()
        more.owed_warn = warned(more.owed_due, more.owed_warn, row.opened)
        more.owed_due, more.owed_provisional, more.owed_noted = event.due, False, 0
    elif row.more and (part := row.more.part(department)):
        part.warn = warned(part.due, part.warn, part.since)
        part.due, part.provisional, part.noted = event.due, False, 0
