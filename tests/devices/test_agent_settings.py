"""An agent follows the hall's settings: papers go by the newest, other devices make it begin again once they are kept."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from caller.client.kept_settings import TOPIC, StationSettings
from devices.agent import Agent
from devices.cli.agent import _take_over
from devices.inventory import BuildContext, agent_devices
from tests.instruments.caller_fixture import run, soon, until
from tests.instruments.settings_hall import PLAIN, settings_room, write

PRINTER = '\n[[device]]\nname = "p1"\nkind = "printer"\nport = "tcp://127.0.0.1:9"\nagent = "pc-1"\n'
WITH_PRINTER = PLAIN + PRINTER
RENAMED = WITH_PRINTER.replace("设置测试厅", "改名厅")
MOVED = WITH_PRINTER.replace("127.0.0.1:9", "127.0.0.1:10")

Seen = Callable[[Agent], Awaitable[None]]


def story(tmp_path: Path, text: str, seen: Seen) -> None:
    """An agent on a real caller, and what is to be seen after a change."""

    async def played() -> None:
        async with settings_room(tmp_path, WITH_PRINTER) as room, room.client("manager", "m") as manager:
            kept = StationSettings(room.hall_file, tmp_path / "pc", "agent", "pc-1")
            settings = kept.load()
            async with room.client("agent", "pc-1", ["devices"], optional=[TOPIC]) as client:
                work = Agent(client, lambda: 0)
                work.attach(BuildContext(settings), agent_devices(settings, "pc-1", {}), "pc-1")
                following = asyncio.create_task(_take_over(kept, client, work, settings, "pc-1"))
                await soon(client.until("current"))
                await soon(room.apply(manager, write(tmp_path / "new", text)))
                await seen(work)
                following.cancel()
                await asyncio.wait([following])

    run(played())


def context(work: Agent) -> Any:
    assert work.jobs
    return work.jobs._context


def test_papers_go_by_the_newest_names(tmp_path: Path):
    async def seen(work: Agent) -> None:
        await until(lambda: context(work).settings.hall.name == "改名厅")
        assert work.jobs
        assert not work.jobs.restart.is_set()

    story(tmp_path, RENAMED, seen)


def test_another_port_makes_it_begin_again(tmp_path: Path):
    async def seen(work: Agent) -> None:
        assert work.jobs
        await soon(work.jobs.restart.wait())
        kept = StationSettings(tmp_path / "hall" / "hall.toml", tmp_path / "pc", "agent", "pc-1").load()
        assert kept.devices[0].port.endswith(":10")

    story(tmp_path, MOVED, seen)


def test_settings_that_cannot_be_kept_make_it_begin_again_never(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(StationSettings, "_keep", lambda *_: None)

    async def seen(work: Agent) -> None:
        await until(lambda: context(work).settings.devices[0].port.endswith(":10"))
        assert work.jobs
        assert not work.jobs.restart.is_set()

    story(tmp_path, MOVED, seen)
