"""Which papers a case makes: by its type, by the hall's forms, by each move; what may be asked for again."""

from typing import Any, get_args

import pytest

from caller import views
from caller.engine import case_papers, outcomes, vouchers
from caller.engine import commands as cmd
from caller.engine import desk_commands as desk_cmd
from caller.engine import events as ev
from caller.engine.case_messages import MoveCase, OpenCase
from caller.engine.commands import CaseNotice
from caller.engine.envelope import NoteOverdue
from caller.engine.papers import WrongPaper, code_of
from caller.protocol.case_documents import NoticeView
from caller.reports.notice_sheet import notice_sheet
from caller.reports.sample_papers import SAMPLE_APPLICANT
from config.case_settings import CasesTable
from config.paper.case_notice import case_contents
from config.paper.notice import BLANK
from config.settings import Device, Item
from tests.instruments.case_fixture import case_stage, move, served, visit
from tests.instruments.engine_fixture import Stage

PRINTER = Device("p1", "printer", "tcp://127.0.0.1:9100", agent="pc-1", window="1")
STEPS = ["受理", "审查", "决定"]
ITEMS = (
    Item("i1", "许可", "d1", "A", case_type="promised", statutory_days=20, promised_days=5, papers=["身份证", "照片"], steps=STEPS,
         step_days=[1, 3, 1]),
    Item("i2", "准入", "d1", "A", case_type="parallel", promised_days=5),
    Item("i3", "残疾人证", "d1", "A", case_type="agency", promised_days=3, papers=["照片"]),
    Item("i4", "上报", "d1", "A", case_type="reported-up"),
    Item("i5", "协办", "d1", "A", case_type="assisted"),
)  # fmt: skip


def stage_of(forms: Any = "general", inside: bool = True) -> Stage:
    return case_stage(
        items=ITEMS, cases=CasesTable(enabled=True, forms=forms, inside_papers=inside), devices=(PRINTER,)
    )


def printed(stage: Stage) -> list[str]:
    """The papers that jobs were made for, in order."""
    return [event.notice for _, _, event in stage.events if isinstance(event, ev.JobRequested)]


@pytest.mark.parametrize(
    ("forms", "item", "outcome", "papers"),
    [
        ("general", "i1", "accepted", ["acceptance", "handling"]), ("general", "i2", "accepted", ["parallel", "parallel-handling"]),
        ("general", "i3", "accepted", ["agency"]), ("general", "i4", "accepted", ["acceptance", "handling"]),
        ("general", "i5", "accepted", ["acceptance"]), ("general", "i1", "received", ["receipt"]),
        ("general", "i1", "rejected", ["refusal"]), ("tax", "i1", "accepted", ["promise", "passing"]),
        ("tax", "i4", "accepted", ["acceptance", "handling"]), ("tax", "i1", "rejected", ["denial"]),
        ("tax", "i2", "accepted", ["parallel", "parallel-handling"]),
    ],
)  # fmt: skip
def test_an_opening_prints_the_papers_of_its_type_and_hall(
    forms: str, item: str, outcome: str, papers: list[str]
) -> None:
    stage = stage_of(forms)
    made = visit(stage, outcome, item, **({"reason": "conditions"} if outcome == "rejected" else {}))
    assert printed(stage) == [made["notice"], *made["also"]] == papers
    assert made["printed"]
    assert len({job.id for job in stage.hall.state.jobs.values()}) == len(papers), "each is a job of its own"
    row = stage.hall.register.cases[made["about"]]
    assert case_papers.papers_of(stage.hall, row) == papers


def test_a_hall_without_papers_of_the_house_prints_the_applicants_alone() -> None:
    stage = stage_of(inside=False)
    made = visit(stage, "accepted", "i1")
    move(stage, made["about"], "extend", window="1", code="complex", days=2)
    assert printed(stage) == ["acceptance", "delay"]


def test_papers_received_and_accepted_later_make_the_papers_then() -> None:
    stage = stage_of()
    made = visit(stage, "received", "i1")
    told = stage.do(MoveCase(made["about"], "accept", 0, window="1", staff="7"))
    assert (told["notice"], told["also"], printed(stage)) == (
        "acceptance",
        ["handling"],
        ["receipt", "acceptance", "handling"],
    )
    assert case_papers.papers_of(stage.hall, stage.hall.register.cases[made["about"]]) == [
        "receipt",
        "acceptance",
        "handling",
    ]


def test_an_extension_is_told_and_reported_and_the_promise_is_marked_at_the_reply() -> None:
    stage = stage_of("tax")
    id = visit(stage, "accepted", "i1")["about"]
    move(stage, id, "extend", window="1", code="complex", days=2)
    assert printed(stage)[-2:] == ["delay", "task-report"]
    facts: Any = views.build(stage.hall, f"notice/promise.{id}", stage.now)
    assert [each.mark for each in case_contents(stage.hall.settings, facts)] == [
        "第一联 交申请人",
        "第二联 留存",
    ]
    move(stage, id, "decide", decision="granted")
    move(stage, id, "issue", window="1")
    assert printed(stage)[-1] == "promise"
    facts = views.build(stage.hall, f"notice/promise.{id}", stage.now)
    (kept,) = case_contents(stage.hall.settings, facts)
    assert (kept.mark, kept.done) == ("第二联 留存", "2026-09-21")


def test_of_a_case_that_ran_over_the_owner_reports_by_pen_why_and_until_when() -> None:
    stage = stage_of("tax")
    row = stage.hall.register.cases[visit(stage, "accepted", "i1")["about"]]
    stage.now = row.due + 1
    assert "task-report" not in case_papers.papers_of(stage.hall, row), "before it is noted"
    late: Any = NoteOverdue("case", row.id, row.due)  # the caller's own
    stage.do(late)
    assert case_papers.papers_of(stage.hall, row)[-1] == "task-report"
    facts: Any = views.build(stage.hall, f"notice/task-report.{row.id}", stage.now)
    assert (facts["due"], facts["before"], facts["issued"]) == (0, row.due, stage.now)
    (paper,) = case_contents(stage.hall.settings, facts)
    assert (paper.reason, paper.due, paper.before) == (BLANK, BLANK, "2026-09-28")
    ((_, *rows),) = [[each.title, *each.rows] for each in notice_sheet(stage.hall.settings, facts).tables[:1]]
    assert {("理由 Reason", BLANK), ("推迟到 Postponed to", BLANK)} <= set(rows)


def test_the_office_opens_a_case_and_is_told_its_papers() -> None:
    made = stage_of().do(OpenCase("i2", "1", staff="2001"))
    assert (made["notice"], made["also"], made["printed"]) == ("parallel", ["parallel-handling"], False)


def test_no_paper_is_made_of_what_a_case_has_not_come_to() -> None:
    stage = stage_of()
    made = visit(stage, "accepted", "i1")
    for kind in ("promise", "passing", "parallel", "parallel-handling", "agency", "task-report", "denial"):
        with pytest.raises(KeyError):
            views.build(stage.hall, f"notice/{kind}.{made['about']}", stage.now)


def test_steps_have_their_limits_and_hands_their_times() -> None:
    stage = stage_of()
    id = visit(stage, "accepted", "i1")["about"]
    began = stage.now
    stage.later(30)
    move(stage, id, "take", owner="2003")
    facts: Any = views.build(stage.hall, f"notice/handling.{id}", stage.now)
    assert [(each["name"], each["days"]) for each in facts["parts"]] == [
        ("受理", 1),
        ("审查", 3),
        ("决定", 1),
    ]
    row = stage.hall.register.cases[id]
    assert facts["parts"][-1]["due"] == row.due, "the last step ends with the promise"
    assert [(each["staff"], each["began"], each["ended"]) for each in facts["hands"]] == [
        ("clerk-1", began, stage.now), ("2003", stage.now, 0),
    ]  # fmt: skip


def test_a_person_who_was_deleted_leaves_a_blank_and_the_log_has_none() -> None:
    stage = stage_of()
    id = visit(stage, "accepted", "i1")["about"]
    facts: Any = views.build(stage.hall, f"notice/acceptance.{id}", stage.now)
    named, blank = (
        case_contents(stage.hall.settings, facts, *who)[0].applicant for who in ([SAMPLE_APPLICANT], [])
    )
    assert (named, blank) == (SAMPLE_APPLICANT.name, BLANK)
    rows = {row[0]: row[1] for table in notice_sheet(stage.hall.settings, facts).tables for row in table.rows}
    assert rows["申请人 Applicant"] == BLANK
    assert not [
        each for each in NoticeView.__annotations__ if each in ("applicant", "name", "contact", "address")
    ]


def test_every_paper_of_a_case_has_its_place_in_the_table() -> None:
    made = {
        *case_papers.INSIDE,
        *case_papers.OF_TYPE.values(),
        *case_papers.OF_MOVE.values(),
        *case_papers.BEFORE.values(),
    }
    made |= {*case_papers.INSIDE_OF, *case_papers.INSIDE_OF.values(), "return", "denial", "void"}
    assert made | {"missing", "payment"} == set(get_args(CaseNotice)), "of missing papers, and of payments"


def test_twin_without_the_table_an_agency_case_gets_a_plain_notice(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(case_papers, "OF_TYPE", {})
    stage = stage_of()
    visit(stage, "accepted", "i3")
    assert printed(stage) != ["agency"]


def received(stage: Stage) -> str:
    """A case whose papers were handed in and not yet checked; its id."""
    return visit(stage, "received", "i1")["about"]


def lacking(stage: Stage, id: str) -> str:
    """Ask for the papers of a received case; the code of the notice."""
    version = stage.hall.register.cases[id].version
    return stage.do(MoveCase(id, "ask", version, "1", wrong=[WrongPaper(code_of("身份证"), "expired")]))[
        "code"
    ]


def back_with(stage: Stage, code: str, outcome: Any, **more: Any) -> None:
    """Come back with the notice's code, be served at window 2, which is another, and end with an outcome."""
    stage.do(cmd.CheckIn(code))
    served(stage, outcome, "2", **more)


def test_a_received_case_asks_for_its_papers_at_once_with_a_notice_and_its_way_back():
    stage = stage_of()
    id = received(stage)
    code = lacking(stage, id)
    asked = [event for _, _, event in stage.events if isinstance(event, ev.PapersAsked)]
    assert [(each.case, each.code, each.again) for each in asked] == [(id, code, [])]
    assert printed(stage) == ["receipt", "missing"]
    sheet: Any = views.build(stage.hall, f"notice/missing.{asked[0].voucher}", stage.now)
    assert [each["name"] for each in sheet["papers"]] == ["身份证"]
    assert sheet["case"] == stage.hall.register.cases[id].number


@pytest.mark.parametrize(
    ("outcome", "more", "state"),
    [
        ("accepted", {}, "accepted"),
        ("rejected", {"reason": "conditions"}, "refused"),
        ("received", {}, "asked"),
    ],
)
def test_who_comes_back_with_it_goes_on_with_the_same_case(
    outcome: str, more: dict[str, str], state: str
) -> None:
    stage = stage_of()
    id = received(stage)
    back_with(stage, lacking(stage, id), outcome, **more)
    assert [(each.id, each.state) for each in stage.hall.register.cases.values()] == [(id, state)]


def test_a_paper_asked_for_then_is_a_second_request_and_the_case_still_waits():
    stage = stage_of()
    id = received(stage)
    back_with(stage, lacking(stage, id), "incomplete", papers=[WrongPaper(code_of("照片"), "missing")])
    again = [event.again for _, _, event in stage.events if isinstance(event, ev.PapersAsked)]
    assert again == [[], [code_of("照片")]]
    code = next(each.code for each in stage.hall.register.vouchers.values() if not each.settled)
    back_with(stage, code, "accepted")
    assert [(each.id, each.state) for each in stage.hall.register.cases.values()] == [(id, "accepted")]


def test_a_case_that_was_asked_at_once_says_what_it_waits_for_and_until_when():
    stage = stage_of()
    id = received(stage)
    since, code = stage.now, lacking(stage, id)
    voucher = next(each for each in stage.hall.register.vouchers.values() if each.code == code)
    listed: Any = views.build(stage.hall, "cases/1", stage.now)
    line = listed["cases"][id]
    assert (line["asked"], line["asked_until"], line["light"]) == (since, voucher.until, "grey")
    assert line["left"] == stage.hall.settings.cases.voucher_days
    one: Any = views.build(stage.hall, f"case/{id}", stage.now)
    told: Any = views.build(stage.hall, f"progress/{stage.hall.register.cases[id].code}", stage.now)
    assert [each["name"] for each in one["asked_papers"]] == told["asked"] == ["身份证"]
    assert told["asked_until"] == voucher.until
    back_with(stage, code, "incomplete", papers=[WrongPaper(code_of("照片"), "missing")])
    again: Any = views.build(stage.hall, f"case/{id}", stage.now)
    assert ([each["name"] for each in again["asked_papers"]], again["asked"]) == (["照片"], since)


def test_a_case_that_waits_no_more_says_nothing_of_it():
    stage = stage_of()
    id = received(stage)
    back_with(stage, lacking(stage, id), "accepted")
    one: Any = views.build(stage.hall, f"case/{id}", stage.now)
    assert (one["asked"], one["asked_until"], one["asked_papers"]) == (0, 0, [])


def test_a_paper_the_item_has_not_is_asked_of_no_case():
    stage = stage_of()
    id = received(stage)
    wrong = [WrongPaper(code_of("不存在"), "missing")]
    assert stage.refused(MoveCase(id, "ask", 0, "1", wrong=wrong)) == "unknown-paper"
    assert stage.hall.register.cases[id].state == "received"


def test_the_reception_that_took_the_papers_in_is_not_said_to_have_asked_for_them():
    stage = stage_of()
    id = received(stage)
    lacking(stage, id)
    assert [each.made for each in stage.hall.state.receptions[stage.hall.state.windows["1"].clerk]] == [id]


def returned_accepted() -> tuple[Stage, str, str]:
    """A stage where who came back with the notice was accepted at window 2; the case and the visit's ticket."""
    stage = stage_of()
    id = received(stage)
    back_with(stage, lacking(stage, id), "accepted")
    return stage, id, stage.hall.state.receptions["clerk-2"][-1].ticket


@pytest.mark.parametrize("instead", ["rejected", "advice"])
def test_the_outcome_that_took_a_waiting_case_on_is_not_corrected_behind_its_back(instead: Any) -> None:
    stage, id, ticket = returned_accepted()
    wrong_end = desk_cmd.CorrectOutcome(
        "2", ticket, instead, reason="conditions" if instead == "rejected" else ""
    )
    assert stage.refused(wrong_end) == "case-went-on"
    assert [(each.id, each.state) for each in stage.hall.register.cases.values()] == [(id, "accepted")]
    assert stage.hall.state.receptions["clerk-2"][-1].outcome == "accepted"


def test_twin_without_the_guard_a_corrected_return_says_other_than_its_case(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(outcomes, "_need_waiting", lambda *_: None)
    stage, id, ticket = returned_accepted()
    stage.do(desk_cmd.CorrectOutcome("2", ticket, "advice"))
    assert stage.hall.state.receptions["clerk-2"][-1].outcome == "advice"
    assert stage.hall.register.cases[id].state == "accepted"


def test_a_return_that_left_the_case_waiting_is_corrected_and_takes_it_on() -> None:
    stage = stage_of()
    id = received(stage)
    back_with(stage, lacking(stage, id), "advice")
    ticket = stage.hall.state.receptions["clerk-2"][-1].ticket
    stage.do(desk_cmd.CorrectOutcome("2", ticket, "accepted"))
    assert [(each.id, each.state) for each in stage.hall.register.cases.values()] == [(id, "accepted")]


def ended_meanwhile(move: Any, **more: Any) -> Stage:
    """A stage where the case was moved from the list while the applicant was on the way, and they are accepted then."""
    stage = stage_of()
    id = received(stage)
    code = lacking(stage, id)
    stage.do(MoveCase(id, move, stage.hall.register.cases[id].version, "1", **more))
    back_with(stage, code, "accepted")
    return stage


@pytest.mark.parametrize(
    ("move", "states"), [("accept", ["accepted"]), ("withdraw", ["withdrawn", "accepted"])]
)
def test_a_case_accepted_meanwhile_stays_one_and_a_given_up_one_begins_anew(
    move: Any, states: list[str]
) -> None:
    assert [each.state for each in ended_meanwhile(move).hall.register.cases.values()] == states


def test_twin_without_its_case_a_return_opens_a_second_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(vouchers, "case_of", lambda *_: None)
    stage, *_ = returned_accepted()
    assert [each.state for each in stage.hall.register.cases.values()] == ["asked", "accepted"]


def refused_without_reason() -> Stage:
    stage = stage_of()
    stage.do(cmd.CheckIn(lacking(stage, received(stage))))
    stage.next("2")
    stage.press(cmd.StartService, "2")
    return stage


def test_a_waiting_case_is_not_refused_without_a_reason_and_nothing_is_lost() -> None:
    stage = refused_without_reason()
    finish = cmd.FinishService("2", stage.hall.state.windows["2"].version, "rejected")
    assert stage.refused(finish) == "reason-needed"
    assert [each.state for each in stage.hall.register.cases.values()] == ["asked"]
    assert stage.hall.state.windows["2"].ticket
    stage.press(cmd.FinishService, "2", outcome="rejected", reason="conditions")
    assert [(each.state, each.reason) for each in stage.hall.register.cases.values()] == [
        ("refused", "conditions")
    ]


def test_twin_without_the_guard_the_refusal_names_no_reason_to_choose_from(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(outcomes, "_need_any_reason", lambda *_: None)
    stage = refused_without_reason()
    finish = cmd.FinishService("2", stage.hall.state.windows["2"].version, "rejected")
    assert stage.refused(finish) == "unknown-code"
