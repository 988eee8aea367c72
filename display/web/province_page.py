"""`POST /province-page`: where a visit is rated on the province's own page (好差评), for the evaluator of its window and for
the phone of its holder.

1. A platform of this kind answers the record of a service with an address. `hallcall deliver` keeps it; here it is handed to
   who has a proof that the visit is theirs: the phone its key, the tablet its token and a ticket of its own window.
2. There is none before the platform has answered, and none at all where the hall has no such province: `wait` says whether it
   is worth asking again. The hall's own question does not wait for it.
"""

import asyncio
from pathlib import Path
from typing import Annotated

import msgspec
import segno
from msgspec import Meta, Struct
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from caller.delivery.outbox import DeliveryError
from caller.delivery.province import page_of
from caller.identity.keys import PHONE_KEY
from config.process.connection_limits import AddressRate
from config.text_safety import DECODE_ERRORS
from display.api.feedback import from_our_page
from display.http.caller_connections import CallerConnections
from display.http.responses import address_of, answer, bearer, body_of, explained, problem, refusal

ASKED_MAX = (
    240  # requests from one address a minute: the tablets of a hall behind one proxy, each asking a few times
)


class ProvincePageForm(Struct, frozen=True, forbid_unknown_fields=True):
    """What a page sends: a phone its `key`, a tablet the `ticket` that it asks about."""

    key: Annotated[str, Meta(pattern=rf"^({PHONE_KEY})?\Z")] = ""
    ticket: Annotated[str, Meta(max_length=64, pattern=r"^[A-Za-z0-9-]*\Z")] = ""


def routes(connections: CallerConnections, data: Path, rate: AddressRate | None = None) -> list[BaseRoute]:
    """Return the route."""
    desk = ProvincePages(connections, data, rate or AddressRate(ASKED_MAX))
    return [Route("/province-page", explained(desk.where), methods=["POST"])]


class ProvincePages:
    """Hands out addresses; `rate` bounds what one address can make it look up."""

    def __init__(self, connections: CallerConnections, data: Path, rate: AddressRate) -> None:
        self._connections, self._data, self._rate = connections, data, rate

    async def where(self, request: Request) -> Response:
        """Answer with the address and the rows of its QR code, or with nothing. Raises `ProblemError`."""
        if not from_our_page(request):
            raise problem(403, "strange-origin")
        if not self._rate.allows(address_of(request)):
            raise problem(429, "too-fast")
        try:
            form = msgspec.json.decode(await body_of(request), type=ProvincePageForm)
        except DECODE_ERRORS as error:
            raise problem(422, "bad-body", detail=error) from None
        ticket = await self._ticket(form, request)
        try:
            url, waits = await asyncio.to_thread(page_of, self._data, ticket)
        except DeliveryError:  # the hall goes on without
            url, waits = "", False
        return answer({"url": url, "qr": rows_of(url)} if url else {"wait": waits})

    async def _ticket(self, form: ProvincePageForm, request: Request) -> str:
        """Return the ticket's id, once the sender has proven that it is theirs. Raises `ProblemError`."""
        ticket = (
            await self._connections.tickets.read(form.key or form.ticket) if form.key or form.ticket else {}
        )
        if not form.key and ticket:
            tablet = await self._connections.keyed(bearer(request), {"evaluator"}, address_of(request))
            window = tablet.welcome.station if tablet and tablet.welcome else ""
            ticket = ticket if window and ticket.get("window") == window else {}
        if not ticket:
            raise refusal(404, "unknown-ticket")
        return ticket["ticket"]


def rows_of(text: str) -> list[str]:
    """Return a QR code as rows of "0" and "1", which the page draws."""
    matrix = segno.make(text, error="m", micro=False).matrix
    return ["".join("1" if cell else "0" for cell in row) for row in matrix]
