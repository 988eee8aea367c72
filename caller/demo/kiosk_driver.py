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
TELL_SECONDS = (
    2.0  # after it somebody is told what is waited for; a kiosk that has just begun asks its printer first
)
PRINTS = ("ready", "paper-low")
KioskScreen = dict[str, Any]
Tell = Callable[[KioskScreen], None]  # of the screen that is shown instead of the one that is waited for


class KioskDriver:
    """Sees the kiosk's screen and taps on it."""

    def __init__(self, socket: ClientConnection) -> None:
        self._socket = socket
        self.screen: KioskScreen = {}

    @classmethod
    async def at(
        cls, kiosk: str, idle_seconds: float = SCREEN_SECONDS, tell: Tell | None = None
    ) -> "KioskDriver":
        """Connect to the kiosk at the address it printed (http://…/#key=…), and wait until it is idle; `tell` is called once
        where that takes a while."""
        parts = urlsplit(kiosk)
        url, origin = f"ws://{parts.netloc}/face", f"http://{parts.netloc}"
        key = parts.fragment.removeprefix("key=")
        socket = await connect(url, subprotocols=[Subprotocol(SUBPROTOCOL)], origin=origin, compression=None)  # type: ignore[arg-type]
        await socket.send(json.dumps({"type": "hello", "token": key, "watch": ["face", "drive"]}))
        driver = cls(socket)
        await driver._look(
            lambda screen: screen.get("screen") == "idle" and not screen.get("away"),
            "idle",
            idle_seconds,
            tell,
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

    async def paper(self, seconds: float = SCREEN_SECONDS, tell: Tell | None = None) -> KioskScreen:
        """Wait until the kiosk has asked its printer and may print; `tell` is called once where that takes a while."""
        return await self._look(
            lambda screen: screen.get("paper") in PRINTS, "a printer that is ready", seconds, tell
        )

    async def _look(
        self,
        holds: Callable[[KioskScreen], bool],
        wanted: str,
        seconds: float = SCREEN_SECONDS,
        tell: Tell | None = None,
    ) -> KioskScreen:
        try:
            async with asyncio.timeout(seconds):
                if tell and not await self._soon(holds):
                    tell(self.screen)
                while not holds(self.screen):
                    self._see(json.loads(await self._socket.recv()))
        except TimeoutError:
            seen = f"{self.screen.get('screen')} (paper {self.screen.get('paper')})"
            raise TimeoutError(f"取号机显示 / the kiosk shows {seen}, not {wanted}") from None
        return self.screen

    async def _soon(self, holds: Callable[[KioskScreen], bool]) -> bool:
        """Return whether it holds within `TELL_SECONDS`."""
        try:
            async with asyncio.timeout(TELL_SECONDS):
                while not holds(self.screen):
                    self._see(json.loads(await self._socket.recv()))
        except TimeoutError:
            return False
        return True

    def _see(self, frame: dict[str, Any]) -> None:
        if frame.get("type") != "view" or frame.get("topic") != "face":
            return
        self.screen = frame["doc"] if "doc" in frame else merge(self.screen, frame["patch"])

    async def leave(self) -> None:
        await self._socket.close()
