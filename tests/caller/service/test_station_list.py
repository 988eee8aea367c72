"""The list of stations over the real wire: who is here, since when, and what the alarm says when one is gone."""

import asyncio
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from msgspec.structs import replace

from caller.client.client import Client
from caller.identity.keys import SlipKey
from caller.protocol import frames
from caller.protocol.frames import Hello
from caller.service import upkeep
from caller.service.upkeep import HallDocuments
from config.alarm_settings import AlarmsTable
from config.process.running import VERSION
from config.setting_types import ScreenHours
from config.settings import Kiosk
from tests.instruments.caller_fixture import PATIENCE, SETTINGS, Room, room, run, soon, until
from tests.instruments.engine_fixture import Stage, at


async def state(watcher: Client, station: str, wanted: str) -> dict[str, object]:
    """Wait until the watcher sees a station in a state; return its row; "": until it is revoked."""
    async with asyncio.timeout(PATIENCE):
        while True:
            row = watcher.views.get("stations", {}).get("stations", {}).get(station, {})
            if row.get("state", "") == wanted:
                return row
            await asyncio.sleep(0.01)


def test_a_station_comes_and_goes(tmp_path: Path) -> None:
    async def test() -> None:
        hall = Room(tmp_path)
        await hall.start()
        hall.token("kiosk", "K1")
        try:
            async with hall.client("manager", "m", ["stations"]) as watcher:
                assert (await state(watcher, "kiosk/K1", "unseen"))["since"] == 0
                async with hall.client("kiosk", "K1") as kiosk:
                    await kiosk.until("current")
                    row = await state(watcher, "kiosk/K1", "connected")
                    assert (row["lines"], row["version"]) == (1, VERSION)
                    assert row["light"] == "green"
                row = await state(watcher, "kiosk/K1", "gone")
                assert row["lines"] == 0
                async with hall.connect() as page:  # as a page of another version says it
                    token = hall.token("kiosk", "K1")
                    await page.send(frames.encode(Hello(token, version="9.9.9")))
                    assert (await state(watcher, "kiosk/K1", "connected"))["version"] == "9.9.9"
                hall.stations.revoke("kiosk", "K1")
                assert await state(watcher, "kiosk/K1", "") == {}
        finally:
            await soon(hall.stop())

    run(test())


def test_a_kiosk_without_devices_that_is_gone_is_noted_for_the_doctor(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While it is here it is not."""
    monkeypatch.setattr(upkeep, "ALARM_LOOKS", 1)
    alarms = AlarmsTable(silent_minutes=0.001)

    async def noted(hall: Room, wanted: list[tuple[str, str]]) -> None:
        def found() -> bool:
            path = tmp_path / upkeep.MISSING_NAME
            return path.exists() and upkeep.noted_missing(tmp_path, hall.wall()) == wanted

        await until(found, f"noted: {wanted}")

    async def test() -> None:
        async with room(tmp_path, settings=replace(SETTINGS, alarms=alarms)) as hall:
            async with hall.client("kiosk", "K1") as kiosk:
                await kiosk.until("current")
                await noted(hall, [])
            await noted(hall, [("kiosk", "K1")])

    run(test())


def test_no_screen_is_turned_off_by_a_clock_that_is_not_believed() -> None:
    stage = Stage(opened=False, screens=(ScreenHours("board"), ScreenHours("kiosk")), kiosks=(Kiosk("k1"),))
    loop: Any = SimpleNamespace(
        hall=stage.hall, clock=SimpleNamespace(now=lambda: at("03:00")), clock_is_credible=True
    )
    documents = HallDocuments(loop, SlipKey(b"k" * 32))
    assert (documents.build("board")["dark"], documents.build("jobs/k1")["dark"]) == (["board/hall"], True)
    loop.clock_is_credible = False
    assert (documents.build("board")["dark"], documents.build("jobs/k1")["dark"]) == ([], False)
