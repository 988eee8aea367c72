"""The station jobs that a kiosk does: begin again, be louder or darker, print a test page, hand over a picture of its page;
and its hours.

1. A restart, a picture and a test page wait for the end of the visit. So a picture never holds what an applicant has
   entered, and no applicant takes a test page for their slip.
2. Pictures lie in the kiosk's own folder, for its owner only, the newest few; the job's detail says where.
3. Outside its hours (`[[screen]]`) the page at rest is black, and the screen off where this PC can do that.
4. A drill cuts the line to the caller for a minute, at rest, and measures in seconds when this kiosk goes on alone and when it
   is back. What applicants take meanwhile are numbers of its lease, as on the day it is no drill.
5. What this PC has no means for fails, with the reason in words (`devices.pc_controls`).
"""

import asyncio
import logging
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from caller.client.client import Client
from caller.client.job_taker import JobEnd, JobRow, JobTaker
from caller.engine.station_jobs import AT_KIOSKS
from config import owner_only
from config.instants import Seconds
from devices.pc_controls import (
    NotAvailableError,
    ScreenPower,
    picture,
    set_brightness,
    set_volume,
    try_screen,
)
from devices.printer.printer import JOB_ENDS
from kiosk.station import KioskStation

FOLDER = "screenshots"
PICTURES_KEPT = 5
AT_REST = frozenset({"restart-kiosk", "screenshot-kiosk", "drill", "print-test-kiosk"})
DRILL_SECONDS: Seconds = 60.0
BACK_SECONDS: Seconds = 60.0  # for the line to come back after a drill
LOOK_SECONDS: Seconds = 0.1
NO_LEASE = "本机没有预留号段，断网后不能取号：见 [rules] alone_minutes，并请确认营业日已开始 / this kiosk holds no lease of numbers: see [rules] alone_minutes, and whether the day is open"
log = logging.getLogger("hallcall.kiosk")
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
                case "print-test-kiosk":
                    return await self._print_test(job["device"])
                case "drill":
                    return await self._drill()
                case _:
                    return "done", str(await self._picture(job))
        except NotAvailableError as error:
            return "failed", str(error)

    async def _print_test(self, printer: str) -> JobEnd:
        """Print a test page on this printer of the kiosk, whatever the state of its others."""
        station = self._station
        outcome = await station.in_thread(station.printers.print_on, printer, station.document_printer.trial)
        detail = "" if outcome.state == "printed" else station.printers.detail(printer)
        await station.ask_paper()
        return JOB_ENDS[outcome.state], detail

    async def _drill(self) -> JobEnd:
        """Cut this kiosk off for a minute; return the seconds until it went on alone and until it was back."""
        alone, began = self._station.alone, time.monotonic()
        if not alone.ready:
            raise NotAvailableError(NO_LEASE)
        before = alone.given
        self._client.cut(DRILL_SECONDS)
        went_on = await self._seconds_until(lambda: self._station.state.alone, began, DRILL_SECONDS)
        back = await self._seconds_until(lambda: not alone.away, began + DRILL_SECONDS, BACK_SECONDS)
        count = alone.given - before
        alone_zh, alone_en = (
            (f"{went_on:.1f} 秒后转入离线取号", f"went on alone after {went_on:.1f} s")
            if went_on >= 0
            else ("没有转入离线取号", "did not go on alone")
        )
        back_zh, back_en = (
            (f"恢复后 {back:.1f} 秒连上", f"back {back:.1f} s after the line")
            if back >= 0
            else ("没有恢复", "not back")
        )
        zh = f"断开 {DRILL_SECONDS:g} 秒；{alone_zh}；{back_zh}；其间取号 {count} 个"
        en = f"cut off for {DRILL_SECONDS:g} s; {alone_en}; {back_en}; numbers given: {count}"
        detail = f"{zh} / {en}"
        log.warning("演练 drill: %s", detail)
        return ("done" if went_on >= 0 and back >= 0 else "failed"), detail

    async def _seconds_until(self, reached: Callable[[], bool], since: Seconds, within: Seconds) -> Seconds:
        """Return after how many seconds this was so; -1: not within so many."""
        while (passed := time.monotonic() - since) < within:
            if passed >= 0 and reached():
                return passed
            await asyncio.sleep(LOOK_SECONDS)
        return -1.0

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
