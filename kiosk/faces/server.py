"""Serves the page face: its files, its words, its spoken prompts and its websocket, from the kiosk's own process.

The page listens on loopback unless `[listen] kiosk_host` asks for more, whatever the hall's other processes do. It
can be driven, and its prompts fetched, only with the key in its address. A request whose Host is a name that is
not this kiosk's is refused: that is how a page from elsewhere would reach a loopback address (DNS rebinding).
"""

import asyncio
import hmac
import ipaddress
import socket
from collections.abc import Awaitable, Callable, Sequence
from importlib.resources import files
from typing import Any

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute, Route, WebSocketRoute
from starlette.types import ASGIApp, Receive, Scope, Send
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

from caller.client.page_files import PageFiles, SecurityHeaders, fixed
from config.instants import Seconds
from config.languages import COMPLETE
from config.process.running import in_url
from kiosk.faces.clients import UiClients
from kiosk.faces.voice import KioskVoice
from kiosk.screens import translations
from kiosk.station import KioskStation

FRAME_BYTES_MAX = 64 * 1024  # beyond, the connection that sent it is closed
MISDIRECTED = 421
FOREIGN_HOST = "本机取号页面不用这个名称打开 / this kiosk's page is not opened by this name"
ALOUD = "aloud-"  # and the serial of what is read to a listener now: nothing else is spoken by this name
CLOSE_SECONDS: Seconds = 1.0  # for a page to answer a close; it lies on this PC


class PageSocket(WebSocketsSansIOProtocol):
    """A websocket of uvicorn's that ends soon after it was closed: a stranger who does not answer keeps no descriptor."""

    def __init__(self, *given: Any, **options: Any) -> None:
        super().__init__(*given, **options)
        self.close_timeout = CLOSE_SECONDS


# Of uvicorn: the websocket is read without its own thread of pings, and ends within a second at a stop.
OPTIONS: dict[str, Any] = {
    "ws": PageSocket,
    "ws_max_size": FRAME_BYTES_MAX,
    "lifespan": "off",
    "timeout_graceful_shutdown": 1,
}


def app(
    station: KioskStation,
    name: str,
    voice: KioskVoice,
    key: str,
    host: str = "127.0.0.1",
    played: Sequence[BaseRoute] = (),
) -> Starlette:
    """Return the web server of one kiosk; `key` is the key of its page, `host` the address it listens on, `played` the
    routes of what it plays at rest."""
    pages = PageFiles(files("kiosk") / "faces" / "page")

    async def words(_: Request) -> Response:
        wanted = dict.fromkeys((*COMPLETE, *station.state.offered))
        return JSONResponse({language: pages.languages[language] for language in wanted})

    return Starlette(
        routes=[
            Route("/", fixed(pages.pages["index.html"])),
            Route("/words.json", words),
            Route("/voice/{language}/{prompt}.wav", _spoken(station, voice, key)),
            *pages.routes(),
            *played,
            WebSocketRoute("/face", UiClients(station, name, key).serve),
        ],
        middleware=[
            Middleware(HostGuard, own={"localhost", host.lower(), socket.gethostname().lower()}),
            Middleware(SecurityHeaders, wire=_socket_source, framed="'none'"),
        ],
    )


def address(host: str, port: int, key: str, *, encrypted: bool = False) -> str:
    """Return the address to open, with the key as its fragment: a fragment is never sent to a server."""
    return f"{'https' if encrypted else 'http'}://{in_url(host)}:{port}/#key={key}"


def _spoken(station: KioskStation, voice: KioskVoice, key: str) -> Callable[[Request], Awaitable[Response]]:
    """Return the route of the prompts as sound; of those with a number only the one in sight is spoken."""

    async def serve(request: Request) -> Response:
        language, prompt = request.path_params["language"], request.path_params["prompt"]
        if not hmac.compare_digest(request.query_params.get("key", "").encode(), key.encode()):
            return Response(status_code=403)
        if prompt.startswith(ALOUD):
            said = station.reader.said if station.reader else None
            if said is None or (said.language, f"{ALOUD}{said.serial}") != (language, prompt):
                return Response(status_code=404)
            wav = await asyncio.to_thread(voice.speech, language, said.text)
            return Response(wav, media_type="audio/wav") if wav else Response(status_code=404)
        known = language in voice.languages and (
            prompt in voice.fixed(language) or prompt == translations.prompt(station.state)
        )
        wav = await asyncio.to_thread(voice.wav, language, prompt) if known else b""
        return Response(wav, media_type="audio/wav") if wav else Response(status_code=404)

    return serve


def _socket_source(request: Request) -> str:
    """Return the page's websocket as a policy writes it, which knows no "_": 'self' covers it there."""
    host = request.headers["host"]
    scheme = "wss" if request.url.scheme == "https" else "ws"
    return "" if "_" in host else f"{scheme}://{host}"


class HostGuard:
    """Refuses requests whose Host is not this kiosk; `own` are its names in small letters."""

    def __init__(self, app: ASGIApp, own: set[str]) -> None:
        self.app, self.own = app, own

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        hosts = [value.decode("latin-1") for name, value in scope.get("headers", ()) if name == b"host"]
        if len(hosts) == 1 and is_own_host(hosts[0], self.own):
            await self.app(scope, receive, send)
        elif scope["type"] == "http":
            await PlainTextResponse(FOREIGN_HOST, MISDIRECTED)(scope, receive, send)
        elif scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008})  # before it is accepted: HTTP 403


def is_own_host(host: str, own: set[str]) -> bool:
    """Return whether a Host header is an IP address or one of the names `own`, with or without a port.

    An address needs no name, and so no name can be rebound to it.
    """
    name, colon, port = host.rpartition(":") if not host.endswith("]") else (host, "", "")
    if not colon:
        name, port = host, ""
    if (colon and not port.isdecimal()) or not name:
        return False
    if name.lower() in own:
        return all(sign.isalnum() or sign in ".-_" for sign in name)
    try:
        ipaddress.ip_address(name[1:-1] if name.startswith("[") and name.endswith("]") else name)
    except ValueError:
        return False
    return name.startswith("[") == (":" in name)
