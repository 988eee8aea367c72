"""An outcome that opened a case, or asked for papers, is corrected in time: what followed is void, and nothing else is lost."""

from typing import Any

import pytest

from caller import views
from caller.engine import cases, outcomes, vouchers
from caller.engine import commands as cmd
from caller.engine import desk_commands as desk_cmd
from caller.engine import events as ev
from caller.engine.case_messages import MoveCase
from caller.engine.commands import Outcome
from caller.engine.hall import Hall
from config.settings import Device
from tests.caller.engine.test_cases import check_index
from tests.instruments.case_fixture import case_stage, move, served, visit, wrong
from tests.instruments.engine_fixture import Stage
from tests.instruments.hall_image import from_image, image

SECOND = 1 / 60  # minutes
PRINTER = Device("p1", "printer", "tcp://127.0.0.1:9100", agent="pc-1", window="1")


def ended(outcome: Outcome, item: str = "i1", **more: Any) -> tuple[Stage, str, dict[str, Any]]:
    """A stage whose window 1, with a printer, has just ended a reception; its ticket, and the answer to the end."""
    stage = case_stage(devices=(PRINTER,))
    answer = visit(stage, outcome, item, **more)
    return stage, stage.hall.state.receptions["clerk-1"][-1].ticket, answer


def correct(stage: Stage, ticket: str, outcome: Outcome, **more: Any) -> dict[str, Any]:
    return stage.do(desk_cmd.CorrectOutcome("1", ticket, outcome, **more))


def kinds(stage: Stage) -> list[str]:
    return [type(event).__name__ for _, _, event in stage.events]


@pytest.mark.parametrize(
    ("outcome", "paper"), [("accepted", "acceptance"), ("received", "receipt"), ("rejected", "refusal")]
)
def test_the_case_is_withdrawn_its_paper_printed_as_void_and_the_reception_stays(
    outcome: Outcome, paper: str
) -> None:
    stage, ticket, answer = ended(outcome)
    answered = correct(stage, ticket, "advice")
    row = stage.hall.register.cases[answer["about"]]
    assert (row.state, row.voided) == ("withdrawn", paper)
    assert (answered["voided"], answered["void_number"], answered["printed"]) == (paper, row.number, False)
    jobs = [(job.notice, job.about) for job in stage.hall.state.jobs.values()]
    assert jobs == [(paper, row.id), ("void", row.id)]
    assert stage.hall.state.receptions["clerk-1"][-1].outcome == "advice"
    assert stage.hall.register.case_index.lights(stage.now) == (0, 0, 0)
    assert stage.refused(MoveCase(row.id, "take", row.version, staff="7")) == "case-step"
    check_index(stage.hall)


def test_a_case_done_on_the_spot_is_void_without_a_paper_and_its_number_is_not_given_again() -> None:
    stage, ticket, _ = ended("done")
    answered = correct(stage, ticket, "accepted")
    assert (answered["voided"], answered["void_number"]) == ("", "B2026-000001")
    assert (answered["notice"], answered["case_number"]) == ("acceptance", "B2026-000002")
    assert [job.notice for job in stage.hall.state.jobs.values()] == ["acceptance"]
    assert len(stage.hall.register.cases) == 1


def test_another_outcome_makes_its_own_case_and_both_papers_are_printed() -> None:
    stage, ticket, answer = ended("accepted")
    answered = correct(stage, ticket, "rejected", reason="conditions")
    old, new = (stage.hall.register.cases[each] for each in (answer["about"], answered["about"]))
    assert (old.state, new.state, new.reason, new.ticket) == ("withdrawn", "refused", "conditions", ticket)
    assert [job.notice for job in stage.hall.state.jobs.values()] == ["acceptance", "void", "refusal"]
    assert len({job.id for job in stage.hall.state.jobs.values()}) == 3
    again = correct(stage, ticket, "advice")
    assert (again["voided"], again["void_about"]) == ("refusal", new.id), "and that one is corrected, too"


def test_papers_that_were_asked_for_are_void_and_give_no_number() -> None:
    stage, ticket, answer = ended("incomplete", papers=[wrong("照片")])
    answered = correct(stage, ticket, "accepted")
    assert (answered["voided"], answered["notice"]) == ("missing", "acceptance")
    assert stage.refused(cmd.CheckIn(answer["code"])) == "voucher-void"
    assert stage.hall.register.vouchers[answer["about"]].void


def test_papers_are_asked_for_by_a_correction_and_corrected_lists_replace_each_other() -> None:
    stage, ticket, _ = ended("done")
    first = correct(stage, ticket, "incomplete", papers=[wrong("照片")])
    second = correct(stage, ticket, "incomplete", papers=[wrong("身份证", "expired")])
    assert stage.refused(cmd.CheckIn(first["code"])) == "voucher-void"
    assert stage.do(cmd.CheckIn(second["code"]))["number"]


def test_a_case_that_has_gone_on_and_a_voucher_that_was_used_keep_their_outcome() -> None:
    stage, ticket, answer = ended("accepted")
    move(stage, answer["about"], "take")
    assert stage.refused(desk_cmd.CorrectOutcome("1", ticket, "advice")) == "case-went-on"
    stage, ticket, answer = ended("incomplete", papers=[wrong("照片")])
    stage.do(cmd.CheckIn(answer["code"]))
    assert stage.refused(desk_cmd.CorrectOutcome("1", ticket, "advice")) == "voucher-used"


def test_who_came_back_with_papers_stays_settled_by_a_correction() -> None:
    stage, _, answer = ended("incomplete", papers=[wrong("照片")])
    stage.do(cmd.CheckIn(answer["code"]))
    served(stage, "accepted")
    back = stage.hall.state.receptions["clerk-1"][-1].ticket
    correct(stage, back, "advice")
    assert stage.refused(cmd.CheckIn(answer["code"])) == "voucher-used"


def test_a_refused_correction_changes_nothing() -> None:
    stage, ticket, answer = ended("accepted")
    before = len(stage.events)
    assert (
        stage.refused(desk_cmd.CorrectOutcome("1", ticket, "rejected", reason="nonsense")) == "unknown-code"
    )
    assert stage.refused(desk_cmd.CorrectOutcome("1", ticket, "advice", item="none")) == "unknown-item"
    assert len(stage.events) == before
    assert stage.hall.register.cases[answer["about"]].state == "accepted"


def test_after_the_time_nothing_is_void() -> None:
    stage, ticket, answer = ended("accepted")
    stage.later(31 * SECOND)
    assert stage.refused(desk_cmd.CorrectOutcome("1", ticket, "advice")) == "no-outcome"
    assert stage.hall.register.cases[answer["about"]].state == "accepted"


def test_the_void_paper_names_the_one_that_is_void_and_the_first_is_printed_no_more() -> None:
    stage, ticket, answer = ended("accepted")
    correct(stage, ticket, "advice")
    facts: Any = views.build(stage.hall, f"notice/void.{answer['about']}", stage.now)
    assert (facts["voids"], facts["case"], facts["code"]) == ("acceptance", "B2026-000001", "")
    with pytest.raises(KeyError):
        views.build(stage.hall, f"notice/acceptance.{answer['about']}", stage.now)
    stage, ticket, answer = ended("incomplete", papers=[wrong("照片")])
    correct(stage, ticket, "advice")
    facts = views.build(stage.hall, f"notice/void.{answer['about']}", stage.now)
    assert (facts["voids"], facts["papers"], facts["code"]) == ("missing", [], "")


def test_the_desk_sees_how_the_last_reception_may_be_corrected() -> None:
    stage, _, _ = ended("accepted", "i4")
    doc: Any = views.build(stage.hall, "window/1", stage.now)
    assert [*doc["ended"]["ending"]["outcomes"]] == ["accepted", "incomplete", "rejected", "received"]
    assert doc["ended"]["ending"]["item"] == "i4"


def test_a_hall_folds_to_the_same_from_its_events_and_from_a_checkpoint() -> None:
    stage, ticket, _ = ended("accepted")
    correct(stage, ticket, "incomplete", papers=[wrong("照片")])
    correct(stage, ticket, "done")
    again = Hall(stage.hall.settings)
    for seq, at, event in stage.events:
        again.apply(event, at, seq)
    assert image(again) == image(stage.hall)
    assert again.register.rows() == stage.hall.register.rows()
    assert from_image(stage.hall.settings, image(stage.hall)).state.receptions == stage.hall.state.receptions


def test_twin_without_taking_back_a_case_would_stay_behind_another_outcome(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(outcomes, "voided", lambda *_: [])
    stage, ticket, answer = ended("accepted")
    correct(stage, ticket, "advice")
    assert stage.hall.register.cases[answer["about"]].state == "accepted"


def test_twin_without_the_guards_a_case_in_hand_and_a_used_voucher_would_be_void(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    stage, ticket, answer = ended("accepted")
    move(stage, answer["about"], "take")
    row = stage.hall.register.cases[answer["about"]]
    void = ev.CaseVoided(row.id, row.number, row.state, ticket, "1", "clerk-1", "acceptance")
    monkeypatch.setattr(cases, "voided", lambda *_: void)
    correct(stage, ticket, "advice")
    assert row.state == "withdrawn"
    stage, ticket, answer = ended("incomplete", papers=[wrong("照片")])
    number = stage.do(cmd.CheckIn(answer["code"]))["number"]
    gone = ev.PapersVoided(answer["about"], ticket, "i1", "1", "clerk-1")
    monkeypatch.setattr(vouchers, "voided", lambda *_: gone)
    correct(stage, ticket, "advice")
    assert stage.find(number).state == "waiting", "and its number would wait for nothing"
