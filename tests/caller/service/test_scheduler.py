"""The day opens and closes by itself, but not by a clock that somebody has set."""

import asyncio
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from caller.engine.commands import (
    CallNext,
    CloseDay,
    ExtendHours,
    FinishService,
    MarkNoShow,
    OpenDay,
    OpenWindow,
    ReportDevice,
    RequestJob,
    StartService,
    TakeTicket,
)
from caller.engine.credible_clock import Verdict
from caller.service import scheduler
from caller.service.clock import Clock, synchronised
from config.instants import instant
from config.reading import notices
from config.settings import Device, ExceptionalDay, HallTable, Rules
from tests.instruments.engine_fixture import DAY
from tests.instruments.loop_fixture import ZONE, House, Time, house

NEXT_DAY = "2026-09-22"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "log.db"


def play(path: Path, scene: Any, time: Time | None = None, **changes: Any) -> None:
    async def run() -> None:
        async with house(path, time, opened=False, **changes) as it:
            await scene(it)

    asyncio.run(run())


async def press(it: House, verb: Any, window: str = "1", **more: Any) -> None:
    await it.done(verb(window=window, as_of=it.hall.state.windows[window].version, **more))


def open_day(it: House) -> str:
    return it.hall.state.day.label if it.hall.state.day.open else ""


# --- opening and closing


def test_the_day_opens_at_its_hour_and_closes_after_when_nobody_is_left(path: Path):
    async def scene(it: House) -> None:
        await it.tick()
        assert not open_day(it)
        it.time.pass_to("09:00")
        await it.tick()
        assert open_day(it) == DAY
        it.time.pass_to("16:59")
        await it.tick()
        assert open_day(it)
        it.time.pass_to("17:00")
        await it.tick()
        assert not open_day(it)
        it.time.pass_to("18:00")
        await it.tick()
        assert list(it.hall.register.used_days) == [DAY]

    play(path, scene, Time(clock="08:59"))


def test_a_caller_started_in_the_middle_of_the_day_opens_it(path: Path):
    async def scene(it: House) -> None:
        await it.tick()
        assert open_day(it) == DAY

    play(path, scene, Time(clock="11:30"))


def test_a_caller_started_in_the_evening_opens_nothing(path: Path):
    async def scene(it: House) -> None:
        await it.tick()
        assert not open_day(it)

    play(path, scene, Time(clock="17:00"))


def test_a_day_closed_by_hand_stays_closed(path: Path):
    async def scene(it: House) -> None:
        await it.tick()
        await it.done(CloseDay())
        await it.tick()
        assert not open_day(it)
        assert not it.loop.health.clock_doubt

    play(path, scene)


def test_whoever_waits_is_served_before_the_day_closes(path: Path):
    async def scene(it: House) -> None:
        await it.tick()
        await it.done(OpenWindow("1", "c1"))
        await it.done(TakeTicket(queue="A"))
        it.time.pass_to("17:30")
        await it.tick()
        assert open_day(it)
        for verb in (CallNext, StartService, FinishService):
            await press(it, verb)
        await it.tick()
        assert not open_day(it)

    play(path, scene)


def test_by_rule_who_still_waits_at_closing_is_expired_but_not_who_is_being_served(path: Path):
    async def scene(it: House) -> None:
        await it.tick()
        await it.done(OpenWindow("1", "c1"))
        await it.done(TakeTicket(queue="A"))
        await it.done(TakeTicket(queue="A"))
        await press(it, CallNext)
        it.time.pass_to("17:00")
        await it.tick()
        assert open_day(it)
        await press(it, MarkNoShow)
        await it.tick()
        assert not open_day(it)

    play(path, scene, rules=Rules(closing="expire"))


def test_extended_hours_keep_the_day_open(path: Path):
    async def scene(it: House) -> None:
        await it.tick()
        await it.done(ExtendHours(instant(DAY, "19:00", ZONE)))
        it.time.pass_to("18:00")
        await it.tick()
        assert open_day(it)
        it.time.pass_to("19:00")
        await it.tick()
        assert not open_day(it)

    play(path, scene)


def test_what_was_left_over_yesterday_ends_when_the_next_day_should_open(path: Path):
    async def scene(it: House) -> None:
        await it.tick()
        for window in ("1", "2"):
            await it.done(OpenWindow(window, f"c{window}"))
        for _ in range(4):
            await it.done(TakeTicket(queue="A"))
        await press(it, CallNext, "1")
        await press(it, CallNext, "2")
        await press(it, StartService, "2")
        it.time.pass_to("23:00")
        await it.tick()
        assert open_day(it) == DAY
        it.time.pass_to("09:00", NEXT_DAY)
        for _ in range(5):  # missed, finished, closed, opened
            await it.tick()
        assert open_day(it) == NEXT_DAY
        assert (await it.done(TakeTicket(queue="A")))["number"] == "A001"

    play(path, scene)


def test_the_caller_opens_the_day_in_its_own_name(path: Path):
    async def scene(it: House) -> None:
        await it.tick()
        (row,) = it.log.recover().records
        assert (row.kind, row.role, row.station) == ("DayOpened", "caller", "caller")

    play(path, scene)


def test_a_hall_may_open_its_days_by_hand(path: Path):
    async def scene(it: House) -> None:
        await it.tick()
        assert not open_day(it)

    play(path, scene, hall=HallTable(site="stage", name="舞台", automatic_day=False))


# --- dates that make no sense


@pytest.mark.parametrize(
    "day", ["2026-09-23", "2026-10-23", "2027-09-21", "2036-09-21", "2026-09-20", "2016-09-21"]
)
def test_an_implausible_date_opens_no_day_and_is_told(path: Path, day: str):
    """After a restart: a working day was skipped since the last business day, or the date is before it."""

    async def first(it: House) -> None:
        await it.tick()
        await it.done(CloseDay())

    async def then(it: House) -> None:
        await it.tick()
        assert not open_day(it)
        assert list(it.hall.register.used_days) == [DAY]

    async def later(it: House) -> None:
        await then(it)
        assert it.loop.health.clock_doubt
        assert it.loop.clock.now() < instant(DAY, "12:00", ZONE), "time goes on from the last event"
        await it.done(OpenDay(day))  # a person may
        assert open_day(it) == day
        await it.tick()
        assert not it.loop.health.clock_doubt

    play(path, first)
    play(path, later if day > DAY else then, Time(day))


def test_the_first_day_of_a_new_hall_is_not_in_1970(path: Path):
    async def scene(it: House) -> None:
        await it.tick()
        assert not open_day(it)
        assert it.loop.health.clock_doubt

    play(path, scene, Time("1970-01-02"))


def test_after_a_long_holiday_the_day_opens(path: Path):
    async def first(it: House) -> None:
        await it.tick()
        await it.done(CloseDay())

    async def then(it: House) -> None:
        await it.tick()
        assert open_day(it) == "2026-10-08"

    play(path, first, Time("2026-09-30"), year_notices=notices.known())
    play(path, then, Time("2026-10-08"), year_notices=notices.known())


@pytest.mark.parametrize("day", ["2026-09-27", "2026-10-01"])
def test_no_day_opens_by_itself_on_a_sunday_or_on_national_day(path: Path, day: str):
    async def scene(it: House) -> None:
        await it.tick()
        assert not open_day(it)
        assert not it.loop.health.clock_doubt

    play(path, scene, Time(day, "10:00"), year_notices=notices.known())


def test_a_half_day_ends_at_noon(path: Path):
    async def scene(it: House) -> None:
        await it.tick()
        assert open_day(it) == DAY
        it.time.pass_to("12:00")
        await it.tick()
        assert not open_day(it)

    half = ExceptionalDay(date.fromisoformat(DAY), "下午学习", bands=[("09:00", "12:00")])
    play(path, scene, days=(half,))


# --- a date one day ahead, after a restart in the middle of the day


async def three_wait(it: House) -> None:
    await it.tick()
    await it.done(OpenWindow("1", "c1"))
    for _ in range(3):
        await it.done(TakeTicket(queue="A"))
    await press(it, CallNext)
    it.time.pass_(60)


def states(it: House) -> list[str]:
    return [ticket.state for ticket in it.hall.state.tickets.values()]


def test_a_restart_with_the_date_a_day_ahead_expires_nobody_and_burns_no_day(path: Path):
    """The case of issue 10, A4. Numbers are given on, for the hall goes by its last event until the date is right."""
    time = Time(clock="10:00")

    async def ahead(it: House) -> None:
        for _ in range(10):
            it.time.pass_(1)
            await it.tick()
        assert open_day(it) == DAY
        assert states(it) == ["called", "waiting", "waiting"]
        assert (await it.done(TakeTicket(queue="A")))["number"] == "A004"
        assert it.loop.health.clock_doubt
        it.time.wall -= 86_400_000_000  # somebody sets it right
        await it.tick()
        assert not it.loop.health.clock_doubt
        assert abs(it.loop.clock.gap()) < 1_000_000, "back in today by itself"
        it.time.pass_to("10:20")
        await press(it, FinishService)

    async def right_again(it: House) -> None:
        await it.tick()
        assert open_day(it) == DAY
        assert (await it.done(TakeTicket(queue="A")))["number"] == "A005"
        assert not it.loop.health.clock_doubt

    play(path, three_wait, time)
    time.wall += 86_400_000_000
    play(path, ahead, time, rules=Rules(closing="expire"))
    play(path, right_again, time)


def test_twin_without_the_question_everybody_is_expired(path: Path, monkeypatch: pytest.MonkeyPatch):
    time = Time(clock="10:00")
    play(path, three_wait, time)
    time.wall += 86_400_000_000
    monkeypatch.setattr(scheduler, "judge", lambda *_: Verdict(True, "believed"))

    async def ahead(it: House) -> None:
        for _ in range(10):
            await it.tick()
        assert open_day(it) == NEXT_DAY

    play(path, ahead, time)


def test_a_night_without_power_is_ended_when_the_stations_agree_on_the_date(path: Path):
    """The same picture, but the date is right: the clocks of other machines say so."""
    time = Time(clock="10:00")
    play(path, three_wait, time)
    time.pass_(86_400)

    async def next_morning(it: House) -> None:
        await it.tick()
        assert open_day(it) == DAY
        it.loop.clock.stations = lambda: [3_000_000, -2_000_000, 0]
        for _ in range(6):
            await it.tick()
        assert open_day(it) == NEXT_DAY
        assert not it.loop.health.clock_doubt

    play(path, next_morning, time)


def test_a_person_who_ends_the_last_day_says_that_the_date_is_right(path: Path):
    time = Time(clock="10:00")
    play(path, three_wait, time)
    time.pass_(86_400)

    async def next_morning(it: House) -> None:
        await it.tick()
        await press(it, MarkNoShow)
        await it.done(CloseDay(expire=True))
        await it.tick()
        await it.tick()
        assert open_day(it) == NEXT_DAY

    play(path, next_morning, time)


def test_a_date_far_ahead_at_one_start_leaves_no_trace(path: Path):
    """Issue 10, D: started once with a date far ahead, then corrected."""
    time = Time(clock="08:30")

    async def yesterday(it: House) -> None:
        await it.tick()
        await it.done(CloseDay())

    async def far_ahead(it: House) -> None:
        await it.tick()
        await it.done(ReportDevice("p1", "printer", "ready"))
        assert not open_day(it)

    async def corrected(it: House) -> None:
        await it.tick()
        assert open_day(it) == NEXT_DAY
        assert it.hall.state.now < instant(NEXT_DAY, "10:00", ZONE)

    play(path, yesterday)
    time.wall = instant("2031-09-22", "09:30", ZONE)
    play(path, far_ahead, time)
    time.wall = instant(NEXT_DAY, "09:30", ZONE)
    play(path, corrected, time)


def test_a_time_server_that_comes_late_puts_the_hall_into_today(path: Path):
    """A PC without a battery: its date is where it was switched off, until the network is there."""
    kept = {"synchronised": False}

    def clock(self: Time) -> Clock:
        return Clock(lambda: self.wall, lambda: self.elapsed, lambda: kept["synchronised"])

    async def yesterday(it: House) -> None:
        await it.tick()
        await it.done(CloseDay())

    async def then(it: House) -> None:
        await it.tick()
        assert not open_day(it)
        it.time.wall = instant("2026-10-23", "09:30", ZONE)
        kept["synchronised"] = True
        await it.tick()
        await it.tick()
        assert open_day(it) == "2026-10-23"

    time = Time("2000-01-01")
    time.clock = lambda: clock(time)  # type: ignore[method-assign]
    play(path, yesterday)
    play(path, then, time)


# --- the clock


@pytest.mark.parametrize(
    "seconds", [-10 * 366 * 86_400, -86_400, -3_600, -5, 5, 3_600, 86_400, 10 * 366 * 86_400]
)
def test_a_clock_set_while_running_rolls_no_day_and_is_told_once(path: Path, seconds: int):
    async def scene(it: House) -> None:
        await it.tick()
        before = it.loop.clock.now()
        it.time.wall += seconds * 1_000_000
        for _ in range(3):
            it.time.pass_(1)
            await it.tick()
        assert open_day(it) == DAY
        assert list(it.hall.register.used_days) == [DAY]
        assert it.loop.clock.now() == before + 3_000_000
        device = it.hall.register.devices["clock"]
        assert device.state == "error"
        assert f"{abs(seconds)} 秒" in device.detail
        assert it.hall.seq == 2  # told once
        it.time.wall -= seconds * 1_000_000
        await it.tick()
        assert it.hall.register.devices["clock"].state == "ready"

    play(path, scene)


def test_by_the_wall_clock_alone_a_day_would_roll(path: Path, monkeypatch: pytest.MonkeyPatch):
    """The twin: the guard off."""
    monkeypatch.setattr(Clock, "now", lambda self: self.wall())

    async def scene(it: House) -> None:
        await it.tick()
        it.time.wall += 86_400_000_000
        for _ in range(3):
            await it.tick()
        assert list(it.hall.register.used_days) == [DAY, NEXT_DAY]

    play(path, scene)


def test_a_clock_slowly_corrected_is_not_worth_a_word(path: Path):
    async def scene(it: House) -> None:
        it.time.wall += 1_900_000
        await it.tick()
        assert "clock" not in it.hall.register.devices

    play(path, scene)


def test_a_clock_that_was_wrong_before_a_restart_is_told_right_after_it(path: Path):
    async def first(it: House) -> None:
        await it.tick()
        it.time.wall += 60_000_000
        await it.tick()
        assert it.hall.register.devices["clock"].state == "error"

    async def then(it: House) -> None:
        await it.tick()
        assert it.hall.register.devices["clock"].state == "ready"

    time = Time()
    play(path, first, time)
    play(path, then, time)


def test_after_a_restart_with_the_clock_set_back_time_goes_on_from_the_last_event(path: Path):
    async def first(it: House) -> None:
        await it.tick()
        it.time.pass_to("10:00")
        await it.done(TakeTicket(queue="A"))

    async def then(it: House) -> None:
        assert it.loop.clock.now() == instant(DAY, "10:00", ZONE)
        it.time.pass_(60)
        taken = await it.done(TakeTicket(queue="A"))
        assert taken["issued"] == instant(DAY, "10:01", ZONE)

    play(path, first)
    play(path, then, Time(clock="09:30"))


def test_instants_never_run_backwards():
    time = Time()
    clock = time.clock()
    before = clock.now()
    time.elapsed -= 1_000_000
    assert clock.now() == before
    time.elapsed += 3_000_000
    assert clock.now() == before + 2_000_000


def test_the_real_clock_is_the_wall_clock():
    clock = Clock()
    assert abs(clock.gap()) < 1_000_000
    assert clock.now() <= clock.now()


# --- the estimate


def test_the_estimate_is_made_by_the_tick_and_only_when_it_would_differ(path: Path):
    async def scene(it: House) -> None:
        await it.tick()
        await it.tick()
        made = it.hall.forecast
        assert made is not None
        await it.tick()
        assert it.hall.forecast is made
        await it.done(TakeTicket(queue="A"))
        assert it.hall.forecast is made
        await it.tick()
        assert it.hall.forecast is not made
        made = it.hall.forecast
        it.time.pass_(10)
        await it.tick()
        assert it.hall.forecast is not made

    play(path, scene)


def test_the_kernel_says_whether_a_time_server_keeps_its_clock():
    assert synchronised() in (True, False, None)


# --- jobs of stations


def test_a_job_past_its_limit_is_ended_by_the_caller(path: Path):
    printer = Device("w1-printer", "printer", "tcp://127.0.0.1:9100", agent="pc-1")

    async def scene(it: House) -> None:
        it.time.pass_to("09:00")
        await it.tick()
        told = await it.done(RequestJob("pc-1", "print-test", seconds=60))
        job = told["job"]
        await it.tick()
        assert it.hall.state.jobs[job].state == "requested"
        it.time.pass_to("09:02")
        await it.tick()
        assert it.hall.state.jobs[job].state == "failed"
        count = it.hall.seq
        await it.tick()
        assert it.hall.seq == count, "once"

    play(path, scene, devices=(printer,))


def test_a_first_start_far_ahead_is_taken_back_by_closing_and_opening_today(path: Path):
    """No time server, no other station: the false date opened a day by itself, and one documented act brings today."""
    time = Time()
    time.wall = instant("2031-09-22", "09:30", ZONE)

    async def far_ahead(it: House) -> None:
        await it.tick()
        assert open_day(it) == "2031-09-22"

    async def corrected(it: House) -> None:
        await it.tick()
        assert open_day(it) == "2031-09-22"
        await it.done(CloseDay())
        await it.tick()
        await it.done(OpenDay(NEXT_DAY))
        await it.tick()
        await it.done(ReportDevice("p1", "printer", "ready"))
        assert it.hall.state.now < instant(NEXT_DAY, "10:00", ZONE)
        await it.done(CloseDay())

    async def morning(it: House) -> None:
        await it.tick()
        await it.tick()
        assert open_day(it) == following

    following = "2026-09-23"
    play(path, far_ahead, time)
    time.wall = instant(NEXT_DAY, "09:30", ZONE)
    play(path, corrected, time)
    time.wall = instant(following, "09:30", ZONE)
    play(path, morning, time)


def test_without_a_person_s_word_the_false_date_stays(path: Path, monkeypatch: pytest.MonkeyPatch):
    """The guard off."""
    monkeypatch.setattr("caller.service.scheduler.Scheduler.confirm_date", lambda *_: None)
    time = Time()
    time.wall = instant("2031-09-22", "09:30", ZONE)

    async def far_ahead(it: House) -> None:
        await it.tick()
        await it.done(CloseDay())

    async def corrected(it: House) -> None:
        await it.tick()
        await it.done(OpenDay(NEXT_DAY))
        await it.tick()
        await it.done(ReportDevice("p1", "printer", "ready"))
        assert it.hall.state.now > instant("2031-09-22", "09:00", ZONE)

    play(path, far_ahead, time)
    time.wall = instant(NEXT_DAY, "09:30", ZONE)
    play(path, corrected, time)
