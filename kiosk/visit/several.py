"""Several items in one visit, chosen at the kiosk: one after the other, or a whole 一件事 package at once. Pure.

1. On the guide of an item one more may be added: the list of services is shown again, and what is chosen already is said
   above it, with the way back to it. Choosing it once more does not make it twice.
2. A life event whose items are few enough is taken as a package: those of its items that give numbers now.
3. All are told on one screen: what is done, and the papers of all of them, each once.
4. The order of going is the caller's, which knows the waits; the number's screen and the slip say it.
"""

from collections.abc import Callable

from caller.engine.commands import ITEMS_MAX
from kiosk.visit.effects import VisitEffect
from kiosk.visit.state import VisitState


def may_add(state: VisitState) -> bool:
    """Return whether one more item may be added to what is chosen."""
    return bool(state.errand.item) and len(state.errand.items) < ITEMS_MAX


def package_of(state: VisitState) -> list[str]:
    """Return the items of the life event in sight that can be taken together now; none where there are fewer than two, or
    too many."""
    event, hall = state.errand.event, state.hall_view
    if event < 0 or hall.get("phase", "open") != "open":
        return []
    queues, shut = hall.get("queues", {}), hall.get("items", {})
    found = [
        item.id
        for item in state.catalogue.of_event(event)
        if queues.get(item.queue, {}).get("open", True) and item.id not in shut
    ]
    return found if 2 <= len(found) <= ITEMS_MAX else []


# --- taps


def add(state: VisitState, _: str) -> list[VisitEffect] | None:
    if not may_add(state):
        return None
    errand = state.errand
    errand.more, errand.item, errand.tab = errand.items, "", ""
    return []


def only(state: VisitState, _: str) -> list[VisitEffect] | None:
    """Let the items chosen before go; what is in sight has changed, so a finger on its way presses nothing."""
    if not state.errand.more:
        return None
    state.errand.more, state.revision = [], state.revision + 1
    return []


def chosen(state: VisitState, _: str) -> list[VisitEffect] | None:
    """Go back to what is chosen, without one more."""
    if not state.errand.more:
        return None
    return _choose(state, state.errand.more)


def package(state: VisitState, _: str) -> list[VisitEffect] | None:
    together = package_of(state)
    if not together:
        return None
    first = [each for each in state.errand.more if each not in together]
    return _choose(state, [*first, *together][:ITEMS_MAX])


def _choose(state: VisitState, items: list[str]) -> list[VisitEffect]:
    errand = state.errand
    errand.more, errand.item, errand.guide_outcome = items[:-1], items[-1], "none"
    errand.queue = state.catalogue.items[errand.item].queue
    if state.kiosk.quick:
        errand.priority = state.card_class or "ordinary"
    return []


def low(state: VisitState, _: str) -> list[VisitEffect]:
    """Show all on the lower half of the glass, or on the whole again: what is in sight has moved."""
    state.low, state.revision = not state.low, state.revision + 1
    return []


HANDLERS: dict[str, Callable[[VisitState, str], list[VisitEffect] | None]] = {
    "add": add,
    "only": only,
    "chosen": chosen,
    "package": package,
    "low": low,
}
