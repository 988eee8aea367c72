"""An update with real processes: the old caller gives numbers while a newer version prepares, and is switched for it.

The newer version is this code under another `STATE_VERSION`, started by a script of the test's own.
"""

import asyncio
import contextlib
import signal
import subprocess
import sys
from collections.abc import AsyncGenerator
from pathlib import Path

import pytest

from caller.client.client import Client
from caller.engine import commands as cmd
from caller.eventlog import LOG_NAME, Reader, Record
from caller.eventlog.checkpoints import PREPARED_NAME
from caller.identity.enrolment import Stations
from tests.crash.test_kill import DAY, HALL
from tests.instruments.caller_fixture import PATIENCE, kept_port, run, soon, until
from tests.instruments.running_hall import REPO

NEWER = """
import os, signal, sys
sys.path.insert(0, {root!r})
from caller.engine import register
register.STATE_VERSION += 1
register._VERSION = f"{{register.STATE_VERSION}}.{{register.shape(*register.ROWS):08x}}"
from caller.cli import log
from caller.cli.main import main
from caller.service import preparation
preparation.PIECE_EVENTS, preparation.SAVE_EVENTS, log.PROGRESS_SECONDS = 5, 10, 0.0
left, stops, fsync = {fsyncs}, {stops}, os.fsync
def mortal(handle):
    global left
    left -= 1
    if left == 0:
        os.kill(os.getpid(), signal.SIGSTOP if stops else signal.SIGKILL)
    fsync(handle)
os.fsync = mortal
main(sys.argv[1:])
"""
STATIONS = {"manager": "m", "kiosk": "K1"}
PAUSE_SECONDS = 0.1  # between numbers: a station may not send more
NUMBERS = 40  # given before the preparation begins
MEANWHILE_MAX = (
    40  # and while it runs: one that a busy machine makes slower than the stations would never end
)


class Update:
    """A folder, the caller that runs on it, and two stations that come back to whichever runs."""

    def __init__(self, folder: Path) -> None:
        self.data = folder / "data"
        self.data.mkdir()
        self._hall = folder / "hall.toml"
        self._hall.write_text(HALL, encoding="utf-8")
        stations = Stations(self.data / "stations.db")
        self._tokens = {role: stations.enrol(role, name, "now") for role, name in STATIONS.items()}
        stations.close()
        self.port = kept_port()
        self.clients: dict[str, Client] = {}

    def script(self, fsyncs: int = 0, *, stops: bool = False) -> list[str]:
        """Return the command line of the newer version, which dies by SIGKILL at its `fsyncs`th fsync (0: never), or
        stands still there until it is told to go on."""
        file = self.data.parent / f"newer-{fsyncs}.py"
        file.write_text(NEWER.format(root=str(REPO), fsyncs=fsyncs, stops=stops), encoding="utf-8")
        return [sys.executable, str(file)]

    @property
    def old(self) -> list[str]:
        return [sys.executable, "-m", "caller.cli"]

    def _spawn(self, program: list[str], errors: Path) -> "subprocess.Popen[str]":
        line = [*program, "caller", str(self._hall), "--data", str(self.data), "--port", str(self.port)]
        with errors.open("wb") as target:
            return subprocess.Popen(line, stdout=subprocess.PIPE, stderr=target, cwd=REPO, text=True)

    async def start(self, program: list[str]) -> str:
        """Start a caller; return what it logged until it was ready."""
        errors = self.data.parent / "stderr"
        self._caller = self._spawn(program, errors)
        assert self._caller.stdout is not None
        ready = await soon(asyncio.to_thread(self._caller.stdout.readline))
        assert ready.startswith("caller ready"), errors.read_text("utf-8")
        self.port = int(ready.rpartition(":")[2])
        return errors.read_text("utf-8")

    def end(self, how: signal.Signals) -> None:
        self._caller.send_signal(how)
        self._caller.communicate(timeout=PATIENCE)

    def prepare(self, program: list[str]) -> "subprocess.Popen[str]":
        line = [*program, "log", "prepare", str(self._hall), "--data", str(self.data)]
        return subprocess.Popen(line, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, cwd=REPO, text=True)

    async def prepared(self) -> str:
        process = self.prepare(self.script())
        said, _ = await soon(asyncio.to_thread(process.communicate))
        assert process.returncode == 0, said
        return said

    async def take(self) -> str:
        return (await self.clients["kiosk"].send(cmd.TakeTicket(queue="A"), timeout=60))["number"]

    def records(self) -> list[Record]:
        with Reader(self.data / LOG_NAME) as log:
            return list(log.after(0))

    def verified(self, program: list[str]) -> bool:
        line = [*program, "log", "verify", "--data", str(self.data)]
        return subprocess.run(line, capture_output=True, cwd=REPO, timeout=PATIENCE).returncode == 0


@contextlib.asynccontextmanager
async def updating(folder: Path) -> AsyncGenerator[Update]:
    """An old caller with an open day and its numbers."""
    it = Update(folder)
    await it.start(it.old)
    try:
        async with contextlib.AsyncExitStack() as stack:
            for role, token in it._tokens.items():
                client = Client(f"ws://127.0.0.1:{it.port}", token, [], role, jitter=lambda: 0.0)
                it.clients[role] = await stack.enter_async_context(client)
            await it.clients["manager"].send(cmd.OpenDay(DAY))
            for _ in range(NUMBERS):
                await it.take()
            yield it
    finally:
        it._caller.kill()
        it._caller.communicate()


def stands_still(pid: int) -> bool:
    return Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2][0] == "T"


def replayed(said: str) -> tuple[int, int]:
    """The event a start began with, and how many it folded."""
    line = next(line for line in said.splitlines() if "replaying" in line and "from event" in line)
    words = line.rpartition("from event ")[2].replace(",", "").split()
    return int(words[0]), int(words[2])


@pytest.mark.parametrize("prepared", [True, False], ids=["prepared", "twin"])
def test_numbers_go_on_while_a_newer_version_prepares_and_after_the_switch(tmp_path: Path, prepared: bool):
    async def test() -> None:
        async with updating(tmp_path) as it:
            before, numbers = it.records(), list[str]()
            if prepared:
                preparing = asyncio.create_task(it.prepared())
                while not preparing.done():
                    if len(numbers) < MEANWHILE_MAX:
                        numbers.append(await it.take())
                    await asyncio.sleep(PAUSE_SECONDS)
                assert "Prepared up to event" in await preparing
            numbers += [await it.take() for _ in range(3)]
            assert it.records()[: len(before)] == before
            last = it.records()[-1].seq
            it.end(signal.SIGTERM)
            begun, count = replayed(await it.start(it.script()))
            assert begun + count == last
            if prepared:
                assert begun > len(before)
            else:
                assert begun == 0
            numbers.append(await it.take())
            expected = range(NUMBERS + 1, NUMBERS + 1 + len(numbers))
            assert numbers == [f"A{serial:03d}" for serial in expected]
            await it.clients["manager"].send(cmd.CloseDay(expire=True))
            it.end(signal.SIGTERM)
            assert it.verified(it.script())

    run(test(), 6 * PATIENCE)


@pytest.mark.parametrize(
    "fsyncs", [1, pytest.param(2, marks=pytest.mark.campaign), 3, pytest.param(4, marks=pytest.mark.campaign)]
)
def test_a_preparation_killed_while_it_saves_leaves_the_caller_alone_and_nothing_half(
    tmp_path: Path, fsyncs: int
):
    """The odd kills come before a file has its place, the even ones after."""

    async def test() -> None:
        async with updating(tmp_path) as it:
            before = it.records()
            process = it.prepare(it.script(fsyncs))
            await soon(asyncio.to_thread(process.communicate))
            assert process.returncode == -signal.SIGKILL
            assert it.records() == before
            assert await it.take() == f"A{NUMBERS + 1:03d}", "the old caller never noticed"
            it.end(signal.SIGKILL)
            begun, count = replayed(await it.start(it.script()))
            assert (begun == 0) == (fsyncs == 1)
            assert begun + count == len(before) + 1
            assert await it.take() == f"A{NUMBERS + 2:03d}"
            it.end(signal.SIGTERM)
            assert it.verified(it.script())

    run(test(), 6 * PATIENCE)


def test_a_caller_killed_and_a_day_closed_meanwhile(tmp_path: Path):
    async def test() -> None:
        async with updating(tmp_path) as it:
            process = it.prepare(it.script(1, stops=True))
            await until(lambda: stands_still(process.pid), "it is about to save its first piece")
            it.end(signal.SIGKILL)
            await it.start(it.old)
            assert await it.take() == f"A{NUMBERS + 1:03d}"
            await it.clients["manager"].send(cmd.CloseDay(expire=True), timeout=60)
            process.send_signal(signal.SIGCONT)
            said, _ = await soon(asyncio.to_thread(process.communicate))
            assert process.returncode == 0, said
            assert [each.suffix for each in (it.data / PREPARED_NAME).iterdir()] != [".part"]
            last = it.records()[-1].seq
            it.end(signal.SIGTERM)
            assert replayed(await it.start(it.script())) == (last, 0)
            it.end(signal.SIGTERM)
            assert it.verified(it.script())

    run(test(), 6 * PATIENCE)
