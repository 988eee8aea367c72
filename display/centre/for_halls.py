"""What the centre takes from its halls and gives them: batches of their logs, the city's settings, the program's packages.

1. The database is spoken to in threads, over a few connections that are opened when they are needed: halls take turns.
2. A package is asked for by its sum, out of CENTRE/packages: nothing is listed, and nothing else can be had. Only `AT_ONCE` go out
   at a time, so that a city that updates in one night leaves room for the batches. A hall sent away runs `hallcall update` again.
"""

import asyncio
import queue
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from starlette.responses import FileResponse
from starlette.types import Receive, Scope, Send

from caller.records.centre import folding, published, sites, taking
from caller.records.centre.sites import CentreError
from caller.records.stores.postgres import PostgresConnection
from config import city_packages
from config.instants import Micros
from config.process.exposition import gauge

T = TypeVar("T")

TAKERS = 4  # connections of the database that take batches
AT_ONCE = 8
HEARD: Micros = 300_000_000  # a hall gives a sign of life twice a minute
MEDIA_TYPE = "application/octet-stream"


def clock() -> Micros:
    return time.time_ns() // 1000


class Takers:
    """The connections that take batches, opened when they are needed and anew when one was lost."""

    def __init__(self, database: str) -> None:
        self._database = database
        self._free: queue.SimpleQueue[PostgresConnection | None] = queue.SimpleQueue()
        for _ in range(TAKERS):
            self._free.put(None)
        self._places = asyncio.Semaphore(TAKERS)
        self.waiting = 0
        self.busy: set[str] = set()

    async def admit(self, site: str, key: str) -> None:
        """Require that a key is the hall's. Raises `CentreError`, "no-key" as `RowsRefused`."""
        await self._with_connection(lambda connection: taking.admitted(connection, site, key))

    async def take(self, site: str, key: str, body: bytes, is_packed: bool) -> bytes:
        """Take one batch; return the body of its answer. Raises `CentreError`, `RowsRefused`."""
        return await self._with_connection(
            lambda connection: taking.answer(connection, site, key, body, is_packed, clock())
        )

    async def settings(self, site: str, key: str, after: int, adopted: int) -> bytes | None:
        """Return the city's settings for a hall, None where it has the newest. Raises `CentreError`, "no-key" as `RowsRefused`."""

        def asked(connection: PostgresConnection) -> bytes | None:
            taking.admitted(connection, site, key)
            return published.asked(connection, site, after, adopted)

        return await self._with_connection(asked)

    async def measures(self) -> list[str]:
        """Return the metrics of what is taken here; without the database, that it is away."""
        try:
            halls = await self._with_connection(sites.all_sites)
            unfolded = await self._with_connection(folding.behind)
        except CentreError:
            return list(gauge("hallcall_centre_database", "1 while the database answers", [("", 0)]))
        heard = sum(clock() - each.seen < HEARD for each in halls)
        return [
            *gauge("hallcall_centre_database", "1 while the database answers", [("", 1)]),
            *gauge("hallcall_centre_halls", "halls, all and heard of lately", [('state="all"', len(halls)), ('state="heard"', heard)]),
            *gauge("hallcall_centre_troubled", "halls whose log cannot be taken", [("", sum(bool(each.trouble) for each in halls))]),
            *gauge("hallcall_centre_events", "events taken", [("", sum(each.seq for each in halls))]),
            *gauge("hallcall_centre_behind", "events that halls have and the centre lacks", [("", sum(max(0, each.last - each.seq) for each in halls))]),
            *gauge("hallcall_centre_unfolded", "events taken that are in no figure yet", [("", sum(unfolded.values()))]),
            *gauge("hallcall_centre_waiting", "halls that wait for their turn", [("", self.waiting)]),
        ]  # fmt: skip

    async def _with_connection(self, work: Callable[[PostgresConnection], T]) -> T:
        async with self._places:
            return await asyncio.to_thread(self._run, work)

    def _run(self, work: Callable[[PostgresConnection], T]) -> T:
        connection = self._free.get()
        try:
            if connection is None or connection.closed:
                connection = sites.connected(self._database)
            return work(connection)
        finally:
            self._free.put(connection)

    def close(self) -> None:
        """Close what is open, once nothing is taken any more."""
        for _ in range(TAKERS):
            if connection := self._free.get():
                connection.close()


class PackageShelf:
    """The packages of a centre. `going`: how many go out now."""

    def __init__(self, centre: Path) -> None:
        self._centre = centre
        self.going = 0

    def given(self, sha256: str, site: str) -> "PackageResponse":
        """Return the answer with a package. Raises `CentreError` "no-package", "busy"."""
        path = city_packages.kept(self._centre, sha256)
        if path is None:
            raise CentreError("no-package", site=site)
        if self.going >= AT_ONCE:
            raise CentreError("busy", site=site)
        self.going += 1
        return PackageResponse(path, self)


class PackageResponse(FileResponse):
    """One package on its way; it holds its place until the last byte, or until the hall is gone."""

    def __init__(self, path: Path, shelf: PackageShelf) -> None:
        super().__init__(path, media_type=MEDIA_TYPE, headers={"Cache-Control": "no-store"})
        self._shelf = shelf

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await super().__call__(scope, receive, send)
        finally:
            self._shelf.going -= 1
