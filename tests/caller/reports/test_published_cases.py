"""What a hall publishes of its cases: results of agency cases and what ran over, with nobody's data, where it wants that."""

import json
from pathlib import Path
from typing import Any

import pytest
from msgspec import structs

from caller.records import RECORDS_NAME, SqliteStore
from caller.records.performance_rows import CaseRow
from caller.reports import published_cases
from caller.reports.published_cases import KEPT, PublishedCases
from config.case_settings import CasesTable
from config.instants import instant
from config.settings import Department, HallTable, Item, Settings

ZONE = "Asia/Shanghai"
NOW = instant("2026-09-25", "10:00", ZONE)
DUE = instant("2026-09-22", "12:00", ZONE)
HALL = Settings(
    HallTable("s", "大厅"), (), (), (), departments=(Department("d1", "人社局", "Human resources"),),
    items=(Item("a1", "代办证", "d1", "A", "Card"),), cases=CasesTable(enabled=True, publish=True),
)  # fmt: skip


def row(nth: int, ended: str = "", **more: Any) -> CaseRow:
    """A case with everything that is somebody's: a clerk, an agent, a project, a window."""
    found = CaseRow(
        "s", f"id{nth}", f"B2026-{nth:06}", "2026-08-03", "a1", "agency", "d1", "1", "clerk-1007", "closed"
    )
    facts = {"due": DUE, "ended_day": ended, "ended_month": ended[:7], "decision": "granted" if ended else "", "agent": "v07",
             "project": "secret-project", "listed": '["身份证"]'}  # fmt: skip
    for name, value in (facts | more).items():
        setattr(found, name, value)
    return found


ROWS = [
    row(1, "2026-09-21"), row(2, "2026-08-31", state="refused", decision=""), row(3, "2026-06-30"), row(4),
    row(5, "2026-09-24", case_type="promised", overdue=1), row(6, case_type="promised", state="in-hand", overdue=1),
    row(7, "2026-09-02", case_type="promised"),
]  # fmt: skip


@pytest.fixture
def data(tmp_path: Path) -> Path:
    with SqliteStore(tmp_path / RECORDS_NAME) as store:
        start = store.clear("s")
        store.save(start, start._replace(now=NOW), ROWS)
    return tmp_path


def numbers(rows: list[dict[str, Any]]) -> list[tuple[str, str]]:
    return [(each["month"], each["number"][-1]) for each in rows]


def test_results_of_agency_cases_and_what_ran_over_stand_by_month_the_newest_first(data: Path) -> None:
    found = PublishedCases(data).read(HALL, NOW)
    assert numbers(found["agency"]) == [("2026-09", "1"), ("2026-08", "2")], "neither an open nor an old one"
    assert numbers(found["overruns"]) == [("", "6"), ("2026-09", "5")]
    first = found["overruns"][1]
    assert (first["item_en"], first["department_en"], first["due"], first["ended"], first["decision"]) == (
        "Card", "Human resources", "2026-09-22", "2026-09-24", "granted",
    )  # fmt: skip


def test_nobodys_data_is_in_it(data: Path) -> None:
    text = json.dumps(PublishedCases(data).read(HALL, NOW), ensure_ascii=False)
    assert not [each for each in ("1007", "v07", "secret", "身份证") if each in text]


def test_twin_a_clerk_that_was_published_is_seen(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(published_cases.PublishedCase, "_asdict", lambda _self: {"clerk": ROWS[0].clerk})
    assert "1007" in json.dumps(PublishedCases(data).read(HALL, NOW))


def test_a_hall_that_does_not_want_it_publishes_nothing_and_one_without_records_nothing_yet(
    data: Path,
) -> None:
    quiet = structs.replace(HALL, cases=CasesTable(enabled=True))
    assert PublishedCases(data).read(quiet, NOW) == {"agency": [], "overruns": []}
    assert PublishedCases(data / "none").read(HALL, NOW) == {"agency": [], "overruns": []}


def test_many_who_look_cost_one_look_and_new_settings_another(data: Path) -> None:
    cases = PublishedCases(data)
    first = cases.read(HALL, NOW)
    with SqliteStore(data / RECORDS_NAME) as store:
        store.clear("s")
    assert cases.read(HALL, NOW + KEPT - 1) is first
    assert cases.read(HALL, NOW + KEPT)["agency"] == []
