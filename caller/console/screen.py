"""The desk screen: lays out the parts, takes the keys, keeps one press in flight at most.

It holds only what is not in the picture: the press that waits for its answer, and the last message.
"""

from collections.abc import Callable
from datetime import datetime
from typing import ClassVar
from zoneinfo import ZoneInfo

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.screen import Screen

from caller.console import presentation, verbs
from caller.console.caller_link import CallerLink, VerbPress, carry_out, from_frame, sign_in
from caller.console.menus.choice import choose
from caller.console.menus.sign_in import SignInDialog
from caller.console.parts.keys import KeyBar, KeyCap
from caller.console.parts.message import Message
from caller.console.parts.people import People
from caller.console.parts.queues import Queues
from caller.console.parts.state_line import StateLine
from caller.console.parts.ticket import TicketPart
from caller.console.presentation import HallNames
from caller.console.verbs import Doc, Note
from caller.console.words import say
from caller.protocol.frames import Bye
from config.instants import SECOND

TICK_SECONDS = 0.25  # the link's state and the seconds since the call show within it

KEYS: list[BindingType] = [
    Binding(",".join(verb.keys), f"press('{name}')", show=False) for name, verb in verbs.VERBS.items()
]


class DeskScreen(Screen[None]):
    """One window, one clerk."""

    DEFAULT_CSS = """
    DeskScreen { background: #0b1220; }
    DeskScreen #body { height: 1fr; padding: 0 1; }
    DeskScreen #left { width: 1fr; }
    DeskScreen #right { width: 28; }
    DeskScreen #waiting { height: 2fr; }
    DeskScreen #held, DeskScreen #missed { margin: 1 0 0 1; }
    DeskScreen.-wide #right { width: 38; }
    DeskScreen.-wide Queues { height: 6; }
    DeskScreen.-tall #body { padding: 1 1 0 1; }
    DeskScreen.-tall Message { margin: 1 0; }
    DeskScreen.-tall KeyCap { height: 3; padding: 1 0; }
    DeskScreen.-tall KeyBar { grid-rows: 3; margin: 0 0 1 0; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [*KEYS, Binding("f1", "app.help", show=False)]

    def __init__(
        self, link: CallerLink, window: str, names: HallNames, zone: str, now: Callable[[], int]
    ) -> None:
        super().__init__()
        self._link, self._window, self._names, self._now = link, window, names, now
        self._zone = ZoneInfo(zone)
        self._pending = ""
        self._bye: Bye | None = None
        self._clerk = ""  # signs in by itself with this number, once

    def signing_in_as(self, clerk: str) -> "DeskScreen":
        self._clerk = clerk
        return self

    def compose(self) -> ComposeResult:
        lang = self._names.lang
        yield StateLine()
        with Horizontal(id="body"):
            with Vertical(id="left"):
                yield TicketPart()
                yield Queues(lang)
            with Vertical(id="right"):
                yield People("waiting", lang)
                yield People("held", lang)
                yield People("missed", lang)
        yield Message()
        yield KeyBar(lang)

    def on_mount(self) -> None:
        self.set_interval(TICK_SECONDS, self.show)
        self.run_worker(self._follow())

    def on_resize(self) -> None:
        self.call_after_refresh(self.show)

    async def _follow(self) -> None:
        self.show()
        async for _ in self._link.changes():
            self.show()

    @property
    def doc(self) -> Doc | None:
        """The newest picture of this window."""
        return self._link.views.get(f"window/{self._window}")

    def _instant(self) -> int:
        """The caller's clock: the waits shown here are those the hall counts."""
        return self._now() + self._link.ahead_micros

    # --- showing

    def show(self) -> None:
        """Show the newest picture in every part."""
        if not self.is_mounted:
            return
        doc, names, now = self.doc, self._names, self._instant()
        clock = datetime.fromtimestamp(now / SECOND, self._zone).strftime("%H:%M")
        self.query_one(StateLine).show(doc, self._link.state, names, clock)
        if doc is None:
            self.query_one(TicketPart).show(presentation.absent(self._link.state, names.lang), "")
        else:
            self._show_people(doc, now)
        self._show_bye()
        self._clear_cut()
        live = verbs.live(doc, self._link.state, self._pending)
        self.query_one(KeyBar).show(lambda verb: verbs.label(verb, doc, names.lang), live, self._pending)
        self._show_sign_in(doc)

    def _show_people(self, doc: Doc, now: int) -> None:
        names, lang = self._names, self._names.lang
        self.query_one(TicketPart).show(
            presentation.person(doc, names, now, self._link.state), presentation.rating(doc, lang, now)
        )
        self.query_one(Queues).show(presentation.counts(doc, names))
        for kind, key in verbs.LISTS:
            rows = presentation.rows(doc.get(key, []), lang, now)
            count = doc["waiting"] if kind == "waiting" else len(rows)
            self.query_one(f"#{kind}", People).show(rows, count)

    def _show_bye(self) -> None:
        """Why the caller hung up (a wrong token, say), told once."""
        bye = self._link.bye
        if bye is not None and bye is not self._bye:
            self.tell(from_frame(bye, self._names.lang)._replace(tone="cut"))
        self._bye = bye

    def _clear_cut(self) -> None:
        """What was said because the line was away is no longer so, here and in a menu above."""
        if self.doc is None or self._link.state != "current":
            return
        for screen in self.app.screen_stack:
            for message in screen.query(Message):
                if message.note.tone == "cut":
                    message.show(Note(say(self._names.lang, "link-back"), "", "done"))

    def tell(self, note: Note) -> None:
        self.query_one(Message).show(note)

    # --- signing in

    def _show_sign_in(self, doc: Doc | None) -> None:
        """Over the desk while nobody is signed in, gone as soon as the picture says someone is."""
        if doc is None:
            return
        clerk, self._clerk = self._clerk, ""  # for the first picture only: who signs out stays out
        closed, top = doc["state"] == "closed", self.app.screen
        if closed and top is self:
            self.app.push_screen(
                SignInDialog(self._names.window(self._window), self._sign_in, self._names.lang, clerk)
            )
        elif not closed and isinstance(top, SignInDialog):
            top.dismiss(None)

    async def _sign_in(self, clerk: str, queues: list[str]) -> Note:
        if self._link.state != "current":
            return verbs.refusal("out", self.doc, self._link.state, "", self._names.lang)
        note = await sign_in(self._link, self._window, clerk, queues, self._names.lang)
        if note.tone == "done":
            self.tell(note)
        return note

    # --- pressing

    def on_key_cap_pressed(self, event: KeyCap.Pressed) -> None:
        if event.verb == "help":
            self.app.run_worker(self.app.run_action("help"))
        else:
            self.action_press(event.verb)

    def action_press(self, verb: str) -> None:
        """A key or a click: done at once, or asked about first, or refused with words. Never kept for later."""
        doc, link, lang = self.doc, self._link.state, self._names.lang
        if doc is None or verb not in verbs.live(doc, link, self._pending):
            self.tell(verbs.refusal(verb, doc, link, self._pending, lang))
        elif verbs.asks(verb, doc):
            self.run_worker(self._ask_then_send(verb, doc))
        else:
            self._send(VerbPress(verb, doc))

    async def _ask_then_send(self, verb: str, doc: Doc) -> None:
        choice = await choose(verb, doc, self._names, self._instant(), self.app.push_screen_wait)
        if choice is None:
            self.tell(Note(say(self._names.lang, "cancelled")))
        elif self._link.state != "current":
            self.tell(verbs.refusal(verb, doc, self._link.state, "", self._names.lang))
        else:
            self._send(VerbPress(verb, doc, choice))

    def _send(self, press: VerbPress) -> None:
        lang = self._names.lang
        self._pending = press.verb
        waiting = say(lang, "waiting-answer", verb=verbs.label(press.verb, press.doc, lang))
        self.tell(Note(waiting, "", "pending"))
        self.show()
        self.run_worker(self._carry_out(press))

    async def _carry_out(self, press: VerbPress) -> None:
        note = await carry_out(self._link, press, self._names.lang)
        self._pending = ""
        self.tell(note)
        self.show()
