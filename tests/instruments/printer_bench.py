"""A printer on the bench: the product's `Printer` and the twin's `PrinterModel`, joined without a socket.

Both sides are the real code; only the cable and the clock are ours, so a campaign of many thousand cuts
takes seconds and never sleeps.
"""

from dataclasses import dataclass, field

from devices.printer.port_url import PrinterPort
from devices.printer.printer import Printer
from devices.printer.transports import LineLost, Unreachable
from devices.simulators.printer import PrinterFaults, PrinterModel


@dataclass
class Clock:
    now: float = 0.0

    def __call__(self) -> float:
        return self.now


@dataclass
class Cable:
    """A line to the mechanism. When the machine is dead it hangs up, or goes quiet like a dropped link."""

    mechanism: PrinterModel
    clock: Clock
    hangs_up: bool = True
    said: bytearray = field(default_factory=bytearray)
    answers: bool = True
    keeps: bool = False

    def write(self, piece: bytes) -> None:
        """Never fails at once: the first write after a hang-up "succeeds", as on TCP."""
        self.said += self.mechanism.feed(piece)

    def read(self, seconds: float) -> bytes:
        data = bytes(self.said)
        self.said.clear()
        if not data:
            self.clock.now += seconds
            if self.hangs_up and self.mechanism.dead:
                raise LineLost("the printer closed the connection")
        return data

    def close(self) -> None:
        self.said.clear()


def bench(mechanism: PrinterModel, *, hangs_up: bool = True, options: str = "") -> Printer:
    clock = Clock()

    def connect(_port: PrinterPort) -> Cable:
        if mechanism.dead and hangs_up:
            raise Unreachable("refused")
        return Cable(mechanism, clock, hangs_up)

    return Printer(f"tcp://bench:9100{options}", connect=connect, clock=clock)


def counting(knobs: PrinterFaults | None = None) -> PrinterModel:
    """A mechanism that does not draw."""
    return PrinterModel(knobs=knobs or PrinterFaults(), pictures=False)
