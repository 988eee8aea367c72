"""What a kiosk keeps on disk, in DATA/kiosk-NAME: the pending visit, today's counts, the PIN, the page's key.

An applicant waits while the pending visit is written, so it costs one append and one sync:

1. Each record of it is a line at the end of `visit.json`; it begins with the line's break, so that it never joins a
   line that a power cut has torn.
2. The last line that can be read is the visit. A torn one behind it was never on disk whole, so `save` has not
   returned and nothing has come of it.
3. To forget the visit is to empty the file.

The other files are written whole beside their place, synced, and renamed over it, and the folder is synced too: after
a power cut there is the old content or the new one, never half of one. A visit that cannot be read is moved aside and
reported, never dropped. Of the PIN a slow salted hash is kept: four digits are few, so the screen rests after five
wrong ones (`VisitMachine.pin_checked`), and the hash protects a copied disk. A PIN kept by an older version, by scrypt,
still fits, and is hashed anew when it is next typed.

The book of numbers this kiosk may give alone (`visit.leases`) is appended to as the visit is, and `add` returns once its line is
on disk: so a number is there before it is on a screen or on paper. A torn last line was never acknowledged and is dropped;
any other that cannot be read makes a book that gives no numbers. When the lease is told anew the file is written whole.
"""

import contextlib
import errno
import hashlib
import hmac
import os
import re
import secrets
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TypeVar

import msgspec

from caller.identity import password_hash
from config import owner_only
from config.text_safety import DECODE_ERRORS
from kiosk.visit.effects import PendingVisit
from kiosk.visit.leases import AnyLeaseLine, ClockReading, Granted, LeaseBook, read

KEPT_FILE = "visit.json"
LOCK_FILE = "lock"
COUNTS_FILE = "counts.json"
PIN_FILE = "pin"
KEY_FILE = "page.key"
BOOK_FILE = "lease.book"
BOOT_ID = Path("/proc/sys/kernel/random/boot_id")
_book_lines = msgspec.json.Decoder(AnyLeaseLine)
KEY_BYTES = 16  # as URL-safe letters in the page's address
PIN = re.compile(r"[0-9]{4,12}")
OLD_SALT_BYTES = 16  # of a PIN kept by scrypt: 16 bytes of salt, 32 of hash
CountsT = TypeVar("CountsT")


class UnreadableError(Exception):
    """The kept visit cannot be read and was moved to `path`."""

    def __init__(self, path: Path) -> None:
        super().__init__(
            f"保存的取号记录无法读取，已移到 {path} / the kept visit was unreadable, moved to {path}"
        )
        self.path = path


class VisitStore:
    """The folder of one kiosk: DATA/kiosk-NAME."""

    def __init__(self, folder: Path) -> None:
        owner_only.make_folder(folder)
        self.folder = folder
        self._held = -1
        self._named = False  # whether the name of the visit's file is on disk for certain

    def hold(self) -> None:
        """Take the folder for this process until it ends or becomes another.

        Raises BlockingIOError while another process holds it.
        """
        self._held = owner_only.lock(self.folder / LOCK_FILE)

    def release(self) -> None:
        """Give the folder up, for a kiosk that ends before its process does."""
        if self._held >= 0:
            os.close(self._held)
            self._held = -1

    def save(self, kept: PendingVisit) -> None:
        """Keep a visit; it is on disk when this returns. Raises OSError; then the one before is kept."""
        _append(self.folder / KEPT_FILE, kept)
        if not self._named:
            owner_only.sync(self.folder)
            self._named = True

    def forget(self, id: str) -> None:
        """Delete the kept visit `id`; one saved after it stays. Raises OSError, UnreadableError."""
        kept = self.load()
        if kept is None or kept.id != id:
            return
        with (self.folder / KEPT_FILE).open("wb") as emptied:
            os.fsync(emptied.fileno())

    def load(self) -> PendingVisit | None:
        """Return the kept visit, if there is one. Raises UnreadableError."""
        path = self.folder / KEPT_FILE
        lines = path.read_bytes().split(b"\n") if path.exists() else []
        for line in filter(None, reversed(lines)):
            with contextlib.suppress(*DECODE_ERRORS):
                return msgspec.json.decode(line, type=PendingVisit)
        if not any(lines):
            return None
        aside = path.with_suffix(".unreadable")
        path.replace(aside)
        self._named = False
        raise UnreadableError(aside)

    def save_counts(self, counts: object) -> None:
        """Write the counts of the day, not synced: a lost figure costs no number."""
        (self.folder / COUNTS_FILE).write_bytes(msgspec.json.encode(counts))

    def load_counts(self, kind: type[CountsT]) -> CountsT:
        """Return the counts of the day; new ones where none can be read."""
        try:
            return msgspec.json.decode((self.folder / COUNTS_FILE).read_bytes(), type=kind)
        except (OSError, *DECODE_ERRORS):
            return kind()

    # --- secrets

    def page_key(self) -> str:
        """Return the key of this kiosk's page, made once and kept: it stands in the address a browser opens."""
        path = self.folder / KEY_FILE
        try:
            kept = path.read_text("ascii").strip()
        except (FileNotFoundError, UnicodeDecodeError):
            kept = ""
        if len(kept) >= KEY_BYTES:
            return kept
        made = secrets.token_urlsafe(KEY_BYTES)
        owner_only.write_whole(path, made.encode())
        return made

    def set_pin(self, pin: str) -> None:
        """Set the staff corner's PIN; takes tens of milliseconds. Raises OSError; ValueError if not 4 to 12 digits."""
        if not PIN.fullmatch(pin):
            raise ValueError("口令须为 4 至 12 位数字 / the PIN must be 4 to 12 digits")
        owner_only.write_whole(self.folder / PIN_FILE, password_hash.hashed(pin).encode("ascii"))

    def left(self) -> dict[str, str]:
        """Return what the PC that takes this kiosk's place is given at its enrolment: the PIN, as it is kept."""
        with contextlib.suppress(OSError):
            kept = (self.folder / PIN_FILE).read_bytes()
            return {"pin": kept.decode("ascii")} if kept.startswith(b"$argon2") else {}
        return {}

    def take_over(self, left: Mapping[str, str]) -> None:
        """Keep the PIN of the PC that was this kiosk before, where none is set here. Raises OSError."""
        if left.get("pin", "").startswith("$argon2") and not self.has_pin():
            owner_only.write_whole(self.folder / PIN_FILE, left["pin"].encode("ascii"))

    def has_pin(self) -> bool:
        return (self.folder / PIN_FILE).exists()

    def pin_fits(self, pin: str) -> bool | None:
        """Return whether this is the PIN that is set at this moment; None without one.

        Takes tens of milliseconds: run it beside the event loop. Raises OSError.
        """
        try:
            kept = (self.folder / PIN_FILE).read_bytes()
        except FileNotFoundError:
            return None
        if not PIN.fullmatch(pin):
            return False
        ours = kept.startswith(b"$argon2")
        fits = password_hash.fits(pin, kept.decode("ascii", "replace")) if ours else _fits_old(pin, kept)
        if fits and (not ours or password_hash.outdated(kept.decode("ascii"))):
            with contextlib.suppress(OSError):  # a full disk keeps nobody out
                self.set_pin(pin)
        return fits


def _append(path: Path, record: PendingVisit | AnyLeaseLine) -> None:
    """Add a record to a file as a line of its own; it is on disk when this returns. Raises OSError; then the file is as before."""
    line = b"\n" + msgspec.json.encode(record)
    handle = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, owner_only.FILE)
    size = os.fstat(handle).st_size
    try:
        if os.write(handle, line) != len(line):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        os.fdatasync(handle)
    except OSError:
        with contextlib.suppress(OSError):
            os.ftruncate(handle, size)
        raise
    finally:
        os.close(handle)


def _fits_old(pin: str, kept: bytes) -> bool:
    """Return whether this is the PIN of a file as versions before argon2id wrote it."""
    salt, made = kept[:OLD_SALT_BYTES], kept[OLD_SALT_BYTES:]
    return hmac.compare_digest(made, hashlib.scrypt(pin.encode(), salt=salt, n=2**14, r=8, p=1, dklen=32))


# --- the numbers this kiosk may give alone


def _boot() -> str:
    """Return what names this start of the PC; where the system does not tell, this start of the program."""
    with contextlib.suppress(OSError):
        return BOOT_ID.read_text("ascii").strip()
    return secrets.token_hex(8)


BOOT = _boot()


def reading() -> ClockReading:
    """Return this PC's clocks now."""
    clock = getattr(time, "CLOCK_BOOTTIME", None)  # it counts while the PC sleeps
    elapsed = time.clock_gettime_ns(clock) if clock is not None else time.monotonic_ns()
    return ClockReading(elapsed // 1000, BOOT, time.time_ns() // 1000)


class LeasedNumbers:
    """The book and its file. `read_clocks`: this PC's clocks."""

    def __init__(self, folder: Path, read_clocks: Callable[[], ClockReading] = reading) -> None:
        self._path = folder / BOOK_FILE
        self.read_clocks = read_clocks
        self.book, torn = self._load()
        if torn:  # a line put behind it would make it one that cannot be read
            self._write(self.book)

    def add(self, line: AnyLeaseLine) -> None:
        """Keep a line; it is on disk when this returns, and in the book. Raises OSError; then it is in neither."""
        if isinstance(line, Granted):
            self._begin_anew(line)
        else:
            new = not self._path.exists()
            _append(self._path, line)
            if new:
                owner_only.sync(self._path.parent)
        self.book.add(line)

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


def _decoded(line: bytes) -> AnyLeaseLine | None:
    try:
        return _book_lines.decode(line)
    except DECODE_ERRORS:
        return None
