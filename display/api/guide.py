"""What the guide desk sends beside the wire: an ID number, to become the keyed hash by which the caller finds its holder, and
the words of a complaint and the like that was taken down there, for the people's store.

1. The page sends the token of its station, and the caller says whose it is: a guide's or a manager's. It is no oracle:
   no other station learns the hash of a number.
2. The number comes in the body, over the way the page came; it stands in no address, no log and no answer.
3. The key must be the one the ID readers use (DATA/keys), as for the REST interface.
"""

import asyncio
import logging
import sqlite3
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import msgspec
from msgspec import Meta, Struct
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from caller.engine.day_commands import Id
from caller.engine.feedback_messages import FeedbackKind
from caller.identity.id_hash import BadKey, person_keys, read_document
from caller.people.feedback_store import BOXED_MAX, CONTACT_MAX, TEXT_MAX, Feedback, FeedbackStore, stamp
from config.text_safety import DECODE_ERRORS
from display.http.caller_connections import CallerConnections
from display.http.responses import answer, bearer, body_of, explained, problem, refusal

PATH, FEEDBACK_PATH = "/guide/person", "/guide/feedback"
ROLES = frozenset({"guide", "manager"})
log = logging.getLogger("hallcall.web")


class TypedNumber(Struct, forbid_unknown_fields=True):
    """The body: an ID number, or passport:NUMBER."""

    number: str

    def __repr__(self) -> str:
        return "TypedNumber()"


class TakenWords(Struct, frozen=True, forbid_unknown_fields=True):
    """The words and the contact of feedback that the desk has received under `id`."""

    id: Id
    kind: FeedbackKind
    number: Annotated[str, Meta(max_length=32)]
    window: Annotated[str, Meta(max_length=32)] = ""
    text: Annotated[str, Meta(max_length=TEXT_MAX)] = ""
    contact: Annotated[str, Meta(max_length=CONTACT_MAX)] = ""


class Holder(Struct):
    """Who the number stands for in this site, and its last four characters."""

    person: str
    last4: str


def routes(connections: CallerConnections, data: Path) -> list[BaseRoute]:
    async def person(request: Request) -> Response:
        if await connections.keyed(bearer(request), ROLES) is None:
            raise refusal(403, "not-allowed")
        return answer(_holder(await body_of(request), data))

    async def feedback(request: Request) -> Response:
        if await connections.keyed(bearer(request), ROLES) is None:
            raise refusal(403, "not-allowed")
        try:
            given = msgspec.json.decode(await body_of(request), type=TakenWords)
        except DECODE_ERRORS:
            raise problem(422, "bad-opinion", text_max=TEXT_MAX, contact_max=CONTACT_MAX) from None
        await asyncio.to_thread(_keep, FeedbackStore(data), given)
        return answer({})

    return [
        Route(PATH, explained(person), methods=["POST"]),
        Route(FEEDBACK_PATH, explained(feedback), methods=["POST"]),
    ]


def _keep(store: FeedbackStore, given: TakenWords) -> None:
    """Keep what was taken down. Raises: ProblemError for a full or locked disk, or for more than is taken."""
    words = given.text.strip() or "-"
    letter = Feedback(
        given.id,
        given.number,
        given.window,
        given.kind,
        0,
        words,
        given.contact.strip(),
        stamp(datetime.now(UTC)),
    )
    try:
        kept = store.put_under(f"follow-up/{given.id}", letter)
    except (sqlite3.Error, OSError):
        raise problem(503, "not-saved") from None
    if not kept:
        raise problem(409, "opinions-used", most=BOXED_MAX)


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
