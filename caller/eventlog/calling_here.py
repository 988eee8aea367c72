"""Where the log of a data folder lies, and whether the caller of this folder writes it now.

1. The log lies in the folder, or in the database whose address is in DATA/log.address, for its owner's eyes.
2. Of two PCs with one database the one whose caller writes is **calling**: it alone delivers, so that no receiver is told by both.
   Its caller holds DATA/calls.lock and touches it each `TOUCH_SECONDS`. The kernel frees the lock with the process; a
   process that stands still touches nothing, and counts as one that does not call after `STALE_SECONDS`.
3. A folder with the log in it always calls: there is no other.
4. What lies beside the log is changed on the PC that calls: on the other one it would be overwritten by what that gives
   (`check_calls`). So no person is told that something is kept which is not.
5. Who has changed it waits until the database has it, too (`wait_given`): what was acknowledged survives the loss of this PC.
   A large file is not waited for, nor a database that is away for longer than `GIVEN_SECONDS`.
"""

import hashlib
import os
import socket
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
ASKED_NAME, GIVEN_NAME = (
    "give.asked",
    "give.done",
)  # their times say until when changes are to be given, and are
GIVEN_SECONDS: Seconds = 2.0  # a whole copy of a small file takes a twentieth
GIVEN_BYTES_MAX = 2 << 20  # of a file that is given at once; a larger one is given in its turn
STANDS_BY = (
    "本机的叫号服务现在不在叫号（待命或停着），改动请在正在叫号的那台电脑上做 / this PC's caller does not call now (it stands by, or is "
    "stopped): make the change on the PC that calls"
)


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


def pc_of(data: Path) -> str:
    """Return what the database calls the PC of a data folder."""
    return hashlib.sha256(f"{socket.gethostname()} {data.resolve()}".encode()).hexdigest()[:16]


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


class StandsByError(OSError):
    """What was to be kept here would be overwritten by the PC that calls."""


def check_calls(data: Path) -> None:
    """Raise `StandsByError` unless this folder's caller calls now."""
    if not calls_here(data):
        raise StandsByError(STANDS_BY)


def asked_until(data: Path) -> int:
    """Return until when changes are asked to be given at once, in nanoseconds since 1970; 0: nothing is asked."""
    return _time_of(data / ASKED_NAME) if _time_of(data / ASKED_NAME) > _time_of(data / GIVEN_NAME) else 0


def note_given(data: Path, until: int) -> None:
    """Say that the database has all changes up to an instant of `asked_until`. Raises `OSError`."""
    _set_time(data / GIVEN_NAME, until)


def ask_given(file: Path) -> int:
    """Ask that the changes in a file beside the log be given now; return the instant, or 0 where there is no other PC or the
    file is too large. Raises `OSError`."""
    if not noted_address(file.parent) or file.stat().st_size > GIVEN_BYTES_MAX:
        return 0
    now = time.time_ns()
    _set_time(file.parent / ASKED_NAME, now)
    return now


def wait_given(file: Path) -> bool:
    """Wait until the other PC can have the changes in a file; return False where that is not known. Raises `OSError`."""
    asked, data, end = ask_given(file), file.parent, time.monotonic() + GIVEN_SECONDS
    while asked and _time_of(data / GIVEN_NAME) < asked:
        if time.monotonic() > end:
            return False
        if _time_of(data / ASKED_NAME) < asked:  # another process has asked at the same instant
            _set_time(data / ASKED_NAME, asked)
        time.sleep(AGAIN_SECONDS)
    return True


def _time_of(path: Path) -> int:
    try:
        return path.stat().st_mtime_ns
    except OSError:
        return 0


def _set_time(path: Path, at: int) -> None:
    if not path.exists():  # made apart: its time of now must not be read as one that was set
        made = path.with_name(f"{path.name}.{os.getpid()}-{threading.get_ident()}{owner_only.PART}")
        owner_only.make_file(made)
        os.utime(made, ns=(at, at))
        made.replace(path)
    os.utime(path, ns=(at, at))


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
