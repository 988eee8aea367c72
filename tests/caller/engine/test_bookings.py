"""Booking by phone: which slots are free, two hundred who want one, and who did not come to what they booked."""

import asyncio
from pathlib import Path

import pytest

from caller.engine import appointments, booking_slots
from caller.engine import commands as cmd
from caller.protocol.frames import Done, RefusedFrame
from config.instants import MINUTE, instant
from config.setting_types import PhoneTable
from config.settings import Queue, Rules
from tests.instruments.engine_fixture import Stage
from tests.instruments.loop_fixture import house

ZONE = "Asia/Shanghai"
TOMORROW = "2026-09-22"
TEN = instant(TOMORROW, "10:00", ZONE)
BOOKS = PhoneTable(book=True)
MANY = 200


def person(n: int) -> str:
    return f"{n:064x}"


# --- free slots


def test_what_is_offered_is_what_can_be_booked_and_counts_what_is_left():
    stage = Stage()
    item = stage.hall.items["i1"]
    offered = booking_slots.bookable(stage.hall, item, stage.now)
    assert list(offered) == [TOMORROW, "2026-09-23", "2026-09-24", "2026-09-25", "2026-09-28"]
    assert offered[TOMORROW][TEN] == 2
    n = 0
    for day, slots in offered.items():
        for slot in slots:
            n += 1
            stage.do(cmd.BookAppointment("i1", slot, person(n), day))
    left = booking_slots.bookable(stage.hall, item, stage.now)
    assert {count for slots in left.values() for count in slots.values()} == {1}
    assert stage.refused(cmd.BookAppointment("i1", TEN - MINUTE, person(999), TOMORROW)) == "slot-outside"


def test_a_queue_without_quota_and_an_item_of_other_days_offer_nothing():
    stage = Stage()
    assert booking_slots.bookable(stage.hall, stage.hall.items["i2"], stage.now) == {}


# --- the race for the last place


def race(path: Path) -> tuple[int, set[str], int]:
    """Two hundred persons book one slot at once through a real caller: how many got it, why the others did not, and how many
    the caller then counts."""

    async def run() -> tuple[int, set[str], int]:
        queues = (Queue("A", "社保", slot_quota=7), Queue("B", "房产"), Queue("P", "缴费"))
        async with house(path, queues=queues, phone=BOOKS) as it:
            sent = [it.submit(cmd.BookAppointment("i1", TEN, person(n), TOMORROW)) for n in range(MANY)]
            answers = await asyncio.gather(*sent)
            done = sum(isinstance(answer, Done) for answer in answers)
            codes = {answer.code for answer in answers if isinstance(answer, RefusedFrame)}
            return done, codes, it.hall.register.slots["A", TEN]

    return asyncio.run(run())


def test_of_two_hundred_who_want_one_slot_exactly_the_quota_get_it(tmp_path: Path):
    assert race(tmp_path / "log.db") == (7, {"slot-full"}, 7)


def test_twin_without_the_look_at_the_quota_all_of_them_get_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(booking_slots, "left", lambda *_: 1)
    assert race(tmp_path / "log.db")[0] == MANY


# --- who did not come


def missed(stage: Stage, times: int, who: str = person(1)) -> Stage:
    """A person who has booked on so many days one after the other and has come on none of them."""
    for _ in range(times):
        day, slots = next(iter(booking_slots.bookable(stage.hall, stage.hall.items["i1"], stage.now).items()))
        stage.do(cmd.BookAppointment("i1", min(slots), who, day))
        if stage.hall.state.day.open:
            stage.do(cmd.CloseDay())
        stage.now = instant(day, "09:00", ZONE)
        stage.do(cmd.OpenDay(day))
    stage.do(cmd.CloseDay())
    stage.later(60)
    return stage


def try_again(stage: Stage, who: str = person(1)) -> str:
    """The code of the refusal of one more booking; empty where it is taken."""
    day, slots = next(iter(booking_slots.bookable(stage.hall, stage.hall.items["i1"], stage.now).items()))
    command = cmd.BookAppointment("i1", max(slots), who, day)
    try:
        stage.do(command)
    except appointments.Refused as refused:
        return refused.code
    return ""


def test_who_did_not_come_twice_may_not_book_and_may_take_a_number():
    stage = missed(Stage(phone=BOOKS), 1)
    assert try_again(stage) == ""
    stage = missed(Stage(phone=BOOKS), 2)
    assert try_again(stage) == "no-shows"
    assert try_again(stage, f"{person(5)}.{person(1)}") == "no-shows", "also under the hash of the key before"
    assert try_again(stage, person(2)) == ""
    stage.now = instant("2026-09-24", "09:00", ZONE)
    stage.do(cmd.OpenDay("2026-09-24"))
    stage.do(cmd.TakeTicket(["i1"], person=person(1)))


def test_after_the_days_have_passed_one_may_book_again_and_the_rows_are_gone():
    stage = missed(Stage(phone=BOOKS, rules=Rules(appointment_horizon_days=60)), 2)
    assert len(stage.hall.register.no_shows) == 2
    stage.now = instant("2026-10-26", "09:00", ZONE)
    assert try_again(stage) == ""
    stage.do(cmd.OpenDay("2026-10-26"))
    assert len(stage.hall.register.no_shows) == 0


@pytest.mark.parametrize("phone", [PhoneTable(), PhoneTable(book=True, no_shows=0)])
def test_a_hall_that_does_not_say_so_keeps_no_such_list(phone: PhoneTable):
    stage = missed(Stage(phone=phone), 3)
    assert try_again(stage) == ""
    assert len(stage.hall.register.no_shows) == 0


def test_who_came_or_cancelled_in_time_is_not_counted():
    stage = Stage(phone=BOOKS)
    stage.do(cmd.BookAppointment("i1", TEN, person(1), TOMORROW))
    (booked,) = stage.hall.register.appointments
    stage.do(cmd.CancelAppointment(booked))
    stage.do(cmd.CloseDay())
    stage.now = instant(TOMORROW, "09:00", ZONE)
    stage.do(cmd.OpenDay(TOMORROW))
    stage.do(cmd.CloseDay())
    assert len(stage.hall.register.no_shows) == 0


def test_twin_without_the_guard_who_never_comes_books_on(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(appointments, "_need_no_grey", lambda *_: None)
    assert try_again(missed(Stage(phone=BOOKS), 3)) == ""
