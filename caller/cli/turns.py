"""The turns of a caller whose log is a database: it stands by until the right to write is its own, calls, and stands by again.

A log in a file has one turn. What a turn needs is composed anew each time, so that nothing of a former one is believed.
"""

import asyncio
import contextlib
import threading
import time
from collections.abc import Callable, Generator
from pathlib import Path

import click

from caller.eventlog import LOG_NAME, EventLog, LogError
from caller.eventlog.calling_here import asked_until
from caller.eventlog.daily_roots import DayRoot, root_due
from caller.eventlog.log import HoldStore
from caller.eventlog.stores import is_database
from caller.eventlog.stores.held_postgres import PostgresHeldLog
from caller.eventlog.stores.postgres import PostgresCopy
from caller.eventlog.stores.postgres_session import DatabaseHost
from caller.eventlog.stores.write_right import WriteRight
from caller.service.connection import Limits
from caller.service.shared_files import ROUND_SECONDS, SharedFiles
from caller.service.standby import Standby, WaitingRoom
from caller.service.startup import SettingsSource, WarmMemory
from config.catalogue import Message
from config.instants import Seconds
from config.process.options import Unable
from config.process.running import cannot_listen, in_url
from config.process.tls import ServerTls
from config.settings import Settings

ALONE_SECONDS: Seconds = (
    1.0  # by then a caller that is alone has the right, and listens as the caller at once
)
LOOK_SECONDS: Seconds = 0.1  # between two looks whether another caller has taken over
AWAY_SECONDS: Seconds = 0.5  # before the database is tried again
ASKED_SECONDS: Seconds = (
    0.05  # between two looks whether somebody waits for what lies beside the log to be given
)

REMOTE_NAME = "log.remote"  # no file: what the data folder is locked by

NO_DATABASE = (
    "--log 应写作 postgresql://主机1,主机2/数据库?target_session_attrs=read-write，不是 {place}；日志在文件里时用 --data\n"
    "Write --log as postgresql://HOST1,HOST2/DATABASE?target_session_attrs=read-write, not {place}; for a log in a file use --data"
)


def checked_address(address: str) -> None:
    """Raise `Unable` for what is no database's address; an empty one stands for the data folder."""
    if address and not is_database(address):
        raise Unable(NO_DATABASE.format(place=address))


class Turns:
    """How one caller comes to write its log. `address` empty: at once, in the data folder."""

    def __init__(self, data: Path, address: str, settings: Settings, versions: SettingsSource) -> None:
        self._settings, self._versions = settings, versions
        self.data = data
        # a name of its own where log.db is a copy: no descriptor but SQLite's may be opened on that (`opening`, 4)
        self._path = data / (REMOTE_NAME if address else LOG_NAME)
        self.address = address
        self.files = SharedFiles(data, address) if address else None
        self._server = DatabaseHost()  # the one of the address that gave the right
        self._right: WriteRight | None = None
        self._said = ""

    @contextlib.contextmanager
    def opened(self, standby: Standby | None) -> Generator[EventLog]:
        """Open the log for the turn that begins. Raises `LogError`."""
        if standby:
            self._server, self._right = standby.right.server, standby.right
        log = EventLog(self._path, self._settings.hall.site, hold=_held(self.address, standby))
        try:
            yield log
        finally:
            log.close()

    async def stand_by(
        self, stop: asyncio.Event, host: str, port: int, tls: ServerTls | None
    ) -> tuple[Standby, WarmMemory | None]:
        """Wait for the right to write, or for `stop`. Raises `LogError`, `Unable`."""
        standby, room, given_up = (
            Standby(self.address, self._path, self._settings, self._versions, self.files, Limits().trial),
            None,
            threading.Event(),
        )
        waiting = asyncio.create_task(asyncio.to_thread(standby.wait, given_up, self._tell))
        stopped = asyncio.create_task(stop.wait())
        try:
            done, _ = await asyncio.wait(
                [waiting, stopped], timeout=ALONE_SECONDS, return_when=asyncio.FIRST_COMPLETED
            )
            if not done:
                room = WaitingRoom(standby.why_not)
                port = await _listening(room, host, port, tls)
                click.echo(f"caller standby ready {'wss' if tls else 'ws'}://{in_url(host)}:{port}")
                await asyncio.wait([waiting, stopped], return_when=asyncio.FIRST_COMPLETED)
        finally:
            given_up.set()
            stopped.cancel()
            if room:
                await room.close()
        self._said = ""
        return standby, await waiting

    def _tell(self, what: LogError) -> None:
        """Say what is waited for, once."""
        if self._said != what.code:
            click.echo(str(what.message), err=True)
        self._said = what.code

    async def share(self, tell: Callable[[tuple[Message, ...]], object]) -> None:
        """Give what lies beside the log to the database, again and again, until cancelled; `tell` hears what is the matter
        with the PC that stands by."""
        if self.files:
            self.files.paired.again()
        while self.files:
            given = False
            if (right := self._right) and right.session:
                given = await asyncio.to_thread(self.files.give, right.server, right.term)
                tell(self.files.paired.troubles)
            await self._rest(ASKED_SECONDS if given else AWAY_SECONDS)
        await asyncio.Event().wait()

    async def _rest(self, least: Seconds) -> None:
        """Wait so long at least, and until a process waits for a change to be given, or the next round is due."""
        end = time.monotonic() + ROUND_SECONDS
        await asyncio.sleep(least)
        while time.monotonic() < end and not asked_until(self.data):  # noqa: ASYNC110 - another process asks, by a file
            await asyncio.sleep(ASKED_SECONDS)

    def root_due(self) -> DayRoot | None:
        """Return the root of the newest closed day that has none, from the database. Raises `LogError`."""
        with PostgresCopy(self.address, server=self._server) as database:
            return root_due(database)


def _held(address: str, standby: Standby | None) -> HoldStore | None:
    """Return how the log is held with the right that was waited for; None: as a file."""
    if standby is None:
        return None
    return lambda _, site, noted: PostgresHeldLog(site, noted, address, standby.right)


async def _listening(room: WaitingRoom, host: str, port: int, tls: ServerTls | None) -> int:
    try:
        return await room.open(host, port, tls)
    except OSError as error:
        raise cannot_listen(host, port, "[listen] caller", error) from None


async def superseded(log: EventLog) -> None:
    """Return when another caller writes the log."""
    while not log.superseded:  # noqa: ASYNC110 - a thread of the log notices it
        await asyncio.sleep(LOOK_SECONDS)
