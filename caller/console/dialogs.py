"""What a key asks before it acts: pick one of a few, find one of many, read the help.

`choose` asks what a verb needs and returns it as one `Choice`; cancelling any step cancels the press.
"""

from collections.abc import Awaitable, Callable
from typing import Any, ClassVar

from rich.cells import set_cell_size
from rich.text import Text
from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.screen import ModalScreen
from textual.widgets import Input, OptionList, Static

from caller.console import presentation, verbs
from caller.console.presentation import HallNames
from caller.console.verbs import VERBS, Choice, Doc
from caller.console.words import VERB_WORDS, Lang, pick, say
from config.instants import Micros
from config.process.tables import shortened

# --- what each verb asks


# Cells of a line inside each dialog: its width without padding, scroll bar and what stands beside the name.
FIND_CELLS, PICK_CELLS = 56, 46

AskPerson = Callable[[ModalScreen[int | None]], Awaitable[int | None]]


async def choose(verb: str, doc: Doc, names: HallNames, now: Micros, ask: AskPerson) -> Choice | None:
    """Ask what `verb` needs on this view; return None if the clerk went back."""
    if verb == "alarm":
        lines = [say(names.lang, f"alarm-{kind}") for kind in verbs.ALARMS]
        nth = await ask(PickDialog(say(names.lang, "alarm-title"), lines, names.lang))
        return None if nth is None else Choice(alarm=verbs.ALARMS[nth], words=lines[nth])
    if verb == "pause":
        return await _reason(names, ask)
    if verb == "choose":
        return await _whom(doc, names, now, ask)
    if verb == "walk":
        return await _what(doc, names, ask)
    return await _where(doc, names, ask)


async def _reason(names: HallNames, ask: AskPerson) -> Choice | None:
    nth = await ask(PickDialog(say(names.lang, "pause-title"), [*names.pauses.values()], names.lang))
    if nth is None:
        return None
    reason, called = [*names.pauses.items()][nth]
    lines = [say(names.lang, "back-in", count=count) for count in verbs.BACK_MINUTES]
    untold = len(lines)
    title = say(names.lang, "back-in-title", reason=called)
    nth = await ask(PickDialog(title, [*lines, say(names.lang, "back-untold")], names.lang, untold))
    if nth is None:
        return None
    if nth == untold:
        return Choice(reason=reason, words=called)
    return Choice(reason=reason, minutes=verbs.BACK_MINUTES[nth], words=f"{called} / {lines[nth]}")


async def _whom(doc: Doc, names: HallNames, now: Micros, ask: AskPerson) -> Choice | None:
    people = presentation.options(doc, names, now)
    title = say(names.lang, "choose-title")
    nth = await ask(FindDialog(title, [line for _, _, line in people], names.lang))
    if nth is None:
        return None
    ticket, out_of_turn, line = people[nth]
    if not out_of_turn or not names.picks:
        return Choice(ticket=ticket)
    title = say(names.lang, "pick-title", number=line.split()[0])
    nth = await ask(PickDialog(title, [*names.picks.values()], names.lang))
    return None if nth is None else Choice(ticket=ticket, reason=[*names.picks][nth])


async def _what(doc: Doc, names: HallNames, ask: AskPerson) -> Choice | None:
    items = presentation.walk_in_items(doc, names)
    nth = await ask(FindDialog(say(names.lang, "walk-title"), [line for _, _, line in items], names.lang))
    if nth is None:
        return None
    item, queue, line = items[nth]
    made = Choice(item=item, queue="" if item else queue, words=line)
    if doc["window"] not in names.printing:
        return made
    title = say(names.lang, "walk-slip")
    lines = [say(names.lang, "walk-no-slip"), say(names.lang, "walk-with-slip")]
    nth = await ask(PickDialog(title, lines, names.lang))
    return None if nth is None else made._replace(slip=nth == 1)


async def _where(doc: Doc, names: HallNames, ask: AskPerson) -> Choice | None:
    targets = presentation.targets(doc, names)
    title = say(names.lang, "transfer-title", number=_number(doc))
    nth = await ask(FindDialog(title, [line for _, _, line in targets], names.lang))
    if nth is None:
        return None
    kind, id, line = targets[nth]
    back = await _comes_back(doc, names, paying=names.kinds.get(id) == "pay", ask=ask)
    if back is None:
        return None
    place: dict[str, Any] = {"queue": id} if kind == "queue" else {"to_window": id}
    return Choice(**place, come_back=back, words=line)


async def _comes_back(doc: Doc, names: HallNames, paying: bool, ask: AskPerson) -> bool | None:
    """Return whether the applicant comes back, None if that is left open; who is sent to pay does, others do not."""
    answers = [True, False] if paying else [False, True]
    lines = [say(names.lang, "yes" if answer else "no") for answer in answers]
    nth = await ask(PickDialog(say(names.lang, "back-title", number=_number(doc)), lines, names.lang))
    return None if nth is None else answers[nth]


def _number(doc: Doc) -> str:
    return doc.get("ticket", {}).get("number", "")


# --- one of a few


class PickDialog(ModalScreen[int | None]):
    """Numbered lines; dismissed with the index picked, or None."""

    DEFAULT_CSS = """
    PickDialog { align: center middle; background: #0b1220 60%; }
    PickDialog > Vertical { width: 56; max-width: 90%; height: auto; background: #1b2a45; padding: 1 2; }
    PickDialog .title { text-style: bold; color: #ffffff; margin: 0 0 1 0; height: auto; }
    PickDialog .hint { color: #8fa3c4; margin: 1 0 0 0; height: auto; }
    PickDialog OptionList { background: #1b2a45; color: #e6edf7; border: none; padding: 0; height: auto;
        scrollbar-size-vertical: 1; scrollbar-color: #3567ad; scrollbar-background: #131c2e; }
    PickDialog OptionList:focus { border: none; background: #1b2a45; background-tint: transparent; }
    PickDialog OptionList > .option-list--option-highlighted, PickDialog OptionList:focus > .option-list--option-highlighted { background: #3567ad; color: #ffffff; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "cancel", show=False)]

    def __init__(
        self, title: str, lines: list[str], lang: Lang, at: int = 0, digits: list[str] | None = None
    ) -> None:
        """`at`: the line on which Enter falls at first. `digits`: of the lines, where they are not 1, 2, 3 in order."""
        super().__init__()
        self._title, self._lines, self._at = title, lines, at
        self._digits = digits or [str(nth) for nth in range(1, len(lines) + 1)]
        self._lang: Lang = lang

    def compose(self) -> ComposeResult:
        with Vertical():
            yield Static(Text(self._title), classes="title")
            rows = zip(self._digits, self._lines, strict=True)
            lines = (f"{digit}  {shortened(line, PICK_CELLS)}" for digit, line in rows)
            yield OptionList(*(Text(line, no_wrap=True) for line in lines))
            yield Static(Text(say(self._lang, "pick")), classes="hint")

    def on_mount(self) -> None:
        self.query_one(OptionList).focus()
        self.query_one(OptionList).highlighted = self._at

    def on_key(self, event: events.Key) -> None:
        if event.key in self._digits:
            event.stop()
            self.dismiss(self._digits.index(event.key))

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        self.dismiss(event.option_index)

    def action_cancel(self) -> None:
        self.dismiss(None)


# --- one of many


class FindDialog(ModalScreen[int | None]):
    """Lines narrowed by what is typed; dismissed with the index (in the whole list) found, or None."""

    DEFAULT_CSS = """
    FindDialog { align: center middle; background: #0b1220 60%; }
    FindDialog > Vertical { width: 64; max-width: 94%; height: 80%; background: #1b2a45; padding: 1 2; }
    FindDialog .title { text-style: bold; color: #ffffff; height: auto; }
    FindDialog .hint { color: #8fa3c4; height: auto; margin: 1 0 0 0; }
    FindDialog Input { margin: 1 0; background: #0b1220; color: #ffffff; }
    FindDialog OptionList { background: #1b2a45; color: #e6edf7; border: none; padding: 0; height: 1fr;
        scrollbar-size-vertical: 1; scrollbar-color: #3567ad; scrollbar-background: #131c2e; }
    FindDialog OptionList:focus { border: none; background: #1b2a45; background-tint: transparent; }
    FindDialog OptionList > .option-list--option-highlighted, FindDialog OptionList:focus > .option-list--option-highlighted { background: #3567ad; color: #ffffff; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "cancel", show=False),
        Binding("down", "move(1)", show=False, priority=True),
        Binding("up", "move(-1)", show=False, priority=True),
    ]

    def __init__(self, title: str, lines: list[str], lang: Lang) -> None:
        super().__init__()
        self._title, self._lines = title, lines
        self._lang: Lang = lang
        self._found = list(range(len(lines)))

    def compose(self) -> ComposeResult:
        with Vertical():
            yield Static(Text(self._title), classes="title")
            yield Input(placeholder=say(self._lang, "find"), compact=True)
            yield OptionList(*(self._shown(nth) for nth in self._found))
            yield Static(Text(say(self._lang, "find-hint")), classes="hint")

    def on_mount(self) -> None:
        self.query_one(Input).focus()
        self.query_one(OptionList).highlighted = 0

    def on_input_changed(self, event: Input.Changed) -> None:
        wanted = event.value.strip().casefold()
        self._found = [nth for nth, line in enumerate(self._lines) if wanted in line.casefold()]
        found = self.query_one(OptionList)
        found.clear_options()
        found.add_options([self._shown(nth) for nth in self._found])
        found.highlighted = 0 if self._found else None

    def _shown(self, nth: int) -> Text:
        return Text(shortened(self._lines[nth], FIND_CELLS), no_wrap=True)

    def on_input_submitted(self) -> None:
        self._choose(self.query_one(OptionList).highlighted)

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        self._choose(event.option_index)

    def _choose(self, nth: int | None) -> None:
        if nth is not None and nth < len(self._found):
            self.dismiss(self._found[nth])

    def action_move(self, by: int) -> None:
        found = self.query_one(OptionList)
        found.action_cursor_down() if by > 0 else found.action_cursor_up()

    def action_cancel(self) -> None:
        self.dismiss(None)


# --- help


class HelpDialog(ModalScreen[None]):
    """One page, which scrolls where it does not fit; any of Esc, Enter or F1 goes back."""

    DEFAULT_CSS = """
    HelpDialog { align: center middle; background: #0b1220 60%; }
    HelpDialog > Vertical { width: 74; max-width: 96%; height: auto; background: #1b2a45; padding: 1 2; }
    HelpDialog VerticalScroll { height: auto; max-height: 80vh; background: #1b2a45; scrollbar-size-vertical: 0; }
    HelpDialog Static { color: #e6edf7; height: auto; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape,enter,f1", "back", show=False)]

    def __init__(self, lang: Lang, files: bool = False, fees: bool = True) -> None:
        """`files`: whether this window files what cannot be got done; `fees`: whether it takes fees."""
        super().__init__()
        self._lang: Lang = lang
        self._files, self._fees = files, fees

    def compose(self) -> ComposeResult:
        with Vertical():
            yield Static(Text(say(self._lang, "help-title"), "bold"))
            rules = "\n".join(say(self._lang, f"help-{nth}") for nth in range(1, 6))
            with VerticalScroll():
                yield Static(Text("\n").join(self._keys()))
                yield Static(Text("\n" + rules, "#c4d0e6"))
            yield Static(Text(say(self._lang, "help-close"), "#8fa3c4"))

    def on_mount(self) -> None:
        self.query_one(VerticalScroll).focus()

    def _keys(self) -> list[Text]:
        others = (
            ("B", "cases", "cases-about"),
            *([("K", "file-key", "file-about")] if self._files else []),
            *([("Y", "fees", "fees-about")] if self._fees else []),
            ("D", "day", "day-about"),
            ("F1", "help", "help-about"),
            ("Ctrl+Q", "quit", "quit-about"),
        )
        return [
            *(self._verb(verb) for verb in VERBS),
            *(self._key(cap, *(say(self._lang, key) for key in keys)) for cap, *keys in others),
        ]

    def _verb(self, verb: str) -> Text:
        cap = pick(self._lang, VERBS[verb].cap) + (" / N" if verb == "next" else "")
        return self._key(cap, pick(self._lang, VERBS[verb].name), pick(self._lang, VERB_WORDS[verb]))

    def _key(self, cap: str, name: str, about: str) -> Text:
        return Text.assemble((set_cell_size(cap, 11), "bold #8ec7ff"), set_cell_size(name, 10), about)

    def action_back(self) -> None:
        self.dismiss(None)
