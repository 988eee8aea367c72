"""The caller as it is, in a process of its own, for the measures that need sockets: log, loop and server.

    python -m caller.bench.caller_process FOLDER

prints one JSON line (port, token) when it listens, and ends with its standard input.
"""

import asyncio
import json
import sys
from pathlib import Path

from caller.bench.fixture import clock, county
from caller.eventlog import LOG_NAME, EventLog
from caller.identity.enrolment import Stations
from caller.service.loop import Loop
from caller.service.server import Server
from caller.service.startup import rest_collector


async def main(folder: Path) -> None:
    settings = county()
    stations = Stations(folder / "stations.db")
    token = stations.enrol("manager", "bench", "2026-01-01")
    log = EventLog(folder / LOG_NAME, settings.hall.site)
    loop = Loop(settings, log, clock())
    server = Server(loop, stations)
    loop.start()
    rest_collector()
    port = await server.start("127.0.0.1", 0)
    print(json.dumps({"port": port, "token": token}), flush=True)
    await asyncio.to_thread(sys.stdin.read)
    await server.stop()
    await loop.stop()
    log.close()


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1])))
