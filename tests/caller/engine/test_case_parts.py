"""Parts in other departments, joint steps, a way up, papers that follow: the tour, the clocks, the lights, the records."""

import random
from datetime import date
from typing import Any

import pytest
from msgspec import structs

from caller import views
from caller.engine import case_clock, case_parts, cases
from caller.engine import commands as cmd
from caller.engine import events as ev
from caller.engine.case_messages import CaseVerb, MoveCase, OpenCase, PartWanted
from caller.engine.case_rows import NO_CLOCK, RUNNING, Case
from caller.engine.papers import WrongPaper, code_of
from caller.engine.refusals import Refused
from config.instants import instant
from config.settings import Department, Item, Window, YearNotice
from tests.caller.engine.test_cases import ZONE, check_index, day_of, note, restart, to_day
from tests.instruments.case_fixture import ITEMS, NOTICES, case_stage, move, visit, wrong
from tests.instruments.engine_fixture import Stage

DEPARTMENTS = tuple(Department(id, f"部门{id}") for id in ("d1", "d2", "d3"))
WINDOWS = (
    Window("1", "一号", ["A", "B"], department="d1"),
    Window("2", "二号", ["A", "B"], department="d2"),
    Window("3", "三号", ["A", "B"], department="d3"),
)
JOINT = Item("j1", "并联许可", "d1", "A", case_type="parallel", statutory_days=20, promised_days=10, papers=["图纸", "申请表"],
             parts=["d2:3", "d3:5"], later=["图纸"])  # fmt: skip
AGENCY = Item("a1", "代办入户", "d1", "A", case_type="agency", papers=["身份证", "申请表"])
UP = Item(
    "u1", "上报许可", "d1", "A", case_type="reported-up", promised_days=20, later=["图纸"], papers=["图纸"]
)
VERBS: tuple[CaseVerb, ...] = ("share", "reply", "plan", "held", "report", "heard", "bring")


def stage_of(**changes: Any) -> Stage:
    base: dict[str, Any] = {
        "items": (*ITEMS, JOINT, AGENCY, UP),
        "departments": DEPARTMENTS,
        "windows": WINDOWS,
    }
    return case_stage(**(base | changes))


def joint(stage: Stage, **more: Any) -> Case:
    return stage.hall.register.cases[visit(stage, "accepted", "j1", **more)["about"]]


def reply(stage: Stage, row: Case, department: str, decision: Any = "granted", **more: Any) -> None:
    stage.do(MoveCase(row.id, "reply", 0, department=department, decision=decision, staff="9", **more))


def parts(row: Case) -> dict[str, tuple[str, str]]:
    return {each.department: (day_of(each.due), each.reply) for each in row.more.parts} if row.more else {}


def light_of(stage: Stage, row: Case) -> str:
    return case_clock.light(row, stage.now)


# --- parallel


def test_the_papers_go_to_all_departments_with_the_acceptance_each_with_its_own_limit():
    """Monday the 21st: three working days end on Thursday, five on the next Monday, the case's ten on the 5th."""
    row = joint(stage_of())
    assert parts(row) == {"d2": ("2026-09-24", ""), "d3": ("2026-09-28", "")}
    assert day_of(row.due) == "2026-10-05"


def test_the_case_is_late_when_any_part_is_and_the_department_answers_for_it():
    stage = stage_of()
    row = joint(stage)
    assert light_of(stage, row) == "green"
    to_day(stage, "2026-09-23")
    assert light_of(stage, row) == "yellow"
    to_day(stage, "2026-09-25")
    assert light_of(stage, row) == "red"
    assert stage.hall.register.case_index.lights(stage.now) == (1, 0, 0)
    assert (note(stage), note(stage)) == (1, 0)
    (record,) = stage.hall.register.follow_ups.values()
    assert (record.case, record.department, record.window, record.clerk) == (row.id, "d2", "", "")
    assert stage.refused(MoveCase(row.id, "pause", row.version, code="survey")) == "clock-overdue"
    reply(stage, row, "d2")
    assert light_of(stage, row) == "yellow", "what the late department owed is there; the other is warned"
    assert row.more
    assert case_clock.part_light(row, row.more.parts[0], stage.now) == "red"
    check_index(stage.hall)


def test_twin_a_case_that_looks_at_its_own_clock_only_shows_no_red_light(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(case_clock, "further", lambda _row: [])
    stage = stage_of()
    row = joint(stage)
    to_day(stage, "2026-09-25")
    assert light_of(stage, row) == "green"
    assert note(stage) == 0


def test_the_lead_decides_when_all_have_replied():
    stage = stage_of()
    row = joint(stage)
    move(stage, row.id, "take")
    reply(stage, row, "d3")
    decided: dict[str, Any] = {"decision": "granted", "staff": "7"}
    assert stage.refused(MoveCase(row.id, "decide", row.version, **decided)) == "case-parts-open"
    reply(stage, row, "d2", "refused", code="conditions")
    assert parts(row) == {"d2": ("2026-09-24", "refused"), "d3": ("2026-09-28", "granted")}
    assert move(stage, row.id, "decide", decision="granted")
    assert [(step.move, step.code, step.more) for step in row.steps or ()][1:3] == [
        ("reply", "granted", "d3"), ("reply", "refused", "d2"),
    ]  # fmt: skip


def test_a_department_replies_once_at_its_own_window_and_needs_no_version():
    stage = stage_of()
    row = joint(stage)
    move(stage, row.id, "take")
    stage.do(MoveCase(row.id, "reply", 0, window="2", decision="granted", staff="9"))
    assert parts(row)["d2"][1] == "granted"
    again = MoveCase(row.id, "reply", 0, window="2", decision="refused", code="person")
    assert stage.refused(again) == "case-part"
    assert (
        stage.refused(MoveCase(row.id, "reply", 0, window="2", department="d3", decision="granted"))
        == "case-elsewhere"
    )
    assert stage.refused(MoveCase(row.id, "reply", 0, department="d3")) == "case-reply"
    assert stage.refused(MoveCase(row.id, "reply", 0, department="d3", decision="refused")) == "unknown-code"


def test_more_departments_are_asked_later_and_none_is_due_after_the_case():
    stage = stage_of(items=(structs.replace(JOINT, parts=["d2:3"], later=[]),))
    row = joint(stage)
    wanted: Any = lambda id, days: MoveCase(row.id, "share", row.version, parts=[PartWanted(id, days)])  # noqa: E731
    assert stage.refused(wanted("d2", 2)) == "case-part-there"
    assert stage.refused(wanted("none", 2)) == "unknown-department"
    assert stage.refused(wanted("d3", 11)) == "case-part-limit"
    assert stage.refused(MoveCase(row.id, "share", row.version)) == "case-no-parts"
    stage.do(wanted("d3", 10))
    assert parts(row)["d3"] == ("2026-10-05", "")


def test_parts_stand_while_the_case_does_and_go_on_with_what_was_left():
    stage = stage_of()
    row = joint(stage)
    to_day(stage, "2026-09-22")
    move(stage, row.id, "pause", code="survey")
    to_day(stage, "2026-10-12")
    assert light_of(stage, row) == "grey"
    move(stage, row.id, "resume")
    assert parts(row) == {"d2": ("2026-10-14", ""), "d3": ("2026-10-16", "")}
    assert day_of(row.due) == "2026-10-23"
    check_index(stage.hall)


def test_joint_steps_have_their_day_and_are_held():
    stage = stage_of()
    row = joint(stage)
    assert stage.refused(MoveCase(row.id, "plan", 0, code="survey", day="2026-09-20")) == "case-day"
    assert stage.refused(MoveCase(row.id, "plan", 0, code="lunch", day="2026-09-22")) == "unknown-code"
    move(stage, row.id, "plan", code="survey", day="2026-09-22")
    move(stage, row.id, "plan", code="survey", day="2026-09-23")
    assert stage.refused(MoveCase(row.id, "held", row.version, code="review")) == "case-step"
    move(stage, row.id, "held", code="survey")
    assert row.more
    assert [(each.kind, each.day, bool(each.held), each.held_by) for each in row.more.joint] == [
        ("survey", "2026-09-23", True, "1007")
    ]
    assert "held" not in cases.moves_now(row, stage.now)


def test_a_departments_windows_see_its_parts_due_first():
    stage = stage_of()
    first, second = joint(stage), joint(stage)
    reply(stage, first, "d3")
    doc: Any = views.build(stage.hall, "cases/2", stage.now)
    assert doc["cases"] == {}
    assert [(each["number"], each["light"], each["left"]) for each in doc["parts"].values()] == [
        (first.number, "green", 3), (second.number, "green", 3),
    ]  # fmt: skip
    assert [*views.build(stage.hall, "cases/3", stage.now)["parts"]] == [second.id]  # type: ignore[typeddict-item]
    window: Any = views.build(stage.hall, "window/2", stage.now)
    assert window["cases"] == {"open": 2, "late": 0}


def test_the_applicant_sees_the_parts_by_the_receipts_code():
    stage = stage_of()
    row = joint(stage)
    move(stage, row.id, "plan", code="review", day="2026-09-22")
    reply(stage, row, "d2")
    doc: Any = views.build(stage.hall, f"progress/{row.code}", stage.now)
    assert [(each["department"], each["replied"] > 0, each["light"]) for each in doc["parts"]] == [
        ("部门d2", True, "green"), ("部门d3", False, "green"),
    ]  # fmt: skip
    assert [(each["kind"], each["day"]) for each in doc["joint"]] == [("review", "2026-09-22")]


# --- reported up, agency


def test_a_reported_case_is_decided_after_the_answer_from_above():
    stage = stage_of()
    row = stage.hall.register.cases[visit(stage, "accepted", "u1")["about"]]
    move(stage, row.id, "take")
    refused = MoveCase(row.id, "decide", row.version, decision="granted")
    assert stage.refused(refused) == "case-not-heard"
    assert stage.refused(MoveCase(row.id, "heard", row.version)) == "case-step"
    move(stage, row.id, "report")
    assert "heard" in cases.moves_now(row, stage.now)
    move(stage, row.id, "heard")
    assert move(stage, row.id, "decide", decision="granted")


def test_what_is_sent_back_needs_no_answer_from_above():
    stage = stage_of()
    row = stage.hall.register.cases[visit(stage, "accepted", "u1")["about"]]
    move(stage, row.id, "take")
    assert move(stage, row.id, "decide", decision="returned", code="person")


def test_an_agency_case_knows_its_agent_and_the_list_it_came_with():
    stage = stage_of()
    made = stage.do(OpenCase("a1", "1", staff="2001", agent="v07", project="P-7", major=True))
    row = stage.hall.register.cases[made["about"]]
    assert row.more
    assert (row.more.agent, row.more.listed, row.more.major) == ("v07", ["身份证", "申请表"], True)


# --- papers that follow


def owing(stage: Stage, item: str = "u1") -> Case:
    done = visit(stage, "accepted", item, papers=[WrongPaper(code_of("图纸"), "missing")])
    return stage.hall.register.cases[done["about"]]


def test_papers_that_may_follow_are_promised_for_a_day_of_their_own():
    stage = stage_of()
    row = owing(stage)
    assert row.more
    assert ([each.name for each in row.more.owed], day_of(row.more.owed_due)) == (["图纸"], "2026-10-05")
    told: Any = views.build(stage.hall, f"notice/acceptance.{row.id}", stage.now)
    assert ([each["name"] for each in told["owed"]], told["owed_due"]) == (["图纸"], row.more.owed_due)
    move(stage, row.id, "bring", papers=[code_of("图纸")])
    assert row.more.owed == []
    assert light_of(stage, row) == "green"


def test_a_missed_date_of_papers_is_red_noted_and_nobodys_of_the_staff():
    stage = stage_of()
    row = owing(stage)
    to_day(stage, "2026-10-02")
    assert light_of(stage, row) == "yellow"
    to_day(stage, "2026-10-06")
    assert (light_of(stage, row), stage.hall.register.case_index.lights(stage.now)) == ("red", (1, 0, 0))
    assert (note(stage), note(stage)) == (1, 0)
    assert not stage.hall.register.follow_ups
    noted = [event for _, _, event in stage.events if isinstance(event, ev.DeadlineOverdue)]
    assert [(each.kind, each.owner, each.level) for each in noted] == [("owed", row.id, 1)]


def test_nothing_is_granted_before_the_papers_are_there_and_what_lacks_them_may_be_returned():
    stage = stage_of()
    row = owing(stage)
    for verb in ("take", "report", "heard"):
        move(stage, row.id, verb)
    assert stage.refused(MoveCase(row.id, "decide", row.version, decision="granted")) == "case-papers-owed"
    assert move(stage, row.id, "decide", decision="returned", code="person")
    assert row.more
    assert row.more.owed == []


def test_an_item_that_does_not_allow_it_says_so():
    stage = stage_of()
    stage.do(cmd.TakeTicket(items=["i1"]))
    stage.next("1")
    stage.press(cmd.StartService, "1")
    more: dict[str, Any] = {"outcome": "accepted", "papers": [wrong("照片")]}
    assert stage.press_refused(cmd.FinishService, "1", **more) == "papers-not-later"
    assert stage.hall.state.windows["1"].ticket, "nothing has ended"


def test_the_date_of_papers_runs_while_the_case_is_paused():
    stage = stage_of()
    row = owing(stage)
    move(stage, row.id, "pause", code="expert")
    to_day(stage, "2026-10-06")
    assert light_of(stage, row) == "red"
    assert stage.hall.register.case_index.lights(stage.now) == (1, 0, 0)
    check_index(stage.hall)


def test_provisional_dates_are_set_together_when_the_notice_is_known():
    stage = stage_of(year_notices=(NOTICES[0],))
    to_day(stage, "2026-12-28")
    ticked = [WrongPaper(code_of("图纸"), "missing")]
    row = stage.hall.register.cases[stage.do(OpenCase("j1", papers=ticked))["about"]]
    holiday = YearNotice(2027, {date(2027, 1, 4): "元旦"}, {})
    stage.hall.adopt(stage_of(year_notices=(NOTICES[0], holiday)).hall.settings)
    (command,) = case_clock.to_set(stage.hall)
    stage.do(command, role="caller")  # type: ignore[arg-type]
    assert (parts(row)["d3"][0], parts(row)["d2"][0], day_of(row.due)) == (
        "2027-01-05",
        "2026-12-31",
        "2027-01-12",
    )
    assert row.more
    assert day_of(row.more.owed_due) == "2027-01-12"
    assert (case_clock.to_set(stage.hall), row.provisional_now) == ([], False)
    check_index(stage.hall)


# --- the tour: each verb in each state that has what it is about


def whole(stage: Stage, item: str) -> Case:
    """A case that has all its item can have."""
    row = owing(stage, item)
    if item == "j1":
        move(stage, row.id, "plan", code="survey", day="2026-09-30")
    return row


MORE: dict[str, dict[str, Any]] = {
    "share": {"parts": [PartWanted("d1", 2)]}, "reply": {"department": "d2", "decision": "granted"},
    "plan": {"code": "review", "day": "2026-10-01"}, "held": {"code": "survey"},
}  # fmt: skip


@pytest.mark.parametrize("item", ["j1", "u1"])
@pytest.mark.parametrize(
    "state", ["accepted", "in-hand", "paused", "decided", "issued", "closed", "withdrawn"]
)
def test_tour_of_the_steps_what_is_in_the_table_happens_and_the_rest_is_refused(state: Any, item: str):
    ways: dict[str, list[tuple[CaseVerb, dict[str, Any]]]] = {
        "accepted": [], "in-hand": [("take", {})], "paused": [("pause", {"code": "survey"})], "withdrawn": [("withdraw", {})],
    }  # fmt: skip
    for verb in VERBS:
        stage = stage_of()
        row = whole(stage, item)
        for each, more in ways.get(state, []):
            move(stage, row.id, each, **more)
        if state in ("decided", "issued", "closed"):
            move(stage, row.id, "take")
            if item == "j1":
                reply(stage, row, "d2")
                reply(stage, row, "d3")
            move(stage, row.id, "decide", decision="returned", code="person")
            after: dict[str, CaseVerb] = {"issued": "issue", "closed": "close"}
            if state in after:
                move(stage, row.id, after[state])
        assert row.state == state
        may = verb in cases.MOVES[row.state] and case_parts.possible(row, verb)
        command = MoveCase(row.id, verb, row.version, staff="7", **MORE.get(verb, {}))
        if may:
            stage.do(command)
            assert row.state == cases.MOVES[state][verb]
        else:
            assert stage.refused(command) == "case-step", (state, verb)
        check_index(stage.hall)


# --- a world of them, with jumps, restarts and a year's notice


def lived(seed: int, steps: int) -> tuple[Stage, int]:
    """A hall of parallel and conditional cases by chance; every light recounted from the rows' own dates."""
    dice, stage, faults = random.Random(seed), stage_of(), 0
    for _ in range(steps):
        stage.now += dice.choice((3600, 3600 * 9, 86_400, 86_400 * 4)) * 1_000_000 // dice.choice((1, 5))
        _act(dice, stage)
        if dice.random() < 0.08:
            restart(stage)
        rows = [each for each in stage.hall.register.cases.values() if case_clock.first_due(each) != NO_CLOCK]
        today = day_of(stage.now)
        red = {row.id for row in rows if any(today > due for due in _dates(row))}
        faults += red != {row.id for row in rows if case_clock.light(row, stage.now) == "red"}
        faults += len(red) != stage.hall.register.case_index.lights(stage.now)[0]
        faults += red != set(stage.hall.register.case_index.overdue(stage.now))
    return stage, faults


def _dates(row: Case) -> list[str]:
    """The days on which something of a case is due: its own, its open parts', that of its papers."""
    runs = row.state in RUNNING
    found = [day_of(row.due)] if runs and row.days >= 0 else []
    if row.more:
        found += [day_of(each.due) for each in row.more.parts if runs and not each.replied]
        found += [day_of(row.more.owed_due)] if row.more.owed else []
    return found


def _act(dice: random.Random, stage: Stage) -> None:
    known = list(stage.hall.register.cases.values())
    ticked = [WrongPaper(code_of("图纸"), "missing")] if dice.random() < 0.5 else []
    try:
        if not known or dice.random() < 0.3:
            stage.do(OpenCase(dice.choice(("j1", "u1")), dice.choice("12"), papers=ticked))
            return
        row = dice.choice(known[-6:])
        verb = dice.choice(list(cases.MOVES[row.state]) or VERBS)
        more: dict[str, Any] = MORE.get(verb, {})
        if verb == "reply":
            more = {"department": dice.choice(("d2", "d3")), "decision": "granted"}
        if verb == "plan":
            more = {"code": "survey", "day": day_of(stage.now)}
        extra: dict[str, dict[str, Any]] = {
            "pause": {"code": "survey"}, "decide": {"decision": "returned", "code": "person"},
            "extend": {"code": "complex", "days": 3}, "tell": {"way": "call"}, "refuse": {"code": "person"},
        }  # fmt: skip
        stage.do(MoveCase(row.id, verb, row.version, staff="7", **(more | extra.get(verb, {}))))
    except Refused:
        return
    finally:
        note(stage)


@pytest.mark.parametrize("seed", range(3))
def test_no_part_is_lost_and_no_light_is_wrong(seed: int):
    stage, faults = lived(seed, 200)
    assert faults == 0
    check_index(stage.hall)
    told = {(each.case, each.department) for each in stage.hall.register.follow_ups.values()}
    late = {
        (row.id, each.department)
        for row in stage.hall.register.cases.values()
        if row.state in RUNNING and row.more
        for each in row.more.open_parts
        if stage.now > each.due
    }
    assert late <= told


@pytest.mark.campaign
def test_a_hundred_thousand_acts_lose_no_part():
    assert sum(lived(5000 + seed, 250)[1] for seed in range(400)) == 0


def test_twin_a_resumed_part_that_keeps_its_old_date_is_found(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(case_parts, "parts_resumed", lambda _hall, _row, _now: [])
    stage = stage_of()
    row = joint(stage)
    move(stage, row.id, "pause", code="survey")
    stage.now = instant("2026-10-12", "10:00", ZONE)
    move(stage, row.id, "resume")
    assert light_of(stage, row) == "red"
