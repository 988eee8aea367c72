"""Keeps DATA/log.db a copy of the log in the database, beside a caller that writes there or stands by.

1. Reports, records and deliveries read the log's file; so they run on both PCs as they do in a hall without a database.
2. When the database is lost for good, `hallcall promote` makes this copy the caller's log, on either PC.
3. The address lies in DATA/log.address, for its owner's eyes, so that `hallcall doctor` can ask the database.
"""

import asyncio
import logging
import threading
from pathlib import Path

from caller.eventlog import LOG_NAME, LogError
from caller.eventlog.following import copy_piece
from caller.eventlog.stores.postgres import PostgresCopy
from caller.eventlog.stores.postgres_session import turned
from caller.eventlog.stores.sqlite import SqliteCopy
from config import owner_only
from config.instants import Seconds

ADDRESS_NAME = "log.address"
ROUND_SECONDS: Seconds = 0.2  # how much of the present the copy may lack
AGAIN_SECONDS: Seconds = 2.0  # between tries to reach a database or a disk that is away

log = logging.getLogger("hallcall.copy")


def note_address(data: Path, address: str) -> None:
    """Note where the log of a data folder lies; empty: in the folder itself. Raises `OSError`."""
    if address:
        owner_only.write_whole(data / ADDRESS_NAME, address.encode())
    else:
        (data / ADDRESS_NAME).unlink(missing_ok=True)


def noted_address(data: Path) -> str:
    """Return the address of the database that has the log of a data folder; empty where there is none."""
    try:
        return (data / ADDRESS_NAME).read_text("utf-8", errors="replace").strip()
    except OSError:
        return ""


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
