"""Starts the processes of a hall and waits until each is ready; stops them all at the end.

A process that dies while the demo runs is started again after a second, as a supervisor would; its output
goes to DATA/logs. One that cannot get ready stops the demo with the last lines of its log.
"""

import asyncio
import contextlib
import os
import signal
import sys
from asyncio.subprocess import Process
from collections.abc import Callable
from pathlib import Path

from config import owner_only

READY_SECONDS = 90.0  # a bound: a cold village PC takes five, six programs at once on a busy one many more
STOP_SECONDS = 5.0
AGAIN_SECONDS = 1.0
TAIL_BYTES = 2000


class NotReadyError(Exception):
    """A process did not come up; the text names it, with the end of its log."""


class ManagedProcess:
    """One process: its command, its log, and its ready line once it has printed it."""

    def __init__(self, name: str, arguments: list[str], logs: Path) -> None:
        self.name = name
        self.arguments = [sys.executable, "-m", "caller.cli", *arguments]
        self.log = logs / f"{name}.log"
        self.ready = ""
        self.on_line: Callable[[str], None] | None = None  # called with each line it prints once it is ready
        self.process: Process | None = None

    async def start(self) -> None:
        """Start, and wait for the ready line. Raises `NotReadyError`."""
        with self.log.open("ab") as log:
            self.process = await asyncio.create_subprocess_exec(
                *self.arguments, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=log,
                start_new_session=True, env={**os.environ, "PYTHONUNBUFFERED": "1"},
            )  # fmt: skip
        try:
            self.ready = await asyncio.wait_for(self._ready_line(), READY_SECONDS)
        except (TimeoutError, NotReadyError):
            await self.stop()
            raise NotReadyError(self._why()) from None

    async def _ready_line(self) -> str:
        assert self.process
        assert self.process.stdout
        while line := (await self.process.stdout.readline()).decode(errors="replace").strip():
            if " ready" in line:
                return line
        raise NotReadyError

    def _why(self) -> str:
        tail = self.log.read_bytes()[-TAIL_BYTES:].decode(errors="replace").strip()
        return f"{self.name} 没有启动 / did not get ready:\n{tail}\n日志 / log: {self.log}"

    async def drain(self) -> None:
        """Read its output, so that it never blocks; return when it ends."""
        assert self.process
        assert self.process.stdout
        with self.log.open("ab") as log:
            while line := await self.process.stdout.readline():
                log.write(line)
                log.flush()
                if self.on_line:
                    self.on_line(line.decode(errors="replace"))
        await self.process.wait()
        if self.process.stdin:
            self.process.stdin.close()

    def type(self, line: str) -> None:
        """Write a line to its standard input, as one would type at its terminal."""
        if self.process and self.process.stdin and not self.process.stdin.is_closing():
            self.process.stdin.write(f"{line}\n".encode())

    async def stop(self) -> None:
        """End it in order, or by force after `STOP_SECONDS`; its pipes are closed with it."""
        if self.process is None:
            return
        with contextlib.suppress(ProcessLookupError):
            self.process.send_signal(signal.SIGTERM)
        try:
            await asyncio.wait_for(self.process.wait(), STOP_SECONDS)
        except TimeoutError:
            self.process.kill()
            await self.process.wait()
        if self.process.stdin:
            self.process.stdin.close()


class ProcessGroup:
    """All processes of one hall."""

    def __init__(self, logs: Path) -> None:
        owner_only.make_folder(logs)
        self.logs = logs
        self.started: list[list[ManagedProcess]] = []
        self._supervisors: list[asyncio.Task[None]] = []

    async def start(self, *commands: tuple[str, list[str]]) -> list[ManagedProcess]:
        """Start several at once; return when all are ready. Raises `NotReadyError`."""
        processes = [ManagedProcess(name, arguments, self.logs) for name, arguments in commands]
        self.started.append(processes)
        await asyncio.gather(*(process.start() for process in processes))
        self._supervisors += [asyncio.create_task(self._supervise(process)) for process in processes]
        return processes

    async def _supervise(self, process: ManagedProcess) -> None:
        while True:
            await process.drain()
            await asyncio.sleep(AGAIN_SECONDS)
            await process.start()

    async def stop(self) -> None:
        """Stop all, those started last first: a station that goes before its device reports no fault."""
        for supervisor in self._supervisors:
            supervisor.cancel()
        await asyncio.gather(*self._supervisors, return_exceptions=True)
        for together in reversed(self.started):
            await asyncio.gather(*(process.stop() for process in together))
