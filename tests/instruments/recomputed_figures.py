"""Every figure once more, the slow way: straight over the events, one ticket at a time, no incremental state.

Knows the hall's rules from DOMAIN.md and the events; uses nothing of caller.records or caller.reports. No roll-ups and
no histograms: a percentile is found among all single times, and only then read to the end of the bucket that
docs/records.md describes.
"""

import statistics
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

Timed = list[tuple[int, int, Any]]
ENDS = {
    "ServiceFinished": "served",
    "TicketCancelled": "cancelled",
    "TicketExpired": "expired",
    "ServiceLapsed": "lapsed",
    "TicketMerged": "cancelled",
    "CalledByHand": "served",
}
NEXT = {
    "TicketIssued": "waiting", "TicketCalled": "called", "ServiceStarted": "serving", "TicketMissed": "missed",
    "TicketRequeued": "waiting", "TicketHeld": "held", "TicketTransferred": "waiting", "TicketReturned": "waiting",
    "TicketRestored": "of the event", "TicketRejoined": "waiting",
    "VisitTakenOver": "",  # the state it was in
}  # fmt: skip


class TicketRejoined(NamedTuple):
    """No event of the log: a `TicketChanged` that put the ticket into another queue, where its wait begins again."""

    ticket: str
    queue: str


class ItemsMerged(NamedTuple):
    """No event of the log: what a `TicketMerged` is to the visit that another number was merged into."""

    ticket: str
    items: list[str]


class Story(NamedTuple):
    """One ticket: the day it was given on, and everything that happened to it, in order."""

    day: str
    zone: str
    events: Timed


class Wait(NamedTuple):
    queue: str
    item: str
    priority: str
    window: str
    clerk: str
    hour: int
    micros: int


class Served(NamedTuple):
    queue: str
    item: str
    priority: str
    window: str
    clerk: str
    hour: int
    micros: int
    how: str


def kind(event: Any) -> str:
    return type(event).__name__


def stories(timed: Timed) -> list[Story]:
    """The tickets of a log. An id may come again on another day; then it is another ticket."""
    told: list[Story] = []
    newest: dict[str, Story] = {}
    day, zone = "", "UTC"
    for seq, at, event in timed:
        if kind(event) == "DayOpened":
            day, zone = event.day, event.zone
        if kind(event) == "TicketIssued":
            newest[event.ticket] = Story(day, zone, [])
            told.append(newest[event.ticket])
        if not getattr(event, "ticket", ""):
            continue
        story = newest[event.ticket]
        moved = kind(event) == "TicketChanged" and event.queue != _about(story, len(story.events))[0]
        story.events.append((seq, at, event))
        if kind(event) == "TicketMerged":
            newest[event.into].events.append((seq, at, ItemsMerged(event.into, event.items)))
        if moved:
            story.events.append((seq, at, TicketRejoined(event.ticket, event.queue)))
    return told


def state_after(event: Any) -> str:
    """The state that an event leaves its ticket in, "" for one that ends it or changes none."""
    return event.state if kind(event) == "TicketRestored" else NEXT.get(kind(event), "")


def periods(story: Story) -> list[tuple[str, int, int | None]]:
    """(state, from, to), found by looking ahead for the next event that changes the state."""
    moves = [(at, event) for _, at, event in story.events if kind(event) in NEXT or kind(event) in ENDS]
    rows: list[tuple[str, int, int | None]] = []
    for index, (at, event) in enumerate(moves):
        if kind(event) in ENDS:
            assert index == len(moves) - 1 or kind(moves[index + 1][1]) == "TicketRestored"
            continue
        rows.append(
            (
                state_after(event) or rows[-1][0],
                at,
                moves[index + 1][0] if index + 1 < len(moves) else None,
            )
        )
    return rows


def final(story: Story) -> str:
    last = [kind(event) for _, _, event in story.events if kind(event) in NEXT or kind(event) in ENDS][-1]
    return ENDS.get(last, "live")


def _about(story: Story, upto: int) -> tuple[str, str, str]:
    """Queue, item and class of a ticket just before its `upto`-th event."""
    first = story.events[0][2]
    queue, item, priority, items = first.queue, (first.items or [""])[0], first.priority, first.items
    for _, _, event in story.events[1:upto]:
        if kind(event) == "TicketChanged":
            if event.queue != queue or (event.items and event.items != items):
                item, items = (event.items or [""])[0], event.items
            queue, priority = event.queue, event.priority
        if kind(event) == "ItemsMerged":
            items = event.items
        if kind(event) in ("TicketTransferred", "TicketReturned"):
            queue = event.queue
        if kind(event) == "TicketReturned" and event.items:
            item = event.items[0]
    return queue, item, priority


def of_class(story: Story) -> str:
    """The class in which the whole ticket counts: its last."""
    return _about(story, len(story.events))[2]


def waits(story: Story) -> list[Wait]:
    """Walk back from each call to where its waiting began; cut out the sleep that was asked for."""
    found: list[Wait] = []
    origin = story.events[0][2].origin
    for index, (_, called, event) in enumerate(story.events):
        if kind(event) != "TicketCalled":
            continue
        asleep: list[tuple[int, int]] = []
        until, start, first_wake = called, None, 0
        for _, at, before in reversed(story.events[:index]):
            if kind(before) == "TicketPostponed":
                asleep.append((at, min(until, before.not_before)))
                until = at
            elif kind(before) in NEXT or kind(before) in ENDS:
                start = at if state_after(before) == "waiting" else None
                first_wake = before.not_before if kind(before) == "TicketRestored" else 0
                if kind(before) == "TicketRejoined":
                    first_wake = _still_asleep(story, before)
                break
        if start is None:
            continue
        # every stretch between postponements, each from when it counts
        cuts = [start, *(at for at, _ in reversed(asleep)), called]
        wakes = [first_wake, *(wake for _, wake in reversed(asleep))]
        counted = sum(
            max(0, end - max(begin, wake, origin))
            for begin, end, wake in zip(cuts[:-1], cuts[1:], wakes, strict=True)
        )
        about = _about(story, index)
        found.append(Wait(*about, event.window, event.clerk, hour(start, story.zone), counted))
    return found


def _still_asleep(story: Story, rejoined: TicketRejoined) -> int:
    """Until when a ticket sleeps that has changed its queue: the last it asked for since it began to wait."""
    wake = 0
    for _, _, event in story.events:
        if event is rejoined:
            break
        if kind(event) in ("TicketPostponed", "TicketRestored"):
            wake = event.not_before
        elif kind(event) in NEXT and kind(event) != "TicketRejoined":
            wake = 0
    return wake


def services(story: Story) -> list[Served]:
    """Pair each leaving of a window with its start; time before a hold is added to what follows."""
    found: list[Served] = []
    carried, start, call, where = 0, None, None, ("", "")
    for index, (_, at, event) in enumerate(story.events):
        name = kind(event)
        if name == "TicketCalled":
            call, start, where = (at, event), None, (event.window, event.clerk)
        elif name == "VisitTakenOver":
            if start is not None:
                carried, start = carried + at - start, at
            where = (event.window, event.clerk)
        elif name == "ServiceStarted":
            start = at
        elif name in ("ServiceFinished", "TicketReturned", "TicketTransferred", "TicketHeld"):
            assert call
            began = start if start is not None else call[0]
            if start is None and name in ("TicketTransferred", "TicketHeld"):
                continue
            if name == "TicketHeld":
                carried += at - began
                continue
            about = _about(story, index)
            found.append(Served(*about, *where, hour(began, story.zone), carried + at - began, name))
            carried = 0
    return found


def hour(at: int, zone: str) -> int:
    return datetime.fromtimestamp(at / 1e6, ZoneInfo(zone)).hour


def exact_percentile(micros: Iterable[int], percent: int) -> int:
    """The smallest that so many per cent do not exceed, by counting how many do not exceed each."""
    values = sorted(micros)
    return next(v for v in values if sum(o <= v for o in values) * 100 >= percent * len(values))


def bucket_end(micros: int) -> int:
    """The end of the bucket of a time, in microseconds, by walking up: steps of a second up to 128 s, then of two
    seconds up to 256 s, and so on."""
    end, step, limit = 0, 1, 128
    while end * 1_000_000 < micros:
        end += step
        if end == limit:
            step, limit = step * 2, limit * 2
    return end * 1_000_000


def spread(micros: Iterable[int]) -> dict[str, Any]:
    """By sorting and stepping."""
    values = sorted(micros)
    if not values:
        return {"count": 0, "mean": None, "p50": None, "p90": None, "max": None}

    def percentile(percent: int) -> float:
        return min(bucket_end(exact_percentile(values, percent)), values[-1]) / 1e6

    return {
        "count": len(values), "mean": round(statistics.fmean(values) / 1e6, 3), "p50": round(percentile(50), 3),
        "p90": round(percentile(90), 3), "max": round(values[-1] / 1e6, 3),
    }  # fmt: skip


def lines(
    told: list[Story], of_ticket: Callable[[Story], str], of_row: Callable[[Any], str]
) -> dict[str, Any]:
    """As a report's `queues`, `items`, `classes`, `hours` and `total`."""
    names = {of_ticket(story) for story in told}
    all_waits = [wait for story in told for wait in waits(story)]
    all_services = [each for story in told for each in services(story)]
    calls = [each for story in told for each in calls_of(story)]
    names |= {of_row(each) for each in [*all_services, *(call for call, _ in calls)]}
    result: dict[str, Any] = {}
    for name in sorted(names):
        mine = [story for story in told if of_ticket(story) == name]
        ends = Counter(final(story) for story in mine)
        never = [
            s
            for s in mine
            if final(s) != "live"
            and all(kind(e) not in ("TicketCalled", "TicketMerged") for _, _, e in s.events)
        ]
        my_waits = [wait.micros for wait in all_waits if of_row(wait) == name]
        my_services = [each.micros for each in all_services if of_row(each) == name]
        result[name] = {
            "issued": len(mine), "served": ends["served"], "cancelled": ends["cancelled"],
            "expired": ends["expired"], "lapsed": ends["lapsed"], "live": ends["live"], "abandoned": len(never),
            "calls": sum(of_row(call) == name for call, _ in calls),
            "missed": sum(of_row(call) == name and how == "TicketMissed" for call, how in calls),
            "wait": spread(my_waits), "services": len(my_services), "service": spread(my_services),
        }  # fmt: skip
    return result


def calls_of(story: Story) -> list[tuple[Wait, str]]:
    """Each call with what ended it; its hour is that of its waiting, or of the call."""
    found: list[tuple[Wait, str]] = []
    began = dict(zip(_called_from_waiting(story), waits(story), strict=True))
    for index, (seq, at, event) in enumerate(story.events):
        if kind(event) != "TicketCalled":
            continue
        wait = began.get(seq)
        at_hour = wait.hour if wait else hour(at, story.zone)
        later = [kind(e) for _, _, e in story.events[index + 1 :] if kind(e) in NEXT or kind(e) in ENDS]
        after = [name for name in later if name != "VisitTakenOver"]
        about = _about(story, index)
        found.append((Wait(*about, event.window, event.clerk, at_hour, 0), after[0] if after else ""))
    return found


def _called_from_waiting(story: Story) -> list[int]:
    seqs: list[int] = []
    state = ""
    for seq, _, event in story.events:
        if kind(event) == "TicketCalled" and state == "waiting":
            seqs.append(seq)
        state = state_after(event) or state
    return seqs


def desks(timed: Timed, told: list[Story], days: set[str], key: str) -> dict[str, Any]:
    """As a report's `windows` ("window") and `clerks` ("clerk"), without presence."""
    wants: dict[str, Any] = defaultdict(lambda: defaultdict(list))
    for story in told:
        for wait in waits(story):
            wants[getattr(wait, key)]["waits"].append(wait.micros)
        for call, how in calls_of(story):
            wants[getattr(call, key)]["calls"].append(how)
        for each in services(story):
            wants[getattr(each, key)]["services"].append(each)
        last = None
        for _, _, event in story.events:
            last = event if kind(event) == "TicketCalled" else last
            if kind(event) == "TicketRecalled":
                wants[getattr(last, key)]["recalls"].append(1)
            if kind(event) == "ServiceRated":
                wants[getattr(event, key)]["levels"].append(event.level)
    for name in presence(timed, days, key):
        wants[name]["there"].append(1)
    return {name: _desk(parts) for name, parts in sorted(wants.items())}


def _desk(parts: Any) -> dict[str, Any]:
    served: list[Served] = parts["services"]
    completed = sum(each.how != "TicketTransferred" for each in served)
    return {
        "calls": len(parts["calls"]), "recalls": len(parts["recalls"]),
        "missed": parts["calls"].count("TicketMissed"), "services": len(served), "completed": completed,
        "transferred": len(served) - completed, "wait": spread(parts["waits"]),
        "service": spread(each.micros for each in served),
        "ratings": ratings(parts["levels"], sum(each.how == "ServiceFinished" for each in served)),
    }  # fmt: skip


def ratings(levels: list[int], visits: int, excluded: int = 0) -> dict[str, Any]:
    good = len([level for level in levels if level in (3, 4, 5)])
    return {
        "levels": {str(level): levels.count(level) for level in (5, 4, 3, 2, 1)}, "visits": visits,
        "rated": len(levels), "good": good, "bad": len([level for level in levels if level in (1, 2)]),
        "rate": round(len(levels) / visits, 4) if visits else None,
        "good_rate": round(good / (len(levels) - excluded), 4) if len(levels) > excluded else None,
        "excluded": excluded,
    }  # fmt: skip


def presence(timed: Timed, days: set[str], key: str = "window") -> dict[str, dict[str, int]]:
    """Microseconds open and paused, and pauses, minute by minute of each window's own events."""
    until = timed[-1][1]
    found: dict[str, dict[str, int]] = {}
    day, is_open = "", False
    for index, (_, at, event) in enumerate(timed):
        day = event.day if kind(event) == "DayOpened" else day
        is_open = kind(event) in ("DayOpened", "DayReopened") or (is_open and kind(event) != "DayClosed")
        if kind(event) not in ("WindowOpened", "WindowPaused", "WindowResumed", "ClerkRelieved"):
            continue
        if (day if is_open else _opens_during(timed, index)) not in days:
            continue
        after = (end for _, end, e in timed[index + 1 :] if _of_presence(e) and e.window == event.window)
        clerks = (
            e.clerk
            for _, _, e in reversed(timed[: index + 1])
            if kind(e) in ("WindowOpened", "ClerkRelieved") and e.window == event.window
        )
        name = event.window if key == "window" else next(clerks)
        mine = found.setdefault(name, {"open": 0, "paused": 0, "pauses": 0})
        paused = kind(event) == "WindowPaused"
        mine["paused" if paused else "open"] += next(after, until) - at
        mine["pauses"] += paused
    return found


def _of_presence(event: Any) -> bool:
    return kind(event).startswith("Window") or kind(event) == "ClerkRelieved"


def _opens_during(timed: Timed, index: int) -> str:
    """The day that opens while the stay of a window lasts that begins here, before an opening; "" for none."""
    window = timed[index][2].window
    for _, _, event in timed[index + 1 :]:
        if kind(event) == "DayOpened":
            return str(event.day)
        if _of_presence(event) and event.window == window:
            return ""
    return ""


def busy(told: list[Story], until: int) -> dict[str, int]:
    """Microseconds somebody was called or served, by window."""
    found: Counter[str] = Counter()
    for story in told:
        came = ("TicketCalled", "VisitTakenOver")
        calls = [(at, event.window) for _, at, event in story.events if kind(event) in came]
        for state, start, end in periods(story):
            if state in ("called", "serving"):
                window = [where for at, where in calls if at <= start][-1]
                found[window] += (until if end is None else end) - start
    return dict(found)


def estimate(told: list[Story]) -> dict[str, Any]:
    errors: list[int] = []
    within = 0
    for story in told:
        _, issued, first = story.events[0]
        called = [at for _, at, event in story.events if kind(event) == "TicketCalled"]
        changed = [at for _, at, event in story.events if kind(event) == "TicketChanged"]
        if first.expected < 0 or not called or (changed and changed[0] <= called[0]):
            continue
        wait = (called[0] - issued) // 1_000_000
        errors.append(wait - first.expected)
        within += first.low * 60 <= wait <= first.high * 60
    count = len(errors)
    return {
        "told": count, "within": within, "within_share": round(within / count, 4) if count else None,
        "mean_abs_error": round(sum(abs(e) for e in errors) / count, 3) if count else None,
        "bias": round(sum(errors) / count, 3) if count else None,
    }  # fmt: skip


def appointments(timed: Timed, days: set[str]) -> dict[str, int]:
    """How each appointment of these days ended."""
    state: dict[str, list[str]] = {}
    for _, _, event in timed:
        name = kind(event)
        if name == "AppointmentBooked":
            state[event.appointment] = [event.day, "booked"]
        elif name == "AppointmentChanged":
            state[event.appointment][0] = event.day
        elif name in ("AppointmentCancelled", "AppointmentMissed"):
            state[event.appointment][1] = name.removeprefix("Appointment").lower()
        elif name == "TicketIssued" and event.appointment in state:
            state[event.appointment][1] = "used"
    return dict(Counter(how for day, how in state.values() if day in days))


def devices(timed: Timed, days: set[str]) -> dict[str, dict[str, Any]]:
    """Each device of these days: for every state it was in, the part of it that lies in an open day.

    By the order of the log, since a clock may be set back between two days. A day closed by mistake was open all the
    time: it ends with its last close.
    """
    last = timed[-1]
    spans: list[tuple[int, int, int, int]] = []
    for nth, (start, began, event) in enumerate(timed):
        if kind(event) != "DayOpened" or event.day not in days:
            continue
        end, ended = last[0] + 1, last[1]
        for seq, at, other in timed[nth + 1 :]:
            if kind(other) == "DayOpened":
                break
            if kind(other) == "DayClosed":
                end, ended = seq, at
            elif kind(other) == "DayReopened":
                end, ended = last[0] + 1, last[1]
        spans.append((start, began, end, ended))
    reports = [row for row in timed if kind(row[2]) == "DeviceReported"]
    found: dict[str, dict[str, Any]] = {}
    for seq, at, event in reports:
        later = ((s, a) for s, a, e in reports if s > seq and e.device == event.device)
        next_seq, next_at = next(later, (last[0] + 1, last[1]))
        for start, began, end, ended in spans:
            if seq > end or next_seq < start:
                continue
            device = found.setdefault(event.device, {"kind": event.kind, "faults": 0, "out": 0})
            if event.state not in ("ready", "paper-low"):
                device["faults"] += seq > start
                device["out"] += min((next_seq, next_at), (end, ended))[1] - (at if seq > start else began)
    return {name: device | {"out": round(device["out"] / 1e6, 3)} for name, device in sorted(found.items())}
