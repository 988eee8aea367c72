"""A clerk without a screen: the policy in a table of pictures, and the shell on a link and a clock."""

import asyncio
import math
from typing import Any

import pytest

from caller.console import robot
from caller.console.robot import Robot, RobotClerk, RobotStep, RobotTiming, human, steady
from caller.engine import commands as cmd
from caller.engine.envelope import AnyCommand
from tests.instruments.memory_link import MemoryLink, refusing
from tests.instruments.window_views import NOW, quiet, ticket, view

SECOND = 1_000_000
CLERK = RobotClerk("3", "1024", steady(walk_seconds=8, serve_seconds=60))


@pytest.mark.parametrize(
    ("doc", "command"),
    [
        (view("closed"), cmd.OpenWindow("3", "1024")),
        (view("open"), cmd.CallNext("3", 17)),
        (view("called", ticket=ticket(since=NOW - 8 * SECOND)), cmd.StartService("3", 17)),
        (
            view("serving", ticket=ticket(since=NOW - 60 * SECOND, state="serving")),
            cmd.FinishService("3", 17),
        ),
    ],
)
def test_a_clerk_does_the_next_thing(doc: dict[str, Any], command: AnyCommand) -> None:
    assert robot.step(doc, CLERK, NOW) == RobotStep(command)


def test_a_clerk_waits_for_the_walk_and_the_service() -> None:
    walking = view("called", ticket=ticket(since=NOW - 3 * SECOND))
    assert robot.step(walking, CLERK, NOW) == RobotStep(None, 5.0)
    almost = view("called", ticket=ticket(since=NOW - 7_500_000))
    assert robot.step(almost, CLERK, NOW) == RobotStep(None, 0.5)
    serving = view("serving", ticket=ticket(since=NOW, state="serving"))
    assert robot.step(serving, CLERK, NOW) == RobotStep(None, 60.0)


@pytest.mark.parametrize("doc", [quiet(), view("paused")])
def test_an_empty_hall_and_a_paused_window_wait_for_a_change(doc: dict[str, Any]) -> None:
    assert robot.step(doc, CLERK, NOW) == RobotStep(None, math.inf)


def test_who_does_not_come_is_marked_missed_after_the_walk() -> None:
    absent = CLERK._replace(plan=lambda _: RobotTiming(8, 60, comes=False))
    doc = view("called", ticket=ticket(since=NOW - 8 * SECOND))
    assert robot.step(doc, absent, NOW).command == cmd.MarkNoShow("3", 17)


def test_an_item_that_takes_days_is_accepted_and_not_done_on_the_spot() -> None:
    doc = view("serving", ticket=ticket(since=NOW - 60 * SECOND, state="serving"))
    doc["outcomes"] = ["accepted", "incomplete", "received"]
    assert robot.step(doc, CLERK, NOW).command == cmd.FinishService("3", 17, "accepted")
    doc["outcomes"] = ["incomplete"]
    assert robot.step(doc, CLERK, NOW).command == cmd.FinishService("3", 17), (
        "the hall says no in its own words"
    )
    doc = view("serving", ticket=ticket(since=NOW - 60 * SECOND, state="serving"))
    doc["ending"] = {"required": True}
    assert robot.step(doc, CLERK, NOW).command == cmd.FinishService("3", 17, "accepted"), "it must be chosen"
    rejected = CLERK._replace(plan=lambda _: RobotTiming(8, 60, "rejected"))
    assert robot.step(doc, rejected, NOW).command == cmd.FinishService("3", 17, "rejected"), "as planned"


def test_human_durations_repeat_by_seed_and_have_the_mean_they_were_given() -> None:
    plan, again, other = human(1, 8, 60), human(1, 8, 60), human(2, 8, 60)
    visits = [plan(f"t{nth}") for nth in range(4000)]
    assert visits[:50] == [again(f"t{nth}") for nth in range(50)]
    assert visits[:50] != [other(f"t{nth}") for nth in range(50)]
    assert sum(visit.serve_seconds for visit in visits) / 4000 == pytest.approx(60, rel=0.05)
    assert all(visit.comes for visit in visits)
    missed = sum(not human(1, 8, 60, no_show=0.25)(f"t{nth}").comes for nth in range(4000))
    assert missed / 4000 == pytest.approx(0.25, abs=0.03)


class Desk(MemoryLink):
    """A window that does what the robot asks, so that its next picture follows from the last."""

    def __init__(self, clock: list[int]) -> None:
        super().__init__(view("closed", version=0))
        self._clock = clock
        self.answer = self._do

    async def _do(self, command: AnyCommand) -> dict[str, Any]:
        version = self.views["window/3"]["version"] + 1
        states: dict[type[Any], str] = {
            cmd.OpenWindow: "open",
            cmd.FinishService: "open",
            cmd.StartService: "serving",
        }
        state = states.get(type(command), "called")
        doc = view(state, version=version)
        if "ticket" in doc:
            doc["ticket"]["since"] = self._clock[0]
        self.show(doc)
        return {"number": "A042"} if isinstance(command, cmd.CallNext) else {}


def test_a_robot_serves_visits_one_after_another_and_then_ends() -> None:
    async def scene() -> None:
        clock = [NOW]
        link = Desk(clock)
        told: list[str] = []

        def now() -> int:
            clock[0] += 61 * SECOND  # longer than walk and service: no waiting in this test
            return clock[0]

        work = Robot(link, CLERK, lambda command, _: told.append(type(command).__name__), now)
        async with asyncio.timeout(60):
            await work.run(visits=2)
        assert told == ["OpenWindow", *["CallNext", "StartService", "FinishService"] * 2]
        assert work.visits == 2

    asyncio.run(scene())


def test_a_robot_sends_nothing_while_the_link_is_away() -> None:
    async def scene() -> None:
        link = MemoryLink(view(), "silent")
        work = asyncio.create_task(Robot(link, CLERK).run())
        link.show(view(version=18))
        for _ in range(20):
            await asyncio.sleep(0)
        assert link.sent == []
        work.cancel()
        await asyncio.gather(work, return_exceptions=True)

    asyncio.run(scene())


def test_a_refused_robot_does_not_hammer_the_caller() -> None:
    async def scene() -> None:
        link = MemoryLink(view())
        link.answer = refusing("stale-view")
        work = asyncio.create_task(Robot(link, CLERK).run())
        for _ in range(50):
            await asyncio.sleep(0)
        assert len(link.sent) == 1
        link.show(view(version=18))
        for _ in range(50):
            await asyncio.sleep(0)
        assert link.sent[1] == cmd.CallNext("3", 18)
        work.cancel()
        await asyncio.gather(work, return_exceptions=True)

    asyncio.run(scene())
