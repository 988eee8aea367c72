"""Records: plain tables folded from the event log, for reports and for SQL (docs/records.md).

`bring_up_to_date` folds what has come since (`caller.delivery` calls it each second). A records.db that is deleted is
made again.
"""

from caller.records.follower import bring_up_to_date, readable_records
from caller.records.store import LogPosition, RecordsError, Store
from caller.records.stores.sqlite import RECORDS_NAME, SqliteStore

__all__ = [
    "RECORDS_NAME", "LogPosition", "RecordsError", "SqliteStore", "Store", "bring_up_to_date",
    "readable_records",
]  # fmt: skip
