"""What the REST interface answers where it does not do what was asked: a problem (RFC 9457, application/problem+json).

`type` names the code, `title` says what kind of thing went wrong, `detail` what is so and `next` what to do; Chinese, or
English where `Accept-Language` asks for it. The four sentences follow in both languages under the names they have on the
wire. The codes of the hall's refusals are those of docs/wire.md.
"""

from collections.abc import Mapping
from typing import cast

import msgspec
from msgspec import Struct
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from caller.client.page_files import NEVER, Endpoint
from caller.protocol.frames import message_of
from config.catalogue import Message, message
from display.http.caller_connections import CallerAwayError, KeyRefusedError, TooManyKeysError
from display.http.responses import ProblemError

MEDIA_TYPE = "application/problem+json"
AWAY_SECONDS = 2  # a caller that restarts is back by then
TITLES = {
    401: "密钥无效 / The key is not known",
    403: "该密钥无权 / The key may not do that",
    404: "没有此对象 / There is no such thing",
    405: "该地址不支持此方法 / The address does not take this method",
    409: "大厅拒绝 / The hall refuses",
    413: "内容过长 / The body is too large",
    415: "内容类型不对 / The body is of the wrong type",
    422: "内容不符合接口 / The body does not fit",
    429: "过于频繁 / Too many requests",
    503: "暂不可用，可重试 / Not available now; repeat",
}


class Problem(Struct):
    """Why something was not done, and the next step."""

    type: str
    title: str
    status: int
    detail: str
    code: str
    next: str
    zh: str
    en: str
    next_zh: str
    next_en: str


class Refusal(ProblemError):
    """A problem of the REST interface; `headers` go out with it."""

    def __init__(self, status: int, problem: Message, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(status, problem)
        self.headers = headers or {}


def problem_of(status: int, found: Message, language: str = "") -> Problem:
    """Return the problem that a message is, in the language that `Accept-Language` names first."""
    english = language.strip().lower().startswith("en")
    detail, step = (found.en, found.next_en) if english else (found.zh, found.next_zh)
    title = TITLES.get(status, f"HTTP {status}")
    return Problem(
        f"urn:hallcall:problem:{found.code}", title, status, detail, found.code, step, *found.words
    )


def problem_answer(request: Request, status: int, found: Message) -> Response:
    """Return a problem as an answer that no cache may keep."""
    body = msgspec.json.encode(problem_of(status, found, request.headers.get("accept-language", "")))
    headers = {"Cache-Control": NEVER, "Content-Language": "zh, en"}
    if status == 503:
        headers["Retry-After"] = str(AWAY_SECONDS)
    return Response(body, status, headers, MEDIA_TYPE)


def explained(endpoint: Endpoint) -> Endpoint:
    """Turn what an endpoint of the interface raises into a problem."""

    async def careful(request: Request) -> Response:
        try:
            return await endpoint(request)
        except ProblemError as error:
            found = problem_answer(request, error.status, error.problem)
            if isinstance(error, Refusal):
                found.headers.update(error.headers)
            return found
        except KeyRefusedError as error:
            found = problem_answer(request, 401, message_of(error.bye))
            found.headers["WWW-Authenticate"] = "Bearer"
            return found
        except CallerAwayError:
            return problem_answer(request, 503, message("problem", "caller-away"))
        except TooManyKeysError as error:
            found = problem_answer(request, 429, message("problem", "key-too-fast", seconds=error.seconds))
            found.headers["Retry-After"] = str(error.seconds)
            return found
        except ClientDisconnect:  # or its deadline passed: there is no one left to answer
            return Response(status_code=408)

    return cast(Endpoint, careful)
