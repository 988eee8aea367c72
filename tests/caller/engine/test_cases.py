"""Cases: the table, the clock by the calendar, the lights, the accountability record; and a world that is recounted."""

import random
import typing
from datetime import date, timedelta
from typing import Any

import pytest

from caller.engine import case_clock, case_parts, case_types, cases, deadlines, followups
from caller.engine import commands as cmd
from caller.engine import events as ev
from caller.engine.case_messages import CaseVerb, MoveCase, OpenCase
from caller.engine.case_rows import ENDS, OPEN, RUNNING, Case, CaseState
from caller.engine.hall import Hall
from caller.engine.refusals import Refused
from caller.engine.register import Register
from config.case_settings import CasesTable, CaseType
from config.instants import Micros, instant, local
from config.settings import Item, YearNotice
from tests.instruments.case_fixture import NOTICES, case_stage, move, opened, visit
from tests.instruments.engine_fixture import Stage

ZONE = "Asia/Shanghai"
STATES: tuple[CaseState, ...] = typing.get_args(CaseState)
VERBS: tuple[CaseVerb, ...] = typing.get_args(CaseVerb)


def day_of(at: Micros) -> str:
    return local(at, ZONE).date().isoformat()


def to_day(stage: Stage, day: str, clock: str = "10:00") -> Stage:
    stage.now = instant(day, clock, ZONE)
    return stage


def note(stage: Stage) -> int:
    """Note what is overdue, as the caller does every second; how many."""
    found: list[Any] = [*case_clock.to_note(stage.hall, stage.now)]
    for command in found:
        stage.do(command, role="caller")
    return len(found)


# --- the table


def test_every_state_is_reached_and_every_target_is_a_state():
    targets = {after for row in cases.MOVES.values() for after in row.values()}
    assert set(cases.MOVES) == set(STATES)
    assert targets | {"received", "accepted", "refused"} == set(STATES)
    assert {verb for row in cases.MOVES.values() for verb in row} == set(VERBS)
    assert set(STATES) == OPEN | ENDS
    assert not OPEN & ENDS
    assert RUNNING <= OPEN


def test_every_type_of_a_case_has_its_needs():
    assert set(case_types.TYPES) == set(typing.get_args(CaseType))


def in_state(stage: Stage, state: CaseState) -> Case:
    """A case that was brought into this state by moves of the table."""
    ways: dict[str, list[tuple[CaseVerb, dict[str, Any]]]] = {
        "accepted": [], "received": [], "refused": [],
        "asked": [("ask", {})],
        "in-hand": [("take", {})],
        "paused": [("pause", {"code": "survey"})],
        "decided": [("decide", {"decision": "granted"})],
        "issued": [("decide", {"decision": "granted"}), ("issue", {})],
        "closed": [("decide", {"decision": "returned", "code": "conditions"}), ("close", {})],
        "withdrawn": [("withdraw", {})],
    }  # fmt: skip
    begins = (
        "received" if state in ("received", "asked") else "rejected" if state == "refused" else "accepted"
    )
    id = visit(stage, begins, **({"reason": "conditions"} if state == "refused" else {}))["about"]
    for verb, more in ways[state]:
        move(stage, id, verb, **more)
    row = stage.hall.register.cases[id]
    assert row.state == state
    return row


MORE: dict[str, dict[str, Any]] = {
    "pause": {"code": "hearing"}, "decide": {"decision": "refused", "code": "conditions"}, "extend": {"code": "complex", "days": 3},
    "refuse": {"code": "conditions"},
}  # fmt: skip


@pytest.mark.parametrize("state", STATES)
def test_tour_of_the_table_what_is_in_it_happens_and_the_rest_is_refused(state: CaseState):
    """Every state by every verb, and each row indexes as a hall that was loaded anew would."""
    for verb in VERBS:
        stage = case_stage()
        row = in_state(stage, state)
        if verb == "tell" and state in ("accepted", "in-hand"):
            move(stage, row.id, "extend", code="complex", days=2)
        version = row.version
        command = MoveCase(
            row.id, verb, version, staff="1007", way="call" if verb == "tell" else "", **MORE.get(verb, {})
        )
        wanted = cases.MOVES[state].get(verb)
        if wanted is None or (verb == "tell" and not row.extended) or not case_parts.possible(row, verb):
            assert stage.refused(command) == "case-step", (state, verb)
        else:
            stage.do(command)
            assert (row.state, row.version) == (wanted, version + 1), (state, verb)
            assert stage.refused(command) == "case-moved", "who looked at the picture before comes too late"
        check_index(stage.hall)


def check_index(hall: Hall) -> None:
    """The register's index against all rows: a loaded register must find the same."""
    register = hall.register
    fresh = Register()
    fresh.case_index.rebuild(register.cases.values())
    index, again = register.case_index, fresh.case_index
    assert index.codes == again.codes
    assert {department: rows for department, rows in index.parts.items() if rows} == again.parts
    assert index.due == again.due
    assert {window: rows for window, rows in index.windows.items() if rows} == again.windows
    assert +index.states == +again.states
    assert set(index.resting) == set(again.resting)
    assert +index.items == +again.items
    assert {year: ids for year, ids in index.provisional.items() if ids} == again.provisional


# --- beginning


def test_done_on_the_spot_is_a_number_an_item_and_no_clock():
    stage = case_stage()
    visit(stage, "done", "i3")
    visit(stage, "done", "i1")
    made = [event for _, _, event in stage.events if isinstance(event, ev.CaseDone)]
    assert [(each.number, each.item, each.case_type) for each in made] == [
        ("B2026-000001", "i3", "immediate"), ("B2026-000002", "i1", "promised"),
    ]  # fmt: skip
    assert not stage.hall.register.cases, "what is closed costs no memory"


def test_the_days_count_from_the_day_after_and_the_promised_ones_hold():
    """Monday the 21st and five working days: the end of Monday the 28th."""
    row = opened(case_stage())
    assert (day_of(row.due), local(row.due, ZONE).strftime("%H:%M:%S")) == ("2026-09-28", "23:59:59")
    assert (day_of(row.warn), local(row.warn, ZONE).strftime("%H:%M")) == ("2026-09-25", "00:00")
    assert not row.provisional


def test_a_holiday_and_a_workday_at_a_weekend_move_the_date():
    notice = YearNotice(2026, {date(2026, 9, 25): "中秋节"}, {date(2026, 9, 27): "调休"})
    row = opened(case_stage(year_notices=(notice,)))
    assert day_of(row.due) == "2026-09-28", "Friday is a holiday, Sunday is worked"


def test_papers_received_are_checked_within_days_of_their_own_and_the_clock_begins_when_accepted():
    stage = case_stage()
    done = visit(stage, "received", "i2")
    row = stage.hall.register.cases[done["about"]]
    assert (row.state, row.days, done["notice"]) == ("received", 5, "receipt")
    move(stage, row.id, "ask")
    assert case_clock.light(row, stage.now) == "grey"
    to_day(stage, "2026-10-15")
    move(stage, row.id, "accept")
    assert (row.days, day_of(row.due)) == (15, "2026-11-05")


def test_the_office_and_the_acceptance_system_open_cases_too():
    stage = case_stage()
    made = stage.do(OpenCase("i2", "3", "supplement", staff="2001"))
    row = stage.hall.register.cases[made["about"]]
    assert (row.window, row.clerk, row.case_type, row.ticket) == ("3", "2001", "supplement", "")
    assert stage.refused(OpenCase("none")) == "unknown-item"
    assert stage.refused(OpenCase("i2", "99")) == "unknown-window"


def test_an_item_without_a_limit_has_a_case_without_a_clock():
    stage = case_stage(items=(Item("i1", "上报", "d1", "A", case_type="reported-up"),))
    row = opened(stage)
    assert (row.days, row.due, case_clock.light(row, stage.now)) == (-1, 0, "grey")
    assert stage.refused(MoveCase(row.id, "pause", 0, code="survey")) == "no-clock"
    assert stage.hall.register.case_index.lights(stage.now) == (0, 0, 0)


# --- the clock


def test_the_light_is_green_yellow_and_red_at_the_instants_of_the_event():
    stage = case_stage()
    row = opened(stage)
    lights = [case_clock.light(row, at) for at in (stage.now, row.warn - 1, row.warn, row.due, row.due + 1)]
    assert lights == ["green", "green", "yellow", "yellow", "red"]
    index = stage.hall.register.case_index
    assert [index.lights(at) for at in (row.warn - 1, row.warn, row.due, row.due + 1)] == [
        (0, 0, 1), (0, 1, 0), (0, 1, 0), (1, 0, 0),
    ]  # fmt: skip


def test_a_pause_has_a_reason_is_counted_and_gives_back_the_working_days_that_were_left():
    stage = case_stage()
    row = opened(stage)
    to_day(stage, "2026-09-23")
    assert stage.refused(MoveCase(row.id, "pause", 0, code="lunch")) == "unknown-code"
    move(stage, row.id, "pause", code="survey")
    assert case_clock.light(row, row.due + 1) == "grey"
    to_day(stage, "2026-10-12")
    move(stage, row.id, "resume")
    assert (row.days, day_of(row.due)) == (3, "2026-10-15"), "24, 25 and 28 September were left"
    move(stage, row.id, "pause", code="survey")
    assert row.pauses == {"survey": 2}


def test_no_clock_that_has_run_over_is_stopped_or_extended():
    stage = case_stage()
    row = opened(stage)
    stage.now = row.due + 1
    assert stage.refused(MoveCase(row.id, "pause", 0, code="survey")) == "clock-overdue"
    assert stage.refused(MoveCase(row.id, "extend", 0, code="complex", days=5)) == "clock-overdue"


def test_twin_without_the_deadlines_rule_a_red_light_could_be_put_out(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(deadlines, "overdue", lambda _deadline, _now: False)
    stage = case_stage()
    row = opened(stage)
    stage.now = row.due + 1
    move(stage, row.id, "extend", code="complex", days=5)
    assert row.due > stage.now


def test_an_extension_has_a_reason_comes_once_and_is_told():
    stage = case_stage()
    row = opened(stage)
    before = row.due
    assert stage.refused(MoveCase(row.id, "extend", 0, code="", days=3)) == "unknown-code"
    assert stage.refused(MoveCase(row.id, "extend", 0, code="complex", days=0)) == "bad-days"
    assert stage.refused(MoveCase(row.id, "tell", 0, way="call")) == "case-step"
    move(stage, row.id, "extend", code="complex", days=3)
    assert (row.before, day_of(row.due), row.days, row.told) == (before, "2026-10-01", 8, "")
    move(stage, row.id, "tell", way="call")
    assert row.told == "call"
    assert stage.refused(MoveCase(row.id, "extend", row.version, code="complex", days=3)) == "extension-used"


def test_a_decision_stops_the_clock_and_says_whether_it_was_in_time():
    stage = case_stage()
    early, late = opened(stage), opened(stage)
    move(stage, early.id, "decide", decision="granted")
    stage.now = late.due + 1
    assert note(stage) == 1
    move(stage, late.id, "decide", decision="granted")
    assert [case_clock.light(row, stage.now) for row in (early, late)] == ["green", "red"]
    assert stage.hall.register.case_index.lights(stage.now) == (0, 0, 0)
    assert note(stage) == 0


def test_a_review_opens_a_closed_case_again_with_a_new_clock_as_long_as_it_is_kept():
    stage = case_stage()
    row = in_state(stage, "closed")
    to_day(stage, "2026-10-12")
    move(stage, row.id, "reopen")
    assert (row.state, row.decision, day_of(row.due)) == ("in-hand", "", "2026-10-19")
    move(stage, row.id, "decide", decision="refused", code="person")
    move(stage, row.id, "close")
    until = row.review_until
    stage.do(cmd.CloseDay(expire=True))
    stage.now = until + 1
    stage.do(cmd.OpenDay(day_of(stage.now)))
    assert not stage.hall.register.cases
    assert stage.refused(MoveCase(row.id, "reopen", row.version)) == "unknown-case"
    check_index(stage.hall)


def test_a_window_moves_its_own_cases_only():
    stage = case_stage()
    row = opened(stage)
    assert stage.refused(MoveCase(row.id, "take", 0, window="2", staff="7")) == "case-elsewhere"
    stage.do(MoveCase(row.id, "take", 0, window="1", staff="7"))
    assert row.owner == "7"


def test_a_provisional_date_is_set_once_when_the_years_notice_is_known():
    stage = case_stage(year_notices=(NOTICES[0],))
    to_day(stage, "2026-12-28")
    row = stage.hall.register.cases[stage.do(OpenCase("i1"))["about"]]
    assert (row.provisional, day_of(row.due)) == (True, "2027-01-04")
    assert case_clock.to_set(stage.hall) == []
    holiday = YearNotice(2027, {date(2027, 1, 1): "元旦", date(2027, 1, 4): "元旦"}, {})
    stage.hall.adopt(case_stage(year_notices=(NOTICES[0], holiday)).hall.settings)
    command: Any
    (command,) = case_clock.to_set(stage.hall)
    stage.do(command, role="caller")
    assert (row.provisional, day_of(row.due)) == (False, "2027-01-06")
    assert case_clock.to_set(stage.hall) == []
    check_index(stage.hall)


# --- what runs over


def test_a_red_light_writes_an_accountability_record_by_itself_once():
    stage = case_stage()
    row = opened(stage)
    move(stage, row.id, "take", owner="1007")
    stage.now = row.due + 1
    assert note(stage) == 1
    (record,) = stage.hall.register.follow_ups.values()
    assert (record.kind, record.case, record.window, record.clerk, record.state) == (
        "accountability", row.id, "1", "1007", "opened",
    )  # fmt: skip
    assert note(stage) == 0
    stage.now = row.due + (row.due - row.since) + 2
    assert note(stage) == 1, "the second level is noted"
    assert row.noted == deadlines.ESCALATED
    assert len(stage.hall.register.follow_ups) == 1


def test_an_accountability_record_is_closed_by_another_person_with_a_finding():
    stage = case_stage()
    row = opened(stage)
    stage.now = row.due + 1
    note(stage)
    (record,) = stage.hall.register.follow_ups.values()
    stage.do(cmd.MoveFollowUp(record.id, "assign", "3001", owner="3001"))
    assert stage.refused(cmd.MoveFollowUp(record.id, "answer", "3001")) == "unknown-code"
    stage.do(cmd.MoveFollowUp(record.id, "answer", "3001", code="upheld"))
    assert stage.refused(cmd.MoveFollowUp(record.id, "approve", "3001")) == "another-person"
    stage.do(cmd.MoveFollowUp(record.id, "approve", "3002"))
    assert record.state == "closed"


def test_twin_without_the_record_a_red_light_is_nobodys(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(case_clock, "late_now", lambda _hall, _command, _now: None)
    stage = case_stage()
    stage.now = opened(stage).due + 1
    note(stage)
    assert not stage.hall.register.follow_ups


def test_a_case_whose_item_was_removed_goes_on_under_its_name():
    stage = case_stage()
    row = opened(stage, "i2")
    stage.hall.adopt(case_stage(items=()).hall.settings)
    assert stage.hall.items["i2"].name == "过户"
    assert stage.refused(OpenCase("i2")) == "unknown-item"
    move(stage, row.id, "decide", decision="granted")
    move(stage, row.id, "close")
    assert "i2" not in stage.hall.items


# --- a world of cases, with jumps and restarts, against an independent recount


LIMITS = {"i1": 5, "i2": 15, "i4": 10}


class Recount:
    """Counts clocks anew from the events alone: working days by a loop over the dates, and nothing of the engine's."""

    def __init__(self) -> None:
        self.rows: dict[str, dict[str, Any]] = {}

    def event(self, event: Any, at: Micros) -> None:
        if isinstance(event, ev.CaseOpened) and event.state != "refused":
            days = 5 if event.state == "received" else LIMITS[event.item]
            self.rows[event.case] = {
                "state": event.state,
                "since": at,
                "days": days,
                "item": event.item,
                "extended": 0,
            }
        elif isinstance(event, ev.CaseMoved) and (row := self.rows.get(event.case)):
            self._moved(row, event, at)

    def _moved(self, row: dict[str, Any], event: ev.CaseMoved, at: Micros) -> None:
        match event.move:
            case "accept" | "reopen":
                row |= {"since": at, "days": LIMITS[row["item"]]}
            case "pause":
                row["left"] = working_days(self.day(at), self.due(row))
            case "resume" if row["days"] >= 0:
                row |= {"since": at, "days": row["left"]}
            case "extend":
                row["days"] += 3
            case _:
                pass
        row["state"] = event.state

    def day(self, at: Micros) -> date:
        return local(at, ZONE).date()

    def due(self, row: dict[str, Any]) -> date:
        day, left = self.day(row["since"]), row["days"]
        while left:
            day += timedelta(days=1)
            left -= day.weekday() < 5
        return day

    def lights(self, now: Micros) -> dict[str, str]:
        """The light of each case whose clock runs: by its dates, never by an instant of the engine's."""
        found: dict[str, str] = {}
        for id, row in self.rows.items():
            if row["state"] not in ("received", "accepted", "in-hand") or row["days"] < 0:
                continue
            today, due, since = self.day(now), self.due(row), row["since"]
            eve = due - timedelta(days=1)
            while eve.weekday() > 4:
                eve -= timedelta(days=1)
            warned = now >= since and today >= eve
            found[id] = "red" if today > due else "yellow" if warned else "green"
        return found


def working_days(after: date, until: date) -> int:
    return sum((after + timedelta(days=n)).weekday() < 5 for n in range(1, (until - after).days + 1))


def lived(seed: int, steps: int) -> tuple[Stage, Recount, int]:
    """A hall of cases by chance: acts, jumps of hours and weeks, restarts; every light recounted after every act."""
    dice, stage, recount, seen, wrong = random.Random(seed), case_stage(), Recount(), 0, 0
    for _ in range(steps):
        stage.now += (
            dice.choice((60, 3600, 3600 * 9, 86_400, 86_400 * 2, 86_400 * 9))
            * 1_000_000
            // dice.choice((1, 7))
        )
        act(dice, stage)
        if dice.random() < 0.08:
            restart(stage)
        for _, at, event in stage.events[seen:]:
            recount.event(event, at)
        seen = len(stage.events)
        rows, wanted = stage.hall.register.cases, recount.lights(stage.now)
        shown = {
            id: case_clock.light(row, stage.now)
            for id, row in rows.items()
            if row.state in RUNNING and row.days >= 0
        }
        wrong += shown != wanted
        red, yellow, green = stage.hall.register.case_index.lights(stage.now)
        counts = [list(wanted.values()).count(light) for light in ("red", "yellow", "green")]
        wrong += [red, yellow, green] != counts
    return stage, recount, wrong


def act(dice: random.Random, stage: Stage) -> None:
    open_ = list(stage.hall.register.cases.values())
    if not open_ or dice.random() < 0.3:
        stage.do(
            OpenCase(
                dice.choice(("i1", "i2", "i4")),
                dice.choice(("1", "2")),
                state=dice.choice(("accepted", "received")),
            )
        )
        return
    row = dice.choice(open_[-8:])
    verb = dice.choice(VERBS if dice.random() < 0.2 else list(cases.MOVES[row.state]) or VERBS)
    version = row.version - (dice.random() < 0.1)
    more: dict[str, Any] = MORE.get(verb, {}) | ({"days": 3} if verb == "extend" else {})
    try:
        stage.do(MoveCase(row.id, verb, max(0, version), staff="7", **more))
    except Refused:
        return
    finally:
        note(stage)


def restart(stage: Stage) -> None:
    """The hall as a restart makes it: the checkpoint, and the register by its saved rows."""
    rows: dict[tuple[str, str], Any] = {}
    register = stage.hall.register
    register._whole = True
    register.collect(rows)
    listed = [(kind, key, body) for (kind, key), body in rows.items() if body is not None]
    loaded = Register.load(listed, register.mark, register.seq)
    assert loaded is not None
    before = register.rows()
    stage.hall = Hall.load(stage.hall.settings, stage.hall.dump(), loaded)
    assert stage.hall.register.rows() == before
    check_index(stage.hall)


@pytest.mark.parametrize("seed", range(4))
def test_no_clock_is_lost_and_no_light_is_wrong(seed: int):
    stage, recount, wrong = lived(seed, 250)
    assert wrong == 0
    running = {id for id, row in stage.hall.register.cases.items() if row.state in RUNNING}
    assert running == {id for id, row in recount.rows.items() if row["state"] in RUNNING}
    red = {id for id, light in recount.lights(stage.now).items() if light == "red"}
    told = {each.case for each in stage.hall.register.follow_ups.values()}
    note(stage)
    assert red <= told | {each.case for each in stage.hall.register.follow_ups.values()}


@pytest.mark.campaign
def test_a_hundred_thousand_acts_lose_no_clock():
    total = 0
    for seed in range(400):  # many short lives: a recount costs the square of the cases
        _, _, wrong = lived(1000 + seed, 250)
        total += wrong
    assert total == 0


def test_twin_a_pause_that_gives_no_days_back_is_found(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(cases, "days_left", lambda _hall, row: row.days)
    assert any(lived(seed, 250)[2] for seed in range(4))


def test_twin_a_date_that_counts_weekends_is_found(monkeypatch: pytest.MonkeyPatch):
    def every_day(hall: Any, start: Micros, days: int) -> tuple[Micros, bool]:
        return start + days * 86_400_000_000, False

    monkeypatch.setattr(deadlines, "end_of_days", every_day)
    assert any(lived(seed, 100)[2] for seed in range(2))


def test_the_rules_of_cases_are_a_halls_settings():
    assert CasesTable() == CasesTable(False, 1, 5, 60, 10, 5, 0, 60)
    assert "accountability" in followups.KINDS
