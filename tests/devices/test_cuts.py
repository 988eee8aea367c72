"""Cables cut inside what a device says, and readers over cables that lose bytes: nothing half is believed.

After the cut the device is plugged in again; the half frame is gone and the next whole one counts. In the
gate some places of each frame are cut, in the campaign every one.
"""

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest

from caller.engine.commands import AnyCommand, CheckIn, Recall, ReportDevice, RequeueTicket
from caller.person import hashed
from devices.idcard import Person
from devices.profile import find, names
from devices.reader import Read
from devices.simulated.cable import Cable, Knobs
from devices.simulated.pad import PadTwin
from devices.simulated.reader import CardTwin, ScannerTwin, card_text, frame, number_for
from tests.devices.bench import HallSeam, at_window, evaluator_at_window
from tests.devices.test_cables import KEY, again_until, reader_on

TICKET = "01a1ff83-0b24-74c0-b8be-a698f4fa9cee"
SLIP = f"http://hall.local/t/{TICKET}"
OTHER = "01a1ff83-0b24-74c0-b8be-ffffffffffff"
CALLED = {"state": "called", "version": 5, "waiting": 1, "ticket": {"number": "A042"}}
NUMBER = number_for(42)


@pytest.fixture(autouse=True)
def _brisk(monkeypatch: pytest.MonkeyPatch) -> None:
    """How soon a port is opened again is tested elsewhere; here it is done a thousand times."""
    monkeypatch.setattr("devices.link.RETRY_SECONDS", (0.02,))
    monkeypatch.setattr("devices.agent.REPORT_SECONDS", 0.0)


def commands(hall: HallSeam) -> list[AnyCommand]:
    return [sent for sent in hall.sent if not isinstance(sent, ReportDevice)]


async def cut_and_plugged(hall: HallSeam, cable: Cable, places: int, say: Callable[[], object]) -> None:
    """The device says something, the cable is cut inside it, and put back."""
    before = hall.told("device").count("offline")
    cable.cut_in(places)
    say()
    await hall.until(lambda: hall.told("device").count("offline") > before)
    cable.plug()
    await hall.until(lambda: hall.told("device")[-1] in ("ready", "unknown"))


# --- hard callers


async def cut_pads(folder: Path, name: str, step: int) -> None:
    profile = find(name)
    size = len(profile.press("recall", profile.address))
    async with at_window(folder, name, Knobs(silent=True)) as (hall, twin):
        assert isinstance(twin, PadTwin)
        hall.show("window/3", {"window": "3", "name": "3号窗口", **CALLED})
        await hall.until(lambda: hall.told("device"))
        for done, cut in enumerate(range(1, size, step)):
            await cut_and_plugged(hall, twin.cable, cut, lambda: twin.press("recall"))
            assert commands(hall) == [Recall("3", 5)] * done, f"after {cut} bytes"
            await again_until(lambda: twin.press("recall"), lambda done=done: len(commands(hall)) > done)
            twin.cable.knobs.silent = True
        assert set(commands(hall)) == {Recall("3", 5)}


@pytest.mark.parametrize("name", names("pad"))
def test_a_press_cut_inside_calls_nobody_and_the_next_one_counts(tmp_path: Path, name: str) -> None:
    asyncio.run(cut_pads(tmp_path, name, 3))


@pytest.mark.campaign
@pytest.mark.parametrize("name", names("pad"))
def test_a_press_cut_after_every_byte_calls_nobody(tmp_path: Path, name: str) -> None:
    asyncio.run(cut_pads(tmp_path, name, 1))


@pytest.mark.campaign
@pytest.mark.parametrize("name", names("evaluator"))
def test_a_rating_cut_after_every_byte_is_none(tmp_path: Path, name: str) -> None:
    async def scene() -> None:
        profile = find(name)
        for cut in range(1, len(profile.press("level-2", profile.address))):
            async with evaluator_at_window(tmp_path / str(cut), name, Knobs(silent=True)) as table:
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


# --- scanners


async def cut_scans(folder: Path, places: range) -> None:
    async with (
        ScannerTwin(folder / "tty", Knobs(silent=True)) as scanner,
        reader_on(scanner.cable.port, "reader-lines") as (hall, _),
    ):
        for done, cut in enumerate(places):
            await cut_and_plugged(hall, scanner.cable, cut, lambda: scanner.scan(SLIP))
            assert len(commands(hall)) == done, f"after {cut} bytes"
            scanner.scan(f"CODE-{cut}")
            await hall.until(lambda done=done: len(commands(hall)) > done)
            scanner.cable.knobs.silent = True
        assert commands(hall) == [CheckIn(f"CODE-{cut}") for cut in places]


def test_a_slip_cut_inside_brings_nobody_back(tmp_path: Path) -> None:
    asyncio.run(cut_scans(tmp_path, range(1, len(SLIP) + 1, 12)))


@pytest.mark.campaign
def test_a_slip_cut_after_every_byte_brings_nobody_back(tmp_path: Path) -> None:
    asyncio.run(cut_scans(tmp_path, range(1, len(SLIP) + 1)))


def test_over_a_lossy_cable_a_slip_is_its_own_or_none(tmp_path: Path) -> None:
    """A scanner's line has no check. A slip's id is so long that a byte less makes it none; a short code may
    become another one, which the caller does not know."""

    async def scene() -> None:
        async with (
            ScannerTwin(tmp_path / "tty", Knobs(lose=0.01)) as scanner,
            reader_on(scanner.cable.port, "reader-lines") as (hall, reads),
        ):
            async with asyncio.timeout(30):
                for turn in range(200):
                    scanner.scan(SLIP if turn % 2 else f"http://hall.local/t/{OTHER}")
                await scanner.cable.drained()
                await again_until(lambda: scanner.scan("LAST"), lambda: CheckIn("LAST") in hall.sent)
            requeued = [sent.ticket for sent in commands(hall) if isinstance(sent, RequeueTicket)]
            assert set(requeued) == {TICKET, OTHER}
            assert len(requeued) < 200 <= len(reads) + 100, "some were lost on the way"

    asyncio.run(scene())


def test_a_scanner_unplugged_and_back_on_another_port_scans_again(tmp_path: Path) -> None:
    async def scene() -> None:
        async with (
            ScannerTwin(tmp_path / "tty") as scanner,
            reader_on(scanner.cable.port, "reader-lines") as (hall, _),
        ):
            scanner.cable.unplug()
            scanner.scan(SLIP)  # into the air
            await hall.until(lambda: hall.told("device")[-1] == "offline")
            scanner.cable.plug()
            await hall.until(lambda: hall.told("device")[-1] == "ready")
            scanner.scan("K7Q2-91")
            await hall.until(lambda: commands(hall) == [CheckIn("K7Q2-91")])

    asyncio.run(scene())


# --- ID readers


def reading_bytes() -> int:
    """What an ID reader says for one card: found, selected, read."""
    answers = (bytes([0, 0, 0x9F]) + bytes(4), bytes([0, 0, 0x90]) + bytes(8))
    read = bytes([0, 0, 0x90]) + bytes(4) + card_text("王小明", NUMBER) + bytes(1024)
    return sum(len(frame(content)) for content in (*answers, read))


async def cut_cards(folder: Path, places: range) -> None:
    async with CardTwin(folder / "tty") as cards, reader_on(cards.cable.port, "reader-sdt") as (hall, reads):
        whole = Person(hashed(NUMBER, KEY), NUMBER[-4:], "王小明", 1990)
        for cut in places:
            cards.take()
            await cut_and_plugged(hall, cards.cable, cut, lambda: cards.lay("王小明", NUMBER))
        assert _only(reads, whole)
        reads.clear()
        await again_until(lambda: cards.lay("李四", number_for(7)), lambda: reads)
        assert _only(reads, Person(hashed(number_for(7), KEY), number_for(7)[-4:], "李四", 1990))


def _only(reads: list[Read], whole: Person) -> bool:
    return all(read == whole for read in reads)


def test_a_card_cut_inside_makes_no_other_person(tmp_path: Path) -> None:
    asyncio.run(cut_cards(tmp_path, range(5, reading_bytes(), 200)))


@pytest.mark.campaign
def test_a_card_cut_after_every_byte_makes_no_other_person(tmp_path: Path) -> None:
    asyncio.run(cut_cards(tmp_path, range(1, reading_bytes())))


def test_a_card_is_read_over_a_slow_cable(tmp_path: Path) -> None:
    async def scene() -> None:
        async with (
            CardTwin(tmp_path / "tty", Knobs(slow_ms=0.5)) as cards,
            reader_on(cards.cable.port, "reader-sdt") as (_, reads),
        ):
            cards.lay("王小明", NUMBER)
            async with asyncio.timeout(30):
                while not reads:  # noqa: ASYNC110 - a list tells nobody that it grew
                    await asyncio.sleep(0.02)
            assert _only(reads, Person(hashed(NUMBER, KEY), NUMBER[-4:], "王小明", 1990))

    asyncio.run(scene())
