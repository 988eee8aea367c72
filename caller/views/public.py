"""What everybody may see: the hall's screens, the kiosk, a card holder's appointments; and the parts that all views
share. Numbers only, never a name. Names come from the settings and are made safe for a page here, once.
"""

from collections.abc import Iterable
from datetime import date
from typing import NotRequired, TypedDict, cast

from caller.engine import appointments, automatic_day, live_numbers, performance, suspensions, ticketing
from caller.engine.commands import person_hashes
from caller.engine.frequent_items import frequent
from caller.engine.hall import Hall
from caller.engine.refusals import Refused
from caller.engine.register import Appointment
from caller.engine.settings_change import in_force
from caller.engine.suspension_terms import suspension_of
from caller.engine.tickets import AT_WINDOW, TicketState
from caller.engine.windows import Call, WindowAlarm, WindowState
from caller.protocol.desk_documents import RaisedAlarm
from caller.protocol.document_parts import BoardWindowLine, WindowLine
from caller.protocol.documents import (
    AppointmentLine,
    BoardView,
    CallLine,
    DayPhase,
    DutyLine,
    HallHeader,
    KioskQueueLine,
    KioskView,
    OpeningLine,
    PersonView,
    QueueLine,
    SeenWindowState,
    WhyNot,
)
from caller.protocol.frames import refusal_message
from caller.protocol.station_documents import AnnouncementLine
from caller.views.standstill import doubts, standstill, window_break
from caller.views.stations import month_shown, root_shown, screens_dark
from config.calendar import on_duty
from config.hall_lists import find
from config.instants import Micros, local
from config.media_plan import announced
from config.text_safety import for_page

# --- shared parts


def hall_header(hall: Hall) -> HallHeader:
    table, day = hall.settings.hall, hall.state.day
    return {
        "name": for_page(table.name), "name_en": for_page(table.name_en), "zone": table.zone,
        "day": day.label, "open": day.open, "settings": in_force(hall).version,
        "phone": for_page(table.phone), "complaint_phone": for_page(table.complaint_phone),
    }  # fmt: skip


def _public_header(hall: Hall, now: Micros) -> HallHeader:
    """Return the header for the public: a day that was left open over night is over."""
    return {**hall_header(hall), "open": _is_open(hall, now)}


def _is_open(hall: Hall, now: Micros) -> bool:
    return hall.state.day.open and not automatic_day.left_over(hall, hall.instant(now))


class _Times(TypedDict):
    hours: list[str]
    opening: NotRequired[OpeningLine]


def _times(hall: Hall, now: Micros) -> _Times:
    """Return the hours of the business day. While it is not open: those of the day the hall opens next, when that is, and
    what today is called if that is why it is closed."""
    if _is_open(hall, now):
        return {"hours": _hours(hall, date.fromisoformat(hall.state.day.label))}
    opening = hall.calendar.opening(now)
    today = local(now, hall.settings.hall.zone).date()
    closed = hall.calendar.closed(today)
    return {
        "hours": _hours(hall, opening.day if opening else today),
        "opening": {
            "at": opening.at if opening else 0, "day": opening.day.isoformat() if opening else "",
            "provisional": opening.provisional if opening else False,
            "why": for_page(closed.name) if closed else "", "why_en": for_page(closed.name_en) if closed else "",
        }
    }  # fmt: skip


def _hours(hall: Hall, day: date) -> list[str]:
    return [f"{opens}–{closes}" for opens, closes in hall.calendar.usual_hours(day).bands]


def window_line(hall: Hall, id: str, now: Micros) -> WindowLine:
    place, window = hall.window_settings[id], hall.state.windows[id]
    reason, reason_en = pause_reason(hall, window)
    return {
        "name": for_page(place.name), "name_en": for_page(place.name_en), "kind": place.kind,
        "state": window_state(hall, window),
        "number": hall.state.tickets[window.ticket].number if window.ticket else "",
        "reason": reason, "reason_en": reason_en, "back": back_at(hall, window, now),
    }  # fmt: skip


def _public_line(hall: Hall, id: str, now: Micros) -> WindowLine:
    """Return a window as the public sees it: closed before the day opens, though its clerk is there."""
    line = window_line(hall, id, now)
    return line if hall.state.day.open else {**line, "state": "closed", "back": ""}


def window_state(hall: Hall, window: WindowState) -> SeenWindowState:
    """Return the state people see: a window with an applicant shows the ticket's, called or serving."""
    state = hall.state.tickets[window.ticket].state if window.ticket else window.state
    return cast(SeenWindowState, state)


def window_names(hall: Hall, id: str) -> tuple[str, str]:
    """Return the Chinese and English name of a window; its id for a window the settings no longer have."""
    place = hall.window_settings.get(id) or hall.former_windows.get(id)
    return (for_page(place.name), for_page(place.name_en)) if place else (id, id)


def pause_reason(hall: Hall, window: WindowState) -> tuple[str, str]:
    """Return what the settings call the reason code of the pause, in Chinese and English; empty without one."""
    known = find(hall.settings, "pause", window.reason)
    return (for_page(known.name), for_page(known.name_en)) if known else ("", "")


def alarm_line(alarm: WindowAlarm) -> RaisedAlarm:
    """Return an alarm as the clerk and the supervisors see it; no public screen does."""
    return {"kind": alarm.kind, "raised": alarm.raised, "acknowledged": alarm.acknowledged}


def back_at(hall: Hall, window: WindowState, now: Micros) -> str:
    """Return when the clerk of a paused window said to be back, "HH:MM"; empty where they did not, or are late."""
    return hall.local_time(window.back) if window.back and now <= window.back else ""


def shown_queues(hall: Hall, window: WindowState) -> Iterable[str]:
    """Return the queues a window's document shows: those its clerk serves, or its own while it is closed."""
    place = hall.window_settings.get(window.id)
    return window.serves or (place.queues if place else ())


def quoted_wait(hall: Hall, queue: str, now: Micros) -> tuple[int, int]:
    """Return the band, in minutes, that an ordinary applicant is quoted who joins the queue now."""
    return hall.band(queue, now + hall.target("ordinary", queue))


def why_not(refused: Refused) -> WhyNot:
    words = refusal_message(refused)
    return {
        "code": refused.code, "zh": for_page(words.zh), "en": for_page(words.en),
        "next_zh": for_page(words.next_zh), "next_en": for_page(words.next_en),
    }  # fmt: skip


# --- board


def board_view(hall: Hall, _key: str, now: Micros) -> BoardView:
    is_open = _is_open(hall, now)
    board: BoardView = {
        "hall": _public_header(hall, now),
        **_times(hall, now),
        **standstill(hall, now),
        **root_shown(hall),
        **month_shown(hall),
        **screens_dark(hall, now),
        "queues": {id: _queue_line(hall, id, now) for id in hall.queues},
        "windows": {id: _public_window(hall, id, now, is_open) for id in hall.window_settings},
        "calls": [_call_line(hall, call) for call in hall.state.calls] if is_open else [],
        "notices": [for_page(notice) for notice in hall.settings.notices],
        "roster": _roster(hall),
    }
    if said := [*board.get("said", []), *messages(hall, now)]:
        board["said"] = said
    return board


def _public_window(hall: Hall, id: str, now: Micros, is_open: bool) -> BoardWindowLine:
    """Return a window as the hall sees it: one at lunch says so, instead of that it is closed."""
    line: BoardWindowLine = {**_public_line(hall, id, now)}
    if awards := performance.shown_awards(hall, id):
        line["awards"] = awards
    if line["state"] not in ("closed", "paused") or not is_open:
        return line
    rest = window_break(hall, id, now)
    return {**line, "rest": rest} if rest else line


def _queue_line(hall: Hall, id: str, now: Micros) -> QueueLine:
    table, (low, high) = hall.queues[id], quoted_wait(hall, id, now)
    if suspension_of(hall.state.suspended, id):
        low = high = -1  # nobody can join it, and no wait can be told
    return {
        "name": for_page(table.name), "name_en": for_page(table.name_en),
        "waiting": hall.waiting.get(id, 0), "low": low, "high": high,
    }  # fmt: skip


def _call_line(hall: Hall, call: Call) -> CallLine:
    name, name_en = window_names(hall, call.window)
    return {
        "call": call.call, "number": call.number, "window": call.window,
        "window_name": name, "window_name_en": name_en, "at": call.at, "times": call.times,
        "over": hall.state.tickets[call.ticket].state not in AT_WINDOW,
        "assisted": bool(hall.state.tickets[call.ticket].assistance),
    }  # fmt: skip


def _roster(hall: Hall) -> list[DutyLine]:
    """Return the duties of this business day; none before it opens and after it has closed."""
    day = hall.state.day
    if not day.open or not hall.settings.roster:
        return []
    return [
        {
            "role": for_page(duty.role), "role_en": for_page(duty.role_en),
            "name": for_page(duty.name), "name_en": for_page(duty.name_en),
            "title": for_page(duty.title), "title_en": for_page(duty.title_en), "phone": for_page(duty.phone),
        }
        for duty in on_duty(hall.settings.roster, date.fromisoformat(day.label))
    ]  # fmt: skip


def messages(hall: Hall, now: Micros) -> list[AnnouncementLine]:
    """Return the messages by the clock (`[[announcement]]`) that hold now, the newest first; none while the day is not open.

    They need no event: the settings and the instant make them, the same in every program.
    """
    if not hall.state.day.open or not hall.settings.announcements:
        return []
    lines: list[AnnouncementLine] = []
    for each in announced(hall.settings, now):
        if found := find(hall.settings, "notice", each.row.notice):
            lines.append(
                {
                    "call": each.number, "zh": for_page(found.name), "en": for_page(found.name_en or found.name),
                    "zone": each.row.zone, "at": each.at, "until": each.until,
                }
            )  # fmt: skip
    return lines


# --- kiosk


def kiosk_view(hall: Hall, _key: str, now: Micros) -> KioskView:
    often = frequent(hall, now) if any(kiosk.quick for kiosk in hall.settings.kiosks) else []
    view: KioskView = {
        "hall": _public_header(hall, now),
        "phase": _phase(hall, now),
        **_times(hall, now),
        **standstill(hall, now),
        **root_shown(hall),
        "queues": {id: _kiosk_queue(hall, id, now) for id in hall.queues},
        "items": {id: why_not(refused) for id in hall.items if (refused := _no_number(hall, id, now))},
    }
    if minutes := round(hall.settings.rules.alone_minutes):
        view["alone"] = minutes
    return {**view, "frequent": often} if often else view


def _phase(hall: Hall, now: Micros) -> DayPhase:
    """Return where the day is for who wants a number: closed all day, not begun, numbers are given, no more of them,
    over."""
    day = hall.state.day
    if _is_open(hall, now):
        if day.stopped or hall.instant(now) >= day.stops_at:
            return "stopped"
        return "suspended" if "hall" in hall.state.suspended else "open"
    here = local(now, hall.settings.hall.zone)
    if day.label == here.date().isoformat():
        return "over"
    hours = hall.calendar.hours(here.date())
    if hours is None:
        return "closed"
    return "over" if f"{here:%H:%M}" >= hours.closes else "before"


def _no_number(hall: Hall, item: str, now: Micros) -> Refused | None:
    """Return why this item gives no number though its queue may: its day, or a suspension of it alone."""
    if not _is_open(hall, now):
        return None
    try:
        ticketing.need_items_today(hall, [item])
        suspensions.need_running(hall, "", [item])
    except Refused as refused:
        return refused
    return None


def _kiosk_queue(hall: Hall, id: str, now: Micros) -> KioskQueueLine:
    low, high = quoted_wait(hall, id, now)
    waiting = hall.waiting.get(id, 0)
    refused = ticketing.closed_reason(hall, hall.queues[id], hall.instant(now))
    if refused:
        return {"waiting": waiting, "low": low, "high": high, "open": False, **why_not(refused)}
    doubt = doubts(hall, id, now + hall.target("ordinary", id), hall.instant(now))
    return {"waiting": waiting, "low": low, "high": high, "open": True, **doubt}


# --- a card holder


def person_view(hall: Hall, key: str, now: Micros) -> PersonView:
    """Return what the holder of a card has here today: appointments, and live numbers.

    The topic is the keyed hash that a card gives, so a station can ask only for the card it has read: a hash is not
    guessed, and a person without appointments looks like one whom the hall has never seen.
    """
    booked = appointments.booked_today(hall, key, hall.instant(now))
    known = person_hashes(key)
    numbers = sorted(
        live_numbers.held_by(hall, known), key=lambda each: (each.state not in AT_WINDOW, each.issued)
    )
    return {
        "appointments": [_appointment(hall, each, now) for each in booked],
        "numbers": [
            {
                "ticket": each.id, "number": each.number, "state": cast(TicketState, each.state),
                "entrusted": bool(each.client),
            }
            for each in numbers
        ],
    }  # fmt: skip


def _appointment(hall: Hall, booked: Appointment, now: Micros) -> AppointmentLine:
    refused = appointments.why_not_now(hall, booked, hall.instant(now))
    line: AppointmentLine = {
        "appointment": booked.id, "item": booked.item, "queue": booked.queue, "slot": booked.slot, "open": not refused,
        "entrusted": bool(booked.client),
    }  # fmt: skip
    return {**line, **why_not(refused)} if refused else line
