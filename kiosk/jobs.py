"""The station jobs that a kiosk does: begin again, be louder or darker, hand over a picture of its page; and its hours.

1. A restart and a picture wait for the end of the visit. So a picture never holds what an applicant has entered.
2. Pictures lie in the kiosk's own folder, for its owner only, the newest few; the job's detail says where.
3. Outside its hours (`[[screen]]`) the page at rest is black, and the screen off where this PC can do that.
4. What this PC has no means for fails, with the reason in words (`devices.pc_controls`).
"""

import asyncio
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from caller.client.client import Client
from caller.client.job_taker import JobEnd, JobRow, JobTaker
from caller.engine.station_jobs import AT_KIOSKS
from config import owner_only
from devices.pc_controls import (
    NotAvailableError,
    ScreenPower,
    picture,
    set_brightness,
    set_volume,
    try_screen,
)
from kiosk.station import KioskStation

FOLDER = "screenshots"
PICTURES_KEPT = 5
AT_REST = frozenset({"restart-kiosk", "screenshot-kiosk"})
NO_PORT = "本机启动时没有给浏览器的调试端口，不能截屏：--devtools 端口 / not available here: this kiosk was started without --devtools PORT"


class KioskJobs:
    """The jobs of one kiosk. `devtools`: the DevTools port of the browser that shows its page; 0: none was given."""

    def __init__(self, station: KioskStation, client: Client, name: str, devtools: int) -> None:
        self.page_port = 0  # of the kiosk's page, once it is served
        self._station, self._client, self._devtools = station, client, devtools
        self._folder = station.store.folder / FOLDER
        self._taker = JobTaker(name, client, lambda job: job["kind"] in AT_KIOSKS, self._do, self._ready)

    async def run(self) -> None:
        """Take jobs until cancelled."""
        async with asyncio.TaskGroup() as group:
            group.create_task(ScreenPower().run(self._seen))
            async for topic in self._client.changes():
                if topic == self._taker.topic and topic in self._client.views:
                    self._taker.watched(self._client.views[topic])
                    self._station.state.dark = bool(
                        self._client.views[topic].get("dark")
                    )  # the next tick shows it

    def _seen(self) -> tuple[dict[str, Any], bool]:
        return self._client.views.get(self._taker.topic, {}), self._client.state == "current"

    async def _ready(self, job: JobRow) -> None:
        """Wait until the kiosk is at rest, where the job needs that (rule 1)."""
        if job["kind"] not in AT_REST:
            return
        station, shown = self._station, asyncio.Event()
        station.faces.append(notice := lambda _screen: shown.set())
        while station.state.screen != "idle":
            shown.clear()
            await shown.wait()
        station.faces.remove(notice)

    async def _do(self, job: JobRow, _taken: dict[str, Any]) -> JobEnd | None:
        if job["kind"] == "restart-kiosk":
            self._station.restart.set()
            return None
        try:
            match job["kind"]:
                case "volume-kiosk":
                    return "done", await asyncio.to_thread(set_volume, job["percent"])
                case "brightness-kiosk":
                    return "done", await asyncio.to_thread(set_brightness, job["percent"])
                case "screen-kiosk":
                    return "done", await asyncio.to_thread(try_screen)
                case _:
                    return "done", str(await self._picture(job))
        except NotAvailableError as error:
            return "failed", str(error)

    async def _picture(self, job: JobRow) -> Path:
        if not self._devtools:
            raise NotAvailableError(NO_PORT)
        png = await picture(self._devtools, lambda url: urlsplit(url).port == self.page_port)
        return await asyncio.to_thread(self._keep, f"{job['requested']}.png", png)

    def _keep(self, name: str, png: bytes) -> Path:
        owner_only.make_folder(self._folder)
        path = self._folder / name
        owner_only.write_whole(path, png)
        for old in sorted(self._folder.glob("*.png"))[:-PICTURES_KEPT]:
            old.unlink(missing_ok=True)
        return path.resolve()
