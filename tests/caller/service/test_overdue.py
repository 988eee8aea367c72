"""What runs over makes its own record, but not by a clock that nobody believes; and wrong codes are bounded."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from caller.engine.commands import BookAppointment, CheckIn, CloseDay, OpenDay, OpenWindow, PauseWindow
from caller.engine.credible_clock import Verdict
from caller.engine.short_codes import KINDS, WrongTries
from caller.service import scheduler
from config.instants import instant
from config.settings import HallTable
from tests.instruments.engine_fixture import DAY
from tests.instruments.loop_fixture import ZONE, House, Time, house

TOMORROW = "2026-09-22"
BY_HAND = HallTable(site="stage", name="舞台", automatic_day=False)
TRIES = KINDS["booking"].tries


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "log.db"


def play(path: Path, scene: Any, time: Time | None = None, **changes: Any) -> None:
    async def run() -> None:
        async with house(path, time, **changes) as it:
            await scene(it)

    asyncio.run(run())


def kinds(it: House) -> list[str]:
    return [row.kind for row in it.log.recover(full=True).records]


async def paused(it: House) -> None:
    await it.tick()
    await it.done(OpenWindow("1", "c1"))
    await it.done(PauseWindow("1", "away"))


def test_an_away_clerk_is_recorded_once_also_where_days_are_opened_by_hand(path: Path):
    async def scene(it: House) -> None:
        await paused(it)
        it.time.pass_(20 * 60 + 1)
        for _ in range(3):
            await it.tick()
        assert kinds(it).count("DeadlineOverdue") == 1

    async def restarted(it: House) -> None:
        for _ in range(3):
            await it.tick()
        assert kinds(it).count("DeadlineOverdue") == 1

    time = Time()
    play(path, scene, time, hall=BY_HAND)
    play(path, restarted, time, hall=BY_HAND)


def test_who_does_not_come_is_missed_by_the_callers_own_command(path: Path):
    async def scene(it: House) -> None:
        ten = instant(TOMORROW, "10:00", ZONE)
        await it.done(BookAppointment("i1", ten, "a" * 64, TOMORROW))
        await it.done(CloseDay())
        it.time.pass_to("09:30", TOMORROW)
        await it.done(OpenDay(TOMORROW))
        it.time.pass_to("10:15", TOMORROW)
        await it.tick()
        assert "AppointmentMissed" not in kinds(it)
        it.time.pass_(1)
        await it.tick()
        row = it.log.recover(full=True).records
        last = list(row)[-1]
        assert (last.kind, last.role) == ("AppointmentMissed", "caller")

    play(path, scene, hall=BY_HAND)


async def a_day_ahead(it: House) -> None:
    for _ in range(5):
        it.time.pass_(1)
        await it.tick()


def test_a_date_that_is_a_day_ahead_makes_nobody_late(path: Path):
    time = Time()
    play(path, paused, time)
    time.wall += 86_400_000_000

    async def scene(it: House) -> None:
        it.time.pass_(30 * 60)  # late by elapsed time, too; but the clock is in doubt
        await a_day_ahead(it)
        assert it.loop.health.clock_doubt
        assert "DeadlineOverdue" not in kinds(it)
        it.time.wall -= 86_400_000_000
        await a_day_ahead(it)
        assert kinds(it).count("DeadlineOverdue") == 1

    play(path, scene, time)


def test_twin_without_the_question_it_does(path: Path, monkeypatch: pytest.MonkeyPatch):
    time = Time()
    play(path, paused, time)
    time.wall += 86_400_000_000
    monkeypatch.setattr(scheduler, "judge", lambda *_: Verdict(True, "believed"))

    async def scene(it: House) -> None:
        await a_day_ahead(it)
        assert "DeadlineOverdue" in kinds(it)

    play(path, scene, time)


# --- wrong codes


async def codes_refused(it: House, station: str = "k1", times: int = TRIES) -> list[str]:
    return [await it.refused(CheckIn(f"0000{n:04d}"), role="kiosk", station=station) for n in range(times)]


def test_after_so_many_wrong_codes_a_station_rests_and_no_other_does(path: Path):
    async def scene(it: House) -> None:
        assert set(await codes_refused(it)) == {"unknown-appointment"}
        assert set(await codes_refused(it, times=3)) == {"code-tries"}
        assert await codes_refused(it, "k2", 1) == ["unknown-appointment"]
        it.time.pass_(10 * 60)
        assert await codes_refused(it, times=1) == ["unknown-appointment"]

    play(path, scene)


def test_twin_without_the_count_guesses_go_on(path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(WrongTries, "note", lambda *_: None)

    async def scene(it: House) -> None:
        assert set(await codes_refused(it, times=2 * TRIES)) == {"unknown-appointment"}

    play(path, scene)


def test_a_code_typed_in_full_width_and_parted_checks_in(path: Path):
    async def scene(it: House) -> None:
        ten = instant(TOMORROW, "10:00", ZONE)
        code = (await it.done(BookAppointment("i1", ten, "a" * 64, TOMORROW)))["code"]
        await it.done(CloseDay())
        it.time.pass_to("09:45", TOMORROW)
        await it.done(OpenDay(TOMORROW))
        wide = "".join(chr(0xFF10 + int(digit)) for digit in code)
        assert (await it.done(CheckIn(f"{wide[:4]} {wide[4:]}")))["number"] == "A001"

    assert DAY < TOMORROW
    play(path, scene, hall=BY_HAND)
