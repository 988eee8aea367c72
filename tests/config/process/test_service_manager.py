"""The service manager is told over a real datagram socket when a process is ready, and that it is alive."""

import asyncio
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from config.process.running import keep_watchdog, notify, stop_signals, watchdog_seconds
from tests.instruments.small_settings import GOOD, put

PATIENCE = 60.0  # seconds


@pytest.fixture
def manager(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[socket.socket]:
    """The socket of a service manager, as it stands in NOTIFY_SOCKET."""
    place = os.path.relpath(tmp_path / "notify")  # the path of such a socket has at most 107 bytes
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
        listener.bind(place)
        listener.settimeout(PATIENCE)
        monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "notify"))
        monkeypatch.delenv("WATCHDOG_PID", raising=False)
        monkeypatch.setenv("WATCHDOG_USEC", "20000")
        yield listener


async def heard(manager: socket.socket, count: int) -> list[str]:
    manager.setblocking(False)
    loop = asyncio.get_running_loop()
    async with asyncio.timeout(PATIENCE):
        return [(await loop.sock_recv(manager, 99)).decode() for _ in range(count)]


def while_alive(test: Callable[[asyncio.Task[None]], Awaitable[None]]) -> None:
    """Run a test's body beside a process that keeps its watchdog."""

    async def run() -> None:
        alive = asyncio.create_task(keep_watchdog())
        try:
            await test(alive)
        finally:
            alive.cancel()

    asyncio.run(run())


def test_ready_comes_first_and_then_signs_of_life(manager: socket.socket):
    async def test(_alive: asyncio.Task[None]) -> None:
        assert await heard(manager, 4) == ["READY=1", *["WATCHDOG=1"] * 3]

    while_alive(test)


def test_twin_an_event_loop_that_hangs_gives_no_sign_of_life(manager: socket.socket):
    """What the watchdog is for: while the loop is held nothing arrives, and then it does again."""

    async def test(_alive: asyncio.Task[None]) -> None:
        assert await heard(manager, 1) == ["READY=1"]
        with suppress(BlockingIOError):
            while manager.recv(99):  # what arrived before the loop was held
                pass
        time.sleep(0.1)  # five periods, in which a thread of its own would have reported  # noqa: ASYNC251
        with pytest.raises(BlockingIOError):
            manager.recv(99)
        assert await heard(manager, 1) == ["WATCHDOG=1"]

    while_alive(test)


def test_a_process_that_is_not_watched_reports_only_that_it_is_ready(
    manager: socket.socket, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("WATCHDOG_PID", str(os.getpid() + 1))

    async def test(alive: asyncio.Task[None]) -> None:
        assert await heard(manager, 1) == ["READY=1"]
        assert watchdog_seconds() == 0.0
        assert not alive.done()

    while_alive(test)


def test_a_caller_reports_when_it_listens_lives_and_stops(
    manager: socket.socket, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("WATCHDOG_USEC", "1000000")  # so seldom that the kernel's ten datagrams are never full
    words = ["caller", str(put(tmp_path, GOOD)), "--data", str(tmp_path / "data"), "--port", "0"]
    with subprocess.Popen(
        [sys.executable, "-m", "caller.cli", *words], stdout=subprocess.PIPE, text=True
    ) as caller:
        try:
            assert caller.stdout
            assert manager.recv(99) == b"READY=1"
            assert caller.stdout.readline().startswith("caller ready")
            assert manager.recv(99) == b"WATCHDOG=1"
        finally:
            caller.terminate()
        rest = [manager.recv(99)]
        while rest[-1] != b"STOPPING=1":
            rest.append(manager.recv(99))
        assert caller.wait(PATIENCE) == 0
    assert set(rest[:-1]) <= {b"WATCHDOG=1"}


def test_an_abstract_socket_is_known_by_its_sign(monkeypatch: pytest.MonkeyPatch):
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
        name = f"hallcall-test-{os.getpid()}"
        listener.bind("\0" + name)
        listener.settimeout(PATIENCE)
        monkeypatch.setenv("NOTIFY_SOCKET", f"@{name}")
        assert notify("STOPPING=1")
        assert listener.recv(99) == b"STOPPING=1"


@pytest.mark.parametrize("place", ["", "relative", "/nowhere/at/all", "/" + "x" * 200])
def test_a_process_without_a_manager_goes_on(place: str, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("NOTIFY_SOCKET", place)
    assert not notify("READY=1")


ENDS = """
import asyncio, signal, sys
from config.process.running import run_until_stopped
signal.signal(signal.SIGHUP, signal.SIG_DFL)  # also where the tests themselves run under nohup
async def work():
    try:
        print("begun", flush=True)
        await asyncio.sleep(60)
    finally:
        print("in order", flush=True)
run_until_stopped(work())
"""


@pytest.mark.parametrize(
    ("number", "said"),
    [
        (signal.SIGHUP, "in order"),  # the terminal was closed
        (signal.SIGTERM, "in order"),
        (signal.SIGUSR1, ""),  # the twin: a signal that is not obeyed leaves what the program has started
    ],
)
def test_a_program_ends_in_order_by_the_closing_of_its_terminal_too(
    number: signal.Signals, said: str
) -> None:
    line = [sys.executable, "-c", ENDS]
    with subprocess.Popen(line, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
        assert process.stdout
        assert process.stdout.readline() == "begun\n"
        process.send_signal(number)
        assert process.communicate(timeout=PATIENCE)[0].strip() == said


@pytest.mark.parametrize(("now", "obeyed"), [(signal.SIG_DFL, True), (signal.SIG_IGN, False)])
def test_a_program_under_nohup_outlives_its_terminal(now: signal.Handlers, obeyed: bool) -> None:
    before = signal.signal(signal.SIGHUP, now)
    try:
        assert (signal.SIGHUP in stop_signals()) is obeyed
    finally:
        signal.signal(signal.SIGHUP, before)
