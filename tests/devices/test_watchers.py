"""The programs that watch the devices killed, or cut off, at a running hall: the table must not believe them.

Real: the caller, the agent's and the kiosk's processes, ptys and sockets. The devices' own plugs are pulled in
tests/caller/demo/test_plugs.py.
"""

import asyncio
import signal
import subprocess
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import IO

from caller.client.client import Client
from caller.service.connection import Limits
from config.reading.reader import read
from devices.profiles.profile_reader import find
from devices.simulators.displays import SimulatedCallKeypad, SimulatedSign
from devices.simulators.keypad import SimulatedKeypad
from devices.simulators.printer import PrinterModel
from devices.simulators.printer_ports import TcpPrinter
from devices.simulators.pty_cable import Cable
from devices.simulators.reader import SimulatedCardReader, SimulatedScanner
from tests.devices.test_hall import COMMAND, HALL, states
from tests.instruments.caller_fixture import Room, room, run, soon

READY_SECONDS = 60.0
HALL_TEXT = (
    HALL.partition('[[device]]\nname = "s4"')[0]
    + """
[[device]]
name = "scanner"
kind = "reader"
port = "serial:///dev/serial/by-id/usb-scanner"
[[device]]
name = "cards"
kind = "reader"
port = "serial:///dev/serial/by-id/usb-cards"
profile = "reader-sdt"
[[device]]
name = "p1"
kind = "printer"
port = "tcp://127.0.0.1:9100"
[[device]]
name = "k1-scanner"
kind = "reader"
agent = "k1"
port = "serial:///dev/serial/by-id/usb-k1-scanner"
[[kiosk]]
id = "k1"
printers = ["p1"]
"""
)


class Bench:
    """A hall with one of everything."""

    def __init__(self, folder: Path, caller: Room) -> None:
        self.folder, self.caller = folder, caller
        self.pad = SimulatedCallKeypad(find("pad-sum8"), folder / "pad3")
        self.sign = SimulatedSign(find("sign-strip"), folder / "s3")
        self.evaluator = SimulatedKeypad(find("evaluator-crc"), folder / "e3")
        self.scanner, self.cards = SimulatedScanner(folder / "scanner"), SimulatedCardReader(folder / "cards")
        self.log = folder / "agent.log"

    @property
    def cables(self) -> dict[str, Cable]:
        twins = (self.pad, self.sign, self.evaluator, self.scanner, self.cards)
        return {twin.cable.name.name: twin.cable for twin in twins}

    @asynccontextmanager
    async def plugged(self) -> AsyncGenerator[Client]:
        """All twins on their cables, and a manager who looks at the table."""
        async with AsyncExitStack() as stack:
            for twin in (self.pad, self.sign, self.evaluator, self.scanner, self.cards):
                await stack.enter_async_context(twin)
            yield await stack.enter_async_context(self.caller.client("manager", "m", ["supervise"]))

    @asynccontextmanager
    async def agent(self) -> AsyncGenerator[asyncio.subprocess.Process]:
        ports = [f"--port={name}=serial://{self.folder}/{name}" for name in self.cables]
        with self.log.open("wb") as log:
            async with self._process("agent", "pc-1", log, "--url", self.caller.url, *ports) as process:
                yield process

    @asynccontextmanager
    async def kiosk(self, printer: TcpPrinter) -> AsyncGenerator[asyncio.subprocess.Process]:
        scanner = f"k1-scanner=serial://{self.folder}/scanner"
        hung = ("--printer", f"p1={printer.port}", "--reader", scanner)
        where = ("--port", "0", "--caller", self.caller.url, *hung)
        with (self.folder / "kiosk.log").open("wb") as log:
            async with self._process("kiosk", "k1", log, *where) as process:
                yield process

    @asynccontextmanager
    async def _process(
        self, role: str, name: str, log: IO[bytes], *more: str
    ) -> AsyncGenerator[asyncio.subprocess.Process]:
        told = ("--data", str(self.folder / "data"), "--name", name, "--token", self.caller.token(role, name))
        process = await asyncio.create_subprocess_exec(
            *COMMAND, role, str(self.folder / "hall.toml"), *told, *more, stdout=subprocess.PIPE, stderr=log
        )
        assert process.stdout
        try:
            line = await soon(process.stdout.readline())
            assert line.decode().startswith(f"{role} ready"), (line, log.name)
            yield process
        finally:
            if process.returncode is None:
                process.terminate()
            await process.wait()


@asynccontextmanager
async def hall(folder: Path, absent_seconds: float = 10.0) -> AsyncGenerator[Bench]:
    (folder / "hall.toml").write_text(HALL_TEXT, "utf-8")
    (folder / "data").mkdir()
    limits = Limits(absent_seconds=absent_seconds)
    async with room(folder / "data", limits=limits, settings=read(folder / "hall.toml")) as caller:
        yield Bench(folder, caller)


async def right(table: Client, name: str, state: str) -> None:
    """The table says so; how soon, tests/speed measures."""
    async with asyncio.timeout(READY_SECONDS):
        await states(table, **{name: state})


def test_a_killed_agent_leaves_its_devices_unknown_and_its_next_start_ready(tmp_path: Path) -> None:
    async def scene() -> None:
        async with hall(tmp_path, absent_seconds=0.5) as bench, bench.plugged() as table:
            async with bench.agent() as agent:
                await states(table, **dict.fromkeys(bench.cables, "ready"))
                agent.send_signal(signal.SIGKILL)
                for name in bench.cables:
                    await right(table, name, "unknown")
            async with bench.agent():
                await states(table, **dict.fromkeys(bench.cables, "ready"))

    run(scene())


def test_a_killed_kiosk_leaves_printer_and_reader_unknown_and_its_next_start_ready(tmp_path: Path) -> None:
    hung = ("p1", "k1-scanner")

    async def scene(printer: TcpPrinter) -> None:
        async with hall(tmp_path, absent_seconds=0.5) as bench, bench.plugged() as table:
            async with bench.kiosk(printer) as kiosk:
                await states(table, **dict.fromkeys(hung, "ready"))
                kiosk.send_signal(signal.SIGKILL)
                for name in hung:
                    await right(table, name, "unknown")
            async with bench.kiosk(printer):
                await states(table, **dict.fromkeys(hung, "ready"))

    with TcpPrinter(PrinterModel(pictures=False)) as printer:
        run(scene(printer))


def test_an_agent_that_was_cut_off_and_comes_back_tells_its_devices_anew(tmp_path: Path) -> None:
    """The line to the caller, not the agent: it never noticed that its devices were called unknown."""

    async def scene() -> None:
        async with (
            hall(tmp_path, absent_seconds=0.2) as bench,
            bench.plugged() as table,
            bench.agent() as agent,
        ):
            await states(table, **dict.fromkeys(bench.cables, "ready"))
            agent.send_signal(signal.SIGSTOP)
            for link in [link for link in bench.caller.server._links if str(link) == "agent/pc-1"]:
                link.abort()
            await states(table, **dict.fromkeys(bench.cables, "unknown"))
            agent.send_signal(signal.SIGCONT)
            await states(table, **dict.fromkeys(bench.cables, "ready"))

    run(scene())
