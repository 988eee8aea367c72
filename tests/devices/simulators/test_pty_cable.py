"""The twins' cable: each knob does what it says, or the tests over bad cables would prove nothing."""

import asyncio
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from devices.simulators.pty_cable import Cable, CableFaults

MESSAGE = bytes(range(200))
DEADLINE = 60.0


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


@pytest.mark.parametrize(
    "faults", [CableFaults(), CableFaults(chunk=1), CableFaults(slow_ms=0.1), CableFaults(chunk=7)]
)
def test_a_whole_cable_delivers_everything_in_order(tmp_path: Path, faults: CableFaults) -> None:
    async def scene() -> None:
        async with Cable(tmp_path / "tty", lambda _: None, faults) as cable:
            cable.send(MESSAGE)
            assert await received(cable, lambda got: len(got) >= len(MESSAGE)) == MESSAGE

    asyncio.run(scene())


def test_a_lossy_cable_loses_some_and_changes_none(tmp_path: Path) -> None:
    async def scene() -> None:
        async with Cable(tmp_path / "tty", lambda _: None, CableFaults(lose=0.3)) as cable:
            cable.send(MESSAGE)
            cable.send(b"\xff" * 40)
            got = await received(cable, lambda got: got.endswith(b"\xff" * 10))
            body = got.rstrip(b"\xff")
            assert 0 < len(body) < len(MESSAGE)
            assert sorted(set(body)) == list(body)

    asyncio.run(scene())


def test_a_silent_cable_delivers_nothing_and_a_babbling_one_noise(tmp_path: Path) -> None:
    async def scene() -> None:
        async with Cable(tmp_path / "tty", lambda _: None, CableFaults(silent=True)) as cable:
            cable.send(b"lost")
            await cable.drained()
            cable.faults.silent, cable.faults.babble = False, True
            got = await received(cable, lambda got: len(got) >= 64)
            assert b"lost" not in got

    asyncio.run(scene())


def test_a_cable_cut_after_a_byte_count_is_gone(tmp_path: Path) -> None:
    async def scene() -> None:
        async with Cable(tmp_path / "tty", lambda _: None, CableFaults(cut_after=3, chunk=1)) as cable:
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


def test_a_name_in_use_is_refused_plugged_in_or_not_and_free_when_its_twin_ends(tmp_path: Path) -> None:
    async def scene() -> None:
        async with Cable(tmp_path / "tty", lambda _: None) as first:
            for _ in range(2):
                with pytest.raises(FileExistsError, match=r"正被另一个模拟设备使用.*choose another"):
                    await Cable(tmp_path / "tty", lambda _: None).__aenter__()
                first.unplug()
            first.plug()
            first.send(b"mine")
            assert await received(first, lambda got: len(got) >= 4) == b"mine"
            first.unplug()
            first.plug(tmp_path / "other")
            async with Cable(tmp_path / "tty", lambda _: None):
                pass
        async with Cable(tmp_path / "other", lambda _: None):
            pass

    asyncio.run(scene())


def test_a_link_left_by_a_killed_twin_is_taken_over_though_its_pty_is_somebody_elses_now(
    tmp_path: Path,
) -> None:
    async def scene() -> None:
        stranger, theirs = os.openpty()
        (tmp_path / "reused").symlink_to(os.ttyname(theirs))
        (tmp_path / "dangling").symlink_to("/dev/pts/99999")
        for name in ("reused", "dangling"):
            async with Cable(tmp_path / name, lambda _: None) as cable:
                cable.send(b"new")
                assert await received(cable, lambda got: len(got) >= 3) == b"new"
        os.close(stranger)
        os.close(theirs)

    asyncio.run(scene())


def test_without_the_mark_a_second_twin_steals_the_link(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The guard off."""
    monkeypatch.setattr("devices.simulators.pty_cable._claimed", lambda _: None)

    async def scene() -> None:
        async with Cable(tmp_path / "tty", lambda _: None) as first:
            async with Cable(tmp_path / "tty", lambda _: None) as second:
                assert first.name.readlink() == Path(second.socket) != Path(first.socket)
            assert first.plugged
            assert not first.name.exists()

    asyncio.run(scene())


@pytest.mark.parametrize("faults", [CableFaults(chunk=1), CableFaults(slow_ms=0.1), CableFaults()])
def test_what_the_agent_writes_is_chopped_and_late_too(tmp_path: Path, faults: CableFaults) -> None:
    async def scene() -> None:
        heard: list[bytes] = []
        async with Cable(tmp_path / "tty", heard.append, faults) as cable:
            await written(cable, MESSAGE, lambda: b"".join(heard) == MESSAGE)
            whole = not (faults.chunk or faults.slow_ms)
            assert len(heard) == (1 if whole else len(MESSAGE))

    asyncio.run(scene())


def test_a_cable_cut_on_the_way_to_the_device_brings_no_more_even_when_it_is_back(tmp_path: Path) -> None:
    async def scene() -> None:
        heard: list[bytes] = []
        async with Cable(tmp_path / "tty", heard.append, CableFaults(chunk=1)) as cable:
            cable.cut_out(5)
            await written(cable, MESSAGE, lambda: not cable.plugged)
            cable.plug()
            await written(cable, b"new", lambda: b"".join(heard).endswith(b"new"))
            assert b"".join(heard) == MESSAGE[:5] + b"new"

    asyncio.run(scene())


async def written(cable: Cable, data: bytes, holds: Callable[[], object]) -> None:
    """What an agent writes, until it has had its effect."""
    far = os.open(cable.name, os.O_RDWR | os.O_NOCTTY)
    os.write(far, data)
    async with asyncio.timeout(DEADLINE):
        while not holds():  # noqa: ASYNC110 - a list tells nobody that it grew
            await asyncio.sleep(0.005)
    os.close(far)
