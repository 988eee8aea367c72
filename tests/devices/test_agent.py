"""The agent with evaluators on ptys: rated once, only when asked, over every kind of bad cable."""

import asyncio
import logging
from collections.abc import Callable
from pathlib import Path

import pytest

from devices.profile import names
from tests.devices.bench import DEADLINE, LINKS, Table, evaluator_at_window

EVALUATORS = names("evaluator")


@pytest.mark.parametrize("profile", EVALUATORS)
@pytest.mark.parametrize("link", ["whole", "byte by byte", "delayed"])
def test_the_first_key_rates_the_service_that_was_asked_about(
    tmp_path: Path, profile: str, link: str
) -> None:
    async def scene() -> None:
        async with evaluator_at_window(tmp_path, profile, LINKS[link]) as table:
            table.hall.ask("ticket-1")
            await table.shown("prompt")
            table.keypad.press("level-4")
            await table.shown("thanks")
            assert table.hall.rates == [("ticket-1", 4)]

    asyncio.run(scene())


def test_keys_nobody_asked_for_are_counted_and_ignored(tmp_path: Path) -> None:
    async def scene() -> None:
        async with evaluator_at_window(tmp_path) as table:
            await table.shown("idle")
            table.keypad.press("level-1")
            await _eventually(lambda: table.unit.ignored == 1)
            table.hall.ask("ticket-1")
            await table.shown("prompt")
            assert table.hall.rates == []

    asyncio.run(scene())


def test_a_lossy_cable_may_lose_a_rating_but_never_changes_one(tmp_path: Path) -> None:
    async def scene() -> None:
        async with evaluator_at_window(tmp_path, "evaluator-crc", LINKS["lossy"]) as table:
            for turn in range(12):
                table.hall.ask(f"ticket-{turn}")
                await _pressed_until_rated(table, f"ticket-{turn}", turn % 5 + 1)
            assert table.hall.rates == [(f"ticket-{turn}", turn % 5 + 1) for turn in range(12)]

    asyncio.run(scene())


async def _pressed_until_rated(table: Table, ticket: str, level: int) -> None:
    """A person presses again when nothing happens; slower than the debounce time."""
    async with asyncio.timeout(DEADLINE):
        while not any(rated == ticket for rated, _ in table.hall.rates):
            table.keypad.press(f"level-{level}")
            await asyncio.sleep(0.25)


def test_a_keypad_back_on_another_port_is_asked_again_and_warned_about_once(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async def scene() -> None:
        async with evaluator_at_window(tmp_path) as table:
            table.hall.ask("ticket-1")
            await table.shown("prompt")
            table.keypad.cable.unplug()
            await table.hall.until(lambda: "offline" in table.hall.states("evaluator-3"))
            table.keypad.cable.plug()
            await table.shown("prompt", 2)
            table.keypad.press("level-5")
            await table.shown("thanks")
            await table.hall.until(lambda: table.hall.states("evaluator-3")[-1] == "ready")
            assert table.hall.rates == [("ticket-1", 5)]
            assert table.hall.states("evaluator-3") == ["ready", "offline", "ready"]

    caplog.set_level(logging.WARNING, "hallcall.devices")
    asyncio.run(scene())
    assert len([record for record in caplog.records if record.levelno >= logging.WARNING]) == 1


async def _eventually(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(DEADLINE):
        while not holds():  # noqa: ASYNC110 - a counter tells nobody that it changed
            await asyncio.sleep(0.01)
