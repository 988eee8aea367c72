"""What is chosen, and what it needs: the items of a department or life event, the guide of one item or of several at once,
and the check before the number is taken.

A visit for several items has one guide: what is done, and the papers of all of them, each once (`kiosk.visit.several`). Pure,
as all screens.
"""

from config.directions import lines_in, name_in
from config.languages import language as row_of
from config.settings import Item
from kiosk.screens import cards, questions
from kiosk.screens.quick import take_buttons, take_notes
from kiosk.screens.widgets import (
    CARD_MASK,
    Widget,
    button,
    class_name,
    closed_notes,
    doubt_notes,
    errand_name,
    guide_rows,
    item_tiles,
    paper_notes,
    waits,
    why_closed,
    windows_word,
    word,
)
from kiosk.visit.several import may_add, package_of
from kiosk.visit.state import VisitState


def chosen_items(state: VisitState) -> list[Item]:
    """Return the items of the visit in sight."""
    return [state.catalogue.items[id] for id in state.errand.items]


def chosen_notes(state: VisitState) -> list[Widget]:
    """Return what is chosen already, above the list from which one more is chosen."""
    more = [name_in(state.catalogue.items[id], state.language) for id in state.errand.more]
    names = row_of(state.language).name_sign.join(more)
    return [word("several.chosen", count=len(more), names=names) | {"tone": "good"}] if more else []


def chosen_button(state: VisitState) -> list[Widget]:
    """Return the way back to what is chosen already."""
    return [button("chosen", "main")] if state.errand.more else []


def items(state: VisitState) -> Widget:
    """Return the items of a department or a life event; those of a life event may be taken all at once."""
    errand, catalogue = state.errand, state.catalogue
    if errand.event >= 0:
        name, found = catalogue.event_name(errand.event, state.language), catalogue.of_event(errand.event)
    else:
        department = catalogue.departments[errand.department]
        name, found = name_in(department, state.language), catalogue.of_department(department.id)
    package = [button("package", "main")] if package_of(state) else []
    return {
        "title": {"text": name},
        "lead": word("items.package" if package else "items.lead"),
        "tiles": item_tiles(state, found),
        "buttons": [*(package or chosen_button(state)), button("search")],
    }


def guide(state: VisitState) -> Widget:
    """Return what is told once and completely (一次性告知), of the one item or of all that are chosen."""
    found = chosen_items(state)
    if len(found) > 1:
        return _guide_of_several(state, found)
    item, outcome = found[0], state.errand.guide_outcome
    tone = "good" if outcome == "printed" else "info"
    notes = [word("guide." + outcome) | {"tone": tone}] if outcome != "none" else []
    off = why_closed(state, item.queue, item.id) is not None
    return {
        "title": {"text": name_in(item, state.language)},
        "lead": word("guide.lead" if item.papers else "guide.lead-ask"),
        "rows": guide_rows(state.catalogue, item, state.language),
        "notes": take_notes(state)
        + (notes or closed_notes(state, item.queue, item.id) or doubt_notes(state, item.queue)),
        "facts": waits(state, item.queue),
        "buttons": [
            *take_buttons(state, off),
            *([] if off else [button("add")]),
            button("print-guide", off=not state.prints or outcome == "printing"),
            *questions.button_of(state, item.id),
        ],
    }


def _guide_of_several(state: VisitState, found: list[Item]) -> Widget:
    language = state.language
    papers = dict.fromkeys(paper for item in found for paper in lines_in(item, "papers", language))
    shut = next((note for item in found if (note := closed_notes(state, item.queue, item.id))), [])
    rows: list[Widget] = [{"key": "row.items", "list": [name_in(item, language) for item in found]}]
    if papers:
        rows.append({"key": "row.papers", "list": list(papers)})
    return {
        "title": word("several.title", count=len(found)),
        "lead": word("several.lead"),
        "rows": rows,
        "notes": take_notes(state) + shut,
        "facts": [],
        "buttons": [
            *take_buttons(state, bool(shut)),
            *([button("add")] if may_add(state) else []),
            button("only"),
        ],
    }


def confirm(state: VisitState) -> Widget:
    """Return what is about to be taken, to be checked."""
    errand, found = state.errand, chosen_items(state)
    many = len(found) > 1
    what: Widget = (
        {"key": "row.items", "list": [name_in(item, state.language) for item in found]}
        if many
        else {"key": "row.item", "text": errand_name(state)}
    )
    where = {"key": "row.windows", "word": windows_word(state.catalogue, errand.queue, state.language)}
    return {
        "title": word("confirm.title"),
        "rows": [
            what,
            *([] if many else [where]),
            {"key": "row.priority", "text": class_name(state, errand.priority)},
            *([{"key": "row.card", "text": CARD_MASK + errand.last4}] if errand.person else []),
            *cards.client_rows(state),
        ],
        "facts": [] if many else waits(state, errand.queue),
        "notes": ([] if many else doubt_notes(state, errand.queue))
        + (paper_notes(state) or [word("confirm.paper") | {"tone": "info"}]),
        "buttons": [button("confirm", "main")],
    }
