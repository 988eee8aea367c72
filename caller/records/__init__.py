"""Records: plain tables folded from the event log, for reports and for SQL (docs/records.md).

`followed` keeps them up to date in a thread, `bring_up_to_date` once. A records.db that is deleted is made again.
"""

from caller.records.follower import bring_up_to_date, follow, followed, readable_records
from caller.records.store import LogPosition, RecordsError, Store
from caller.records.stores.sqlite import RECORDS_NAME, SqliteStore

__all__ = [
    "RECORDS_NAME", "LogPosition", "RecordsError", "SqliteStore", "Store", "bring_up_to_date", "follow", "followed",
    "readable_records",
]  # fmt: skip
