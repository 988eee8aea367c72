"""The console's sign-in: a clerk's number and queues, and where the caller requires accounts the password.

1. The dialog stays until the window's view shows a clerk and the caller knows who is there; the screen below dismisses
   it. It comes again when a session has ended, over whatever is under way at the window, which stays as it is.
2. A first password is changed in the same dialog: two more lines appear when the caller asks for it.
3. A password is in its input only as long as the dialog is; no message, title or repr shows it.
"""

from collections.abc import Awaitable, Callable
from typing import ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Button, Input, Static

from caller.console.caller_link import SignInForm
from caller.console.verbs import Note
from caller.console.widgets import MessageLine
from caller.console.words import Lang, say
from config.process.tables import shortened

PLACE_CELLS = 44  # of the window's name beside the title
SECRET_CHARS_MAX = 64
Attempt = Callable[[SignInForm], Awaitable[Note]]


class SignInDialog(ModalScreen[None]):
    """Stays until the window's view shows a clerk; the screen below dismisses it.

    `asks_password`, `note`: set before it is shown: whether a password is asked for, and why the last session ended.
    """

    DEFAULT_CSS = """
    SignInDialog { align: center middle; background: #0b1220 80%; }
    SignInDialog > Vertical { width: 60; max-width: 94%; height: auto; background: #1b2a45; padding: 1 2; }
    SignInDialog .title { text-style: bold; color: #ffffff; height: 2; }
    SignInDialog .ask { color: #c4d0e6; height: 1; }
    SignInDialog Input { margin: 0 0 1 0; background: #0b1220; color: #ffffff; }
    SignInDialog MessageLine { background: #1b2a45; padding: 0; margin: 1 0 0 0; }
    SignInDialog .hint { color: #8fa3c4; height: 1; }
    SignInDialog .first { display: none; }
    SignInDialog.-changing .first { display: block; }
    SignInDialog.-changing .usual { display: none; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [Binding("f1", "app.help", show=False)]

    def __init__(self, place: str, attempt: Attempt, lang: Lang, clerk: str = "") -> None:
        super().__init__()
        self._place, self._attempt, self._clerk = place, attempt, clerk
        self._lang: Lang = lang
        self.asks_password = False
        self.note: Note | None = None

    def compose(self) -> ComposeResult:
        with Vertical():
            place = shortened(self._place, PLACE_CELLS)
            yield Static(Text(f"{place}   {say(self._lang, 'sign-in-title')}"), classes="title")
            yield self._ask(say(self._lang, "clerk-number"))
            yield Input(self._clerk, id="clerk", max_length=32, compact=True)
            if self.asks_password:
                yield self._ask(say(self._lang, "password"))
                yield self._secret("secret")
                yield self._ask(say(self._lang, "new-password"), "first")
                yield self._secret("new", "first")
                yield self._ask(say(self._lang, "once-more"), "first")
                yield self._secret("again", "first")
            yield self._ask(say(self._lang, "clerk-queues"), "usual")
            yield Input(id="queues", max_length=64, compact=True, classes="usual")
            yield Button(say(self._lang, "sign-in-button"), variant="primary", compact=True)
            yield MessageLine()
            yield Static(Text(say(self._lang, "sign-in-hint")), classes="hint")

    def _ask(self, words: str, part: str = "") -> Static:
        return Static(Text(words), classes=f"ask {part}")

    def _secret(self, id: str, part: str = "") -> Input:
        return Input(id=id, password=True, max_length=SECRET_CHARS_MAX, compact=True, classes=part)

    def on_mount(self) -> None:
        known = self.asks_password and self._clerk
        self.query_one("#secret" if known else "#clerk", Input).focus()
        if self.note:
            self.show_note(self.note)
        if self._clerk and not self.asks_password:
            self._submit()

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Go on to the password after the number; sign in after any other line."""
        if self.asks_password and event.input.id == "clerk" and not self._typed("secret"):
            self.query_one("#secret", Input).focus()
        else:
            self._submit()

    def on_button_pressed(self) -> None:
        self._submit()

    def _typed(self, id: str) -> str:
        found = self.query(f"#{id}").results(Input)
        return next((each.value for each in found), "")

    def _submit(self) -> None:
        clerk = self._typed("clerk").strip()
        queues = self._typed("queues").upper().replace(",", " ").replace("，", " ").split()
        if not clerk:
            self._refuse(say(self._lang, "clerk-missing"), say(self._lang, "clerk-missing-next"))
        elif self._typed("new") != self._typed("again"):
            self._refuse(say(self._lang, "not-alike"), say(self._lang, "not-alike-next"))
        else:
            form = SignInForm(clerk, queues, self._typed("secret"), self._typed("new"))
            self.run_worker(self._try(form), exclusive=True)

    def _refuse(self, words: str, next_step: str) -> None:
        self.show_note(Note(words, next_step, "refused"))

    async def _try(self, form: SignInForm) -> None:
        note = await self._attempt(form)
        self.show_note(note)
        if note.code == "change-first" and not form.new:
            self.add_class("-changing")
            self.query_one("#new", Input).focus()
        elif note.tone == "refused" and self.asks_password:
            wrong = "new" if note.code == "weak-password" else "secret"
            self.query_one("#again", Input).value = ""
            self.query_one(f"#{wrong}", Input).value = ""
            self.query_one(f"#{wrong}", Input).focus()

    def show_note(self, note: Note) -> None:
        self.query_one(MessageLine).show(note)
