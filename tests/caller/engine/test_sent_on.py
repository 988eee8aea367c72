"""转其他部门: whom an applicant is sent on to is chosen from the hall's list, shown to them, counted, and corrected."""

from typing import Any

import pytest

from caller import views
from caller.engine import commands as cmd
from caller.engine import desk_commands as desk_cmd
from caller.engine import events as ev
from caller.engine import outcomes
from caller.records.contributions import SENT_TO
from caller.records.rollups import TallyRow
from config.settings import Department, Reason
from tests.instruments.case_fixture import case_stage, visit
from tests.instruments.engine_fixture import Stage
from tests.instruments.record_tables import folded

DEPARTMENTS = (Department("d1", "人社局", "Human resources"), Department("d2", "住建局", "Housing"))
OUTSIDE = (Reason("elsewhere", "court", "人民法院", "Court"),)


def sent(to: str = "d2", **changes: Any) -> tuple[Stage, str]:
    """A stage whose window 1 has sent an applicant on; the ticket."""
    stage = case_stage(departments=DEPARTMENTS, **changes)
    visit(stage, "elsewhere", reason=to)
    return stage, stage.hall.state.receptions["clerk-1"][-1].ticket


def shown(stage: Stage, ticket: str) -> tuple[str, str]:
    seen = views.ticket_view(stage.hall, ticket, stage.now)
    return seen.get("sent_to", ""), seen.get("sent_to_en", "")


def counted(stage: Stage) -> dict[str, int]:
    """What the records say of whom applicants were sent on to."""
    rows = [row for row in folded(stage) if isinstance(row, TallyRow)]
    return {row.value: row.count for row in rows if row.subject == SENT_TO and row.count}


def test_the_department_is_shown_to_who_was_sent_on_and_counted() -> None:
    stage, ticket = sent()
    assert shown(stage, ticket) == ("住建局", "Housing")
    assert counted(stage) == {"d2": 1}


def test_a_hall_that_names_others_offers_just_those() -> None:
    stage, ticket = sent("court", reasons=OUTSIDE)
    assert shown(stage, ticket) == ("人民法院", "Court")
    stage.do(cmd.TakeTicket(items=["i1"]))
    stage.next("1")
    stage.press(cmd.StartService, "1")
    version = stage.hall.state.windows["1"].version
    assert stage.refused(cmd.FinishService("1", version, "elsewhere", reason="d2")) == "unknown-code"
    assert stage.hall.state.windows["1"].ticket, "the visit goes on"


def test_it_need_not_be_named_as_in_a_log_of_an_older_version() -> None:
    stage, ticket = sent("")
    assert (shown(stage, ticket), counted(stage)) == (("", ""), {})


def test_a_corrected_department_is_shown_and_counted_in_place_of_the_first() -> None:
    stage, ticket = sent()
    stage.do(desk_cmd.CorrectOutcome("1", ticket, "elsewhere", reason="d1"))
    assert (shown(stage, ticket), counted(stage)) == (("人社局", "Human resources"), {"d1": 1})
    stage.do(desk_cmd.CorrectOutcome("1", ticket, "advice"))
    assert (shown(stage, ticket), counted(stage)) == (("", ""), {})


def test_twin_without_the_list_any_code_is_written_and_shown_to_nobody(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(outcomes, "_need_reason", lambda *_: None)
    stage, ticket = sent("nonsense")
    ends = [event.reason for _, _, event in stage.events if isinstance(event, ev.ServiceFinished)]
    assert (ends, shown(stage, ticket)) == (["nonsense"], ("", ""))
