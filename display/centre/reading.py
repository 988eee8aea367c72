"""What the centre's pages read, in threads and over connections of their own, so that no page delays a hall's batch.

The state of all halls is read once for all who look, at most every `FRESH_SECONDS`; each person is given what their level sees of
it. Sums over many days are kept a minute.
"""

import asyncio
import threading
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any, NamedTuple, TypeVar

from caller.protocol.viewer_levels import ViewerLevel
from caller.records.centre import across, alarms, sites, thing_names
from caller.records.centre.alarms import WindowCall
from caller.records.centre.published import PublishedRow, all_published
from caller.records.centre.sites import CentreError, SiteRow, explained
from caller.records.rollups import RollupRow
from caller.records.stores.postgres import PostgresConnection, PostgresStore, run
from caller.reports.city import HallLine, hall_line
from caller.reports.city_hall import HallDetail, read_hall, read_services
from caller.reports.spans import Span
from caller.reports.tables import ReportSheet
from config.hall_names import NameLang
from config.instants import Micros, Seconds, local

T = TypeVar("T")
READERS = 2  # threads; pages wait for each other, halls for none of them
STATEMENT_MS = 20_000  # no page is worth a longer question
FRESH_SECONDS: Seconds = 5.0
KEPT_SECONDS: Seconds = 60.0
KEPT_MAX = 64  # sums
RATED_DAYS = 30


class CityState(NamedTuple):
    """All halls at one moment (`at`, UTC microseconds), the names of areas, and the windows' calls for help."""

    lines: list[HallLine]
    areas: dict[str, str]
    calls: list[WindowCall]
    at: Micros

    def seen_by(self, level: ViewerLevel) -> list[HallLine]:
        """Return what a level sees."""
        return [line for line in self.lines if level.sees(line.hall)]


class CityReader:
    """Reads for all pages of one process. `zone`: of the city, for its dates."""

    def __init__(self, database: str, zone: str) -> None:
        self._database, self.zone = database, zone
        self._threads = ThreadPoolExecutor(READERS, "pages")
        self._own = threading.local()
        self._kept: dict[tuple[Any, ...], tuple[Seconds, Any]] = {}
        self._reading: dict[tuple[Any, ...], asyncio.Lock] = {}

    def close(self) -> None:
        self._threads.shutdown(wait=False, cancel_futures=True)

    def today(self) -> str:
        return local(_clock(), self.zone).date().isoformat()

    async def state(self) -> CityState:
        """Return all halls, at most `FRESH_SECONDS` old. Raises `CentreError`."""
        return await self._cached(("state",), FRESH_SECONDS, self._state)

    async def sums(
        self,
        lines: list[HallLine],
        span: Span,
        dimension: str = "hall",
        value: str = "",
        *,
        histograms: bool = False,
    ) -> dict[str, RollupRow]:
        """Return the roll-ups of these halls over some days (`across.totals`). Raises `CentreError`."""
        halls = [line.hall for line in lines]
        first, last = span.first.isoformat(), span.last.isoformat()
        key = ("sums", tuple(each.site for each in halls), first, last, dimension, value, histograms)
        return await self._cached(
            key,
            KEPT_SECONDS,
            lambda connection: across.totals(
                connection, halls, first, last, dimension, value, histograms=histograms
            ),
        )

    async def items(self, lines: list[HallLine], span: Span) -> dict[str, int]:
        """Return the items that these halls had in some days, and in how many halls. Raises `CentreError`."""
        halls = [line.hall for line in lines]
        first, last = span.first.isoformat(), span.last.isoformat()
        key = ("items", tuple(each.site for each in halls), first, last)
        return await self._cached(
            key, KEPT_SECONDS, lambda connection: across.values_of(connection, halls, first, last, "item")
        )

    async def published(self) -> list[PublishedRow]:
        """Return what the city has published for its halls, the newest first. Raises `CentreError`."""
        return await self._cached(("published",), FRESH_SECONDS, all_published)

    async def hall(self, line: HallLine, wanted: str | None, lang: NameLang) -> HallDetail:
        """Return one hall, with its names in a language. Raises `CentreError`, `RecordsError`."""
        site, at = line.hall.site, line.state.placed.at

        def read(connection: PostgresConnection) -> HallDetail:
            names = thing_names.of_site(connection, site, lang)
            return read_hall(PostgresStore(connection, site), wanted, self.zone, at, names)

        return await self._run(read)

    async def item_names(self, codes: Iterable[str], lang: NameLang) -> dict[str, str]:
        """Return the names of items by their codes. Raises `CentreError`."""
        wanted = tuple(codes)
        return await self._cached(
            ("item-names", wanted, lang),
            KEPT_SECONDS,
            lambda connection: thing_names.of_items(connection, wanted, lang),
        )

    async def services(self, line: HallLine, window: str, day: str) -> ReportSheet:
        """Return what a window has served on a day. Raises `CentreError`, `RecordsError`."""
        site = line.hall.site
        return await self._run(
            lambda connection: read_services(PostgresStore(connection, site), window, day, self.zone)
        )

    # --- threads

    async def _cached(
        self, key: tuple[Any, ...], fresh: Seconds, read: Callable[[PostgresConnection], T]
    ) -> T:
        """Return what was read lately, or read it, once for all who ask at the same time."""
        lock = self._reading.setdefault(key, asyncio.Lock())
        async with lock:
            kept = self._kept.get(key)
            if kept and time.monotonic() - kept[0] < fresh:
                return kept[1]
            found = await self._run(read)
            self._kept[key] = time.monotonic(), found
        while len(self._kept) > KEPT_MAX:
            oldest = min(self._kept, key=lambda each: self._kept[each][0])
            del self._kept[oldest]
            self._reading.pop(oldest, None)
        return found

    async def _run(self, work: Callable[[PostgresConnection], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._threads, self._with_connection, work)

    def _with_connection(self, work: Callable[[PostgresConnection], T]) -> T:
        connection: PostgresConnection | None = getattr(self._own, "connection", None)
        if connection is None or connection.closed:
            connection = self._own.connection = sites.connected(self._database)
            with explained():
                run(connection, f"set statement_timeout = {STATEMENT_MS}")
        return work(connection)

    def _state(self, connection: PostgresConnection) -> CityState:
        halls, now = sites.all_sites(connection), _clock()
        calls = alarms.window_calls(connection, [each.site for each in halls], now)
        states = across.states_of(connection, halls, calls)
        today = local(now, self.zone).date()
        month = _dated(connection, halls, (today - timedelta(RATED_DAYS - 1)).isoformat(), today.isoformat())
        issued = _dated(connection, halls, today.isoformat(), today.isoformat())
        lines = [
            hall_line(hall, states[hall.site], issued.get(hall.site), month.get(hall.site), now)
            for hall in halls
            if hall.site in states
        ]
        return CityState(lines, sites.area_names(connection), calls, now)


def _dated(
    connection: PostgresConnection, halls: Iterable[SiteRow], first: str, last: str
) -> dict[str, RollupRow]:
    return across.totals(connection, halls, first, last)


def _clock() -> Micros:
    return time.time_ns() // 1000


__all__ = ["CentreError", "CityReader", "CityState"]
