"""Test instrument: an event log written to and waited for in the test's own thread."""

import queue
import sqlite3
from pathlib import Path

from caller.engine import events as ev
from caller.engine.commands import TakeTicket
from caller.engine.envelope import CommandEnvelope
from caller.eventlog import Batch, EventLog, LogError
from caller.eventlog.daily_roots import DayRoot
from caller.eventlog.stores.held_sqlite import connect

SITE = "county"
AT = 1_790_000_000_000_000  # an instant in 2026
SETTLED_SECONDS = 60  # far beyond any commit


def order(id: str, station: str = "K1") -> CommandEnvelope:
    return CommandEnvelope(id=id, command=TakeTicket(queue="A"), role="kiosk", station=station)


def issued(serial: int) -> ev.TicketIssued:
    number = f"A{serial:03d}"
    return ev.TicketIssued(
        ticket=f"t-{serial}",
        number=number,
        serial=serial,
        queue="A",
        priority="ordinary",
        origin=AT,
        promise=AT,
    )


def root_event(root: DayRoot) -> ev.DayRooted:
    """The event of a root, as the caller writes it."""
    counts = list(root.levels), list(root.case_levels), root.receptions, root.decided
    return ev.DayRooted(*root[:5], *counts)


class Diary:
    """A started log, and what it told."""

    def __init__(self, path: Path, site: str = SITE, **options: object) -> None:
        self.connections: list[sqlite3.Connection] = []
        self.log = EventLog(path, site, connect=self._connect, **options)  # pyright: ignore[reportArgumentType]
        self.told: queue.SimpleQueue[tuple[list[Batch], LogError | None]] = queue.SimpleQueue()
        self.log.start(lambda batches, error: self.told.put((batches, error)))

    def _connect(self, path: Path) -> sqlite3.Connection:
        connection = connect(path)
        self.connections.append(connection)
        return connection

    def batch(self, serial: int, count: int = 1) -> Batch:
        """A batch of `count` tickets of one command."""
        batch = Batch(token=serial)
        self.log.extend(
            order(f"c-{serial}"), AT + serial, [issued(serial + n) for n in range(count)], batch.rows
        )
        return batch

    def wait(self) -> tuple[list[Batch], LogError | None]:
        return self.told.get(timeout=SETTLED_SECONDS)

    def write(self, *batches: Batch) -> LogError | None:
        """Hand batches in and wait until all are settled; the first error told."""
        for batch in batches:
            self.log.write(batch)
        error, left = None, len(batches)
        while left:
            settled, told = self.wait()
            error, left = error or told, left - len(settled)
        return error

    def fill(self, first: int, last: int) -> None:
        for serial in range(first, last + 1):
            assert self.write(self.batch(serial)) is None
