"""What the hall publishes of its ratings, and the receipt of a rating for the phone of its giver.

1. `/ratings.json` has the newest daily roots, and the ranking and attendance of windows published last; `/ratings/LAST.json` the list under one: hashes and levels, no person. The
   page `/ratings` computes the root again from the list, in the browser, with a receipt its visitor holds.
2. `/rectified.json` has what became of bad ratings, by month, what a review excluded, and what was published.
3. `/ratings/receipts/KEY` is for who holds the slip: KEY is the phone's key, and the caller says which rating it gave;
   `.../case` of the case whose result that slip collected.
"""

import asyncio
import re
from collections.abc import Callable
from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from caller.identity.keys import PHONE_KEY
from caller.reports.published_ratings import LogError, PublishedRatings
from config import hall_lists
from config.settings import ReasonKind
from display.http.caller_connections import CallerConnections
from display.http.responses import answer, explained, problem, refusal
from display.web.public_info import HallFacts

SEQ_DIGITS_MAX = 16
LISTS: tuple[ReasonKind, ...] = ("finding", "measure", "objection")
PHONE_KEY_FORM = re.compile(PHONE_KEY)


def routes(connections: CallerConnections, facts: HallFacts, published: PublishedRatings) -> list[BaseRoute]:
    """Return the routes of published ratings and of receipts."""

    async def index(_request: Request) -> Response:
        newest = connections.board.get("ratings", {}).get("last", 0)
        found = await _read(published.index, newest) if newest else {"roots": []}
        month = connections.board.get("month")
        return answer({**found, "month": month} if month else found)

    async def listed(request: Request) -> Response:
        last = request.path_params["last"]
        if len(last) > SEQ_DIGITS_MAX or not last.isdecimal() or not last.isascii():
            raise HTTPException(404)
        found = await _read(published.list_of, int(last))
        if found is None:
            raise HTTPException(404)
        return answer(found)

    async def receipt(request: Request) -> Response:
        return await receipt_of(request)

    async def case_receipt(request: Request) -> Response:
        return await receipt_of(request, of_case=True)

    async def receipt_of(request: Request, of_case: bool = False) -> Response:
        key = request.path_params["key"]
        ticket = await connections.tickets.read(key) if PHONE_KEY_FORM.fullmatch(key) else {}
        if not ticket:
            raise refusal(404, "unknown-ticket")
        about = ticket.get("case", {}) if of_case else ticket
        if not about.get("receipt"):
            raise problem(404, "not-rated")
        return answer({"receipt": await _read(published.receipt, about["receipt"])})

    async def rectified(_request: Request) -> Response:
        found = await connections.tickets.topic("rectified")
        settings = facts.settings
        lists = {kind: hall_lists.document(settings, kind)["reasons"] for kind in LISTS}
        return answer({**found, "lists": lists})

    return [
        Route("/rectified.json", explained(rectified)),
        Route("/ratings.json", explained(index)),
        Route("/ratings/receipts/{key}", explained(receipt)),
        Route("/ratings/receipts/{key}/case", explained(case_receipt)),
        Route("/ratings/{last}.json", explained(listed)),
    ]


async def _read(read: Callable[[int], Any], seq: int) -> Any:
    """Read the log in a thread. Raises `ProblemError` where it cannot be read here."""
    try:
        return await asyncio.to_thread(read, seq)
    except LogError:
        raise problem(503, "ratings-away") from None
