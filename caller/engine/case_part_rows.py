"""What a case may have besides its own clock: parts in other departments, joint steps, papers to follow, a way up. PURE.

Most cases have none of it, and cost nothing for it: a row holds one `CaseMore`, or None.
"""

from collections.abc import Iterator

from msgspec import Struct, field

from caller.engine.papers import AskedPaper
from config.instants import Micros


class PartClock(Struct, frozen=True, gc=False):
    """What an event says of a department's part: its working days, and the instants they make."""

    department: str
    days: int
    due: int
    warn: int
    provisional: bool = False


class CasePart(Struct, gc=False, array_like=True):
    """A department's part of a parallel case. Instants are UTC microseconds.

    `days` working days from `since` end at `due`. `reply`: granted, refused or returned, empty until the department has
    replied at `replied`; `code`: its reason. `noted`: the level of its overdue deadline that is noted.
    """

    department: str
    days: int
    since: Micros
    due: Micros
    warn: Micros
    provisional: bool = False
    reply: str = ""
    code: str = ""
    staff: str = ""
    replied: Micros = 0
    noted: int = 0


class JointStep(Struct, gc=False, array_like=True):
    """A joint survey or review of the departments: the day it is on ("2026-09-23"), and when it was held; 0: not yet."""

    kind: str
    day: str
    staff: str
    set_at: Micros
    held: Micros = 0
    held_by: str = ""


class CaseMore(Struct, gc=False):
    """The rest of a case.

    `owed`: the papers that are to follow (容缺), in `owed_days` working days, until `owed_due`. `reported`, `heard`: when it
    was sent up, and when the answer from above came. `agent`: staff number of who brought it for the applicant. `listed`:
    names of the papers that were handed in, of an agency case. `major`: its project is in the ledger of major projects.
    `asked`: what a received case was asked for last, and `asked_until`: until when its notice gives a number.
    """

    parts: list[CasePart] = field(default_factory=list[CasePart])
    joint: list[JointStep] = field(default_factory=list[JointStep])
    owed: list[AskedPaper] = field(default_factory=list[AskedPaper])
    owed_days: int = 0
    owed_due: Micros = 0
    owed_warn: Micros = 0
    owed_provisional: bool = False
    owed_noted: int = 0
    reported: Micros = 0
    heard: Micros = 0
    agent: str = ""
    listed: list[str] = field(default_factory=list[str])
    major: bool = False
    asked: list[AskedPaper] = field(default_factory=list[AskedPaper])
    asked_until: Micros = 0

    @property
    def open_parts(self) -> list[CasePart]:
        """The parts whose departments have not replied."""
        return [each for each in self.parts if not each.replied]

    @property
    def provisional(self) -> bool:
        """Whether one of its dates may still move."""
        return (bool(self.owed) and self.owed_provisional) or any(
            each.provisional for each in self.open_parts
        )

    def running(self, *, paused: bool) -> Iterator[tuple[Micros, Micros]]:
        """Yield `due` and `warn` of each clock that runs; while the case is paused only that of the papers to follow."""
        if self.owed:
            yield self.owed_due, self.owed_warn
        if not paused:
            yield from ((each.due, each.warn) for each in self.open_parts)

    def part(self, department: str) -> CasePart | None:
        """Return a department's part."""
        return next((each for each in self.parts if each.department == department), None)
