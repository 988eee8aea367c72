"""A simulated serial server: the box that puts a serial line on the network, as halls use them.

It stands between a cable and a TCP port, so every fault of the cable holds on the network too: unplugged, the
port refuses; plugged in again, it listens on the same number.
"""

import asyncio
import os
import socket
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress

from devices.simulators.pty_cable import Cable

HERE = "127.0.0.1"
LOOK_SECONDS = 0.005  # between two looks whether the device is plugged in again
READ_BYTES = 4096


@asynccontextmanager
async def on_network(cable: Cable, number: int = 0) -> AsyncGenerator[str]:
    """Return the port that an agent opens; number 0 is any free one. Raises OSError where another program listens."""
    with socket.socket() as mark:
        mark.setsockopt(
            socket.SOL_SOCKET, socket.SO_REUSEADDR, 1
        )  # connections of a simulator before may linger
        mark.bind((HERE, number))
        number = mark.getsockname()[1]
    serving = asyncio.create_task(_serve(cable, number))
    try:
        yield f"tcp://{HERE}:{number}"
    finally:
        serving.cancel()
        await asyncio.gather(serving, return_exceptions=True)


async def _serve(cable: Cable, number: int) -> None:
    """Listen while the device is plugged in, again and again."""
    while True:
        with suppress(OSError):  # not plugged in, or the number is taken for now
            line = os.open(cable.name, os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK)
            try:
                await _joined(line, number)
            finally:
                asyncio.get_running_loop().remove_reader(line)
                os.close(line)
        await asyncio.sleep(LOOK_SECONDS)


async def _joined(line: int, number: int) -> None:
    """Pass what comes on the one side to the other, until the device is pulled."""
    gone, peers = asyncio.Event(), set[asyncio.StreamWriter]()

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
        peers.add(writer)
        with suppress(OSError):
            while (data := await reader.read(READ_BYTES)) and not gone.is_set():
                with suppress(BlockingIOError):  # a full line loses bytes, as a serial server's does
                    os.write(line, data)
        peers.discard(writer)
        writer.close()

    server = await asyncio.start_server(from_network, HERE, number)
    asyncio.get_running_loop().add_reader(line, from_device)
    try:
        await gone.wait()
    finally:
        server.close()
        for peer in peers:
            peer.close()
