"""The console on a stage: an app at a given size, keys pressed, and the screen read as lines of text."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Coroutine
from contextlib import asynccontextmanager
from typing import Any

from textual.pilot import Pilot

from caller.console.app import Console
from caller.console.caller_link import CallerLink
from caller.console.widgets import KeyCap
from caller.console.words import Lang
from config.settings import Settings
from tests.instruments.window_views import NOW, SETTINGS

SMALL, LARGE = (80, 24), (120, 40)
DEADLINE_SECONDS = 60.0


@asynccontextmanager
async def on_stage(
    link: CallerLink,
    size: tuple[int, int] = SMALL,
    lang: Lang = "zh",
    clerk: str = "",
    window: str = "3",
    settings: Settings = SETTINGS,
) -> AsyncGenerator[Pilot[None]]:
    """The console of a window with the clock stopped."""
    app = Console(link, settings, window, clerk, lang, lambda: NOW)
    async with app.run_test(size=size) as pilot:
        await pilot.pause()
        yield pilot


def play(scene: Callable[[], Coroutine[Any, Any, None]]) -> None:
    asyncio.run(scene())


async def until(pilot: Pilot[None], true: Callable[[], bool]) -> None:
    """Wait on a condition, never on luck."""
    async with asyncio.timeout(DEADLINE_SECONDS):
        while not true():
            await pilot.pause(0.01)


def lines(pilot: Pilot[None]) -> list[str]:
    """What the terminal shows, without trailing blanks."""
    strips = pilot.app.screen._compositor.render_strips()
    return ["".join(segment.text for segment in strip).rstrip() for strip in strips]


def words(pilot: Pilot[None]) -> str:
    return "\n".join(lines(pilot))


def bright(pilot: Pilot[None]) -> set[str]:
    """The verbs whose caps are lit."""
    caps = pilot.app.screen_stack[1].query(KeyCap)
    return {cap.verb for cap in caps if cap.has_class("live")} - {"day", "help", "cases"}
