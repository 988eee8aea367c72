"""A flood of refused commands costs its senders: nothing on disk, nothing another station needs, and no start-up time.

At commit 29e657f a refusal was a synced row: one slip wrote 463 MB in 1.2 hours, and 10^6 of them made a start take
11.4 s and 1.4 GB.
"""

import asyncio
import resource
import time
from pathlib import Path

import pytest

from caller.engine.commands import CancelTicket, TakeTicket
from caller.engine.envelope import CommandEnvelope
from caller.protocol.frames import Done, RefusedFrame
from caller.service.idempotency import SENDER_ANSWERS_MAX, AnyAnswer
from tests.instruments.engine_fixture import DAY
from tests.instruments.loop_fixture import House, Time, house

SENDERS = 6
AT_ONCE = 2_000  # commands in the loop's inbox


async def flood(it: House, commands: int) -> None:
    """So many commands from six slips, each refused."""
    for first in range(0, commands, AT_ONCE):
        answers: list[asyncio.Future[AnyAnswer]] = []
        for serial in range(first, min(first + AT_ONCE, commands)):
            answered: asyncio.Future[AnyAnswer] = asyncio.get_running_loop().create_future()
            sender = f"slip-{serial % SENDERS}"
            order = CommandEnvelope(f"flood-{serial:08d}", CancelTicket("none"), "phone", sender)
            it.loop.submit(order, answered.set_result)
            answers.append(answered)
        assert all(isinstance(answer, RefusedFrame) for answer in await asyncio.gather(*answers))


def on_disk(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.iterdir())


def flooded(tmp_path: Path, commands: int) -> tuple[float, int]:
    """Seconds to start after a flood, and the bytes it left on disk."""
    path = tmp_path / "log.db"

    async def scene() -> int:
        async with house(path, Time()) as it:
            kiosk = {"id": "kiosk-press", "role": "kiosk", "station": "K1"}
            ticket = await it.send(TakeTicket(queue="A"), **kiosk)
            before = on_disk(tmp_path)
            await flood(it, commands)
            assert isinstance(ticket, Done)
            assert await it.send(TakeTicket(queue="A"), **kiosk) == ticket
            kept = it.loop._memory._without_effect._senders
            assert len(kept) == SENDERS
            assert max(map(len, kept.values())) <= SENDER_ANSWERS_MAX
            return on_disk(tmp_path) - before

    grown = asyncio.run(scene())
    began = time.perf_counter()

    async def start() -> float:
        async with house(path, Time(), opened=False) as it:
            taken = time.perf_counter() - began
            assert it.hall.seq == 2
            assert it.hall.state.day.label == DAY
            return taken

    return asyncio.run(start()), grown


def test_refused_commands_leave_nothing_on_disk_and_little_in_memory(tmp_path: Path):
    assert flooded(tmp_path, 20_000)[1] == 0


@pytest.mark.campaign
def test_a_million_refused_commands(tmp_path: Path):
    seconds, grown = flooded(tmp_path, 1_000_000)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    print(f"\nstart after 10^6 refusals: {seconds:.3f} s, {grown} bytes on disk, peak {peak} MB")
    assert grown == 0
    assert peak < 300
