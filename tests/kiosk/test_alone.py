"""The way out and back of a kiosk that is cut off: a scripted caller, a real book on a real disk, no waiting."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from caller.client.client import RefusedError, SendError
from caller.engine.commands import CheckIn, TakeTicket
from caller.engine.envelope import AnyCommand
from caller.engine.lease_terms import HoldLease, MergeTicket
from caller.protocol.frames import Bye, RefusedFrame
from config.instants import HOUR, MINUTE, instant
from kiosk import store
from kiosk.alone import ALONE_SECONDS, AloneNumbers
from kiosk.catalogue import Catalogue
from kiosk.screens.document import document
from kiosk.store import BOOK_FILE, LeasedNumbers
from kiosk.visit.effects import GiveAlone, PendingVisit, Print, Save
from kiosk.visit.leases import ClockReading, GivenAlone
from kiosk.visit.machine import VisitMachine
from kiosk.visit.state import VisitState
from tests.instruments.kiosk_halls import KIOSK, kiosk_view, small_hall
from tests.kiosk.visit.test_visit import TO_CONFIRM

DAY = "2026-09-21"
NINE = instant(DAY, "09:00", "Asia/Shanghai")
LEASE: dict[str, Any] = {
    "lease": "lease-1", "day": DAY, "until": NINE + 4 * HOUR, "stops_at": NINE + 8 * HOUR, "renew": NINE + HOUR,
    "ranges": {"A": [[960, 999]]},
}  # fmt: skip


class Caller:
    """The other side, its line in the test's hand."""

    def __init__(self) -> None:
        self.views: dict[str, dict[str, Any]] = {}
        self.bye: Bye | None = None
        self.ahead_micros = 0
        self.state = "current"
        self.sent: list[tuple[str, AnyCommand]] = []
        self.refuses = ""

    async def send(self, command: AnyCommand, id: str | None = None) -> dict[str, Any]:
        if self.state != "current":
            raise SendError("away")
        self.sent.append((id or "", command))
        if self.refuses:
            raise RefusedError(RefusedFrame(id or "", self.refuses, "不", "no", "请", "please"))
        return LEASE if isinstance(command, HoldLease) else {}

    def of(self, kind: type[Any]) -> list[Any]:
        return [command for _, command in self.sent if isinstance(command, kind)]

    async def changes(self) -> AsyncIterator[str]:
        yield "kiosk"

    async def states(self) -> AsyncIterator[str]:
        yield self.state


class Bench:
    """One kiosk without a screen: machine, book, caller, and a clock that only the test moves."""

    def __init__(self, folder: Path, alone: int = 240) -> None:
        self.seconds, self.boot, self.done = 0.0, "one", list[Any]()
        ids = iter(f"id-{n:06}" for n in range(1, 1000))
        self.machine = VisitMachine(VisitState(Catalogue(small_hall()), KIOSK, lambda: next(ids)))
        self.machine.paper({"p1": "ready"})
        self.machine.hall(kiosk_view() | ({"alone": alone} if alone else {}))
        self.caller, self.folder = Caller(), folder
        self.start()

    def start(self) -> None:
        self.numbers = LeasedNumbers(self.folder, self.clocks)
        self.alone = AloneNumbers(
            self.machine, self.caller, self.numbers, self.done.extend, lambda: self.seconds
        )

    def clocks(self) -> ClockReading:
        micros = round(self.seconds * 1_000_000)
        return ClockReading(micros, self.boot, NINE + micros)

    async def connected(self) -> "Bench":
        self.caller.state = "current"
        self.machine.away(False)
        await self.alone.step()
        return self

    async def cut(self, seconds: float = ALONE_SECONDS + 1) -> None:
        self.caller.state = "waiting"
        self.machine.away(True)
        await self.alone.step()
        self.seconds += seconds
        await self.alone.step()

    async def take(self) -> PendingVisit:
        """Tap for a number and carry out what the machine asks for, up to the slip."""
        effects = [effect for target in (*TO_CONFIRM, "confirm") for effect in self.machine.tap(target, 0.0)]
        kept = next(effect.kept for effect in effects if isinstance(effect, GiveAlone))
        await self.alone.give(kept)
        return kept


def test_a_connected_kiosk_holds_a_lease_and_renews_it_when_it_is_time(tmp_path: Path):
    async def scene() -> None:
        bench = await Bench(tmp_path).connected()
        assert bench.caller.of(HoldLease) == [HoldLease("")]
        bench.seconds = 3599.0
        await bench.alone.step()
        assert len(bench.caller.of(HoldLease)) == 1
        bench.seconds = 3661.0
        await bench.alone.step()
        assert bench.caller.of(HoldLease)[1:] == [HoldLease("lease-1")]

    asyncio.run(scene())


def test_cut_off_it_goes_on_with_numbers_that_are_on_disk_before_they_are_seen(tmp_path: Path):
    async def scene() -> None:
        bench = await Bench(tmp_path).connected()
        await bench.cut(ALONE_SECONDS - 1)
        assert document(bench.machine.state)["away"]
        await bench.cut(2)
        assert not document(bench.machine.state)["away"]
        assert {"key": "alone.note", "tone": "info"} in document(bench.machine.state)["notes"]
        await bench.take()
        number = document(bench.machine.state)["number"]
        assert number["number"] == "A960"
        assert "ahead" not in number
        saved, printed = bench.done[-2:]
        assert isinstance(saved, Save)
        assert isinstance(printed, Print)
        assert (printed.slip.alone, printed.slip.url) == (True, "")
        on_disk = LeasedNumbers(tmp_path, bench.clocks).book.given
        assert [each.number for each in on_disk] == ["A960"]

    asyncio.run(scene())


def test_what_waits_for_an_answer_gets_a_number_of_the_lease_and_is_asked_for_no_more(tmp_path: Path):
    async def scene() -> None:
        bench = await Bench(tmp_path).connected()
        for target in (*TO_CONFIRM, "confirm"):
            bench.machine.tap(target, 0.0)
        asked = bench.machine.state.errand.kept
        assert asked
        assert bench.machine.state.waits_for(asked.id)
        await bench.cut()
        (give,) = [effect for effect in bench.done if isinstance(effect, GiveAlone)]
        await bench.alone.give(give.kept)
        assert not bench.machine.state.waits_for(asked.id)
        assert [each.asked for each in bench.numbers.book.given] == [asked.id]

    asyncio.run(scene())


def test_an_answer_that_came_first_leaves_the_number_unused_and_untold(tmp_path: Path):
    async def scene() -> None:
        bench = await Bench(tmp_path).connected()
        await bench.cut()
        effects = [effect for target in (*TO_CONFIRM, "confirm") for effect in bench.machine.tap(target, 0.0)]
        kept = next(effect.kept for effect in effects if isinstance(effect, GiveAlone))
        answer = {
            "ticket": kept.id,
            "number": "A001",
            "queue": "A",
            "ahead": 0,
            "low": 0,
            "high": 5,
            "issued": 1,
        }
        bench.machine.answer(kept.id, answer, 0.0)
        await bench.alone.give(kept)
        await bench.connected()
        assert not bench.caller.of(MergeTicket)
        assert list(bench.numbers.book.told.values()) == ["unused"]

    asyncio.run(scene())


def test_back_again_it_tells_every_number_in_order_and_then_only(tmp_path: Path):
    async def scene() -> None:
        bench = await Bench(tmp_path).connected()
        await bench.cut()
        for _ in range(2):
            await bench.take()
            bench.machine.tap("home", 0.0)
        assert not bench.alone.settled.is_set()
        await bench.connected()
        assert [each.number for each in bench.caller.of(MergeTicket)] == ["A960", "A961"]
        assert bench.caller.of(MergeTicket)[0].since >= ALONE_SECONDS * 1_000_000
        assert bench.alone.settled.is_set()
        assert not bench.machine.state.alone
        await bench.alone.step()
        assert len(bench.caller.of(MergeTicket)) == 2

    asyncio.run(scene())


@pytest.mark.parametrize(("code", "again"), [("log-behind", True), ("number-taken", False)])
def test_a_refusal_that_passes_is_tried_again_and_one_that_does_not_is_kept(
    tmp_path: Path, code: str, again: bool
):
    async def scene() -> None:
        bench = await Bench(tmp_path).connected()
        await bench.cut()
        await bench.take()
        bench.caller.refuses = code
        await bench.connected()
        assert bool(bench.numbers.book.pending) is again
        assert bench.alone.settled.is_set() is not again

    asyncio.run(scene())


def test_a_kiosk_that_died_before_the_slip_gives_the_same_number(tmp_path: Path):
    async def scene() -> None:
        bench = await Bench(tmp_path).connected()
        await bench.cut()
        kept = await bench.take()
        bench.start()
        found = bench.alone.resumed(kept)
        assert (found.stage, found.result["number"]) == ("printing", "A960")
        assert bench.alone.resumed(PendingVisit("other-id", TakeTicket(queue="A"))).stage == "asked"

    asyncio.run(scene())


def test_alone_it_gives_numbers_and_says_that_the_rest_must_wait(tmp_path: Path):
    async def scene() -> None:
        bench = await Bench(tmp_path).connected()
        await bench.cut()
        for tap in ("start", "appointment"):
            bench.machine.tap(tap, 0.0)
        assert document(bench.machine.state)["code"] == "alone-only-numbers"
        bench.machine.tap("home", 0.0)
        await bench.alone.give(PendingVisit("code-0001", CheckIn("12345678")))
        assert not bench.numbers.book.given

    asyncio.run(scene())


@pytest.mark.parametrize("why", ["an older caller", "a token that is void", "a lease that is over"])
def test_without_a_lease_or_a_place_in_the_hall_it_waits_as_it_always_did(tmp_path: Path, why: str):
    async def scene() -> None:
        bench = await Bench(tmp_path, alone=0 if why == "an older caller" else 240).connected()
        if why == "an older caller":
            assert not bench.caller.sent
        if why == "a token that is void":
            bench.machine.away(True, not_enrolled=True)
            bench.machine.away = lambda *_: []  # type: ignore[method-assign]
        await bench.cut(5 * 3600 if why == "a lease that is over" else 60)
        assert not bench.machine.state.alone

    asyncio.run(scene())


# --- the disk


def given(bench: Bench, asked: str) -> GivenAlone:
    found = bench.numbers.book.give(
        small_hall(), asked, TakeTicket(queue="A"), "own-" + asked, bench.clocks()
    )
    assert isinstance(found, GivenAlone)
    return found


def test_a_torn_line_was_never_given_and_hurts_none_that_come_after(tmp_path: Path):
    async def scene() -> None:
        bench = await Bench(tmp_path).connected()
        bench.numbers.add(given(bench, "ask-1"))
        with (tmp_path / BOOK_FILE).open("ab") as file:
            file.write(b'\n{"type":"GivenAl')
        bench.start()
        bench.numbers.add(given(bench, "ask-2"))
        bench.start()
        assert [each.number for each in bench.numbers.book.given] == ["A960", "A961"]
        assert bench.numbers.book.lease

    asyncio.run(scene())


def test_a_full_disk_gives_no_number(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    def full(_handle: int) -> None:
        raise OSError(28, "No space left on device")

    async def scene() -> None:
        bench = await Bench(tmp_path).connected()
        await bench.cut()
        monkeypatch.setattr(store.os, "fdatasync", full)
        await bench.take()
        assert document(bench.machine.state)["code"] == "not-saved"
        monkeypatch.undo()
        bench.start()
        assert not bench.numbers.book.given

    asyncio.run(scene())


def test_the_book_does_not_grow_with_the_hours(tmp_path: Path):
    async def scene() -> None:
        bench = await Bench(tmp_path).connected()
        for minute in range(600):
            bench.seconds = minute * 61.0
            await bench.alone.step()
        assert (tmp_path / BOOK_FILE).stat().st_size < 20_000

    asyncio.run(scene())


def test_time_since_the_last_contact_is_told_to_the_second(tmp_path: Path):
    async def scene() -> None:
        bench = await Bench(tmp_path).connected()
        await bench.cut(300)
        await bench.take()
        (one,) = bench.numbers.book.given
        assert (one.contact, one.since) == (NINE, 5 * MINUTE)

    asyncio.run(scene())
