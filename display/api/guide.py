"""What the guide desk asks of the web process: the keyed hash of an ID number, and numbers by a phone number.

1. The page sends the token of its station, and the caller says whose it is: a guide's or a manager's. It is no oracle:
   no other station learns the hash of a number.
2. The number comes in the body, over the way the page came; it stands in no address, no log and no answer.
3. The key must be the one the ID readers use (DATA/keys), as for the REST interface.
4. A phone number is kept only where its holder agreed at the guide desk, for the one purpose of finding the number of
   today by it (`PURPOSES["find"]`): in the people's store, which forgets it after a day. It goes to no log and no event,
   and what was left for another purpose (the answer to a complaint, a case) is never looked through here. Where its holder
   agreed to notices as well, it is kept for those apart (`notify_numbers`).
"""

import asyncio
import logging
import sqlite3
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, TypeVar

import msgspec
from msgspec import Meta, Struct
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from caller.identity.id_hash import BadKey, person_keys, read_document
from caller.people.notify_numbers import NotifyNumbers
from caller.people.store import PeopleStore
from config.text_safety import DECODE_ERRORS
from display.http.caller_connections import CallerConnections
from display.http.responses import address_of, answer, bearer, body_of, explained, problem, refusal

PATH, CONTACT_PATH, PHONE_PATH = "/guide/person", "/guide/contact", "/guide/phone"
PURPOSE, FIELD = "find", "contact"
FOUND_MAX = 20  # numbers of one phone; a family of a day has five
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


Phone = Annotated[str, Meta(pattern=r"^1[3-9][0-9]{9}\Z")]
T = TypeVar("T")


class LeftPhone(Struct, forbid_unknown_fields=True):
    """The body: a ticket of today, and the phone number its holder agreed to leave for finding it."""

    ticket: Annotated[str, Meta(pattern=r"^[A-Za-z0-9-]{1,64}\Z")]
    number: Annotated[str, Meta(max_length=16)]
    phone: Phone
    notify: bool = False  # its holder wants to be sent notices, too

    def __repr__(self) -> str:
        return f"LeftPhone({self.ticket!r})"


class SoughtPhone(Struct, forbid_unknown_fields=True):
    """The body: the phone number by which a number is looked for."""

    phone: Phone

    def __repr__(self) -> str:
        return "SoughtPhone()"


class KeptNumber(Struct):
    """A ticket that was found, and its number."""

    ticket: str
    number: str


def routes(connections: CallerConnections, data: Path) -> list[BaseRoute]:
    """Return the routes of the guide desk, each for a guide's or a manager's token only."""
    people = PeopleStore(data)

    async def body_for(request: Request) -> bytes:
        if await connections.keyed(bearer(request), ROLES, address_of(request)) is None:
            raise refusal(403, "not-allowed")
        return await body_of(request)

    async def person(request: Request) -> Response:
        return answer(_holder(await body_for(request), data))

    async def leave(request: Request) -> Response:
        left = _decoded(await body_for(request), LeftPhone)
        about = {"number": left.number}
        subject, now = f"ticket/{left.ticket}", datetime.now(UTC)
        await _stored(lambda: people.keep(subject, PURPOSE, FIELD, left.phone, now, about=about))
        if left.notify:
            await _stored(lambda: NotifyNumbers(data).leave(subject, left.phone, "zh", now))
        return answer({})

    async def found(request: Request) -> Response:
        sought = _decoded(await body_for(request), SoughtPhone)
        where = "purpose = ? and field = ? and value = ?"
        rows = await _stored(lambda: people.find(where, (PURPOSE, FIELD, sought.phone), newest=True))
        numbers = [
            KeptNumber(each.subject.partition("/")[2], str(each.about.get("number", ""))) for each in rows
        ]
        return answer({"tickets": numbers[:FOUND_MAX]})

    return [
        Route(PATH, explained(person), methods=["POST"]),
        Route(CONTACT_PATH, explained(leave), methods=["POST"]),
        Route(PHONE_PATH, explained(found), methods=["POST"]),
    ]


def _decoded(body: bytes, form: type[T]) -> T:
    try:
        return msgspec.json.decode(body, type=form)
    except DECODE_ERRORS:
        raise problem(422, "bad-phone") from None


async def _stored(work: Callable[[], T]) -> T:
    """Do something with the people's store in a thread. Raises `ProblemError` for a full or locked disk."""
    try:
        return await asyncio.to_thread(work)
    except (sqlite3.Error, OSError):
        raise problem(503, "not-saved") from None


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
