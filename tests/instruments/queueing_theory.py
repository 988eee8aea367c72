"""Queueing theory with exact answers, and the statistics to hold a simulation against them. Minutes."""

import math
from collections.abc import Sequence

T999 = {9: 4.781, 11: 4.437, 15: 4.073, 19: 3.883}  # Student's t, two-sided 99.9 %, by degrees of freedom


def erlang_c(servers: int, load: float) -> float:
    """The chance that an arrival of M/M/c must wait, `load` = arrival rate × mean service (Erlang 1917)."""
    blocked = 1.0
    for each in range(1, servers + 1):
        blocked = load * blocked / (each + load * blocked)
    return blocked / (1 - load / servers * (1 - blocked))


def mmc_wait(servers: int, per_minute: float, mean: float) -> float:
    """Mean wait of M/M/c, first come first served."""
    load = per_minute * mean
    return erlang_c(servers, load) * mean / (servers - load)


def priority_waits(servers: int, per_minute: Sequence[float], mean: float) -> list[float]:
    """Mean waits of M/M/c with non-preemptive priorities, the first class first (Cobham 1954)."""
    base = erlang_c(servers, sum(per_minute) * mean) * mean / servers
    waits: list[float] = []
    before = 0.0
    for rate in per_minute:
        after = before + rate * mean / servers
        waits.append(base / ((1 - before) * (1 - after)))
        before = after
    return waits


def interval(sample: Sequence[float]) -> tuple[float, float]:
    """The 99.9 % interval of the mean of independent replications."""
    count = len(sample)
    mean = math.fsum(sample) / count
    deviation = math.sqrt(math.fsum((each - mean) ** 2 for each in sample) / (count - 1))
    half = T999[count - 1] * deviation / math.sqrt(count)
    return mean - half, mean + half
