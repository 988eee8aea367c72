"""The hall screens and the kiosk: who is called where, how many wait, what is open."""

from caller.engine import intake
from caller.engine.hall import Hall
from caller.views.parts import Document, hall_lines, newcomer, queue_line, window_line, window_name


def board_view(hall: Hall, _key: str, now: int) -> Document:
    return {
        "hall": hall_lines(hall),
        "queues": {queue: queue_line(hall, queue, now) for queue in hall.queues},
        "windows": {name: window_line(hall, name) for name in hall.places},
        "calls": [
            {
                "call": call.call, "number": call.number, "window": call.window,
                "window_name": window_name(hall, call.window, ""),
                "window_name_en": window_name(hall, call.window, "_en"),
                "at": call.at, "times": call.times,
            }
            for call in hall.state.calls
        ],
        "notices": list(hall.settings.notices),
    }  # fmt: skip


def kiosk_view(hall: Hall, _key: str, now: int) -> Document:
    return {"hall": hall_lines(hall), "queues": {id: _kiosk_queue(hall, id, now) for id in hall.queues}}


def _kiosk_queue(hall: Hall, id: str, now: int) -> Document:
    low, high = newcomer(hall, id, now)
    document: Document = {"waiting": hall.waiting.get(id, 0), "low": low, "high": high, "open": True}
    refused = intake.closed_reason(hall, hall.queues[id], hall.instant(now))
    if refused:
        document |= {"open": False, "code": refused.code, **refused.words._asdict()}
    return document
