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
ticket whose place they would take would have been. Paces shrink to the config's prior while data are few: a
queue's mean counts `PRIOR_WEIGHT` imagined calls of the configured length, a window's own mean as many of
the queue's mean.
"""

import math
from bisect import bisect_right, insort
from heapq import heapify, heappop, heappush, heapreplace
from statistics import NormalDist
from typing import NamedTuple

from caller.engine.state import UNKNOWN_MINUTES, HallState, Pace
from caller.engine.turns import MINUTE, bound_lane
from caller.engine.windows import Window

PRIOR_WEIGHT = 5.0  # calls; a queue is believed over its config after an hour or so
PRIOR_SPREAD = 0.8  # squared coefficient of variation of service times, before any are measured
STEPS_MAX = 5000  # calls run forward at most; a village PC does this in 30 ms
RATE_MINUTES = 60.0  # arrivals are counted over the last hour: shorter is noise, longer misses the peak
RATE_MINUTES_MIN = 20.0  # early in the day, the first two arrivals are not a rush
UNKNOWN_SERVICE = 6.0  # minutes, for a queue that is no longer in the config
SPREAD_MIN = 1e-3  # below it a time is as good as fixed
ENDED_MAX = 1 - 1e-9  # a hold that has outlasted all others still ends
BAND_STEP = 5  # minutes; people are told 10–15, never 12
_MARKER = 1 << 40  # serial of a newcomer: behind everyone of its promise
_YET_TO_COME = 1 << 41  # serial of people who have not come yet: behind the newcomers


class Forecast:
    """Predicted call times (µs) by queue, in turn order. `at` is when it was made."""

    def __init__(self, at: int, calls: dict[str, list[tuple[int, int]]], tails: dict[str, int]) -> None:
        self.at = at
        self._calls = calls  # queue → [(promise, predicted call time)] sorted by promise
        self._tails = tails  # queue → when someone who joined last would be called

    def minutes(self, queue: str, promise: int) -> float:
        """Expected wait in minutes from `at` of someone with this promise; UNKNOWN_MINUTES if nobody serves."""
        calls = self._calls.get(queue, [])
        index = bisect_right(calls, (promise, 0))
        at = calls[index][1] if index < len(calls) else self._tails.get(queue)
        return UNKNOWN_MINUTES if at is None else max(0.0, (at - self.at) / MINUTE)

    def band(self, queue: str, promise: int) -> tuple[int, int]:
        """The wait as a band people can use: (from, to) minutes; (-1, -1) when nobody can say."""
        return band(self.minutes(queue, promise))


def band(minutes: float) -> tuple[int, int]:
    """A band around an expectation: wider the longer the wait, on steps of five minutes."""
    if minutes >= UNKNOWN_MINUTES:
        return (-1, -1)
    low = int(minutes * 0.8 // BAND_STEP) * BAND_STEP
    high = -int(-(minutes * 1.25 + 1) // BAND_STEP) * BAND_STEP
    return (low, max(high, low + BAND_STEP))


# --- measured times


class Hold(NamedTuple):
    """How long a call holds a window: mean minutes, and the squared coefficient of variation."""

    mean: float
    spread: float


def hold(hall: HallState, queue: str, window: str) -> Hold:
    """The measured hold of a queue at a window, shrunk to the queue's and the config's while data are few."""
    paces = hall.state.paces
    prior = hall.queues[queue].service_minutes if queue in hall.queues else UNKNOWN_SERVICE
    of_queue = paces.get(queue)
    mean = _shrunk(of_queue, prior)
    return Hold(_shrunk(paces.get(f"{queue}|{window}"), mean), _spread(of_queue))


def _shrunk(pace: Pace | None, prior: float) -> float:
    if pace is None:
        return prior
    return (pace.minutes + PRIOR_WEIGHT * prior) / (pace.weight + PRIOR_WEIGHT)


def _spread(pace: Pace | None) -> float:
    if pace is None or pace.weight <= 0 or pace.minutes <= 0:
        return PRIOR_SPREAD
    measured = max(0.0, pace.squares * pace.weight / (pace.minutes * pace.minutes) - 1)
    return (measured * pace.weight + PRIOR_SPREAD * PRIOR_WEIGHT) / (pace.weight + PRIOR_WEIGHT)


_normal = NormalDist()


def residual(times: Hold, elapsed: float) -> float:
    """Minutes that half of the holds which have taken `elapsed` minutes will still take, at most."""
    variance = math.log1p(times.spread)
    sigma = math.sqrt(variance)
    if sigma < SPREAD_MIN:
        return max(0.0, times.mean - elapsed)
    middle = math.log(times.mean) - variance / 2
    ended = _normal.cdf((math.log(elapsed) - middle) / sigma) if elapsed > 0 else 0.0
    half = min((1 + ended) / 2, ENDED_MAX)
    return max(0.0, math.exp(middle + sigma * _normal.inv_cdf(half)) - elapsed)


def _rates(hall: HallState, now: int) -> dict[tuple[str, str], float]:
    """Arrivals per µs by queue and class, counted over the last hour of the day."""
    since = now - round(RATE_MINUTES * MINUTE)
    counts: dict[tuple[str, str], int] = {}
    for ticket in reversed(hall.state.tickets.values()):
        if ticket.issued < since:
            break
        key = (ticket.queue, ticket.priority)
        counts[key] = counts.get(key, 0) + 1
    span = min(RATE_MINUTES, max(RATE_MINUTES_MIN, (now - hall.state.day.opened) / MINUTE)) * MINUTE
    return {key: count / span for key, count in counts.items()}


# --- the run

# A waiting place as the run keeps it: (−promise, −serial, queue); lanes are sorted so, the next at the end.
_Spot = tuple[int, int, str]
_Spots = list[_Spot]
_Side = list[tuple[_Spots, int]]  # the lanes a window looks at, and how reluctantly
# Somebody yet to come: (when, tie, lane's name, queue, target, gap to the next of the kind; 0: comes once).
_Coming = tuple[int, int, str, str, int, int]


def forecast(hall: HallState, now: int) -> Forecast:
    """Run the hall forward from `now`. Changes nothing.

    Each lane gets a marker at its end, a newcomer who takes no time: when a window calls it is when someone
    who joins now would be called.
    """
    return _Run(hall, now).forecast()


class _Run:
    """One run forward over copies of the lanes."""

    def __init__(self, hall: HallState, now: int) -> None:
        self._hall, self._now, self._stops = hall, now, hall.state.day.stops_at
        windows = [window for window in hall.state.windows.values() if window.state == "open"]
        self._lanes: dict[str, _Spots] = {queue: [] for window in windows for queue in window.serves}
        self._queues = [queue for queue in self._lanes if queue in hall.queues]
        self._lanes |= {bound_lane(window.id): [] for window in windows}
        self._left = 0
        self._coming: list[_Coming] = []
        for name, spots in self._lanes.items():
            self._copy(name, spots)
        for queue in self._queues:
            insort(self._lanes[queue], (-now - hall.target("ordinary", queue), -_MARKER, queue))
        self._left += len(self._queues)
        if now < self._stops:
            self._expect_people()
        heapify(self._coming)
        self._sides = {window.id: self._side(window) for window in windows}
        self._lookers: dict[str, set[str]] = {name: set() for name in self._lanes}
        for window in windows:
            for name in (bound_lane(window.id), *window.serves):
                self._lookers[name].add(window.id)
        self._seats = [(self._free(window), window.id) for window in windows]
        heapify(self._seats)

    def _copy(self, name: str, spots: _Spots) -> None:
        """Who waits; a sleeper joins when its time comes."""
        lane = self._hall.lanes.get(name)
        if not lane:
            return
        for not_before, place in lane.sleepers():
            joins = (not_before, -place.serial, name, place.queue, place.promise - not_before, 0)
            self._coming.append(joins)
        spots += [(-place.promise, -place.serial, place.queue) for place in lane.places()]
        spots.reverse()
        self._left += len(lane)

    def _expect_people(self) -> None:
        for tie, ((queue, priority), rate) in enumerate(_rates(self._hall, self._now).items()):
            if queue in self._queues:
                gap = max(1, round(1 / rate))
                target = self._hall.target(priority, queue)
                self._coming.append((self._now + gap // 2, tie, queue, queue, target, gap))

    def _side(self, window: Window) -> _Side:
        rows = [(self._lanes[queue], reluctance) for queue, reluctance in window.serves.items()]
        name = bound_lane(window.id)
        bound = self._lanes[name] or any(coming[2] == name for coming in self._coming)
        return [(self._lanes[name], 0), *rows] if bound else rows

    def _free(self, window: Window) -> int:
        """When the window is expected to be free."""
        if not window.ticket:
            return self._now
        ticket = self._hall.state.tickets[window.ticket]
        elapsed = (self._now - ticket.called) / MINUTE
        return self._now + round(residual(hold(self._hall, ticket.queue, window.id), elapsed) * MINUTE)

    def forecast(self) -> Forecast:
        """Until everybody who waits now, and every newcomer, has been called."""
        calls: dict[str, list[tuple[int, int]]] = {queue: [] for queue in self._queues}
        tails: dict[str, int] = {}
        holds: dict[tuple[str, str], int] = {}
        seats, coming, idle = self._seats, self._coming, list[str]()
        for _ in range(STEPS_MAX):
            if not self._left or not (seats or coming):
                break
            if coming and (not seats or coming[0][0] <= seats[0][0]):
                self._come(idle)
                continue
            at, window = seats[0]
            lane = _first(self._sides[window])
            if lane is None:
                idle.append(heappop(seats)[1])
                continue
            promise, serial, queue = lane.pop()
            if serial > -_YET_TO_COME:
                self._left -= 1
                calls.setdefault(queue, []).append((-promise, at))
                if serial == -_MARKER:
                    tails[queue] = at
                    continue
            key = (queue, window)
            if key not in holds:
                holds[key] = round(hold(self._hall, queue, window).mean * MINUTE)
            heapreplace(seats, (at + holds[key], window))
        for row in calls.values():
            row.sort()
        return Forecast(self._now, calls, tails)

    def _come(self, idle: list[str]) -> None:
        """The next of those yet to come joins a lane; an idle window that looks there looks up."""
        at, tie, name, queue, target, gap = self._coming[0]
        if gap and at + gap < self._stops:
            heapreplace(self._coming, (at + gap, tie, name, queue, target, gap))
        else:
            heappop(self._coming)
        insort(self._lanes[name], (-at - target, -_YET_TO_COME if gap else tie, queue))
        lookers = self._lookers[name]
        for window in idle:
            if window in lookers:
                idle.remove(window)
                heappush(self._seats, (at, window))
                return


def _first(side: _Side) -> _Spots | None:
    """The lane whose head is next for a window: `turns.first_for` on the run's own lists."""
    best: _Spots | None = None
    rank = 0
    for lane, reluctance in side:
        if lane:
            spot = lane[-1]
            own = spot[0] - reluctance
            if best is None or own > rank or (own == rank and _before(spot, best[-1])):
                best, rank = lane, own
    return best


def _before(spot: _Spot, other: _Spot) -> bool:
    """Ties by number: the serial first, then the queue."""
    return (-spot[1], spot[2]) < (-other[1], other[2])
