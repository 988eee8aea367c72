"""A caller that waits: it folds the log that another one writes, and takes the right to write when that one stops.

1. Memory is made once, from the checkpoint and the register, and then follows the log, a tenth of a second behind. So a
   take-over folds a handful of events only.
2. The right is asked for all the while (`stores.write_right`). The database gives it to one.
3. Stations that come here meanwhile are told `not-writer` and go on to the next address they know.
"""

import asyncio
import threading
from collections.abc import Callable
from pathlib import Path

from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed
from websockets.typing import Subprotocol

from caller.eventlog import EventLog, Head, LogError, chain
from caller.eventlog.stores import printable
from caller.eventlog.stores.postgres import PostgresCopy
from caller.eventlog.stores.postgres_reads import PostgresView
from caller.eventlog.stores.write_right import WriteRight
from caller.protocol import frames
from caller.protocol.frames import PeerError
from caller.service.preparation import whole_commands
from caller.service.shared_files import SharedFiles
from caller.service.startup import SettingsSource, WarmMemory, recover
from config.instants import Seconds
from config.process.tls import ServerTls
from config.settings import Settings

ASK_SECONDS: Seconds = 0.1  # between two looks: whether the right is free, and what the log has more
AGAIN_SECONDS: Seconds = 0.5  # between tries to reach a database that is away
PASSING = frozenset({"no-database", "database-full"})  # waited out


class Standby:
    """The wait of one caller. `right` is held when `wait` has returned without `stop`."""

    def __init__(
        self,
        address: str,
        path: Path,
        settings: Settings,
        versions: SettingsSource | None = None,
        files: SharedFiles | None = None,
    ) -> None:
        """`files`: of this PC, kept as the caller's that writes."""
        self.right = WriteRight(address, settings.hall.site)
        self._address, self._path = address, path
        self._settings, self._versions = settings, versions
        self._files = files
        self._source: PostgresCopy | None = None
        self._warm: WarmMemory | None = None

    def wait(self, stop: threading.Event, told: Callable[[LogError], object]) -> WarmMemory | None:
        """Follow the log until the right is ours, or `stop`; return what was folded. For a thread of its own.

        `told` hears what it waits for. Raises `LogError` for what does not pass by itself.
        """
        while not stop.is_set():
            try:
                if self.right.tried():
                    break
                self._follow()
                if self._files:
                    self._files.take(self.right.server)
                told(LogError("superseded", path=printable(self._address), name=self.right.holder))
                stop.wait(ASK_SECONDS)
            except LogError as error:
                if error.code not in PASSING:
                    raise
                self._leave_source()
                told(error)
                stop.wait(AGAIN_SECONDS)
        self._leave_source()
        if self._files and self.right.session:
            self._files.take(self.right.server, at_once=True)
        return self._warm

    def _follow(self) -> None:
        """Fold what the log has more. Raises `LogError`."""
        if self._source is None:
            self._source = PostgresCopy(self._address, server=self.right.server, confirmed=True)
            if self._warm and not self._source.holds(self._warm.head):
                self._warm = None  # of a database whose last events are lost, or that was put back
        memory, head = self._warm or self._begun()
        while records := whole_commands(self._source, head.seq):
            memory.replay(chain.follow(head, records))
            head = Head(records[-1].seq, records[-1].hash)
            self._warm = WarmMemory(memory, head)

    def _begun(self) -> WarmMemory:
        """Return memory as the log stands now."""
        view = EventLog(
            self._path,
            self._settings.hall.site,
            hold=lambda _, site, _noted: PostgresView(site, self._address, self.right.server),
        )
        try:
            memory, _ = recover(view, self._settings, self._versions)
            self._warm = WarmMemory(memory, view.head)
            return self._warm
        finally:
            view.close()

    def _leave_source(self) -> None:
        if self._source:
            self._source.close()
        self._source = None


class WaitingRoom:
    """The port of a caller that does not write: it sends every station on."""

    async def open(self, host: str, port: int, tls: ServerTls | None) -> int:
        """Listen; return the port. Raises `OSError`."""
        self._server = await serve(
            self._send_on,
            host,
            port,
            subprotocols=[Subprotocol(frames.SUBPROTOCOL)],
            compression=None,
            open_timeout=frames.HELLO_SECONDS,
            max_size=frames.FRAME_BYTES_MAX,
            **(tls.options if tls else {}),
        )
        return next(iter(self._server.sockets)).getsockname()[1]

    async def _send_on(self, connection: ServerConnection) -> None:
        error = PeerError("not-writer")
        try:
            async with asyncio.timeout(frames.HELLO_SECONDS):
                await connection.recv()
            await connection.send(frames.encode(error.bye()))
            await connection.close(error.close_code, error.code)
        except (ConnectionClosed, TimeoutError):
            return

    async def close(self) -> None:
        """Close the port, so that the caller itself can listen there."""
        self._server.close()
        await self._server.wait_closed()
