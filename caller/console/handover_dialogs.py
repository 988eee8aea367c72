"""What passes from one clerk, number or queue to another at this desk, as on the page (desk-handover.js): another clerk takes
the seat, a visit of another window goes on here, two numbers of one applicant become one, a manager has changed the queues.

1. A visit of another window can be taken over only while this one is free: only then the question offers any.
2. Who takes the seat signs in first, where the hall asks for it; a password is in its input only as long as the dialog is.
"""

from collections.abc import Awaitable, Callable
from typing import Any, ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Input, Static

from caller.client.client import ByeError, RefusedError, SendError
from caller.console.caller_link import CallerLink, from_frame, read_once, unanswered
from caller.console.dialogs import AskPerson, FindDialog, PickDialog
from caller.console.presentation import HallNames
from caller.console.verbs import Choice, Doc, Note
from caller.console.widgets import MessageLine
from caller.console.words import Lang, say

SECRET_CHARS_MAX = 64
HANDOVERS = frozenset({"relieve", "merge"})
AskAny = Callable[[ModalScreen[Any]], Awaitable[Any]]
AskTyped = Callable[[ModalScreen[str | None]], Awaitable[str | None]]
TrySignIn = Callable[[str, str], Awaitable[Note | None]]


async def choose_handover(
    verb: str, doc: Doc, names: HallNames, link: CallerLink, ask: AskAny
) -> Choice | None:
    """Ask what one of `HANDOVERS` needs; None if the clerk went back."""
    if verb == "merge":
        return await choose_merge(doc, names, ask, ask)
    return await choose_relief(doc, names, link, ask, ask)


async def choose_relief(
    doc: Doc, names: HallNames, link: CallerLink, ask: AskPerson, ask_typed: AskTyped
) -> Choice | None:
    """Ask which visit of another window goes on here, or who takes the seat; None if the clerk went back."""
    running = await _elsewhere(doc, names, link) if doc["state"] == "open" and "ticket" not in doc else []
    seat = say(names.lang, "relieve-seat", clerk=doc["clerk"])
    if running:
        title = say(names.lang, "relieve-title")
        nth = await ask(FindDialog(title, [*(line for _, _, line in running), seat], names.lang))
        if nth is None:
            return None
        if nth < len(running):
            window, number, line = running[nth]
            return Choice(from_window=window, number=number, words=line)

    async def signed_in(clerk: str, secret: str) -> Note | None:
        try:
            await link.persons.sign_in(clerk, secret)
        except RefusedError as error:
            return from_frame(error.frame, names.lang)
        except (SendError, ByeError):
            return unanswered(say(names.lang, "sign-in-title"), names.lang)
        return None

    needs_secret = link.persons.required or bool(link.persons.accounts)
    number = doc.get("ticket", {}).get("number", "")
    about = say(
        names.lang, "relieve-with" if number else "relieve-without", clerk=doc["clerk"], number=number
    )
    clerk = await ask_typed(
        TypeDialog(
            seat, about, say(names.lang, "clerk-number"), names.lang, signed_in if needs_secret else None
        )
    )
    return None if clerk is None else Choice(clerk=clerk, words=clerk)


async def _elsewhere(doc: Doc, names: HallNames, link: CallerLink) -> list[tuple[str, str, str]]:
    """Return the visits that are served at other windows: window, number and line."""
    board: Any = await read_once(link, "board") or {"windows": {}}
    return [
        (id, each["number"], f"{each['number']}  {names.window(id)}")
        for id, each in board["windows"].items()
        if id != doc["window"] and each["state"] == "serving"
    ]


async def choose_merge(doc: Doc, names: HallNames, ask: AskPerson, ask_typed: AskTyped) -> Choice | None:
    """Ask which other number of the applicant here is merged; None if the clerk went back."""
    lang, title = names.lang, say(names.lang, "merge-title", number=doc["ticket"]["number"])
    others: list[dict[str, Any]] = doc["ticket"].get("others", [])
    if others:
        lines = [f"{each['number']}  {names.queue(each['queue'], each['queue_name'])}" for each in others]
        nth = await ask(PickDialog(title, [*lines, say(lang, "merge-other")], lang))
        if nth is None:
            return None
        if nth < len(others):
            return Choice(number=others[nth]["number"], words=others[nth]["number"])
    typed = await ask_typed(TypeDialog(title, say(lang, "merge-about"), say(lang, "merge-number"), lang))
    return None if typed is None else Choice(number=typed.upper(), words=typed.upper())


def queues_changed(before: Doc | None, doc: Doc | None, names: HallNames) -> Note | None:
    """Return what is told where a manager has changed what this window serves while its clerk sat here."""
    if before is None or doc is None or before["state"] == "closed" or before["clerk"] != doc["clerk"]:
        return None
    if before.get("settings") != doc.get("settings"):
        return None
    old, new = before["queues"], doc["queues"]
    moved = (
        ("queues-added", [id for id in new if id not in old]),
        ("queues-removed", [id for id in old if id not in new]),
    )
    parts = [
        say(names.lang, key, queues=" ".join(f"{id} {names.queue(id)}" for id in ids))
        for key, ids in moved
        if ids
    ]
    return Note("  ".join(parts), say(names.lang, "queues-changed-next"), "done") if parts else None


class TypeDialog(ModalScreen[str | None]):
    """One line to type, and with `sign_in` a password; dismissed with the line, or None. `sign_in` returns why not."""

    DEFAULT_CSS = """
    TypeDialog { align: center middle; background: #0b1220 60%; }
    TypeDialog > Vertical { width: 60; max-width: 94%; height: auto; background: #1b2a45; padding: 1 2; }
    TypeDialog .title { text-style: bold; color: #ffffff; height: auto; margin: 0 0 1 0; }
    TypeDialog .about, TypeDialog .ask { color: #c4d0e6; height: auto; }
    TypeDialog .ask { margin: 1 0 0 0; }
    TypeDialog Input { background: #0b1220; color: #ffffff; }
    TypeDialog MessageLine { background: #1b2a45; padding: 0; margin: 1 0 0 0; }
    TypeDialog .hint { color: #8fa3c4; height: 1; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "cancel", show=False)]

    def __init__(
        self, title: str, about: str, asked: str, lang: Lang, sign_in: TrySignIn | None = None
    ) -> None:
        super().__init__()
        self._title, self._about, self._asked, self._sign_in = title, about, asked, sign_in
        self._lang: Lang = lang

    def compose(self) -> ComposeResult:
        with Vertical():
            yield Static(Text(self._title), classes="title")
            yield Static(Text(self._about), classes="about")
            yield Static(Text(self._asked), classes="ask")
            yield Input(id="typed", max_length=32, compact=True)
            if self._sign_in:
                yield Static(Text(say(self._lang, "password")), classes="ask")
                yield Input(id="secret", password=True, max_length=SECRET_CHARS_MAX, compact=True)
            yield MessageLine()
            yield Static(Text(say(self._lang, "type-hint")), classes="hint")

    def on_mount(self) -> None:
        self.query_one("#typed", Input).focus()

    def on_input_submitted(self) -> None:
        """Go on to the line that is still empty; then sign in, or be done."""
        for each in self.query(Input):
            if not each.value.strip():
                each.focus()
                return
        typed = self.query_one("#typed", Input).value.strip()
        if self._sign_in is None:
            self.dismiss(typed)
        else:
            self.run_worker(self._try(self._sign_in, typed), exclusive=True)

    async def _try(self, sign_in: TrySignIn, clerk: str) -> None:
        secret = self.query_one("#secret", Input)
        refused = await sign_in(clerk, secret.value)
        if refused is None:
            self.dismiss(clerk)
            return
        secret.value = ""
        secret.focus()
        self.query_one(MessageLine).show(refused)

    def action_cancel(self) -> None:
        self.dismiss(None)
