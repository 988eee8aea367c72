"""A day closed by mistake goes on: everybody back in place, numbers without a gap; nothing else comes back."""

import pytest

from caller.engine import business_day
from caller.engine import commands as cmd
from caller.engine import events as ev
from caller.engine import hall as hall_module
from config.instants import HOUR
from tests.instruments.engine_fixture import DAY, Stage, at
from tests.instruments.hall_image import from_image, image

TOMORROW = "2026-09-22"


def closed_by_mistake() -> Stage:
    """Four wait (one asked for later, one is bound to window 2), one is on hold, one missed, one cancelled."""
    stage = Stage().open("1", "2")
    for name in ("held", "missed", "first", "green", "later", "bound", "cancelled"):
        priority = "green" if name == "green" else "ordinary"
        stage.take("A", priority, person=name, window="2" if name == "bound" else "")
        if name == "held":
            stage.next("1")
            stage.press(cmd.HoldTicket, "1")
        if name == "missed":
            stage.next("1")
            stage.press(cmd.MarkNoShow, "1")
    stage.do(cmd.PostponeTicket(stage.find("A005").id, 30))
    stage.do(cmd.CancelTicket(stage.find("A007").id))
    stage.later(10).do(cmd.CloseDay(expire=True))
    return stage


def states(stage: Stage) -> dict[str, str]:
    return {ticket.number: ticket.state for ticket in stage.hall.state.tickets.values()}


def test_expired_tickets_come_back_as_they_were_and_others_do_not():
    stage = closed_by_mistake()
    before = {t.number: (t.origin, t.promise, t.not_before) for t in stage.hall.state.tickets.values()}
    stage.later(5).do(cmd.ReopenDay())
    assert states(stage) == {
        "A001": "held", "A002": "missed", "A003": "waiting", "A004": "waiting", "A005": "waiting",
        "A006": "waiting", "A007": "cancelled",
    }  # fmt: skip
    after = {t.number: (t.origin, t.promise, t.not_before) for t in stage.hall.state.tickets.values()}
    assert after == before
    assert {window.state for window in stage.hall.state.windows.values()} == {"closed"}
    assert stage.hall.state.counts == {"issued": 7, "missed": 1, "cancelled": 1, "expired": 0}


def test_numbers_go_on_and_the_turn_is_the_same_as_if_nothing_had_happened():
    stage = closed_by_mistake()
    stage.later(5).do(cmd.ReopenDay())
    stage.open("1")
    assert stage.take("A") == "A008"
    assert [stage.serve("1", 0) for _ in range(4)] == ["A004", "A003", "A006", "A008"], (
        "the bound one waits for any"
    )
    assert stage.press_refused(cmd.CallNext, "1") == "nobody-waiting", "one asked to be called later"
    assert stage.later(30).serve("1", 0) == "A005"
    assert stage.press(cmd.CallTicket, "1", ticket=stage.find("A001").id)["number"] == "A001"


def test_one_live_ticket_a_person_holds_again():
    stage = closed_by_mistake()
    stage.do(cmd.ReopenDay())
    assert stage.refused(cmd.TakeTicket(queue="A", person="first")) == "live-ticket"
    stage.do(cmd.TakeTicket(queue="A", person="cancelled"))


def test_a_reopened_day_is_the_same_hall_after_a_restart():
    stage = closed_by_mistake()
    stage.do(cmd.ReopenDay())
    again = from_image(stage.hall.settings, image(stage.hall))
    assert image(again) == image(stage.hall)
    assert {k: list(v) for k, v in again.lines.items() if len(v)} == {
        k: list(v) for k, v in stage.hall.lines.items() if len(v)
    }
    assert (again.live_persons, again.parked) == (stage.hall.live_persons, stage.hall.parked)


def test_a_day_is_closed_and_reopened_as_often_as_needed():
    stage = closed_by_mistake()
    for _ in range(3):
        stage.do(cmd.ReopenDay())
        assert stage.refused(cmd.ReopenDay()) == "day-already-open"
        stage.do(cmd.CloseDay(expire=True))
    stage.do(cmd.ReopenDay())
    assert sorted(states(stage).values()) == ["cancelled", "held", "missed", *["waiting"] * 4]


def test_only_the_last_day_and_only_before_the_next_one():
    stage = Stage(opened=False)
    assert stage.refused(cmd.ReopenDay()) == "none-closed"
    stage.do(cmd.OpenDay(DAY))
    stage.do(cmd.CloseDay())
    stage.later(24 * 60).do(cmd.OpenDay(TOMORROW))
    stage.do(cmd.CloseDay())
    stage.do(cmd.ReopenDay())
    assert stage.hall.state.day.label == TOMORROW
    assert list(stage.hall.register.used_days) == [DAY, TOMORROW]


@pytest.mark.parametrize(
    ("now", "until", "code"),
    [("16:59", "", ""), ("17:00", "", "bad-time"), ("18:00", "19:00", ""), ("18:00", "18:00", "bad-time")],
)
def test_hours_that_are_over_need_a_new_end(now: str, until: str, code: str):
    stage = Stage()
    stage.do(cmd.StopTickets())
    stage.do(cmd.CloseDay())
    stage.now = at(now)
    reopen = cmd.ReopenDay(at(until) if until else 0)
    if code:
        assert stage.refused(reopen) == code
        return
    stage.do(reopen)
    day = stage.hall.state.day
    assert (day.open, day.stopped, day.opened) == (True, False, at("09:00"))
    assert day.closes_at == at(until or "17:00")


def test_an_end_too_far_is_a_slip_of_the_pen():
    stage = Stage()
    stage.do(cmd.CloseDay())
    assert stage.refused(cmd.ReopenDay(stage.now + business_day.EXTENSION_MAX + HOUR)) == "bad-time"


def test_missed_appointments_stay_missed():
    stage = Stage()
    slot = at("10:00", TOMORROW)
    booked = stage.do(cmd.BookAppointment("i1", slot, "p", TOMORROW))
    stage.do(cmd.CloseDay())
    stage.later(24 * 60).do(cmd.OpenDay(TOMORROW))
    stage.do(cmd.CloseDay())
    stage.do(cmd.ReopenDay())
    stage.now = slot
    assert stage.refused(cmd.CheckIn(booked["code"])) == "appointment-used"


def test_time_begins_anew_with_a_reopened_day():
    """Closed by a clock a year ahead, reopened when it is right again: waits count from the right time."""
    stage = Stage()
    stage.take("A")
    right = stage.now
    stage.later(365 * 24 * 60).do(cmd.CloseDay(expire=True))
    stage.now = right
    stage.do(cmd.ReopenDay())
    assert stage.hall.instant(right) == right
    stage.open("1").later(3).serve("1")
    assert stage.hall.register.service_times["A"].minutes == 5


def test_twin_a_fold_that_clears_at_the_close_brings_nobody_back(monkeypatch: pytest.MonkeyPatch):
    def cleared(hall: hall_module.HallState, _event: ev.DayClosed, _at: int) -> None:
        hall.state.day.open = False
        hall.state.tickets.clear()
        hall.state.serials.clear()

    monkeypatch.setitem(hall_module.APPLY, ev.DayClosed, cleared)
    stage = closed_by_mistake()
    stage.do(cmd.ReopenDay())
    assert states(stage) == {}
    assert stage.take("A") == "A001", "a number given twice"
