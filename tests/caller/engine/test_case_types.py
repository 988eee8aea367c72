"""What a case of each type needs, and what a pause, an extension and a refusal print."""

from typing import Any

import pytest
from msgspec import structs

from caller import views
from caller.engine import case_types, cases, outcomes
from caller.engine import commands as cmd
from caller.engine import events as ev
from caller.engine.case_messages import MoveCase, OpenCase
from caller.engine.envelope import NoteOverdue
from config.case_settings import CasesTable
from config.hall_lists import reasons
from config.settings import Device, Item
from tests.instruments.case_fixture import ITEMS, case_stage, move, opened, visit
from tests.instruments.engine_fixture import AT_ONCE, Stage

PRINTER = Device("p1", "printer", "tcp://127.0.0.1:9100", agent="pc-1", window="1")
DAY = 86_400_000_000
BARE = Item("i5", "年检", "d1", "A", case_type="promised")  # a promise without days


def serving(stage: Stage, item: str) -> None:
    stage.do(cmd.TakeTicket(items=[item]))
    stage.next("1")
    stage.press(cmd.StartService, "1")


# --- the table


def test_what_is_done_on_the_spot_has_no_clock_and_what_has_a_promise_has_days():
    stage = case_stage(items=(*ITEMS, BARE))
    for item, code in (("i3", "case-on-the-spot"), ("i5", "case-needs-limit")):
        assert stage.refused(OpenCase(item)) == code
    assert stage.refused(OpenCase("i2", case_type="immediate")) == "case-on-the-spot"
    assert stage.do(OpenCase("i5", case_type="agency"))["case_number"], "an agency case needs no promise"
    serving(stage, "i3")
    assert stage.press_refused(cmd.FinishService, "1", outcome="accepted") == "case-on-the-spot"
    assert stage.press(cmd.FinishService, "1", outcome="done").keys() == {"ticket"}


def test_no_desk_offers_an_outcome_that_a_type_cannot_have():
    hall = case_stage(items=(*ITEMS, BARE)).hall
    for item in ("i3", "i5"):
        assert not {"accepted", "received"} & set(outcomes.choices(hall, "1", hall.items[item]))
    assert {"accepted", "received"} <= set(outcomes.choices(hall, "1", hall.items["i1"]))


def test_a_hall_without_cases_offers_what_it_did():
    hall = case_stage(cases=CasesTable(), items=(*ITEMS, BARE)).hall
    assert "accepted" in outcomes.choices(hall, "1", hall.items["i3"])


@pytest.mark.parametrize("kind", ["parallel", "reported-up", "assisted", "agency"])
def test_what_goes_through_other_hands_is_decided_only_when_it_is_in_one(kind: Any):
    stage = case_stage()
    id = stage.do(OpenCase("i2", "1", kind))["about"]
    decided: dict[str, Any] = {"decision": "granted", "staff": "7"}
    assert stage.refused(MoveCase(id, "decide", 0, **decided)) == "case-not-in-hand"
    move(stage, id, "take", owner="1008")
    if kind == "reported-up":
        assert stage.refused(MoveCase(id, "decide", 1, **decided)) == "case-not-heard"
        move(stage, id, "report")
        move(stage, id, "heard")
    row = move(stage, id, "decide", decision="granted")
    assert row
    assert (row.state, row.owner) == ("decided", "1008")


def test_a_returned_case_ends_as_returned_and_an_answered_one_with_an_answer():
    stage = case_stage()
    returned, answered = (stage.do(OpenCase("i2", "1", kind))["about"] for kind in ("returned", "answered"))
    assert stage.refused(MoveCase(returned, "decide", 0, decision="granted")) == "case-decision"
    assert (
        stage.refused(MoveCase(answered, "decide", 0, decision="refused", code="person")) == "case-decision"
    )
    assert move(stage, returned, "decide", decision="returned", code="person")
    assert move(stage, answered, "decide", decision="granted")


def test_what_is_not_granted_says_why():
    stage = case_stage()
    row = opened(stage)
    assert stage.refused(MoveCase(row.id, "decide", 0, decision="refused")) == "unknown-code"
    assert stage.refused(MoveCase(row.id, "decide", 0, decision="refused", code="none")) == "unknown-code"
    move(stage, row.id, "decide", decision="refused", code="conditions")
    assert row.reason == "conditions"


def test_twin_with_no_table_an_immediate_case_gets_a_clock(monkeypatch: pytest.MonkeyPatch):
    plain = {kind: case_types.CaseNeeds(limit=False) for kind in case_types.TYPES}
    monkeypatch.setattr(case_types, "TYPES", plain)
    stage = case_stage(items=(structs.replace(ITEMS[2], promised_days=3),))
    assert stage.hall.register.cases[stage.do(OpenCase("i3"))["about"]].days == 3


# --- told in writing


def printed(stage: Stage) -> list[str]:
    return [job.notice for job in stage.hall.state.jobs.values()]


def facts(stage: Stage, kind: str, about: str) -> Any:
    return views.build(stage.hall, f"notice/{kind}.{about}", stage.now)


def test_each_pause_prints_its_notice_and_is_counted_with_it():
    stage = case_stage(devices=(PRINTER,))
    row = opened(stage)
    for nth, why in enumerate(("survey", "papers", "survey"), 1):
        answer = stage.do(MoveCase(row.id, "pause", row.version, window="1", staff="7", code=why))
        assert (answer["notice"], answer["about"], answer["printed"]) == ("pause", row.id, True)
        told = facts(stage, "pause", row.id)
        assert (told["nth"], told["left"], told["issued"], told["due"]) == (nth, row.days, stage.now, 0)
        stage.do(MoveCase(row.id, "resume", row.version, window="1", staff="7"))
    assert row.pauses == {"survey": 2, "papers": 1}
    assert printed(stage) == ["acceptance", "pause", "pause", "pause"]
    moved = [event for _, _, event in stage.events if isinstance(event, ev.CaseMoved)]
    assert [each.notice for each in moved] == ["pause", ""] * 3
    with pytest.raises(KeyError):
        facts(stage, "pause", row.id)


def test_an_extension_prints_the_notice_of_delay_and_may_be_told_at_once():
    stage = case_stage(devices=(PRINTER,))
    row = opened(stage)
    before = row.due
    more: dict[str, Any] = {"window": "1", "staff": "7", "code": "complex", "days": 3, "way": "counter"}
    answer = stage.do(MoveCase(row.id, "extend", 0, **more))
    assert (answer["notice"], answer["case_number"], row.told) == ("delay", row.number, "counter")
    told = facts(stage, "delay", row.id)
    assert (told["before"], told["due"], told["issued"]) == (before, row.due, stage.now)


def test_a_decision_that_is_not_granted_prints_the_notice_of_return():
    stage = case_stage(devices=(PRINTER,))
    row = opened(stage)
    stage.do(MoveCase(row.id, "decide", 0, window="1", staff="7", decision="returned", code="person"))
    told = facts(stage, "return", row.id)
    assert (printed(stage)[-1], told["reason"], told["issued"]) == ("return", "申请人不具备资格", stage.now)


def test_what_the_office_does_prints_at_no_window_and_its_paper_is_there_to_print():
    stage = case_stage(devices=(PRINTER,))
    row = opened(stage)
    answer = stage.do(MoveCase(row.id, "pause", 0, staff="7", code="expert"))
    assert (answer["notice"], answer["printed"], printed(stage)) == ("pause", False, ["acceptance"])
    assert facts(stage, "pause", row.id)["reason"] == "专家评审"


# --- what windows, the office and supervisors see


def test_a_window_sees_its_cases_due_first_with_light_and_days_left():
    stage = case_stage()
    slow = stage.hall.register.cases[visit(stage, "accepted", "i2", "3")["about"]]
    rows = [opened(stage) for _ in range(2)]
    stage.do(MoveCase(rows[0].id, "extend", 0, window="1", staff="7", code="volume", days=4))
    stage.do(MoveCase(rows[1].id, "pause", 0, window="1", staff="7", code="survey"))
    doc: Any = views.build(stage.hall, "cases/1", stage.now)
    assert [*doc["cases"]] == [rows[0].id, rows[1].id], "whose clock stands comes last"
    lines = doc["cases"].values()
    assert [(line["left"], line["pause"]) for line in lines] == [(9, ""), (5, "survey")]
    window: Any = views.build(stage.hall, "window/1", stage.now)
    assert window["cases"] == {"open": 2, "late": 0}
    for days, left in ((0, 0), (4, -3)):  # it is due on a Friday
        late = views.build(stage.hall, "cases/1", rows[0].due + 1 + days * DAY)["cases"][rows[0].id]  # type: ignore[typeddict-item]
        assert (late["light"], late["left"]) == ("red", left)
    assert views.build(stage.hall, "window/1", rows[0].due + 1)["cases"] == {"open": 2, "late": 1}  # type: ignore[typeddict-item]
    assert slow.id in views.build(stage.hall, "cases/3", stage.now)["cases"]  # type: ignore[typeddict-item]


def test_a_hall_without_cases_shows_none_at_its_windows():
    stage = case_stage(cases=CasesTable())
    assert "cases" not in views.build(stage.hall, "window/1", stage.now)


def test_the_office_sees_one_case_with_its_steps():
    stage = case_stage()
    row = opened(stage)
    move(stage, row.id, "take", owner="1008")
    move(stage, row.id, "extend", code="complex", days=3, way="call")
    move(stage, row.id, "decide", decision="refused", code="person")
    doc: Any = views.build(stage.hall, f"case/{row.number}", stage.now)
    steps = [(each["move"], each["code"], each["more"]) for each in doc["steps"]]
    assert steps == [("take", "1008", ""), ("extend", "complex", "call"), ("decide", "refused", "person")]
    assert doc["steps"][1]["due"] == row.due


def test_the_office_lists_what_has_no_running_clock_and_what_was_not_accepted():
    stage = case_stage()
    row = opened(stage)
    move(stage, row.id, "pause", code="survey")
    refused = visit(stage, "rejected", reason="conditions")["about"]
    doc: Any = views.build(stage.hall, "cases", stage.now)
    assert (doc["cases"], [*doc["rest"]]) == ({}, [refused, row.id])


def test_the_wall_counts_complaints_overdue_not_accepted_and_early_warning():
    stage = case_stage(rules=structs.replace(AT_ONCE, answer_days=5))
    late, soon = opened(stage), opened(stage)
    move(stage, soon.id, "extend", code="volume", days=1)
    visit(stage, "rejected", reason="conditions")
    stage.do(cmd.OpenFollowUp(visit(stage, "advice")["ticket"]))
    stage.now = late.due + 1
    doc: Any = views.build(stage.hall, "supervise", stage.now)
    assert doc["duties"] == {"complaint": 1, "overdue": 1, "rejected": 1, "warning": 1, "accountability": 0}


def test_only_what_the_clock_would_not_refuse_is_offered():
    stage = case_stage()
    row = opened(stage)
    assert cases.moves_now(row, stage.now) == ["take", "pause", "extend", "decide", "withdraw"]
    assert cases.moves_now(row, row.due + 1) == ["take", "decide", "withdraw"]
    move(stage, row.id, "extend", code="complex", days=2)
    assert cases.moves_now(row, stage.now) == ["take", "pause", "tell", "decide", "withdraw"]
    move(stage, row.id, "tell", way="call")
    assert cases.moves_now(row, stage.now) == ["take", "pause", "decide", "withdraw"]
    for state in cases.MOVES:
        row.state = state
        for verb in cases.moves_now(row, row.due + 1):
            assert verb in cases.MOVES[state]
            assert verb not in ("pause", "extend")


def late_record(days: int) -> tuple[Stage, int]:
    """A hall that escalates after so many days, with the record of a red light; the instant at which it began."""
    stage = case_stage(cases=CasesTable(enabled=True, escalate_days=days))
    row = opened(stage)
    stage.now = row.due + 1
    note: Any = NoteOverdue("case", row.id, row.due)  # the caller's own
    stage.do(note, role="caller")
    return stage, stage.now


def escalated(stage: Stage, at: int) -> list[tuple[str, int, str]]:
    doc: Any = views.build(stage.hall, "supervise", at)
    return [
        (each["code"], each["level"], each["about"]) for each in doc["alerts"] if each["code"] == "unanswered"
    ]


def test_a_record_that_was_not_answered_for_so_long_is_escalated_until_it_is():
    stage, began = late_record(2)
    (record,) = stage.hall.register.follow_ups.values()
    assert escalated(stage, began + 2 * DAY) == []
    late = began + 6 * DAY
    assert escalated(stage, late) == [("unanswered", 2, f"case/{record.case}")]
    stage.do(cmd.MoveFollowUp(record.id, "assign", "2001"))
    assert len(escalated(stage, late)) == 1, "assigned is not answered"
    stage.do(
        cmd.MoveFollowUp(record.id, "answer", "2001", code=reasons(stage.hall.settings, "finding")[0].id)
    )
    assert escalated(stage, late) == []


def test_twin_a_hall_that_sets_no_days_escalates_nothing():
    stage, began = late_record(0)
    assert escalated(stage, began + 60 * DAY) == []
