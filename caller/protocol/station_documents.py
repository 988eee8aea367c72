"""Documents for the programs of stations: settings, jobs, and what a loudspeaker tells all who wait. Pure.

The rules are those of `documents`.
"""

from typing import Annotated, Any, NotRequired, TypedDict

from caller.engine.commands import JobKind
from caller.engine.station_jobs import JobState
from caller.protocol.case_documents import NoticeView
from caller.protocol.document_parts import LaterStop
from config.instants import Micros

ByJob = Annotated[str, "job, the id of the command that requested it"]


class SettingsView(TypedDict):
    """The settings in force, but for what no station needs; a key with the value null or of none is left out."""

    version: int  # 0: the hall's file, before its first version
    hash: str  # of the version's text
    settings: dict[str, Any]  # the tables of docs/settings.md, in the plural, each row with all its keys


class AnnouncementLine(TypedDict):
    """A message to all who wait: shown until its time is over, and spoken once in each loudspeaker's place."""

    call: int  # names this message among the calls, for the voice
    zh: str
    en: str
    zone: str  # boards and loudspeaker of this place only; empty: all
    at: Micros
    until: Micros


class RatingRootLine(TypedDict):
    """The newest daily root of the log, published so that no rating under it can be changed (docs/ratings.md)."""

    day: str  # the business day it closes
    last: int  # the seq of its last event, which names its list: /ratings/LAST.json
    levels: list[int]  # how many ratings of level 1 to 5 are under it
    case_levels: list[
        int
    ]  # how many of them are of decided cases; empty: the root of an older version counts them as one
    root: str  # 64 hex digits


class RootShown(TypedDict):
    """What boards and kiosks show of the ratings."""

    ratings: NotRequired[RatingRootLine]  # only once a day with its ratings has its root


class StandingLine(TypedDict):
    """A window in the month published last. Shares are 0 to 1, of its planned days."""

    window: str
    place: int  # 0: not ranked
    points: NotRequired[float]  # only where it has a score
    attendance: NotRequired[float]  # only where a shift asked somebody to be there
    punctual: NotRequired[float]  # only with attendance


class PublishedMonth(TypedDict):
    """The ranking and the attendance of windows, as a manager published them."""

    month: str  # 2026-11
    windows: list[StandingLine]  # by place; those without one last


class MonthShown(TypedDict):
    """What boards, and tablets of their own window alone, show of the month published last."""

    month: NotRequired[PublishedMonth]  # only once one was published


class TakeCodes(TypedDict):
    """The code of the minute, by which a phone shows that it is here (docs/phone.md)."""

    code: str  # shown as the address /take?code=CODE
    before: str  # of the minute before, still taken


class TakeShown(TypedDict):
    """What boards and kiosks show for phones."""

    take: NotRequired[TakeCodes]  # only while the day is open in a hall that gives numbers to phones


class ScreensDark(TypedDict):
    """Which screens their hours turn off now (`[[screen]]`); none while the business day is open."""

    dark: NotRequired[list[str]]  # board/AREA (board/hall for the whole hall) and sign/WINDOW


class QuestionLine(TypedDict):
    """A question that the hall has published from its consultations, with its answer."""

    number: str  # of the consultation
    question: str
    answer: str
    item: str  # its id, or empty
    at: Micros
    question_en: str  # empty where the hall has no English text
    answer_en: str


class QuestionsView(TypedDict):
    """The published questions and answers, the newest first: as many as a frame holds."""

    questions: list[QuestionLine]


# --- jobs of a station


class JobsView(TypedDict):
    """What a station is asked to do, for the station itself and for the one that asked."""

    station: str  # an agent's PC or a kiosk
    dark: NotRequired[bool]  # only where its screen has hours: whether they turn it off now
    jobs: dict[ByJob, "JobLine"]


class JobLine(TypedDict):
    """One job and its state."""

    kind: JobKind
    device: str  # the printer or evaluator; empty for what concerns the station
    percent: NotRequired[int]  # only of a volume or a brightness
    state: JobState
    requested: Micros
    until: Micros  # its limit
    by: str  # the station that asked
    detail: str  # why it failed or is unknown; else empty
    slip: NotRequired["JobSlip"]  # only while a slip is to be printed
    notice: NotRequired[NoticeView]  # only while a notice is to be printed


class JobSlip(TypedDict):
    """The facts of the slip to print."""

    ticket: str  # id
    number: str
    queue: str  # id
    priority: str  # class
    items: list[str]  # ids
    issued: Micros
    ahead: int  # people called before it; 0 once it is called
    low: int  # expected wait in minutes, from; -1 unknown
    high: int  # to; -1 unknown
    then: NotRequired[list[LaterStop]]  # only where the visit goes on at other windows
