"""One open page of the office in one browser: what a page's module gets to draw with.

1. A page is an `OfficePage`: its id (the path and the file of its words), the roles that may open it, the caller's
   topics it watches, and `draw`, called once with an `OfficeScreen`. It is registered in `display.office.pages`.
2. `draw` builds the page; what changes stands in a `part`, which is drawn anew when what it shows has changed. Each
   second the page looks whether its documents have; nothing is drawn twice for the same documents. What stays the same
   keeps its element (`redraw`), so that no press is lost; what can be pressed and stands there for one of several
   things, or whose words may change, has a `mark`.
3. A press is a command over the person's own line (`send`): the caller decides, and its words are shown. A verb whose
   command the person's roles do not allow is not offered (`may`).
4. When the caller has ended the session, the page leads to the sign-in, which says why.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Generator, Iterable
from contextlib import contextmanager
from copy import copy
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from nicegui import ui

from caller.client.client import Client, RefusedError, SendError
from caller.engine.envelope import AnyCommand
from caller.identity.account_store import AccountStore
from caller.people.store import check_calls
from caller.protocol.account_roles import ACCOUNT_MAY
from caller.protocol.frames import PeerError, message_of
from config.catalogue import Message, label, word
from config.hosts import is_encrypted, is_loopback
from config.instants import MINUTE, Micros, Seconds, local
from config.process.running import in_url
from config.settings import Settings
from config.text_safety import for_page
from display.office.guard import SIGN_IN
from display.office.redraw import redraw
from display.office.sessions import OfficeSession, arrived
from display.office.words import OfficeLang, office_word

DRAW_SECONDS: Seconds = 1.0  # so long a page waits for its documents before it is drawn without them
LOOK_SECONDS = 1.0  # between two looks whether documents have changed
NOTE_MS = 8_000


class CallingOffice(NamedTuple):
    """The office of the PC that calls: its host, empty where that is not known, and its address, empty where no other PC
    reaches it."""

    host: str
    url: str


def calling_office(settings: Settings, caller: str) -> CallingOffice:
    """Return the office beside a caller, by the caller's address."""
    listen, host = settings.listen, urlsplit(caller).hostname or ""
    if not host or is_loopback(host) or is_loopback(listen.office_host):
        return CallingOffice(host, "")
    scheme = "https" if is_encrypted(listen.tls) else "http"
    return CallingOffice(host, f"{scheme}://{in_url(host)}:{listen.office}")


class OfficeFacts:
    """What all pages of the process share. `settings` and `now` are the caller's; `hall_folder` holds the hall's file."""

    def __init__(
        self, settings: Settings, data: Path, own: Client, accounts: AccountStore, hall_folder: Path
    ) -> None:
        self.settings, self.version, self.hall_folder = settings, 0, hall_folder
        self.data, self.own, self.accounts = data, own, accounts

    def adopt(self, settings: Settings, version: int) -> None:
        """Show these settings from now on."""
        self.settings, self.version = settings, version

    def elsewhere(self) -> CallingOffice | None:
        """Return where what lies in files is changed while this PC stands by; None while it is here."""
        try:
            check_calls(self.data)
        except OSError:
            return calling_office(self.settings, self.own.url if self.own.state == "current" else "")
        return None


class OfficePage(NamedTuple):
    """A page of the office. `roles`: of an account, any of which opens it. `draw` may be a coroutine function."""

    id: str
    roles: frozenset[str]
    draw: "Callable[[OfficeScreen], Awaitable[None] | None]"
    topics: tuple[str, ...] = ()


class ScreenPart:
    """A part of a page: drawn anew when what `shows` returns has changed."""

    def __init__(self, box: ui.element, draw: Callable[[], None], shows: Callable[[], object]) -> None:
        self._box, self._draw, self._shows = box, draw, shows
        self._shown: object = self  # nothing yet

    def look(self) -> None:
        shows = self._shows()
        if shows == self._shown:
            return
        self._shown = shows
        redraw(self._box, self._draw)


class OfficeScreen:
    """What the module of a page draws with; `lang`: of the person who looks."""

    def __init__(
        self, office: OfficeFacts, page: OfficePage, session: OfficeSession, lang: OfficeLang
    ) -> None:
        self.office, self.page, self.session = office, page, session
        self.lang: OfficeLang = lang
        self._words = page.id  # whose words `say` looks up first
        self._parts: list[Callable[[], None]] = []
        self._watched: list[str] = []
        self._client = ui.context.client
        self._drawn_by = asyncio.get_running_loop().time() + DRAW_SECONDS

    # --- words

    def say(self, code: str, **facts: object) -> str:
        """Return a word of this page, else of the shell."""
        return office_word(self.lang, self._words, code, **facts)

    def speaking(self, page: str) -> "OfficeScreen":
        """Return this screen with the words of another page, whose details it shows."""
        other = copy(self)
        other._words = page
        return other

    def word(self, kind: str, code: str) -> str:
        """Return the catalogue's word of a code: a state, a role, a class."""
        return word(kind, code, self.lang)

    def verb(self, kind: str, code: str) -> str:
        """Return the catalogue's word of an act for a button: it begins with a capital."""
        return label(kind, code, self.lang)

    def named(self, row: Any) -> str:
        """Return the name of a thing of the settings, or of a row of a document, in this language."""
        zh, en = (row["name"], row.get("name_en")) if isinstance(row, dict) else (row.name, row.name_en)
        return (en or zh) if self.lang == "en" else zh

    def listed(self, things: Iterable[str]) -> str:
        """Return things in one line, as this language parts them."""
        return (", " if self.lang == "en" else "、").join(things)

    def clock(self, at: Micros) -> str:
        """Return an instant (UTC microseconds) as the hall's time of day, of another day with its date; "" for 0."""
        if not at:
            return ""
        here = local(at, self.zone)
        return f"{here:%H:%M}" if here.date() == local(self.now, self.zone).date() else f"{here:%m-%d %H:%M}"

    def date_and_clock(self, at: Micros) -> str:
        return f"{local(at, self.zone):%Y-%m-%d %H:%M}" if at else ""

    def minutes(self, since: Micros) -> int:
        """Return for how many whole minutes something lasts that began at `since` (UTC microseconds)."""
        return max(0, self.now - since) // MINUTE

    # --- what the hall is

    @property
    def settings(self) -> Settings:
        return self.office.settings

    @property
    def zone(self) -> str:
        return self.settings.hall.zone

    @property
    def now(self) -> Micros:
        """The caller's clock, UTC microseconds."""
        return time.time_ns() // 1000 + self.session.client.ahead_micros

    @property
    def views(self) -> dict[str, dict[str, Any]]:
        """The newest documents of the topics that are watched, as far as they are here."""
        return self.session.client.views

    async def watch(self, *topics: str) -> None:
        """Watch these topics too, until `unwatch` or the end of the page.

        A page that is being drawn waits for them a moment: what is drawn later moves what a person is about to press.
        """
        self._watched += topics
        await self.session.want(topics)
        await arrived(self.session.client, self._drawn_by)

    async def unwatch(self, *topics: str) -> None:
        """Watch these topics no more; a page that is gone watches none already."""
        if self._watched:
            for topic in topics:
                self._watched.remove(topic)
            await self.session.leave(topics)

    async def close(self) -> None:
        """Watch nothing any more: the page is gone."""
        watched = list(self._watched)
        self._watched.clear()
        if self.session.signed_in:
            await self.session.leave(watched)

    # --- drawing

    def part(self, draw: Callable[[], None], shows: Callable[[], object]) -> ScreenPart:
        """Draw a part here, and anew each time when what `shows` returns is another."""
        made = ScreenPart(ui.element("div").classes("part"), draw, shows)
        self.each_look(made.look)
        return made

    def each_look(self, look: Callable[[], None]) -> None:
        """Call `look` now, and each second."""
        self._parts.append(look)
        look()

    def forget(self, look: Callable[[], None]) -> None:
        if look in self._parts:
            self._parts.remove(look)

    def look(self) -> None:
        """Draw what has changed; lead to the sign-in where the session has ended."""
        if not self.session.signed_in:
            ui.navigate.to(f"{SIGN_IN}?why={self.session.why_ended}&next=/{self.page.id}")
            return
        for look in list(self._parts):
            look()

    # --- acting

    def may(self, *kinds: type[Any]) -> bool:
        """Return whether a role of the person allows all of these commands."""
        roles = self.session.roles
        return all(roles & ACCOUNT_MAY.get(kind, frozenset()) for kind in kinds)

    async def send(self, command: AnyCommand, done: str = "", id: str = "") -> dict[str, Any] | None:
        """Send a command, under an id where one is given; show `done`, or why not. Return its result; None where it was not
        carried out."""
        try:
            result = await self.session.client.send(command, id or None)
        except RefusedError as refused:
            self.explain(message_of(refused.frame))
        except PeerError:
            self.note(self.say("bad-input"), good=False)
        except SendError:
            self.note(self.say("caller-away"), good=False)
        else:
            if done:
                self.note(done)
            return result
        return None

    def explain(self, message: Message) -> None:
        """Show a refusal with its next step."""
        zh, en = message.with_next_step
        self.note(en if self.lang == "en" else zh, good=False)

    def note(self, text: str, good: bool = True) -> None:
        """Show a line at the foot of the page for some seconds."""
        kind = "positive" if good else "negative"
        with self._client:  # the part of the page that was pressed may have been drawn anew meanwhile
            ui.notify(
                for_page(text), type=kind, timeout=NOTE_MS, close_button=self.say("close"), position="bottom"
            )

    async def ask(self, question: str, verb: str, detail: Iterable[str] = ()) -> bool:
        """Ask before something that cannot be taken back; return whether the person goes on."""
        with dialog_box(question, "ask") as dialog:
            ui.label(question).classes("question")
            for line in detail:
                ui.label(line)
            with ui.row().classes("verbs"):
                ui.button(verb, on_click=lambda: dialog.submit(True)).props("autofocus")
                ui.button(self.say("cancel"), on_click=lambda: dialog.submit(False)).props("outline")
        return bool(await answer_of(dialog))


@contextmanager
def dialog_box(label: str, kind: str) -> Generator[ui.dialog]:
    """Draw a dialog of this name, beside the page's parts: a part that is drawn anew would take it away."""
    with ui.context.client, ui.dialog() as dialog, ui.card().classes(kind):
        dialog.props["aria-label"] = label
        yield dialog


async def answer_of(dialog: ui.dialog) -> Any:
    """Return what a dialog is closed with, and remove it; the page may have gone meanwhile."""
    answer = await dialog
    if not dialog.is_deleted:
        dialog.delete()
    return answer
