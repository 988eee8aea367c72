"""A caller that waits: it folds the log that another one writes, and takes the right to write when that one stops.

1. Memory is made once, from the checkpoint and the register, and then follows the log, a tenth of a second behind. So a
   take-over folds a handful of events only.
2. The right is asked for all the while (`stores.write_right`). The database gives it to one.
3. A caller asks for it only after it has read the log. Where another version has written what this one cannot read, it **stands aside**:
   it says why, keeps the files of this PC the same as the other's, and never takes the right; where the very last event alone
   says so, it gives the right back before it writes an event.
4. A new version on trial (`packaging/updating.py`) asks for nothing and writes nothing: it reads, and `/healthz` tells whether
   it could go on. So an update that is taken back finds the database as it was.
5. Stations that come here meanwhile are told `not-writer` and go on to the next address they know.
"""

import asyncio
import http
import threading
from collections.abc import Callable
from pathlib import Path

from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request, Response
from websockets.typing import Subprotocol

from caller.eventlog import EventLog, Head, LogError, chain
from caller.eventlog.errors import UNREADABLE
from caller.eventlog.stores import printable
from caller.eventlog.stores.postgres import PostgresCopy
from caller.eventlog.stores.postgres_reads import PostgresView
from caller.eventlog.stores.write_right import WriteRight
from caller.protocol import frames
from caller.protocol.frames import PeerError
from caller.service.connection import HEALTH_PATH, TRIAL, is_on_trial
from caller.service.preparation import whole_commands
from caller.service.shared_files import SharedFiles
from caller.service.startup import SettingsSource, WarmMemory, recover
from config.instants import Seconds
from config.process.running import VERSION
from config.process.tls import ServerTls
from config.settings import Settings

ASK_SECONDS: Seconds = 0.1  # between two looks: whether the right is free, and what the log has more
AGAIN_SECONDS: Seconds = 0.5  # between tries to reach a database that is away
PASSING = frozenset({"no-database", "database-full"})  # waited out
READS = "正在读日志 / reading the log"


class Standby:
    """The wait of one caller. `right` is held when `wait` has returned without `stop`."""

    def __init__(
        self,
        address: str,
        path: Path,
        settings: Settings,
        versions: SettingsSource | None = None,
        files: SharedFiles | None = None,
        trial: Path = TRIAL,
    ) -> None:
        """`files`: of this PC, kept as the caller's that writes. `trial`: see `connection.Limits`."""
        self.right = WriteRight(address, settings.hall.site)
        self._address, self._path, self._trial = address, path, trial
        self._settings, self._versions = settings, versions
        self._files = files
        self._source: PostgresCopy | None = None
        self._warm: WarmMemory | None = None
        self._has_read = False  # all that there was: only then the right is asked for
        self.trouble: LogError | None = None  # of the last look at the log

    def why_not(self) -> str:
        """Return why it could not go on from the log now; empty where it could."""
        return str(self.trouble.message) if self.trouble else "" if self._has_read else READS

    def wait(self, stop: threading.Event, told: Callable[[LogError], object]) -> WarmMemory | None:
        """Follow the log until the right is ours, or `stop`; return what was folded. For a thread of its own.

        `told` hears what it waits for. Raises `LogError` for what does not pass by itself.
        """
        while not stop.is_set():
            try:
                if self._may_take() and self._taken():
                    break
                self._round(told)
                stop.wait(ASK_SECONDS)
            except LogError as error:
                self._leave_source()
                if error.code in UNREADABLE:
                    self.right.lose()
                    error = LogError(
                        "cannot-take-over",
                        error.seq,
                        version=VERSION,
                        detail=error.message.zh,
                        detail_en=error.message.en,
                    )
                elif error.code not in PASSING:
                    raise
                self.trouble = error
                told(error)
                stop.wait(AGAIN_SECONDS)
        self._leave_source()
        if self._files and self.right.session:
            self._files.take(self.right.server, at_once=True)
        return self._warm

    def _may_take(self) -> bool:
        return self._has_read and not self._stands_aside and not is_on_trial(self._trial)

    @property
    def _stands_aside(self) -> bool:
        """Whether the log has what this version cannot read: it follows no more, and leaves the log to others for good."""
        return self.trouble is not None and self.trouble.code == "cannot-take-over"

    def _taken(self) -> bool:
        """Ask for the right once; return whether it is ours. What was written last is read before anything is written.

        Raises `LogError`; the right is then given back.
        """
        if not self.right.tried():
            return False
        try:
            self._leave_source()
            self._follow(confirmed=False)
        except BaseException:
            self.right.give_back()
            raise
        return True

    def _round(self, told: Callable[[LogError], object]) -> None:
        """Fold what the log has more, and take what the other PC gave. A version on trial takes and says nothing."""
        if not self._stands_aside:
            self._follow()
            self.trouble = None
        if is_on_trial(self._trial) or not (self.right.holder or self._stands_aside):
            return  # before somebody was found to write there, it may be an old primary, which confirms nothing for ever
        if self._files:
            self._files.take(self.right.server)
        if not self._stands_aside:
            told(LogError("superseded", path=printable(self._address), name=self.right.holder))

    def _follow(self, *, confirmed: bool = True) -> None:
        """Fold what the log has more. Raises `LogError`."""
        try:
            source = self._source or PostgresCopy(
                self._address, server=self.right.server, confirmed=confirmed, reading=True
            )
        except LogError as error:
            if error.code == "no-database" and not self._has_read:
                self.right.turn()
            if error.code != "missing":  # where there is none yet, whoever has the right makes it
                raise
            self._has_read = True
            return
        is_new, self._source = source is not self._source, source
        if source.is_old:  # tables that have no checkpoints yet: who has the right brings them up to date
            self._has_read = True
            return
        if is_new and self._warm and not source.holds(self._warm.head):
            self._warm = None  # of a database whose last events are lost, or that was put back
        memory, head = self._warm or self._begun()
        try:
            while records := whole_commands(source, head.seq):
                memory.replay(chain.follow(head, records))
                head = Head(records[-1].seq, records[-1].hash)
                self._warm = WarmMemory(memory, head)
        except LogError:
            self._warm = None  # half of a piece may be in it
            raise
        self._has_read = True

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
    """The port of a caller that does not write: it sends every station on, and tells who watches it whether it would take over."""

    def __init__(self, why_not: Callable[[], str]) -> None:
        """`why_not`: as `Standby.why_not`."""
        self._why_not = why_not

    async def open(self, host: str, port: int, tls: ServerTls | None) -> int:
        """Listen; return the port. Raises `OSError`."""
        self._server = await serve(
            self._send_on,
            host,
            port,
            process_request=self._admit,
            subprotocols=[Subprotocol(frames.SUBPROTOCOL)],
            compression=None,
            open_timeout=frames.HELLO_SECONDS,
            max_size=frames.FRAME_BYTES_MAX,
            **(tls.options if tls else {}),
        )
        return next(iter(self._server.sockets)).getsockname()[1]

    def _admit(self, connection: ServerConnection, request: Request) -> Response | None:
        if request.path != HEALTH_PATH:
            return None
        if why := self._why_not():
            return connection.respond(http.HTTPStatus.SERVICE_UNAVAILABLE, f"{why}\n")
        return connection.respond(http.HTTPStatus.OK, "standby\n")

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
