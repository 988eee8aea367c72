"""A printer that is not there: real bytes, real silence, no paper wasted.

`PrinterModel` is the machine (sans-I/O): it obeys ESC/POS, answers `DLE EOT` at once, `GS r` and `GS g 2` in
order, runs out of paper, opens its cover, dies after n bytes, and keeps what it printed as bytes and as
pictures. A hall trains and tests with it; the ports around it are in `printer_ports`.
"""

import random
import re
import threading
from collections import deque
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from PIL import Image

from config.paper.document import DOTS
from devices.printer.escpos import CUTS_PLEASE, FORGOTTEN, NO_REPORTS, RECEIPT_PLEASE
from devices.printer.escpos_parser import ControlCode, ParsedCommand, Splitter, Unknown, take_real_time
from devices.printer.receipt_renderer import Paper
from devices.printer.status import QUESTIONS, Question

KEPT_BYTES_MAX = 4 * 1024 * 1024  # of all jobs together, in memory; the files keep more
SLIPS_MAX = 100  # newest papers in memory, 100 KB each
OLD_CUTS = 4_210  # of its knife before today, so that its count looks like a real one
FILES_MAX = 2000  # papers in the folder, the newest; a training day prints fewer

_NUMBER = re.compile(r"slip-(\d+)\.(?:bin|png)")
_ASKING = frozenset({RECEIPT_PLEASE[:2], CUTS_PLEASE[:2]})  # commands that leave nothing on paper


@dataclass(slots=True)
class PrinterFaults:
    """What can be wrong with it; each may be turned while it runs."""

    silent: bool = False  # prints, answers nothing
    rows_per_second: float = 0.0  # 8 rows are a millimetre; a real one makes 400 to 2000; 0: at once
    lines: int | None = None  # paper left, in lines of 24 dots; None: plenty
    near_end: bool = False
    cover_open: bool = False
    knife: bool = True  # False: the knife is stuck, an error
    dies_after: int | None = None  # bytes taken, then the cable is cut
    babbles: float = 0.0  # chance of noise after each piece it takes
    receipts: bool = True  # False: never learned GS r
    answers_only: frozenset[int] = frozenset({1, 2, 3, 4})  # which questions it knows
    counts: bool = True  # False: never learned GS g 2
    reports: bool = (
        False  # sends four status bytes (ASB) when connected and at each change, until told to stop
    )
    greets: bool = False  # sends four answers that nobody asked for when connected


class PrintedJob(NamedTuple):
    """One command obeyed: what it said, and the rows of dots it took."""

    said: bytes
    rows: int


class PrintArchive:
    """A folder of papers, one picture and its bytes each, numbered on from what is there."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        found = (_NUMBER.fullmatch(path.name) for path in folder.iterdir())
        self._newest = max((int(name[1]) for name in found if name), default=0)

    def keep(self, data: bytes, picture: Image.Image) -> None:
        self._newest += 1
        picture.save(self._path(self._newest, "png"))
        self._path(self._newest, "bin").write_bytes(data)
        for ending in ("png", "bin"):
            self._path(self._newest - FILES_MAX, ending).unlink(missing_ok=True)

    def _path(self, number: int, ending: str) -> Path:
        return self._folder / f"slip-{number:04}.{ending}"


@dataclass(slots=True)
class PrinterModel:
    """`hear` takes bytes and answers at once; `step` obeys one waiting command; `feed` does both to the end."""

    width: int = 576
    faults: PrinterFaults = field(default_factory=PrinterFaults)
    folder: Path | None = None
    pictures: bool = True  # off: only counts, for campaigns of many thousand cuts
    seed: int = 1

    received: bytearray = field(default_factory=bytearray)
    slips: list[bytes] = field(default_factory=list)  # what was printed on each cut paper, newest last
    taken: int = 0
    cuts: int = 0
    unknown: int = 0  # bytes it could make nothing of

    _paper: Paper = field(init=False)
    _kept: PrintArchive | None = field(init=False)
    _splitter: Splitter = field(default_factory=Splitter)
    _waiting: deque[tuple[ParsedCommand, bytes]] = field(default_factory=deque)
    _held: bytes = b""
    _job: bytearray = field(default_factory=bytearray)
    _rows: int = 0
    _random: random.Random = field(init=False)
    _reported: bytes = b""  # the automatic report sent last
    _lock: threading.RLock = field(default_factory=threading.RLock)

    def __post_init__(self) -> None:
        self._paper = Paper(self.width)
        self._random = random.Random(self.seed)
        self._kept = PrintArchive(self.folder) if self.folder else None

    @property
    def dead(self) -> bool:
        return self.faults.dies_after is not None and self.taken >= self.faults.dies_after

    def feed(self, data: bytes) -> bytes:
        """Take bytes and do all that can be done with them; return what the printer sends back."""
        said = self.hear(data)
        while done := self.step():
            said += done.said
        return said

    def hear(self, data: bytes) -> bytes:
        """Take bytes; answer only what is answered at once."""
        with self._lock:
            data = self._alive(data)
            stream, questions, self._held = take_real_time(self._held + data)
            said = b"".join(map(self._at_once, questions))
            self.received += stream
            del self.received[: max(0, len(self.received) - KEPT_BYTES_MAX)]
            self._waiting.extend(self._splitter.feed(stream))
            return self._audible(said + self._report() + self._noise())

    def step(self) -> PrintedJob | None:
        """Obey the next command, if there is one and paper under a closed cover."""
        with self._lock:
            if not self._waiting or not self._online or self.dead:
                return None
            command, raw = self._waiting.popleft()
            if isinstance(command, ControlCode) and command.name in _ASKING:
                return PrintedJob(self._audible(self._in_order(raw)), 0)
            self._job += raw
            return PrintedJob(b"", self._obey(command))

    def answers(self) -> dict[Question, int]:
        """Return what it would say to each question now."""
        return {question: self._answer(question) for question in QUESTIONS}

    def connected(self) -> bytes:
        """Return what it sends to a new peer."""
        with self._lock:
            greeting = bytes(self.answers().values()) if self.faults.greets else b""
            self._reported = b""
            return self._audible(greeting + self._report())

    def refill(self, lines: int | None = None) -> None:
        """Put new paper in; like a real printer it then goes on with what it still holds."""
        self.faults.lines, self.faults.near_end = lines, False

    def picture(self, number: int = -1) -> Image.Image:
        return self._paper.slips[number]

    def torn(self) -> Image.Image | None:
        """Return what hangs out of it uncut."""
        return self._paper.torn()

    # --- inside

    def _alive(self, data: bytes) -> bytes:
        if self.faults.dies_after is not None:
            data = data[: max(0, self.faults.dies_after - self.taken)]
        self.taken += len(data)
        return data

    def _audible(self, said: bytes) -> bytes:
        return b"" if self.faults.silent or self.dead else said

    def _at_once(self, asked: bytes) -> bytes:
        if asked[1] == 0x14:
            self._forget()
            return FORGOTTEN
        return bytes([self._answer(asked[2])]) if asked[2] in self.faults.answers_only else b""

    def _answer(self, question: int) -> int:
        return (
            0x12
            | {1: self._printer_bits, 2: self._offline_bits, 3: self._error_bits, 4: self._paper_bits}[
                question
            ]()
        )

    def _printer_bits(self) -> int:
        return 0x00 if self._online else 0x08

    def _offline_bits(self) -> int:
        return 0x04 * self.faults.cover_open | 0x20 * self._empty | 0x40 * (not self.faults.knife)

    def _error_bits(self) -> int:
        return 0x08 * (not self.faults.knife)

    def _paper_bits(self) -> int:
        return 0x60 * self._empty | 0x0C * (self.faults.near_end or self._empty)

    @property
    def _empty(self) -> bool:
        return self.faults.lines is not None and self.faults.lines <= 0

    @property
    def _online(self) -> bool:
        return not (self._empty or self.faults.cover_open) and self.faults.knife

    def _obey(self, command: ParsedCommand) -> int:
        if isinstance(command, Unknown):
            self.unknown += 1
            return 0
        if isinstance(command, ControlCode) and command.name == NO_REPORTS[:2]:
            self.faults.reports = command.args != NO_REPORTS[2:]
        rows = self._paper.put(command) if self.pictures else _rows(command)
        self._use(rows)
        if isinstance(command, ControlCode) and command.name == b"\x1dV":
            self._cut()
        return rows

    def _in_order(self, asked: bytes) -> bytes:
        """Return the answers that come in order; `GS r 1`: bits 0 and 1 near the end, 2 and 3 no paper."""
        if asked[:2] == RECEIPT_PLEASE[:2]:
            return bytes([0x03 * self.faults.near_end | 0x0C * self._empty]) * self.faults.receipts
        known = self.faults.counts and asked == CUTS_PLEASE
        return b"_%d\x00" % (OLD_CUTS + self.cuts) if known else b""

    def _report(self) -> bytes:
        """Return an automatic report, where the state is another than reported: `GS a`, bits as Epson has them."""
        if not self.faults.reports:
            return b""
        first = 0x10 | (0x08 * (not self._online)) | (0x20 * self.faults.cover_open)
        report = bytes([first, 0x08 * (not self.faults.knife), self._paper_bits() & 0x6F, 0x0F])
        changed, self._reported = report != self._reported, report
        return report if changed else b""

    def _use(self, rows: int) -> None:
        if self.faults.lines is not None:
            used, self._rows = divmod(self._rows + rows, DOTS)
            self.faults.lines = max(0, self.faults.lines - used)

    def _cut(self) -> None:
        self.cuts += 1
        self.slips.append(bytes(self._job))
        self._job.clear()
        if self._kept and self.pictures:
            self._kept.keep(self.slips[-1], self._paper.slips[-1])
        del self.slips[:-SLIPS_MAX], self._paper.slips[:-SLIPS_MAX]

    def _forget(self) -> None:
        self._waiting.clear()
        self._splitter.clear()
        self._job.clear()

    def _noise(self) -> bytes:
        if self._random.random() >= self.faults.babbles:
            return b""
        return self._random.randbytes(self._random.randint(1, 3))


def _rows(command: ParsedCommand) -> int:
    """Return the rows a command would take, without drawing it."""
    rows = getattr(command, "rows", b"")
    return (
        len(rows) // max(1, getattr(command, "row_bytes", 1))
        if rows
        else DOTS * getattr(command, "ended", False)
    )
