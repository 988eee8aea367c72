"""The register's rows of cases and vouchers, and what finds a case without looking at all of them. PURE.

A city hall has a hundred thousand cases open. What is asked at every change (which fall due next, how many are red, what
is this window's) is answered from sorted lists, at a cost that does not grow with them.
"""

import sys
from bisect import bisect_left, bisect_right, insort
from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import Literal

from msgspec import Struct

from caller.engine.case_part_rows import CaseMore
from caller.engine.papers import AskedPaper
from config.case_settings import CaseType
from config.instants import INTEGER_MAX, SECOND, Micros

CaseState = Literal[
    "received",
    "asked",
    "accepted",
    "in-hand",
    "paused",
    "decided",
    "issued",
    "closed",
    "refused",
    "withdrawn",
]
RUNNING: frozenset[str] = frozenset({"received", "accepted", "in-hand"})  # the clock runs
OPEN: frozenset[str] = RUNNING | {"asked", "paused", "decided", "issued"}  # something is still to be done
ENDS: frozenset[str] = frozenset(
    {"closed", "refused", "withdrawn"}
)  # nothing is, unless a review opens it again
STEPS_KEPT = 40  # of one case; the log keeps them all
NO_CLOCK = INTEGER_MAX  # where a case without a limit stands in the order of due dates


class Voucher(Struct):
    """The way back of who was told that papers are missing. Instants are UTC microseconds.

    `known`: codes of all papers this applicant was asked for so far. `back`: the ticket it gave last. `settled`: when
    the papers were complete or asked for anew; 0 until then. `case`: the received one that waits for them.
    """

    id: str
    code: str
    item: str
    ticket: str
    number: str
    window: str
    clerk: str
    asked: Micros
    until: Micros
    papers: list[AskedPaper]
    known: list[str]
    back: str = ""
    back_number: str = ""
    settled: Micros = 0
    again: bool = False  # it asked for a paper that was on no list before
    void: bool = False  # its outcome was corrected
    began: Micros = 0  # when the applicant's first visit ended: of the first of their vouchers
    case: str = ""


class CaseStep(Struct, gc=False, array_like=True):
    """One act on a case: the instant, the move, the staff number, its code (decision, owner or reason), what else it
    says (way, or the reason of a decision), the due date it set."""

    at: Micros
    move: str
    staff: str
    code: str = ""
    more: str = ""
    due: Micros = 0


class Case(Struct, gc=False):
    """A case as it stands; see `cases`. Instants are UTC microseconds.

    `days` working days from `since` end at `due`; days -1: no limit. `paused`: since when, 0 while the clock runs.
    `noted`: the level of its overdue deadline that is noted. `version` counts what happened to it.
    """

    id: str
    number: str
    code: str
    item: str
    case_type: CaseType
    state: CaseState
    window: str
    clerk: str
    ticket: str
    opened: Micros
    since: Micros
    days: int
    due: Micros
    warn: Micros
    version: int = 0
    provisional: bool = False
    owner: str = ""
    decision: str = ""
    decided: Micros = 0
    reason: str = ""  # why it was not accepted, or extended
    paused: Micros = 0
    pauses: dict[str, int] | None = None
    extended: int = 0
    before: Micros = 0  # the due date before it was extended
    told: str = ""  # the way in which the applicant was told of that
    noted: int = 0
    closed: Micros = 0
    review_until: Micros = 0
    ticket_number: str = ""
    department: str = ""
    pause: str = ""  # why its clock was paused last
    voided: str = ""  # the paper that is void because the outcome was corrected
    steps: list[CaseStep] | None = None  # the newest last
    project: str = ""  # its number in the acceptance system
    rating_until: Micros = 0  # once decided; 0 in an event of an older version
    level: int = 0  # of its rating; 0 while unrated
    rated: int = 0  # the seq of that rating in the log
    added: int = 0  # the level of its later addition (追评)
    more: CaseMore | None = None

    @property
    def provisional_now(self) -> bool:
        """Whether one of its dates may still move."""
        return self.provisional or bool(self.more and self.more.provisional)

    def edit_more(self) -> CaseMore:
        """Return the rest of this case to be changed."""
        if self.more is None:
            self.more = CaseMore()
        return self.more


class CaseIndex:
    """Finds cases by code, by window in the order they fall due, and by the instants at which a light changes."""

    def __init__(self) -> None:
        self.codes: dict[str, str] = {}
        self.windows: dict[str, list[tuple[Micros, str]]] = {}  # of the open ones, due first
        self.due: list[tuple[Micros, str]] = []  # of those whose clock runs
        self.items: Counter[str] = Counter()  # open cases by item
        self.states: Counter[str] = Counter()
        self.provisional: dict[int, dict[str, None]] = {}  # by the due date's year, whose notice may move it
        self.resting: dict[str, None] = {}  # those without a running clock, the newest last
        self.parts: dict[
            str, list[tuple[Micros, str]]
        ] = {}  # by department: open cases it has not replied to, due first
        self._warns: list[Micros] = []

    def rebuild(self, cases: Iterable[Case]) -> None:
        """Index all cases anew, as after a start."""
        self.__init__()
        for row in cases:
            for name in ("item", "window", "clerk", "owner", "department"):  # few values, in very many rows
                setattr(row, name, sys.intern(getattr(row, name)))
            self._count(row, 1)
            if row.state in OPEN:
                self.windows.setdefault(row.window, []).append(_place(row))
            if _runs(row):
                self.due.append(_place(row))
                self._warns.append(_warn(row))
            else:
                self.resting[row.id] = None
            for department, place in _part_places(row):
                self.parts.setdefault(department, []).append(place)
        for line in (self.due, *self.windows.values(), *self.parts.values()):
            line.sort()
        self._warns.sort()

    def add(self, row: Case) -> None:
        """Index a case as it stands now."""
        self._count(row, 1)
        if row.state in OPEN:
            insort(self.windows.setdefault(row.window, []), _place(row))
        if _runs(row):
            insort(self.due, _place(row))
            insort(self._warns, _warn(row))
        else:
            self.resting[row.id] = None
        for department, place in _part_places(row):
            insort(self.parts.setdefault(department, []), place)

    def remove(self, row: Case) -> None:
        """Forget a case as it was added: before it is changed, or when it leaves the register."""
        self._count(row, -1)
        if row.state in OPEN:
            _take(self.windows[row.window], _place(row))
        if _runs(row):
            _take(self.due, _place(row))
            del self._warns[bisect_left(self._warns, _warn(row))]
        else:
            del self.resting[row.id]
        for department, place in _part_places(row):
            _take(self.parts[department], place)

    def _count(self, row: Case, by: int) -> None:
        self.states[row.state] += by
        if row.state in OPEN:
            self.items[row.item] += by
        if row.provisional_now and _runs(row):
            rows = self.provisional.setdefault(_year(row), {})
            rows.update({row.id: None}) if by > 0 else rows.pop(row.id, None)
        if row.code and by > 0:
            self.codes[row.code] = row.id
        elif row.code:
            self.codes.pop(row.code, None)

    def lights(self, now: Micros) -> tuple[int, int, int]:
        """Return how many of the running clocks are red, yellow and green."""
        red = bisect_left(self.due, (now, ""))
        yellow = bisect_right(self._warns, now) - red
        return red, yellow, len(self.due) - red - yellow

    def overdue(self, now: Micros) -> Iterator[str]:
        """Yield the ids of the cases that are red, the longest overdue first."""
        for due, id in self.due:
            if due >= now:
                return
            yield id

    def late_at(self, window: str, now: Micros) -> int:
        """Return how many running clocks of a window are red."""
        return bisect_left(self.windows.get(window, []), (now, ""))

    def of_department(self, department: str, most: int) -> tuple[list[str], int]:
        """Return the first cases that a department has not replied to, due first, and how many there are."""
        line = self.parts.get(department, [])
        return [id for _, id in line[:most]], len(line)

    def parts_at(self, department: str, now: Micros) -> tuple[int, int]:
        """Return how many cases a department has not replied to, and how many of these parts are red."""
        line = self.parts.get(department, [])
        return len(line), bisect_left(line, (now, ""))

    def of_window(self, window: str, most: int) -> tuple[list[str], int]:
        """Return the first open cases of a window, due first, and how many it has."""
        line = self.windows.get(window, [])
        return [id for _, id in line[:most]], len(line)


def clocks(row: Case) -> list[tuple[Micros, Micros]]:
    """Return `due` and `warn` of each clock of a case that runs: its own, its parts', that of papers to follow."""
    paused = row.state == "paused"
    if row.state not in RUNNING and not paused:
        return []
    own = [(row.due, row.warn)] if row.days >= 0 and not paused else []
    return [*own, *row.more.running(paused=paused)] if row.more else own


def first_due(row: Case) -> Micros:
    """Return when the first of a case's running clocks is due: the case is late when any of them is."""
    if row.more is None:
        return row.due if row.days >= 0 and row.state in RUNNING else NO_CLOCK
    return min((due for due, _ in clocks(row)), default=NO_CLOCK)


def _runs(row: Case) -> bool:
    return first_due(row) != NO_CLOCK


def _place(row: Case) -> tuple[Micros, str]:
    return first_due(row), row.id


def _warn(row: Case) -> Micros:
    return row.warn if row.more is None else min(warn for _, warn in clocks(row))


def _part_places(row: Case) -> list[tuple[str, tuple[Micros, str]]]:
    """Return the place of a case in the line of each department that has not replied."""
    if row.more is None or row.state not in RUNNING | {"paused"}:
        return []
    runs = row.state != "paused"
    return [(each.department, (each.due if runs else NO_CLOCK, row.id)) for each in row.more.open_parts]


def _year(row: Case) -> int:
    more = row.more
    latest = max(row.due, more.owed_due, *(each.due for each in more.parts)) if more else row.due
    return datetime.fromtimestamp(latest / SECOND, UTC).year  # as in the hall: due dates end in its evening


def _take(line: list[tuple[Micros, str]], place: tuple[Micros, str]) -> None:
    """Remove a place from a sorted line. Raises: ValueError, our bug, where it is not there."""
    at = bisect_left(line, place)
    if line[at : at + 1] != [place]:
        raise ValueError(f"not in this line: {place}")
    del line[at]
