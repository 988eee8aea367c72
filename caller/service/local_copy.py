"""Keeps DATA/log.db a copy of the log in the database, beside a caller that writes there or stands by.

1. Reports, records and deliveries read the log's file; so they run on both PCs as they do in a hall without a database.
2. When the database is lost for good, `hallcall promote` makes this copy the caller's log, on either PC.
3. Once the copy has what the log had as this caller's turn began, `keep_calling` says that deliveries go out from here: they
   are led along the copy by cursors that the other PC may have moved.
"""

import asyncio
import logging
import threading
from collections.abc import Callable
from pathlib import Path

from caller.eventlog import LOG_NAME, LogError, Reader
from caller.eventlog.calling_here import TOUCH_SECONDS, CallingHere
from caller.eventlog.following import copy_piece
from caller.eventlog.stores.postgres import PostgresCopy
from caller.eventlog.stores.postgres_session import turned
from caller.eventlog.stores.sqlite import SqliteCopy
from config.instants import Seconds

ROUND_SECONDS: Seconds = 0.2  # how much of the present the copy may lack
AGAIN_SECONDS: Seconds = 2.0  # between tries to reach a database or a disk that is away

log = logging.getLogger("hallcall.copy")


async def keep_copy(data: Path, site: str, address: str) -> None:
    """Copy what is new, again and again, until cancelled. It never touches the calling."""
    stop = threading.Event()
    copying = asyncio.get_running_loop().run_in_executor(None, _copy, data / LOG_NAME, site, address, stop)
    try:
        await asyncio.shield(copying)
    finally:
        stop.set()
        await copying


def _copy(path: Path, site: str, address: str, stop: threading.Event) -> None:
    said, failures = "", 0
    while not stop.is_set():
        try:
            server = turned(address, failures)  # one that fails may be an old primary that is back, alone
            with (
                PostgresCopy(address, server=server, confirmed=True) as source,
                SqliteCopy(path, site, beside_readers=True) as copy,
            ):
                while not stop.is_set():
                    source.look()
                    if not copy_piece(source, copy):
                        said = ""
                        stop.wait(ROUND_SECONDS)
        except LogError as error:
            if error.code != said:
                log.warning("no copy beside: %s", error)
            said, failures = error.code, failures + 1
            stop.wait(AGAIN_SECONDS)


async def keep_calling(data: Path, seq: int, calls: Callable[[], bool]) -> None:
    """Say that this PC calls, from when its copy of the log has event `seq` until cancelled, while `calls`.

    A PC that is cut off from the database cannot know whether the other one calls by now, so it says nothing.
    """
    calling: CallingHere | None = None
    try:
        while True:
            try:
                if calling is None and await asyncio.to_thread(_copied_to, data / LOG_NAME) >= seq:
                    calling = CallingHere(data)
                elif calling and calls():
                    calling.touch()
            except (OSError, LogError) as error:
                log.warning("nothing is delivered from here: %s", error)
            await asyncio.sleep(TOUCH_SECONDS)
    finally:
        if calling:
            calling.end()


def _copied_to(path: Path) -> int:
    """Return the last event of the copy; -1 where there is none yet. Raises `LogError`."""
    if not path.exists():
        return -1
    with Reader(path) as copy:
        return copy.last
