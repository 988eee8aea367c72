"""The office process: NiceGUI's pages behind the guard, the sign-in before it, and the lines to the caller.

NiceGUI ships all it serves; what would leave the host or open a browser is off (`on_air`, `show`, Tailwind's compiler).
It keeps nothing on disk: persons and languages are in cookies and in the caller, so its storage is given a folder that
it never makes.
"""

import asyncio
import os
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from starlette.types import ASGIApp

from caller.client.client import Client
from caller.client.kept_settings import TOPIC as SETTINGS_TOPIC
from caller.client.kept_witness import witness_path
from caller.identity.account_store import AccountStore
from config.settings import Settings

if TYPE_CHECKING:
    from fastapi import FastAPI

STATION = "office"  # the name this process is enrolled under: hallcall enrol office office
SWEEP_SECONDS = 1.0
STORAGE = "office-unused"
SettingsFollower = Callable[[Client], AsyncIterator[tuple[Settings, int]]]


def application(
    settings: Settings,
    data: Path,
    url: str,
    token: str,
    port: int,
    follow: SettingsFollower | None = None,
    hall_folder: Path = Path(),
) -> ASGIApp:
    """Return the ASGI application. `port`: the office's own; `follow` yields each new version of the settings; `hall_folder`: in
    which the hall's file lies."""
    os.environ["NICEGUI_STORAGE_PATH"] = str(data / STORAGE)
    from fastapi import FastAPI

    from display.office import layout
    from display.office.guard import Guard
    from display.office.pages import PAGES
    from display.office.screen import OfficeFacts
    from display.office.sessions import OfficeSessions
    from display.office.sign_in import STYLES, SignInPages

    accounts = AccountStore(data)
    own = Client(
        url,
        token,
        ["board"],
        "office",
        optional=[SETTINGS_TOPIC],
        witness_file=witness_path(data, "office", STATION),
    )
    office, sessions = (
        OfficeFacts(settings, data, own, accounts, hall_folder),
        OfficeSessions(url, token, accounts),
    )
    cookie = f"hallcall-office-{port}"
    ways = SignInPages(sessions, cookie, frozenset(f"/{page.id}" for page in PAGES))
    ways.settings = settings

    async def followed() -> None:
        if follow:
            async for newer, version in follow(own):
                office.adopt(newer, version)
                ways.settings = newer

    async def swept() -> None:
        while True:
            await asyncio.sleep(SWEEP_SECONDS)
            await sessions.sweep()

    @asynccontextmanager
    async def lifespan(_: Any) -> AsyncGenerator[None, None]:
        async with own:
            tasks = [asyncio.create_task(followed()), asyncio.create_task(swept())]
            try:
                yield
            finally:
                for task in tasks:
                    task.cancel()
                await asyncio.gather(*tasks, return_exceptions=True)
                await sessions.close()
                accounts.close()

    house = FastAPI(docs_url=None, redoc_url=None, openapi_url=None, lifespan=lifespan)
    house.router.routes.extend(ways.routes())
    layout.register(office)
    _attach(house, STYLES)
    return Guard(house, sessions, cookie)


def _attach(house: "FastAPI", styles: Iterable[str]) -> None:
    """Put NiceGUI's pages into an application, with our colours, styles and script."""
    from nicegui import app as pages
    from nicegui import ui

    from display.office import layout, parts

    pages.colors(**layout.COLOURS)
    for name in styles:
        ui.add_head_html(f'<link rel="stylesheet" href="/{name}" />', shared=True)
    ui.add_head_html(parts.page_scripts(), shared=True)
    ui.run_with(house, title="hallcall", favicon=None, tailwind=False, dark=False, show_welcome_message=False)
