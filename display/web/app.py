"""The web process put together: pages, facts and letters always; sound and REST on the lines to the caller."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from urllib.parse import urlsplit

from starlette.applications import Starlette

from caller.people.feedback_store import FeedbackStore
from config.settings import Settings
from display.api import feedback, openapi, rest
from display.http.caller_connections import CallerConnections
from display.voice import announcement_api
from display.web import routes


def application(settings: Settings, data: Path, url: str, token: str) -> Starlette:
    """The ASGI application; `token` may be empty, then there are pages only."""
    port, store = urlsplit(url).port or 80, FeedbackStore(data)
    if not token:
        return routes.build(settings, data, port, feedback.routes(store, None))
    lines = CallerConnections(url, token)
    speech = announcement_api.AnnouncementApi(settings, lines, data)
    more = [
        *feedback.routes(store, lines.tickets),
        *announcement_api.routes(speech, lines),
        *rest.routes(lines, data),
        routes.document("/openapi.json", openapi.document(settings.hall.name)),
    ]
    app = routes.build(settings, data, port, more)
    app.router.lifespan_context = _open(lines, speech)
    return app


def _open(
    lines: CallerConnections, speech: announcement_api.AnnouncementApi
) -> Callable[[Starlette], AbstractAsyncContextManager[None]]:
    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncGenerator[None, None]:
        async with lines:
            learning = asyncio.create_task(speech.learn(), name="voice")
            rendering = asyncio.create_task(speech.run(), name="speaker")
            yield
            learning.cancel()
            rendering.cancel()

    return lifespan
