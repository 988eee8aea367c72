"""A complaint, suggestion or question at the kiosk: chosen by touch, received with a slip, its words written by phone. Pure.

The kiosk has no keyboard for words: one chooses the kind, which window it is about and a reason; the slip's QR leads to the
page where words are added and the answer is read. It needs no number and no card, and none of a card goes with it.

Who lays the slip of a visit that has ended rates it here, while that is possible: five levels, none of them chosen, and of
a bad one a reason or none.
"""

from typing import Any

from caller.engine.commands import Rate, SlipState
from caller.engine.feedback_messages import FEEDBACK_KINDS, FeedbackKind, SubmitFeedback
from config.hall_lists import document, find
from config.paper.notice import NoticeContent, receipt_content
from config.rating_settings import BAD_LEVELS, LEVELS
from kiosk.visit.effects import PendingVisit, PrintReceipt, Save, Send, VisitEffect
from kiosk.visit.state import VisitState

KINDS: dict[str, FeedbackKind] = {kind: kind for kind in FEEDBACK_KINDS}


def is_feedback(state: VisitState) -> bool:
    """Return whether the command in flight, or just answered, gives feedback."""
    kept = state.errand.kept
    return kept is not None and isinstance(kept.command, SubmitFeedback)


# --- taps


def feedback(state: VisitState, _: str) -> list[VisitEffect] | None:
    """Begin, in a hall that gives receipts."""
    if not state.catalogue.settings.feedback.enabled:
        return None
    state.errand.feedback_kind = state.errand.feedback_window = state.errand.feedback_reason = ""
    return []


def kind(state: VisitState, kind: str) -> list[VisitEffect] | None:
    if kind not in KINDS:
        return None
    state.errand.feedback_kind = kind
    return []


def place(state: VisitState, window: str) -> list[VisitEffect] | None:
    """Choose the window it is about; "": none in particular."""
    if window and all(each.id != window for each in state.catalogue.settings.windows):
        return None
    state.errand.feedback_window = window
    return []


def reason(state: VisitState, code: str) -> list[VisitEffect] | None:
    """Choose a reason of the hall's list; "": none, it is written by phone."""
    if code and find(state.catalogue.settings, "feedback", code) is None:
        return None
    state.errand.feedback_reason = code
    return []


def submit(state: VisitState, _: str) -> list[VisitEffect] | None:
    """Save, then send; anonymous, for the kiosk asks for no contact."""
    errand = state.errand
    if errand.feedback_kind not in KINDS:
        return None
    command = SubmitFeedback(
        KINDS[errand.feedback_kind],
        "kiosk",
        window=errand.feedback_window,
        reason=errand.feedback_reason,
        anonymous=True,
    )
    kept = PendingVisit(id=state.new_id(), command=command, language=state.language)
    errand.kept = kept
    return [Save(kept), Send(kept.id, command)]


def print_receipt(state: VisitState, _: str) -> list[VisitEffect] | None:
    """Print the receipt again."""
    content = content_of_receipt(state)
    if content is None or state.errand.slip_outcome == "printing" or not state.prints:
        return None
    state.errand.slip_outcome = "printing"
    return [PrintReceipt(content)]


# --- the receipt


def received(state: VisitState, result: dict[str, Any]) -> list[VisitEffect]:
    """Take what the caller gave: show it, and print it where a printer is ready."""
    kept = state.errand.kept
    assert kept
    assert isinstance(kept.command, SubmitFeedback)
    state.errand.feedback_kind = kept.command.kind
    state.errand.feedback_window, state.errand.feedback_reason = kept.command.window, kept.command.reason
    state.errand.receipt, state.errand.slip_outcome = result, "none"
    return print_receipt(state, "") or []


def receipt_printed(state: VisitState, code: str, outcome: SlipState) -> None:
    """Take the outcome of a receipt; one whose applicant has left changes nothing."""
    if state.errand.receipt.get("code") == code:
        state.errand.slip_outcome = outcome


def content_of_receipt(state: VisitState, language: str = "") -> NoticeContent | None:
    """Return the receipt in sight as paper; None before the answer."""
    errand = state.errand
    if not errand.receipt:
        return None
    facts = errand.receipt | {
        "kind": errand.feedback_kind,
        "window": errand.feedback_window,
        "reason": errand.feedback_reason,
    }
    return receipt_content(state.catalogue.settings, facts, language or state.on_paper(state.language))


# --- the rating of the visit whose slip was scanned


def is_rating(state: VisitState) -> bool:
    """Return whether the command in flight, or just answered, is a rating."""
    kept = state.errand.kept
    return kept is not None and isinstance(kept.command, Rate)


def rate(state: VisitState, level: str) -> list[VisitEffect] | None:
    """Rate with this level, without a reason."""
    return _rated(state, level, [])


def rate_bad(state: VisitState, level: str) -> list[VisitEffect] | None:
    """Ask why first."""
    if not state.errand.found.get("rateable") or level not in {str(each) for each in BAD_LEVELS}:
        return None
    state.errand.level = int(level)
    return []


def why(state: VisitState, code: str) -> list[VisitEffect] | None:
    """Rate with the level pressed before and a reason of the hall's list."""
    listed = document(state.catalogue.settings, "rating")
    if code not in {each["id"] for each in listed["reasons"]}:
        return None
    return _rated(state, str(state.errand.level), [f"{listed['version']}:{code}"])


def _rated(state: VisitState, level: str, reasons: list[str]) -> list[VisitEffect] | None:
    if not state.errand.found.get("rateable") or level not in {str(each + 1) for each in range(LEVELS)}:
        return None
    command = Rate(state.errand.ticket, int(level), reasons, "kiosk")
    kept = PendingVisit(id=state.new_id(), command=command, language=state.language)
    state.errand.kept = kept
    return [Save(kept), Send(kept.id, command)]


HANDLERS = {
    "rate": rate, "rate-bad": rate_bad, "why": why,
    "feedback": feedback, "kind": kind, "place": place, "reason": reason, "submit": submit, "print-receipt": print_receipt,
}  # fmt: skip
