"""Checkpoints: states of the memory that save folding the log from its first event.

1. The caller's own lie in the table `checkpoint`, the newest three; the register's rows lie in the table `register`,
   at the last event. Both are of the version of the program that runs.
2. A **prepared state** lies apart, in a file of DATA/prepared that is named after the version of the fold that made
   it. What a newer program prepares beside the running caller leaves that caller's tables alone, and the other way
   round. Where the register's table is of another version it is no help, so the file holds its own rows.
3. Each is sealed: it holds for one event of one log. What is torn, or fits another log, is not believed.
4. A file appears whole or not at all: it is written beside its place, synced and renamed.
"""

import os
import sqlite3
import zlib
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import msgspec

from caller.eventlog.chain import Head
from caller.eventlog.errors import LogError
from config import owner_only
from config.text_safety import DECODE_ERRORS

PREPARED_NAME = "prepared"  # the folder of prepared states
SEAL_BYTES = 32

_pack = msgspec.msgpack.Encoder()


@dataclass(slots=True)
class Checkpoint:
    """A state of the memory, packed by the writer, off the event loop. `at`: UTC microseconds."""

    head: Head
    at: int
    state: bytes


class PreparedState(msgspec.Struct, array_like=True):
    """A state and all rows of the register, both as they stand at event `seq`, whose hash is `hash`."""

    seq: int
    hash: bytes
    state: bytes
    register: list[tuple[str, str, bytes]]  # kind, key, body
    register_mark: str


_unpack = msgspec.msgpack.Decoder(PreparedState)


def seal(head: Head, packed: bytes) -> bytes:
    """Return a checkpoint's hash: it holds only for this state at this place of this log."""
    return sha256(head.hash + packed).digest()


def whole_checkpoints(connection: sqlite3.Connection) -> Iterator[tuple[Head, bytes]]:
    """Yield the place and the state of each checkpoint in the log's table that is whole, newest first."""
    query = (
        "select c.seq, c.state, c.hash, e.hash from checkpoint c join event e using (seq) order by c.seq desc"
    )
    for seq, packed, sealed, link in connection.execute(query).fetchall():
        if seal(Head(seq, link), packed) == sealed:
            yield Head(seq, link), zlib.decompress(packed)


def load_prepared(data: Path, version: str) -> PreparedState | None:
    """Return the state prepared by a version of the fold; None where there is none that is whole.

    Whether its event is in the log is for the log to say.
    """
    try:
        content = (data / PREPARED_NAME / version).read_bytes()
        sealed, packed = content[:SEAL_BYTES], content[SEAL_BYTES:]
        found = _unpack.decode(zlib.decompress(packed))
    except (OSError, zlib.error, *DECODE_ERRORS):
        return None
    return found if seal(Head(found.seq, found.hash), packed) == sealed else None


def save_prepared(data: Path, version: str, prepared: PreparedState) -> None:
    """Put a prepared state in the place of the one before it. Raises `OSError`."""
    folder = data / PREPARED_NAME
    packed = zlib.compress(_pack.encode(prepared), 1)
    owner_only.write_whole(folder / version, seal(Head(prepared.seq, prepared.hash), packed) + packed)


def drop_prepared(data: Path, version: str = "*") -> None:
    """Remove the state prepared by a version of the fold, or those of all. Raises `OSError`."""
    for file in (data / PREPARED_NAME).glob(version):
        file.unlink(missing_ok=True)


@contextmanager
def preparing(data: Path) -> Generator[None]:
    """Hold the folder of prepared states while one is made. Raises `LogError` "preparing" where another process does.

    The kernel frees it when the process dies, however it dies.
    """
    folder = data / PREPARED_NAME
    owner_only.make_folder(folder)
    try:
        handle = owner_only.lock(folder)
    except BlockingIOError:
        raise LogError("preparing", path=folder) from None
    try:
        yield
    finally:
        os.close(handle)
