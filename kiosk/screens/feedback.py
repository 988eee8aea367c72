"""The screens of a complaint, suggestion or question: kind, window, reason, the look before it is sent, the receipt. Pure."""

from caller.engine.feedback_messages import FEEDBACK_KINDS
from config.directions import name_in
from config.hall_lists import find, reasons
from config.rating_settings import BAD_LEVELS, LEVELS
from kiosk.screens.progress import buttons_of
from kiosk.screens.questions import button_of
from kiosk.screens.widgets import Widget, button, outcome_note, paper_notes, qr_rows, word
from kiosk.visit.feedback import content_of_receipt
from kiosk.visit.state import VisitState


def more_buttons(state: VisitState) -> list[Widget]:
    """Return what leads elsewhere than to a number, as far as the hall has it."""
    offers = {
        "appointment": state.catalogue.books,
        "lost": True,
        "feedback": state.catalogue.settings.feedback.enabled,
    }
    own = (button(target) for target, offered in offers.items() if offered)
    return [*own, *buttons_of(state), *button_of(state)]


def kinds(_state: VisitState) -> Widget:
    """Return the choice of the kind."""
    tiles: list[Widget] = [
        {"target": f"kind:{each}", "key": f"follow-up-kind.{each}"} for each in FEEDBACK_KINDS
    ]
    return {"title": word("feedback.title"), "lead": word("feedback.lead"), "tiles": tiles}


def places(state: VisitState) -> Widget:
    """Return the choice of the window; none in particular stands first."""
    rows: list[Widget] = [{"target": "place:", "key": "feedback.nowhere"}]
    for each in state.catalogue.settings.windows:
        name = name_in(each, state.language)
        rows.append(
            {"target": f"place:{each.id}", "name": name if name.startswith(each.id) else f"{each.id} {name}"}
        )
    return {"title": word("feedback.place"), "lead": word("feedback.place.lead"), "tiles": rows}


def whys(state: VisitState) -> Widget:
    """Return the choice of a reason; the last is to write it by phone."""
    listed = reasons(state.catalogue.settings, "feedback")
    rows: list[Widget] = [
        {"target": f"reason:{each.id}", "name": name_in(each, state.language)} for each in listed
    ]
    return {
        "title": word("feedback.reason"),
        "lead": word("feedback.reason.lead"),
        "tiles": [*rows, {"target": "reason:", "key": "feedback.by-phone"}],
    }


def check(state: VisitState) -> Widget:
    """Return what was chosen, before it is sent."""
    return {
        "title": word("feedback.check"),
        "rows": _rows(state),
        "notes": [*paper_notes(state), word("feedback.check.lead") | {"tone": "info"}],
        "buttons": [button("submit", "main")],
    }


def receipt(state: VisitState) -> Widget:
    """Return the receipt: number, date, code, and the QR that leads to its page."""
    outcome, content = state.errand.slip_outcome, content_of_receipt(state, state.language)
    buttons: list[Widget] = [
        button(
            "print-receipt",
            "main" if outcome in ("failed", "unknown") else "plain",
            not state.prints or outcome == "printing",
        ),
        {"target": "home", "key": "button.done", "tone": "main" if outcome == "printed" else "plain"},
    ]
    shown = [outcome_note(state) | {"key": f"receipt.{outcome}"}]
    part: Widget = {
        "title": word("feedback.received"),
        "lead": word("feedback.received.lead"),
        "notes": shown,
        "buttons": buttons,
    }
    if content is None:
        return part
    block: Widget = {
        "number": content.case, "errand": content.item, "issued": content.issued, "url": content.url,
        "qr": list(qr_rows(content.url)),
    }  # fmt: skip
    rows: list[Widget] = [
        {"key": "row.code", "text": content.code},
        {"key": "row.answer-by", "text": content.due},
    ]
    return part | {"number": block, "rows": [*rows, *_rows(state)[1:]]}


# --- the rating of the visit whose slip was scanned


def levels(state: VisitState) -> list[Widget]:
    """Return the five levels, while the visit of the slip may be rated; a bad one asks why."""
    if not state.errand.found.get("rateable"):
        return []
    return [
        {"target": f"{'rate-bad' if level in BAD_LEVELS else 'rate'}:{level}", "key": f"level.{level}"}
        for level in range(LEVELS, 0, -1)
    ]


def rate_why(state: VisitState) -> Widget:
    """Return the reasons of the hall's list; the last is to give none."""
    listed = reasons(state.catalogue.settings, "rating")
    rows: list[Widget] = [
        {"target": f"why:{each.id}", "name": name_in(each, state.language)} for each in listed
    ]
    return {
        "title": word("rate.why"),
        "lead": word(f"level.{state.errand.level}"),
        "tiles": [*rows, {"target": f"rate:{state.errand.level}", "key": "rate.plain"}],
    }


def rated(_state: VisitState) -> Widget:
    """Return the thanks, once the rating is in the hall's log."""
    return {
        "title": word("rate.thanks"),
        "lead": word("rate.thanks.more"),
        "buttons": [{"target": "home", "key": "button.done", "tone": "main"}],
    }


def _rows(state: VisitState) -> list[Widget]:
    errand, settings = state.errand, state.catalogue.settings
    window = next((each for each in settings.windows if each.id == errand.feedback_window), None)
    why = find(settings, "feedback", errand.feedback_reason)
    rows: list[Widget] = [{"key": "row.kind", "word": word(f"follow-up-kind.{errand.feedback_kind}")}]
    if window:
        rows.append({"key": "row.about", "text": f"{window.id} {name_in(window, state.language)}"})
    if why:
        rows.append({"key": "row.reason", "text": name_in(why, state.language)})
    return rows


SCREENS = {
    "feedback": kinds,
    "feedback-place": places,
    "feedback-reason": whys,
    "feedback-check": check,
    "receipt": receipt,
    "rate-why": rate_why,
    "rated": rated,
}
