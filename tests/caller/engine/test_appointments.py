"""Appointments merge with walk-ins by the appointed time."""

import pytest

from caller.engine import commands as cmd
from config.instants import instant
from tests.instruments.engine_fixture import Stage

TOMORROW = "2026-09-22"
TEN = instant(TOMORROW, "10:00", "Asia/Shanghai")
MINUTE = 60_000_000


@pytest.fixture
def stage() -> Stage:
    return Stage()


def book(stage: Stage, person: str = "p", slot: int = TEN, day: str = TOMORROW, item: str = "i1"):
    return stage.do(cmd.BookAppointment(item, slot, person, day))


def refused(stage: Stage, person: str = "q", slot: int = TEN, day: str = TOMORROW, item: str = "i1") -> str:
    return stage.refused(cmd.BookAppointment(item, slot, person, day))


def next_day(stage: Stage, minutes: float) -> Stage:
    """On to tomorrow, `minutes` after ten."""
    stage.do(cmd.CloseDay())
    stage.now = TEN - 60 * MINUTE
    stage.do(cmd.OpenDay(TOMORROW))
    stage.now = TEN + round(minutes * MINUTE)
    return stage


def test_a_slot_has_a_quota_and_a_person_one_appointment_a_day(stage: Stage):
    book(stage, "a")
    assert refused(stage, "a", TEN + 30 * MINUTE) == "person-booked"
    book(stage, "b")
    assert refused(stage, "c") == "slot-full"
    book(stage, "c", TEN + 30 * MINUTE)


def test_after_a_rotation_an_appointment_under_the_previous_hash_still_counts(stage: Stage):
    book(stage, "old")
    assert refused(stage, "new.old", TEN + 30 * MINUTE) == "person-booked"
    book(stage, "new", TEN + 30 * MINUTE)  # the twin: without the previous hash it is not found


def test_an_appointment_stands_under_the_current_hash_only(stage: Stage):
    book(stage, "new.old")
    assert [each.person for each in stage.hall.register.appointments.values()] == ["new"]


def test_slots_lie_on_the_grid_within_hours_and_horizon(stage: Stage):
    assert refused(stage, slot=TEN + MINUTE) == "slot-outside"
    assert refused(stage, slot=instant(TOMORROW, "17:00", "Asia/Shanghai")) == "slot-outside"
    assert (
        refused(stage, slot=instant("2026-09-21", "16:00", "Asia/Shanghai"), day="2026-09-21")
        == "slot-outside"
    )
    far = "2026-09-29"  # six working days ahead
    assert refused(stage, slot=instant(far, "10:00", "Asia/Shanghai"), day=far) == "slot-outside"
    book(stage, slot=instant("2026-09-28", "10:00", "Asia/Shanghai"), day="2026-09-28")
    assert refused(stage, item="i2") == "no-appointments"
    assert refused(stage, item="zz") == "unknown-item"
    assert refused(stage, day="2026-99-99") == "bad-time"


def test_changing_frees_the_old_slot_and_cancelling_too(stage: Stage):
    first, _ = book(stage, "a"), book(stage, "b")
    stage.do(cmd.ChangeAppointment(first["appointment"], TEN + 30 * MINUTE, TOMORROW))
    third = book(stage, "c")
    stage.do(cmd.CancelAppointment(third["appointment"]))
    assert stage.refused(cmd.CancelAppointment(third["appointment"])) == "appointment-used"
    book(stage, "d")
    assert stage.refused(cmd.CancelAppointment("zz")) == "unknown-appointment"


def test_less_than_two_hours_before_nothing_changes(stage: Stage):
    booked = book(stage)["appointment"]
    next_day(stage, -60)
    assert stage.refused(cmd.CancelAppointment(booked)) == "too-late-to-cancel"
    assert stage.refused(cmd.ChangeAppointment(booked, TEN, TOMORROW)) == "too-late-to-cancel"


@pytest.mark.parametrize(
    ("minutes", "code"), [(-31, "too-early"), (-30, ""), (0, ""), (15, ""), (16, "too-late")]
)
def test_check_in_opens_before_the_time_and_ends_after_it(stage: Stage, minutes: float, code: str):
    booked = book(stage)
    next_day(stage, minutes)
    check_in = cmd.CheckIn(booked["code"])
    if code:
        assert stage.refused(check_in) == code
        return
    ticket = stage.find(stage.do(check_in)["number"])
    assert (ticket.origin, ticket.priority) == (TEN, "appointment")
    assert stage.refused(check_in) == "appointment-used"


def test_an_appointment_goes_before_walk_ins_by_its_lead_and_not_further(stage: Stage):
    booked = book(stage)
    next_day(stage, -30).open("1")
    early = stage.take("A")  # promise 09:30 + 45
    checked_in = stage.do(cmd.CheckIn(booked["code"]))["number"]  # promise 10:00 + 10
    late = stage.later(20).take("A")
    assert [stage.serve("1", 1) for _ in range(3)] == [checked_in, early, late]


def test_who_does_not_come_is_recorded_at_the_end_of_the_day(stage: Stage):
    book(stage)
    next_day(stage, 60)
    stage.do(cmd.CloseDay())
    assert [type(event).__name__ for _, _, event in stage.events[-2:]] == ["AppointmentMissed", "DayClosed"]
    register = stage.hall.register
    assert [each.state for each in register.appointments.values()] == ["missed"]
    assert register.slots == {("A", TEN): 0}
    stage.later(24 * 60).do(cmd.OpenDay("2026-09-23"))
    assert (register.appointments, register.codes) == ({}, {})


def test_codes_are_eight_digits_and_differ(stage: Stage):
    codes = {book(stage, f"p{i}", TEN + i // 2 * 30 * MINUTE)["code"] for i in range(10)}
    assert len(codes) == 10
    assert all(len(code) == 8 and code.isdigit() for code in codes)
