"""Reads a history and says what is wrong with it, by the one naive model of a hall (`reference_model`).

What a whole life of days adds is here: days, ratings, and the answers that were given.
"""

import sys
from collections.abc import Iterable
from typing import Any

from caller.engine.envelope import CommandEnvelope
from caller.eventlog.chain import Record
from caller.protocol.frames import Done
from config.instants import MINUTE
from tests.instruments.reference_model import LIFE, LIVE, HallRules, Naive
from tests.world.people import SETTINGS
from tests.world.shell import Moment

RULES = HallRules(
    {each.id: round(each.target_minutes * MINUTE) for each in SETTINGS.classes},
    {each.id: round(each.target_minutes * MINUTE) for each in SETTINGS.queues},
    SETTINGS.rules.requeue_behind,
    {each.id: each.queue for each in SETTINGS.items},
    places=True,
)
FOLLOWED = LIFE.keys() | {"TicketIssued", "WindowOpened", "WindowClosed"}


class Model(Naive):
    """The naive hall through its days, with what people say of their visits."""

    def __init__(self) -> None:
        super().__init__(RULES)
        self.open = False
        self.days: set[str] = set()
        self.rated: set[str] = set()
        self.called = 0

    def read(self, record: Record) -> None:
        """Follow one row; what is wrong with it is named with its place in the log."""
        before = len(self.wrong)
        now = record.at if record.kind == "DayOpened" else max(self.now, record.at)
        self.follow(record.event, now)
        self.wrong[before:] = [f"seq {record.seq} {record.kind}: {words}" for words in self.wrong[before:]]

    def follow(self, event: Any, now: int) -> None:
        match type(event).__name__:
            case "DayOpened":
                self._opened(event.day)
            case "DayClosed":
                self._ended()
            case "WindowOpened" if event.window in self.serves:
                self.wrong.append("a window opened twice")
            case "TicketIssued" if not self.open:
                self.wrong.append("a number outside a business day")
            case "TicketCalled":
                self.called += 1
            case "ServiceRated":
                if event.ticket in self.rated:
                    self.wrong.append(f"{event.ticket} rated twice")
                self.rated.add(event.ticket)
            case _:
                pass
        self.now = now
        if type(event).__name__ in FOLLOWED:
            super().follow(event, now)

    def _opened(self, day: str) -> None:
        if self.open or day in self.days:
            self.wrong.append("a day opened twice")
        self.open = True
        self.days.add(day)

    def _ended(self) -> None:
        left = [person.number for person in self.people.values() if person.state in LIVE]
        if left:
            self.wrong.append(f"the day closed on {left}")
        self.people.clear()
        self.serves.clear()
        self.open = False


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
