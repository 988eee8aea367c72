"""What a station sees: the hall as one JSON document per topic.

`topics` says which documents a batch of events has changed, `build` makes one anew, and the wire sends what
differs as an RFC 7396 patch; so documents are objects keyed by id wherever a part changes alone, and hold no
nulls. Boards, signs and voice get numbers only; a ticket's own document is for whoever holds its id.
"""

from collections.abc import Callable, Iterable
from typing import Any

from caller.engine import events as ev
from caller.engine import intake, turns
from caller.engine.hall import Hall
from caller.engine.ratings import rating_until
from caller.engine.state import DeviceStatus
from caller.engine.tickets import Ticket
from caller.engine.turns import Place
from caller.engine.windows import Window

Document = dict[str, Any]
NEXT_MAX = 10  # rows of "who waits" a clerk can take in
ROWS_MAX = 20  # held or missed rows of a window
_PUBLIC = frozenset({"board", "kiosk", "supervise"})


def topics(hall: Hall, events: Iterable[ev.AnyEvent]) -> set[str]:
    """The topics whose documents these events, already applied, may have changed."""
    changed: set[str] = set()
    queues: set[str] = set()
    for event in events:
        if isinstance(event, ev.SlipReported | ev.DeviceReported):
            changed.add("supervise")
            continue
        changed |= _PUBLIC
        queue = _queue_changed(hall, event, changed)
        if queue is not None:
            queues.add(queue)
        for name in (getattr(event, "window", ""), getattr(event, "from_window", "")):
            if name:
                changed.add(f"window/{name}")
    return changed | _windows_that_see(hall, queues) if queues else changed


def _queue_changed(hall: Hall, event: ev.AnyEvent, changed: set[str]) -> str | None:
    """The queue in which an event changed who waits, "" if that cannot be told any more; names its ticket."""
    if isinstance(event, ev.DayClosed | ev.WindowClosed):  # the day's figures go; bound tickets are set free
        return ""
    ticket = getattr(event, "ticket", "")
    if not ticket:
        return None
    topic = f"ticket/{ticket}"
    known = hall.state.tickets.get(ticket)
    moved = topic in changed and isinstance(event, ev.TicketTransferred | ev.TicketReturned)
    changed.add(topic)
    return known.queue if known and not moved else ""


def _windows_that_see(hall: Hall, queues: set[str]) -> set[str]:
    """Looked for once a batch; what is gone or has moved on ("") may have been seen by any."""
    windows = hall.state.windows.values()
    return {f"window/{w.id}" for w in windows if "" in queues or not queues.isdisjoint(_shown(hall, w))}


def _shown(hall: Hall, window: Window) -> Iterable[str]:
    """The queues a window's document tells of: what its clerk serves, or its own while nobody is there."""
    place = hall.places.get(window.id)
    return window.serves or (place.queues if place else ())


def build(hall: Hall, topic: str, now: int) -> Document:
    """The document of a topic as the hall stands. KeyError if there is no such topic."""
    name, _, key = topic.partition("/")
    return _BUILDERS[name](hall, key, now)


# --- the board


def _board(hall: Hall, _key: str, now: int) -> Document:
    return {
        "hall": _hall(hall),
        "queues": {queue: _queue(hall, queue, now) for queue in hall.queues},
        "windows": {name: _window_line(hall, name) for name in hall.places},
        "calls": [
            {
                "call": call.call, "number": call.number, "window": call.window,
                "window_name": _window_name(hall, call.window, ""),
                "window_name_en": _window_name(hall, call.window, "_en"),
                "at": call.at, "times": call.times,
            }
            for call in hall.state.calls
        ],
        "notices": list(hall.settings.notices),
    }  # fmt: skip


def _hall(hall: Hall) -> Document:
    table = hall.settings.hall
    day = hall.state.day
    return {
        "name": table.name, "name_en": table.name_en, "zone": table.zone, "day": day.label, "open": day.open,
        "phone": table.phone, "complaint_phone": table.complaint_phone,
    }  # fmt: skip


def _queue(hall: Hall, queue: str, now: int) -> Document:
    table = hall.queues[queue]
    low, high = _newcomer(hall, queue, now)
    return {
        "name": table.name, "name_en": table.name_en,
        "waiting": hall.waiting.get(queue, 0), "low": low, "high": high,
    }  # fmt: skip


def _newcomer(hall: Hall, queue: str, now: int) -> tuple[int, int]:
    """The band an ordinary applicant would be told who came now."""
    return hall.band(queue, now + hall.target("ordinary", queue))


def _window_name(hall: Hall, window: str, suffix: str) -> str:
    place = hall.places.get(window)
    return str(getattr(place, f"name{suffix}")) if place else window


def _window_state(hall: Hall, window: Window) -> str:
    """What people see: a window with an applicant shows the ticket's state, called or serving."""
    return hall.state.tickets[window.ticket].state if window.ticket else window.state


def _window_line(hall: Hall, name: str) -> Document:
    place, window = hall.places[name], hall.state.windows[name]
    number = hall.state.tickets[window.ticket].number if window.ticket else ""
    return {
        "name": place.name, "name_en": place.name_en, "kind": place.kind,
        "state": _window_state(hall, window), "number": number, "reason": window.reason,
    }  # fmt: skip


# --- one window


def _window(hall: Hall, key: str, now: int) -> Document:
    window, place = hall.state.windows[key], hall.places[key]
    rows = turns.in_order(hall.lanes, key, window.serves, NEXT_MAX, now)
    aside = {"held": _aside(hall, window, "held"), "missed": _aside(hall, window, "missed")}
    queues = {queue: _queue_count(hall, queue) for queue in _shown(hall, window)}
    document: Document = {
        "window": key, "name": place.name, "name_en": place.name_en, "kind": place.kind,
        "phone": place.phone, "department": place.department,
        "version": window.version, "state": _window_state(hall, window), "clerk": window.clerk,
        "reason": window.reason, "since": window.since, "served": window.served,
        "waiting": sum(each["waiting"] for each in queues.values()),
        "next": [_row(hall.state.tickets[each.ticket]) for each in rows],
        "queues": queues, **aside,
    }  # fmt: skip
    if window.ticket:
        document["ticket"] = _current(hall, hall.state.tickets[window.ticket])
    _add_rating(hall, window, document, now)
    return document


def _queue_count(hall: Hall, queue: str) -> Document:
    table = hall.queues.get(queue)
    return {
        "name": table.name if table else queue,
        "name_en": table.name_en if table else "",
        "waiting": hall.waiting.get(queue, 0),
    }


def _row(ticket: Ticket) -> Document:
    return {
        "ticket": ticket.id, "number": ticket.number, "queue": ticket.queue, "priority": ticket.priority,
        "items": ticket.items, "issued": ticket.issued, "bound": bool(ticket.bound),
    }  # fmt: skip


def _current(hall: Hall, ticket: Ticket) -> Document:
    return {
        **_row(ticket), "queue_name": hall.queue_name(ticket.queue), "recalls": ticket.recalls,
        "since": ticket.since, "state": ticket.state, "come_back": ticket.come_back,
    }  # fmt: skip


def _aside(hall: Hall, window: Window, state: str) -> list[Document]:
    """Held or missed tickets this window may call back, the newest first."""
    rows = [t for t in hall.aside(state) if t.queue in window.serves]
    rows.sort(key=lambda ticket: -ticket.since)
    return [_row(ticket) for ticket in rows[:ROWS_MAX]]


def _add_rating(hall: Hall, window: Window, document: Document, now: int) -> None:
    """`rating` while the evaluator may ask; `rated` once the last visit has been rated."""
    visit = hall.state.visits.get(window.last)
    if visit is None:
        return
    if visit.level:
        document["rated"] = {"ticket": window.last, "level": visit.level}
    elif (until := rating_until(hall, visit, "evaluator")) > now and not window.ticket:
        document["rating"] = {"ticket": window.last, "number": visit.number, "until": until}


# --- one ticket


def _ticket(hall: Hall, key: str, now: int) -> Document:
    ticket = hall.state.tickets.get(key)
    if ticket is None:
        return _ended(hall, key, now)
    queue = hall.queues.get(ticket.queue)
    low, high = hall.band(ticket.queue, ticket.promise) if ticket.state == "waiting" else (-1, -1)
    names = [w.name for w in hall.settings.windows if ticket.queue in hall.state.windows[w.id].serves]
    return {
        "ticket": key, "number": ticket.number, "state": ticket.state, "queue": ticket.queue,
        "queue_name": hall.queue_name(ticket.queue), "queue_name_en": queue.name_en if queue else "",
        "priority": ticket.priority, "items": ticket.items, "ahead": ahead(hall, ticket, now),
        "low": low, "high": high, "windows": names, "window": ticket.window, "call": ticket.call,
        "window_name": _window_name(hall, ticket.window, ""),
        "window_name_en": _window_name(hall, ticket.window, "_en"),
        "issued": ticket.issued, "not_before": ticket.not_before, "day": hall.state.day.label,
        "missed_can_return": ticket.state == "missed"
        and ticket.requeues < hall.settings.rules.requeue_max,
        **_rating_state(hall, key, now),
    }  # fmt: skip


def _ended(hall: Hall, key: str, now: int) -> Document:
    """A visit of an earlier day that may still be rated; KeyError for a ticket nobody knows."""
    visit = hall.state.visits[key]
    return {
        "ticket": key, "number": visit.number, "state": "served", "window": visit.window,
        "window_name": _window_name(hall, visit.window, ""),
        "window_name_en": _window_name(hall, visit.window, "_en"), **_rating_state(hall, key, now),
    }  # fmt: skip


def _rating_state(hall: Hall, key: str, now: int) -> Document:
    visit = hall.state.visits.get(key)
    if visit is None:
        return {"rateable": False, "rated": False}
    open_for = rating_until(hall, visit, "phone")
    return {"rateable": not visit.level and now <= open_for, "rated": bool(visit.level)}


def ahead(hall: Hall, ticket: Ticket, now: int) -> int:
    """How many people are called before this ticket in its queue; 0 once it is called."""
    lane = hall.lanes.get(ticket.queue)
    if ticket.state != "waiting" or ticket.bound or not lane:
        return 0
    return lane.ahead(hall.place(ticket), now)


# --- kiosk and supervisor


def _kiosk(hall: Hall, _key: str, now: int) -> Document:
    return {"hall": _hall(hall), "queues": {id: _kiosk_queue(hall, id, now) for id in hall.queues}}


def _kiosk_queue(hall: Hall, id: str, now: int) -> Document:
    low, high = _newcomer(hall, id, now)
    document: Document = {"waiting": hall.waiting.get(id, 0), "low": low, "high": high, "open": True}
    refused = intake.closed_reason(hall, hall.queues[id], hall.instant(now))
    if refused:
        document |= {"open": False, "code": refused.code, **refused.words._asdict()}
    return document


def _supervise(hall: Hall, _key: str, now: int) -> Document:
    state = hall.state
    return {
        "hall": _hall(hall),
        "windows": {name: _supervised_window(hall, name, now) for name in hall.places},
        "queues": {queue: _supervised_queue(hall, queue, now) for queue in hall.queues},
        "devices": {name: _device(status) for name, status in state.devices.items()},
        "ratings": {str(level): state.ratings.get(str(level), 0) for level in range(1, 6)},
        "counts": {
            what: state.counts.get(what, 0)
            for what in ("issued", "served", "missed", "cancelled", "expired")
        }
        | {"waiting": sum(hall.waiting.values())},
        "told": {
            "tickets": state.told.tickets, "within": state.told.within,
            "error_seconds": state.told.error_seconds,
        },
        "alerts": alerts(hall, now),
    }  # fmt: skip


def _device(status: DeviceStatus) -> Document:
    return {"kind": status.kind, "state": status.state, "detail": status.detail, "since": status.since}


def _supervised_window(hall: Hall, name: str, now: int) -> Document:
    window = hall.state.windows[name]
    return _window_line(hall, name) | {
        "clerk": window.clerk, "since": window.since, "served": window.served, "away": _away(hall, window, now),
    }  # fmt: skip


def _away(hall: Hall, window: Window, now: int) -> bool:
    """Paused for longer than the rule allows (20 minutes by default)."""
    limit = round(hall.settings.rules.away_minutes * turns.MINUTE)
    return window.state == "paused" and now - window.since >= limit


def _awake(lane: turns.Lane | None, now: int) -> list[str]:
    """The tickets that may be called now: whoever asked to be called later does not wait yet."""
    if lane is None:
        return []
    woken = [place.ticket for not_before, place in lane.sleepers() if not_before <= now]
    return [*(place.ticket for place in lane.places()), *woken]


def _supervised_queue(hall: Hall, queue: str, now: int) -> Document:
    table, lane = hall.queues[queue], hall.lanes.get(queue)
    waiting = hall.waiting.get(queue, 0)
    return {
        "name": table.name, "name_en": table.name_en, "waiting": waiting,
        "oldest": min((hall.state.tickets[id].issued for id in _awake(lane, now)), default=0),
        "late": lane.ahead(Place(now, 0, "", ""), now) if lane else 0,
        "alarm": bool(table.waiting_alarm) and waiting >= table.waiting_alarm,
    }  # fmt: skip


def alerts(hall: Hall, now: int) -> list[Document]:
    """What a supervisor should act on now: clerks away, queues too long, devices that are not ready."""
    found: list[Document] = []
    for name, window in hall.state.windows.items():
        if _away(hall, window, now):
            found.append(_alert("away", f"{name} 号窗口离岗", f"Window {name} away", window.since))
    for queue in hall.queues.values():
        waiting = hall.waiting.get(queue.id, 0)
        if queue.waiting_alarm and waiting >= queue.waiting_alarm:
            found.append(
                _alert("crowded", f"{queue.name}等候 {waiting} 人", f"{queue.name_en}: {waiting} waiting", 0)
            )
    found += _floating_advice(hall, now)
    for name, device in hall.state.devices.items():
        if device.state != "ready":
            zh, en = DEVICE_WORDS[device.state]
            found.append(_alert(f"device-{device.state}", f"{name}：{zh}", f"{name}: {en}", device.since))
    return found


def _floating_advice(hall: Hall, now: int) -> list[Document]:
    """Open a floating window when the head of a queue it serves is later than its target."""
    advice: list[Document] = []
    for place in hall.settings.windows:
        if place.kind != "floating" or hall.state.windows[place.id].state != "closed":
            continue
        late = [queue for queue in place.queues if (_head(hall, queue, now) or now) < now]
        if late:
            names, names_en = "、".join(late), ", ".join(late)
            advice.append(
                _alert(
                    "open-floating", f"建议开启{place.name}：{names} 队列已超时",
                    f"Open {place.name_en or place.id}: queue {names_en} is late", min(_head(hall, q, now) for q in late),
                )
            )  # fmt: skip
    return advice


def _head(hall: Hall, queue: str, now: int) -> int:
    """The promise of the first who waits; 0 if nobody does."""
    lane = hall.lanes.get(queue)
    place = lane.first(now) if lane else None
    return place.promise if place else 0


def _alert(code: str, zh: str, en: str, since: int) -> Document:
    return {"code": code, "zh": zh, "en": en, "since": since}


DEVICE_WORDS: dict[str, tuple[str, str]] = {
    "ready": ("正常", "ready"),
    "paper-low": ("纸将用完", "paper low"),
    "paper-out": ("缺纸", "paper out"),
    "cover-open": ("盖子打开", "cover open"),
    "error": ("故障", "error"),
    "offline": ("未连接", "offline"),
    "unknown": ("状态未知", "state unknown"),
}

_BUILDERS: dict[str, Callable[[Hall, str, int], Document]] = {
    "board": _board,
    "window": _window,
    "ticket": _ticket,
    "kiosk": _kiosk,
    "supervise": _supervise,
}
