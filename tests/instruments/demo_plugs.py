"""Test instruments: a demo hall in its own processes, plugs to be pulled, and a window that never stops.

Nothing here stands in for the product: words are typed to `hallcall demo` as a trainer types them, instants are
the simulators' and the caller's own.
"""

import asyncio
import json
import os
import signal
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from caller.client.client import Client, find_token
from caller.engine import commands as cmd
from config.reading.reader import read
from tests.instruments.caller_fixture import PATIENCE

PACE_SECONDS = 0.1  # between visits: a person, not a flood
COMMAND = (sys.executable, "-m", "caller.cli")


class Demo:
    """A living demo: its process, its folder, and the table of its devices as a supervisor sees it."""

    def __init__(self, folder: Path, process: Process, printed: str) -> None:
        self.folder, self.printed = folder, printed
        self.settings = read(folder / "hall.toml")
        self.devices = {device.name: device for device in self.settings.devices}
        self.table = self.client("supervisor", "demo", "supervise")
        self.board = self.client("board", "demo", "board")
        self._process = process

    def client(self, role: str, name: str, *watch: str) -> Client:
        token = find_token(self.folder, role, name, None)
        assert token, f"no token of {role} {name}"
        return Client(f"ws://127.0.0.1:{self.settings.listen.caller}", token, watch, f"{role} {name}")

    async def type(self, device: str, words: str) -> int:
        """Type it at the demo; the instant it was done, by the simulators' own clock."""
        before = len(self.answers(device))
        assert self._process.stdin
        self._process.stdin.write(f"{device} {words}\n".encode())
        await until(lambda: len(self.answers(device)) > before, f"{device} {words}")
        return self.answers(device)[-1]["at"]

    def answers(self, device: str) -> list[dict[str, Any]]:
        return [said for said in self.simulator_lines() if said["device"] == device and "answer" in said]

    def lines(self, device: str) -> list[str]:
        """What stood on a display."""
        return [
            said["line"] for said in self.simulator_lines() if said["device"] == device and "line" in said
        ]

    def simulator_lines(self) -> list[dict[str, Any]]:
        lines = (self.folder / "logs" / "simulators.log").read_text("utf-8").splitlines()
        return [json.loads(line) for line in lines if line.startswith("{") and line.endswith("}")]

    @property
    def kiosk(self) -> str:
        """The address of the kiosk's page, with its key."""
        key = (self.folder / f"kiosk-{self.settings.kiosks[0].id}" / "page.key").read_text("utf-8").strip()
        return f"http://127.0.0.1:{self.settings.listen.kiosk}/#key={key}"

    def state(self, device: str) -> str:
        return self.table.views["supervise"]["devices"].get(device, {}).get("state", "")

    async def within(self, device: str, state: str, done: int) -> float:
        """Wait until the table says so; seconds from what was done to the caller's own stamp on the state."""
        await until(lambda: self.state(device) == state, f"{device} {state}, not {self.state(device)}")
        return (self.table.views["supervise"]["devices"][device]["since"] - done) / 1_000_000

    def warnings(self) -> list[str]:
        """The devices that a program warned of, once for each warning."""
        logs = [log.read_text("utf-8").splitlines() for log in (self.folder / "logs").glob("*.log")]
        told = [line.partition(" 不可用")[0] for lines in logs for line in lines if "不可用" in line]
        return sorted(line.split()[-1].rpartition(":")[2] for line in told)

    async def devices_command(self) -> str:
        """What `hallcall devices` prints."""
        words = ("devices", str(self.folder / "hall.toml"), "--data", str(self.folder))
        process = await asyncio.create_subprocess_exec(*COMMAND, *words, stdout=PIPE)
        async with asyncio.timeout(PATIENCE):
            printed, _ = await process.communicate()
        return printed.decode()


async def until(holds: Callable[[], Any], what: str) -> None:
    """Wait for a condition, not for luck."""
    end = asyncio.get_running_loop().time() + PATIENCE
    while not holds():
        assert asyncio.get_running_loop().time() < end, what
        await asyncio.sleep(0.01)


@asynccontextmanager
async def living(folder: Path) -> AsyncGenerator[Demo]:
    """`hallcall demo` from its first word to Ctrl+C, which must end it in order, every process with it."""
    process = await asyncio.create_subprocess_exec(
        *COMMAND, "demo", "--data", str(folder), stdin=PIPE, stdout=PIPE, stderr=PIPE
    )
    try:
        assert process.stdout
        async with asyncio.timeout(3 * PATIENCE):
            printed = await process.stdout.readuntil(b"k1-cards")
        reading = asyncio.create_task(process.stdout.read())
        demo = Demo(folder, process, printed.decode())
        async with demo.table, demo.board:
            await asyncio.gather(demo.table.until("current"), demo.board.until("current"))
            yield demo
    finally:
        process.send_signal(signal.SIGINT)
        async with asyncio.timeout(PATIENCE):
            await process.wait()
    await reading
    assert process.returncode == 0
    assert not alive(folder)


def alive(folder: Path) -> list[int]:
    """Processes that still work in this folder."""
    found: list[int] = []
    for entry in Path("/proc").iterdir():
        try:
            if entry.name.isdigit() and str(folder).encode() in (entry / "cmdline").read_bytes():
                found.append(int(entry.name))
        except OSError:
            continue
    return [pid for pid in found if pid != os.getpid()]


class Desk:
    """A clerk at a window who serves one applicant after another, for as long as the test lasts."""

    def __init__(self, demo: Demo, window: str) -> None:
        self._demo, self._window = demo, window
        queues = next(each.queues for each in demo.settings.windows if each.id == window)
        self.item = next(item for item in demo.settings.items if item.queue in queues)
        self._clerk = demo.client("window", window, f"window/{window}")
        self._guide = demo.client("guide", "demo")
        self._over = asyncio.Event()
        self.shown: list[str] = []  # numbers called and seen on the board

    @property
    def picture(self) -> dict[str, Any]:
        return self._clerk.views[f"window/{self._window}"]

    @asynccontextmanager
    async def open(self) -> AsyncGenerator["Desk"]:
        async with self._clerk, self._guide:
            await asyncio.gather(self._clerk.until("current"), self._guide.until("current"))
            await self._clerk.send(cmd.OpenWindow(self._window, "2001"))
            yield self

    @asynccontextmanager
    async def at_work(self) -> AsyncGenerator[None]:
        """Visits meanwhile; one that stops fails the test. The last one is finished: who comes next finds the window idle."""
        self._over.clear()
        async with asyncio.TaskGroup() as group:
            group.create_task(self._work())
            try:
                yield
            finally:
                self._over.set()

    async def served(self, more: int) -> None:
        """Wait until so many more visits went from the number to the board."""
        enough = len(self.shown) + more
        await until(lambda: len(self.shown) >= enough, f"visits stopped after {self.shown[-1:]}")

    async def _work(self) -> None:
        while not self._over.is_set():
            await self.take()
            self.shown.append(await self.call())
            await self.press(cmd.StartService)
            await self.press(cmd.FinishService)
            await asyncio.sleep(PACE_SECONDS)

    async def take(self) -> None:
        async with asyncio.timeout(PATIENCE):
            await self._guide.send(cmd.TakeTicket(items=[self.item.id]))
        await until(lambda: self.picture["waiting"], "somebody waits")

    async def call(self) -> str:
        """The next number, committed and seen on the board."""
        await self.press(cmd.CallNext)
        number = self.picture["ticket"]["number"]
        await until(lambda: (number, self._window) in self._called(), f"{number} on the board")
        return number

    def _called(self) -> list[tuple[str, str]]:
        calls = self._demo.board.views["board"]["calls"]
        return [(call["number"], call["window"]) for call in calls]

    async def press(self, verb: type[cmd.WindowVerb]) -> None:
        version = self.picture["version"]
        async with asyncio.timeout(PATIENCE):
            await self._clerk.send(verb(self._window, version))  # type: ignore[arg-type]
        await until(lambda: self.picture["version"] > version, f"{verb.__name__} seen")
