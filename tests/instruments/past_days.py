"""Test instrument: the last days of a hall in its log, with ratings, before its processes are started for the first time."""

import random
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from caller.engine import commands as cmd
from caller.engine.envelope import CommandEnvelope
from caller.simulate.random_outcomes import arrivals
from caller.simulate.run import WindowChange, WindowOpening, whole_day
from caller.simulate.scenario import Scenario, parse
from config.instants import MINUTE, instant
from config.settings import Settings
from tests.instruments.recorded_days import RecordedDay, Written

REASONS = ("1:slow", "1:unclear", "1:attitude")


def write_past_days(
    data: Path,
    settings: Settings,
    days: int,
    hours: float = 2.0,
    per_hour: float = 60.0,
    items: Sequence[str] = (),
) -> list[str]:
    """Write so many days before today into the log of a data folder; return their labels. `items`: what people come for,
    instead of each queue without an item."""
    today = datetime.now(UTC).astimezone(ZoneInfo(settings.hall.zone)).date()
    labels = [(today - timedelta(days=before)).isoformat() for before in range(days, 0, -1)]
    for number, label in enumerate(labels):
        comers = _scenario(settings, hours, per_hour * (1 + number % 3), items)
        _write_day(data, settings, label, number, comers)
    return labels


def _write_day(data: Path, settings: Settings, label: str, seed: int, comers: Scenario) -> None:
    chance = random.Random(seed)
    opened = WindowOpening(instant(label, "09:00", settings.hall.zone), comers.hours, label)
    first = settings.windows[0].id
    changes = [*whole_day(settings), WindowChange(30, first, "pauses"), WindowChange(45, first, "resumes")]
    day = RecordedDay(settings, opened, arrivals(comers, settings, seed), changes)
    day.written = Written(data, day.hall, settings.hall.site)
    day.written.keep(CommandEnvelope(f"{label}-0", cmd.StopTickets()), day.now, day.early)
    day.run()
    for ticket, visit in day.visits.items():
        if visit.served >= 0 and chance.random() < 0.4:
            level = chance.choice((5, 5, 5, 4, 4, 3, 2, 1))
            rate = cmd.Rate(ticket, level, [chance.choice(REASONS)] if level < 3 else [])
            day.written.do(CommandEnvelope(f"{label}-r-{ticket}", rate), day.last + MINUTE)
    day.written.do(CommandEnvelope(f"{label}-close", cmd.CloseDay(expire=True)), day.last + 2 * MINUTE)
    day.written.close()


def _scenario(settings: Settings, hours: float, per_hour: float, items: Sequence[str]) -> Scenario:
    """Return a scenario in which as many come to each queue, or for each of `items`, and some do not show up."""
    streams = [{"item": each} for each in items] or [{"queue": each.id} for each in settings.queues]
    tables = {
        "hours": hours,
        "arrivals": [{**each, "per_hour": per_hour / len(streams)} for each in streams],
        "behaviour": {"no_show": 0.08, "return_after_no_show": 0.5},
    }
    return parse(tables, settings, Path())
