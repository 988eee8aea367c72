"""Every figure of a report against a recount over the events, of days both wild and real."""

from collections import Counter
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import msgspec
import pytest

from caller.records import RECORDS_NAME, SqliteStore, bring_up_to_date, histogram
from caller.records.contributions import Contributions
from caller.records.rows import ServiceRow
from caller.reports.document import report_of
from caller.reports.figures import spread
from caller.reports.period import read_period
from caller.simulate.random_outcomes import arrivals
from caller.simulate.run import WindowChange, opening, whole_day
from caller.simulate.scenario import read as read_scenario
from config.reading.reader import read as read_hall
from tests.instruments import recomputed_figures
from tests.instruments.recorded_days import RecordedDay, Written, record, records_of, timed, write_history

ROOT = Path(__file__).parents[3]
WILD = ("wild-21", "wild-22", "wild-23")
LINES: dict[str, tuple[Callable[[recomputed_figures.Story], str], Callable[[Any], str]]] = {
    "queues": (lambda story: story.events[0][2].queue, lambda row: row.queue),
    "items": (lambda story: (story.events[0][2].items or [""])[0], lambda row: row.item),
    "classes": (recomputed_figures.of_class, lambda row: row.priority),
    "hours": (
        lambda story: f"{recomputed_figures.hour(story.events[0][1], story.zone):02}",
        lambda row: f"{row.hour:02}",
    ),
}


class Told:
    """A written log, its report for some days, and what a recount of it is made from."""

    def __init__(self, data: Path, written: Written, wanted: str) -> None:
        bring_up_to_date(data)
        with SqliteStore(data / RECORDS_NAME) as store:
            self.period = read_period(store, wanted)
        self.report: dict[str, Any] = msgspec.to_builtins(report_of(self.period))
        self.days = {day.day for day in self.period.days}
        self.timed = timed(records_of(data))
        self.stories = [story for story in recomputed_figures.stories(self.timed) if story.day in self.days]
        self.engine = written.told


def _simulated(data: Path) -> Written:
    """A county hall's hour and a half with no-shows, transfers, holds and a pause."""
    settings = read_hall(ROOT / "config" / "halls" / "county.toml")
    scenario = read_scenario(ROOT / "config" / "scenarios" / "county-day.toml", settings)
    scenario = msgspec.structs.replace(scenario, hours=1.5)
    first = settings.windows[0].id
    changes = [*whole_day(settings), WindowChange(30, first, "pauses"), WindowChange(50, first, "resumes")]
    people = arrivals(scenario, settings, 1)
    return record(RecordedDay(settings, opening(settings, scenario), people, changes), data)


@pytest.fixture(scope="module", params=[*WILD, "simulated"])
def log(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Written]:
    data = tmp_path_factory.mktemp(request.param)
    if request.param == "simulated":
        return data, _simulated(data)
    return data, write_history(data, int(request.param[-2:]), 1_500)


@pytest.fixture(scope="module", params=["", "2026", "2026-09-21"])
def told(request: pytest.FixtureRequest, log: tuple[Path, Written]) -> Told:
    return Told(*log, request.param)


@pytest.mark.parametrize("group", LINES)
def test_tickets_waits_and_services_by_queue_item_class_and_hour(told: Told, group: str):
    assert told.report[group] == recomputed_figures.lines(told.stories, *LINES[group])


def test_the_total_and_that_each_ticket_is_counted_once(told: Told):
    expected = recomputed_figures.lines(told.stories, lambda _: "", lambda _: "")
    total = told.report["total"]
    assert total == expected.get("", total)
    assert total["issued"] == len(told.stories)
    for lines in (told.report["total"], *(line for name in LINES for line in told.report[name].values())):
        assert lines["issued"] == lines["served"] + lines["cancelled"] + lines["expired"] + lines["live"]
    for count in ("issued", "served", "live", "calls", "missed", "services"):
        for group in LINES:
            assert sum(line[count] for line in told.report[group].values()) == total[count]


@pytest.mark.parametrize("key", ["window", "clerk"])
def test_calls_services_and_ratings_by_window_and_clerk(told: Told, key: str):
    desks = {name: dict(desk) for name, desk in told.report[f"{key}s"].items()}
    for desk in desks.values():
        del desk["presence"]
    assert desks == recomputed_figures.desks(told.timed, told.stories, told.days, key)


def test_presence_and_busy_time(told: Told):
    shown = {name: desk["presence"] for name, desk in told.report["windows"].items()}
    there = recomputed_figures.presence(told.timed, told.days)
    busy = recomputed_figures.busy(told.stories, told.timed[-1][1])
    assert shown.keys() == there.keys()
    for name, at in shown.items():
        assert at["open"] == round(there[name]["open"] / 1e6, 3)
        assert at["paused"] == round(there[name]["paused"] / 1e6, 3)
        assert at["pauses"] == there[name]["pauses"]
        assert at["busy"] == round(busy.get(name, 0) / 1e6, 3)
        assert at["busy"] <= at["open"]
        assert at["longest_pause"] <= at["paused"]


def test_ratings(told: Told):
    levels = [
        e.level for s in told.stories for _, _, e in s.events if recomputed_figures.kind(e) == "ServiceRated"
    ]
    served = sum(recomputed_figures.final(story) == "served" for story in told.stories)
    assert told.report["ratings"] == recomputed_figures.ratings(levels, served)
    assert told.report["ratings"]["rated"] <= served


def test_the_wait_told_against_what_happened(told: Told):
    assert told.report["estimate"] == recomputed_figures.estimate(told.stories)


def test_outcomes_appointments_and_slips(told: Told):
    ends = [e for s in told.stories for _, _, e in s.events if hasattr(e, "outcome")]
    outcomes = Counter(e.outcome for e in ends)
    outcomes.subtract(e.before for e in ends if hasattr(e, "before"))  # corrected
    assert told.report["outcomes"] == {word: count for word, count in outcomes.items() if count}
    assert told.report["appointments"] == recomputed_figures.appointments(told.timed, told.days)
    papers: dict[tuple[int, int], str] = {}
    for story in told.stories:
        for _, _, event in story.events:
            if recomputed_figures.kind(event) == "SlipReported":
                papers[story.events[0][0], event.copy] = event.state
    slips = told.report["slips"]
    assert slips.pop("reprints") == sum(copy > 0 for _, copy in papers)
    assert slips == {s: sum(v == s and not c for (_, c), v in papers.items()) for s in slips}


def test_devices_out_of_order_while_open(told: Told):
    assert told.report["devices"] == recomputed_figures.devices(told.timed, told.days)


def test_the_engine_counted_the_same(log: tuple[Path, Written]):
    """The manager's page and the report are two ways to one figure."""
    data, written = log
    assert written.told
    for day, (counts, _ratings, estimate) in written.told.items():
        report = Told(data, written, day).report
        total = report["total"]
        for word in ("issued", "missed", "cancelled", "served"):
            assert total[word] == counts.get(word, 0), (day, word)
        told = report["estimate"]
        assert (told["told"], told["within"]) == (estimate.tickets, estimate.within)
        if told["told"]:
            assert told["mean_abs_error"] == round(estimate.error_seconds / estimate.tickets, 3)


def test_the_days_are_days_where_things_happen(log: tuple[Path, Written]):
    data, written = log
    report = Told(data, written, "2026").report
    assert report["total"]["wait"]["count"] > 20
    assert report["total"]["service"]["count"] > 10
    assert report["total"]["missed"]
    if "wild" in data.name:
        return
    assert report["estimate"]["told"] > 100


def spread_of(durations: list[int]) -> dict[str, Any]:
    times = b""
    for each in durations:
        times = histogram.counted(times, each)
    return msgspec.to_builtins(spread(len(durations), sum(durations), max(durations, default=0), times))


def test_a_spread_is_read_to_the_bucket():
    assert spread_of([]) == recomputed_figures.spread([])
    assert spread_of([n * 1_000_000 for n in range(1, 11)]) == {
        "count": 10, "mean": 5.5, "p50": 5.0, "p90": 9.0, "max": 10.0,
    }  # fmt: skip
    for count in range(1, 40):
        durations = [n * n * 1_000_003 for n in range(count)]
        assert spread_of(durations) == recomputed_figures.spread(durations)


def held_while_served(story: recomputed_figures.Story) -> bool:
    """Whether a hold cut a service in two: one that was called only has none."""
    kinds = [recomputed_figures.kind(event) for _, _, event in story.events]
    steps = [kind for kind in kinds if kind in ("TicketCalled", "ServiceStarted", "TicketHeld")]
    return ("ServiceStarted", "TicketHeld") in pairwise(steps)


def test_the_recount_sees_a_wrong_figure(log: tuple[Path, Written], monkeypatch: pytest.MonkeyPatch):
    """The twin: a percentile one bucket off, and a hold counted as a service."""
    data, written = log
    told = Told(data, written, "2026")
    right = recomputed_figures.lines(told.stories, *LINES["queues"])
    assert told.report["queues"] == right
    monkeypatch.setattr(histogram, "upper_end", lambda bucket: 1_000_000 * bucket)
    assert Told(data, written, "2026").report["queues"] != right
    monkeypatch.undo()

    def counts_holds(self: Contributions, service: ServiceRow) -> None:
        held = service.ended_by == "held"
        real(self, msgspec.structs.replace(service, ended_by="returned") if held else service)

    real = Contributions.served
    monkeypatch.setattr(Contributions, "served", counts_holds)
    (data / RECORDS_NAME).unlink()
    wrong = Told(data, written, "2026").report["queues"]
    monkeypatch.undo()
    (data / RECORDS_NAME).unlink()
    bring_up_to_date(data)
    held = any(held_while_served(story) for story in told.stories)
    assert (wrong != right) == held
