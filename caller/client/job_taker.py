"""Does what a station is asked to do, from its topic `jobs/STATION`: each job at most once.

1. A job is done only after its `TakeJob` is committed. A station that is refused does not do it.
2. A job found *taken* that this process did not take was its predecessor's, and how far that came is not known: it is
   reported unknown. A restart is the exception: this process is what was asked for, and it is done.
3. Commands are sent again under their own id until the caller answers: it may be restarted at any moment.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Any, Literal, Protocol

from caller.client.client import ByeError, Client, RefusedError, SendError, new_id
from caller.engine.commands import ReportJob, TakeJob
from caller.protocol.frames import PeerError
from config.instants import Seconds

RETRY_SECONDS: Seconds = 0.2  # while the caller is away
INSIST_SECONDS: Seconds = (
    600.0  # the longest limit of a job; after it the caller has called it unknown itself
)
DETAIL_CHARS = 200
RESTARTS = frozenset({"restart-agent", "restart-kiosk", "restart-web", "restart-window", "restart-deliver"})
PREDECESSOR = "本站点程序重新启动，不知做到哪一步 / the station was restarted; how far it came is not known"
RESTARTED = "已重新启动 / restarted"
log = logging.getLogger("hallcall.client")

JobEnd = tuple[Literal["done", "failed", "unknown"], str]  # and a detail for a person
JobRow = dict[str, Any]  # a `JobLine` of the wire
DoJob = Callable[[JobRow, dict[str, Any]], Awaitable[JobEnd | None]]


class JobSender(Protocol):
    """What a taker needs of the caller's client."""

    async def send(self, command: Any, id: str | None = None) -> Any: ...


class JobTaker:
    """The jobs of one station.

    mine: whether this process does such a job. ready: waits until it may be taken. do: does it, given its row and the
    answer to its take, and returns how it ended; None where the program that follows this one reports it.
    """

    def __init__(
        self,
        station: str,
        caller: JobSender,
        mine: Callable[[JobRow], bool],
        do: DoJob,
        ready: Callable[[JobRow], Awaitable[None]] | None = None,
    ) -> None:
        self.topic = f"jobs/{station}"
        self._caller, self._mine, self._do, self._ready = caller, mine, do, ready
        self._known: set[str] = set()  # jobs that this process has dealt with
        self._tasks: set[asyncio.Task[None]] = set()

    def watched(self, document: dict[str, Any]) -> None:
        """Take the newest list of jobs."""
        jobs: dict[str, JobRow] = document.get("jobs", {})
        for id, job in jobs.items():
            if id in self._known or not self._mine(job):
                continue
            if job["state"] == "requested":
                self._spawn(id, self._take(id, dict(job)))
            elif job["state"] == "taken":
                end: JobEnd = ("done", RESTARTED) if job["kind"] in RESTARTS else ("unknown", PREDECESSOR)
                self._spawn(id, self._report(id, end))
        self._known &= jobs.keys() | {task.get_name() for task in self._tasks}

    async def _take(self, id: str, job: JobRow) -> None:
        if self._ready:
            await self._ready(job)
        taken = await self._insist(TakeJob(id))
        if taken is None:
            return  # another process has it, or its time is over
        try:
            end = await self._do(job, taken)
        except Exception as error:
            log.exception("任务 %s（%s）没有做成 / the job failed", id, job["kind"])
            end = "failed", str(error)
        if end:
            await self._report(id, end)

    async def _report(self, id: str, end: JobEnd) -> None:
        state, detail = end
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

    def _spawn(self, id: str, work: Any) -> None:
        self._known.add(id)
        task = asyncio.get_running_loop().create_task(work, name=id)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def stop(self, seconds: Seconds) -> None:
        """End. A job in hand may end within so many seconds; else the next process reports it unknown."""
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=seconds)
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)


async def asked_to_restart(
    client: Client, role: str, station: str, ready: Callable[[JobRow], Awaitable[None]] | None = None
) -> None:
    """Return once this program of a station is to begin again; the program that follows reports it.

    The client watches `jobs/STATION`. ready: waits until the program may end.
    """
    asked = asyncio.Event()

    async def take_note(_job: JobRow, _taken: dict[str, Any]) -> None:
        asked.set()

    taker = JobTaker(station, client, lambda job: job["kind"] == f"restart-{role}", take_note, ready)

    async def watch() -> None:
        async for topic in client.changes():
            if topic == taker.topic and topic in client.views:
                taker.watched(client.views[topic])

    watching = asyncio.create_task(watch())
    try:
        await asked.wait()
    finally:
        watching.cancel()
        await taker.stop(0.0)
