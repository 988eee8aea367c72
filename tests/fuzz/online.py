"""Targets in a running hall: the caller's sockets, the REST interface, the kiosk's page.

After bad input the hall must still work: a number is given, the kiosk's page is served to an honest browser, no
process has ended, and none has logged a traceback.
"""

import asyncio
import http.client
import json
import random
from pathlib import Path
from urllib.parse import urlsplit

from websockets.asyncio.client import connect
from websockets.exceptions import WebSocketException
from websockets.typing import Subprotocol

from caller.protocol.frames import SUBPROTOCOL
from tests.fuzz import mutate
from tests.fuzz.offline import FRAMES, TAPS, bad_frame
from tests.instruments.kiosk_fixtures import KioskHall
from tests.instruments.running_hall import REPO, RunningHall

NAMES = ("wire", "page", "rest")
ROUND = 20  # bad inputs between two looks at whether the hall still works
SECONDS = 20.0  # a bound for one exchange
SOON_SECONDS = 0.02  # for an answer that need not come
PATHS = (
    "/api/v1/tickets", "/api/v1/tickets/{}", "/api/v1/tickets/{}/cancel", "/api/v1/appointments", "/api/v1/queues",
    "/api/v1/appointments/{}/cancel", "/opinion", "/facts.json", "/board", "/sign?window={}", "/clerks/{}.json",
    "/openapi.json", "/{}", "/t?{}", "/healthz", "/voice/{}.wav", "/ws",
)  # fmt: skip
GREETED = (("board", "b1"), ("manager", "m1"), ("supervisor", "s1"), ("web", "web"), ("kiosk", "k1"))


class Hall:
    """A county hall with a kiosk."""

    def __init__(self, folder: Path) -> None:
        self.hall = RunningHall(folder, REPO / "config/halls/county.toml").start()
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
        """Requests of every shape; an answer of the 5xx is only "away" and "not saved"."""
        path = rng.choice(PATHS).format(mutate.text_of(rng, "x1", most=2).encode("ascii", "replace").decode())
        path = "".join(sign if "!" <= sign <= "~" else "%20" for sign in path[:2_000])
        good = {"queue": "A", "items": ["T001"], "priority": "ordinary", "text": "好", "day": "2026-11-30",
                "slot": 5, "id_number": "11010519491231002X", "item": "T001"}  # fmt: skip
        body = json.dumps(mutate.json_of(rng, good)).encode()
        if rng.random() < 0.3:
            body = mutate.bytes_of(rng, body)
        token = self.hall.tokens["web", "web"] if rng.random() < 0.7 else "x" * rng.randint(0, 300)
        headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        if rng.random() < 0.3:
            headers["Idempotency-Key"] = "k" * rng.randint(0, 200)
        if rng.random() < 0.2:
            headers[rng.choice(("Host", "X-Forwarded-Proto", "X-Real-IP", "Origin", "Content-Type"))] = (
                rng.choice(("", "[::", "http,https", "a b", "x" * 3_000, "::ffff:1.2.3.4", "\xe9"))
            )
        line = http.client.HTTPConnection(urlsplit(self.hall.web.address).netloc, timeout=SECONDS)
        try:
            line.request(rng.choice(("GET", "POST", "PUT", "DELETE", "HEAD", "OPTIONS")), path, body, headers)
            answer = line.getresponse()
            text = answer.read()
        except http.client.RemoteDisconnected:
            return self.still_works()  # a request that is none may be cut off
        finally:
            line.close()
        assert answer.status < 500 or answer.status == 503, (path, body, answer.status, text[:500])
        return self.still_works()


def sendable(frame: bytes | str) -> bytes | str:
    """Return a frame as the client can send it: a text with lone surrogates goes as bytes."""
    data = frame.encode("utf-8", "surrogatepass") if isinstance(frame, str) else frame
    return data if isinstance(frame, bytes) or b"\xed" in data else frame
