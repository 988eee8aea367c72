"""Turns an ID number typed at the guide desk into the keyed hash by which the caller finds its holder.

1. The page sends the token of its station, and the caller says whose it is: a guide's or a manager's. It is no oracle:
   no other station learns the hash of a number.
2. The number comes in the body, over the way the page came; it stands in no address, no log and no answer.
3. The key must be the one the ID readers use (DATA/keys), as for the REST interface.
"""

import logging
from pathlib import Path

import msgspec
from msgspec import Struct
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from caller.identity.id_hash import BadKey, person_keys, read_document
from config.text_safety import DECODE_ERRORS
from display.http.caller_connections import CallerConnections
from display.http.responses import answer, bearer, body_of, explained, problem, refusal

PATH = "/guide/person"
ROLES = frozenset({"guide", "manager"})
log = logging.getLogger("hallcall.web")


class TypedNumber(Struct, forbid_unknown_fields=True):
    """The body: an ID number, or passport:NUMBER."""

    number: str

    def __repr__(self) -> str:
        return "TypedNumber()"


class Holder(Struct):
    """Who the number stands for in this site, and its last four characters."""

    person: str
    last4: str


def routes(connections: CallerConnections, data: Path) -> list[BaseRoute]:
    async def person(request: Request) -> Response:
        if await connections.keyed(bearer(request), ROLES) is None:
            raise refusal(403, "not-allowed")
        return answer(_holder(await body_of(request), data))

    return [Route(PATH, explained(person), methods=["POST"])]


def _holder(body: bytes, data: Path) -> Holder:
    try:
        number = msgspec.json.decode(body, type=TypedNumber).number
        found = read_document(number, person_keys(data))
    except DECODE_ERRORS:
        raise problem(422, "bad-id-number") from None
    except BadKey as error:
        log.error("%s", error)
        raise problem(503, "no-person-key") from None
    if not found.person:
        raise problem(422, "bad-id-number")
    return Holder(found.person, found.last4)
