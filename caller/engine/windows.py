"""A window is closed, open or paused; this module also says what a clerk there can serve.

`TABLE[state][event]` is the state after the event, as for tickets. The state of a ticket, not of its window,
says whether the window calls or serves an applicant. `caller.docs.states` writes docs/states.md from the
table.
"""

from typing import Any

from msgspec import Struct

from caller.engine import events as ev
from caller.engine.desk_commands import AlarmKind
from caller.engine.hall_events import ClerkRelieved
from config.instants import MINUTE, Micros
from config.settings import Settings
from config.settings import Window as WindowTable

TABLE: dict[str, dict[type[Any], str]] = {
    "closed": {ev.WindowOpened: "open"},
    "open": {ev.WindowPaused: "paused", ev.WindowClosed: "closed", ClerkRelieved: "open"},
    "paused": {ev.WindowResumed: "open", ev.WindowClosed: "closed", ClerkRelieved: "open"},
}


class Call(Struct):
    """A call as the board shows and the voice speaks it, made at UTC microseconds `at`; `call` is its seq in the log."""

    call: int
    ticket: str
    number: str
    window: str
    at: Micros
    times: int = 0


class Reception(Struct):
    """A service that a clerk has ended at a window. Instants are UTC microseconds; `correct_until`: of its outcome.

    `made`: the case or the voucher that followed from its outcome; `case`: the number of a case done on the spot.
    """

    ticket: str
    number: str
    window: str
    began: Micros
    ended: Micros
    outcome: str
    correct_until: Micros = 0
    made: str = ""
    case: str = ""
    item: str = ""  # of what followed
    reason: str = ""  # of its outcome, a code of the hall's list


class WindowAlarm(Struct):
    """A clerk's call for a manager or security (`alarms`), raised and acknowledged at UTC microseconds; 0: not yet."""

    kind: AlarmKind
    raised: Micros
    acknowledged: Micros = 0


class WindowMessage(Struct):
    """A message that the clerk has not read, sent by the station `by` at UTC microseconds `at`."""

    id: str
    code: str
    ticket: str
    by: str
    at: Micros


class LaidCard(Struct):
    """The ID card laid last on the reader of a guide desk, at UTC microseconds `at`: the keyed hash of its number."""

    person: str
    at: Micros


class WindowState(Struct):
    """A window as it stands. `version` counts what happened here: a press names the one it was made on."""

    id: str
    state: str = "closed"
    clerk: str = ""
    serves: dict[str, int] = {}  # reluctance in microseconds by queue
    ticket: str = ""  # called or serving here
    version: int = 0
    since: int = 0
    reason: str = ""
    served: int = 0
    last: str = ""  # ticket finished here last
    rated: int = 0  # the level it was given, 0 while unrated
    freed: int = 0  # when the last applicant left
    due: Micros = 0  # when a pause should be over; 0 in an event of an older version
    alarm: WindowAlarm | None = None
    back: Micros = 0  # when its clerk said to be back; 0: they said nothing
    messages: list[WindowMessage] = []  # the oldest first
    card: LaidCard | None = None  # of a guide desk
    reset: bool = False  # its queues were changed while open: who was put aside here may be of another queue


def move(window: WindowState, event: type[Any], at: Micros) -> None:
    """Move the window by the table, at UTC microseconds `at`. A KeyError is our bug: `decide` must have refused."""
    window.state = TABLE[window.state][event]
    window.since = at
    window.version += 1


def serves(settings: Settings, window: WindowTable, only: list[str]) -> dict[str, int]:
    """Return the reluctance (microseconds) by queue of a clerk who can serve `only` (empty: all) at this window."""
    base = settings.rules.floating_minutes if window.kind == "floating" else 0.0
    queues = dict.fromkeys(window.queues, base) | window.helps
    return {queue: round(minutes * MINUTE) for queue, minutes in queues.items() if not only or queue in only}
