"""A recording disk: the statements of the real event log run on it, and power may fail after any of its writes.

A VFS shim notes every write, sync, truncate and delete. `crash` makes the disk as it may look after power
failed just before the nth of them: what was synced is there; each write since then is kept, dropped or torn
at a sector by seed. Killing a process shows nothing of this, because the kernel keeps what was written.
"""

import random
import sqlite3
from pathlib import Path
from typing import Any, NamedTuple

import apsw

SECTOR = 512  # bytes a disk writes whole


class Op(NamedTuple):
    kind: str  # write, sync, truncate, delete, answered
    file: str
    offset: int = 0
    data: bytes = b""


class Recorder(apsw.VFS):
    """The recording disk, under a name of its own."""

    def __init__(self, name: str) -> None:
        self.ops: list[Op] = []
        super().__init__(name, "", maxpathname=0)

    def xOpen(self, name: Any, flags: list[int]) -> "_File":
        return _File(self.ops, name, flags)

    def xDelete(self, filename: str, syncdir: bool) -> None:
        self.ops.append(Op("delete", Path(filename).name))
        super().xDelete(filename, syncdir)

    def answered(self, note: str) -> None:
        """From here on somebody was told."""
        self.ops.append(Op("answered", note))


class _File(apsw.VFSFile):
    def __init__(self, ops: list[Op], name: Any, flags: list[int]) -> None:
        path = name.filename() if isinstance(name, apsw.URIFilename) else name
        self._ops, self._name = ops, Path(path or "").name
        super().__init__("", name, flags)

    def xWrite(self, data: Any, offset: int) -> None:
        self._ops.append(Op("write", self._name, offset, bytes(data)))
        super().xWrite(data, offset)

    def xSync(self, flags: int) -> None:
        self._ops.append(Op("sync", self._name))
        super().xSync(flags)

    def xTruncate(self, newsize: int) -> None:
        self._ops.append(Op("truncate", self._name, newsize))
        super().xTruncate(newsize)


class Connection:
    """An apsw connection on the recording disk that speaks as much sqlite3 as the event log needs."""

    def __init__(self, path: Path, recorder: Recorder, name: str) -> None:
        self.recorder = recorder
        self._connection = apsw.Connection(str(path), vfs=name)

    def execute(self, sql: str, parameters: tuple[Any, ...] = ()) -> Any:
        return self._connection.execute(sql, parameters)

    def executemany(self, sql: str, rows: Any) -> Any:
        return self._connection.executemany(sql, rows)

    @property
    def in_transaction(self) -> bool:
        return self._connection.in_transaction

    def close(self) -> None:
        self._connection.close()


Image = dict[str, bytearray]


def crash(start: Image, ops: list[Op], dice: random.Random) -> Image:
    """The disk after power failed when just `ops` had been asked of it."""
    disk = {name: bytearray(content) for name, content in start.items()}
    unsynced: list[Op] = []
    for op in ops:
        if op.kind == "sync":
            for each in unsynced:
                if each.file == op.file:
                    _apply(disk, each)
            unsynced = [each for each in unsynced if each.file != op.file]
        elif op.kind != "answered":
            unsynced.append(op)
    for op in _survivors(unsynced, dice):
        _apply(disk, op)
    return disk


def _survivors(unsynced: list[Op], dice: random.Random) -> list[Op]:
    """None, all, or by the dice: kept, dropped, or torn at a sector."""
    mode = dice.choice(("none", "all", "some", "some"))
    kept = [op for op in unsynced if mode == "all" or (mode == "some" and dice.random() < 0.5)]
    return [_torn(op, dice) if mode == "some" and dice.random() < 0.3 else op for op in kept]


def _torn(op: Op, dice: random.Random) -> Op:
    if op.kind != "write" or len(op.data) <= SECTOR:
        return op
    return op._replace(data=op.data[: SECTOR * dice.randint(1, (len(op.data) - 1) // SECTOR)])


def _apply(disk: Image, op: Op) -> None:
    if op.kind == "delete":
        disk.pop(op.file, None)
        return
    content = disk.setdefault(op.file, bytearray())
    if op.kind == "truncate":
        del content[op.offset :]
        return
    content.extend(b"\0" * (op.offset - len(content)))
    content[op.offset : op.offset + len(op.data)] = op.data


def write_image(image: Image, folder: Path, name: str) -> Path:
    """Put an image's files on a real disk; the shared-memory file does not survive a power failure."""
    for suffix in ("", "-wal", "-journal", "-shm"):
        path = folder / f"{name}{suffix}"
        content = None if suffix == "-shm" else image.get(path.name)
        if content is None:
            path.unlink(missing_ok=True)
        else:
            path.write_bytes(content)
    return folder / name


def read_image(folder: Path, name: str) -> Image:
    """What is on a real disk before power fails."""
    connection = sqlite3.connect(folder / name, isolation_level=None)
    connection.execute("pragma wal_checkpoint(truncate)")
    connection.close()
    return {
        path.name: bytearray(path.read_bytes()) for path in folder.glob(f"{name}*") if "lock" not in path.name
    }
