"""REST for other programs of the hall's owner: issue a number, book, check in, ask for a ticket.

The same commands as on the wire, under /api/v1, by API key (`Authorization: Bearer KEY`, where KEY is `NUMBER:SECRET` of an
account made by `hallcall account add NUMBER --key --roles guide`, or the token of a station enrolled as `web`). The key goes to
the caller untouched, and the caller's tables decide: what an account may is what its roles may, and the log has its number.
A client that may have to repeat sends its own `Idempotency-Key`; hashed with the name of the key's owner it becomes
the command's id, so a repeat gets the same answer and no second effect, and two owners never share an id.

Where a command wants to know who, the body may say `id_number`, and for whom (代办) `client_number`: each is hashed as the ID readers hash it (the key
must be theirs: DATA/keys) in the breath it is checked, so that a card checks the appointment in. The number
itself is neither kept nor repeated in an answer.
"""

import hashlib
import logging
import re
from pathlib import Path
from typing import Any, Literal
from uuid import UUID

import msgspec
from msgspec import Struct
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from caller.client.client import Client, RefusedError, SendError, new_id
from caller.engine import commands as cmd
from caller.engine.envelope import AnyCommand
from caller.identity.id_hash import BadKey, person_keys, read_document
from caller.protocol.frames import PeerError, message_of
from config.text_safety import DECODE_ERRORS
from display.http.caller_connections import CallerAwayError, CallerConnections
from display.http.responses import (
    Endpoint,
    ProblemError,
    answer,
    bearer,
    body_of,
    explained,
    problem,
    refusal,
)

PREFIX = "/api/v1"
PERSONS = {"id_number": "person", "client_number": "client"}  # a body's plain number, and the hash it becomes
KEY = re.compile(r"[A-Za-z0-9-]{8,64}")  # of a request, as its description in OpenAPI says
log = logging.getLogger("hallcall.web")


class Issued(Struct):
    """A number. `low` and `high` are the expected wait in minutes (-1: unknown); instants are UTC µs. `key` is the
    phone's: the applicant's page is `/t#KEY`; give it to the applicant only."""

    ticket: str
    number: str
    queue: str
    ahead: int
    low: int
    high: int
    issued: int
    key: str = ""


class Booked(Struct):
    appointment: str
    code: str


class TicketStatus(Struct):
    """A ticket as its holder may see it; more fields may be added."""

    ticket: str
    number: str
    state: Literal[
        "waiting", "called", "serving", "held", "missed", "served", "cancelled", "expired", "lapsed"
    ]
    queue: str = ""
    ahead: int = 0
    low: int = -1
    high: int = -1
    window: str = ""
    window_name: str = ""


class Nothing(Struct):
    """Done; there is nothing more to say."""


class Operation(Struct, frozen=True):
    """One row of the API: a command reached by POST. The ticket or appointment may be in the path."""

    path: str
    command: type[Any]
    result: type[Struct]
    zh: str
    en: str
    part: str = ""  # the command's field that the path gives


OPERATIONS = (
    Operation("/tickets", cmd.TakeTicket, Issued, "取号", "Issue a number"),
    Operation("/tickets/{ticket}/cancel", cmd.CancelTicket, Nothing, "取消号码", "Cancel a number", "ticket"),
    Operation(
        "/tickets/{ticket}/postpone", cmd.PostponeTicket, Nothing, "晚到，保留位置", "Keep the place", "ticket"
    ),
    Operation("/appointments", cmd.BookAppointment, Booked, "预约", "Book an appointment"),
    Operation(
        "/appointments/{appointment}/change", cmd.ChangeAppointment, Nothing, "改约", "Change it", "appointment"
    ),
    Operation(
        "/appointments/{appointment}/cancel", cmd.CancelAppointment, Nothing, "取消预约", "Cancel it", "appointment"
    ),
    Operation("/check-ins", cmd.CheckIn, Issued, "预约签到取号", "Check in with a code"),
)  # fmt: skip


def routes(connections: CallerConnections, data: Path) -> list[BaseRoute]:
    posts = [
        Route(PREFIX + each.path, _post(connections, each, data), methods=["POST"]) for each in OPERATIONS
    ]
    return [*posts, Route(PREFIX + "/tickets/{ticket}", _status(connections))]


def _post(connections: CallerConnections, operation: Operation, data: Path) -> Endpoint:
    async def endpoint(request: Request) -> Response:
        client = await _client(connections, request)
        command = await _command(operation, request, data)
        return answer(await _send(client, command, request), 200)

    return explained(endpoint)


def _status(connections: CallerConnections) -> Endpoint:
    async def endpoint(request: Request) -> Response:
        await _client(connections, request)
        document = await connections.tickets.read(request.path_params["ticket"])
        if not document:
            raise refusal(404, "unknown-ticket")
        return answer(document)

    return explained(endpoint)


async def _client(connections: CallerConnections, request: Request) -> Client:
    """Return the connection of the key that asks. Raises: ProblemError for a key of another role than `web`."""
    client = await connections.keyed(bearer(request), {"web"})
    if client is None:
        raise refusal(403, "not-allowed")
    return client


async def _command(operation: Operation, request: Request, data: Path) -> AnyCommand:
    body = await body_of(request)
    try:
        fields = msgspec.json.decode(body or b"{}", type=dict[str, Any])
        if operation.part:
            fields[operation.part] = request.path_params[operation.part]
        if asks_who(operation):
            for field, hashed_as in PERSONS.items():
                if field in fields:
                    fields[hashed_as] = _person(fields, field, hashed_as, data)
        return msgspec.convert(fields | {"type": operation.command.__name__}, operation.command)
    except DECODE_ERRORS as error:
        raise problem(422, "bad-body", detail=error) from None


def asks_who(operation: Operation) -> bool:
    return "person" in operation.command.__struct_fields__


def _person(fields: dict[str, Any], field: str, hashed_as: str, data: Path) -> str:
    """Return who a document number stands for in this site; it leaves the fields here."""
    number, is_client = str(fields.pop(field)), hashed_as == "client"
    if hashed_as in fields:
        raise problem(422, "two-persons", plain=field, hashed=hashed_as)
    try:
        found = read_document(number, person_keys(data), legal=is_client)
    except BadKey as error:
        log.error("%s", error)
        raise problem(503, "no-person-key") from None
    if not found.person and is_client:
        raise problem(422, "bad-client-number")
    if not found.person:
        raise problem(422, "bad-id-number")
    return found.person


def command_id(owner: str, key: str) -> str:
    """Return the id of the command that an owner's Idempotency-Key stands for: a UUID made of both."""
    digest = hashlib.sha256(f"hallcall rest {owner}\n{key}".encode()).digest()
    return str(UUID(bytes=digest[:16], version=5))


async def _send(client: Client, command: AnyCommand, request: Request) -> dict[str, Any]:
    key = request.headers.get("idempotency-key", "")
    if key and not KEY.fullmatch(key):
        raise problem(422, "bad-body", detail=f"Idempotency-Key: {KEY.pattern}")
    owner = client.persons.accounts.get("") or (client.welcome.station if client.welcome else "")
    try:
        return await client.send(command, command_id(owner, key) if key else new_id())
    except RefusedError as refused:
        raise ProblemError(_http_status(refused.frame.code), message_of(refused.frame)) from None
    except SendError:
        raise CallerAwayError from None
    except PeerError as error:
        raise problem(422, "bad-body", detail=error.detail) from None


def _http_status(code: str) -> int:
    if code.startswith("unknown-"):
        return 404
    return {
        "not-allowed": 403,
        "role-not-allowed": 403,
        "sign-in-first": 401,
        "too-fast": 429,
        "not-saved": 503,
    }.get(code, 409)
