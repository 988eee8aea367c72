"""One cap for each verb, bright while a press would be carried out; a click is a press."""

from collections.abc import Callable

from rich.text import Text
from textual.app import ComposeResult
from textual.containers import Grid
from textual.message import Message
from textual.widgets import Static

from caller.console.verbs import VERBS
from caller.console.words import Lang, pick, say


class KeyCap(Static):
    """A verb's key. Its class says live, dead or pending."""

    class Pressed(Message):
        """A cap was clicked."""

        def __init__(self, verb: str) -> None:
            super().__init__()
            self.verb = verb

    DEFAULT_CSS = """
    KeyCap { height: 1; background: #131c2e; color: #7286ab; text-align: center; }
    KeyCap.live { background: #24497d; color: #ffffff; text-style: bold; }
    KeyCap.live:hover { background: #3567ad; }
    KeyCap.pending { background: #8ec7ff; color: #0b1220; text-style: bold reverse; }
    """

    def __init__(self, verb: str, cap: str, name: str) -> None:
        super().__init__(f"{cap} {name}")
        self.verb = verb
        self._cap = cap
        self._shown = ("", "")

    def show(self, name: str, state: str) -> None:
        if (name, state) != self._shown:
            self._shown = (name, state)
            self.set_classes(state)
            self.update(Text(f"{self._cap} {name}", no_wrap=True))

    def on_click(self) -> None:
        self.post_message(self.Pressed(self.verb))


class KeyBar(Grid):
    """All caps in the order a visit uses them; F1 last."""

    DEFAULT_CSS = """
    KeyBar { grid-size: 6; grid-gutter: 1 1; grid-rows: 1; height: auto; padding: 0 1; background: #0b1220; }
    """

    def __init__(self, lang: Lang) -> None:
        super().__init__()
        self._lang: Lang = lang

    def compose(self) -> ComposeResult:
        for verb, keys in VERBS.items():
            yield KeyCap(verb, pick(self._lang, keys.cap), pick(self._lang, keys.name))
        yield KeyCap("help", "F1", say(self._lang, "help"))

    def show(self, label: Callable[[str], str], live: frozenset[str], pending: str) -> None:
        for cap in self.query(KeyCap):
            if cap.verb == "help":
                cap.show(say(self._lang, "help"), "live")
            else:
                state = "pending" if cap.verb == pending else "live" if cap.verb in live else "dead"
                cap.show(label(cap.verb), state)
