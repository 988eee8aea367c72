"""How a reception ends: its outcome, and what the outcome needs. `ask_ending` asks for all of it before one command, and
`ask_correction` for another outcome of the one that ended last.

1. An outcome has the same digit at every window, whichever are offered.
2. *材料不全* shows all papers of the item on one screen; each is marked with what is wrong with it, and all of them are
   told at once.
3. Who has come back with a notice: what was asked for is ticked off first. Papers that still are wrong end the reception
   as incomplete again; if none is, its outcome is asked.
4. *不予受理* asks for its reason, *转其他部门* for the department.
"""

from collections.abc import Mapping
from typing import Any, ClassVar

from rich.text import Text
from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import OptionList, Static

from caller.console import presentation, verbs
from caller.console.dialogs import PICK_CELLS, AskPerson, FindDialog, PickDialog
from caller.console.presentation import HallNames
from caller.console.verbs import Choice, Doc
from caller.console.words import Lang, say
from caller.engine.papers import WrongPaper
from config.catalogue import word
from config.process.tables import shortened

TICK_CELLS = 52
FAULTS_MAX = 9  # digits
Marks = Mapping[str, str]  # what is wrong, by the paper's code


async def ask_ending(doc: Doc, names: HallNames, ask: AskPerson) -> Choice | None:
    """Ask how the reception ends; return None if the clerk went back."""
    ending: Doc = doc.get("ending") or {}
    if asked := ending.get("asked", []):
        still = await _tick_off(doc, asked, names, ask)
        if still is None:
            return None
        if still:
            return await _incomplete(doc, names, ask, ending["item"], still)
    outcome = await _outcome(doc, ending, names, ask)
    return None if outcome is None else await _more(doc, ending, outcome, names, ask)


async def ask_correction(doc: Doc, names: HallNames, ask: AskPerson) -> Choice | None:
    """Ask which outcome the last reception had, and what that needs; return None if the clerk went back."""
    ended, lang = doc["ended"], names.lang
    ending: Doc = ended["ending"]
    offered = sorted(ending["outcomes"].items(), key=lambda each: each[1])
    lines = [word("outcome", each, lang) for each, _ in offered]
    now = word("outcome", ended["outcome"], lang)
    title = say(lang, "correct-title", number=ended["number"], outcome=now)
    at = next((nth for nth, (each, _) in enumerate(offered) if each == ended["outcome"]), 0)
    nth = await ask(PickDialog(title, lines, lang, at, [str(digit) for _, digit in offered]))
    if nth is None:
        return None
    more = await _more({**doc, "ticket": ended}, ending, offered[nth][0], names, ask)
    return more._replace(ticket=ended["ticket"]) if more else None


async def _more(doc: Doc, ending: Doc, outcome: Any, names: HallNames, ask: AskPerson) -> Choice | None:
    """Ask what an outcome needs beside itself."""
    words = word("outcome", outcome, names.lang)
    if outcome == "rejected":
        return await _rejected(ending, names, ask, words)
    if outcome == "incomplete":
        return await _incomplete(doc, names, ask, ending.get("item", ""), {})
    if outcome == "elsewhere" and names.elsewhere:
        return await _elsewhere(names, ask, words)
    if outcome == "accepted" and ending.get("later"):
        return await _later(doc, ending, names, ask, words)
    return Choice(outcome=outcome, words=words)


async def _elsewhere(names: HallNames, ask: AskPerson, words: str) -> Choice | None:
    """Ask to which department of the hall's list the applicant is sent on; it need not be named."""
    codes = ["", *names.elsewhere]
    lines = [say(names.lang, "no-department"), *names.elsewhere.values()]
    nth = await ask(FindDialog(say(names.lang, "elsewhere-title"), lines, names.lang))
    if nth is None:
        return None
    more = f" / {lines[nth]}" if nth else ""
    return Choice(outcome="elsewhere", reason=codes[nth], words=f"{words}{more}")


async def _later(doc: Doc, ending: Doc, names: HallNames, ask: AskPerson, words: str) -> Choice | None:
    """Ask which papers are to follow after the acceptance (容缺); none need be marked."""
    known = names.papers.get(ending["item"], {})
    papers = {code: name for code, name in known.items() if code in ending["later"]}
    title = say(names.lang, "later-title", number=_number(doc))
    dialog = PapersDialog(title, papers, names, {}, tick_off=True)
    if await ask(dialog) is None:
        return None
    owed = tuple(WrongPaper(code, fault) for code, fault in dialog.marks.items())
    more = f" / {say(names.lang, 'later-count', count=len(owed))}" if owed else ""
    return Choice(outcome="accepted", papers=owed, words=f"{words}{more}")


async def _outcome(doc: Doc, ending: Doc, names: HallNames, ask: AskPerson) -> Any:
    outcomes: list[Any] = doc["outcomes"]
    digits: Mapping[str, int] = ending.get("outcomes", {})
    lines = [word("outcome", each, names.lang) for each in outcomes]
    keys = [str(digits.get(each, nth)) for nth, each in enumerate(outcomes, 1)]
    title = say(names.lang, "finish-title", number=_number(doc))
    nth = await ask(PickDialog(title, lines, names.lang, verbs.usual_outcome(doc), keys))
    return None if nth is None else outcomes[nth]


async def _rejected(ending: Doc, names: HallNames, ask: AskPerson, words: str) -> Choice | None:
    codes = [code for code in ending.get("refusals", []) if code in names.refusals]
    if not codes:
        return Choice(outcome="rejected", words=words)
    lines = [names.refusals[code] for code in codes]
    nth = await ask(PickDialog(say(names.lang, "refusal-title"), lines, names.lang))
    if nth is None:
        return None
    return Choice(outcome="rejected", reason=codes[nth], words=f"{words} / {lines[nth]}")


async def _incomplete(doc: Doc, names: HallNames, ask: AskPerson, item: str, marks: Marks) -> Choice | None:
    named = "" if item else await _which_item(doc, names, ask)
    if named is None:
        return None
    papers = names.papers.get(item or named, {})
    words = word("outcome", "incomplete", names.lang)
    if not papers:
        return Choice(outcome="incomplete", item=named, words=words)
    title = say(names.lang, "papers-title", number=_number(doc))
    dialog = PapersDialog(title, papers, names, marks)
    if await ask(dialog) is None:
        return None
    wrong = tuple(WrongPaper(code, fault) for code, fault in dialog.marks.items())
    count = say(names.lang, "papers-count", count=len(wrong))
    return Choice(outcome="incomplete", item=named, papers=wrong, words=f"{words} / {count}")


async def _which_item(doc: Doc, names: HallNames, ask: AskPerson) -> str | None:
    """Return the item a visit without one was about; empty where no item of this window has papers."""
    known = presentation.walk_in_items(doc, names)
    items = [(item, line) for item, _, line in known if item and names.papers.get(item)]
    if not items:
        return ""
    nth = await ask(FindDialog(say(names.lang, "item-title"), [line for _, line in items], names.lang))
    return None if nth is None else items[nth][0]


async def _tick_off(doc: Doc, asked: list[Doc], names: HallNames, ask: AskPerson) -> Marks | None:
    papers = {each["paper"]: presentation.for_terminal(each["name"]) for each in asked}
    title = say(names.lang, "tick-title", number=_number(doc))
    dialog = PapersDialog(
        title, papers, names, {each["paper"]: each["fault"] for each in asked}, tick_off=True
    )
    return None if await ask(dialog) is None else dict(dialog.marks)


def _number(doc: Doc) -> str:
    return doc.get("ticket", {}).get("number", "")


class PapersDialog(ModalScreen[int | None]):
    """All papers on one screen, each with what is wrong with it; dismissed with how many are marked, or None.

    A digit marks the paper under the bar with that fault and goes on to the next; 0 clears it; Space marks it with the
    first fault, or clears it. `tick_off`: what was asked for before is cleared, paper by paper, and none may be left.
    """

    DEFAULT_CSS = """
    PapersDialog { align: center middle; background: #0b1220 60%; }
    PapersDialog > Vertical { width: 74; max-width: 96%; height: auto; max-height: 96%; background: #1b2a45; padding: 1 2; }
    PapersDialog .title { text-style: bold; color: #ffffff; margin: 0 0 1 0; height: auto; }
    PapersDialog .hint { color: #8fa3c4; margin: 1 0 0 0; height: auto; }
    PapersDialog OptionList { background: #1b2a45; color: #e6edf7; border: none; padding: 0; height: auto; max-height: 16;
        scrollbar-size-vertical: 1; scrollbar-color: #3567ad; scrollbar-background: #131c2e; }
    PapersDialog OptionList:focus { border: none; background: #1b2a45; background-tint: transparent; }
    PapersDialog OptionList > .option-list--option-highlighted, PapersDialog OptionList:focus > .option-list--option-highlighted { background: #3567ad; color: #ffffff; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "cancel", show=False)]

    def __init__(
        self, title: str, papers: Mapping[str, str], names: HallNames, marks: Marks, tick_off: bool = False
    ) -> None:
        super().__init__()
        self._title, self._papers, self._tick_off = title, dict(papers), tick_off
        self._lang: Lang = names.lang
        self._faults = dict([*names.faults.items()][:FAULTS_MAX])
        self.marks = {code: fault for code, fault in marks.items() if code in self._papers}

    def compose(self) -> ComposeResult:
        with Vertical():
            yield Static(Text(self._title), classes="title")
            yield OptionList(*map(self._line, self._papers))
            yield Static(Text(self._hint()), classes="hint")

    def on_mount(self) -> None:
        self.query_one(OptionList).focus()
        self.query_one(OptionList).highlighted = 0

    def _hint(self) -> str:
        faults = "  ".join(f"{nth} {name}" for nth, name in enumerate(self._faults.values(), 1))
        keys = say(self._lang, "tick-keys" if self._tick_off else "papers-keys")
        return f"{faults}\n0 {say(self._lang, 'paper-fine')}   {keys}"

    def _line(self, code: str) -> Text:
        """Return a paper's line: a box, what is wrong, its name."""
        fault = self.marks.get(code, "")
        mark = self._faults.get(fault, fault) if fault else ""
        style = "bold #ffd479" if fault else "#9fb4d4" if self._tick_off else "#e6edf7"
        box = "[x]" if fault else "[ ]"
        line = Text(f"{box} ", style, no_wrap=True)
        line.append(shortened(self._papers[code], TICK_CELLS))
        return line.append(f"  {shortened(mark, PICK_CELLS)}") if mark else line

    def on_key(self, event: events.Key) -> None:
        if event.key == "space":
            at = self._at()
            self._mark(at, "" if at in self.marks else next(iter(self._faults), ""))
        elif event.key.isdecimal() and int(event.key) <= len(self._faults):
            nth = int(event.key)
            self._mark(self._at(), [*self._faults][nth - 1] if nth else "")
        else:
            return
        event.stop()
        event.prevent_default()

    def _at(self) -> str:
        return [*self._papers][self.query_one(OptionList).highlighted or 0]

    def _mark(self, code: str, fault: str) -> None:
        """Mark a paper, or clear it, and go on to the next."""
        if fault:
            self.marks[code] = fault
        else:
            self.marks.pop(code, None)
        listed = self.query_one(OptionList)
        at = listed.highlighted or 0
        listed.replace_option_prompt_at_index(at, self._line(code))
        listed.highlighted = min(at + 1, len(self._papers) - 1)

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        event.stop()
        if self.marks or self._tick_off:
            self.dismiss(len(self.marks))
        else:
            self.query_one(".hint", Static).update(Text(f"{say(self._lang, 'none-marked')}\n{self._hint()}"))

    def action_cancel(self) -> None:
        self.dismiss(None)
