"""The screen of who has laid an ID card on the reader: what they have booked for today, ready to check in.

One appointment is shown whole with one large button, several as tiles. One whose time it is not says why before
the tap, in the hall's own words. Pure, as all screens.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from kiosk.catalogue import name_in
from kiosk.screens.widgets import CARD_MASK, Widget, button, card_notes, windows_word, word

if TYPE_CHECKING:
    from kiosk.visit.machine import VisitMachine


def body(visit: VisitMachine) -> Widget:
    found = visit.errand.bookings
    if found is None:
        return {
            "title": word("booked.looking"),
            "lead": word("ticket.patience"),
            "busy": True,
            "buttons": [button("walk-in")],
        }
    if not found:
        return {
            "title": word("booked.none"),
            "lead": word("booked.none.lead", last4=visit.errand.last4),
            "buttons": [button("appointment") | {"key": "button.type-code"}, button("walk-in", "main")],
        }
    return _one(visit, found[0]) if len(found) == 1 else _several(visit, found)


def _one(visit: VisitMachine, booked: Widget) -> Widget:
    late = booked.get("code") == "too-late"
    why = [] if booked["open"] else [{"text": _why(visit, booked), "tone": "warn"}]
    check_in = button("check-in", "main", not booked["open"]) | {
        "target": "check-in:" + booked["appointment"]
    }
    walk_in = button("walk-in", "main" if late else "plain")
    return {
        "title": word("booked.title"),
        **({"lead": word("booked.lead")} if booked["open"] else {}),
        "rows": [
            {"key": "row.booked", "word": _time(visit, booked)},
            {"key": "row.item", "text": _name(visit, booked)},
            {"key": "row.windows", "word": windows_word(visit.catalogue, booked["queue"], visit.language)},
            {"key": "row.card", "text": CARD_MASK + visit.errand.last4},
        ],
        "notes": why,
        "buttons": [walk_in] if late else [walk_in, check_in],
    }


def _several(visit: VisitMachine, found: list[Widget]) -> Widget:
    return {
        "title": word("booked.several", count=len(found)),
        "lead": word("booked.choose"),
        "notes": card_notes(visit),
        "tiles": [_tile(visit, each) for each in found],
        "buttons": [button("walk-in")],
    }


def _tile(visit: VisitMachine, booked: Widget) -> Widget:
    """One of several appointments; one whose time it is not says so instead of the wait."""
    tile: Widget = {
        "target": "check-in:" + booked["appointment"],
        "name": _name(visit, booked),
        "detail": _time(visit, booked),
    }
    return tile if booked["open"] else tile | {"closed": _why(visit, booked)}


def _name(visit: VisitMachine, booked: Widget) -> str:
    """A caller whose hall has changed may name what this kiosk does not know."""
    known = visit.catalogue.items.get(booked["item"]) or visit.catalogue.queues.get(booked["queue"])
    return name_in(known, visit.language) if known else booked["item"]


def _time(visit: VisitMachine, booked: Widget) -> Widget:
    zone = ZoneInfo(visit.catalogue.settings.hall.zone)
    return word(
        "booked.time", time=datetime.fromtimestamp(booked["slot"] / 1_000_000, zone).strftime("%H:%M")
    )


def _why(visit: VisitMachine, booked: Widget) -> str:
    """Why it cannot be checked in now, and the next step, in the hall's words."""
    if visit.language == "zh":
        return f"{booked['zh']}，{booked['next_zh']}"
    return f"{booked['en']}. {booked['next_en']}"
