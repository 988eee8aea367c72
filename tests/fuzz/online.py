"""Targets in a running hall: the caller's sockets, the kiosk's page, the REST interface, what phones send.

After bad input the hall must still work: a number is given, the kiosk's page is served to an honest browser, no
process has ended, and none has logged a traceback.
"""

import asyncio
import http.client
import json
import random
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from websockets.asyncio.client import connect
from websockets.exceptions import WebSocketException
from websockets.typing import Subprotocol

from caller.identity.account_file import Act
from caller.identity.account_store import AccountStore
from caller.identity.accounts import Account
from caller.protocol.frames import SUBPROTOCOL
from caller.protocol.key_scopes import SCOPES
from display.api.operations import OPERATIONS, PREFIX, parts_of
from tests.fuzz import mutate
from tests.fuzz.offline import FRAMES, TAPS, bad_frame
from tests.instruments.feedback_hall import SETTINGS as RECEIPTS
from tests.instruments.kiosk_fixtures import KioskHall
from tests.instruments.phone_hall import SETTINGS as PHONES
from tests.instruments.phone_hall import PhoneHall

NAMES = ("wire", "page", "rest", "phone")
METHODS = ("GET", "POST", "PUT", "DELETE", "HEAD", "OPTIONS")
SECRET = "Zb7-0123456789-abcdefghij"
ROUND = 20  # bad inputs between two looks at whether the hall still works
SECONDS = 20.0  # a bound for one exchange
SOON_SECONDS = 0.02  # for an answer that need not come
PATHS = (
    "/api/v1/tickets/{}", "/api/v1/items?limit={}&after={}", "/api/v1/events?after={}", "/api/v1/{}", "/openapi.json",
    "/board", "/sign?window={}", "/t?{}", "/clerks/{}.json", "/clerks/{}.jpg", "/media/{}", "/media.json?screen={}&area={}",
    "/items/{}.json", "/offer.json", "/voice/{}.wav", "/healthz", "/metrics", "/ws", "/{}", "/assets/{}/js/{}",
    "/ratings/{}.json", "/ratings/receipts/{}", "/rectified.json", "/cases.json", "/questions", "/notices/{}", "/notices/missing.{}",
    "/progress/{}", "/receipts/{}", "/take/waits", "/take/{}.svg", "/book/challenge", "/book/slots/{}",
    "/book/bookings/{}", "/book/bookings/{}.ics", "/book/bookings/{}.svg",
)  # fmt: skip
SLIP = "0190a000-0000-7000-8000-000000000001"
PHONE = "0123456789abcdef" * 2
FORMS: dict[str, dict[str, Any]] = {
    "/opinion": {"kind": "complaint", "text": "好", "contact": "138", "key": f"{SLIP}.{'0' * 24}"},
    "/receipts": {"kind": "praise", "text": "好", "window": "1", "item": "T001", "reason": "slow", "anonymous": True},
    "/receipts/1234567890/words": {"text": "好", "contact": "138"},
    "/receipts/1234567890/verdict": {"satisfied": False, "again": True},
    "/card": {"window": "1", "number": "A001", "level": 1, "reasons": ["1:attitude"], "text": "好", "contact": "138"},
    "/take/here": {"code": "", "phone": PHONE},
    "/take/number": {"code": "", "phone": PHONE, "passed": f"9{'0' * 15}.{'0' * 64}", "item": "T001", "queue": "A"},
    "/book/bookings": {"item": "T001", "slot": 5, "day": "2026-11-30", "id_number": "11010519491231002X",
                       "challenge": f"9{'0' * 15}.aa.bb", "work": "5"},
    "/book/bookings/12345678/change": {"slot": 5, "day": "2026-11-30"},
    "/book/bookings/12345678/cancel": {},
    "/guide/person": {"number": "11010519491231002X"},
    "/guide/phone": {"phone": "13800000000"},
    "/guide/contact": {"ticket": SLIP, "number": "A001", "phone": "13800000000"},
    "/guide/feedback": {"id": SLIP, "kind": "praise", "number": "1", "window": "1", "text": "好", "contact": "138"},
}  # fmt: skip
ODD_HEADERS = (
    "Host",
    "X-Forwarded-Proto",
    "X-Real-IP",
    "Origin",
    "Content-Type",
    "If-None-Match",
    "Last-Event-ID",
)
GREETED = (("board", "b1"), ("manager", "m1"), ("supervisor", "s1"), ("web", "web"), ("kiosk", "k1"))


class Hall:
    """A county hall with a kiosk."""

    def __init__(self, folder: Path) -> None:
        self.hall = PhoneHall(folder, settings=PHONES + RECEIPTS)
        self.hall.start()
        self.key = f"all:{SECRET}"
        act = Act("fuzz", "account-added", "account/all", "uid:0", "test", 1)
        AccountStore(self.hall.data).add(Account("all", roles=SCOPES, kind="key"), SECRET, act)
        self.kiosk = KioskHall(self.hall, folder)
        self._tried = 0

    def close(self) -> None:
        self.kiosk.close()
        self.hall.close()

    def still_works(self) -> None:
        """Look every ROUND inputs whether the hall does its work."""
        self._tried += 1
        if self._tried % ROUND:
            return
        assert self.hall.take("A")["number"].startswith("A")
        for process in (self.hall.caller, self.hall.web, self.kiosk.process):
            assert process._process.poll() is None, process.text()[-2000:]
            assert "Traceback" not in process.text(), process.text()[-4000:]
        asyncio.run(self._greeted())

    async def _greeted(self) -> None:
        """The kiosk's page is served to an honest browser."""
        async with asyncio.timeout(SECONDS), self._connected(self.kiosk.socket) as page:
            await page.send(self.kiosk.hello("face"))
            assert json.loads(await page.recv())["type"] == "welcome"

    def wire(self, rng: random.Random) -> None:
        """Frames, text or binary, greeted or not, to the caller."""
        token = self.hall.tokens[rng.choice(GREETED)]
        hello = json.dumps({"type": "hello", "token": token, "watch": ["board", "supervise", "kiosk"]})
        asyncio.run(self._throw(rng, self.hall.caller.address, hello, FRAMES))
        self.still_works()

    def page(self, rng: random.Random) -> None:
        """Frames to the kiosk's page socket, with its key or without."""
        asyncio.run(self._throw(rng, self.kiosk.socket, self.kiosk.hello("face", "drive"), TAPS))
        self.still_works()

    def _connected(self, address: str) -> connect:
        return connect(address, subprotocols=[Subprotocol(SUBPROTOCOL)], proxy=None, max_size=None)

    async def _throw(self, rng: random.Random, address: str, hello: str, good: tuple[bytes, ...]) -> None:
        try:
            async with asyncio.timeout(SECONDS), self._connected(address) as socket:
                if rng.random() < 0.7:
                    await socket.send(hello)
                for _ in range(rng.randint(1, 6)):
                    await socket.send(sendable(bad_frame(rng, good)))
                await asyncio.wait_for(socket.recv(), SOON_SECONDS)
        except (WebSocketException, TimeoutError, OSError):
            return

    def rest(self, rng: random.Random) -> None:
        """Requests to every address of the interface, by a key that may all of it, by a station's, or by none."""
        asked = rng.choice(OPERATIONS)
        parts = {
            part: rng.choice(("1", "A", SLIP, _text(rng))) for part in asked.parts or parts_of(asked.path)
        }
        good = dict(asked.example or {"queue": "A", "number": "A001"})
        body = mutate.json_of(rng, good)
        if asked.name == "Evaluate" and isinstance(body, dict):
            body["wait"] = 0  # nobody answers here
        token = rng.choice(
            (self.key, self.key, self.hall.tokens["web", "web"], "x" * rng.randint(0, 300), "all:x")
        )
        headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        if rng.random() < 0.6:
            headers["Idempotency-Key"] = "k" * rng.randint(0, 70)
        query = f"?limit={_text(rng)}&after={_text(rng)}" if rng.random() < 0.2 else ""
        method = asked.method if rng.random() < 0.9 else rng.choice(METHODS)
        self._ask(rng, method, PREFIX + asked.path.format(**parts) + query, body, headers)

    def phone(self, rng: random.Random) -> None:
        """What a phone or any browser sends: forms that are nearly right, addresses that are guessed."""
        headers = {
            "Authorization": f"Bearer {self.hall.tokens['manager', 'm1']}",
            "Content-Type": "application/json",
        }
        if rng.random() < 0.5:
            path = rng.choice(PATHS)
            path = path.format(*(_text(rng) for _ in range(path.count("{}"))))
            self._ask(rng, rng.choice(METHODS), path, {}, headers)
            return
        path = rng.choice(tuple(FORMS))
        form = dict(FORMS[path])
        if "code" in form:
            form["code"] = self.hall.code()
        self._ask(rng, "POST", path, mutate.json_of(rng, form), headers)

    def _ask(self, rng: random.Random, method: str, path: str, body: Any, headers: dict[str, str]) -> None:
        """Send one request, now and then a damaged one; an answer of the 5xx is only "away" and "not saved"."""
        path = "".join(sign if "!" <= sign <= "~" else "%20" for sign in path[:6_000])
        site = urlsplit(self.hall.web.address).netloc
        sent = json.dumps(body).encode()
        if rng.random() < 0.3:
            sent = mutate.bytes_of(rng, sent)
        # An address of its own: what one may ask a minute must not hide the rest.
        headers |= {
            "Origin": f"http://{site}",
            "X-Real-IP": f"10.0.{rng.randrange(256)}.{rng.randrange(256)}",
        }
        if rng.random() < 0.2:
            headers[rng.choice(ODD_HEADERS)] = rng.choice(
                ("", "[::", "http://[", "http,https", "a b", "x" * 3_000, "::ffff:1.2.3.4", "\xe9", "9" * 400)
            )
        line = http.client.HTTPConnection(site, timeout=SECONDS)
        try:
            line.request(method, path, sent, headers)
            answer = line.getresponse()
            text = answer.read()
        except http.client.RemoteDisconnected:
            return self.still_works()  # a request that is none may be cut off
        finally:
            line.close()
        assert answer.status < 500 or answer.status == 503, (path, sent, answer.status, text[:500])
        return self.still_works()


def _text(rng: random.Random) -> str:
    return (
        mutate.text_of(rng, "x1", most=2)
        .encode("ascii", "replace")
        .decode()
        .replace("{", "(")
        .replace("}", ")")
    )


def sendable(frame: bytes | str) -> bytes | str:
    """Return a frame as the client can send it: a text with lone surrogates goes as bytes."""
    data = frame.encode("utf-8", "surrogatepass") if isinstance(frame, str) else frame
    return data if isinstance(frame, bytes) or b"\xed" in data else frame
