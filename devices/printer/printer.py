"""One printer: its state, and what became of a paper. Blocking but bounded: call it from a thread.

Printing is not delivery. A job is *printed* only if, after the cut, the printer itself sent a receipt
(`GS r`, which it answers in order, when everything before is on paper) and then four good status answers.
Anything less is *unknown*; *failed* means the paper is surely not whole. Nothing is sent a second time.

A printer that never learned `GS r` is found out while it is idle; for it the status after a settling time
must do. One that never answers at all still gets the job, and the outcome is unknown.
"""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
import threading
import time

from devices.printer import escpos, status, wires
from devices.printer import port as ports
from devices.printer.jobs import SlipState
from devices.printer.status import DeviceState, Question
from devices.printer.wires import LineLost, Stalled, Unreachable, Wire

JOB_BYTES_MAX = 512 * 1024  # a metre of drawn paper is 72 KB at 80 mm
NOISE_BYTES_MAX = 64  # a printer asked for one byte that sends more is not answering us


@dataclass(frozen=True, slots=True)
class Limits:
    """How long to wait, in seconds; each is a bound, not a pause."""

    answer: float = 1.0  # a status answer comes within 10 ms; a slow adapter takes 200
    receipt: float = 12.0  # a 30 cm notice at 50 mm/s takes 6 s, and a hot head pauses
    probe: float = 0.4  # an idle printer answers GS r as fast as a status question
    settle: float = 1.5  # for printers without receipts: a slip's 12 cm at 80 mm/s
    lock: float = 20.0  # behind another job; more than the longest one
    quiet: float = 0.02  # after the last answer nothing more may come, or it was not an answer


LIMITS = Limits()

PROBES_MAX = 3  # an idle printer silent so often has no receipts


class Printer:
    """A printer on a port. Thread-safe: one job or question at a time."""

    def __init__(
        self,
        port: str,
        width_px: int = 576,
        limits: Limits = LIMITS,
        connect: Callable[[ports.Port], Wire] = wires.connect,
    ) -> None:
        self.port = ports.parse(port)
        self.width_px = width_px
        self.detail = ""  # the last fault in the line's own words, for the technician
        self._limits = limits
        self._connect = connect
        self._wire: Wire | None = None
        self._busy = threading.Lock()
        self._probes = 0
        self._receipts = False

    @property
    def mode(self) -> str:
        """The printer's own letters on slow lines, drawn slips elsewhere; `?mode=` in the port decides."""
        return self.port.options.get("mode") or ("text" if self.port.slow else "raster")

    def state(self) -> DeviceState:
        """Asked anew each time; a silent printer is unknown, one that cannot be opened offline."""
        if not self._busy.acquire(timeout=self._limits.lock):
            return "unknown"
        try:
            return self._state()
        finally:
            self._release()

    def print(self, job: bytes, on_sent: Callable[[], None] | None = None) -> SlipState:
        """Sends the job once and says what is known; `on_sent` is called before the first byte leaves."""
        if len(job) > JOB_BYTES_MAX:
            raise ValueError(f"a paper of {len(job)} bytes; at most {JOB_BYTES_MAX}")
        if not self._busy.acquire(timeout=self._limits.lock):
            return "failed"
        try:
            return self._print(job, on_sent)
        finally:
            self._release()

    def close(self) -> None:
        with self._busy:
            self._drop()

    # --- behind the lock

    def _release(self) -> None:
        if self._wire is not None and not self._wire.keeps:
            self._drop()
        self._busy.release()

    def _drop(self) -> None:
        wire, self._wire = self._wire, None
        if wire is not None:
            with suppress(OSError):
                wire.close()

    def _open(self) -> Wire:
        if self._wire is None:
            self._wire = self._connect(self.port)
        return self._wire

    def _state(self) -> DeviceState:
        try:
            wire = self._open()
            found = self._ask_all(wire)
            if found in status.PRINTS:
                self._probe(wire)
        except Unreachable as error:
            return self._fault("offline", error)
        except LineLost as error:
            return self._fault("unknown" if isinstance(error, Stalled) else "offline", error)
        self.detail = "" if found in status.PRINTS else self.detail
        return found

    def _fault(self, found: DeviceState, error: OSError) -> DeviceState:
        self.detail = str(error)
        self._drop()
        return found

    def _print(self, job: bytes, on_sent: Callable[[], None] | None) -> SlipState:
        before = self._state()
        wire = self._wire
        if wire is None or before in status.FAULTS:
            return "failed"
        if on_sent is not None:
            on_sent()
        try:
            self._write(wire, job)
            return self._outcome(wire, len(job))
        except LineLost as error:
            self._fault("unknown", error)
            return "unknown"

    def _write(self, wire: Wire, job: bytes) -> None:
        for start in range(0, len(job), wires.PIECE_BYTES):
            wire.write(job[start : start + wires.PIECE_BYTES])

    def _outcome(self, wire: Wire, size: int) -> SlipState:
        if not wire.answers:
            return self._unanswered(wire)
        received = self._receipt(wire, size)
        after = self._ask_all(wire)
        if received and after in status.PRINTS:
            return "printed"
        if received or after not in status.STOPS:
            return "unknown"
        wire.write(escpos.FORGET)
        return "failed"

    def _unanswered(self, wire: Wire) -> SlipState:
        """A file holds the paper once it is closed; a spooler promises nothing."""
        self._wire = None
        wire.close()
        return "printed" if self.port.kind == "file" else "unknown"

    def _receipt(self, wire: Wire, size: int) -> bool:
        travel = size * self.port.seconds_per_byte
        if not self._receipts:
            self._wait_quietly(wire, travel + self._limits.settle)
            return True
        self._drain(wire)
        wire.write(escpos.RECEIPT_PLEASE)
        answer = self._answer(wire, travel + self._limits.receipt)
        return answer is not None and status.is_receipt(answer)

    def _wait_quietly(self, wire: Wire, seconds: float) -> None:
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            wire.read(left)

    def _probe(self, wire: Wire) -> None:
        """Learns, while the printer is idle, whether it gives receipts; a proof is never unlearned."""
        if self._receipts or self._probes >= PROBES_MAX or self.port.options.get("receipt") == "no":
            return
        self._probes += 1
        wire.write(escpos.RECEIPT_PLEASE)
        answer = self._answer(wire, self._limits.probe)
        self._receipts = answer is not None and status.is_receipt(answer)

    def _ask_all(self, wire: Wire) -> DeviceState:
        if not wire.answers:
            return "ready" if self.port.kind == "file" else "unknown"
        self._drain(wire)
        answers: dict[Question, int] = {}
        for question in status.QUESTIONS:
            wire.write(escpos.ask(question))
            answer = self._answer(wire, self._limits.answer)
            if answer is None:
                break  # silent: three more questions would only keep a person waiting
            answers[question] = answer
        self._listen(wire)
        return status.state(answers)

    def _answer(self, wire: Wire, seconds: float) -> int | None:
        """The one byte that answers; none, or more than one, is no answer."""
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            if data := wire.read(left).translate(None, status.FLOW_CONTROL):
                return data[0] if len(data) == 1 else None
        return None

    def _listen(self, wire: Wire) -> None:
        """More bytes than questions: which of them were answers, nobody can tell."""
        if wire.read(self._limits.quiet).translate(None, status.FLOW_CONTROL):
            raise Stalled("打印机发送了多余的数据 / the printer sends more than was asked")

    def _drain(self, wire: Wire) -> None:
        """Old answers are thrown away; one that cannot be drained babbles and is not believed."""
        for _ in range(NOISE_BYTES_MAX):
            if not wire.read(0):
                return
        raise Stalled("打印机不停地发送数据 / the printer does not stop sending")
