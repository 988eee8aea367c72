"""What a quick kiosk shows besides: the items that are taken most at this hour first, and the number straight from the guide.

1. From rest to the number it is three taps for those (start, item, take) and four for any that is searched.
2. The papers stand on the same screen, and who has a right to another class presses one button more. A card speaks for the
   class of its holder's age; who may act for others is asked for whom, as before.
3. A phone needs no tap at the kiosk: it scans the code of the minute.

Pure, as all screens.
"""

from config.directions import page_url
from kiosk.catalogue import DIRECT_MAX
from kiosk.screens.widgets import Widget, button, class_name, paper_notes, qr_rows, tab, word
from kiosk.visit.state import VisitState


def shown_tab(state: VisitState) -> str:
    """Return which list of services is in sight: the frequent ones, until another is chosen."""
    if state.errand.tab:
        return state.errand.tab
    return "frequent" if state.frequent else "departments"


def services_tabs(state: VisitState) -> Widget:
    """Return the tabs over the services; none where there is one list only."""
    catalogue, shown = state.catalogue, shown_tab(state)
    first = "items" if catalogue.direct else "departments"
    events = bool(catalogue.events) and len(catalogue.items) > DIRECT_MAX
    names = [
        *([("frequent", "frequent")] if state.frequent else []),
        *([("departments", first)] if state.frequent or events else []),
        *([("events", "events")] if events else []),
    ]
    return {"tabs": [tab(name, f"tab.{key}", name == shown) for name, key in names]} if names else {}


def take_buttons(state: VisitState, off: bool) -> list[Widget]:
    """Return the buttons of a guide that lead to a number: at a quick kiosk the number itself, and the way to another
    class."""
    if not state.takes_at_guide:
        return [button("take", "main", off)]
    others = len(state.catalogue.offered) > 1
    other = [button("take", "plain", off) | {"key": "button.other-class"}] if others else []
    return [button("confirm", "main", off), *other]


def take_notes(state: VisitState) -> list[Widget]:
    """Return, where the number is taken on this screen, the class that the card speaks for, and that no slip would come."""
    if not state.takes_at_guide:
        return []
    priority = state.errand.priority
    known = word("guide.class", name=class_name(state, priority)) | {"tone": "good"}
    return [*([] if priority == "ordinary" else [known]), *paper_notes(state)]


def take_code(state: VisitState) -> Widget:
    """Return the code of the minute, by which a phone takes a number here; nothing where the hall gives phones none, or this
    kiosk is alone: the code it shows would be over."""
    code = "" if state.alone else state.hall_view.get("take", {}).get("code", "")
    if not code:
        return {}
    address = page_url(state.catalogue.settings, "/take", state.language)
    url = f"{address}{'&' if '?' in address else '?'}code={code}"
    return {"take": {"lead": word("idle.take"), "qr": list(qr_rows(url))}}
