"""How a reception ends: the item's own outcomes, papers asked for once, and the way back with a notice."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from caller.engine import commands as cmd
from caller.engine import events as ev
from caller.engine import outcomes, queueing, vouchers
from caller.engine.papers import code_of
from config.case_settings import CasesTable
from config.instants import MINUTE
from config.settings import Device, PriorityClass, Rules
from tests.instruments.case_fixture import ITEMS, PAPERS, case_stage, served, visit, wrong
from tests.instruments.engine_fixture import CLASSES, Stage

PRINTER = Device("p1", "printer", "tcp://127.0.0.1:9100", agent="pc-1", window="1")


def kinds(stage: Stage, after: int = 0) -> list[str]:
    return [type(event).__name__ for seq, _, event in stage.events if seq > after]


def last(stage: Stage, kind: type[Any]) -> Any:
    return next(event for _, _, event in reversed(stage.events) if isinstance(event, kind))


# --- outcomes


def test_a_reception_offers_what_its_item_names_else_what_the_window_and_the_limit_bring():
    hall = case_stage().hall
    i1, _, i3, i4 = (hall.items[each.id] for each in ITEMS)
    usual = ("done", "accepted", "incomplete", "rejected", "elsewhere", "advice")
    assert outcomes.choices(hall, "1", None) == usual
    assert outcomes.choices(hall, "1", i1) == (*usual, "received"), "its clock runs for days"
    spot = ("done", "incomplete", "rejected", "elsewhere", "advice")
    assert outcomes.choices(hall, "1", i3) == spot, "it is done on the spot only"
    assert outcomes.choices(hall, "P", i3) == (*spot, "paid")
    assert outcomes.choices(hall, "1", i4) == ("accepted", "incomplete", "rejected", "received")


def test_an_outcome_has_the_same_digit_for_ever():
    assert cmd.OUTCOMES == (
        "done", "accepted", "incomplete", "rejected", "elsewhere", "advice", "paid", "received", "collected",
    )  # fmt: skip


def test_an_item_that_wants_its_outcome_chosen_is_ended_by_no_other_key():
    stage = case_stage()
    stage.do(cmd.TakeTicket(items=["i4"]))
    stage.do(cmd.TakeTicket(items=["i3"]))
    stage.next("1")
    stage.press(cmd.StartService, "1")
    assert stage.press_refused(cmd.CallNext, "1") == "outcome-needed"
    assert stage.press_refused(cmd.ServeWalkIn, "1", item="i3") == "outcome-needed"
    assert stage.press_refused(cmd.FinishService, "1", outcome="advice") == "no-such-outcome"
    assert stage.press(cmd.FinishService, "1", outcome="accepted")["notice"] == "acceptance"
    assert stage.next("1") == "A002"


def test_twin_without_asking_the_next_press_invents_an_outcome(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(outcomes, "need_asking", lambda _hall, _ticket: None)
    stage = case_stage(items=(*ITEMS[:3], type(ITEMS[3])("i4", "许可", "d1", "A", outcome_required=True)))
    for item in ("i4", "i3"):
        stage.do(cmd.TakeTicket(items=[item]))
    stage.next("1")
    stage.press(cmd.StartService, "1")
    stage.next("1")
    assert last(stage, ev.ServiceFinished).outcome == "done"


def test_the_caller_itself_may_end_what_yesterday_left_at_a_window():
    stage = case_stage()
    stage.do(cmd.TakeTicket(items=["i4"]))
    stage.next("1")
    stage.press(cmd.StartService, "1")
    version = stage.hall.state.windows["1"].version
    before = stage.hall.seq
    stage.do(cmd.FinishService("1", version), role="caller")
    assert kinds(stage, before) == ["ServiceFinished"], "and no case is invented"


def test_not_accepted_has_a_reason_of_the_items_own():
    stage = case_stage()
    stage.do(cmd.TakeTicket(items=["i4"]))
    stage.next("1")
    stage.press(cmd.StartService, "1")
    assert (
        stage.press_refused(cmd.FinishService, "1", outcome="rejected", reason="not-ours") == "unknown-code"
    )
    done = stage.press(cmd.FinishService, "1", outcome="rejected", reason="person")
    case = stage.hall.register.cases[done["about"]]
    assert (case.state, case.reason, done["notice"]) == ("refused", "person", "refusal")
    assert last(stage, ev.ServiceFinished).reason == "person"


def test_a_hall_without_cases_makes_none_but_asks_for_papers_all_the_same():
    stage = case_stage(cases=CasesTable())
    for outcome in ("done", "accepted", "received", "rejected"):
        assert visit(stage, outcome).keys() == {"ticket"}
    assert not stage.hall.register.cases
    assert visit(stage, "incomplete", papers=[wrong("照片")])["notice"] == "missing"


# --- papers


def test_all_that_is_wrong_is_asked_for_at_once_in_the_order_of_the_list():
    stage = case_stage()
    visit(stage, "incomplete", papers=[wrong("照片", "unclear"), wrong("身份证", "expired")])
    asked = last(stage, ev.PapersAsked)
    assert [(each.name, each.fault) for each in asked.papers] == [("身份证", "expired"), ("照片", "unclear")]
    assert (asked.item, asked.window, asked.clerk, asked.again) == ("i1", "1", "clerk-1", [])
    assert len(asked.code) == 10


def test_papers_a_hall_does_not_know_are_refused_in_words():
    stage = case_stage()
    stage.do(cmd.TakeTicket(items=["i1"]))
    stage.next("1")
    stage.press(cmd.StartService, "1")
    for papers, code in (
        ([wrong("房产证")], "unknown-paper"),
        ([wrong("照片", "lost")], "unknown-code"),
    ):
        assert stage.press_refused(cmd.FinishService, "1", outcome="incomplete", papers=papers) == code
    bare = case_stage(items=())
    bare.take("A")
    bare.next("1")
    papers = [wrong("照片")]
    assert bare.press_refused(cmd.FinishService, "1", outcome="incomplete", papers=papers) == "unnamed-item"


def test_a_visit_without_an_item_names_it_when_it_ends():
    stage = case_stage()
    stage.take("A")
    done = served(stage, "incomplete", item="i1", papers=[wrong("照片")])
    assert stage.hall.register.vouchers[done["about"]].item == "i1"


# --- the way back


def test_who_comes_back_is_called_next_and_counts_from_the_arrival():
    stage = case_stage()
    code = visit(stage, "incomplete", papers=[wrong("照片")])["code"]
    for _ in range(3):
        stage.do(cmd.TakeTicket(items=["i1"]))
    stage.later(30)
    back = stage.do(cmd.CheckIn(code))
    ticket = stage.hall.state.tickets[back["ticket"]]
    assert (ticket.priority, ticket.origin, ticket.promise) == ("returning", stage.now, stage.now)
    assert stage.next("1") == back["number"], "who waits for 45 minutes at most is called after"


def test_a_hall_may_set_the_target_of_who_comes_back():
    stage = case_stage(classes=(*CLASSES, PriorityClass("returning", "二次优先", 20)))
    code = visit(stage, "incomplete", papers=[wrong("照片")])["code"]
    ticket = stage.hall.state.tickets[stage.do(cmd.CheckIn(code))["ticket"]]
    assert ticket.promise - ticket.origin == 20 * MINUTE


def test_only_a_voucher_gives_the_class():
    assert case_stage().refused(cmd.TakeTicket(items=["i1"], priority="returning")) == "unknown-priority"


def test_a_voucher_gives_one_number_and_none_once_the_papers_are_complete():
    stage = case_stage()
    code = visit(stage, "incomplete", papers=[wrong("照片")])["code"]
    stage.do(cmd.CheckIn(code))
    assert stage.refused(cmd.CheckIn(code)) == "voucher-used"
    served(stage, "accepted")
    assert stage.refused(cmd.CheckIn(code)) == "voucher-used"
    assert last(stage, ev.PapersCompleted).item == "i1"


def test_twin_without_settling_a_voucher_would_be_a_pass_for_ever(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(vouchers, "completed", lambda _hall, _ticket: [])
    stage = case_stage()
    code = visit(stage, "incomplete", papers=[wrong("照片")])["code"]
    stage.do(cmd.CheckIn(code))
    served(stage, "accepted")
    stage.do(cmd.CloseDay(expire=True))
    stage.later(24 * 60).do(cmd.OpenDay("2026-09-22"))
    assert stage.do(cmd.CheckIn(code))["number"]


def test_a_number_that_was_not_served_leaves_the_voucher_good():
    stage = case_stage()
    code = visit(stage, "incomplete", papers=[wrong("照片")])["code"]
    first = stage.do(cmd.CheckIn(code))
    stage.do(cmd.CancelTicket(first["ticket"]))
    second = stage.do(cmd.CheckIn(code))
    assert second["number"] != first["number"]
    stage.do(cmd.CloseDay(expire=True))
    stage.later(24 * 60).do(cmd.OpenDay("2026-09-22"))
    assert stage.do(cmd.CheckIn(code))["number"] == "A001"


def test_a_voucher_serves_its_own_item_only_and_not_for_ever():
    stage = case_stage()
    code = visit(stage, "incomplete", papers=[wrong("照片")])["code"]
    assert stage.refused(cmd.CheckIn(code, "i2")) == "voucher-other-item"
    stage.now = next(iter(stage.hall.register.vouchers.values())).until + 1
    assert stage.refused(cmd.CheckIn(code)) == "voucher-over"
    stage.do(cmd.CloseDay())
    stage.do(cmd.OpenDay(stage.hall.local_date(stage.now).isoformat()))
    assert not stage.hall.register.vouchers, "the log keeps what was asked for"
    assert stage.refused(cmd.CheckIn(code)) == "unknown-appointment"


def test_a_voucher_for_an_item_that_was_removed_is_refused_in_words():
    stage = case_stage()
    code = visit(stage, "incomplete", papers=[wrong("照片")])["code"]
    stage.hall.adopt(case_stage(items=ITEMS[1:]).hall.settings)
    assert stage.refused(cmd.CheckIn(code)) == "unknown-item"


def test_what_is_asked_for_later_is_a_second_request_by_itself():
    stage = case_stage()
    code = visit(stage, "incomplete", papers=[wrong("照片"), wrong("身份证", "expired")])["code"]
    stage.do(cmd.CheckIn(code))
    second = served(stage, "incomplete", papers=[wrong("照片", "unclear"), wrong("户口簿")])
    asked = last(stage, ev.PapersAsked)
    assert asked.again == [code_of("户口簿")], "the photo was asked for before, the household book was not"
    stage.do(cmd.CheckIn(second["code"]))
    served(stage, "incomplete", papers=[wrong("身份证", "unclear"), wrong("户口簿", "unsigned")])
    assert last(stage, ev.PapersAsked).again == [], "both were on one of the lists"
    assert stage.refused(cmd.CheckIn(second["code"])) == "voucher-used"


@given(
    waited=st.integers(0, 200), apart=st.integers(-200, 200), target=st.integers(0, 60), back_first=st.booleans()
)  # fmt: skip
def test_the_bound_on_overtaking_holds_for_who_comes_back(
    waited: int, apart: int, target: int, back_first: bool
):
    """The bound is over arrivals: Y is called before X only if it came less than the bound after X."""
    stage = case_stage(
        classes=(*CLASSES, PriorityClass("returning", "二次优先", target)),
        rules=Rules(no_show_seconds=0, recall_seconds=0),
    )
    code = visit(stage, "incomplete", papers=[wrong("照片")])["code"]
    stage.later(waited)
    came: dict[str, int] = {}
    for back in (back_first, not back_first):
        number = stage.do(cmd.CheckIn(code) if back else cmd.TakeTicket(items=["i1"]))["number"]
        came[number] = stage.now
        stage.later(abs(apart))
    first, second = (stage.find(number) for number in came)
    called = stage.find(stage.next("1"))
    other = second if called is first else first
    targets = {"returning": target, "ordinary": 45}
    bound = queueing.overtaking_bound(targets[other.priority] * MINUTE, targets[called.priority] * MINUTE)
    assert called.origin <= other.origin or called.origin - other.origin <= bound


# --- paper


def test_the_notice_is_printed_at_once_on_the_windows_own_printer():
    stage = case_stage(devices=(PRINTER,))
    done = visit(stage, "incomplete", papers=[wrong("照片")])
    job = next(iter(stage.hall.state.jobs.values()))
    assert done["printed"]
    assert (job.station, job.device, job.kind, job.notice, job.about) == (
        "pc-1", "p1", "print-notice", "missing", done["about"],
    )  # fmt: skip


def test_no_printer_or_one_that_is_busy_keeps_no_reception_from_ending():
    assert not visit(case_stage(), "accepted")["printed"]
    stage = case_stage(devices=(PRINTER,))
    printed = [visit(stage, "accepted")["printed"] for _ in range(22)]
    assert printed == [True] * 20 + [False] * 2


def test_a_notice_is_printed_again_on_request_and_none_of_what_is_gone():
    stage = case_stage(devices=(PRINTER,))
    about = visit(stage, "accepted")["about"]
    again = cmd.RequestJob("pc-1", "print-notice", "p1", notice="acceptance", about=about)
    assert stage.do(again)["station"] == "pc-1"
    assert (
        stage.refused(cmd.RequestJob("pc-1", "print-notice", "p1", notice="missing", about=about))
        == "unknown-case"
    )


def test_a_tick_means_the_same_paper_when_the_list_was_reordered_since():
    stage = case_stage(items=(structs.replace(ITEMS[0], papers=["新增", *reversed(PAPERS)], papers_en=[]),))
    visit(stage, "incomplete", papers=[wrong("照片")])
    assert [each.name for each in last(stage, ev.PapersAsked).papers] == ["照片"]
