"""A printer on the bench: the product's `Printer` and the twin's `PrinterModel`, joined without a socket.

Both sides are the real code; only the cable and the clock are ours, so a campaign of many thousand cuts
takes seconds and never sleeps.
"""

from dataclasses import dataclass, field

from config.device_port import DevicePort
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
    """A line to the model. When the machine is dead it hangs up, or goes quiet like a dropped link."""

    model: PrinterModel
    clock: Clock
    hangs_up: bool = True
    said: bytearray = field(default_factory=bytearray)
    answers: bool = True
    keeps: bool = False

    def write(self, piece: bytes) -> None:
        """Never fails at once: the first write after a hang-up "succeeds", as on TCP."""
        self.said += self.model.feed(piece)

    def read(self, seconds: float) -> bytes:
        data = bytes(self.said)
        self.said.clear()
        if not data:
            self.clock.now += seconds
            if self.hangs_up and self.model.dead:
                raise LineLost("the printer closed the connection")
        return data

    def close(self) -> None:
        self.said.clear()


def bench(model: PrinterModel, *, hangs_up: bool = True, options: str = "") -> Printer:
    clock = Clock()

    def connect(_port: DevicePort) -> Cable:
        if model.dead and hangs_up:
            raise Unreachable("refused")
        return Cable(model, clock, hangs_up)

    return Printer(f"tcp://bench:9100{options}", connect=connect, clock=clock)


def counting(faults: PrinterFaults | None = None) -> PrinterModel:
    """A model that does not draw."""
    return PrinterModel(faults=faults or PrinterFaults(), pictures=False)
