"""The port shell: opened alone, lost at once, back by itself, warned about once, never waited for."""

import asyncio
import logging
import os
import pty
import socket
import subprocess
import time
import tty
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import serial

from config.device_port import PortMistake
from config.device_port import parse as port
from devices.ports.serial_link import NOT_WINDOWS, RETRY_SECONDS, LineSettings, PortLink, PortState
from devices.simulators.pty_cable import Cable
from tests.instruments.caller_fixture import kept_port
from tests.instruments.device_bench import DEADLINE


class Probe:
    """A link that notes what it hears and becomes."""

    def __init__(self, where: str) -> None:
        self.heard = b""
        self.states: list[tuple[PortState, str]] = []
        self._news = asyncio.Condition()
        self.link = PortLink("probe", port(where), LineSettings(), self._heard, self._changed)
        self._tasks: set[asyncio.Task[None]] = set()

    def _heard(self, data: bytes) -> None:
        self.heard += data
        self._wake()

    def _changed(self, state: PortState, reason: str) -> None:
        self.states.append((state, reason))
        self._wake()

    def _wake(self) -> None:
        async def notify() -> None:
            async with self._news:
                self._news.notify_all()

        task = asyncio.ensure_future(notify())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def until(self, holds: Callable[[], bool]) -> None:
        async with asyncio.timeout(DEADLINE), self._news:
            await self._news.wait_for(holds)

    def is_(self, state: PortState) -> bool:
        return bool(self.states) and self.states[-1][0] == state


@asynccontextmanager
async def probing(where: str) -> AsyncGenerator[Probe]:
    probe = Probe(where)
    running = asyncio.create_task(probe.link.run())
    try:
        yield probe
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


def test_bytes_go_both_ways(tmp_path: Path) -> None:
    async def scene() -> None:
        got: list[bytes] = []
        async with Cable(tmp_path / "tty", got.append) as cable, probing(cable.port) as probe:
            await probe.until(lambda: probe.is_("open"))
            cable.send(b"hello")
            await probe.until(lambda: probe.heard == b"hello")
            assert probe.link.write(b"world")
            async with asyncio.timeout(DEADLINE):
                while b"".join(got) != b"world":  # noqa: ASYNC110 - the twin tells nobody
                    await asyncio.sleep(0.005)

    asyncio.run(scene())


def test_unplugged_and_back_on_another_pty_under_the_same_name(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async def scene() -> None:
        async with Cable(tmp_path / "by-id", lambda _: None) as cable, probing(cable.port) as probe:
            await probe.until(lambda: probe.is_("open"))
            first = cable.name.readlink()
            keep = os.open(first, os.O_RDWR | os.O_NOCTTY)  # so that the kernel must give another pty
            cable.unplug()
            await probe.until(lambda: probe.is_("lost"))
            assert not probe.link.write(b"x")
            cable.plug()
            await probe.until(lambda: probe.is_("open"))
            assert cable.name.readlink() != first
            cable.send(b"again")
            await probe.until(lambda: probe.heard == b"again")
            os.close(keep)
            assert probe.link.warnings == 1

    caplog.set_level(logging.WARNING, "hallcall.devices")
    asyncio.run(scene())
    assert len(caplog.records) == 1


class BlindLoop(asyncio.SelectorEventLoop):
    """A loop that watches no descriptors, as that of Windows."""

    def add_reader(self, fd: object, callback: object, *args: object) -> None:
        raise NotImplementedError

    add_writer = add_reader  # pyright: ignore[reportAssignmentType]


def far_end(kind: str) -> tuple[str, Callable[[], int], Callable[[], None]]:
    """Return a port, what gives the descriptor at its other end once it is open, and what closes the rest."""
    if kind == "serial":
        near, far = pty.openpty()
        tty.setraw(far)
        return f"serial://{os.ttyname(far)}", lambda: near, lambda: os.close(far)
    server = socket.create_server(("127.0.0.1", 0))
    return f"tcp://127.0.0.1:{server.getsockname()[1]}", lambda: server.accept()[0].detach(), server.close


@pytest.mark.parametrize("kind", ["serial", "tcp"])
def test_bytes_go_both_ways_where_the_loop_watches_no_descriptors(kind: str) -> None:
    """By pyserial's and the socket's own reading and writing; when the other end goes the line is lost."""
    where, opened, close = far_end(kind)

    async def scene() -> None:
        async with probing(where) as probe:
            await probe.until(lambda: probe.is_("open"))
            end = opened()
            os.write(end, b"hello")
            await probe.until(lambda: probe.heard == b"hello")
            assert probe.link.write(b"world")
            assert await asyncio.to_thread(os.read, end, 9) == b"world"
            close()
            os.close(end)
            await probe.until(lambda: probe.is_("lost"))

    with asyncio.Runner(loop_factory=BlindLoop) as runner:
        runner.run(scene())


def test_a_com_port_on_a_pc_without_windows_says_so() -> None:
    async def scene() -> None:
        async with probing("COM3") as probe:
            await probe.until(lambda: probe.is_("lost"))
            assert NOT_WINDOWS in probe.link.reason

    asyncio.run(scene())


def test_a_long_outage_is_one_warning_and_comes_back_within_three_seconds(tmp_path: Path) -> None:
    assert RETRY_SECONDS[-1] + 1 < 3

    async def scene() -> None:
        cable = Cable(tmp_path / "tty", lambda _: None)
        async with probing(f"serial://{tmp_path}/tty") as probe:
            await probe.until(lambda: len(probe.states) >= 3)
            assert probe.link.warnings == 1
            assert "未插入" in probe.states[-1][1]
            async with cable:
                await probe.until(lambda: probe.is_("open"))

    asyncio.run(scene())


def test_two_programs_never_share_a_port(tmp_path: Path) -> None:
    async def scene() -> None:
        async with Cable(tmp_path / "tty", lambda _: None) as cable, probing(cable.port) as probe:
            await probe.until(lambda: probe.is_("open"))
            async with probing(cable.port) as second:
                await second.until(lambda: second.is_("lost"))
                assert "占用" in second.states[-1][1]

    asyncio.run(scene())


def test_without_the_lock_two_programs_steal_each_others_bytes(tmp_path: Path) -> None:
    """The guard off: opened without `exclusive`, what is pressed goes elsewhere."""

    async def scene() -> None:
        async with Cable(tmp_path / "tty", lambda _: None) as cable, probing(cable.port) as probe:
            await probe.until(lambda: probe.is_("open"))
            thief = serial.Serial(str(cable.name), timeout=0)
            os.write(cable.near, b"level-5")
            until = time.monotonic() + DEADLINE
            while not thief.in_waiting:
                assert time.monotonic() < until
            assert thief.read(10) == b"level-5"
            thief.close()
            cable.send(b"end")
            await probe.until(lambda: probe.heard.endswith(b"end"))
            assert probe.heard == b"end"

    asyncio.run(scene())


def test_a_device_that_takes_nothing_is_never_waited_for(tmp_path: Path) -> None:
    async def scene() -> None:
        cable = Cable(tmp_path / "tty", lambda _: None)
        async with cable, probing(cable.port) as probe:
            await probe.until(lambda: probe.is_("open"))
            near = cable.near
            asyncio.get_running_loop().remove_reader(near)  # the device hangs
            # Nothing is awaited here, and nothing is read there: a write that waited would never come back.
            assert not all(probe.link.write(b"x" * 512) for _ in range(200))
            await probe.until(lambda: any("不接收" in reason for _, reason in probe.states))

    asyncio.run(scene())


def test_a_key_pressed_before_the_port_was_open_is_not_heard(tmp_path: Path) -> None:
    async def scene() -> None:
        async with Cable(tmp_path / "tty", lambda _: None) as cable:
            os.write(cable.near, b"old")
            async with probing(cable.port) as probe:
                await probe.until(lambda: probe.is_("open"))
                cable.send(b"new")
                await probe.until(lambda: probe.heard.endswith(b"new"))
                assert probe.heard == b"new"

    asyncio.run(scene())


def test_a_tcp_device_is_lost_and_found_too() -> None:
    async def scene() -> None:
        lines: list[asyncio.StreamWriter] = []

        def meet(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            lines.append(writer)
            writer.write(b"hi")

        server = await asyncio.start_server(meet, "127.0.0.1", 0)
        where = server.sockets[0].getsockname()
        async with probing(f"tcp://{where[0]}:{where[1]}") as probe:
            await probe.until(lambda: probe.heard == b"hi")
            lines[0].close()
            await probe.until(lambda: probe.is_("lost"))
            await probe.until(lambda: probe.heard == b"hihi")
            assert probe.link.warnings == 1
        server.close()
        for line in lines:
            line.close()

    asyncio.run(scene())


def test_a_tcp_port_nobody_listens_on_is_lost_with_a_reason() -> None:
    number = kept_port()

    async def scene() -> None:
        async with probing(f"tcp://127.0.0.1:{number}") as probe:
            await probe.until(lambda: probe.is_("lost"))
            assert probe.states[-1][1]

    asyncio.run(scene())


@pytest.mark.skipif(
    subprocess.run(["which", "socat"], capture_output=True).returncode != 0, reason="needs socat"
)
def test_a_socat_pair_that_dies_and_comes_back(tmp_path: Path) -> None:
    """Ptys made by another program, gone and back as a USB adapter is."""
    ours, theirs = tmp_path / "ours", tmp_path / "theirs"

    async def pair() -> asyncio.subprocess.Process:
        ends = [f"pty,raw,echo=0,link={end}" for end in (ours, theirs)]
        return await asyncio.create_subprocess_exec("socat", *ends, stderr=asyncio.subprocess.DEVNULL)

    async def scene() -> None:
        first = await pair()
        async with probing(f"serial://{ours}") as probe:
            await probe.until(lambda: probe.is_("open"))
            first.terminate()
            await first.wait()
            await probe.until(lambda: probe.is_("lost"))
            second = await pair()
            await probe.until(lambda: probe.is_("open"))
            theirs.write_bytes(b"back")
            await probe.until(lambda: probe.heard == b"back")
            second.terminate()
            await second.wait()

    asyncio.run(scene())


@pytest.mark.parametrize(
    "text",
    [
        "COM0",
        "serial://relative",
        "tcp://host",
        "usb://1:2",
        "serial:///dev/x?baud=fast",
        "serial:///dev/x?speed=1",
    ],
)
def test_a_port_that_cannot_be_says_what_would_do(text: str) -> None:
    with pytest.raises(PortMistake, match=r"serial:///|known"):
        port(text)


def test_options_of_a_port() -> None:
    where = port("serial:///dev/serial/by-id/x?baud=19200&parity=E&bits=7&stop=1&address=3")
    assert (where.place, where.option("baud", 9600), where.option("address", 1)) == (
        "/dev/serial/by-id/x",
        19200,
        3,
    )
