"""Memory is a fold of the log: a checkpoint and the tail give the same hall and the same answers as all of it."""

from random import Random

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from caller.engine.commands import CommandEnvelope, OpenDay, TakeTicket
from caller.eventlog import Record
from caller.protocol.frames import Done, RefusedFrame
from caller.service import idempotency as memory_module
from caller.service.idempotency import CachedAnswer, HallStore
from tests.instruments import histories
from tests.instruments.engine_fixture import settings as hall_settings
from tests.instruments.loop_fixture import Time

SETTINGS = hall_settings()
START = Time().wall
HISTORIES = st.lists(
    st.tuples(st.integers(0, histories.KINDS - 1), st.integers(0, 8)), min_size=1, max_size=120
)
BUSY_DAY = [(25, 0), (3, 0), (3, 1), (3, 2), (0, 0), (0, 1)]  # a day open, windows open, two waiting


class Journal:
    """A memory that decides, and what a log would hold of it."""

    def __init__(self) -> None:
        self.memory = HallStore(SETTINGS)
        self.records: list[Record] = []
        self.eventless: list[tuple[int, str, str, str]] = []  # after which seq, whose, answer
        self.states: list[tuple[int, bytes]] = []
        self.now = START

    def play(self, steps: list[tuple[int, int]]) -> None:
        for serial, (kind, choice) in enumerate(steps):
            self.now += histories.step(choice)
            self.take(histories.order(self.memory.hall, serial, kind, choice, self.now))
            self.states.append((self.memory.hall.seq, self.memory.dump()))

    def take(self, order: CommandEnvelope) -> None:
        seq = self.memory.hall.seq
        taken = self.memory.take(order, self.now)
        answer, events = taken.answer, taken.events
        for event in events:
            seq += 1
            body = msgspec.json.encode(event).decode()
            self.records.append(Record(seq, self.now, order.id, order.role, order.station, "", body, b""))
        if isinstance(answer, RefusedFrame):
            text = msgspec.json.encode(answer).decode()
            self.eventless.append((seq, order.role, order.station, text))

    def replayed(self, state: bytes | None, seq: int) -> HallStore:
        """Memory from a checkpoint's state at `seq` and the tail."""
        memory = HallStore.load(SETTINGS, state)
        memory.replay([record for record in self.records if record.seq > seq])
        for _, role, station, answer in self.eventless:
            memory.remember(role, station, answer)
        return memory


def answers(memory: HallStore) -> dict[str, CachedAnswer]:
    return {**memory._before, **memory._today}


@settings(max_examples=150, deadline=None)
@given(HISTORIES, st.integers(0, 10_000))
def test_a_checkpoint_and_the_tail_give_what_a_full_replay_gives(steps: list[tuple[int, int]], cut: int):
    journal = Journal()
    journal.play(BUSY_DAY + steps)
    seq, state = journal.states[cut % len(journal.states)]
    full = journal.replayed(None, 0)
    short = journal.replayed(state, seq)
    assert full.hall.dump() == short.hall.dump() == journal.memory.hall.dump()
    kept = answers(journal.memory)
    assert {id: answers(short)[id] for id in kept if id in answers(short)} == {
        id: kept[id] for id in kept if id in answers(short)
    }
    done = {id for id, each in kept.items() if isinstance(each.answer, Done) and _has_events(journal, id)}
    assert done <= set(answers(short))
    assert done <= set(answers(full))
    assert all(answers(full)[id] == kept[id] for id in done)


def _has_events(journal: Journal, id: str) -> bool:
    return any(record.command == id for record in journal.records)


def test_random_histories_really_do_things():
    """The property above would hold for a hall in which everything is refused."""
    journal = Journal()
    dice = Random(7)
    journal.play([(dice.randrange(histories.KINDS), dice.randrange(9)) for _ in range(1_000)])
    kinds = {type(record.event).__name__ for record in journal.records}
    assert len(kinds) >= 20, kinds


def test_indexes_rebuilt_from_a_checkpoint_decide_alike():
    """Dumps may agree while what is built from them does not: both go on the same way for another day."""
    journal = Journal()
    journal.play(
        BUSY_DAY + [(kind % 24, choice) for choice in range(8) for kind in (0, 4, 0, 5, 2, 11, 6, 19)]
    )
    seq, state = journal.states[len(journal.states) // 2]
    other = journal.replayed(state, seq)
    for serial, (kind, choice) in enumerate([(k, c) for c in range(8) for k in range(26)]):
        now = journal.now + serial * 1_000_000
        order = histories.order(journal.memory.hall, 90_000 + serial, kind, choice, now)
        assert journal.memory.take(order, now) == other.take(order, now)


def test_checkpoints_written_before_still_hold_their_answers():
    """An answer is an array of three in every checkpoint, whatever class it is here."""
    kept = CachedAnswer("kiosk", "K1", Done("c1", 7, {"number": "A001"}))
    saved = ["kiosk", "K1", {"type": "done", "id": "c1", "seq": 7, "result": {"number": "A001"}}]
    assert msgspec.msgpack.decode(msgspec.msgpack.encode(kept)) == saved
    assert msgspec.msgpack.decode(msgspec.msgpack.encode(saved), type=CachedAnswer) == kept


def test_the_memory_of_answers_is_bounded():
    memory = HallStore(SETTINGS)
    limit, memory_module.REMEMBERED_MAX = memory_module.REMEMBERED_MAX, 50
    try:
        memory.take(CommandEnvelope("o", OpenDay("2026-09-21")), START)
        for serial in range(500):
            memory.take(CommandEnvelope(f"t{serial}", TakeTicket(queue="A")), START)
        assert len(answers(memory)) <= 100
        assert "t499" in answers(memory)
    finally:
        memory_module.REMEMBERED_MAX = limit
