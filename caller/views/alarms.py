"""Alarms that no deadline makes: a window idle while its people wait, too many in pause, a station that is missing. Pure.

Bounds are the hall's (`[alarms]`). A window that rests in a planned break, its own or the hall's, raises none, nor does
its pause while the break lasts.
"""

from collections.abc import Iterable
from itertools import chain

from caller.engine import queueing
from caller.engine.hall import Hall
from caller.protocol.supervision import Alert
from caller.views.stations import StationsKnown, missing
from config.catalogue import message
from config.instants import MINUTE, Micros, local
from config.text_safety import for_page

PAUSED_LEAST = 2  # one clerk who rests is no alarm, however small the hall


def alarms(hall: Hall, now: Micros, known: StationsKnown) -> list[Alert]:
    """Return what a supervisor should look at now."""
    found = [*_idle(hall, now), *_paused(hall, now)]
    for each, since in missing(hall, known, now):
        about, facts = f"station/{each.role}/{each.name}", {"role": each.role, "name": each.name}
        if each.since:
            found.append(_alert("station-gone", since, about, **facts))
        else:
            found.append(_alert("station-never", since, about, **facts))
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
            yield _alert(
                "idle", since, f"window/{window.id}", window=window.id, minutes=minutes, number=number
            )


def _paused(hall: Hall, now: Micros) -> Iterable[Alert]:
    percent = hall.settings.alarms.paused_percent
    staffed = [each for each in hall.state.windows.values() if each.state != "closed"]
    paused = [each for each in staffed if each.state == "paused" and not in_planned_break(hall, each.id, now)]
    waiting = sum(hall.waiting.values())
    if percent and waiting and len(paused) >= PAUSED_LEAST and 100 * len(paused) >= percent * len(staffed):
        since = max(each.since for each in paused)
        yield _alert("many-paused", since, paused=len(paused), staffed=len(staffed), waiting=waiting)


def _alert(code: str, since: Micros, about: str = "", /, **facts: object) -> Alert:
    zh, en = map(for_page, message("alert", code, **facts).with_next_step)
    return {"code": code, "zh": zh, "en": en, "since": since, "light": "yellow", "about": about, "level": 1}
