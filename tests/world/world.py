"""Lives days in a hall by one seed: people, faults, and the checks at the end of each day."""

import random
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path

from caller import views
from caller.engine import commands as cmd
from caller.engine.envelope import AnyCommand, CommandEnvelope
from caller.eventlog.chain import Record
from config.instants import instant
from tests.instruments.hall_image import image
from tests.world import checks
from tests.world.people import SETTINGS, deed
from tests.world.shell import Shell

SECOND = 1_000_000
YEAR = 365 * 24 * 3600
JUMPS = (1, 60, 3600, 24 * 3600, YEAR, 10 * YEAR)  # seconds, either way
DRAIN_ROUNDS = 400  # a hall of a hundred people is empty long before


@dataclass
class Figures:
    """What a world went through."""

    days: int = 0
    commands: int = 0
    events: int = 0
    faults: dict[str, int] = field(default_factory=dict)
    called: int = 0
    wrong: list[str] = field(default_factory=list)

    def fault(self, name: str) -> None:
        self.faults[name] = self.faults.get(name, 0) + 1


class World:
    """One hall, one seed."""

    def __init__(self, seed: int, folder: Path) -> None:
        self.seed = seed
        self.dice = random.Random(seed)
        self.shell = Shell(SETTINGS, folder)
        self.figures = Figures()
        self.now = instant("2026-09-21", "09:00", SETTINGS.hall.zone)
        self.date = date(2026, 9, 21)
        self._ids = 0
        self._retries: list[CommandEnvelope] = []
        self._lost: set[str] = set()

    # --- one day

    def day(self, steps: int) -> None:
        """Open, live, drain, close, check."""
        self.figures.days += 1
        self.date += timedelta(days=self.dice.choice((1, 1, 1, 3)))
        self.now = max(self.now, instant(self.date.isoformat(), "08:55", SETTINGS.hall.zone))
        self._insist(cmd.OpenDay(self.date.isoformat()))
        for window in SETTINGS.windows:
            self._send([self._order(cmd.OpenWindow(window.id, f"clerk-{window.id}"))])
        for _ in range(steps):
            self._step()
        self.shell.fill_disk(False)
        self._drain()
        self._insist(cmd.CloseDay(expire=True))
        self._check()

    def _step(self) -> None:
        self.now += self.dice.randrange(1, 90 * SECOND)
        self._maybe_fault()
        hall = self.shell.memory.hall
        orders = [
            self._order(command)
            for _ in range(self.dice.choice((1, 1, 1, 2, 4)))
            if (command := deed(hall, self.dice))
        ]
        if self._retries and self.dice.random() < 0.7:
            orders.append(self._retries.pop(self.dice.randrange(len(self._retries))))
        if self.dice.random() < 0.1:
            orders.append(self.dice.choice(orders))
            self.figures.fault("repeated")
        self._send(orders)

    def _maybe_fault(self) -> None:
        throw = self.dice.random()
        if throw < 0.02:
            self.shell.restart()
            self.figures.fault("restart")
        elif throw < 0.03:
            self.now += self.dice.choice((-1, 1)) * self.dice.choice(JUMPS) * SECOND
            self.now = max(self.now, SECOND)
            self.figures.fault("clock jump")
        elif throw < 0.05:
            self.shell.fill_disk(True)
            self.figures.fault("disk full")
        elif throw < 0.12:
            self.shell.fill_disk(False)

    # --- sending

    def _order(self, command: AnyCommand) -> CommandEnvelope:
        self._ids += 1
        role = self.dice.choice(("manager", "window", "guide"))
        return CommandEnvelope(f"w{self.seed}-{self._ids:06d}", command, role, "s1")

    def _send(self, orders: list[CommandEnvelope]) -> None:
        self.figures.commands += len(orders)
        self._lost = {order.id for order in orders if self.dice.random() < 0.06}
        for order in orders:
            if order.id in self._lost:
                self._retries.append(order)
                self.figures.fault("lost answer")
        checkpoint = self.dice.random() < 0.01
        self.shell.deliver(orders, self.now, lambda order: order.id in self._lost, checkpoint)

    def _insist(self, command: AnyCommand) -> None:
        """Someone with patience: the same command until it is answered with done."""
        order = self._order(command)
        self.shell.fill_disk(False)
        self.shell.deliver([order], self.now, lambda _: False, False)
        self.figures.commands += 1
        answer = self.shell.answers[-1][2]
        assert type(answer).__name__ == "Done", f"seed {self.seed}: {answer}"

    def _drain(self) -> None:
        """Whoever is at a window is finished; the rest expire when the day closes."""
        for _ in range(DRAIN_ROUNDS):
            hall = self.shell.memory.hall
            busy = [window for window in hall.state.windows.values() if window.ticket]
            if not busy:
                return
            for window in busy:
                self.now += SECOND
                self._send([self._order(cmd.FinishService(window.id, window.version))])

    # --- the end of a day

    def records(self) -> list[Record]:
        return list(self.shell.log.recover(full=True).records)

    def _check(self) -> None:
        records = self.records()
        model = checks.read(records)
        wrong = [*model.wrong, *checks.answered(self.shell.answers, records)]
        live, folded = self.shell.memory.hall, self.shell.fold().hall
        if image(live) != image(folded):
            wrong.append("the hall is not the fold of its log")
        for topic in ("board", "kiosk", "supervise", "window/2"):
            if views.build(live, topic, self.now) != views.build(folded, topic, self.now):
                wrong.append(f"the view {topic} is not the fold of the log")
        self.figures.events, self.figures.called = len(records), model.called
        self.figures.faults["failed commit"] = self.shell.failed_commits
        self.figures.wrong = [f"seed {self.seed} day {self.figures.days}: {words}" for words in wrong]


def live(seed: int, days: int, folder: Path, steps: int = 90) -> World:
    """A world that has lived; stops at the first day on which something was wrong."""
    world = World(seed, folder)
    try:
        for _ in range(days):
            world.day(steps)
            if world.figures.wrong:
                break
    finally:
        world.shell.close()
    return world


def total(worlds: list[Figures]) -> str:
    """One line of figures."""
    faults: dict[str, int] = {}
    for figures in worlds:
        for name, times in figures.faults.items():
            faults[name] = faults.get(name, 0) + times
    wrong = [words for figures in worlds for words in figures.wrong]

    def count(*needles: str) -> int:
        return sum(any(needle in words for needle in needles) for words in wrong)

    told = ", ".join(f"{times} {name}" for name, times in sorted(faults.items()))
    return (
        f"{sum(f.days for f in worlds)} hall days, {sum(f.commands for f in worlds)} commands, "
        f"{sum(f.events for f in worlds)} events, {sum(f.called for f in worlds)} calls, "
        f"{sum(faults.values())} faults ({told}): {count('not in the log')} lost, "
        f"{count('given twice')} duplicate numbers, {count('called with', 'called while')} double calls, "
        f"{count('out of turn')} order breaks, {len(wrong)} wrong in all"
    )
