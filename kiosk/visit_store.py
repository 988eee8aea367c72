"""The kiosk's one memory on disk: the visit that must not be lost, and today's counts.

A file is written whole beside its place, synced, and renamed over it, and the folder is synced too: after a
power cut there is the old record or the new one, never half of one. A record that cannot be read is put
aside under another name and told, never silently dropped.
"""

import contextlib
import fcntl
import os
from pathlib import Path
from typing import TypeVar

import msgspec

from config import owner_only
from kiosk.visit.effects import PendingVisit

KEPT_FILE = "visit.json"
LOCK_FILE = "lock"
COUNTS_FILE = "counts.json"
CountsT = TypeVar("CountsT")


class UnreadableError(Exception):
    """The kept visit cannot be read; it now lies at `path`."""

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

    def hold(self) -> None:
        """For this process alone, until it ends or becomes another; BlockingIOError: another one holds it."""
        handle = os.open(self.folder / LOCK_FILE, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(handle)
            raise
        self._held = handle

    def release(self) -> None:
        """For a kiosk that ends before its process does."""
        if self._held >= 0:
            os.close(self._held)
            self._held = -1

    def save(self, kept: PendingVisit) -> None:
        """On disk when this returns."""
        write_whole(self.folder / KEPT_FILE, msgspec.json.encode(kept))

    def forget(self, id: str) -> None:
        """Drop this visit; one saved after it stays."""
        kept = self.load()
        if kept is None or kept.id != id:
            return
        with contextlib.suppress(FileNotFoundError):
            (self.folder / KEPT_FILE).unlink()
        _sync_folder(self.folder)

    def load(self) -> PendingVisit | None:
        path = self.folder / KEPT_FILE
        try:
            return msgspec.json.decode(path.read_bytes(), type=PendingVisit)
        except FileNotFoundError:
            return None
        except (msgspec.MsgspecError, UnicodeDecodeError):
            aside = path.with_suffix(".unreadable")
            path.replace(aside)
            raise UnreadableError(aside) from None

    def save_counts(self, counts: object) -> None:
        """Not synced: a lost figure of the day costs nobody a number."""
        (self.folder / COUNTS_FILE).write_bytes(msgspec.json.encode(counts))

    def load_counts(self, kind: type[CountsT]) -> CountsT:
        """The day's counts, or none yet."""
        try:
            return msgspec.json.decode((self.folder / COUNTS_FILE).read_bytes(), type=kind)
        except (OSError, msgspec.MsgspecError, UnicodeDecodeError):
            return kind()


def write_whole(path: Path, data: bytes) -> None:
    """Replace a small file so that a power cut leaves the old or the new one."""
    fresh = path.with_suffix(".new")
    with fresh.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)
    _sync_folder(path.parent)


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
