"""Test instruments: small halls, days written by hand, and a day whose events are kept."""

from collections.abc import Callable
from typing import Any

from caller.engine import events as ev
from caller.simulate.random_outcomes import ServiceStep, Visitor
from caller.simulate.run import SimulatedDay, WindowChange, WindowOpening, opening
from caller.simulate.scenario import Scenario, parse
from config.instants import MINUTE
from config.settings import PriorityClass, Queue, Settings, Window
from tests.instruments.engine_fixture import DAY, settings

START = 1_790_000_000 * 1_000_000  # an instant in 2026, µs
NOWHERE: list[str] = []


def hall(servers: int, *targets: float) -> Settings:
    """One queue A, so many windows; class ordinary has the first target, elderly the second, green the third."""
    names = ("ordinary", "elderly", "green")
    classes = tuple(
        PriorityClass(name, name, target) for name, target in zip(names, targets or (45.0,), strict=False)
    )
    windows = tuple(Window(str(index), str(index), ["A"]) for index in range(1, servers + 1))
    return settings(classes=classes, queues=(Queue("A", "甲", "A"),), windows=windows, items=())


def scenario(settings_: Settings, **tables: Any) -> Scenario:
    """A scenario as TOML would give it."""
    from pathlib import Path

    return parse(tables, settings_, Path())


class Fixed:
    """Outcomes written by hand."""

    def __init__(self, *steps: ServiceStep) -> None:
        self.steps = steps

    def step(self, nth: int, queue: str, window: str, other_queues: Callable[[], list[str]]) -> ServiceStep:
        return self.steps[nth]


def person(minute: float, minutes: float, priority: str = "ordinary", queue: str = "A") -> Visitor:
    return Visitor(minute, queue, (), priority, Fixed(ServiceStep(minutes)))


def waits(settings_: Settings, people: list[Visitor], **more: Any) -> list[float]:
    """Minutes each waited, in order of coming; every window open."""
    plan = [WindowChange(0.0, window.id) for window in settings_.windows]
    outcome = SimulatedDay(
        settings_, WindowOpening(START, 20.0, DAY), people, plan, quote=False, **more
    ).run()
    return [round(visit.waited, 6) for visit in outcome.visits]


class Kept(SimulatedDay):
    """A day that keeps its events, as a log would."""

    def __init__(self, *given: Any, **named: Any) -> None:
        self.kept: list[tuple[int, list[ev.AnyEvent]]] = []
        super().__init__(*given, **named)

    def _apply(self, events: list[ev.AnyEvent]) -> None:
        super()._apply(events)
        self.kept.append((self.now, events))


def start(settings_: Settings, found: Scenario) -> WindowOpening:
    return opening(settings_, found)


def micros(minutes: float) -> int:
    return START + round(minutes * MINUTE)
