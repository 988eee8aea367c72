"""Events of cases and of missing papers. The rules of `events` hold: no name of a person, and all that a fold needs."""

from caller.engine.case_rows import CaseState
from caller.engine.hall_events import Event
from caller.engine.papers import AskedPaper
from config.case_settings import CaseType

# --- papers


class PapersAsked(Event, frozen=True):
    """Papers were missing or wrong, and all of them were asked for at once; the notice's code is the way back.

    `first`: the voucher with which the applicant had come back. `again`: codes of the papers that were on no list of
    theirs before: a second request, which should not be.
    """

    voucher: str
    code: str
    ticket: str
    number: str
    item: str
    window: str
    clerk: str
    until: int
    papers: list[AskedPaper]
    first: str = ""
    again: list[str] = []  # noqa: RUF012 - of a Struct


class PapersCompleted(Event, frozen=True):
    """Who had come back with a voucher had all its papers."""

    voucher: str
    ticket: str
    item: str
    window: str
    clerk: str


# --- cases


class CaseOpened(Event, frozen=True):
    """A case began in `state`; `days` working days from `since` end at `due`, and -1 is no limit."""

    case: str
    series: str
    serial: int
    number: str
    code: str
    item: str
    case_type: CaseType
    state: CaseState
    window: str
    clerk: str
    days: int
    due: int
    warn: int
    ticket: str = ""
    ticket_number: str = ""
    department: str = ""
    provisional: bool = False
    reason: str = ""
    review_until: int = 0


class CaseDone(Event, frozen=True):
    """A case was opened and closed on the spot (即办)."""

    case: str
    series: str
    serial: int
    number: str
    item: str
    case_type: CaseType
    window: str
    clerk: str
    ticket: str
    department: str = ""


class CaseMoved(Event, frozen=True):
    """A case went on. `due`, `warn`, `days`, `provisional`: of a move that sets its clock; `code`: its reason."""

    case: str
    move: str
    state: CaseState
    staff: str
    window: str = ""
    owner: str = ""
    decision: str = ""
    code: str = ""
    way: str = ""
    days: int = -1
    due: int = 0
    warn: int = 0
    provisional: bool = False
    review_until: int = 0


CaseEvent = PapersAsked | PapersCompleted | CaseOpened | CaseDone | CaseMoved
