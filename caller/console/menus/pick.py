"""Pick one of a few by its number: outcome, reason of a pause, comes back or not."""

from typing import ClassVar

from rich.text import Text
from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import OptionList, Static

from caller.console.words import Lang, say


class PickDialog(ModalScreen[int | None]):
    """Numbered lines; dismissed with the index picked, or None."""

    DEFAULT_CSS = """
    Pick { align: center middle; background: #0b1220 60%; }
    Pick > Vertical { width: 56; max-width: 90%; height: auto; background: #1b2a45; padding: 1 2; }
    Pick .title { text-style: bold; color: #ffffff; margin: 0 0 1 0; height: auto; }
    Pick .hint { color: #8fa3c4; margin: 1 0 0 0; height: auto; }
    Pick OptionList { background: #1b2a45; color: #e6edf7; border: none; padding: 0; height: auto;
        scrollbar-size-vertical: 1; scrollbar-color: #3567ad; scrollbar-background: #131c2e; }
    Pick OptionList:focus { border: none; background: #1b2a45; background-tint: transparent; }
    Pick OptionList > .option-list--option-highlighted, Pick OptionList:focus > .option-list--option-highlighted { background: #3567ad; color: #ffffff; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "cancel", show=False)]

    def __init__(self, title: str, lines: list[str], lang: Lang) -> None:
        super().__init__()
        self._title, self._lines = title, lines
        self._lang: Lang = lang

    def compose(self) -> ComposeResult:
        with Vertical():
            yield Static(Text(self._title), classes="title")
            yield OptionList(*(Text(f"{nth}  {line}") for nth, line in enumerate(self._lines, 1)))
            yield Static(Text(say(self._lang, "pick")), classes="hint")

    def on_mount(self) -> None:
        self.query_one(OptionList).focus()

    def on_key(self, event: events.Key) -> None:
        if event.key.isdecimal() and 1 <= int(event.key) <= len(self._lines):
            event.stop()
            self.dismiss(int(event.key) - 1)

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        self.dismiss(event.option_index)

    def action_cancel(self) -> None:
        self.dismiss(None)
