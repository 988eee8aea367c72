"""The links every device is tested over, in one place.

Over the first three everything arrives, so everything must work; over a lossy one some things may be missing
and nothing may be false; the unplugged one is cut in the middle of a frame and put back, by the test itself.
What is lost is seeded: every run loses the same bytes of the same stream.
"""

import asyncio
import os
import socket
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress

from devices.simulated.cable import Cable, Knobs

LINKS = {
    "whole": Knobs(),
    "byte by byte": Knobs(chunk=1),
    "delayed": Knobs(slow_ms=3),
}
LOSSY = Knobs(lose=0.05)  # one byte in twenty: far worse than a hall would put up with
ALL_LINKS = (*LINKS, "lossy", "unplugged")
FRAME_LOSS = 0.3  # so many bytes of a long frame are lost on average: about every fourth frame breaks
FRAME_PIECES = 32  # and it comes in no more pieces than these, each of them late
LOOK_SECONDS = 0.005  # between two looks whether the device is plugged in again
READ_BYTES = 4096


def knobs(link: str, frame_bytes: int = 1) -> Knobs:
    """A link's cable, fresh; long frames are lost and delayed a little less per byte, or none would arrive."""
    if link == "lossy":
        return Knobs(lose=min(LOSSY.lose, FRAME_LOSS / frame_bytes))
    if link == "delayed":
        return Knobs(slow_ms=LINKS[link].slow_ms, chunk=1 + frame_bytes // FRAME_PIECES)
    return Knobs(chunk=LINKS[link].chunk if link in LINKS else 0)


@asynccontextmanager
async def serial_server(cable: Cable) -> AsyncGenerator[str]:
    """A box that puts a serial line on the network, as halls use them; gives the port that an agent opens."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        number = free.getsockname()[1]
    serving = asyncio.create_task(_serve(cable, number))
    try:
        yield f"tcp://127.0.0.1:{number}"
    finally:
        serving.cancel()
        await asyncio.gather(serving, return_exceptions=True)


async def _serve(cable: Cable, number: int) -> None:
    """Listen while the device is plugged in, again and again."""
    while True:
        with suppress(FileNotFoundError):
            line = os.open(cable.name, os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK)
            try:
                await _joined(line, number)
            finally:
                asyncio.get_running_loop().remove_reader(line)
                os.close(line)
        await asyncio.sleep(LOOK_SECONDS)


async def _joined(line: int, number: int) -> None:
    """What comes on the one side goes out on the other, until the device is pulled."""
    gone, peers = asyncio.Event(), list[asyncio.StreamWriter]()

    def from_device() -> None:
        data = b""
        with suppress(OSError):
            data = os.read(line, READ_BYTES)
        for peer in peers:
            peer.write(data)
        if not data:
            asyncio.get_running_loop().remove_reader(line)
            gone.set()

    async def from_network(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        peers.append(writer)
        with suppress(OSError):
            while (data := await reader.read(READ_BYTES)) and not gone.is_set():
                os.write(line, data)

    server = await asyncio.start_server(from_network, "127.0.0.1", number)
    asyncio.get_running_loop().add_reader(line, from_device)
    try:
        await gone.wait()
    finally:
        server.close()
        for peer in peers:
            peer.close()
