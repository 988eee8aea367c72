"""Alarms that no deadline makes: a window idle while its people wait, too many in pause, a station that is missing, what ails
the caller's own PC; and how an alarm is told. Pure.

Each leads to what it is about (`Alert.about`): a thing of the hall, or the office's page where something is done.
Bounds are the hall's (`[alarms]`). A window that rests in a planned break, its own or the hall's, raises none, nor does
its pause while the break lasts.
"""

from collections.abc import Iterable
from itertools import chain
from typing import TYPE_CHECKING

from caller.engine import leases, numbering, queueing
from caller.engine.hall import Hall
from caller.engine.lease_terms import LeasedRange
from caller.protocol.supervision import Alert, Light, LostNumbers
from caller.views.stations import StationsKnown, missing
from config.catalogue import message
from config.instants import MINUTE, Micros, local
from config.text_safety import for_page

if TYPE_CHECKING:
    from caller.views.supervise import ServiceHealth

THE_DAY, THE_PCS = "page/day", "page/stations"  # of the office, where something is done about it
PAUSED_LEAST = 2  # one clerk who rests is no alarm, however small the hall


def alarms(hall: Hall, now: Micros, known: StationsKnown) -> list[Alert]:
    """Return what a supervisor should look at now."""
    found = [*_idle(hall, now), *_paused(hall, now)]
    for each, since in missing(hall, known, now):
        about, facts = f"station/{each.role}/{each.name}", {"role": each.role, "name": each.name}
        if each.since:
            found.append(alert("station-gone", "yellow", since, 1, about, **facts))
        else:
            found.append(alert("station-never", "yellow", since, 1, about, **facts))
    return found


def in_planned_break(hall: Hall, window: str, now: Micros) -> bool:
    """Return whether a planned break of the window, or of the whole hall, lasts now."""
    place = hall.window_settings.get(window)
    clock = f"{local(now, hall.settings.hall.zone):%H:%M}"
    breaks = chain(hall.settings.hall.breaks, place.breaks if place else ())
    return any(start <= clock < end for start, end in breaks)


def _idle(hall: Hall, now: Micros) -> Iterable[Alert]:
    patience = round(hall.settings.alarms.idle_minutes * MINUTE)
    for window in hall.state.windows.values():
        since = max(window.since, window.freed)
        if not patience or window.state != "open" or window.ticket or now - since < patience:
            continue
        first = queueing.in_order(hall.lines, window.id, window.serves, 1, now)
        if first and not in_planned_break(hall, window.id, now):
            minutes = (now - since) // MINUTE
            number = hall.state.tickets[first[0].ticket].number
            yield alert(
                "idle",
                "yellow",
                since,
                1,
                f"window/{window.id}",
                window=window.id,
                minutes=minutes,
                number=number,
            )


def _paused(hall: Hall, now: Micros) -> Iterable[Alert]:
    percent = hall.settings.alarms.paused_percent
    staffed = [each for each in hall.state.windows.values() if each.state != "closed"]
    paused = [each for each in staffed if each.state == "paused" and not in_planned_break(hall, each.id, now)]
    waiting = sum(hall.waiting.values())
    if percent and waiting and len(paused) >= PAUSED_LEAST and 100 * len(paused) >= percent * len(staffed):
        since, longest = max(each.since for each in paused), min(paused, key=lambda each: each.since)
        yield alert(
            "many-paused",
            "yellow",
            since,
            1,
            f"window/{longest.id}",
            paused=len(paused),
            staffed=len(staffed),
            waiting=waiting,
        )


# --- numbers that nobody gives any more


def lost_numbers(hall: Hall, now: Micros) -> list[LostNumbers]:
    """Return what kiosks had in hand and may give no more: who looks in the evening still sees which numbers, and why."""
    return [
        {
            "kiosk": for_page(each.kiosk), "numbers": [_written(hall, part) for part in each.ranges], "unused": each.unused,
            "at": each.ended_at if each.ended else each.until, "why": "lost" if each.ended else "over",
        }
        for each in leases.given_no_more(hall, now)
    ]  # fmt: skip


def _written(hall: Hall, part: LeasedRange) -> str:
    queue = hall.queues.get(part.queue)
    digits = queue.digits if queue else 0  # taken out of the settings since
    first, last = (numbering.written("ticket", part.queue, each, digits) for each in (part.first, part.last))
    return first if first == last else f"{first}–{last}"


# --- what only the process knows


def health_alerts(health: "ServiceHealth") -> list[Alert]:
    """Return the alerts that only the process can give, with the next step in their words; red before yellow."""
    found = [told(each.code, each.with_next_step, "red", about=THE_PCS) for each in health.log_troubles]
    if health.log_damage:
        found.append(told("log-damaged", health.log_damage, "red", about=THE_PCS))
    if health.faults:
        found.append(alert("fault", "red", 0, 1, THE_PCS, count=health.faults))
    if health.disk_left is not None:
        found.append(alert("disk-low", "red", 0, 1, THE_PCS, free=health.disk_left))
    if health.clock_doubt:
        found.append(told("clock-date", health.clock_doubt, "yellow", about=THE_PCS))
    found += [told(each.code, each.with_next_step, "yellow", about=THE_PCS) for each in health.pcs]
    for name in health.duplicate_agents:
        found.append(alert("runs-twice", "yellow", 0, 1, f"station/agent/{name}", agent=name))
    return found


# --- how one is told


def alert(code: str, light: Light, since: Micros, level: int, about: str, /, **facts: object) -> Alert:
    """Return an alert in the words that the catalogue has for its code. Raises KeyError."""
    return told(code, message("alert", code, **facts).with_next_step, light, since, level, about=about)


def told(
    code: str, words: tuple[str, str], light: Light, since: Micros = 0, level: int = 1, *, about: str
) -> Alert:
    """Return an alert in these words, Chinese and English; `about`: what it leads to."""
    zh, en = map(for_page, words)
    return {"code": code, "zh": zh, "en": en, "since": since, "light": light, "level": level, "about": about}
