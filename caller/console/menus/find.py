"""Find one of many by typing a part of it: whom to choose, where to transfer to."""

from typing import ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Input, OptionList, Static

from caller.console.words import Lang, say


class FindDialog(ModalScreen[int | None]):
    """Lines narrowed by what is typed; dismissed with the index (in the whole list) found, or None."""

    DEFAULT_CSS = """
    Find { align: center middle; background: #0b1220 60%; }
    Find > Vertical { width: 64; max-width: 94%; height: 80%; background: #1b2a45; padding: 1 2; }
    Find .title { text-style: bold; color: #ffffff; height: auto; }
    Find .hint { color: #8fa3c4; height: auto; margin: 1 0 0 0; }
    Find Input { margin: 1 0; background: #0b1220; color: #ffffff; }
    Find OptionList { background: #1b2a45; color: #e6edf7; border: none; padding: 0; height: 1fr;
        scrollbar-size-vertical: 1; scrollbar-color: #3567ad; scrollbar-background: #131c2e; }
    Find OptionList:focus { border: none; background: #1b2a45; background-tint: transparent; }
    Find OptionList > .option-list--option-highlighted, Find OptionList:focus > .option-list--option-highlighted { background: #3567ad; color: #ffffff; }
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
            yield OptionList(*(Text(line, no_wrap=True) for line in self._lines))
            yield Static(Text(say(self._lang, "find-hint")), classes="hint")

    def on_mount(self) -> None:
        self.query_one(Input).focus()
        self.query_one(OptionList).highlighted = 0

    def on_input_changed(self, event: Input.Changed) -> None:
        wanted = event.value.strip().casefold()
        self._found = [nth for nth, line in enumerate(self._lines) if wanted in line.casefold()]
        found = self.query_one(OptionList)
        found.clear_options()
        found.add_options([Text(self._lines[nth], no_wrap=True) for nth in self._found])
        found.highlighted = 0 if self._found else None

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
