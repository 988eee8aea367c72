"""Test instruments: hall days made by the real engine and written to a real log, and a clock that may jump."""

import random
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from caller.engine import commands as cmd
from caller.engine import events as ev
from caller.engine.envelope import CommandEnvelope
from caller.engine.hall import Hall
from caller.engine.refusals import Refused
from caller.eventlog import LOG_NAME, Batch, Reader, Record
from caller.simulate.run import SimulatedDay
from tests.instruments import histories
from tests.instruments.engine_fixture import settings
from tests.instruments.event_logs import SITE, Diary

JUMPS = (0, 0, 0, 0, 0, 0, 0, 0, 0, -400_000_000)  # now and then the clock is set back some minutes
CHOICES = 16
RARE = (cmd.CloseDay, cmd.CloseWindow, cmd.StopTickets, cmd.PauseWindow)  # they end so much
RARE_SHARE = 0.05


class Written:
    """A log being written: orders go through the hall and what they gave goes to disk."""

    def __init__(self, data: Path, hall: Hall | None = None, site: str = SITE) -> None:
        data.mkdir(exist_ok=True)
        self.hall = hall or Hall(settings())
        self.told: dict[str, Any] = {}  # what the engine counted, day by day, just before it forgot
        self._diary = Diary(data / LOG_NAME, site)
        self._batch = Batch()

    def do(self, order: CommandEnvelope, now: int) -> None:
        """One order; refused ones leave no trace, as in the product."""
        try:
            events = self.hall.decide(order, now)
        except Refused:
            return
        for event in events:
            if isinstance(event, ev.DayClosed):
                self.note()
            self.hall.apply(event, now, self.hall.seq + 1)
        self.keep(order, now, events)

    def note(self) -> None:
        """Remember the engine's own counts of the day."""
        state = self.hall.state
        self.told[state.day.label] = (dict(state.counts), dict(state.ratings), state.quote_accuracy)

    def keep(self, order: CommandEnvelope, now: int, events: list[ev.AnyEvent]) -> None:
        if events:
            self._diary.log.extend(order, now, events, self._batch.rows)

    def flush(self) -> None:
        assert self._diary.write(self._batch) is None
        self._batch = Batch()

    def close(self) -> None:
        self.flush()
        self._diary.log.close()


def write_history(data: Path, seed: int, steps: int) -> Written:
    """Some days of everything a hall can do, in no sensible order."""
    chance = random.Random(seed)
    written = Written(data)
    now = histories.NINE
    for serial in range(steps):
        choice = chance.randrange(CHOICES)
        now += histories.step(choice % 4) + chance.choice(JUMPS)
        order = histories.order(written.hall, serial, chance.randrange(histories.KINDS), choice, now)
        if not isinstance(order.command, RARE) or chance.random() < RARE_SHARE:
            written.do(order, now)
    written.note()
    written.close()
    return written


class RecordedDay(SimulatedDay):
    """A simulated day whose events also go to a log."""

    written: Written

    def _apply(self, events: list[ev.AnyEvent]) -> None:
        super()._apply(events)
        if not hasattr(self, "written"):  # the day opens in the constructor
            self.early = events
            return
        self.written.keep(CommandEnvelope(f"s-{self.events}", cmd.StopTickets()), self.now, events)


def record(day: RecordedDay, data: Path) -> Written:
    """Run a simulated day into a log, and close the hall after it."""
    day.written = Written(data, day.hall)
    day.written.keep(CommandEnvelope("s-0", cmd.StopTickets()), day.now, day.early)
    day.run()
    day.written.do(CommandEnvelope("close", cmd.CloseDay(expire=True)), day.last)
    day.written.close()
    return day.written


def records_of(data: Path) -> list[Record]:
    with Reader(data / LOG_NAME) as log:
        return list(log.after(0))


def timed(records: Iterable[Record]) -> list[tuple[int, int, ev.AnyEvent]]:
    """(seq, the hall's time, event): time as the engine keeps it, worked out here once more."""
    now, rows = 0, list[tuple[int, int, ev.AnyEvent]]()
    for each in records:
        now = each.at if each.kind in ("DayOpened", "DayReopened") else max(now, each.at)
        rows.append((each.seq, now, each.event))
    return rows
