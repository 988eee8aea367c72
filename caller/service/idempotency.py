"""What the caller knows: the hall, and which commands were answered how. No I/O; both come from the log.

A command's id is made by its sender and names one press. A repeat (reconnect, restart, double delivery) from
the same station gets the first answer and has no second effect, whatever it carries; the same id from another
station is refused, and learns nothing. Answers are remembered for the business day and the one before it.
Refusals, and answers to commands that found nothing to do, are remembered too; not those that say "try again"
(`not-saved`, `too-fast`), which never get here.
"""

from collections.abc import Iterable
from itertools import groupby

import msgspec
from msgspec import Struct

from caller.engine.commands import CommandEnvelope
from caller.engine.events import AnyEvent, DayClosed
from caller.engine.hall import Hall
from caller.engine.refusals import Refused
from caller.eventlog.chain import Record
from caller.protocol.frames import Done, RefusedFrame
from config.settings import Settings

REMEMBERED_MAX = 50_000  # answers of one generation; a day of 3,000 tickets makes about 25,000

AnyAnswer = Done | RefusedFrame


class CachedAnswer(Struct, frozen=True, array_like=True, gc=False):
    """An answer and whose it is."""

    role: str
    station: str
    answer: AnyAnswer


class Saved(Struct):
    """A checkpoint's state."""

    hall: bytes
    today: list[CachedAnswer]
    before: list[CachedAnswer]


class Decided(Struct, frozen=True, gc=False):
    """What became of an order: the answer, the events that are now applied, and whether it was new."""

    answer: AnyAnswer
    events: list[AnyEvent]
    new: bool


_pack = msgspec.msgpack.Encoder()
_unpack = msgspec.msgpack.Decoder(Saved)
_answers: msgspec.json.Decoder[AnyAnswer] = msgspec.json.Decoder(AnyAnswer)


class HallStore:
    """The fold of a log. `take` goes forward, `replay` goes the same way again."""

    def __init__(self, settings: Settings, saved: Saved | None = None) -> None:
        self.hall = Hall.load(settings, saved.hall) if saved else Hall(settings)
        self._today = {kept.answer.id: kept for kept in saved.today} if saved else {}
        self._before = {kept.answer.id: kept for kept in saved.before} if saved else {}

    @classmethod
    def load(cls, settings: Settings, state: bytes | None) -> "HallStore":
        """From a checkpoint's state, or from nothing."""
        return cls(settings, _unpack.decode(state) if state else None)

    def dump(self) -> bytes:
        return _pack.encode(Saved(self.hall.dump(), list(self._today.values()), list(self._before.values())))

    def take(self, order: CommandEnvelope, now: int) -> Decided:
        """Decide an order and apply its events at once; a repeated one only gets its answer again."""
        id = order.id
        kept = self._today.get(id) or self._before.get(id)
        if kept is not None:
            return Decided(_repeat(kept, order), [], False)
        hall = self.hall
        try:
            events = hall.decide(order, now)
        except Refused as refused:
            answer = refusal(id, refused)
            self._keep(order.role, order.station, answer)
            return Decided(answer, [], True)
        seq = hall.state.seq
        for event in events:
            seq += 1
            hall.apply(event, now, seq)
        answer = Done(id, seq, hall.result(events))
        self._keep(order.role, order.station, answer)
        if events and type(events[-1]) is DayClosed:
            self._forget()
        return Decided(answer, events, True)

    def replay(self, records: Iterable[Record]) -> None:
        """Fold what is in the log. The answers come out the same, for they are made from the same events."""
        for id, rows in groupby(records, key=lambda record: record.command):
            self._replay_command(id, list(rows))

    def _replay_command(self, id: str, rows: list[Record]) -> None:
        events = [row.event for row in rows]
        for row, event in zip(rows, events, strict=True):
            self.hall.apply(event, row.at, row.seq)
        last = rows[-1]
        self._keep(last.role, last.station, Done(id, last.seq, self.hall.result(events)))
        if type(events[-1]) is DayClosed:
            self._forget()

    def remember(self, role: str, station: str, answer: str) -> None:
        """An answer without events found in the log, as JSON; nearly always a refusal."""
        frame = _answers.decode(answer)
        if frame.id not in self._today and frame.id not in self._before:
            self._keep(role, station, frame)

    def _keep(self, role: str, station: str, answer: AnyAnswer) -> None:
        self._today[answer.id] = CachedAnswer(role, station, answer)
        if len(self._today) >= REMEMBERED_MAX:
            self._forget()

    def _forget(self) -> None:
        self._before, self._today = self._today, {}


def _repeat(kept: CachedAnswer, order: CommandEnvelope) -> AnyAnswer:
    if (kept.role, kept.station) == (order.role, order.station):
        return kept.answer
    return refusal(order.id, Refused("id-used"))


def refusal(id: str, refused: Refused) -> RefusedFrame:
    """A refusal as a frame."""
    return RefusedFrame(id, refused.code, *refused.words, ticket=refused.ticket)
