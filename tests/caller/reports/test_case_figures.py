"""The month's figures of cases: what the records give is what a recount of the log alone gives, over seeded worlds of cases."""

from collections.abc import Iterator
from typing import Any

import pytest

from caller.engine import events as ev
from caller.records.performance_rows import CaseRow
from caller.reports import office_report
from caller.reports.office_report import CasesOfDays, average_cut, cases_of
from config.instants import local
from tests.caller.engine.test_cases import lived
from tests.caller.reports.test_case_ledgers import Rows
from tests.instruments.engine_fixture import Stage

ALL = ("2000-01-01", "2099-12-31")


class Days(Rows):
    """The rows, by days too."""

    def of_days(self, _table: Any, first: str, last: str) -> Iterator[CaseRow]:
        return (row for row in self.kept.values() if first <= row.day <= last)


def recount(stage: Stage) -> dict[str, int]:
    """The figures from the log's events alone: nothing of the register, of rows or of an index. A case ends on the business day
    that is open, which in these worlds is one for weeks."""
    state, due, decided, label = dict[str, str](), dict[str, int](), dict[str, str](), ""
    for _, _, event in stage.events:
        match event:
            case ev.DayOpened():
                label = event.day
            case ev.CaseDone():
                state[event.case], decided[event.case] = "closed", label
            case ev.CaseOpened():
                state[event.case], due[event.case] = event.state, event.due
            case ev.CaseMoved():
                state[event.case] = event.state
                due[event.case] = event.due or due[event.case]
                if event.move == "decide":
                    decided[event.case] = label
                elif event.move == "reopen":
                    decided.pop(event.case, None)
            case _:
                pass
    zone = stage.hall.settings.hall.zone
    finished = [id for id in decided if state[id] not in ("refused", "withdrawn")]
    early = [id for id in finished if due.get(id) and decided[id] < local(due[id], zone).date().isoformat()]
    return {
        "opened": sum(each not in ("refused", "withdrawn") for each in state.values()),
        "refused": sum(each == "refused" for each in state.values()),
        "finished": len(finished),
        "early": len(early),
    }


def of_records(stage: Stage) -> CasesOfDays:
    store: Any = Days(stage)
    return cases_of(store, *ALL, stage.now, stage.hall.settings.hall.zone)


@pytest.mark.parametrize("seed", range(3))
def test_records_and_a_recount_of_the_log_give_the_same_figures(
    seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(office_report, "_months", lambda _first, _last: months)
    stage = lived(seed, 120)[0]
    months = sorted({each.ended_month for each in Days(stage).kept.values()} - {""})
    found = of_records(stage)
    counted = recount(stage)
    assert {name: len(getattr(found, name)) for name in counted} == counted
    assert found.finished
    noted = {each.owner for _, _, each in stage.events if isinstance(each, ev.DeadlineOverdue)}
    in_time = [each.case_id for each in found.finished if not each.overdue]
    assert not noted & {*in_time}, "what the log noted as overdue is never shown as in time"


def test_twin_a_record_that_forgets_a_decision_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(office_report, "_months", lambda _first, _last: list[str]())
    stage = lived(1, 120)[0]
    assert len(of_records(stage).finished) != recount(stage)["finished"]


def test_how_far_limits_lie_below_the_statutory_ones() -> None:
    stage = lived(1, 120)[0]
    items = {each.id: each for each in stage.hall.settings.items}
    cut = average_cut(Days(stage).kept.values(), items)
    assert cut is not None
    assert 0 < cut < 1
    assert average_cut([], items) is None
