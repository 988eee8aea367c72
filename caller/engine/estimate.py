"""How long: run the hall forward.

The expected wait is not a formula. `forecast` copies who waits and which windows are open, and runs the same
turn rule forward with the measured times a call holds a window (call → window free again, so that no-shows,
recalls and the walk to the window are in it). One run answers for everybody: each waiting ticket, and a
newcomer of any class, who is called about when the ticket whose place they would take would have been.

Paces shrink to the config's prior while data are few: a queue's mean counts `PRIOR_WEIGHT` imagined calls of
the configured length, a window's own mean `PRIOR_WEIGHT` imagined calls of the queue's mean.
"""

from bisect import bisect_right
from heapq import heapify, heappop, heappush
from typing import NamedTuple

from caller.engine.state import UNKNOWN_MINUTES, HallState, Pace
from caller.engine.turns import MINUTE, Lane, Place, bound_lane, first_for

PRIOR_WEIGHT = 5.0  # calls; a queue is believed over its config after an hour or so
HORIZON_STEPS = 5000  # calls run forward at most; a village PC does this in a few ms
RESIDUAL_FLOOR = 0.35  # of the mean: a service that has outlasted its mean still takes a while
BAND_STEP = 5  # minutes; people are told 10–15, never 12
_LAST = 1 << 40  # serial of a marker: behind everyone of its promise


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


class _Seat(NamedTuple):
    """A window in the run: when it is free next, and what it serves."""

    free: int
    window: str


def pace(hall: HallState, queue: str, window: str) -> float:
    """Expected minutes a call of `queue` holds `window`."""
    paces = hall.state.paces
    prior = hall.queues[queue].service_minutes if queue in hall.queues else 6.0
    of_queue = _shrunk(paces.get(queue), prior)
    return _shrunk(paces.get(f"{queue}|{window}"), of_queue)


def _shrunk(pace: Pace | None, prior: float) -> float:
    if pace is None:
        return prior
    return (pace.minutes + PRIOR_WEIGHT * prior) / (pace.weight + PRIOR_WEIGHT)


def forecast(hall: HallState, now: int) -> Forecast:
    """Run the hall forward from `now`. Changes nothing.

    Each lane gets a marker at its end, a newcomer who takes no time: when a window calls it is when someone
    who joins now would be called.
    """
    lanes = {name: lane.awake() for name, lane in hall.lanes.items() if len(lane)}
    for queue in hall.queues:
        marker = Place(now + hall.target("ordinary", queue), _LAST, queue, "")
        lanes.setdefault(queue, Lane()).add(marker)
    seats = _seats(hall, now)
    calls: dict[str, list[tuple[int, int]]] = {}
    tails: dict[str, int] = {}
    holds: dict[tuple[str, str], int] = {}
    for _ in range(HORIZON_STEPS):
        if not seats:
            break
        at, name = heappop(seats)
        place = first_for(lanes, name, hall.state.windows[name].serves, at)
        if place is None:
            continue
        _leave(lanes, place, name)
        calls.setdefault(place.queue, []).append((place.promise, at))
        if not place.ticket:
            tails[place.queue] = at
            heappush(seats, _Seat(at, name))
            continue
        key = (place.queue, name)
        if key not in holds:
            holds[key] = round(pace(hall, *key) * MINUTE)
        heappush(seats, _Seat(at + holds[key], name))
    for row in calls.values():
        row.sort()
    return Forecast(now, calls, tails)


def _leave(lanes: dict[str, Lane], place: Place, window: str) -> None:
    own = lanes.get(bound_lane(window))
    (own if own and own.first(0) == place else lanes[place.queue]).remove(place)


def _seats(hall: HallState, now: int) -> list[_Seat]:
    """Open windows and when each is expected to be free."""
    seats: list[_Seat] = []
    for window in hall.state.windows.values():
        if window.state != "open":
            continue
        free = now
        if window.ticket:
            ticket = hall.state.tickets[window.ticket]
            mean = pace(hall, ticket.queue, window.id) * MINUTE
            free = now + round(max(mean - (now - ticket.called), RESIDUAL_FLOOR * mean))
        seats.append(_Seat(free, window.id))
    heapify(seats)
    return seats
