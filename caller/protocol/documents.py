"""What stands in each view document, as one table: docs/wire.md is written from it, and a test holds it to the
documents of a lived-in hall, key by key, so that neither the page nor a view can say more than the other.

`views` builds plain dicts because a document is made thousands of times a second; this table is never asked
while the hall runs.
"""

from typing import Literal, NamedTuple, get_args

from caller.engine.commands import DeviceState
from caller.engine.tickets import State
from config.settings import DeviceKind, WindowKind

Fold = Literal["one", "list", "by"]  # one value, a list, an object keyed by an id


class Field(NamedTuple):
    """One key of a document. `type` is `text`, `integer`, `instant`, `true/false` or the name of a part."""

    type: str
    about: str = ""
    fold: Fold = "one"
    key: str = ""  # of an object: what its keys are
    when: str = ""  # empty: always there


def _one_of(kind: object) -> str:
    return ", ".join(str(value) for value in get_args(kind))


WINDOW_STATES = ("closed", "open", "paused", "called", "serving")
TICKET_STATES = _one_of(State)
KIND = Field("text", _one_of(WindowKind))
STATE = Field("text", f"{', '.join(WINDOW_STATES)}; the last two with an applicant")
NAME, NAME_EN = Field("text"), Field("text", "may be empty")
LOW = Field("integer", "expected wait in minutes, from; -1 unknown")
HIGH = Field("integer", "to; -1 unknown")
SINCE = Field("instant", "in this state since")

Part = dict[str, Field]
WHY_NOT: Part = {  # in words for a person, before the tap
    name: Field("text", about, when="not open")
    for name, about in (
        ("code", "of the refusal"), ("zh", "why"), ("en", "why"), ("next_zh", "next step"), ("next_en", "next step"),
    )
}  # fmt: skip
PARTS: dict[str, Part] = {
    "Board": {
        "hall": Field("Hall"),
        "queues": Field("Queue", fold="by", key="queue"),
        "windows": Field("WindowLine", fold="by", key="window"),
        "calls": Field("Call", "the newest first, at most 12", fold="list"),
        "notices": Field("text", "lines the hall wants shown", fold="list"),
        "roster": Field("Duty", "who is on duty this business day; empty while it is closed", fold="list"),
    },
    "Hall": {
        "name": NAME,
        "name_en": NAME_EN,
        "zone": Field("text", "time zone, such as Asia/Shanghai"),
        "day": Field("text", "business day, such as 2026-09-21; empty before the first"),
        "open": Field("true/false", "the business day is open"),
        "phone": Field("text"),
        "complaint_phone": Field("text"),
    },
    "Queue": {
        "name": NAME,
        "name_en": NAME_EN,
        "waiting": Field("integer", "people"),
        "low": LOW,
        "high": HIGH,
    },
    "WindowLine": {
        "name": NAME,
        "name_en": NAME_EN,
        "kind": KIND,
        "state": STATE,
        "number": Field("text", "being called or served; else empty"),
        "reason": Field("text", "why it is paused, a name from the settings; else empty"),
        "reason_en": NAME_EN,
    },
    "Call": {
        "call": Field("integer", "names this call; a new one is greater than all before it"),
        "number": Field("text"),
        "window": Field("text", "id"),
        "window_name": NAME,
        "window_name_en": NAME_EN,
        "at": Field("instant", "of the call"),
        "times": Field("integer", "0; of a recall, which takes the place of the call before it, 1 and more"),
        "over": Field("true/false", "the called one has been served, missed, sent on ..."),
    },
    "Duty": {
        "role": Field("text"),
        "role_en": NAME_EN,
        "name": NAME,
        "name_en": NAME_EN,
        "title": Field("text", "may be empty"),
        "title_en": NAME_EN,
        "phone": Field("text", "may be empty"),
    },
    "Window": {
        "window": Field("text", "id"),
        "name": NAME,
        "name_en": NAME_EN,
        "kind": KIND,
        "phone": Field("text"),
        "department": Field("text", "id"),
        "version": Field("integer", "give it back as `as_of` with a window verb"),
        "state": STATE,
        "clerk": Field("text", "empty while closed"),
        "reason": Field("text", "why it is paused, a name from the settings; else empty"),
        "reason_en": NAME_EN,
        "since": SINCE,
        "served": Field("integer", "visits ended here today"),
        "waiting": Field("integer", "in all its queues"),
        "queues": Field("QueueCount", "what it serves", fold="by", key="queue"),
        "next": Field("Row", "who is called next, in turn order, at most 10", fold="list"),
        "held": Field("Aside", "may be called back here, the newest first, at most 20", fold="list"),
        "missed": Field("Aside", "likewise", fold="list"),
        "ticket": Field("Current", when="with an applicant"),
        "rating": Field("Asked", when="the evaluator may ask about the last visit"),
        "rated": Field("Rated", when="the last visit has been rated"),
    },
    "QueueCount": {"name": NAME, "name_en": NAME_EN, "waiting": Field("integer", "people")},
    "Row": {
        "ticket": Field("text", "id"),
        "number": Field("text"),
        "queue": Field("text", "id"),
        "priority": Field("text", "class"),
        "items": Field("text", "ids", fold="list"),
        "issued": Field("instant"),
        "bound": Field("true/false", "to this window only"),
    },
    "Aside": {},  # a Row and more, below
    "Current": {},  # an Aside and more, below
    "Asked": {
        "ticket": Field("text", "id"),
        "number": Field("text"),
        "until": Field("instant", "no rating after it"),
    },
    "Rated": {"ticket": Field("text", "id"), "level": Field("integer", "1 to 5")},
    "Kiosk": {
        "hall": Field("Hall"),
        "phase": Field("text", "of the day, for who wants a number: before, open, stopped, over"),
        "queues": Field("KioskQueue", fold="by", key="queue"),
    },
    "KioskQueue": {
        "waiting": Field("integer", "people"),
        "low": LOW,
        "high": HIGH,
        "open": Field("true/false", "gives numbers now"),
        **WHY_NOT,
    },
    "Ticket": {
        "ticket": Field("text", "id"),
        "number": Field("text"),
        "state": Field("text", TICKET_STATES),
        "queue": Field("text", "id"),
        "queue_name": NAME,
        "queue_name_en": NAME_EN,
        "priority": Field("text", "class"),
        "items": Field("text", "ids", fold="list"),
        "ahead": Field("integer", "people called before it; 0 once it is called"),
        "low": LOW,
        "high": HIGH,
        "windows": Field("text", "names of those that may call it now", fold="list"),
        "window": Field("text", "id; empty before the call"),
        "window_name": Field("text", "empty before the call"),
        "window_name_en": NAME_EN,
        "call": Field("integer", "its newest one on the board; 0 before it"),
        "issued": Field("instant"),
        "not_before": Field("instant", "postponed until; 0 if not"),
        "day": Field("text", "business day"),
        "missed_can_return": Field("true/false", "missed, and may requeue"),
        "rateable": Field("true/false", "by phone, now"),
        "rated": Field("true/false"),
    },
    "EndedTicket": {},  # what is left of a Ticket, below
    "Person": {"appointments": Field("Booked", "not yet checked in; the earliest first", fold="list")},
    "Booked": {
        "appointment": Field("text", "id; CheckIn takes it as its code"),
        "item": Field("text", "id"),
        "queue": Field("text", "id"),
        "slot": Field("instant", "the appointed time"),
        "open": Field("true/false", "can be checked in now"),
        **WHY_NOT,
    },
    "Supervise": {
        "hall": Field("Hall"),
        "windows": Field("SupervisedWindow", fold="by", key="window"),
        "queues": Field("SupervisedQueue", fold="by", key="queue"),
        "devices": Field("Device", fold="by", key="device"),
        "ratings": Field("integer", "how many today", fold="by", key="level 1 to 5"),
        "counts": Field("Counts"),
        "told": Field("Told"),
        "alerts": Field("Alert", "what to act on now", fold="list"),
    },
    "SupervisedWindow": {},  # a WindowLine and more, below
    "SupervisedQueue": {
        "name": NAME,
        "name_en": NAME_EN,
        "waiting": Field("integer", "people"),
        "oldest": Field("instant", "issue of who is called next; 0 if nobody waits"),
        "late": Field("integer", "people past the time by which they should be called"),
        "held": Field("integer", "on hold"),
        "held_since": Field("instant", "the longest of them; 0 if nobody is"),
        "alarm": Field("true/false", "as many wait as `waiting_alarm` says, or more"),
    },
    "Device": {
        "kind": Field("text", _one_of(DeviceKind)),
        "state": Field("text", _one_of(DeviceState)),
        "detail": Field("text", "for a technician; may be empty"),
        "since": SINCE,
    },
    "Counts": {
        name: Field("integer", "today")
        for name in ("issued", "served", "missed", "cancelled", "expired")
    }
    | {"waiting": Field("integer", "now")},
    "Told": {
        "tickets": Field("integer", "called today that had been told a wait"),
        "within": Field("integer", "of these, called inside the band they were told"),
        "error_seconds": Field("integer", "sum of the absolute errors"),
    },
    "Alert": {
        "code": Field("text", "away, crowded, open-floating, device-STATE, log-damaged, disk-full, disk-error, clock-date, fault, runs-twice ..."),
        "zh": Field("text"),
        "en": Field("text"),
        "since": Field("instant", "0 if not known"),
    },
}  # fmt: skip
PARTS["Aside"] = PARTS["Row"] | {"since": SINCE}
PARTS["Current"] = PARTS["Aside"] | {
    "queue_name": NAME,
    "recalls": Field("integer", "after the first call"),
    "state": Field("text", "called, serving"),
    "come_back": Field("text", "window it goes back to; empty if to none"),
}
PARTS["EndedTicket"] = {
    name: PARTS["Ticket"][name]
    for name in ("ticket", "number", "state", "window", "window_name", "window_name_en", "rateable", "rated")
}
PARTS["SupervisedWindow"] = PARTS["WindowLine"] | {
    "clerk": Field("text", "empty while closed"),
    "since": SINCE,
    "served": Field("integer", "visits ended here today"),
    "away": Field("true/false", "paused for longer than the rules allow"),
}

# What a topic may be; a ticket of an earlier day has little left to tell.
SHAPES: dict[str, tuple[str, ...]] = {
    "board": ("Board",),
    "window": ("Window",),
    "kiosk": ("Kiosk",),
    "ticket": ("Ticket", "EndedTicket"),
    "person": ("Person",),
    "supervise": ("Supervise",),
}
