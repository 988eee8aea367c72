"""What everybody is told when something stands still: suspensions, messages, breaks, empty queues, the end of the day. Pure.

Nothing here decides: the engine refuses what a suspension stops, and the calendar knows the breaks.
"""

from collections.abc import Iterable

from caller.engine import automatic_day, suspensions
from caller.engine.hall import Hall
from caller.engine.state import UNKNOWN_MINUTES
from caller.engine.suspension_terms import Suspension
from caller.engine.wait_forecast import breaks
from caller.engine.windows import WindowState
from caller.protocol.documents import Standstill
from caller.protocol.station_documents import AnnouncementLine
from caller.protocol.suspension_documents import (
    BreakLine,
    ClosingLine,
    QueueDoubt,
    SuspensionLine,
)
from config.catalogue import message
from config.hall_lists import find
from config.instants import MINUTE, Micros
from config.text_safety import for_page

CLOSING_MICROS = 15 * MINUTE  # before closing time, clerks and managers are told who still waits


def standstill(hall: Hall, now: Micros) -> Standstill:
    """Return what the public is told now besides calls and queues."""
    found: Standstill = {}
    if hall.state.suspended:
        found["suspended"] = [suspension_line(hall, each) for each in hall.state.suspended.values()]
    if said := [*notices(hall, now), *_spoken(hall)]:
        found["said"] = said
    if rest := _now(breaks(hall, ""), now):
        found["rest"] = rest
    return found


def suspension_line(hall: Hall, suspension: Suspension) -> SuspensionLine:
    name, name_en = suspensions.name_of(hall, suspension)
    reason = find(hall.settings, "suspend", suspension.reason)
    return {
        "scope": suspension.scope, "id": suspension.id, "name": for_page(name), "name_en": for_page(name_en),
        "reason": for_page(reason.name) if reason else suspension.reason,
        "reason_en": for_page(reason.name_en or reason.name) if reason else suspension.reason,
        "since": suspension.since, "until": suspension.until, "call": suspension.seq,
    }  # fmt: skip


def notices(hall: Hall, now: Micros, queue: str | None = None) -> list[AnnouncementLine]:
    """Return the messages that hold now, the newest first; for those who wait in `queue` only what is meant for them."""
    lines: list[AnnouncementLine] = []
    for notice in hall.state.notices:
        listed = find(hall.settings, "notice", notice.code)
        meant = queue is None or notice.queue in ("", queue)
        if listed and meant and notice.until > now and hall.state.day.open:
            en = for_page(listed.name_en or listed.name)
            told: AnnouncementLine = {
                "call": notice.seq, "zh": for_page(listed.name), "en": en, "zone": "", "at": notice.at,
                "until": notice.until,
            }  # fmt: skip
            lines.append(told)
    return lines


def _spoken(hall: Hall) -> list[AnnouncementLine]:
    """Return the suspensions as messages to all, which boards show and speak once."""
    lines: list[AnnouncementLine] = []
    for each in hall.state.suspended.values():
        line = suspension_line(hall, each)
        end = (
            (f"，预计 {hall.local_time(each.until)} 恢复", f", expected until {hall.local_time(each.until)}")
            if each.until
            else ("", "")
        )
        told: AnnouncementLine = {
            "call": each.seq, "zh": f"{line['name']}暂停办理：{line['reason']}{end[0]}",
            "en": f"{line['name_en']} is suspended: {line['reason_en']}{end[1]}", "zone": "",
            "at": each.since, "until": each.until or hall.state.day.closes_at,
        }  # fmt: skip
        lines.append(told)
    return lines


# --- breaks, and queues whose windows are empty


def window_break(hall: Hall, window: str, now: Micros) -> BreakLine | None:
    """Return the planned break that holds at a window now, the hall's own included; None while an applicant is there."""
    return None if hall.state.windows[window].ticket else _now(breaks(hall, window), now)


def _now(found: Iterable[tuple[Micros, Micros]], now: Micros) -> BreakLine | None:
    return next(({"start": start, "until": end} for start, end in found if start <= now < end), None)


def doubts(hall: Hall, queue: str, promise: int, now: Micros) -> QueueDoubt:
    """Return why a number of this queue may wait long: no window is there for it, or closing time comes first."""
    found: QueueDoubt = {}
    if not hall.state.day.open:
        return found
    own = [
        hall.state.windows[each.id] for each in hall.settings.windows if queue in (*each.queues, *each.helps)
    ]
    if own and all(_is_empty(window) for window in own):
        found["unstaffed"] = max(hall.state.day.opened, *(window.since for window in own))
        back = [rest["until"] for window in own if (rest := window_break(hall, window.id, now))]
        if back:
            found["rest_until"] = min(back)
    elif is_late(hall, queue, promise, now):
        found["late"] = True
    return found


def _is_empty(window: WindowState) -> bool:
    return window.state in ("closed", "paused")


def is_late(hall: Hall, queue: str, promise: int, now: Micros) -> bool:
    """Return whether a number with this promise is expected to be called after closing time, or not at all by the hall's
    rule for it."""
    if hall.forecast is None:
        return False
    minutes = hall.forecast.minutes(queue, promise)
    if minutes >= UNKNOWN_MINUTES:
        serving = [hall.state.windows[id] for id, _ in hall.windows_serving(queue)]
        return hall.settings.rules.closing == "expire" and any(not _is_empty(window) for window in serving)
    return now + minutes * MINUTE > hall.state.day.closes_at


# --- the end of the day


def closing_line(hall: Hall, waiting: int, now: Micros, window: str = "") -> ClosingLine | None:
    """Return what will become of those who wait, near closing time; None before, and where no number is left."""
    day, rules = hall.state.day, hall.settings.rules
    here = hall.state.windows[window] if window else None
    if not day.open or now < day.closes_at - CLOSING_MICROS or not (waiting or (here and here.ticket)):
        return None
    lapses = automatic_day.lapses_at(hall, here) if here and here.ticket else 0
    facts = {
        "waiting": waiting,
        "closes": hall.local_time(day.closes_at),
        "lapses": hall.local_time(lapses) if lapses else "",
    }
    code = f"closing-{rules.closing}" if waiting else "closing-here"
    zh, en = message("day-end", code, **facts).with_next_step
    return {
        "closes": day.closes_at, "waiting": waiting, "rule": rules.closing, "lapses": lapses,
        "zh": for_page(zh), "en": for_page(en),
    }  # fmt: skip
