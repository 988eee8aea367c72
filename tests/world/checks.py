"""Reads a history and says what is wrong with it. Knows the hall's rules, nothing of the engine's code.

The model here is deliberately naive: dictionaries, sorting all who wait, no indexes.
"""

import sys
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from caller.engine.commands import CommandEnvelope
from caller.eventlog.chain import Record
from caller.protocol.frames import Done
from tests.world.shell import Moment

LIVE = {"waiting", "called", "serving", "held", "missed"}


@dataclass
class Person:
    """A ticket as its history tells it."""

    number: str
    serial: int
    series: str
    queue: str
    promise: int
    issued: int
    state: str = "waiting"
    window: str = ""
    bound: str = ""
    not_before: int = 0


@dataclass
class Model:
    """A naive hall. `wrong` collects what should not be."""

    day: str = ""
    open: bool = False
    people: dict[str, Person] = field(default_factory=dict)
    serves: dict[str, dict[str, int]] = field(default_factory=dict)
    at_window: dict[str, str] = field(default_factory=dict)
    numbers: set[tuple[str, str]] = field(default_factory=set)
    days: set[str] = field(default_factory=set)
    rated: set[str] = field(default_factory=set)
    now: int = 0
    wrong: list[str] = field(default_factory=list)
    called: int = 0

    def blame(self, record: Record, words: str) -> None:
        self.wrong.append(f"seq {record.seq} {record.kind}: {words}")

    def read(self, record: Record) -> None:
        event: Any = record.event
        self.now = record.at if record.kind == "DayOpened" else max(self.now, record.at)
        getattr(self, f"_{record.kind}", lambda _record, _event: None)(record, event)

    # --- days and windows

    def _DayOpened(self, record: Record, event: Any) -> None:
        if self.open or event.day in self.days:
            self.blame(record, "a day opened twice")
        self.day, self.open = event.day, True
        self.days.add(event.day)

    def _DayClosed(self, record: Record, _event: Any) -> None:
        left = [p.number for p in self.people.values() if p.state in LIVE]
        if left:
            self.blame(record, f"the day closed on {left}")
        if self.at_window:
            self.blame(record, f"windows still hold {self.at_window}")
        self.people.clear()
        self.serves.clear()
        self.open = False

    def _WindowOpened(self, record: Record, event: Any) -> None:
        if event.window in self.serves:
            self.blame(record, "a window opened twice")
        self.serves[event.window] = event.serves

    def _WindowClosed(self, record: Record, event: Any) -> None:
        if event.window in self.at_window:
            self.blame(record, "a window closed on somebody")
        self.serves.pop(event.window, None)
        for person in self.people.values():
            if person.bound == event.window:
                person.bound = ""

    # --- tickets

    def _TicketIssued(self, record: Record, event: Any) -> None:
        key = (self.day, event.number)
        if key in self.numbers:
            self.blame(record, f"{event.number} given twice")
        self.numbers.add(key)
        if not self.open:
            self.blame(record, "a number outside a business day")
        self.people[event.ticket] = Person(
            event.number, event.serial, event.queue, event.queue, event.promise, self.now, bound=event.window
        )

    def _waits_for(self, window: str) -> list[tuple[tuple[int, int, str], str]]:
        """Everybody this window may call now, with their rank by the one rule."""
        serves = self.serves.get(window, {})
        ranks: list[tuple[tuple[int, int, str], str]] = []
        for id, person in self.people.items():
            if person.state != "waiting" or person.not_before > self.now:
                continue
            if person.bound:
                if person.bound == window:
                    ranks.append(((person.promise, person.serial, person.series), id))
            elif person.queue in serves:
                ranks.append(((person.promise + serves[person.queue], person.serial, person.series), id))
        return sorted(ranks)

    def _TicketCalled(self, record: Record, event: Any) -> None:
        person = self.people[event.ticket]
        self.called += 1
        if event.window in self.at_window:
            self.blame(record, f"{event.window} called with {self.at_window[event.window]} there")
        if event.ticket in self.at_window.values() or person.state not in ("waiting", "held", "missed"):
            self.blame(record, f"{person.number} called while {person.state}")
        if not event.chosen:
            first = self._waits_for(event.window)
            if not first or first[0][1] != event.ticket:
                self.blame(record, f"{person.number} called out of turn")
        if self.now < person.issued:
            self.blame(record, "called before it was issued")
        person.state, person.window, person.bound, person.not_before = "called", event.window, "", 0
        self.at_window[event.window] = event.ticket

    def _leave(self, record: Record, event: Any, window: str, state: str) -> Person:
        person = self.people[event.ticket]
        if self.at_window.pop(window, "") != event.ticket:
            self.blame(record, f"{person.number} was not at {window}")
        person.state, person.window = state, ""
        return person

    def _ServiceStarted(self, record: Record, event: Any) -> None:
        if self.people[event.ticket].state != "called":
            self.blame(record, "started without a call")
        self.people[event.ticket].state = "serving"

    def _ServiceFinished(self, record: Record, event: Any) -> None:
        self._leave(record, event, event.window, "served")

    def _TicketMissed(self, record: Record, event: Any) -> None:
        self._leave(record, event, event.window, "missed")

    def _TicketHeld(self, record: Record, event: Any) -> None:
        self._leave(record, event, event.window, "held")

    def _TicketTransferred(self, record: Record, event: Any) -> None:
        person = self._leave(record, event, event.from_window, "waiting")
        person.queue, person.promise, person.bound = event.queue, event.promise, event.window

    def _TicketReturned(self, record: Record, event: Any) -> None:
        self._TicketTransferred(record, event)

    def _TicketRequeued(self, record: Record, event: Any) -> None:
        person = self.people[event.ticket]
        if person.state != "missed":
            self.blame(record, f"{person.number} requeued while {person.state}")
        person.state, person.promise = "waiting", event.promise

    def _TicketPostponed(self, _record: Record, event: Any) -> None:
        self.people[event.ticket].not_before = event.not_before

    def _TicketCancelled(self, record: Record, event: Any) -> None:
        self._end(record, event, "cancelled")

    def _TicketExpired(self, record: Record, event: Any) -> None:
        self._end(record, event, "expired")

    def _end(self, record: Record, event: Any, state: str) -> None:
        person = self.people[event.ticket]
        if person.state == "called" and state == "cancelled":
            self._leave(record, event, person.window, state)
        if person.state in ("serving", "served", "expired") and state == "expired":
            self.blame(record, f"{person.number} ended while {person.state}")
        person.state = state

    def _ServiceRated(self, record: Record, event: Any) -> None:
        if event.ticket in self.rated:
            self.blame(record, f"{event.ticket} rated twice")
        self.rated.add(event.ticket)


def read(records: Iterable[Record]) -> Model:
    """The whole history through the naive model."""
    model = Model()
    for record in records:
        model.read(record)
    return model


def answered(answers: list[tuple[CommandEnvelope, Moment, Any]], records: list[Record]) -> list[str]:
    """Every answer is in the log, every command happened once, and every repeat got the first answer: for ever where
    there was an effect, and within one life of the memory where there was none."""
    wrong: list[str] = []
    seqs: dict[str, list[int]] = {}
    for record in records:
        seqs.setdefault(record.command, []).append(record.seq)
    by_seq = {record.seq: record for record in records}
    for command, found in seqs.items():
        if found != list(range(found[0], found[0] + len(found))):
            wrong.append(f"command {command} happened twice: {found}")
    first: dict[str, tuple[Moment, Any]] = {}
    for order, moment, answer in answers:
        if getattr(answer, "code", "") == "not-saved":
            continue
        since = seqs[order.id][0] if order.id in seqs else sys.maxsize
        then, before = first.setdefault(order.id, (moment, answer))
        if before != answer and (then.life == moment.life or since <= then.seq):
            wrong.append(f"command {order.id} was answered {before} and then {answer}")
        first[order.id] = (moment, answer)
        if isinstance(answer, Done):
            wrong += _missing(order, answer, seqs, by_seq)
        elif since <= moment.seq:
            wrong.append(f"command {order.id} was refused but is in the log")
    return wrong


def _missing(
    order: CommandEnvelope, answer: Done, seqs: dict[str, list[int]], by_seq: dict[int, Record]
) -> list[str]:
    """What an accepted command was told must be what its events say."""
    if not answer.result:
        return []
    if order.id not in seqs:
        return [f"command {order.id} was answered {answer.result} but is not in the log"]
    event: Any = by_seq[seqs[order.id][-1]].event
    number = answer.result.get("number")
    if type(event).__name__ == "TicketIssued" and number != event.number:
        return [f"command {order.id} was told {number}, the log says {event.number}"]
    return []
