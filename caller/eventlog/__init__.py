"""The event log: append, recover, checkpoint, verify, back up. SQLite in WAL with `synchronous=FULL`.

`EventLog` is for the one caller that writes, `Reader` for everyone who reads while it does. Every failure
is a `LogError` with words for a person.
"""

from caller.eventlog.chain import Head, Record
from caller.eventlog.checkpoints import Checkpoint
from caller.eventlog.errors import LogError
from caller.eventlog.following import CopyFollower, copy_log
from caller.eventlog.log import LOG_NAME, EventLog, Recovery
from caller.eventlog.reading import Reader, VerifyResult, export_line, noted_in, readable, zone_of
from caller.eventlog.restoring import Restored, promote, promote_database, restore
from caller.eventlog.stores.held import RegisterBatch
from caller.eventlog.writer import Batch

__all__ = [
    "LOG_NAME",
    "Batch",
    "Checkpoint",
    "CopyFollower",
    "EventLog",
    "Head",
    "LogError",
    "Reader",
    "Record",
    "Recovery",
    "RegisterBatch",
    "Restored",
    "VerifyResult",
    "copy_log",
    "export_line",
    "noted_in",
    "promote",
    "promote_database",
    "readable",
    "restore",
    "zone_of",
]
