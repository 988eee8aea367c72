"""Two printers: a fault may cost a paper, it must never make two."""

import itertools
from collections.abc import Callable
from typing import get_args

import pytest

from config.paper.document import Cut, Sheet, TextLine
from devices.printer import DeviceState, Printers, SlipState, encode, order
from devices.printer.status import PRINTS
from devices.simulators.printer import PrinterFaults
from tests.instruments.printer_bench import bench, counting

SHEET: Sheet = (*(TextLine(f"第 {number} 行") for number in range(8)), Cut())
JOB = encode(SHEET, 576, "text")


def job(_name: str) -> bytes:
    return JOB


def test_every_pair_of_states_has_an_order_and_the_faulty_are_left_out() -> None:
    for states in itertools.product(get_args(DeviceState), repeat=2):
        places = order(states)
        assert [states[place] for place in places] == sorted(
            (state for state in states if state in PRINTS | {"unknown"}),
            key=["ready", "paper-low", "unknown"].index,
        )


def test_the_halls_order_decides_among_equals() -> None:
    assert order(["ready", "ready"]) == [0, 1]
    assert order(["paper-low", "ready"]) == [1, 0]
    assert order(["unknown", "paper-out"]) == [0]


FAULTS = [
    PrinterFaults(), PrinterFaults(lines=0), PrinterFaults(lines=3), PrinterFaults(cover_open=True), PrinterFaults(silent=True), PrinterFaults(near_end=True),
    PrinterFaults(dies_after=0), PrinterFaults(dies_after=40), PrinterFaults(knife=False), PrinterFaults(receipts=False), PrinterFaults(babbles=0.5),
]  # fmt: skip


@pytest.mark.parametrize("first", range(len(FAULTS)))
@pytest.mark.parametrize("second", range(len(FAULTS)))
def test_whatever_is_wrong_with_both_at_most_one_paper_comes_out(first: int, second: int) -> None:
    from copy import copy

    machines = [counting(copy(FAULTS[first])), counting(copy(FAULTS[second]))]
    printers = Printers({"left": bench(machines[0]), "right": bench(machines[1])})
    outcome = printers.print(job)
    cuts = sum(machine.cuts for machine in machines)
    assert cuts <= 1
    assert (outcome.state == "printed") <= (cuts == 1)
    if "ready" in printers.states().values() and first == 0:
        assert outcome.state == "printed"


def test_an_empty_printer_hands_over_to_the_other() -> None:
    machines = counting(PrinterFaults(lines=0)), counting()
    printers = Printers({"left": bench(machines[0]), "right": bench(machines[1])})
    outcome = printers.print(job)
    assert (outcome.state, outcome.printer, outcome.sent) == ("printed", "right", True)


def test_a_slip_lost_half_way_is_not_tried_at_the_other() -> None:
    machines = counting(PrinterFaults(lines=3)), counting()
    printers = Printers({"left": bench(machines[0]), "right": bench(machines[1])})
    outcome = printers.print(job)
    assert (outcome.state, outcome.printer, machines[1].cuts) == ("failed", "left", 0)


class _Hasty:
    """The guard off: a printer that does not tell that bytes have left."""

    detail = ""

    def __init__(self, faults: PrinterFaults) -> None:
        self.machine = counting(faults)
        self._printer = bench(self.machine)

    def state(self) -> DeviceState:
        return self._printer.state()

    def print(self, job: bytes, on_sent: Callable[[], None] | None = None) -> SlipState:
        self._printer.print(job)
        return "failed" if self.machine.faults.silent else "printed"


def test_twin_that_retries_after_sending_prints_two_papers() -> None:
    hasty = _Hasty(PrinterFaults(silent=True)), _Hasty(PrinterFaults(silent=True))
    Printers({"left": hasty[0], "right": hasty[1]}).print(job)
    assert hasty[0].machine.cuts + hasty[1].machine.cuts == 2


def test_without_a_printer_a_paper_is_failed() -> None:
    assert Printers({}).print(job).state == "failed"
