"""One printer: its state, and what became of a paper. Blocking but bounded: call it from a thread.

Printing is not delivery. A job goes the way of `status.STEPS`; it is *printed* only if, after the cut, the printer
itself said so (see `talk`); anything less is *unknown*; *failed* means the paper is surely not whole: nothing
was sent, or the printer says that it stopped. Nothing is sent a second time.

A printer that never answers still gets the job, and the outcome is unknown.
"""

import logging
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Literal

from caller.engine.commands import DeviceState, SlipState
from config import device_port
from config.catalogue import message
from config.device_port import DevicePort
from config.instants import Seconds
from devices.printer import status, transports
from devices.printer.encoding import Mode
from devices.printer.status import JobVerdict, fate, step
from devices.printer.status_dialogue import LIMITS, DialogueLimits, StatusDialogue
from devices.printer.transports import Busy, HungUp, LineLost, Stalled, Transport, Unreachable

JOB_BYTES_MAX = 512 * 1024  # a metre of drawn paper is 72 KB at 80 mm
RECENT_SECONDS = 60.0  # a printer that answered so lately and does not now may be busy with another kiosk
STATE_SECONDS: Seconds = 2.0  # between two looks at an idle printer: a table of devices is right within 3 s
JOB_ENDS: dict[SlipState, Literal["done", "failed", "unknown"]] = {  # of a station job that prints
    "printed": "done", "failed": "failed", "unknown": "unknown",
}  # fmt: skip
TURN_PAUSE = 0.25  # seconds between two tries while it refuses
log = logging.getLogger("hallcall.devices")


class Outages:
    """The printers of one program that cannot print, so that each outage is logged once, and its end."""

    def __init__(self) -> None:
        self._known: set[str] = set()

    def note(self, name: str, state: DeviceState, detail: str) -> None:
        """Take a printer's state as it is now."""
        if state in status.PRINTS:
            if name in self._known:
                log.info("%s 已恢复 / is back", name)
            self._known.discard(name)
        elif name not in self._known:
            self._known.add(name)
            log.warning("%s 不可用，自动重试 / not available, retrying: %s", name, detail or state)


class Printer:
    """A printer on a port. Thread-safe: one job or question at a time.

    Raises `config.device_port.PortMistake` where the port is written wrongly.
    """

    def __init__(
        self,
        port: str,
        width_px: int = 576,
        limits: DialogueLimits = LIMITS,
        connect: Callable[[DevicePort], Transport] = transports.connect,
        clock: Callable[[], Seconds] = time.monotonic,
        sleep: Callable[[Seconds], None] = time.sleep,
    ) -> None:
        self.port = device_port.parse(port, device_port.PRINTER)
        self.width_px = width_px
        self.detail = ""  # the last fault in the line's own words, for the technician
        self._limits = limits
        self._connect, self._clock, self._sleep = connect, clock, sleep
        self._answered_at = float("-inf")  # monotonic seconds
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
        """Ask for the state anew; a silent printer is unknown, one that cannot be opened offline."""
        if not self._busy.acquire(timeout=self._limits.lock):
            return "unknown"
        try:
            return self._state()
        finally:
            self._release()

    def print(self, job: bytes, on_sent: Callable[[], None] | None = None) -> SlipState:
        """Send the job once, and return what is known; `on_sent` is called before the first byte leaves.

        Raises `ValueError`.
        """
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
        """Return the state, after waiting for our turn where another kiosk seems to have the printer.

        A busy one refuses, hangs up at once, or takes the connection and does not answer; so does a broken
        one. Only one that answered lately is waited for, `limits.turn` long, and once.
        """
        now = self._clock()
        shared = self.port.kind == "tcp" and now - self._answered_at < RECENT_SECONDS
        end = now + (self._limits.turn if shared else 0.0)
        while True:
            patience = max(0.0, end - self._clock())
            try:
                found = self._ask(patience)
            except (Busy, HungUp) as error:
                found = self._fault("offline", error)
                if patience > TURN_PAUSE:
                    self._sleep(TURN_PAUSE)
                    continue
            except Unreachable as error:
                found = self._fault("offline", error)
            except LineLost as error:
                found = self._fault("unknown" if isinstance(error, Stalled) else "offline", error)
            self._answered_at = self._clock() if found not in ("offline", "unknown") else float("-inf")
            return found

    def _ask(self, patience: Seconds) -> DeviceState:
        if self._wire is None:
            self._wire = self._connect(self.port)
            self._talk.connected()
        found = self._talk.state(self._wire, patience) if self._wire.answers else self._mute_state
        self.detail = (
            "" if found in status.PRINTS else " / ".join(message("printer-state", found).with_next_step)
        )
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
        """Hand the job over; a file holds the paper once it is closed, a spooler promises nothing."""
        _write(wire, job)
        self._wire = None
        wire.close()
        return "confirm" if self.port.kind == "file" else "lose"


def _write(wire: Transport, job: bytes) -> None:
    for start in range(0, len(job), transports.PIECE_BYTES):
        wire.write(job[start : start + transports.PIECE_BYTES])
