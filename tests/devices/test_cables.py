"""Every kind of device over every kind of cable: whole, byte by byte, delayed, lossy, unplugged.

A bad cable may cost a press or a picture. It may never change a rating, call what nobody pressed, show what
nobody sent, or make a person out of a broken card.
"""

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from caller.engine.commands import CheckIn, Recall, ReportDevice
from caller.person import hashed
from devices.agent import Agent, Station
from devices.idcard import Person
from devices.link import Wire, port
from devices.profile import find, names
from devices.reader import Code, Read, Reader
from devices.simulated.cable import Knobs
from devices.simulated.pad import PadTwin
from devices.simulated.reader import CardTwin, ScannerTwin, number_for
from devices.simulated.sign import SignTwin
from tests.devices.bench import (
    DEADLINE,
    LINKS,
    HallSeam,
    at_window,
    evaluator_at_window,
    micros,
    running,
    within,
)

LOSSY = Knobs(lose=0.05)
KEY = b"a site's own key"
PAUSE = 0.25  # seconds between two tries, longer than any debounce


async def again_until(act: Callable[[], object], holds: Callable[[], object]) -> None:
    """What a person does: try again until it works."""
    async with asyncio.timeout(DEADLINE):
        while not holds():
            act()
            await asyncio.sleep(PAUSE)


@pytest.mark.parametrize("name", names("evaluator"))
def test_over_a_lossy_cable_a_rating_is_the_one_pressed(tmp_path: Path, name: str) -> None:
    async def scene() -> None:
        async with evaluator_at_window(tmp_path, name, LOSSY) as table:
            for visit, level in enumerate((5, 1, 4)):
                table.hall.ask(f"ticket-{visit}")
                press = lambda level=level: table.keypad.press(f"level-{level}")  # noqa: E731
                await again_until(press, lambda visit=visit: len(table.hall.rates) > visit)
            assert table.hall.rates == [("ticket-0", 5), ("ticket-1", 1), ("ticket-2", 4)]

    asyncio.run(scene())


@pytest.mark.parametrize("name", names("evaluator"))
def test_an_evaluator_unplugged_while_it_asks_asks_again(tmp_path: Path, name: str) -> None:
    async def scene() -> None:
        async with evaluator_at_window(tmp_path, name) as table:
            table.hall.ask("ticket-1")
            await table.shown("prompt")
            table.keypad.cable.unplug()
            table.keypad.press("level-1")  # into the air
            await table.hall.until(lambda: "offline" in table.hall.told("evaluator-3"))
            table.keypad.cable.plug(tmp_path / "by-id-keypad")
            await table.shown("prompt", 2)
            table.keypad.press("level-5")
            await table.shown("thanks")
            assert table.hall.rates == [("ticket-1", 5)]

    asyncio.run(scene())


@pytest.mark.parametrize("name", names("evaluator"))
def test_a_cable_cut_after_every_byte_of_a_press_rates_nothing_half(tmp_path: Path, name: str) -> None:
    """Cut inside the frame: nothing. Plugged in again: the rest of the old frame is gone, the new one counts."""

    async def scene() -> None:
        profile = find(name)
        size = len(profile.press("level-2", profile.address))
        for cut in range(1, size, 3):
            folder = tmp_path / str(cut)
            async with evaluator_at_window(folder, name, Knobs(silent=True)) as table:
                table.hall.ask("ticket-1")
                await table.shown("prompt")
                table.keypad.cable.cut_in(cut)
                table.keypad.press("level-2")
                await table.hall.until(lambda table=table: "offline" in table.hall.told("evaluator-3"))
                assert table.hall.rates == []
                table.keypad.cable.plug()
                await table.shown("prompt", 2)
                table.keypad.press("level-4")
                await table.hall.until(lambda table=table: table.hall.rates == [("ticket-1", 4)])

    asyncio.run(scene())


@pytest.mark.parametrize("name", names("pad"))
def test_over_a_lossy_cable_a_hard_caller_does_only_what_was_pressed(tmp_path: Path, name: str) -> None:
    async def scene() -> None:
        async with at_window(tmp_path, name, LOSSY) as (hall, twin):
            called = {"state": "called", "version": 5, "waiting": 1, "ticket": {"number": "A042"}}
            hall.show("window/3", {"window": "3", "name": "3号窗口", **called})
            verbs = lambda: [sent for sent in hall.sent if not isinstance(sent, ReportDevice)]  # noqa: E731
            await again_until(lambda: twin.press("recall"), lambda: len(verbs()) >= 3)
            assert set(verbs()) == {Recall("3", 5)}

    asyncio.run(scene())


@pytest.mark.parametrize("name", names("pad"))
def test_a_hard_caller_unplugged_and_back_shows_the_newest_picture(tmp_path: Path, name: str) -> None:
    async def scene() -> None:
        async with at_window(tmp_path, name, Knobs()) as (hall, twin):
            assert isinstance(twin, PadTwin)
            doc = {"window": "3", "name": "3号窗口", "state": "open", "version": 1, "waiting": 1}
            hall.show("window/3", doc)
            await within(twin.shows("等候1"))
            twin.cable.unplug()
            twin.line = ""
            await hall.until(lambda: "offline" in hall.told("device"))
            hall.show("window/3", {**doc, "version": 2, "waiting": 6})
            twin.cable.plug()
            await within(twin.shows("等候6"))

    asyncio.run(scene())


@pytest.mark.parametrize(
    "name", [name for name in names("sign") if find(name).check.kind == "crc16"] + ["sign-bx5"]
)
def test_over_a_lossy_cable_a_checked_sign_shows_nothing_that_was_not_sent(tmp_path: Path, name: str) -> None:
    """Signs whose frames have a CRC; an xor or a sum may let a doubly broken text through, see the docs."""

    async def scene() -> None:
        seen: set[str] = set()
        async with at_window(tmp_path, name, Knobs(lose=0.01)) as (hall, twin):
            assert isinstance(twin, SignTwin)
            doc = {"window": "3", "name": "3号窗口", "state": "serving", "version": 1, "waiting": 1}
            for number in range(40):
                hall.show("window/3", {**doc, "ticket": {"number": f"A{number:03d}"}})
                await asyncio.sleep(0.01)
                seen.add(twin.line)
            sent = {f"A{number:03d} 正在办理" for number in range(40)} | {"", "信息未更新"}
            assert seen <= sent
            assert len(seen) > 5

    asyncio.run(scene())


# --- readers


@asynccontextmanager
async def reader_on(cable_port: str, name: str) -> AsyncGenerator[tuple[HallSeam, list[Read]]]:
    reads: list[Read] = []
    hall, profile = HallSeam(), find(name)
    agent = Agent(hall, micros)
    agent.add(port(cable_port), Wire(), [Station("device", Reader(profile, KEY, reads.append), profile)])
    async with running(agent):
        await hall.until(lambda: hall.told("device"))
        yield hall, reads


@pytest.mark.parametrize("link", ["whole", "byte by byte", "delayed"])
def test_a_scanned_appointment_is_checked_in(tmp_path: Path, link: str) -> None:
    async def scene() -> None:
        async with (
            ScannerTwin(tmp_path / "tty", LINKS[link]) as scanner,
            reader_on(scanner.cable.port, "reader-lines") as (hall, reads),
        ):
            scanner.scan("K7Q2-91")
            await hall.until(lambda: CheckIn("K7Q2-91") in hall.sent)
            assert reads == [Code("K7Q2-91", appointment="K7Q2-91")]

    asyncio.run(scene())


@pytest.mark.parametrize("link", ["whole", "byte by byte", "lossy"])
def test_a_card_is_read_whatever_the_cable(tmp_path: Path, link: str) -> None:
    """Byte by byte means 1295 single deliveries; lossy, that a reading fails and the next poll tries again."""
    number = number_for(42)
    knobs = Knobs(lose=0.0004) if link == "lossy" else LINKS[link]

    async def scene() -> None:
        async with (
            CardTwin(tmp_path / "tty", knobs) as cards,
            reader_on(cards.cable.port, "reader-sdt") as (_, reads),
        ):
            await again_until(lambda: cards.lay("王小明", number), lambda: reads)
            assert reads[0] == Person(hashed(number, KEY), number[-4:], "王小明", 1990)

    asyncio.run(scene())


def test_an_id_reader_unplugged_and_back_reads_again(tmp_path: Path) -> None:
    async def scene() -> None:
        async with (
            CardTwin(tmp_path / "tty") as cards,
            reader_on(cards.cable.port, "reader-sdt") as (hall, reads),
        ):
            cards.cable.unplug()
            await hall.until(lambda: hall.told("device")[-1] == "offline")
            cards.cable.plug()
            await hall.until(lambda: hall.told("device")[-1] == "ready")
            await again_until(lambda: cards.lay("王小明", number_for(1)), lambda: reads)

    asyncio.run(scene())
