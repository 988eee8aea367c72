"""A printer is believed only as far as its answers reach: over sockets, ptys, files and cut cables."""

import itertools
import os
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from config.device_port import PortMistake, parse
from config.paper.document import Cut, QrCode, Sheet, TextLine
from devices.printer import DialogueLimits, Printer, encode, escpos
from devices.printer.status import STEPS, JobError, fate, step
from devices.printer.transports import LineLost, Stalled
from devices.simulators.printer import PrinterFaults, PrinterModel
from devices.simulators.printer_ports import SerialPrinter, TcpPrinter
from tests.instruments.printer_bench import Cable, Clock, bench, counting

SHEET: Sheet = (
    TextLine("示例县政务服务中心", 1.5, "center"),
    TextLine("A042", 4),
    *(TextLine(f"{place}. 法定代表人身份证原件及复印件") for place in range(1, 7)),
    QrCode("https://hall.example/t/1"),
    Cut(),
)
TEXT = encode(SHEET, 384, "text")
DRAWN = encode(SHEET[1:2] + SHEET[-2:], 384, "raster")
PATIENCE = 60  # seconds
# Over a real line every answer comes in the end, however busy the machine is; SWIFT is for those that never come.
PATIENT = DialogueLimits(answer=30.0, receipt=50.0, poll=10.0, probe=30.0, lock=50.0, turn=0.5)
SWIFT = DialogueLimits(answer=0.15, receipt=1.0, poll=0.05, probe=0.1, settle=0.1, lock=50.0, turn=0.5)


@pytest.fixture
def tcp() -> Iterator[TcpPrinter]:
    with TcpPrinter(PrinterModel(width=384)) as printer:
        yield printer


# --- states


def test_a_printer_that_is_well_is_ready_and_prints(tcp: TcpPrinter) -> None:
    printer = Printer(tcp.port, limits=PATIENT)
    assert printer.state() == "ready"
    assert [printer.print(TEXT), printer.print(DRAWN)] == ["printed", "printed"]
    assert tcp.model.slips == [TEXT, DRAWN]


@pytest.mark.parametrize(
    ("faults", "state", "outcome", "cuts"),
    [
        (PrinterFaults(near_end=True), "paper-low", "printed", 1),
        (PrinterFaults(lines=0), "paper-out", "failed", 0),
        (PrinterFaults(cover_open=True), "cover-open", "failed", 0),
        (PrinterFaults(knife=False), "error", "failed", 0),
        (PrinterFaults(silent=True), "unknown", "unknown", 1),
        (PrinterFaults(receipts=False), "ready", "printed", 1),
        (PrinterFaults(receipts=False, near_end=True), "paper-low", "printed", 1),
        (PrinterFaults(answers_only=frozenset({1})), "unknown", "unknown", 1),
        (PrinterFaults(lines=3), "ready", "failed", 0),
        (PrinterFaults(lines=3, receipts=False), "ready", "unknown", 0),
    ],
)
def test_each_fault_has_its_state_and_its_outcome(
    faults: PrinterFaults, state: str, outcome: str, cuts: int
) -> None:
    model = counting(faults)
    printer = bench(model)
    assert (printer.state(), printer.print(TEXT), model.cuts) == (state, outcome, cuts)


def test_nobody_listening_is_offline_and_nothing_is_sent(tcp: TcpPrinter) -> None:
    tcp.close()
    printer = Printer(tcp.port, limits=SWIFT)
    assert printer.state() == "offline"
    assert printer.print(TEXT) == "failed"
    assert "refused" in printer.detail


def test_a_printer_comes_back_by_itself(tcp: TcpPrinter) -> None:
    printer = Printer(tcp.port, limits=PATIENT)
    tcp.model.faults.cover_open = True
    assert printer.state() == "cover-open"
    assert "上盖" in printer.detail
    tcp.model.faults.cover_open = False
    assert printer.state() == "ready"
    assert printer.detail == ""


def test_a_silent_printer_keeps_nobody_waiting(tcp: TcpPrinter) -> None:
    """How long: by the bench's clock."""
    tcp.model.faults.silent = True
    assert Printer(tcp.port, limits=SWIFT).state() == "unknown"
    clock = Clock()
    silent = Cable(counting(PrinterFaults(silent=True)), clock)
    assert Printer("tcp://bench", connect=lambda _port: silent, clock=clock).state() == "unknown"
    assert 0 < clock.now < DialogueLimits().answer + 0.1


@pytest.mark.parametrize("seed", range(40))
def test_a_babbling_printer_is_never_ready_without_the_paper_to_show(seed: int) -> None:
    """Noise may hide the state; it must never turn no paper into ready, nor a half slip into a printed one."""
    model = PrinterModel(faults=PrinterFaults(lines=0, babbles=0.7), pictures=False, seed=seed)
    assert bench(model).state() not in {"ready", "paper-low"}
    model = PrinterModel(faults=PrinterFaults(lines=4, babbles=0.4), pictures=False, seed=seed)
    assert bench(model).print(TEXT) != "printed"


def test_two_at_once_print_one_after_the_other(tcp: TcpPrinter) -> None:
    printer = Printer(tcp.port, limits=PATIENT)
    outcomes: list[str] = []
    threads = [threading.Thread(target=lambda: outcomes.append(printer.print(TEXT))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE)
    assert outcomes == ["printed"] * 4
    assert tcp.model.cuts == 4
    assert b"".join(tcp.model.slips).count(TEXT) == 4


def test_a_job_too_long_for_a_roll_is_our_own_mistake(tcp: TcpPrinter) -> None:
    with pytest.raises(ValueError, match="at most"):
        Printer(tcp.port).print(b" " * 600_000)


# --- cut cables; after every byte: test_printer_cuts.py


@pytest.mark.parametrize("place", [0, 5, 40, 200, 300])
def test_over_a_real_socket_a_cut_is_unknown_or_failed(place: int) -> None:
    with TcpPrinter(counting()) as tcp:
        printer = Printer(tcp.port, limits=PATIENT)
        assert printer.state() == "ready"
        tcp.model.faults.dies_after = tcp.model.taken + place
        assert printer.print(TEXT) in {"unknown", "failed"}
        assert tcp.model.cuts == 0
        assert printer.state() == "offline"


def test_paper_that_ends_at_every_line_is_never_falsely_printed() -> None:
    for lines in range(40):
        model = counting(PrinterFaults(lines=lines))
        outcome = bench(model).print(TEXT)
        assert (outcome == "printed") <= (model.cuts == 1), lines


# --- nothing twice


def test_new_paper_does_not_bring_out_the_rest_of_a_given_up_slip() -> None:
    model = counting(PrinterFaults(lines=3))
    printer = bench(model)
    assert printer.print(TEXT) == "failed"
    model.refill()
    model.feed(b"")
    assert model.cuts == 0
    assert printer.print(TEXT) == "printed"
    assert model.cuts == 1


def test_an_old_receipt_cannot_confirm_a_new_slip() -> None:
    """A slip stalls behind an open cover; its receipt comes when the next one is half sent and dies."""
    model, clock = counting(), Clock()
    cable = Cable(model, clock, hangs_up=False)
    cable.keeps = True
    printer = Printer("tcp://bench", connect=lambda _port: cable, clock=clock)
    assert printer.state() == "ready"
    model.faults.silent = True
    assert printer.print(TEXT) == "unknown"
    model.faults.silent = False
    cable.said += b"\x00"  # the receipt owed from the first slip
    assert printer.print(TEXT) == "printed"
    assert model.cuts == 2
    printer._talk._owed = 1
    model.faults.receipts = False
    cable.said.clear()
    cable.write = _with_a_late_receipt(cable)  # type: ignore[method-assign]
    assert printer.print(TEXT) != "printed"


def _with_a_late_receipt(cable: Cable):
    def write(piece: bytes) -> None:
        cable.said += cable.model.feed(piece)
        if piece == escpos.RECEIPT_PLEASE:
            cable.said += b"\x00"

    return write


def test_the_way_of_a_job_is_a_table_without_a_way_back() -> None:
    assert step("waiting", "send") == "sent"
    assert step("sent", "restart") == "unknown"
    with pytest.raises(JobError):
        fate("waiting", "send")  # a job that is sent is not done
    for state, event in itertools.product(STEPS, ["send", "confirm"]):
        if state not in {"waiting", "sent"}:
            with pytest.raises(JobError):
                step(state, event)  # type: ignore[arg-type]


# --- ports


def test_a_serial_printer_prints_and_is_offline_when_pulled_out() -> None:
    model = PrinterModel(width=384)
    serial = SerialPrinter(model).start()
    printer = Printer(serial.port, limits=PATIENT)
    assert printer.mode == "text"
    assert [printer.state(), printer.print(TEXT), printer.print(DRAWN)] == ["ready", "printed", "printed"]
    serial.unplug()
    assert [printer.state(), printer.print(TEXT)] == ["offline", "failed"]


def test_a_serial_port_is_held_alone() -> None:
    with SerialPrinter(counting()) as serial:
        first, second = Printer(serial.port, limits=PATIENT), Printer(serial.port, limits=PATIENT)
        assert [first.state(), second.state()] == ["ready", "offline"]
        first.close()
        assert second.state() == "ready"
        second.close()


def test_a_serial_line_that_nobody_reads_does_not_hang(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("devices.printer.transports.WRITE_SECONDS", 0.2)
    serial = SerialPrinter(counting(), baud=115_200)  # not started: nobody reads
    printer = Printer(serial.port, limits=SWIFT)
    assert printer.print(b"x" * 200_000) == "unknown"
    serial._hang_up()


def test_a_file_collects_slips(tmp_path: Path) -> None:
    printer = Printer(f"file://{tmp_path}/slips.bin?plain=yes")
    assert [printer.state(), printer.print(TEXT), printer.print(DRAWN)] == ["ready", "printed", "printed"]
    assert (tmp_path / "slips.bin").read_bytes() == TEXT + DRAWN
    missing = Printer(f"file://{tmp_path}/no/slips.bin?plain=yes")
    assert [missing.state(), missing.print(TEXT)] == ["offline", "failed"]


@pytest.fixture
def in_dev() -> Iterator[Path]:
    """A folder under /dev, where an ordinary file may be."""
    with tempfile.TemporaryDirectory(dir="/dev/shm") as folder:
        yield Path(folder)


def test_a_device_node_is_never_made_by_opening_it(in_dev: Path) -> None:
    """A printer that is unplugged has no node; a file of that name would take slips for ever and call them printed."""
    node = in_dev / "lp0"
    printer = Printer(f"file://{node}")
    assert [printer.state(), printer.print(TEXT)] == ["offline", "failed"]
    assert not node.exists()
    node.write_bytes(b"")
    assert [printer.state(), printer.print(TEXT)] == ["offline", "failed"]
    assert "plain=yes" in printer.detail
    assert node.read_bytes() == b""


def test_a_node_that_is_called_an_ordinary_file_is_offline(tmp_path: Path) -> None:
    (tmp_path / "slips").symlink_to("/dev/null")
    assert Printer(f"file://{tmp_path}/slips?plain=yes").state() == "offline"


def test_a_full_disk_is_not_printed() -> None:
    printer = Printer("file:///dev/full")
    assert printer.print(TEXT) in {"unknown", "failed"}


def test_a_pipe_that_nobody_reads_is_offline(in_dev: Path) -> None:
    os.mkfifo(in_dev / "pipe")
    assert Printer(f"file://{in_dev}/pipe").state() == "offline"


def test_a_queue_or_a_usb_printer_that_is_not_there_is_offline() -> None:
    for port in ("cups://NoSuchQueue", "usb://dead:beef"):
        printer = Printer(port, limits=SWIFT)
        assert [printer.state(), printer.print(TEXT)] == ["offline", "failed"]
        assert printer.detail


@pytest.mark.parametrize(
    "text",
    ["", "lp0", "tcp://", "tcp://h:99999", "tcp://h:x", "serial://COM0", "serial:///dev/x?baud=fast", "usb://printer",
     "cups://-d", "cups://a;b", "file://relative", "ftp://h/x", "serial:///dev/x?baud=-1",
     "tcp://h?recipt=no", "tcp://h?receipt=yes", "tcp://h?mode=", "serial:///dev/x?flow=rst", "usb://04b8:0e15?in_ep=x"],
)  # fmt: skip
def test_a_port_written_wrongly_says_how_to_write_it(text: str) -> None:
    with pytest.raises(PortMistake, match="tcp://192"):
        parse(text, "printer")


def test_a_port_says_which_letters_suit_it() -> None:
    assert Printer("serial:///dev/ttyUSB0?baud=19200").mode == "text"
    assert Printer("serial:///dev/ttyUSB0?baud=115200").mode == "raster"
    assert Printer("tcp://10.0.0.9").mode == "raster"
    assert Printer("tcp://10.0.0.9?mode=text").mode == "text"
    assert Printer("tcp://10.0.0.9").port.number == 9100


def test_a_stalled_line_is_a_lost_line() -> None:
    assert issubclass(Stalled, LineLost)
