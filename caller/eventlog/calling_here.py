"""Where the log of a data folder lies, and whether the caller of this folder writes it now.

1. The log lies in the folder, or in the database whose address is in DATA/log.address, for its owner's eyes.
2. Of two PCs with one database the one whose caller writes is **calling**: it alone delivers, so that nobody is told by both.
   Its caller holds DATA/calls.lock and touches it each `TOUCH_SECONDS`. The kernel frees the lock with the process; a
   process that stands still touches nothing, and counts as one that does not call after `STALE_SECONDS`.
3. A folder with the log in it always calls: there is no other.
"""

import os
import threading
import time
from pathlib import Path

from config import owner_only
from config.instants import Seconds

ADDRESS_NAME = "log.address"
CALLS_NAME = "calls.lock"
TOUCH_SECONDS: Seconds = 0.5
STALE_SECONDS: Seconds = (
    3.0  # two callers at once deliver for no longer: the other takes over after half of it at most
)
LOCK_SECONDS: Seconds = 1.0  # a look holds the lock for microseconds
AGAIN_SECONDS: Seconds = 0.01


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


def calls_here(data: Path) -> bool:
    """Return whether the caller of this data folder writes the log, as far as one can see now."""
    if not noted_address(data):
        return True
    path = data / CALLS_NAME
    try:
        age = time.time() - path.stat().st_mtime
    except OSError:
        return False
    return abs(age) <= STALE_SECONDS and owner_only.is_locked(path)


class CallingHere:
    """The caller's side: from its making until `end` this folder's caller calls, as long as it is touched."""

    def __init__(self, data: Path) -> None:
        """Raises `OSError`."""
        self._path = data / CALLS_NAME
        end = time.monotonic() + LOCK_SECONDS
        while True:
            try:
                self._handle = owner_only.lock(self._path)
                break
            except BlockingIOError:
                if time.monotonic() > end:
                    raise
                time.sleep(AGAIN_SECONDS)
        self.touch()

    def touch(self) -> None:
        """Say that this caller still calls. Raises `OSError`."""
        os.utime(self._path)

    def end(self) -> None:
        """Say that it calls no longer."""
        os.close(self._handle)


class UntilNotCalling(threading.Event):
    """An event that counts as set once `stop` is, or once this folder's caller calls no longer."""

    def __init__(self, data: Path, stop: threading.Event) -> None:
        super().__init__()
        self._data, self._stop = data, stop

    def is_set(self) -> bool:
        """Return whether what is under way ends now."""
        return self._stop.is_set() or not calls_here(self._data)

    def wait(self, timeout: float | None = None) -> bool:
        """Wait for `stop`, or for so many seconds; return `is_set`."""
        self._stop.wait(timeout)
        return self.is_set()
