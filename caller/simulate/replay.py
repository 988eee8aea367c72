"""A real day from the event log, to be run again: the same people, with the business they had that day.

What is taken: who came when, how long each call held a window, no-shows and when they came back, transfers,
holds, postponed and abandoned tickets, appointments, windows opening, closing and pausing, and how long a
clerk took from one applicant to the next while people waited. What is decided anew by the turn rule: who is
called where. 选呼 is not repeated, for it would be the old decision.
"""

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from msgspec import Struct, structs

from caller.engine import events as ev
from caller.engine.hall_events import ClerkRelieved, QueuesSet, TicketMerged, VisitTakenOver
from caller.engine.lease_terms import CalledByHand
from caller.eventlog import LOG_NAME, Reader, Record
from caller.simulate.random_outcomes import ServiceStep, Visitor
from caller.simulate.run import WindowChange, WindowOpening
from config.instants import MINUTE, Micros
from config.settings import Settings

DAYS_LOOKED_AT = 400  # back in the log, for days that can be run again

_ENDS: dict[type[Any], str] = {
    ev.ServiceFinished: "served",
    ev.TicketReturned: "served",
    ev.TicketMissed: "missed",
    ev.TicketHeld: "held",
    ev.TicketTransferred: "sent",
}
_WINDOW_CHANGES: dict[type[Any], str] = {
    ev.WindowClosed: "closes",
    ev.WindowPaused: "pauses",
    ev.WindowResumed: "resumes",
    ClerkRelieved: "resumes",  # a pause is over
}


class NoSuchDay(Exception):
    """The log has no such day, or it is another hall's. The text is Chinese and English."""


class RealDay(Struct):
    """What a run needs of a day: when it opens, who comes, what windows do."""

    opening: WindowOpening
    people: list[Visitor]
    changes: list[WindowChange]


class RecordedTicket(Struct):
    """One ticket while its day is read; instants in UTC microseconds, 0 for what has not happened."""

    issued: ev.TicketIssued
    at: int
    steps: list[ServiceStep] = []
    ready: int = 0  # waits since
    called: int = 0
    left: int = 0  # cancelled while waiting
    parked_since: int = 0  # missed or held since
    postponed: list[tuple[float, int]] = []


class RecordedOutcomes:
    """What happened to a visitor of a real day; a service that never happened takes the mean of the queue."""

    __slots__ = ("_means", "_steps")

    def __init__(self, steps: list[ServiceStep], means: dict[str, float]) -> None:
        self._steps = steps
        self._means = means

    def step(self, nth: int, queue: str, window: str, other_queues: Callable[[], list[str]]) -> ServiceStep:  # noqa: ARG002
        if nth < len(self._steps):
            return self._steps[nth]
        return ServiceStep(self._means.get(queue) or self._means[""])

    def changed(self, change: Callable[[ServiceStep], ServiceStep]) -> "RecordedOutcomes":
        """Return the same person's outcomes with each step changed."""
        return RecordedOutcomes([change(step) for step in self._steps], self._means)


def read(path: Path, settings: Settings, label: str = "") -> RealDay:
    """Return a business day of the log at `path` (a file, or a data folder): the last one, or the one named.

    Raises:
        NoSuchDay: the log has no such day, or one of another hall.
        LogError: the log cannot be read.
    """
    file = path / LOG_NAME if path.is_dir() else path
    with Reader(file) as reader:
        reader.check_wal()
        records = _day(reader.after(0), label)
    if not records:
        raise NoSuchDay(f"日志里没有营业日 {label or '的记录'} / the log has no such business day: {file}")
    _check_hall(records, settings)
    return _Reading(records).day()


def recent(path: Path, settings: Settings, count: int) -> tuple[list[RealDay], dict[str, str]]:
    """Return the last `count` days on which a ticket was issued, oldest first, and why others of them were left out.

    Raises:
        LogError: the log cannot be read.
    """
    days: list[RealDay] = []
    left_out: dict[str, str] = {}
    end = 0
    with Reader(path / LOG_NAME if path.is_dir() else path) as reader:
        end = reader.last
        for opened in list(reader.newest("DayOpened", DAYS_LOOKED_AT)):
            if len(days) == count:
                break
            records = _chosen([], list(reader.after(opened.seq - 1, end - opened.seq + 1)), "")
            end = opened.seq - 1
            if not records:
                continue
            try:
                _check_hall(records, settings)
                days.append(_Reading(records).day())
            except NoSuchDay as error:
                event = opened.event
                left_out[event.day if isinstance(event, ev.DayOpened) else ""] = str(error)
    return days[::-1], left_out


def _day(records: Iterable[Record], label: str) -> list[Record]:
    """Return the records of one day on which a ticket was issued: the last such day, or the one named."""
    found: list[Record] = []
    now: list[Record] = []
    for record in records:
        if record.event_kind == "DayOpened":
            found, now = _chosen(found, now, label), []
        now.append(record)
    return _chosen(found, now, label)


def _chosen(old: list[Record], new: list[Record], label: str) -> list[Record]:
    event = new[0].event if new else None
    if not isinstance(event, ev.DayOpened) or not any(each.event_kind == "TicketIssued" for each in new):
        return old
    return new if label in ("", event.day) else old


def _check_hall(records: list[Record], settings: Settings) -> None:
    """Refuse a day with queues, classes or windows that this hall does not have."""
    known = {each.id for each in (*settings.queues, *settings.classes, *settings.windows)}
    strange: set[str] = set()
    for record in records:
        event = record.event
        if isinstance(event, ev.TicketIssued):
            strange |= {event.queue, event.priority} - known
        elif isinstance(event, ev.WindowOpened):
            strange |= {event.window} - known
    if strange:
        names = ", ".join(sorted(strange))
        raise NoSuchDay(
            f"日志里有本大厅没有的：{names}，请用记录日志时的大厅配置 / unknown in this hall: {names}"
        )


class _Reading:
    """Folds a day's records into visitors and window changes."""

    def __init__(self, records: list[Record]) -> None:
        self._records = records
        self._start = records[0].at
        self._tickets: dict[str, RecordedTicket] = {}
        self._changes: list[WindowChange] = []
        self._freed: dict[str, tuple[int, str]] = {}  # window → (free since, ticket that left; "" it opened)
        self._serves: dict[str, dict[str, int]] = {}  # window → queue → reluctance, microseconds
        self._stops = self._start
        self._closing = next(
            (each.command for each in reversed(records) if each.event_kind == "DayClosed"), ""
        )

    def day(self) -> RealDay:
        for record in self._records:
            self._fold(record.event, record.at, record.command)
        last = max(each.at for each in self._tickets.values())
        hours = (max(self._stops, last + 1) - self._start) / (60 * MINUTE)
        first = self._records[0].event
        label = first.day if isinstance(first, ev.DayOpened) else ""
        means = self._means()
        people = [self._person(each, means) for each in self._tickets.values()]
        return RealDay(WindowOpening(self._start, hours, label), people, self._changes)

    def _minutes(self, since: Micros, at: Micros) -> float:
        return (at - since) / MINUTE

    def _fold(self, event: ev.AnyEvent, at: Micros, command: str) -> None:
        kind = type(event)
        if isinstance(event, ev.DayOpened):
            self._stops = event.stops_at
        elif isinstance(event, ev.HoursExtended):
            self._stops = event.until
        elif isinstance(event, ev.TicketIssued):
            self._tickets[event.ticket] = RecordedTicket(event, at, ready=at)
        elif isinstance(event, ev.TicketCalled):
            self._called(event, at)
        elif kind in _ENDS:
            self._ended(event, at)
        elif isinstance(event, ev.TicketRequeued):
            ticket = self._tickets[event.ticket]
            self._end_parking(ticket, at, "missed")
            ticket.ready = at
        elif isinstance(event, ev.TicketPostponed):
            ticket = self._tickets[event.ticket]
            minutes = max(1, round(self._minutes(at, event.not_before)))
            ticket.postponed.append((self._minutes(ticket.at, at), minutes))
            ticket.ready = event.not_before
        elif isinstance(event, ev.TicketChanged):  # played as if it had been issued so
            ticket = self._tickets[event.ticket]
            ticket.issued = structs.replace(
                ticket.issued,
                queue=event.queue,
                priority=event.priority,
                items=event.items,
                window=event.bound,
            )
        elif isinstance(event, ev.TicketCancelled | TicketMerged | CalledByHand):
            self._cancelled(event, at)
        elif isinstance(event, VisitTakenOver):
            self._taken_over(event, at)
        else:
            self._window(event, at, command)

    def _window(self, event: ev.AnyEvent, at: Micros, command: str) -> None:
        minute = self._minutes(self._start, at)
        if isinstance(event, ev.WindowOpened):
            self._changes.append(WindowChange(minute, event.window, "opens", tuple(event.serves)))
            self._freed[event.window] = (at, "")
            self._serves[event.window] = dict(event.serves)
        elif isinstance(event, QueuesSet):  # played with the queues it was opened with
            self._serves[event.window] = dict(event.serves)
        elif isinstance(event, ev.WindowClosed | ev.WindowPaused | ev.WindowResumed | ClerkRelieved):
            if command != self._closing:  # the end of the day is not a decision about a window
                self._changes.append(WindowChange(minute, event.window, _WINDOW_CHANGES[type(event)]))
            self._freed.pop(event.window, None)

    def _called(self, event: ev.TicketCalled, at: Micros) -> None:
        ticket = self._tickets[event.ticket]
        if ticket.parked_since:
            self._end_parking(ticket, at, "held")
        freed, before = self._freed.pop(event.window, (0, ""))
        # From a queue it only helps, it may call a number that has waited so long; until then it does not rest.
        waited = ticket.issued.origin + self._serves.get(event.window, {}).get(ticket.issued.queue, 0)
        if freed and max(ticket.ready, waited) <= freed and before and at > freed:
            steps = self._tickets[before].steps
            steps[-1] = steps[-1]._replace(rest=self._minutes(freed, at))
        ticket.called = at

    def _end_parking(self, ticket: RecordedTicket, at: Micros, end: str) -> None:
        """Note that a missed or held visitor is back."""
        ticket.steps[-1] = ticket.steps[-1]._replace(end=end, away=self._minutes(ticket.parked_since, at))
        ticket.parked_since = 0

    def _ended(self, event: Any, at: Micros) -> None:
        ticket = self._tickets[event.ticket]
        step = ServiceStep(self._minutes(ticket.called, at), _ENDS[type(event)])
        window = event.window
        if isinstance(event, ev.TicketTransferred):
            step = step._replace(queue=event.queue, window=event.window, come_back=bool(event.come_back))
        if isinstance(event, ev.TicketTransferred | ev.TicketReturned):
            window, ticket.ready = event.from_window, at
        if isinstance(event, ev.TicketMissed | ev.TicketHeld):
            ticket.parked_since = at
        ticket.steps.append(step)
        self._freed[window] = (at, event.ticket)

    def _taken_over(self, event: VisitTakenOver, at: Micros) -> None:
        """Free the window the visit was at; the one it goes on at is free no more."""
        if event.from_window != event.window:
            self._freed.pop(event.window, None)
            self._freed[event.from_window] = (at, "")

    def _cancelled(self, event: ev.TicketCancelled | TicketMerged | CalledByHand, at: Micros) -> None:
        ticket = self._tickets[event.ticket]
        if isinstance(event, TicketMerged) and ticket.called:  # its part before counts as it was
            return
        if not ticket.called:
            ticket.left = at
        elif len(ticket.steps) == 0 or ticket.called > ticket.ready:  # they left from the window
            ticket.steps.append(ServiceStep(self._minutes(ticket.called, at), "missed"))

    def _means(self) -> dict[str, float]:
        """Return the mean minutes at a window by queue, and over all."""
        rows: dict[str, list[float]] = {"": []}
        for ticket in self._tickets.values():
            for step in ticket.steps[:1]:
                rows.setdefault(ticket.issued.queue, []).append(step.minutes)
                rows[""].append(step.minutes)
        return {queue: sum(row) / len(row) if row else 1.0 for queue, row in rows.items()}

    def _person(self, ticket: RecordedTicket, means: dict[str, float]) -> Visitor:
        issued = ticket.issued
        return Visitor(
            self._minutes(self._start, ticket.at), issued.queue, tuple(issued.items), issued.priority,
            RecordedOutcomes(ticket.steps, means),
            patience=self._minutes(ticket.at, ticket.left) if ticket.left else 0.0,
            early=self._minutes(ticket.at, issued.origin), appointment=issued.appointment,
            window=issued.window, postponed=tuple(ticket.postponed), number=issued.number,
        )  # fmt: skip
