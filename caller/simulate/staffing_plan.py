"""Which windows are open in which half hour: a staffing plan, and how to draft one from the work that comes.

A draft takes the work each queue brings in a half hour, times a slack, and opens windows until it is covered:
first those that take most of what is left, and rather one that is open already than a new one. Opening a
window is moving a person, so the fewest changes are also worth something.
"""

from collections.abc import Iterable
from typing import NamedTuple

from caller.simulate.random_outcomes import NO_SHOW_MINUTES, ServiceDurations
from caller.simulate.run import WindowChange
from caller.simulate.scenario import Scenario
from caller.simulate.visitors import VisitOutcome
from config.instants import MINUTE
from config.settings import Settings, Window

SLOT_MINUTES = 30
STAYING = 0.3  # of a window: what it is worth not to close one and open another
UNCOVERED = 0.02  # of a window, 36 s of work in half an hour: not worth opening one

StaffingPlan = tuple[frozenset[str], ...]
WorkBySlot = list[dict[str, float]]  # per half hour: minutes of work by queue


class WindowCapacity(NamedTuple):
    """A window and what it can take: share of its time by queue (a reluctant helper counts half)."""

    window: str
    queues: dict[str, float]


def slots(hours: float) -> int:
    """Return the number of half hours of a day; the last may be shorter."""
    return max(1, -int(-hours * 60 // SLOT_MINUTES))


def full(settings: Settings, hours: float) -> StaffingPlan:
    """Return the plan with every window that serves a queue, all day."""
    all_windows = frozenset(each.window for each in capacities(settings))
    return (all_windows,) * slots(hours)


def capacities(settings: Settings) -> list[WindowCapacity]:
    """Return the windows that serve a queue, and what they can take."""
    found = [WindowCapacity(window.id, _takes(window)) for window in settings.windows]
    return [each for each in found if each.queues]


def _takes(window: Window) -> dict[str, float]:
    own = 0.5 if window.kind == "floating" else 1.0
    return dict.fromkeys(window.helps, 0.5) | dict.fromkeys(window.queues, own)


def changes(plan: StaffingPlan) -> list[WindowChange]:
    """Return the plan as windows opening and closing; a window open in the last half hour stays until all have gone."""
    found: list[WindowChange] = []
    before: frozenset[str] = frozenset()
    for index, now in enumerate(plan):
        minute = float(index * SLOT_MINUTES)
        found += [WindowChange(minute, window, "opens") for window in sorted(now - before)]
        found += [WindowChange(minute, window, "closes") for window in sorted(before - now)]
        before = now
    return found


def size(plan: StaffingPlan) -> int:
    """Return the window half-hours: what the plan costs."""
    return sum(len(each) for each in plan)


def work(outcomes: Iterable[VisitOutcome], scenario: Scenario, settings: Settings) -> WorkBySlot:
    """Return the mean minutes of work that come in each half hour, by queue."""
    times, days = ServiceDurations(scenario.service, settings), 0
    found: WorkBySlot = [{} for _ in range(slots(scenario.hours))]
    absent = scenario.behaviour.no_show
    for outcome in outcomes:
        days += 1
        for visit in outcome.visits:
            index = min(len(found) - 1, (visit.came - outcome.start) // (SLOT_MINUTES * MINUTE))
            minutes = times.row(visit.queue, "").mean_minutes * (1 + scenario.behaviour.transfer)
            held = minutes * (1 - absent) + NO_SHOW_MINUTES * absent
            found[index][visit.queue] = found[index].get(visit.queue, 0.0) + held
    return [{queue: minutes / days for queue, minutes in slot.items()} for slot in found]


def draft(load: WorkBySlot, slack: float, windows: list[WindowCapacity]) -> StaffingPlan:
    """Return the windows that the work needs, times `slack`."""
    plan: list[frozenset[str]] = []
    before: frozenset[str] = frozenset()
    for slot in load:
        need = {queue: minutes * slack / SLOT_MINUTES for queue, minutes in slot.items()}
        before = _windows_for(need, windows, before)
        plan.append(before)
    return tuple(plan)


def _windows_for(
    need: dict[str, float], windows: list[WindowCapacity], before: frozenset[str]
) -> frozenset[str]:
    chosen: set[str] = set()
    left = dict(need)
    while len(chosen) < len(windows):
        ranked = [
            (_gain(each, left), each.window in before, each) for each in windows if each.window not in chosen
        ]
        gain, _, best = max(ranked, key=lambda row: row[0] + STAYING * row[1] * (row[0] > UNCOVERED))
        if gain <= UNCOVERED:
            break
        chosen.add(best.window)
        _take(best, left)
    return frozenset(chosen)


def _gain(window: WindowCapacity, left: dict[str, float]) -> float:
    return min(1.0, sum(min(left.get(queue, 0.0), 1.0) * share for queue, share in window.queues.items()))


def _take(window: WindowCapacity, left: dict[str, float]) -> None:
    """Spend a window's time on the queues with most work left."""
    room = 1.0
    for queue in sorted(window.queues, key=lambda name: (-left.get(name, 0.0) * window.queues[name], name)):
        taken = min(room * window.queues[queue], left.get(queue, 0.0))
        if taken > 0:
            left[queue] -= taken
            room -= taken / window.queues[queue]
