"""Test instrument: many business days of a large hall in a real log, written as events, without the engine."""

import random
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

from caller.engine import events as ev
from caller.engine.commands import StopTickets
from caller.engine.envelope import CommandEnvelope
from caller.eventlog import LOG_NAME, Batch
from config.instants import HOUR, MINUTE, SECOND, instant
from tests.instruments.event_logs import Diary

ZONE = "Asia/Shanghai"
FIRST_DAY = date(2026, 1, 1)
WINDOWS, QUEUES, ITEMS = 40, 10, 80
CLASSES = ("ordinary", "ordinary", "ordinary", "elderly", "green")
OUTCOMES = ("done", "accepted", "incomplete", "advice")
Step = tuple[int, ev.AnyEvent]


def write_days(data: Path, days: int, visits: int, seed: int = 1) -> None:
    """Write so many business days of so many visits each; every day is one commit."""
    data.mkdir(exist_ok=True)
    chance = random.Random(seed)
    diary = Diary(data / LOG_NAME)
    envelope = CommandEnvelope("large", StopTickets())
    for number in range(days):
        batch = Batch()
        for at, event in _day((FIRST_DAY + timedelta(days=number)).isoformat(), visits, chance):
            diary.log.extend(envelope, at, [event], batch.rows)
        assert diary.write(batch) is None
    diary.log.close()


def _day(label: str, visits: int, chance: random.Random) -> Iterator[Step]:
    opens = instant(label, "08:00", ZONE)
    closes = opens + 10 * HOUR
    yield opens, ev.DayOpened(label, ZONE, stops_at=closes, closes_at=closes)
    yield opens, ev.DeviceReported("printer", "printer", chance.choice(["ready", "paper-out"]))
    windows = [str(number) for number in range(1, WINDOWS + 1)]
    yield from ((opens, ev.WindowOpened(window, f"clerk-{window}", {})) for window in windows)
    steps = [step for number in range(visits) for step in _visit(label, number, opens, visits, chance)]
    yield from sorted(steps, key=lambda step: step[0])
    end = max([closes, *(at for at, _ in steps)])
    yield from ((end, ev.WindowClosed(window)) for window in windows)
    yield end, ev.DayClosed(label)


def _visit(label: str, number: int, opens: int, visits: int, chance: random.Random) -> list[Step]:
    """One visit: a wait and a service of minutes, sometimes a no-show, a rating, a slip that fails."""
    ticket, item = f"{label}-{number}", chance.randrange(ITEMS)
    window = chance.randrange(1, WINDOWS + 1)
    came = opens + round(9 * HOUR * number / visits)
    wait = round(chance.expovariate(1 / 12) * MINUTE)
    called = came + wait
    issued = ev.TicketIssued(
        ticket=ticket, number=f"A{number:04}", serial=number, queue=chr(65 + item % QUEUES),
        priority=chance.choice(CLASSES), origin=came, promise=came, items=[f"i{item}"], low=0, high=20, expected=600,
    )  # fmt: skip
    clerk = f"clerk-{window}"
    steps: list[Step] = [
        (came, issued),
        (came + SECOND, ev.SlipReported(ticket, "printed" if chance.random() < 0.99 else "failed")),
        (called, ev.TicketCalled(ticket, str(window), clerk)),
    ]
    if chance.random() < 0.05:
        gone = called + 2 * MINUTE
        return [
            *steps,
            (gone, ev.TicketMissed(ticket, str(window))),
            (gone + MINUTE, ev.TicketExpired(ticket)),
        ]
    started = called + 20 * SECOND
    finished = started + round(chance.lognormvariate(1.6, 0.7) * MINUTE)
    steps += [
        (started, ev.ServiceStarted(ticket, str(window))),
        (finished, ev.ServiceFinished(ticket, str(window), chance.choice(OUTCOMES))),
    ]
    if chance.random() < 0.3:
        rated = ev.ServiceRated(ticket, str(window), clerk, chance.choice([5, 5, 5, 4, 3, 2, 1]), "evaluator")
        steps.append((finished + 10 * SECOND, rated))
    return steps
