"""What a printer's status bytes mean. Pure: bytes in, a named state out.

`DLE EOT n` (n = 1 printer, 2 why offline, 3 which error, 4 paper) is answered with one byte each, at once,
even while printing; every answer carries four fixed bits, so garbage is told from an answer. A question
without a trustworthy answer leaves the state *unknown*: only four good answers make a printer ready. Some
printers also report by themselves (ASB, `GS a`), four bytes at a time, when connected and at each change.

Each paper goes one way: waiting → sent → printed | failed | unknown; the table `STEPS` is the truth. *failed*: surely
no whole paper left the printer. *unknown*: bytes left for the printer, and it has not said what became of them.
`Printer` tries neither again by itself; a person asks for a reprint, which is marked 补打 and is a job of its own.
"""

from collections.abc import Mapping
from typing import Literal

from caller.engine.commands import DeviceState, SlipState

Question = Literal[1, 2, 3, 4]

QUESTIONS: tuple[Question, ...] = (1, 2, 3, 4)
FLOW_CONTROL = b"\x11\x13"  # XON, XOFF: serial printers send them between answers

_FIXED_MASK, _FIXED = 0b1001_0011, 0b0001_0010
_RECEIPT_MASK, _RECEIPT = 0b1001_0000, 0b0000_0000
_REPORT_MASK, _REPORT = 0b1001_0011, 0b0001_0000
REPORT_REST = 3  # bytes of an automatic report after its first; each looks like a receipt

# (question, bits, state), the gravest first: a person can act on the first that applies.
_SIGNS: tuple[tuple[Question, int, DeviceState], ...] = (
    (2, 0x04, "cover-open"),
    (4, 0x60, "paper-out"),
    (2, 0x20, "paper-out"),
    (3, 0x6C, "error"),
    (2, 0x40, "error"),
    (1, 0x08, "offline"),
    (1, 0x20, "offline"),
)
_PAPER_LOW = 0x0C

PRINTS: frozenset[DeviceState] = frozenset({"ready", "paper-low"})
FAULTS: frozenset[DeviceState] = frozenset({"paper-out", "cover-open", "error", "offline"})
STOPS: frozenset[DeviceState] = frozenset({"paper-out", "cover-open", "error"})  # it stopped by itself


def is_answer(byte: int) -> bool:
    """Return whether the byte carries the fixed bits of a `DLE EOT` answer."""
    return byte & _FIXED_MASK == _FIXED


def is_receipt(byte: int) -> bool:
    """Return whether the byte can be the answer to `GS r`, which comes only after all before it was printed."""
    return byte & _RECEIPT_MASK == _RECEIPT


def is_report(byte: int) -> bool:
    """Return whether the byte begins an automatic status report (ASB): four bytes sent without being asked."""
    return byte & _REPORT_MASK == _REPORT


def state(answers: Mapping[Question, int]) -> DeviceState:
    """Return the state these answers prove; a missing or impossible answer proves nothing good."""
    good = {question: byte for question, byte in answers.items() if is_answer(byte)}
    for question, bits, found in _SIGNS:
        if good.get(question, 0) & bits:
            return found
    if len(good) < len(QUESTIONS):
        return "unknown"
    return "paper-low" if good[4] & _PAPER_LOW else "ready"


# --- what became of a paper

PrintJobState = Literal["waiting", "sent"] | SlipState
JobVerdict = Literal["confirm", "fail", "lose"]
PrintJobEvent = Literal["send", "restart"] | JobVerdict

STEPS: dict[PrintJobState, dict[PrintJobEvent, PrintJobState]] = {
    "waiting": {"send": "sent", "fail": "failed", "restart": "waiting"},
    "sent": {"confirm": "printed", "fail": "failed", "lose": "unknown", "restart": "unknown"},
    "printed": {"restart": "printed"},
    "failed": {"restart": "failed"},
    "unknown": {"restart": "unknown"},
}


class JobError(ValueError):
    """A step the table does not know: our own mistake."""


def step(state: PrintJobState, event: PrintJobEvent) -> PrintJobState:
    """Return the next state; `restart` is applied to a job found in memory after one. Raises `JobError`."""
    try:
        return STEPS[state][event]
    except KeyError:
        raise JobError(f"no {event!r} from {state!r}") from None


def fate(state: PrintJobState, event: PrintJobEvent) -> SlipState:
    """Return the state that ends a job. Raises `JobError` where the step does not end it."""
    ended = step(state, event)
    if ended == "waiting" or ended == "sent":
        raise JobError(f"{event!r} does not end a job that is {state!r}")
    return ended
