"""What can go wrong with a log, as one typed error with words for a person and the next step.

SQLite names its errors (SQLITE_FULL, SQLITE_IOERR_WRITE ...); a clerk or technician needs to know what it means
here and what to do. Every room above catches `LogError` and nothing of sqlite3.
"""

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
