"""A recorded day, replayed from a real event log, is the day that was recorded."""

import queue
from pathlib import Path
from typing import Any

import pytest

from caller.engine import events as ev
from caller.engine.commands import CloseDay, OpenDay
from caller.engine.envelope import CommandEnvelope
from caller.eventlog import LOG_NAME, Batch, EventLog
from caller.simulate import replay
from caller.simulate.figures import summary
from caller.simulate.random_outcomes import arrivals
from caller.simulate.run import SimulatedDay, WindowChange
from caller.simulate.visitors import VisitOutcome
from config.instants import MINUTE
from config.settings import Settings
from tests.instruments.engine_fixture import DAY, settings
from tests.instruments.small_scenario import Kept, person, scenario, start

SETTLED_SECONDS = 60  # far beyond any commit


def write(path: Path, days: list[list[tuple[int, list[ev.AnyEvent]]]]) -> None:
    """The events of days as the caller would have logged them."""
    log = EventLog(path, "stage")
    told: queue.SimpleQueue[Any] = queue.SimpleQueue()
    log.start(lambda _, error: told.put(error))
    rows: list[Any] = []
    for nth, day in enumerate(days):
        for index, (at, events) in enumerate(day):
            log.extend(CommandEnvelope(f"d{nth}-{index}", OpenDay(DAY)), at, events, rows)
    log.write(Batch(rows))
    assert told.get(timeout=SETTLED_SECONDS) is None
    log.close()


def tables(**behaviour: float) -> dict[str, Any]:
    return {
        "hours": 3.0,
        "arrivals": [{"queue": "A", "per_hour": 22.0}, {"queue": "B", "class": "elderly", "per_hour": 12.0}],
        "service": [{"queue": "A", "mean_minutes": 5.0}],
        "behaviour": behaviour,
    }


PLAN = [
    WindowChange(0, "1"), WindowChange(5, "2"), WindowChange(0, "3"), WindowChange(60, "2", "pauses"), WindowChange(75, "2", "resumes"),
    WindowChange(100, "3", "closes"), WindowChange(120, "3"),
]  # fmt: skip


def recorded(found: Settings, seed: int, **behaviour: float) -> tuple[Kept, VisitOutcome]:
    """A day of everything the simulator knows, its events kept; closed at the end as the caller closes it."""
    asked = scenario(found, **tables(**behaviour))
    day = Kept(found, start(found, asked), arrivals(asked, found, seed), PLAN)
    outcome = day.run()
    closing = day.hall.decide(CommandEnvelope("close", CloseDay(expire=True)), day.now)
    day.kept.append((day.now, closing))
    return day, outcome


def rerun(found: Settings, path: Path, label: str = "") -> VisitOutcome:
    day = replay.read(path, found, label)
    return SimulatedDay(found, day.opening, day.people, day.changes).run()


def by_ticket(outcome: VisitOutcome) -> list[tuple[Any, ...]]:
    return [(v.queue, v.priority, v.came, v.called, v.served, v.missed, v.abandoned) for v in outcome.visits]


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_recorded_day_is_reproduced_exactly(tmp_path: Path, seed: int):
    found = settings()
    day, outcome = recorded(
        found, seed, no_show=0.15, return_after_no_show=0.6, transfer=0.1, abandon_after_minutes=20
    )
    write(tmp_path / LOG_NAME, [day.kept])
    again = rerun(found, tmp_path)
    assert by_ticket(again) == by_ticket(outcome)
    assert summary(again)["queues"] == summary(outcome)["queues"]
    assert summary(again)["windows"] == summary(outcome)["windows"]
    assert any(v.missed for v in outcome.visits)
    assert any(v.abandoned for v in outcome.visits)


def test_a_day_with_other_service_times_is_not_the_recorded_one(tmp_path: Path):
    """The twin: the comparison would see a difference."""
    found = settings()
    day, outcome = recorded(found, 1)
    write(tmp_path / LOG_NAME, [day.kept])
    real = replay.read(tmp_path, found)
    people = [each._replace(outcomes=person(0, 5.0).outcomes) for each in real.people]
    assert by_ticket(SimulatedDay(found, real.opening, people, real.changes).run()) != by_ticket(outcome)


def test_the_last_day_is_taken_or_the_one_that_is_named(tmp_path: Path):
    found = settings()
    first, one = recorded(found, 1)
    second, two = recorded(found, 2)
    day_us = 24 * 60 * MINUTE
    later = [
        (at + day_us, [_on(event, "2026-09-22", day_us) for event in events]) for at, events in second.kept
    ]
    write(tmp_path / LOG_NAME, [first.kept, later])
    assert len(rerun(found, tmp_path / LOG_NAME).visits) == len(two.visits)
    assert by_ticket(rerun(found, tmp_path, DAY)) == by_ticket(one)
    with pytest.raises(replay.NoSuchDay):
        replay.read(tmp_path, found, "2026-01-01")


def _on(event: ev.AnyEvent, label: str, shift: int) -> ev.AnyEvent:
    """The event on another day."""
    if isinstance(event, ev.DayOpened):
        return ev.DayOpened(label, event.zone, event.stops_at + shift, event.closes_at + shift)
    return event


def test_a_clerk_s_pause_between_applicants_is_kept():
    """Free at 5 with somebody waiting, called at 7: the window was not free for those two minutes."""
    reading = replay._Reading(_records())
    people = reading.day().people
    assert people[0].outcomes.step(0, "A", "1", list).rest == pytest.approx(2.0)
    assert people[1].outcomes.step(0, "A", "1", list).rest == 0.0


def _records() -> list[Any]:
    from caller.eventlog import Record
    from caller.eventlog.chain import encode

    at = 1_790_000_000_000_000
    rows: list[tuple[float, ev.AnyEvent]] = [
        (0, ev.DayOpened(DAY, "Asia/Shanghai", at + 600 * MINUTE, at + 600 * MINUTE)),
        (0, ev.WindowOpened("1", "c", {"A": 0})),
        (0, ev.TicketIssued("t1", "A001", 1, "A", "ordinary", at, at)),
        (0, ev.TicketCalled("t1", "1", "c")),
        (1, ev.TicketIssued("t2", "A002", 2, "A", "ordinary", at, at)),
        (5, ev.ServiceFinished("t1", "1", "done")),
        (7, ev.TicketCalled("t2", "1", "c")),
        (9, ev.ServiceFinished("t2", "1", "done")),
        (12, ev.TicketIssued("t3", "A003", 3, "A", "ordinary", at, at)),
        (13, ev.TicketCalled("t3", "1", "c")),
        (14, ev.ServiceFinished("t3", "1", "done")),
    ]
    return [
        Record(
            seq,
            at + round(minute * MINUTE),
            str(seq),
            "",
            "",
            type(event).__name__,
            encode(event).decode(),
            b"",
        )
        for seq, (minute, event) in enumerate(rows, 1)
    ]


def test_the_log_of_another_hall_is_refused(tmp_path: Path):
    from tests.instruments.small_scenario import hall

    day, _ = recorded(settings(), 1)
    write(tmp_path / LOG_NAME, [day.kept])
    with pytest.raises(replay.NoSuchDay) as caught:
        replay.read(tmp_path, hall(3))
    assert "B" in str(caught.value)


def test_a_log_without_a_day_says_so(tmp_path: Path):
    write(tmp_path / LOG_NAME, [])
    with pytest.raises(replay.NoSuchDay):
        replay.read(tmp_path, settings())
