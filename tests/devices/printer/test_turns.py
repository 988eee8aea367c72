"""A network printer serves one peer at a time, and some speak without being asked: neither is a fault."""

import threading
import time
from collections.abc import Iterator
from dataclasses import replace

import pytest

from config.paper.document import Cut, TextLine
from devices.printer import DialogueLimits, Printer, encode
from devices.printer.transports import Stalled
from devices.simulators.printer import PrinterFaults, PrinterModel
from devices.simulators.printer_ports import SerialPrinter, TcpPrinter, WhenBusy
from tests.instruments.printer_bench import bench, counting

TEXT = encode((TextLine("A042", 4), TextLine("示例县政务服务中心"), Cut()), 384, "text")
LIMITS = DialogueLimits(
    answer=30.0, receipt=50.0, poll=10.0, probe=30.0, lock=50.0, turn=50.0
)  # all that is sent comes
TRIES, TRY_SECONDS = 1_000, 0.05
STANDING = 0.1  # rows a second: longer than any test
WAYS: list[WhenBusy] = ["queue", "refuse", "close"]


@pytest.fixture(params=WAYS)
def shared(request: pytest.FixtureRequest) -> Iterator[TcpPrinter]:
    """A printer whose paper takes a while: 300 rows a second."""
    with TcpPrinter(
        PrinterModel(width=384, faults=PrinterFaults(rows_per_second=300)), busy=request.param
    ) as it:
        yield it


def known(printer: Printer) -> Printer:
    """After its first answer; until then a printer that refuses is taken for one that is off."""
    for _ in range(TRIES):
        if printer.state() == "ready":
            return printer
        time.sleep(TRY_SECONDS)
    raise AssertionError(printer.detail)


def both(printers: list[Printer]) -> list[str]:
    """Two kiosks print at once."""
    outcomes: list[str] = ["", ""]

    def run(place: int) -> None:
        outcomes[place] = printers[place].print(TEXT)

    threads = [threading.Thread(target=run, args=(place,)) for place in (0, 1)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return outcomes


def test_two_kiosks_print_one_after_the_other_and_neither_is_offline(shared: TcpPrinter) -> None:
    printers = [known(Printer(shared.port, 384, LIMITS)) for _ in range(2)]
    assert both(printers) == ["printed", "printed"]
    assert shared.model.slips == [TEXT, TEXT]
    assert [printer.state() for printer in printers] == ["ready", "ready"]


def test_without_its_turn_the_second_slip_fails_or_is_unknown(shared: TcpPrinter) -> None:
    """The guard off: no patience, as before. The first slip stands in the printer until the second kiosk gave up."""
    first = known(Printer(shared.port, 384, replace(LIMITS, turn=1.0)))  # it has its turn at once
    hasty = known(Printer(shared.port, 384, replace(LIMITS, turn=0.0)))
    hasty._limits = DialogueLimits(answer=0.3, turn=0.0)
    hasty._talk._limits = hasty._limits
    shared.model.faults.rows_per_second = STANDING
    printing = threading.Thread(target=first.print, args=(TEXT,))
    printing.start()
    for _ in range(TRIES):
        if shared._peer:
            break
        time.sleep(TRY_SECONDS)
    assert hasty.print(TEXT) in ("failed", "unknown")
    shared.close()
    printing.join(60)


def test_a_printer_that_is_gone_is_waited_for_once() -> None:
    waited: list[float] = []
    with TcpPrinter(PrinterModel(width=384)) as it:
        printer = Printer(it.port, 384, DialogueLimits(answer=0.3, turn=1.0), sleep=waited.append)
        assert printer.state() == "ready"
        clock = iter(float(second) for second in range(100, 10_000))
        printer._clock = lambda: next(clock) / 10
        printer._answered_at = 9.0
    assert printer.state() == "offline"
    count = len(waited)
    assert count > 0
    assert printer.state() == "offline"
    assert len(waited) == count


@pytest.mark.parametrize("faults", [PrinterFaults(reports=True), PrinterFaults(greets=True)])
def test_a_printer_that_speaks_when_connected_is_ready_and_prints(faults: PrinterFaults) -> None:
    with TcpPrinter(PrinterModel(width=384, faults=faults)) as it:
        printer = Printer(it.port, 384, replace(LIMITS, probe=0.2))  # for an answer that was a greeting
        for _ in range(5):
            assert printer.state() == "ready"
        assert printer.print(TEXT) == "printed"
    assert not it.model.faults.reports, "told to stop"


def test_reports_in_the_midst_of_a_job_pass_for_no_receipt() -> None:
    """Their last three bytes look like receipts; without paper the job must not be printed."""
    for lines in range(1, 12):
        model = counting(PrinterFaults(reports=True, lines=lines))
        printer = bench(model)
        assert (printer.print(TEXT) == "printed") <= (model.cuts == 1), lines


def test_a_report_cut_off_by_noise_is_noise() -> None:
    model = counting()
    printer = bench(model)
    printer._ask(0.0)
    with pytest.raises(Stalled):
        printer._talk._sort(b"\x10\x00\xff")


@pytest.mark.parametrize("faults", [PrinterFaults(reports=True), PrinterFaults(greets=True)])
def test_a_serial_printer_that_speaks_by_itself_is_ready_and_prints(faults: PrinterFaults) -> None:
    with SerialPrinter(PrinterModel(width=384, faults=faults)) as it:
        printer = Printer(it.port, 384, replace(LIMITS, probe=0.2))
        for _ in range(3):
            assert printer.state() == "ready"
        assert printer.print(TEXT) == "printed"
        printer.close()
