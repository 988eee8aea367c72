"""Put a backup in the place of a damaged log. The old files are set aside together, never deleted.

Copying a file over a log by hand leaves the old log's WAL beside it, which SQLite would then apply to the
copy; and a caller may be running. Both are seen to here.
"""

import os
from pathlib import Path

from caller.eventlog.errors import LogError, explain
from caller.eventlog.log import lock
from caller.eventlog.reading import Reader, VerifyResult

PARTS = ("", "-wal", "-shm")


def restore(backup: Path, path: Path, stamp: str) -> VerifyResult:
    """Verify the backup, set the log at `path` aside as `NAME.stamp`, and put the copy there."""
    if not backup.exists():
        raise LogError("no-backup", path=backup)
    handle = lock(path)
    try:
        fresh = path.with_name(f"{path.name}.new")
        fresh.unlink(missing_ok=True)
        with Reader(backup) as reader:
            verdict = reader.backup(fresh)
        for part in PARTS:
            _set_aside(path.with_name(path.name + part), path.with_name(f"{path.name}.{stamp}{part}"))
        fresh.rename(path)
    except OSError as error:
        raise explain(error, path) from error
    finally:
        os.close(handle)
    return verdict


def _set_aside(old: Path, aside: Path) -> None:
    if aside.exists():
        raise LogError("exists", path=aside)
    if old.exists():
        old.rename(aside)
