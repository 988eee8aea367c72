"""What calling the next applicant costs with 10,000 waiting against 100: decided, applied, and seen.

Without the disk, which costs the same whatever waits: the command through the store, the topics it changed, and
the views of the window and the board built anew.
"""

import time

from caller import views
from caller.bench.fixture import clock, county, item_ids, median, opened
from caller.engine.commands import CallNext, FinishService, OpenWindow, StartService, TakeTicket
from caller.engine.envelope import CommandEnvelope
from caller.engine.events import AnyEvent
from caller.protocol.frames import Done
from caller.service.idempotency import HallStore

FEW, MANY = 100, 10_000
CALLS = 60  # fewer than the few, so that the line is never empty


class WaitingCrowd:
    """A hall in which `waiting` people wait for one queue, and the window that calls them."""

    def __init__(self, waiting: int) -> None:
        settings = county()
        self.now = clock().now()
        self.store: HallStore = opened(settings, self.now)
        self.window = settings.windows[0].id
        queue = settings.windows[0].queues[0]
        item = next(id for id in item_ids(settings) if self.store.hall.items[id].queue == queue)
        self._serial = 0
        self.do(OpenWindow(self.window, "clerk"))
        for _ in range(waiting):
            self.do(TakeTicket(items=[item]))

    def do(
        self, command: OpenWindow | TakeTicket | CallNext | StartService | FinishService
    ) -> list[AnyEvent]:
        self._serial += 1
        self.now += 1_000
        taken = self.store.take(
            CommandEnvelope(f"bench-{self._serial}", command, "manager", "bench"), self.now
        )
        assert isinstance(taken.answer, Done), taken.answer
        return taken.events

    def call(self) -> float:
        """Call the next; return the microseconds of the call. The visit then ends."""
        start = time.perf_counter()
        events = self.do(CallNext(self.window, self.version))
        views.topics(self.store.hall, events)
        for topic in (f"window/{self.window}", "board"):
            views.build(self.store.hall, topic, self.now)
        took = time.perf_counter() - start
        self.do(StartService(self.window, self.version))
        self.do(FinishService(self.window, self.version))
        return took * 1e6

    @property
    def version(self) -> int:
        return self.store.hall.state.windows[self.window].version


def measure() -> dict[str, float]:
    """Return medians in microseconds, the two crowds called in turns."""
    few, many = WaitingCrowd(FEW), WaitingCrowd(MANY)
    pairs = [(few.call(), many.call()) for _ in range(CALLS)]
    low, high = median(pair[0] for pair in pairs), median(pair[1] for pair in pairs)
    return {"ratio": high / low, "us_100": low, "us_10000": high}
