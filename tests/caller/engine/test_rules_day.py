"""Limits and the business day at their edges: the instant and the number on either side of each limit."""

import json

import pytest

from caller.engine import commands as cmd
from caller.engine import events as ev
from caller.engine import numbering
from config.instants import MINUTE
from config.settings import Queue
from tests.instruments.engine_fixture import DAY, Stage, at

TOMORROW = "2026-09-22"


# --- 5. limits


def test_numbers_are_given_until_the_very_last_moment_and_not_at_it():
    stage = Stage()
    stage.now = stage.hall.state.day.stops_at - 1
    stage.take("A")
    stage.now += 1
    assert stage.refused(cmd.TakeTicket(queue="A")) == "tickets-stopped"


@pytest.mark.parametrize(
    ("clock", "micros", "code"),
    [("09:30", -1, "queue-closed"), ("09:30", 0, ""), ("10:00", -1, ""), ("10:00", 0, "queue-closed")],
)
def test_a_band_begins_with_its_first_minute_and_ends_before_its_last(clock: str, micros: int, code: str):
    queue = Queue("A", "社保", hours=[("09:30", "10:00")])
    stage = Stage(queues=(queue, Queue("B", "房产"), Queue("P", "缴费")))
    stage.now = at(clock) + micros
    take = cmd.TakeTicket(queue="A")
    assert (stage.refused(take) if code else str(stage.do(take)["number"])) == (code or "A001")


def test_each_band_has_its_own_quota():
    queue = Queue("A", "社保", hours=[("09:00", "10:00"), ("10:00", "11:00")], band_quota=1)
    stage = Stage(queues=(queue, Queue("B", "房产"), Queue("P", "缴费")))
    stage.take("A")
    assert stage.refused(cmd.TakeTicket(queue="A")) == "band-quota-used"
    assert stage.later(60).take("A") == "A002"
    assert stage.refused(cmd.TakeTicket(queue="A")) == "band-quota-used"
    assert stage.hall.state.band_counts == {"A|0": 1, "A|1": 1}


def test_one_live_ticket_however_it_lives_and_no_longer():
    stage = Stage().open("1", "3")
    take = cmd.TakeTicket(queue="A", person="p")
    for end in ("finish", "moved", "cancel"):
        id = stage.do(take)["ticket"]
        assert stage.refused(take) == "live-ticket"
        stage.next("1")
        assert stage.refused(take) == "live-ticket"
        if end == "moved":
            stage.press(cmd.TransferTicket, "1", queue="B")
            assert stage.refused(take) == "live-ticket"
            stage.serve("3")
        elif end == "finish":
            stage.press(cmd.FinishService, "1")
        else:
            stage.do(cmd.CancelTicket(id))
    assert not stage.hall.live_persons


def test_no_event_holds_what_identifies_a_person():
    stage = Stage()
    stage.do(cmd.TakeTicket(queue="A", person="hash"))
    told = json.dumps([repr(event) for _, _, event in stage.events])
    assert "name" not in {field for _, _, event in stage.events for field in event.__struct_fields__}
    assert "hash" in told  # the keyed hash only


def test_numbers_grow_wider_rather_than_repeat():
    assert [numbering.written("ticket", "A", serial, 3) for serial in (1, 999, 1000)] == [
        "A001",
        "A999",
        "A1000",
    ]
    assert numbering.written("ticket", "AB", 7, 2) == "AB07"


# --- 6. the day


def test_a_record_that_looks_older_does_not_turn_the_clock_back():
    stage = Stage()
    now = stage.hall.state.now
    stage.hall.apply(ev.DeviceReported("p", "printer", "ready"), now - 5 * MINUTE, stage.hall.seq + 1)
    assert stage.hall.state.now == now
    assert stage.hall.register.devices["p"].since == now


def test_extended_hours_take_numbers_until_their_end():
    stage = Stage()
    stage.do(cmd.StopTickets())
    until = stage.hall.state.day.closes_at + 30 * MINUTE
    stage.do(cmd.ExtendHours(until))
    day = stage.hall.state.day
    assert (day.stopped, day.stops_at, day.closes_at) == (False, until, until)
    stage.now = until - 1
    stage.take("A")


@pytest.mark.parametrize(("hours", "code"), [(12, ""), (12.02, "bad-time")])
@pytest.mark.parametrize("late", [0, 2000], ids=["by day", "after closing"])
def test_hours_are_extended_by_half_a_day_at_most(hours: float, code: str, late: int):
    stage = Stage().later(late)
    end = max(stage.now, stage.hall.state.day.closes_at)
    extend = cmd.ExtendHours(end + round(hours * 60) * MINUTE)
    assert (stage.refused(extend) if code else str(stage.do(extend))) == (code or "{}")


def test_a_new_day_starts_with_clean_figures_and_remembers_how_long_services_take():
    stage = Stage().open("1")
    stage.take("A")
    stage.serve("1", 8)
    stage.do(cmd.Rate(next(iter(stage.hall.register.visits)), 5))
    state, register = stage.hall.state, stage.hall.register
    assert (
        register.service_times["A"].weight,
        register.service_times["A"].minutes,
        register.service_times["A|1"].squares,
    ) == (1, 8, 64)
    stage.hall.forecast, state.quote_accuracy.tickets = _Told(), 1
    stage.do(cmd.CloseDay())
    assert (state.day.label, state.day.open, stage.hall.forecast) == (DAY, False, None)
    assert (state.serials, state.counts, state.ratings) == ({"A": 1}, {"issued": 1, "served": 1}, {"5": 1})
    stage.later(24 * 60 - 8).do(cmd.OpenDay(TOMORROW))
    assert state.quote_accuracy.tickets == 0
    assert not any((stage.hall.lines, stage.hall.waiting, stage.hall.live_persons))
    window = state.windows["1"]
    assert (window.served, window.last, window.rated, window.state) == (0, "", 0, "closed")
    assert not any(
        (state.serials, state.band_counts, state.tickets, state.ratings, state.counts, state.calls)
    )
    pace = register.service_times["A"]
    assert (pace.weight, pace.minutes, pace.squares) == (0.5, 4, 32)
    assert (state.day.label, state.day.opened, state.day.stopped) == (TOMORROW, stage.now, False)
    assert len(register.visits) == 1


def test_counts_are_those_of_the_day():
    stage = Stage().open("1")
    for _ in range(3):
        stage.take("A")
    stage.next("1")
    stage.press(cmd.MarkNoShow, "1")
    stage.serve("1")
    stage.do(cmd.CancelTicket(stage.find("A003").id))
    assert stage.hall.state.counts == {"issued": 3, "missed": 1, "served": 1, "cancelled": 1}


class _Told:
    """A forecast that says ten minutes to everybody."""

    def quoted_wait(self, _queue: str, _promise: int) -> tuple[int, int, int]:
        return (10, 15, 720)


@pytest.mark.parametrize(
    ("waited", "within", "error"), [(9, 0, 180), (10, 1, 120), (15, 1, 180), (16, 0, 240)]
)
def test_what_was_told_is_compared_with_what_happened(waited: float, within: int, error: int):
    stage = Stage().open("1")
    stage.take("A")  # before there was a forecast: not counted
    stage.serve("1", 0)
    stage.hall.forecast = _Told()
    assert stage.find("A001").expected == -1
    result = stage.do(cmd.TakeTicket(queue="A"))
    assert stage.find("A002").expected == 720
    assert (result["low"], result["high"], result["issued"]) == (10, 15, stage.now)
    stage.later(waited).next("1")
    told = stage.hall.state.quote_accuracy
    assert (told.tickets, told.within, told.error_seconds) == (1, within, error)
    stage.press(cmd.HoldTicket, "1")
    stage.later(60).press(cmd.CallTicket, "1", ticket=stage.find("A002").id)
    assert stage.hall.state.quote_accuracy.tickets == 1  # the first call counts


def test_the_halls_date_and_time_are_exact_to_the_second():
    hall = Stage().hall
    assert [hall.local_date(at("00:00") + micros).isoformat() for micros in (-1, 0)] == ["2026-09-20", DAY]
    assert [hall.local_time(at("09:30") + micros) for micros in (-1, 0)] == ["09:29", "09:30"]


def test_a_window_nobody_was_at_tells_nothing():
    window = Stage().hall.state.windows["1"]
    told = (window.version, window.since, window.served, window.rated, window.freed)
    assert told == (0, 0, 0, 0, 0)
    assert (window.state, window.clerk, window.ticket, window.last, window.reason) == (
        "closed",
        "",
        "",
        "",
        "",
    )
