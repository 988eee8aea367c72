"""What the caller does by itself after a day has closed, and what it leaves alone while the date cannot be believed."""

import asyncio
import logging
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner

from caller.cli.log import log
from caller.engine.commands import CloseDay, OpenDay, ReopenDay, TakeTicket
from caller.eventlog import Reader
from caller.eventlog.daily_roots import roots_in
from caller.identity.keys import PERSON, keys_of
from caller.people.store import PeopleStore
from caller.service import daily_work
from caller.service.daily_work import DailyWork, forget
from tests.instruments.engine_fixture import DAY
from tests.instruments.loop_fixture import House, Time, house

LATER = "2126-01-01"


def rooted(path: Path) -> list[tuple[str, int, int]]:
    with Reader(path) as reader:
        return [(root.day, root.first, root.last) for root in roots_in(reader)]


async def close_a_day(it: House) -> None:
    await it.done(TakeTicket(queue="A"))
    await it.done(CloseDay(expire=True))


def test_a_closed_day_gets_its_root_once_and_it_stands_in_the_process_log(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
):
    async def scene() -> None:
        async with house(tmp_path / "log.db") as it:
            work = DailyWork(it.loop, it.path)
            with caplog.at_level(logging.INFO, "hallcall.daily"):
                await work.look()  # the day is open
                assert rooted(it.path) == []
                await close_a_day(it)
                for _ in range(3):
                    await work.look()
                await DailyWork(it.loop, it.path).look()  # as after a restart
            assert rooted(it.path) == [(DAY, 1, 4)]

    asyncio.run(scene())
    (line,) = [each.getMessage() for each in caplog.records if each.name == "hallcall.daily"]
    assert line.startswith(f"root day={DAY} first=1 last=4 ratings=0 root=")
    printed = CliRunner().invoke(log, ["root", "--data", str(tmp_path)])
    assert printed.output.strip() == line
    verified = CliRunner().invoke(log, ["verify", "--data", str(tmp_path)])
    assert "每日根值 1 个" in verified.output
    assert "1 daily roots" in verified.output


def test_a_day_that_was_reopened_gets_a_further_root_over_what_came_since(tmp_path: Path):
    async def scene() -> None:
        time = Time()
        async with house(tmp_path / "log.db", time) as it:
            work = DailyWork(it.loop, it.path)
            await close_a_day(it)
            await work.look()
            time.pass_(60)
            await it.done(ReopenDay())
            await close_a_day(it)  # between two looks: nobody saw it open
            await work.look()
            assert rooted(it.path) == [(DAY, 5, 11), (DAY, 1, 4)]  # without a gap
            await work.look()
            assert len(rooted(it.path)) == 2

    asyncio.run(scene())


def test_a_day_closed_while_no_work_was_done_gets_its_root_with_the_next_look(tmp_path: Path):
    async def scene() -> None:
        time = Time()
        async with house(tmp_path / "log.db", time) as it:
            await close_a_day(it)
        async with house(tmp_path / "log.db", time, opened=False) as it:
            await DailyWork(it.loop, it.path).look()
            time.pass_(86_400)
            await it.done(OpenDay("2026-09-22" if DAY == "2026-09-21" else LATER))
            assert len(rooted(it.path)) == 1

    asyncio.run(scene())


@pytest.mark.parametrize("guard", [True, False])
def test_nothing_is_done_while_the_clock_is_not_credible(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, guard: bool
):
    """The twin is the same scene with the guard off."""
    credible: Callable[..., bool] = daily_work.clock_is_credible

    async def scene() -> None:
        time = Time()
        async with house(tmp_path / "log.db", time) as it:
            await close_a_day(it)
            time.wall += 3_600_000_000  # somebody set the computer's clock
            assert not credible(it.loop)
            if not guard:
                monkeypatch.setattr(daily_work, "clock_is_credible", lambda _: True)
            await DailyWork(it.loop, it.path).look()
            assert bool(rooted(it.path)) is not guard

    asyncio.run(scene())


def test_a_log_that_cannot_be_read_is_logged_and_tried_again(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
):
    async def scene() -> None:
        async with house(tmp_path / "log.db") as it:
            await close_a_day(it)
            work = DailyWork(it.loop, tmp_path / "elsewhere.db")
            await work.look()
            assert "没有这份日志" in caplog.text
            work = DailyWork(it.loop, it.path)
            await work.look()
            assert len(rooted(it.path)) == 1

    asyncio.run(scene())


# --- what is forgotten at night


def test_after_closing_expired_words_go_and_the_key_of_a_year_ago_is_rotated(tmp_path: Path):
    async def scene() -> None:
        time = Time()
        async with house(tmp_path / "log.db", time) as it:
            now = datetime.fromtimestamp(time.wall / 1e6, UTC)
            people, work = PeopleStore(tmp_path), DailyWork(it.loop, it.path)
            people.keep("ticket/t-1", "answer", "contact", "1380000", now - timedelta(days=61))
            people.keep("ticket/t-2", "answer", "contact", "1390000", now - timedelta(days=59))
            keys_of(tmp_path, PERSON, now.date() - timedelta(days=370))
            await work.look()
            assert len(people.find("1")) == 2  # the day is open
            await close_a_day(it)
            await work.look()
            assert [each.value for each in people.find("1")] == ["1390000"]
            assert [key.generation for key in keys_of(tmp_path, PERSON)] == [2, 1]
            days = 2 * it.hall.settings.rules.appointment_horizon_days + 60 - 5
            for passed in range(days):
                await work.look()
                assert len(keys_of(tmp_path, PERSON)) == 2, passed
                time.pass_(86_400)
                await it.done(OpenDay((now + timedelta(days=passed + 1)).date().isoformat()))
                await it.done(CloseDay())
            await work.look()
            assert [key.generation for key in keys_of(tmp_path, PERSON)] == [2]

    asyncio.run(scene())


def test_a_hall_that_never_closes_forgets_at_night(tmp_path: Path):
    async def scene() -> None:
        time = Time()
        async with house(tmp_path / "log.db", time) as it:
            now = datetime.fromtimestamp(time.wall / 1e6, UTC)
            PeopleStore(tmp_path).keep("ticket/t-1", "answer", "contact", "1", now - timedelta(days=61))
            work = DailyWork(it.loop, it.path)
            await work.look()
            assert PeopleStore(tmp_path).find("1")
            time.pass_(18 * 3600)  # 3:00
            await work.look()
            assert not PeopleStore(tmp_path).find("1")

    asyncio.run(scene())


def test_a_night_makes_nothing_where_there_is_nothing(tmp_path: Path):
    forget(tmp_path, datetime(2026, 9, 21, tzinfo=UTC), timedelta(days=70))
    assert list(tmp_path.iterdir()) == []
