"""The knife's own count: what a lost byte cannot feign.

ESC/POS has no check. A line that loses bytes can swallow the cut and still bring the receipt after it. Many
printers count their cuts and tell on request (`GS g 2`, maintenance counter 50; answered in order, as `_`,
digits and NUL). Asked before and after a paper, the count must be one higher. It is believed only once it has
been seen to move with a paper: a printer without a knife may answer too, and would stay at zero for ever.
"""

import re
import time
from collections.abc import Callable

from devices.printer import escpos, status
from devices.printer.transports import Transport

PROBES_MAX = 3  # an idle printer silent so often does not know the question
ANSWER_BYTES_MAX = 64  # the longest answer has 12; a line that says more is noise

_COUNT = re.compile(rb"_(\d{1,10})\x00")


class CutCounter:
    """What is known about one printer's count of its cuts."""

    def __init__(self, *, asked: bool, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._probes_left = PROBES_MAX if asked else 0
        self._answers = False
        self._moves = False
        self._before: int | None = None

    def probe(self, wire: Transport, seconds: float) -> None:
        """While the printer is idle: does it count at all?"""
        if self._probes_left > 0 and not self._answers:
            self._probes_left -= 1
            self._answers = self._ask(wire, seconds) is not None

    def begin(self, wire: Transport, seconds: float) -> None:
        """Just before a paper."""
        self._before = self._ask(wire, seconds) if self._answers else None

    def agrees(self, wire: Transport, seconds: float) -> bool:
        """After a paper that seems printed: false where the knife is known to count and did not."""
        before, self._before = self._before, None
        moved = before is not None and self._ask(wire, seconds) == before + 1
        self._moves = self._moves or moved
        return moved or not self._moves

    def _ask(self, wire: Transport, seconds: float) -> int | None:
        wire.write(escpos.CUTS_PLEASE)
        end, said = self._clock() + seconds, b""
        while not said.endswith(b"\0") and len(said) < ANSWER_BYTES_MAX:
            if (left := end - self._clock()) <= 0:
                return None
            said += wire.read(left).translate(None, status.FLOW_CONTROL)
        found = _COUNT.fullmatch(said)
        return int(found[1]) if found else None
