"""`POST /notify` and `POST /push`: the phone number, or the browser, to which the holder of a number or a booking wants to be
sent notices, left or taken back.

1. Who speaks proves what it is about: the key on the slip, which the caller checks, or the code of a booking. Wrong codes
   are counted by address, as on /book.
2. The number goes into the people's store and nowhere else, under the one purpose that the page names; it is never shown
   again, but for its last four digits to who has the same proof.
3. A hall that sends no notices (`[notify] applicants`, `push`) asks for nothing and takes nothing.
4. A browser's subscription is as good as a phone number: it lies in the same store, under the same purpose, and is never
   shown again; who asks learns this hall's public key, which a browser needs to make one, and whether one is kept.
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

from caller.delivery.web_push import PushSubscription, packed, public_bytes, server_key, usable
from caller.engine import short_codes
from caller.engine.short_codes import WrongTries
from caller.identity.keys import PHONE_KEY
from caller.people.notify_numbers import BROWSER, NotifyNumbers
from config.owner_only import BadKey
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


class PushForm(Struct, frozen=True, forbid_unknown_fields=True):
    """What a page sends. `subscription`: None asks whether one was left, "off" takes it back."""

    key: Annotated[str, Meta(pattern=rf"^({PHONE_KEY})?\Z")] = ""
    code: Annotated[str, Meta(max_length=16)] = ""
    subscription: PushSubscription | Literal["off"] | None = None
    lang: Literal["zh", "en"] = "zh"


def routes(
    connections: CallerConnections, facts: SettingsInForce, data: Path, rate: AddressRate | None = None
) -> list[BaseRoute]:
    """Return the route."""
    desk = NotifyApi(connections, facts, NotifyNumbers(data), rate or AddressRate(ASKED_MAX))
    browsers = BrowserApi(desk, facts, data)
    return [
        Route("/notify", explained(desk.leave), methods=["POST"]),
        Route("/push", explained(browsers.leave), methods=["POST"]),
    ]


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
        self.let_in(request)
        try:
            form = msgspec.json.decode(await body_of(request), type=NotifyForm)
        except DECODE_ERRORS:
            raise problem(422, "bad-phone") from None
        subject = await self.subject(request, form.key, form.code, leaves=bool(form.phone))
        if form.phone:
            phone = re.sub(r"[\s-]", "", form.phone)
            if not re.fullmatch(MOBILE, phone, re.ASCII):
                raise problem(422, "bad-phone")
            now = self.now()
            await _stored(lambda: self._numbers.leave(subject, phone, form.lang, now))
        elif form.phone == "":
            await _stored(lambda: self._numbers.forget(subject))
        left = await _stored(lambda: self._numbers.of(subject))
        return answer({"left": left.phone[-LAST_SHOWN:] if left else ""})

    def now(self) -> datetime:
        return datetime.fromtimestamp(self._connections.now() / 1e6, UTC)

    def let_in(self, request: Request) -> None:
        """Take a request of our page, as many as one address may send. Raises `ProblemError`."""
        if not from_our_page(request):
            raise problem(403, "strange-origin")
        if not self._rate.allows(address_of(request)):
            raise problem(429, "too-fast")

    async def subject(self, request: Request, key: str, code: str, leaves: bool) -> str:
        """Return what something is left for. Raises `ProblemError` without a proof, or where it has ended."""
        if key:
            ticket = await self._connections.tickets.read(key)
            if not ticket:
                raise refusal(404, "unknown-ticket")
            if leaves and ticket["state"] in ENDED:
                raise problem(409, "notify-ended")
            return f"ticket/{ticket['ticket']}"
        return f"appointment/{(await self._booking(request, code, leaves))['appointment']}"

    async def _booking(self, request: Request, typed: str, leaves: bool) -> dict[str, str]:
        sender, now = address_of(request), self._connections.now()
        if minutes := self._wrong.minutes_left("booking", sender, now):
            raise problem(429, "receipt-tries", minutes=minutes)
        code = short_codes.typed(typed)
        found = await self._connections.tickets.topic(f"booking/{code}") if CODE.fullmatch(code) else {}
        if not found:
            self._wrong.note(sender, now)
            raise refusal(404, "unknown-appointment")
        if leaves and found["state"] != "booked":
            raise problem(409, "notify-ended")
        return found


class BrowserApi:
    """Keeps the subscriptions of browsers, by the same proofs and within the same bounds as numbers (`desk`)."""

    def __init__(self, desk: NotifyApi, facts: SettingsInForce, data: Path) -> None:
        self._desk, self._facts, self._data = desk, facts, data
        self._left = NotifyNumbers(data, BROWSER)

    async def leave(self, request: Request) -> Response:
        """Keep or take back a subscription; answer whether one is kept, and this hall's public key. Raises `ProblemError`."""
        wanted = self._facts.settings.notify
        if not wanted.push:
            raise problem(404, "notify-off")
        self._desk.let_in(request)
        try:
            form = msgspec.json.decode(await body_of(request), type=PushForm)
        except DECODE_ERRORS:
            raise problem(422, "bad-push") from None
        given = form.subscription
        subject = await self._desk.subject(request, form.key, form.code, leaves=given not in (None, "off"))
        if isinstance(given, PushSubscription):
            if not usable(given, wanted.push_private):
                raise problem(422, "bad-push")
            text = msgspec.json.encode(given).decode()
            await _stored(lambda: self._left.leave(subject, text, form.lang, self._desk.now()))
        elif given == "off":
            await _stored(lambda: self._left.forget(subject))
        key = await _stored(lambda: packed(public_bytes(server_key(self._data))))
        return answer({"on": bool(await _stored(lambda: self._left.of(subject))), "key": key})


async def _stored(work: Callable[[], T]) -> T:
    """Do something with the people's store in a thread. Raises `ProblemError` for a full or locked disk."""
    try:
        return await asyncio.to_thread(work)
    except (sqlite3.Error, OSError, BadKey):
        raise problem(503, "not-saved") from None
