"""Serves the page face and speaks with it: the same frames as the caller's, plus taps.

The page gets `welcome`, then topic "face" (the screen document, whole once, then merge patches), topic
"drive" (whether this page's taps count) and a beat each second. It sends
`{"type": "tap", "target": "item:T001", "screen": 17}`; a tap made on an older screen is ignored. One face
drives, the newest that asked to; others may watch. Only pages of this very server may connect.
"""

import asyncio
import contextlib
import json
import time
from collections.abc import Awaitable, Callable
from importlib.resources import files
from typing import Any

import msgspec
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

from caller.client.page_files import PageFiles, SecurityHeaders, fixed
from caller.protocol.frames import BEAT_SECONDS, SUBPROTOCOL, Beat, ViewFrame, Welcome, diff, encode
from kiosk.faces.voice import KioskVoice
from kiosk.screens import spoken_prompts
from kiosk.station import KioskStation

FACES_MAX = 8  # one drives; the rest are the staff's eyes
TAP_BYTES_MAX = 512  # a tap is under 100 bytes, a scanned code under 200
ScreenDocument = dict[str, Any]


class Tap(msgspec.Struct, tag="tap", tag_field="type"):
    target: str
    screen: int


class UiClients:
    """The pages that are open, and which of them drives."""

    def __init__(self, station: KioskStation, name: str) -> None:
        self.station, self.name = station, name
        self.open: list[UiClient] = []
        station.faces.append(self._show)

    def _show(self, _: ScreenDocument) -> None:
        for face in self.open:
            face.wake.set()

    @property
    def driver(self) -> "UiClient | None":
        return next((face for face in reversed(self.open) if face.drives), None)

    async def serve(self, socket: WebSocket) -> None:
        """One page, from its hello to its end."""
        if len(self.open) >= FACES_MAX or not _same_origin(socket):
            await socket.close(1008)
            return
        await socket.accept(subprotocol=SUBPROTOCOL if SUBPROTOCOL in socket.scope["subprotocols"] else None)
        face = UiClient(self, socket)
        with contextlib.suppress(WebSocketDisconnect, ValueError, TypeError, msgspec.MsgspecError):
            await face.greet()
            await face.run()
        if face in self.open:
            self.open.remove(face)
            self._show({})
        with contextlib.suppress(RuntimeError, WebSocketDisconnect):
            await socket.close()


class UiClient:
    """One open page."""

    def __init__(self, faces: UiClients, socket: WebSocket) -> None:
        self.faces, self.socket = faces, socket
        self.drives = False
        self.wake = asyncio.Event()
        self.sent: dict[str, ScreenDocument] = {}

    async def greet(self) -> None:
        hello = json.loads(await self.socket.receive_text())
        if not isinstance(hello, dict) or hello.get("type") != "hello":
            raise ValueError("no hello")
        self.drives = "drive" in hello.get("watch", [])
        self.faces.open.append(self)
        station = self.faces.station
        site = station.visit.catalogue.settings.hall.site
        await self._send(Welcome("face", self.faces.name, site, station.screen["n"], _now()))
        self.faces._show({})

    async def run(self) -> None:
        sender = asyncio.create_task(self._pour())
        try:
            while True:
                self._take(await self.socket.receive_text())
        finally:
            sender.cancel()
            await asyncio.wait([sender])

    def _take(self, text: str) -> None:
        """One frame from the page; only taps count, and only the driver's."""
        if len(text) > TAP_BYTES_MAX or '"tap"' not in text:
            return
        tap = msgspec.json.decode(text, type=Tap)
        if self.faces.driver is self:
            self.faces.station.tap(tap.target, tap.screen)

    async def _pour(self) -> None:
        """The newest screen whenever it changed, and a beat each second; never a backlog."""
        while True:
            self.wake.clear()
            await self._view("face", self.faces.station.screen)
            await self._view("drive", {"drives": self.faces.driver is self})
            try:
                await asyncio.wait_for(self.wake.wait(), BEAT_SECONDS)
            except TimeoutError:
                await self._send(Beat(self.faces.station.screen["n"], _now()))

    async def _view(self, topic: str, doc: ScreenDocument) -> None:
        before = self.sent.get(topic)
        if before == doc:
            return
        self.sent[topic] = doc
        n = self.faces.station.screen["n"]
        fresh = before is None or before.get("n") != doc.get("n")
        await self._send(
            ViewFrame(topic, n, doc=doc) if fresh else ViewFrame(topic, n, patch=diff(before or {}, doc))
        )

    async def _send(self, frame: Welcome | Beat | ViewFrame) -> None:
        await self.socket.send_text(encode(frame))


def app(station: KioskStation, name: str, voice: KioskVoice) -> Starlette:
    """The face's whole web server."""
    faces, pages = UiClients(station, name), PageFiles(files("kiosk") / "faces" / "page")
    languages = {each: json.loads(body) for each, body in pages.languages.items()}

    async def words(_: Request) -> Response:
        return JSONResponse({each: languages[each] for each in station.visit.languages})

    return Starlette(
        routes=[
            Route("/", fixed(pages.pages["index.html"])),
            Route("/words.json", words),
            Route("/voice/{language}/{key}.wav", _said(station, voice)),
            *pages.routes(),
            WebSocketRoute("/face", faces.serve),
        ],
        middleware=[Middleware(SecurityHeaders, wire=_face_source, framed="'none'")],
    )


def _said(station: KioskStation, voice: KioskVoice) -> Callable[[Request], Awaitable[Response]]:
    """A prompt as sound; of those with a number only the one in sight: nobody makes a kiosk say others."""

    async def serve(request: Request) -> Response:
        language, key = request.path_params["language"], request.path_params["key"]
        if language not in voice.languages or key not in (
            *voice.fixed(language),
            spoken_prompts.of(station.visit),
        ):
            return Response(status_code=404)
        wav = await asyncio.to_thread(voice.wav, language, key)
        return Response(wav, media_type="audio/wav") if wav else Response(status_code=404)

    return serve


def _face_source(request: Request) -> str:
    """Where the page's websocket is: on its own host."""
    host = request.headers.get("host", "")
    return f"ws://{host}" if all(sign.isalnum() or sign in ".:-" for sign in host) else ""


def _same_origin(socket: WebSocket) -> bool:
    """A page from elsewhere in the same browser may not press here; a program without an origin may."""
    origin = socket.headers.get("origin")
    return origin is None or origin.split("://", 1)[-1] == socket.headers.get("host")


def _now() -> int:
    return time.time_ns() // 1000
