"""The one record that a kiosk keeps of a visit, in a file of two slots.

An applicant waits while it is written, so it costs one write to the disk and no more: the file has its length from
the start, and no name changes.

1. A slot holds a checksum, a count that grows with every record, the length, and the record; zeros fill it.
2. A record is written over the older slot, and is on disk when `write` returns. A power cut during it leaves the
   other slot: there is the old record or the new one, never half of one.
3. The valid slot with the highest count is the record. A file of zeros holds none.
4. `clear` zeroes the older slot, then the newer: nothing of the visit stays on disk.
"""

import os
import struct
import zlib
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from config import owner_only

SLOT_BYTES = 4096  # what a disk writes at once; a record is under 1 KiB
FILE_BYTES = 2 * SLOT_BYTES
HEAD = struct.Struct(">IQI")  # CRC-32 of all that follows it, count, length of the record
CHECKSUM_BYTES = 4


class DamagedError(Exception):
    """Something is written in the file, and neither slot is valid."""


class PendingVisitFile:
    """The file at `path`; made with the first record."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def write(self, record: bytes) -> None:
        """Put a record in the place of the one before; it is on disk when this returns. Raises OSError."""
        if HEAD.size + len(record) > SLOT_BYTES:
            raise OSError(f"a record of {len(record)} bytes is longer than a slot")
        with self._open() as handle:
            counts = [count for count, _ in _slots(os.pread(handle, FILE_BYTES, 0))]
            body = HEAD.pack(0, max(counts) + 1, len(record))[CHECKSUM_BYTES:] + record
            _write(handle, _older(counts), zlib.crc32(body).to_bytes(CHECKSUM_BYTES) + body)

    def read(self) -> bytes | None:
        """Return the record, if there is one. Raises DamagedError, OSError."""
        content = self.path.read_bytes() if self.path.exists() else b""
        count, record = max(_slots(content))
        if not count and any(content):
            raise DamagedError
        return record if count else None

    def clear(self) -> None:
        """Leave nothing of the record. Raises OSError."""
        with self._open() as handle:
            older = _older([count for count, _ in _slots(os.pread(handle, FILE_BYTES, 0))])
            _write(handle, older, b"")
            _write(handle, 1 - older, b"")

    @contextmanager
    def _open(self) -> Generator[int]:
        """Open the file, at its full length, for writes that return when they are on disk."""
        handle = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_DSYNC | os.O_CLOEXEC, owner_only.FILE)
        try:
            if os.fstat(handle).st_size < FILE_BYTES:
                os.pwrite(handle, bytes(FILE_BYTES), 0)
                os.fsync(handle)
                sync_folder(self.path.parent)
            yield handle
        finally:
            os.close(handle)


def _slots(content: bytes) -> list[tuple[int, bytes]]:
    """Return count and record of both slots; 0 and "" of one that is not valid."""
    return [_decoded(content[at : at + SLOT_BYTES]) for at in (0, SLOT_BYTES)]


def _decoded(slot: bytes) -> tuple[int, bytes]:
    checksum, count, length = HEAD.unpack(slot[: HEAD.size].ljust(HEAD.size, b"\0"))
    end = HEAD.size + length
    if not count or end > len(slot) or zlib.crc32(slot[CHECKSUM_BYTES:end]) != checksum:
        return 0, b""
    return count, slot[HEAD.size : end]


def _older(counts: list[int]) -> int:
    return counts.index(min(counts))


def _write(handle: int, slot: int, content: bytes) -> None:
    written = os.pwrite(handle, content.ljust(SLOT_BYTES, b"\0"), slot * SLOT_BYTES)
    if written != SLOT_BYTES:
        raise OSError(f"{written} of {SLOT_BYTES} bytes were written")


def sync_folder(folder: Path) -> None:
    """Make the names in a folder durable. Raises OSError."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
