"""What several documents say alike: the hall, a queue, a window. No nulls; numbers only."""

from collections.abc import Iterable
from typing import Any

from caller.engine.hall import Hall
from caller.engine.windows import WindowState
from config.instants import Micros, local

ViewDocument = dict[str, Any]


def hall_lines(hall: Hall) -> ViewDocument:
    table = hall.settings.hall
    day = hall.state.day
    return {
        "name": table.name, "name_en": table.name_en, "zone": table.zone, "day": day.label, "open": day.open,
        "phone": table.phone, "complaint_phone": table.complaint_phone,
    }  # fmt: skip


def opening_line(hall: Hall, now: Micros) -> ViewDocument:
    """While the day is not open: when the hall opens next, and what today is called if that is why it is closed.

    `at` is 0 where the calendar has no opening within the next weeks.
    """
    if hall.state.day.open:
        return {}
    opening = hall.calendar.opening(now)
    closed = hall.calendar.closed(local(now, hall.settings.hall.zone).date())
    return {
        "opening": {
            "at": opening.at if opening else 0, "day": opening.day.isoformat() if opening else "",
            "provisional": opening.provisional if opening else False,
            "why": closed.name if closed else "", "why_en": closed.name_en if closed else "",
        }
    }  # fmt: skip


def queue_line(hall: Hall, queue: str, now: int) -> ViewDocument:
    table = hall.queues[queue]
    low, high = newcomer(hall, queue, now)
    return {
        "name": table.name, "name_en": table.name_en,
        "waiting": hall.waiting.get(queue, 0), "low": low, "high": high,
    }  # fmt: skip


def newcomer(hall: Hall, queue: str, now: int) -> tuple[int, int]:
    """The band an ordinary applicant would be told who came now."""
    return hall.band(queue, now + hall.target("ordinary", queue))


def window_name(hall: Hall, window: str, suffix: str) -> str:
    place = hall.window_settings.get(window)
    return str(getattr(place, f"name{suffix}")) if place else window


def window_state(hall: Hall, window: WindowState) -> str:
    """What people see: a window with an applicant shows the ticket's state, called or serving."""
    return hall.state.tickets[window.ticket].state if window.ticket else window.state


def window_line(hall: Hall, name: str) -> ViewDocument:
    place, window = hall.window_settings[name], hall.state.windows[name]
    number = hall.state.tickets[window.ticket].number if window.ticket else ""
    return {
        "name": place.name, "name_en": place.name_en, "kind": place.kind,
        "state": window_state(hall, window), "number": number, **pause_words(hall, window),
    }  # fmt: skip


def pause_words(hall: Hall, window: WindowState) -> ViewDocument:
    """Why the window rests, as the hall's settings name the code the log keeps."""
    known = next((each for each in hall.settings.pauses if each.id == window.reason), None)
    return {"reason": known.name if known else "", "reason_en": known.name_en if known else ""}


def shown_queues(hall: Hall, window: WindowState) -> Iterable[str]:
    """The queues a window's document tells of: what its clerk serves, or its own while nobody is there."""
    place = hall.window_settings.get(window.id)
    return window.serves or (place.queues if place else ())
