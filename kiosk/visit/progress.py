"""办件进度 at the kiosk: how a case goes on, for who holds its receipt, an agency's (代办) too. Pure.

1. The receipt's code is typed, or its QR code scanned; the case is watched as long as it is in sight, so that it changes
   as the case does. What is shown is what the same code shows on a phone: no name of a person.
2. Wrong codes are counted as the phone's are (`short_codes`): everybody uses this screen, and none is guessed here. A
   case that was found is no wrong try.
3. Who was refused a number because the result is not ready is led here by one press. Where it is ready, the number that
   collects it is one press away.
"""

from typing import Any

from msgspec import structs

from caller.engine import short_codes
from caller.engine.commands import CheckIn
from caller.engine.short_codes import KINDS
from config.catalogue import message
from config.instants import SECOND
from kiosk.visit.effects import Look, PendingVisit, Save, Send, VisitEffect
from kiosk.visit.state import VisitState

TOPIC = "progress/"
HERE = "kiosk"  # one sender: whoever stands before it
LENGTH = KINDS["case"].length
# Refusals of a check-in whose case is worth a look: it is not ready, or it has ended.
WORTH_A_LOOK = frozenset({"case-not-ready", "case-nothing-here"})


def code_of(text: str) -> str:
    """Return the code in what was typed or scanned: the receipt's QR code is the address of the case's page."""
    return short_codes.typed(text.rpartition("#")[2])


def _now(state: VisitState) -> int:
    return int(state.touched * SECOND)


def _refuse(state: VisitState, code: str, **facts: object) -> None:
    state.errand.refusal = structs.asdict(message("refusal", code, **facts))


# --- taps


def progress(state: VisitState, _: str) -> list[VisitEffect] | None:
    """Ask for the code, in a hall that has cases."""
    return [] if state.catalogue.settings.cases.enabled else None


def look(state: VisitState, scanned: str) -> list[VisitEffect] | None:
    """Look at the case of the code that was typed, scanned here, or refused a number (rules 1 to 3)."""
    errand = state.errand
    code = code_of(scanned or (errand.case_code if state.screen == "refused" else errand.entry))
    if len(code) != LENGTH or not code.isdecimal():
        return None
    errand.case, errand.case_code, errand.case_fault = {}, code, ""
    if minutes := state.wrong_codes.minutes_left("case", HERE, _now(state)):
        _refuse(state, "code-tries", minutes=minutes)
        errand.case_fault = "tries"
        return []
    errand.topic = TOPIC + code
    return [Look(errand.topic)]


def collect(state: VisitState, _: str) -> list[VisitEffect] | None:
    """Take the number that collects the result of the case in sight."""
    if not collectable(state):
        return None
    command = CheckIn(code=state.errand.case_code)
    kept = PendingVisit(id=state.new_id(), command=command, language=state.language)
    state.errand.kept = kept
    return [Save(kept), Send(kept.id, command)]


def collectable(state: VisitState) -> bool:
    """Return whether the result of the case in sight is ready to be collected."""
    case = state.errand.case
    return case.get("decision") == "granted" and case.get("state") in ("decided", "issued")


# --- what happens outside


def found(state: VisitState, code: str, view: dict[str, Any]) -> bool:
    """Take the case of a code, at first and whenever it changes; {}: no receipt has it. Return whether that is refused."""
    errand = state.errand
    if state.screen != "case" or code != errand.case_code:
        return False
    if view or errand.case:  # one that was in sight and has ended stays as it was
        errand.case = view or errand.case
        return False
    state.wrong_codes.note(HERE, _now(state))
    _refuse(state, "unknown-case")
    errand.case_code = ""
    return True


HANDLERS = {"progress": progress, "case": look, "collect": collect}
