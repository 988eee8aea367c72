"""`OtherCallers` looks whether another caller of the hall calls, while the station's own is silent or cannot reach its database.

1. A caller says so in its beat (`cut_off`). It cannot know whether another has taken over: only the database could tell,
   and that is away. A station reaches both.
2. A caller counts that welcomes the station and says, then or in its beat, that it is not cut off itself. The station stays where it
   is until there is such a caller: with the database away for all, screens are kept and no station goes to and fro.
3. A take-over lasts a moment longer than it takes the old caller to see that it is cut off, so the station looks again and again for
   `TAKING_SECONDS`, and then with each beat.
4. A caller that has said nothing for `QUIET_SECONDS` may stand still. The station looks again and again, so that it is there
   the moment another one has taken over: only the one that writes welcomes it. It leaves a silent one in any case in the end.
"""

import asyncio
import contextlib
import time
from collections.abc import Callable

from websockets.asyncio.client import connect
from websockets.exceptions import WebSocketException
from websockets.typing import Subprotocol

from caller.client.reconnecting import CallerAddresses
from caller.protocol import frames
from caller.protocol.frames import Beat, Hello, PeerError, Welcome
from config.instants import Seconds
from config.process.tls import client_context

QUIET_SECONDS: Seconds = (
    1.3  # a beat comes each second; another caller needs longer than what is left of that to take over
)
AGAIN_SECONDS: Seconds = 0.1  # between two looks while it is quiet, or newly cut off
TAKING_SECONDS: Seconds = 3.0  # twice a take-over: nobody else comes soon who has not come by then
LOOK_SECONDS: Seconds = 4.0  # for one address: to connect, be welcomed and hear a beat


class OtherCallers:
    """The search of one station, one at a time."""

    def __init__(self, addresses: CallerAddresses, token: str) -> None:
        self._addresses, self._token = addresses, token
        self._task: asyncio.Task[object] | None = None
        self._cut_since = 0.0  # monotonic; 0: the station's own caller reaches its database

    @property
    def there_are(self) -> bool:
        """Whether the hall has more than one caller."""
        return len(self._addresses) > 1

    def patience(self, silent: Seconds, dead: Seconds) -> tuple[Seconds, Seconds]:
        """Return for how long a station waits for a frame before it says or does something, and then before it leaves."""
        quiet = min(QUIET_SECONDS, silent / 2)
        return (quiet, silent - quiet) if self.there_are else (silent, dead - silent)

    def look(self, found: Callable[[], None]) -> bool:
        """Look again and again while the station's own caller is silent; return False where there is no other."""
        if self.there_are and (self._task is None or self._task.done()):
            self._task = asyncio.create_task(self._look_on(self._addresses.now, found))
        return self.there_are

    async def _look_on(self, left: str, found: Callable[[], None]) -> None:
        end = time.monotonic() + LOOK_SECONDS
        while time.monotonic() < end and self._addresses.now == left:
            if await self._look(left, found, beats=False):
                return
            await asyncio.sleep(AGAIN_SECONDS)

    async def _look_while_cut(self, left: str, found: Callable[[], None]) -> None:
        while not await self._look(left, found):
            if not self._cut_since or time.monotonic() > self._cut_since + TAKING_SECONDS:
                return
            await asyncio.sleep(AGAIN_SECONDS)

    def hear(self, frame: Welcome | Beat, found: Callable[[], None]) -> None:
        """After a beat that says `cut_off` look at the others; where one calls, make it the next address and call `found`."""
        if not isinstance(frame, Beat) or not frame.cut_off:
            self._cut_since = 0.0
            return
        self._cut_since = self._cut_since or time.monotonic()
        if self.there_are and (self._task is None or self._task.done()):
            self._task = asyncio.create_task(self._look_while_cut(self._addresses.now, found))

    async def _look(self, left: str, found: Callable[[], None], *, beats: bool = True) -> bool:
        """Look at each of the others once; return whether one calls. `beats`: whether its beat must say so."""
        for address in self._addresses.others:
            with contextlib.suppress(OSError, TimeoutError, WebSocketException, PeerError):
                async with asyncio.timeout(LOOK_SECONDS):
                    calls = await self._calls(address, beats=beats)
                if calls and self._addresses.now == left:  # else the station has gone on by itself
                    self._addresses.before(address)
                    found()
                    return True
        return False

    async def _calls(self, address: str, *, beats: bool) -> bool:
        """Return whether the caller at an address can write. Raises what a line can raise."""
        async with connect(
            address,
            subprotocols=[Subprotocol(frames.SUBPROTOCOL)],
            compression=None,
            proxy=None,
            close_timeout=1,
            ping_interval=None,
            max_size=frames.VIEW_BYTES_MAX,
            ssl=client_context(address),
        ) as socket:
            await socket.send(frames.encode(Hello(self._token, [])))
            if not isinstance(welcome := frames.decode_caller(await socket.recv()), Welcome):
                return False
            while beats and welcome.cut_off is not False:
                if welcome.cut_off:
                    return False
                if isinstance(frame := frames.decode_caller(await socket.recv()), Beat):
                    return not frame.cut_off
            return True

    def close(self) -> None:
        """Stop looking."""
        if self._task:
            self._task.cancel()
