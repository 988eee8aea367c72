"""`POST /notify`: the phone number to which the holder of a number or a booking wants to be sent notices, left or taken back.

1. Who speaks proves what it is about: the key on the slip, which the caller checks, or the code of a booking. Wrong codes
   are counted by address, as on /book.
2. The number goes into the people's store and nowhere else, under the one purpose that the page names; it is never shown
   again, but for its last four digits to who has the same proof.
3. A hall that sends no notices (`[notify] applicants`) asks for nothing and takes nothing.
"""

import asyncio
import re
import sqlite3
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Literal, TypeVar

import msgspec
from msgspec import Meta, Struct
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from caller.engine import short_codes
from caller.engine.short_codes import WrongTries
from caller.identity.keys import PHONE_KEY
from caller.people.notify_numbers import NotifyNumbers
from config.process.connection_limits import AddressRate
from config.text_safety import DECODE_ERRORS
from display.api.booking import CODE
from display.api.feedback import from_our_page
from display.api.take import SettingsInForce
from display.http.caller_connections import CallerConnections
from display.http.responses import address_of, answer, body_of, explained, problem, refusal

MOBILE = r"1[3-9][0-9]{9}"
ENDED = frozenset({"served", "cancelled", "expired", "lapsed", "merged"})
LAST_SHOWN = 4  # digits
ASKED_MAX = 20  # requests from one address a minute
T = TypeVar("T")


class NotifyForm(Struct, frozen=True, forbid_unknown_fields=True):
    """What a page sends. `phone`: None asks what was left, "" takes it back."""

    key: Annotated[str, Meta(pattern=rf"^({PHONE_KEY})?\Z")] = ""
    code: Annotated[str, Meta(max_length=16)] = ""
    phone: Annotated[str, Meta(max_length=20)] | None = None
    lang: Literal["zh", "en"] = "zh"

    def __repr__(self) -> str:
        return "NotifyForm()"


def routes(
    connections: CallerConnections, facts: SettingsInForce, data: Path, rate: AddressRate | None = None
) -> list[BaseRoute]:
    """Return the route."""
    desk = NotifyApi(connections, facts, NotifyNumbers(data), rate or AddressRate(ASKED_MAX))
    return [Route("/notify", explained(desk.leave), methods=["POST"])]


class NotifyApi:
    """Keeps numbers; `rate` bounds what one address can make it do."""

    def __init__(
        self,
        connections: CallerConnections,
        facts: SettingsInForce,
        numbers: NotifyNumbers,
        rate: AddressRate,
    ) -> None:
        self._connections, self._facts, self._numbers, self._rate = connections, facts, numbers, rate
        self._wrong = WrongTries()

    async def leave(self, request: Request) -> Response:
        """Keep or take back a number; answer with its last digits, empty where none is kept. Raises `ProblemError`."""
        if not self._facts.settings.notify.applicants:
            raise problem(404, "notify-off")
        if not from_our_page(request):
            raise problem(403, "strange-origin")
        if not self._rate.allows(address_of(request)):
            raise problem(429, "too-fast")
        try:
            form = msgspec.json.decode(await body_of(request), type=NotifyForm)
        except DECODE_ERRORS:
            raise problem(422, "bad-phone") from None
        subject = await self._subject(request, form)
        if form.phone:
            phone = re.sub(r"[\s-]", "", form.phone)
            if not re.fullmatch(MOBILE, phone, re.ASCII):
                raise problem(422, "bad-phone")
            now = datetime.fromtimestamp(self._connections.now() / 1e6, UTC)
            await _stored(lambda: self._numbers.leave(subject, phone, form.lang, now))
        elif form.phone == "":
            await _stored(lambda: self._numbers.forget(subject))
        left = await _stored(lambda: self._numbers.of(subject))
        return answer({"left": left.phone[-LAST_SHOWN:] if left else ""})

    async def _subject(self, request: Request, form: NotifyForm) -> str:
        """Return what the number is left for. Raises `ProblemError` without a proof, or where it has ended."""
        if form.key:
            ticket = await self._connections.tickets.read(form.key)
            if not ticket:
                raise refusal(404, "unknown-ticket")
            if form.phone and ticket["state"] in ENDED:
                raise problem(409, "notify-ended")
            return f"ticket/{ticket['ticket']}"
        return f"appointment/{(await self._booking(request, form))['appointment']}"

    async def _booking(self, request: Request, form: NotifyForm) -> dict[str, str]:
        sender, now = address_of(request), self._connections.now()
        if minutes := self._wrong.minutes_left("booking", sender, now):
            raise problem(429, "receipt-tries", minutes=minutes)
        code = short_codes.typed(form.code)
        found = await self._connections.tickets.topic(f"booking/{code}") if CODE.fullmatch(code) else {}
        if not found:
            self._wrong.note(sender, now)
            raise refusal(404, "unknown-appointment")
        if form.phone and found["state"] != "booked":
            raise problem(409, "notify-ended")
        return found


async def _stored(work: Callable[[], T]) -> T:
    """Do something with the people's store in a thread. Raises `ProblemError` for a full or locked disk."""
    try:
        return await asyncio.to_thread(work)
    except (sqlite3.Error, OSError):
        raise problem(503, "not-saved") from None
