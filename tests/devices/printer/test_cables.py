"""A printer over cables that chop, delay and lose: a paper is printed only when it was, and whole ones are.

Both ends are the product's; the cable is ours and so is the clock. A cut cable is in test_printer.py.
"""

import random
from dataclasses import dataclass, field

import pytest

from devices.printer import Printer, escpos
from devices.printer.status_dialogue import LIMITS
from devices.simulators.printer import PrinterFaults, PrinterModel
from tests.devices.printer.test_printer import DRAWN, TEXT
from tests.instruments.printer_bench import Cable, Clock, counting

LOSSES = (0.0005, 0.005, 0.05)
SEEDS = 30
LOSSY_SLIPS = 300
CAMPAIGN_SLIPS = 3000  # the figure in docs/devices.md


@dataclass
class BadCable(Cable):
    """Bytes go through so many at a time, so many seconds late, and some not at all."""

    chunk: int = 0
    late: float = 0.0
    lose: float = 0.0
    seed: int = 1
    lost: int = 0
    _due: float = 0.0
    _random: random.Random = field(init=False)

    def __post_init__(self) -> None:
        self._random = random.Random(self.seed)

    def write(self, piece: bytes) -> None:
        piece = self._lossy(piece)
        size = self.chunk or max(1, len(piece))
        for start in range(0, len(piece), size):
            self.said += self._lossy(self.model.feed(piece[start : start + size]))
        self._due = self.clock.now + self.late

    def read(self, seconds: float) -> bytes:
        if not self.said or self.clock.now + seconds < self._due:
            self.clock.now += seconds
            return b""
        self.clock.now = max(self.clock.now, self._due)
        size = self.chunk or len(self.said)
        data = bytes(self.said[:size])
        del self.said[:size]
        return data

    def _lossy(self, data: bytes) -> bytes:
        kept = bytes(byte for byte in data if self._random.random() >= self.lose) if self.lose else data
        self.lost += len(data) - len(kept)
        return kept


def on(cable: BadCable, options: str = "") -> Printer:
    return Printer(f"tcp://bench:9100{options}", connect=lambda _: cable, clock=cable.clock)


@pytest.mark.parametrize("job", [TEXT, DRAWN], ids=["text", "raster"])
@pytest.mark.parametrize(("chunk", "late"), [(0, 0.0), (1, 0.0), (3, 0.0), (0, 0.3), (1, 0.3)])
def test_over_a_chopped_or_late_cable_every_paper_is_whole_and_told(
    job: bytes, chunk: int, late: float
) -> None:
    model = counting()
    printer = on(BadCable(model, Clock(), chunk=chunk, late=late))
    assert printer.state() == "ready"
    assert [printer.print(job), printer.print(job)] == ["printed", "printed"]
    assert [slip[-len(job) :] for slip in model.slips] == [job, job]


def test_answers_later_than_anyone_waits_are_no_answers() -> None:
    model = counting()
    printer = on(BadCable(model, Clock(), late=LIMITS.answer + 0.1))
    assert printer.state() == "unknown"
    assert printer.print(TEXT) == "unknown"
    assert model.cuts <= 1


@pytest.mark.parametrize("job", [TEXT, DRAWN], ids=["text", "raster"])
@pytest.mark.parametrize("lose", LOSSES)
def test_over_a_lossy_cable_nothing_is_printed_twice_nor_ready_without_paper(job: bytes, lose: float) -> None:
    for seed in range(SEEDS):
        model = counting()
        assert on(BadCable(model, Clock(), lose=lose, seed=seed)).print(job) in (
            "printed",
            "failed",
            "unknown",
        )
        assert model.cuts <= 1, seed
        empty = counting(PrinterFaults(lines=0))
        assert on(BadCable(empty, Clock(), lose=lose, seed=seed)).state() not in ("ready", "paper-low"), seed


def false_papers(lose: float, options: str = "", slips: int = LOSSY_SLIPS) -> int:
    """How many of many slips are told as printed and were not cut. The line gets bad after a first good slip,
    from which the printer's count of its cuts is known."""
    false = 0
    for seed in range(slips):
        model = counting()
        cable = BadCable(model, Clock(), seed=seed)
        printer = on(cable, options)
        assert printer.print(TEXT) == "printed"
        cable.lose = lose
        false += printer.print(TEXT) == "printed" and model.cuts == 1
    return false


@pytest.mark.parametrize("lose", LOSSES)
def test_where_the_cuts_are_counted_a_swallowed_cut_is_no_paper(lose: float) -> None:
    assert false_papers(lose) == 0


@pytest.mark.campaign
@pytest.mark.parametrize("lose", LOSSES)
def test_of_thousands_of_swallowed_cuts_none_is_a_paper(lose: float) -> None:
    assert false_papers(lose, slips=CAMPAIGN_SLIPS) == 0


def test_twin_without_the_count_a_swallowed_cut_is_told_as_printed() -> None:
    """ESC/POS has no check: where the cut itself is lost, the receipt after it still comes. This is also the
    limit that docs/devices.md owns up to, for printers that do not count."""
    assert false_papers(LOSSES[-1], "?counter=no") > 0


class StandsStill(PrinterModel):
    """No knife: its count is answered and never moves."""

    def _in_order(self, asked: bytes) -> bytes:
        return b"_0\x00" if asked == escpos.CUTS_PLEASE else super()._in_order(asked)


def test_a_count_that_never_moved_makes_no_paper_unknown() -> None:
    printer = on(BadCable(StandsStill(pictures=False), Clock()))
    assert [printer.print(TEXT), printer.print(TEXT)] == ["printed", "printed"]


def test_a_count_that_moved_and_stands_still_makes_the_paper_unknown() -> None:
    model = counting()
    cable = BadCable(model, Clock())
    printer = on(cable)
    assert printer.print(TEXT) == "printed"
    assert printer.print(TEXT.removesuffix(escpos.feed_and_cut())) == "unknown"
    assert printer.print(TEXT) == "printed"


def test_a_printer_that_never_learned_to_count_is_asked_three_times_and_no_more() -> None:
    model = counting(PrinterFaults(counts=False))
    printer = on(BadCable(model, Clock()))
    for _ in range(5):
        assert printer.state() == "ready"
    assert model.received.count(escpos.CUTS_PLEASE) == 3
    assert printer.print(TEXT) == "printed"
