"""A report reads roll-ups only: what it costs does not grow with the visits, and its parts add up to the whole."""

import sqlite3
import subprocess
import sys
from pathlib import Path
from typing import Any

import msgspec
import pytest

from caller.records import RECORDS_NAME, SqliteStore, bring_up_to_date, rollups
from caller.records.rollups import merged
from caller.records.rows import TicketRow
from caller.reports.document import report_of
from caller.reports.period import Period, read_period
from tests.instruments import recomputed_figures
from tests.instruments.large_records import write_days
from tests.instruments.recorded_days import records_of, timed, write_history

ROOT = Path(__file__).parents[3]
VISITS_OF_A_YEAR, DAYS_OF_A_YEAR = 3_000, 250
REPORT_SECONDS = 2.0
REPORT_MB = 80.0


@pytest.fixture(scope="module")
def days(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The same three days, quiet and ten times as busy."""
    folders = {name: tmp_path_factory.mktemp(name) for name in ("quiet", "busy")}
    for name, visits in (("quiet", 150), ("busy", 1_500)):
        write_days(folders[name], 3, visits)
        bring_up_to_date(folders[name])
    return folders


def read_and_count(data: Path) -> tuple[Period, int, set[str]]:
    """The period of all days, how many rows were read for it, and which tables."""
    read = 0
    tables: set[str] = set()

    class Counting(SqliteStore):
        def _select(self, table: Any, where: str, values: Any) -> Any:
            nonlocal read
            tables.add(table.table)
            for row in super()._select(table, where, values):
                read += 1
                yield row

    with Counting(data / RECORDS_NAME) as store:
        return read_period(store, "2026"), read, tables


def test_a_report_reads_as_many_rows_of_busy_days_as_of_quiet_ones(days: dict[str, Path]):
    quiet, rows_of_quiet, _ = read_and_count(days["quiet"])
    busy, rows_of_busy, _ = read_and_count(days["busy"])
    assert report_of(busy).total.issued == 10 * report_of(quiet).total.issued
    assert rows_of_busy <= rows_of_quiet * 1.1 + 20  # a quiet day may lack an item or a clerk


def test_the_twin_that_reads_tickets_reads_more_of_busy_days(
    days: dict[str, Path], monkeypatch: pytest.MonkeyPatch
):
    real = SqliteStore.of_days

    def of_days_and_tickets(self: SqliteStore, table: Any, *rest: Any, **more: Any) -> Any:
        list(self.rows(TicketRow))
        return real(self, table, *rest, **more)

    monkeypatch.setattr(SqliteStore, "of_days", of_days_and_tickets)
    _, rows_of_quiet, _ = read_and_count(days["quiet"])
    _, rows_of_busy, _ = read_and_count(days["busy"])
    assert rows_of_busy > rows_of_quiet * 1.1 + 20


def test_the_days_add_up_to_the_period(tmp_path: Path):
    write_history(tmp_path, 28, 1_500)
    bring_up_to_date(tmp_path)
    with SqliteStore(tmp_path / RECORDS_NAME) as store:
        whole = read_period(store, "2026")
        parts = [read_period(store, day.day) for day in whole.days]
    assert len(parts) > 1
    again = merged(row for part in parts for row in part.rollups.values())
    strip = {name: msgspec.structs.replace(row, day="") for name, row in again.items()}
    assert strip == {name: msgspec.structs.replace(row, day="") for name, row in whole.rollups.items()}


def test_added_up_in_parts_is_added_up_whole(days: dict[str, Path], monkeypatch: pytest.MonkeyPatch):
    whole, _, _ = read_and_count(days["quiet"])
    monkeypatch.setattr(rollups, "AT_ONCE", 7)
    parts, _, _ = read_and_count(days["quiet"])
    assert parts == whole


def test_what_has_not_ended_counts_until_now_without_being_written(tmp_path: Path):
    """A window that is open, and a ticket that is being served, when the log ends."""
    written = write_history(tmp_path, 21, 900)
    bring_up_to_date(tmp_path)
    with SqliteStore(tmp_path / RECORDS_NAME) as store:
        one = report_of(read_period(store))
        two = report_of(read_period(store))
    assert msgspec.to_builtins(one) == msgspec.to_builtins(two)
    rows = timed(records_of(tmp_path))
    there = recomputed_figures.presence(rows, {each["day"] for each in one.days})
    lasting = [id for id, window in written.hall.state.windows.items() if window.state != "closed"]
    assert lasting
    for id in lasting:
        assert one.windows[id].presence.closed is None
        assert one.windows[id].presence.open == round(there[id]["open"] / 1e6, 3)


@pytest.mark.campaign
@pytest.mark.parametrize("seed", range(100, 160))
def test_many_histories_give_the_figures_of_a_recount(tmp_path: Path, seed: int):
    """The roll-ups against the independent recount."""
    write_history(tmp_path, seed, 900)
    bring_up_to_date(tmp_path)
    with SqliteStore(tmp_path / RECORDS_NAME) as store:
        found = msgspec.to_builtins(report_of(read_period(store, "2026")))
    rows = timed(records_of(tmp_path))
    days = {each["day"] for each in found["days"]}
    stories = [story for story in recomputed_figures.stories(rows) if story.day in days]
    queues = recomputed_figures.lines(stories, lambda s: s.events[0][2].queue, lambda row: row.queue)
    assert found["queues"] == queues
    for key in ("window", "clerk"):
        shown = {
            name: {k: v for k, v in each.items() if k != "presence"}
            for name, each in found[f"{key}s"].items()
        }
        assert shown == recomputed_figures.desks(rows, stories, days, key)
    assert found["devices"] == recomputed_figures.devices(rows, days)
    assert found["estimate"] == recomputed_figures.estimate(stories)
    assert found["appointments"] == recomputed_figures.appointments(rows, days)


@pytest.mark.campaign
def test_a_year_of_750_000_visits_is_reported_in_two_seconds_and_bounded_memory(tmp_path: Path):
    """Real: a log of a year, folded, then the command in a process of its own."""
    write_days(tmp_path, DAYS_OF_A_YEAR, VISITS_OF_A_YEAR)
    bring_up_to_date(tmp_path)
    program = (
        "import re, sys, time; from pathlib import Path; began = time.perf_counter()\n"
        "from caller.cli.main import hallcall\n"
        "hallcall(sys.argv[1:], standalone_mode=False)\n"
        # not getrusage: there a process inherits the peak of the one that started it
        "peak = re.search(r'VmHWM:\\s+(\\d+)', Path('/proc/self/status').read_text())[1]\n"
        "print(time.perf_counter() - began, int(peak) / 1024, file=sys.stderr)"
    )
    for period, more in (
        ("2026", []),
        ("2026", ["--json"]),
        ("2026-03", []),
        ("2026", ["--xlsx", str(tmp_path / "r.xlsx")]),
    ):
        line = [sys.executable, "-c", program, "report", "--data", str(tmp_path), "--day", period, *more]
        result = min(
            (subprocess.run(line, capture_output=True, text=True, cwd=ROOT, check=True) for _ in range(3)),
            key=lambda each: float(each.stderr.split()[-2]),
        )
        seconds, megabytes = map(float, result.stderr.split()[-2:])
        assert seconds <= REPORT_SECONDS, (period, more, seconds)
        assert megabytes <= REPORT_MB, (period, more, megabytes)
    with sqlite3.connect(tmp_path / RECORDS_NAME) as records:
        assert records.execute("select count(*) from tickets").fetchone()[0] == 750_000
    records.close()
