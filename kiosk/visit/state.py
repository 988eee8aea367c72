"""What the kiosk knows of the applicant in front of it, and what it counted today. Plain data."""

from typing import Any, NamedTuple

from msgspec import Struct, field

from kiosk.visit.effects import PendingVisit, SlipOutcome


class Errand(Struct):
    """All that is known of the applicant in front; forgotten whole at the wipe."""

    tab: str = "departments"
    department: str = ""
    event: int = -1
    item: str = ""
    queue: str = ""
    priority: str = "ordinary"
    person: str = ""  # keyed hash of an ID card that was read
    last4: str = ""  # of its number, to be recognised by
    elderly: bool = False  # by its year of birth
    bookings: list[dict[str, Any]] | None = None  # of the card's holder for today; None until it is known
    asked: bool = False  # the card was laid to check in, so that "none" must be said
    entry: str = ""
    kept: PendingVisit | None = None
    refusal: dict[str, str] = field(default_factory=dict[str, str])
    topic: str = ""  # what is looked at beside the hall
    ticket: str = ""  # whose slip was scanned
    key: str = ""  # of that slip, for its reprint
    found: dict[str, Any] = field(default_factory=dict[str, Any])  # its view
    fate: SlipOutcome = "none"
    copy: int = 0
    guide: SlipOutcome = "none"
    past: list[str] = field(default_factory=list[str])


class Remedies(NamedTuple):
    """The commands that put a kiosk right, as its technician would type them on this very PC."""

    enrol: str = "hallcall enrol kiosk"
    set_pin: str = "hallcall kiosk --set-pin"


PLAIN = Remedies()


class DayCounts(Struct):
    """What this kiosk did on this business day, for the staff corner."""

    day: str = ""
    issued: int = 0
    printed: int = 0  # of these, whose slip came out
    reprinted: int = 0

    @property
    def unprinted(self) -> int:
        """The rest, whatever became of the slip: numbers and slips add up, also while one is being printed."""
        return max(0, self.issued - self.printed)  # a slip may end on the day after its number
