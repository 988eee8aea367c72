"""A hall on a stage: orders with made-up ids at made-up instants, and the events they gave."""

from typing import Any

import pytest

from caller.engine import commands as cmd
from caller.engine import events as ev
from caller.engine.envelope import AnyCommand, CommandEnvelope
from caller.engine.hall import Hall
from caller.engine.refusals import Refused
from caller.engine.tickets import Ticket
from caller.protocol.frames import refusal_message
from config.instants import MINUTE, instant
from config.settings import HallTable, Item, PriorityClass, Queue, Rules, Settings, Window
from tests.instruments.hall_image import image

DAY = "2026-09-21"  # a Monday
CLASSES = (
    PriorityClass("ordinary", "普通", 45),
    PriorityClass("elderly", "老年人", 15),
    PriorityClass("green", "绿色通道", 0),
    PriorityClass("appointment", "预约", 10),
)

AT_ONCE = Rules(
    no_show_seconds=0, recall_seconds=0
)  # a test's clerk need not wait before a recall or a no-show


def settings(**changes: Any) -> Settings:
    """A small hall: windows 1 (A, B), 2 (A, helps B by 15 minutes), 3 (B), P (pay)."""
    base: dict[str, Any] = {
        "hall": HallTable(site="stage", name="舞台大厅", name_en="Stage Hall"),
        "classes": CLASSES,
        "queues": (
            Queue("A", "社保", "Insurance", slot_quota=2),
            Queue("B", "房产", "Housing"),
            Queue("P", "缴费", "Payment"),
        ),
        "windows": (
            Window("1", "一号", ["A", "B"]),
            Window("2", "二号", ["A"], helps={"B": 15}),
            Window("3", "三号", ["B"]),
            Window("P", "缴费窗", ["P"], kind="pay"),
        ),
        "items": (
            Item("i1", "参保", "d1", "A"),
            Item("i2", "过户", "d1", "B"),
            Item("i3", "查询", "d1", "A"),
        ),
        "rules": AT_ONCE,
    }
    return Settings(**(base | changes))


def at(clock: str, day: str = DAY) -> int:
    """The instant of "HH:MM" on a day of the stage."""
    return instant(day, clock, "Asia/Shanghai")


class Stage:
    """Drives one hall; `now` is an instant in µs that only the test moves."""

    def __init__(self, opened: bool = True, **changes: Any) -> None:
        self.hall = Hall(settings(**changes))
        self.now = instant(DAY, "09:00", "Asia/Shanghai")
        self.events: list[tuple[int, int, ev.AnyEvent]] = []
        self._ids = 0
        if opened:
            self.do(cmd.OpenDay(DAY))

    def later(self, minutes: float) -> "Stage":
        self.now += round(minutes * MINUTE)
        return self

    def do(
        self, command: AnyCommand, role: str = "manager", station: str = "", id: str = ""
    ) -> dict[str, Any]:
        """Decide and apply; returns what the sender is told. Raises Refused."""
        self._ids += 1
        envelope = CommandEnvelope(id or f"id-{self._ids:06d}", command, role, station)
        events = self.hall.decide(envelope, self.now)
        for event in events:
            self.hall.apply(event, self.hall.instant(self.now), self.hall.seq + 1)
            self.events.append((self.hall.seq, self.hall.state.now, event))
        return self.hall.result(events)

    def refused(self, command: AnyCommand, role: str = "manager") -> str:
        """The code it is refused with; refusing must change nothing."""
        before = image(self.hall)
        with pytest.raises(Refused) as caught:
            self.do(command, role)
        assert image(self.hall) == before
        words = refusal_message(caught.value).words
        assert all("{" not in line for line in words), words
        return caught.value.code

    # --- the short words of a clerk and a kiosk

    def open(self, *windows: str) -> "Stage":
        for window in windows:
            self.do(cmd.OpenWindow(window, f"clerk-{window}"))
        return self

    def take(self, queue: str, priority: Any = "ordinary", **more: Any) -> str:
        return str(self.do(cmd.TakeTicket(queue=queue, priority=priority, **more))["number"])

    def press(self, verb: type[cmd.WindowVerb], window: str, **more: Any) -> dict[str, Any]:
        version = self.hall.state.windows[window].version
        return self.do(verb(window=window, as_of=version, **more))  # type: ignore[arg-type]

    def press_refused(self, verb: type[cmd.WindowVerb], window: str, **more: Any) -> str:
        version = self.hall.state.windows[window].version
        return self.refused(verb(window=window, as_of=version, **more))  # type: ignore[arg-type]

    def next(self, window: str) -> str:
        return str(self.press(cmd.CallNext, window)["number"])

    def serve(self, window: str, minutes: float = 5) -> str:
        """Call, start, serve and finish one applicant."""
        number = self.next(window)
        self.press(cmd.StartService, window)
        self.later(minutes)
        self.press(cmd.FinishService, window)
        return number

    def find(self, number: str) -> Ticket:
        return next(t for t in self.hall.state.tickets.values() if t.number == number)
