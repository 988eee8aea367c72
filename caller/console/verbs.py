"""Which keys live at a window, why a dead key is dead, and what command a press makes. PURE.

A clerk presses a key on a picture. `LIVE` says which verbs that picture allows; `refusal` gives the words
for one it does not; `command` makes the command, carrying the picture's version as `as_of`, so that a
press on an old picture is refused by the caller instead of burning a ticket. No Textual, no clock here.
"""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from caller.console.words import Lang, pick, say
from caller.engine import commands as cmd
from caller.engine.refusals import RefusalWords, Refused
from caller.engine.tickets import STATE_WORDS

Doc = Mapping[str, Any]


class VerbKey(NamedTuple):
    """A window verb: the keys that press it, the cap shown for them, and its name."""

    keys: tuple[str, ...]
    cap: tuple[str, str]
    name: tuple[str, str]


class Choice(NamedTuple):
    """What a menu adds to a verb; `words` is how the message afterwards names it."""

    ticket: str = ""
    outcome: cmd.Outcome = "done"
    reason: str = ""
    queue: str = ""
    to_window: str = ""
    come_back: bool = False
    words: str = ""


NO_CHOICE = Choice()


class Note(NamedTuple):
    """The message line: what happened, the next step, and its tone. "cut" is true only until the line is back."""

    words: str = ""
    next: str = ""
    tone: str = "plain"


VERBS: dict[str, VerbKey] = {
    "next": VerbKey(("space", "n", "N"), ("空格", "Space"), ("顺呼", "Next")),
    "recall": VerbKey(("r", "R"), ("R", "R"), ("重呼", "Recall")),
    "start": VerbKey(("s", "S"), ("S", "S"), ("开始", "Start")),
    "finish": VerbKey(("f", "F"), ("F", "F"), ("办结", "Finish")),
    "miss": VerbKey(("x", "X"), ("X", "X"), ("过号", "Missed")),
    "hold": VerbKey(("h", "H"), ("H", "H"), ("挂起", "Hold")),
    "transfer": VerbKey(("t", "T"), ("T", "T"), ("转移", "Transfer")),
    "choose": VerbKey(("c", "C"), ("C", "C"), ("选呼", "Choose")),
    "pause": VerbKey(("p", "P"), ("P", "P"), ("暂停", "Pause")),
    "out": VerbKey(("q", "Q"), ("Q", "Q"), ("退出", "Sign out")),
}
RESUME = ("恢复", "Resume")  # what P does at a paused window

LIVE: dict[str, tuple[str, ...]] = {
    "closed": (),
    "open": ("next", "choose", "pause", "out"),
    "paused": ("pause", "out"),
    "called": ("recall", "start", "finish", "miss", "hold", "transfer"),
    "serving": ("next", "choose", "finish", "hold", "transfer"),
}
MENUS = frozenset({"finish", "choose", "transfer", "pause"})  # these ask for a Choice first
WHY_DEAD = {
    "closed": "window-not-open",
    "open": "nobody-here",
    "paused": "window-paused",
    "called": "window-busy",
}

OUTCOMES: tuple[cmd.Outcome, ...] = ("done", "accepted", "incomplete", "rejected", "elsewhere", "advice")
PAY_OUTCOMES: tuple[cmd.Outcome, ...] = ("paid", *OUTCOMES)  # only a pay window may take money


def label(verb: str, doc: Doc | None, lang: Lang) -> str:
    """What the key bar calls a verb now: P pauses or resumes."""
    resumes = verb == "pause" and doc is not None and doc["state"] == "paused"
    return pick(lang, RESUME if resumes else VERBS[verb].name)


def link_words(link: str, lang: Lang) -> str:
    """The link's state in three words: current, not current, reconnecting."""
    known = {"current": "link-current", "silent": "link-silent", "closed": "link-closed"}
    return say(lang, known.get(link, "link-away"))


def live(doc: Doc | None, link: str, pending: str = "") -> frozenset[str]:
    """The verbs a press would carry out on this picture."""
    if doc is None or link != "current" or pending:
        return frozenset()
    return frozenset(verb for verb in LIVE[doc["state"]] if not _empty(verb, doc))


def _empty(verb: str, doc: Doc) -> bool:
    """Whether a verb has nobody to act on: a press would only be refused."""
    if verb == "next":
        return not (doc["waiting"] or doc["next"])
    return verb == "choose" and not choosable(doc)


def choosable(doc: Doc) -> list[tuple[str, Doc]]:
    """Who may be chosen (选呼), each with the list it is in; waiting first, in turn order."""
    return [(kind, entry) for kind, key in LISTS for entry in doc.get(key, ())]


LISTS = (("waiting", "next"), ("held", "held"), ("missed", "missed"))


def refusal(verb: str, doc: Doc | None, link: str, pending: str, lang: Lang) -> Note:
    """Why this press does nothing, with the next step. Only for a verb that is not live."""
    if link != "current":
        away = say(lang, "away-press", link=link_words(link, lang))
        return Note(away, say(lang, "away-next"), "cut")
    if doc is None:
        return Note(say(lang, "no-view"), say(lang, "no-view-next"), "cut")
    if pending:
        waits = say(lang, "pending-press", verb=label(pending, doc, lang))
        return Note(waits, say(lang, "pending-next"), "pending")
    if verb == "choose" and verb in LIVE[doc["state"]]:
        return Note(say(lang, "choose-empty"), say(lang, "choose-empty-next"), "refused")
    return _refused(verb, doc, lang)


def _refused(verb: str, doc: Doc, lang: Lang) -> Note:
    """The words the caller itself would use."""
    ticket = doc.get("ticket", {})
    zh, en = STATE_WORDS.get(ticket.get("state", ""), ("", ""))
    code = "nobody-waiting" if verb in LIVE[doc["state"]] else WHY_DEAD.get(doc["state"], "wrong-state")
    if verb in ("pause", "out") and ticket:
        code = "window-busy"
    words = Refused(code, window=doc["window"], number=ticket.get("number", ""), state=zh, state_en=en).words
    return from_words(words, lang)


def from_words(words: RefusalWords, lang: Lang) -> Note:
    """A refusal, shown softly."""
    if lang == "en":
        return Note(words.en, words.next_en, "refused")
    return Note(words.zh, words.next_zh, "refused")


_MAKE: dict[str, Callable[[str, int, Choice], cmd.AnyCommand]] = {
    "next": lambda window, seen, _: cmd.CallNext(window, seen),
    "recall": lambda window, seen, _: cmd.Recall(window, seen),
    "start": lambda window, seen, _: cmd.StartService(window, seen),
    "miss": lambda window, seen, _: cmd.MarkNoShow(window, seen),
    "hold": lambda window, seen, _: cmd.HoldTicket(window, seen),
    "finish": lambda window, seen, choice: cmd.FinishService(window, seen, choice.outcome),
    "choose": lambda window, seen, choice: cmd.CallTicket(window, seen, choice.ticket),
    "transfer": lambda window, seen, choice: cmd.TransferTicket(
        window, seen, queue=choice.queue, to_window=choice.to_window, come_back=choice.come_back
    ),
    "pause": lambda window, _, choice: cmd.PauseWindow(window, choice.reason),
    "resume": lambda window, _seen, _: cmd.ResumeWindow(window),
    "out": lambda window, _seen, _: cmd.CloseWindow(window),
}


def act(verb: str, doc: Doc) -> str:
    """What a verb does on this picture: P resumes a paused window."""
    return "resume" if verb == "pause" and doc["state"] == "paused" else verb


def asks(verb: str, doc: Doc) -> bool:
    """Whether the press opens a menu first."""
    return act(verb, doc) in MENUS


def command(verb: str, doc: Doc, choice: Choice = NO_CHOICE) -> cmd.AnyCommand:
    """The command of a press on this picture; `doc` is the picture the clerk was looking at."""
    return _MAKE[act(verb, doc)](doc["window"], doc["version"], choice)


def done(verb: str, doc: Doc, result: Mapping[str, Any], choice: Choice, lang: Lang) -> Note:
    """What to say when the press was carried out; `doc` is the picture it was pressed on."""
    number = result.get("number") or doc.get("ticket", {}).get("number", "")
    words = say(lang, f"did-{act(verb, doc)}", number=number, choice=choice.words)
    return Note(words, "", "done")
