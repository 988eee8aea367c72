"""Days, weekdays and hours, the span before, departments and reasons: each figure against a recount over single rows."""

import sqlite3
from collections import defaultdict
from datetime import date
from pathlib import Path
from statistics import fmean
from typing import Any

import msgspec
import pytest

from caller.engine import commands as cmd
from caller.records import RECORDS_NAME, SqliteStore, bring_up_to_date
from caller.records.rows import CallRow, PresenceRow, TicketRow
from caller.reports import trend
from caller.reports.document import Report, report_of
from caller.reports.period import HALL, Part, read_period
from tests.caller.records.test_projection import Desk
from tests.instruments.large_records import write_days
from tests.instruments.recorded_days import write_history

DAYS = 40  # from Thursday 2026-01-01 on: more than a month, each weekday several times
DEPARTMENTS = {f"i{number}": "odd" if number % 2 else "even" for number in range(80)}


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("trend")
    write_days(folder, DAYS, 60)
    bring_up_to_date(folder)
    return folder


def report(data: Path, span: str, part: Part = HALL) -> Report:
    with SqliteStore(data / RECORDS_NAME) as store:
        return report_of(read_period(store, span, part), DEPARTMENTS)


def rows(data: Path, table: Any, first: str, last: str) -> list[Any]:
    with SqliteStore(data / RECORDS_NAME) as store:
        return list(store.of_days(table, first, last))


def test_a_point_a_day(data: Path):
    found = report(data, "2026-01").trend
    assert [point.label for point in found] == [f"2026-01-{day:02}" for day in range(1, 32)]
    for point in found:
        tickets = rows(data, TicketRow, point.label, point.label)
        waits = [each.wait for each in rows(data, CallRow, point.label, point.label) if each.wait is not None]
        assert point.issued == len(tickets)
        assert point.wait_mean == pytest.approx(fmean(waits) / 1e6, abs=0.001)
        assert point.calls == len(rows(data, CallRow, point.label, point.label))


def test_of_many_days_a_point_a_month(data: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(trend, "DAYS_SHOWN", 35)
    found = report(data, "2026").trend
    assert [(point.label, point.days) for point in found] == [("2026-01", 31), ("2026-02", 9)]
    assert [point.issued for point in found] == [31 * 60, 9 * 60]
    month = report(data, "2026-02").comparison.now
    assert (found[1].wait_p90, found[1].good_share) == (month.wait_p90, month.good_share)


def test_the_trend_of_one_part_is_that_parts(data: Path):
    for part, mine in (
        (Part("queue", "C"), lambda row: row.queue == "C"),
        (Part("item", "i7"), lambda row: row.item == "i7"),
        (Part("window", "3"), lambda row: row.window == "3"),
        (Part("clerk", "clerk-3"), lambda row: row.clerk == "clerk-3"),
        (Part("class", "elderly"), lambda row: row.priority == "elderly"),
        (Part("hour", "09"), lambda row: row.hour == 9),
        (Part("department", "odd", frozenset(i for i, d in DEPARTMENTS.items() if d == "odd")),
         lambda row: DEPARTMENTS[row.item] == "odd"),
    ):  # fmt: skip
        found = report(data, "2026-01", part)
        calls = [row for row in rows(data, CallRow, "2026-01-01", "2026-01-31") if mine(row)]
        assert calls, part
        assert sum(point.calls for point in found.trend) == found.comparison.now.calls == len(calls), part
        assert found.part == str(part)
        assert found.total.issued == 31 * 60  # the tables stay the hall's


def test_a_month_against_the_month_before(data: Path):
    found = report(data, "2026-02").comparison
    assert found.before
    assert (found.now.label, found.before.label) == ("2026-02", "2026-01")
    assert (found.now.days, found.before.days) == (9, 31)
    before = report(data, "2026-01").comparison
    assert before.before is None
    assert msgspec.structs.replace(before.now) == found.before


def test_a_day_against_the_business_day_before(data: Path, tmp_path: Path):
    """Wednesday and Thursday were no business days: a Friday stands against the Tuesday."""
    (tmp_path / RECORDS_NAME).write_bytes((data / RECORDS_NAME).read_bytes())
    with sqlite3.connect(tmp_path / RECORDS_NAME) as records:
        for table in ("days", "rollups"):
            records.execute(f"delete from {table} where day in ('2026-01-07', '2026-01-08')")
    records.close()
    found = report(tmp_path, "2026-01-09").comparison
    assert found.before
    assert (found.before.label, found.before.days) == ("2026-01-06", 1)
    assert found.before.calls == report(data, "2026-01-06").total.calls


def test_the_load_of_an_hour_is_a_mean_over_its_weekdays(data: Path):
    found = {(each.weekday, each.hour): each for each in report(data, "2026-01").load}
    issued: dict[tuple[int, int], int] = defaultdict(int)
    for ticket in rows(data, TicketRow, "2026-01-01", "2026-01-31"):
        issued[date.fromisoformat(ticket.day).isoweekday(), ticket.hour] += 1
    assert {place: each.issued for place, each in found.items() if each.issued} == issued
    assert found[4, 9].days == 5  # Thursdays: 1, 8, 15, 22, 29
    assert found[3, 9].days == 4
    assert found[4, 9].issued_per_day == round(found[4, 9].issued / 5, 2)
    waits = [
        row.wait
        for row in rows(data, CallRow, "2026-01-01", "2026-01-31")
        if (date.fromisoformat(row.day).isoweekday(), row.hour) == (4, 9) and row.wait is not None
    ]
    assert found[4, 9].wait_mean == pytest.approx(fmean(waits) / 1e6, abs=0.001)


def test_departments_are_the_sums_of_their_items(data: Path):
    found = report(data, "2026-01")
    assert set(found.departments) == {"odd", "even"}
    for name, line in found.departments.items():
        tickets = [
            row
            for row in rows(data, TicketRow, "2026-01-01", "2026-01-31")
            if DEPARTMENTS[row.first_item] == name
        ]
        assert line.issued == len(tickets)
        waits = [row.wait for row in rows(data, CallRow, "2026-01-01", "2026-01-31")
                 if row.wait is not None and DEPARTMENTS[row.item] == name]  # fmt: skip
        assert line.wait.count == len(waits)
        assert line.wait.max == round(max(waits) / 1e6, 3)


def test_estimates_by_queue_add_up_to_the_halls(data: Path):
    found = report(data, "2026-01")
    assert sum(each.told for each in found.estimates.values()) == found.estimate.told > 0
    assert sum(each.within for each in found.estimates.values()) == found.estimate.within


def test_pauses_count_by_reason(tmp_path: Path):
    write_history(tmp_path, 25, 1_500)
    bring_up_to_date(tmp_path)
    found = report(tmp_path, "2026")
    days = [day["day"] for day in found.days]
    stays = [
        row for row in rows(tmp_path, PresenceRow, days[0], days[-1]) if row.state == "paused" and row.ended
    ]
    assert stays
    for reason, each in found.pauses.items():
        mine = [row for row in stays if row.reason == reason]
        assert each.pauses == len(mine)
        assert each.paused == round(sum(row.ended - row.began for row in mine) / 1e6, 3)
    assert sum(each.pauses for each in found.pauses.values()) == len(stays)


def test_each_reason_of_a_bad_rating_counts_once(tmp_path: Path):
    desk = Desk(tmp_path)
    for ticket, level, reasons in (
        ("a", 1, ["1:slow", "1:attitude"]),
        ("b", 2, ["1:slow"]),
        ("c", 5, ["1:slow"]),
    ):
        desk.do(cmd.TakeTicket(items=["i1"]), id=ticket)
        desk.press(cmd.CallNext)
        desk.press(cmd.StartService)
        desk.press(cmd.FinishService)
        desk.do(cmd.Rate(ticket, level, reasons=reasons))
    desk.written.close()
    bring_up_to_date(tmp_path)
    assert report(tmp_path, "").bad_reasons == {"1:slow": 2, "1:attitude": 1}


def test_the_twin_of_the_part_sees_another_parts_figures(data: Path, monkeypatch: pytest.MonkeyPatch):
    """Where a part held every roll-up of its dimension, its trend would be another."""
    right = report(data, "2026-01", Part("queue", "C")).comparison.now
    monkeypatch.setattr(Part, "holds", lambda self, row: row.dimension == self.dimension)
    assert report(data, "2026-01", Part("queue", "C")).comparison.now != right
