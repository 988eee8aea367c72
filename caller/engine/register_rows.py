"""The rows of the register but for those of cases (`case_rows`): one struct for each kind of thing that outlives the day.

A new field gets a default; a changed shape makes a new version of the table on disk, which is folded from the log anew.
"""

from typing import Literal

from msgspec import Struct

from caller.engine.commands import FollowUpKind
from caller.engine.feedback_messages import Satisfaction
from caller.engine.performance_messages import WindowStanding
from config.instants import Micros


class EndedVisit(Struct):
    """An ended visit that can still be rated, once. `finished`: UTC microseconds; `level` 0 while unrated."""

    number: str
    window: str
    clerk: str
    finished: Micros
    level: int = 0
    question_until: Micros = 0  # deadlines; 0 in events of an older version
    rating_until: Micros = 0
    rated: int = 0  # the seq of the rating in the log, by which its receipt is found
    added: int = 0  # the level of its later addition (追评)
    case: str = ""  # whose result it collected


class Appointment(Struct):
    """A booking of the slot that starts at `slot` (UTC microseconds) on business day `day`."""

    id: str
    code: str
    item: str
    queue: str
    slot: Micros
    day: str
    person: str
    state: str = "booked"  # booked, cancelled, used, missed
    due: Micros = 0  # until when it may be checked in; 0 in an event of an older version
    client: str = ""  # whom `person` acts for, by keyed hash
    before: Micros = 0  # the slot it had, where a suspension moved or cancelled it
    why_moved: str = ""  # the reason, of the hall's list "suspend"


class NoShow(Struct):
    """A booking that its person, by keyed hash, did not come to; it outlives the booking."""

    person: str
    slot: Micros


class ItemHours(Struct):
    """How often an item was taken in each hour of the day, older days weighing less (`frequent_items`)."""

    hours: list[float]


class DeviceStatus(Struct):
    """A device's reported state, since UTC microseconds `since`."""

    kind: str
    state: str
    detail: str
    since: Micros


class ServiceTimes(Struct):
    """How long calls hold a window: weight, sum and sum of squares of minutes; older days weigh less."""

    weight: float = 0.0
    minutes: float = 0.0
    squares: float = 0.0

    def add(self, minutes: float) -> None:
        """Add one call that held its window for so many minutes."""
        self.weight += 1
        self.minutes += minutes
        self.squares += minutes * minutes

    def scale(self, factor: float) -> None:
        """Let all that was measured so far weigh `factor` of what it did."""
        self.weight *= factor
        self.minutes *= factor
        self.squares *= factor


class UsedDay(Struct):
    """A business day that was opened at UTC microseconds `opened`; its label is the row's key."""

    opened: Micros


class FollowUp(Struct):
    """A follow-up as it stands; see `followups`. Instants are UTC microseconds.

    `start`, `due`: of the round's answer. `noted`: the level of its overdue deadline. `earlier`: owners of past rounds.
    """

    id: str
    number: str
    kind: FollowUpKind
    ticket: str
    window: str
    clerk: str
    opened: Micros
    start: Micros
    due: Micros
    provisional: bool = False
    state: Literal["opened", "assigned", "answered", "closed", "reopened", "archived"] = "opened"
    owner: str = ""
    finding: str = ""
    steps: int = 0
    returns: int = 0
    appeals: int = 0
    noted: int = 0
    closed: Micros = 0
    appeal_until: Micros = 0
    earlier: list[str] = []
    ticket_number: str = ""  # of the visit
    before: Micros = 0  # the due date before it moved; 0 while it has not
    why_moved: str = ""
    told: str = ""  # the way in which the applicant was told of that; empty until then
    case: str = ""  # of an accountability record
    # Of feedback: the receipt's code, how it came in, what it is about, and how it was dealt with.
    code: str = ""
    way: str = ""
    department: str = ""
    item: str = ""
    reason: str = ""
    anonymous: bool = False
    verdict: Satisfaction = ""  # of this round's answer
    coordinated: int = 0
    transferred: int = 0
    archived: Micros = 0

    @property
    def over(self) -> bool:
        """Whether nothing is owed any more."""
        return self.state in ("closed", "archived")

    def had(self, move: str) -> bool:
        """Return whether this feedback was brought to other departments, or given to one, before."""
        return bool({"coordinate": self.coordinated, "transfer": self.transferred}.get(move, 0))


class EnteredLeave(Struct):
    """A person's leave, its days included ("YYYY-MM-DD"); `code`: of the hall's list "leave"."""

    staff: str
    first: str
    last: str
    code: str


class PeerMark(Struct):
    """The peer rating that was entered; the month and the person are the row's key."""

    points: float


class Awards(Struct):
    """The windows that the scores of a month have chosen, and how all of them stand, as it is shown."""

    month: str
    five_star: list[str]
    red_flag: list[str]
    standings: list[WindowStanding] = []


class GivenSerial(Struct):
    """The highest serial given of a kind of number in its period; both are the row's key."""

    serial: int


class VersionInForce(Struct):
    """The version of the settings in force since UTC microseconds `since`; `hash` is that of its text."""

    version: int
    hash: str
    since: Micros
