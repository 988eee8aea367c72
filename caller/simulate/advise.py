"""How many windows to open, half hour by half hour, so that a target is met: a search over simulated days.

1. All windows open: if even that misses the target, say so.
2. Draft plans from the work that comes, with more or less slack, and find the least slack that meets the
   target on every one of a few search days (the same days for every plan, so that luck does not choose).
3. Take windows out block by block while the target is still met on those days.
4. Run days the search has never seen. The share that meet the target, with its interval, is how sure the
   advice is; if it is less than wished, loosen and run further unseen days.

The search is greedy: it finds a good plan, and says how far it is from what no plan can go below.
"""

import math
import re
from collections.abc import Callable
from typing import NamedTuple

from caller.simulate import staffing_plan
from caller.simulate.figures import percentile
from caller.simulate.random_outcomes import Visitor, arrivals
from caller.simulate.run import SimulatedDay, opening
from caller.simulate.scenario import Scenario
from caller.simulate.staffing_plan import SLOT_MINUTES, StaffingPlan
from caller.simulate.visitors import VisitOutcome
from config.settings import Settings

SEARCH_DAYS = 3  # every plan is tried on so many days, fewer if one misses
SLACK_FROM, SLACK_TO = 0.7, 4.0  # windows' time over the work that comes
HALVINGS = 5  # of the slack: to a tenth of a window in ten
TRIALS_MAX = 18  # blocks taken out one after another
BLOCKS = (4, 2)  # half hours taken out at a time
ROUNDS_MAX = 4  # of unseen days, each with a looser plan
LOOSEN = 1.08  # how much looser
Z95 = 1.96  # of a 95 % interval

_FORM = re.compile(
    r"\s*(mean|p50|p90|p99|max)\s*(?:<=|<|≤)\s*(\d+(?:\.\d+)?)\s*(?:min|minutes|分钟)?\s*", re.I
)


class Target(NamedTuple):
    """A wait that is not to be exceeded, minutes."""

    figure: str
    minutes: float

    def met(self, outcome: VisitOutcome) -> bool:
        """Return whether all visitors of this day meet it; one never called waited for ever."""
        return self.value(outcome) <= self.minutes

    def value(self, outcome: VisitOutcome) -> float:
        waits = sorted(v.waited if v.called >= 0 else math.inf for v in outcome.visits if v.warm)
        if not waits:
            return 0.0
        if self.figure == "mean":
            return math.fsum(waits) / len(waits)
        return waits[-1] if self.figure == "max" else percentile(waits, int(self.figure[1:]))


class BadTarget(Exception):
    """A target that cannot be read. The text is Chinese and English."""


def target(text: str) -> Target:
    """Return the target of a text such as `p90 <= 15`. Raises `BadTarget`."""
    match = _FORM.fullmatch(text)
    if not match:
        raise BadTarget(
            f"目标“{text}”看不懂，写成 p90 <= 15（mean、p50、p90、p99、max）/ write it like p90 <= 15"
        )
    return Target(match[1].lower(), float(match[2]))


class Advice(NamedTuple):
    """A plan, how it did on days the search had not seen, and what it was compared with."""

    plan: StaffingPlan
    days: int
    met: int
    interval: tuple[float, float]
    figures: list[float]  # the target's figure on each of those days
    full_met: bool  # whether all windows all day meet it on the search days
    least: float  # window half-hours of work: no plan can be smaller and serve all
    runs: int


class Search:
    """Runs plans on days; each day's visitors are drawn once."""

    def __init__(self, settings: Settings, scenario: Scenario, goal: Target, seed: int) -> None:
        self._settings, self._scenario, self._goal, self._seed = settings, scenario, goal, seed
        self._people: dict[int, list[Visitor]] = {}
        self._order = list(range(SEARCH_DAYS))
        self.runs = 0

    def run(self, plan: StaffingPlan, day: int) -> VisitOutcome:
        """Run one day under a plan. Search days are 0, 1, …; the others are seen once."""
        self.runs += 1
        people = self._people.get(day)
        if people is None:
            people = arrivals(self._scenario, self._settings, self._seed * 1_000_003 + day)
            if day < SEARCH_DAYS:
                self._people[day] = people
        start = opening(self._settings, self._scenario)
        return SimulatedDay(self._settings, start, people, staffing_plan.changes(plan), quote=False).run()

    def meets(self, plan: StaffingPlan) -> bool:
        """Return whether a plan meets the target on every search day."""
        return all(self._goal.met(self.run(plan, day)) for day in self._order)

    def hardest_first(self, outcomes: list[VisitOutcome]) -> None:
        """Try the search days in this order: a plan that misses then misses at once."""
        self._order.sort(key=lambda day: -self._goal.value(outcomes[day]))


def advise(
    settings: Settings, scenario: Scenario, goal: Target, seed: int, days: int, sure: float,
    note: Callable[[str], None] = lambda _: None,
) -> Advice:  # fmt: skip
    """Return the smallest plan found, tried on `days` unseen days."""
    search = Search(settings, scenario, goal, seed)
    all_windows = staffing_plan.full(settings, scenario.hours)
    outcomes = [search.run(all_windows, day) for day in range(SEARCH_DAYS)]
    load = staffing_plan.work(outcomes, scenario, settings)
    least = sum(sum(slot.values()) for slot in load) / SLOT_MINUTES
    if not all(goal.met(outcome) for outcome in outcomes):
        values = [goal.value(outcome) for outcome in outcomes]
        met = sum(value <= goal.minutes for value in values)
        return Advice(
            all_windows, len(values), met, wilson(met, len(values)), values, False, least, search.runs
        )
    search.hardest_first(outcomes)
    windows = staffing_plan.capacities(settings)
    slack, plan = _least_slack(search, lambda slack: staffing_plan.draft(load, slack, windows), all_windows)
    note(f"余量 slack {slack:.2f}: {staffing_plan.size(plan)}")
    plan = _thin(search, plan)
    note(f"削减后 thinned: {staffing_plan.size(plan)}")
    for again in range(ROUNDS_MAX):
        values = [goal.value(search.run(plan, SEARCH_DAYS + again * days + day)) for day in range(days)]
        met = sum(value <= goal.minutes for value in values)
        note(f"新的 {days} 天里达标 met on unseen days: {met}/{days}, {staffing_plan.size(plan)}")
        if met >= sure * days or again == ROUNDS_MAX - 1:
            break
        slack *= LOOSEN
        plan = _join(plan, staffing_plan.draft(load, slack, windows))
    return Advice(plan, days, met, wilson(met, days), values, True, least, search.runs)  # pyright: ignore[reportPossiblyUnboundVariable]


def _least_slack(
    search: Search, draft: Callable[[float], StaffingPlan], all_windows: StaffingPlan
) -> tuple[float, StaffingPlan]:
    """Return the least slack whose draft meets the target, by halving; all windows if none does."""
    low, high = SLACK_FROM, SLACK_TO
    best = draft(high)
    if not search.meets(best):
        return high, all_windows
    for _ in range(HALVINGS):
        middle = math.sqrt(low * high)
        plan = draft(middle)
        if search.meets(plan):
            high, best = middle, plan
        else:
            low = middle
    return high, best


def _thin(search: Search, plan: StaffingPlan) -> StaffingPlan:
    """Take out blocks, the fullest half hours first, while the target is met."""
    trials = 0
    for length in BLOCKS:
        for start, window in _candidates(plan, length):
            if trials >= TRIALS_MAX:
                return plan
            thinner = _without(plan, window, start, length)
            if staffing_plan.size(thinner) == staffing_plan.size(plan):
                continue
            trials += 1
            if search.meets(thinner):
                plan = thinner
    return plan


def _candidates(plan: StaffingPlan, length: int) -> list[tuple[int, str]]:
    """Return the blocks in which a window is open throughout, spread over the day: the fullest block first."""
    starts = sorted(
        range(0, len(plan), length), key=lambda at: -sum(len(slot) for slot in plan[at : at + length])
    )
    rows = [(at, sorted(frozenset.intersection(*plan[at : at + length]), reverse=True)) for at in starts]
    most = max((len(windows) for _, windows in rows), default=0)
    return [(at, windows[nth]) for nth in range(most) for at, windows in rows if nth < len(windows)]


def _without(plan: StaffingPlan, window: str, start: int, length: int) -> StaffingPlan:
    return tuple(
        slot - {window} if start <= index < start + length else slot for index, slot in enumerate(plan)
    )


def _join(plan: StaffingPlan, other: StaffingPlan) -> StaffingPlan:
    return tuple(one | two for one, two in zip(plan, other, strict=True))


def wilson(met: int, days: int) -> tuple[float, float]:
    """Return the 95 % interval of a share (Wilson 1927): sensible also when all days meet it."""
    if not days:
        return 0.0, 1.0
    share, z2 = met / days, Z95 * Z95
    middle = (share + z2 / (2 * days)) / (1 + z2 / days)
    half = Z95 * math.sqrt(share * (1 - share) / days + z2 / (4 * days * days)) / (1 + z2 / days)
    return max(0.0, middle - half), min(1.0, middle + half)
