"""Who comes for a result with the receipt's code has a number for the issuing window, and the reception issues the case."""

import pytest
from msgspec import structs

from caller.engine import collecting, outcomes
from caller.engine import commands as cmd
from config.settings import Window
from tests.instruments.case_fixture import case_stage, move, opened, served
from tests.instruments.engine_fixture import Stage
from tests.instruments.engine_fixture import settings as plain

ISSUING = (
    Window("88", "发证", queues=["A"], kind="issuing"),
    Window("89", "发证", queues=["A"], kind="issuing", department="d1"),
)


def stage_with(*open_: str) -> Stage:
    stage = case_stage(windows=(*plain().windows, *ISSUING))
    return stage.open(*open_)


def granted(stage: Stage) -> tuple[str, str]:
    """A case that was granted: its id and its receipt's code."""
    row = opened(stage)
    move(stage, row.id, "decide", decision="granted")
    return row.id, row.code


@pytest.mark.parametrize(
    ("open_", "bound"), [(("88", "89"), "89"), (("88",), "88"), ((), "1")], ids=["own", "another", "none"]
)
def test_a_number_is_bound_to_the_issuing_window_of_the_department(
    open_: tuple[str, ...], bound: str
) -> None:
    stage = stage_with(*open_)
    _, code = granted(stage)
    number = stage.do(cmd.CheckIn(code))["number"]
    assert stage.find(number).bound == bound
    assert stage.next(bound) == number


def test_the_receipts_qr_code_is_taken_too() -> None:
    stage = stage_with("89")
    _, code = granted(stage)
    assert stage.do(cmd.CheckIn(f"http://hall.example/case#{code}"))["number"]


def test_before_it_is_decided_no_one_waits_for_nothing_and_what_was_not_granted_gives_no_number() -> None:
    stage = stage_with("89")
    row = opened(stage)
    assert stage.refused(cmd.CheckIn(row.code)) == "case-not-ready"
    move(stage, row.id, "decide", decision="returned", code="person")
    assert stage.refused(cmd.CheckIn(row.code)) == "case-nothing-here"
    id, code = granted(stage)
    move(stage, id, "close")
    assert stage.refused(cmd.CheckIn(code)) == "case-nothing-here"


def test_a_case_gives_one_number_at_a_time() -> None:
    stage = stage_with("89")
    _, code = granted(stage)
    first = stage.do(cmd.CheckIn(code))
    assert stage.refused(cmd.CheckIn(code)) == "live-ticket"
    stage.do(cmd.CancelTicket(first["ticket"]))
    assert stage.do(cmd.CheckIn(code))["number"]


def test_collected_issues_the_case_by_itself_and_another_outcome_does_not() -> None:
    stage = stage_with("89")
    id, code = granted(stage)
    stage.do(cmd.CheckIn(code))
    served(stage, "advice", "89")
    assert stage.hall.register.cases[id].state == "decided"
    stage.do(cmd.CheckIn(code))
    served(stage, "collected", "89")
    row = stage.hall.register.cases[id]
    assert (row.state, row.steps[-1].move if row.steps else "") == ("issued", "issue")


@pytest.mark.parametrize("place", ["89", "1"], ids=["issuing", "the case's own"])
def test_an_item_with_outcomes_of_its_own_is_collected_too(place: str) -> None:
    stage = stage_with(*(["89"] if place == "89" else []))
    row = opened(stage, "i4")
    move(stage, row.id, "decide", decision="granted")
    number = stage.do(cmd.CheckIn(row.code))["number"]
    ticket, item = stage.find(number), stage.hall.items["i4"]
    assert "collected" in outcomes.choices(stage.hall, place, item, ticket)
    served(stage, "collected", place)
    assert stage.hall.register.cases[row.id].state == "issued"


def test_twin_who_did_not_come_for_a_result_collects_nothing_of_such_an_item() -> None:
    stage = stage_with()
    stage.do(cmd.TakeTicket(items=["i4"]))
    stage.next("1")
    stage.press(cmd.StartService, "1")
    seen = stage.hall.state.windows["1"].version
    assert stage.refused(cmd.FinishService("1", seen, "collected")) == "no-such-outcome"


def test_what_the_case_became_meanwhile_stays() -> None:
    stage = stage_with("89")
    id, code = granted(stage)
    stage.do(cmd.CheckIn(code))
    move(stage, id, "close")
    served(stage, "collected", "89")
    assert stage.hall.register.cases[id].state == "closed"


def test_twin_without_looking_for_a_case_the_code_is_unknown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(collecting, "find", lambda _hall, _code: None)
    stage = stage_with("89")
    _, code = granted(stage)
    assert stage.refused(cmd.CheckIn(code)) == "unknown-appointment"


def test_a_case_of_an_item_that_was_removed_gives_a_clear_word() -> None:
    stage = stage_with("89")
    _, code = granted(stage)
    stage.hall.adopt(structs.replace(stage.hall.settings, items=()))
    assert stage.refused(cmd.CheckIn(code)) == "unknown-item"
