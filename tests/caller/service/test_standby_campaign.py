"""Campaign: two real callers on a real primary with a synchronous standby, through everything that a machine room does.

`pytest -m campaign -s tests/caller/service/test_standby_campaign.py`, about five minutes; prints a line for each fault: how
long nobody got a number, and what an independent recount of the log says. A hall's stations work all the while.
"""

import asyncio
import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Generator
from pathlib import Path

import pytest

from caller.client.client import Client, new_id
from caller.engine import commands as cmd
from tests.caller.service.test_standby import open_for_business
from tests.instruments.caller_fixture import Cable, run, until
from tests.instruments.caller_pair import SITE, Crowd, Pair, answered
from tests.instruments.log_checker import check
from tests.instruments.postgres_cluster import Cluster
from tests.instruments.postgres_standby import ReplicatedCluster
from tests.instruments.running_hall import hallcall
from tests.instruments.running_hall import until as until_now

pytestmark = pytest.mark.campaign
SECONDS = 600.0  # a bound for one test
STOPPED_SECONDS = 30.0
CUT_SECONDS = 12.0  # longer than any bound of the caller's
TAKE_OVER_SECONDS = (
    2.0  # after the database accepts writes, on a machine of one's own; printed, and held loosely
)
LOOSE = 10.0


@pytest.fixture
def servers() -> Generator[ReplicatedCluster]:
    made = ReplicatedCluster()
    try:
        yield made
    finally:
        made.remove()


@pytest.fixture
def pair(servers: ReplicatedCluster, tmp_path: Path) -> Generator[Pair]:
    made = Pair(tmp_path, servers.address)
    yield made
    made.close()


ROWS = "select count(*) from hallcall.event"


def report(fault: str, seconds: float, note: str = "") -> None:
    print(f"\n| {fault} | {seconds:.2f} s | {note} |", end="")


def recount(pair: Pair, crowd: Crowd, address: str = "") -> None:
    """Let the independent checker compare the log with what was told, and both PCs' copies with the log."""
    found = check(address or pair.address, SITE, pair.acknowledged, crowd.called)
    print(
        f"\n| recount | | {len(pair.acknowledged)} acknowledged, {found.numbers} numbers, {found.calls} calls in the log,"
        f" {len(found.faults)} faults |"
    )
    assert found.faults == []
    assert len(pair.acknowledged) > 100
    for name, caller in pair.callers.items():
        until_now(lambda name=name: copied(pair, name) == found.rows, f"{name} has a copy of all", 90)
        assert hallcall("log", "verify", "--data", str(pair.folder / name))[0] == 0
        assert "Traceback" not in caller.text()


def copied(pair: Pair, name: str) -> int:
    from caller.eventlog import LogError, Reader

    try:
        with Reader(pair.folder / name / "log.db") as log:
            return log.last
    except LogError:
        return -1


def test_callers_are_killed_and_stopped_for_half_a_minute(pair: Pair) -> None:
    async def day() -> Crowd:
        async with Crowd(pair) as crowd:
            await crowd.grown()
            for turn, holder in enumerate("aba"):
                moment = time.monotonic()
                pair.callers[holder].kill()
                report(f"kill -9 of the holder, {turn + 1}", await crowd.resumed(moment))
                await crowd.grown()
                await asyncio.to_thread(pair.start, holder)
            await stopped_for_long(pair, crowd)
            assert await crowd.repeated() == []
            return crowd

    pair.start("a")
    pair.start("b")
    recount(pair, run(day(), SECONDS))


async def stopped_for_long(pair: Pair, crowd: Crowd) -> None:
    """The holder stands still for half a minute while a station of its own keeps pressing; awake, it believes to hold."""
    holder = "b"
    async with Client(f"ws://127.0.0.1:{pair.ports[holder]}", pair.token, watch=["board"]) as loyal:
        await until(lambda: loyal.state == "current", "the station is with the holder")
        moment = time.monotonic()
        os.kill(pair.callers[holder].pid, signal.SIGSTOP)
        ids = [new_id() for _ in range(5)]
        pressed = [
            asyncio.create_task(answered(loyal, cmd.TakeTicket(items=[], queue="A"), id)) for id in ids
        ]
        report("SIGSTOP of the holder for 30 s", await crowd.resumed(moment))
        while time.monotonic() < moment + STOPPED_SECONDS:
            await crowd.grown(10)
        before = pair.said(holder, "caller standby ready")
        os.kill(pair.callers[holder].pid, signal.SIGCONT)
        await until(lambda: pair.said(holder, "caller standby ready") > before, "it has made room")
        await crowd.grown()
        for task in pressed:
            task.cancel()
        done = [task.result() for task in pressed if task.done() and not task.cancelled()]
        assert done == [], "who wrote no more has told nobody anything"
    async with pair.station() as station:
        for id in ids:
            await pair.take(station, id)


def test_the_primary_is_killed_and_the_standby_promoted_and_the_old_primary_comes_back(
    pair: Pair, servers: ReplicatedCluster
) -> None:
    async def day() -> Crowd:
        async with Crowd(pair) as crowd:
            await crowd.grown()
            moment = time.monotonic()
            await asyncio.to_thread(servers.first.kill)
            await asyncio.to_thread(servers.promote)
            accepts = time.monotonic()
            gone = await crowd.resumed(moment)
            report(
                "kill -9 of the primary, promotion",
                gone,
                f"{moment + gone - accepts:.2f} s after it accepts writes",
            )
            await crowd.grown()
            await asyncio.to_thread(servers.first.start)  # alone, and as the first host of the address
            for holder in "ab":
                moment = time.monotonic()
                pair.callers[holder].kill()
                report(f"kill -9 of {holder}, the old primary is back", await crowd.resumed(moment))
                await crowd.grown()
                await asyncio.to_thread(pair.start, holder)
            assert await crowd.repeated() == []
            return crowd

    pair.start("a")
    pair.start("b")
    crowd = run(day(), SECONDS)
    servers.first.stop()
    recount(pair, crowd, servers.of(servers.second))


def test_what_only_the_primary_has_is_told_to_nobody_and_goes_with_it(
    pair: Pair, servers: ReplicatedCluster
) -> None:
    """The standby is cut off, so that commits wait; the primary is lost with what it has alone."""

    async def day() -> Crowd:
        async with Crowd(pair) as crowd:
            await crowd.grown()
            moment = time.monotonic()
            await asyncio.to_thread(servers.second.stop)
            await until(lambda: crowd_waits(crowd, moment), "commits wait for the standby")
            told = len(crowd.told)
            await asyncio.sleep(CUT_SECONDS)
            assert len(crowd.told) == told, "nothing is told that only one disk has"
            [(only_here,)] = servers.asked(servers.first, ROWS)
            await asyncio.to_thread(servers.first.kill)
            await asyncio.to_thread(servers.second.start)
            [(kept,)] = servers.asked(servers.second, ROWS)
            await asyncio.to_thread(servers.promote)
            gone = await crowd.resumed(time.monotonic())
            report("both lost, the standby promoted", gone, f"the primary alone had {only_here - kept} rows")
            assert only_here > kept, "the primary showed a row that it alone had"
            await crowd.grown(100)
            assert await crowd.repeated() == []
            return crowd

    pair.start("a")
    pair.start("b")
    recount(pair, run(day(), SECONDS), servers.of(servers.second))


def crowd_waits(crowd: Crowd, moment: float) -> bool:
    """Whether nobody was told anything for a second."""
    last = max((each.heard for each in crowd.told), default=moment)
    return time.monotonic() > max(last, moment) + 1


def test_the_holder_is_cut_off_from_the_database_and_then_both_are(
    pair: Pair, servers: ReplicatedCluster
) -> None:
    async def day() -> Crowd:
        async with Cable(servers.first.port) as one, Cable(servers.first.port) as two:
            for name, cable in (("a", one), ("b", two)):
                port = cable.url.rpartition(":")[2]
                pair.addresses[name] = f"postgresql://hall@127.0.0.1:{port}/{servers.name}"
                await asyncio.to_thread(pair.start, name)
            async with Crowd(pair) as crowd:
                await crowd.grown()
                for cable, name in ((one, "a"), (two, "b")):
                    moment = time.monotonic()
                    drop(cable)
                    report(f"{name} is cut off from the database, silently", await crowd.resumed(moment))
                    await asyncio.sleep(max(0.0, moment + CUT_SECONDS - time.monotonic()))
                    mend(cable)
                    await crowd.grown()
                for cable in (one, two):
                    drop(cable)
                await asyncio.sleep(CUT_SECONDS)
                moment = time.monotonic()
                for cable in (one, two):
                    mend(cable)
                report("both cut off for 12 s, from the mending on", await crowd.resumed(moment))
                await crowd.grown()
                assert await crowd.repeated() == []
            for caller in pair.callers.values():
                await asyncio.to_thread(caller.stop)
            for name in "ab":
                await asyncio.to_thread(pair.start, name)
            await asyncio.to_thread(recount, pair, crowd, servers.of(servers.first))
            for caller in pair.callers.values():
                await asyncio.to_thread(caller.stop)
            return crowd

    run(day(), SECONDS)


def drop(cable: Cable) -> None:
    """Let no byte through and tell nobody, as a switch does that has died."""
    cable.hold("up")
    cable.hold("down")


def mend(cable: Cable) -> None:
    """Let new lines through; those that were open have lost bytes and are broken."""
    cable.cut()
    cable.plug()


@pytest.fixture
def small(tmp_path: Path) -> Generator[Path]:
    """A disk of 200 MB of its own."""
    folder = Path(tempfile.mkdtemp(prefix="hallcall-small-"))
    line = ["mount", "-t", "tmpfs", "-o", "size=200m", "tmpfs", str(folder)]
    done = subprocess.run(line, capture_output=True, text=True, timeout=60, check=False)
    if done.returncode:
        folder.rmdir()
        pytest.skip(f"a small disk cannot be mounted here: {done.stderr.strip()}")
    yield folder
    subprocess.run(["umount", str(folder)], timeout=60, check=True)
    folder.rmdir()


def test_the_databases_disk_is_full(small: Path, tmp_path: Path) -> None:
    cluster = Cluster(durable=True, folder=small, settings="max_wal_size = 48MB\nmin_wal_size = 32MB\n")
    pair = Pair(tmp_path, cluster.database())

    async def day() -> Crowd:
        async with Crowd(pair) as crowd:
            await crowd.grown()
            filler = small / "filler"
            await asyncio.to_thread(fill, filler)
            await until(lambda: crowd_waits(crowd, 0.0), "no number is given")
            told = len(crowd.told)
            await asyncio.sleep(CUT_SECONDS / 2)
            moment = time.monotonic()
            filler.unlink()
            await asyncio.to_thread(cluster.start_again)
            report(
                "disk full at the database, from the room on",
                await crowd.resumed(moment),
                f"{told} told before",
            )
            await crowd.grown(100)
            assert await crowd.repeated() == []
            return crowd

    try:
        pair.start("a")
        pair.start("b")
        recount(pair, run(day(), SECONDS))
    finally:
        pair.close()
        cluster.stop()
        for each in small.iterdir():
            shutil.rmtree(each) if each.is_dir() else each.unlink()


def fill(filler: Path) -> None:
    """Fill a disk to its last byte."""
    with filler.open("wb", buffering=0) as file:
        for size in (1 << 20, 1 << 12, 1):
            try:
                while file.write(b"\0" * size):
                    pass
            except OSError:
                continue


def test_twin_with_the_guards_off_two_callers_that_both_believe_give_a_number_twice(
    pair: Pair, servers: ReplicatedCluster
) -> None:
    """Lock, term, head and the key of the log's table are off."""

    async def day() -> None:
        for name in "ab":  # each begins while the other is at rest: what it folds is whole
            await asyncio.to_thread(pair.start, name)
            async with Client(f"ws://127.0.0.1:{pair.ports[name]}", pair.token, watch=["board"]) as station:
                await open_for_business(station)
        for name in "ab":
            async with Client(f"ws://127.0.0.1:{pair.ports[name]}", pair.token, watch=["board"]) as station:
                await open_for_business(station)
                for _ in range(3):
                    await pair.take(station)

    pair.module = "tests.instruments.unguarded_caller"
    run(day(), SECONDS)
    found = check(servers.of(servers.first), SITE, pair.acknowledged)
    print(f"\n| twin, guards off | | {len(found.faults)} faults seen |")
    assert any("twice" in each for each in found.faults)
