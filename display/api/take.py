"""`/take/...`: a number taken with the applicant's own phone, by the code of the minute on a kiosk or board.

1. The page sends the code it was opened with, and the phone's own key, which the page made once and keeps (`POST
   /take/here`). A code that holds now (of this minute or the one before) gives a *pass*: an HMAC over code, phone and the
   instant at which it ends. So there is time to read and choose, and no code is needed for longer than a minute.
2. The pass, the code and the phone take one number (`POST /take/number`): code and phone make the command's id, so that
   what is sent again gets the same number, from this process or the next, and no second one. Another phone with the same
   code has another id, and gets its own.
3. The phone's key is random and goes into no log: the caller learns its hash, by which it counts what a phone has taken
   today and that it holds a number for this item already.
4. The key of passes is this process's own and new with each start: then the code is scanned again.
5. Where the hall's setting allows it ("remote"), a phone takes a number without a code. Its id is made of phone, day and
   items; it is called once it is checked in: with the code of the minute (`POST /take/arrived`), at a kiosk or a desk.
6. `GET /take/waits` is what the kiosk knows: how long each queue is, and which give no numbers now, and why.

What is refused here is refused at no kiosk.
"""

import hashlib
import hmac
import io
import re
import secrets
from typing import Annotated, Any, Protocol, TypeVar
from uuid import UUID

import msgspec
import segno
from msgspec import Meta, Struct
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from caller.client.client import RefusedError, SendError, new_id
from caller.client.page_files import MEDIA, NEVER
from caller.engine.commands import ITEMS_MAX, CheckIn, TakeTicket
from caller.engine.day_commands import Id
from caller.identity.keys import CODE_OF_THE_MINUTE
from caller.protocol.frames import PeerError, message_of
from config.directions import page_url
from config.instants import MINUTE, Micros
from config.process.connection_limits import AddressRate
from config.settings import ClassId, Settings
from config.text_safety import DECODE_ERRORS
from display.api.feedback import from_our_page
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

PASS_MICROS = 15 * MINUTE  # to read what one needs and to choose
ASKED_MAX = 240  # requests of one address a minute: all phones of a hall may stand behind one
TAKEN_MAX = 40  # numbers of one address a minute: a program makes up a phone for each, a full hall takes half
CHECK_IN_MIN = 4  # signs of a code, as the caller takes it
PHONE = r"[0-9a-f]{32}"  # 128 random bits
T = TypeVar("T", bound=Struct)
Code = Annotated[str, Meta(max_length=64)]
PhoneId = Annotated[str, Meta(max_length=64)]


class HereForm(Struct, frozen=True, forbid_unknown_fields=True):
    """The code that was scanned, and the phone's own key."""

    code: Code
    phone: PhoneId


class TakeForm(Struct, frozen=True, forbid_unknown_fields=True):
    """What is chosen: the items of the visit, or a queue that no item feeds; and the class."""

    code: Code
    phone: PhoneId
    passed: Annotated[str, Meta(max_length=128)] = ""
    items: Annotated[list[Id], Meta(max_length=ITEMS_MAX)] = []
    queue: Annotated[str, Meta(max_length=2)] = ""
    priority: ClassId = "ordinary"


class ArrivedForm(HereForm, frozen=True, forbid_unknown_fields=True):
    """The code that was scanned here, the phone's own key, and the key of the number taken elsewhere."""

    key: Annotated[str, Meta(max_length=80)]


class Passes:
    """Makes and checks passes, by a key that lives as long as this process."""

    def __init__(self, secret: bytes = b"") -> None:
        self._secret = secret or secrets.token_bytes(32)

    def make(self, code: str, phone: str, until: Micros) -> str:
        return f"{until}.{self._mac(code, phone, until)}"

    def fits(self, given: str, code: str, phone: str, now: Micros) -> bool:
        """Return whether a pass is of this code and phone, and not over."""
        until, _, mac = given.partition(".")
        if not re.fullmatch(r"[0-9]{1,17}", until) or now > int(until):
            return False
        return hmac.compare_digest(mac.encode(), self._mac(code, phone, int(until)).encode())

    def _mac(self, code: str, phone: str, until: Micros) -> str:
        return hmac.digest(self._secret, f"{code} {phone} {until}".encode(), "sha256").hex()


class SettingsInForce(Protocol):
    """What the routes need of `display.web.public_info.HallFacts`."""

    @property
    def settings(self) -> Settings: ...


def routes(
    connections: CallerConnections, settings: SettingsInForce, rate: AddressRate | None = None
) -> list[BaseRoute]:
    """Return the routes of /take. `settings`: what holds the settings in force."""
    desk = TakeApi(connections, settings, rate or AddressRate(ASKED_MAX))
    return [
        Route("/take/here", explained(desk.arrive), methods=["POST"]),
        Route("/take/number", explained(desk.take), methods=["POST"]),
        Route("/take/arrived", explained(desk.arrived), methods=["POST"]),
        Route("/take/waits", explained(desk.waits)),
        Route("/take/{code}.svg", explained(desk.picture)),
    ]


class TakeApi:
    """Gives numbers to phones; `rate` bounds what one address can make it do."""

    def __init__(self, connections: CallerConnections, facts: SettingsInForce, rate: AddressRate) -> None:
        self._connections, self._facts, self._rate, self._passes = connections, facts, rate, Passes()
        self._taking = AddressRate(TAKEN_MAX)

    async def arrive(self, request: Request) -> Response:
        """Answer with a pass and the waits, to a phone with a code that holds. Raises `ProblemError`."""
        form = await self._form(request, HereForm)
        kiosk = await self._here(form)
        until = self._connections.now() + PASS_MICROS
        passed = self._passes.make(form.code, form.phone, until)
        return answer({"passed": passed, "until": until} | _waits(kiosk))

    async def arrived(self, request: Request) -> Response:
        """Check a number in that was taken elsewhere, by a phone with a code that holds. Raises `ProblemError`."""
        form = await self._form(request, ArrivedForm)
        await self._here(form)
        ticket, _, _ = form.key.partition(".")
        if len(ticket) < CHECK_IN_MIN:
            raise refusal(409, "unknown-ticket")
        given = await self._send(CheckIn(code=ticket), new_id())
        return answer({"number": given["number"], "key": form.key})

    async def _here(self, form: HereForm) -> dict[str, Any]:
        """Return the kiosk's document where a phone has a code that holds. Raises `ProblemError`."""
        _need_phone(form.phone)
        if not re.fullmatch(CODE_OF_THE_MINUTE, form.code):
            raise problem(409, "take-code")
        kiosk = await self._kiosk()
        holding = kiosk.get("take", {})
        if not holding:
            raise refusal(409, "day-not-open")
        if not any(hmac.compare_digest(form.code, holding[each]) for each in ("code", "before")):
            raise problem(409, "take-code")
        return kiosk

    async def take(self, request: Request) -> Response:
        """Take a number and answer with it and its key. Raises `ProblemError`."""
        form = await self._form(request, TakeForm)
        _need_phone(form.phone)
        remote = not form.passed and not form.code and self._facts.settings.phone.take == "remote"
        if not remote and not self._passes.fits(form.passed, form.code, form.phone, self._connections.now()):
            raise problem(409, "take-pass")
        if not self._taking.allows(address_of(request)):
            raise problem(429, "too-fast")
        queue = "" if form.items else form.queue
        command = TakeTicket(
            form.items, queue, form.priority, phone_hash(form.phone), via="remote" if remote else "phone"
        )
        once = form.code
        if remote:
            day = (await self._kiosk())["hall"]["day"]
            once = " ".join((day, queue, *sorted(form.items)))
        given = await self._send(command, number_id(once, form.phone))
        return answer({name: given[name] for name in ("number", "key")})

    async def _send(self, command: TakeTicket | CheckIn, id: str) -> dict[str, Any]:
        """Return what the caller answers. Raises `ProblemError`."""
        try:
            return await self._connections.own.send(command, id)
        except RefusedError as refused:
            raise ProblemError(409, message_of(refused.frame)) from None
        except SendError:
            raise CallerAwayError from None
        except PeerError as error:
            raise problem(422, "bad-body", detail=error.detail) from None

    async def waits(self, _: Request) -> Response:
        """Answer with how long each queue is, and what gives no numbers now."""
        return answer(_waits(await self._kiosk()))

    async def picture(self, request: Request) -> Response:
        """Answer with the QR of a code's address, for the boards. Raises: ProblemError for what is no code."""
        code = request.path_params["code"]
        if not re.fullmatch(CODE_OF_THE_MINUTE, code):
            raise problem(404, "not-found")
        return qr_picture(take_url(self._facts.settings, code))

    async def _kiosk(self) -> dict[str, Any]:
        return await self._connections.tickets.topic("kiosk")

    async def _form(self, request: Request, form: type[T]) -> T:
        """Return what our page sent. Raises `ProblemError`."""
        if not self._facts.settings.phone.take:
            raise refusal(409, "phone-take-off")
        if not from_our_page(request):
            raise problem(403, "strange-origin")
        if not self._rate.allows(address_of(request)):
            raise problem(429, "too-fast")
        try:
            return msgspec.json.decode(await body_of(request), type=form)
        except DECODE_ERRORS as error:
            raise problem(422, "bad-body", detail=error) from None


def qr_picture(text: str) -> Response:
    """Return the answer with the QR code of a text, as SVG."""
    svg = io.BytesIO()
    code = segno.make(text, error="m", micro=False)
    code.save(
        svg, kind="svg", border=4, xmldecl=False, svgclass=None, lineclass=None, omitsize=True, light="#fff"
    )
    return Response(svg.getvalue(), media_type=MEDIA["svg"], headers={"Cache-Control": NEVER})


def take_url(settings: Settings, code: str) -> str:
    """Return the address that a kiosk or a board shows for a code."""
    return f"{page_url(settings, '/take')}?code={code}"


def phone_hash(phone: str) -> str:
    """Return what the caller knows a phone by: the hash of its random key, in the form of a person's."""
    return hashlib.sha256(f"hallcall phone {phone}".encode()).hexdigest()


def number_id(code: str, phone: str) -> str:
    """Return the id of the command by which this phone takes its one number with this code."""
    digest = hashlib.sha256(f"hallcall take {code} {phone}".encode()).digest()
    return str(UUID(bytes=digest[:16], version=5))


def _need_phone(phone: str) -> None:
    if not re.fullmatch(PHONE, phone):
        raise problem(422, "take-phone")


def _waits(kiosk: dict[str, Any]) -> dict[str, Any]:
    """Return what a phone may know of the kiosk's document: never the codes in it."""
    return {name: kiosk.get(name, {}) for name in ("queues", "items")} | {"phase": kiosk.get("phase", "")}
