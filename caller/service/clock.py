"""The caller's clock: the wall clock read once, then elapsed time. Never backwards, never a jump.

Someone sets the computer's clock, or a dead battery starts it in 2000: tickets already waiting must not get
negative waits, and the business day must not roll. The instants follow elapsed time (which counts a PC's
sleep too); how far the wall clock has moved away is told, so that a technician can act.
"""

import time
from collections.abc import Callable

WallClock = Callable[[], int]


def wall_micros() -> int:
    return time.time_ns() // 1_000


def elapsed_micros() -> int:
    return time.clock_gettime_ns(time.CLOCK_BOOTTIME) // 1_000


class Clock:
    """Instants in UTC microseconds. Both sources are given in tests."""

    def __init__(self, wall: WallClock = wall_micros, elapsed: WallClock = elapsed_micros) -> None:
        self._wall = wall
        self._elapsed = elapsed
        self._offset = wall() - elapsed()
        self._last = 0

    def now(self) -> int:
        now = self._offset + self._elapsed()
        self._last = max(now, self._last)
        return self._last

    def start_from(self, instant: int) -> None:
        """Time goes on from here if the clock stands before it: the log's last event has happened."""
        self._offset += max(0, instant - self.now())

    def gap(self) -> int:
        """How far the wall clock is ahead of this one, in microseconds; negative: behind."""
        return self._wall() - self.now()
