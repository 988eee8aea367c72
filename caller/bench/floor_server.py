"""The floor under a press: a bare commit of one row and a bare broadcast of a text to all who are connected.

    python -m caller.bench.floor_server FOLDER

prints one JSON line (port) when it listens. Each line of standard input is a number of bytes: it commits,
broadcasts a text of that length, and prints when it began. It ends with its standard input.
"""

import asyncio
import json
import sqlite3
import sys
import time
from pathlib import Path

from websockets.asyncio.server import ServerConnection, broadcast, serve

from caller.bench.ticket_throughput import INSERT, TABLE

BODY = '{"type":"TicketCalled","ticket":"0190aaaa-bbbb-7ccc-8ddd-000000000000","window":"1","clerk":"c"}'


async def main(folder: Path) -> None:
    connection = sqlite3.connect(folder / "bare.db", isolation_level=None)
    connection.execute("pragma journal_mode=wal")
    connection.execute("pragma synchronous=full")
    connection.execute(TABLE)
    boards: set[ServerConnection] = set()

    async def board(socket: ServerConnection) -> None:
        boards.add(socket)
        await socket.wait_closed()
        boards.discard(socket)

    async with serve(board, "127.0.0.1", 0, compression=None, ping_interval=None) as server:
        print(json.dumps({"port": next(iter(server.sockets)).getsockname()[1]}), flush=True)
        seq = 0
        while line := await asyncio.to_thread(sys.stdin.readline):
            text = '{"calls":"' + "x" * (int(line) - 12) + '"}'
            seq += 1
            start = time.monotonic_ns()
            connection.execute("begin immediate")
            connection.execute(INSERT, (seq, start, "c", "window", "1", "TicketCalled", BODY, b"x" * 32))
            connection.execute("commit")
            broadcast(boards, text)
            print(start, flush=True)


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1])))
