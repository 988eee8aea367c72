"""What every HTTP room of this process shares: JSON answers, problems, bodies within bounds, who asks.

A *problem* is an answer that says why something was not done and what to do next; `explained` turns what an
endpoint raises into one.
"""

from typing import Any, cast

import msgspec
from msgspec import Struct
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from caller.client.page_files import MEDIA, NEVER, Endpoint
from caller.engine.refusals import REFUSALS
from config.process.connection_limits import real_address
from display.http.caller_connections import CallerAwayError, KeyRefusedError

BODY_BYTES_MAX = 8 * 1024  # a command is under 1 KiB


class Problem(Struct):
    """Why it was not done, and the next step; `code` is stable."""

    code: str
    zh: str
    en: str
    next_zh: str = ""
    next_en: str = ""


AWAY = Problem(
    "caller-away", "叫号服务暂时不可用", "The caller cannot be reached",
    "请稍候用同一 Idempotency-Key 重试", "Repeat in a moment with the same Idempotency-Key",
)  # fmt: skip
TOO_LARGE = Problem(
    "too-large", "内容超过 8 KiB", "The body is larger than 8 KiB", "请减少内容", "Send less"
)  # fmt: skip


class ProblemError(Exception):
    """Ends a request with this problem."""

    def __init__(self, status: int, problem: Problem) -> None:
        super().__init__(problem.code)
        self.status, self.problem = status, problem


def refusal(status: int, code: str) -> ProblemError:
    """Return the problem of one of the hall's own refusals."""
    return ProblemError(status, Problem(code, *REFUSALS[code]))


def answer(document: Any, status: int = 200) -> Response:
    """Return a JSON answer that no cache may keep."""
    body = msgspec.json.encode(document)
    return Response(body, status, media_type=MEDIA["json"], headers={"Cache-Control": NEVER})


def explained(endpoint: Endpoint) -> Endpoint:
    """Turns what an endpoint raises into an answer for a program and a person."""

    async def careful(request: Request) -> Response:
        try:
            return await endpoint(request)
        except ProblemError as error:
            return answer(error.problem, error.status)
        except KeyRefusedError as error:
            bye = error.bye
            return answer(Problem(bye.code, bye.zh, bye.en, bye.next_zh, bye.next_en), 401)
        except CallerAwayError:
            return answer(AWAY, 503)
        except ClientDisconnect:  # or its deadline passed: there is no one left to answer
            return Response(status_code=408)

    return cast(Endpoint, careful)


async def body_of(request: Request) -> bytes:
    """Return at most `BODY_BYTES_MAX`; what is longer is not read to its end. Raises `ProblemError`."""
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > BODY_BYTES_MAX:
            raise ProblemError(413, TOO_LARGE)
    return body


def bearer(request: Request) -> str:
    """Return the key of `Authorization: Bearer KEY`, or ""."""
    scheme, _, key = request.headers.get("authorization", "").partition(" ")
    return key.strip() if scheme.lower() == "bearer" else ""


def address_of(request: Request) -> str:
    """Return the address that asks; a proxy on this machine says for whom it speaks (docs/pages.md)."""
    return real_address(request.client.host if request.client else "", request.headers)
