"""The fold: events in, rows out. Pure; knows neither the log's file nor the database's.

`visits` and `house` list what each event does in their `APPLY` tables; this file joins them, as the engine's
hall.py does. Time is the hall's: within a day it does not run backwards, whatever the clock did, exactly as
`Hall.apply` has it.
"""

from collections.abc import Callable
from typing import Any

from caller.engine import events as ev
from caller.records import hall_events, ticket_events
from caller.records.open_rows import ProjectionState

APPLY: dict[type[Any], Callable[[ProjectionState, Any, int], None]] = ticket_events.APPLY | hall_events.APPLY


class Projection(ProjectionState):
    """Events go in by `read`; the rows they touched come out by `take`."""

    def read(self, event: ev.AnyEvent, at: int, seq: int) -> None:
        """Fold one event in."""
        self.now = at if isinstance(event, ev.DayOpened | ev.DayReopened) else max(self.now, at)
        APPLY[type(event)](self, event, seq)
