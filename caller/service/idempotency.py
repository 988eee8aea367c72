"""What the caller knows: the hall, and which commands were answered how. No I/O; both come from the log.

1. A command's id is made by its sender and names one press. A repeat (reconnect, restart, double delivery) from the
   same station gets the first answer and has no second effect, whatever it carries; the same id from another
   station is refused, and learns nothing.
2. That holds for ever for a command that had an effect. The answers of the business day and the one before it are
   in memory; an older one is made again from the log's events (`recall`, called by the loop before it decides).
3. A command without an effect (refused, or nothing to do) leaves no trace on disk. Its answer is remembered per
   sender, so many of each; after that, or after a restart, its repeat is decided anew.
4. A command may say until when it is meant. One that comes later and was never carried out is refused.
5. A checkpoint carries a version made of `STATE_VERSION` and of the shape of everything in it. `load` refuses any
   other version (`StateError`), and the log is replayed instead.
"""

from collections.abc import Callable, Iterable
from itertools import groupby

import msgspec
from msgspec import Struct

from caller.engine import events as ev
from caller.engine.commands import CheckIn
from caller.engine.envelope import CommandEnvelope
from caller.engine.events import AnyEvent, DayClosed
from caller.engine.hall import Hall, result_of
from caller.engine.refusals import Refused
from caller.engine.register import ROWS, STATE_VERSION, Register, shape
from caller.engine.short_codes import WrongTries
from caller.engine.state import DayState
from caller.eventlog import RegisterBatch
from caller.eventlog.chain import Record
from caller.protocol.frames import Done, RefusedFrame, refusal_message
from config.instants import Micros
from config.settings import Settings
from config.text_safety import DECODE_ERRORS

REMEMBERED_MAX = 50_000  # answers of one generation; a day of 3,000 tickets makes about 25,000
SENDER_ANSWERS_MAX = 100  # answers without an effect, of one sender: as many as it may repeat at once
SENDERS_MAX = 4_096  # as many as there may be stations; each phone is one too

AnyAnswer = Done | RefusedFrame
FindCommands = Callable[[list[str]], list[Record]]


class StateError(Exception):
    """A checkpoint of another version, or one that cannot be read: replay the log."""


class CachedAnswer(Struct, frozen=True, array_like=True, gc=False):
    """An answer and its sender."""

    role: str
    station: str
    answer: AnyAnswer


class Saved(Struct):
    """A checkpoint's state: the day, and the answers remembered."""

    hall: bytes
    today: list[CachedAnswer]
    before: list[CachedAnswer]


class Decided(Struct, frozen=True, gc=False):
    """What became of a command: the answer, and the events that are now applied."""

    answer: AnyAnswer
    events: list[AnyEvent]


VERSION = (
    f"{STATE_VERSION}.{shape(DayState, Saved, *ROWS):08x}"  # of the fold: the day, the answers, the register
)
STATE_LINE = f"hallcall state {VERSION}\n".encode()
_pack = msgspec.msgpack.Encoder()
_unpack = msgspec.msgpack.Decoder(Saved)


class HallStore:
    """The fold of a log. `take` goes forward, `replay` goes the same way again."""

    def __init__(
        self, settings: Settings, saved: Saved | None = None, register: Register | None = None
    ) -> None:
        self.hall = Hall.load(settings, saved.hall if saved else None, register)
        self._today = {kept.answer.id: kept for kept in saved.today} if saved else {}
        self._before = {kept.answer.id: kept for kept in saved.before} if saved else {}
        self._without_effect = AnswersBySender()
        self._wrong_codes = WrongTries()

    @classmethod
    def load(cls, settings: Settings, state: bytes | None, register: Register | None = None) -> "HallStore":
        """Make the store from a checkpoint's state (None: from nothing) and the register, which may be ahead of it.

        Raises:
            StateError: the checkpoint is of another version, or cannot be read.
        """
        if state is None:
            return cls(settings, None, register)
        if not state.startswith(STATE_LINE):
            raise StateError(f"{version_of(state)}, not {VERSION}")
        try:
            return cls(settings, _unpack.decode(memoryview(state)[len(STATE_LINE) :]), register)
        except (ValueError, KeyError, *DECODE_ERRORS) as error:
            raise StateError(repr(error)) from error

    def dump(self) -> bytes:
        """Return the day and the answers for a checkpoint, their version first."""
        saved = Saved(self.hall.dump(), list(self._today.values()), list(self._before.values()))
        return STATE_LINE + _pack.encode(saved)

    def collect(self, batch: RegisterBatch) -> None:
        """Hand over the register's rows that have changed. Call it after each order that was taken with events:
        one that fails half-way must leave none of its changes behind."""
        register = self.hall.register
        batch.whole |= register.collect(batch.rows)
        batch.mark = register.mark

    def take(self, order: CommandEnvelope, now: Micros) -> Decided:
        """Decide a command and apply its events at once; a repeated one only gets its answer again.

        Raises `Refused`.
        """
        id = order.id
        kept = self._today.get(id) or self._before.get(id)
        if kept is not None:
            return Decided(_repeat(kept, order), [])
        if (known := self._without_effect.get(order)) is not None:
            return Decided(known, [])
        hall = self.hall
        try:
            if order.until and now > order.until:
                raise Refused("command-late")
            events = (
                self._decide_code(order, now) if type(order.command) is CheckIn else hall.decide(order, now)
            )
        except Refused as refused:
            return self._no_effect(order, refusal(id, refused))
        if not events:
            return self._no_effect(order, Done(id, hall.state.seq))
        seq = hall.state.seq
        for event in events:
            seq += 1
            hall.apply(event, now, seq)
        if order.settings is not None:
            hall.adopt(order.settings)
        answer = Done(id, seq, hall.result(events))
        self._keep(order.role, order.station, answer)
        if type(events[-1]) is DayClosed:
            self._forget()
        return Decided(answer, events)

    def _decide_code(self, order: CommandEnvelope, now: Micros) -> list[AnyEvent]:
        """Decide a command that shows a short code. Raises Refused, too, where its sender showed too many wrong ones."""
        sender = f"{order.role}/{order.station}"
        if minutes := self._wrong_codes.minutes_left("booking", sender, now):
            raise Refused("code-tries", minutes=minutes)
        try:
            return self.hall.decide(order, now)
        except Refused as refused:
            if refused.code == "unknown-appointment":
                self._wrong_codes.note(sender, now)
            raise

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

    def recall(self, ids: Iterable[str], find: FindCommands) -> None:
        """Bring the answers of commands that had an effect long ago into memory.

        `find` returns the events in the log of those of the given commands that have any.
        """
        if unknown := self.unknown(ids):
            self.remember(past_answers(unknown, find))

    def unknown(self, ids: Iterable[str]) -> list[str]:
        """Return the ids of commands whose answers are not in memory."""
        return [id for id in ids if id not in self._today and id not in self._before]

    def remember(self, found: Iterable[CachedAnswer]) -> None:
        """Keep answers that were found in the log."""
        for kept in found:
            self._keep(kept.role, kept.station, kept.answer)

    def _no_effect(self, order: CommandEnvelope, answer: AnyAnswer) -> Decided:
        self._without_effect.keep(order, answer)
        return Decided(answer, [])

    def _keep(self, role: str, station: str, answer: AnyAnswer) -> None:
        self._today[answer.id] = CachedAnswer(role, station, answer)
        if len(self._today) >= REMEMBERED_MAX:
            self._forget()

    def _forget(self) -> None:
        self._before, self._today = self._today, {}


def version_of(state: bytes) -> str:
    """Return the version of the fold that made a checkpoint's state; "?" where it is older than versions are."""
    name, _, version = state.partition(b"\n")[0].decode("ascii", errors="replace").rpartition(" ")
    return version if name == "hallcall state" else "?"


class AnswersBySender:
    """The newest answers without an effect of each sender. A sender pushes out its own oldest only; the sender that
    was silent longest goes when there are too many. What is forgotten is decided anew."""

    def __init__(self) -> None:
        self._senders: dict[tuple[str, str], dict[str, AnyAnswer]] = {}

    def get(self, order: CommandEnvelope) -> AnyAnswer | None:
        known = self._senders.get((order.role, order.station))
        return known.get(order.id) if known else None

    def keep(self, order: CommandEnvelope, answer: AnyAnswer) -> None:
        sender = (order.role, order.station)
        known = self._senders.pop(sender, None) or {}
        self._senders[sender] = known  # dicts keep their order: the one that spoke last is last
        known[order.id] = answer
        if len(known) > SENDER_ANSWERS_MAX:
            del known[next(iter(known))]
        if len(self._senders) > SENDERS_MAX:
            del self._senders[next(iter(self._senders))]


def past_answers(ids: Iterable[str], find: FindCommands) -> list[CachedAnswer]:
    """Return the answers of those commands that had an effect, made again from the log's events. Raises `LogError`."""
    found = sorted(find(list(ids)), key=lambda row: row.command)
    answers: list[CachedAnswer] = []
    for id, rows in groupby(found, key=lambda row: row.command):
        last = (known := list(rows))[-1]
        done = Done(id, last.seq, _past_result(known, find))
        answers.append(CachedAnswer(last.role, last.station, done))
    return answers


def _past_result(rows: list[Record], find: FindCommands) -> dict[str, object]:
    """Return what `Hall.result` told the sender then, from a command's rows alone."""

    def number_of(ticket: str) -> str:  # a ticket bears the id of its command
        issued = (row.event for row in find([ticket]))
        return next((each.number for each in issued if isinstance(each, ev.TicketIssued)), "")

    return result_of([row.event for row in rows], rows[-1].at, rows[-1].seq, number_of)


def _repeat(kept: CachedAnswer, order: CommandEnvelope) -> AnyAnswer:
    if (kept.role, kept.station) == (order.role, order.station):
        return kept.answer
    return refusal(order.id, Refused("id-used"))


def refusal(id: str, refused: Refused) -> RefusedFrame:
    """Return a refusal as a frame."""
    words = refusal_message(refused).words
    return RefusedFrame(id, refused.code, *words, ticket=str(refused.facts.get("ticket", "")))
