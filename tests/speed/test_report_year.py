"""A year of 750,000 visits opens in two seconds on two cores, from the roll-ups, in every form a report has."""

import resource
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from caller.records import RECORDS_NAME, SqliteStore
from caller.reports import workbook
from caller.reports.document import Report, report_of
from caller.reports.paper import as_paper, as_text
from caller.reports.period import read_period
from caller.reports.report_parts import department_of, part_of
from caller.reports.sheets import sheets
from config.hall_names import names_of
from config.process import print_view
from config.reading.reader import HALLS
from config.reading.reader import read as read_hall
from tests.instruments.large_records import ZONE
from tests.speed.records_year import DAYS, VISITS, make_year

ROOT = Path(__file__).parents[2]
SECONDS_MAX = 2.0
MEBIBYTES_MAX = 120.0
COUNTY = read_hall(HALLS / "county.toml")


@pytest.fixture(scope="module")
def year(tmp_path_factory: pytest.TempPathFactory) -> Path:
    data = tmp_path_factory.mktemp("year")
    assert make_year(data) == DAYS * VISITS == 750_000
    return data


def took(work: Callable[[], object]) -> float:
    """Seconds of the best of three: the measure is the program, not what else the machine does."""
    times: list[float] = []
    for _ in range(3):
        began = time.perf_counter()
        work()
        times.append(time.perf_counter() - began)
    return min(times)


def opened(data: Path, span: str, part: str = "") -> Report:
    with SqliteStore(data / RECORDS_NAME) as store:
        return report_of(read_period(store, span, part_of(part, COUNTY)), department_of(COUNTY))


@pytest.mark.parametrize(
    ("span", "part"), [("2026", ""), ("2026", "queue:A"), ("2026-06", ""), ("2026-06-15", "")]
)
def test_a_page_opens_in_time(year: Path, span: str, part: str):
    """What the office does: read, reckon, and lay the sheets out."""
    seconds = took(lambda: sheets(opened(year, span, part), ZONE, names_of(COUNTY)))
    print(f"{span} {part or 'hall'}: {seconds:.2f} s")
    assert seconds <= SECONDS_MAX


def test_every_form_of_the_year_in_time(year: Path, tmp_path: Path):
    tables = sheets(opened(year, "2026"), ZONE, names_of(COUNTY))
    assert (
        sum(int(str(row[1])) for row in next(each for each in tables if each.en == "Queues").rows)
        == DAYS * VISITS
    )
    forms: dict[str, Callable[[], object]] = {
        "text": lambda: as_text(tables),
        "xlsx": lambda: workbook.write(tmp_path / "r.xlsx", tables),
        "page": lambda: print_view.document(as_paper(tables, "大厅", "2026"), 0, ZONE),
    }
    for name, work in forms.items():
        seconds = took(work)
        print(f"{name}: {seconds:.2f} s")
        assert seconds <= SECONDS_MAX, name


def test_the_command_line_in_time_and_memory(year: Path, tmp_path: Path):
    """A process of its own, from its start to its end."""
    line = [sys.executable, "-m", "caller.cli.main", "report", "--data", str(year), "--day", "2026"]
    for more in ([], ["--json"], ["--xlsx", str(tmp_path / "r.xlsx")]):
        seconds = took(
            lambda more=more: subprocess.run([*line, *more], check=True, capture_output=True, cwd=ROOT)
        )
        megabytes = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
        print(f"hallcall report {' '.join(more[:1])}: {seconds:.2f} s, {megabytes:.0f} MiB")
        assert seconds <= SECONDS_MAX, more
        assert megabytes <= MEBIBYTES_MAX
