"""A printer cut off after every byte of a real slip: never a false *printed*, never a second number.

The slip is the one the hall gives out, 3 KB in the printer's letters and 72 KB drawn. Up to the cut a machine
does what it did when nothing was cut, so that part is played once, byte by byte, and written down (`Run`).
Then the product's own `Printer` prints on a line that ends after so many bytes, and decides. The line knows
how much later it could have ended without the `Printer` hearing anything else (`CutLine.same_until`), so one
decision holds for all those places, and every byte costs next to nothing. The long way, a machine that dies
for every byte, is compared with it: at every byte in the campaign, at some and at every turn in the gate.
"""

import random
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cache
from typing import Literal

import pytest

from caller.engine.commands import SlipState, TakeTicket
from config.device_port import DevicePort
from config.paper.samples import sample_slip
from devices.printer import Printer
from devices.printer.status import JobVerdict
from devices.printer.transports import LineLost, Transport, Unreachable
from devices.simulators.printer import PrinterFaults
from kiosk.screens.document import document
from kiosk.visit.effects import Print, Send, VisitEffect
from tests.instruments.papers import slip_job
from tests.instruments.printer_bench import Cable, Clock, bench, counting
from tests.kiosk.visit.test_status_visit import answered

Letters = Literal["text", "raster"]
SAMPLES = 40  # places in the gate where the short way is compared with the long one, besides all turns


@dataclass(frozen=True)
class Case:
    """A slip, whether the machine gives receipts and counts its cuts, and what the line does when it ends."""

    letters: Letters
    receipts: bool
    hangs_up: bool

    def faults(self, dies_after: int | None = None) -> PrinterFaults:
        return PrinterFaults(receipts=self.receipts, counts=self.receipts, dies_after=dies_after)


CASES = [
    Case(letters, receipts, hangs_up)
    for letters in ("text", "raster")
    for receipts in (True, False)
    for hangs_up in (True, False)
]
every_case = pytest.mark.parametrize("case", CASES, ids=str)


@cache
def slip(letters: Letters) -> bytes:
    return slip_job(sample_slip("zh"), 576, letters)


# --- one whole paper, written down


@dataclass
class Run:
    """All that a machine heard and said while one paper was printed, each answer with its place."""

    heard: bytes = b""
    said: dict[int, bytes] = field(default_factory=dict)
    cut_at: int = 0  # the paper was cut when so many bytes had been heard


@dataclass
class Pen(Cable):
    """A cable that writes down, byte by byte, what passes."""

    run: Run = field(default_factory=Run)

    def write(self, piece: bytes) -> None:
        for place, byte in enumerate(piece, len(self.run.heard) + 1):
            answer = self.model.feed(bytes([byte]))
            if answer:
                self.run.said[place] = answer
            if self.model.cuts and not self.run.cut_at:
                self.run.cut_at = place
            self.said += answer
        self.run.heard += piece


@cache
def whole(letters: Letters, receipts: bool) -> Run:
    clock = Clock()
    pen = Pen(counting(Case(letters, receipts, hangs_up=False).faults()), clock)
    printer = Printer("tcp://bench:9100", connect=lambda _: pen, clock=clock)
    assert printer.print(slip(letters)) == "printed"
    assert (pen.model.slips, pen.model.cuts) == ([slip(letters)], 1)
    return pen.run


# --- the same, cut off


@dataclass
class CutLine:
    """A line that ends after so many bytes. What comes before is what the machine said then.

    A machine that dies of a byte does not answer it. `same_until`: had the line ended at any place before it,
    everything read here would have been the same.
    """

    run: Run
    end: int
    hangs_up: bool
    clock: Clock
    same_until: int = 0
    at: int = 0
    said: bytes = b""
    answers: bool = True
    keeps: bool = False

    def __post_init__(self) -> None:
        self.same_until = len(self.run.heard)

    def write(self, piece: bytes) -> None:
        if self.at < self.end:
            assert self.run.heard.startswith(piece, self.at), "not what the machine heard"
        for place, said in self.run.said.items():
            if self.at < place <= self.at + len(piece):
                self._answer(place, said)
        self.at += len(piece)

    def _answer(self, place: int, said: bytes) -> None:
        if place < self.end:
            self.said += said
        else:
            self._differs_from(place + 1)

    def read(self, seconds: float) -> bytes:
        said, self.said = self.said, b""
        if self.at >= self.end:
            self._differs_from(self.at + 1)
        if not said:
            self.clock.now += seconds
            if self.hangs_up and self.at >= self.end:
                raise LineLost("the printer closed the connection")
        return said

    def _differs_from(self, place: int) -> None:
        self.same_until = min(self.same_until, place)

    def close(self) -> None:
        self.said = b""


def cut_off(case: Case, end: int, kind: type[Printer] = Printer) -> tuple[SlipState, range]:
    """What is said of a paper when the line ends after so many bytes, and all places for which that holds."""
    clock = Clock()
    line = CutLine(whole(case.letters, case.receipts), end, case.hangs_up, clock)

    def connect(_: DevicePort) -> Transport:
        if end == 0 and case.hangs_up:
            line.same_until = 1
            raise Unreachable("refused")
        return line

    outcome = kind("tcp://bench:9100", connect=connect, clock=clock).print(slip(case.letters))
    return outcome, range(end, line.same_until)


def decisions(case: Case, kind: type[Printer] = Printer) -> Iterator[tuple[SlipState, range]]:
    """Every place from the first question to the last answer, none left out."""
    end, last = 0, len(whole(case.letters, case.receipts).heard)
    while end < last:
        outcome, places = cut_off(case, end, kind)
        assert places.start == end < places.stop
        yield outcome, places
        end = places.stop


def false(case: Case, kind: type[Printer] = Printer) -> int:
    """How many places end in a *printed* without a paper. A machine that dies of a byte does not obey it."""
    cut_at = whole(case.letters, case.receipts).cut_at
    return sum(
        len(range(places.start, min(places.stop, cut_at + 1)))
        for outcome, places in decisions(case, kind)
        if outcome == "printed"
    )


def died(case: Case, end: int) -> tuple[SlipState, int]:
    """The long way: a machine that takes so many bytes and dies; and how many papers it cut."""
    model = counting(case.faults(dies_after=end))
    return bench(model, hangs_up=case.hangs_up).print(slip(case.letters)), model.cuts


def paper(case: Case, end: int) -> int:
    return int(whole(case.letters, case.receipts).cut_at < end)


# --- what is promised


@every_case
def test_a_slip_cut_off_after_every_byte_is_never_falsely_printed(case: Case) -> None:
    decided = sum(len(places) for _, places in decisions(case))
    assert decided == len(whole(case.letters, case.receipts).heard) > len(slip(case.letters))
    assert false(case) == 0


@every_case
def test_the_short_way_decides_as_a_machine_that_dies(case: Case) -> None:
    """At places anywhere, and at the first and the last place of each decision."""
    chosen = random.Random(str(case)).sample(range(len(whole(case.letters, case.receipts).heard)), SAMPLES)
    for outcome, places in decisions(case):
        for end in {places[0], places[-1], *(place for place in chosen if place in places)}:
            assert (outcome, paper(case, end)) == died(case, end), end


@pytest.mark.campaign
@every_case
def test_a_machine_that_dies_after_every_byte_is_never_falsely_printed(case: Case) -> None:
    for outcome, places in decisions(case):
        for end in places:
            found = died(case, end)
            assert found != ("printed", 0), end
            assert found == (outcome, paper(case, end)), end


def test_the_slips_are_real_ones() -> None:
    assert len(slip("raster")) > 70_000
    assert 2_000 < len(slip("text")) < 5_000


class Believing(Printer):
    """The guard off: what was written is printed, whatever comes back, as most programs have it."""

    def _deliver(self, wire: Transport, job: bytes) -> JobVerdict:
        with suppress(LineLost):
            super()._deliver(wire, job)
        return "confirm"


@pytest.mark.parametrize("letters", ["text", "raster"])
def test_twin_believing_what_was_written_calls_thousands_of_half_slips_printed(letters: Letters) -> None:
    case = Case(letters, receipts=True, hangs_up=False)
    assert false(case, Believing) > len(slip(letters))


# --- what a visit makes of it


def papers(effects: list[VisitEffect]) -> int:
    return sum(isinstance(each, Print) for each in effects)


def numbers(effects: list[VisitEffect]) -> int:
    return sum(isinstance(each, Send) and isinstance(each.command, TakeTicket) for each in effects)


def test_no_cut_brings_a_second_number_or_a_second_paper() -> None:
    """A visit learns of a cut in one of three words; each is played to a visit whose slip is on its way."""
    words: set[SlipState] = {outcome for case in CASES for outcome, _ in decisions(case)}
    assert words == {"failed", "unknown", "printed"}
    for word in words:
        visit, effects = answered("ready", "ready")
        assert papers(effects) == 1
        after = visit.slip(visit.state.current_ticket, 0, word)
        assert (papers(after), numbers(after)) == (0, 0)
        assert document(visit.state)["number"]["number"] == "A042"
