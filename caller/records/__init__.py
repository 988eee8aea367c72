"""Records: plain tables folded from the event log, for reports and for whoever likes SQL (docs/records.md).

`followed` keeps them up to date in a thread, `bring_up_to_date` once. Delete records.db and it is made again.
"""

from caller.records.errors import RecordsError
from caller.records.follower import bring_up_to_date, follow, followed
from caller.records.store import RECORDS_NAME, LogPosition, Store

__all__ = ["RECORDS_NAME", "LogPosition", "RecordsError", "Store", "bring_up_to_date", "follow", "followed"]
