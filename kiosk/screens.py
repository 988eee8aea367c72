"""From the machine's state to the document that every face shows. Pure, and the same for all faces.

A document is made of a few kinds of part: title, lead, notes, tabs, tiles, rows, entry, number, buttons.
Fixed words are message keys with facts (`{"key": "wait.band", "facts": {"low": 10, "high": 15}}`), looked up
in page/lang/*.json by the face; names of departments and items come as text in the applicant's language.
A document holds no nulls, because it travels as merge patches.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import segno

from caller.engine.commands import CheckIn, RequeueTicket
from config.settings import Item
from kiosk.catalogue import DIRECT_MAX, Catalogue, lines_in, name_in, text_in
from kiosk.effects import Slip
from kiosk.moves import NO_BACK, NO_HOME, WITHOUT_CALLER
from kiosk.scans import ticket_url

if TYPE_CHECKING:
    from kiosk.visit import Visit

Part = dict[str, Any]
WINDOWS_SHOWN = 6  # more names than these are not read
REPRINTABLE = frozenset({"waiting", "called", "serving", "held", "missed"})


def word(key: str, **facts: object) -> Part:
    return {"key": key, "facts": facts} if facts else {"key": key}


def document(visit: Visit) -> Part:
    """The whole screen."""
    hall = visit.catalogue.settings.hall
    doc: Part = {
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
    if visit.left is not None:
        doc["left"] = visit.left
    return doc


# --- the screens, in the order of a visit


def _idle(visit: Visit) -> Part:
    rows = visit.hall_view.get("queues", {}).values()
    hall = visit.catalogue.settings.hall
    waiting = [_count(sum(q.get("waiting", 0) for q in rows))] if rows else []
    return {
        "title": word("idle.title"),
        "lead": word("idle.lead"),
        "notes": [*_hall_notes(visit), *_paper_notes(visit)],
        "facts": [*waiting, word("idle.hours", opens=hall.opens, closes=hall.closes)],
        "buttons": [_button("start", "main")],
    }


def _services(visit: Visit) -> Part:
    catalogue, language = visit.catalogue, visit.language
    part: Part = {
        "title": word("services.title"),
        "notes": _hall_notes(visit),
        "buttons": [_button("search"), _button("appointment"), _button("lost")],
    }
    if catalogue.events and len(catalogue.items) > DIRECT_MAX:
        first = "items" if catalogue.direct else "departments"
        part["tabs"] = [_tab(visit, "departments", "tab." + first), _tab(visit, "events", "tab.events")]
    if visit.errand.tab == "events":
        tiles = [
            _group_tile(visit, f"event:{i}", catalogue.event_name(i, language), catalogue.of_event(i))
            for i in range(len(catalogue.events))
        ]
        return part | {"title": word("services.events"), "tiles": tiles}
    if catalogue.direct:
        queues = [_queue_tile(visit, q.id, name_in(q, language)) for q in catalogue.loose_queues()]
        return part | {
            "title": word("services.direct"),
            "tiles": _item_tiles(visit, list(catalogue.items.values())) + queues,
        }
    departments = catalogue.departments.values()
    tiles = [
        _group_tile(visit, f"department:{d.id}", name_in(d, language), catalogue.of_department(d.id))
        for d in departments
    ]
    return part | {"tiles": tiles}


def _items(visit: Visit) -> Part:
    errand, catalogue = visit.errand, visit.catalogue
    if errand.event >= 0:
        name, items = catalogue.event_name(errand.event, visit.language), catalogue.of_event(errand.event)
    else:
        department = catalogue.departments[errand.department]
        name, items = name_in(department, visit.language), catalogue.of_department(department.id)
    return {
        "title": {"text": name},
        "lead": word("items.lead"),
        "tiles": _item_tiles(visit, items),
        "buttons": [_button("search")],
    }


def _search(visit: Visit) -> Part:
    found = visit.catalogue.find(visit.errand.entry)
    return {
        "title": word("search.title"),
        "lead": word("search.lead"),
        "entry": {
            "kind": "letters",
            "text": visit.errand.entry.upper(),
            "live": visit.catalogue.letters_after(visit.errand.entry),
        },
        "tiles": _item_tiles(visit, found),
        "notes": [word("search.none") | {"tone": "info"}] if visit.errand.entry and not found else [],
    }


def _guide(visit: Visit) -> Part:
    item = visit.catalogue.items[visit.errand.item]
    fate = visit.errand.guide
    notes = (
        [word("guide." + fate) | {"tone": "good" if fate == "printed" else "info"}] if fate != "none" else []
    )
    return {
        "title": {"text": name_in(item, visit.language)},
        "lead": word("guide.lead"),
        "rows": guide_rows(visit.catalogue, item, visit.language),
        "notes": notes,
        "facts": _waits(visit, item.queue),
        "buttons": [
            _button("take", "main", _closed(visit, item.queue) is not None),
            _button("print-guide", off=not visit.prints or fate == "printing"),
        ],
    }


def _priority(visit: Visit) -> Part:
    return {
        "title": word("priority.title"),
        "lead": word("priority.lead"),
        "tiles": [_class_tile(visit, c.id) for c in visit.catalogue.offered],
    }


def _confirm(visit: Visit) -> Part:
    errand = visit.errand
    return {
        "title": word("confirm.title"),
        "rows": [
            {"key": "row.item", "text": _errand_name(visit)},
            {"key": "row.windows", "word": windows_word(visit.catalogue, errand.queue, visit.language)},
            {"key": "row.priority", "text": _class_name(visit, errand.priority)},
        ],
        "facts": _waits(visit, errand.queue),
        "notes": _paper_notes(visit) or [word("confirm.paper") | {"tone": "info"}],
        "buttons": [_button("confirm", "main")],
    }


def _waiting(_: Visit) -> Part:
    return {"title": word("waiting.title"), "lead": word("waiting.lead")}


def _number(visit: Visit) -> Part:
    slip, fate = slip_of(visit), visit.errand.fate
    requeued = visit.errand.kept is not None and isinstance(visit.errand.kept.command, RequeueTicket)
    part: Part = {
        "title": word("number.requeued" if requeued else "number.title"),
        "notes": [_fate_note(visit)] if not requeued or fate != "none" else [],
        "buttons": [
            _button("reprint", "main" if fate in ("failed", "unknown") else "plain", not _can_reprint(visit)),
            _button("more"),
            {"target": "home", "key": "button.done", "tone": "main" if fate == "printed" else "plain"},
        ],
    }
    if slip is None:
        return part
    items = visit.catalogue.items
    papers = [p for item in slip.items for p in lines_in(items[item], "papers", visit.language)]
    part["number"] = _number_block(visit, slip)
    part["rows"] = [{"key": "row.papers", "list": papers}] if papers else []
    return part


def _refused(visit: Visit) -> Part:
    refusal = visit.errand.refusal
    zh = visit.language == "zh"
    return {
        "title": {"text": refusal["zh" if zh else "en"]},
        "lead": {"text": refusal["next_zh" if zh else "next_en"]},
        "code": refusal.get("code", ""),
        "buttons": [_button("again", "main"), {"target": "home", "key": "button.home", "tone": "plain"}],
    }


def _appointment(visit: Visit) -> Part:
    return {
        "title": word("appointment.title"),
        "lead": word("appointment.lead"),
        "entry": {"kind": "code", "text": visit.errand.entry},
        "buttons": [_button("check-in", "main", len(visit.errand.entry) < 4)],
    }


def _scan(_: Visit) -> Part:
    return {"title": word("scan.title"), "lead": word("scan.lead")}


def _ticket(visit: Visit) -> Part:
    found = visit.errand.found
    if not found:
        return {"title": word("ticket.looking"), "lead": word("ticket.patience")}
    fate = visit.errand.fate
    return {
        "title": word("ticket.state." + found["state"]),
        "number": _number_block(visit, _slip_of_found(visit)),
        "notes": [_fate_note(visit)] if fate != "none" else [],
        "buttons": [
            _button("requeue", "main", not found.get("missed_can_return")),
            _button("reprint", off=not _can_reprint(visit) or found["state"] not in REPRINTABLE),
        ],
    }


def _pin(visit: Visit) -> Part:
    resting, missed = visit.pin_resting, visit.pin_missed
    lead = (
        "pin.none"
        if visit.pin_fits is None
        else "pin.resting"
        if resting
        else "pin.wrong"
        if missed
        else "pin.lead"
    )
    return {
        "title": word("pin.title"),
        "lead": word(lead),
        "entry": {"kind": "digits", "text": "●" * len(visit.errand.entry)},
        "buttons": [_button("enter", "main")],
    }


def _staff(visit: Visit) -> Part:
    printers = [{"text": name, "state": word("device." + state)} for name, state in visit.printers.items()]
    return {
        "title": word("staff.title"),
        "printers": printers,
        "facts": [
            word("staff.caller.away" if visit.is_away else "staff.caller.here"),
            word("staff.counts", **visit.counts),
        ],
        "buttons": [
            _button("paper-changed", "main"),
            _button("dim"),
            _button("restart"),
            {"target": "home", "key": "button.leave", "tone": "plain"},
        ],
    }


_BODIES = {
    "idle": _idle, "services": _services, "items": _items, "search": _search, "guide": _guide,
    "priority": _priority, "confirm": _confirm, "waiting": _waiting, "number": _number, "refused": _refused,
    "appointment": _appointment, "scan": _scan, "ticket": _ticket, "pin": _pin, "staff": _staff,
}  # fmt: skip


# --- parts


def _button(target: str, tone: str = "plain", off: bool = False) -> Part:
    button = {"target": target, "key": "button." + target, "tone": tone}
    return button | {"off": True} if off else button


def _tab(visit: Visit, tab: str, key: str) -> Part:
    return {"target": "tab:" + tab, "key": key, "on": visit.errand.tab == tab}


def _item_tiles(visit: Visit, items: list[Item]) -> list[Part]:
    return [
        _queue_tile(visit, item.queue, name_in(item, visit.language), "item:" + item.id) for item in items
    ]


def _queue_tile(visit: Visit, queue: str, name: str, target: str = "") -> Part:
    closed = _closed(visit, queue)
    tile: Part = {"target": target or "queue:" + queue, "name": name}
    return tile | ({"closed": closed} if closed is not None else {"facts": _waits(visit, queue)})


def _group_tile(visit: Visit, target: str, name: str, items: list[Item]) -> Part:
    queues = dict.fromkeys(item.queue for item in items)
    tile: Part = {"target": target, "name": name, "facts": _group_facts(visit, list(queues))}
    if queues and all(_closed(visit, q) is not None for q in queues):
        return {"target": target, "name": name, "closed": _closed(visit, next(iter(queues))) or ""}
    return tile


def _group_facts(visit: Visit, queues: list[str]) -> list[Part]:
    known = [visit.hall_view.get("queues", {}).get(q, {}).get("waiting") for q in queues]
    counts = [count for count in known if count is not None]
    return [_count(sum(counts))] if counts else []


def _waits(visit: Visit, queue: str) -> list[Part]:
    """Who waits there now, and how long as a band."""
    view = visit.hall_view.get("queues", {}).get(queue)
    if not view:
        return []
    known = [band(view["low"], view["high"])] if view["high"] >= 0 else []
    return [_count(view["waiting"]), *known]


def _count(waiting: int) -> Part:
    return word("wait.count", count=waiting) if waiting else word("wait.nobody")


def band(low: int, high: int) -> Part:
    if high < 0:
        return word("wait.unknown")
    if high <= 1:
        return word("wait.none")
    return (
        word("wait.within", high=high) if low <= 0 or low == high else word("wait.band", low=low, high=high)
    )


def _closed(visit: Visit, queue: str) -> str | None:
    """Why this queue gives no numbers now, in the hall's words; None: it does."""
    view = visit.hall_view.get("queues", {}).get(queue)
    if view is None or view.get("open", True):
        return None
    zh = visit.language == "zh"
    return view.get("zh" if zh else "en", "") or view.get("next_zh" if zh else "next_en", "")


def _hall_notes(visit: Visit) -> list[Part]:
    hall = visit.hall_view.get("hall")
    if not hall or hall.get("open", True):
        return []
    times = visit.catalogue.settings.hall
    return [word("hall.closed", opens=times.opens, closes=times.closes) | {"tone": "warn"}]


def _paper_notes(visit: Visit) -> list[Part]:
    """Out of paper is said before the tap."""
    state = visit.paper_state
    return [] if state in ("ready", "paper-low") else [word("paper." + state) | {"tone": "warn"}]


def _can_reprint(visit: Visit) -> bool:
    return visit.prints and visit.errand.fate != "printing"


def _fate_note(visit: Visit) -> Part:
    fate, copy = visit.errand.fate, visit.errand.copy
    key = "fate.reprinted" if fate == "printed" and copy else "fate." + fate
    return word(key) | {"tone": {"printed": "good", "printing": "info"}.get(fate, "warn")}


def _class_tile(visit: Visit, class_id: str) -> Part:
    chosen = visit.catalogue.classes[class_id]
    zh = visit.language == "zh"
    words = chosen.words if zh else chosen.words_en
    detail: Part = {"text": words} if words else word(f"class.{class_id}.words")
    return {"target": "class:" + class_id, "name": name_in(chosen, visit.language), "detail": detail}


def _class_name(visit: Visit, class_id: str) -> str:
    return (
        name_in(visit.catalogue.classes[class_id], visit.language)
        if class_id in visit.catalogue.classes
        else class_id
    )


def _errand_name(visit: Visit) -> str:
    errand, catalogue = visit.errand, visit.catalogue
    thing = catalogue.items.get(errand.item) or catalogue.queues[errand.queue]
    return name_in(thing, visit.language)


def windows_word(catalogue: Catalogue, queue: str, language: str) -> Part:
    """Where to go: by numbers, as signs and voice say them; by name in a hall whose windows have none."""
    windows = catalogue.windows_of(queue)
    shown = windows[:WINDOWS_SHOWN]
    numbered = all(window.id.isdecimal() for window in shown)
    names = [window.id if numbered else name_in(window, language) for window in shown]
    text = ("、" if language == "zh" else ", ").join(names) + (" …" if len(windows) > len(shown) else "")
    return word("windows.numbers", list=text) if numbered else {"text": text}


def guide_rows(catalogue: Catalogue, item: Item, language: str) -> list[Part]:
    """一次性告知: all published facts of the item that the hall gave; empty ones are not shown."""
    department = catalogue.departments.get(item.department)
    phone = item.phone or (department.phone if department else "")
    rows: list[Part] = [
        {"key": "row.papers", "list": lines_in(item, "papers", language)},
        {"key": "row.conditions", "text": text_in(item, "conditions", language)},
        {"key": "row.steps", "list": lines_in(item, "steps", language)},
        {"key": "row.time", **_promise(item)},
        {"key": "row.fee", "text": text_in(item, "fee", language)},
        {"key": "row.windows", "word": windows_word(catalogue, item.queue, language)},
        {"key": "row.phone", "text": phone},
        {"key": "row.basis", "text": text_in(item, "basis", language)},
    ]
    return [row for row in rows if row.get("text") or row.get("list") or row.get("word")]


def _promise(item: Item) -> Part:
    if item.case_type == "immediate" or item.promised_days == 0:
        return {"word": word("time.immediate")}
    if item.promised_days is not None and item.statutory_days is not None:
        return {"word": word("time.both", promised=item.promised_days, statutory=item.statutory_days)}
    if item.promised_days is not None:
        return {"word": word("time.promised", promised=item.promised_days)}
    return (
        {"word": word("time.statutory", statutory=item.statutory_days)}
        if item.statutory_days is not None
        else {}
    )


def _number_block(visit: Visit, slip: Slip) -> Part:
    queue = visit.catalogue.queues.get(slip.queue)
    return {
        "number": slip.number,
        "queue": name_in(queue, visit.language) if queue else slip.queue,
        "windows": windows_word(visit.catalogue, slip.queue, visit.language),
        "ahead": slip.ahead,
        "band": band(slip.low, slip.high),
        "issued": slip.issued,
        "url": slip.url,
        "qr": qr_rows(slip.url),
    }


def qr_rows(text: str) -> list[str]:
    """A QR code as rows of 0 and 1: a page draws it as SVG, a terminal as blocks."""
    return [
        "".join("1" if cell else "0" for cell in row)
        for row in segno.make(text, error="m", micro=False).matrix
    ]


# --- the slip


def slip_of(visit: Visit) -> Slip | None:
    """The slip of the number in sight, if there is one."""
    kept = visit.errand.kept
    if kept is None or isinstance(kept.command, RequeueTicket):
        return _slip_of_found(visit) if visit.errand.found else None
    if not kept.result:
        return None
    result = kept.result
    return Slip(
        ticket=result["ticket"], number=result["number"], queue=result["queue"], items=kept.items,
        ahead=result["ahead"], low=result["low"], high=result["high"], issued=result["issued"],
        url=_url(visit, result["ticket"]), language=kept.language,
        priority=getattr(kept.command, "priority", "ordinary"), appointment=isinstance(kept.command, CheckIn),
    )  # fmt: skip


def _slip_of_found(visit: Visit) -> Slip:
    found = visit.errand.found
    return Slip(
        ticket=found["ticket"], number=found["number"], queue=found.get("queue", ""),
        items=[item for item in found.get("items", []) if item in visit.catalogue.items],
        ahead=found.get("ahead", 0), low=found.get("low", -1), high=found.get("high", -1),
        issued=found.get("issued", 0), url=_url(visit, found["ticket"]), language=visit.language,
        priority=found.get("priority", "ordinary"),
    )  # fmt: skip


def _url(visit: Visit, ticket: str) -> str:
    listen = visit.catalogue.settings.listen
    return ticket_url(listen.public_url or f"http://{listen.host}:{listen.web}", ticket)
