"""Drives a kiosk through its page protocol, as its page does."""

import asyncio
import json
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from websockets.asyncio.client import ClientConnection, connect
from websockets.typing import Subprotocol

from caller.protocol.frames import SUBPROTOCOL
from caller.protocol.merge_patch import merge

SCREEN_SECONDS = 30.0  # a bound, not a wait: a busy machine draws late
PRINTS = ("ready", "paper-low")
KioskScreen = dict[str, Any]


class KioskDriver:
    """Sees the kiosk's screen and taps on it."""

    def __init__(self, socket: ClientConnection) -> None:
        self._socket = socket
        self.screen: KioskScreen = {}

    @classmethod
    async def at(cls, kiosk: str, idle_seconds: float = SCREEN_SECONDS) -> "KioskDriver":
        """Connect to the kiosk at the address it printed (http://…/#key=…), and wait until it is idle."""
        parts = urlsplit(kiosk)
        url, origin = f"ws://{parts.netloc}/face", f"http://{parts.netloc}"
        key = parts.fragment.removeprefix("key=")
        socket = await connect(url, subprotocols=[Subprotocol(SUBPROTOCOL)], origin=origin, compression=None)  # type: ignore[arg-type]
        await socket.send(json.dumps({"type": "hello", "token": key, "watch": ["face", "drive"]}))
        driver = cls(socket)
        await driver._look(
            lambda screen: screen.get("screen") == "idle" and not screen.get("away"), "idle", idle_seconds
        )
        return driver

    async def tap(self, target: str, then: str) -> KioskScreen:
        """Tap `target`, and wait for the screen it leads to."""
        await self._socket.send(json.dumps({"type": "tap", "target": target, "screen": self.screen["n"]}))
        return await self.until(then)

    async def until(self, *screens: str) -> KioskScreen:
        """Wait until one of these screens is shown and usable. Raises `TimeoutError` with the one that is."""
        return await self._look(
            lambda screen: screen.get("screen") in screens and not screen.get("away"), "/".join(screens)
        )

    async def paper(self) -> KioskScreen:
        """Wait until the kiosk has asked its printer and may print."""
        return await self._look(lambda screen: screen.get("paper") in PRINTS, "a printer that is ready")

    async def _look(
        self, holds: Callable[[KioskScreen], bool], wanted: str, seconds: float = SCREEN_SECONDS
    ) -> KioskScreen:
        try:
            async with asyncio.timeout(seconds):
                while not holds(self.screen):
                    self._see(json.loads(await self._socket.recv()))
        except TimeoutError:
            seen = f"{self.screen.get('screen')} (paper {self.screen.get('paper')})"
            raise TimeoutError(f"取号机显示 / the kiosk shows {seen}, not {wanted}") from None
        return self.screen

    def _see(self, frame: dict[str, Any]) -> None:
        if frame.get("type") != "view" or frame.get("topic") != "face":
            return
        self.screen = frame["doc"] if "doc" in frame else merge(self.screen, frame["patch"])

    async def leave(self) -> None:
        await self._socket.close()
