"""The console and the robot on a real caller: log, loop, server and client, on sockets of this machine."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot

from caller.client.client import Client
from caller.console import verbs
from caller.console.robot import Robot, RobotClerk, steady
from caller.engine import commands as cmd
from caller.engine.hall import Hall
from tests.instruments.caller_fixture import SETTINGS, Cable, Room, room, run, soon
from tests.instruments.console_fixture import bright, on_stage, until, words


def line(place: Room, window: str = "3", **options: Any) -> Client:
    return place.client("window", window, [f"window/{window}"], **options)


async def take(place: Room, count: int = 1, queue: str = "A") -> list[str]:
    """Numbers taken at the kiosk; their ticket ids."""
    taken = [await place.order(cmd.TakeTicket(queue=queue), "kiosk", "K1") for _ in range(count)]
    return [result["ticket"] for result in taken]


def states(hall: Hall) -> dict[str, str]:
    return {ticket.number: ticket.state for ticket in hall.state.tickets.values()}


async def press(pilot: Pilot[None], key: str, then: Callable[[], bool]) -> None:
    """Press when the last answer is here, and wait for what it does."""
    await until(pilot, lambda: bool(bright(pilot)))
    await pilot.press(key)
    await until(pilot, then)


def test_a_clerk_signs_in_serves_misses_holds_transfers_pauses_and_leaves(tmp_path: Path) -> None:
    async def scene() -> None:
        async with room(tmp_path) as place, line(place, "4") as link:
            await take(place, 4)
            async with on_stage(link, clerk="1024", window="4", settings=SETTINGS) as pilot:
                hall = place.loop.hall
                await until(pilot, lambda: "next" in bright(pilot))
                assert hall.state.windows["4"].clerk == "1024"
                await press(pilot, "space", lambda: "已叫 A001 号" in words(pilot))
                await until(pilot, lambda: "start" in bright(pilot))
                await press(pilot, "r", lambda: "重呼 1 次" in words(pilot))
                await press(pilot, "s", lambda: "办理中" in words(pilot) and "finish" in bright(pilot))
                await press(pilot, "f", lambda: "怎样结束" in words(pilot))
                await pilot.press("2")
                await until(pilot, lambda: "A001 号已结束：受理" in words(pilot) and "next" in bright(pilot))
                await press(pilot, "n", lambda: "已叫 A002 号" in words(pilot) and "miss" in bright(pilot))
                await press(pilot, "x", lambda: "A002 号已过号" in words(pilot) and "next" in bright(pilot))
                await press(pilot, "n", lambda: "已叫 A003 号" in words(pilot) and "hold" in bright(pilot))
                await press(pilot, "h", lambda: "A003 号已挂起" in words(pilot) and "next" in bright(pilot))
                await press(pilot, "c", lambda: "选呼哪一位" in words(pilot))
                await pilot.press("0", "0", "2", "enter")
                await until(
                    pilot, lambda: "已叫 A002 号（选呼）" in words(pilot) and "transfer" in bright(pilot)
                )
                await press(pilot, "t", lambda: "转到哪里" in words(pilot))
                await pilot.press("B", "enter")
                await until(pilot, lambda: "回本窗口吗" in words(pilot))
                await pilot.press("1")
                await until(
                    pilot, lambda: "A002 号已转到 队列 B" in words(pilot) and "pause" in bright(pilot)
                )
                await press(pilot, "p", lambda: "暂停的原因" in words(pilot))
                await pilot.press("3")
                await until(pilot, lambda: "预计多久回来" in words(pilot))
                await pilot.press("4")
                await until(pilot, lambda: "已暂停：用餐" in words(pilot) and "pause" in bright(pilot))
                assert hall.state.windows["4"].reason == "meal"
                await press(pilot, "p", lambda: "已恢复服务" in words(pilot) and "out" in bright(pilot))
                await press(pilot, "q", lambda: "可办队列" in words(pilot))
                assert hall.state.windows["4"].state == "closed"
                assert states(hall) == {
                    "A001": "served", "A002": "waiting", "A003": "held", "A004": "waiting",
                }  # fmt: skip

    run(scene())


def test_two_consoles_of_one_window_that_press_at_once_call_one_person(tmp_path: Path) -> None:
    async def scene() -> None:
        async with room(tmp_path) as place, line(place) as left, line(place) as right:
            await take(place, 3)
            async with on_stage(left, settings=SETTINGS) as one, on_stage(right, settings=SETTINGS) as two:
                await until(one, lambda: "next" in bright(one) and "next" in bright(two))
                await asyncio.gather(one.press("space"), two.press("space"))
                said = [words(one), words(two)]

                def answered() -> bool:
                    said[:] = [words(one), words(two)]
                    return all("等待回答" not in each for each in said)

                await until(one, answered)
                await until(two, lambda: "recall" in bright(one) and "recall" in bright(two))
            called = [number for number, state in states(place.loop.hall).items() if state == "called"]
            assert called == ["A001"]
            refused = ["画面已经变化" in each or "还在本窗口" in each for each in said]
            assert sum(refused) == 1
            assert sum("已叫 A001 号" in each for each in said) == 1

    run(scene())


def test_a_press_on_a_dead_line_does_nothing_then_or_later(tmp_path: Path) -> None:
    async def scene() -> None:
        async with (
            room(tmp_path) as place,
            Cable(place.port) as cable,
            line(place, url=cable.url) as link,
            on_stage(link, settings=SETTINGS) as pilot,
        ):
            await take(place, 2)
            await until(pilot, lambda: "next" in bright(pilot))
            cable.cut()
            await until(pilot, lambda: "正在重连" in words(pilot))
            await pilot.press("space", "n")
            await until(pilot, lambda: "没有执行" in words(pilot))
            cable.plug()
            await until(pilot, lambda: "next" in bright(pilot))
            assert set(states(place.loop.hall).values()) == {"waiting"}
            await press(pilot, "space", lambda: "已叫 A001 号" in words(pilot))

    run(scene())


def test_without_the_guard_a_press_on_a_dead_line_calls_someone_later(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The twin: keys that ignore the link's state leave the press to the client, which sends it later."""
    guarded = verbs.live
    monkeypatch.setattr(verbs, "live", lambda doc, _link, pending="": guarded(doc, "current", pending))

    async def scene() -> None:
        async with (
            room(tmp_path) as place,
            Cable(place.port) as cable,
            line(place, url=cable.url) as link,
            on_stage(link, settings=SETTINGS) as pilot,
        ):
            await take(place, 2)
            await until(pilot, lambda: "next" in bright(pilot))
            cable.cut()
            await until(pilot, lambda: "正在重连" in words(pilot))
            await pilot.press("space")
            cable.plug()
            await until(pilot, lambda: "called" in states(place.loop.hall).values())

    run(scene())


def test_a_press_whose_answer_is_lost_has_one_effect_and_one_answer(tmp_path: Path) -> None:
    async def scene() -> None:
        async with (
            room(tmp_path) as place,
            Cable(place.port) as cable,
            line(place, url=cable.url) as link,
            on_stage(link, settings=SETTINGS) as pilot,
        ):
            await take(place, 2)
            await until(pilot, lambda: "next" in bright(pilot))
            cable.hold("down")
            await pilot.press("space")
            await until(pilot, lambda: "called" in states(place.loop.hall).values())
            cable.cut()
            cable.plug()
            await until(pilot, lambda: "已叫 A001 号" in words(pilot) and "recall" in bright(pilot))
            assert states(place.loop.hall) == {"A001": "called", "A002": "waiting"}

    run(scene())


def test_a_caller_that_restarts_gives_the_picture_back(tmp_path: Path) -> None:
    async def scene() -> None:
        async with room(tmp_path) as place, line(place) as link:
            await take(place, 2)
            async with on_stage(link, settings=SETTINGS) as pilot:
                await until(pilot, lambda: "next" in bright(pilot))
                await press(pilot, "space", lambda: "start" in bright(pilot))
                await place.stop()
                await until(pilot, lambda: "正在重连" in words(pilot) and not bright(pilot))
                await place.start()
                await until(pilot, lambda: "start" in bright(pilot))
                await press(pilot, "s", lambda: "开始办理" in words(pilot))
                assert states(place.loop.hall)["A001"] == "serving"

    run(scene())


def test_a_robot_serves_three_people_in_turn(tmp_path: Path) -> None:
    async def scene() -> None:
        async with room(tmp_path) as place, line(place, "4") as link:
            await take(place, 3)
            told: list[str] = []
            clerk = RobotClerk("4", "robot-4", steady(walk_seconds=0.02, serve_seconds=0.05))
            work = Robot(link, clerk, lambda _, result: told.append(result.get("number", "")))
            await soon(work.run(visits=3))
            assert [number for number in told if number] == ["A001", "A002", "A003"]
            assert set(states(place.loop.hall).values()) == {"served"}

    run(scene())
