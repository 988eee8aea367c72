"""What can go wrong with a log, as one typed error with words for a person and the next step.

SQLite names its errors (SQLITE_FULL, SQLITE_IOERR_WRITE ...); a clerk or technician needs to know what it means
here and what to do. Every room above catches `LogError` and nothing of sqlite3.
"""

import shutil
import sqlite3
from pathlib import Path

from config.catalogue import MessageError

BY_NAME: dict[str, str] = {
    "SQLITE_FULL": "disk-full",
    "SQLITE_IOERR": "disk-error",
    "SQLITE_BUSY": "busy",
    "SQLITE_LOCKED": "busy",
    "SQLITE_PROTOCOL": "busy",
    "SQLITE_CORRUPT": "corrupt",
    "SQLITE_NOTADB": "not-a-log",
    "SQLITE_READONLY": "read-only",
    "SQLITE_PERM": "read-only",
    "SQLITE_CANTOPEN": "read-only",
}


UNREADABLE = frozenset({"newer", "newer-event"})  # until this PC gets the version that wrote it


class LogError(MessageError):
    """The log cannot do it. `seq` names the event when one is to blame.

    `unknown`: a commit failed in a way that leaves open whether its rows are on disk.
    """

    kind = "log-error"
    unknown = False

    def __init__(self, code: str, seq: int = 0, /, **facts: object) -> None:
        super().__init__(code, **(facts | {"seq": seq}))
        self.seq = seq


def explain(error: Exception, path: Path) -> LogError:
    """Return any failure of the store as a `LogError`."""
    if isinstance(error, LogError):
        return error
    name = getattr(error, "sqlite_errorname", "") or ""
    family = "_".join(name.split("_")[:2])
    code = BY_NAME.get(family, "failed")
    if isinstance(error, sqlite3.DatabaseError) and not name and "not a database" in str(error):
        code = "not-a-log"
    return LogError(code, path=path, detail=str(error) or repr(error))


# --- room on the disk

KEPT_FOR_LOG_MIB = 200  # what follows the log stops above this; a day of a county hall takes about 5
MIB = 1 << 20


def free_mib(folder: Path) -> int:
    """Return how many MiB are free where a data folder lies. Raises `OSError`."""
    return shutil.disk_usage(folder).free // MIB


def lacks_room(folder: Path) -> bool:
    """Return whether what follows the log must stop, so that the log itself goes on: the hall comes first. Raises `OSError`."""
    return free_mib(folder) < KEPT_FOR_LOG_MIB
