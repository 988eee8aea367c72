"""Serves the page face: its files, its words, its spoken prompts and its websocket, from the kiosk's own process.

The page listens on loopback unless `[listen] kiosk_host` asks for more, whatever the hall's other processes do. It
can be driven, and its prompts fetched, only with the key in its address. A request whose Host is a name that is
not this kiosk's is refused: that is how a page from elsewhere would reach a loopback address (DNS rebinding).
"""

import asyncio
import hmac
import ipaddress
import socket as sockets
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route, WebSocketRoute
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from kiosk.faces import PAGE, load_translations
from kiosk.faces.clients import UiClients
from kiosk.faces.voice import KioskVoice
from kiosk.screens import translations
from kiosk.station import KioskStation

CLIENT_JS = Path(__file__).parents[2] / "caller" / "client" / "client.js"
FRAME_BYTES_MAX = 64 * 1024  # beyond, the connection that sent it is closed
FOREIGN_HOST = "本机取号页面不用这个名称打开 / this kiosk's page is not opened by this name"
MEDIA = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".svg": "image/svg+xml",
}
HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
    "media-src 'self'; connect-src 'self' ws://{host}; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-cache",
}


def app(station: KioskStation, name: str, voice: KioskVoice, key: str, host: str = "127.0.0.1") -> Starlette:
    """Return the web server of one kiosk; `key` is the key of its page, `host` the address it listens on."""
    lines = load_translations().lines

    async def words(_: Request) -> Response:
        return JSONResponse({language: lines[language] for language in station.state.languages})

    return Starlette(
        routes=[
            Route("/", _file(PAGE / "index.html")),
            Route("/client.js", _file(CLIENT_JS)),
            Route("/words.json", words),
            Route("/voice/{language}/{prompt}.wav", _spoken(station, voice, key)),
            *(Route("/" + path.name, _file(path)) for path in PAGE.iterdir() if path.suffix in MEDIA),
            WebSocketRoute("/face", UiClients(station, name, key).serve),
        ],
        middleware=[Middleware(KioskGuard, own={"localhost", host.lower(), sockets.gethostname().lower()})],
    )


def server(app: Starlette) -> uvicorn.Server:
    """Return the HTTP server of a page, not yet listening."""
    return uvicorn.Server(
        uvicorn.Config(
            app,
            log_config=None,  # the kiosk's own log lines stay as they are
            access_log=False,
            ws="websockets-sansio",
            ws_max_size=FRAME_BYTES_MAX,
            lifespan="off",
            timeout_graceful_shutdown=1,
        )
    )


def bound(host: str, port: int) -> sockets.socket:
    """Return a socket bound to an address; port 0 takes a free one. Raises OSError."""
    listener = sockets.socket(sockets.AF_INET6 if ":" in host else sockets.AF_INET)
    listener.setsockopt(sockets.SOL_SOCKET, sockets.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except OSError:
        listener.close()
        raise
    return listener


def address(host: str, port: int, key: str) -> str:
    """Return the address to open, with the key as its fragment: a fragment is never sent to a server."""
    return f"http://{f'[{host}]' if ':' in host else host}:{port}/#key={key}"


def _spoken(station: KioskStation, voice: KioskVoice, key: str) -> Callable[[Request], Awaitable[Response]]:
    """Return the route of the prompts as sound; of those with a number only the one in sight is spoken."""

    async def serve(request: Request) -> Response:
        language, prompt = request.path_params["language"], request.path_params["prompt"]
        if not hmac.compare_digest(request.query_params.get("key", "").encode(), key.encode()):
            return Response(status_code=403)
        known = language in voice.languages and (
            prompt in voice.fixed(language) or prompt == translations.prompt(station.state)
        )
        wav = await asyncio.to_thread(voice.wav, language, prompt) if known else b""
        return Response(wav, media_type="audio/wav") if wav else Response(status_code=404)

    return serve


def _file(path: Path) -> Callable[[Request], Awaitable[Response]]:
    body = path.read_bytes()

    async def serve(_: Request) -> Response:
        return Response(body, media_type=MEDIA[path.suffix])

    return serve


class KioskGuard:
    """Refuses requests for a Host that is not this kiosk, and puts the security headers on every answer."""

    def __init__(self, app: ASGIApp, own: set[str]) -> None:
        self.app, self.own = app, own

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            return await self.app(scope, receive, send)
        host = _host_of(scope)
        if not is_own_host(host, self.own):
            if scope["type"] == "http":
                return await PlainTextResponse(FOREIGN_HOST, 421)(scope, receive, send)
            return await send({"type": "websocket.close", "code": 1008})  # before accepting: HTTP 403
        extra = [(name.lower().encode(), text.format(host=host).encode()) for name, text in HEADERS.items()]

        async def guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message["headers"], *extra]
            await send(message)

        return await self.app(scope, receive, guarded)


def _host_of(scope: Any) -> str:
    found = [value for name, value in scope["headers"] if name == b"host"]
    return found[0].decode("latin-1") if len(found) == 1 else ""


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
