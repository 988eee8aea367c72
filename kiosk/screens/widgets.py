"""The widgets a screen document is made of: buttons, tiles, waits, notes, the number.

Pure. A widget is plain data; a word is a message key with facts, put into the applicant's language by the face.
"""

from functools import lru_cache
from typing import Any

import segno

from caller.engine.guide_commands import ASSISTANCE
from config.directions import lines_in, name_in, text_in
from config.instants import local
from config.languages import field_of, own_in, told
from config.languages import language as row_of
from config.paper.slip import SlipContent
from config.settings import Item
from kiosk.catalogue import Catalogue
from kiosk.visit.state import VisitState

Widget = dict[str, Any]
CARD_MASK = "**** "  # before the last four of a card's number
WINDOWS_SHOWN = 6  # more names than these are not read
WINDOWS_SIGNS = 60  # in all their names; the slip names more
BAND_WIDE = 30  # minutes from the shortest to the longest wait; more helps nobody to choose
CODES_KEPT = 4  # a screen is made anew four times a second
# Any mask can be read. To weigh all eight takes five times as long as the code itself, while an applicant waits for
# the number; for addresses such as ours this one comes out best nearly always.
QR_MASK = 2
HAS_PLACE = frozenset({"waiting", "called", "serving", "held"})


def word(key: str, **facts: object) -> Widget:
    return {"key": key, "facts": facts} if facts else {"key": key}


def button(target: str, tone: str = "plain", off: bool = False) -> Widget:
    button = {"target": target, "key": "button." + target, "tone": tone}
    return button | {"off": True} if off else button


def tab(tab: str, key: str, on: bool) -> Widget:
    return {"target": "tab:" + tab, "key": key, "on": on}


def item_tiles(state: VisitState, items: list[Item], narrow: bool = False) -> list[Widget]:
    return [
        queue_tile(state, item.queue, name_in(item, state.language), "item:" + item.id, narrow)
        for item in items
    ]


def queue_tile(state: VisitState, queue: str, name: str, target: str = "", narrow: bool = False) -> Widget:
    closed = why_closed(state, queue, target.removeprefix("item:"))
    facts = group_facts(state, [queue]) if narrow else waits(state, queue)
    tile: Widget = {"target": target or "queue:" + queue, "name": name}
    if target and rest(state):  # said once above all tiles; the guide behind this one can still be read
        return tile
    return tile | ({"closed": closed} if closed is not None else {"facts": facts})


def group_tile(state: VisitState, target: str, name: str, items: list[Item]) -> Widget:
    queues = dict.fromkeys(item.queue for item in items)
    if rest(state):
        return {"target": target, "name": name}
    tile: Widget = {"target": target, "name": name, "facts": group_facts(state, list(queues))}
    whys = [why_closed(state, item.queue, item.id) for item in items]
    if whys and None not in whys:
        return {"target": target, "name": name, "closed": whys[0] or ""}
    return tile


def group_facts(state: VisitState, queues: list[str]) -> list[Widget]:
    """Return how many wait in all, and from the shortest to the longest wait, in few signs: a tile is narrow. Where the
    queues differ so much that the two would say nothing, the people stand alone."""
    known = {} if state.goes_alone else state.hall_view.get("queues", {})  # how many wait is not known then
    views = [view for q in queues if (view := known.get(q))]
    waiting = sum(view["waiting"] for view in views)
    if not waiting:
        return [count(0)] if views else []
    known = [view for view in views if view["high"] > 0]
    low, high = min((v["low"] for v in known), default=0), max((v["high"] for v in known), default=0)
    told = known and len(known) == len(views) and high - max(low, 0) <= BAND_WIDE
    return [
        word("tile.count", count=waiting),
        *([word("tile.band", low=max(low, 0), high=high)] if told else []),
    ]


def waits(state: VisitState, queue: str) -> list[Widget]:
    """Return who waits there now, and how long as a band."""
    view = state.hall_view.get("queues", {}).get(queue)
    if not view or state.goes_alone:
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


def why_closed(state: VisitState, queue: str, item: str = "") -> str | None:
    """Return why this queue, or this item of it, gives no numbers now, in the hall's words; None: it does."""
    view = state.hall_view.get("queues", {}).get(queue)
    if view is None or view.get("open", True):
        view = state.hall_view.get("items", {}).get(item)
    if view is None:
        return None
    return told(view, state.language) or told(view, state.language, "next_")


def rest(state: VisitState) -> str:
    """Return why the whole hall gives no numbers now: "closed" all day, "before", "stopped" or "over"; empty while it
    does."""
    phase = state.hall_view.get("phase", "open")
    return "" if phase == "open" else phase


def why_at_rest(state: VisitState, why: str) -> Widget:
    """Return why the hall gives no numbers now, with the name of the holiday or exceptional day that closes it, or the
    reason of its suspension."""
    if why == "suspended":
        return word("rest.suspended.why", why=suspended_reason(state))
    opening = state.hall_view.get("opening", {})
    name = own_in(opening, "why", state.language)
    return word("rest.closed.why", why=name) if why == "closed" and name else word("rest." + why)


def suspended_reason(state: VisitState) -> str:
    """Return why the whole hall is suspended; empty if it is not."""
    lines = [each for each in state.hall_view.get("suspended", []) if each["scope"] == "hall"]
    return own_in(lines[0], "reason", state.language) if lines else ""


def standstill_notes(state: VisitState) -> list[Widget]:
    """Return what everybody is told now: the messages of the hall, and its break."""
    said = [{"text": told(each, state.language), "tone": "info"} for each in state.hall_view.get("said", [])]
    rest = state.hall_view.get("rest")
    return said + ([word("rest.break", time=_clock(state, rest["until"])) | {"tone": "info"}] if rest else [])


def doubt_notes(state: VisitState, queue: str) -> list[Widget]:
    """Return why a number of this queue may wait long: no window is there for it, or closing time comes first."""
    view = state.hall_view.get("queues", {}).get(queue, {})
    if view.get("unstaffed"):
        since = _clock(state, view["unstaffed"])
        back = _clock(state, view["rest_until"]) if view.get("rest_until") else ""
        key = "doubt.break" if back else "doubt.unstaffed"
        return [word(key, since=since, back=back) | {"tone": "warn"}]
    return [word("doubt.late") | {"tone": "warn"}] if view.get("late") else []


def _clock(state: VisitState, at: int) -> str:
    return f"{local(at, state.catalogue.settings.hall.zone):%H:%M}"


def next_opening(state: VisitState) -> list[Widget]:
    """Return the date and time the hall opens next, once the caller's calendar knows one."""
    opening = state.hall_view.get("opening", {})
    if not opening.get("at"):
        return []
    time = local(opening["at"], state.catalogue.settings.hall.zone)
    line = word("idle.next", date=opening["day"], weekday=word(f"weekday.{time:%u}"), time=f"{time:%H:%M}")
    return [line, *([word("idle.provisional")] if opening["provisional"] else [])]


def rest_notes(state: VisitState) -> list[Widget]:
    why = rest(state)
    return [word("rest.guides." + why, why=suspended_reason(state)) | {"tone": "info"}] if why else []


def closed_notes(state: VisitState, queue: str, item: str = "") -> list[Widget]:
    """Return the notes beside the button that takes a number and cannot."""
    why = why_closed(state, queue, item)
    if why is None:
        return []
    return [(why_at_rest(state, rest(state)) if rest(state) else {"text": why}) | {"tone": "info"}]


def paper_notes(state: VisitState) -> list[Widget]:
    """Return a printer without paper is shown before the number is taken, not after."""
    if state.printers is None or state.paper_state in ("ready", "paper-low"):
        return []
    return [word("paper." + state.paper_state) | {"tone": "warn"}]


def can_reprint(state: VisitState) -> bool:
    return state.prints and state.errand.slip_outcome != "printing"


def outcome_note(state: VisitState) -> Widget:
    outcome = state.errand.slip_outcome
    key = "slip.reprinted" if outcome == "printed" and state.errand.copy else "slip." + outcome
    return word(key) | {"tone": {"printed": "good", "printing": "info"}.get(outcome, "warn")}


def class_tile(state: VisitState, class_id: str) -> Widget:
    chosen = state.catalogue.classes[class_id]
    own_words = getattr(chosen, field_of("words", state.language), "")
    detail: Widget = {"text": own_words} if own_words else word(f"class-holder.{class_id}")
    return {"target": "class:" + class_id, "name": name_in(chosen, state.language), "detail": detail}


def class_name(state: VisitState, class_id: str) -> str:
    return (
        name_in(state.catalogue.classes[class_id], state.language)
        if class_id in state.catalogue.classes
        else class_id
    )


def errand_name(state: VisitState) -> str:
    errand, catalogue = state.errand, state.catalogue
    names = [name_in(catalogue.items[id], state.language) for id in errand.items if id in catalogue.items]
    return row_of(state.language).name_sign.join(names) or name_in(
        catalogue.queues[errand.queue], state.language
    )


def windows_word(catalogue: Catalogue, queue: str, language: str) -> Widget:
    """Return where to go: by numbers, as signs and voice say them; by name in a hall whose windows have none."""
    windows = catalogue.windows_of(queue)
    numbered = all(window.id.isdecimal() for window in windows[:WINDOWS_SHOWN])
    names = [window.id if numbered else name_in(window, language) for window in windows[:WINDOWS_SHOWN]]
    while len(names) > 1 and len("".join(names)) > WINDOWS_SIGNS:
        names.pop()
    more = " …" if len(windows) > len(names) else ""
    text = row_of(language).list_sign.join(names) + more
    return word("windows.numbers", list=text) if numbered else {"text": text}


def guide_rows(catalogue: Catalogue, item: Item, language: str) -> list[Widget]:
    """Return 一次性告知: all published facts of the item that the hall gave; empty ones are not shown."""
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


def number_block(state: VisitState, content: SlipContent, ticket: str = "waiting") -> Widget:
    """Return the number, with what is still true of it in the ticket's state `ticket`: where to go until it is served,
    and how long until it is called."""
    block: Widget = {
        "number": content.number,
        "errand": content.errand,
        "issued": content.issued,
        "url": content.url,
        "qr": list(qr_rows(content.url)) if content.url else [],
    }
    if ticket in HAS_PLACE:
        block["windows"] = windows_word(state.catalogue, content.queue, state.language)
        block["way"] = content.way
    if ticket == "waiting" and content.ahead >= 0:
        block["ahead"] = content.ahead
        block |= {"band": band(content.low, content.high)} if content.high >= 0 else {}
    return block


# --- under the number, where its holder is asked too how to be met: after the number, so that no visit takes a tap longer

TAKE_BACK = "none"  # of what was chosen


def number_buttons(state: VisitState) -> list[Widget]:
    """Return what may be pressed under the number: the choice while it is in sight, else what leads on."""
    if state.errand.assist_open:
        return assist_choices(state)
    outcome = state.errand.slip_outcome
    return [
        button("assist", off=state.is_away or not state.current_ticket),
        button("reprint", "main" if outcome in ("failed", "unknown") else "plain", not can_reprint(state)),
        button("another" if state.errand.client else "more"),
        {"target": "home", "key": "button.done", "tone": "main" if outcome == "printed" else "plain"},
    ]


def assist_notes(state: VisitState) -> list[Widget]:
    """Return what is asked, or that a member of the staff will come."""
    if state.errand.assist_open:
        return [word("assist.title") | {"tone": "info"}]
    return [word("assist.noted") | {"tone": "info"}] if state.errand.assistance else []


def assist_choices(state: VisitState) -> list[Widget]:
    """Return the choices, one button each, and the one that takes the choice back."""
    chosen = state.errand.assistance
    choices: list[Widget] = [
        {
            "target": f"assistance:{code}",
            "key": f"assistance-holder.{code}",
            "tone": "main" if code == chosen else "plain",
        }
        for code in ASSISTANCE
    ]
    return [*choices, {"target": f"assistance:{TAKE_BACK}", "key": "assist.none", "tone": "plain"}]


def called_to(state: VisitState, found: Widget) -> Widget:
    """Return the one window a number was called to, as `windows_word` names all that may call it."""
    window = found["window"]
    if window.isdecimal():
        return word("windows.numbers", list=window)
    return {"text": own_in(found, "window_name", state.language)}


@lru_cache(CODES_KEPT)
def qr_rows(text: str) -> tuple[str, ...]:
    """Return a QR code as rows of "0" and "1": a page draws it as SVG, a terminal as blocks."""
    matrix = segno.make(text, error="m", micro=False, mask=QR_MASK).matrix
    return tuple("".join("1" if cell else "0" for cell in row) for row in matrix)
