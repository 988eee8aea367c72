"""What a kiosk keeps on disk, in DATA/kiosk-NAME: the pending visit, today's counts, the PIN, the page's key.

The pending visit lies in a file of two slots (`kiosk.pending_visit_file`). The other files are written whole beside
their place, synced, and renamed over it, and the folder is synced too. Either way a power cut leaves the old record or
the new one, never half of one. A record that cannot be read is moved aside and reported, never dropped. Of the PIN a
slow salted hash is kept: four digits are few, so the screen rests after five wrong ones (`kiosk.visit.taps.enter`), and
the hash protects a copied disk.
"""

import fcntl
import hashlib
import hmac
import os
import re
import secrets
from pathlib import Path
from typing import TypeVar

import msgspec

from config import owner_only
from kiosk.pending_visit_file import DamagedError, PendingVisitFile, sync_folder
from kiosk.visit.effects import PendingVisit

KEPT_FILE = "visit.slots"
OLD_KEPT_FILE = "visit.json"  # of kiosks before 0.2: the record alone
LOCK_FILE = "lock"
COUNTS_FILE = "counts.json"
PIN_FILE = "pin"
KEY_FILE = "page.key"
KEY_BYTES = 16  # as URL-safe letters in the page's address
PIN = re.compile(r"[0-9]{4,12}")
COST = {"n": 2**14, "r": 8, "p": 1, "dklen": 32}  # scrypt: 16 MB and about 40 ms a try
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
        self._kept = PendingVisitFile(folder / KEPT_FILE)
        self._held = -1

    def hold(self) -> None:
        """Take the folder for this process until it ends or becomes another.

        Raises BlockingIOError while another process holds it.
        """
        handle = os.open(self.folder / LOCK_FILE, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, owner_only.FILE)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(handle)
            raise
        self._held = handle

    def release(self) -> None:
        """Give the folder up, for a kiosk that ends before its process does."""
        if self._held >= 0:
            os.close(self._held)
            self._held = -1

    def save(self, kept: PendingVisit) -> None:
        """Keep a visit; it is on disk when this returns. Raises OSError."""
        self._kept.write(msgspec.json.encode(kept))
        self._drop_old()

    def forget(self, id: str) -> None:
        """Delete the kept visit `id`; one saved after it stays. Raises OSError, UnreadableError."""
        kept = self.load()
        if kept is None or kept.id != id:
            return
        self._kept.clear()
        self._drop_old()

    def load(self) -> PendingVisit | None:
        """Return the kept visit, if there is one. Raises UnreadableError."""
        path, old = self._kept.path, self.folder / OLD_KEPT_FILE
        try:
            record = self._kept.read()
            if record is None and old.exists():
                path, record = old, old.read_bytes()
            return None if record is None else msgspec.json.decode(record, type=PendingVisit)
        except (DamagedError, msgspec.MsgspecError, UnicodeDecodeError):
            aside = path.with_suffix(".unreadable")
            path.replace(aside)
            raise UnreadableError(aside) from None

    def _drop_old(self) -> None:
        """Delete the record that a kiosk before this version left."""
        old = self.folder / OLD_KEPT_FILE
        if old.exists():
            old.unlink()
            sync_folder(self.folder)

    def save_counts(self, counts: object) -> None:
        """Write the counts of the day, not synced: a lost figure costs no number."""
        (self.folder / COUNTS_FILE).write_bytes(msgspec.json.encode(counts))

    def load_counts(self, kind: type[CountsT]) -> CountsT:
        """Return the counts of the day; new ones where none can be read."""
        try:
            return msgspec.json.decode((self.folder / COUNTS_FILE).read_bytes(), type=kind)
        except (OSError, msgspec.MsgspecError, UnicodeDecodeError):
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
        write_whole(path, made.encode())
        return made

    def set_pin(self, pin: str) -> None:
        """Set the staff corner's PIN. Raises ValueError if it is not 4 to 12 digits."""
        if not PIN.fullmatch(pin):
            raise ValueError("口令须为 4 至 12 位数字 / the PIN must be 4 to 12 digits")
        salt = os.urandom(16)
        write_whole(self.folder / PIN_FILE, salt + _hash(pin, salt))

    def pin_fits(self, pin: str) -> bool | None:
        """Return whether this is the PIN that is set at this moment; None without one."""
        try:
            kept = (self.folder / PIN_FILE).read_bytes()
        except FileNotFoundError:
            return None
        return bool(PIN.fullmatch(pin)) and hmac.compare_digest(kept[16:], _hash(pin, kept[:16]))


def _hash(pin: str, salt: bytes) -> bytes:
    return hashlib.scrypt(pin.encode(), salt=salt, n=COST["n"], r=COST["r"], p=COST["p"], dklen=COST["dklen"])


def write_whole(path: Path, data: bytes) -> None:
    """Replace a small file, readable by its owner only; a power cut leaves the old or the new one."""
    fresh = path.with_suffix(".new")
    fresh.unlink(missing_ok=True)
    with owner_only.new_file(fresh) as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)
    sync_folder(path.parent)
