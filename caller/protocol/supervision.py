"""The documents of supervision as types: lights, alerts, devices, figures. Pure. The rules are those of `documents`.

A light is decided here in the caller, once, so that every screen shows the same: red needs a hand now, yellow
should be looked at, green is in order, grey is out of use. Each comes with the code of its reason.
"""

from typing import Annotated, Literal, NotRequired, TypedDict

from caller.engine.commands import DeviceState, FollowUpKind, FollowUpMove
from caller.engine.deadlines import Light
from caller.engine.feedback_messages import Satisfaction
from caller.protocol.case_documents import CaseCounts
from caller.protocol.desk_documents import RaisedAlarm
from caller.protocol.document_parts import ByQueue, ByWindow, HallHeader, WindowLine
from caller.protocol.feedback_documents import FeedbackCounts
from config.instants import Micros

ByDevice = Annotated[str, "device"]
ByFollowUp = Annotated[str, "id of the follow-up"]
ByStation = Annotated[str, "role/name"]
ByLevel = Annotated[str, "level 1 to 5"]


class SuperviseView(TypedDict):
    """The hall at a glance: what is in order, what is not, and the day in figures."""

    hall: HallHeader
    lights: "LightCounts"
    windows: dict[ByWindow, "SupervisedWindow"]
    queues: dict[ByQueue, "SupervisedQueue"]
    devices: dict[ByDevice, "DeviceLine"]
    ratings: dict[ByLevel, int]  # how many today
    counts: "TicketCounts"
    told: "QuotedWaits"
    cases: CaseCounts
    feedback: FeedbackCounts
    duties: NotRequired["DutyCounts"]  # only where the hall has cases or follow-ups
    lost: NotRequired[list["LostNumbers"]]  # of the day, also once it is closed; only where there are any
    alerts: list["Alert"]  # what to act on now; red first


class LightCounts(TypedDict):
    """How many windows, queues and devices show each light; alerts of which none of them tells count as well."""

    red: int
    yellow: int
    green: int


class DutyCounts(TypedDict):
    """What the hall owes: open complaints and accountability records, and cases by what they call for."""

    complaint: int
    overdue: int  # cases
    rejected: int  # cases not accepted, while a review is possible
    warning: int  # cases that are due soon
    accountability: int  # records of red lights that no supervisor has closed


class SupervisedWindow(WindowLine):
    """A window as a supervisor sees it."""

    clerk: str  # empty while closed
    since: Micros  # in this state since
    served: int  # visits ended here today
    away: bool  # paused for longer than the reason or the rules allow
    light: Light
    alarm: NotRequired[RaisedAlarm]  # only once its clerk has called for help
    light_code: str  # of its light: alarm, in-use, paused, away, closed


class SupervisedQueue(TypedDict):
    """A queue as a supervisor sees it."""

    name: str
    name_en: str
    waiting: int  # people
    oldest: Micros  # issue of who is called next; 0 if nobody waits
    late: int  # people past the time by which they should be called
    held: int  # on hold
    held_since: Micros  # the longest of them; 0 if nobody is
    held_late: int  # of them, on hold for longer than the rules allow
    alarm: bool  # as many wait as `waiting_alarm` says, or more
    light: Light
    light_code: str  # of its light: in-time, late, held-long, crowded


class DeviceLine(TypedDict):
    """A device and its state."""

    kind: str  # printer, evaluator, caller-pad, sign, reader; clock for the computer's own
    state: DeviceState
    detail: str  # for a technician; may be empty
    since: Micros  # in this state since
    light: Light
    light_code: str  # of its light: its state


StationState = Literal["connected", "gone", "unseen"]  # gone: was here since the caller's start


class StationsView(TypedDict):
    """The enrolled stations, phones left out."""

    began: Micros  # since when the caller has looked: its start
    stations: dict[ByStation, "StationLine"]


class StationLine(TypedDict):
    """A station and whether it is here."""

    role: str
    name: str
    state: StationState
    since: Micros  # in this state since; 0 if it was not seen since the caller's start
    lines: int  # connections
    version: str  # of its program; empty if it did not say
    light: Light  # green connected, red missing while the day is open, else grey


class TicketCounts(TypedDict):
    """The business day in numbers of tickets."""

    issued: int  # today
    served: int  # today
    missed: int  # today
    cancelled: int  # today
    expired: int  # today
    lapsed: int  # today: visits that no clerk ended
    waiting: int  # now


class LostNumbers(TypedDict):
    """The numbers that one kiosk had in hand and that are given no more on this business day."""

    kiosk: str
    numbers: list[str]  # ranges, A960–A999, in the order of the queues
    unused: int  # of them, how many the hall has not seen given; on paper they may be
    at: Micros  # from when on
    why: Literal["lost", "over"]  # another PC or another disk; not in touch in time


class QuotedWaits(TypedDict):
    """How well the waits that applicants were quoted came true."""

    tickets: int  # called today that had been quoted a wait
    within: int  # of these, called inside the band they were quoted
    error_seconds: int  # sum of the absolute errors


class Alert(TypedDict):
    """One thing to act on."""

    code: str  # help-manager, help-security, away, held-long, answer-late, crowded, open-floating, suspended, closing, device-STATE, log-damaged, disk-full, disk-low, disk-error, clock-date, fault, runs-twice ...
    zh: str
    en: str
    since: Micros  # 0 if not known
    light: Light  # red or yellow
    about: str  # window/ID, queue/ID, ticket/ID, case/ID, follow-up/ID, device/NAME, station/ROLE/NAME, or page/ID of the office
    level: int  # 1; 2 where a deadline has been overdue for as long again


class FollowUpsView(TypedDict):
    """What the hall owes an answer to, and what was answered as long as it may be appealed against."""

    followups: dict[ByFollowUp, "FollowUpLine"]


class FollowUpLine(TypedDict):
    """One follow-up. Its words lie in the people's store, under `subject`."""

    number: str  # what people see, F2026-0007
    kind: FollowUpKind
    state: Literal["opened", "assigned", "answered", "closed", "reopened", "archived"]
    ticket: str  # the id of the visit it is about
    window: str  # of the visit; may be empty
    clerk: str  # of the visit; may be empty
    owner: str  # staff number; empty until it is assigned
    finding: str  # a code of the hall's list; empty until it is answered
    steps: int  # tries noted
    opened: Micros
    due: Micros  # to be answered and closed until
    provisional: bool  # the year's holidays are not known yet, so `due` may move
    appeal_until: Micros  # 0 until it is closed
    light: Light  # grey once closed
    level: int  # of its overdue deadline: 0, 1, 2
    moves: list[FollowUpMove]  # what the table allows now
    before: Micros  # the due date before it moved; 0 while it has not
    why_moved: str  # notice; empty while it has not
    told: str  # how the applicant was told of that: page, call, letter, counter; empty until then
    subject: str  # ticket/ID or follow-up/ID
    way: str  # how feedback came in: phone, page, guide, call, letter, visit, kiosk, window; else empty
    department: str  # id; may be empty
    item: str  # id; may be empty
    reason: str  # a code of the hall's list; may be empty
    anonymous: bool
    verdict: Satisfaction
    coordinated: int  # how often
    transferred: int
    archived: Micros  # 0 until then


class DevicesView(TypedDict):
    """The hall's devices, for the technician's `hallcall devices`."""

    devices: dict[ByDevice, DeviceLine]
