"""One call of the REST interface: who asks, what the body says, what is asked of the caller in their name.

1. The key goes to the caller untouched. What it may is its scopes (`caller.protocol.key_scopes`), which the caller holds it
   to as well; a route asks for its own scope before it reads a body.
2. Every POST takes an `Idempotency-Key`. Hashed with the name of the key's owner it becomes the command's id, so a repeat
   gets the same answer and no second effect, and two owners never share an id. Without one each POST is a new command.
3. A verb on what has a version (a window, a case) says on which one it was pressed, `as_of`; or it has an
   Idempotency-Key, and is meant for what is there when it comes. With neither, a repeat would do it twice: refused.
4. A key may ask as often as the hall's `[api]` says; beyond that it is told when to come back.
"""

import asyncio
import hashlib
import re
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple, TypeVar
from uuid import UUID

import msgspec
from starlette.requests import Request

from caller.client.client import RefusedError, SendError, new_id
from caller.engine.envelope import AnyCommand
from caller.people.feedback_store import FeedbackStore
from caller.protocol.frames import PeerError, message_of
from config.catalogue import message
from config.delivery_settings import ApiTable
from config.instants import Seconds
from config.settings import Settings
from config.text_safety import DECODE_ERRORS
from display.api.problems import Refusal
from display.http.caller_connections import CallerAwayError, CallerConnections, KeyLine
from display.http.responses import ProblemError, problem, refusal

T = TypeVar("T")
KEY = re.compile(r"[A-Za-z0-9-]{8,64}")  # of a request, as its description in OpenAPI says
PART = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")  # an id in a path
MEDIA_TYPES = (
    "",
    "application/json",
    "application/x-www-form-urlencoded",
)  # the last is what `curl -d` says of JSON
PER_SECOND, BURST = ApiTable().per_second, ApiTable().burst  # of one key, where the hall says nothing else
OWNERS_MAX = 256  # whose pace is remembered


class Backend(NamedTuple):
    """What the interface works with. `settings`: those in force."""

    connections: CallerConnections
    data: Path
    settings: Callable[[], Settings]
    feedback: FeedbackStore


class KeyPace:
    """How fast each key asks: a bucket of so many requests, filled at so many a second. `api`: what the hall says now."""

    def __init__(self, api: Callable[[], ApiTable] = ApiTable) -> None:
        self._api = api
        self._left: OrderedDict[str, tuple[float, Seconds]] = OrderedDict()

    def limits(self) -> tuple[float, float]:
        """Return how many requests a second, and at once."""
        api = self._api()
        return float(api.per_second), float(api.burst)

    def wait(self, owner: str, monotonic: Seconds) -> int:
        """Count a request; return 0, or the seconds until the next is fair."""
        per_second, burst = self.limits()
        left, at = self._left.pop(owner, (burst, monotonic))
        left = min(burst, left + max(0.0, monotonic - at) * per_second)
        fair = left >= 1
        self._left[owner] = (left - 1 if fair else left, monotonic)
        if len(self._left) > OWNERS_MAX:
            self._left.popitem(last=False)
        return 0 if fair else 1 + int((1 - left) / per_second)


def too_fast(seconds: int) -> Refusal:
    """Return the problem of a key that asks too fast."""
    said = problem(429, "key-too-fast", seconds=seconds).problem
    return Refusal(429, said, {"Retry-After": str(seconds)})


class ApiCall:
    """One request by a key whose scope has been asked for."""

    def __init__(self, request: Request, line: KeyLine, backend: Backend, body: bytes) -> None:
        self.request, self.line, self.backend, self._body = request, line, backend, body
        key = request.headers.get("idempotency-key", "")
        if key and not KEY.fullmatch(key):
            raise problem(422, "bad-body", detail=f"Idempotency-Key: {KEY.pattern}")
        self.repeatable = bool(key)
        self.id = command_id(line.owner, key) if key else new_id()

    def part(self, name: str) -> str:
        """Return a part of the path. Raises `ProblemError` where nothing can have such an id."""
        found = self.request.path_params[name]
        if not PART.fullmatch(found):
            raise refusal(404, f"unknown-{name}")
        return found

    def fields(self) -> dict[str, Any]:
        """Return the body, a JSON object; an empty one has no fields. Raises `ProblemError`."""
        kind = self.request.headers.get("content-type", "").partition(";")[0].strip().lower()
        if kind not in MEDIA_TYPES:
            raise problem(415, "not-json", detail=kind)
        return self.decoded(lambda: msgspec.json.decode(self._body or b"{}", type=dict[str, Any]))

    def decoded(self, work: Callable[[], T]) -> T:
        """Return what `work` makes of the body. Raises `ProblemError` where it does not fit."""
        try:
            return work()
        except DECODE_ERRORS as error:
            raise problem(422, "bad-body", detail=error) from None

    async def topic(self, topic: str) -> dict[str, Any]:
        """Return a document of the caller as it stands, {} where there is none. Raises `ProblemError`."""
        if not self.line.may_watch(topic):
            raise refusal(403, "not-allowed")
        return await self.line.reader.topic(topic)

    async def window(self) -> dict[str, Any]:
        """Return the document of the window in the path. Raises `ProblemError`."""
        id = self.part("window")
        found = await self.topic(f"window/{id}")
        if not found:
            raise ProblemError(404, message("refusal", "unknown-window", window=id))
        return found

    async def send(self, command: AnyCommand) -> dict[str, Any]:
        """Return the result of a command, sent under this request's id. Raises `ProblemError`."""
        try:
            return await self.line.client.send(command, self.id)
        except RefusedError as refused:
            raise ProblemError(http_status(refused.frame.code), message_of(refused.frame)) from None
        except SendError:
            raise CallerAwayError from None
        except PeerError as error:
            raise problem(422, "bad-body", detail=error.detail) from None

    async def sent(self, command: AnyCommand, answer: type[T]) -> T:
        """Return the result of a command as its answer. Raises `ProblemError`, also where the Idempotency-Key belongs to
        another request of this owner, whose answer is of another kind."""
        result = await self.send(command)
        try:
            return msgspec.convert(result, answer)
        except msgspec.ValidationError:
            raise problem(409, "key-reused") from None

    def need_repeatable(self) -> None:
        """Raise `ProblemError` where neither a version nor an Idempotency-Key says which press this is (rule 3)."""
        if not self.repeatable:
            raise problem(422, "as-of-or-key")


def command_id(owner: str, key: str) -> str:
    """Return the id of the command that an owner's Idempotency-Key stands for: a UUID made of both."""
    digest = hashlib.sha256(f"hallcall rest {owner}\n{key}".encode()).digest()
    return str(UUID(bytes=digest[:16], version=5))


def http_status(code: str) -> int:
    """Return the HTTP status of one of the hall's refusals."""
    if code.startswith("unknown-") and code != "unknown-code":
        return 404
    return {
        "not-allowed": 403,
        "role-not-allowed": 403,
        "place-not-allowed": 403,
        "sign-in-first": 401,
        "too-fast": 429,
        "not-saved": 503,
    }.get(code, 409)


async def in_thread(work: Callable[[], T]) -> T:
    """Return what `work` with a file of ours returns. Raises `ProblemError` where the disk does not take it."""
    try:
        return await asyncio.to_thread(work)
    except OSError:
        raise problem(503, "not-saved") from None
