"""What a supervisor watches: which window is away, which queue is late, which device is not ready; and the lights.

Every light is decided here. A device's own light is that of its state; a window is red only when it is away; a queue is yellow when
applicants wait past their target and red at the hall's own alarm. What only the process knows comes in as `ServiceHealth`.
"""

from typing import NamedTuple, cast

from caller.engine import deadlines, leases, queueing
from caller.engine.alarms import open_alarm
from caller.engine.commands import DeviceState
from caller.engine.hall import Hall
from caller.engine.queueing import QueueEntry
from caller.engine.register import DeviceStatus
from caller.engine.windows import WindowAlarm
from caller.protocol.case_documents import CaseCounts
from caller.protocol.station_documents import QuestionLine
from caller.protocol.supervision import (
    Alert,
    DeviceLine,
    DevicesView,
    DutyCounts,
    Light,
    LightCounts,
    SupervisedQueue,
    SupervisedWindow,
    SuperviseView,
)
from caller.views.alarms import THE_DAY, alarms, alert, health_alerts, in_planned_break, lost_numbers, told
from caller.views.cases import case_counts
from caller.views.public import alarm_line, hall_header, window_line
from caller.views.receipts import feedback_counts
from caller.views.rectifications import rating_alerts
from caller.views.standstill import closing_line, suspension_line, window_break
from caller.views.stations import StationsKnown
from config.catalogue import Message, message
from config.instants import HOUR, MINUTE, Micros
from config.text_safety import for_page


class ServiceHealth(NamedTuple):
    """What the caller's process knows about itself. The process fills it; the view makes alerts of it."""

    log_troubles: tuple[Message, ...] = ()  # why nothing can be saved
    log_damage: tuple[str, str] | None = None  # what the integrity check found, Chinese and English
    faults: int = 0  # commands that failed by a fault of the program since the start
    clock_doubt: tuple[str, str] | None = None  # why the clock is not believed, Chinese and English
    duplicate_agents: tuple[str, ...] = ()  # agents of which two are connected
    stations: StationsKnown = StationsKnown()
    disk_left: int | None = None  # MiB, where so few are left that what follows the log has stopped
    pcs: tuple[Message, ...] = ()  # what is the matter with the PC that stands by
    cut_off: bool = False  # from the place of its log, where another caller may write by now
    questions: list[QuestionLine] = []  # noqa: RUF012 - read only; what the office has published


HEALTHY = ServiceHealth()


def supervise_view(hall: Hall, now: Micros, health: ServiceHealth) -> SuperviseView:
    document = _supervised(hall, now, health)
    if hall.settings.cases.enabled or hall.register.follow_ups:
        document["duties"] = duty_counts(hall, document["cases"])
    if lost := lost_numbers(hall, now):
        document["lost"] = lost
    return document


def duty_counts(hall: Hall, counts: CaseCounts) -> DutyCounts:
    """Return the lights over complaints and cases; `counts`: of the cases."""
    open_ = [each.kind for each in hall.register.follow_ups.values() if not each.over]
    return {
        "complaint": open_.count("complaint"), "overdue": counts["red"], "rejected": counts["refused"],
        "warning": counts["yellow"], "accountability": open_.count("accountability"),
    }  # fmt: skip


def _supervised(hall: Hall, now: Micros, health: ServiceHealth) -> SuperviseView:
    state = hall.state
    windows = {id: _supervised_window(hall, id, now) for id in hall.window_settings}
    queues = {id: _supervised_queue(hall, id, now) for id in hall.queues}
    devices = _devices(hall)
    more = alarms(hall, now, health.stations)
    found = health_alerts(health) + alerts(hall, now) + rating_alerts(hall) + more
    tables = (("window", windows), ("queue", queues), ("device", devices))
    shown = {f"{kind}/{id}": row["light"] for kind, rows in tables for id, row in rows.items()}
    return {
        "hall": hall_header(hall), "lights": _light_counts(shown, found),
        "windows": windows, "queues": queues, "devices": devices,
        "ratings": {str(level): state.ratings.get(str(level), 0) for level in range(1, 6)},
        "counts": {
            "issued": state.counts.get("issued", 0), "served": state.counts.get("served", 0),
            "missed": state.counts.get("missed", 0), "cancelled": state.counts.get("cancelled", 0),
            "expired": state.counts.get("expired", 0), "lapsed": state.counts.get("lapsed", 0), "waiting": sum(hall.waiting.values()),
        },
        "told": {
            "tickets": state.quote_accuracy.tickets, "within": state.quote_accuracy.within, "error_seconds": state.quote_accuracy.error_seconds,
        },
        "cases": case_counts(hall, now), "feedback": feedback_counts(hall, now),
        "alerts": found,
    }  # fmt: skip


def devices_view(hall: Hall, _key: str, _now: Micros) -> DevicesView:
    return {"devices": _devices(hall)}


def _light_counts(shown: dict[str, str], found: list[Alert]) -> LightCounts:
    """Return how many show each light; an alert counts where no row tells the same (a full disk, a bad rating)."""
    lights = list(shown.values())
    lights += [each["light"] for each in found if shown.get(each["about"]) != each["light"]]
    return {"red": lights.count("red"), "yellow": lights.count("yellow"), "green": lights.count("green")}


# --- windows


def _supervised_window(hall: Hall, id: str, now: Micros) -> SupervisedWindow:
    window, line = hall.state.windows[id], window_line(hall, id, now)
    pause = deadlines.pause_of(hall, window)
    rests = pause is not None and in_planned_break(hall, id, now)
    away = pause is not None and not rests and deadlines.overdue(pause, now)
    light: Light = "green" if rests else _window_light(line["state"], pause, now)
    rest = (
        window_break(hall, id, now) if hall.state.day.open and line["state"] in ("closed", "paused") else None
    )
    if rest:
        line["rest"] = rest
    document: SupervisedWindow = {
        **line, "clerk": for_page(window.clerk), "since": window.since, "served": window.served, "away": away,
        "light": light, "light_code": "away" if away else line["state"],
    }  # fmt: skip
    if window.alarm:
        document["alarm"] = alarm_line(window.alarm)
    if open_alarm(window):
        document["light"], document["light_code"] = "red", "alarm"
    return document


WINDOW_LIGHTS: dict[str, Light] = {"closed": "grey"}  # of a paused one its deadline decides


def _window_light(state: str, pause: deadlines.Deadline | None, now: Micros) -> Light:
    return deadlines.light(pause, now) if pause else WINDOW_LIGHTS.get(state, "green")


# --- queues


def _supervised_queue(hall: Hall, id: str, now: Micros) -> SupervisedQueue:
    table, line = hall.queues[id], hall.lines.get(id)
    waiting = hall.waiting.get(id, 0)
    late = line.ahead(QueueEntry(now, 0, "", ""), now) if line else 0
    alarm = bool(table.waiting_alarm) and waiting >= table.waiting_alarm
    held = [deadlines.hold_of(hall, ticket) for ticket in hall.parked_tickets("held") if ticket.queue == id]
    held_late = sum(deadlines.overdue(each, now) for each in held)
    return {
        "name": for_page(table.name), "name_en": for_page(table.name_en), "waiting": waiting,
        "oldest": min((hall.state.tickets[ticket].issued for ticket in _callable(line, now)), default=0),
        "late": late, "held": len(held), "held_since": min((each.start for each in held), default=0),
        "held_late": held_late, "alarm": alarm,
        "light": "red" if alarm else "yellow" if late or held_late else "green",
        "light_code": "crowded" if alarm else "late" if late else "held-long" if held_late else "in-time",
    }  # fmt: skip


def _callable(line: queueing.WaitingLine | None, now: Micros) -> list[str]:
    """Return the tickets that may be called now: without those whose holders asked to be called later."""
    if line is None:
        return []
    woken = [entry.ticket for not_before, entry in line.postponed() if not_before <= now]
    return [*(entry.ticket for entry in line.entries()), *woken]


# --- devices

UNANSWERED = frozenset({"opened", "assigned", "reopened"})  # states of a follow-up
DEVICE_LIGHTS: dict[str, Light] = {"ready": "green", "paper-low": "yellow", "unknown": "yellow"}


def _devices(hall: Hall) -> dict[str, DeviceLine]:
    return {name: _device(status) for name, status in hall.register.devices.items()}


def _device(status: DeviceStatus) -> DeviceLine:
    return {
        "kind": status.kind, "state": cast(DeviceState, status.state), "detail": for_page(status.detail), "since": status.since,
        "light": DEVICE_LIGHTS.get(status.state, "red"), "light_code": status.state,
    }  # fmt: skip


# --- alerts


def alerts(hall: Hall, now: Micros) -> list[Alert]:
    """Return what a supervisor should act on now as far as the log knows it: who calls for help first, red before yellow."""
    found = [
        _help_wanted(window.id, alarm)
        for window in hall.state.windows.values()
        if (alarm := open_alarm(window))
    ]
    for each in deadlines.running(hall, now):
        if level := deadlines.level(each, now):
            found += _overdue(hall, each, level, now)
    for queue in hall.queues.values():
        waiting = hall.waiting.get(queue.id, 0)
        if queue.waiting_alarm and waiting >= queue.waiting_alarm:
            names = {"queue": queue.name, "queue_en": queue.name_en or queue.name}
            about = f"queue/{queue.id}"
            found.append(alert("crowded", "yellow", 0, 1, about, **names, waiting=waiting))
    found += _floating_advice(hall, now)
    for each in hall.state.suspended.values():
        line = suspension_line(hall, each)
        facts = {name: line[name] for name in ("name", "name_en", "reason", "reason_en")}
        about = f"queue/{each.id}" if each.scope == "queue" else THE_DAY
        found.append(alert("suspended", "yellow", each.since, 1, about, **facts))
    for lost in leases.lost_since(hall, now - HOUR):
        about = f"station/kiosk/{lost.kiosk}"
        found.append(
            alert("lease-lost", "yellow", lost.ended_at, 1, about, kiosk=lost.kiosk, count=lost.unused)
        )
    if sheet := leases.on_sheet(hall):
        found.append(
            alert("on-sheet", "yellow", sheet[0].since, 1, f"ticket/{sheet[0].id}", count=len(sheet))
        )
    still = sum(hall.waiting.values()) + len(hall.parked["held"])
    if closing := closing_line(hall, still, now):
        found.append(
            told("closing", (closing["zh"], closing["en"]), "yellow", closing["closes"], about=THE_DAY)
        )
    found += _assistance(hall)
    if late := case_counts(hall, now)["red"]:
        due, first = hall.register.case_index.due[0]
        found.append(alert("cases-late", "red", due, 1, f"case/{first}", count=late))
    found += _escalated(hall, now)
    for name, device in hall.register.devices.items():
        if device.state != "ready":
            light = DEVICE_LIGHTS.get(device.state, "red")
            words = message("alert", "device", name=name, state=device.state).with_next_step
            about = f"device/{name}"
            found.append(told(f"device-{device.state}", words, light, device.since, about=about))
    helps = ("help-manager", "help-security")
    return sorted(found, key=lambda each: (each["code"] not in helps, each["light"] != "red", -each["level"]))


def _escalated(hall: Hall, now: Micros) -> list[Alert]:
    """Return the accountability records that were not answered for so long that they are escalated."""
    days = hall.settings.cases.escalate_days
    open_ = [each for each in hall.register.follow_ups.values() if each.kind == "accountability"]
    return [
        alert(
            "unanswered",
            "red",
            each.opened,
            deadlines.ESCALATED,
            f"case/{each.case}",
            number=each.number,
            days=days,
        )
        for each in open_
        if days and each.state in UNANSWERED and now > deadlines.end_of_days(hall, each.start, days)[0]
    ]


def _help_wanted(window: str, alarm: WindowAlarm) -> Alert:
    if alarm.kind == "security":
        return alert("help-security", "red", alarm.raised, 1, f"window/{window}", window=window)
    return alert("help-manager", "red", alarm.raised, 1, f"window/{window}", window=window)


def _overdue(hall: Hall, deadline: deadlines.Deadline, level: int, now: Micros) -> list[Alert]:
    """Return the alert of an overdue deadline; an appointment that is missed calls for no act, nor does
    a pause in a planned break."""
    since = deadline.start
    if deadline.kind == "pause":
        if in_planned_break(hall, deadline.owner, now):
            return []
        return [alert("away", "red", since, level, f"window/{deadline.owner}", window=deadline.owner)]
    if deadline.kind == "hold":
        number, light = (
            hall.state.tickets[deadline.owner].number,
            "red" if level > deadlines.OVERDUE else "yellow",
        )
        minutes = (deadline.due - deadline.start) // MINUTE
        about = f"ticket/{deadline.owner}"
        return [alert("held-long", light, since, level, about, number=number, minutes=minutes)]
    if deadline.kind == "lease":
        lease, about = leases.held_by(hall, deadline.owner), f"station/kiosk/{deadline.owner}"
        count = lease.unused if lease else 0
        return [alert("lease-over", "red", since, 1, about, kiosk=deadline.owner, count=count)]
    about = f"follow-up/{deadline.owner}"
    if deadline.kind == "call-back":
        number = hall.register.follow_ups[deadline.owner].number
        return [alert("call-late", "red", since, level, about, number=number)]
    if deadline.kind == "answer":
        number = hall.register.follow_ups[deadline.owner].number
        return [alert("answer-late", "red", since, level, about, number=number)]
    return []


def _floating_advice(hall: Hall, now: Micros) -> list[Alert]:
    """Advise to open a floating window when the first ticket of a queue it serves is past its target."""
    advice: list[Alert] = []
    for place in hall.settings.windows:
        if place.kind != "floating" or hall.state.windows[place.id].state != "closed":
            continue
        late = [queue for queue in place.queues if (_first_target(hall, queue, now) or now) < now]
        if late:
            names = {"window": place.name, "window_en": place.name_en or place.id}
            queues = {"queues": "、".join(late), "queues_en": ", ".join(late)}
            since = min(_first_target(hall, queue, now) for queue in late)
            about = f"window/{place.id}"
            advice.append(alert("open-floating", "yellow", since, 1, about, **names, **queues))
    return advice


def _assistance(hall: Hall) -> list[Alert]:
    """Return who is to be fetched now: a called ticket whose holder cannot come by the number alone."""
    called = [hall.state.tickets[each.ticket] for each in hall.state.windows.values() if each.ticket]
    return [
        alert(
            "assist",
            "yellow",
            each.since,
            1,
            f"ticket/{each.id}",
            number=each.number,
            window=each.window,
            assistance=each.assistance,
        )
        for each in called
        if each.assistance and each.state == "called"
    ]


def _first_target(hall: Hall, queue: str, now: Micros) -> Micros:
    """Return the instant by which the first ticket of a queue should be called; 0 if no ticket waits."""
    line = hall.lines.get(queue)
    first = line.first(now) if line else None
    return first.promise if first else 0
