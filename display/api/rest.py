"""REST for other programs of the hall's owner, under /api/v1: the hall's state, numbers, windows, cases, feedback, events.

The same commands as on the wire, by API key (`Authorization: Bearer KEY`, where KEY is `NUMBER:SECRET` of an account made by
`hallcall account add NUMBER --key --roles read,tickets`, or in the office; or the token of a station enrolled as `web`). What a
key may is in `caller.protocol.key_scopes`, each address in `operations`, what was wrong in `problems`.

An answer to GET has an `ETag`; `If-None-Match` with it is answered 304 while nothing has changed.
"""

import hashlib
import time

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from caller.client.page_files import MEDIA, NEVER, Endpoint
from caller.protocol.key_scopes import Scope
from display.api.calls import ApiCall, Backend, KeyPace, too_fast
from display.api.event_stream import EventStreams
from display.api.operations import OPERATIONS, PREFIX, Operation
from display.api.problems import explained
from display.http.caller_connections import KeyLine
from display.http.responses import address_of, bearer, body_of, problem, refusal

EVENTS_PATH = f"{PREFIX}/events"
KEPT = "private, no-cache"  # by the one who asked, and asked for anew each time


def routes(backend: Backend) -> list[BaseRoute]:
    """Return the routes of the interface."""
    pace, streams = KeyPace(lambda: backend.settings().api), EventStreams(backend)

    def run(operation: Operation) -> Endpoint:
        async def endpoint(request: Request) -> Response:
            # A body that was not read would make the server cut the line behind whatever is answered.
            body = await body_of(request) if operation.method == "POST" else b""
            line = await admitted(request, backend, operation.scopes, pace)
            found = await operation.run(ApiCall(request, line, backend, body))
            return _answer(request, found, operation.method == "GET")

        return explained(endpoint)

    async def events(request: Request) -> Response:
        line = await admitted(request, backend, ("events",), pace)
        return await streams.answer(request, line)

    made: list[BaseRoute] = [
        Route(PREFIX + each.path, run(each), methods=[each.method]) for each in OPERATIONS
    ]
    return [*made, Route(EVENTS_PATH, explained(events))]


async def admitted(request: Request, backend: Backend, scopes: tuple[Scope, ...], pace: KeyPace) -> KeyLine:
    """Return the line of the key that asks. Raises `KeyRefusedError`, `CallerAwayError`, or `ProblemError` for a key
    that has none of these scopes, or asks too fast."""
    line = await backend.connections.line(bearer(request), address_of(request))
    if not line.scopes:
        raise refusal(403, "not-allowed")
    if not line.scopes.intersection(scopes):
        raise problem(403, "no-scope", scope=scopes[0])
    if seconds := pace.wait(line.owner, time.monotonic()):
        raise too_fast(seconds)
    return line


def _answer(request: Request, found: object, is_read: bool) -> Response:
    """Return a JSON answer; one that was read has an ETag, and is not sent again to who has it."""
    body = msgspec.json.encode(found)
    if not is_read:
        return Response(body, media_type=MEDIA["json"], headers={"Cache-Control": NEVER})
    etag = f'"{hashlib.sha256(body).hexdigest()[:20]}"'
    headers = {"Cache-Control": KEPT, "ETag": etag, "Vary": "Authorization"}
    if _has(request.headers.get("if-none-match", ""), etag):
        return Response(status_code=304, headers=headers)
    return Response(body, media_type=MEDIA["json"], headers=headers)


def _has(header: str, etag: str) -> bool:
    """Return whether an `If-None-Match` names this answer; a proxy may have made the tag a weak one."""
    return etag in (each.strip().removeprefix("W/") for each in header.split(","))
