"""The projection: events in, rows out. Pure; knows neither the log's file nor the database's.

`ticket_events`, `hall_events` and `performance_events` list in their `APPLY` tables what each event does; this file joins them, as the
engine's hall.py does. Time is the hall's: within a day it does not run backwards, whatever the clock did, exactly as
`Hall.apply` has it.
"""

from collections.abc import Callable
from typing import Any

from caller.engine import events as ev
from caller.records import hall_events, performance_events, ticket_events
from caller.records.open_rows import ProjectionState
from config.instants import Micros

APPLY: dict[type[Any], Callable[[ProjectionState, Any, int], None]] = (
    ticket_events.APPLY | hall_events.APPLY | performance_events.APPLY
)
ALSO = performance_events.ALSO  # what else some of these events make rows of


class Projection(ProjectionState):
    """Events go in by `read`; the rows they touched come out by `take`."""

    def read(self, event: ev.AnyEvent, at: Micros, seq: int) -> None:
        """Fold one event in. `at`: when it was written, `seq`: its place in the log."""
        self.now = at if isinstance(event, ev.DayOpened | ev.DayReopened) else max(self.now, at)
        APPLY[type(event)](self, event, seq)
        if type(event) in ALSO:
            ALSO[type(event)](self, event, seq)
