"""The hall screens and the kiosk: who is called where, how many wait, what is open."""

from datetime import date

from caller.engine import ticketing
from caller.engine.hall import Hall
from caller.engine.state import Call
from caller.engine.tickets import AT_WINDOW
from caller.views.parts import (
    ViewDocument,
    hall_lines,
    newcomer,
    opening_line,
    queue_line,
    window_line,
    window_name,
)
from config.duty_roster import on_duty
from config.instants import local


def board_view(hall: Hall, _key: str, now: int) -> ViewDocument:
    return {
        "hall": hall_lines(hall),
        **opening_line(hall, now),
        "queues": {queue: queue_line(hall, queue, now) for queue in hall.queues},
        "windows": {name: window_line(hall, name) for name in hall.window_settings},
        "calls": [_call(hall, call) for call in hall.state.calls] if hall.state.day.open else [],
        "notices": list(hall.settings.notices),
        "roster": _roster(hall),
    }  # fmt: skip


def _call(hall: Hall, call: Call) -> ViewDocument:
    ticket = hall.state.tickets[call.ticket]
    return {
        "call": call.call, "number": call.number, "window": call.window,
        "window_name": window_name(hall, call.window, ""),
        "window_name_en": window_name(hall, call.window, "_en"),
        "at": call.at, "times": call.times, "over": ticket.state not in AT_WINDOW,
    }  # fmt: skip


def _roster(hall: Hall) -> list[ViewDocument]:
    """Who is on duty this business day; nobody before it opens and after it has closed."""
    day = hall.state.day
    if not day.open or not hall.settings.roster:
        return []
    return [
        {
            "role": duty.role, "role_en": duty.role_en, "name": duty.name, "name_en": duty.name_en,
            "title": duty.title, "title_en": duty.title_en, "phone": duty.phone,
        }
        for duty in on_duty(hall.settings.roster, date.fromisoformat(day.label))
    ]  # fmt: skip


def kiosk_view(hall: Hall, _key: str, now: int) -> ViewDocument:
    return {
        "hall": hall_lines(hall),
        "phase": _phase(hall, now),
        **opening_line(hall, now),
        "queues": {id: _kiosk_queue(hall, id, now) for id in hall.queues},
    }


def _phase(hall: Hall, now: int) -> str:
    """Where the day is for who wants a number: closed all day, not begun, numbers are given, no more of them, over."""
    day = hall.state.day
    if day.open:
        return "stopped" if day.stopped or hall.instant(now) >= day.stops_at else "open"
    here = local(now, hall.settings.hall.zone)
    if day.label == here.date().isoformat():
        return "over"
    hours = hall.calendar.hours(here.date())
    if hours is None:
        return "closed"
    return "over" if f"{here:%H:%M}" >= hours.closes else "before"


def _kiosk_queue(hall: Hall, id: str, now: int) -> ViewDocument:
    low, high = newcomer(hall, id, now)
    document: ViewDocument = {"waiting": hall.waiting.get(id, 0), "low": low, "high": high, "open": True}
    refused = ticketing.closed_reason(hall, hall.queues[id], hall.instant(now))
    if refused:
        document |= {"open": False, "code": refused.code, **refused.words._asdict()}
    return document
