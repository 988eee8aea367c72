"""`POST /card`: the rating of who scans the static code at a window. A rating belongs to a visit, so it asks for the number.

The caller finds the visit by number and window and rates it once (`RateByNumber`). Numbers are no secret: what one address
may get wrong is bounded (`short_codes`). Words and contact are kept as those of the phone page are, after the rating, and whether
they arrive changes nothing about it. Without a number it is feedback, on its own page.
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

from caller.client.client import RefusedError, SendError, new_id
from caller.engine.commands import RatingReason
from caller.engine.rating_messages import NoteContact, RateByNumber
from caller.engine.short_codes import WrongTries, typed
from caller.people.feedback_store import CONTACT_MAX, TEXT_MAX, Feedback, FeedbackStore, stamp
from caller.protocol.frames import message_of
from config.process.connection_limits import AddressRate
from config.rating_settings import BAD_LEVELS
from config.text_safety import DECODE_ERRORS
from display.api.feedback import ASKED_MAX, from_our_page
from display.http.caller_connections import CallerAwayError, CallerConnections
from display.http.responses import ProblemError, address_of, answer, body_of, explained, problem

WRONG = frozenset({"no-such-visit", "no-service", "already-rated", "rating-late"})  # what a guess meets


class CardForm(Struct, frozen=True, forbid_unknown_fields=True):
    """What the page sends."""

    window: Annotated[str, Meta(min_length=1, max_length=32)]
    number: Annotated[str, Meta(min_length=2, max_length=16)]
    level: Annotated[int, Meta(ge=1, le=5)]
    reasons: Annotated[list[RatingReason], Meta(max_length=8)] = []
    text: Annotated[str, Meta(max_length=TEXT_MAX)] = ""
    contact: Annotated[str, Meta(max_length=CONTACT_MAX)] = ""


def routes(store: FeedbackStore, connections: CallerConnections) -> list[BaseRoute]:
    """Return the route."""
    wrong, rate_of = WrongTries(), AddressRate(ASKED_MAX)

    async def rate(request: Request) -> Response:
        if not from_our_page(request):
            raise problem(403, "strange-origin")
        sender, now = address_of(request), connections.now()
        if minutes := wrong.minutes_left("card", sender, now):
            raise problem(429, "card-tries", minutes=minutes)
        if not rate_of.allows(sender):
            raise problem(429, "too-fast")
        form = _decoded(await body_of(request))
        try:
            ticket = await _rated(connections, form)
        except RefusedError as refused:
            if refused.frame.code in WRONG:
                wrong.note(sender, now)
            raise ProblemError(409, message_of(refused.frame)) from None
        kept = await _keep(store, connections, form, ticket)
        return answer({"kept": kept})

    return [Route("/card", explained(rate), methods=["POST"])]


async def _rated(connections: CallerConnections, form: CardForm) -> str:
    """Return the id of the visit that was rated. Raises: RefusedError, CallerAwayError."""
    command = RateByNumber(form.window, typed(form.number), form.level, form.reasons)
    try:
        result = await connections.own.send(command, new_id())
    except SendError:
        raise CallerAwayError from None
    return str(result["ticket"])


async def _keep(store: FeedbackStore, connections: CallerConnections, form: CardForm, ticket: str) -> bool:
    """Keep the words of a bad rating and the way to be called back; return whether there are any and they are kept."""
    if form.level not in BAD_LEVELS or not form.text.strip():
        return False
    letter = Feedback(
        ticket=ticket, number=typed(form.number), window=form.window, kind="rating", level=form.level,
        text=form.text.strip(), contact=form.contact.strip(), at=stamp(datetime.now(UTC)),
    )  # fmt: skip
    try:
        kept = await asyncio.to_thread(store.put, letter)
    except (sqlite3.Error, OSError):
        return False
    if kept and letter.contact:
        try:
            await connections.own.send(NoteContact(ticket), new_id())
        except (RefusedError, SendError):
            return kept  # the office sees the contact with the letter
    return kept


def _decoded(body: bytes) -> Any:
    try:
        return msgspec.json.decode(body, type=CardForm)
    except DECODE_ERRORS:
        raise problem(422, "bad-card", text_max=TEXT_MAX, contact_max=CONTACT_MAX) from None
