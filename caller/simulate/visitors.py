"""The outcome of a simulated day: a visit for each visitor, the waits quoted, and what windows did."""

from typing import NamedTuple

from msgspec import Struct

from config.instants import MINUTE

ROLLING = 10  # visits of the rolling mean


class QuotedWait(NamedTuple):
    """The wait that each estimator gave at issue, in minutes."""

    forecast: float
    last_to_enter: float
    head_of_line: float
    rolling_mean: float
    low: int
    high: int


class SimulatedVisit(Struct):
    """One visitor's visit; instants in UTC microseconds, -1 for what never happened."""

    ticket: str
    queue: str
    priority: str
    came: int
    warm: bool  # came after the warm-up: counts in the figures
    quoted: QuotedWait | None = None
    called: int = -1
    served: int = -1
    missed: bool = False
    abandoned: bool = False
    steps: int = 0

    @property
    def waited(self) -> float:
        """Minutes from arrival to the first call."""
        return (self.called - self.came) / MINUTE


class SimulatedWindow(Struct):
    """What one window did after the warm-up, in microseconds."""

    busy: int = 0
    open: int = 0
    served: int = 0


class VisitOutcome(Struct):
    """A day that has been run."""

    visits: list[SimulatedVisit]
    windows: dict[str, SimulatedWindow]
    turned_away: dict[str, int]  # reason → people who got no number
    events: int
    start: int
    ended: int  # the last thing that happened


class BaselineEstimators:
    """Three estimators of the literature, each with what a hall's screen could know.

    Last to enter service: the wait of the person of this queue called most recently. Head of line: how long
    the head of this queue's line has waited until now. Rolling mean: the last ten of this queue called.
    """

    def __init__(self) -> None:
        self._waits: dict[str, list[float]] = {}

    def note(self, queue: str, minutes: float) -> None:
        """Note a call of this queue after so many minutes of waiting."""
        row = self._waits.setdefault(queue, [])
        row.append(minutes)
        if len(row) > ROLLING:
            del row[0]

    def estimates(self, queue: str, head: float) -> tuple[float, float, float]:
        """Return last to enter, head of line and rolling mean, for a visitor who comes now (minutes)."""
        waits = self._waits.get(queue)
        if not waits:
            return 0.0, head, 0.0
        return waits[-1], head, sum(waits) / len(waits)
