"""The twins' cable: each knob does what it says, or the tests over bad cables would prove nothing."""

import asyncio
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from devices.simulated.cable import Cable, Knobs

MESSAGE = bytes(range(200))
DEADLINE = 10.0


async def received(cable: Cable, enough: Callable[[bytes], bool]) -> bytes:
    """What arrives at the agent's end until it is enough."""
    far = os.open(cable.name, os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK)
    got, news = bytearray(), asyncio.Event()

    def readable() -> None:
        try:
            got.extend(os.read(far, 4096))
        except OSError:
            asyncio.get_running_loop().remove_reader(far)
        news.set()

    asyncio.get_running_loop().add_reader(far, readable)
    try:
        async with asyncio.timeout(DEADLINE):
            while not enough(bytes(got)):
                await news.wait()
                news.clear()
    finally:
        asyncio.get_running_loop().remove_reader(far)
        os.close(far)
    return bytes(got)


@pytest.mark.parametrize("knobs", [Knobs(), Knobs(chunk=1), Knobs(slow_ms=0.1), Knobs(chunk=7)])
def test_a_whole_cable_delivers_everything_in_order(tmp_path: Path, knobs: Knobs) -> None:
    async def scene() -> None:
        async with Cable(tmp_path / "tty", lambda _: None, knobs) as cable:
            cable.send(MESSAGE)
            assert await received(cable, lambda got: len(got) >= len(MESSAGE)) == MESSAGE

    asyncio.run(scene())


def test_a_lossy_cable_loses_some_and_changes_none(tmp_path: Path) -> None:
    async def scene() -> None:
        async with Cable(tmp_path / "tty", lambda _: None, Knobs(lose=0.3)) as cable:
            cable.send(MESSAGE)
            cable.send(b"\xff" * 40)
            got = await received(cable, lambda got: got.endswith(b"\xff" * 10))
            body = got.rstrip(b"\xff")
            assert 0 < len(body) < len(MESSAGE)
            assert sorted(set(body)) == list(body)

    asyncio.run(scene())


def test_a_silent_cable_delivers_nothing_and_a_babbling_one_noise(tmp_path: Path) -> None:
    async def scene() -> None:
        async with Cable(tmp_path / "tty", lambda _: None, Knobs(silent=True)) as cable:
            cable.send(b"lost")
            await cable.drained()
            cable.knobs.silent, cable.knobs.babble = False, True
            got = await received(cable, lambda got: len(got) >= 64)
            assert b"lost" not in got

    asyncio.run(scene())


def test_a_cable_cut_after_a_byte_count_is_gone(tmp_path: Path) -> None:
    async def scene() -> None:
        async with Cable(tmp_path / "tty", lambda _: None, Knobs(cut_after=3, chunk=1)) as cable:
            cable.send(MESSAGE)
            async with asyncio.timeout(DEADLINE):
                await cable.drained()
            assert not cable.plugged
            assert not cable.name.exists()

    asyncio.run(scene())


def test_plugged_in_under_another_name(tmp_path: Path) -> None:
    async def scene() -> None:
        async with Cable(tmp_path / "one", lambda _: None) as cable:
            cable.unplug()
            cable.plug(tmp_path / "two")
            assert not (tmp_path / "one").exists()
            cable.send(b"here")
            assert await received(cable, lambda got: len(got) >= 4) == b"here"

    asyncio.run(scene())
