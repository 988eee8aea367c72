"""Wall-clock instants and durations: their types, their units, and the way to local time and back. Pure.

Two kinds of time never share a name. A **wall instant** is an integer, UTC microseconds since 1970, typed
`Micros`; it is what the log, the wire and the pages carry. **Elapsed time** comes from a monotonic clock, is a
float of seconds typed `Seconds`, and means nothing outside the process that read it. Nothing here reads a clock.
"""

from datetime import UTC, date, datetime, time
from functools import cache
from typing import Annotated
from zoneinfo import ZoneInfo

from msgspec import Meta

INTEGER_MAX = 2**53 - 1  # the largest integer a page holds exactly; as an instant, the year 2255

Micros = Annotated[int, Meta(ge=0, le=INTEGER_MAX)]  # a wall-clock instant: UTC microseconds
Seconds = float  # monotonic seconds, or a duration in seconds

SECOND = 1_000_000  # microseconds
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE


@cache
def zone_of(name: str) -> ZoneInfo:
    """Return the time zone of an IANA name such as "Asia/Shanghai"."""
    return ZoneInfo(name)


def local(at: Micros, zone: str) -> datetime:
    """Return the local date and time in `zone` of a wall instant."""
    return datetime.fromtimestamp(at / SECOND, UTC).astimezone(zone_of(zone))


def instant(label: str, clock: str, zone: str) -> Micros:
    """Return the instant of "HH:MM" on day `label` ("YYYY-MM-DD") in `zone`.

    A time that the change to summer time skips is the instant after the gap; one that occurs twice is its first.
    """
    at = datetime.combine(date.fromisoformat(label), time.fromisoformat(clock), zone_of(zone))
    return round(at.timestamp()) * SECOND
