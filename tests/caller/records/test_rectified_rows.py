"""What the records say of bad ratings: each figure once under the day it was given, what a review excluded, cases apart."""

from pathlib import Path
from typing import Any

import msgspec
import pytest

from caller.engine import commands as cmd
from caller.engine.case_messages import MoveCase, OpenCase
from caller.engine.rating_messages import AppealRating, MoveRectification, NoteContact, RateCase
from caller.records import RECORDS_NAME, SqliteStore, performance_events
from caller.reports.document import report_of
from caller.reports.period import read_period
from config.case_settings import CasesTable
from config.rating_settings import RatingsTable
from tests.caller.records.test_projection import Desk
from tests.instruments.engine_fixture import settings
from tests.instruments.record_tables import dump


class RectifyingDesk(Desk):
    """A desk whose hall rectifies bad ratings and has cases."""

    def visit(self, level: int) -> str:
        self.do(cmd.TakeTicket(queue="A"))
        hall = self.written.hall
        self.press(cmd.CallNext)
        ticket = hall.state.windows["1"].ticket
        self.press(cmd.StartService)
        self.press(cmd.FinishService)
        self.do(cmd.Rate(ticket, level, via="phone"))
        return ticket

    @property
    def newest(self) -> str:
        return list(self.written.hall.register.follow_ups)[-1]

    def case(self, level: int) -> None:
        self.do(OpenCase("i1", case_type="promised", window="1", staff="1007"))
        row = list(self.written.hall.register.cases.values())[-1]
        self.do(MoveCase(row.id, "decide", 0, staff="1007", decision="granted"))
        self.do(RateCase(level, ["slow"], code=row.code, via="phone"))


@pytest.fixture
def desk(tmp_path: Path) -> RectifyingDesk:
    items = tuple(msgspec.structs.replace(each, promised_days=5) for each in settings().items)
    hall = settings(ratings=RatingsTable(rectify=True), cases=CasesTable(enabled=True), items=items)
    return RectifyingDesk(tmp_path, hall)


def worked(desk: RectifyingDesk) -> None:
    """Three bad ratings of visits, one good, and two of cases: one named and called, one excluded."""
    named = desk.visit(1)
    desk.do(NoteContact(named))
    for move, code in (
        ("verify", "upheld"),
        ("call", "no-reply"),
        ("call", "reached"),
        ("right", "apologised"),
        ("right", "trained"),
    ):
        desk.do(MoveRectification(desk.newest, move, "ann", code))  # type: ignore[arg-type]
    desk.visit(2)
    desk.do(MoveRectification(desk.newest, "verify", "ann", "unfounded"))
    desk.do(AppealRating(desk.newest, "clerk-1", "malicious", "1"))
    desk.do(MoveRectification(desk.newest, "exclude", "ben"))
    named = desk.visit(2)
    desk.do(NoteContact(named))
    desk.visit(5)
    desk.case(1)
    desk.case(4)


def report(desk: RectifyingDesk, tmp_path: Path) -> Any:
    desk.tables()
    with SqliteStore(tmp_path / RECORDS_NAME) as store:
        return msgspec.to_builtins(report_of(read_period(store)))


def test_each_figure_counts_once_and_half_of_the_named_were_called(desk: RectifyingDesk, tmp_path: Path):
    worked(desk)
    counts = msgspec.to_builtins(next(iter(desk.written.hall.register.rectification_months.values())))
    found = report(desk, tmp_path)
    assert found["rectifications"] == {
        "appealed": 1, "called": 1, "excluded": 1, "named": 2, "opened": 4, "reached": 1, "righted": 1,
    }  # fmt: skip
    assert found["rectifications"] == {name: count for name, count in counts.items() if count}, (
        "as the engine counts"
    )
    assert found["called_share"] == 0.5


def test_twin_a_fold_that_counts_every_try_is_seen(
    desk: RectifyingDesk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    real = performance_events._count

    def every_time(fold: Any, row: Any, figure: str) -> None:
        row.counted = "[]"
        real(fold, row, figure)

    monkeypatch.setattr(performance_events, "_count", every_time)
    worked(desk)
    assert report(desk, tmp_path)["rectifications"]["righted"] == 2


def test_an_excluded_rating_leaves_the_share_and_stays_in_sight(desk: RectifyingDesk, tmp_path: Path):
    worked(desk)
    found = report(desk, tmp_path)
    for of in (found["ratings"], found["windows"]["1"]["ratings"], found["clerks"]["clerk-1"]["ratings"]):
        assert (of["levels"], of["bad"], of["excluded"]) == ({"5": 1, "4": 0, "3": 0, "2": 2, "1": 1}, 3, 1)
        assert of["good_rate"] == 0.3333


def test_ratings_of_cases_are_counted_apart(desk: RectifyingDesk, tmp_path: Path):
    worked(desk)
    found = report(desk, tmp_path)
    assert found["case_ratings"] == {"1": 1, "4": 1}
    assert found["ratings"]["rated"] == 4
    rows = dump(tmp_path)["case_ratings"]
    assert [(row["window"], row["clerk"], row["level"], row["reasons"]) for row in rows] == [
        ("1", "1007", 1, '["slow"]'), ("1", "1007", 4, "[]"),
    ]  # fmt: skip
