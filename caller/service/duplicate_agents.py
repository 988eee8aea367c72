"""Agents of one name that are connected twice: two programs on the same devices, each taking the other's keys.

The caller lets both work, for it cannot know which is the right one, and tells the technician: once in the log,
and in supervision for as long as it lasts. A look of `hallcall devices`, which borrows an agent's token for a
moment, and a line that breaks while the next one is up already, are over by the second look. Pure.
"""

import logging
from collections import Counter
from collections.abc import Iterable

from caller.protocol.permissions import Station

log = logging.getLogger("hallcall.server")


class DuplicateAgents:
    """What was seen at the last look, and what is told."""

    def __init__(self) -> None:
        self._seen: set[str] = set()
        self._told: set[str] = set()

    def look(self, stations: Iterable[Station]) -> bool:
        """Who is connected now; says whether there is something else to tell."""
        count = Counter(station.name for station in stations if station.role == "agent")
        now = {name for name, times in count.items() if times > 1}
        told, self._seen = now & self._seen, now
        for name in sorted(told - self._told):
            log.warning("agent %s 同时运行了两个，请停掉一个 / runs twice; stop one of the two", name)
        changed, self._told = told != self._told, told
        return changed

    @property
    def names(self) -> tuple[str, ...]:
        """The agents to warn about, sorted."""
        return tuple(sorted(self._told))
