"""What a clerk may press at a window now, and why the rest is not live.

It is what the engine itself decides about a command sent from this very picture, so no station keeps a table of its
own, and a dead key shows the words of the refusal.
"""

from collections.abc import Callable
from typing import NamedTuple
from weakref import WeakKeyDictionary

from caller.engine import commands as cmd
from caller.engine import desk_commands as desk_cmd
from caller.engine import receptions
from caller.engine.envelope import AnyCommand, CommandEnvelope
from caller.engine.hall import Hall
from caller.engine.refusals import Refused
from caller.engine.sign_in import may_begin
from caller.engine.windows import WindowState
from caller.protocol.documents import VerbState
from caller.views.public import why_not
from config.instants import Micros

ANY_CLERK = "\0"  # of a trial sign-in; no clerk's number is so, so none is found at another window
LIVE: VerbState = {"live": True}
# A command of each kind as the window would send it, the clerk's choice left out.
TRIALS: dict[str, Callable[[str, int], AnyCommand]] = {
    "OpenWindow": lambda window, _: cmd.OpenWindow(window, ANY_CLERK),
    "CloseWindow": lambda window, _: cmd.CloseWindow(window),
    "PauseWindow": lambda window, _: cmd.PauseWindow(window),
    "ResumeWindow": lambda window, _: cmd.ResumeWindow(window),
    "CallNext": cmd.CallNext,
    "CallTicket": lambda window, seen: cmd.CallTicket(window, seen, ""),
    "ServeWalkIn": cmd.ServeWalkIn,
    "Recall": cmd.Recall,
    "StartService": cmd.StartService,
    "FinishService": cmd.FinishService,
    "MarkNoShow": cmd.MarkNoShow,
    "HoldTicket": cmd.HoldTicket,
    "TransferTicket": cmd.TransferTicket,
    "RelieveClerk": lambda window, _: desk_cmd.RelieveClerk(window, ANY_CLERK),
    "TakeOverVisit": lambda window, seen: desk_cmd.TakeOverVisit(window, seen, "", ""),
    "MergeTickets": lambda window, seen: desk_cmd.MergeTickets(window, seen, ""),
    "RaiseAlarm": lambda window, _: desk_cmd.RaiseAlarm(window),
    "CorrectOutcome": lambda window, _: desk_cmd.CorrectOutcome(window, "", "done"),
}
# The engine refuses a trial without the clerk's choice for want of it alone; then the verb is live. So it is where only
# some seconds are to pass: a document is not made anew for that, and the caller's refusal says how many.
NO_CHOICE = {
    "CallTicket": "unknown-ticket",
    "ServeWalkIn": "no-item",
    "TransferTicket": "nowhere-to",
    "CorrectOutcome": "unknown-ticket",
    "TakeOverVisit": "unknown-window",
    "MergeTickets": "unknown-ticket",
    "Recall": "too-soon",
    "MarkNoShow": "too-soon",
}
NOBODY_TO_CHOOSE: VerbState = {"live": False, **why_not(Refused("nobody-waiting"))}
KEPT_MAX = 512  # answers a hall keeps; sixty windows need some hundred at a time

VerbFacts = tuple[bool, bool, str, str, str, bool, str, int]


class Verbs(NamedTuple):
    """What may be pressed, and the kinds whose refusal names the applicant: those are tried anew for each."""

    states: dict[str, VerbState]
    named: tuple[str, ...]


# Only CallNext looks at the lanes. What the other trials depend on is `_verb_facts`, so their answers are kept by it: a
# window's document is made at each change of its queues, and ten refusals in words cost more than all the rest of it.
_kept: WeakKeyDictionary[Hall, dict[VerbFacts, Verbs]] = WeakKeyDictionary()


def verbs(hall: Hall, window: WindowState, choosable: bool, now: Micros) -> dict[str, VerbState]:
    """Return, for each command a window may send, whether the engine would carry it out now.

    Args:
        choosable: whether a list of the window holds a ticket, for CallTicket (选呼).
    """
    kept, facts = _kept.setdefault(hall, {}), _verb_facts(hall, window, now)
    if facts not in kept:
        if len(kept) >= KEPT_MAX:
            kept.clear()
        kept[facts] = _all_tried(hall, window, now)
    states, named = kept[facts]
    found = states | {kind: _tried(hall, window, kind, now) for kind in named}
    if found["CallTicket"]["live"] and not choosable:
        found["CallTicket"] = NOBODY_TO_CHOOSE
    return found


def _all_tried(hall: Hall, window: WindowState, now: Micros) -> Verbs:
    states = {kind: _tried(hall, window, kind, now) for kind in TRIALS}
    number = hall.state.tickets[window.ticket].number if window.ticket else ""
    named = (kind for kind, state in states.items() if number and number in "".join(map(str, state.values())))
    return Verbs(states, tuple(dict.fromkeys(("CallNext", *named))))


def _verb_facts(hall: Hall, window: WindowState, now: Micros) -> VerbFacts:
    ended = receptions.correctable(hall, window, now) is not None
    where = hall.state.day.open, may_begin(hall, now), window.id, window.state, window.clerk, ended
    if not window.ticket:
        return *where, "", 0
    ticket = hall.state.tickets[window.ticket]
    return *where, ticket.state, ticket.recalls


def _tried(hall: Hall, window: WindowState, kind: str, now: Micros) -> VerbState:
    command = TRIALS[kind](window.id, window.version)
    try:
        hall.decide(CommandEnvelope("", command, "window", window.id), now)
    except Refused as refused:
        if refused.code == NO_CHOICE.get(kind):
            return LIVE
        return {"live": False, **why_not(refused)}
    return LIVE
