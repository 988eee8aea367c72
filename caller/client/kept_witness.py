"""Keeps the newest witness of the caller's log that a station has met: DATA/witnesses/ROLE-NAME, owner only.

A station shows the witness in its next hello, so that a caller whose log was lost or emptied learns of it. Kept on
disk, that holds for a station which was restarted in between as well.

1. A witness is opaque here. The file is one line of a fixed length, written whole by one call: the witness, and a
   checksum by which a damaged file is known and ignored, with a log line.
2. It costs nothing: written only when the witness changed, at most once in `WRITE_SECONDS`, without waiting for the
   disk. A caller sends one with each heartbeat, so the file is never much older than that. After a power failure it
   may lag, which proves less and never too much.
3. A disk that cannot take it stops no station: one log line, and the next change tries again.
"""

import logging
import os
import time
import zlib
from collections.abc import Callable
from pathlib import Path

from config import owner_only
from config.instants import Seconds

FOLDER = "witnesses"
WRITE_SECONDS: Seconds = 1.0  # between two writes
LINE_BYTES = 256  # shorter than a sector of any disk; a witness has at most 200 signs
CHECK_CHARS = 8  # of a CRC-32 in hex

log = logging.getLogger("hallcall.client")


def witness_path(data: Path, role: str, name: str) -> Path:
    """Return the file of a station in a data folder."""
    return data / FOLDER / f"{role}-{name}"


def kept_witnesses(data: Path) -> list[str]:
    """Return the witnesses that stations on this PC have kept."""
    return [text for path in sorted((data / FOLDER).glob("*")) if (text := _read(path))]


class KeptWitness:
    """One station's witness, in memory and, with a path, on disk."""

    def __init__(self, path: Path | None = None, elapsed: Callable[[], Seconds] = time.monotonic) -> None:
        """Read the file at `path`, if there is one; `elapsed` counts monotonic seconds."""
        self.path = path
        self.text = _read(path) if path else ""
        self._written = self.text
        self._elapsed = elapsed
        self._last_write: Seconds | None = None
        self._handle = -1
        self._failed = False

    def hear(self, text: str) -> None:
        """Keep a witness that the caller has sent; an empty one says nothing and replaces none."""
        self.text = text or self.text
        if self.text != self._written and self._is_due():
            self._write()

    def close(self) -> None:
        """Write what has not been written yet, and let go of the file."""
        if self.text != self._written:
            self._write()
        if self._handle >= 0:
            os.close(self._handle)
            self._handle = -1

    def _is_due(self) -> bool:
        return self._last_write is None or self._elapsed() - self._last_write >= WRITE_SECONDS

    def _write(self) -> None:
        if self.path is None:
            return
        self._last_write = self._elapsed()
        try:
            if self._handle < 0:
                owner_only.make_folder(self.path.parent)
                owner_only.make_file(self.path)
                self._handle = os.open(self.path, os.O_WRONLY)
            os.pwrite(self._handle, _line(self.text), 0)
        except OSError as error:
            if not self._failed:
                log.warning("见证不能写入 / the witness cannot be kept: %s", error)
            self._failed = True
        else:
            self._written, self._failed = self.text, False


def _line(text: str) -> bytes:
    body = text.encode("ascii", errors="replace")
    return b"%s %08x" % (body, zlib.crc32(body)) + b" " * (LINE_BYTES - len(body) - CHECK_CHARS - 2) + b"\n"


def _read(path: Path) -> str:
    """Return the witness in a file; empty where there is none, or none that is whole."""
    try:
        with path.open("rb") as file:
            line = file.read(LINE_BYTES + 1)
    except FileNotFoundError:
        return ""
    except OSError as error:
        log.warning("见证不能读取 / the witness cannot be read: %s", error)
        return ""
    body = line.partition(b" ")[0]
    if not body or line != _line(body.decode("ascii", errors="replace")):
        log.warning("见证文件已损坏，不采用 / the witness file is damaged and is ignored: %s", path)
        return ""
    return body.decode("ascii")
