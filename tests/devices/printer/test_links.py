"""A number taken at a kiosk, printed over every kind of line a printer hangs on, whole and bad.

Real: the kiosk's station, its memory on disk, the slip, the wires and the printer's twin; the caller is
scripted. A bad line may cost a paper. It never makes a false *printed*, a second number or, by itself, a
second paper; nor does a kiosk that is started again afterwards.
"""

import asyncio
import random
import threading
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path

import pytest

from caller.engine.commands import ReportSlip, SlipState, TakeTicket
from config.paper.notice import NoticeContent
from config.paper.slip import SlipContent
from devices.printer import DialogueLimits, Printer, Printers, escpos
from devices.simulators.printer import PrinterModel
from devices.simulators.printer_ports import SerialPrinter, TcpPrinter, _Port
from devices.simulators.pty_cable import CableFaults
from kiosk.catalogue import Catalogue
from kiosk.printing import HallDocumentPrinter
from kiosk.screens.document import document
from kiosk.station import KioskStation
from kiosk.store import VisitStore
from kiosk.visit.machine import VisitMachine
from kiosk.visit.state import VisitState
from tests.devices.printer.test_cuts import Believing
from tests.devices.printer.test_printer import TEXT
from tests.instruments.device_links import LINKS, faults
from tests.instruments.kiosk_halls import KIOSK, small_hall
from tests.kiosk.test_station import TO_CONFIRM, ScriptedCaller, asyncio_run, no_peek

WIDTH = 384
SECONDS = 60.0  # a bound
# Over a line that keeps everything no answer is ever missing, so these bounds are never reached.
PATIENT = DialogueLimits(answer=20.0, receipt=50.0, probe=20.0, lock=50.0)
SWIFT = DialogueLimits(answer=0.2, receipt=0.5, poll=0.1, probe=0.2, settle=0.2, lock=50.0, turn=0.5)
QUESTION_BYTES = 27  # asked before a slip, at most
SLIP_BYTES = {"text": 400, "raster": 20_000}  # about; a line gets so bad that such a slip still comes through
LOSSIER = 10  # times what a keypad's frame is put through: some three bytes of each slip are lost


# --- the lines


class _Linked(_Port):
    """A twin's port on a bad line: what it hears and says goes in pieces, late, or not at all."""

    def __init__(self, model: PrinterModel) -> None:
        super().__init__(model)
        self.link = CableFaults()
        self._random = random.Random(1)
        self._one_at_a_time = threading.Lock()

    def _hear(self, data: bytes) -> None:
        for piece in self._passed(data):
            super()._hear(piece)

    def _say(self, data: bytes) -> None:
        with self._one_at_a_time:
            for piece in self._passed(data):
                super()._say(piece)

    def _passed(self, data: bytes) -> Iterator[bytes]:
        arriving = bytes(byte for byte in data if self._random.random() >= self.link.lose)
        for start in range(0, len(arriving), size := self.link.chunk or max(1, len(arriving))):
            piece = arriving[start : start + size]
            if self.link.slow_ms:
                self._closed.wait(self.link.slow_ms / 1000)
            yield piece


class OnNetwork(_Linked, TcpPrinter):
    pass


class OnSerial(_Linked, SerialPrinter):
    pass


class AsNode(OnSerial):
    """As the kernel shows a USB printer: a character device, /dev/usb/lp0."""

    @property
    def port(self) -> str:
        return f"file://{self.path}"


WAYS: dict[str, type[OnNetwork | OnSerial]] = {"tcp": OnNetwork, "serial": OnSerial, "node": AsNode}


# --- the kiosk


class Unplugging:
    """The hall's own press; where asked to, it has the cable pulled when half of the slip has gone out."""

    def __init__(self, printer: Printer, model: PrinterModel | None) -> None:
        self._press = HallDocumentPrinter(small_hall(), {"p1": printer})
        self._mechanism = model
        self.jobs: list[bytes] = []

    def slip(self, content: SlipContent, printer: str) -> bytes:
        job = self._press.slip(content, printer)
        self.jobs.append(job)
        if self._mechanism:
            half = QUESTION_BYTES + len(job) // 2
            self._mechanism.faults.dies_after = self._mechanism.taken + half
        return job

    def guide(self, item: str, language: str, printer: str) -> bytes:
        raise AssertionError("nobody asked for a guide")

    def receipt(self, content: NoticeContent, printer: str) -> bytes:
        raise AssertionError("nobody complained")

    def trial(self, printer: str) -> bytes:
        raise AssertionError("nobody asked for a test page")


class Desk:
    """One kiosk, which may be switched off and on again."""

    def __init__(self, folder: Path, printer: Printer, unplugged: PrinterModel | None = None) -> None:
        self.memory = VisitStore(folder)
        self.caller = ScriptedCaller(self.memory)
        self.press = Unplugging(printer, unplugged)
        self._printers = Printers({"p1": printer})
        self._ids = count(1)
        self.visit = VisitMachine(
            VisitState(Catalogue(small_hall()), KIOSK, lambda: f"id-{next(self._ids):06}")
        )

    async def switched_on(self, scene: Callable[[KioskStation], None], done: Callable[[], object]) -> None:
        self.visit = VisitMachine(
            VisitState(Catalogue(small_hall()), KIOSK, lambda: f"id-{next(self._ids):06}")
        )
        station = KioskStation(self.visit, self.memory, self.caller, no_peek, self._printers, self.press)
        running = asyncio.create_task(station.run())
        try:
            await until(lambda: self.visit.state.printers and not self.visit.state.is_away)
            scene(station)
            await until(done)
        finally:
            running.cancel()
            await asyncio.wait([running])

    @property
    def fates(self) -> list[SlipState]:
        return [report.state for report in self.caller.of(ReportSlip)]

    @property
    def numbers(self) -> set[str]:
        return {id for id, command in self.caller.sent if isinstance(command, TakeTicket)}


async def until(holds: Callable[[], object]) -> None:
    async with asyncio.timeout(SECONDS):
        while not holds():  # noqa: ASYNC110 - the printer's thread tells no loop
            await asyncio.sleep(0.01)


def take(station: KioskStation) -> None:
    for target in (*TO_CONFIRM, "confirm"):
        station.tap(target)


def taken_once(desk: Desk) -> SlipState:
    """A number is taken, and the kiosk started again: what became of the slip. One number, one job at most."""

    async def scene() -> None:
        await desk.switched_on(take, lambda: desk.fates)
        assert document(desk.visit.state)["number"]["number"] == "A001"
        assert desk.visit.state.errand.slip_outcome == (desk.fates[0] if desk.press.jobs else "none")
        kept = desk.memory.load()
        assert (kept is None) == (desk.fates[0] == "printed")
        await desk.switched_on(lambda _: None, lambda: len(desk.fates) == 1 + (kept is not None))
        assert desk.fates[1:] == ([] if kept is None else ["unknown"])

    asyncio_run(scene())
    assert len(desk.numbers) == 1
    assert len(desk.press.jobs) <= 1
    return desk.fates[0]


# --- every way over every link


def one_slip(
    folder: Path, way: str, link: str, letters: str, kind: type[Printer] = Printer
) -> tuple[SlipState, PrinterModel, list[bytes]]:
    """After a first slip on a good line: what is said of the next one, the machine, and the job sent to it."""
    model = PrinterModel(WIDTH, pictures=False)
    with WAYS[way](model) as line:
        address = f"{line.port}{'&' if '?' in line.port else '?'}mode={letters}"
        good = kind(address, WIDTH, PATIENT)  # on a good line nothing is missing, however slow the machine is
        assert good.print(TEXT) == "printed"
        good.close()
        printer = kind(address, WIDTH, PATIENT if link in LINKS else SWIFT)
        line.link = bad(link, letters)
        desk = Desk(folder, printer, model if link == "unplugged" else None)
        fate = taken_once(desk)
        printer.close()
    assert model.received.count(escpos.start()) <= 2, "sent twice"
    return fate, model, desk.press.jobs


def bad(link: str, letters: str) -> CableFaults:
    """A delayed slip takes a moment longer, of a lossy one a few bytes are missing."""
    return faults(link, SLIP_BYTES[letters] // (LOSSIER if link == "lossy" else 1))


@pytest.mark.parametrize("letters", SLIP_BYTES)
@pytest.mark.parametrize("link", LINKS)
@pytest.mark.parametrize("way", WAYS)
def test_where_everything_arrives_a_slip_is_printed_once(
    tmp_path: Path, way: str, link: str, letters: str
) -> None:
    fate, model, jobs = one_slip(tmp_path, way, link, letters)
    assert (fate, model.slips) == ("printed", [TEXT, *jobs])


@pytest.mark.parametrize("letters", SLIP_BYTES)
@pytest.mark.parametrize("way", WAYS)
def test_on_a_lossy_line_a_slip_said_to_be_printed_was_cut(tmp_path: Path, way: str, letters: str) -> None:
    fate, model, _ = one_slip(tmp_path, way, "lossy", letters)
    assert (fate == "printed") <= (model.cuts == 2)


@pytest.mark.parametrize("letters", SLIP_BYTES)
@pytest.mark.parametrize("way", WAYS)
def test_a_printer_unplugged_inside_a_slip_has_not_printed_it(tmp_path: Path, way: str, letters: str) -> None:
    fate, model, _ = one_slip(tmp_path, way, "unplugged", letters)
    assert (fate, model.cuts) == ("unknown", 1)


@pytest.mark.parametrize("letters", SLIP_BYTES)
@pytest.mark.parametrize("way", WAYS)
def test_twin_that_believes_what_was_written_says_printed(tmp_path: Path, way: str, letters: str) -> None:
    fate, model, _ = one_slip(tmp_path, way, "unplugged", letters, Believing)
    assert (fate, model.cuts) == ("printed", 1)


# --- ways that never answer


@pytest.mark.parametrize("letters", SLIP_BYTES)
def test_a_file_holds_the_slip_once(tmp_path: Path, letters: str) -> None:
    slips = tmp_path / "slips.bin"
    desk = Desk(tmp_path / "kept", Printer(f"file://{slips}?plain=yes&mode={letters}", WIDTH))
    assert taken_once(desk) == "printed"
    assert [slips.read_bytes()] == desk.press.jobs


@pytest.mark.parametrize("letters", SLIP_BYTES)
def test_a_file_whose_folder_is_gone_is_no_paper(tmp_path: Path, letters: str) -> None:
    desk = Desk(tmp_path / "kept", Printer(f"file://{tmp_path}/no/slips.bin?plain=yes&mode={letters}", WIDTH))
    assert taken_once(desk) == "failed"


SPOOLERS = {  # what `lp` does with the job, and what can be said of it then
    "takes it": ('cat >> "$SPOOL"', "enabled", "unknown", 1),
    "refuses it": ("cat > /dev/null; exit 1", "enabled", "unknown", 0),
    "breaks off": ('head -c 100 > "$SPOOL.part"; kill -9 $$', "enabled", "unknown", 0),
    "is switched off": ('cat >> "$SPOOL"', "disabled", "failed", 0),
}


@pytest.mark.parametrize("letters", SLIP_BYTES)
@pytest.mark.parametrize("spooler", SPOOLERS)
def test_a_spooler_promises_nothing_whatever_it_does(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, spooler: str, letters: str
) -> None:
    """The two commands of CUPS that we call, played by scripts; no spooler runs where tests do."""
    lp, state, expected, spooled = SPOOLERS[spooler]
    command(tmp_path / "bin" / "lp", lp)
    command(tmp_path / "bin" / "lpstat", f"echo printer hall is idle. {state} since today")
    monkeypatch.setenv("PATH", str(tmp_path / "bin"), prepend=":")
    monkeypatch.setenv("SPOOL", str(tmp_path / "spool"))
    desk = Desk(tmp_path / "kept", Printer(f"cups://hall?mode={letters}", WIDTH))
    assert taken_once(desk) == expected
    held = (tmp_path / "spool").read_bytes() if (tmp_path / "spool").exists() else b""
    assert held == b"".join(desk.press.jobs) * spooled


def command(path: Path, text: str) -> None:
    path.parent.mkdir(exist_ok=True)
    path.write_text(f"#!/bin/sh\n{text}\n", "utf-8")
    path.chmod(0o755)
