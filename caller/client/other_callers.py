"""`OtherCallers` looks whether another caller of the hall calls, while the station's own cannot reach its database.

1. A caller says so in its beat (`cut_off`). It cannot know whether another has taken over: only the database could tell,
   and that is away. A station reaches both.
2. A caller counts that welcomes the station and whose beat says that it is not cut off itself. The station stays where it
   is until there is such a caller: with the database away for all, screens are kept and no station goes to and fro.
"""

import asyncio
import contextlib
from collections.abc import Callable

from websockets.asyncio.client import connect
from websockets.exceptions import WebSocketException
from websockets.typing import Subprotocol

from caller.client.reconnecting import CallerAddresses
from caller.protocol import frames
from caller.protocol.frames import Beat, Hello, PeerError, Welcome
from config.instants import Seconds
from config.process.tls import client_context

LOOK_SECONDS: Seconds = 4.0  # for one address: to connect, be welcomed and hear a beat


class OtherCallers:
    """The search of one station, one at a time."""

    def __init__(self, addresses: CallerAddresses, token: str) -> None:
        self._addresses, self._token = addresses, token
        self._task: asyncio.Task[None] | None = None

    def hear(self, frame: Welcome | Beat, found: Callable[[], None]) -> None:
        """After a beat that says `cut_off` look once at the others; where one calls, make it the next address and call
        `found`."""
        idle = self._task is None or self._task.done()
        if isinstance(frame, Beat) and frame.cut_off and len(self._addresses) > 1 and idle:
            self._task = asyncio.create_task(self._look(self._addresses.now, found))

    async def _look(self, left: str, found: Callable[[], None]) -> None:
        for address in self._addresses.others:
            with contextlib.suppress(OSError, TimeoutError, WebSocketException, PeerError):
                async with asyncio.timeout(LOOK_SECONDS):
                    calls = await self._calls(address)
                if calls and self._addresses.now == left:  # else the station has gone on by itself
                    self._addresses.before(address)
                    return found()
        return None

    async def _calls(self, address: str) -> bool:
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
            if not isinstance(frames.decode_caller(await socket.recv()), Welcome):
                return False
            while not isinstance(beat := frames.decode_caller(await socket.recv()), Beat):
                pass
            return not beat.cut_off

    def close(self) -> None:
        """Stop looking."""
        if self._task:
            self._task.cancel()
