"""A twin lives on whatever its input is: a service gives it /dev/null, a demo a pipe, a script nothing."""

import asyncio
import subprocess
import sys
from collections.abc import Generator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TextIO

import pytest

from config.device_port import parse as port
from config.process.running import can_be_watched
from devices.ports.serial_link import LineSettings, PortLink
from devices.profiles.profile_reader import find

DEADLINE = 60.0  # seconds, on a machine that is busy with other things
ASK_SECONDS = 0.5
TWINS = {
    "keypad": find("evaluator-crc").frame("poll", 1),
    "pad": find("pad-ascii").frame("poll", 1),
    "sign": find("sign-modbus").frame("poll", 1),
    "card": bytes.fromhex("AAAAAA96690003200122"),
}
ARGUMENTS = {
    "keypad": ["keypad", "--profile", "evaluator-crc"],
    "pad": ["pad", "--profile", "pad-ascii"],
    "sign": ["sign", "--profile", "sign-modbus"],
    "card": ["reader", "--card"],
}


@contextmanager
def twin(kind: str, link: Path, stdin: int) -> Generator[subprocess.Popen[str]]:
    """A twin's process, from its ready line to its end."""
    command = [sys.executable, "-m", "caller.cli", "simulated", *ARGUMENTS[kind], "--link", str(link)]
    with subprocess.Popen(
        command, stdin=stdin, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout
        try:
            assert "ready" in process.stdout.readline()
            yield process
        finally:
            process.terminate()
            process.wait(DEADLINE)


async def answered(link: Path, question: bytes) -> bytes:
    """What the twin says when it is asked, and asked again while its port is away."""
    heard: asyncio.Queue[bytes] = asyncio.Queue()
    line = PortLink(
        "twin", port(f"serial://{link}"), LineSettings(), heard.put_nowait, lambda _state, _why: None
    )
    running = asyncio.create_task(line.run())
    try:
        async with asyncio.timeout(DEADLINE):
            while True:
                line.write(question)
                with suppress(TimeoutError):
                    async with asyncio.timeout(ASK_SECONDS):
                        return await heard.get()
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


@pytest.mark.parametrize("kind", sorted(TWINS))
def test_a_twin_without_a_terminal_answers_and_complains_of_nothing(tmp_path: Path, kind: str) -> None:
    with twin(kind, tmp_path / "tty", subprocess.DEVNULL) as process:
        assert asyncio.run(answered(tmp_path / "tty", TWINS[kind]))
        assert process.poll() is None
        process.terminate()
        assert process.wait(DEADLINE) == 0
        assert process.stderr
        assert process.stderr.read() == ""


def test_what_is_typed_into_a_pipe_is_obeyed_and_its_end_ends_nothing(tmp_path: Path) -> None:
    with twin("keypad", tmp_path / "tty", subprocess.PIPE) as process:
        assert process.stdin
        process.stdin.write("no-such-key\nunplug\nplug\n")
        process.stdin.close()
        assert process.stderr
        assert "no such key" in process.stderr.readline()
        assert asyncio.run(answered(tmp_path / "tty", TWINS["keypad"]))


def test_only_what_can_be_waited_for_is_watched(tmp_path: Path) -> None:
    with Path("/dev/null").open() as nothing:
        assert not can_be_watched(nothing)
    (tmp_path / "file").write_text("next\n")
    with (tmp_path / "file").open() as file:
        assert not can_be_watched(file)
    assert not can_be_watched(file), "closed"
    assert not can_be_watched(None)


def test_twin_without_the_look_dev_null_is_an_error_inside_the_loop() -> None:
    """The guard off: asyncio takes /dev/null for a device one can wait for, and epoll does not."""

    async def scene(nothing: TextIO) -> object:
        loop = asyncio.get_running_loop()
        fault: asyncio.Future[object] = loop.create_future()
        loop.set_exception_handler(lambda _, context: fault.set_result(context["exception"]))
        await loop.connect_read_pipe(asyncio.Protocol, nothing)
        async with asyncio.timeout(DEADLINE):
            return await fault

    with Path("/dev/null").open() as nothing:
        assert isinstance(asyncio.run(scene(nothing)), PermissionError)
