"""The centre's HTTP interface: its pages (`pages`), and `POST /v1/log/SITE` takes a batch of rows under the site's key (`caller.eventlog.row_batches`),
`GET /v1/settings/SITE` gives the city's settings for it (`config.city_bundles`), `GET /v1/packages/SITE/SUM` the program (`config.city_packages`).

1. A hall has one batch in hand at a time, and a few are taken at once: one that floods waits for itself, and the others take
   turns with it. What would wait for long is sent away with `Retry-After`.
2. The key is looked at first: who has none holds no hall's place and has no body read. No body is longer than a batch.
"""

import asyncio
import logging
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from importlib.resources import files
from pathlib import Path

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import BaseRoute, Route
from starlette.types import ASGIApp

from caller.client.page_files import MEDIA, asset, fixed
from caller.records import RecordsError
from caller.records.centre import taking
from caller.records.centre.sites import CentreError
from config import city_bundles, city_packages
from config.instants import Seconds
from config.process import exposition
from config.text_safety import for_html
from display.centre.asked import whole
from display.centre.for_halls import PackageShelf, Takers
from display.centre.markup import frame
from display.centre.pages import CityPages
from display.centre.reading import CityReader
from display.centre.viewers import SIGN_IN, CentreGuard, CentreSignIn, ViewerSessions, guarded, speak
from display.centre.words import centre_word
from display.http.responses import bearer

WAITING_MAX = 256  # halls that wait for one of them; more come again
BODY_SECONDS: Seconds = 60.0  # a megabyte over a slow line
STATUS = {
    "no-key": 401,
    "no-package": 404,
    "forked": 409,
    "damaged": 422,
    "not-in-order": 422,
    "too-large": 413,
    "database": 503,
    "busy": 429,
}
FILES_OF_PAGES = {
    "/base.css": "pages/css/base.css", "/centre.css": "centre/page/centre.css", "/centre-wall.css": "centre/page/wall.css",
    "/map.css": "centre/page/map.css", "/way-in.css": "http/way-in.css", "/centre.js": "centre/page/centre.js", "/icon.svg": "pages/icon.svg", "/favicon.ico": "pages/icon.svg",
}  # fmt: skip
log_of_faults = logging.getLogger("hallcall.centre")
RETRY_AFTER = {"database": "10", "busy": "2"}


def application(database: str, data: Path, port: int, zone: str) -> ASGIApp:
    """Return the ASGI application. The tables are there already.

    Args:
        data: the folder of the accounts of who looks at the city.
        port: its own, for the name of its cookie: cookies do not know ports.
        zone: of the city, for its dates.

    Raises:
        AccountError: the accounts cannot be used.
    """
    takers, reader, sessions = Takers(database), CityReader(database, zone), ViewerSessions(data)
    cookie, packages = f"hallcall-centre-{port}", PackageShelf(data)

    async def post(request: Request) -> Response:
        if takers.waiting >= WAITING_MAX:
            return _refusal("busy", site=request.path_params["site"])
        takers.waiting += 1
        try:
            return await _take(takers, request.path_params["site"], request)
        except CentreError as error:
            return _refusal(error.code, **error.facts)
        finally:
            takers.waiting -= 1

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncGenerator[None]:
        yield
        takers.close()
        reader.close()
        sessions.close()

    async def settings(request: Request) -> Response:
        """Answer a hall that asks for the city's settings (`published.asked`)."""
        site, (after, has) = (
            request.path_params["site"],
            (whole(request.query_params.get(each, ""), 0) for each in ("after", "adopted")),
        )
        try:
            body = await takers.settings(site, bearer(request), after, has)
        except CentreError as error:
            return _refusal(error.code, **error.facts)
        return Response(body, 200 if body else 204, media_type="application/json")

    async def package(request: Request) -> Response:
        """Answer a hall that fetches the program (`PackageShelf`)."""
        site = request.path_params["site"]
        try:
            await takers.admit(site, bearer(request))
            return packages.given(request.path_params["sha256"], site)
        except CentreError as error:
            return _refusal(error.code, **error.facts)

    async def metrics(_: Request) -> Response:
        """Tell a monitoring system how many halls there are and how many were heard of lately; no hall is named."""
        text = exposition.text_of(exposition.of_process("centre"), await takers.measures())
        return Response(text, media_type=exposition.EXPOSITION, headers={"Cache-Control": "no-store"})

    routes = [
        Route(taking.PATH, post, methods=["POST"]),
        Route(city_bundles.PATH, settings, methods=["GET"]),
        Route(city_packages.PATH, package, methods=["GET"]),
        Route("/healthz", _health),
        Route(exposition.PATH, metrics),
    ]
    routes += page_routes(CityPages(reader, sessions.note_export), CentreSignIn(sessions, cookie))
    handlers = {HTTPException: lost, CentreError: away, RecordsError: away}
    return CentreGuard(
        Starlette(routes=routes, lifespan=lifespan, exception_handlers=handlers), sessions, cookie
    )


def page_routes(pages: CityPages, way_in: CentreSignIn) -> list[BaseRoute]:
    """Return the routes of the pages, of the way in, and of the few files that they load."""
    own = files("display")
    return [
        Route("/", guarded(pages.halls)),
        Route("/map", guarded(pages.overviews.map)),
        Route("/alarms", guarded(pages.overviews.alarms)),
        Route("/settings", guarded(pages.overviews.settings)),
        Route("/ranks", guarded(pages.ranks)),
        Route("/items", guarded(pages.items)),
        Route("/wall", guarded(pages.wall)),
        Route("/site/{site}", guarded(pages.hall)),
        Route("/site/{site}/window", guarded(pages.window)),
        Route("/export/{what}.{kind}", guarded(pages.export)),
        Route(SIGN_IN, way_in.show, methods=["GET"]),
        Route(SIGN_IN, way_in.judge, methods=["POST"]),
        Route("/sign-out", way_in.sign_out, methods=["POST"]),
        Route("/lang", speak),
        *(
            Route(path, fixed(asset(own.joinpath(name).read_bytes(), MEDIA[name.rpartition(".")[2]])))
            for path, name in FILES_OF_PAGES.items()
        ),
    ]


async def lost(request: Request, error: Exception) -> Response:
    """Answer what is not there, or not for this person, alike."""
    assert isinstance(error, HTTPException)
    lang = request.scope.get("lang", "zh")
    said = centre_word(lang, "lost")
    if error.status_code == 400:
        said = centre_word(lang, "bad-span", span=error.detail, hint=centre_word(lang, "span-hint"))
    return _said(request, said, error.status_code)


async def away(request: Request, error: Exception) -> Response:
    """Say that the database cannot be read."""
    log_of_faults.warning("%s is not shown: %s", request.url.path, error)
    return _said(request, centre_word(request.scope.get("lang", "zh"), "away"), 503)


def _said(request: Request, said: str, status: int) -> Response:
    viewer = request.scope.get("viewer")
    if viewer is None:
        return Response(said, status, media_type="text/plain")
    body = f"<h1>{for_html(said)}</h1>"
    return HTMLResponse(
        frame(viewer, said, "", "/", body, refresh=status == 503), status, {"Cache-Control": "no-store"}
    )


async def _health(_: Request) -> Response:
    return Response("ok\n", media_type="text/plain")


async def _take(takers: Takers, site: str, request: Request) -> Response:
    key = bearer(request)
    if not key:
        return _refusal("no-key", site=site)
    await takers.admit(site, key)
    if site in takers.busy:
        return _refusal("busy", site=site)
    takers.busy.add(site)
    try:
        body = await asyncio.wait_for(_body(request), BODY_SECONDS)
        if body is None:
            return _refusal("too-large", site=site)
        is_packed = request.headers.get("content-encoding", "") == "gzip"
        state = await takers.take(site, key, body, is_packed)
    except (TimeoutError, ClientDisconnect):
        return _refusal("busy", site=site)
    finally:
        takers.busy.discard(site)
    return Response(state, media_type="application/json")


async def _body(request: Request) -> bytes | None:
    """Return a body, None where it is longer than any batch."""
    found = bytearray()
    async for piece in request.stream():
        found += piece
        if len(found) > taking.BODY_BYTES_MAX:
            return None
    return bytes(found)


def _refusal(code: str, **facts: object) -> Response:
    headers = {"Retry-After": RETRY_AFTER[code]} if code in RETRY_AFTER else {}
    body = taking.refusal(code, **facts)
    return Response(body, STATUS.get(code, 400), headers, "application/json")
