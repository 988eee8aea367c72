"""What an acceptance has shown so far, as DATA/acceptance.json keeps it: figures, steps, and what the step under way has opened.

1. A step's result says who ran it, from when until when, and which numbers it took: by these the hall's log can be read again.
2. `UnderWay` is on disk before anything is taken, opened or cut: an hour that Ctrl-C or a power cut ends leaves nothing behind
   that the next run does not know.
3. Records of older versions open: what they do not say is empty.
"""

from collections.abc import Collection
from typing import Literal

from msgspec import Struct

from config.instants import Micros

StepVerdict = Literal["passed", "failed", "left-out"]
VERDICTS: dict[StepVerdict, tuple[str, str]] = {
    "passed": ("通过", "passed"),
    "failed": ("未通过", "failed"),
    "left-out": ("未做", "left out"),
}
SIGNS = {"most": "≤", "is": "="}


class AcceptanceFigure(Struct, frozen=True):
    """One measured value and what it must be: at `most` the bound, or `is` it. `unit`: s, ms, or empty for a count."""

    zh: str
    en: str
    value: float
    unit: str
    rule: Literal["most", "is"]
    bound: float

    @property
    def met(self) -> bool:
        return self.value <= self.bound if self.rule == "most" else self.value == self.bound

    @property
    def must(self) -> str:
        return f"{SIGNS[self.rule]} {self.bound:g} {self.unit}".strip()

    @property
    def measured(self) -> str:
        digits = {"s": 2, "ms": 0}.get(self.unit, 0)
        return f"{self.value:.{digits}f} {self.unit}".strip()


class StepResult(Struct, frozen=True):
    """What became of one step of the hour. `subject`: the device, station or windows; `began`, `at`: its start and end, UTC
    microseconds; `by`: the account that was signed in, else the station; `numbers`: taken by it; `said`: what was seen, Chinese
    and English; for one that was left out or failed, why."""

    step: str
    zh: str
    en: str
    subject: str
    verdict: StepVerdict
    at: Micros
    said: list[tuple[str, str]] = []
    figures: list[AcceptanceFigure] = []
    began: Micros = 0
    by: str = ""
    numbers: list[str] = []
    subject_en: str = ""  # empty: as the Chinese


class AskedNumber(Struct, frozen=True):
    """A number that was asked for: the command's id and what it was for, so that it can be asked again and is not given twice."""

    id: str
    items: list[str]
    queue: str


class UnderWay(Struct):
    """The step that is played now, and what must be undone where it ends before its end."""

    step: str
    began: Micros
    tickets: list[str] = []
    windows: list[str] = []
    any_window: bool = False  # whichever is open was opened for it: its clerk was asked to
    asked: AskedNumber | None = None  # whose answer is not noted yet
    numbers: list[str] = []  # taken so far
    kiosk: str = ""  # was cut off, and may give numbers alone
    cut: bool = False  # the caller's power was about to be cut, while so many waited
    waiting: int = 0
    queue: str = ""  # in which they waited

    @property
    def holds(self) -> bool:
        """Return whether there is anything of it in the hall."""
        return bool(self.tickets or self.windows or self.any_window or self.asked or self.kiosk or self.cut)


class AcceptanceRecord(Struct):
    """All that an acceptance has shown so far."""

    version: str  # of the product
    began: Micros
    results: dict[str, StepResult] = {}  # by step, the newest of each
    under_way: UnderWay | None = None

    @property
    def passed(self) -> bool:
        """Return whether no step failed, and any was played."""
        verdicts = {each.verdict for each in self.results.values()}
        return "passed" in verdicts and "failed" not in verdicts

    def conclusion(self, order: Collection[str]) -> tuple[str, str]:
        """Return what it comes to, in both languages; of steps that were not played nothing is claimed."""
        if not any(each.verdict != "left-out" for each in self.results.values()):
            return "还没有做", "nothing played yet"
        if not self.passed:
            return "不合格", "not accepted"
        played = sum(each.verdict == "passed" for each in self.results.values())
        left = len(order) - played
        return (
            (f"已做各步合格，{left} 步未做", f"accepted as far as played, {left} steps left out")
            if left
            else ("合格", "accepted")
        )
