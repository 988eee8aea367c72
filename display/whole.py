"""The web process put together: pages, facts and letters always; sound and REST on the lines to the caller."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from urllib.parse import urlsplit

from starlette.applications import Starlette

from config.settings import Settings
from display import letters, openapi, rest, speaker, web
from display.lines import Lines
from display.opinions import Opinions


def application(settings: Settings, data: Path, url: str, token: str) -> Starlette:
    """The ASGI application; `token` may be empty, then there are pages only."""
    port = urlsplit(url).port or 80
    box = letters.routes(Opinions(data), url)  # a letter's key is its ticket: this needs no token
    if not token:
        return web.build(settings, data, port, box)
    lines = Lines(url, token)
    speech = speaker.Speaker(settings, lines, data)
    interface = openapi.document(settings.hall.name)
    more = [
        *box,
        *speaker.routes(speech, lines),
        *rest.routes(lines, data),
        web.fixed("/openapi.json", interface),
    ]
    app = web.build(settings, data, port, more)
    app.router.lifespan_context = _open(lines, speech)
    return app


def _open(lines: Lines, speech: speaker.Speaker) -> Callable[[Starlette], AbstractAsyncContextManager[None]]:
    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncGenerator[None, None]:
        async with lines:
            learning = asyncio.create_task(speech.learn(), name="voice")
            rendering = asyncio.create_task(speech.run(), name="speaker")
            yield
            learning.cancel()
            rendering.cancel()

    return lifespan
