"""One simulated day: people come, windows call whenever they can, and the engine decides everything.

A heap of instants drives the real `Hall` by real commands. The run adds nothing to the rules: it only says
who comes when, how long their business takes, and that a free window calls at once. The window that has been
free longest calls first, so that idle time is shared.
"""

import gc
from collections.abc import Callable, Iterable
from heapq import heappop, heappush
from typing import NamedTuple

from msgspec import structs

from caller.engine import commands as cmd
from caller.engine import events as ev
from caller.engine import ticketing
from caller.engine.envelope import AnyCommand, CommandEnvelope
from caller.engine.hall import Hall
from caller.engine.queueing import first_for
from caller.engine.refusals import Refused
from caller.engine.register import Appointment
from caller.engine.tickets import Ticket
from caller.engine.wait_forecast import forecast
from caller.simulate.random_outcomes import ServiceStep, Visitor, arrivals
from caller.simulate.scenario import Scenario
from caller.simulate.visitors import (
    BaselineEstimators,
    QuotedWait,
    SimulatedVisit,
    SimulatedWindow,
    VisitOutcome,
)
from config.instants import MINUTE, Micros, instant
from config.settings import Settings

DAY = "2026-09-21"  # an ordinary Monday; no rule of the engine looks at the weekday of a walk-in


class WindowChange(NamedTuple):
    """A window opens (for these queues, all if none), closes, pauses or resumes. `minute`: after opening."""

    minute: float
    window: str
    what: str = "opens"
    queues: tuple[str, ...] = ()


class WindowOpening(NamedTuple):
    """When a day starts and stops giving numbers. `start`: UTC microseconds."""

    start: Micros
    hours: float
    label: str = DAY
    warmup_hours: float = 0.0


class SimulatedDay:
    """One run. Visitors and window changes come from a scenario, a what-if, a staffing plan or a real log."""

    def __init__(
        self, settings: Settings, opening: WindowOpening, people: Iterable[Visitor], changes: Iterable[WindowChange],
        *, quote: bool = True,
    ) -> None:  # fmt: skip
        # Visitors bring their own times: how soon a clerk marked a no-show is data of a recorded day.
        rules = structs.replace(settings.rules, no_show_seconds=0, recall_seconds=0)
        self.hall = Hall(structs.replace(settings, rules=rules))
        self.start = self.now = opening.start
        self.warm = opening.start + round(opening.warmup_hours * 60 * MINUTE)
        self.quote = quote
        self.visits: dict[str, SimulatedVisit] = {}
        self.people: dict[str, Visitor] = {}
        self.idle: dict[str, int] = {}
        self.windows = {window.id: SimulatedWindow() for window in settings.windows}
        self.turned_away: dict[str, int] = {}
        self.events = 0
        self.last = self.now
        self._opened: dict[str, int] = {}
        self._due: dict[str, list[WindowChange]] = {}  # window → changes that wait until it is free
        self._held: dict[str, list[str]] = {}  # window → held tickets whose owners are back
        self._baselines = BaselineEstimators()
        self._forecast_events = -1
        self._ids = 0
        self._heap: list[tuple[int, int, Callable[[], None]]] = []
        self._pushes = 0
        self._open(opening)
        for change in changes:
            self._push(self.start + round(change.minute * MINUTE), lambda change=change: self._change(change))
        for person in people:
            self._push(self.start + round(person.minute * MINUTE), lambda person=person: self._arrive(person))

    def _open(self, opening: WindowOpening) -> None:
        """Open the day for the hours of the run: how long a hall may stay open is data of its event."""
        stops = self.start + round(opening.hours * 60 * MINUTE)
        zone = self.hall.settings.hall.zone
        self._apply([ev.DayOpened(opening.label, zone, stops_at=stops, closes_at=stops)])

    def run(self) -> VisitOutcome:
        """Run until all visitors have gone; return what became of them."""
        collecting = gc.isenabled()
        gc.disable()  # a run makes no cycles; looking for them costs a fifth of it
        try:
            while self._heap:
                self.now, _, action = heappop(self._heap)
                action()
                self._call_while_possible()
        finally:
            if collecting:
                gc.enable()
        for window in list(self._opened):
            self._note_open(window, self.last)
        return VisitOutcome(
            list(self.visits.values()), self.windows, self.turned_away, self.events, self.start, self.last
        )

    # --- the machinery

    def _push(self, at: Micros, action: Callable[[], None]) -> None:
        self._pushes += 1
        heappush(self._heap, (max(at, self.now), self._pushes, action))

    def _after(self, minutes: float, action: Callable[[], None]) -> None:
        self._push(self.now + round(minutes * MINUTE), action)

    def _id(self) -> str:
        self._ids += 1
        return f"s{self._ids:07d}"

    def _do(self, command: AnyCommand, id: str = "") -> None:
        """Decide and apply one command."""
        self._apply(self.hall.decide(CommandEnvelope(id or self._id(), command), self.now))

    def _apply(self, events: list[ev.AnyEvent]) -> None:
        for event in events:
            self.hall.apply(event, self.now, self.hall.seq + 1)
        self.events += len(events)
        self.last = self.now

    def _press(self, verb: type[cmd.WindowVerb], window: str, **more: object) -> None:
        version = self.hall.state.windows[window].version
        self._do(verb(window=window, as_of=version, **more))  # type: ignore[arg-type]

    # --- windows

    def _change(self, change: WindowChange) -> None:
        """Change a free window at once, another when its applicant has gone."""
        if self.hall.state.windows[change.window].ticket or self._due.get(change.window):
            self._due.setdefault(change.window, []).append(change)
        else:
            self._change_now(change)

    def _change_now(self, change: WindowChange) -> None:
        id, window = change.window, self.hall.state.windows[change.window]
        if change.what == "pauses":
            if window.state == "open":
                self._do(cmd.PauseWindow(id))
                self.idle.pop(id, None)
            return
        if change.what == "resumes":
            if window.state == "paused":
                self._do(cmd.ResumeWindow(id))
                self.idle[id] = self.now
            return
        if window.state != "closed":
            self._do(cmd.CloseWindow(id))
            self.idle.pop(id, None)
            self._note_open(id, self.now)
        if change.what == "opens":
            self._do(cmd.OpenWindow(id, f"clerk-{id}", list(change.queues)))
            self.idle[id] = self._opened[id] = self.now

    def _note_open(self, window: str, until: int) -> None:
        since = self._opened.pop(window, until)
        self.windows[window].open += max(0, until - max(since, self.warm))

    def _free(self, window: str) -> None:
        """Let the window call again, unless it was to close or pause."""
        self.idle[window] = self.now
        for change in self._due.pop(window, []):
            self._change_now(change)

    def _call_while_possible(self) -> None:
        """Let free windows call, the one that has been free longest first."""
        lines, windows = self.hall.lines, self.hall.state.windows
        if not self.idle:
            return
        for window in sorted(self.idle, key=lambda name: (self.idle[name], name)):
            if self._held.get(window):
                self._call(window, self._held[window].pop(0))
                continue
            if first_for(lines, window, windows[window].serves, self.now):
                self._call(window)

    def _call(self, window: str, held: str = "") -> None:
        del self.idle[window]
        if held:
            self._press(cmd.CallTicket, window, ticket=held)
        else:
            self._press(cmd.CallNext, window)
        ticket = self.hall.state.tickets[self.hall.state.windows[window].ticket]
        visit = self.visits[ticket.id]
        if visit.called < 0:
            visit.called = self.now
            self._baselines.note(visit.queue, visit.waited)
        step = self.people[ticket.id].outcomes.step(
            visit.steps, ticket.queue, window, lambda: self._other_queues(window)
        )
        visit.steps += 1
        self._serve(window, ticket.id, step)

    def _serve(self, window: str, ticket: str, step: ServiceStep) -> None:
        if step.end != "missed":
            self._press(cmd.StartService, window)
        held = round(step.minutes * MINUTE)
        self.windows[window].busy += max(0, self.now + held - max(self.now, self.warm))
        self._push(self.now + held, lambda: self._end(window, ticket, step))

    def _other_queues(self, window: str) -> list[str]:
        """Return the queues that other open windows serve, for a visitor who has come to the wrong one."""
        windows = self.hall.state.windows
        return sorted(
            {queue for each in windows.values() for queue in each.serves} - windows[window].serves.keys()
        )

    def _end(self, window: str, id: str, step: ServiceStep) -> None:
        visit = self.visits[id]
        if step.end == "missed":
            self._press(cmd.MarkNoShow, window)
            visit.missed = True
            if step.away >= 0:
                self._after(step.away, lambda: self._return(id))
        elif step.end == "held":
            self._press(cmd.HoldTicket, window)
            if step.away >= 0:
                self._after(step.away, lambda: self._held.setdefault(window, []).append(id))
        elif step.end == "sent":
            self._send(window, step)
        else:
            self._press(cmd.FinishService, window)
        self._note_end(window, visit, step)
        if step.rest:
            self._after(step.rest, lambda: self._free(window))
        else:
            self._free(window)

    def _send(self, window: str, step: ServiceStep) -> None:
        """Transfer to a queue or a window; if the window has closed meanwhile, to the queue."""
        to = step.window if step.window and self.hall.state.windows[step.window].state != "closed" else ""
        queue = step.queue
        if to and queue and queue not in self.hall.state.windows[to].serves:
            to = ""
        self._press(cmd.TransferTicket, window, queue=queue, to_window=to, come_back=step.come_back)

    def _note_end(self, window: str, visit: SimulatedVisit, step: ServiceStep) -> None:
        if self.hall.state.tickets[visit.ticket].state == "served":
            visit.served = self.now
        if visit.warm and step.end == "served":
            self.windows[window].served += 1

    # --- people

    def _return(self, id: str) -> None:
        try:
            self._do(cmd.RequeueTicket(id))
        except Refused:
            return  # the hall's rules give no second chance
        self.visits[id].missed = False

    def _arrive(self, person: Visitor) -> None:
        if self.quote:
            self._refresh_forecast()
        id = self._id()
        try:
            self._take(id, person)
        except Refused as refused:  # closed or full for this queue: the visitor leaves, as at the kiosk
            self.turned_away[refused.code] = self.turned_away.get(refused.code, 0) + 1
            return
        ticket = self.hall.state.tickets[id]
        quoted = self._quoted_wait(ticket) if self.quote else None
        self.visits[id] = SimulatedVisit(
            id, ticket.queue, ticket.priority, self.now, self.now >= self.warm, quoted
        )
        self.people[id] = person
        if person.patience:
            self._after(person.patience, lambda: self._leave(id))
        for minutes, pause in person.postponed:
            self._after(minutes, lambda pause=pause: self._postpone(id, pause))

    def _take(self, id: str, person: Visitor) -> None:
        take = cmd.TakeTicket(list(person.items), person.queue, person.priority, window=person.window)  # type: ignore[arg-type]
        if not person.appointment:
            self._do(take, id)
            return
        slot = self.now + round(person.early * MINUTE)
        booked = Appointment(person.appointment, "", "", person.queue, slot, self.hall.state.day.label, "")
        event = ticketing.issue(self.hall, id, self.hall.queues[person.queue], take, self.now, booked)
        self._apply([event])

    def _leave(self, id: str) -> None:
        if self.hall.state.tickets[id].state == "waiting" and self.visits[id].called < 0:
            self._do(cmd.CancelTicket(id))
            self.visits[id].abandoned = True

    def _postpone(self, id: str, minutes: int) -> None:
        if self.hall.state.tickets[id].state == "waiting":
            self._do(cmd.PostponeTicket(id, minutes))
            self._after(minutes, lambda: None)  # a window that is free looks again

    # --- quoted waits

    def _refresh_forecast(self) -> None:
        if self.events != self._forecast_events:
            self.hall.forecast = forecast(self.hall, self.now)
            self._forecast_events = self.events

    def _quoted_wait(self, ticket: Ticket) -> QuotedWait:
        """Return the engine's forecast, and the baseline estimators' on the same information."""
        line = self.hall.lines.get(ticket.queue)
        head = line.head() if line else None
        since = self.visits[head.ticket].came if head and head.ticket in self.visits else self.now
        low, high = self.hall.band(ticket.queue, ticket.promise)
        baselines = self._baselines.estimates(ticket.queue, (self.now - since) / MINUTE)
        return QuotedWait(self.hall.forecast.minutes(ticket.queue, ticket.promise), *baselines, low, high)


def whole_day(settings: Settings) -> list[WindowChange]:
    """Open every window that serves a queue when the hall opens, for the whole day."""
    return [WindowChange(0.0, window.id) for window in settings.windows if window.queues or window.helps]


def opening(settings: Settings, scenario: Scenario) -> WindowOpening:
    """Return the scenario's hours from the hall's opening time, with its warm-up."""
    start = instant(DAY, settings.hall.opens, settings.hall.zone)
    return WindowOpening(start, scenario.hours, DAY, scenario.warmup_hours)


def simulate(
    settings: Settings, scenario: Scenario, seed: int, changes: Iterable[WindowChange] | None = None,
    *, quote: bool = True,
) -> VisitOutcome:  # fmt: skip
    """Run one day of a scenario, with every window open unless `changes` are given."""
    plan = whole_day(settings) if changes is None else changes
    people = arrivals(scenario, settings, seed)
    return SimulatedDay(settings, opening(settings, scenario), people, plan, quote=quote).run()
