"""What a hall has measured of itself: how long calls hold a window, and how fast applicants arrive. PURE.

A hold is from the call until the window is free again, so that no-shows, recalls and the walk to the window are in it.
Means shrink to the settings' prior while data are few: a queue's mean counts `PRIOR_WEIGHT` imagined calls of the
configured length, a window's own mean as many of the queue's mean.
"""

import math
from statistics import NormalDist
from typing import Any, NamedTuple

from caller.engine.register import ServiceTimes
from caller.engine.state import HallState
from caller.engine.tickets import AT_WINDOW, Ticket
from config.instants import MINUTE, SECOND, Micros

PRIOR_WEIGHT = 5.0  # calls; a queue is believed over its config after an hour or so
PRIOR_SPREAD = 0.8  # squared coefficient of variation of service times, before any are measured
MEASURED_MICROS = MINUTE  # rates and holds hardly change within a minute
RATE_MINUTES = 60.0  # arrivals are counted over the last hour: shorter is noise, longer misses the peak
RATE_MINUTES_MIN = 20.0  # early in the day, the first two arrivals are not a rush
UNKNOWN_SERVICE = 6.0  # minutes, for a queue that is no longer in the config
SPREAD_MIN = 1e-3  # below it a time is as good as fixed
ENDED_MAX = 1 - 1e-9  # a hold that has outlasted all others still ends


class Hold(NamedTuple):
    """How long a call holds a window: mean minutes, and the squared coefficient of variation."""

    mean: float
    spread: float


def hold(hall: HallState, queue: str, window: str) -> Hold:
    """Return the measured hold of a queue at a window, shrunk to the queue's and the settings' while data are few."""
    service_times = hall.register.service_times
    prior = hall.queues[queue].service_minutes if queue in hall.queues else UNKNOWN_SERVICE
    of_queue = service_times.get(queue)
    mean = _shrunk(of_queue, prior)
    return Hold(_shrunk(service_times.get(f"{queue}|{window}"), mean), _spread(of_queue))


def _shrunk(times: ServiceTimes | None, prior: float) -> float:
    if times is None:
        return prior
    return (times.minutes + PRIOR_WEIGHT * prior) / (times.weight + PRIOR_WEIGHT)


def _spread(times: ServiceTimes | None) -> float:
    if times is None or times.weight <= 0 or times.minutes <= 0:
        return PRIOR_SPREAD
    measured = max(0.0, times.squares * times.weight / (times.minutes * times.minutes) - 1)
    return (measured * times.weight + PRIOR_SPREAD * PRIOR_WEIGHT) / (times.weight + PRIOR_WEIGHT)


_normal = NormalDist()


def residual(times: Hold, elapsed: float) -> float:
    """Return the minutes that half of the holds which have taken `elapsed` minutes will still take, at most."""
    variance = math.log1p(times.spread)
    sigma = math.sqrt(variance)
    if sigma < SPREAD_MIN:
        return max(0.0, times.mean - elapsed)
    middle = math.log(times.mean) - variance / 2
    ended = _normal.cdf((math.log(elapsed) - middle) / sigma) if elapsed > 0 else 0.0
    half = min((1 + ended) / 2, ENDED_MAX)
    return max(0.0, math.exp(middle + sigma * _normal.inv_cdf(half)) - elapsed)


class Measured:
    """What the hall has measured: rates of arrival and holds. Both change slowly, so a minute's are kept."""

    def __init__(self, hall: HallState, now: Micros) -> None:
        self.at = now
        self.rates = arrival_rates(hall, now)
        self._hall = hall
        self._holds: dict[tuple[str, str], Hold] = {}
        self.micros: dict[tuple[str, str], int] = {}  # mean holds, once asked for

    def hold(self, queue: str, window: str) -> Hold:
        """Return the hold of a queue at a window, computed once."""
        key = (queue, window)
        found = self._holds.get(key)
        if found is None:
            found = self._holds[key] = hold(self._hall, queue, window)
            self.micros[key] = round(found.mean * MINUTE)
        return found

    def mean(self, queue: str, window: str) -> int:
        """Return the mean hold in microseconds."""
        self.hold(queue, window)
        return self.micros[queue, window]

    def fresh(self, hall: HallState, now: Micros) -> bool:
        """Return whether this was measured in this hall within the last minute."""
        return self._hall is hall and 0 <= now - self.at < MEASURED_MICROS


def arrival_rates(hall: HallState, now: Micros) -> dict[tuple[str, str], float]:
    """Return arrivals per microsecond by queue and class, counted over the last hour of the day."""
    since = now - round(RATE_MINUTES * MINUTE)
    counts: dict[tuple[str, str], int] = {}
    for ticket in reversed(hall.state.tickets.values()):
        if ticket.issued < since:
            break
        key = (ticket.queue, ticket.priority)
        counts[key] = counts.get(key, 0) + 1
    span = min(RATE_MINUTES, max(RATE_MINUTES_MIN, (now - hall.state.day.opened) / MINUTE)) * MINUTE
    return {key: count / span for key, count in counts.items()}


def measure_call(hall: HallState, event: Any, at: Micros) -> None:
    """Fold into the register how long a call held the window that the event's ticket leaves now."""
    ticket = hall.state.tickets[event.ticket]
    if ticket.state in AT_WINDOW:
        hall.register.measure(ticket.queue, ticket.window, ticket.called, at)


def note_forecast(hall: HallState, ticket: Ticket, at: Micros) -> None:
    """Count, at a ticket's first call, how its quoted wait compares with the one that came true."""
    if ticket.expected < 0 or ticket.called:
        return
    accuracy, waited = hall.state.quote_accuracy, (at - ticket.issued) // SECOND
    accuracy.tickets += 1
    accuracy.error_seconds += abs(waited - ticket.expected)
    accuracy.within += ticket.low * 60 <= waited <= ticket.high * 60
