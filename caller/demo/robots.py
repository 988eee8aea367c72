"""Robot applicants and clerks, at human speed, so that a demo hall is at work from the start."""

import asyncio
import logging
import random

from caller.client.client import Client, RefusedError, SendError
from caller.console.robot import Robot, RobotClerk, human
from caller.demo.setup import DemoSetup
from caller.engine import commands as cmd
from config.settings import ClassId, Window

CLERKS = 6  # windows served by robots; the others are for a person at a console
ARRIVAL_SECONDS = 7.0  # mean between applicants: about what six robots serve
WALK_SECONDS, SERVE_SECONDS, REST_SECONDS = 5.0, 35.0, 2.0
NO_SHOW = 0.06
PRIORITIES: tuple[tuple[ClassId, float], ...] = (("ordinary", 0.85), ("elderly", 0.12), ("disabled", 0.03))

log = logging.getLogger("hallcall.demo")


def staffed(setup: DemoSetup) -> list[Window]:
    """Return the windows that robots serve: those with an evaluator first; one is left free if there are two."""
    windows = _served(setup)
    return windows[: min(CLERKS, max(1, len(windows) - 1))]


def free_window(setup: DemoSetup) -> Window | None:
    """Return a window that no robot serves, for a person at a console; None in a hall of one window.

    Where there is a choice, the one with a hard caller, or one whose queues no robot serves either: a number
    just taken would be gone at once.
    """
    robots, pads = staffed(setup), _windows_with(setup, "caller-pad")
    taken = {queue for window in robots for queue in window.queues}
    spare = [window for window in _served(setup) if window not in robots]
    return min(
        spare,
        key=lambda window: (window.id not in pads, len(taken.intersection(window.queues))),
        default=None,
    )


def _served(setup: DemoSetup) -> list[Window]:
    """Return the windows that serve visitors, those with an evaluator first, those with a hard caller last."""
    asked, pads = _windows_with(setup, "evaluator"), _windows_with(setup, "caller-pad")
    windows = [w for w in setup.settings.windows if w.kind in ("department", "integrated")]
    windows = windows or list(setup.settings.windows)
    return sorted(windows, key=lambda window: (window.id in pads, window.id not in asked))


def _windows_with(setup: DemoSetup, kind: str) -> set[str]:
    return {device.window for device in setup.settings.devices if device.kind == kind}


async def run(setup: DemoSetup, seed: int) -> None:
    """Let robots come and serve until cancelled."""
    windows = staffed(setup)
    async with asyncio.TaskGroup() as group:
        for number, window in enumerate(windows):
            group.create_task(serve(setup, window, 1001 + number, seed + number))
        group.create_task(_arrive(setup, windows, seed))


async def serve(setup: DemoSetup, window: Window, number: int, seed: int) -> None:
    """Let a robot serve at a window until cancelled."""
    async with Client(
        setup.caller, setup.tokens[f"window-{window.id}"], [f"window/{window.id}"], f"window {window.id}"
    ) as link:
        await link.until("current")
        plan = human(seed, WALK_SECONDS, SERVE_SECONDS, NO_SHOW)
        await Robot(link, RobotClerk(window.id, str(number), plan, REST_SECONDS)).run()


async def _arrive(setup: DemoSetup, windows: list[Window], seed: int) -> None:
    dice = random.Random(seed)
    queues = {queue for window in windows for queue in window.queues}
    items = [item for item in setup.settings.items if item.queue in queues]
    offered = {each.id for each in setup.settings.classes}
    classes: list[ClassId] = [name for name, _ in PRIORITIES if name in offered]
    weights = [weight for name, weight in PRIORITIES if name in offered]
    async with Client(setup.caller, setup.tokens["guide-demo"], [], "guide") as guide:
        await guide.until("current")
        while True:
            [priority] = dice.choices(classes, weights)
            take = cmd.TakeTicket(items=[dice.choice(items).id], priority=priority)
            try:
                await guide.send(take)
            except (RefusedError, SendError) as error:
                log.info("no number: %s", error)
            await asyncio.sleep(dice.expovariate(1 / ARRIVAL_SECONDS))
