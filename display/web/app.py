"""The web process: pages, public facts, sound and REST. It decides nothing and holds no live state.

A page loads from here and then speaks straight to the caller's websocket, so pages already open go on when
this process stops. Nothing is loaded from outside, nothing inline: the content security policy says so and
the browser enforces it. Behind a proxy with one host name the proxy says where the wire is
(`X-Hallcall-Ws: /ws`); without one the page uses the host it came from and the caller's port.
"""

import asyncio
import re
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from importlib.resources import files
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from caller.client import media_files
from caller.client.client import Client
from caller.client.job_taker import asked_to_restart
from caller.client.kept_witness import witness_path
from caller.client.media_copies import MediaCopies, of_the_other_pc
from caller.client.page_files import (
    ASK_AGAIN,
    MEDIA,
    NEVER,
    PageFiles,
    SecurityHeaders,
    asset,
    fixed,
    json_asset,
    respond,
)
from caller.people.feedback_store import FeedbackStore
from caller.reports.published_cases import PublishedCases
from caller.reports.published_ratings import PublishedRatings
from config.catalogue import Message, message
from config.hosts import is_loopback
from config.paper.template_files import FOLDER_NAME, TemplateFolder
from config.process.running import in_url
from config.settings import Settings
from display.api import booking, feedback, guide, notify, openapi, receipts, rest, take
from display.api.calls import Backend
from display.api.problems import problem_answer
from display.http.caller_connections import STATION, CallerConnections
from display.http.responses import answer, is_https
from display.voice import announcement_api
from display.web import (
    case_pages,
    clerk_cards,
    health,
    phone_app,
    practice,
    province_page,
    rating_card,
    rating_pages,
)
from display.web.public_info import HallFacts

PAGES = {
    "/board": "board.html",
    "/sign": "sign.html",
    "/rate": "rate.html",
    "/t": "ticket.html",  # the slip's key stands behind the #, which no browser sends to a server
    "/t/{ticket}": "ticket.html",  # slips from before keys: the page says that it does not know them
    "/case": "case.html",  # the receipt's code stands behind the #
    "/feedback": "feedback.html",  # so does that of a complaint; without one it takes one
    "/card": "card.html",  # of the static code at a window
    "/ratings": "ratings.html",  # the receipt of a rating likewise
    "/take": "take.html",  # a number by phone; the code of the minute in its query ends with its minute
    "/book": "book.html",  # a booking's code stands behind the #
    "/supervise": "supervise.html",
    "/desk": "desk.html",
    "/guide": "guide.html",
    "/sheet": "sheet.html",  # by which one calls by hand while the caller is away
    "/": "index.html",
}
# RFC 3986 reg-name without escapes, plus "_" (names of Windows PCs), or an IPv6 address in brackets.
HOST = re.compile(r"[A-Za-z0-9._~-]+(:\d+)?|\[[0-9a-fA-F:.]+\](:\d+)?")
CSP_HOST = re.compile(r"[A-Za-z0-9.-]+(?=[:/]|\Z)")
HOST_PART = re.compile(r"^(\[[^]]*\]|[^:/]*)")
WIRE_PATH = re.compile(r"/[A-Za-z0-9/_-]*")  # what a proxy may say; it goes into a header


CA_MEDIA = "application/x-x509-ca-cert"  # a browser then offers to install it
FIRST_SECONDS = 1.0  # to learn which settings are in force, before the first page goes out
FollowSettings = Callable[[Client], AsyncIterator[tuple[Settings, int]]]


class CallerAddress:
    """Where the pages find the callers, seen from the browser that asks."""

    def __init__(self, url: str) -> None:
        """`url`: as this process was given it; of several callers all by commas."""
        parts = [urlsplit(each.strip()) for each in url.split(",")]
        self._callers = [(each.scheme, each.hostname or "", each.port or 80) for each in parts]

    def url(self, request: Request) -> str:
        """Return the websockets' URLs, by commas: at the path a proxy gave, which then leads to whichever caller calls; else the
        caller's port on the host that the browser asked, and of several callers each where it was said to be."""
        scheme, host = "wss" if is_https(request) else "ws", _host(request)
        path = request.headers.get("x-hallcall-ws", "")
        if WIRE_PATH.fullmatch(path):
            return f"{scheme}://{host}{path}"
        here = _without_port(host)
        if len(self._callers) == 1:
            return f"{scheme}://{here}:{self._callers[0][2]}"
        found = [
            f"{'wss' if scheme == 'wss' else own}://{here if is_loopback(named) else in_url(named)}:{port}"
            for own, named, port in self._callers
        ]
        if not any(f"://{here}:" in each for each in found):  # a screen that may not know the names
            found.insert(0, f"{scheme}://{here}:{self._callers[0][2]}")
        return ",".join(dict.fromkeys(found))

    def source(self, request: Request) -> str:
        """Return the same as sources of the content security policy, whose grammar knows neither IPv6 nor "_" nor
        "~"."""
        return " ".join(map(_policy_source, self.url(request).split(",")))


def _policy_source(url: str) -> str:
    scheme, _, rest = url.partition("://")
    return url if CSP_HOST.match(rest) else f"{scheme}://*{HOST_PART.sub('', rest)}"


def _host(request: Request) -> str:
    host = request.headers.get("host", "")
    return host if HOST.fullmatch(host) else "127.0.0.1"


def _without_port(host: str) -> str:
    """Return the host name of a Host header; an IPv6 address keeps its brackets."""
    return host[: host.index("]") + 1] if host.startswith("[") else host.partition(":")[0]


def application(
    settings: Settings,
    data: Path,
    url: str,
    token: str,
    follow: FollowSettings | None = None,
    ca: bytes = b"",
    restart: asyncio.Event | None = None,
) -> Starlette:
    """Return the ASGI application; `token` may be empty, then there are pages only.

    follow: yields each new version of the settings that a connection brings, and its number.
    restart: set once the office has asked that this process begins again.
    ca: the hall's CA as PEM, for screens that are to trust it (docs/tls.md); empty where there is none.
    """
    wire, store = CallerAddress(url), FeedbackStore(data)
    trust = [Route("/ca.crt", fixed(asset(ca, CA_MEDIA)))] if ca else []
    if not token:
        played = media_files.routes(data / media_files.FOLDER, lambda: (settings, media_files.wall_now()))
        return build(settings, data, wire, [*trust, *feedback.routes(store, None), *played])
    facts, halls = HallFacts(settings), practice.PracticeHalls(lambda: facts.settings)
    facts.practice = practice.offer_of(data)
    published = PublishedRatings(data)
    connections = CallerConnections(url, token, witness_path(data, "web", "web"))
    speech = announcement_api.AnnouncementApi(settings, connections, data)
    more = [
        *trust,
        *feedback.routes(store, connections),
        *receipts.routes(store, connections),
        *announcement_api.routes(speech, connections),
        *rest.routes(Backend(connections, data, lambda: facts.settings, store)),
        *guide.routes(connections, data),
        *take.routes(connections, facts),
        *booking.routes(connections, facts, data),
        *notify.routes(connections, facts, data),
        *case_pages.routes(
            connections, facts, store, published, TemplateFolder(data / FOLDER_NAME), PublishedCases(data)
        ),
        *rating_card.routes(store, connections),
        *province_page.routes(connections, data),
        *practice.routes(halls, connections, data),
        *rating_pages.routes(connections, facts, published),
        document("/openapi.json", openapi.document(settings.hall.name)),
        *media_files.routes(data / media_files.FOLDER, lambda: (facts.settings, connections.now())),
        *health.routes(connections, health.ProbedHealth(settings, data, url), url),
    ]
    app = build(settings, data, wire, more, facts)
    copies = MediaCopies(
        data, lambda: facts.settings, lambda: of_the_other_pc(data, facts.settings, connections.own.url)
    )
    app.router.lifespan_context = _open(
        connections, speech, facts, follow, halls, copies, restart or asyncio.Event()
    )
    return app


def _open(
    connections: CallerConnections,
    speech: announcement_api.AnnouncementApi,
    facts: HallFacts,
    follow: FollowSettings | None,
    halls: practice.PracticeHalls,
    copies: MediaCopies,
    restart: asyncio.Event,
) -> Callable[[Starlette], AbstractAsyncContextManager[None]]:
    known = asyncio.Event()  # the version in force

    async def followed() -> None:
        if follow is None:
            known.set()
            return
        async for settings, version in follow(connections.own):
            facts.adopt(settings, version)
            known.set()
            speech.adopt(settings)
            await speech.learn()

    async def awaited() -> None:
        await asked_to_restart(connections.own, STATION, STATION)
        restart.set()

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncGenerator[None, None]:
        async with connections:
            learning = asyncio.create_task(speech.learn(), name="voice")
            rendering = asyncio.create_task(speech.run(), name="speaker")
            following = asyncio.create_task(followed(), name="settings")
            awaiting = asyncio.create_task(awaited(), name="restart")
            copying = asyncio.create_task(copies.run(), name="media")
            with suppress(TimeoutError):
                async with asyncio.timeout(FIRST_SECONDS):
                    await known.wait()
            yield
            for task in (learning, rendering, following, awaiting, copying):
                task.cancel()
            await halls.stop()

    return lifespan


def build(
    settings: Settings,
    data: Path,
    wire: CallerAddress,
    more: list[BaseRoute] | None = None,
    facts: HallFacts | None = None,
) -> Starlette:
    """Return the whole application; `more` holds the routes that need the caller (sound, REST)."""
    pages = PageFiles(files("display") / "pages")
    facts = facts or HallFacts(settings)
    facts.speak(pages.languages)
    routes = [
        *_page_routes(pages),
        *_fact_routes(facts, wire),
        *clerk_cards.routes(clerk_cards.ClerkCards(data, lambda: facts.settings)),
        *phone_app.routes(pages, facts),
        *(more or []),
    ]
    return Starlette(
        routes=routes,
        middleware=[Middleware(SecurityHeaders, wire=wire.source)],
        exception_handlers={HTTPException: _lost(pages)},
    )


def _page_routes(pages: PageFiles) -> list[BaseRoute]:
    async def icon(_: Request) -> Response:
        return RedirectResponse(f"/assets/{pages.version}/icon.svg")

    return [
        *(Route(path, fixed(pages.pages[name])) for path, name in PAGES.items()),
        Route("/favicon.ico", icon),
        *pages.routes(),
    ]


def _fact_routes(facts: HallFacts, wire: CallerAddress) -> list[BaseRoute]:
    async def hall(request: Request) -> Response:
        return respond(request, facts.hall, ASK_AGAIN)

    async def desk(request: Request) -> Response:
        return respond(request, facts.desk, ASK_AGAIN)

    async def where(request: Request) -> Response:
        return answer({"url": wire.url(request)})

    async def guide(request: Request) -> Response:
        found = facts.guides.get(request.path_params["item"])
        if not found:
            raise HTTPException(404)
        return respond(request, found, ASK_AGAIN)

    async def offer(request: Request) -> Response:
        first, _ = await asyncio.to_thread(facts.offer)
        return respond(request, first, ASK_AGAIN)

    async def offered_items(request: Request) -> Response:
        _, items = await asyncio.to_thread(facts.offer)
        return respond(request, items, ASK_AGAIN)

    return [
        Route("/wire.json", where),
        Route("/hall.json", hall),
        Route("/desk.json", desk),
        Route("/offer.json", offer),
        Route("/offer/items.json", offered_items),
        Route("/items/{item}.json", guide),
    ]


def document(path: str, content: Any) -> BaseRoute:
    """Return a route to a JSON document that does not change while this process runs."""
    return Route(path, fixed(json_asset(content)))


def _lost(pages: PageFiles) -> Callable[[Request, Exception], Awaitable[Response]]:
    """Return an address that leads nowhere: a page for a person in a browser, words in JSON for a program."""

    async def lost(request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)
        if error.status_code == 404 and _is_reader(request):
            headers = {"Cache-Control": NEVER, "Vary": "Accept"}
            return Response(pages.pages["lost.html"].body, 404, headers, MEDIA["html"])
        found = _turned_away(error)
        of_api = request.url.path.startswith("/api/")
        problem = (
            problem_answer(request, error.status_code, found) if of_api else answer(found, error.status_code)
        )
        problem.headers.update(error.headers or {})
        return problem

    return lost


def _is_reader(request: Request) -> bool:
    """Return a browser that opens a page says it wants HTML; one that loads a part of a page does not."""
    return "text/html" in request.headers.get("accept", "") and not request.url.path.startswith("/api/")


def _turned_away(error: HTTPException) -> Message:
    code = "not-found" if error.status_code == 404 else "http"
    return message("problem", code, status=error.status_code, detail=error.detail)
