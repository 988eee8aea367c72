"""Keeps the book of numbers a kiosk may give alone (`visit.leases`) on disk: DATA/kiosk-NAME/lease.book.

1. A line is appended and synced; only then is it in the book. So a number is on disk before it is on a screen or on paper.
2. A line begins with its line's break, so that it never joins one that a power cut has torn. A torn last line was never
   acknowledged and is dropped; any other that cannot be read makes a book that gives no numbers.
3. When the lease is told anew the file is written whole beside its place, synced, and renamed over it: it never grows
   longer than a day.
"""

import errno
import os
import secrets
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import msgspec

from config import owner_only
from config.text_safety import DECODE_ERRORS
from kiosk.visit.leases import AnyLine, Granted, LeaseBook, Reading, read

FILE = "lease.book"
BOOT_ID = Path("/proc/sys/kernel/random/boot_id")
_decoder = msgspec.json.Decoder(AnyLine)


def _boot() -> str:
    """Return what names this start of the PC; where the system does not tell, this start of the program."""
    with suppress(OSError):
        return BOOT_ID.read_text("ascii").strip()
    return secrets.token_hex(8)


BOOT = _boot()


def reading() -> Reading:
    """Return this PC's clocks now."""
    clock = getattr(time, "CLOCK_BOOTTIME", None)  # it counts while the PC sleeps
    elapsed = time.clock_gettime_ns(clock) if clock is not None else time.monotonic_ns()
    return Reading(elapsed // 1000, BOOT, time.time_ns() // 1000)


class LeasedNumbers:
    """The book and its file. `read_clocks`: this PC's clocks."""

    def __init__(self, folder: Path, read_clocks: Callable[[], Reading] = reading) -> None:
        self._path = folder / FILE
        self.read_clocks = read_clocks
        self.book, torn = self._load()
        if torn:  # a line put behind it would make it one that cannot be read
            self._write(self.book)

    def add(self, line: AnyLine) -> None:
        """Keep a line; it is on disk when this returns, and in the book. Raises OSError; then it is in neither."""
        if isinstance(line, Granted):
            self._begin_anew(line)
        else:
            self._append(line)
        self.book.add(line)

    def _append(self, line: AnyLine) -> None:
        data = b"\n" + msgspec.json.encode(line)
        flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC
        new = not self._path.exists()
        handle = os.open(self._path, flags, owner_only.FILE)
        size = os.fstat(handle).st_size
        try:
            if os.write(handle, data) != len(data):
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            os.fsync(handle)
        except OSError:
            with suppress(OSError):
                os.ftruncate(handle, size)
            raise
        finally:
            os.close(handle)
        if new:
            owner_only.sync(self._path.parent)

    def _begin_anew(self, lease: Granted) -> None:
        self._write(LeaseBook(lease, self.book.heard, self.book.given, self.book.told))

    def _write(self, book: LeaseBook) -> None:
        lines = b"".join(b"\n" + msgspec.json.encode(each) for each in book.kept())
        owner_only.write_whole(self._path, lines)

    def _load(self) -> tuple[LeaseBook, bool]:
        """Return the book, and whether its last line is torn."""
        try:
            data = self._path.read_bytes()
        except FileNotFoundError:
            return LeaseBook(), False
        lines = [_decoded(each) for each in filter(None, data.split(b"\n"))]
        torn = bool(lines) and lines[-1] is None
        return read(lines[:-1] if torn else lines), torn


def _decoded(line: bytes) -> AnyLine | None:
    try:
        return _decoder.decode(line)
    except DECODE_ERRORS:
        return None
