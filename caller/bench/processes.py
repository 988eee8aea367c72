"""The two servers that push latency is measured between, each in a process of its own.

    python -m caller.bench.processes caller FOLDER
    python -m caller.bench.processes floor FOLDER

`caller` is the product: log, loop and server. `floor` is the same disk and sockets with nothing of ours in between: a
bare commit of one row and a bare broadcast of a text to all who are connected. Each prints one JSON line when it
listens (port, and the caller a token), and ends with its standard input. For the floor each line of standard input is
a number of bytes: it commits, broadcasts a text of that length, and prints when it began (monotonic nanoseconds).
"""

import asyncio
import json
import sqlite3
import sys
import time
from pathlib import Path

from websockets.asyncio.server import ServerConnection, broadcast, serve

from caller.bench.fixture import INSERT, bare_log, clock, county
from caller.eventlog import LOG_NAME, EventLog
from caller.identity.enrolment import Stations
from caller.identity.keys import slip_key
from caller.service.loop import Loop
from caller.service.server import Server
from caller.service.startup import rest_collector

BODY = '{"type":"TicketCalled","ticket":"0190aaaa-bbbb-7ccc-8ddd-000000000000","window":"1","clerk":"c"}'


async def run_caller(folder: Path) -> None:
    """Serve the county hall until standard input ends."""
    settings = county()
    stations = Stations(folder / "stations.db")
    token = stations.enrol("manager", "bench", "2026-01-01")
    log = EventLog(folder / LOG_NAME, settings.hall.site)
    loop = Loop(settings, log, clock())
    server = Server(loop, stations, slip_key(folder))
    loop.start()
    rest_collector()
    port = await server.start("127.0.0.1", 0)
    _report({"port": port, "token": token})
    await asyncio.to_thread(sys.stdin.read)
    await server.stop()
    await loop.stop()
    log.close()


async def run_floor(folder: Path) -> None:
    """Commit and broadcast once for each line of standard input."""
    connection = bare_log(folder / "bare.db")
    boards: set[ServerConnection] = set()

    async def board(socket: ServerConnection) -> None:
        boards.add(socket)
        await socket.wait_closed()
        boards.discard(socket)

    async with serve(board, "127.0.0.1", 0, compression=None, ping_interval=None) as server:
        _report({"port": next(iter(server.sockets)).getsockname()[1]})
        seq = 0
        while line := await asyncio.to_thread(sys.stdin.readline):
            text = '{"calls":"' + "x" * (int(line) - 12) + '"}'
            seq += 1
            start = time.monotonic_ns()
            _commit(connection, seq, start)
            broadcast(boards, text)
            print(start, flush=True)


def _commit(connection: sqlite3.Connection, seq: int, began_ns: int) -> None:
    connection.execute("begin immediate")
    connection.execute(INSERT, (seq, began_ns, "c", "window", "1", "TicketCalled", BODY, b"x" * 32, ""))
    connection.execute("commit")


def _report(facts: dict[str, object]) -> None:
    print(json.dumps(facts), flush=True)


if __name__ == "__main__":
    asyncio.run({"caller": run_caller, "floor": run_floor}[sys.argv[1]](Path(sys.argv[2])))
