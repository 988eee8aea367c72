"""One printer: its state, and what became of a paper. Blocking but bounded: call it from a thread.

Printing is not delivery. A job goes the way of `jobs`; it is *printed* only if, after the cut, the printer
itself said so (see `talk`); anything less is *unknown*; *failed* means the paper is surely not whole: nothing
was sent, or the printer says that it stopped. Nothing is sent a second time.

A printer that never answers still gets the job, and the outcome is unknown.
"""

import threading
import time
from collections.abc import Callable
from contextlib import suppress

from caller.engine.commands import DeviceState, SlipState
from devices.printer import port_url as ports
from devices.printer import status, transports
from devices.printer.encoding import Mode
from devices.printer.jobs import JobVerdict, fate, step
from devices.printer.status_dialogue import LIMITS, DialogueLimits, StatusDialogue
from devices.printer.transports import LineLost, Stalled, Transport, Unreachable

JOB_BYTES_MAX = 512 * 1024  # a metre of drawn paper is 72 KB at 80 mm


class Printer:
    """A printer on a port. Thread-safe: one job or question at a time."""

    def __init__(
        self,
        port: str,
        width_px: int = 576,
        limits: DialogueLimits = LIMITS,
        connect: Callable[[ports.PrinterPort], Transport] = transports.connect,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.port = ports.parse(port)
        self.width_px = width_px
        self.detail = ""  # the last fault in the line's own words, for the technician
        self._limits = limits
        self._connect = connect
        knows = {name: self.port.options.get(name) != "no" for name in ("receipt", "counter")}
        self._talk = StatusDialogue(limits, receipts=knows["receipt"], counts=knows["counter"], clock=clock)
        self._wire: Transport | None = None
        self._busy = threading.Lock()

    @property
    def mode(self) -> Mode:
        """The printer's own letters on slow lines, drawn slips elsewhere; `?mode=` in the port decides."""
        asked = self.port.options.get("mode")
        if asked == "text" or asked == "raster":
            return asked
        return "text" if self.port.slow else "raster"

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
            return fate("waiting", "fail")
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

    def _state(self) -> DeviceState:
        try:
            if self._wire is None:
                self._wire = self._connect(self.port)
            found = self._talk.state(self._wire) if self._wire.answers else self._mute_state
        except Unreachable as error:
            return self._fault("offline", error)
        except LineLost as error:
            return self._fault("unknown" if isinstance(error, Stalled) else "offline", error)
        self.detail = "" if found in status.PRINTS else " / ".join(status.WORDS[found])
        return found

    @property
    def _mute_state(self) -> DeviceState:
        """A file takes anything; a spooler knows nothing of its paper."""
        return "ready" if self.port.kind == "file" else "unknown"

    def _fault(self, found: DeviceState, error: OSError) -> DeviceState:
        self.detail = str(error)
        self._drop()
        return found

    def _print(self, job: bytes, on_sent: Callable[[], None] | None) -> SlipState:
        before = self._state()
        wire = self._wire
        if wire is None or before in status.FAULTS:
            return fate("waiting", "fail")
        if on_sent is not None:
            on_sent()
        sent = step("waiting", "send")
        try:
            return fate(sent, self._deliver(wire, job))
        except LineLost as error:
            self._fault("unknown", error)
            return fate(sent, "lose")

    def _deliver(self, wire: Transport, job: bytes) -> JobVerdict:
        if not wire.answers:
            return self._hand_over(wire, job)
        self._talk.begin(wire)
        _write(wire, job)
        return self._talk.outcome(wire, len(job) * self.port.seconds_per_byte)

    def _hand_over(self, wire: Transport, job: bytes) -> JobVerdict:
        """A file holds the paper once it is closed; a spooler promises nothing."""
        _write(wire, job)
        self._wire = None
        wire.close()
        return "confirm" if self.port.kind == "file" else "lose"


def _write(wire: Transport, job: bytes) -> None:
    for start in range(0, len(job), transports.PIECE_BYTES):
        wire.write(job[start : start + transports.PIECE_BYTES])
