"""Feedback: from its receipt to the archive; who is kept out of it; and a seeded world against a recount of its own."""

import random
from collections import Counter
from datetime import date, datetime, timedelta
from typing import Any

import msgspec
import pytest

from caller.engine import commands as cmd
from caller.engine import events as ev
from caller.engine import feedback, followups
from caller.engine import hall as hall_module
from caller.engine.envelope import CommandEnvelope
from caller.engine.feedback_messages import FEEDBACK_KINDS, JudgeFeedback, SubmitFeedback
from caller.engine.hall import Hall
from caller.engine.refusals import Refused
from caller.engine.register import FollowUp, Register
from caller.views import build, exists, receipts, topics
from config.feedback_settings import FeedbackTable
from config.instants import HOUR, instant
from config.settings import Department, Rules, YearNotice
from tests.instruments.engine_fixture import Stage

ZONE = "Asia/Shanghai"
HOLIDAYS = {date(2026, 9, 25): "中秋节", **{date(2026, 10, day): "国庆节" for day in range(1, 8)}}
NOTICE = YearNotice(2026, holidays=HOLIDAYS, workdays={})
DEPARTMENTS = (Department("d1", "社保局"), Department("d2", "住建局"))
CLERK = "clerk-1"


def stage_of(**changes: Any) -> Stage:
    given: dict[str, Any] = {
        "rules": Rules(answer_days=5, appeal_days=3), "year_notices": (NOTICE,), "departments": DEPARTMENTS,
        "feedback": FeedbackTable(enabled=True, days=5, windows=["2"]),
    } | changes  # fmt: skip
    return Stage(**given).open("1", "2")


def visited(stage: Stage) -> str:
    stage.take("A")
    return stage.find(stage.serve("1")).id


def submit(stage: Stage, **more: Any) -> dict[str, Any]:
    given: dict[str, Any] = {"kind": "complaint", "way": "page"} | more
    return stage.do(SubmitFeedback(**given))


def row(stage: Stage, id: str) -> FollowUp:
    return stage.hall.register.follow_ups[id]


def press(stage: Stage, id: str, *moves: tuple[Any, ...]) -> None:
    for move, staff, *more in moves:
        stage.do(cmd.MoveFollowUp(id, move, staff, **dict(more)))


ANSWERED: tuple[tuple[Any, ...], ...] = (
    ("assign", "ann"), ("step", "ann", ("code", "phoned")), ("answer", "ann", ("code", "upheld")), ("approve", "ben"),
)  # fmt: skip


def next_day(stage: Stage, day: str) -> None:
    if stage.hall.state.day.open:
        stage.do(cmd.CloseDay(expire=True))
    stage.now = instant(day, "09:00", ZONE)
    stage.do(cmd.OpenDay(day))


# --- received


@pytest.mark.parametrize("kind", FEEDBACK_KINDS)
def test_each_kind_gets_a_number_a_code_and_a_date(kind: Any) -> None:
    stage = stage_of()
    given = submit(stage, kind=kind)
    assert given["number"] == "F2026-0001"
    assert len(given["code"]) == 10
    assert given["due"] + 1 == instant("2026-09-30", "00:00", ZONE), "the fifth working day, over a holiday"
    assert feedback.by_code(stage.hall, given["code"]) is row(stage, given["follow_up"])


def test_it_is_about_whom_the_visit_names_else_who_sits_at_the_window_else_nobody() -> None:
    stage = stage_of()
    about = [
        submit(stage, ticket=visited(stage)),
        submit(stage, window="2"),
        submit(stage),
        submit(stage, window="3", clerk="zhao"),
    ]
    rows = [row(stage, each["follow_up"]) for each in about]
    assert [(each.window, each.clerk) for each in rows] == [
        ("1", CLERK),
        ("2", "clerk-2"),
        ("", ""),
        ("3", "zhao"),
    ]


def test_who_was_never_served_and_whose_number_has_expired_may_complain() -> None:
    stage = stage_of()
    waiting = stage.find(stage.take("A")).id
    assert row(stage, submit(stage, ticket=waiting, way="phone")["follow_up"]).ticket_number == "A001"
    stage.do(cmd.CloseDay(expire=True))
    assert submit(stage, ticket=waiting, kind="suggestion", way="phone")["number"] == "F2026-0002"


def test_a_window_of_cannot_get_it_done_names_no_clerk_and_not_itself() -> None:
    stage = stage_of()
    stage.take("A")
    ticket = stage.find(stage.next("2")).id
    found = row(stage, submit(stage, ticket=ticket, way="window", window="2")["follow_up"])
    assert (found.window, found.clerk, found.ticket) == ("", "", ticket)


def test_bad_input_is_refused_with_words_and_changes_nothing() -> None:
    stage = stage_of()
    ticket = visited(stage)
    wrong: dict[str, dict[str, Any]] = {
        "unknown-code": {"reason": "rude"}, "unknown-window": {"window": "9"}, "unknown-department": {"department": "d9"},
        "unknown-item": {"item": "i9"}, "unknown-ticket": {"ticket": "x1"},
    }  # fmt: skip
    for code, fields in wrong.items():
        assert stage.refused(SubmitFeedback("complaint", "page", **fields)) == code
    submit(stage, ticket=ticket)
    assert stage.refused(SubmitFeedback("complaint", "phone", ticket)) == "feedback-open"
    assert submit(stage, ticket=ticket, kind="praise")["number"] == "F2026-0002", (
        "another kind is another one"
    )
    assert stage.refused(JudgeFeedback("0000000000", satisfied=True)) == "unknown-receipt"


def test_a_hall_that_gives_no_receipts_takes_none_and_goes_on_as_before() -> None:
    stage = stage_of(feedback=FeedbackTable())
    ticket = visited(stage)
    assert stage.refused(SubmitFeedback("complaint", "page")) == "feedback-off"
    assert set(stage.do(cmd.OpenFollowUp(ticket))) == {"follow_up", "number"}


# --- dealt with


def test_from_the_receipt_to_the_archive() -> None:
    stage = stage_of()
    given = submit(stage)
    id = given["follow_up"]
    press(
        stage,
        id,
        ("transfer", "ann", ("department", "d2")),
        ("assign", "li"),
        ("coordinate", "li"),
        ("coordinate", "li"),
    )
    found = row(stage, id)
    assert (found.state, found.owner, found.department, found.transferred, found.coordinated) == (
        "assigned",
        "li",
        "d2",
        1,
        2,
    )
    press(
        stage,
        id,
        ("answer", "li", ("code", "upheld")),
        ("return", "ann"),
        ("answer", "li", ("code", "partly")),
        ("approve", "ann"),
    )
    stage.do(JudgeFeedback(given["code"], satisfied=False, again=True))
    assert (row(stage, id).state, row(stage, id).verdict, row(stage, id).earlier) == ("reopened", "", ["li"])
    press(stage, id, *ANSWERED)
    stage.do(JudgeFeedback(given["code"], satisfied=True))
    assert stage.refused(JudgeFeedback(given["code"], satisfied=True)) == "judged-already"
    press(stage, id, ("archive", "ann"))
    assert (row(stage, id).state, row(stage, id).verdict) == ("archived", "satisfied")
    assert {stage.refused(cmd.MoveFollowUp(id, move, "ben")) for move in ("reopen", "appeal", "assign")} == {
        "wrong-step"
    }
    moves = [event for _, _, event in stage.events if isinstance(event, ev.FollowUpMoved)]
    assert [each.again for each in moves if each.move == "coordinate"] == [False, True]


def test_what_was_answered_is_archived_by_itself_and_gone_after_its_time() -> None:
    stage = stage_of()
    id = submit(stage)["follow_up"]
    press(stage, id, *ANSWERED)
    until = row(stage, id).appeal_until
    next_day(stage, "2026-09-24")
    assert row(stage, id).state == "closed"
    next_day(stage, "2026-09-28")
    assert stage.now > until
    assert (row(stage, id).state, row(stage, id).archived) == ("archived", stage.now)
    next_day(stage, "2027-03-26")
    assert id in stage.hall.register.follow_ups
    next_day(stage, "2027-03-29")
    assert id not in stage.hall.register.follow_ups


def test_other_follow_ups_take_no_move_of_feedback() -> None:
    stage = stage_of()
    ticket = visited(stage)
    stage.do(cmd.Rate(ticket, 1, via="phone"), role="phone")
    (found,) = stage.hall.register.follow_ups.values()
    press(stage, found.id, ("assign", "ann"))
    assert followups.moves_of(found) == ["assign", "step", "answer"]
    assert stage.refused(cmd.MoveFollowUp(found.id, "transfer", "ann", department="d1")) == "wrong-step"


# --- whom it is about


def every_move_by(stage: Stage, id: str, staff: str) -> set[str]:
    """What becomes of every move by this person, on every state that the feedback can have."""
    found: set[str] = set()
    paths: tuple[tuple[tuple[Any, ...], ...], ...] = ((), ANSWERED[:1], ANSWERED[:3], ANSWERED)
    fresh = msgspec.msgpack.encode(row(stage, id))
    for path in paths:
        stage.hall.register.follow_ups.put(id, msgspec.msgpack.decode(fresh, type=FollowUp))
        press(stage, id, *path)
        for move in followups.moves_of(row(stage, id)):
            command = cmd.MoveFollowUp(id, move, staff, code="phoned", department="d1")
            try:
                stage.hall.decide(CommandEnvelope("x", command, account=staff), stage.now)
                found.add("done")
            except Refused as refused:
                found.add(refused.code)
    return found


@pytest.mark.parametrize("kind", ["complaint", "report"])
def test_whom_it_is_about_does_nothing_with_it_and_does_not_see_it(kind: Any) -> None:
    stage = stage_of()
    id = submit(stage, kind=kind, ticket=visited(stage))["follow_up"]
    assert every_move_by(stage, id, CLERK) == {"about-yourself"}
    assert sees(stage, CLERK) == set()
    assert id in sees(stage, "ann")


def sees(stage: Stage, staff: str) -> set[str]:
    """The follow-ups in all documents that this person may get: the list, the own day, the visit's document."""
    listed: Any = build(stage.hall, f"followups/{staff}", stage.now)
    own: Any = build(stage.hall, "clerk-day/1", stage.now)
    shown = {each["number"] for each in own["followups"]} if staff == CLERK else set[str]()
    visits: Any = [build(stage.hall, f"ticket/{each}", stage.now) for each in stage.hall.state.tickets]
    shown |= {line["number"] for each in visits for line in each["answers"]}
    return set(listed["followups"]) | shown


def test_twin_without_the_rule_they_do_and_see(monkeypatch: pytest.MonkeyPatch) -> None:
    stage = stage_of()
    id = submit(stage, ticket=visited(stage))["follow_up"]
    monkeypatch.setattr(followups, "ABOUT_PERSONS", frozenset())
    monkeypatch.setattr(receipts, "ABOUT_PERSONS", frozenset())
    assert "done" in every_move_by(stage, id, CLERK)
    assert id in sees(stage, CLERK)


def test_praise_is_seen_by_whom_it_is_about() -> None:
    stage = stage_of()
    id = submit(stage, kind="praise", ticket=visited(stage))["follow_up"]
    assert sees(stage, CLERK) == {id, "F2026-0001"}


# --- who watches what


def test_feedback_about_no_visit_is_no_ticket() -> None:
    """A wrong phone's key stands for the ticket "", which no feedback is about."""
    stage = stage_of()
    given = submit(stage)
    assert not exists(stage.hall, "ticket/")
    assert not exists(stage.hall, "answers/")
    assert followups.of_ticket(stage.hall, "") == []
    assert [each.id for each in followups.of_ticket(stage.hall, given["follow_up"])] == [given["follow_up"]]


def test_the_receipt_tells_its_holder_and_no_code_is_in_the_staffs_list() -> None:
    stage = stage_of()
    given = submit(stage, window="1", reason="attitude", anonymous=True)
    id, code = given["follow_up"], given["code"]
    assert exists(stage.hall, f"feedback/{code}")
    assert not exists(stage.hall, "feedback/0000000000")
    assert not exists(stage.hall, "feedback/")
    seen: Any = build(stage.hall, f"feedback/{code}", stage.now)
    assert (seen["number"], seen["window"], seen["judge"], seen["light"]) == (
        given["number"],
        "一号",
        False,
        "green",
    )
    press(stage, id, *ANSWERED)
    seen = build(stage.hall, f"feedback/{code}", stage.now)
    assert (seen["judge"], seen["appeal"], seen["light"]) == (True, True, "grey")
    listed: Any = build(stage.hall, "followups", stage.now)
    assert code not in str(listed)
    moved = [event for _, _, event in stage.events][-1]
    assert {"followups", "supervise", f"feedback/{code}"} <= topics(stage.hall, [moved])


# --- a seeded world


class Recount:
    """What the log says of feedback, counted anew from its events by rules of the test's own."""

    def __init__(self, stage: Stage) -> None:
        self.rows: dict[str, dict[str, Any]] = {}
        for _, at, event in stage.events:
            if isinstance(event, ev.FollowUpOpened) and event.kind in FEEDBACK_KINDS:
                self.rows[event.follow_up] = {"from": at, "opened": at, "done": set[str](), "open": True}
            elif isinstance(event, ev.FollowUpMoved) and event.follow_up in self.rows:
                found = self.rows[event.follow_up]
                found["done"].add(event.move)
                if event.move in ("approve", "archive"):
                    found["open"] = False
                elif event.move in ("appeal", "reopen"):
                    found.update(open=True, **{"from": at})

    def due(self, row: dict[str, Any]) -> int:
        """The end of the fifth day that is neither a weekend nor a holiday, after the day it began."""
        day, left = (datetime(1970, 1, 1) + timedelta(microseconds=row["from"], hours=8)).date(), 5
        while left:
            day += timedelta(days=1)
            left -= day.weekday() < 5 and day not in HOLIDAYS
        return instant((day + timedelta(days=1)).isoformat(), "00:00", ZONE) - 1

    def light(self, row: dict[str, Any], now: int) -> str:
        if not row["open"]:
            return "grey"
        due = self.due(row)
        return (
            "red"
            if now > due
            else "yellow"
            if now >= row["from"] + round((due - row["from"]) * 0.6)
            else "green"
        )

    def counts(self, now: int, month: str) -> dict[str, int]:
        lights = Counter(self.light(row, now) for row in self.rows.values())
        mine = [
            row["done"]
            for row in self.rows.values()
            if row["opened"] >= instant(f"{month}-01", "00:00", ZONE)
        ]
        return {
            "red": lights["red"], "yellow": lights["yellow"], "green": lights["green"], "accepted": len(mine),
            "coordinated": sum("coordinate" in done for done in mine), "transferred": sum("transfer" in done for done in mine),
            "filed": sum("archive" in done for done in mine),
        }  # fmt: skip


def restarted(stage: Stage) -> None:
    """Let the hall be loaded anew from its rows and its day, as after a crash."""
    hall, changes = stage.hall, dict[Any, Any]()
    hall.register.collect(changes)
    loaded = Register.load(hall.register.rows(), hall.register.mark, hall.register.seq)
    assert loaded is not None
    stage.hall = Hall.load(hall.settings, hall.dump(), loaded)


@pytest.mark.parametrize("seed", range(6))
def test_every_light_count_and_date_equals_a_recount_of_the_log_over_restarts(seed: int) -> None:
    stage = stage_of()
    for _ in range(8):
        live(stage, seed)
        recount = Recount(stage)
        view: Any = build(stage.hall, "followups", stage.now)
        lines = {id: (line["due"], line["light"]) for id, line in view["followups"].items()}
        assert lines == {
            id: (recount.due(row), recount.light(row, stage.now)) for id, row in recount.rows.items()
        }
        month = stage.hall.local_date(stage.now).isoformat()[:7]
        supervised: Any = build(stage.hall, "supervise", stage.now)
        assert supervised["feedback"] == recount.counts(stage.now, month)


def live(stage: Stage, seed: int) -> None:
    """Another two days of the world, from where its clock stands."""
    chance = random.Random(seed * 1000 + stage.hall.seq)
    for _ in range(40):
        stage.now += HOUR
        day = stage.hall.local_date(stage.now).isoformat()
        if day != stage.hall.state.day.label:
            next_day(stage, day)
            stage.open("1", "2")
        if chance.random() < 0.2:
            restarted(stage)
        if chance.random() < 0.3:
            submit(stage, kind=chance.choice(FEEDBACK_KINDS), window=chance.choice(["", "1", "2"]))
        for chosen in chance.sample(rows := list(stage.hall.register.follow_ups.values()), min(2, len(rows))):
            moves = followups.moves_of(chosen)
            if not moves:
                continue
            move = chance.choice(moves)
            code = {"step": "phoned", "answer": "upheld"}.get(move, "")
            staff = (
                chosen.owner
                if move in followups.OWNERS and chosen.owner
                else chance.choice(["ann", "ben", "li"])
            )
            try:
                stage.do(cmd.MoveFollowUp(chosen.id, move, staff, code=code, department="d1"))
            except Refused:
                continue


def test_twin_a_fold_that_forgets_a_move_differs_from_the_recount(monkeypatch: pytest.MonkeyPatch) -> None:
    fold = hall_module.APPLY_REGISTER[ev.FollowUpMoved]

    def forgets(hall: Hall, event: ev.FollowUpMoved, at: int) -> None:
        if event.move != "coordinate":
            fold(hall, event, at)

    monkeypatch.setitem(hall_module.APPLY_REGISTER, ev.FollowUpMoved, forgets)
    stage = stage_of()
    id = submit(stage)["follow_up"]
    press(stage, id, ("assign", "ann"), ("coordinate", "ann"))
    supervised: Any = build(stage.hall, "supervise", stage.now)
    assert supervised["feedback"] != Recount(stage).counts(stage.now, "2026-09")
