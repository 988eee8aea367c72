"""From the machine's state to the document that every face shows. Pure, and the same for all faces.

A document is made of a few kinds of part: title, lead, notes, tabs, tiles, rows, entry, number, buttons.
Fixed words are message keys with facts (`{"key": "wait.band", "facts": {"low": 10, "high": 15}}`), looked up
in page/lang/*.json by the face; names of departments and items come as text in the applicant's language.
A document holds no nulls, because it travels as merge patches.
"""

from msgspec.structs import asdict

from caller.engine.tickets import AT_WINDOW
from config.directions import name_in
from config.languages import told
from devices.protocols.scanner import CODE_MIN
from kiosk.screens import cards, choosing, feedback, progress, questions, translations
from kiosk.screens.quick import services_tabs, shown_tab, take_code
from kiosk.screens.widgets import (
    Widget,
    assist_notes,
    button,
    called_to,
    can_reprint,
    class_tile,
    count,
    group_tile,
    item_tiles,
    next_opening,
    number_block,
    number_buttons,
    outcome_note,
    paper_notes,
    queue_tile,
    rest,
    rest_notes,
    standstill_notes,
    why_at_rest,
    word,
)
from kiosk.visit.progress import WORTH_A_LOOK
from kiosk.visit.routes import NO_BACK, NO_HOME, TELLS_ALONE, WITHOUT_CALLER
from kiosk.visit.state import VisitState, content_in_sight, content_of_found

REPRINTABLE = frozenset({"waiting", "called", "serving", "held", "missed"})
ENDED = frozenset({"served", "cancelled", "expired", "lapsed", "by-hand"})


def document(state: VisitState) -> Widget:
    """Return the screen in sight as one document; "n" is the revision that a tap on it carries."""
    hall = state.catalogue.settings.hall
    doc: Widget = {
        "n": state.revision,
        "screen": state.screen,
        "language": state.language,
        "languages": list(state.offered),
        "large": state.large,
        "low": state.low,
        "hall": name_in(hall, state.language),
        "away": state.is_away and not state.alone and state.screen not in WITHOUT_CALLER,
        "pending": state.screen == "waiting",
        "paper": state.paper_state,
        "dim": state.dim,
        "dark": state.dark and state.screen == "idle" and not state.is_away,
        "zone": hall.zone,
        "nav": {"back": state.screen not in NO_BACK, "home": state.screen not in NO_HOME},
        **_BODIES[state.screen](state),
    }
    if state.goes_alone and state.screen in TELLS_ALONE:
        doc["notes"] = [word("alone.note") | {"tone": "info"}, *doc.get("notes", [])]
    if doc["away"] and state.not_enrolled:
        doc["not_enrolled"] = {"command": state.setup_commands.enrol}
    if state.kiosk.pad_keys:
        doc["pad"] = dict(key.split("=", 1) for key in state.kiosk.pad_keys)
    if state.left is not None:
        doc["left"] = state.left
    if state.language in state.speaks:
        spoken = state.speaks[state.language]
        doc["voice"] = {"on": not state.muted, "say": translations.prompt(state)}
        doc["voice"] |= {"spoken": spoken} if spoken != state.language else {}
    return doc


# --- the screens, in the order of a visit


def _idle(state: VisitState) -> Widget:
    rows = () if state.goes_alone else state.hall_view.get("queues", {}).values()
    hall = state.catalogue.settings.hall
    waiting = [count(sum(q.get("waiting", 0) for q in rows))] if rows else []
    hours = word(
        "idle.hours", hours=", ".join(state.hall_view.get("hours") or [f"{hall.opens}–{hall.closes}"])
    )
    if why := rest(state):
        return {
            "title": word("idle.title"),
            "rest": why_at_rest(state, why),
            "lead": word("rest.lead"),
            "notes": standstill_notes(state),
            "facts": [*(waiting if why in ("stopped", "suspended") else []), *next_opening(state), hours],
            "buttons": [button("start", "main") | {"key": "button.guides"}],
        }
    hint: Widget = {"hint": word("idle.card")} if state.reads_cards else {}
    return (
        hint
        | take_code(state)
        | {
            "title": word("idle.title"),
            "lead": word("idle.lead"),
            "notes": [*standstill_notes(state), *paper_notes(state)],
            "facts": [*waiting, hours],
            "buttons": [button("start", "main")],
        }
    )


def _services(state: VisitState) -> Widget:
    catalogue, language = state.catalogue, state.language
    part: Widget = {
        "title": word("services.title"),
        "notes": [
            *(rest_notes(state) or standstill_notes(state)),
            *cards.card_notes(state),
            *choosing.chosen_notes(state),
        ],
        "buttons": [*choosing.chosen_button(state), button("search"), *feedback.more_buttons(state)],
    }
    part |= services_tabs(state)
    if shown_tab(state) == "frequent":
        items = [catalogue.items[item] for item in state.frequent]
        return part | {"title": word("services.frequent"), "tiles": item_tiles(state, items, narrow=True)}
    if shown_tab(state) == "events":
        tiles = [
            group_tile(state, f"event:{i}", catalogue.event_name(i, language), catalogue.of_event(i))
            for i in range(len(catalogue.events))
        ]
        return part | {"title": word("services.events"), "tiles": tiles}
    if catalogue.direct:
        queues = [
            queue_tile(state, q.id, name_in(q, language), narrow=True) for q in catalogue.loose_queues()
        ]
        return part | {
            "title": word("services.direct"),
            "tiles": item_tiles(state, list(catalogue.items.values()), narrow=True) + queues,
        }
    departments = catalogue.departments.values()
    tiles = [
        group_tile(state, f"department:{d.id}", name_in(d, language), catalogue.of_department(d.id))
        for d in departments
    ]
    return part | {"tiles": tiles}


def _search(state: VisitState) -> Widget:
    found, example = state.catalogue.find(state.errand.entry), state.catalogue.example
    return {
        "title": word("search.title"),
        "lead": word("search.lead", **example) if example else word("search.lead.any"),
        "entry": {
            "kind": "letters",
            "text": state.errand.entry.upper(),
            "live": state.catalogue.letters_after(state.errand.entry),
        },
        "tiles": item_tiles(state, found),
        "notes": [word("search.none") | {"tone": "info"}] if state.errand.entry and not found else [],
    }


def _priority(state: VisitState) -> Widget:
    proposed = state.card_class
    offered = sorted((c.id for c in state.catalogue.offered), key=lambda id: id != proposed)
    return {
        "title": word("priority.title"),
        "lead": word("priority.proposed" if proposed else "priority.lead"),
        "tiles": [class_tile(state, id) for id in offered],
    }


def _waiting(_: VisitState) -> Widget:
    return {"title": word("waiting.title"), "lead": word("waiting.lead")}


def _number(state: VisitState) -> Widget:
    content, outcome = content_in_sight(state, state.language), state.errand.slip_outcome
    part: Widget = {
        "title": word("number.requeued" if state.is_requeue else "number.title"),
        "notes": ([outcome_note(state)] if not state.is_requeue or outcome != "none" else [])
        + assist_notes(state),
        "buttons": number_buttons(state),
    }
    if content is None:
        return part
    part["number"] = number_block(state, content)
    part["rows"] = [
        *([{"key": "row.visit", "list": list(content.visit)}] if content.visit else []),
        *([{"key": "row.papers", "list": list(content.papers)}] if content.papers else []),
    ]
    return part


def _refused(state: VisitState) -> Widget:
    refusal = state.errand.refusal
    held = refusal.get("key") or refusal.get("ticket", "")
    again = "plain" if held else "main"
    show: list[Widget] = [{"target": "slip:" + held, "key": "button.show", "tone": "main"}] if held else []
    if refusal.get("code") in WORTH_A_LOOK and state.errand.case_code:
        show = [button("case", "main")]
        again = "plain"
    if refusal.get("code") == "unknown-case":  # a digit was mistaken, most likely
        show, again = [{"target": "progress", "key": "button.retype", "tone": "main"}], "plain"
    return {
        "title": {"text": told(refusal, state.language)},
        "lead": {"text": told(refusal, state.language, "next_")},
        "code": refusal.get("code", ""),
        "buttons": [*show, button("again", again), {"target": "home", "key": "button.home", "tone": "plain"}],
    }


def _appointment(state: VisitState) -> Widget:
    return {
        "title": word("appointment.title"),
        "lead": word("appointment.lead.card" if state.reads_cards else "appointment.lead"),
        "entry": {"kind": "code", "text": state.errand.entry},
        "buttons": [button("check-in", "main", len(state.errand.entry) < CODE_MIN)],
    }


def _scan(_: VisitState) -> Widget:
    return {"title": word("scan.title"), "lead": word("scan.lead")}


def _ticket(state: VisitState) -> Widget:
    found = state.errand.found
    if not found:
        return {"title": word("ticket.looking"), "lead": word("ticket.patience")}
    ticket, returns = found["state"], found.get("missed_can_return", False)
    ended = ticket in ENDED or (ticket == "missed" and not returns)
    block, levels = number_block(state, content_of_found(state), ticket), feedback.levels(state)
    if ticket in AT_WINDOW:
        block["windows"] = called_to(state, found)
    return {
        "title": word("ticket-holder." + ticket),
        **({"lead": word("rate.ask")} if levels else _next_step(ticket, returns)),
        "number": block,
        "tiles": levels,
        "notes": [outcome_note(state)] if state.errand.slip_outcome != "none" else [],
        "buttons": [
            *([button("requeue", "main")] if returns else []),
            *([button("check-in", "main")] if found.get("arrive_by") else []),
            *([button("more", "main") | {"key": "button.anew"}] if ended else []),
            *([button("walk-in") | {"key": "button.more"}] if state.errand.person and not ended else []),
            button("reprint", off=not can_reprint(state) or ended or ticket not in REPRINTABLE),
        ],
    }


def _next_step(ticket: str, returns: bool) -> Widget:
    """Return what to do about a number that is not simply waiting, being served or put aside."""
    if ticket == "missed":
        return {"lead": word("ticket.missed.return" if returns else "ticket.missed.used")}
    if ticket == "called":
        return {"lead": word("ticket.called")}
    return {"lead": word("ticket.ended")} if ticket in ENDED else {}


def _pin(state: VisitState) -> Widget:
    return {
        "title": word("pin.title"),
        "lead": _pin_lead(state),
        "entry": {"kind": "digits", "text": "●" * len(state.errand.entry)},
        "buttons": [button("enter", "main")],
    }


def _pin_lead(state: VisitState) -> Widget:
    if not state.pin_set:
        return word("pin.none", command=state.setup_commands.set_pin)
    return word("pin.resting" if state.pin_resting else "pin.wrong" if state.pin_wrong else "pin.lead")


def _caller_word(state: VisitState) -> Widget:
    if state.not_enrolled:
        return word("staff.caller.not-enrolled", command=state.setup_commands.enrol)
    return word("staff.caller.away" if state.is_away else "staff.caller.here")


def _staff(state: VisitState) -> Widget:
    printers = [
        {"text": name, "state": word("device-state." + found)}
        for name, found in (state.printers or {}).items()
    ]
    return {
        "title": word("staff.title"),
        "printers": printers,
        "facts": [
            _caller_word(state),
            word("staff.counts", **asdict(state.counts), unprinted=state.counts.unprinted),
        ],
        "buttons": [
            button("paper-changed", "main"),
            button("dim"),
            button("restart"),
            {"target": "home", "key": "button.leave", "tone": "plain"},
        ],
    }


_BODIES = {
    "idle": _idle, "services": _services, "items": choosing.items, "search": _search, "guide": choosing.guide,
    "behalf": cards.behalf, "client": cards.client,
    "priority": _priority, "confirm": choosing.confirm, "waiting": _waiting, "number": _number, "refused": _refused,
    "appointment": _appointment, "booked": cards.booked, "scan": _scan, "ticket": _ticket, "pin": _pin, "staff": _staff, **feedback.SCREENS, **questions.SCREENS,
    **progress.SCREENS,
}  # fmt: skip
