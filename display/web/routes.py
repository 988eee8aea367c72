"""The web process: pages, public facts, sound and REST. It decides nothing and holds no live state.

A page loads from here and then speaks straight to the caller's websocket, so pages already open go on when
this process stops. Nothing is loaded from outside, nothing inline: the content security policy says so and
the browser holds us to it. Behind a proxy with one host name the proxy says where the wire is
(`X-Hallcall-Ws: /ws`); without one the page uses the host it came from and the caller's port.
"""

import re
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import msgspec
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from config.settings import Settings
from display.web import public_info
from display.web.static import ASK_AGAIN, FOR_EVER, MEDIA, NEVER, Asset, Assets, asset, respond

PAGES = {
    "/board": "board.html",
    "/sign": "sign.html",
    "/rate": "rate.html",
    "/t/{ticket}": "ticket.html",
    "/supervise": "supervise.html",
    "/": "index.html",
}
CLERK_PHOTO_BYTES_MAX = 300_000  # a portrait at twice the card's size; more delays the tablet
CLERK_MEDIA = {".jpg": "image/jpeg", ".png": "image/png", ".json": MEDIA["json"]}
HOST = re.compile(r"[A-Za-z0-9.\-]+(:\d+)?|\[[0-9a-fA-F:]+\](:\d+)?")
WIRE_PATH = re.compile(r"/[A-Za-z0-9/_-]*")  # what a proxy may say; it goes into a header
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; media-src 'self'; "
    "connect-src 'self' {wire}; base-uri 'none'; form-action 'none'; frame-ancestors 'self'"
)
HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}

SEE = {"next_zh": "接口说明见 /openapi.json", "next_en": "The interface is described at /openapi.json"}
LOST = {"code": "not-found", "zh": "没有这个地址", "en": "There is no such address", **SEE}


class CallerAddress:
    """Where the pages find the caller, seen from the browser that asks."""

    def __init__(self, port: int) -> None:
        self.port = port

    def url(self, host: str, secure: bool, behind: str = "") -> str:
        """`behind` is the path a proxy gave; else the caller's own port on the same host."""
        scheme = "wss" if secure else "ws"
        if WIRE_PATH.fullmatch(behind):
            return f"{scheme}://{host}{behind}"
        return f"{scheme}://{_without_port(host)}:{self.port}"

    def of(self, request: Request) -> str:
        secure = request.headers.get("x-forwarded-proto", request.url.scheme) == "https"
        host = request.headers.get("host", "")
        behind = request.headers.get("x-hallcall-ws", "")
        return self.url(host if HOST.fullmatch(host) else "127.0.0.1", secure, behind)


def build(settings: Settings, data: Path, wire_port: int, more: list[BaseRoute] | None = None) -> Starlette:
    """The whole application; `more` holds the routes that need a line to the caller (sound, REST)."""
    wire, assets = CallerAddress(wire_port), Assets()
    routes = [*_page_routes(assets), *_fact_routes(settings, assets, wire, data), *(more or [])]
    return Starlette(
        routes=routes,
        middleware=[Middleware(PageHeaders, wire=wire)],
        exception_handlers={HTTPException: _lost(assets)},
    )


class PageHeaders:
    """Puts the security headers on every answer."""

    def __init__(self, app: ASGIApp, wire: CallerAddress) -> None:
        self.app, self.wire = app, wire

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        policy = POLICY.format(wire=self.wire.of(Request(scope)))
        extra = [(name.encode(), value.encode()) for name, value in HEADERS.items()]
        extra.append((b"content-security-policy", policy.encode("latin-1", "replace")))

        async def guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message["headers"], *extra]
            await send(message)

        await self.app(scope, receive, guarded)


PageEndpoint = Callable[[Request], Awaitable[Response]]


def _page_routes(assets: Assets) -> list[BaseRoute]:
    async def file(request: Request) -> Response:
        found = assets.files.get(request.path_params["name"])
        if not found:
            raise HTTPException(404)
        current = request.path_params["version"] == assets.version
        return respond(request, found, FOR_EVER if current else ASK_AGAIN)

    async def client(request: Request) -> Response:
        return respond(request, assets.files["client.js"], ASK_AGAIN)

    async def icon(_: Request) -> Response:
        return RedirectResponse(f"/assets/{assets.version}/icon.svg")

    pages = [Route(path, _fixed(assets.pages[name])) for path, name in PAGES.items()]
    return [
        *pages,
        Route("/client.js", client),
        Route("/favicon.ico", icon),
        Route("/assets/{version}/{name:path}", file),
    ]


def _fact_routes(settings: Settings, assets: Assets, wire: CallerAddress, data: Path) -> list[BaseRoute]:
    hall = asset(msgspec.json.encode(public_info.hall(settings, assets.languages)), MEDIA["json"])
    guides = {
        name: asset(msgspec.json.encode(guide), MEDIA["json"])
        for name, guide in public_info.items(settings).items()
    }

    async def where(request: Request) -> Response:
        return answer({"url": wire.of(request)})

    async def guide(request: Request) -> Response:
        found = guides.get(request.path_params["item"])
        if not found:
            raise HTTPException(404)
        return respond(request, found, ASK_AGAIN)

    async def clerk(request: Request) -> Response:
        return _clerk_file(data / "clerks", request.path_params["file"])

    return [
        Route("/wire.json", where),
        Route("/hall.json", _fixed(hall)),
        Route("/items/{item}.json", guide),
        Route("/clerks/{file}", clerk),
    ]


def _clerk_file(folder: Path, name: str) -> Response:
    """A clerk's card, if the hall put one there: names and photos are off by default."""
    path = folder / Path(name).name
    media = CLERK_MEDIA.get(path.suffix)
    if not media or not path.is_file() or path.stat().st_size > CLERK_PHOTO_BYTES_MAX:
        return Response(status_code=204, headers={"Cache-Control": NEVER})
    return Response(path.read_bytes(), media_type=media, headers={"Cache-Control": ASK_AGAIN})


def answer(document: Any, status: int = 200) -> Response:
    """A JSON answer nobody may keep."""
    body = msgspec.json.encode(document)
    return Response(body, status, media_type=MEDIA["json"], headers={"Cache-Control": NEVER})


def fixed(path: str, document: Any) -> BaseRoute:
    """A route to a JSON document that does not change while this process runs."""
    return Route(path, _fixed(asset(msgspec.json.encode(document), MEDIA["json"])))


def _fixed(found: Asset) -> PageEndpoint:
    async def endpoint(request: Request) -> Response:
        return respond(request, found, ASK_AGAIN)

    return endpoint


def _lost(assets: Assets) -> Callable[[Request, Exception], Awaitable[Response]]:
    """An address that leads nowhere: a page for whoever reads it in a browser, words in JSON for a program."""

    async def lost(request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)
        if error.status_code == 404 and _is_reader(request):
            headers = {"Cache-Control": NEVER, "Vary": "Accept"}
            return Response(assets.pages["lost.html"].body, 404, headers, MEDIA["html"])
        told = answer(LOST if error.status_code == 404 else _turned_away(error), error.status_code)
        told.headers.update(error.headers or {})
        return told

    return lost


def _is_reader(request: Request) -> bool:
    """A browser that opens a page says it wants HTML; one that loads a part of a page does not."""
    return "text/html" in request.headers.get("accept", "") and not request.url.path.startswith("/api/")


def _turned_away(error: HTTPException) -> dict[str, str]:
    return {"code": "http", "zh": f"不能这样访问（{error.status_code}）", "en": error.detail, **SEE}


def _without_port(host: str) -> str:
    """The host name of a Host header; an IPv6 address keeps its brackets."""
    return host[: host.index("]") + 1] if host.startswith("[") else host.partition(":")[0]
