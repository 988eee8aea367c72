"""What stands in each view document, as one table: docs/wire.md is written from it, and a test holds it to the
documents of a lived-in hall, key by key, so that neither the page nor a view can say more than the other.

`views` builds plain dicts because a document is made thousands of times a second; this table is never asked
while the hall runs.
"""

from typing import Literal, NamedTuple, get_args

from caller.engine.commands import DeviceState, JobKind
from caller.engine.station_jobs import JobState
from caller.engine.tickets import TicketState
from config.settings import DeviceKind, WindowKind

FieldShape = Literal["one", "list", "by"]  # one value, a list, an object keyed by an id


class ViewField(NamedTuple):
    """One key of a document. `type` is `text`, `integer`, `instant`, `true/false` or the name of a part."""

    type: str
    about: str = ""
    fold: FieldShape = "one"
    key: str = ""  # of an object: what its keys are
    when: str = ""  # empty: always there


def _one_of(kind: object) -> str:
    return ", ".join(str(value) for value in get_args(kind))


WINDOW_STATES = ("closed", "open", "paused", "called", "serving")
TICKET_STATES = _one_of(TicketState)
KIND = ViewField("text", _one_of(WindowKind))
STATE = ViewField("text", f"{', '.join(WINDOW_STATES)}; the last two with an applicant")
NAME, NAME_EN = ViewField("text"), ViewField("text", "may be empty")
LOW = ViewField("integer", "expected wait in minutes, from; -1 unknown")
HIGH = ViewField("integer", "to; -1 unknown")
SINCE = ViewField("instant", "in this state since")

DocumentPart = dict[str, ViewField]
WHY_NOT: DocumentPart = {  # in words for a person, before the tap
    name: ViewField("text", about, when="not open")
    for name, about in (
        ("code", "of the refusal"), ("zh", "why"), ("en", "why"), ("next_zh", "next step"), ("next_en", "next step"),
    )
}  # fmt: skip
PARTS: dict[str, DocumentPart] = {
    "Board": {
        "hall": ViewField("Hall"),
        "queues": ViewField("Queue", fold="by", key="queue"),
        "windows": ViewField("WindowLine", fold="by", key="window"),
        "calls": ViewField("Call", "the newest first, at most 12", fold="list"),
        "notices": ViewField("text", "lines the hall wants shown", fold="list"),
        "roster": ViewField("Duty", "who is on duty this business day; empty while it is closed", fold="list"),
    },
    "Hall": {
        "name": NAME,
        "name_en": NAME_EN,
        "zone": ViewField("text", "time zone, such as Asia/Shanghai"),
        "day": ViewField("text", "business day, such as 2026-09-21; empty before the first"),
        "open": ViewField("true/false", "the business day is open"),
        "phone": ViewField("text"),
        "complaint_phone": ViewField("text"),
    },
    "Queue": {
        "name": NAME,
        "name_en": NAME_EN,
        "waiting": ViewField("integer", "people"),
        "low": LOW,
        "high": HIGH,
    },
    "WindowLine": {
        "name": NAME,
        "name_en": NAME_EN,
        "kind": KIND,
        "state": STATE,
        "number": ViewField("text", "being called or served; else empty"),
        "reason": ViewField("text", "why it is paused, a name from the settings; else empty"),
        "reason_en": NAME_EN,
    },
    "Call": {
        "call": ViewField("integer", "names this call; a new one is greater than all before it"),
        "number": ViewField("text"),
        "window": ViewField("text", "id"),
        "window_name": NAME,
        "window_name_en": NAME_EN,
        "at": ViewField("instant", "of the call"),
        "times": ViewField("integer", "0; of a recall, which takes the place of the call before it, 1 and more"),
        "over": ViewField("true/false", "the called one has been served, missed, sent on ..."),
    },
    "Duty": {
        "role": ViewField("text"),
        "role_en": NAME_EN,
        "name": NAME,
        "name_en": NAME_EN,
        "title": ViewField("text", "may be empty"),
        "title_en": NAME_EN,
        "phone": ViewField("text", "may be empty"),
    },
    "Window": {
        "window": ViewField("text", "id"),
        "name": NAME,
        "name_en": NAME_EN,
        "kind": KIND,
        "phone": ViewField("text"),
        "department": ViewField("text", "id"),
        "version": ViewField("integer", "give it back as `as_of` with a window verb"),
        "state": STATE,
        "clerk": ViewField("text", "empty while closed"),
        "reason": ViewField("text", "why it is paused, a name from the settings; else empty"),
        "reason_en": NAME_EN,
        "since": SINCE,
        "served": ViewField("integer", "visits ended here today"),
        "waiting": ViewField("integer", "in all its queues"),
        "queues": ViewField("QueueCount", "what it serves", fold="by", key="queue"),
        "next": ViewField("Row", "who is called next, in turn order, at most 10", fold="list"),
        "held": ViewField("Aside", "may be called back here, the newest first, at most 20", fold="list"),
        "missed": ViewField("Aside", "likewise", fold="list"),
        "ticket": ViewField("Current", when="with an applicant"),
        "rating": ViewField("Asked", when="the evaluator may ask about the last visit"),
        "rated": ViewField("Rated", when="the last visit has been rated"),
    },
    "QueueCount": {"name": NAME, "name_en": NAME_EN, "waiting": ViewField("integer", "people")},
    "Row": {
        "ticket": ViewField("text", "id"),
        "number": ViewField("text"),
        "queue": ViewField("text", "id"),
        "priority": ViewField("text", "class"),
        "items": ViewField("text", "ids", fold="list"),
        "issued": ViewField("instant"),
        "bound": ViewField("true/false", "to this window only"),
    },
    "Aside": {},  # a Row and more, below
    "Current": {},  # an Aside and more, below
    "Asked": {
        "ticket": ViewField("text", "id"),
        "number": ViewField("text"),
        "until": ViewField("instant", "no rating after it"),
    },
    "Rated": {"ticket": ViewField("text", "id"), "level": ViewField("integer", "1 to 5")},
    "Kiosk": {
        "hall": ViewField("Hall"),
        "phase": ViewField("text", "of the day, for who wants a number: before, open, stopped, over"),
        "queues": ViewField("KioskQueue", fold="by", key="queue"),
    },
    "KioskQueue": {
        "waiting": ViewField("integer", "people"),
        "low": LOW,
        "high": HIGH,
        "open": ViewField("true/false", "gives numbers now"),
        **WHY_NOT,
    },
    "Ticket": {
        "ticket": ViewField("text", "id"),
        "number": ViewField("text"),
        "state": ViewField("text", TICKET_STATES),
        "queue": ViewField("text", "id"),
        "queue_name": NAME,
        "queue_name_en": NAME_EN,
        "priority": ViewField("text", "class"),
        "items": ViewField("text", "ids", fold="list"),
        "ahead": ViewField("integer", "people called before it; 0 once it is called"),
        "low": LOW,
        "high": HIGH,
        "windows": ViewField("text", "names of those that may call it now", fold="list"),
        "window": ViewField("text", "id; empty before the call"),
        "window_name": ViewField("text", "empty before the call"),
        "window_name_en": NAME_EN,
        "call": ViewField("integer", "its newest one on the board; 0 before it"),
        "issued": ViewField("instant"),
        "not_before": ViewField("instant", "postponed until; 0 if not"),
        "day": ViewField("text", "business day"),
        "missed_can_return": ViewField("true/false", "missed, and may requeue"),
        "rateable": ViewField("true/false", "by phone, now"),
        "rated": ViewField("true/false"),
    },
    "EndedTicket": {},  # what is left of a Ticket, below
    "Person": {"appointments": ViewField("Booked", "not yet checked in; the earliest first", fold="list")},
    "Booked": {
        "appointment": ViewField("text", "id; CheckIn takes it as its code"),
        "item": ViewField("text", "id"),
        "queue": ViewField("text", "id"),
        "slot": ViewField("instant", "the appointed time"),
        "open": ViewField("true/false", "can be checked in now"),
        **WHY_NOT,
    },
    "Supervise": {
        "hall": ViewField("Hall"),
        "windows": ViewField("SupervisedWindow", fold="by", key="window"),
        "queues": ViewField("SupervisedQueue", fold="by", key="queue"),
        "devices": ViewField("Device", fold="by", key="device"),
        "ratings": ViewField("integer", "how many today", fold="by", key="level 1 to 5"),
        "counts": ViewField("Counts"),
        "told": ViewField("Told"),
        "alerts": ViewField("Alert", "what to act on now", fold="list"),
    },
    "SupervisedWindow": {},  # a WindowLine and more, below
    "SupervisedQueue": {
        "name": NAME,
        "name_en": NAME_EN,
        "waiting": ViewField("integer", "people"),
        "oldest": ViewField("instant", "issue of who is called next; 0 if nobody waits"),
        "late": ViewField("integer", "people past the time by which they should be called"),
        "held": ViewField("integer", "on hold"),
        "held_since": ViewField("instant", "the longest of them; 0 if nobody is"),
        "alarm": ViewField("true/false", "as many wait as `waiting_alarm` says, or more"),
    },
    "Device": {
        "kind": ViewField("text", _one_of(DeviceKind)),
        "state": ViewField("text", _one_of(DeviceState)),
        "detail": ViewField("text", "for a technician; may be empty"),
        "since": SINCE,
    },
    "Counts": {
        name: ViewField("integer", "today")
        for name in ("issued", "served", "missed", "cancelled", "expired")
    }
    | {"waiting": ViewField("integer", "now")},
    "Told": {
        "tickets": ViewField("integer", "called today that had been told a wait"),
        "within": ViewField("integer", "of these, called inside the band they were told"),
        "error_seconds": ViewField("integer", "sum of the absolute errors"),
    },
    "Alert": {
        "code": ViewField("text", "away, crowded, open-floating, device-STATE, log-damaged, disk-full, disk-error, clock-date, fault, runs-twice ..."),
        "zh": ViewField("text"),
        "en": ViewField("text"),
        "since": ViewField("instant", "0 if not known"),
    },
}  # fmt: skip
PARTS["Aside"] = PARTS["Row"] | {"since": SINCE}
PARTS["Current"] = PARTS["Aside"] | {
    "queue_name": NAME,
    "recalls": ViewField("integer", "after the first call"),
    "state": ViewField("text", "called, serving"),
    "come_back": ViewField("text", "window it goes back to; empty if to none"),
}
PARTS["EndedTicket"] = {
    name: PARTS["Ticket"][name]
    for name in ("ticket", "number", "state", "window", "window_name", "window_name_en", "rateable", "rated")
}
PARTS["SupervisedWindow"] = PARTS["WindowLine"] | {
    "clerk": ViewField("text", "empty while closed"),
    "since": SINCE,
    "served": ViewField("integer", "visits ended here today"),
    "away": ViewField("true/false", "paused for longer than the rules allow"),
}

PARTS["Jobs"] = {
    "station": ViewField("text", "an agent's PC"),
    "jobs": ViewField("Job", fold="by", key="job, the id of the command that requested it"),
}
PARTS["Job"] = {
    "kind": ViewField("text", _one_of(JobKind)),
    "device": ViewField("text", "the printer"),
    "state": ViewField("text", _one_of(JobState)),
    "requested": ViewField("instant"),
    "until": ViewField("instant", "its limit"),
    "by": ViewField("text", "the station that asked"),
    "detail": ViewField("text", "why it failed or is unknown; else empty"),
    "slip": ViewField("JobSlip", when="while a slip is to be printed"),
}
PARTS["JobSlip"] = {
    name: PARTS["Ticket"][name]
    for name in ("ticket", "number", "queue", "priority", "items", "issued", "ahead", "low", "high")
}

# What a topic may be; a ticket of an earlier day has little left to tell.
SHAPES: dict[str, tuple[str, ...]] = {
    "board": ("Board",),
    "window": ("Window",),
    "kiosk": ("Kiosk",),
    "ticket": ("Ticket", "EndedTicket"),
    "person": ("Person",),
    "supervise": ("Supervise",),
    "jobs": ("Jobs",),
}
