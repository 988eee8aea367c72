"""The console as a Textual app: lays out the desk screen, takes the keys, keeps one press in flight at most.

It holds only what is not in the window's view: the press that waits for its answer, and the last message.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any, ClassVar, cast, get_args

from textual.app import App, ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.screen import Screen

from caller.console import presentation, verbs
from caller.console.announcements import LINES, AnnouncedLine, announcements, read_message
from caller.console.caller_link import (
    CallerLink,
    SignInForm,
    VerbPress,
    carry_out,
    from_frame,
    person_missing,
    sign_in,
)
from caller.console.dialogs import HelpDialog, choose
from caller.console.ending_dialogs import ask_correction, ask_ending
from caller.console.handover_dialogs import HANDOVERS, choose_handover, queues_changed
from caller.console.presentation import HallNames
from caller.console.side_dialogs import SideDialog, open_beside
from caller.console.sign_in_dialog import SignInDialog
from caller.console.verbs import Doc, Note
from caller.console.widgets import KeyBar, KeyCap, MessageLine, People, Queues, StateLine, TicketPart
from caller.console.words import Lang, say
from caller.protocol.frames import Bye
from caller.service.clock import wall_micros
from config.instants import Micros, local
from config.settings import Settings

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
    DeskScreen.-tall MessageLine { margin: 1 0; }
    DeskScreen.-tall KeyCap { height: 3; padding: 1 0; }
    DeskScreen.-tall KeyBar { grid-rows: 3; grid-gutter: 1 1; margin: 0 0 1 0; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        *KEYS,
        Binding("d,D", "beside('day')", show=False),
        Binding("b,B", "beside('cases')", show=False),
        Binding("y,Y", "beside('fees')", show=False),
        Binding("k,K", "beside('file')", show=False),
        Binding("m,M", "read", show=False),
        Binding("f1", "app.help", show=False),
    ]

    def __init__(
        self, link: CallerLink, window: str, names: HallNames, zone: str, now: Callable[[], Micros]
    ) -> None:
        super().__init__()
        self._link, self._window, self._names, self._now = link, window, names, now
        self._zone, self._pending = zone, ""
        self._bye: Bye | None = None
        self._shown: Doc | None = None
        self._clerk = ""  # signs in by itself with this number, once
        # Held here, not looked up by query: a program that is being closed takes its widgets apart one by one, while
        # the answer to the last press may still come.
        self._state_line, self._ticket, self._queues = StateLine(), TicketPart(), Queues(names.lang)
        self._lists = {kind: People(kind, names.lang) for kind, _ in verbs.LISTS}
        self._message, self._keys = MessageLine(), KeyBar(names.lang)
        self._announced = [AnnouncedLine() for _ in range(LINES)]

    def adopt(self, names: HallNames, zone: str) -> None:
        """Call things by these names from now on."""
        self._names, self._zone = names, zone
        self.show()

    def signing_in_as(self, clerk: str) -> "DeskScreen":
        self._clerk = clerk
        return self

    def compose(self) -> ComposeResult:
        yield self._state_line
        yield from self._announced
        with Horizontal(id="body"):
            with Vertical(id="left"):
                yield self._ticket
                yield self._queues
            with Vertical(id="right"):
                yield from self._lists.values()
        yield self._message
        yield self._keys

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
        """The newest view of this window; None before the first has come."""
        return self._link.views.get(f"window/{self._window}")

    @property
    def files(self) -> bool:
        """Whether this window files what cannot be got done."""
        return self._window in self._names.files

    @property
    def pending(self) -> str:
        """The verb that was pressed and has no answer yet."""
        return self._pending

    def _instant(self) -> Micros:
        """Return the caller's clock, so that the waits shown here are those the hall counts."""
        return self._now() + self._link.ahead_micros

    # --- showing

    def show(self) -> None:
        """Show the newest view in every part."""
        if not self.is_mounted:
            return
        doc, names, now = self.doc, self._names, self._instant()
        clock = f"{local(now, self._zone):%H:%M}"
        self._state_line.show(doc, self._link.state, names, clock)
        room = max(self.app.size.width - 2, 0)
        for line, words in zip(
            self._announced, announcements(doc, names.lang, self._zone, room), strict=True
        ):
            line.show(words)
        if changed := queues_changed(self._shown, doc, names):
            self.notify_clerk(changed)
        self._shown = doc
        if doc is None:
            self._ticket.show(presentation.absent(self._link.state, names.lang), "")
        else:
            self._show_people(doc, now)
        self._show_bye()
        self._clear_cut()
        live = verbs.live(doc, self._link.state, self._pending)
        seated = verbs.is_seated(doc, self._link.state)
        label = lambda verb: verbs.label(verb, doc, names.lang)  # noqa: E731
        self._keys.show(
            label, live, self._pending, (doc or {}).get("cases"), self.files, "fees" in (doc or {}), seated
        )
        self._show_sign_in(doc)

    def _show_people(self, doc: Doc, now: Micros) -> None:
        names, lang = self._names, self._names.lang
        self._ticket.show(
            presentation.person(doc, names, now, self._link.state), presentation.rating(doc, lang, now)
        )
        self._queues.show(presentation.counts(doc, names))
        for kind, key in verbs.LISTS:
            rows = presentation.rows(doc.get(key, []), lang, now)
            count = doc["waiting"] if kind == "waiting" else len(rows)
            self._lists[kind].show(rows, count)

    def _show_bye(self) -> None:
        """Show once why the caller closed the connection, for example for a wrong token."""
        bye = self._link.bye
        if bye is not None and bye is not self._bye:
            self.notify_clerk(from_frame(bye, self._names.lang)._replace(tone="cut"))
        self._bye = bye

    def _clear_cut(self) -> None:
        """Replace messages about the lost link once it is back, here and in a dialog above."""
        if self.doc is None or self._link.state != "current":
            return
        for screen in self.app.screen_stack:
            for message in screen.query(MessageLine):
                if message.note.tone == "cut":
                    message.show(Note(say(self._names.lang, "link-back"), "", "done"))

    def notify_clerk(self, note: Note) -> None:
        self._message.show(note)

    # --- signing in

    def _show_sign_in(self, doc: Doc | None) -> None:
        """Open the sign-in dialog while the window is closed; dismiss it once the view shows a clerk."""
        if doc is None:
            return
        clerk, self._clerk = (
            self._clerk,
            "",
        )  # for the first view only: a clerk who signs out stays signed out
        missing, top = person_missing(self._link, self._window), self.app.screen
        away = doc["state"] == "closed" or (missing and self._link.state == "current")
        if away and top is self:
            dialog = SignInDialog(self._names.window(self._window), self._sign_in, self._names.lang, clerk)
            ended = self._link.persons.signed_out
            dialog.asks_password = missing
            dialog.note = from_frame(ended, self._names.lang) if ended else None
            self.app.push_screen(dialog)
        elif not away and isinstance(top, SignInDialog):
            top.dismiss(None)

    async def _sign_in(self, form: SignInForm) -> Note:
        if self._link.state != "current":
            return verbs.refusal("out", self.doc, self._link.state, "", self._names.lang)
        note = await sign_in(self._link, self._window, form, self._names.lang)
        if note.tone == "done":
            self.notify_clerk(note)
        return note

    # --- pressing

    def on_key_cap_pressed(self, event: KeyCap.Pressed) -> None:
        if event.verb == "help":
            self.app.run_worker(self.app.run_action("help"))
        elif event.verb in get_args(SideDialog):
            self.action_beside(cast("SideDialog", event.verb))
        else:
            self.action_press(event.verb)

    def action_beside(self, kind: SideDialog) -> None:
        """Open what a clerk may look at or do beside the visit, or say why it does not open now."""
        doc, link = self.doc, self._link.state
        if doc is None or link != "current" or self._pending:
            self.notify_clerk(verbs.refusal("out", doc, link, self._pending, self._names.lang))
        elif doc["state"] != "closed":
            self.run_worker(self._beside(kind, doc))

    async def _beside(self, kind: SideDialog, doc: Doc) -> None:
        note = await open_beside(kind, doc, self._window, self._link, self._names, self._zone, self.app)
        if note is not None:
            self.notify_clerk(note)

    def action_read(self) -> None:
        """Take the oldest message of the guide desk as read."""
        if self.doc and self.doc.get("messages") and self._link.state == "current":
            self.run_worker(read_message(self._link, self._window))

    def action_press(self, verb: str) -> None:
        """Carry out a key or a click at once, ask about it first, or refuse it with words; never keep it for later."""
        doc, link, lang = self.doc, self._link.state, self._names.lang
        verb = verbs.in_effect(verb, doc)
        if doc is None or verb not in verbs.live(doc, link, self._pending):
            self.notify_clerk(verbs.refusal(verb, doc, link, self._pending, lang))
        elif verbs.asks(verb, doc):
            self.run_worker(self._ask_then_send(verb, doc))
        else:
            self._send(VerbPress(verb, doc))

    async def _ask_then_send(self, verb: str, doc: Doc) -> None:
        ask = self.app.push_screen_wait
        if verb in ("finish", "correct"):
            asking = ask_ending if verb == "finish" else ask_correction
            choice = await asking(doc, self._names, ask)
        elif verb in HANDOVERS:
            choice = await choose_handover(verb, doc, self._names, self._link, ask)
        else:
            choice = await choose(verb, doc, self._names, self._instant(), ask)
        if choice is None:
            self.notify_clerk(Note(say(self._names.lang, "cancelled")))
        elif self._link.state != "current":
            self.notify_clerk(verbs.refusal(verb, doc, self._link.state, "", self._names.lang))
        else:
            self._send(VerbPress(verb, doc, choice))

    def _send(self, press: VerbPress) -> None:
        lang = self._names.lang
        self._pending = press.verb
        waiting = say(lang, "waiting-answer", verb=verbs.label(press.verb, press.doc, lang))
        self.notify_clerk(Note(waiting, "", "pending"))
        self.show()
        self.run_worker(self._carry_out(press))

    async def _carry_out(self, press: VerbPress) -> None:
        note = await carry_out(self._link, press, self._names.lang)
        self._pending = ""
        self.notify_clerk(note)
        self.show()


class Console(App[None]):
    """One window's console. `now` returns UTC microseconds; it is an argument so that screens can be compared in
    tests."""

    ENABLE_COMMAND_PALETTE = False
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (110, "-wide")]  # noqa: RUF012 as Textual types it
    VERTICAL_BREAKPOINTS = [(0, "-short"), (34, "-tall")]  # noqa: RUF012 as Textual types it

    def __init__(
        self,
        link: CallerLink,
        settings: Settings,
        window: str,
        clerk: str = "",
        lang: Lang = "zh",
        now: Callable[[], Micros] = wall_micros,
        new_settings: AsyncIterator[Settings] | None = None,
    ) -> None:
        super().__init__()
        self._new_settings = new_settings
        names = HallNames(settings, lang)
        self._lang: Lang = lang
        self._desk = DeskScreen(link, window, names, settings.hall.zone, now).signing_in_as(clerk)
        self.title = names.window(window)

    def on_mount(self) -> None:
        self.push_screen(self._desk)
        if self._new_settings:
            self.run_worker(self._follow(self._new_settings))

    async def _follow(self, new_settings: AsyncIterator[Settings]) -> None:
        async for settings in new_settings:
            self._desk.adopt(HallNames(settings, self._lang), settings.hall.zone)

    async def at_rest(self, _job: Any) -> None:
        """Wait until nothing is being typed or chosen and no press waits for its answer."""
        while self._desk.pending or not isinstance(self.screen_stack[-1], DeskScreen | SignInDialog):  # noqa: ASYNC110 - a dialog that closes tells nobody
            await asyncio.sleep(TICK_SECONDS)

    def action_help_quit(self) -> None:
        """Show which key leaves: Ctrl+C does not, lest it be pressed by habit."""
        self.notify(say(self._lang, "how-to-quit"), severity="warning")

    def action_help(self) -> None:
        if not isinstance(self.screen, HelpDialog):
            self.push_screen(HelpDialog(self._lang, self._desk.files, "fees" in (self._desk.doc or {})))
