"""Parts that several documents share (`documents`, `guidance`, `supervision`), as types. Pure; the rules are those of
`documents`."""

from typing import Annotated, Literal, NotRequired, TypedDict

from caller.engine.guide_commands import Assistance, PapersMark
from caller.engine.lease_terms import UncheckedRule
from caller.engine.performance_messages import AwardKind
from caller.protocol.suspension_documents import BreakLine
from config.instants import Micros
from config.settings import WindowKind

ByQueue = Annotated[str, "queue"]
ByWindow = Annotated[str, "window"]
ByItem = Annotated[str, "item"]
ByCommand = Annotated[str, "kind of command"]

SeenWindowState = Literal["closed", "open", "paused", "called", "serving"]  # the last two with an applicant


class WhyNot(TypedDict):
    """Why something cannot be done now, as the caller would refuse it: shown before the press."""

    code: NotRequired[str]  # only if it cannot be done: of the refusal
    zh: NotRequired[str]  # only if it cannot be done: why
    en: NotRequired[str]  # only if it cannot be done: why
    next_zh: NotRequired[str]  # only if it cannot be done: next step
    next_en: NotRequired[str]  # only if it cannot be done: next step


class VerbState(WhyNot):
    """Whether a command of this kind, sent by the window now, would be carried out."""

    live: bool


class HallHeader(TypedDict):
    """The hall and its business day."""

    name: str
    name_en: str
    zone: str  # time zone, such as Asia/Shanghai
    day: str  # business day, such as 2026-09-21; empty before the first
    open: bool  # the business day is open
    settings: int  # version of the settings; a page that shows another one's names loads them anew
    phone: str
    complaint_phone: str


class WindowLine(TypedDict):
    """A window as everybody may see it."""

    name: str
    name_en: str
    kind: WindowKind
    state: SeenWindowState
    number: str  # being called or served; else empty
    reason: str  # why it is paused, a name from the settings; else empty
    reason_en: str
    rest: NotRequired[BreakLine]  # only in a planned break, with no applicant there
    back: str  # when its clerk said to be back, in the hall's time, such as 10:40; empty if not told, or over


class BoardWindowLine(WindowLine):
    """A window as the board shows it."""

    awards: NotRequired[list[AwardKind]]  # only what the scores of the month published last have given it


class LaterStop(TypedDict):
    """Where a visit for several items goes on, without queueing again."""

    queue: str  # id
    items: list[str]  # ids


class TicketMarks(TypedDict):
    """What the guide, or the applicant at a kiosk, has noted on a ticket."""

    papers: PapersMark  # looked through beforehand; empty if not
    assistance: Assistance  # how to meet this applicant; empty as everybody
    alone: NotRequired[
        list[UncheckedRule]
    ]  # only of one a kiosk gave while cut off: what was not looked up there


class HolderMarks(TypedDict):
    """What the holder of a number sees of it besides."""

    assistance: Assistance  # how to meet this applicant; empty as everybody
    merged: NotRequired[str]  # only once merged at a window: the number the visit goes on under
    then: NotRequired[list[LaterStop]]  # only where the visit goes on at other windows: in the order of going


class SentMessage(TypedDict):
    """A message from the guide desk that the clerk has not read."""

    message: str  # id; AcknowledgeMessage takes it
    code: str  # of the hall's list
    name: str  # what it says
    name_en: str
    number: str  # of the ticket it is about; else empty
    at: Micros
    by: str  # the station that sent it


class WindowMessages(TypedDict):
    messages: list[SentMessage]  # unread, the oldest first, at most 5
