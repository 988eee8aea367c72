"""What a supervisor watches: who is away, who waits too long, which device is not ready."""

from caller.engine import queueing
from caller.engine.hall import Hall
from caller.engine.queueing import QueueEntry
from caller.engine.register import DeviceStatus
from caller.engine.windows import WindowState
from caller.views.parts import ViewDocument, hall_lines, window_line
from config.instants import MINUTE


def supervise_view(hall: Hall, _key: str, now: int) -> ViewDocument:
    state = hall.state
    return {
        "hall": hall_lines(hall),
        "windows": {name: _supervised_window(hall, name, now) for name in hall.window_settings},
        "queues": {queue: _supervised_queue(hall, queue, now) for queue in hall.queues},
        "devices": {name: _device(status) for name, status in hall.register.devices.items()},
        "ratings": {str(level): state.ratings.get(str(level), 0) for level in range(1, 6)},
        "counts": {
            what: state.counts.get(what, 0)
            for what in ("issued", "served", "missed", "cancelled", "expired")
        }
        | {"waiting": sum(hall.waiting.values())},
        "told": {
            "tickets": state.quote_accuracy.tickets, "within": state.quote_accuracy.within,
            "error_seconds": state.quote_accuracy.error_seconds,
        },
        "alerts": alerts(hall, now),
    }  # fmt: skip


def _device(status: DeviceStatus) -> ViewDocument:
    return {"kind": status.kind, "state": status.state, "detail": status.detail, "since": status.since}


def _supervised_window(hall: Hall, name: str, now: int) -> ViewDocument:
    window = hall.state.windows[name]
    return window_line(hall, name) | {
        "clerk": window.clerk, "since": window.since, "served": window.served, "away": _away(hall, window, now),
    }  # fmt: skip


def _away(hall: Hall, window: WindowState, now: int) -> bool:
    """Paused for longer than the rule allows (20 minutes by default)."""
    limit = round(hall.settings.rules.away_minutes * MINUTE)
    return window.state == "paused" and now - window.since >= limit


def _awake(line: queueing.WaitingLine | None, now: int) -> list[str]:
    """The tickets that may be called now: whoever asked to be called later does not wait yet."""
    if line is None:
        return []
    woken = [entry.ticket for not_before, entry in line.postponed() if not_before <= now]
    return [*(entry.ticket for entry in line.entries()), *woken]


def _supervised_queue(hall: Hall, queue: str, now: int) -> ViewDocument:
    table, line = hall.queues[queue], hall.lines.get(queue)
    waiting = hall.waiting.get(queue, 0)
    return {
        "name": table.name, "name_en": table.name_en, "waiting": waiting,
        "oldest": min((hall.state.tickets[id].issued for id in _awake(line, now)), default=0),
        "late": line.ahead(QueueEntry(now, 0, "", ""), now) if line else 0,
        "alarm": bool(table.waiting_alarm) and waiting >= table.waiting_alarm, **_held(hall, queue),
    }  # fmt: skip


def _held(hall: Hall, queue: str) -> ViewDocument:
    """How many a queue has on hold, and since when the longest: who is forgotten asks nobody."""
    since = [ticket.since for ticket in hall.parked_tickets("held") if ticket.queue == queue]
    return {"held": len(since), "held_since": min(since, default=0)}


def alerts(hall: Hall, now: int) -> list[ViewDocument]:
    """What a supervisor should act on now: clerks away, queues too long, devices that are not ready."""
    found: list[ViewDocument] = []
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
    for name, device in hall.register.devices.items():
        if device.state != "ready":
            zh, en = DEVICE_WORDS[device.state]
            found.append(_alert(f"device-{device.state}", f"{name}：{zh}", f"{name}: {en}", device.since))
    return found


def _floating_advice(hall: Hall, now: int) -> list[ViewDocument]:
    """Open a floating window when the head of a queue it serves is later than its target."""
    advice: list[ViewDocument] = []
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
    line = hall.lines.get(queue)
    entry = line.first(now) if line else None
    return entry.promise if entry else 0


def _alert(code: str, zh: str, en: str, since: int) -> ViewDocument:
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
