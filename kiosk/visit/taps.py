"""What single taps do besides leading on: choose this item, take that letter, ask for the number.

One function a tap, named after it. It changes the visit and returns effects, or None for "not this, not now":
then nothing happens and the screen stays.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from msgspec.structs import replace

from caller.engine.commands import CheckIn, RequeueTicket, TakeTicket
from kiosk.screens.widgets import slip_of
from kiosk.visit.effects import Forget, PaperChanged, Print, PrintGuide, Restart, VisitEffect
from kiosk.visit.state import Errand

if TYPE_CHECKING:
    from kiosk.visit.machine import VisitMachine

ENTRY_MAX = 24  # letters or digits one may type; item names are shorter
PIN_REST_SECONDS = 60.0
COPIES_MAX = 5  # reprints of one slip at one visit; more is somebody playing
DIM_LEVELS = 4


def language(visit: VisitMachine, language: str) -> list[VisitEffect] | None:
    if language not in visit.languages:
        return None
    visit.language = language
    return []


def large(visit: VisitMachine, _: str) -> list[VisitEffect]:
    visit.large = not visit.large
    return []


def mute(visit: VisitMachine, _: str) -> list[VisitEffect]:
    visit.muted = not visit.muted
    return []


def tab(visit: VisitMachine, tab: str) -> list[VisitEffect] | None:
    if tab not in ("departments", "events"):
        return None
    visit.errand.tab = tab
    visit.n += 1
    return []


def department(visit: VisitMachine, department: str) -> list[VisitEffect] | None:
    if department not in visit.catalogue.departments:
        return None
    visit.errand.department, visit.errand.event = department, -1
    return []


def event(visit: VisitMachine, event: str) -> list[VisitEffect] | None:
    if not event.isdecimal() or int(event) >= len(visit.catalogue.events):
        return None
    visit.errand.department, visit.errand.event = "", int(event)
    return []


def item(visit: VisitMachine, item: str) -> list[VisitEffect] | None:
    known = visit.catalogue.items.get(item)
    if known is None:
        return None
    visit.errand.item, visit.errand.queue, visit.errand.guide = item, known.queue, "none"
    return []


def queue(visit: VisitMachine, queue: str) -> list[VisitEffect] | None:
    if queue not in {q.id for q in visit.catalogue.loose_queues()}:
        return None
    visit.errand.item, visit.errand.queue = "", queue
    return []


def class_(visit: VisitMachine, class_id: str) -> list[VisitEffect] | None:
    if class_id not in {c.id for c in visit.catalogue.offered}:
        return None
    visit.errand.priority = class_id
    return []


def key(visit: VisitMachine, key: str) -> list[VisitEffect] | None:
    if len(key) != 1 or not key.isalnum() or len(visit.errand.entry) >= ENTRY_MAX:
        return None
    visit.errand.entry += key.lower() if visit.at == "search" else key.upper()
    return []


def text(visit: VisitMachine, text: str) -> list[VisitEffect]:
    visit.errand.entry = text[:ENTRY_MAX]
    return []


def erase(visit: VisitMachine, _: str) -> list[VisitEffect]:
    visit.errand.entry = visit.errand.entry[:-1]
    return []


def clear(visit: VisitMachine, _: str) -> list[VisitEffect]:
    visit.errand.entry = ""
    return []


def confirm(visit: VisitMachine, _: str) -> list[VisitEffect]:
    errand = visit.errand
    items = [errand.item] if errand.item else []
    queue = "" if items else errand.queue
    take = TakeTicket(items=items, queue=queue, priority=errand.priority, person=errand.person)  # type: ignore[arg-type]
    return visit.ask(take, items)


def code(visit: VisitMachine, code: str) -> list[VisitEffect]:
    return visit.ask(CheckIn(code=code), [])


def check_in(visit: VisitMachine, appointment: str) -> list[VisitEffect] | None:
    """By what was typed, or one of the card holder's appointments whose time it is."""
    if visit.at == "booked":
        return _check_in_booked(visit, appointment)
    if len(visit.errand.entry) < 4:
        return None
    return visit.ask(CheckIn(code=visit.errand.entry), [])


def _check_in_booked(visit: VisitMachine, appointment: str) -> list[VisitEffect] | None:
    found = [each for each in visit.errand.bookings or [] if each["appointment"] == appointment]
    if not found or not found[0]["open"]:
        return None
    known = [item for item in (found[0]["item"],) if item in visit.catalogue.items]
    return visit.ask(CheckIn(code=appointment), known)


def slip(visit: VisitMachine, key: str) -> list[VisitEffect]:
    """Look at the ticket of a scanned slip; a slip from before keys has the ticket's id alone."""
    ticket, dot, _ = key.partition(".")
    visit.errand.ticket, visit.errand.key, visit.errand.found = ticket, key if dot else "", {}
    visit.errand.fate, visit.errand.copy = "none", 0
    return visit.look("ticket/" + ticket)


def requeue(visit: VisitMachine, _: str) -> list[VisitEffect] | None:
    if not visit.errand.found.get("missed_can_return"):
        return None
    return visit.ask(RequeueTicket(ticket=visit.errand.ticket), [])


def more(visit: VisitMachine, _: str) -> list[VisitEffect]:
    """A second errand: the language and the large type stay, the first number is let go."""
    kept, fate = visit.errand.kept, visit.errand.fate
    unseen = visit.look("")
    visit.errand = Errand()
    return [Forget(kept.id), *unseen] if kept and fate != "printing" else unseen


def reprint(visit: VisitMachine, _: str) -> list[VisitEffect] | None:
    slip = slip_of(visit)
    if slip is None or visit.errand.fate == "printing" or not visit.prints:
        return None
    if visit.errand.copy >= COPIES_MAX:
        return None
    visit.errand.copy += 1
    visit.errand.fate = "printing"
    return [Print(replace(slip, copy=visit.errand.copy))]


def print_guide(visit: VisitMachine, _: str) -> list[VisitEffect] | None:
    if visit.errand.guide == "printing" or not visit.prints:
        return None
    visit.errand.guide = "printing"
    return [PrintGuide(visit.errand.item, visit.language)]


def enter(visit: VisitMachine, _: str) -> list[VisitEffect] | None:
    """The PIN. A wrong one counts, and after a few the corner rests, right or wrong."""
    now, entry = visit.touched, visit.errand.entry
    visit.errand.entry = ""
    visit.pin_misses = [at for at in visit.pin_misses if now - at < PIN_REST_SECONDS]
    if visit.pin_resting:
        return None
    fits = visit.pin_fits(entry)
    visit.pin_set = fits is not None
    if not visit.pin_set:
        return None
    if not fits:
        visit.pin_misses.append(now)
        return None
    visit.pin_misses = []
    return []


def paper_changed(_visit: VisitMachine, _: str) -> list[VisitEffect]:
    return [PaperChanged()]


def dim(visit: VisitMachine, _: str) -> list[VisitEffect]:
    visit.dim = (visit.dim + 1) % DIM_LEVELS
    return []


def restart(_visit: VisitMachine, _: str) -> list[VisitEffect]:
    return [Restart()]


ACTS: dict[str, Callable[[VisitMachine, str], list[VisitEffect] | None]] = {
    "language": language,
    "large": large,
    "mute": mute,
    "tab": tab,
    "department": department,
    "event": event,
    "item": item,
    "queue": queue,
    "class": class_,
    "key": key,
    "text": text,
    "erase": erase,
    "clear": clear,
    "confirm": confirm,
    "code": code,
    "check-in": check_in,
    "slip": slip,
    "requeue": requeue,
    "more": more,
    "reprint": reprint,
    "print-guide": print_guide,
    "enter": enter,
    "paper-changed": paper_changed,
    "dim": dim,
    "restart": restart,
}
