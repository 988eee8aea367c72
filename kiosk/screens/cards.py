"""The screens of who has laid an ID card on the reader: what they have booked for today, and for whom they come.

One appointment is shown whole with one large button, several as tiles. One whose time it is not says why before
the tap, in the hall's own words. Who comes for another (代办) then names the client: what is typed or scanned is read
outside the machine into a keyed hash and the last four characters. The number itself stands in the entry, on this
screen only, and is gone as soon as it was right. Pure, as all screens.
"""

from config.directions import name_in
from config.instants import local
from config.languages import language as row_of
from config.languages import told
from kiosk.screens.widgets import CARD_MASK, Widget, button, windows_word, word
from kiosk.visit.state import CLIENT_MIN, VisitState

FORMS = ("number", "passport")


def booked(state: VisitState) -> Widget:
    """Return the holder's appointments of today, or that there are none."""
    found = state.errand.bookings
    if found is None:
        return {
            "title": word("booked.looking"),
            "lead": word("ticket.patience"),
            "busy": True,
            "buttons": [button("walk-in")],
        }
    if state.errand.numbers:
        return _with_numbers(state, found)
    if not found:
        return {
            "title": word("booked.none"),
            "lead": word("booked.none.lead", last4=state.errand.last4),
            "buttons": [button("appointment") | {"key": "button.type-code"}, button("walk-in", "main")],
        }
    return _one(state, found[0]) if len(found) == 1 else _several(state, found)


def _one(state: VisitState, booked: Widget) -> Widget:
    late = booked.get("code") == "too-late"
    why = [] if booked["open"] else [{"text": _why(state, booked), "tone": "warn"}]
    check_in = button("check-in", "main", not booked["open"]) | {
        "target": "check-in:" + booked["appointment"]
    }
    walk_in = button("walk-in", "main" if late else "plain")
    return {
        "title": word("booked.title"),
        **({"lead": word("booked.lead")} if booked["open"] else {}),
        "rows": [
            {"key": "row.booked", "word": _time(state, booked)},
            {"key": "row.item", "text": _name(state, booked)},
            {"key": "row.windows", "word": windows_word(state.catalogue, booked["queue"], state.language)},
            {"key": "row.card", "text": CARD_MASK + state.errand.last4},
        ],
        "notes": why,
        "buttons": [walk_in] if late else [walk_in, check_in],
    }


def _several(state: VisitState, found: list[Widget]) -> Widget:
    return {
        "title": word("booked.several", count=len(found)),
        "lead": word("booked.choose"),
        "notes": card_notes(state),
        "tiles": [_tile(state, each) for each in found],
        "buttons": [button("walk-in")],
    }


def _with_numbers(state: VisitState, found: list[Widget]) -> Widget:
    """Return the live numbers, which stand first, and the appointments."""
    numbers = [
        {
            "target": "slip:" + each["ticket"], "name": each["number"],
            "detail": word("booked.number.client" if each["entrusted"] else "booked.number"),
            "facts": [word("ticket-holder." + each["state"])],
        }
        for each in state.errand.numbers
    ]  # fmt: skip
    return {
        "title": word("booked.numbers"),
        "lead": word("booked.numbers.lead"),
        "notes": card_notes(state),
        "tiles": [*numbers, *(_tile(state, each) for each in found)],
        "buttons": [button("walk-in") | {"key": "button.more"}],
    }


def _tile(state: VisitState, booked: Widget) -> Widget:
    """Return one of several appointments; one whose time it is not says so instead of the wait."""
    tile: Widget = {
        "target": "check-in:" + booked["appointment"],
        "name": _name(state, booked),
        "detail": _time(state, booked),
    }
    return tile if booked["open"] else tile | {"closed": _why(state, booked)}


def _name(state: VisitState, booked: Widget) -> str:
    """Return a caller whose hall has changed may name what this kiosk does not know."""
    known = state.catalogue.items.get(booked["item"]) or state.catalogue.queues.get(booked["queue"])
    return name_in(known, state.language) if known else booked["item"]


def _time(state: VisitState, booked: Widget) -> Widget:
    slot = local(booked["slot"], state.catalogue.settings.hall.zone)
    return word(
        "booked.time.client" if booked.get("entrusted") else "booked.time", time=slot.strftime("%H:%M")
    )


def _why(state: VisitState, booked: Widget) -> str:
    """Return why it cannot be checked in now, and the next step, in the hall's words."""
    parts = (told(booked, state.language), told(booked, state.language, "next_"))
    return row_of(state.language).stop_sign.join(parts)


# --- for whom


def behalf(state: VisitState) -> Widget:
    """Return the choice that follows a card: for oneself, or for a client."""
    return {
        "title": word("behalf.title"),
        "notes": card_notes(state),
        "tiles": [
            {"target": "self", "key": "tile.self", "detail": word("tile.self.detail")},
            {"target": "agent", "key": "tile.agent", "detail": word("tile.agent.detail")},
        ],
    }


def client(state: VisitState) -> Widget:
    """Return the entry of the client's ID number, credit code or passport."""
    errand = state.errand
    off = len(errand.entry) < CLIENT_MIN or errand.client_checking
    return {
        "title": word("client.title"),
        "lead": word("client.lead." + errand.client_form),
        "tabs": [
            {"target": "form:" + form, "key": "tab." + form, "on": errand.client_form == form}
            for form in FORMS
        ],
        "entry": {"kind": "code", "text": errand.entry},
        "notes": [word("client-fault." + errand.client_fault) | {"tone": "warn"}]
        if errand.client_fault
        else [],
        "buttons": [button("client", "main", off)],
    }


def client_rows(state: VisitState) -> list[Widget]:
    """Return the row that names the client by the last four characters; none for oneself."""
    errand = state.errand
    return [{"key": "row.client", "text": CARD_MASK + errand.client_last4}] if errand.client else []


def card_notes(state: VisitState) -> list[Widget]:
    """Return a note of the card that was read, by its last four digits; none without a card."""
    last4 = state.errand.last4
    return [word("card.read", last4=last4) | {"tone": "good"}] if state.errand.person else []
