"""How long: run the hall forward.

The expected wait is not a formula. `forecast` copies who waits and which windows are open, and runs the same
turn rule forward with the measured times a call holds a window (call → window free again, so that no-shows,
recalls and the walk to the window are in it). Two things no copy of the hall can show are put in from what
the hall has measured:

- who is yet to come. A green-channel number not yet taken will go before an ordinary one that waits, and
  people for other queues will keep a helping window busy. So applicants keep coming at the rate of the last
  hour, class by class, evenly spaced, until tickets stop.
- how long a service that is going on will still take: the median of what is left, given how long it has
  taken, by a lognormal with the measured mean and spread. A long service is likely to be longer still.

One run answers for everybody: each waiting ticket, and a newcomer of any class, who is called about when the
ticket whose entry they would take would have been.
"""

import math
from bisect import bisect_right, insort
from datetime import date
from heapq import heapify, heappop, heappush, heapreplace

from caller.engine.measured_times import Measured, residual
from caller.engine.queueing import bound_line
from caller.engine.state import UNKNOWN_MINUTES, HallState
from caller.engine.windows import WindowState
from config.calendar import TimeSpan
from config.instants import MINUTE, Micros

AHEAD_MICROS = 30 * MINUTE  # people yet to come are thought up half an hour at a time
PERIODS_MAX = 48  # of half an hour: a wait of more than a day is no forecast
BAND_STEP = 5  # minutes; 10–15 is quoted, never 12
_MARKER = 1 << 40  # serial of a newcomer: behind everyone of its promise
_YET_TO_COME = 1 << 41  # serial of people who have not come yet: behind the newcomers


class Forecast:
    """Predicted call times (µs) by queue, in turn order. `at` is when it was made."""

    def __init__(
        self, at: Micros, calls: dict[str, list[tuple[int, int]]], tails: dict[str, int],
        measured: Measured | None = None,
    ) -> None:  # fmt: skip
        self.at = at
        self.measured = measured
        self._calls = calls  # queue → [(promise, predicted call time)] sorted by promise
        self._tails = tails  # queue → when someone who joined last would be called

    def minutes(self, queue: str, promise: int) -> float:
        """Return the expected wait in minutes from `at` with this promise; UNKNOWN_MINUTES if no window serves the
        queue."""
        calls = self._calls.get(queue, [])
        index = bisect_right(calls, (promise, 0))
        at = calls[index][1] if index < len(calls) else self._tails.get(queue)
        return UNKNOWN_MINUTES if at is None else max(0.0, (at - self.at) / MINUTE)

    def quoted_wait(self, queue: str, promise: int) -> tuple[int, int, int]:
        """Return the wait as a band to quote, (from, to) minutes, and what is behind it in seconds; all -1 if
        unknown."""
        minutes = self.minutes(queue, promise)
        return (*band(minutes), -1 if minutes >= UNKNOWN_MINUTES else round(minutes * 60))


def band(minutes: float) -> tuple[int, int]:
    """Return a band around an expected wait in minutes: wider the longer it is, on steps of five minutes."""
    if minutes >= UNKNOWN_MINUTES:
        return (-1, -1)
    low = int(minutes * 0.8 // BAND_STEP) * BAND_STEP
    high = -int(-(minutes * 1.25 + 1) // BAND_STEP) * BAND_STEP
    return (low, max(high, low + BAND_STEP))


def _measured(hall: HallState, now: Micros) -> Measured:
    """Return what the last forecast went by, if it is of this minute."""
    last = hall.forecast.measured if isinstance(hall.forecast, Forecast) else None
    return last if last and last.fresh(hall, now) else Measured(hall, now)


# --- the run

# A waiting entry as the run keeps it: (−promise, −serial, queue, origin); lines are sorted so, the next at the end.
_Spot = tuple[int, int, str, int]
_Spots = list[_Spot]
_Side = list[tuple[_Spots, int]]  # the lines a window looks at, and how reluctantly
# An arrival yet to come: (when, line's name, spot); in order of coming.
_Coming = tuple[int, str, _Spot]


def forecast(hall: HallState, now: Micros) -> Forecast:
    """Run the hall forward from `now`. Changes nothing.

    Each line gets a marker at its end, a newcomer who takes no time: the instant at which a window calls the
    marker is the instant at which it would call an applicant who joins the line now.
    """
    return _Run(hall, now).forecast()


def breaks(hall: HallState, window: str) -> tuple[TimeSpan, ...]:
    """Return the day's planned breaks at a window, from and to: the hall's by the calendar, and the window's own.

    They are known beforehand, so no applicant is quoted a call at lunch.
    """
    day, settings = hall.state.day, hall.window_settings.get(window)
    if not day.open:
        return ()
    return hall.calendar.breaks(date.fromisoformat(day.label), day.zone, settings.breaks if settings else ())


class _Run:
    """One run forward over copies of the lines."""

    def __init__(self, hall: HallState, now: Micros) -> None:
        self._hall, self._now = hall, now
        self._measured = _measured(hall, now)
        # Who still waits at closing expires by this hall's rule: later calls are none.
        expires = hall.state.day.open and hall.settings.rules.closing == "expire"
        self._end: float = hall.state.day.closes_at if expires else math.inf
        self._breaks = {id: found for id in hall.state.windows if (found := breaks(hall, id))}
        windows = [window for window in hall.state.windows.values() if self._calls_again(window)]
        self._lookers: dict[str, set[str]] = {}  # line → windows that look at it
        for window in windows:
            for name in (bound_line(window.id), *window.serves):
                self._lookers.setdefault(name, set()).add(window.id)
        self._lines: dict[str, _Spots] = {name: [] for name in self._lookers}
        self._queues = [queue for queue in self._lines if queue in hall.queues]
        self._left = len(self._queues)
        self._postponed: list[_Coming] = []
        self._idle: list[str] = []
        self._ripe: list[tuple[int, str]] = []  # when an idle window looks again at a queue it helps
        for name, spots in self._lines.items():
            self._copy(name, spots)
        for queue in self._queues:
            insort(self._lines[queue], (-now - hall.target("ordinary", queue), -_MARKER, queue, now))
        self._sides = {window.id: self._side(window) for window in windows}
        self._serves = {window.id: window.serves for window in windows}
        self._seats = [(self._free(window), window.id) for window in windows]
        heapify(self._seats)

    def _copy(self, name: str, spots: _Spots) -> None:
        """Return a copy of who waits; a postponed ticket joins when its time comes."""
        line = self._hall.lines.get(name)
        if not line:
            return
        for not_before, entry in line.postponed():
            spot = (-entry.promise, -entry.serial, entry.queue, entry.origin)
            self._postponed.append((not_before, name, spot))
        spots += [(-entry.promise, -entry.serial, entry.queue, entry.origin) for entry in line.entries()]
        spots.reverse()
        self._left += len(line)

    def _side(self, window: WindowState) -> _Side:
        rows = [(self._lines[queue], reluctance) for queue, reluctance in window.serves.items()]
        own = bound_line(window.id)
        return [(self._lines[own], 0), *rows] if own in self._hall.lines else rows

    def _calls_again(self, window: WindowState) -> bool:
        """Return whether the window calls, now or when the break is over; a pause outside a break has no known end."""
        resting = window.state == "paused" and self._after_break(self._now, window.id) > self._now
        return window.state == "open" or resting

    def _after_break(self, at: Micros, window: str) -> Micros:
        """Return the instant itself, or the end of the breaks of this window that it falls in."""
        for start, end in self._breaks.get(window, ()):
            if start <= at < end:
                at = end
        return at

    def _free(self, window: WindowState) -> int:
        """Return when the window is expected to be free."""
        if not window.ticket:
            return self._after_break(self._now, window.id)
        ticket = self._hall.state.tickets[window.ticket]
        elapsed = (self._now - ticket.called) / MINUTE
        left = residual(self._measured.hold(ticket.queue, window.id), elapsed)
        return self._after_break(self._now + round(left * MINUTE), window.id)

    def _come(self, start: int) -> list[_Coming]:
        """Return those yet to come in the half hour from `start`, and the postponed who wake in it."""
        end = start + AHEAD_MICROS
        coming = [each for each in self._postponed if start <= each[0] < end]
        stops = min(end, self._hall.state.day.stops_at)
        for (queue, priority), rate in self._measured.rates.items():
            if queue in self._lines:
                gap = max(1, round(1 / rate))
                first = self._now + gap // 2
                first += -((first - start) // gap) * gap  # the first of the series at or after `start`
                target = self._hall.target(priority, queue)
                coming += [
                    (at, queue, (-at - target, -_YET_TO_COME - at, queue, at))
                    for at in range(first, stops, gap)
                ]
        coming.sort()
        return coming

    def forecast(self) -> Forecast:
        """Run the hall forward until everybody who waits now, and every newcomer, has been called."""
        calls: dict[str, list[tuple[int, int]]] = {queue: [] for queue in self._queues}
        tails: dict[str, int] = {}
        until = self._now
        for _ in range(PERIODS_MAX):
            if not self._left or not (self._seats or self._idle) or until >= self._end:
                break
            after = min(until + AHEAD_MICROS, self._end)
            self._period(self._come(until), int(after), calls, tails)
            until = int(after)
        for row in calls.values():
            row.sort()
        return Forecast(self._now, calls, tails, self._measured)

    def _period(
        self,
        coming: list[_Coming],
        until: int,
        calls: dict[str, list[tuple[int, int]]],
        tails: dict[str, int],
    ) -> None:
        """Let windows call and applicants arrive until `until`, or until all those to be quoted are called."""
        seats, sides, lines, known = self._seats, self._sides, self._lines, self._measured.micros
        coming.append((until, "", (0, 0, "", 0)))
        for at, name, spot in coming:
            while self._next_is_before(at):
                free, window = seats[0]
                line, place = _first(sides[window], free)
                if line is None:
                    self._idle.append(heappop(seats)[1])
                    if place > free:
                        heappush(self._ripe, (place, window))
                    continue
                promise, serial, queue, _ = line.pop(place)
                if serial > -_YET_TO_COME:
                    self._left -= 1
                    calls.setdefault(queue, []).append((-promise, free))
                    if serial == -_MARKER:
                        tails[queue] = free
                        continue
                held = known.get((queue, window)) or self._measured.mean(queue, window)
                heapreplace(
                    seats, (self._after_break(free + held, window) if self._breaks else free + held, window)
                )
            if not self._left:
                return
            if name:
                insort(lines[name], spot)
                self._wake(name, at, spot[3])

    def _next_is_before(self, at: Micros) -> bool:
        """Return whether a window calls before `at`. One that is idle looks again when a number it may help with has
        waited long enough."""
        seats, ripe = self._seats, self._ripe
        while ripe and ripe[0][0] < at and not (seats and seats[0][0] < ripe[0][0]):
            when, window = heappop(ripe)
            if window in self._idle:
                self._idle.remove(window)
                heappush(seats, (self._after_break(when, window), window))
        return bool(seats) and seats[0][0] < at

    def _wake(self, name: str, at: Micros, origin: Micros) -> None:
        """Give an arrival to the window that has been idle longest among those that may call it; where none may yet, let
        those that help look again once it has waited long enough."""
        lookers, later = self._lookers[name], list[tuple[int, str]]()
        for window in self._idle:
            if window not in lookers:
                continue
            may = origin + reluctance if (reluctance := self._serves[window].get(name, 0)) else at
            if may <= at:
                self._idle.remove(window)
                heappush(self._seats, (self._after_break(at, window), window))
                return
            later.append((may, window))
        for each in later:
            heappush(self._ripe, each)


def _first(side: _Side, now: Micros) -> tuple[_Spots | None, int]:
    """Return the line of the next number for a window at `now`, and its place in it: `queueing.first_for` on the run's own
    lists. Without one: None, and the instant at which the window may call a number that waits in a queue it helps; 0 if
    none does."""
    best: _Spots | None = None
    place, rank, ripe = -1, 0, 0
    for line, reluctance in side:
        if not line:
            continue
        found = -1
        if reluctance and line[-1][3] > now - reluctance:
            found, oldest = _waited(line, now - reluctance)
            if not found:
                ripe = min(ripe, oldest + reluctance) if ripe else oldest + reluctance
                continue
        spot = line[found]
        own = spot[0] - reluctance
        if best is None or own > rank or (own == rank and _before(spot, best[place])):
            best, place, rank = line, found, own
    return (best, place) if best else (None, ripe)


def _waited(line: _Spots, since: Micros) -> tuple[int, Micros]:
    """Return the place, counted from the end, of the first that waits since this instant or longer; 0 and the earliest
    origin if none does."""
    oldest = line[-1][3]
    for place in range(-1, -len(line) - 1, -1):
        origin = line[place][3]
        if origin <= since:
            return place, origin
        oldest = min(oldest, origin)
    return 0, oldest


def _before(spot: _Spot, other: _Spot) -> bool:
    """Return whether a spot comes before another; ties by number: the serial first, then the queue."""
    return (-spot[1], spot[2]) < (-other[1], other[2])
