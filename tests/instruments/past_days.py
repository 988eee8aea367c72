"""Test instrument: the last days of a hall in its log, with ratings, before its processes are started for the first time."""

import random
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
    data: Path, settings: Settings, days: int, hours: float = 2.0, per_hour: float = 60.0
) -> list[str]:
    """Write so many days before today into the log of a data folder; return their labels."""
    today = datetime.now(UTC).astimezone(ZoneInfo(settings.hall.zone)).date()
    labels = [(today - timedelta(days=before)).isoformat() for before in range(days, 0, -1)]
    for number, label in enumerate(labels):
        _write_day(data, settings, label, number, hours, per_hour * (1 + number % 3))
    return labels


def _write_day(data: Path, settings: Settings, label: str, seed: int, hours: float, per_hour: float) -> None:
    chance = random.Random(seed)
    opened = WindowOpening(instant(label, "09:00", settings.hall.zone), hours, label)
    first = settings.windows[0].id
    changes = [*whole_day(settings), WindowChange(30, first, "pauses"), WindowChange(45, first, "resumes")]
    day = RecordedDay(
        settings, opened, arrivals(_scenario(settings, hours, per_hour), settings, seed), changes
    )
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


def _scenario(settings: Settings, hours: float, per_hour: float) -> Scenario:
    """Return a scenario in which as many come to each queue, and some do not show up."""
    tables = {
        "hours": hours,
        "arrivals": [
            {"queue": each.id, "per_hour": per_hour / len(settings.queues)} for each in settings.queues
        ],
        "behaviour": {"no_show": 0.08, "return_after_no_show": 0.5},
    }
    return parse(tables, settings, Path())
