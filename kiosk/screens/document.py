"""From the machine's state to the document that every face shows. Pure, and the same for all faces.

A document is made of a few kinds of part: title, lead, notes, tabs, tiles, rows, entry, number, buttons.
Fixed words are message keys with facts (`{"key": "wait.band", "facts": {"low": 10, "high": 15}}`), looked up
in page/lang/*.json by the face; names of departments and items come as text in the applicant's language.
A document holds no nulls, because it travels as merge patches.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import asdict

from caller.engine.commands import RequeueTicket
from caller.engine.tickets import AT_WINDOW
from config.instants import local
from kiosk.catalogue import DIRECT_MAX, lines_in, name_in
from kiosk.screens import bookings, spoken_prompts
from kiosk.screens.widgets import (
    CARD_MASK,
    Widget,
    button,
    called_to,
    can_reprint,
    card_notes,
    class_name,
    class_tile,
    closed_notes,
    count,
    errand_name,
    fate_note,
    group_tile,
    guide_rows,
    item_tiles,
    number_block,
    paper_notes,
    proposed_class,
    queue_tile,
    rest,
    rest_notes,
    slip_of,
    slip_of_found,
    tab,
    waits,
    why_closed,
    windows_word,
    word,
)
from kiosk.visit.routes import NO_BACK, NO_HOME, WITHOUT_CALLER

if TYPE_CHECKING:
    from kiosk.visit.machine import VisitMachine

REPRINTABLE = frozenset({"waiting", "called", "serving", "held", "missed"})
ENDED = frozenset({"served", "cancelled", "expired"})


def document(visit: VisitMachine) -> Widget:
    """The whole screen."""
    hall = visit.catalogue.settings.hall
    doc: Widget = {
        "n": visit.n,
        "screen": visit.at,
        "language": visit.language,
        "languages": list(visit.languages),
        "large": visit.large,
        "hall": name_in(hall, visit.language),
        "away": visit.is_away and visit.at not in WITHOUT_CALLER,
        "pending": visit.at == "waiting",
        "paper": visit.paper_state,
        "dim": visit.dim,
        "zone": hall.zone,
        "nav": {"back": visit.at not in NO_BACK, "home": visit.at not in NO_HOME},
        **_BODIES[visit.at](visit),
    }
    if doc["away"] and visit.is_barred:
        doc["barred"] = {"command": visit.remedies.enrol}
    if visit.left is not None:
        doc["left"] = visit.left
    if visit.language in visit.speaks:
        doc["voice"] = {"on": not visit.muted, "say": spoken_prompts.of(visit)}
    return doc


# --- the screens, in the order of a visit


def _idle(visit: VisitMachine) -> Widget:
    rows = visit.hall_view.get("queues", {}).values()
    hall = visit.catalogue.settings.hall
    waiting = [count(sum(q.get("waiting", 0) for q in rows))] if rows else []
    hours = word("idle.hours", opens=hall.opens, closes=hall.closes)
    if why := rest(visit):
        return {
            "title": word("idle.title"),
            "rest": word("rest." + why),
            "lead": word("rest.lead"),
            "notes": [],
            "facts": [*(waiting if why == "stopped" else []), *next_opening(visit), hours],
            "buttons": [button("start", "main") | {"key": "button.guides"}],
        }
    hint: Widget = {"hint": word("idle.card")} if visit.reads_cards else {}
    return hint | {
        "title": word("idle.title"),
        "lead": word("idle.lead"),
        "notes": paper_notes(visit),
        "facts": [*waiting, hours],
        "buttons": [button("start", "main")],
    }


def next_opening(visit: VisitMachine) -> list[Widget]:
    """The date and time the hall opens next, once the caller's calendar knows one."""
    opening = visit.hall_view.get("opening", {})
    if not opening.get("at"):
        return []
    time = local(opening["at"], visit.catalogue.settings.hall.zone)
    return [word("idle.next", date=opening["day"], time=f"{time:%H:%M}")]


def _services(visit: VisitMachine) -> Widget:
    catalogue, language = visit.catalogue, visit.language
    part: Widget = {
        "title": word("services.title"),
        "notes": [*rest_notes(visit), *card_notes(visit)],
        "buttons": [button("search"), *([button("appointment")] if catalogue.books else []), button("lost")],
    }
    if catalogue.events and len(catalogue.items) > DIRECT_MAX:
        first = "items" if catalogue.direct else "departments"
        part["tabs"] = [tab(visit, "departments", "tab." + first), tab(visit, "events", "tab.events")]
    if visit.errand.tab == "events":
        tiles = [
            group_tile(visit, f"event:{i}", catalogue.event_name(i, language), catalogue.of_event(i))
            for i in range(len(catalogue.events))
        ]
        return part | {"title": word("services.events"), "tiles": tiles}
    if catalogue.direct:
        queues = [
            queue_tile(visit, q.id, name_in(q, language), narrow=True) for q in catalogue.loose_queues()
        ]
        return part | {
            "title": word("services.direct"),
            "tiles": item_tiles(visit, list(catalogue.items.values()), narrow=True) + queues,
        }
    departments = catalogue.departments.values()
    tiles = [
        group_tile(visit, f"department:{d.id}", name_in(d, language), catalogue.of_department(d.id))
        for d in departments
    ]
    return part | {"tiles": tiles}


def _items(visit: VisitMachine) -> Widget:
    errand, catalogue = visit.errand, visit.catalogue
    if errand.event >= 0:
        name, items = catalogue.event_name(errand.event, visit.language), catalogue.of_event(errand.event)
    else:
        department = catalogue.departments[errand.department]
        name, items = name_in(department, visit.language), catalogue.of_department(department.id)
    return {
        "title": {"text": name},
        "lead": word("items.lead"),
        "tiles": item_tiles(visit, items),
        "buttons": [button("search")],
    }


def _search(visit: VisitMachine) -> Widget:
    found, example = visit.catalogue.find(visit.errand.entry), visit.catalogue.example
    return {
        "title": word("search.title"),
        "lead": word("search.lead", **example) if example else word("search.lead.any"),
        "entry": {
            "kind": "letters",
            "text": visit.errand.entry.upper(),
            "live": visit.catalogue.letters_after(visit.errand.entry),
        },
        "tiles": item_tiles(visit, found),
        "notes": [word("search.none") | {"tone": "info"}] if visit.errand.entry and not found else [],
    }


def _guide(visit: VisitMachine) -> Widget:
    item = visit.catalogue.items[visit.errand.item]
    fate = visit.errand.guide
    notes = (
        [word("guide." + fate) | {"tone": "good" if fate == "printed" else "info"}] if fate != "none" else []
    )
    return {
        "title": {"text": name_in(item, visit.language)},
        "lead": word("guide.lead"),
        "rows": guide_rows(visit.catalogue, item, visit.language),
        "notes": notes or closed_notes(visit, item.queue),
        "facts": waits(visit, item.queue),
        "buttons": [
            button("take", "main", why_closed(visit, item.queue) is not None),
            button("print-guide", off=not visit.prints or fate == "printing"),
        ],
    }


def _priority(visit: VisitMachine) -> Widget:
    proposed = proposed_class(visit)
    offered = sorted((c.id for c in visit.catalogue.offered), key=lambda id: id != proposed)
    return {
        "title": word("priority.title"),
        "lead": word("priority.proposed" if proposed else "priority.lead"),
        "tiles": [class_tile(visit, id) for id in offered],
    }


def _confirm(visit: VisitMachine) -> Widget:
    errand = visit.errand
    return {
        "title": word("confirm.title"),
        "rows": [
            {"key": "row.item", "text": errand_name(visit)},
            {"key": "row.windows", "word": windows_word(visit.catalogue, errand.queue, visit.language)},
            {"key": "row.priority", "text": class_name(visit, errand.priority)},
            *([{"key": "row.card", "text": CARD_MASK + errand.last4}] if errand.person else []),
        ],
        "facts": waits(visit, errand.queue),
        "notes": paper_notes(visit) or [word("confirm.paper") | {"tone": "info"}],
        "buttons": [button("confirm", "main")],
    }


def _waiting(_: VisitMachine) -> Widget:
    return {"title": word("waiting.title"), "lead": word("waiting.lead")}


def _number(visit: VisitMachine) -> Widget:
    slip, fate = slip_of(visit), visit.errand.fate
    requeued = visit.errand.kept is not None and isinstance(visit.errand.kept.command, RequeueTicket)
    part: Widget = {
        "title": word("number.requeued" if requeued else "number.title"),
        "notes": [fate_note(visit)] if not requeued or fate != "none" else [],
        "buttons": [
            button("reprint", "main" if fate in ("failed", "unknown") else "plain", not can_reprint(visit)),
            button("more"),
            {"target": "home", "key": "button.done", "tone": "main" if fate == "printed" else "plain"},
        ],
    }
    if slip is None:
        return part
    items = visit.catalogue.items
    papers = [p for item in slip.items for p in lines_in(items[item], "papers", visit.language)]
    part["number"] = number_block(visit, slip)
    part["rows"] = [{"key": "row.papers", "list": papers}] if papers else []
    return part


def _refused(visit: VisitMachine) -> Widget:
    refusal = visit.errand.refusal
    zh = visit.language == "zh"
    held = refusal.get("ticket", "")
    again = "plain" if held else "main"
    show: list[Widget] = [{"target": "slip:" + held, "key": "button.show", "tone": "main"}] if held else []
    return {
        "title": {"text": refusal["zh" if zh else "en"]},
        "lead": {"text": refusal["next_zh" if zh else "next_en"]},
        "code": refusal.get("code", ""),
        "buttons": [*show, button("again", again), {"target": "home", "key": "button.home", "tone": "plain"}],
    }


def _appointment(visit: VisitMachine) -> Widget:
    return {
        "title": word("appointment.title"),
        "lead": word("appointment.lead.card" if visit.reads_cards else "appointment.lead"),
        "entry": {"kind": "code", "text": visit.errand.entry},
        "buttons": [button("check-in", "main", len(visit.errand.entry) < 4)],
    }


def _scan(_: VisitMachine) -> Widget:
    return {"title": word("scan.title"), "lead": word("scan.lead")}


def _ticket(visit: VisitMachine) -> Widget:
    found = visit.errand.found
    if not found:
        return {"title": word("ticket.looking"), "lead": word("ticket.patience")}
    fate, state = visit.errand.fate, found["state"]
    returns = found.get("missed_can_return", False)
    ended = state in ENDED or (state == "missed" and not returns)
    block = number_block(visit, slip_of_found(visit), state)
    if state in AT_WINDOW:
        block["windows"] = called_to(visit, found)
    return {
        "title": word("ticket.state." + state),
        **_next_step(state, returns),
        "number": block,
        "notes": [fate_note(visit)] if fate != "none" else [],
        "buttons": [
            *([button("requeue", "main")] if returns else []),
            *([button("more", "main") | {"key": "button.anew"}] if ended else []),
            button("reprint", off=not can_reprint(visit) or ended or state not in REPRINTABLE),
        ],
    }


def _next_step(state: str, returns: bool) -> Widget:
    """What to do about a number that is not simply waiting, at a window or put aside."""
    if state == "missed":
        return {"lead": word("ticket.missed.return" if returns else "ticket.missed.used")}
    return {"lead": word("ticket.ended")} if state in ENDED else {}


def _pin(visit: VisitMachine) -> Widget:
    return {
        "title": word("pin.title"),
        "lead": _pin_lead(visit),
        "entry": {"kind": "digits", "text": "●" * len(visit.errand.entry)},
        "buttons": [button("enter", "main")],
    }


def _pin_lead(visit: VisitMachine) -> Widget:
    if not visit.pin_set:
        return word("pin.none", command=visit.remedies.set_pin)
    return word("pin.resting" if visit.pin_resting else "pin.wrong" if visit.pin_missed else "pin.lead")


def _caller_word(visit: VisitMachine) -> Widget:
    if visit.is_barred:
        return word("staff.caller.barred", command=visit.remedies.enrol)
    return word("staff.caller.away" if visit.is_away else "staff.caller.here")


def _staff(visit: VisitMachine) -> Widget:
    printers = [
        {"text": name, "state": word("device." + state)} for name, state in (visit.printers or {}).items()
    ]
    return {
        "title": word("staff.title"),
        "printers": printers,
        "facts": [
            _caller_word(visit),
            word("staff.counts", **asdict(visit.counts), unprinted=visit.counts.unprinted),
        ],
        "buttons": [
            button("paper-changed", "main"),
            button("dim"),
            button("restart"),
            {"target": "home", "key": "button.leave", "tone": "plain"},
        ],
    }


_BODIES = {
    "idle": _idle, "services": _services, "items": _items, "search": _search, "guide": _guide,
    "priority": _priority, "confirm": _confirm, "waiting": _waiting, "number": _number, "refused": _refused,
    "appointment": _appointment, "booked": bookings.body, "scan": _scan, "ticket": _ticket, "pin": _pin, "staff": _staff,
}  # fmt: skip
