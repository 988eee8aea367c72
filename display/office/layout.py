"""The frame of every page: the hall's name, who is signed in, the way to the other pages, and whether it is current.

Navigation is plain links and the way out a plain form: both work when a page's script does not.
"""

from typing import Any

from nicegui import ui
from nicegui.page import page as nicegui_page

from config.text_safety import for_html
from display.office.guard import LANG, SESSION_SCOPE
from display.office.pages import PAGES, pages_for
from display.office.screen import LOOK_SECONDS, OfficeFacts, OfficePage, OfficeScreen
from display.office.sessions import OfficeSession

COLOURS = {  # with white on them, or as text on the panel, at least 4.5:1
    "primary": "#8f1b1b", "secondary": "#3f4a5c", "accent": "#8f1b1b", "positive": "#14532f", "negative": "#a11d16",
    "info": "#1f4f82", "warning": "#7a4a00", "dark": "#16243a", "dark_page": "#0b1b30",
}  # fmt: skip


RECONNECT_SECONDS = (
    30.0  # a page that is away for shorter (a busy PC, a cable) goes on as it was, with what was typed
)


class LanguagePage(nicegui_page):
    """A page in the language of the request, which is kept for a browser that is away for a while."""

    def __init__(self, path: str) -> None:
        super().__init__(path, reconnect_timeout=RECONNECT_SECONDS)

    def resolve_language(self) -> Any:
        return "en-US" if LANG.get() == "en" else "zh-CN"


def register(office: OfficeFacts) -> None:
    """Make each registered page known to NiceGUI, and `/` as the first that its visitor may open."""
    for each in PAGES:
        LanguagePage(f"/{each.id}")(_builder(office, each))

    async def home() -> None:
        session = _session()
        own = pages_for(session.roles)
        if own:
            await _show(office, own[0], session)
        else:
            _refuse(office, session, None)

    LanguagePage("/")(home)


def _builder(office: OfficeFacts, page: OfficePage) -> Any:
    async def build() -> None:
        session = _session()
        if page.roles & session.roles:
            await _show(office, page, session)
        else:
            _refuse(office, session, page)

    return build


def _session() -> OfficeSession:
    return ui.context.client.request.scope[SESSION_SCOPE]


async def _show(office: OfficeFacts, page: OfficePage, session: OfficeSession) -> None:
    """Draw a page for a person, and keep it as its documents are until it is closed."""
    screen = OfficeScreen(office, page, session, LANG.get())
    client = ui.context.client
    client.on_delete(screen.close)
    await screen.watch(*page.topics)
    with _frame(screen):
        drawn = page.draw(screen)
        if drawn is not None:
            await drawn
    ui.timer(LOOK_SECONDS, screen.look)


def _refuse(office: OfficeFacts, session: OfficeSession, page: OfficePage | None) -> None:
    """Say that the person's roles do not open this page."""
    screen = OfficeScreen(office, page or PAGES[0], session, LANG.get())
    with _frame(screen):
        ui.label(screen.say("no-page")).classes("empty")
    ui.timer(LOOK_SECONDS, screen.look)


def _frame(screen: OfficeScreen) -> ui.element:
    """Draw the frame and return the element that holds the page itself."""
    title = screen.say("title")
    ui.page_title(f"{title} · {screen.say('office')}")
    with ui.header().classes("mast"):
        hall = screen.settings.hall
        ui.label(hall.name_en if screen.lang == "en" and hall.name_en else hall.name).classes("hall")
        screen.part(lambda: _link_state(screen), lambda: screen.session.client.state == "current")
        ui.label(f"{screen.session.name} {screen.session.staff}".strip()).classes("person")
        other = "zh" if screen.lang == "en" else "en"
        ui.link(screen.say("other-lang"), f"/lang?to={other}&back=/{screen.page.id}").classes("lang")
        ui.html(
            f'<form method="post" action="/sign-out"><button type="submit">{for_html(screen.say("sign-out"))}</button></form>',
            sanitize=False,
        )
    ways = ui.left_drawer(value=True, fixed=True).props("width=176 behavior=desktop no-swipe-open")
    with ways.classes("ways"), ui.element("nav").props(f'aria-label="{screen.say("pages")}"'):
        for each in pages_for(screen.session.roles):
            words = OfficeScreen(screen.office, each, screen.session, screen.lang)
            link = ui.link(words.say("title"), f"/{each.id}")
            if each.id == screen.page.id:
                link.props('aria-current="page"')
    box = ui.element("div").classes("sheet")
    with box:
        ui.html(for_html(title), sanitize=False, tag="h1")
        screen.part(lambda: _elsewhere(screen), screen.office.elsewhere)
    return box


def _elsewhere(screen: OfficeScreen) -> None:
    """Say on the PC that stands by where its changes are made, and lead there."""
    if other := screen.office.elsewhere():
        with ui.element("p").classes("elsewhere").props('role="status"'):
            ui.label(screen.say("stands-by"))
            if other.url:
                ui.link(screen.say("its-office", host=other.host), f"{other.url}/{screen.page.id}")
            elif other.host:
                ui.label(screen.say("on-pc", host=other.host))


def _link_state(screen: OfficeScreen) -> None:
    if screen.session.client.state != "current":
        ui.label(screen.say("not-current")).classes("silence").props('role="status"')
