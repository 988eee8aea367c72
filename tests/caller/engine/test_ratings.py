"""A rating is free, honest, and given once; "not rated" is a state of its own."""

import msgspec
import pytest

from caller.engine import commands as cmd
from caller.engine import events as ev
from tests.instruments.engine_fixture import Stage


@pytest.fixture
def stage() -> Stage:
    return Stage().open("1")


def visit(stage: Stage) -> str:
    ticket = stage.find(stage.take("A")).id
    stage.serve("1")
    return ticket


def test_one_visit_one_rating(stage: Stage):
    ticket = visit(stage)
    assert stage.hall.register.visits[ticket].level == 0
    stage.do(cmd.Rate(ticket, 5))
    assert stage.hall.state.windows["1"].rated == 5
    assert stage.hall.state.ratings == {"5": 1}
    assert stage.refused(cmd.Rate(ticket, 1)) == "already-rated"


def test_nothing_to_rate_before_the_service_has_ended(stage: Stage):
    ticket = stage.find(stage.take("A")).id
    assert stage.refused(cmd.Rate(ticket, 5)) == "no-service"
    stage.next("1")
    stage.press(cmd.StartService, "1")
    assert stage.refused(cmd.Rate(ticket, 5)) == "no-service"
    assert stage.refused(cmd.Rate("nobody", 5)) == "no-service"


def test_the_evaluator_asks_for_a_minute_the_slip_for_a_day(stage: Stage):
    ticket = visit(stage)
    stage.later(1)
    stage.do(cmd.Rate(ticket, 4))
    late = visit(stage)
    stage.later(1.1)
    assert stage.refused(cmd.Rate(late, 4)) == "rating-late"
    stage.do(cmd.Rate(late, 2, via="tablet", reasons=["1:slow"]))  # pressed in time, then said why
    slow = visit(stage)
    stage.later(2.1)
    assert stage.refused(cmd.Rate(slow, 2, via="tablet")) == "rating-late"
    stage.do(cmd.Rate(slow, 4, via="phone"))
    later = visit(stage)
    stage.later(24 * 60 + 1)
    assert stage.refused(cmd.Rate(later, 4, via="phone")) == "rating-late"


def test_a_visit_may_be_rated_from_home_after_the_hall_has_closed(stage: Stage):
    ticket = visit(stage)
    stage.do(cmd.CloseDay())
    stage.later(10 * 60).do(cmd.Rate(ticket, 1, via="phone", reasons=["1:wait"]))
    stage.later(8 * 60).do(cmd.OpenDay("2026-09-22"))
    assert stage.refused(cmd.Rate(ticket, 1, via="phone")) == "already-rated"


def test_old_visits_are_forgotten_when_a_day_opens(stage: Stage):
    ticket = visit(stage)
    stage.do(cmd.CloseDay())
    stage.later(25 * 60).do(cmd.OpenDay("2026-09-23"))
    assert stage.refused(cmd.Rate(ticket, 3, via="phone")) == "no-service"


def test_reasons_belong_to_the_two_bad_levels(stage: Stage):
    for level in (5, 2):
        stage.do(cmd.Rate(visit(stage), level, reasons=["1:slow"]))
    told = [event.reasons for _, _, event in stage.events if isinstance(event, ev.ServiceRated)]
    assert told == [[], ["1:slow"]]


def decoded(reason: str) -> cmd.Rate:
    return msgspec.convert({"type": "Rate", "ticket": "t", "level": 1, "reasons": [reason]}, cmd.Rate)


@pytest.mark.parametrize(
    "words",
    ["text:我姓王", "text:13800000000", "slow", "1:Slow", "1:slow please", "1:slow\n", "1:" + "a" * 40],
)
def test_no_free_text_reaches_the_log_which_cannot_forget(words: str):
    with pytest.raises(msgspec.ValidationError):
        decoded(words)


def test_twin_a_code_of_a_numbered_list_does():
    assert decoded("12:not-explained").reasons == ["12:not-explained"]
