"""Five receivers of webhooks with the manners of real ones, in one loop: they fail, hang, answer late, answer twice, restart.

Each keeps what it took by its id, in the order it first had it, so that a test can ask whether anything is lost, out of
order, or not to be told from what it had already.
"""

import asyncio
import random
import threading
from collections import defaultdict
from typing import NamedTuple

from caller.eventlog import Record

NAMES = ("fails", "hangs", "late", "twice", "restarts")
LATE_SECONDS = 16.0  # later than a sender waits
REFUSED_SHARE, BUSY_SHARE = 0.02, 0.0001
OK = b"HTTP/1.1 204 No Content\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
NO = b"HTTP/1.1 500 Oops\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
BUSY = b"HTTP/1.1 503 Busy\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"


class Seen(NamedTuple):
    """A message as it first came: its seq, and its body, by which a repeat is known to be the same."""

    seq: int
    body: int  # its hash


class Receivers:
    """Listens on five ports of its own thread until `close`. `odd`: how many messages the hanging and the late one delay."""

    def __init__(self, odd: int, seed: int = 5) -> None:
        self.taken: dict[str, dict[str, Seen]] = {name: {} for name in NAMES}
        self.requests: dict[str, int] = defaultdict(int)
        self.repeats: dict[str, int] = defaultdict(int)
        self.other_body = 0  # repeats under an id that had another body
        self.starts = 0
        self._chance, self._odd = random.Random(seed), dict.fromkeys(("hangs", "late"), odd)
        self._servers: dict[str, asyncio.Server] = {}
        self.ports: dict[str, int] = {}
        self._loop = asyncio.new_event_loop()
        for name in NAMES:
            self._loop.run_until_complete(self._listen(name))
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()

    async def _listen(self, name: str) -> None:
        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            try:
                await self._answer(name, reader, writer)
            except (OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
                pass  # the sender was killed
            finally:
                writer.close()

        port = self.ports.get(name, 0)
        self._servers[name] = await asyncio.start_server(serve, "127.0.0.1", port, backlog=256)
        self.ports[name] = self._servers[name].sockets[0].getsockname()[1]

    async def _answer(self, name: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower()
        fields = dict(line.split(": ", 1) for line in head.split("\r\n")[1:] if ": " in line)
        body = await reader.readexactly(int(fields["content-length"]))
        self.requests[name] += 1
        if name == "fails":
            share = self._chance.random()
            if share < REFUSED_SHARE + BUSY_SHARE:
                writer.write(NO if share < REFUSED_SHARE else BUSY)
                return
        if name in self._odd and self._odd[name] > 0 and self._chance.random() < 0.01:
            self._odd[name] -= 1
            if name == "hangs":
                await asyncio.sleep(LATE_SECONDS)
                return  # it has taken nothing
            self._take(name, fields["webhook-id"], body)
            await asyncio.sleep(LATE_SECONDS)
            writer.write(OK)
            return
        self._take(name, fields["webhook-id"], body)
        writer.write(OK * 2 if name == "twice" else OK)

    def _take(self, name: str, id: str, body: bytes) -> None:
        seen = Seen(int(id.split("-")[-2]), hash(body))
        known = self.taken[name].setdefault(id, seen)
        if known is not seen:
            self.repeats[name] += 1
            self.other_body += known != seen

    def restart(self) -> None:
        """Have the one that restarts be away for a moment: what is on its way to it is cut off."""

        async def again() -> None:
            self._servers["restarts"].close()
            await asyncio.sleep(0.2)
            await self._listen("restarts")

        asyncio.run_coroutine_threadsafe(again(), self._loop).result(60)
        self.starts += 1

    def close(self) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        for server in self._servers.values():
            server.close()


def faults(taken: dict[str, Seen], records: dict[int, Record], subjects: dict[int, str]) -> list[str]:
    """Return what is wrong with what a receiver has: lost, strange, or first had out of the order of its subject."""
    found: list[str] = []
    had = [each.seq for each in taken.values()]
    if len(had) != len(set(had)):
        found.append("an event came under two ids")
    if missing := records.keys() - set(had):
        found.append(f"{len(missing)} lost, the first {min(missing)}")
    last: dict[str, int] = {}
    for seq in had:
        subject = subjects[seq]
        if seq < last.get(subject, 0):
            found.append(f"{seq} came behind {last[subject]} of {subject}")
        last[subject] = max(seq, last.get(subject, 0))
    return found
