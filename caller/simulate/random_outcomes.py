"""A seed turned into visitors: when they come, and the random outcomes they carry through the hall.

Each stream draws from its own generators, and what happens to a visitor is drawn with the visitor: so a
what-if that changes the windows meets the very same people with the very same business.
"""

import math
import random
from collections.abc import Callable, Iterator, Sequence
from statistics import NormalDist
from typing import NamedTuple, Protocol

from caller.simulate.scenario import Arrivals, Behaviour, Peak, Scenario, Service
from config.settings import Settings

DRAWS = 6  # uniform draws a person carries: two services, no-show, return, transfer, where to
NO_SHOW_MINUTES = 1.5  # three recalls at half a minute
RETURN_MINUTES = 8.0  # after a missed call


class ServiceStep(NamedTuple):
    """One stay at a window, from the call until the window is free again, and how it ends. Durations in minutes."""

    minutes: float
    end: str = "served"  # served | missed | sent | held
    queue: str = ""  # sent: to this queue
    window: str = ""  # sent: to this window
    come_back: bool = False
    away: float = -1.0  # missed or held: back after so many minutes; -1: never
    rest: float = 0.0  # the clerk's pause before the next call


class RandomOutcomes(Protocol):
    """What happens to a visitor at each call, whatever happens to others."""

    def step(self, nth: int, queue: str, window: str, other_queues: Callable[[], list[str]]) -> ServiceStep:
        """Return the step of the `nth` call (from 0), for `queue` at `window`; `other_queues`: where a transfer can go."""
        ...


class Visitor(NamedTuple):
    """One applicant: when they come (minutes after opening) and what for."""

    minute: float
    queue: str
    items: tuple[str, ...]
    priority: str
    outcomes: RandomOutcomes
    patience: float = 0.0  # minutes until they leave uncalled; 0: they wait
    early: float = 0.0  # minutes before their origin (an appointment)
    appointment: str = ""
    window: str = ""  # bound to this window
    postponed: tuple[tuple[float, int], ...] = ()  # (minutes after coming, for how many)
    number: str = ""  # of the recorded ticket


class ServiceDurations:
    """Service minutes by queue and window: the most special row that fits, the hall's prior otherwise."""

    def __init__(self, rows: Sequence[Service], settings: Settings) -> None:
        self._rows = {(row.queue, row.window): row for row in rows}
        self._priors = {queue.id: queue.service_minutes for queue in settings.queues}

    def row(self, queue: str, window: str) -> Service:
        for key in ((queue, window), (queue, ""), ("", window), ("", "")):
            if key in self._rows:
                return self._rows[key]
        return Service(mean_minutes=self._priors[queue], queue=queue)

    def minutes(self, queue: str, window: str, draw: float) -> float:
        """Return the minutes of a service by inverse transform of a uniform draw."""
        row = self.row(queue, window)
        if row.distribution == "deterministic":
            return row.mean_minutes
        if row.distribution == "exponential":
            return -row.mean_minutes * math.log1p(-draw)
        sigma2 = math.log(1 + row.cv2)
        normal = _normal(min(max(draw, 1e-12), 1 - 1e-12))
        return row.mean_minutes * math.exp(normal * math.sqrt(sigma2) - sigma2 / 2)


_normal = NormalDist().inv_cdf


class SeededOutcomes:
    """The outcomes of a visitor of a scenario: uniform draws, turned into steps as calls come."""

    __slots__ = ("_behaviour", "_draws", "_missed", "_times")

    def __init__(self, draws: tuple[float, ...], times: ServiceDurations, behaviour: Behaviour) -> None:
        self._draws = draws
        self._times = times
        self._behaviour = behaviour
        self._missed = draws[2] < behaviour.no_show

    def step(self, nth: int, queue: str, window: str, other_queues: Callable[[], list[str]]) -> ServiceStep:
        if self._missed and not nth:
            back = self._draws[3] < self._behaviour.return_after_no_show
            return ServiceStep(NO_SHOW_MINUTES, "missed", away=RETURN_MINUTES if back else -1.0)
        service = nth - self._missed
        draw = self._draws[1] * service % 1.0 if service else self._draws[0]
        minutes = self._times.minutes(queue, window, draw)
        if not service and self._draws[4] < self._behaviour.transfer:
            choices = other_queues()
            if choices:
                return ServiceStep(minutes, "sent", choices[int(self._draws[5] * len(choices))])
        return ServiceStep(minutes)


def arrivals(scenario: Scenario, settings: Settings, seed: int) -> list[Visitor]:
    """Return all visitors of a day, in order of arrival."""
    people: list[Visitor] = []
    times, behaviour = ServiceDurations(scenario.service, settings), scenario.behaviour
    for index, row in enumerate(scenario.arrivals):
        stream = random.Random(f"{seed}|arrivals|{index}")
        draw = random.Random(f"{seed}|people|{index}").random
        items = (row.item,) if row.item else ()
        for minute in _minutes(row, scenario, stream):
            outcomes = SeededOutcomes(tuple(draw() for _ in range(DRAWS)), times, behaviour)
            people.append(
                Visitor(minute, row.queue, items, row.priority, outcomes, behaviour.abandon_after_minutes)
            )
    people.sort(key=lambda person: person.minute)
    return people


def _minutes(row: Arrivals, scenario: Scenario, stream: random.Random) -> Iterator[float]:
    end = scenario.hours * 60
    if row.distribution == "trace":
        yield from (minute for minute in scenario.traces[row.file] if minute < end)
        return
    gap, clock = gaps(row, stream), _clock(scenario.peak, end)
    at = gap()
    while (minute := clock(at)) < end:
        yield minute
        at += gap()


def gaps(row: Arrivals, stream: random.Random) -> Callable[[], float]:
    """Return a generator of the minutes between two arrivals."""
    mean = 60.0 / row.per_hour
    if row.distribution == "deterministic":
        return lambda: mean
    if row.distribution == "poisson":
        return lambda: stream.expovariate(1 / mean)
    # two phases with balanced means (Whitt 1982): mean 1, squared coefficient of variation cv2
    share = (1 + math.sqrt((row.cv2 - 1) / (row.cv2 + 1))) / 2

    def hyperexponential() -> float:
        phase = share if stream.random() < share else 1 - share
        return stream.expovariate(2 * phase / mean)

    return hyperexponential


def _clock(peaks: list[Peak], end: float) -> Callable[[float], float]:
    """Return the change of time that makes a stream of constant rate one with peaks.

    Arrivals are drawn in a time of constant rate and mapped to minutes of the day: where the rate is doubled, the same
    span takes half the minutes.
    """
    if not peaks:
        return lambda scaled: scaled
    parts: list[tuple[float, float, float]] = []  # (minute, constant-rate time until then, and per minute)
    minute = scaled = 0.0
    for start, stop, times in _parts(peaks, end):
        parts.append((start, scaled, times))
        scaled += (stop - start) * times
        minute = stop
    parts.append((minute, scaled, 1.0))

    def clock(scaled_minute: float) -> float:
        start, before, times = next(part for part in reversed(parts) if part[1] <= scaled_minute and part[2])
        return start + (scaled_minute - before) / times

    return clock


def _parts(peaks: list[Peak], end: float) -> Iterator[tuple[float, float, float]]:
    at = 0.0
    for peak in peaks:
        if peak.from_hour * 60 > at:
            yield at, peak.from_hour * 60, 1.0
        yield peak.from_hour * 60, peak.to_hour * 60, peak.times
        at = peak.to_hour * 60
    if at < end:
        yield at, end, 1.0
