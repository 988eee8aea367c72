"""`/book/...`: an appointment made, changed and cancelled with a phone, by ID number; afterwards its code alone opens it.

1. A booking needs a *work*: the page finds a number whose SHA-256, after a challenge of ours, begins with `WORK_BITS` zero
   bits (`GET /book/challenge`). A person waits a second once; a robot pays that for each try. No picture is shown, and nothing
   of the person is needed.
2. A challenge is an HMAC over its own end and holds a quarter of an hour. The command's id is made of it, so a challenge
   books once: what is sent again gets the same answer.
3. The ID number becomes a keyed hash here (`id_hash`), as at the card readers, so that the card checks in on the day. It is
   neither kept nor repeated.
4. Who has the code may see, change and cancel. Wrong codes are counted by address (`short_codes`, as at the kiosk).
5. Slots, quota, rules and the list of those who did not come are the caller's; two who want the last place are decided there.
"""

import hashlib
import hmac
import logging
import re
import secrets
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, TypeVar
from uuid import UUID

import msgspec
from msgspec import Meta, Struct
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from caller.client.client import RefusedError, SendError, new_id
from caller.client.page_files import NEVER
from caller.engine import commands as cmd
from caller.engine import short_codes
from caller.engine.day_commands import Id
from caller.engine.envelope import AnyCommand
from caller.engine.short_codes import WrongTries
from caller.identity.id_hash import BadKey, person_keys, read_document
from caller.protocol.frames import PeerError, message_of
from config.catalogue import sentence
from config.directions import name_in, page_url
from config.instants import MINUTE, Micros
from config.languages import BASE
from config.process.connection_limits import AddressRate
from config.settings import Settings
from config.text_safety import DECODE_ERRORS
from display.api.feedback import from_our_page
from display.api.take import SettingsInForce, qr_picture
from display.http.caller_connections import CallerAwayError, CallerConnections
from display.http.responses import (
    ProblemError,
    address_of,
    answer,
    body_of,
    explained,
    problem,
    refusal,
)

WORK_BITS = 14  # 16,000 hashes on average: a second on a phone of ten years ago
CHALLENGE_MICROS = 15 * MINUTE
ASKED_MAX = 120  # requests of one address a minute: a village may stand behind one
CODE = re.compile(r"[0-9]{8}")
ITEM = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,31}")
T = TypeVar("T", bound=Struct)
Day = Annotated[str, Meta(pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}\Z")]
log = logging.getLogger("hallcall.web")


class BookingForm(Struct, frozen=True, forbid_unknown_fields=True):
    """What the page sends to book."""

    item: Id
    slot: Micros
    day: Day
    id_number: Annotated[str, Meta(max_length=32)]
    challenge: Annotated[str, Meta(max_length=128)]
    work: Annotated[str, Meta(max_length=16)]

    def __repr__(self) -> str:
        return f"BookingForm({self.item!r})"


class ChangeForm(Struct, frozen=True, forbid_unknown_fields=True):
    """Another slot."""

    slot: Micros
    day: Day


class NoForm(Struct, frozen=True, forbid_unknown_fields=True):
    """An empty body."""


class Challenges:
    """Makes challenges and checks the work done for them, by a key that lives as long as this process."""

    def __init__(self, bits: int = WORK_BITS) -> None:
        self._secret, self.bits = secrets.token_bytes(32), bits

    def make(self, now: Micros) -> str:
        text = f"{now + CHALLENGE_MICROS}.{secrets.token_hex(8)}"
        return f"{text}.{self._mac(text)}"

    def fits(self, challenge: str, work: str, now: Micros) -> bool:
        """Return whether a challenge is ours and not over, and the work done for it."""
        text, _, mac = challenge.rpartition(".")
        until = text.partition(".")[0]
        if not re.fullmatch(r"[0-9]{1,17}", until, re.ASCII) or now > int(until):
            return False
        if not hmac.compare_digest(mac.encode(), self._mac(text).encode()):
            return False
        digest = hashlib.sha256(f"{challenge}.{work}".encode()).digest()
        return int.from_bytes(digest) >> (256 - self.bits) == 0

    def _mac(self, text: str) -> str:
        return hmac.digest(self._secret, text.encode(), "sha256").hex()[:32]


def routes(
    connections: CallerConnections,
    facts: SettingsInForce,
    data: Path,
    rate: AddressRate | None = None,
) -> list[BaseRoute]:
    """Return the routes of /book."""
    desk = BookingApi(connections, facts, data, rate or AddressRate(ASKED_MAX))
    return [
        Route("/book/challenge", explained(desk.challenge)),
        Route("/book/slots/{item}", explained(desk.slots)),
        Route("/book/bookings", explained(desk.book), methods=["POST"]),
        Route("/book/bookings/{code}.ics", explained(desk.calendar)),
        Route("/book/bookings/{code}.svg", explained(desk.picture)),
        Route("/book/bookings/{code}", explained(desk.show)),
        Route("/book/bookings/{code}/change", explained(desk.change), methods=["POST"]),
        Route("/book/bookings/{code}/cancel", explained(desk.cancel), methods=["POST"]),
    ]


class BookingApi:
    """Books for phones; `rate` bounds what one address can make it do."""

    def __init__(
        self, connections: CallerConnections, facts: SettingsInForce, data: Path, rate: AddressRate
    ) -> None:
        self._connections, self._facts, self._data, self._rate = connections, facts, data, rate
        self._challenges, self._wrong = Challenges(), WrongTries()

    async def challenge(self, request: Request) -> Response:
        self._need_open(request)
        made = self._challenges.make(self._connections.now())
        return answer({"challenge": made, "bits": self._challenges.bits})

    async def slots(self, request: Request) -> Response:
        """Answer with the slots of an item and how many more bookings each takes."""
        self._need_open(request)
        item = request.path_params["item"]
        found = await self._connections.tickets.topic(f"slots/{item}") if ITEM.fullmatch(item) else {}
        if not found:
            raise refusal(404, "unknown-item")
        return answer(found)

    async def book(self, request: Request) -> Response:
        """Book; answer with the code. Raises `ProblemError`."""
        form = await self._form(request, BookingForm)
        if not self._challenges.fits(form.challenge, form.work, self._connections.now()):
            raise problem(409, "book-work")
        command = cmd.BookAppointment(form.item, form.slot, self._person(form.id_number), form.day)
        digest = hashlib.sha256(f"hallcall book {form.challenge}".encode()).digest()
        given = await self._send(command, str(UUID(bytes=digest[:16], version=5)))
        return answer({"code": given["code"]})

    async def show(self, request: Request) -> Response:
        return answer(await self._booking(request))

    async def change(self, request: Request) -> Response:
        """Move the booking to another slot. Raises `ProblemError`."""
        form = await self._form(request, ChangeForm)
        booked = await self._booking(request)
        await self._send(cmd.ChangeAppointment(booked["appointment"], form.slot, form.day), new_id())
        return answer({})

    async def cancel(self, request: Request) -> Response:
        """Give the booking up. Raises `ProblemError`."""
        await self._form(request, NoForm)
        booked = await self._booking(request)
        await self._send(cmd.CancelAppointment(booked["appointment"]), new_id())
        return answer({})

    async def calendar(self, request: Request) -> Response:
        """Answer with the booking as an entry for the phone's calendar (RFC 5545), in the page's language where the hall offers it."""
        booked, settings = await self._booking(request), self._facts.settings
        wanted = request.query_params.get("lang", BASE)
        language = wanted if wanted in settings.hall.languages else BASE
        text = calendar_entry(
            settings, booked, request.path_params["code"], self._connections.now(), language
        )
        headers = {"Cache-Control": NEVER, "Content-Disposition": 'attachment; filename="appointment.ics"'}
        return Response(text, media_type="text/calendar; charset=utf-8", headers=headers)

    async def picture(self, request: Request) -> Response:
        """Answer with the QR that the kiosk's scanner reads: the code alone."""
        code = request.path_params["code"]
        if not CODE.fullmatch(code):
            raise problem(404, "not-found")
        return qr_picture(code)

    # --- what they share

    def _need_open(self, request: Request) -> None:
        if not self._facts.settings.phone.book:
            raise problem(404, "book-off")
        if not self._rate.allows(address_of(request)):
            raise problem(429, "too-fast")

    async def _form(self, request: Request, form: type[T]) -> T:
        """Return what our page sent. Raises `ProblemError`."""
        self._need_open(request)
        if not from_our_page(request):
            raise problem(403, "strange-origin")
        try:
            return msgspec.json.decode(await body_of(request), type=form)
        except DECODE_ERRORS:
            raise problem(422, "book-form") from None

    async def _booking(self, request: Request) -> dict[str, Any]:
        """Return the booking of the code in the address. Raises: ProblemError for a wrong one, or after too many."""
        if request.method == "GET":
            self._need_open(request)
        sender, now = address_of(request), self._connections.now()
        if minutes := self._wrong.minutes_left("booking", sender, now):
            raise problem(429, "receipt-tries", minutes=minutes)
        code = short_codes.typed(request.path_params["code"])
        found = await self._connections.tickets.topic(f"booking/{code}") if CODE.fullmatch(code) else {}
        if not found:
            self._wrong.note(sender, now)
            raise refusal(404, "unknown-appointment")
        return found

    def _person(self, number: str) -> str:
        try:
            found = read_document(number, person_keys(self._data))
        except BadKey as error:
            log.error("%s", error)
            raise problem(503, "no-person-key") from None
        if not found.person:
            raise problem(422, "bad-id-number")
        return found.person

    async def _send(self, command: AnyCommand, id: str) -> dict[str, Any]:
        try:
            return await self._connections.own.send(command, id)
        except RefusedError as refused:
            raise ProblemError(409, message_of(refused.frame)) from None
        except SendError:
            raise CallerAwayError from None
        except PeerError:
            raise problem(422, "book-form") from None


def calendar_entry(
    settings: Settings, booked: dict[str, Any], code: str, now: Micros, language: str = BASE
) -> str:
    """Return one VEVENT, in UTC, with an hour's reminder; names as the hall writes them in the language."""
    known = next((each for each in settings.items if each.id == booked["item"]), None)
    item = name_in(known, language) if known else booked["item"]
    hall = name_in(settings.hall, language)
    end = booked["slot"] + booked["minutes"] * MINUTE
    cancelled = booked["state"] == "cancelled"
    page = f"{page_url(settings, '/book', language)}#{code}"
    about = sentence("on-slip", "booking-code", language, code=code, page=page)
    lines = [
        "BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//hallcall//book//ZH", "BEGIN:VEVENT",
        f"UID:{booked['appointment']}@{settings.hall.site}", f"DTSTAMP:{_stamp(now)}",
        f"DTSTART:{_stamp(booked['slot'])}", f"DTEND:{_stamp(end)}",
        f"SUMMARY:{_text(f'{hall} {item}')}",
        f"LOCATION:{_text(settings.hall.address or hall)}",
        f"DESCRIPTION:{_text(about)}",
        f"STATUS:{'CANCELLED' if cancelled else 'CONFIRMED'}",
        "BEGIN:VALARM", "ACTION:DISPLAY", f"DESCRIPTION:{_text(item)}", "TRIGGER:-PT1H", "END:VALARM",
        "END:VEVENT", "END:VCALENDAR",
    ]  # fmt: skip
    return "".join(f"{_folded(line)}\r\n" for line in lines)


def _stamp(at: Micros) -> str:
    return f"{datetime.fromtimestamp(at / 1_000_000, UTC):%Y%m%dT%H%M%SZ}"


def _text(text: str) -> str:
    """Return a text as RFC 5545 escapes it."""
    return text.replace("\\", "\\\\").replace(";", "\\;").replace(",", "\\,").replace("\n", "\\n")


def _folded(line: str) -> str:
    """Return a line in pieces of at most 75 bytes, none of which cuts a character."""
    pieces, size = [""], 0
    for sign in line:
        size += len(sign.encode())
        if size > 74:
            pieces.append("")
            size = 1 + len(sign.encode())
        pieces[-1] += sign
    return "\r\n ".join(pieces)
