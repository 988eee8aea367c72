"""The open pages of a kiosk, over the same frames as the caller's, plus taps.

1. A page greets with `hello` and the key of this kiosk as its token; without it, it gets `bye` and nothing else.
2. It then gets `welcome`, topic "face" (the screen document, whole once, then merge patches), topic "drive" (whether
   its taps count) and a beat each second.
3. It sends `{"type": "tap", "target": "item:T001", "screen": 17}`; a tap made on an older screen is ignored.
4. One page is active, the newest that asked to be; others may watch.
5. A frame that is no tap (binary, long, garbage) is dropped. It ends no page.
6. Nothing locks a page out: connections that have not greeted end after `HELLO_SECONDS` and are bounded in number, in
   total and per address, of which the oldest goes first; and a page beyond `PAGES_MAX` takes the place of the oldest that
   is not active.
"""

import asyncio
import contextlib
import hmac
import logging
import time
from typing import Any

import msgspec
from starlette.websockets import WebSocket, WebSocketDisconnect

from caller.protocol.frames import (
    BEAT_SECONDS,
    HELLO_SECONDS,
    SUBPROTOCOL,
    Beat,
    Bye,
    Hello,
    ViewFrame,
    Welcome,
    encode,
)
from caller.protocol.merge_patch import diff
from config.process.connection_limits import PendingConnections
from config.text_safety import DECODE_ERRORS
from kiosk.station import KioskStation, ScreenDocument

PAGES_MAX = 8  # one is active; the rest are the staff's eyes
GREETING_MAX = 16  # connections that have not greeted yet; a browser greets within milliseconds
GREETING_PER_ADDRESS = (
    8  # of one address: where the page is opened to others, one of them leaves room for the rest
)
TAP_BYTES_MAX = 512  # a tap is under 100 bytes, a scanned code under 300
HELLO_BYTES_MAX = 1024
CLOSE_CODE = 1008  # policy violation
WRONG_KEY = Bye(
    "bad-token",
    "打开本页的网址不完整",
    "The address of this page is incomplete",
    "请用取号机程序启动时显示的网址打开",
    "Open the address that the kiosk's program prints when it starts",
)
log = logging.getLogger("hallcall.kiosk")


class Tap(msgspec.Struct, tag="tap", tag_field="type"):
    target: str
    screen: int


class UiClients:
    """The pages that are open, and which of them is active."""

    def __init__(self, station: KioskStation, name: str, key: str) -> None:
        self.station, self.name, self.key = station, name, key
        self.open: list[UiClient] = []
        self.greeting = PendingConnections(GREETING_MAX, GREETING_PER_ADDRESS)
        station.faces.append(self.show)

    def show(self, _: ScreenDocument) -> None:
        """Wake every page: the screen or the active page has changed."""
        for page in self.open:
            page.wake.set()

    @property
    def active(self) -> "UiClient | None":
        return next((page for page in reversed(self.open) if page.wants_to_act), None)

    async def serve(self, socket: WebSocket) -> None:
        """Serve one page from its hello to its end."""
        if not same_origin(socket):
            await socket.close(CLOSE_CODE)
            return
        page = UiClient(self, socket)
        page.task = asyncio.create_task(page.run())
        self.greeting.add(page, socket.client.host if socket.client else "", page.task.cancel)
        try:
            await asyncio.wait([page.task])
        finally:
            page.task.cancel()
            self.greeting.discard(page)
            if page in self.open:
                self.open.remove(page)
            self.show({})

    def admit(self, page: "UiClient") -> None:
        """Take a page that has greeted; one too many ends the oldest that is not active."""
        self.greeting.discard(page)
        self.open.append(page)
        if len(self.open) > PAGES_MAX:
            next(each for each in self.open if each is not self.active).task.cancel()
        self.show({})


class UiClient:
    """One open page. Cancelling its `task` closes its connection."""

    task: "asyncio.Task[None]"

    def __init__(self, pages: UiClients, socket: WebSocket) -> None:
        self.pages, self.socket = pages, socket
        self.wants_to_act = False
        self.wake = asyncio.Event()
        self._sent: dict[str, ScreenDocument] = {}

    async def run(self) -> None:
        """Greet, then send screens and take taps until either side ends."""
        offered: list[str] = self.socket.scope["subprotocols"]
        try:
            await self.socket.accept(subprotocol=SUBPROTOCOL if SUBPROTOCOL in offered else None)
            if not await self._greet():
                return
            async with asyncio.TaskGroup() as group:
                group.create_task(self._send_screens())
                group.create_task(self._take_taps())
        except* (WebSocketDisconnect, TimeoutError):
            pass  # the page is gone, or never greeted
        except* Exception as errors:
            log.error("取号机页面连接出错 / page connection fault: %r", errors.exceptions[0])
        finally:
            with contextlib.suppress(RuntimeError, WebSocketDisconnect):
                await self.socket.close(CLOSE_CODE)

    async def _greet(self) -> bool:
        async with asyncio.timeout(HELLO_SECONDS):
            text = await self._receive()
        hello = _hello(text)
        if hello is None or not hmac.compare_digest(hello.token.encode(), self.pages.key.encode()):
            await self._send(WRONG_KEY)
            return False
        self.wants_to_act = "drive" in hello.watch
        self.pages.admit(self)
        station = self.pages.station
        site = station.state.catalogue.settings.hall.site
        await self._send(Welcome("face", self.pages.name, site, station.screen["n"], _now()))
        return True

    async def _receive(self) -> str:
        """Return the next frame's text; "" for a binary one. Raises WebSocketDisconnect."""
        message = await self.socket.receive()
        if message["type"] == "websocket.disconnect":
            raise WebSocketDisconnect(message.get("code", 1000))
        return message.get("text") or ""

    async def _take_taps(self) -> None:
        while True:
            tap = _tap(await self._receive())
            if tap and self.pages.active is self:
                self.pages.station.tap(tap.target, tap.screen)

    async def _send_screens(self) -> None:
        """Send the newest screen whenever it has changed, and a beat each second; never a backlog."""
        while True:
            self.wake.clear()
            await self._send_view("face", self.pages.station.screen)
            await self._send_view("drive", {"drives": self.pages.active is self})
            try:
                async with asyncio.timeout(BEAT_SECONDS):  # wait_for would lose a cancellation with the wake
                    await self.wake.wait()
            except TimeoutError:
                await self._send(Beat(self.pages.station.screen["n"], _now()))

    async def _send_view(self, topic: str, doc: ScreenDocument) -> None:
        before = self._sent.get(topic)
        if before == doc:
            return
        self._sent[topic] = doc
        n = self.pages.station.screen["n"]
        whole = before is None or before.get("n") != doc.get("n")
        await self._send(
            ViewFrame(topic, n, doc=doc) if whole else ViewFrame(topic, n, patch=diff(before or {}, doc))
        )

    async def _send(self, frame: Welcome | Beat | ViewFrame | Bye) -> None:
        await self.socket.send_text(encode(frame))


def _hello(text: str) -> Hello | None:
    return _decoded(text, Hello, HELLO_BYTES_MAX)


def _tap(text: str) -> Tap | None:
    return _decoded(text, Tap, TAP_BYTES_MAX)


def _decoded(text: str, kind: Any, most: int) -> Any:
    """Return the frame, or None for anything that is not one of its kind within `most` characters."""
    if not text or len(text) > most:
        return None
    try:
        return msgspec.json.decode(text, type=kind)
    except DECODE_ERRORS:
        return None


def same_origin(socket: WebSocket) -> bool:
    """Return whether no other site's page opened this socket; a program sends no origin and has the key."""
    origin = socket.headers.get("origin")
    return origin is None or origin.split("://", 1)[-1] == socket.headers.get("host")


def _now() -> int:
    return time.time_ns() // 1000
