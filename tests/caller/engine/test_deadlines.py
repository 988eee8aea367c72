"""One mechanism for every promise with a clock: its lights, its pauses, what it records, against an independent count."""

from collections.abc import Iterator
from itertools import product
from typing import Any

import msgspec
import pytest

from caller.engine import commands as cmd
from caller.engine import deadlines
from caller.engine.deadlines import Deadline, DeadlineRules, Forbidden
from caller.engine.envelope import CommandEnvelope
from caller.engine.hall import Hall
from caller.engine.register import Register
from config.instants import MINUTE, instant
from config.settings import Reason, Rules
from tests.instruments.engine_fixture import Stage, settings

TOMORROW = "2026-09-22"
TEN = instant(TOMORROW, "10:00", "Asia/Shanghai")


# --- the machine alone: every course of a short deadline, beside a count of the minutes it really ran

LENGTH, WARNED, LONGER = 4, 2, 2  # minutes
STEPS = ("", "papers", "hearing", "holiday", "resume", "extend", "shorten")
Step = tuple[Deadline, "Count"]


@pytest.fixture(autouse=True)
def kind(monkeypatch: pytest.MonkeyPatch) -> None:
    """A kind with all there is; no kind of today pauses or is extended."""
    full = DeadlineRules(0.5, "recorded", 1.0, frozenset({"papers", "hearing"}), 1)
    monkeypatch.setitem(deadlines.KINDS, "hold", full)


class Count(msgspec.Struct):
    """What an applicant with a stopwatch would say: minutes left, counted down one by one while nothing pauses."""

    left: int = LENGTH
    warns_in: int = WARNED
    paused: str = ""
    rested: int = 0
    pauses: dict[str, int] = {}
    extended: int = 0

    def after(self, step: str) -> "Count | None":
        """The count after a step; None where the rules forbid it."""
        late = self.left < 0
        if step in ("papers", "hearing", "holiday"):
            if step == "holiday" or self.paused or late:
                return None
            counted = self.pauses | {step: self.pauses.get(step, 0) + 1}
            return msgspec.structs.replace(self, paused=step, pauses=counted)
        if step == "resume":
            return msgspec.structs.replace(self, paused="") if self.paused else None
        if self.extended or self.paused or late or step == "shorten":
            return None
        more = {"left": self.left + LONGER, "warns_in": self.warns_in + LONGER}
        return msgspec.structs.replace(self, extended=1, **more)

    def tick(self) -> None:
        if self.paused:
            self.rested += 1
        else:
            self.left -= 1
            self.warns_in -= 1

    @property
    def light(self) -> str:
        if self.paused:
            return "grey"
        return "red" if self.left < 0 else "yellow" if self.warns_in <= 0 else "green"

    @property
    def level(self) -> int:
        if self.paused or self.left >= 0:
            return 0
        return 2 if -self.left > LENGTH + LONGER * self.extended + self.rested else 1


def changed(deadline: Deadline, step: str, now: int) -> Deadline:
    match step:
        case "resume":
            return deadlines.resume(deadline, now)
        case "extend":
            return deadlines.extend(deadline, deadline.due + LONGER * MINUTE, now)
        case "shorten":
            return deadlines.extend(deadline, deadline.due, now)
        case reason:
            return deadlines.pause(deadline, reason, now)


def differences(courses: Iterator[tuple[str, ...]]) -> set[str]:
    """What differs between the machine and the count, over these courses of one step a minute."""
    found: set[str] = set()
    for course in courses:
        deadline = deadlines.begin("hold", "t", TEN, TEN + LENGTH * MINUTE)
        count, now = Count(), TEN
        for step in (*course, *[""] * 12):
            if step:
                expected = count.after(step)
                try:
                    deadline = changed(deadline, step, now)
                    found |= {f"{step} allowed"} if expected is None else set()
                except Forbidden:
                    found |= {f"{step} forbidden"} if expected is not None else set()
                count = expected or count
            now += MINUTE
            count.tick()
            if deadlines.light(deadline, now) != count.light:
                found.add("light")
            if deadlines.level(deadline, now) != count.level:
                found.add("level")
            if (deadline.pauses, deadline.extended) != (count.pauses, count.extended):
                found.add("counts")
    return found


def courses(steps: int = 5) -> Iterator[tuple[str, ...]]:
    return product(STEPS, repeat=steps)


def test_every_course_of_a_deadline_is_what_a_stopwatch_counts():
    assert differences(courses()) == set()


def never_moved_on(deadline: Deadline, _at: int) -> Deadline:
    return msgspec.structs.replace(deadline, paused=0)


def any_reason(deadline: Deadline, reason: str, at: int) -> Deadline:
    return msgspec.structs.replace(deadline, paused=at, pauses=deadline.pauses | {reason: 1})


def any_extension(deadline: Deadline, due: int, _at: int) -> Deadline:
    return msgspec.structs.replace(deadline, due=due, warn=due, extended=deadline.extended + 1)


@pytest.mark.parametrize(
    ("name", "broken", "seen"),
    [
        ("resume", never_moved_on, "light"),
        ("pause", any_reason, "holiday allowed"),
        ("extend", any_extension, "shorten allowed"),
        ("overdue", lambda deadline, now: now >= deadline.due, "light"),
        ("level", lambda deadline, now: int(deadlines.overdue(deadline, now)), "level"),
    ],
)
def test_twin_without_a_rule_the_count_differs(
    name: str, broken: Any, seen: str, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(deadlines, name, broken)
    assert seen in differences(courses(3))


def test_a_deadline_of_no_length_is_due_at_once_and_never_before_its_start():
    deadline = deadlines.begin("pause", "1", 100, 50)
    assert (deadline.due, deadlines.light(deadline, 100), deadlines.light(deadline, 101)) == (
        100,
        "green",
        "red",
    )


# --- the deadlines of a hall


def book(stage: Stage, person: str = "p", slot: int = TEN) -> dict[str, Any]:
    return stage.do(cmd.BookAppointment("i1", slot, person, TOMORROW))


def next_day(stage: Stage, minutes: float) -> Stage:
    """On to tomorrow, `minutes` after ten."""
    stage.do(cmd.CloseDay())
    stage.now = TEN - 60 * MINUTE
    stage.do(cmd.OpenDay(TOMORROW))
    return stage.later(60 + minutes)


def noted(stage: Stage) -> list[tuple[Any, ...]]:
    """Note what is due to be noted, as the scheduler does; and what came of it."""
    before = len(stage.events)
    for command in deadlines.to_note(stage.hall, stage.now):
        stage.do(command)  # type: ignore[arg-type]
    return [msgspec.structs.astuple(event) for _, _, event in stage.events[before:]]


def test_an_away_clerk_is_recorded_once_a_level():
    stage = Stage().open("1", "2")
    stage.do(cmd.PauseWindow("1", "away"))
    start = stage.now
    due = start + 20 * MINUTE
    assert noted(stage.later(20)) == []
    assert noted(stage.later(0.01)) == [("pause", "1", start, due, 1)]
    assert noted(stage.later(19.98)) == []
    assert noted(stage.later(0.02)) == [("pause", "1", start, due, 2)]
    assert noted(stage.later(60)) == []
    stage.do(cmd.ResumeWindow("1"))
    stage.do(cmd.PauseWindow("1"))
    assert [row[4] for row in noted(stage.later(41))] == [2]  # anew, though the caller looked late


def test_a_held_ticket_is_recorded_and_a_call_ends_its_time():
    stage = Stage(rules=Rules(hold_minutes=10)).open("1")
    for _ in range(2):
        stage.take("A")
        stage.next("1")
        stage.press(cmd.HoldTicket, "1")
    held = [ticket.id for ticket in stage.hall.parked_tickets("held")]
    assert [row[1] for row in noted(stage.later(10.01))] == held
    stage.press(cmd.CallTicket, "1", ticket=held[0])
    assert [row[1] for row in noted(stage.later(60))] == held[1:]


def test_who_does_not_come_is_missed_when_the_time_is_over_and_hears_why():
    stage = Stage()
    booked, other = book(stage), book(stage, "q", TEN + 30 * MINUTE)
    next_day(stage, 15)
    assert noted(stage) == []
    assert noted(stage.later(0.01)) == [(booked["appointment"],)]
    register = stage.hall.register
    assert [each.state for each in register.appointments.values()] == ["missed", "booked"]
    assert register.slots == {("A", TEN): 0, ("A", TEN + 30 * MINUTE): 1}
    assert stage.refused(cmd.CheckIn(booked["code"])) == "too-late"
    assert noted(stage) == []
    stage.do(cmd.CheckIn(other["code"]))
    assert noted(stage.later(120)) == []


def test_an_appointment_that_is_moved_or_cancelled_is_missed_by_its_new_time_or_never():
    stage = Stage()
    moved, cancelled = book(stage)["appointment"], book(stage, "q")["appointment"]
    stage.do(cmd.ChangeAppointment(moved, TEN + 60 * MINUTE, TOMORROW))
    stage.do(cmd.CancelAppointment(cancelled))
    next_day(stage, 70)
    assert noted(stage) == []
    assert noted(stage.later(10)) == [(moved,)]


def test_what_has_moved_on_since_the_caller_looked_is_not_noted():
    stage = Stage().open("1")
    stage.do(cmd.PauseWindow("1"))
    (late,) = deadlines.to_note(stage.later(30).hall, stage.now)
    envelope = CommandEnvelope("x", late)
    stage.do(cmd.ResumeWindow("1"))
    assert stage.hall.decide(envelope, stage.now) == []
    stage.do(cmd.PauseWindow("1"))
    assert stage.hall.decide(envelope, stage.later(30).now) == []  # it names the earlier pause
    assert len(noted(stage)) == 1
    assert noted(stage) == []


def test_nothing_is_noted_of_a_day_that_is_closed():
    stage = Stage()
    book(stage)
    stage.do(cmd.CloseDay())
    assert deadlines.to_note(stage.later(26 * 60).hall, stage.now) == []
    stage.do(cmd.OpenDay("2026-09-23"))
    assert stage.hall.state.overdue == {}


# --- a promise is kept though the settings change; an old log follows them


def running(stage: Stage) -> Hall:
    """A stage with one deadline of each kind running; and tomorrow's check-in."""
    book(stage)
    stage.open("1", "2")
    stage.take("A")
    stage.serve("1", 5)
    stage.take("A")
    stage.next("1")
    stage.press(cmd.HoldTicket, "1")
    stage.do(cmd.PauseWindow("2", "meal"))
    return stage.hall


def dues(hall: Hall) -> list[int]:
    """When each deadline is due, by kind and owner, from whatever its owner keeps."""
    (id, visit), (booked,) = next(iter(hall.register.visits.items())), hall.register.appointments.values()
    windows = hall.state.windows.values()
    return [
        *(each.due for window in windows if (each := deadlines.pause_of(hall, window))),
        *(deadlines.hold_of(hall, ticket).due for ticket in hall.parked_tickets("held")),
        deadlines.check_in(hall, booked).due,
        *(deadlines.rating_of(hall, id, visit, via).due for via in ("evaluator", "tablet", "phone", "kiosk")),
    ]


CHANGED = Rules(
    away_minutes=1, hold_minutes=1, rating_seconds=1, rating_hours=1, appointment_late_minutes=1,
)  # fmt: skip


def replayed(stage: Stage, old: bool) -> Hall:
    """The log of a stage folded under changed settings; `old`: as a version wrote it that knew no deadlines."""
    hall = Hall(settings(rules=CHANGED, reasons=(Reason("pause", "meal", "用餐", minutes=2),)))
    for seq, at, event in stage.events:
        if old:
            event = msgspec.convert(
                {
                    key: value
                    for key, value in msgspec.to_builtins(event).items()
                    if key not in ("due", "question_until", "rating_until")
                },
                type(event),
            )
        hall.apply(event, at, seq)
    return hall


def test_a_changed_setting_moves_no_deadline_that_runs():
    stage = Stage()
    before = dues(running(stage))
    assert dues(replayed(stage, old=False)) == before


def test_in_a_log_of_an_older_version_they_follow_from_the_settings():
    stage = Stage()
    before = dues(running(stage))
    hall = replayed(stage, old=True)
    assert len(dues(hall)) == len(before)
    assert all(now < then for now, then in zip(dues(hall), before, strict=True))


def test_a_restart_in_between_loses_no_deadline():
    stage = Stage()
    hall = running(stage)
    rows: dict[tuple[str, str], bytes | None] = {}
    hall.register.collect(rows)
    saved = [(kind, key, body) for (kind, key), body in rows.items() if body is not None]
    register = Register.load(saved, hall.register.mark, hall.seq)
    assert register is not None
    again = Hall.load(stage.hall.settings, hall.dump(), register)
    assert dues(again) == dues(hall)
    assert register.booked == hall.register.booked != []


# --- the order of the appointments that are waited for


def recounted(register: Register) -> list[tuple[int, str]]:
    return sorted((each.slot, each.id) for each in register.appointments.values() if each.state == "booked")


def test_the_order_of_waited_for_appointments_is_a_recount():
    stage = Stage()
    ids = [book(stage, f"p{n}", TEN + n % 4 * 30 * MINUTE)["appointment"] for n in range(8)]
    register = stage.hall.register
    assert register.booked == recounted(register)
    stage.do(cmd.CancelAppointment(ids[1]))
    stage.do(cmd.ChangeAppointment(ids[4], TEN + 30 * MINUTE, TOMORROW))
    assert register.booked == recounted(register)
    next_day(stage, 14)
    stage.do(cmd.CheckIn(register.appointments[ids[0]].code))
    assert register.booked == recounted(register)
    assert len(noted(stage.later(40))) == 2
    assert register.booked == recounted(register)
    stage.do(cmd.CloseDay(expire=True))
    assert register.booked == recounted(register) == []


def test_twin_without_the_end_of_waiting_the_order_differs(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(Register, "end_wait", lambda _self, _booked: None)
    with pytest.raises(AssertionError):
        test_the_order_of_waited_for_appointments_is_a_recount()
