"""`POST /opinion`: the opinion box of the phone page, and the words that go with a bad rating or a later addition.

A letter is taken from our own pages only (same origin, JSON), for one ticket, with a proof that it is the sender's:

1. the phone page sends the key on the slip (`key`), which the caller checks;
2. the rating tablet sends the ticket it was asked about (`ticket`) with its own token, and only the words of a
   rating, and only for a ticket last at its own window.

The ticket's number and window come from the caller, never from the page; the words of a rating are taken only for a
ticket that was served. A complaint opens a follow-up, of which the caller learns the ticket alone. Guesses are slowed down by address; how many letters one ticket may send is the table's rule.
"""

import asyncio
import sqlite3
from datetime import UTC, datetime
from typing import Annotated, Any

import msgspec
from msgspec import Meta, Struct
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from caller.client.client import Client, RefusedError, SendError, new_id
from caller.engine.commands import OpenFollowUp
from caller.engine.rating_messages import NoteContact
from caller.identity.keys import PHONE_KEY
from caller.people.feedback_store import (
    BOXED_MAX,
    CONTACT_MAX,
    TEXT_MAX,
    Feedback,
    FeedbackStore,
    LetterKind,
    stamp,
)
from caller.protocol.frames import message_of
from config.process.connection_limits import AddressRate
from config.rating_settings import BAD_LEVELS, LEVELS
from config.text_safety import DECODE_ERRORS
from display.http.caller_connections import CallerAwayError, CallerConnections
from display.http.responses import (
    ProblemError,
    address_of,
    answer,
    bearer,
    body_of,
    explained,
    is_own_origin,
    problem,
    refusal,
)

ASKED_MAX = 20  # letters from one address a minute; a family behind one phone's line sends two
LEVELS_OF = {
    "rating": (min(BAD_LEVELS), max(BAD_LEVELS)),
    "addition": (1, LEVELS),
}  # of the rating that words go with
NO_LEVEL = (0, 0)


class FeedbackForm(Struct, frozen=True, forbid_unknown_fields=True):
    """What a page sends."""

    kind: LetterKind
    text: Annotated[str, Meta(min_length=1, max_length=TEXT_MAX)]
    contact: Annotated[str, Meta(max_length=CONTACT_MAX)] = ""
    level: Annotated[int, Meta(ge=0, le=5)] = 0
    key: Annotated[str, Meta(pattern=rf"^({PHONE_KEY})?\Z")] = ""  # of the phone page
    ticket: Annotated[str, Meta(max_length=64, pattern=r"^[A-Za-z0-9-]*\Z")] = ""  # of the tablet


def routes(
    store: FeedbackStore, lines: CallerConnections | None, rate: AddressRate | None = None
) -> list[BaseRoute]:
    """Return the routes. `lines` is None where this process is not enrolled: then no letter can be taken."""
    box = FeedbackApi(store, lines, rate or AddressRate(ASKED_MAX))
    return [Route("/opinion", explained(box.take), methods=["POST"])]


class FeedbackApi:
    """Takes letters; `rate` bounds what one address can make it do."""

    def __init__(self, store: FeedbackStore, lines: CallerConnections | None, rate: AddressRate) -> None:
        self._store, self._lines, self._rate = store, lines, rate

    async def take(self, request: Request) -> Response:
        """Keep a letter, and answer how many more this ticket may write. Raises `ProblemError`."""
        if not from_our_page(request):
            raise problem(403, "strange-origin")
        if not self._rate.allows(address_of(request)):
            raise problem(429, "too-fast")
        letter = _decoded(await body_of(request))
        if self._lines is None:
            raise CallerAwayError
        opinion = _opinion(letter, await _ticket(self._lines, letter, request))
        if opinion.kind == "complaint":
            await _tell(self._lines.own, OpenFollowUp(opinion.ticket))
        if opinion.kind == "rating" and opinion.contact:
            await _tell(self._lines.own, NoteContact(opinion.ticket))
        if not await asyncio.to_thread(_kept, self._store, opinion):
            raise problem(409, "opinions-used", most=BOXED_MAX)
        return answer({"left": await asyncio.to_thread(self._store.left, opinion.ticket)})


async def _ticket(lines: CallerConnections, letter: FeedbackForm, request: Request) -> dict[str, Any]:
    """Return the caller's document of the letter's ticket, once the sender has proven that it is theirs.

    Raises:
        ProblemError: an unknown ticket or a wrong key; a tablet of another window; a visit that is not rateable.
    """
    ticket = await lines.tickets.read(letter.key or letter.ticket)
    if not letter.key:
        tablet = await lines.keyed(bearer(request), {"evaluator"}, address_of(request))
        window = tablet.welcome.station if tablet and tablet.welcome else ""
        if letter.kind != "rating" or not window or ticket.get("window") != window:
            raise refusal(404, "unknown-ticket")
    if not ticket:
        raise refusal(404, "unknown-ticket")
    if letter.kind == "rating" and not (ticket.get("rated") or ticket.get("rateable")):
        raise problem(409, "not-served")
    if letter.kind == "addition" and not ticket.get("added"):
        raise problem(409, "not-rated")
    return ticket


async def _tell(own: Client, command: OpenFollowUp | NoteContact) -> None:
    """Have the hall owe the ticket an answer, or a call back, before its letter is kept: a letter sent again joins the same.

    Raises:
        CallerAwayError, ProblemError: the caller cannot be reached, or does not take it.
    """
    try:
        await own.send(command, new_id())
    except RefusedError as refused:
        raise ProblemError(503, message_of(refused.frame)) from None
    except SendError:
        raise CallerAwayError from None


def from_our_page(request: Request) -> bool:
    """Return whether a request comes from our page: a browser always says where a POST comes from, and sends JSON
    elsewhere only where it was allowed to."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip()
    return is_own_origin(request.headers) and kind == "application/json"


def _bad_letter() -> ProblemError:
    return problem(422, "bad-opinion", text_max=TEXT_MAX, contact_max=CONTACT_MAX)


def _decoded(body: bytes) -> FeedbackForm:
    try:
        letter = msgspec.json.decode(body, type=FeedbackForm)
    except DECODE_ERRORS:
        raise _bad_letter() from None
    if (
        not letter.text.strip()
        or not LEVELS_OF.get(letter.kind, NO_LEVEL)[0]
        <= letter.level
        <= LEVELS_OF.get(letter.kind, NO_LEVEL)[1]
        or bool(letter.key) == bool(letter.ticket)
    ):
        raise _bad_letter()
    return letter


def _opinion(letter: FeedbackForm, ticket: dict[str, Any]) -> Feedback:
    return Feedback(
        ticket=ticket["ticket"], number=ticket["number"], window=ticket.get("window", ""), kind=letter.kind,
        level=letter.level, text=letter.text.strip(), contact=letter.contact.strip(), at=stamp(datetime.now(UTC)),
    )  # fmt: skip


def _kept(opinions: FeedbackStore, opinion: Feedback) -> bool:
    """Return False if this ticket has sent all it may. Raises: ProblemError for a full or locked disk."""
    try:
        return opinions.put(opinion)
    except (sqlite3.Error, OSError):
        raise problem(503, "not-saved") from None
