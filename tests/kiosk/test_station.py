"""The station around the machine: what is on disk before what is sent, and what a fault costs."""

import asyncio
import errno
import logging
import threading
from collections.abc import AsyncIterator
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from caller.client.client import Client, SendError
from caller.engine.commands import ReportDevice, ReportSlip, TakeTicket
from caller.engine.envelope import AnyCommand
from caller.protocol.frames import Bye
from config.paper.notice import NoticeContent
from config.paper.slip import SlipContent
from devices.printer import DialogueLimits, Printer, Printers
from devices.printer.status_dialogue import LIMITS
from devices.simulators.printer import PrinterFaults, PrinterModel
from devices.simulators.printer_ports import TcpPrinter
from kiosk.catalogue import Catalogue
from kiosk.station import KioskStation
from kiosk.store import VisitStore
from kiosk.visit.machine import VisitMachine
from kiosk.visit.state import VisitState
from tests.instruments.kiosk_halls import KIOSK, kiosk_view, small_hall

SECONDS = 60  # a bound
BLOCKED_SECONDS = 0.5  # after which a loop that stands still is let go
SWIFT = DialogueLimits(
    answer=0.2, receipt=1.0, poll=0.1, probe=0.1, settle=0.1
)  # for a printer that never answers
TO_CONFIRM = ("start", "department:tax", "item:T001", "take", "class:ordinary", "confirm")


class ScriptedCaller:
    """The other side of the line, with the line under the test's control."""

    def __init__(self, memory: VisitStore) -> None:
        self.memory = memory
        self.views: dict[str, dict[str, Any]] = {"kiosk": kiosk_view()}
        self.state = "current"
        self.ahead_micros = 0
        self.bye: Bye | None = None
        self.sent: list[tuple[str, AnyCommand]] = []
        self.kept_when_sent: list[str] = []
        self.silent_times = 0

    async def send(self, command: AnyCommand, id: str | None = None) -> dict[str, Any]:
        kept = self.memory.load()
        self.sent.append((id or "", command))
        self.kept_when_sent.append(kept.id if kept else "")
        if isinstance(command, TakeTicket) and self.silent_times:
            self.silent_times -= 1
            raise SendError("no answer")
        return {"ticket": id, "number": "A001", "queue": "A", "ahead": 0, "low": 0, "high": 5, "issued": 1}

    async def changes(self) -> AsyncIterator[str]:
        yield "kiosk"
        await asyncio.Event().wait()

    async def states(self) -> AsyncIterator[str]:
        yield "current"
        await asyncio.Event().wait()

    def of(self, kind: type[Any]) -> list[Any]:
        return [command for _, command in self.sent if isinstance(command, kind)]


class PlainPress:
    """Paper enough for a printer: a line and a cut."""

    def slip(self, content: SlipContent, printer: str) -> bytes:
        return content.number.encode() + b"\n\x1dV\x00"

    def trial(self, printer: str) -> bytes:
        return f"TEST {printer}".encode() + b"\n\x1dV\x00"

    def guide(self, item: str, language: str, printer: str) -> bytes:
        raise RuntimeError("a template with a fault")

    def receipt(self, content: NoticeContent, printer: str) -> bytes:
        return content.number.encode() + b"\n\x1dV\x00"


def no_peek(topic: str) -> Client:
    raise AssertionError(f"nobody scanned {topic}")


class Bench:
    """A station with a real printer wire and a scripted caller."""

    def __init__(self, folder: Path, printer: TcpPrinter, limits: DialogueLimits = LIMITS) -> None:
        ids = count(1)
        self.memory = VisitStore(folder)
        self.caller = ScriptedCaller(self.memory)
        self.visit = VisitMachine(VisitState(Catalogue(small_hall()), KIOSK, lambda: f"id-{next(ids):06}"))
        printers = Printers({"p1": Printer(printer.port, limits=limits)})
        self.station = KioskStation(self.visit, self.memory, self.caller, no_peek, printers, PlainPress())

    async def until(self, condition: Any, what: str) -> None:
        changed = asyncio.Event()
        self.station.faces.append(lambda _: changed.set())
        async with asyncio.timeout(SECONDS):
            while not condition():
                changed.clear()
                try:
                    async with asyncio.timeout(0.05):
                        await changed.wait()
                except TimeoutError:
                    continue
        assert condition(), what

    def take(self) -> None:
        for target in TO_CONFIRM:
            self.station.tap(target)


def play(tmp_path: Path, scene: Any, limits: DialogueLimits = LIMITS, **faults: Any) -> None:
    """Run one scene against a running station."""

    async def run(printer: TcpPrinter) -> None:
        bench = Bench(tmp_path, printer, limits)
        task = asyncio.create_task(bench.station.run())
        try:
            await bench.until(
                lambda: bench.visit.state.printers and not bench.visit.state.is_away, "the station is up"
            )
            await scene(bench)
        finally:
            task.cancel()
            await asyncio.wait([task])

    with TcpPrinter(PrinterModel(faults=PrinterFaults(**faults))) as printer:
        asyncio_run(run(printer))


def asyncio_run(work: Any) -> None:
    """In a thread of its own: a browser test of the same run keeps a loop in this one."""
    failed: list[BaseException] = []

    def inside() -> None:
        try:
            asyncio.run(work)
        except BaseException as error:
            failed.append(error)

    thread = threading.Thread(target=inside)
    thread.start()
    thread.join(4 * SECONDS)
    assert not thread.is_alive(), "it did not come to its end"
    if failed:
        raise failed[0]


def test_the_command_is_on_disk_when_it_is_sent(tmp_path: Path):
    async def scene(bench: Bench) -> None:
        bench.take()
        await bench.until(lambda: bench.caller.of(ReportSlip), "the slip reported")
        at = [isinstance(c, TakeTicket) for _, c in bench.caller.sent].index(True)
        assert bench.caller.kept_when_sent[at] == bench.caller.sent[at][0]
        assert bench.caller.of(ReportSlip)[0].state == "printed"
        await bench.until(lambda: bench.memory.load() is None, "paper in hand: nothing to come back to")

    play(tmp_path, scene)


def test_a_full_disk_takes_no_number_and_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    def full(self: VisitStore, kept: object) -> None:
        raise OSError(28, "No space left on device")

    async def scene(bench: Bench) -> None:
        monkeypatch.setattr(VisitStore, "save", full)
        bench.take()
        await bench.until(lambda: bench.visit.state.screen == "refused", "refused")
        assert "无法保存" in bench.station.screen["title"]["text"]
        assert bench.caller.of(TakeTicket) == []

    play(tmp_path, scene)


def test_no_answer_is_asked_again_under_the_same_id(tmp_path: Path):
    async def scene(bench: Bench) -> None:
        bench.caller.silent_times = 2
        bench.take()
        await bench.until(lambda: bench.visit.state.screen == "number", "the number")
        asked = [id for id, command in bench.caller.sent if isinstance(command, TakeTicket)]
        assert len(asked) == 3
        assert len(set(asked)) == 1

    play(tmp_path, scene)


def test_a_silent_printer_is_unknown_and_never_printed(tmp_path: Path):
    async def scene(bench: Bench) -> None:
        bench.take()
        await bench.until(lambda: bench.caller.of(ReportSlip), "reported")
        assert [report.state for report in bench.caller.of(ReportSlip)] == ["unknown"]
        assert bench.memory.load() is not None, "the number may be all the applicant has"

    play(tmp_path, scene, SWIFT, silent=True)


def test_paper_out_prints_nothing_and_reports_it(tmp_path: Path):
    async def scene(bench: Bench) -> None:
        assert bench.visit.state.paper_state == "paper-out"
        bench.take()
        await bench.until(lambda: bench.caller.of(ReportSlip), "reported")
        assert bench.caller.of(ReportSlip)[0].state == "failed"
        [report] = bench.caller.of(ReportDevice)
        assert (report.device, report.kind, report.state) == ("p1", "printer", "paper-out")
        assert "请换一卷纸" in report.detail

    play(tmp_path, scene, lines=0)


OUTAGES = [(None, 0), (0, 1), (0, 1), (0, 1), (None, 1), (0, 2)]  # lines of paper left, warnings so far


def test_each_outage_of_a_printer_is_warned_of_once(tmp_path: Path, caplog: pytest.LogCaptureFixture):
    caplog.set_level(logging.INFO, "hallcall.devices")
    assert warnings(tmp_path, caplog) == [warned for _, warned in OUTAGES]
    assert "请换一卷纸" in caplog.text
    assert caplog.text.count("p1 已恢复") == 1, "as the agent says it of its devices"


def test_twin_a_kiosk_that_forgets_what_it_said_warns_at_every_look(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
):
    assert warnings(tmp_path, caplog, remembers=False)[1:4] == [1, 2, 3]


def warnings(tmp_path: Path, caplog: pytest.LogCaptureFixture, remembers: bool = True) -> list[int]:
    """How many there are after each look at a printer that runs dry, is filled, and runs dry again."""
    counted: list[int] = []

    async def looks() -> None:
        with TcpPrinter(PrinterModel()) as printer:
            station = Bench(tmp_path, printer).station
            for lines, _ in OUTAGES:
                printer.model.faults.lines = lines
                if not remembers:
                    station._outages._known.clear()
                await station.ask_paper()
                counted.append(sum("不可用" in record.message for record in caplog.records))

    asyncio_run(looks())
    return counted


def test_a_fault_in_the_making_of_a_paper_costs_only_the_paper(tmp_path: Path):
    async def scene(bench: Bench) -> None:
        for target in TO_CONFIRM[:3]:
            bench.station.tap(target)
        bench.station.tap("print-guide")
        await bench.until(lambda: bench.visit.state.errand.guide_outcome == "failed", "told as not printed")
        assert bench.visit.state.screen == "guide"

    play(tmp_path, scene)


def test_a_device_is_reported_on_change_only(tmp_path: Path):
    async def scene(bench: Bench) -> None:
        for _ in range(3):
            await bench.station.ask_paper()
        await bench.until(lambda: bench.caller.of(ReportDevice), "reported")
        assert len(bench.caller.of(ReportDevice)) == 1

    play(tmp_path, scene)


# --- the PIN


def entered(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, disk: ThreadPoolExecutor | None, patience: float
) -> str:
    """The right PIN, whose hash is not made until this loop has gone on; the screen it leads to. After `patience`
    seconds it is taken for a wrong one."""
    going = threading.Event()
    fits = VisitStore.pin_fits
    monkeypatch.setattr(VisitStore, "pin_fits", lambda s, pin: going.wait(patience) and fits(s, pin))
    screens: list[str] = []

    async def scene(bench: Bench) -> None:
        bench.memory.set_pin("2580")
        bench.station._disk = disk or bench.station._disk
        asyncio.get_running_loop().call_later(0.0, going.set)
        for target in ("staff", "key:2", "key:5", "key:8", "key:0", "enter"):
            bench.station.tap(target)
        await bench.until(lambda: not bench.visit.state.pin_checking, "the entry is checked")
        screens.append(bench.visit.state.screen)

    play(tmp_path, scene)
    return screens[0]


def test_the_loop_goes_on_while_an_entry_is_hashed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    assert entered(tmp_path, monkeypatch, None, SECONDS) == "staff"


def test_twin_hashed_on_the_loop_it_stands_still(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    class OnTheLoop(ThreadPoolExecutor):
        def submit(self, fn: Any, /, *args: Any, **kwargs: Any) -> Any:
            done: Future[Any] = Future()
            done.set_result(fn(*args, **kwargs))
            return done

    assert entered(tmp_path, monkeypatch, OnTheLoop(1), BLOCKED_SECONDS) == "pin"


def test_a_pin_that_cannot_be_read_opens_nothing_and_the_next_entry_is_taken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    def broken(store: VisitStore, pin: str) -> bool:
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(VisitStore, "pin_fits", broken)

    async def scene(bench: Bench) -> None:
        for tries in (1, 2):
            for target in ("staff", "key:2", "enter"):
                bench.station.tap(target)
            await bench.until(lambda tries=tries: bench.visit.state.pin_misses == tries, "counted as wrong")
        assert bench.visit.state.screen == "pin"

    play(tmp_path, scene)
