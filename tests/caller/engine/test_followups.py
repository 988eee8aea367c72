"""Follow-ups: every press on every state against a table of its own, the duty's clock, and what opens one."""

from collections import deque
from collections.abc import Iterable
from copy import deepcopy
from datetime import date
from itertools import product
from typing import Any

import pytest

from caller.engine import commands as cmd
from caller.engine import deadlines, followups
from caller.engine import events as ev
from caller.engine import hall as hall_module
from caller.engine.envelope import CommandEnvelope, SetDueDate
from caller.engine.hall import Hall
from caller.engine.refusals import Refused
from caller.engine.register import FollowUp, Register
from caller.views import build, exists, topics
from config.instants import HOUR, Micros, instant
from config.settings import Reason, Rules, YearNotice
from tests.instruments.engine_fixture import Stage, at, settings

ZONE = "Asia/Shanghai"
NOTICE = YearNotice(2026, holidays={date(2026, 9, 25): "中秋节"}, workdays={})
RULES = Rules(answer_days=5, appeal_days=3)
CLERK = "clerk-1"  # of the visit
STAFF = ("ann", "ben", CLERK)
MOVES = ("assign", "step", "answer", "approve", "return", "appeal", "reopen")
# Written apart from the engine's table: state, move, state after it.
ALLOWED = {
    ("opened", "assign", "assigned"), ("reopened", "assign", "assigned"), ("assigned", "assign", "assigned"),
    ("assigned", "step", "assigned"), ("assigned", "answer", "answered"), ("answered", "approve", "closed"),
    ("answered", "return", "assigned"), ("closed", "appeal", "reopened"), ("closed", "reopen", "reopened"),
}  # fmt: skip


def visited(**changes: Any) -> tuple[Stage, str]:
    """A stage on which one visit has ended at window 1."""
    given: dict[str, Any] = {"rules": RULES, "year_notices": (NOTICE,)} | changes
    stage = Stage(**given).open("1")
    stage.take("A")
    return stage, stage.find(stage.serve("1")).id


def complained(**changes: Any) -> tuple[Stage, str]:
    stage, ticket = visited(**changes)
    return stage, stage.do(cmd.OpenFollowUp(ticket))["follow_up"]


def move(stage: Stage, id: str, move: Any, staff: str, **more: str) -> None:
    stage.do(cmd.MoveFollowUp(id, move, staff, **more))


def row(stage: Stage) -> FollowUp:
    (found,) = stage.hall.register.follow_ups.values()
    return found


def closed(**changes: Any) -> tuple[Stage, str]:
    stage, id = complained(**changes)
    for verb, staff, code in (("assign", "ann", ""), ("answer", "ann", "upheld"), ("approve", "ben", "")):
        move(stage, id, verb, staff, code=code)
    return stage, id


# --- every press on every state


def presses(id: str) -> Iterable[cmd.MoveFollowUp]:
    for verb, staff in product(MOVES, STAFF):
        for owner in STAFF if verb == "assign" else ("",):
            code = {"step": "phoned", "answer": "upheld"}.get(verb, "")
            yield cmd.MoveFollowUp(id, verb, staff, owner, code)  # type: ignore[arg-type]


def expected(row: FollowUp, press: cmd.MoveFollowUp, late: bool) -> str:
    """The state that this press leads to, "" where it is refused: the rules in words of the test's own."""
    after = next((to for of, verb, to in ALLOWED if (of, verb) == (row.state, press.move)), "")
    if press.staff == CLERK:  # whom the complaint is about
        return ""
    match press.move:
        case "assign" if press.owner == CLERK or press.owner in row.earlier:
            return ""
        case "step" | "answer" if press.staff != row.owner:
            return ""
        case "approve" | "return" if press.staff in (row.owner, CLERK):
            return ""
        case "appeal" if row.appeals or late:
            return ""
        case _:
            return after


def explore() -> int:
    """Press everything on every state that can be reached, at the last instant to appeal and after it; count presses."""
    stage, id = complained()
    rows = stage.hall.register.follow_ups
    seen: set[tuple[Any, ...]] = set()
    waiting, tried = deque([deepcopy(rows[id])]), 0
    while waiting:
        here = waiting.popleft()
        key = (here.state, here.owner, here.steps, here.returns, here.appeals, *here.earlier)
        if key in seen or max(here.steps, here.returns, len(here.earlier)) > 2:
            continue
        seen.add(key)
        for press, late in product(presses(id), (False, True)):
            rows.put(id, deepcopy(here))
            stage.hall.state.now = stage.now
            now = (here.appeal_until or stage.now) + late
            tried += 1
            try:
                (event,) = stage.hall.decide(CommandEnvelope("x", press), now)
                stage.hall.apply(event, now, stage.hall.seq + 1)
                after: str = rows[id].state
            except Refused:
                after = ""
            assert after == expected(here, press, late), (here, press, late)
            if after:
                check(here, rows[id], press)
                if not late:
                    waiting.append(deepcopy(rows[id]))
    assert {key[0] for key in seen} == {"opened", "assigned", "answered", "closed", "reopened"}
    return tried


def check(before: FollowUp, after: FollowUp, press: cmd.MoveFollowUp) -> None:
    """What holds for every press: the clock is begun anew by a new round only, and another person has closed."""
    new_round = after.state == "reopened"
    assert new_round or (after.start, after.due) == (before.start, before.due)
    assert bool(after.closed) == bool(after.appeal_until) == (after.state == "closed")
    assert after.owner != CLERK
    assert after.owner not in after.earlier
    if after.state == "closed":
        assert press.staff not in (after.owner, CLERK)
    if new_round:
        assert (after.owner, after.finding) == ("", "")
        assert after.due > after.start


def test_every_press_on_every_state_does_what_the_table_says() -> None:
    assert explore() > 1000


@pytest.mark.parametrize(
    ("name", "guard"),
    [
        ("_need_right_person", lambda *_: None),
        ("APPEALS_MAX", 9),
        ("appeal_deadline", deadlines.answer_of),
        ("MOVES", followups.MOVES | {"opened": {"assign": "assigned", "approve": "closed"}}),
        ("MOVES", followups.MOVES | {"answered": {"approve": "closed"}}),
        ("OWNERS", frozenset()),
        ("REVIEWS", frozenset()),
    ],
)
def test_twin_without_a_guard_the_table_is_broken(
    monkeypatch: pytest.MonkeyPatch, name: str, guard: Any
) -> None:
    monkeypatch.setattr(followups, name, guard)
    with pytest.raises(AssertionError):
        explore()


# --- what opens one


def test_a_complaint_opens_one_and_another_joins_it() -> None:
    stage, id = complained()
    found = row(stage)
    assert (found.id, found.kind, found.number, found.clerk) == (id, "complaint", "F2026-0001", CLERK)
    assert stage.do(cmd.OpenFollowUp(found.ticket)) == {}
    assert len(stage.hall.register.follow_ups) == 1


def test_a_complaint_after_the_first_is_closed_is_another() -> None:
    stage, _ = closed()
    assert stage.do(cmd.OpenFollowUp(row(stage).ticket))["number"] == "F2026-0002"


@pytest.mark.parametrize(("level", "count"), [(1, 1), (2, 1), (3, 0), (5, 0)])
def test_a_bad_rating_opens_one_in_the_same_command(level: int, count: int) -> None:
    stage, ticket = visited()
    stage.do(cmd.Rate(ticket, level, via="phone"), role="phone")
    opened = [event for _, _, event in stage.events if isinstance(event, ev.FollowUpOpened)]
    assert [(each.kind, each.ticket) for each in opened] == [("rating", ticket)] * count


def test_a_hall_without_the_duty_opens_none() -> None:
    stage, ticket = visited(rules=Rules())
    stage.do(cmd.Rate(ticket, 1, via="phone"), role="phone")
    assert stage.do(cmd.OpenFollowUp(ticket)) == {}
    assert not stage.hall.register.follow_ups


def test_a_ticket_that_is_not_there_opens_none() -> None:
    stage, _ = visited()
    assert stage.refused(cmd.OpenFollowUp("x1")) == "unknown-ticket"


# --- codes, persons, refusals


def test_codes_are_those_of_the_halls_lists() -> None:
    stage, id = complained(reasons=(Reason("step", "wrote", "去信"),))
    move(stage, id, "assign", "ann")
    assert stage.refused(cmd.MoveFollowUp(id, "step", "ann", code="phoned")) == "unknown-code"
    assert stage.refused(cmd.MoveFollowUp(id, "answer", "ann")) == "unknown-code"
    move(stage, id, "step", "ann", code="wrote")
    assert row(stage).steps == 1


def test_refusals_have_their_own_codes() -> None:
    stage, id = complained()
    assert stage.refused(cmd.MoveFollowUp("x", "assign", "ann")) == "unknown-follow-up"
    assert stage.refused(cmd.MoveFollowUp(id, "approve", "ann")) == "wrong-step"
    move(stage, id, "assign", "ann", owner="ben")
    assert stage.refused(cmd.MoveFollowUp(id, "step", "ann", code="phoned")) == "not-owner"
    move(stage, id, "answer", "ben", code="upheld")
    assert stage.refused(cmd.MoveFollowUp(id, "approve", "ben")) == "another-person"
    move(stage, id, "approve", "ann")
    move(stage, id, "appeal", "ann")
    assert stage.refused(cmd.MoveFollowUp(id, "assign", "ben")) == "another-person"


def test_the_account_signed_in_counts_before_the_number_in_the_command() -> None:
    stage, id = complained()
    press = cmd.MoveFollowUp(id, "assign", "ann")
    (event,) = stage.hall.decide(CommandEnvelope("x", press, account="1007"), stage.now)
    assert isinstance(event, ev.FollowUpMoved)
    assert (event.staff, event.owner) == ("1007", "1007")


# --- the clock


def test_the_answer_is_due_after_working_days_and_no_press_moves_it() -> None:
    """From Monday, 21 September 2026, over Mid-Autumn on the Friday: the fifth working day is Tuesday week."""
    stage, id = complained()
    due = row(stage).due
    assert due + 1 == instant("2026-09-30", "00:00", ZONE)
    move(stage.later(600), id, "assign", "ann")
    move(stage, id, "answer", "ann", code="upheld")
    move(stage, id, "return", "ben")
    move(stage, id, "assign", "ben", owner="ben")
    assert row(stage).due == due


def overdue_levels(stage: Stage, now: Micros) -> list[int]:
    """Note what is overdue at `now`, as the caller does; the levels that were recorded."""
    levels: list[int] = []
    for command in deadlines.to_note(stage.hall, now):
        for event in stage.hall.decide(CommandEnvelope("n", command), now):
            stage.hall.apply(event, now, stage.hall.seq + 1)
            if isinstance(event, ev.DeadlineOverdue) and event.kind == "answer":
                levels.append(event.level)
    return levels


def next_day(stage: Stage, day: str) -> None:
    if stage.hall.state.day.open:
        stage.do(cmd.CloseDay(expire=True))
    stage.now = at("09:00", day)
    stage.do(cmd.OpenDay(day))


def test_what_runs_over_is_noted_once_a_level_over_the_days() -> None:
    stage, id = complained()
    assert overdue_levels(stage, row(stage).due) == []
    for day, levels in (
        ("2026-09-29", []),
        ("2026-09-30", [1]),
        ("2026-10-08", []),
        ("2026-10-12", [2]),
        ("2026-10-13", []),
    ):
        next_day(stage, day)
        assert overdue_levels(stage, stage.now) == levels, day
    move(stage, id, "assign", "ann")
    move(stage, id, "answer", "ann", code="upheld")
    move(stage, id, "approve", "ben")
    assert overdue_levels(stage, stage.now + 9000 * HOUR) == []


def test_a_closed_one_may_be_appealed_against_once_and_in_time() -> None:
    stage, id = closed()
    until = row(stage).appeal_until
    assert until + 1 == instant("2026-09-25", "00:00", ZONE)
    stage.now = until + 1
    assert stage.refused(cmd.MoveFollowUp(id, "appeal", "ann")) == "appeal-over"
    stage.now = until
    move(stage, id, "appeal", "ann")
    assert (row(stage).earlier, row(stage).appeals) == (["ann"], 1)


def test_a_closed_one_leaves_the_register_when_its_appeal_is_over_and_its_number_never_comes_back() -> None:
    stage, _ = closed()
    next_day(stage, "2026-09-24")
    assert stage.hall.register.follow_ups
    next_day(stage, "2026-09-28")
    assert not stage.hall.register.follow_ups
    stage.open("1").take("A")
    ticket = stage.find(stage.serve("1")).id
    assert stage.do(cmd.OpenFollowUp(ticket))["number"] == "F2026-0002"


def test_a_provisional_date_is_set_once_when_the_notice_is_known() -> None:
    """Without the notice the fifth weekday counts; with it, Friday the 25th is a holiday and Sunday the 27th none."""
    stage, id = complained(year_notices=())
    before = row(stage).due
    assert (row(stage).provisional, before + 1) == (True, instant("2026-09-29", "00:00", ZONE))
    assert followups.to_set(stage.hall) == []
    wrong = CommandEnvelope("w", SetDueDate("answer", id, before + HOUR))
    assert stage.hall.decide(wrong, stage.now) == []

    known = Hall(settings(rules=RULES, year_notices=(NOTICE,)), stage.hall.state, stage.hall.register)
    (command,) = followups.to_set(known)
    (event,) = known.decide(CommandEnvelope("s", command), stage.now)
    after = instant("2026-09-30", "00:00", ZONE) - 1
    assert event == ev.DueDateSet("answer", id, before, after)
    known.apply(event, stage.now, known.seq + 1)
    assert (row(stage).due, row(stage).provisional) == (after, False)
    assert followups.to_set(known) == []
    assert known.decide(CommandEnvelope("t", command), stage.now) == []


# --- a moved date is told


def moved_date() -> tuple[Stage, str, str]:
    """A stage on which the notice became known and moved the date of a complaint; its ticket and id."""
    stage, ticket = visited(year_notices=())
    id = stage.do(cmd.OpenFollowUp(ticket))["follow_up"]
    stage.hall.apply(
        ev.DueDateSet("answer", id, row(stage).due, row(stage).due + 24 * HOUR), stage.now, stage.hall.seq + 1
    )
    return stage, ticket, id


def told(stage: Stage) -> list[ev.FollowUpTold]:
    return [event for _, _, event in stage.events if isinstance(event, ev.FollowUpTold)]


def test_a_moved_date_is_on_the_phone_and_in_the_list_with_the_one_before_and_why() -> None:
    stage, ticket, id = moved_date()
    phone: Any = build(stage.hall, f"answers/{ticket}", stage.now)
    staff: Any = build(stage.hall, "followups", stage.now)
    for line in (phone["answers"][0], staff["followups"][id]):
        assert (line["due"] - line["before"], line["why_moved"], line["told"]) == (24 * HOUR, "notice", "")


@pytest.mark.parametrize("way", ["page", "call", "letter", "counter"])
def test_that_it_was_told_is_recorded_once_with_the_way(way: Any) -> None:
    stage, ticket, id = moved_date()
    for _ in range(2):
        stage.do(cmd.NoteDateTold(ticket, way, "ann"))
    assert told(stage) == [ev.FollowUpTold(id, row(stage).due, way, "ann")]
    assert row(stage).told == way


def test_a_date_that_did_not_move_is_told_to_nobody_and_another_move_is_told_again() -> None:
    stage, ticket = visited()
    id = stage.do(cmd.OpenFollowUp(ticket))["follow_up"]
    stage.do(cmd.NoteDateTold(ticket, "page"))
    same = ev.DueDateSet("answer", id, row(stage).due, row(stage).due)
    stage.hall.apply(same, stage.now, stage.hall.seq + 1)
    stage.do(cmd.NoteDateTold(ticket, "page"))
    assert (told(stage), row(stage).before) == ([], 0)
    for _ in range(2):
        moved = ev.DueDateSet("answer", id, row(stage).due, row(stage).due + HOUR)
        stage.hall.apply(moved, stage.now, stage.hall.seq + 1)
        stage.do(cmd.NoteDateTold(ticket, "page"))
    assert [event.due for event in told(stage)] == [row(stage).due - HOUR, row(stage).due]


def test_twin_a_fold_that_forgets_it_was_told_notes_it_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(hall_module.APPLY_REGISTER, ev.FollowUpTold, lambda *_: None)
    stage, ticket, _ = moved_date()
    for _ in range(2):
        stage.do(cmd.NoteDateTold(ticket, "page"))
    assert len(told(stage)) == 2


def test_a_new_round_begins_without_the_old_date() -> None:
    stage, ticket, id = moved_date()
    stage.do(cmd.NoteDateTold(ticket, "call", "ann"))
    for verb, staff, code in (
        ("assign", "ann", ""),
        ("answer", "ann", "upheld"),
        ("approve", "ben", ""),
        ("appeal", "ann", ""),
    ):
        move(stage, id, verb, staff, code=code)
    assert (row(stage).before, row(stage).told) == (0, "")


def test_the_page_opens_while_the_answer_is_due_though_the_visit_can_no_longer_be_rated() -> None:
    stage, ticket, _ = moved_date()
    number = stage.hall.state.tickets[ticket].number
    stage.do(cmd.CloseDay())
    stage.later(3 * 24 * 60).do(cmd.OpenDay("2026-09-24"))
    stage.hall.register.visits.pop(ticket, None)
    assert exists(stage.hall, f"ticket/{ticket}")
    document: Any = build(stage.hall, f"ticket/{ticket}", stage.now)
    assert (document["number"], document["answers"]) == (number, []), "windows read it, too"
    answers: Any = build(stage.hall, f"answers/{ticket}", stage.now)
    assert len(answers["answers"]) == 1
    assert not exists(stage.hall, "ticket/none")


def test_what_changes_a_follow_up_wakes_the_phone_of_its_ticket() -> None:
    stage, ticket, id = moved_date()
    event = ev.FollowUpTold(id, 0, "page")
    assert {f"ticket/{ticket}", f"answers/{ticket}"} <= topics(stage.hall, [event])


# --- kept and folded again


def test_rows_and_events_fold_to_the_same_register() -> None:
    stage, id = closed()
    move(stage, id, "appeal", "ann")
    again = Hall(stage.hall.settings)
    for seq, instant_, event in stage.events:
        again.apply(event, instant_, seq)
    assert again.register.rows() == stage.hall.register.rows()
    changes: dict[tuple[str, str], bytes | None] = {}
    stage.hall.register.collect(changes)
    rows = [(kind, key, body) for (kind, key), body in changes.items() if body is not None]
    loaded = Register.load(rows, stage.hall.register.mark, stage.hall.register.seq)
    assert loaded
    assert loaded.follow_ups == stage.hall.register.follow_ups
