"""`POST /practice`: starts a hall to practise in for the clerk of a window, and returns the address of its desk.

1. It is `hallcall practice` as a process of its own: own caller, own folder, own ports, nothing of the real hall but its
   settings. So nothing that is pressed there can reach the real hall.
2. Only a window's own token starts one; a second request for the same window gets the one that runs. A few at a time.
3. It ends by itself when no desk has been connected for a while, and with this process.
4. A hall that is itself one to practise in offers none.
"""

import asyncio
import contextlib
import re
import signal
import sys
import tempfile
from asyncio.subprocess import Process
from collections.abc import Callable
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit, urlunsplit

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from config.instants import Seconds
from config.process.running import PRACTICE_MARK
from config.settings import Settings
from config.writer import write
from display.http.caller_connections import CallerConnections
from display.http.responses import address_of, answer, bearer, explained, problem

RUNNING_MAX = 3  # each is a caller and a web process, about 150 MB
READY_SECONDS: Seconds = 120.0
STOP_SECONDS: Seconds = 10.0
READY = re.compile(r"practice ready (\S+)")
HOST = re.compile(r"[A-Za-z0-9._~-]+|\[[0-9a-fA-F:.]+\]")
PracticeOffer = Literal["offered", "here"]


def offer_of(data: Path) -> PracticeOffer:
    """Return whether this hall is one to practise in, or offers one."""
    return "here" if (data / PRACTICE_MARK).exists() else "offered"


class PracticeHalls:
    """The halls to practise in that run now, by window. `settings`: those in force."""

    def __init__(self, settings: Callable[[], Settings]) -> None:
        self._settings = settings
        self._running: dict[str, tuple[Process, str]] = {}
        self._starting = asyncio.Lock()

    async def address(self, window: str, host: str) -> str:
        """Return the address of the window's desk, as a browser finds it that found this process at `host`. Raises
        `ProblemError`."""
        async with self._starting:
            self._running = {name: each for name, each in self._running.items() if each[0].returncode is None}
            if window not in self._running:
                if len(self._running) >= RUNNING_MAX:
                    raise problem(503, "practice-full", count=RUNNING_MAX)
                self._running[window] = await self._start(window)
        parts = urlsplit(self._running[window][1])
        return urlunsplit(parts._replace(netloc=f"{host}:{parts.port}"))

    async def _start(self, window: str) -> tuple[Process, str]:
        settings = self._settings()
        with tempfile.TemporaryDirectory(prefix="hallcall-practice-") as folder:
            file = Path(folder) / "hall.toml"
            await asyncio.to_thread(write, settings, file)
            process = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "caller.cli", "practice", str(file), "--data", folder, "--window", window, "--page",
                "--host", settings.listen.host, stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.DEVNULL, start_new_session=True,
            )  # fmt: skip
            assert process.stdout
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(READY_SECONDS):
                    async for line in process.stdout:
                        if found := READY.search(line.decode(errors="replace")):
                            return process, found[1]
        await _end(process)
        raise problem(503, "practice-failed", window=window)

    async def stop(self) -> None:
        """End all of them."""
        await asyncio.gather(*(_end(process) for process, _ in self._running.values()))


async def _end(process: Process) -> None:
    with contextlib.suppress(ProcessLookupError):
        process.send_signal(signal.SIGTERM)
    try:
        await asyncio.wait_for(process.wait(), STOP_SECONDS)
    except TimeoutError:
        with contextlib.suppress(ProcessLookupError):
            process.kill()


def routes(halls: PracticeHalls, connections: CallerConnections, data: Path) -> list[BaseRoute]:
    """Return the route; none in a hall to practise in."""
    if offer_of(data) == "here":
        return []

    async def start(request: Request) -> Response:
        station = await connections.keyed(bearer(request), ("window",), address_of(request))
        if station is None or station.welcome is None:
            raise problem(403, "practice-desk")
        await connections.drop(bearer(request))  # or the window would look connected when its desk has gone
        return answer({"address": await halls.address(station.welcome.station, _host(request))})

    return [Route("/practice", explained(start), methods=["POST"])]


def _host(request: Request) -> str:
    """Return the host by which the browser found this process, without its port."""
    found = HOST.match(request.headers.get("host", ""))
    return found[0] if found else "127.0.0.1"
