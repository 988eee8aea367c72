"""Asks a printer for its status, and believes only what can be believed.

1. Four kinds of bytes come back: answers to `DLE EOT` (at once), receipts to `GS r` (in order, when all
   before is on paper), unasked reports (ASB, four bytes) and noise. Their fixed bits tell them apart, except
   that the last three bytes of a report look like receipts: a report is taken as a whole.
2. A receipt still owed from an older job could pass for the new one's, so receipts are counted, and while one
   is owed nothing is *printed*.
3. A printer that reports by itself is told to stop. One that sends status bytes when it is connected is asked
   again once these have passed.
4. A printer that never learned `GS r` is found out while it is idle; for it, good answers after a settling
   time must do.
5. ESC/POS has no check: a line that loses bytes can swallow the cut and still bring the receipt after it. Many
   printers count their cuts and tell on request (`GS g 2`, maintenance counter 50; answered in order, as `_`,
   digits and NUL). Asked before and after a paper, the count must be one higher. It is believed only once it has
   been seen to move with a paper: a printer without a knife may answer too, and would stay at zero for ever.
"""

import re
import time
from collections.abc import Callable
from dataclasses import dataclass

from caller.engine.commands import DeviceState
from config.instants import Seconds
from devices.printer import escpos, status
from devices.printer.status import JobVerdict, Question
from devices.printer.transports import Stalled, Transport, Unasked

SILENT_POLLS_MAX = 2  # questions in a row unanswered while printing: it is gone, or deaf
READS_MAX = 64  # while throwing old bytes away; who still sends then does not stop


@dataclass(frozen=True, slots=True)
class DialogueLimits:
    """How long to wait, in seconds; each is a bound, not a pause."""

    answer: float = 1.0  # a status answer comes within 10 ms; a slow adapter takes 200
    receipt: float = 12.0  # a 30 cm notice at 50 mm/s takes 6 s, and a hot head pauses
    poll: float = 0.5  # while waiting for the receipt, how often to ask what is the matter
    probe: float = 0.4  # an idle printer answers GS r as fast as a status question
    settle: float = 1.5  # for printers without receipts: a slip's 12 cm at 80 mm/s
    quiet: float = 0.02  # after the last answer nothing more may come, or it was not an answer
    lock: float = 20.0  # behind another job; more than the longest one
    turn: float = 6.0  # behind another kiosk at a network printer: its slip takes 2 to 4 s


LIMITS = DialogueLimits()
NOISE = "打印机发送了没有问过的数据 / the printer sends what nobody asked"


class StatusDialogue:
    """What is known about one printer's way of answering."""

    def __init__(
        self,
        limits: DialogueLimits = LIMITS,
        *,
        receipts: bool = True,
        counts: bool = True,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._limits = limits
        self._clock = clock
        self._probes_left = PROBES_MAX if receipts else 0
        self._gives_receipts = False
        self._owed = 0  # receipts asked for and not yet come
        self._cuts = CutCounter(asked=counts, clock=clock)
        self._job_at = float("-inf")  # when the last job's receipt was asked for
        self._fresh = False  # the line was just opened: a greeting may come
        self._report_left = 0  # bytes of an automatic report still to come
        self._reports = False  # it reports by itself, and has not been told to stop

    def connected(self) -> None:
        """Begin anew: the line was opened."""
        self._fresh, self._report_left, self._reports = True, 0, False

    def state(self, wire: Transport, patience: Seconds = 0.0) -> DeviceState:
        """Ask four questions; while the printer is idle and well also what it owes, or whether it can owe.

        patience: how long the first answer may take where another peer may be served before us.
        """
        found = self._ask_all(wire, patience)
        if found in status.PRINTS:
            self._settle_receipts(wire)
            if self._gives_receipts and not self._owed:
                self._cuts.probe(wire, self._limits.probe)
        return found

    def begin(self, wire: Transport) -> None:
        """Prepare for a job that is about to be sent."""
        self._cuts.begin(wire, self._limits.answer)

    def outcome(self, wire: Transport, travel: float) -> JobVerdict:
        """Return what became of the job just written; `travel` is its time on a slow line."""
        clear = self._owed == 0
        came = self._receipt(wire, travel) if self._gives_receipts else self._settled(wire, travel)
        after = self._ask_all(wire)
        if after in status.STOPS:
            self._forget(wire)
            return "lose" if came else "fail"
        good = came and clear and after in status.PRINTS
        return "confirm" if good and self._cuts.agrees(wire, self._limits.answer) else "lose"

    def _forget(self, wire: Transport) -> None:
        """Forget what is owed: new paper must not bring out the rest of a paper that was given up."""
        wire.write(escpos.FORGET)
        if wire.read(self._limits.probe).endswith(escpos.FORGOTTEN):
            self._owed = 0

    # --- receipts

    def _settle_receipts(self, wire: Transport) -> None:
        if self._gives_receipts and not self._owed:
            return
        if not self._gives_receipts and self._probes_left <= 0:
            return
        self._probes_left -= 1
        self._request(wire)
        came = self._collect(wire, self._limits.probe)
        self._gives_receipts = self._gives_receipts or came
        stale = self._clock() - self._job_at > self._limits.receipt
        if (came and stale) or not self._gives_receipts:
            self._owed = 0  # what has not come by now was lost with its line

    def _request(self, wire: Transport) -> None:
        wire.write(escpos.RECEIPT_PLEASE)
        self._owed += 1

    def _collect(self, wire: Transport, seconds: float) -> bool:
        """Wait for all that is owed; return whether anything came."""
        end, owed = self._clock() + seconds, self._owed
        while self._owed and (left := end - self._clock()) > 0:
            self._sort(wire.read(left))
        return self._owed < owed

    def _receipt(self, wire: Transport, travel: float) -> bool:
        """Return true when a receipt comes; false when the printer stops, falls silent or takes too long."""
        self._drain(wire)
        self._request(wire)
        self._job_at = self._clock()
        end, silent = self._job_at + travel + self._limits.receipt, 0
        came = self._collect(wire, travel + self._limits.poll)
        while not came and self._clock() < end and silent < SILENT_POLLS_MAX:
            owed = self._owed
            answer = self._ask(wire, 2)
            silent = silent + 1 if answer is None else 0
            if self._owed < owed:
                return True
            if answer is not None and status.state({2: answer}) in status.STOPS:
                return False
            came = self._collect(wire, self._limits.poll)
        return came

    def _settled(self, wire: Transport, travel: float) -> bool:
        end = self._clock() + travel + self._limits.settle
        while (left := end - self._clock()) > 0:
            wire.read(left)
        return True

    # --- questions

    def _ask_all(self, wire: Transport, patience: Seconds = 0.0) -> DeviceState:
        fresh, self._fresh = self._fresh, False
        try:
            found = self._four_answers(wire, patience)
        except Unasked:
            if not fresh:
                raise
            self._drain(wire, self._limits.probe)
            found = self._four_answers(wire, patience)
        if self._reports:
            self._reports = False
            wire.write(escpos.NO_REPORTS)
        return found

    def _four_answers(self, wire: Transport, patience: Seconds) -> DeviceState:
        self._drain(wire)
        answers: dict[Question, int] = {}
        for question in status.QUESTIONS:
            answer = self._ask(wire, question, patience if not answers else 0.0)
            if answer is None:
                break  # silent: three more questions would only keep a person waiting
            answers[question] = answer
        if self._sort(wire.read(self._limits.quiet)):
            raise Unasked(NOISE)
        return status.state(answers)

    def _ask(self, wire: Transport, question: Question, patience: Seconds = 0.0) -> int | None:
        """Return the one byte that answers, or none in time."""
        wire.write(escpos.ask(question))
        end = self._clock() + max(patience, self._limits.answer)
        while (left := end - self._clock()) > 0:
            if answers := self._sort(wire.read(left)):
                if len(answers) > 1:
                    raise Unasked(NOISE)
                return answers[0]
        return None

    def _sort(self, data: bytes) -> list[int]:
        """Return the answers among these bytes; receipts are counted, reports passed over, noise is a fault."""
        answers: list[int] = []
        for byte in data.translate(None, status.FLOW_CONTROL):
            if self._report_left and status.is_receipt(byte):
                self._report_left -= 1
            elif self._report_left:
                self._report_left = 0
                raise Stalled(NOISE)
            elif status.is_answer(byte):
                answers.append(byte)
            elif status.is_report(byte):
                self._report_left, self._reports = status.REPORT_REST, True
            elif status.is_receipt(byte) and self._owed:
                self._owed -= 1
            else:
                raise Stalled(NOISE)
        return answers

    def _drain(self, wire: Transport, quiet: Seconds = 0.0) -> None:
        """Throw old bytes away until none come for `quiet` seconds; receipts among them are counted."""
        for _ in range(READS_MAX):
            data = wire.read(quiet).translate(None, status.FLOW_CONTROL)
            if not data:
                return
            for byte in data:
                self._drop(byte)
        raise Stalled(NOISE)

    def _drop(self, byte: int) -> None:
        if self._report_left and status.is_receipt(byte):
            self._report_left -= 1
        elif status.is_report(byte):
            self._report_left, self._reports = status.REPORT_REST, True
        else:
            self._report_left = 0
            self._owed -= min(self._owed, int(status.is_receipt(byte)))


# --- the cuts

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
        """Find out while the printer is idle whether it counts at all."""
        if self._probes_left > 0 and not self._answers:
            self._probes_left -= 1
            self._answers = self._ask(wire, seconds) is not None

    def begin(self, wire: Transport, seconds: float) -> None:
        """Note the count just before a paper."""
        self._before = self._ask(wire, seconds) if self._answers else None

    def agrees(self, wire: Transport, seconds: float) -> bool:
        """Return, after a paper that seems printed, false where the knife is known to count and did not."""
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
