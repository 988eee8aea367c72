"""Calls for help at windows (求助) in all halls, read from the kept logs: each as the hall itself has it.

An alarm is not a figure and lies in no table of the records; the log has it. A partial index holds the few rows of these kinds, so
that all halls of a city are asked at once. What a hall's own rules say of an alarm is said here again only where it must be: one
a window, the newer in the place of the older, over when it is acknowledged (`caller.engine.alarms`).
"""

from collections.abc import Iterable
from typing import NamedTuple

import msgspec

from caller.records.centre.sites import ALARM_ROWS, explained
from caller.records.stores.postgres import PostgresConnection, run
from config.instants import HOUR, Micros

LOOK_BACK: Micros = 7 * 24 * HOUR  # an alarm that nobody answered for a week is the hall's own affair
_ROWS = f"select site, at, kind, body from event where {ALARM_ROWS} and site = any(%s) and at > %s order by site, seq"


class WindowCall(NamedTuple):
    """One call for help. `kind`: whom the clerk called; `raised`, `acknowledged` (0: not yet): UTC microseconds; `by`: who
    acknowledged it."""

    site: str
    window: str
    clerk: str
    kind: str
    raised: Micros
    acknowledged: Micros = 0
    by: str = ""

    @property
    def is_open(self) -> bool:
        return not self.acknowledged


class _AlarmBody(msgspec.Struct):
    """What is read of both kinds of events; what else they hold is passed over."""

    window: str
    clerk: str = ""
    kind: str = ""
    by: str = ""


_bodies = msgspec.json.Decoder(_AlarmBody)


def window_calls(connection: PostgresConnection, halls: Iterable[str], now: Micros) -> list[WindowCall]:
    """Return the newest call of each window since `LOOK_BACK`, the open ones first and the longest open before. Raises
    `CentreError`."""
    with explained():
        rows = run(connection, _ROWS, ([*halls], now - LOOK_BACK)).fetchall()
    found: dict[tuple[str, str], WindowCall] = {}
    for site, at, kind, text in rows:
        try:
            body = _bodies.decode(text)
        except msgspec.MsgspecError:  # of a version to come
            continue
        place = site, body.window
        known = found.get(place)
        if kind == "AlarmRaised":
            found[place] = WindowCall(site, body.window, body.clerk, body.kind, at)
        elif known and known.is_open:
            found[place] = known._replace(acknowledged=at, by=body.by)
    return sorted(
        found.values(), key=lambda each: (not each.is_open, each.raised if each.is_open else -each.raised)
    )


def open_calls(calls: Iterable[WindowCall]) -> dict[str, int]:
    """Return how many calls are open in each hall that has any."""
    counts: dict[str, int] = {}
    for each in calls:
        if each.is_open:
            counts[each.site] = counts.get(each.site, 0) + 1
    return counts
