"""What a kiosk's page shows while the kiosk has no token: its code, at the address where the kiosk will be.

1. The page is opened once, by whatever starts the browser; when the program is enrolled it reloads into the kiosk.
2. The listening socket stays open in between, so that no reload meets a closed port.
3. Nothing here is secret: the code opens nothing by itself, and the page never gets the token.
"""

import asyncio
import socket
from importlib.resources import files
from typing import Any

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from caller.client.enrolment_request import EnrolmentRequest, EnrolmentState, tells
from caller.client.page_files import NEVER, PageFiles, SecurityHeaders, fixed
from config.process.http_server import http_server
from config.process.tls import ServerTls
from kiosk.faces.server import HostGuard

OPTIONS: dict[str, Any] = {"ws": "none", "lifespan": "off", "timeout_graceful_shutdown": 1}


async def enrolled_on_page(
    request: EnrolmentRequest, bound: socket.socket, host: str, tls: ServerTls | None
) -> str:
    """Return the token; until then serve the code on a duplicate of this listening socket. Raises `Unable`."""
    shown, tell = EnrolmentState(), tells(request)

    def show(state: EnrolmentState) -> None:
        nonlocal shown
        shown = state
        tell(state)

    async def state(_: Request) -> Response:
        document = {
            "code": shown.grouped,
            "command": request.command(shown.code),
            "trouble": shown.trouble,
            "fingerprint": shown.fingerprint,
        }
        return JSONResponse(document, headers={"Cache-Control": NEVER})

    pages = PageFiles(files("kiosk") / "faces" / "page")
    page = Starlette(
        routes=[Route("/", fixed(pages.pages["enrol.html"])), Route("/enrol.json", state), *pages.routes()],
        middleware=[
            Middleware(HostGuard, own={"localhost", host.lower(), socket.gethostname().lower()}),
            Middleware(SecurityHeaders, wire=_no_wire, framed="'none'"),
        ],
    )
    server = http_server(page, tls, **OPTIONS)
    serving = asyncio.create_task(server.serve(sockets=[bound.dup()]))
    try:
        return await request.answered(show)
    finally:
        server.should_exit = True
        await serving


def _no_wire(_: Request) -> str:
    return ""
