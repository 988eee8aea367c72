"""A person's day and what many of them add up to: late, early, absent, away, covered, excused, corrected. Pure.

How each of these comes about stands in `attendance`; here stands what they mean for the day as a whole.
"""

from typing import NamedTuple

from msgspec import Struct, field

from caller.records.performance_rows import CorrectionRow
from config.instants import Micros


class Away(NamedTuple):
    """A stretch away from the window; `minutes` without the breaks in it; `covered`: by the backup."""

    began: Micros
    ended: Micros
    minutes: int
    reason: str
    covered: bool


class ClerkDay(Struct):
    """One person on one business day. Instants are UTC microseconds, None where there is none; minutes are whole."""

    day: str
    staff: str
    shift: str = ""  # its name; empty: unplanned
    window: str = ""
    begins: Micros | None = None
    ends: Micros | None = None
    came: Micros | None = None
    left: Micros | None = None  # None while they are there
    late: int = 0
    early: int = 0
    away: list[Away] = field(default_factory=list[Away])
    absent: bool = False
    excused: str = ""  # the code of the leave
    covered: list[str] = field(
        default_factory=list[str]
    )  # what the backup covered: late, early, absent, away
    correction: CorrectionRow | None = None
    open: Micros = 0  # how long a window was open (microseconds)

    @property
    def planned(self) -> bool:
        """Whether the day counts: it was planned and not excused."""
        return bool(self.shift) and not self.is_excused

    @property
    def is_excused(self) -> bool:
        return self._is_corrected("excused") if self.correction else bool(self.excused)

    @property
    def is_late(self) -> bool:
        return self._is_corrected("late") if self.correction else self.late > 0

    @property
    def is_early(self) -> bool:
        return self._is_corrected("early") if self.correction else self.early > 0

    @property
    def is_absent(self) -> bool:
        return self._is_corrected("absent") if self.correction else self.absent

    @property
    def times_away(self) -> int:
        """How often they were away without cover; a correction settles that, too, and who is on leave may go."""
        return 0 if self.correction or self.is_excused else sum(not each.covered for each in self.away)

    @property
    def punctual(self) -> bool:
        return not (self.is_late or self.is_early or self.is_absent or self.times_away)

    @property
    def mark(self) -> str:
        """The word for the day: the gravest thing that is true of it."""
        if self.is_excused:
            return "excused"
        found = (
            ("absent", self.is_absent),
            ("late", self.is_late),
            ("early", self.is_early),
            ("away", bool(self.times_away)),
        )
        if mark := next((name for name, true in found if true), ""):
            return mark
        if not self.shift and not self.correction:
            return "unplanned"
        return "covered" if "absent" in self.covered and not self.correction else "present"

    def _is_corrected(self, mark: str) -> bool:
        return self.correction is not None and self.correction.mark == mark


class AttendanceFigures(Struct):
    """The attendance of a person or window: of `planned` days each is absent or attended; open in microseconds."""

    planned: int = 0
    excused: int = 0
    attended: int = 0
    absent: int = 0
    late: int = 0
    early: int = 0
    away: int = 0
    covered: int = 0
    corrected: int = 0
    punctual: int = 0
    open: int = 0

    def add(self, day: ClerkDay) -> None:
        """Count one person's day."""
        self.open += day.open
        self.covered += len(day.covered)
        self.corrected += day.correction is not None
        self.excused += day.is_excused
        self.away += day.times_away
        if day.planned:
            self.planned += 1
            self.absent += day.is_absent
            self.attended += not day.is_absent
            self.late += day.is_late
            self.early += day.is_early
            self.punctual += day.punctual
