"""The caller's clock: an instant to begin with, then elapsed time. Never a jump by itself.

Someone sets the computer's clock, or a dead battery starts it in 2000: tickets already waiting must not get negative
waits, and the business day must not roll. The instants follow elapsed time (which counts a PC's sleep too). Which
instant to begin with, and whether to go over to the wall clock later, the scheduler decides by
`engine.credible_clock`; here are the hands only.
"""

import ctypes
import time
from collections.abc import Callable

from config.instants import Micros

ReadMicros = Callable[[], int]
TIMEX_BYTES = 512  # more than `struct timex` of any Linux; zeroed it only asks
TIME_ERROR = 5  # adjtimex: the clock is not synchronised


def wall_micros() -> Micros:
    """Return the computer's wall clock."""
    return time.time_ns() // 1_000


def elapsed_micros() -> int:
    """Return microseconds since the PC started, its sleep included."""
    return time.clock_gettime_ns(time.CLOCK_BOOTTIME) // 1_000


def synchronised() -> bool | None:
    """Return whether the kernel is kept right by a time server (any: it notes this itself); None if it cannot say."""
    try:
        state = ctypes.CDLL(None, use_errno=True).adjtimex(ctypes.create_string_buffer(TIMEX_BYTES))
    except (OSError, AttributeError):
        return None
    return None if state < 0 else state != TIME_ERROR


class Clock:
    """Instants in UTC microseconds. The sources are given in tests, where nothing synchronises the wall clock."""

    def __init__(
        self,
        wall: ReadMicros = wall_micros,
        elapsed: ReadMicros = elapsed_micros,
        synchronised: Callable[[], bool | None] = lambda: None,
    ) -> None:
        self.wall = wall
        self.elapsed = elapsed
        self.synchronised = synchronised
        self.stations: Callable[[], list[int]] = (
            list  # how far ahead of the wall clock stations' clocks are; by the server
        )
        self._offset = wall() - elapsed()
        self._last = 0

    def now(self) -> Micros:
        """Return the caller's time: never earlier than it said before, unless `go_on_from` turned it back."""
        now = self._offset + self.elapsed()
        self._last = max(now, self._last)
        return self._last

    def go_on_from(self, instant: Micros) -> None:
        """Go on from this instant, be it later or earlier."""
        self._offset = instant - self.elapsed()
        self._last = instant

    def gap(self) -> int:
        """Return how far the wall clock is ahead of this one, in microseconds; negative: behind."""
        return self.wall() - self.now()
