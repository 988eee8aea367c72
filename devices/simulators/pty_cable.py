"""A serial cable that can be bad: a pty with a fixed name, and faults for all that goes wrong on the way.

The simulator holds one end; the agent opens the name, which is a link as /dev/serial/by-id has them. Unplugging
removes the link and hangs up; plugging in again may take another pty, as USB does. A name belongs to one simulator
until it ends, plugged in or not; a link left over by one that was killed is taken over.
"""

import asyncio
import contextlib
import hashlib
import os
import pty
import random
import socket
import tty
from collections.abc import Callable
from pathlib import Path
from typing import Self

from msgspec import Struct

READ_BYTES = 4096
BABBLE_BYTES = 64  # a burst of noise
BABBLE_SECONDS = 0.1  # between bursts: about what a loose ground at 9600 baud gives


Ends = tuple[int, int]  # the device's end of the pty and the agent's
PtyDirection = asyncio.Queue[tuple[bytes, Ends | None]]  # one direction: what was said, and into which pty


class CableFaults(Struct):
    """What is wrong with the cable; may be turned while it is in use."""

    slow_ms: float = 0  # between bytes or chunks, both ways
    chunk: int = 0  # bytes delivered at a time, both ways; 0: as written
    lose: float = 0  # chance that a byte is lost, both ways
    silent: bool = False  # nothing arrives from the device
    deaf: bool = False  # nothing arrives at the device
    babble: bool = False  # noise between the frames
    cut_after: int = 0  # unplugged after so many bytes from the device; 0: never
    cut_to: int = 0  # unplugged after so many bytes to the device; 0: never


class Cable:
    """The device's end. `heard` gets what the agent writes."""

    def __init__(
        self, name: Path, heard: Callable[[bytes], None], faults: CableFaults | None = None, seed: int = 1
    ) -> None:
        self.name = name
        self.faults = faults or CableFaults()
        self._heard = heard
        self._random, self._random_in = random.Random(seed), random.Random(seed + 1)
        self._claim: socket.socket | None = None
        self.socket = ""  # the pty it is on, or was on last
        self._ends: Ends | None = None
        self._sent, self._taken = 0, 0
        self._out: PtyDirection = asyncio.Queue()
        self._in: PtyDirection = asyncio.Queue()
        self._tasks: list[asyncio.Task[None]] = []

    async def __aenter__(self) -> Self:
        self.plug()
        work = (self._pump(self._out, self._write), self._pump(self._in, self._arrive), self._babble())
        self._tasks = [asyncio.create_task(each) for each in work]
        return self

    async def __aexit__(self, *_: object) -> None:
        for task in self._tasks:
            task.cancel()
        ended = await asyncio.gather(*self._tasks, return_exceptions=True)
        self.unplug()
        if self._claim:
            self._claim.close()
        for fault in ended:
            if isinstance(fault, Exception):
                raise fault

    @property
    def port(self) -> str:
        return f"serial://{self.name}"

    @property
    def plugged(self) -> bool:
        return self._ends is not None

    @property
    def near(self) -> int:
        """The device's end of the pty, for a test that makes it hang."""
        assert self._ends is not None
        return self._ends[0]

    def plug(self, name: Path | None = None, elsewhere: bool = False) -> None:
        """Put it in, under its old name or a new one, `elsewhere` on another pty than it was on.

        Raises FileExistsError rather than replace a file.
        """
        if self._ends is not None:
            return
        self._take(name or self.name)
        near, far = _other_than(self.socket) if elsewhere else pty.openpty()
        tty.setraw(near)
        tty.setraw(far)
        os.set_blocking(near, False)
        self._ends = near, far  # the far end stays open, so that nobody listening is no hang-up for us
        asyncio.get_running_loop().add_reader(near, self._readable)
        with contextlib.suppress(FileNotFoundError):
            self.name.unlink()
        self.socket = os.ttyname(far)
        self.name.symlink_to(self.socket)

    def _take(self, name: Path) -> None:
        """Make the name ours. Raises FileExistsError where a file has it, or another simulator that lives."""
        if name.exists() and not name.is_symlink():
            raise FileExistsError(
                f"{name} 已存在且不是模拟设备，请换一个名称 / exists and is no simulator's link; choose another"
            )
        if self._claim is None or name != self.name:
            claim = _claimed(name)
            if self._claim:
                self._claim.close()
            self._claim = claim
        self.name = name
        name.parent.mkdir(parents=True, exist_ok=True)

    def unplug(self) -> None:
        """Pull it out: the name goes, a program that has it open sees a hang-up."""
        if self._ends is None:
            return
        near, far = self._ends
        self._ends = None
        asyncio.get_running_loop().remove_reader(near)
        with contextlib.suppress(FileNotFoundError):
            self.name.unlink()
        os.close(far)
        os.close(near)

    def cut_in(self, count: int) -> None:
        """Cut it after so many more bytes from the device."""
        self.faults.silent, self.faults.cut_after, self._sent = False, count, 0

    def cut_out(self, count: int) -> None:
        """Cut it after so many more bytes to the device."""
        self.faults.cut_to, self._taken = count, 0

    def send(self, data: bytes) -> None:
        """Send bytes of the device; the faults decide what arrives."""
        self._out.put_nowait((data, self._ends))

    async def drained(self) -> None:
        """Wait until all bytes have been delivered, or lost on the way."""
        await self._out.join()

    async def _pump(self, line: PtyDirection, deliver: Callable[[bytes], None]) -> None:
        """Carry one direction; what was on its way when the cable was pulled never arrives."""
        while True:
            data, ends = await line.get()
            size = self.faults.chunk or (1 if self.faults.slow_ms else len(data))
            for start in range(0, len(data), size):
                if ends is not None and self._ends is ends:
                    deliver(data[start : start + size])
                await asyncio.sleep(self.faults.slow_ms / 1000)
            line.task_done()

    def _write(self, data: bytes) -> None:
        arriving = b"" if self.faults.silent else self._lossy(data, self._random)
        if self.faults.cut_after:
            arriving = arriving[: max(0, self.faults.cut_after - self._sent)]
        self._sent += len(arriving)
        if self._ends is not None and arriving:
            with contextlib.suppress(BlockingIOError):
                os.write(self._ends[0], arriving)
        if self.faults.cut_after and self._sent >= self.faults.cut_after:
            self.faults.cut_after = 0
            self.unplug()

    async def _babble(self) -> None:
        while True:
            await asyncio.sleep(BABBLE_SECONDS)
            if self.faults.babble:
                self._write(self._random.randbytes(BABBLE_BYTES))

    def _readable(self) -> None:
        assert self._ends is not None
        with contextlib.suppress(OSError):
            self._in.put_nowait((os.read(self._ends[0], READ_BYTES), self._ends))

    def _arrive(self, data: bytes) -> None:
        arriving = b"" if self.faults.deaf else self._lossy(data, self._random_in)
        if self.faults.cut_to:
            arriving = arriving[: max(0, self.faults.cut_to - self._taken)]
        self._taken += len(arriving)
        if arriving:
            self._heard(arriving)
        if self.faults.cut_to and self._taken >= self.faults.cut_to:
            self.faults.cut_to = 0
            self.unplug()

    def _lossy(self, data: bytes, chance: random.Random) -> bytes:
        if not self.faults.lose:
            return data
        return bytes(byte for byte in data if chance.random() >= self.faults.lose)


def _claimed(name: Path) -> socket.socket:
    """Return a socket that marks this name as in use.

    The system forgets the mark with the process, however that ends; a link or a lock file would stay, and the
    pty's number may belong to another program by then.
    """
    mark = hashlib.sha256(os.fsencode(name.parent.resolve() / name.name)).hexdigest()
    claim = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    try:
        claim.bind(f"\0hallcall-simulator-{mark}")
    except OSError:
        claim.close()
        raise FileExistsError(
            f"{name} 正被另一个模拟设备使用，请先停掉它或换一个 --link"
            " / another simulator is using it; stop that one, or choose another --link"
        ) from None
    return claim


def _other_than(socket: str) -> tuple[int, int]:
    """Return a pty that is not this one: the system gives the lowest number that is free, often the same again."""
    ends = pty.openpty()
    if os.ttyname(ends[1]) != socket:
        return ends
    other = pty.openpty()
    for end in ends:
        os.close(end)
    return other
