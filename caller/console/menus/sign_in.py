"""Sign in: the clerk's number, and the queues this clerk can serve."""

from collections.abc import Awaitable, Callable
from typing import ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Button, Input, Static

from caller.console.parts.message import Message
from caller.console.verbs import Note
from caller.console.words import Lang, say

Attempt = Callable[[str, list[str]], Awaitable[Note]]


class SignInDialog(ModalScreen[None]):
    """Stays until the window's picture says that someone is signed in; the screen below dismisses it."""

    DEFAULT_CSS = """
    SignIn { align: center middle; background: #0b1220 80%; }
    SignIn > Vertical { width: 60; max-width: 94%; height: auto; background: #1b2a45; padding: 1 2; }
    SignIn .title { text-style: bold; color: #ffffff; height: 2; }
    SignIn .ask { color: #c4d0e6; height: 1; }
    SignIn Input { margin: 0 0 1 0; background: #0b1220; color: #ffffff; }
    SignIn Message { background: #1b2a45; padding: 0; margin: 1 0 0 0; }
    SignIn .hint { color: #8fa3c4; height: 1; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [Binding("f1", "app.help", show=False)]

    def __init__(self, place: str, attempt: Attempt, lang: Lang, clerk: str = "") -> None:
        super().__init__()
        self._place, self._attempt, self._clerk = place, attempt, clerk
        self._lang: Lang = lang

    def compose(self) -> ComposeResult:
        with Vertical():
            yield Static(Text(f"{self._place}   {say(self._lang, 'sign-in-title')}"), classes="title")
            yield Static(Text(say(self._lang, "clerk-number")), classes="ask")
            yield Input(self._clerk, id="clerk", max_length=32, compact=True)
            yield Static(Text(say(self._lang, "clerk-queues")), classes="ask")
            yield Input(id="queues", max_length=64, compact=True)
            yield Button(say(self._lang, "sign-in-button"), variant="primary", compact=True)
            yield Message()
            yield Static(Text(say(self._lang, "sign-in-hint")), classes="hint")

    def on_mount(self) -> None:
        self.query_one("#clerk", Input).focus()
        if self._clerk:
            self._submit()

    def on_input_submitted(self) -> None:
        self._submit()

    def on_button_pressed(self) -> None:
        self._submit()

    def _submit(self) -> None:
        clerk = self.query_one("#clerk", Input).value.strip()
        queues = self.query_one("#queues", Input).value.upper().replace(",", " ").replace("，", " ").split()
        if not clerk:
            missing = Note(say(self._lang, "clerk-missing"), say(self._lang, "clerk-missing-next"), "refused")
            self.tell(missing)
            return
        self.run_worker(self._try(clerk, queues), exclusive=True)

    async def _try(self, clerk: str, queues: list[str]) -> None:
        self.tell(await self._attempt(clerk, queues))

    def tell(self, note: Note) -> None:
        self.query_one(Message).show(note)
