"""Parts of documents about what stands still: suspensions, messages to all who wait, breaks, the end of the day. Pure.

The rules are those of `documents`. A key that is only sometimes there is there while the thing holds: a station that does
not know it shows what it showed before.
"""

from typing import Literal, NotRequired, TypedDict

from caller.engine.suspension_terms import SuspendedScope
from config.instants import Micros


class SuspensionLine(TypedDict):
    """A queue, an item or the hall that gives and calls no numbers now; places are kept."""

    scope: SuspendedScope
    id: str  # of the queue or item; empty for the hall
    name: str
    name_en: str
    reason: str
    reason_en: str
    since: Micros
    until: Micros  # expected end; 0 not known
    call: int  # names it among the calls, for the voice


class BreakLine(TypedDict):
    """The planned break that holds now, of the hall or of a window."""

    start: Micros
    until: Micros


class QueueDoubt(TypedDict):
    """Why a number of a queue may have to wait long, for the applicant to know before the tap."""

    unstaffed: NotRequired[Micros]  # only while no window is there for the queue: since when
    rest_until: NotRequired[Micros]  # only if such a window is in a planned break: when that is over
    late: NotRequired[bool]  # only if the expected wait ends after closing: true


class ClosingLine(TypedDict):
    """What will become of those who still wait at closing time; from a quarter of an hour before it on."""

    closes: Micros
    waiting: int  # here
    rule: Literal["serve", "expire"]
    lapses: Micros  # when a visit that no clerk ends is ended by the system
    zh: str
    en: str
