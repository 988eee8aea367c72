"""Locks a log for the one process that writes it, and opens it for reading so that nothing in its folder is made, changed or touched: read-only media will do.

1. Without a WAL the file is whole in itself and is opened as immutable: SQLite makes no -wal and no -shm.
2. With a WAL and its -shm, beside a running caller or after a kill, both are read and the -shm is not written.
3. With a WAL but no -shm, as in a copy, SQLite would have to make one: the two files are read from a private copy in the
   temporary folder.
4. No file that this process itself writes is opened here but by SQLite: closing any descriptor of a file drops all of
   the process's POSIX locks on it, SQLite's among them, and another program that opens and closes the log would then
   take itself for the last one and delete the WAL under the caller.
5. A running caller has noted in the log that it is open, and in its folder a WAL lies beside it. So a file that says it
   is open and has no WAL was copied without it, or has lost it: the newest events may not be in it.
"""

import os
import shutil
import sqlite3
import tempfile
from pathlib import Path
from typing import NamedTuple

from caller.eventlog import schema
from caller.eventlog.errors import LogError
from config import owner_only

BUSY_MS = 2_000  # a backup or a reader never holds the log longer; an editor left open does
JOURNAL_BYTE = 18  # of the file's header: 2 for a file written through a WAL
WITH_WAL = 2
OPEN = "open"  # the key in `meta` that a caller sets while it writes

FileId = tuple[int, int]  # device and inode
written_here: set[FileId] = set()  # the logs that this process has open for writing


class OpenLog(NamedTuple):
    """A connection for reading; `private`: the folder of a private copy.

    `immutable`: what the file was when it was opened without a WAL, for SQLite then sees no change of it; else None.
    """

    connection: sqlite3.Connection
    immutable: tuple[int, int, int] | None = None
    private: "tempfile.TemporaryDirectory[str] | None" = None

    def outdated(self, path: Path) -> bool:
        """Return whether a caller has written to the log since it was opened as immutable."""
        return self.immutable is not None and (has_wal(path) or _version(path) != self.immutable)

    def close(self) -> None:
        """Close the connection and remove a private copy."""
        self.connection.close()
        if self.private:
            self.private.cleanup()


def open_read_only(path: Path) -> OpenLog:
    """Open a log file for reading. Raises `sqlite3.Error`, `OSError`."""
    if not has_wal(path):
        version = _version(path)
        return OpenLog(_connect(path, "immutable=1"), version)
    if _beside(path, "-shm").exists():
        return OpenLog(_connect(path, "readonly_shm=1"))
    private = tempfile.TemporaryDirectory(prefix="hallcall-")  # made for its owner only
    try:
        for name in (path.name, f"{path.name}-wal"):
            shutil.copyfile(path.with_name(name), Path(private.name) / name)
        return OpenLog(_connect(Path(private.name) / path.name, ""), private=private)
    except BaseException:
        private.cleanup()
        raise


def lock(path: Path) -> list[int]:
    """Return the handles of exclusive locks, held while the process lives; the kernel frees them when it dies.

    The file NAME.lock is what older versions hold. The folder itself is locked too, by its descriptor: removing or
    replacing a file in it frees nothing. So is the log's own file, which another folder may know by a hard link.
    Close the handles after SQLite's: see `opening`, 4. Raises `LogError` "in-use", "no-folder" or "read-only".
    """
    if not path.parent.is_dir():
        raise LogError("no-folder", path=path.parent)
    return hold(path.with_name(path.name + ".lock"), path.parent, *([path] if path.exists() else []))


def hold(*paths: Path) -> list[int]:
    """Return the handles of an exclusive lock on each file or folder. Raises `LogError` "in-use" or "read-only"."""
    handles: list[int] = []
    try:
        for path in paths:
            handles.append(owner_only.lock(path))
    except OSError as error:
        for handle in handles:
            os.close(handle)
        in_use = isinstance(error, BlockingIOError)
        raise LogError("in-use" if in_use else "read-only", path=paths[-1]) from None
    return handles


def has_wal(path: Path) -> bool:
    """Return whether a WAL with anything in it lies beside a log."""
    wal = _beside(path, "-wal")
    return wal.exists() and wal.stat().st_size > 0


def lacks_wal(path: Path, connection: sqlite3.Connection) -> bool:
    """Return whether a log was left open, and the WAL that must then lie beside it is not there."""
    if file_id(path) in written_here:
        return False
    with path.open("rb") as file:
        header = file.read(JOURNAL_BYTE + 1)
    written = len(header) > JOURNAL_BYTE and header[JOURNAL_BYTE] == WITH_WAL
    return written and not has_wal(path) and bool(schema.meta(connection, OPEN))


def file_id(path: Path) -> FileId:
    """Return which file it is, whatever its names are."""
    found = path.stat()
    return found.st_dev, found.st_ino


def _version(path: Path) -> tuple[int, int, int]:
    found = path.stat()
    return found.st_ino, found.st_size, found.st_mtime_ns


def _beside(path: Path, ending: str) -> Path:
    return path.with_name(path.name + ending)


def _connect(path: Path, option: str) -> sqlite3.Connection:
    uri = f"{path.resolve().as_uri()}?mode=ro&{option}"
    return sqlite3.connect(uri, uri=True, isolation_level=None, timeout=BUSY_MS / 1000)
