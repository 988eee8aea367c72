"""Tap handlers: what a tap does besides leading to a screen: choose an item, type a letter, ask for the number.

One function a tap, named after it. It changes the state and returns effects, or None for "not this, not now":
then nothing happens and the screen stays. Where a tap leads stands in `routes`.
"""

import re
from collections.abc import Callable
from dataclasses import replace

from msgspec import structs

from caller.engine.commands import CheckIn, RequeueTicket, TakeTicket
from caller.engine.guide_commands import ASSISTANCE, Assistance, SetAssistance
from config.catalogue import message
from devices.protocols.scanner import CODE_MIN
from kiosk.visit import feedback, progress, questions, several
from kiosk.visit.effects import (
    CheckPin,
    Forget,
    GiveAlone,
    Look,
    PaperChanged,
    PendingVisit,
    Print,
    PrintGuide,
    ReadClient,
    Restart,
    Save,
    Send,
    VisitEffect,
)
from kiosk.visit.state import CLIENT_MIN, Errand, VisitState, content_in_sight

ENTRY_MAX = 24  # letters or digits one may type; item names are shorter
COPIES_MAX = 5  # reprints of one slip at one visit; more is play
DIM_LEVELS = 4
NUMBER = re.compile(r"(?<![0-9A-Z])[0-9A-Z]{18}(?![0-9A-Z])")  # of an ID card, or a credit code


def ask(
    state: VisitState, command: TakeTicket | CheckIn | RequeueTicket, items: list[str]
) -> list[VisitEffect]:
    """Save, then send: the id is on disk first, so that a repeat after a power cut is the same command. While the caller is
    away the number is of the kiosk's lease."""
    kept = PendingVisit(id=state.new_id(), command=command, items=items, language=state.language)
    state.errand.kept = kept
    if state.goes_alone:
        return [Save(kept), GiveAlone(kept)]
    return [Save(kept), Send(kept.id, command)]


def look(state: VisitState, topic: str) -> list[VisitEffect]:
    """Watch `topic` instead of what was watched beside the hall; "" watches nothing."""
    if topic == state.errand.topic == "":
        return []
    state.errand.topic = topic
    return [Look(topic)]


def refusal(code: str, kind: str = "refusal") -> dict[str, str]:
    """Return a refusal that this kiosk gives by itself, in the words of the catalogue."""
    return structs.asdict(message(kind, code))


def language(state: VisitState, language: str) -> list[VisitEffect] | None:
    if language not in state.offered:
        return None
    state.language = language
    return []


def large(state: VisitState, _: str) -> list[VisitEffect]:
    state.large = not state.large
    return []


def mute(state: VisitState, _: str) -> list[VisitEffect]:
    state.muted = not state.muted
    return []


def aloud(state: VisitState, _: str) -> list[VisitEffect]:
    state.aloud = True
    return []


def tab(state: VisitState, tab: str) -> list[VisitEffect] | None:
    if tab not in ("departments", "events", "frequent"):
        return None
    state.errand.tab = tab
    state.revision += 1
    return []


def department(state: VisitState, department: str) -> list[VisitEffect] | None:
    if department not in state.catalogue.departments:
        return None
    state.errand.department, state.errand.event = department, -1
    return []


def event(state: VisitState, event: str) -> list[VisitEffect] | None:
    if not event.isdecimal() or int(event) >= len(state.catalogue.events):
        return None
    state.errand.department, state.errand.event = "", int(event)
    return []


def item(state: VisitState, item: str) -> list[VisitEffect] | None:
    known = state.catalogue.items.get(item)
    if known is None:
        return None
    state.errand.more = [each for each in state.errand.more if each != item]
    state.errand.item, state.errand.queue, state.errand.guide_outcome = item, known.queue, "none"
    if state.kiosk.quick:
        state.errand.priority = state.card_class or "ordinary"
    return []


def queue(state: VisitState, queue: str) -> list[VisitEffect] | None:
    if queue not in {q.id for q in state.catalogue.loose_queues()}:
        return None
    state.errand.item, state.errand.more, state.errand.queue = "", [], queue
    return []


def class_(state: VisitState, class_id: str) -> list[VisitEffect] | None:
    if class_id not in {c.id for c in state.catalogue.offered}:
        return None
    state.errand.priority = class_id
    return []


def key(state: VisitState, key: str) -> list[VisitEffect] | None:
    if len(key) != 1 or not key.isalnum() or len(state.errand.entry) >= ENTRY_MAX:
        return None
    state.errand.entry += key.lower() if state.screen in ("search", "questions") else key.upper()
    return []


def text(state: VisitState, text: str) -> list[VisitEffect]:
    state.errand.entry = text[:ENTRY_MAX]
    return []


def erase(state: VisitState, _: str) -> list[VisitEffect]:
    state.errand.entry = state.errand.entry[:-1]
    return []


def clear(state: VisitState, _: str) -> list[VisitEffect]:
    state.errand.entry = ""
    return []


def self_(state: VisitState, _: str) -> list[VisitEffect]:
    state.errand.client = state.errand.client_last4 = ""
    return []


def form(state: VisitState, form: str) -> list[VisitEffect] | None:
    if form not in ("number", "passport"):
        return None
    state.errand.client_form, state.errand.client_fault, state.errand.entry = form, "", ""
    return []


def client(state: VisitState, _: str) -> list[VisitEffect] | None:
    """Let the typed number be read; it stays in the entry until it was right, so that it can be mended."""
    errand = state.errand
    if len(errand.entry) < CLIENT_MIN:
        return None
    return number(state, ("passport:" if errand.client_form == "passport" else "") + errand.entry)


def number(state: VisitState, text: str) -> list[VisitEffect] | None:
    """Let a scanned text be read: a number, or an address that holds one, as on a business licence."""
    if state.errand.client_checking:
        return None
    state.errand.client_checking = True
    found = NUMBER.search(text.upper())
    return [ReadClient(found[0] if found else text, state.revision)]


def another(state: VisitState, _: str) -> list[VisitEffect] | None:
    """Return the same errand for another client: the agent's card stays."""
    old = state.errand
    if not old.client:
        return None
    effects = more(state, "")
    state.errand = Errand(
        department=old.department, event=old.event, item=old.item, more=old.more, queue=old.queue, person=old.person,
        last4=old.last4, elderly=old.elderly, past=["guide" if old.item else "services"],
    )  # fmt: skip
    return effects


def confirm(state: VisitState, _: str) -> list[VisitEffect] | None:
    """Take the number; from the guide only at a quick kiosk, and there of an agent only who says for whom."""
    errand = state.errand
    if state.screen == "guide" and not state.takes_at_guide:
        return None
    items = errand.items
    queue = "" if items else errand.queue
    take = TakeTicket(items, queue, errand.priority, errand.person, client=errand.client)  # type: ignore[arg-type]
    return ask(state, take, items)


def code(state: VisitState, code: str) -> list[VisitEffect]:
    state.errand.case_code = code
    return ask(state, CheckIn(code=code), [])


def no_code(state: VisitState, _: str) -> list[VisitEffect]:
    """Refuse a scanned code that is too short to be one: the caller need not be asked."""
    state.errand.refusal = refusal("unknown-appointment")
    return []


def check_in(state: VisitState, appointment: str) -> list[VisitEffect] | None:
    """Check in by what was typed, by an appointment of the card's holder, or with a number taken elsewhere."""
    if state.screen == "booked":
        return _check_in_booked(state, appointment)
    if state.screen == "ticket":
        return ask(state, CheckIn(state.errand.ticket), []) if state.errand.found.get("arrive_by") else None
    if len(state.errand.entry) < CODE_MIN:
        return None
    return code(state, state.errand.entry)


def _check_in_booked(state: VisitState, appointment: str) -> list[VisitEffect] | None:
    found = [each for each in state.errand.bookings or [] if each["appointment"] == appointment]
    if not found or not found[0]["open"]:
        return None
    known = [item for item in (found[0]["item"],) if item in state.catalogue.items]
    return ask(state, CheckIn(code=appointment), known)


def slip(state: VisitState, key: str) -> list[VisitEffect]:
    """Look at the ticket of a scanned slip; a slip from before keys has the ticket's id alone."""
    ticket, dot, _ = key.partition(".")
    state.errand.ticket, state.errand.key, state.errand.found = ticket, key if dot else "", {}
    state.errand.slip_outcome, state.errand.copy = "none", 0
    return look(state, "ticket/" + ticket)


def requeue(state: VisitState, _: str) -> list[VisitEffect] | None:
    if not state.errand.found.get("missed_can_return"):
        return None
    return ask(state, RequeueTicket(ticket=state.errand.ticket), [])


def assist(state: VisitState, _: str) -> list[VisitEffect] | None:
    """Show the choice under the number; what is in sight has changed, so a finger on its way presses nothing."""
    if state.is_away or not state.current_ticket:
        return None
    state.errand.assist_open, state.revision = True, state.revision + 1
    return []


def assistance(state: VisitState, code: str) -> list[VisitEffect] | None:
    """Note how this applicant is to be met; any other code takes that back. The number waits for no answer."""
    errand = state.errand
    if not errand.assist_open:
        return None
    errand.assist_open, state.revision = False, state.revision + 1
    known: dict[str, Assistance] = {each: each for each in ASSISTANCE}
    chosen = known.get(code, "")
    if chosen == errand.assistance or state.is_away:
        return []
    errand.assistance = chosen
    return [Send(state.new_id(), SetAssistance(state.current_ticket, chosen), answered=False)]


def more(state: VisitState, _: str) -> list[VisitEffect]:
    """Return a second errand: the language and the large type stay, the first number is let go."""
    kept, outcome = state.errand.kept, state.errand.slip_outcome
    unseen = look(state, "")
    state.errand = Errand()
    return [Forget(kept.id), *unseen] if kept and outcome != "printing" else unseen


def reprint(state: VisitState, _: str) -> list[VisitEffect] | None:
    slip = content_in_sight(state)
    if slip is None or state.errand.slip_outcome == "printing" or not state.prints:
        return None
    if state.errand.copy >= COPIES_MAX:
        return None
    state.errand.copy += 1
    state.errand.slip_outcome = "printing"
    return [Print(replace(slip, copy=state.errand.copy))]


def print_guide(state: VisitState, _: str) -> list[VisitEffect] | None:
    if state.errand.guide_outcome == "printing" or not state.prints:
        return None
    state.errand.guide_outcome = "printing"
    return [PrintGuide(state.errand.item, state.on_paper(state.language))]


def enter(state: VisitState, _: str) -> list[VisitEffect] | None:
    """Let the entry be checked; one at a time, and none while the corner rests."""
    entry, state.errand.entry = state.errand.entry, ""
    if state.pin_resting or state.pin_checking:
        return None
    state.pin_checking = True
    return [CheckPin(entry, state.revision)]


def paper_changed(_state: VisitState, _: str) -> list[VisitEffect]:
    return [PaperChanged()]


def dim(state: VisitState, _: str) -> list[VisitEffect]:
    state.dim = (state.dim + 1) % DIM_LEVELS
    return []


def restart(_state: VisitState, _: str) -> list[VisitEffect]:
    return [Restart()]


HANDLERS: dict[str, Callable[[VisitState, str], list[VisitEffect] | None]] = {
    "language": language,
    "large": large, "mute": mute, "aloud": aloud,
    "tab": tab,
    "department": department,
    "event": event,
    "item": item,
    "queue": queue,
    "class": class_,
    "self": self_,
    "form": form,
    "client": client, "number": number, "another": another,
    "key": key,
    "text": text,
    "erase": erase, "clear": clear,
    "confirm": confirm,
    "code": code, "no-code": no_code, "check-in": check_in, "slip": slip, "requeue": requeue,
    "assist": assist, "assistance": assistance,
    "more": more,
    "reprint": reprint,
    "print-guide": print_guide,
    "enter": enter,
    "paper-changed": paper_changed,
    "dim": dim, "restart": restart,
    **feedback.HANDLERS, **questions.HANDLERS, **several.HANDLERS, **progress.HANDLERS,
}  # fmt: skip
