"""F1: every key and the three things to know about a press."""

from typing import ClassVar

from rich.cells import set_cell_size
from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Static

from caller.console.verbs import VERBS
from caller.console.words import VERB_WORDS, Lang, pick, say


class HelpDialog(ModalScreen[None]):
    """One page; any of Esc, Enter or F1 goes back."""

    DEFAULT_CSS = """
    Help { align: center middle; background: #0b1220 60%; }
    Help > Vertical { width: 74; max-width: 96%; height: auto; background: #1b2a45; padding: 1 2; }
    Help Static { color: #e6edf7; height: auto; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape,enter,f1", "back", show=False)]

    def __init__(self, lang: Lang) -> None:
        super().__init__()
        self._lang: Lang = lang

    def compose(self) -> ComposeResult:
        with Vertical():
            yield Static(Text("\n").join([Text(say(self._lang, "help-title"), "bold"), *self._keys()]))
            yield Static(
                Text("\n" + "\n".join(say(self._lang, f"help-{nth}") for nth in range(1, 5)), "#c4d0e6")
            )
            yield Static(Text("\n" + say(self._lang, "help-close"), "#8fa3c4"))

    def _keys(self) -> list[Text]:
        return [self._key(verb) for verb in VERBS]

    def _key(self, verb: str) -> Text:
        cap = pick(self._lang, VERBS[verb].cap) + (" / N" if verb == "next" else "")
        name = set_cell_size(pick(self._lang, VERBS[verb].name), 10)
        return Text.assemble(
            (set_cell_size(cap, 11), "bold #8ec7ff"), name, pick(self._lang, VERB_WORDS[verb])
        )

    def action_back(self) -> None:
        self.dismiss(None)
