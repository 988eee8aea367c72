"""An agent's printers, and the station jobs it does: print a paper, ask for a rating now, be louder or
darker, restart.

What the printer says decides: printed → done, surely not whole → failed, anything else → unknown. That each job is done
at most once, `caller.client.job_taker` sees to.
"""

import asyncio
import logging
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any

from msgspec import structs

from caller.client.job_taker import JobEnd, JobRow, JobSender, JobTaker
from caller.engine.commands import SlipState
from config.instants import Micros, Seconds
from config.paper.case_notice import case_contents
from config.paper.notice import values as notice_values
from config.paper.slip import slip_content, values
from config.paper.template_files import TemplateFolder
from config.settings import Device, Settings
from devices.inventory import BuildContext, PrinterEntry
from devices.pc_controls import NotAvailableError, set_brightness, set_volume, try_screen
from devices.printer import Printer, encode, trial_sheet
from devices.printer.printer import JOB_ENDS, STATE_SECONDS, Outages
from devices.units.unit import Health

FINISH_SECONDS = 5.0  # at a stop, for the paper in hand: it takes 2 to 4 s
CONTROLS: dict[str, Callable[[int], str]] = {
    "volume-agent": set_volume, "brightness-agent": set_brightness, "screen-agent": lambda _percent: try_screen(),
}  # fmt: skip
OWN_JOBS = frozenset({"restart-agent", "ask-rating", *CONTROLS})
NO_RATING = "此时没有等待评价的办理 / no service waits for a rating now"
log = logging.getLogger("hallcall.devices")


class PrinterStation:
    """One printer: its state as the agent reports it, and one job at a time."""

    def __init__(self, device: Device, printer: Printer) -> None:
        self.name, self.kind = device.name, device.kind
        self.printer = printer
        self.reported: Health | None = None
        self.reported_at: Seconds = 0.0
        self.busy = asyncio.Lock()
        self.look_now = asyncio.Event()  # sooner than usual
        self._health: Health | None = None
        self._outages = Outages()

    def health(self, now: Micros) -> Health | None:
        del now
        return self._health

    async def look(self) -> None:
        """Ask the printer for its state."""
        async with self.busy:
            state = await asyncio.to_thread(self.printer.state)
            self._health = state, self.printer.detail
        self._outages.note(self.name, state, self.printer.detail)

    async def print(self, paper: bytes) -> SlipState:
        async with self.busy:
            return await asyncio.to_thread(self.printer.print, paper)


class AgentJobs:
    """The jobs of one agent.

    changed: called when a printer's state may have changed. ask: makes an evaluator ask once more; False where there
    is nothing to ask about. `restart` is set by a job: this program ends, and begins again.
    """

    def __init__(
        self,
        pc: str,
        context: BuildContext,
        printers: Sequence[PrinterEntry],
        caller: JobSender,
        changed: Callable[[], None],
        ask: Callable[[str], bool],
    ) -> None:
        self.stations = [
            PrinterStation(each.device, Printer(each.port, each.device.width_px)) for each in printers
        ]
        self.restart = asyncio.Event()
        self.taker = JobTaker(pc, caller, self._is_ours, self._do)
        self._context, self._changed, self._ask = context, changed, ask

    def adopt(self, settings: Settings) -> None:
        """Make papers by these settings from now on."""
        self._context = structs.replace(self._context, settings=settings)

    async def run(self) -> None:
        """Look at the printers until cancelled: after each paper, and now and then; none waits for another's turn."""
        async with asyncio.TaskGroup() as group:
            for station in self.stations:
                group.create_task(self._looks(station))

    async def _looks(self, station: PrinterStation) -> None:
        while True:
            try:
                await station.look()
            except Exception:
                log.exception("%s: 状态读不出 / its state cannot be read", station.name)
            self._changed()
            with suppress(TimeoutError):
                async with asyncio.timeout(STATE_SECONDS):
                    await station.look_now.wait()
            station.look_now.clear()

    def _is_ours(self, job: JobRow) -> bool:
        return job["kind"] in OWN_JOBS or self._printer(job) is not None

    def _printer(self, job: JobRow) -> PrinterStation | None:
        return next((each for each in self.stations if each.name == job["device"]), None)

    async def _do(self, job: JobRow, taken: dict[str, Any]) -> JobEnd | None:
        if job["kind"] == "restart-agent":
            self.restart.set()
            return None
        if job["kind"] in CONTROLS:
            try:
                return "done", await asyncio.to_thread(CONTROLS[job["kind"]], job.get("percent", 0))
            except NotAvailableError as error:
                return "failed", str(error)
        if job["kind"] == "ask-rating":
            return ("done", "") if self._ask(job["device"]) else ("failed", NO_RATING)
        station = self._printer(job)
        assert station, "only jobs of our printers are taken"
        outcome = await station.print(paper_of(self._context, job, station.printer, taken.get("key", "")))
        station.look_now.set()
        return JOB_ENDS[outcome], "" if outcome == "printed" else station.printer.detail

    async def stop(self) -> None:
        """End the jobs, and let go of the printers."""
        await self.taker.stop(FINISH_SECONDS)
        for station in self.stations:
            await asyncio.to_thread(station.printer.close)


def paper_of(context: BuildContext, job: dict[str, Any], printer: Printer, key: str) -> bytes:
    """Return the bytes of a job's paper, for that printer; `key` is the phone's, for a slip.

    Raises:
        ValueError: the job holds nothing to print.
    """
    settings = context.settings
    if job["kind"] == "print-test":
        device = next(each for each in settings.devices if each.name == job["device"])
        return encode(trial_sheet(settings, device), printer.width_px, printer.mode)
    templates = (context.templates or TemplateFolder()).following(settings)
    if "notice" in job:
        copies = case_contents(settings, job["notice"])
        sheets = [templates.sheet(each.kind, each.language, notice_values(each)) for each in copies]
        return b"".join(encode(sheet, printer.width_px, printer.mode) for sheet in sheets)
    if "slip" not in job:
        raise ValueError("号码或办件已不在 / the ticket or the case is gone")
    facts = job["slip"] | {"key": key}
    items = [each for each in settings.items if each.id in facts["items"]]
    content = slip_content(settings, facts, items, "zh", copy=1)
    return encode(templates.sheet("slip", content.language, values(content)), printer.width_px, printer.mode)
