"""Commands and events of cases and of missing papers. FinishService (`commands`) begins most cases.

The rules of `commands` and `events` hold: no name of a person, and all that a fold needs.
"""

from typing import Annotated, Literal

from msgspec import Meta

from caller.engine.case_part_rows import PartClock
from caller.engine.case_rows import CaseState
from caller.engine.commands import CaseNotice, Command, Id, PauseCode, ProjectNumber, ToldWay
from caller.engine.hall_events import Event
from caller.engine.papers import PAPERS_MAX, AskedPaper, PaperCode, WrongPaper
from config.case_settings import CaseType

# --- commands

CaseVerb = Literal[
    "accept", "ask", "refuse", "take", "pause", "resume", "decide", "issue", "close", "extend", "tell", "withdraw",
    "reopen", "share", "reply", "plan", "held", "report", "heard", "bring",
]  # fmt: skip
Decision = Literal["", "granted", "refused", "returned"]
EXTENSION_DAYS_MAX = 60  # working days; the statutory extensions are 10 to 30


class PartWanted(Command, frozen=True, tag=False):
    """A department that a case is shared with, and its working days."""

    department: Annotated[str, Meta(min_length=1, max_length=64)]
    days: Annotated[int, Meta(ge=1, le=365)]


class OpenCase(Command, frozen=True):
    """Open a case without a reception: by the office, or by the acceptance system. `window`: which follows it.

    `project`: its number in the acceptance system; `major`: it goes into the ledger of major projects. `agent`: staff number
    of who brought it for the applicant, a village's agent say. `papers`: those that are to follow (容缺).
    """

    item: Id
    window: Annotated[str, Meta(max_length=32)] = ""
    case_type: CaseType | Literal[""] = ""
    state: Literal["accepted", "received"] = "accepted"
    staff: Annotated[str, Meta(max_length=32)] = ""
    project: ProjectNumber = ""
    agent: Annotated[str, Meta(max_length=32)] = ""
    major: bool = False
    papers: Annotated[list[WrongPaper], Meta(max_length=PAPERS_MAX)] = []  # noqa: RUF012 - of a Struct


class MoveCase(Command, frozen=True):
    """Take a case on. `as_of`: its version on the picture of who presses, so that two do not decide it at once.

    `window`: at which this is done; empty: the office. `owner`: of take, whose hand it is in now. `code`: of pause and
    extend, the reason; of refuse, and of a decision that is not granted, too. `days`: of extend, working days. `way`: of
    tell, and of extend where it was told at once, how the applicant was told. `parts`: of share, the departments and their
    working days. `department`: of reply, whose part it is; `decision` and `code` are the reply. `day` ("2026-09-23"): of
    plan, when the joint step is, `code` survey or review; of held, which. `papers`: of bring, the codes of those that
    were handed in, empty: all. `wrong`: of ask, what is missing or wrong with which papers.
    """

    case: Id
    move: CaseVerb
    as_of: Annotated[int, Meta(ge=0, le=1_000_000)]
    window: Annotated[str, Meta(max_length=32)] = ""
    staff: Annotated[str, Meta(max_length=32)] = ""
    owner: Annotated[str, Meta(max_length=32)] = ""
    decision: Decision = ""
    code: PauseCode = ""
    days: Annotated[int, Meta(ge=0, le=EXTENSION_DAYS_MAX)] = 0
    way: ToldWay | Literal[""] = ""
    department: Annotated[str, Meta(max_length=64)] = ""
    parts: Annotated[list[PartWanted], Meta(max_length=30)] = []  # noqa: RUF012 - of a Struct
    day: Annotated[str, Meta(pattern=r"^([0-9]{4}-[0-9]{2}-[0-9]{2})?\Z")] = ""
    papers: Annotated[list[PaperCode], Meta(max_length=PAPERS_MAX)] = []  # noqa: RUF012 - of a Struct
    wrong: Annotated[list[WrongPaper], Meta(max_length=PAPERS_MAX)] = []  # noqa: RUF012 - of a Struct


CaseCommand = OpenCase | MoveCase


# --- events of papers


class PapersAsked(Event, frozen=True):
    """Papers were missing or wrong, and all of them were asked for at once; the notice's code is the way back.

    `first`: the voucher with which the applicant had come back. `again`: codes of the papers that were on no list of
    theirs before: a second request, which should not be. `case`: the one that had been received, and waits for them.
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
    case: str = ""


class PapersCompleted(Event, frozen=True):
    """Who had come back with a voucher had all its papers."""

    voucher: str
    ticket: str
    item: str
    window: str
    clerk: str


class PapersVoided(Event, frozen=True):
    """Papers had been asked for by an outcome that was corrected: the voucher gives no number. `again`: as it was asked."""

    voucher: str
    ticket: str
    item: str
    window: str
    clerk: str
    again: bool = False


# --- events of cases


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
    project: str = ""  # its number in the acceptance system
    parts: list[PartClock] = []  # noqa: RUF012 - of a Struct; what was sent to the departments with the acceptance
    owed: list[AskedPaper] = []  # noqa: RUF012 - papers that are to follow, in `owed_days` until `owed_due`
    owed_days: int = 0
    owed_due: int = 0
    owed_warn: int = 0
    owed_provisional: bool = False
    agent: str = ""  # staff number of who brought it for the applicant
    listed: list[str] = []  # noqa: RUF012 - of an agency case: names of the papers that were handed in
    major: bool = False
    notice: CaseNotice | Literal[""] = ""  # the paper that the applicant has of it
    also: list[CaseNotice] = []  # noqa: RUF012 - of a Struct; what is printed beside it


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
    """A case went on. `due`, `warn`, `days`, `provisional`: of a move that sets its clock; `code`: its reason.

    `notice`: the paper that tells the applicant of it; `also`: what is printed beside it.
    """

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
    number: str = ""
    notice: CaseNotice | Literal[""] = ""
    rating_until: int = 0  # of a decision
    department: str = ""  # of reply
    parts: list[PartClock] = []  # noqa: RUF012 - of share, accept and resume: the clocks of departments' parts
    day: str = ""  # of plan
    papers: list[str] = []  # noqa: RUF012 - of bring: codes; empty: all
    also: list[CaseNotice] = []  # noqa: RUF012 - of a Struct


class CaseVoided(Event, frozen=True):
    """A case had begun with an outcome that was corrected: it is withdrawn, its number is not given again.

    `state`: the one it had begun in; `done` of one that was opened and closed on the spot. `notice`: its paper, void now.
    """

    case: str
    number: str
    state: CaseState | Literal["done"]
    ticket: str
    window: str
    clerk: str
    notice: CaseNotice | Literal[""] = ""
    review_until: int = 0


CaseEvent = PapersAsked | PapersCompleted | PapersVoided | CaseOpened | CaseDone | CaseMoved | CaseVoided
