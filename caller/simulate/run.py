"""One simulated day: people come, windows call whenever they can, and the engine decides everything.

A heap of instants drives the real `Hall` by real commands. The run adds nothing to the rules: it only says
who comes when, how long their business takes, and that a free window calls at once. A window that has been
free longest calls first, so that idle time is shared.
"""

from collections.abc import Callable
from heapq import heappop, heappush
from typing import NamedTuple

from msgspec import Struct

from caller.engine import commands as cmd
from caller.engine.day import instant
from caller.engine.estimate import forecast
from caller.engine.hall import Hall
from caller.engine.refusals import Refused
from caller.engine.turns import MINUTE, first_for
from caller.simulate.draws import Times, Visitor, arrivals
from caller.simulate.scenario import Scenario
from config.settings import Settings

DAY = "2026-09-21"  # an ordinary Monday; no rule of the engine looks at the weekday of a walk-in
NO_SHOW_MINUTES = 1.5  # three recalls at half a minute
RETURN_MINUTES = 8.0  # when someone who missed their call is back
FORECAST_SECONDS = 20  # a forecast older than this, or than anything that happened, is made anew
ABOUT_FORECAST = 1  # events since the last forecast that make it stale

At = int


class Told(NamedTuple):
    """What each way of estimating said at issue (minutes), by name."""

    forecast: float
    last_to_enter: float
    head_of_line: float
    rolling_mean: float
    low: int
    high: int


class Visit(Struct):
    """What became of one applicant; instants in µs, -1 for what never happened."""

    ticket: str
    queue: str
    priority: str
    came: int
    warm: bool
    told: Told | None = None
    called: int = -1
    served: int = -1
    missed: bool = False
    abandoned: bool = False


class Change(NamedTuple):
    """A window opening or closing at an instant of the run, or serving other queues."""

    minute: float
    window: str
    opens: bool
    queues: tuple[str, ...] = ()


class Outcome(Struct):
    """A day that has been run."""

    visits: list[Visit]
    busy: dict[str, int]  # µs each window was held by somebody
    open: dict[str, int]  # µs each window was open
    served: dict[str, int]
    events: int
    ended: int
    opened: int


class Day:
    """One run. `people` and `changes` may come from a scenario, from a what-if or from a real log."""

    def __init__(
        self, settings: Settings, scenario: Scenario, people: list[Visitor], changes: list[Change],
        *, tell: bool = True, times: Times | None = None,
    ) -> None:  # fmt: skip
        self.hall = Hall(settings)
        self.scenario = scenario
        self.times = times or Times(scenario.service, {q.id: q.service_minutes for q in settings.queues})
        self.start = instant(DAY, settings.hall.opens, settings.hall.zone)
        self.now = self.start
        self.visits: dict[str, Visit] = {}
        self.people: dict[str, Visitor] = {}
        self.services: dict[str, int] = {}
        self.idle: dict[str, int] = {}
        self.closing: set[str] = set()
        self.busy: dict[str, int] = {}
        self.open: dict[str, int] = {}
        self.opened_at: dict[str, int] = {}
        self.tell = tell
        self.events = 0
        self._ids = 0
        self._heap: list[tuple[int, int, Callable[[], None]]] = []
        self._pushes = 0
        self._forecast_events = -1
        self._waits: dict[str, list[float]] = {}
        self._prepare(people, changes)

    def _prepare(self, people: list[Visitor], changes: list[Change]) -> None:
        self.do(cmd.OpenDay(DAY))
        self.do(cmd.ExtendHours(self.start + 12 * 60 * MINUTE))
        for change in changes:
            self.at(change.minute, lambda change=change: self._change(change))
        for person in people:
            self.at(person.minute, lambda person=person: self._come(person))

    def run(self) -> Outcome:
        """Run until everybody has gone."""
        while self._heap:
            self.now, _, action = heappop(self._heap)
            action()
            self._call_while_possible()
        for window in self.opened_at:
            self._note_open(window)
        served = {window.id: window.served for window in self.hall.state.windows.values()}
        return Outcome(
            list(self.visits.values()), self.busy, self.open, served, self.events, self.now, self.start
        )

    # --- the machinery

    def at(self, minute: float, action: Callable[[], None]) -> None:
        self._push(self.start + round(minute * MINUTE), action)

    def _push(self, at: int, action: Callable[[], None]) -> None:
        self._pushes += 1
        heappush(self._heap, (max(at, self.now), self._pushes, action))

    def do(self, command: cmd.AnyCommand) -> str:
        """One command through both doors of the hall; returns its id."""
        self._ids += 1
        id = f"s{self._ids:07d}"
        for event in self.hall.decide(cmd.Order(id, command), self.now):
            self.hall.apply(event, self.now, self.hall.seq + 1)
            self.events += 1
        return id

    def press(self, verb: type[cmd.WindowVerb], window: str, **more: object) -> None:
        self.do(verb(window=window, as_of=self.hall.state.windows[window].version, **more))  # type: ignore[arg-type]

    # --- windows

    def _change(self, change: Change) -> None:
        window = self.hall.state.windows[change.window]
        if window.state != "closed":
            if window.ticket:
                self.closing.add(window.id)
                if change.opens:  # serves other queues once the present applicant has gone
                    self._push(self.now + MINUTE, lambda: self._change(change))
                return
            self._close(window.id)
        if change.opens:
            self.do(cmd.OpenWindow(change.window, f"clerk-{change.window}", list(change.queues)))
            self.idle[change.window] = self.now
            self.opened_at[change.window] = self.now
            self.closing.discard(change.window)

    def _close(self, window: str) -> None:
        self.do(cmd.CloseWindow(window))
        self.idle.pop(window, None)
        self._note_open(window)
        self.closing.discard(window)

    def _note_open(self, window: str) -> None:
        since = self.opened_at.get(window, -1)
        if since >= 0:
            self.open[window] = self.open.get(window, 0) + self.now - since
            self.opened_at[window] = -1

    def _call_while_possible(self) -> None:
        """Free windows call; the one that has been free longest first."""
        lanes, windows = self.hall.lanes, self.hall.state.windows
        for window in sorted(self.idle, key=lambda name: (self.idle[name], name)):
            if not any(self.hall.waiting.get(queue) for queue in windows[window].serves):
                continue
            if first_for(lanes, window, windows[window].serves, self.now):
                self._call(window)

    def _call(self, window: str) -> None:
        del self.idle[window]
        self.press(cmd.CallNext, window)
        ticket = self.hall.state.tickets[self.hall.state.windows[window].ticket]
        visit, person = self.visits[ticket.id], self.people[ticket.id]
        if visit.called < 0:
            visit.called = self.now
            self._waits.setdefault(visit.queue, []).append((self.now - visit.came) / MINUTE)
        behaviour, first = self.scenario.behaviour, not ticket.requeues
        if first and person.luck[2] < behaviour.no_show:
            self._hold(window, NO_SHOW_MINUTES, lambda: self._miss(window, ticket.id))
            return
        self.press(cmd.StartService, window)
        nth = self.services[ticket.id] = self.services.get(ticket.id, 0) + 1
        luck = person.luck[0] if nth == 1 else (person.luck[1] * nth) % 1.0
        minutes = self.times.minutes(ticket.queue, window, luck)
        self._hold(window, minutes, lambda: self._finish(window, ticket.id))

    def _hold(self, window: str, minutes: float, then: Callable[[], None]) -> None:
        held = round(minutes * MINUTE)
        self.busy[window] = self.busy.get(window, 0) + held
        self._push(self.now + held, then)

    def _finish(self, window: str, ticket: str) -> None:
        visit, person = self.visits[ticket], self.people[ticket]
        elsewhere = self._transfer_to(window, person) if self.services[ticket] == 1 else ""
        if elsewhere:
            self.press(cmd.TransferTicket, window, queue=elsewhere)
        else:
            self.press(cmd.FinishService, window)
            if self.hall.state.tickets[ticket].state == "served":
                visit.served = self.now
        self._free(window)

    def _transfer_to(self, window: str, person: Visitor) -> str:
        """Another queue that some other open window serves, or "" for most people."""
        if person.luck[4] >= self.scenario.behaviour.transfer:
            return ""
        own = self.hall.state.windows[window].serves
        open_queues = {queue for w in self.hall.state.windows.values() for queue in w.serves} - own.keys()
        choices = sorted(open_queues)
        return choices[int(person.luck[5] * len(choices))] if choices else ""

    def _miss(self, window: str, ticket: str) -> None:
        self.press(cmd.MarkNoShow, window)
        self.visits[ticket].missed = True
        if self.people[ticket].luck[3] < self.scenario.behaviour.return_after_no_show:
            self._push(self.now + round(RETURN_MINUTES * MINUTE), lambda: self._come_back(ticket))
        self._free(window)

    def _come_back(self, ticket: str) -> None:
        self.do(cmd.RequeueTicket(ticket))
        self.visits[ticket].missed = False

    def _free(self, window: str) -> None:
        self.idle[window] = self.now
        if window in self.closing:
            self._close(window)

    # --- people

    def _come(self, person: Visitor) -> None:
        if self.tell:
            self._refresh_forecast()
        items = [person.item] if person.item else []
        take = cmd.TakeTicket(items=items, queue="" if items else person.queue, priority=person.priority)  # type: ignore[arg-type]
        try:
            id = self.do(take)
        except Refused:
            return  # closed or full for this queue: they go away, as at the kiosk
        ticket = self.hall.state.tickets[id]
        warm = person.minute >= self.scenario.warmup_hours * 60
        told = self._told(ticket.queue, ticket.promise) if self.tell else None
        self.visits[id] = Visit(id, ticket.queue, ticket.priority, self.now, warm, told)
        self.people[id] = person
        patience = self.scenario.behaviour.abandon_after_minutes
        if patience:
            self._push(self.now + round(patience * MINUTE), lambda: self._leave(id))

    def _leave(self, id: str) -> None:
        if self.hall.state.tickets[id].state == "waiting" and self.visits[id].called < 0:
            self.do(cmd.CancelTicket(id))
            self.visits[id].abandoned = True

    # --- what they are told

    def _refresh_forecast(self) -> None:
        if self.events != self._forecast_events:
            self.hall.forecast = forecast(self.hall, self.now)
            self._forecast_events = self.events

    def _told(self, queue: str, promise: int) -> Told:
        """Our forecast, and three estimators of the literature on the same information."""
        waits = self._waits.get(queue, [])
        lane = self.hall.lanes.get(queue)
        head = lane.nth(0) if lane else None
        head_wait = (
            (self.now - self.visits[head.ticket].came) / MINUTE
            if head and head.ticket in self.visits
            else 0.0
        )
        low, high = self.hall.band(queue, promise)
        return Told(
            self.hall.forecast.minutes(queue, promise), waits[-1] if waits else 0.0, head_wait,
            sum(waits[-10:]) / len(waits[-10:]) if waits else 0.0, low, high,
        )  # fmt: skip


def whole_day(settings: Settings) -> list[Change]:
    """Every window opens when the hall does."""
    return [Change(0.0, window.id, True) for window in settings.windows]


def simulate(
    settings: Settings, scenario: Scenario, seed: int, changes: list[Change] | None = None
) -> Outcome:
    """One simulated day of a scenario."""
    opening = whole_day(settings) if changes is None else changes
    return Day(settings, scenario, arrivals(scenario, seed), opening).run()
