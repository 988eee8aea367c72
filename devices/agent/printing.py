"""An agent's printers: their states, and the station jobs that print on them.

1. A job is printed only after its `TakeJob` is committed. Who is refused does not print.
2. What the printer says decides: printed → done, surely not whole → failed, anything else → unknown.
3. Nothing is printed twice. A job found *taken* that this process did not take was its predecessor's, of which
   it is not known how far it came: it is reported unknown.
4. Commands are sent again under their own id until the caller answers: it may be restarted at any moment.
"""

import asyncio
import logging
import time
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, Protocol
from zoneinfo import ZoneInfo

from msgspec import structs

from caller.client.client import ByeError, RefusedError, SendError, new_id
from caller.engine.commands import ReportJob, SlipState, TakeJob
from caller.protocol.frames import PeerError
from config.instants import Micros, Seconds
from config.settings import Device, Settings
from devices.inventory import BuildContext, PrinterEntry
from devices.paper.document import Cut, QrCode, Rule, Sheet, TextLine
from devices.paper.slip import slip_content, values
from devices.paper.template_files import TemplateFolder
from devices.printer import Printer, encode
from devices.units.unit import Health

POLL_SECONDS = 5.0  # between two looks at an idle printer
RETRY_SECONDS = 0.2  # while the caller is away
FINISH_SECONDS = 5.0  # at a stop, for the paper in hand: it takes 2 to 4 s
INSIST_SECONDS = 600.0  # the longest limit of a job; after it the caller has called it unknown itself
DETAIL_CHARS = 200
OUTCOMES: dict[SlipState, str] = {"printed": "done", "failed": "failed", "unknown": "unknown"}
PREDECESSOR = "代理程序重新启动，不知是否印出 / the agent was restarted; whether it was printed is not known"
log = logging.getLogger("hallcall.devices")


class JobSender(Protocol):
    """What printing needs of the caller's client."""

    async def send(self, command: Any, id: str | None = None) -> Any: ...


class PrinterStation:
    """One printer: its state as the agent reports it, and one job at a time."""

    def __init__(self, device: Device, printer: Printer) -> None:
        self.name, self.kind = device.name, device.kind
        self.printer = printer
        self.reported: Health | None = None
        self.reported_at: Seconds = 0.0
        self.busy = asyncio.Lock()
        self._health: Health | None = None

    def health(self, now: Micros) -> Health | None:
        del now
        return self._health

    async def look(self) -> None:
        """Ask the printer for its state."""
        async with self.busy:
            state = await asyncio.to_thread(self.printer.state)
            self._health = state, self.printer.detail

    async def print(self, paper: bytes) -> SlipState:
        async with self.busy:
            return await asyncio.to_thread(self.printer.print, paper)


class PrintJobs:
    """The jobs of one agent. `changed` is called when a printer's state may have changed."""

    def __init__(
        self,
        pc: str,
        context: BuildContext,
        printers: Sequence[PrinterEntry],
        caller: JobSender,
        changed: Callable[[], None],
    ) -> None:
        self.topic = f"jobs/{pc}"
        self.stations = [
            PrinterStation(each.device, Printer(each.port, each.device.width_px)) for each in printers
        ]
        self._context, self._caller, self._changed = context, caller, changed
        self._mine: set[str] = set()  # jobs that this process has dealt with
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def is_busy(self) -> bool:
        """Whether a job is being dealt with."""
        return bool(self._running())

    def adopt(self, settings: Settings) -> None:
        """Make papers by these settings from now on."""
        self._context = structs.replace(self._context, settings=settings)

    async def run(self) -> None:
        """Look at the printers until cancelled."""
        while True:
            for station in self.stations:
                try:
                    await station.look()
                except Exception:
                    log.exception("%s: 状态读不出 / its state cannot be read", station.name)
            self._changed()
            await asyncio.sleep(POLL_SECONDS)

    def watched(self, document: dict[str, Any]) -> None:
        """Take the newest list of jobs."""
        jobs: dict[str, dict[str, Any]] = document.get("jobs", {})
        for id, job in jobs.items():
            station = next((each for each in self.stations if each.name == job["device"]), None)
            if id in self._mine or station is None:
                continue
            if job["state"] == "requested":
                self._spawn(id, self._print(id, dict(job), station))
            elif job["state"] == "taken":
                self._spawn(id, self._report(id, "unknown", PREDECESSOR))
        self._mine &= jobs.keys() | self._running()

    async def _print(self, id: str, job: dict[str, Any], station: PrinterStation) -> None:
        taken = await self._insist(TakeJob(id))
        if taken is None:
            return  # another process has it, or its time is over
        try:
            paper = paper_of(self._context, job, station.printer, taken.get("key", ""))
            outcome = await station.print(paper)
        except Exception as error:  # a template that cannot be filled; the printer itself raises nothing
            log.exception("%s: 任务 %s 打不出 / job cannot be printed", station.name, id)
            await self._report(id, "failed", str(error))
            return
        await self._report(id, OUTCOMES[outcome], "" if outcome == "printed" else station.printer.detail)
        await station.look()
        self._changed()

    async def _report(self, id: str, state: Any, detail: str) -> None:
        await self._insist(ReportJob(id, state, detail[:DETAIL_CHARS]))

    async def _insist(self, command: TakeJob | ReportJob) -> dict[str, Any] | None:
        """Send until the caller answers. Return its result; None if it did not do what was asked."""
        id = new_id()
        try:
            async with asyncio.timeout(INSIST_SECONDS):
                while True:
                    try:
                        return await self._caller.send(command, id)
                    except SendError:
                        await asyncio.sleep(RETRY_SECONDS)
        except (RefusedError, PeerError, ByeError, TimeoutError) as error:
            log.info("%s %s → %s", type(command).__name__, command.job, error)
            return None

    def _running(self) -> set[str]:
        return {task.get_name() for task in self._tasks}

    def _spawn(self, id: str, work: Any) -> None:
        self._mine.add(id)
        task = asyncio.get_running_loop().create_task(work, name=id)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def stop(self) -> None:
        """Let go of the printers. A job in hand may end within `FINISH_SECONDS`; else the next process reports
        it unknown."""
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=FINISH_SECONDS)
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
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
    if "slip" not in job:
        raise ValueError("号码已不在 / the ticket is gone")
    facts = job["slip"] | {"key": key}
    items = [each for each in settings.items if each.id in facts["items"]]
    content = slip_content(settings, facts, items, "zh", copy=1)
    templates = context.templates or TemplateFolder()
    return encode(templates.sheet("slip", content.language, values(content)), printer.width_px, printer.mode)


def trial_sheet(settings: Settings, device: Device) -> Sheet:
    """Return a sheet with everything that a slip needs of a printer: large and small hanzi, letters, a rule, a code,
    the cut."""
    when = datetime.fromtimestamp(time.time(), ZoneInfo(settings.hall.zone)).strftime("%Y-%m-%d %H:%M:%S")
    return (
        TextLine("打印测试 TEST", size=2, align="center"),
        TextLine(settings.hall.name, align="center"),
        Rule(),
        TextLine(f"{device.name} {device.width_px} px {when}"),
        TextLine("此页不是号票，请丢弃。 This is no ticket."),
        QrCode("TEST"),
        Cut(),
    )
