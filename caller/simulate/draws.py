"""A seed turned into arrivals and service times. Each stream draws from its own generator, so that a what-if
that changes the windows meets the very same people with the very same business.
"""

import math
import random
from collections.abc import Callable, Iterator
from statistics import NormalDist
from typing import NamedTuple

from caller.simulate.scenario import Arrivals, Scenario, Service

LUCK = 6  # uniform draws a person carries: two services, no-show, return, transfer, where to


class Visitor(NamedTuple):
    """One applicant: when they come (minutes after opening), what for, and the luck they carry.

    What happens to a person is drawn with the person, whatever happens to others.
    """

    minute: float
    queue: str
    item: str
    priority: str
    luck: tuple[float, ...]


def arrivals(scenario: Scenario, seed: int) -> list[Visitor]:
    """Everybody of a day, in order of coming."""
    people: list[Visitor] = []
    for index, row in enumerate(scenario.arrivals):
        stream = random.Random(f"{seed}|arrivals|{index}")
        fate = random.Random(f"{seed}|people|{index}").random
        for minute in _minutes(row, scenario, stream):
            luck = tuple(fate() for _ in range(LUCK))
            people.append(Visitor(minute, row.queue, row.item, row.priority, luck))
    people.sort(key=lambda person: person.minute)
    return people


def _minutes(row: Arrivals, scenario: Scenario, stream: random.Random) -> Iterator[float]:
    end = scenario.hours * 60
    if row.distribution == "trace":
        yield from (minute for minute in scenario.traces[row.file] if minute < end)
        return
    gap = gaps(row, stream)
    at = gap()
    while at < end:
        yield at
        at += gap()


def gaps(row: Arrivals, stream: random.Random) -> Callable[[], float]:
    """Times between arrivals in minutes."""
    mean = 60.0 / row.per_hour
    if row.distribution == "deterministic":
        return lambda: mean
    if row.distribution == "poisson" or row.cv2 <= 1:
        return lambda: stream.expovariate(1 / mean)
    # two phases with balanced means (Whitt 1982): mean 1, squared coefficient of variation cv2
    share = (1 + math.sqrt((row.cv2 - 1) / (row.cv2 + 1))) / 2

    def hyperexponential() -> float:
        phase = share if stream.random() < share else 1 - share
        return stream.expovariate(2 * phase / mean)

    return hyperexponential


class Times:
    """Service minutes by queue and window: the most special row that fits, the hall's prior otherwise."""

    def __init__(self, rows: list[Service], priors: dict[str, float]) -> None:
        self._rows = {(row.queue, row.window): row for row in rows}
        self._priors = priors

    def row(self, queue: str, window: str) -> Service:
        for key in ((queue, window), (queue, ""), ("", window), ("", "")):
            if key in self._rows:
                return self._rows[key]
        return Service(mean_minutes=self._priors[queue], queue=queue)

    def minutes(self, queue: str, window: str, luck: float) -> float:
        """The time of a service by inverse transform of a uniform draw."""
        row = self.row(queue, window)
        if row.distribution == "deterministic":
            return row.mean_minutes
        if row.distribution == "exponential":
            return -row.mean_minutes * math.log1p(-luck)
        sigma2 = math.log(1 + row.cv2)
        normal = _normal(min(max(luck, 1e-12), 1 - 1e-12))
        return row.mean_minutes * math.exp(normal * math.sqrt(sigma2) - sigma2 / 2)


_normal = NormalDist().inv_cdf
