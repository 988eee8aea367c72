"""What every HTTP room of this process shares: JSON answers, problems, bodies within bounds, who asks.

A *problem* is an answer that says why something was not done and what to do next; `explained` turns what an
endpoint raises into one.
"""

from collections.abc import Mapping
from http.cookies import CookieError, SimpleCookie
from typing import Any, cast
from urllib.parse import urlsplit

import msgspec
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import Message as Sent
from starlette.types import Send

from caller.client.page_files import MEDIA, NEVER, Endpoint
from caller.protocol.frames import message_of
from config.catalogue import Message, message
from config.process.connection_limits import network_of, real_address
from display.http.caller_connections import CallerAwayError, KeyRefusedError, TooManyKeysError

# Of every answer of the pages behind a sign-in.
SIGNED_IN_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
}
BODY_BYTES_MAX = 8 * 1024  # a command is under 1 KiB


class ProblemError(Exception):
    """Ends a request with this HTTP status and this answer to a person."""

    def __init__(self, status: int, problem: Message) -> None:
        super().__init__(problem.code)
        self.status, self.problem = status, problem


def problem(status: int, code: str, /, **facts: object) -> ProblemError:
    """Return a problem of the pages' and the REST interface's own, by its code in the catalogue."""
    return ProblemError(status, message("problem", code, **facts))


def refusal(status: int, code: str) -> ProblemError:
    """Return the problem of one of the hall's own refusals."""
    return ProblemError(status, message("refusal", code))


def answer(document: Any, status: int = 200) -> Response:
    """Return a JSON answer that no cache may keep."""
    body = msgspec.json.encode(document)
    return Response(body, status, media_type=MEDIA["json"], headers={"Cache-Control": NEVER})


def explained(endpoint: Endpoint) -> Endpoint:
    """Turn what an endpoint raises into an answer for a program and a person."""

    async def careful(request: Request) -> Response:
        try:
            return await endpoint(request)
        except ProblemError as error:
            return answer(error.problem, error.status)
        except KeyRefusedError as error:
            return answer(message_of(error.bye), 401)
        except CallerAwayError:
            return answer(message("problem", "caller-away"), 503)
        except TooManyKeysError as error:
            return answer(message("problem", "key-too-fast", seconds=error.seconds), 429)
        except ClientDisconnect:  # or its deadline passed: there is no one left to answer
            return Response(status_code=408)

    return cast(Endpoint, careful)


async def body_of(request: Request) -> bytes:
    """Return at most `BODY_BYTES_MAX`; what is longer is not read to its end. Raises `ProblemError`."""
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > BODY_BYTES_MAX:
            raise problem(413, "too-large")
    return body


def is_own_origin(headers: Mapping[str, str]) -> bool:
    """Return whether a request comes from a page of this very host and port: a browser says so with every POST."""
    origin, host = headers.get("origin", ""), headers.get("host", "")
    try:
        return bool(origin) and urlsplit(origin).netloc == host
    except ValueError:  # half an IPv6 address
        return False


def is_https(request: Request) -> bool:
    """Return whether the browser's own line is encrypted. A chain of proxies lists one scheme each; the first is its own."""
    given = request.headers.get("x-forwarded-proto", request.url.scheme)
    return given.partition(",")[0].strip().lower() in ("https", "wss")


def bearer(request: Request) -> str:
    """Return the key of `Authorization: Bearer KEY`, or ""."""
    scheme, _, key = request.headers.get("authorization", "").partition(" ")
    return key.strip() if scheme.lower() == "bearer" else ""


def address_of(request: Request) -> str:
    """Return by which address what is asked is counted; a proxy on this machine says for whom it speaks (docs/pages.md)."""
    return network_of(real_address(request.client.host if request.client else "", request.headers))


def cookies_of(headers: Mapping[str, str]) -> dict[str, str]:
    """Return the cookies of a request; none where the header cannot be read."""
    try:
        return {name: found.value for name, found in SimpleCookie(headers.get("cookie", "")).items()}
    except CookieError:
        return {}


def with_policy(send: Send, policy: str) -> Send:
    """Return a `send` that puts the headers of pages behind a sign-in on the answer, with this content policy."""
    extra = [(name.lower().encode(), value.encode()) for name, value in SIGNED_IN_HEADERS.items()]
    extra.append((b"content-security-policy", policy.encode()))

    async def sent(message: Sent) -> None:
        if message["type"] == "http.response.start":
            message["headers"] = [*message["headers"], *extra]
        await send(message)

    return sent
