"""What a key at a window does: the verb it presses, the command a press makes, and the words about it. PURE.

Which verbs are live, and why the others are not, stands in the window's view (`verbs`, by kind of command): the engine
decides it. Here are only the reasons of this terminal's own: the link is away, no view has come yet, an answer is
awaited. A press carries the version of the view it was made on (`as_of`), so that a press on an old one is refused by
the caller instead of burning a ticket. No Textual, no clock here.
"""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple, get_args

from caller.console.words import Lang, pick, say
from caller.engine import commands as cmd
from caller.engine.desk_commands import (
    AlarmKind,
    CorrectOutcome,
    MergeTickets,
    RaiseAlarm,
    RelieveClerk,
    TakeOverVisit,
)
from caller.engine.envelope import AnyCommand
from caller.engine.papers import WrongPaper
from config.catalogue import word

Doc = Mapping[str, Any]  # a window's view: caller.protocol.documents.WindowView


class VerbKey(NamedTuple):
    """A window verb: the keys that press it, the cap shown for them, its name, and the kind of its command."""

    keys: tuple[str, ...]
    cap: tuple[str, str]
    name: tuple[str, str]
    command: str


class Choice(NamedTuple):
    """What a dialog adds to a verb; `words` names it in the message afterwards."""

    ticket: str = ""
    item: str = ""
    outcome: cmd.Outcome = "done"
    reason: str = ""
    queue: str = ""
    to_window: str = ""
    come_back: bool = False
    minutes: int = 0
    alarm: AlarmKind = "manager"
    papers: tuple[WrongPaper, ...] = ()
    clerk: str = ""  # who takes the seat
    from_window: str = ""  # whose visit is taken over
    number: str = ""
    slip: bool = False  # of a walk-in: on paper too
    words: str = ""


NO_CHOICE = Choice()


class Note(NamedTuple):
    """The message line: what happened, the next step, and its tone. "cut" holds only until the link is back."""

    words: str = ""
    next: str = ""
    tone: str = "plain"
    code: str = ""  # of a refusal


VERBS: dict[str, VerbKey] = {
    "next": VerbKey(("space", "n", "N"), ("空格", "Space"), ("顺呼", "Next"), "CallNext"),
    "recall": VerbKey(("r", "R"), ("R", "R"), ("重呼", "Recall"), "Recall"),
    "start": VerbKey(("s", "S"), ("S", "S"), ("开始", "Start"), "StartService"),
    "finish": VerbKey(("f", "F"), ("F", "F"), ("结束", "Finish"), "FinishService"),
    "miss": VerbKey(("x", "X"), ("X", "X"), ("过号", "Missed"), "MarkNoShow"),
    "hold": VerbKey(("h", "H"), ("H", "H"), ("挂起", "Hold"), "HoldTicket"),
    "transfer": VerbKey(("t", "T"), ("T", "T"), ("转移", "Transfer"), "TransferTicket"),
    "choose": VerbKey(("c", "C"), ("C", "C"), ("选呼", "Choose"), "CallTicket"),
    "walk": VerbKey(("w", "W"), ("W", "W"), ("免号", "Walk-in"), "ServeWalkIn"),
    "correct": VerbKey(("u", "U"), ("U", "U"), ("更正", "Correct"), "CorrectOutcome"),
    "relieve": VerbKey(("j", "J"), ("J", "J"), ("接手", "Take over"), "RelieveClerk"),
    "merge": VerbKey(("g", "G"), ("G", "G"), ("并号", "Merge"), "MergeTickets"),
    "alarm": VerbKey(("a", "A"), ("A", "A"), ("求助", "Alarm"), "RaiseAlarm"),
    "pause": VerbKey(("p", "P"), ("P", "P"), ("暂停", "Pause"), "PauseWindow"),
    "out": VerbKey(("q", "Q"), ("Q", "Q"), ("退出", "Sign out"), "CloseWindow"),
}
RESUME = VerbKey((), ("P", "P"), ("恢复", "Resume"), "ResumeWindow")  # what P does at a paused window
DIALOGS = frozenset(
    {"finish", "choose", "walk", "transfer", "pause", "correct", "alarm", "relieve", "merge"}
)  # these ask for a Choice first


def verb_key(verb: str, doc: Doc | None) -> VerbKey:
    """Return what a verb is on this view: P pauses, or resumes a paused window."""
    resumes = verb == "pause" and doc is not None and doc["state"] == "paused"
    return RESUME if resumes else VERBS[verb]


def label(verb: str, doc: Doc | None, lang: Lang) -> str:
    """Return the name of a verb on the key bar."""
    return pick(lang, verb_key(verb, doc).name)


def asks(verb: str, doc: Doc) -> bool:
    """Return whether the press opens a dialog first."""
    return verb in DIALOGS and verb_key(verb, doc) is not RESUME


def link_words(link: str, lang: Lang) -> str:
    """Return the state of the link as a clerk reads it: current, not current, reconnecting, disconnected."""
    known = {"current": "link-current", "silent": "link-silent", "closed": "link-closed"}
    return say(lang, known.get(link, "link-away"))


# --- live or not


def in_effect(verb: str, doc: Doc | None) -> str:
    """Return the verb a key presses on this view: the end of a reception whose outcome must be chosen asks for it."""
    state = doc["verbs"][verb_key(verb, doc).command] if doc else {}
    return "finish" if state.get("code") == "outcome-needed" else verb


def live(doc: Doc | None, link: str, pending: str = "") -> frozenset[str]:
    """Return the verbs a press would carry out on this view; none while the link is away or an answer is awaited."""
    if doc is None or link != "current" or pending:
        return frozenset()
    return frozenset(verb for verb in VERBS if doc["verbs"][verb_key(verb, doc).command]["live"])


def is_seated(doc: Doc | None, link: str) -> bool:
    """Return whether a clerk is signed in here as far as is known now: what stands beside the visit can be opened."""
    return doc is not None and link == "current" and doc["state"] != "closed"


def refusal(verb: str, doc: Doc | None, link: str, pending: str, lang: Lang) -> Note:
    """Return why a press of this verb, which is not live, does nothing, with the next step."""
    if link != "current":
        away = say(lang, "away-press", link=link_words(link, lang))
        return Note(away, say(lang, "away-next"), "cut")
    if doc is None:
        return Note(say(lang, "no-view"), say(lang, "no-view-next"), "cut")
    if pending:
        waits = say(lang, "pending-press", verb=label(pending, doc, lang))
        return Note(waits, say(lang, "pending-next"), "pending")
    state = doc["verbs"][verb_key(verb, doc).command]
    return Note(
        pick(lang, (state["zh"], state["en"])), pick(lang, (state["next_zh"], state["next_en"])), "refused"
    )


ALARMS: tuple[AlarmKind, ...] = get_args(AlarmKind)
BACK_MINUTES = (5, 10, 15, 20, 30, 60)  # of a pause, that a clerk may announce
LISTS = (("waiting", "next"), ("held", "held"), ("missed", "missed"))


def choosable(doc: Doc) -> list[tuple[str, Doc]]:
    """Return the tickets that may be chosen (选呼), each with the list it is in; waiting first, in turn order."""
    return [(kind, entry) for kind, key in LISTS for entry in doc.get(key, ())]


def usual_outcome(doc: Doc) -> int:
    """Return the place of the outcome that a service here mostly ends with: at a pay window "paid"."""
    outcomes: list[str] = doc["outcomes"]
    return outcomes.index("paid") if doc.get("kind") == "pay" and "paid" in outcomes else 0


# --- what a press makes

_MAKE: dict[str, Callable[[str, int, Choice], AnyCommand]] = {
    "CallNext": lambda window, seen, _: cmd.CallNext(window, seen),
    "Recall": lambda window, seen, _: cmd.Recall(window, seen),
    "StartService": lambda window, seen, _: cmd.StartService(window, seen),
    "MarkNoShow": lambda window, seen, _: cmd.MarkNoShow(window, seen),
    "HoldTicket": lambda window, seen, _: cmd.HoldTicket(window, seen),
    "FinishService": lambda window, seen, choice: cmd.FinishService(
        window, seen, choice.outcome, item=choice.item, reason=choice.reason, papers=list(choice.papers)
    ),
    "CallTicket": lambda window, seen, choice: cmd.CallTicket(window, seen, choice.ticket, choice.reason),
    "ServeWalkIn": lambda window, seen, choice: cmd.ServeWalkIn(
        window, seen, item=choice.item, queue=choice.queue, slip=choice.slip
    ),
    "TransferTicket": lambda window, seen, choice: cmd.TransferTicket(
        window, seen, queue=choice.queue, to_window=choice.to_window, come_back=choice.come_back
    ),
    "CorrectOutcome": lambda window, _, choice: CorrectOutcome(
        window, choice.ticket, choice.outcome, choice.item, choice.reason, list(choice.papers)
    ),
    "RelieveClerk": lambda window, seen, choice: (
        TakeOverVisit(window, seen, choice.from_window, choice.number)
        if choice.from_window
        else RelieveClerk(window, choice.clerk)
    ),
    "MergeTickets": lambda window, seen, choice: MergeTickets(window, seen, choice.number),
    "RaiseAlarm": lambda window, _, choice: RaiseAlarm(window, choice.alarm),
    "PauseWindow": lambda window, _, choice: cmd.PauseWindow(window, choice.reason, choice.minutes),
    "ResumeWindow": lambda window, _seen, _: cmd.ResumeWindow(window),
    "CloseWindow": lambda window, _seen, _: cmd.CloseWindow(window),
}


def command(verb: str, doc: Doc, choice: Choice = NO_CHOICE) -> AnyCommand:
    """Return the command of a press; `doc` is the view the clerk was looking at."""
    return _MAKE[verb_key(verb, doc).command](doc["window"], doc["version"], choice)


def done(verb: str, doc: Doc, result: Mapping[str, Any], choice: Choice, lang: Lang) -> Note:
    """Return the message about a press that was carried out; `doc` is the view it was made on."""
    number = result.get("number") or doc.get("ticket", {}).get("number", "")
    name = "resume" if verb_key(verb, doc) is RESUME else verb
    if verb == "correct":
        number = doc["ended"]["number"]
        if choice.outcome == doc["ended"]["outcome"] and not (choice.reason or choice.papers):
            name = "correct-same"  # the caller changes nothing by it
    if choice.from_window:
        name = "take-over"
    next_step = paper_words(result, lang) or (say(lang, "may-correct") if verb == "finish" else "")
    return Note(say(lang, f"did-{name}", number=number, choice=choice.words), next_step, "done")


def paper_words(result: Mapping[str, Any], lang: Lang) -> str:
    """Return what became of the paper that a press made, printed at the window or to be printed as A4, and which paper is
    void by it."""
    said: list[str] = []
    if result.get("void_about"):
        voided, case = result["voided"], result.get("void_number", "")
        paper = word("notice", voided, lang) if voided else ""
        said.append(say(lang, "paper-void" if voided else "case-void", paper=paper, case=case).rstrip())
    if result.get("notice"):
        case = result.get("case_number", "")
        facts = {
            "paper": word("notice", result["notice"], lang),
            "case": case,
            "kind": result["notice"],
            "code": result["code"] if result["notice"] == "missing" else case,  # by which it is printed later
        }
        a4 = "receipt-a4" if result["notice"] == "payment" else "paper-a4"
        said.append(say(lang, "paper-printed" if result["printed"] else a4, **facts))
    return "  ".join(said)
