"""Ledgers: each case once, and receipt, ledger and list of an agency case one to one, or what does not match is said."""

from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest

from caller.engine import events as ev
from caller.engine.case_messages import MoveCase, OpenCase
from caller.records.performance_rows import CaseRow
from caller.records.projection import Projection
from caller.reports import case_ledgers
from config.settings import Device
from tests.caller.engine.test_case_parts import UP, stage_of
from tests.instruments.case_fixture import move, visit
from tests.instruments.engine_fixture import Stage

PRINTER = Device("p1", "printer", "tcp://127.0.0.1:9100", agent="pc-1", window="1")
NOTHING: Any = SimpleNamespace(row=lambda _table, _key: None)


class Rows:
    """The rows of cases that a projection made, as a store gives them."""

    def __init__(self, stage: Stage) -> None:
        self.kept = dict[Any, CaseRow]()
        fold = Projection("s", NOTHING)
        for seq, at, event in stage.events:
            if isinstance(event, ev.DayOpened | ev.CaseOpened | ev.CaseMoved | ev.CaseVoided):
                fold.read(event, at, seq)
        self.kept = {each.case_id: each for each in fold.take() if isinstance(each, CaseRow)}

    def rows(self, _table: Any, **equal: Any) -> Iterator[CaseRow]:
        for row in self.kept.values():
            if all(getattr(row, name) == value for name, value in equal.items()):
                yield row


def receipts(stage: Stage, *more: ev.AnyEvent) -> case_ledgers.Receipts:
    """What the log says, with these events after its own: an agent's printer is on no stage."""
    told = (*(event for _, _, event in stage.events), *more)
    records: list[Any] = [SimpleNamespace(event=event) for event in told]
    return case_ledgers.receipts_of(records)


def printed(stage: Stage) -> list[ev.AnyEvent]:
    """What the agent reports when every receipt came out."""
    return [ev.JobEnded(job.id, "done", "") for job in stage.hall.state.jobs.values() if job.notice]


def played() -> tuple[Stage, Any]:
    """An agency case of a village's agent, one by a visit, a project reported up, and a major one."""
    stage = stage_of(devices=(PRINTER,))
    stage.do(OpenCase("a1", "1", staff="2001", agent="v07", project="P-7"))
    visit(stage, "accepted", "a1")
    up = stage.do(OpenCase("u1", "1", project="P-9", major=True))["about"]
    move(stage, up, "take")
    move(stage, up, "report")
    return stage, Rows(stage)


def test_each_agency_case_stands_once_with_its_agent_and_its_list():
    stage, rows = played()
    told = receipts(stage, *printed(stage))
    lines = case_ledgers.as_rows(case_ledgers.agency(rows, stage.hall.settings, "", told))
    facts = [(each["number"], each["agent"], each["papers"], each["list"], each["receipt"]) for each in lines]
    assert facts == [
        ("B2026-000001", "v07", 2, "身份证、申请表", "A4 纸 A4 page"),
        ("B2026-000002", "", 2, "身份证、申请表", "已打印 printed"),
    ]
    assert case_ledgers.mismatches(rows, told) == []


def test_a_page_has_its_own_language_alone():
    stage, rows = played()
    settings, told = stage.hall.settings, receipts(stage)
    for lang, words in (("zh", ("已受理", "没有印出")), ("en", ("accepted", "not printed"))):
        line = case_ledgers.as_rows(case_ledgers.agency(rows, settings, "", told, lang))[1]
        assert (line["state"], line["receipt"]) == words
    assert case_ledgers.as_rows(case_ledgers.major(rows, settings, "", "en"))[0]["state"] == "in hand"


def test_projects_of_a_month_and_major_ones_have_when_they_were_sent_up():
    stage, rows = played()
    month = case_ledgers.as_rows(case_ledgers.projects(rows, stage.hall.settings, "2026-09"))
    assert [each["number"] for each in month] == ["B2026-000001", "B2026-000002", "B2026-000003"]
    assert case_ledgers.projects(rows, stage.hall.settings, "2026-08").rows == []
    (line,) = case_ledgers.as_rows(case_ledgers.major(rows, stage.hall.settings, ""))
    assert (line["project"], line["item"], line["sent up"], line["answered"]) == (
        "P-9",
        UP.name,
        "2026-09-21",
        "",
    )


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda rows, id: rows.kept.pop(id), "not in the ledger"),
        (lambda rows, id: setattr(rows.kept[id], "listed", "[]"), "list is not the ledger's"),
        (lambda rows, id: setattr(rows.kept[id], "agent", "other"), "agent is not the ledger's"),
        (lambda rows, id: setattr(rows.kept[id], "number", "B9"), "number in the ledger is B9"),
        (
            lambda rows, id: rows.kept.update({f"x{id}": CaseRow("s", f"x{id}", "B7", case_type="agency")}),
            "without a receipt",
        ),
    ],
)
def test_what_does_not_match_is_said(change: Any, words: str):
    stage, rows = played()
    change(rows, next(iter(rows.kept)))
    (wrong,) = case_ledgers.mismatches(rows, receipts(stage, *printed(stage)))
    assert words in wrong.en


def test_a_receipt_that_was_not_printed_is_said_until_it_is():
    stage, rows = played()
    job = next(each for each in stage.hall.state.jobs.values() if each.notice)
    ended: list[ev.AnyEvent] = []
    for state in ("", "unknown", "failed"):  # on its way, of no known end, without paper
        ended += [ev.JobEnded(job.id, state, "")] if state else []
        found = case_ledgers.mismatches(rows, receipts(stage, *ended))
        assert [each.en for each in found] == ["its receipt was not printed: print it again"]
    ended += [
        ev.JobRequested("again", "pc-1", "print-notice", 0, notice=job.notice, about=job.about),
        ev.JobEnded("again", "done", ""),
    ]
    assert case_ledgers.mismatches(rows, receipts(stage, *ended)) == []


def test_twin_by_what_has_failed_alone_a_receipt_on_its_way_would_match(monkeypatch: pytest.MonkeyPatch):
    stage, rows = played()
    monkeypatch.setattr(case_ledgers.Receipts, "way", lambda _receipts, _case: "printed")
    assert case_ledgers.mismatches(rows, receipts(stage)) == []


def test_what_ran_over_is_published_with_its_department_and_owner():
    stage, rows = played()
    late = rows.kept[next(iter(rows.kept))]
    late.overdue, late.due, late.clerk = 1, stage.now, "2001"
    (line,) = case_ledgers.as_rows(case_ledgers.overruns([late], stage.hall.settings))
    assert (line["number"], line["department"], line["owner"], line["due"]) == (
        "B2026-000001",
        "部门d1",
        "2001",
        "2026-09-21",
    )


def test_a_withdrawn_case_keeps_its_place_in_the_ledger():
    stage, _ = played()
    first = next(iter(stage.hall.register.cases))
    stage.do(MoveCase(first, "withdraw", 0, staff="1"))
    rows: Any = Rows(stage)
    told = receipts(stage, *printed(stage))
    assert len(case_ledgers.agency(rows, stage.hall.settings, "", told).rows) == 2
    assert case_ledgers.mismatches(rows, told) == []
