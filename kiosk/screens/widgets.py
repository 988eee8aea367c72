"""The parts a screen document is made of: buttons, tiles, waits, notes, the number, and the slip itself.

Pure. A part is plain data; a word is a message key with facts, spoken by the face in the applicant's language.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

import segno

from caller.engine.commands import CheckIn, RequeueTicket
from config.settings import Item
from kiosk.catalogue import Catalogue, lines_in, name_in, text_in
from kiosk.visit.effects import PrintSlipFacts
from kiosk.visit.scans import ticket_url

if TYPE_CHECKING:
    from kiosk.visit.machine import VisitMachine

Widget = dict[str, Any]
CARD_MASK = "**** "  # before the last four of a card's number
CODES_KEPT = 4  # the one in sight and the one to come; a screen is made anew four times a second
WINDOWS_SHOWN = 6  # more names than these are not read
HAS_PLACE = frozenset({"waiting", "called", "serving", "held"})


def word(key: str, **facts: object) -> Widget:
    return {"key": key, "facts": facts} if facts else {"key": key}


def button(target: str, tone: str = "plain", off: bool = False) -> Widget:
    button = {"target": target, "key": "button." + target, "tone": tone}
    return button | {"off": True} if off else button


def tab(visit: VisitMachine, tab: str, key: str) -> Widget:
    return {"target": "tab:" + tab, "key": key, "on": visit.errand.tab == tab}


def item_tiles(visit: VisitMachine, items: list[Item], narrow: bool = False) -> list[Widget]:
    return [
        queue_tile(visit, item.queue, name_in(item, visit.language), "item:" + item.id, narrow)
        for item in items
    ]


def queue_tile(visit: VisitMachine, queue: str, name: str, target: str = "", narrow: bool = False) -> Widget:
    closed = why_closed(visit, queue)
    facts = group_facts(visit, [queue]) if narrow else waits(visit, queue)
    tile: Widget = {"target": target or "queue:" + queue, "name": name}
    if target and rest(visit):  # said once above all tiles; the guide behind this one can still be read
        return tile
    return tile | ({"closed": closed} if closed is not None else {"facts": facts})


def group_tile(visit: VisitMachine, target: str, name: str, items: list[Item]) -> Widget:
    queues = dict.fromkeys(item.queue for item in items)
    if rest(visit):
        return {"target": target, "name": name}
    tile: Widget = {"target": target, "name": name, "facts": group_facts(visit, list(queues))}
    if queues and all(why_closed(visit, q) is not None for q in queues):
        return {"target": target, "name": name, "closed": why_closed(visit, next(iter(queues))) or ""}
    return tile


def group_facts(visit: VisitMachine, queues: list[str]) -> list[Widget]:
    """A tile is narrow: how many wait in all, and from the shortest to the longest wait, in few signs."""
    views = [view for q in queues if (view := visit.hall_view.get("queues", {}).get(q))]
    waiting = sum(view["waiting"] for view in views)
    if not waiting:
        return [count(0)] if views else []
    known = [view for view in views if view["high"] > 0]
    low, high = min((v["low"] for v in known), default=0), max((v["high"] for v in known), default=0)
    return [
        word("tile.count", count=waiting),
        *([word("tile.band", low=max(low, 0), high=high)] if known else []),
    ]


def waits(visit: VisitMachine, queue: str) -> list[Widget]:
    """Who waits there now, and how long as a band."""
    view = visit.hall_view.get("queues", {}).get(queue)
    if not view:
        return []
    known = [band(view["low"], view["high"])] if view["high"] >= 0 else []
    return [count(view["waiting"]), *known]


def count(waiting: int) -> Widget:
    return word("wait.count", count=waiting) if waiting else word("wait.nobody")


def band(low: int, high: int) -> Widget:
    if high < 0:
        return word("wait.unknown")
    if high <= 1:
        return word("wait.none")
    return (
        word("wait.within", high=high) if low <= 0 or low == high else word("wait.band", low=low, high=high)
    )


def why_closed(visit: VisitMachine, queue: str) -> str | None:
    """Why this queue gives no numbers now, in the hall's words; None: it does."""
    view = visit.hall_view.get("queues", {}).get(queue)
    if view is None or view.get("open", True):
        return None
    zh = visit.language == "zh"
    return view.get("zh" if zh else "en", "") or view.get("next_zh" if zh else "next_en", "")


def rest(visit: VisitMachine) -> str:
    """Why the whole hall gives no numbers now: "closed" all day, "before", "stopped" or "over"; empty while it does."""
    phase = visit.hall_view.get("phase", "open")
    return "" if phase == "open" else phase


def rest_notes(visit: VisitMachine) -> list[Widget]:
    why = rest(visit)
    return [word("rest.guides." + why) | {"tone": "info"}] if why else []


def closed_notes(visit: VisitMachine, queue: str) -> list[Widget]:
    """Beside the button that takes a number and cannot."""
    why = why_closed(visit, queue)
    if why is None:
        return []
    return [(word("rest." + rest(visit)) if rest(visit) else {"text": why}) | {"tone": "info"}]


def paper_notes(visit: VisitMachine) -> list[Widget]:
    """Out of paper is said before the tap."""
    state = visit.paper_state
    if visit.printers is None:
        return []
    return [] if state in ("ready", "paper-low") else [word("paper." + state) | {"tone": "warn"}]


def card_notes(visit: VisitMachine) -> list[Widget]:
    """Whose visit this is, as far as a screen may say."""
    last4 = visit.errand.last4
    return [word("card.read", last4=last4) | {"tone": "good"}] if visit.errand.person else []


def proposed_class(visit: VisitMachine) -> str:
    """The class a card's year of birth speaks for; the applicant chooses all the same."""
    offered = {each.id for each in visit.catalogue.offered}
    return "elderly" if visit.errand.elderly and "elderly" in offered else ""


def can_reprint(visit: VisitMachine) -> bool:
    return visit.prints and visit.errand.fate != "printing"


def fate_note(visit: VisitMachine) -> Widget:
    fate, copy = visit.errand.fate, visit.errand.copy
    key = "fate.reprinted" if fate == "printed" and copy else "fate." + fate
    return word(key) | {"tone": {"printed": "good", "printing": "info"}.get(fate, "warn")}


def class_tile(visit: VisitMachine, class_id: str) -> Widget:
    chosen = visit.catalogue.classes[class_id]
    zh = visit.language == "zh"
    words = chosen.words if zh else chosen.words_en
    detail: Widget = {"text": words} if words else word(f"class.{class_id}.words")
    return {"target": "class:" + class_id, "name": name_in(chosen, visit.language), "detail": detail}


def class_name(visit: VisitMachine, class_id: str) -> str:
    return (
        name_in(visit.catalogue.classes[class_id], visit.language)
        if class_id in visit.catalogue.classes
        else class_id
    )


def errand_name(visit: VisitMachine) -> str:
    errand, catalogue = visit.errand, visit.catalogue
    thing = catalogue.items.get(errand.item) or catalogue.queues[errand.queue]
    return name_in(thing, visit.language)


def windows_word(catalogue: Catalogue, queue: str, language: str) -> Widget:
    """Where to go: by numbers, as signs and voice say them; by name in a hall whose windows have none."""
    windows = catalogue.windows_of(queue)
    shown = windows[:WINDOWS_SHOWN]
    numbered = all(window.id.isdecimal() for window in shown)
    names = [window.id if numbered else name_in(window, language) for window in shown]
    text = ("、" if language == "zh" else ", ").join(names) + (" …" if len(windows) > len(shown) else "")
    return word("windows.numbers", list=text) if numbered else {"text": text}


def guide_rows(catalogue: Catalogue, item: Item, language: str) -> list[Widget]:
    """一次性告知: all published facts of the item that the hall gave; empty ones are not shown."""
    department = catalogue.departments.get(item.department)
    phone = item.phone or (department.phone if department else "")
    rows: list[Widget] = [
        {"key": "row.papers", "list": lines_in(item, "papers", language)},
        {"key": "row.conditions", "text": text_in(item, "conditions", language)},
        {"key": "row.steps", "list": lines_in(item, "steps", language)},
        {"key": "row.time", **promise(item)},
        {"key": "row.fee", "text": text_in(item, "fee", language)},
        {"key": "row.windows", "word": windows_word(catalogue, item.queue, language)},
        {"key": "row.phone", "text": phone},
        {"key": "row.basis", "text": text_in(item, "basis", language)},
    ]
    return [row for row in rows if row.get("text") or row.get("list") or row.get("word")]


def promise(item: Item) -> Widget:
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


def number_block(visit: VisitMachine, slip: PrintSlipFacts, state: str = "waiting") -> Widget:
    """The number, with what is still true of it: where to go until it is served, how long until it is called."""
    block: Widget = {
        "number": slip.number,
        "errand": slip_name(visit, slip),
        "issued": slip.issued,
        "url": slip.url,
        "qr": qr_rows(slip.url),
    }
    if state in HAS_PLACE:
        block["windows"] = windows_word(visit.catalogue, slip.queue, visit.language)
        block["way"] = visit.catalogue.way(slip.queue, visit.language)
    if state == "waiting":
        block |= {"ahead": slip.ahead} | ({"band": band(slip.low, slip.high)} if slip.high >= 0 else {})
    return block


def called_to(visit: VisitMachine, found: Widget) -> Widget:
    """The one window a number was called to, as `windows_word` names all that may call it."""
    window = found["window"]
    if window.isdecimal():
        return word("windows.numbers", list=window)
    return {"text": (visit.language != "zh" and found["window_name_en"]) or found["window_name"]}


def slip_name(visit: VisitMachine, slip: PrintSlipFacts) -> str:
    """What the number is for, in the words of its slip."""
    catalogue = visit.catalogue
    known = catalogue.items.get(slip.items[0]) if slip.items else catalogue.queues.get(slip.queue)
    return name_in(known, visit.language) if known else slip.queue


@lru_cache(CODES_KEPT)
def qr_rows(text: str) -> list[str]:
    """A QR code as rows of 0 and 1: a page draws it as SVG, a terminal as blocks. Not to be changed by a reader."""
    return [
        "".join("1" if cell else "0" for cell in row)
        for row in segno.make(text, error="m", micro=False).matrix
    ]


# --- the slip


def slip_of(visit: VisitMachine) -> PrintSlipFacts | None:
    """The slip of the number in sight, if there is one."""
    kept = visit.errand.kept
    if kept is None or isinstance(kept.command, RequeueTicket):
        return slip_of_found(visit) if visit.errand.found else None
    if not kept.result:
        return None
    result = kept.result
    return PrintSlipFacts(
        ticket=result["ticket"], number=result["number"], queue=result["queue"], items=kept.items,
        ahead=result["ahead"], low=result["low"], high=result["high"], issued=result["issued"],
        url=url(visit, result["ticket"]), language=kept.language,
        priority=getattr(kept.command, "priority", "ordinary"), appointment=isinstance(kept.command, CheckIn),
    )  # fmt: skip


def slip_of_found(visit: VisitMachine) -> PrintSlipFacts:
    found = visit.errand.found
    return PrintSlipFacts(
        ticket=found["ticket"], number=found["number"], queue=found.get("queue", ""),
        items=[item for item in found.get("items", []) if item in visit.catalogue.items],
        ahead=found.get("ahead", 0), low=found.get("low", -1), high=found.get("high", -1),
        issued=found.get("issued", 0), url=url(visit, found["ticket"]), language=visit.language,
        priority=found.get("priority", "ordinary"),
    )  # fmt: skip


def url(visit: VisitMachine, ticket: str) -> str:
    listen = visit.catalogue.settings.listen
    return ticket_url(listen.public_url or f"http://{listen.host}:{listen.web}", ticket)
