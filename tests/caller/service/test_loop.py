"""The loop: nothing is answered or shown before it is on disk, a repeat has no second effect, and a log that
cannot be written refuses clearly and loses nothing."""

import asyncio
import sqlite3
import time
from pathlib import Path
from typing import Any

import pytest

from caller.engine import hall as hall_module
from caller.engine import ticketing
from caller.engine.commands import CallNext, CloseDay, OpenDay, OpenWindow, TakeTicket
from caller.engine.envelope import CommandEnvelope
from caller.engine.events import TicketIssued
from caller.eventlog import EventLog, Reader
from caller.eventlog import writer as writer_module
from caller.protocol.frames import Done, RefusedFrame
from caller.service import loop as loop_module
from caller.service import scheduler as timekeeper_module
from caller.service.idempotency import AnyAnswer
from caller.views import ServiceHealth
from tests.instruments.hall_image import image
from tests.instruments.loop_fixture import DEADLINE_SECONDS, Gated, House, Time, house, until

KIOSK = {"role": "kiosk", "station": "K1"}
TAKE = TakeTicket(queue="A")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "log.db"


def numbers(answers: list[AnyAnswer]) -> list[str]:
    return [answer.result["number"] for answer in answers if isinstance(answer, Done)]


def test_an_answer_waits_for_the_disk_and_so_does_what_is_shown(path: Path):
    async def scene() -> None:
        async with house(path) as it:
            it.changes.clear()
            Gated.gate.clear()
            first = it.submit(TAKE)
            await until(lambda: it.hall.seq == 2)
            second = it.submit(TAKE)  # decided on top of the first, which is not on disk
            await until(lambda: it.hall.seq == 3)
            assert not it.loop.settled
            assert not first.done()
            assert not second.done()
            assert it.changes == []
            Gated.gate.set()
            answers = [await first, await second]
            assert numbers(answers) == ["A001", "A002"]
            assert it.loop.settled
            assert it.changes[-1][1] == 3
            told = set[str]().union(*[topics for topics, _ in it.changes])
            assert {"board", *(f"ticket/{each.id}" for each in answers)} <= told, "what each batch changed"

    asyncio.run(scene())


def test_orders_that_come_together_share_few_commits(path: Path):
    async def scene() -> None:
        async with house(path) as it:
            commits: list[int] = []
            settled = it.loop._settled
            it.loop._settled = lambda batches, error: (commits.append(1), settled(batches, error))[1]  # type: ignore[method-assign]
            answers = await asyncio.gather(*[it.submit(TAKE) for _ in range(500)])
            assert numbers(answers) == [f"A{n:03d}" for n in range(1, 501)]
            assert len(commits) <= 500 / loop_module.SLICE + 1

    asyncio.run(scene())


# --- one press, one effect


def test_a_repeat_gets_the_same_answer_and_no_second_number(path: Path):
    async def scene() -> None:
        async with house(path) as it:
            first = await it.send(TAKE, id="press-01", **KIOSK)
            assert await it.send(TAKE, id="press-01", **KIOSK) == first
            assert it.hall.waiting["A"] == 1

    asyncio.run(scene())


def test_a_repeat_while_the_first_is_on_its_way_gets_the_one_answer_after_the_commit(path: Path):
    async def scene() -> None:
        async with house(path) as it:
            Gated.gate.clear()
            first = it.submit(TAKE, id="press-01", **KIOSK)
            await until(lambda: it.hall.seq == 2)
            second = it.submit(TAKE, id="press-01", **KIOSK)
            await until(lambda: not it.loop._inbox)
            assert not second.done()
            Gated.gate.set()
            assert await first == await second
            assert it.hall.waiting["A"] == 1

    asyncio.run(scene())


def test_two_deliveries_in_one_batch_are_one_press(path: Path):
    async def scene() -> None:
        async with house(path) as it:
            first, second = it.submit(TAKE, id="press-01"), it.submit(TAKE, id="press-01")
            assert await first == await second
            assert it.hall.waiting["A"] == 1

    asyncio.run(scene())


def test_a_repeat_after_a_restart_gets_the_same_answer(path: Path):
    async def scene() -> None:
        async with house(path) as it:
            await it.done(OpenWindow("1", "c1"))
            ticket = await it.send(TAKE, id="press-01", **KIOSK)
            press = CallNext("1", it.hall.state.windows["1"].version)
            called = await it.send(press, id="press-02")
            before = image(it.hall)
        async with house(path) as again:
            assert image(again.hall) == before
            assert await again.send(TAKE, id="press-01", **KIOSK) == ticket
            assert await again.send(press, id="press-02") == called
            assert image(again.hall) == before

    asyncio.run(scene())


def test_a_command_without_an_effect_is_answered_alike_until_a_restart_and_then_decided_anew(path: Path):
    """It left nothing on disk, so that a flood of refusals costs its sender and not the hall."""

    async def scene() -> None:
        async with house(path) as it:
            await it.done(OpenWindow("1", "c1"))
            press = CallNext("1", it.hall.state.windows["1"].version)
            nobody = await it.send(press, id="press-01")
            same = await it.send(OpenWindow("1", "c1"), id="press-02")
            await it.done(TAKE, **KIOSK)
            seq = it.hall.seq
            assert isinstance(nobody, RefusedFrame)
            assert await it.send(press, id="press-01") == nobody
            assert await it.send(OpenWindow("1", "c1"), id="press-02") == same
            assert it.hall.seq == it.log.head.seq == seq
        async with house(path) as it:
            assert (await it.done(press, id="press-01"))["number"] == "A001"

    asyncio.run(scene())


def test_the_id_of_another_station_is_refused_and_tells_nothing(path: Path):
    async def scene() -> None:
        async with house(path) as it:
            await it.done(TAKE, id="press-01", **KIOSK)
            answer = await it.send(TAKE, id="press-01", role="phone", station="x")
            assert isinstance(answer, RefusedFrame)
            assert answer.code == "id-used"
            assert "A001" not in repr(answer)
            assert it.hall.waiting["A"] == 1
        async with house(path) as again:
            assert await again.refused(TAKE, id="press-01", role="kiosk", station="K2") == "id-used"

    asyncio.run(scene())


@pytest.mark.parametrize("indexed", [True, False], ids=["index", "twin"])
def test_an_id_that_had_an_effect_is_never_taken_again(
    path: Path, indexed: bool, monkeypatch: pytest.MonkeyPatch
):
    """Memory holds two days; the log's own index on the command holds all. The twin: the index is not asked."""
    if not indexed:
        monkeypatch.setattr(EventLog, "commands", lambda _self, _ids: [])

    async def scene() -> None:
        clock = Time()
        async with house(path, clock) as it:
            ticket = await it.send(TAKE, id="press-01", **KIOSK)
            await it.done(CloseDay(expire=True))
        async with house(path, clock, opened=False) as it:
            assert await it.send(TAKE, id="press-01", **KIOSK) == ticket
            await it.done(OpenDay("2026-09-22"))
            await it.done(CloseDay())
            await it.done(OpenDay("2026-09-23"))
            await it.done(CloseDay())
            await it.done(OpenDay("2026-09-24"))
            assert "press-01" not in {**it.loop._memory._today, **it.loop._memory._before}
            again = await it.send(TAKE, id="press-01", **KIOSK)
            assert (again == ticket) == indexed
            assert (it.hall.waiting.get("A", 0) == 0) == indexed
            assert await it.refused(TAKE, id="press-01", role="phone", station="x") == "id-used"

    asyncio.run(scene())


# --- limits and faults


def test_a_flood_is_refused_at_the_door(path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(loop_module, "INBOX_MAX", 100)

    async def scene() -> None:
        async with house(path) as it:
            answers = await asyncio.gather(*[it.submit(TAKE) for _ in range(150)])
            assert len(numbers(answers)) == 100
            assert {a.code for a in answers if isinstance(a, RefusedFrame)} == {"too-fast"}
            assert await it.done(TAKE)

    asyncio.run(scene())


def test_a_bug_in_one_order_leaves_the_others_and_the_hall_whole(
    path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
):
    """The fault comes in the middle of applying, when memory holds half an order."""

    async def scene() -> None:
        async with house(path) as it:
            takes = [it.submit(TAKE), it.submit(TakeTicket(queue="B")), it.submit(TAKE)]
            answers = await asyncio.gather(*takes)
            assert numbers(answers) == ["A001", "A002"]
            assert isinstance(answers[1], RefusedFrame)
            assert answers[1].code == "failed"
            assert "ZeroDivisionError" in caplog.text
            assert it.loop.health.faults == 1
            await until(lambda: it.loop.settled)
            assert it.hall.waiting == {"A": 2}
            assert sorted(it.hall.state.serials) == ["A"]

    def half(hall: Any, event: TicketIssued, at: int) -> None:
        ticketing.APPLY[TicketIssued](hall, event, at)
        assert event.queue == "A" or 1 // 0

    monkeypatch.setitem(hall_module.APPLY, TicketIssued, half)
    asyncio.run(scene())
    with Reader(path) as reader:
        assert reader.verify().events == 3


# --- a full disk


def test_a_full_disk_refuses_with_words_keeps_what_was_answered_and_works_again(path: Path):
    async def scene() -> None:
        async with house(path) as it:
            answered = numbers(await asyncio.gather(*[it.submit(TAKE) for _ in range(50)]))
            it.limit_pages(0)
            flood = [it.submit(TAKE, id=f"full-{n}") for n in range(400)]  # several batches deep
            answers = await asyncio.gather(*flood)
            saved = numbers(answers)
            refused = [answer for answer in answers if isinstance(answer, RefusedFrame)]
            assert len(saved) + len(refused) == 400
            assert {answer.code for answer in refused} == {"not-saved"}
            assert "磁盘已满" in refused[0].zh
            assert "disk is full" in refused[0].en
            [words] = it.loop.health.log_troubles
            assert words.code == "disk-full"
            assert "请清理磁盘" in words.next_zh
            assert it.changes[-1][0] == {"supervise"}
            assert it.hall.waiting["A"] == 50 + len(saved)  # memory is what the log holds
            it.limit_pages(100_000)
            again = await it.wait_for_space(lambda: it.send(TAKE, id="full-399"))
            assert numbers([again]) == [f"A{50 + len(saved) + 1:03d}"]
            assert it.loop.health == ServiceHealth()
            assert answered[-1] == "A050"
            before = image(it.hall)
        async with house(path) as after:
            assert image(after.hall) == before

    asyncio.run(scene())
    with Reader(path) as reader:
        reader.verify()


def test_a_disk_that_cannot_sync_refuses_and_is_tried_again(path: Path, monkeypatch: pytest.MonkeyPatch):
    async def scene() -> None:
        async with house(path) as it:

            def fail() -> None:
                error = sqlite3.OperationalError("disk I/O error")
                error.sqlite_errorname = "SQLITE_IOERR_FSYNC"
                raise error

            monkeypatch.setattr(Gated, "slow", staticmethod(fail))
            assert await it.refused(TAKE) == "not-saved"
            assert await it.refused(TAKE) == "not-saved"
            assert it.hall.waiting == {}
            monkeypatch.undo()
            again = await it.wait_for_space(lambda: it.send(TAKE))
            assert numbers([again]) == ["A001"]

    asyncio.run(scene())


def test_a_fault_in_the_estimate_stops_no_call(path: Path, monkeypatch: pytest.MonkeyPatch):
    def fail(_hall: object, _now: int) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(timekeeper_module, "forecast", fail)

    async def scene() -> None:
        async with house(path) as it:
            await it.tick()
            assert (await it.done(TAKE))["low"] == -1
            assert it.loop.health.faults == 1

    asyncio.run(scene())


def test_what_was_committed_before_the_failure_is_answered_and_shown(path: Path):
    """Batch 1 is saved; those after it, decided on top of it while it was on its way, are not."""

    async def scene() -> None:
        async with house(path) as it:
            it.changes.clear()
            Gated.gate.clear()
            Gated.arrived.clear()
            first = it.submit(TAKE)
            await until(Gated.arrived.is_set)
            others = [it.submit(TakeTicket(queue="B")) for _ in range(300)]
            await until(lambda: it.hall.seq == 302)
            it.limit_pages(0)
            Gated.gate.set()
            assert numbers([await first]) == ["A001"]
            assert {type(answer) for answer in await asyncio.gather(*others)} == {RefusedFrame}
            await until(lambda: it.loop.settled)
            assert it.hall.waiting == {"A": 1}
            assert any("board" in topics and seq == 2 for topics, seq in it.changes)

    asyncio.run(scene())


def test_without_throwing_memory_away_a_refused_number_would_be_given_twice_or_skipped(
    path: Path, monkeypatch: pytest.MonkeyPatch
):
    """The twin: the guard off, the hall no longer agrees with its log."""
    monkeypatch.setattr(loop_module.Loop, "_mend", lambda self: setattr(self, "_stale", False))

    async def scene() -> None:
        async with house(path) as it:
            it.limit_pages(0)
            await asyncio.gather(*[it.submit(TAKE) for _ in range(400)])
            on_disk = it.connections[0].execute("select count(*) from event").fetchone()[0]
            assert it.hall.seq != on_disk

    asyncio.run(scene())


# --- what is shown


STATIONS = 200  # each sends the next order when the last is answered
ORDERS = 4_000


def _load(path: Path, monkeypatch: pytest.MonkeyPatch) -> list[tuple[bool, bool]]:
    """What was shown while stations kept a slow disk busy, each: was all of it on disk, and were orders still to come?

    The disk saves one batch at a time and is always a little slower than the loop: it waits until there is one
    batch more, unless the loop holds back or the stations have no more to send.
    """
    monkeypatch.setattr(loop_module, "SLICE", 8)
    monkeypatch.setattr(writer_module, "COMMIT_ROWS_MAX", 8)
    shown: list[tuple[bool, bool]] = []
    ids = [f"load-{n}" for n in range(ORDERS)]

    async def scene() -> None:
        async with house(path) as it:
            monkeypatch.setattr(Gated, "slow", staticmethod(lambda: _one_more(it, ids)))
            it.loop.on_change(
                lambda _topics, seq: shown.append((it.loop.settled and seq == it.hall.seq, bool(ids)))
            )
            await _saturate(it, ids)
            monkeypatch.undo()

    asyncio.run(scene())
    return shown


def _one_more(it: House, ids: list[str]) -> None:
    """Wait until a batch lies behind this commit. The loop's own count holds the commit's batches too, and small ones
    are committed together: two of them would be saved at once, with nothing behind."""
    assert it.log._writer
    queued = it.log._writer._queue
    end = time.monotonic() + DEADLINE_SECONDS
    while queued.empty() and ids and not it.loop._holding() and time.monotonic() < end:
        time.sleep(0.0002)


async def _saturate(it: House, ids: list[str]) -> None:
    answered = 0
    enough = asyncio.Event()

    def again(_answer: AnyAnswer) -> None:
        nonlocal answered
        answered += 1
        if ids:
            it.loop.submit(CommandEnvelope(ids.pop(), TAKE, "kiosk", "K1"), again)
        elif answered == ORDERS:
            enough.set()

    for _ in range(STATIONS):
        it.loop.submit(CommandEnvelope(ids.pop(), TAKE, "kiosk", "K1"), again)
    async with asyncio.timeout(DEADLINE_SECONDS):
        await enough.wait()


def test_under_load_views_are_built_only_when_all_is_on_disk_and_still_soon(
    path: Path, monkeypatch: pytest.MonkeyPatch
):
    shown = _load(path, monkeypatch)
    assert len(shown) >= 5
    assert all(on_disk for on_disk, _ in shown)


def test_without_holding_back_a_busy_hall_would_show_nothing(path: Path, monkeypatch: pytest.MonkeyPatch):
    """The twin: turns follow each other so fast that there is something in flight as long as orders come."""
    monkeypatch.setattr(loop_module, "HOLD_SECONDS", 1e9)
    assert sum(more for _, more in _load(path, monkeypatch)) <= 1  # the first turn, before there is a crowd
