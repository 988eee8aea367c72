"""Two printers at one kiosk: which one gets the paper, and when the other may.

The rule in one sentence: the next printer is tried only while it is certain that nothing has been sent, so
a fault can cost a paper but never make two. A silent printer comes last, a faulty one is never asked.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from caller.engine.commands import DeviceState, SlipState

_RANK: dict[DeviceState, int] = {"ready": 0, "paper-low": 1, "unknown": 2}


def order(states: Sequence[DeviceState]) -> list[int]:
    """Return the places of the printers worth trying, best first; the hall's order decides among equals."""
    usable = [place for place, state in enumerate(states) if state in _RANK]
    return sorted(usable, key=lambda place: _RANK[states[place]])


class AnyPrinter(Protocol):
    detail: str

    def state(self) -> DeviceState: ...
    def print(self, job: bytes, on_sent: Callable[[], None] | None = None) -> SlipState: ...


@dataclass(frozen=True, slots=True)
class PrintOutcome:
    """What became of a paper, and at which printer; no printer if none could be tried."""

    state: SlipState
    printer: str
    sent: bool


class Printers:
    """A kiosk's printers by name, in order of preference."""

    def __init__(self, printers: dict[str, AnyPrinter]) -> None:
        self._printers = printers

    def states(self) -> dict[str, DeviceState]:
        return {name: printer.state() for name, printer in self._printers.items()}

    def detail(self, name: str) -> str:
        """Return the last fault of one of them in its own words; nothing while it prints."""
        return self._printers[name].detail

    def print(self, job: Callable[[str], bytes]) -> PrintOutcome:
        """Print at the best printer; `job(name)` makes the bytes for that printer's width and mode."""
        states = self.states()
        names = list(states)
        last = PrintOutcome("failed", "", sent=False)
        for place in order(list(states.values())):
            last = self.print_on(names[place], job)
            if last.sent or last.state != "failed":
                break
        return last

    def print_on(self, name: str, job: Callable[[str], bytes]) -> PrintOutcome:
        """Print at this printer and no other."""
        sent: list[str] = []
        state = self._printers[name].print(job(name), lambda: sent.append(name))
        return PrintOutcome(state, name, bool(sent))
