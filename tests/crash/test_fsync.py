"""The disk fails at the last step of a commit: what was said not to be saved is not there after a kill, or the
answer says that it is unknown.

A VFS shim lets the write-ahead log be written and then fails its fsync, as a disk does that is about to die. What a
kill -9 leaves is what the kernel holds: the files as they lie there.
"""

import shutil
import sqlite3
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import apsw
import pytest

from caller.eventlog import Batch, EventLog, LogError, Reader
from caller.eventlog.stores.held_sqlite import SqliteHeldLog
from tests.instruments.event_logs import AT, SITE, Diary, issued, order

NAME = "log.db"
PATIENCE = 60.0  # seconds


class FailingDisk(apsw.VFS):
    """A disk whose next `failures` syncs of a write-ahead log fail after everything was written."""

    def __init__(self, name: str) -> None:
        self.failures = self.failed = 0
        super().__init__(name, "", maxpathname=0)

    def xOpen(self, name: Any, flags: list[int]) -> "_File":
        return _File(self, name, flags)


class _File(apsw.VFSFile):
    def __init__(self, disk: FailingDisk, name: Any, flags: list[int]) -> None:
        path = name.filename() if isinstance(name, apsw.URIFilename) else name
        self._disk, self._wal = disk, str(path or "").endswith("-wal")
        super().__init__("", name, flags)

    def xSync(self, flags: int) -> None:
        if self._wal and self._disk.failures:
            self._disk.failures -= 1
            self._disk.failed += 1
            raise apsw.IOError("fsync failed")
        super().xSync(flags)


class Connection:
    """An apsw connection on the failing disk with as much of sqlite3 as the event log needs, its errors included."""

    def __init__(self, path: Path, name: str) -> None:
        self._connection = apsw.Connection(str(path), vfs=name)

    def execute(self, sql: str, parameters: tuple[Any, ...] = ()) -> Any:
        try:
            return self._connection.execute(sql, parameters)
        except apsw.IOError as error:
            failure = sqlite3.OperationalError(str(error))
            failure.sqlite_errorname = "SQLITE_IOERR_FSYNC"
            raise failure from error

    @property
    def in_transaction(self) -> bool:
        return self._connection.in_transaction

    def close(self) -> None:
        self._connection.close()


class Bench:
    """A log on the failing disk."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        Diary(folder / NAME).log.close()  # tables by sqlite-utils, before the story
        name = f"failing-{id(self)}"
        self.disk = FailingDisk(name)
        connect: Any = lambda path: Connection(path, name)  # noqa: E731
        self.log = EventLog(folder / NAME, SITE, connect=connect)
        self._settled = threading.Event()
        self._error: LogError | None = None
        self.log.start(self._tell)

    def _tell(self, _batches: list[Batch], error: LogError | None) -> None:
        self._error = error
        self._settled.set()

    def write(self, serial: int, events: int = 1) -> LogError | None:
        batch = Batch()
        self.log.extend(
            order(f"c-{serial}"), AT, [issued(serial * 100 + n) for n in range(events)], batch.rows
        )
        self._settled.clear()
        self.log.write(batch)
        assert self._settled.wait(PATIENCE)
        return self._error

    def after_a_kill(self, to: Path) -> set[str]:
        """The commands a caller finds that starts on the files as they lie there."""
        to.mkdir()
        for name in (NAME, f"{NAME}-wal"):
            shutil.copy(self.folder / name, to / name)
        with Reader(to / NAME) as reader:
            reader.verify()
            return {record.command for record in reader.after(0)}


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    (tmp_path / "data").mkdir()
    it = Bench(tmp_path / "data")
    yield it
    it.disk.failures = 0
    it.log.close()


@pytest.mark.parametrize("events", [1, 40], ids=["one frame", "many frames"])
@pytest.mark.parametrize("before", [0, 3])
def test_what_was_refused_as_not_saved_is_not_there_after_a_kill(
    bench: Bench, tmp_path: Path, events: int, before: int
):
    for serial in range(before):
        assert bench.write(serial) is None
    bench.disk.failures = 1
    error = bench.write(10, events)
    assert error
    assert (error.code, error.unknown) == ("disk-error", False)
    assert bench.disk.failed == 1
    assert bench.after_a_kill(tmp_path / "killed") == {f"c-{serial}" for serial in range(before)}
    bench.log.rewind()
    assert bench.write(11) is None
    assert bench.after_a_kill(tmp_path / "later") == {*(f"c-{serial}" for serial in range(before)), "c-11"}


def test_without_voiding_the_refused_ticket_is_in_the_log_after_a_kill(
    bench: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    """The twin: the frames of the failed commit are whole, and whoever opens the file next applies them."""
    monkeypatch.setattr(SqliteHeldLog, "_void", lambda _self: True)
    assert bench.write(1) is None
    bench.disk.failures = 1
    assert bench.write(10)
    assert bench.after_a_kill(tmp_path / "killed") == {"c-1", "c-10"}


def test_on_a_disk_that_goes_on_failing_the_answer_is_that_nobody_knows(bench: Bench, tmp_path: Path):
    assert bench.write(1) is None
    bench.disk.failures = 10**6
    first = bench.write(10)
    assert first
    assert first.unknown
    second = bench.write(11)  # never tried: certainly not saved
    assert second
    assert not second.unknown
    assert second.message == first.message
    bench.disk.failures = 0
    bench.log.rewind()
    assert bench.log.head.seq == 1
    assert bench.write(12) is None
    assert bench.after_a_kill(tmp_path / "killed") == {"c-1", "c-12"}
