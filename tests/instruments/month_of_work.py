"""Test instrument: a month of some business days in a log: shifts kept and not, ratings, complaints, peers, leave, findings.

Everything is drawn from a seed, goes through the real engine and stands in a real log. `HALL` has shifts and a formula.
"""

import random
from collections.abc import Callable
from pathlib import Path

from caller.engine import commands as cmd
from caller.engine import performance_messages as msg
from caller.engine.case_messages import MoveCase
from caller.engine.envelope import AnyCommand, CommandEnvelope
from caller.engine.hall import Hall
from caller.engine.papers import WrongPaper, code_of
from config.case_settings import CasesTable
from config.instants import MINUTE, instant
from config.performance_settings import PerformanceTable, ScoreRow, Shift
from config.settings import Department, Item, Rules, Settings
from tests.instruments.engine_fixture import settings
from tests.instruments.recorded_days import Written

MONTH = "2026-09"
DAYS = ("2026-09-01", "2026-09-02", "2026-09-03", "2026-09-07", "2026-09-08", "2026-09-09")
ZONE = "Asia/Shanghai"
CLERKS = {"1": "1001", "2": "1002", "3": "1003"}  # by window
BACKUP = "1004"
MORNING, AFTERNOON = ("09:00", "12:00"), ("13:30", "17:00")
FORMULA = (
    ScoreRow("good-share", 25, full=100, zero=60, minimum=5),
    ScoreRow("punctuality", 20, full=100, zero=50),
    ScoreRow("away", 10, full=0, zero=5),
    ScoreRow("complaints", 15, full=0, zero=3),
    ScoreRow("told-once", 10, full=100, zero=0),
    ScoreRow("peer", 20, full=100, zero=60),
    ScoreRow("rating-mean", 40, full=5, zero=2, of="window", minimum=5),
    ScoreRow("attendance", 30, full=100, zero=50, of="window"),
    ScoreRow("on-time", 10, full=100, zero=50, of="window"),
    ScoreRow("served", 10, full=60, zero=0, of="window"),
    ScoreRow("inspections", 10, full=0, zero=2, of="window"),
)


def month_settings(**changes: object) -> Settings:
    """Return a hall of three windows with a shift each, a backup, cases, and a formula."""
    base: dict[str, object] = {
        "rules": Rules(no_show_seconds=0, recall_seconds=0, answer_days=5),
        "cases": CasesTable(enabled=True),
        "departments": (Department("d1", "人社局"),),
        "items": (
            Item("i1", "参保", "d1", "A", papers=["身份证", "照片"], statutory_days=20, promised_days=5),
            Item("i2", "过户", "d1", "B", papers=["合同"], case_type="immediate", promised_days=0),
        ),
        "shifts": tuple(
            Shift(f"{window} 号窗口", [clerk], hours=[MORNING, AFTERNOON], backup=[BACKUP], window=window)
            for window, clerk in CLERKS.items()
        ),
        "performance": PerformanceTable(peer_bonus=[3, 2, 1], star_points=50, stars_max=2),
        "scores": FORMULA,
    }
    return settings(**(base | changes))


class MonthOfWork:
    """Writes the month into the log of a data folder."""

    def __init__(self, data: Path, hall: Settings, seed: int = 0) -> None:
        self._chance = random.Random(seed)
        self.settings = hall
        self._written = Written(data, Hall(hall))
        self._hall = self._written.hall
        self._serial = 0
        self._plan: list[tuple[int, int, Callable[[int], None]]] = []

    def write(self) -> None:
        """Write every day, and what the office enters after them."""
        for number, day in enumerate(DAYS):
            self._write_day(day, number)
        self._write_entries()
        self._written.close()

    def do(self, command: AnyCommand, at: int) -> str:
        """Order something; return its id. What is refused leaves no trace."""
        self._serial += 1
        id = f"id-{self._serial:05d}"
        self._written.do(
            CommandEnvelope(id, command, account="9001", random=bytes([self._serial % 256]) * 16), at
        )
        return id

    # --- a day

    def _at(self, day: str, clock: str, minutes: float = 0) -> int:
        return instant(day, clock, ZONE) + round(minutes * MINUTE)

    def _later(self, at: int, act: Callable[[int], None]) -> None:
        self._plan.append((at, len(self._plan), act))

    def _order(self, at: int, command: AnyCommand) -> None:
        self._later(at, lambda now: self._ignore(self.do(command, now)))

    @staticmethod
    def _ignore(_id: str) -> None:
        return

    def _write_day(self, day: str, number: int) -> None:
        chance = self._chance
        self._order(self._at(day, "08:40"), cmd.OpenDay(day))
        for window, clerk in CLERKS.items():
            self._plan_clerk(day, number, window, clerk)
        for _ in range(18):
            self._plan_visit(day, chance.choice(tuple(CLERKS)), chance.uniform(0, 170))
        self._order(self._at(day, "17:40"), cmd.CloseDay(expire=True))
        for at, _, act in sorted(self._plan, key=lambda each: each[:2]):
            act(at)
        self._plan.clear()
        assert not self._hall.state.day.open, f"{day} was closed"

    def _plan_clerk(self, day: str, number: int, window: str, clerk: str) -> None:
        """Plan when a clerk comes, is away and goes; on some days the backup takes the window instead."""
        chance = self._chance
        if window == "2" and number == 3:
            return  # absent, and nobody there
        if window == "3" and number == 2:
            clerk = BACKUP
        comes = self._at(day, "09:00", chance.choice((-10, -5, 0, 0, 7, 25)))
        self._order(comes, cmd.OpenWindow(window, clerk))
        pause = self._at(day, "12:05", chance.choice((0, 10)))
        self._order(pause, cmd.PauseWindow(window))
        self._order(self._at(day, "13:25", chance.choice((0, 5, 40))), cmd.ResumeWindow(window))
        if chance.random() < 0.5:
            gone = self._at(day, "14:30", chance.uniform(0, 60))
            self._order(gone, cmd.PauseWindow(window))
            self._order(gone + round(chance.choice((10, 21, 45)) * MINUTE), cmd.ResumeWindow(window))
        self._order(self._at(day, "17:00", chance.choice((-30, -1, 0, 10))), cmd.CloseWindow(window))

    def _plan_visit(self, day: str, window: str, minute: float) -> None:
        start, chance = self._at(day, "09:05", minute), self._chance
        queue, item = ("B", "i2") if window == "3" else ("A", "i1")
        level = chance.choice((5, 5, 5, 4, 4, 3, 2, 1, 0, 0))
        outcome = chance.choice(("done", "done", "accepted", "incomplete"))
        if item == "i2" and outcome == "accepted":  # an immediate item is done on the spot
            outcome = "done"
        complains = chance.random() < 0.08

        def serve(now: int) -> None:
            state = self._hall.state.windows[window]
            if state.state != "open" or state.ticket:
                return
            id = self.do(cmd.TakeTicket(items=[item]), now)
            ticket = next((each.id for each in self._hall.live() if each.id == id), "")
            if not ticket or self._hall.state.tickets[ticket].queue != queue:
                return
            self.do(cmd.CallTicket(window, state.version, ticket), now)
            self.do(cmd.StartService(window, self._hall.state.windows[window].version), now + MINUTE // 2)
            end = now + MINUTE
            papers = (
                [WrongPaper(code_of(self._hall.items[item].papers[0]), "missing")]
                if outcome == "incomplete"
                else []
            )
            version = self._hall.state.windows[window].version
            self.do(cmd.FinishService(window, version, outcome, papers=papers), end)  # type: ignore[arg-type]
            if level:
                self.do(cmd.Rate(ticket, level, ["1:slow"] if level < 3 else []), end)
            if complains:
                self.do(cmd.OpenFollowUp(ticket), end)

        self._later(start, serve)

    # --- what the office enters

    def _write_entries(self) -> None:
        at = self._at("2026-09-30", "10:00")
        for staff, points in zip((*CLERKS.values(), BACKUP), (96.5, 88, 88, 70), strict=True):
            self.do(msg.RatePeer(MONTH, staff, points), at)
        self.do(msg.RecordLeave("1001", "2026-09-02", "2026-09-02", "annual"), at)
        self.do(msg.CancelLeave(self.do(msg.RecordLeave("1003", "2026-09-08", "2026-09-09", "sick"), at)), at)
        self.do(msg.CorrectAttendance("2026-09-07", "1002", "absent", "system"), at)
        self.do(msg.CorrectAttendance("2026-09-07", "1002", "present", "system"), at)
        self.do(msg.CorrectAttendance("2026-09-08", "1003", "late", "forgot"), at)
        self.do(msg.RecordInspection("leader", "2026-09-01", "9001", "in-order"), at)
        self.do(msg.RecordInspection("inspection", "2026-09-03", "9001", "empty-post", "2", "1002", True), at)
        self.do(msg.PublishAwards(MONTH, ["1"], ["1"]), at)
        for row in list(self._hall.register.cases.values())[::2]:
            for move in (msg_move(row.id, "take", owner=row.clerk), msg_move(row.id, "decide")):
                current = self._hall.register.cases[row.id]
                if current.state in ("accepted", "in-hand"):
                    self.do(move(current.version), at + round(MINUTE * 1440 * self._chance.choice((0, 9))))


def msg_move(case: str, move: str, owner: str = "") -> Callable[[int], AnyCommand]:
    decision = "granted" if move == "decide" else ""
    return lambda version: MoveCase(case, move, version, staff="9001", owner=owner, decision=decision)  # type: ignore[arg-type]
