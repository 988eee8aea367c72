"""The documents of outcomes, notices and cases as types. Pure. The rules are those of `documents`.

No document names a person: who an applicant is lies in the people's store, under the case.
"""

from typing import Annotated, Literal, NotRequired, TypedDict

from caller.engine.case_messages import CaseVerb, Decision
from caller.engine.case_rows import CaseState
from caller.engine.commands import CaseNotice, FollowUpMove, Outcome
from caller.engine.deadlines import Light
from config.case_settings import CaseType
from config.fee_settings import PayWay
from config.instants import Micros

ByOutcome = Annotated[Outcome, "outcome"]
ByCase = Annotated[str, "id of the case"]
ByRecord = Annotated[str, "id of the record"]


class AskedPaperLine(TypedDict):
    """A paper that this applicant was asked for, and what was wrong with it."""

    paper: str  # its code; give it back in FinishService
    name: str
    fault: str  # a code of the hall's list


class EndingView(TypedDict):
    """How the reception at a window may end."""

    item: str  # id of what it is about; empty where the visit does not say
    outcomes: dict[ByOutcome, int]  # each with its digit, which is the same at every window
    required: bool  # the outcome must be chosen: CallNext is refused with outcome-needed
    asked: list[AskedPaperLine]  # what the applicant was asked for before, and comes back with
    refusals: list[str]  # codes of the hall's list that may be the reason of rejected
    later: list[str]  # codes of the papers that may follow after the acceptance; tick them with accepted


class NoticePaper(TypedDict):
    """A paper on a notice, in both languages."""

    name: str
    name_en: str  # empty where the hall names it in Chinese only
    why: str  # what is wrong with it; empty for one that was taken
    why_en: str


class NoticePart(TypedDict):
    """A part of what is to be done with a case: a step of its item, or a department of a parallel one."""

    name: str
    name_en: str
    lead: bool  # it leads the others
    days: int  # its limit in working days; -1: none of its own
    due: Micros  # 0: none


class NoticeHand(TypedDict):
    """In whose hand a case was, and when."""

    staff: str
    began: Micros
    ended: Micros  # 0: it is still there


class FeeFacts(TypedDict):
    """What a receipt says of a payment; money is whole fen."""

    count: int
    unit: str  # may be empty
    unit_en: str
    price: int  # of one unit
    full: int
    amount: int
    discount: str  # its name; empty without one
    discount_en: str
    basis: str  # what the fee rests on; may be empty
    basis_en: str
    discount_basis: str  # what grants the discount; may be empty
    way: PayWay
    reference: str
    corrected: int  # how often
    first: int  # the amount before it was corrected


class NoticeView(TypedDict):
    """The facts of a notice (告知单、通知书) to print; names are the hall's."""

    kind: CaseNotice
    about: str  # id of the voucher or the case
    number: str  # of the visit; may be empty
    case: str  # its number; empty on a notice of missing papers
    item: str
    item_en: str
    department: str
    department_en: str
    window: str
    window_en: str
    issued: Micros
    papers: list[NoticePaper]  # of missing papers: all of them; of others: those that were taken
    owed: list[NoticePaper]  # of an acceptance: the papers that are to follow (容缺)
    owed_due: Micros  # until when; else 0
    reason: str  # may be empty
    reason_en: str
    statutory_days: NotRequired[int]  # only if set: working days
    promised_days: NotRequired[int]  # only if set: working days
    due: Micros  # 0: no date
    before: Micros  # of an extension: the date before; else 0
    code: str  # the way back of missing papers; the progress code of a case
    until: Micros  # until when the way back is open; else 0
    voids: CaseNotice | Literal[""]  # of void: which paper is void
    nth: int  # of a pause: the how many-th it is; else 0
    left: int  # of a pause: the working days that are left
    parts: list[NoticePart]  # of a paper of the house, and of a parallel case
    hands: list[NoticeHand]  # of a paper of the house, the first one first
    owner: str  # staff number of whose hand it is in; may be empty
    ended: Micros  # when its result was given out; 0: not yet
    fee: NotRequired[FeeFacts]  # only of a receipt of a payment
    phone: str
    basis: str


class CaseLine(TypedDict):
    """A case as the window and the office see it."""

    case: str  # its id
    number: str  # what people see, B2026-000123
    item: str  # id
    case_type: CaseType
    state: CaseState
    window: str  # id; may be empty
    owner: str  # staff number of whose hand it is in; may be empty
    opened: Micros
    due: Micros  # 0: no limit
    provisional: bool  # the year's holidays are not known yet, so `due` may move
    light: Light
    decision: Decision
    extended: bool
    told: str  # how the applicant was told of the extension: page, call, letter, counter; empty until then
    ticket_number: str  # of the visit that opened it
    version: int  # give it back as `as_of` with MoveCase
    moves: list[CaseVerb]  # what may be done now
    papers: list[CaseNotice]  # that may be printed of it now
    project: str  # its number in the acceptance system; may be empty
    left: int  # working days until it is due, or that were left when it was paused, or until `asked_until`; below 0: over for so many; 0 without a limit
    pause: str  # why the clock is paused: papers, hearing, survey, inspection, expert; else empty
    asked: Micros  # since when a received case waits for papers that it was asked for; 0: it does not
    asked_until: Micros  # until when they may be brought; 0: no date is known


class CaseStepLine(TypedDict):
    """One act on a case."""

    at: Micros
    move: str  # of the table; void: its outcome was corrected
    staff: str
    code: str  # of a decision, an owner or a reason; may be empty
    more: str  # how it was told, or the reason of a decision; may be empty
    due: Micros  # the due date it set; 0: none


class PartLine(TypedDict):
    """A department's part of a case."""

    department: str  # id
    days: int  # working days
    due: Micros
    light: Light  # of one that was replied to: whether that was in time
    reply: Decision  # empty until it has replied
    replied: Micros  # 0: not yet
    staff: str  # who replied; may be empty


class JointLine(TypedDict):
    """A joint survey or review."""

    kind: str  # survey, review
    day: str  # "2026-09-23"
    held: Micros  # 0: not yet


class CaseView(CaseLine):
    """One case with its steps, for the office."""

    department: str  # id
    decided: Micros  # 0: not yet
    closed: Micros  # 0: not yet
    before: Micros  # the date before it was extended; else 0
    reason: str  # code of the hall's list: why it was not accepted, extended or granted
    pauses: dict[Annotated[str, "why"], int]  # how often its clock was paused
    steps: list[CaseStepLine]  # the newest last
    parts: list[PartLine]
    joint: list[JointLine]
    asked_papers: list[AskedPaperLine]  # what a received case waits for
    owed: list[AskedPaperLine]  # papers that are to follow
    owed_due: Micros  # until when; 0: none are
    owed_light: Light
    reported: Micros  # when it was sent up; 0: not
    heard: Micros  # when the answer from above came; 0: not yet
    agent: str  # staff number of who brought it for the applicant; may be empty
    listed: list[str]  # of an agency case: the papers that were handed in
    major: bool  # it is in the ledger of major projects
    records: dict[ByRecord, "AccountabilityLine"]  # what its red lights opened, as long as it is kept


class AccountabilityLine(TypedDict):
    """The accountability record of a red light."""

    number: str
    case: str  # id
    case_number: str  # empty where the case is kept no more
    state: str  # of a follow-up: opened, assigned, answered, closed, reopened
    window: str  # id; may be empty
    clerk: str  # staff number of who is responsible; may be empty
    department: str  # id of the department whose part ran over; empty: the case did
    owner: str  # of who answers; empty until it is assigned
    finding: str  # a code of the hall's list; empty until it is answered
    opened: Micros
    due: Micros  # to be answered and closed until
    light: Light  # grey once closed
    moves: list[FollowUpMove]  # what the table allows now


class WindowPartLine(TypedDict):
    """A part of a case that a window's department is to reply to."""

    case: str  # its id
    number: str
    item: str  # id
    department: str  # id
    window: str  # the lead window; may be empty
    due: Micros
    light: Light
    left: int  # working days; below 0: over for so many
    version: int


class CaseCounts(TypedDict):
    """How many cases there are."""

    open: int
    red: int  # overdue
    yellow: int  # due soon
    green: int  # in time
    grey: int  # paused, asked for papers, or without a limit
    refused: int  # not accepted, while a review is possible


class CasesView(TypedDict):
    """The cases of the hall by their lights, and those that call for an act first."""

    counts: CaseCounts
    cases: dict[ByCase, CaseLine]  # the first of those that are due, the earliest first
    rest: dict[ByCase, CaseLine]  # the newest of those without a running clock, and of those not accepted
    records: dict[ByRecord, AccountabilityLine]  # accountability that is not closed, the oldest first


class WindowCaseCounts(TypedDict):
    """How many cases a window follows."""

    open: int
    late: int  # of them overdue


class WindowCasesView(TypedDict):
    """The open cases of one window."""

    window: str  # id
    open: int  # how many
    cases: dict[ByCase, CaseLine]  # the first of them, in the order they fall due
    parts: dict[
        ByCase, WindowPartLine
    ]  # of cases led elsewhere, to which this window's department is to reply, due first


class ProgressPart(TypedDict):
    """A department's part, as the applicant may know it."""

    department: str  # name
    department_en: str
    due: Micros
    light: Light
    replied: Micros  # 0: not yet


CaseRating = Literal["", "open", "given"]


class CollectedCase(TypedDict):
    """The case whose result a visit collected, and its rating, apart from that of the visit."""

    number: str
    rating: CaseRating  # open: it may be rated now; empty: not now
    receipt: int  # the seq of its rating; 0 while it has none
    added: int  # the level of the later addition; 0: none yet


class ProgressView(TypedDict):
    """What the holder of a receipt's code may know of the case."""

    number: str
    item: str  # name
    item_en: str
    department: str
    department_en: str
    state: CaseState
    decision: Decision
    light: Light
    opened: Micros
    due: Micros  # 0: no limit
    provisional: bool
    before: Micros  # the date before it was extended; 0 while it has not been
    parts: list[ProgressPart]  # of a parallel case
    joint: list[JointLine]
    owed: list[str]  # names of the papers that are to follow
    owed_due: Micros  # until when; 0: none are
    asked: list[str]  # names of the papers it waits for
    asked_until: Micros  # until when they may be brought; 0: it waits for none, or no date is known
    agent: str  # staff number of who acts for the applicant (代办); may be empty
    listed: list[str]  # of an agency case: the papers that were handed in, as on its receipt
    papers_en: dict[
        Annotated[str, "name"], str
    ]  # the English names of the papers above, where the hall has them
    reported: Micros  # when it was sent to the authority above; 0: not
    heard: Micros  # when that answered; 0: not yet
    phone: str
    rating: CaseRating  # open: the case may be rated now; empty: not now
    receipt: int  # the seq of its rating, whose receipt is /progress/CODE/receipt; 0 while it has none
    added: int  # the level of the later addition; 0: none yet
