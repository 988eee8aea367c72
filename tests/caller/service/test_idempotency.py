"""Memory is a fold of the log: a checkpoint and the tail give the same hall and the same answers as all of it."""

import os
import subprocess
import sys
from random import Random
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import Struct
from msgspec.structs import replace

from caller.engine.commands import (
    BookAppointment,
    CallNext,
    CancelTicket,
    CheckIn,
    FinishService,
    OpenDay,
    OpenWindow,
    Recall,
    ServeWalkIn,
    StartService,
    TakeTicket,
)
from caller.engine.envelope import CommandEnvelope
from caller.engine.feedback_messages import SubmitFeedback
from caller.engine.rating_messages import RateByNumber
from caller.engine.register import shape
from caller.eventlog import Record
from caller.protocol.frames import Done, RefusedFrame
from caller.service import idempotency as memory_module
from caller.service.idempotency import AnswersBySender, CachedAnswer, HallStore, StateError
from config.feedback_settings import FeedbackTable
from config.instants import MINUTE
from config.settings import Settings
from tests.instruments import histories
from tests.instruments.engine_fixture import settings as hall_settings
from tests.instruments.hall_image import image, register_of
from tests.instruments.loop_fixture import Time

SETTINGS = hall_settings()
START = Time().wall
HISTORIES = st.lists(
    st.tuples(st.integers(0, histories.KINDS - 1), st.integers(0, 8)), min_size=1, max_size=120
)
BUSY_DAY = [(25, 0), (3, 0), (3, 1), (3, 2), (0, 0), (0, 1)]  # a day open, windows open, two waiting


class Journal:
    """A memory that decides, and what a log would hold of it."""

    def __init__(self, settings: Settings = SETTINGS) -> None:
        self.memory = HallStore(settings)
        self.records: list[Record] = []
        self.done: dict[str, Done] = {}  # the answer of each command that had an effect
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
        if events:
            assert isinstance(answer, Done)
            self.done[order.id] = answer

    def find(self, ids: list[str]) -> list[Record]:
        """What the log's index finds."""
        return [record for record in self.records if record.command in ids]

    def replayed(self, state: bytes | None, seq: int) -> HallStore:
        """Memory from a checkpoint's state at `seq`, the register as it is now, and the tail; or from all events."""
        register = register_of(self.memory.hall.register.rows(), self.memory.hall.seq) if state else None
        memory = HallStore.load(SETTINGS, state, register)
        memory.replay([record for record in self.records if record.seq > seq])
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
    assert image(full.hall) == image(short.hall) == image(journal.memory.hall)
    assert answers(full) == answers(short) == answers(journal.memory)


@settings(max_examples=100, deadline=None)
@given(HISTORIES)
def test_an_answer_made_again_from_the_log_alone_is_the_one_that_was_given(steps: list[tuple[int, int]]):
    """Also of commands so old that no memory of them is left: from their own events, whatever came after. Where a visit of
    several items goes on is told as the hall stands, with the first answer only."""
    journal = Journal()
    journal.play(BUSY_DAY + steps)
    memory = HallStore(SETTINGS)
    memory.recall([*journal.done, "never-sent"], journal.find)
    assert {id: kept.answer for id, kept in answers(memory).items()} == {
        id: replace(done, result={key: told for key, told in done.result.items() if key != "then"})
        for id, done in journal.done.items()
    }


def test_of_each_kind_of_answer_the_log_alone_makes_the_same_again():
    """Those that the histories never reach: a reception without a number, a rating by the card, feedback, a check-in."""
    journal, slot = Journal(replace(SETTINGS, feedback=FeedbackTable(enabled=True))), histories.NINE
    given: dict[str, Any] = {}

    def take(id: str, command: Any, role: str = "manager") -> None:
        journal.now += MINUTE
        envelope = CommandEnvelope(f"story-{id}", command, role, "s1", random=id.encode())
        journal.take(envelope)
        assert envelope.id in journal.done, (id, journal.memory.take(envelope, journal.now))
        given[id] = journal.done[envelope.id].result

    def version() -> int:
        return journal.memory.hall.state.windows["1"].version

    journal.now = slot - histories.DAY_MICROS
    take("book", BookAppointment("i1", slot, "ab" * 32, histories.DAYS[0]), "web")
    journal.now = slot - 30 * MINUTE
    take("open", OpenDay(histories.DAYS[0]))
    take("sign-in", OpenWindow("1", "c1"))
    take("walk-in", ServeWalkIn("1", version(), "i1"))
    take("end", FinishService("1", version()))
    take("ticket", TakeTicket(queue="A"), "kiosk")
    take("call", CallNext("1", version()))
    take("again", Recall("1", version()))
    take("serve", StartService("1", version()))
    take("finish", FinishService("1", version()))
    take("card", RateByNumber("1", given["ticket"]["number"], 1), "web")
    take("feedback", SubmitFeedback("complaint", "page"), "web")
    take("check-in", CheckIn(given["book"]["code"]), "kiosk")
    assert given["walk-in"]["call"] == 0
    assert given["card"]
    assert given["feedback"]["code"]
    assert given["check-in"]["slot"] == slot
    memory = HallStore(SETTINGS)
    memory.recall(list(journal.done), journal.find)
    assert {id: kept.answer for id, kept in answers(memory).items()} == journal.done


@pytest.mark.parametrize("recalled", [True, False], ids=["recalled", "twin"])
def test_a_forgotten_id_has_no_second_effect_because_the_log_remembers_it(recalled: bool):
    journal = Journal()
    journal.play([(25, 0)])
    take = CommandEnvelope("press-01", TakeTicket(queue="A"), "kiosk", "K1")
    journal.take(take)
    memory = journal.memory
    memory._today.clear()
    if recalled:
        memory.recall([take.id], journal.find)
    again = memory.take(take, journal.now)
    assert (again.answer == journal.done[take.id]) == recalled
    assert (again.events == []) == recalled


def test_a_ghost_of_an_id_taken_twice_by_an_older_version_breaks_no_fold():
    """Older versions forgot ids, and gave a second number under the first one's. Such logs exist, and must fold."""
    journal = Journal()
    journal.play([(25, 0), (3, 0), (3, 1)])
    take = CommandEnvelope("press-01", TakeTicket(queue="A"), "kiosk", "K1")
    journal.take(take)
    journal.memory._today.clear()
    journal.take(take)
    hall = journal.memory.hall
    assert hall.waiting["A"] == 1
    for serial, window in enumerate("11"):
        journal.take(
            CommandEnvelope(f"call-{serial}", CallNext(window, hall.state.windows[window].version), "manager")
        )
    assert journal.done["call-0"].result["number"] == "A002"
    assert "call-1" not in journal.done
    assert image(journal.replayed(None, 0).hall) == image(hall)


def test_an_id_taken_twice_while_at_a_window_or_booked_breaks_no_fold():
    journal = Journal()
    journal.play([(25, 0), (3, 0), (3, 1)])
    hall = journal.memory.hall
    take = CommandEnvelope("press-01", TakeTicket(queue="A"), "kiosk", "K1")
    book = CommandEnvelope(
        "book-01", BookAppointment("i1", histories.NINE, "hash", histories.DAYS[0]), "web", "w"
    )
    for order in (
        take,
        CommandEnvelope("call", CallNext("1", hall.state.windows["1"].version)),
        book,
        take,
        book,
    ):
        journal.memory._today.clear()
        journal.memory._without_effect = AnswersBySender()
        journal.take(order)
    assert hall.state.windows["1"].ticket == ""
    assert hall.waiting["A"] == 1
    assert image(journal.replayed(None, 0).hall) == image(hall)


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


def test_refusals_of_one_sender_push_out_no_answer_that_another_needs():
    """115,524 refusals of six slips once pushed a kiosk's answer out, and its repeat took a second number."""
    memory = HallStore(SETTINGS)
    memory.take(CommandEnvelope("open", OpenDay("2026-09-21")), START)
    take = CommandEnvelope("kiosk-press", TakeTicket(queue="A"), "kiosk", "K1")
    late = CommandEnvelope("kiosk-late", TakeTicket(queue="none"), "kiosk", "K1")
    first, refused = memory.take(take, START), memory.take(late, START)
    for serial in range(115_524):
        slip = f"slip-{serial % 6}"
        memory.take(CommandEnvelope(f"flood-{serial}", CancelTicket("none"), "phone", slip), START)
    assert memory.take(take, START).answer == first.answer
    assert memory.take(late, START).answer is refused.answer
    assert len(memory._without_effect._senders["phone", "slip-0"]) == memory_module.SENDER_ANSWERS_MAX


def test_senders_without_number_push_out_the_one_silent_longest(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(memory_module, "SENDERS_MAX", 3)
    memory = HallStore(SETTINGS)
    for serial, station in enumerate(("a", "b", "a", "c", "d")):
        memory.take(CommandEnvelope(f"press-{serial}", CancelTicket("none"), "phone", station), START)
    assert sorted(memory._without_effect._senders) == [("phone", "a"), ("phone", "c"), ("phone", "d")]


def test_a_command_that_comes_too_late_is_refused_and_one_carried_out_in_time_is_answered():
    memory = HallStore(SETTINGS)
    memory.take(CommandEnvelope("open", OpenDay("2026-09-21")), START)
    meant = CommandEnvelope("press-01", TakeTicket(queue="A"), "kiosk", "K1", until=START)
    done = memory.take(meant, START)
    assert memory.take(meant, START + 1).answer == done.answer
    late = memory.take(CommandEnvelope("press-02", TakeTicket(queue="A"), until=START), START + 1)
    assert isinstance(late.answer, RefusedFrame)
    assert (late.answer.code, late.events) == ("command-late", [])
    without_limit = memory.take(CommandEnvelope("press-03", TakeTicket(queue="A")), START + 3_600_000_000)
    assert without_limit.events


# --- versions of the state


def test_a_checkpoint_of_another_version_is_refused_and_never_half_read(monkeypatch: pytest.MonkeyPatch):
    state = HallStore(SETTINGS).dump()
    assert HallStore.load(SETTINGS, state).dump() == state
    for other in (b"", state[1:], state[:-3], state.replace(b"hallcall state ", b"hallcall state 1", 1)):
        with pytest.raises(StateError):
            HallStore.load(SETTINGS, other)


def test_the_version_is_the_same_in_every_process():
    """It is made of the fields' types: anything that differs from run to run would replay the log at each start."""
    code = "from caller.service import idempotency; print(idempotency.STATE_LINE.decode())"
    for seed in ("1", "2"):
        run = subprocess.run(
            [sys.executable, "-c", code],
            capture_output=True,
            text=True,
            check=True,
            env={**os.environ, "PYTHONHASHSEED": seed},
        )
        assert run.stdout.encode().strip() == memory_module.STATE_LINE.strip()


class OldTicket(Struct):
    """A ticket in which one field had another name: the review's two renames, `bound` and `promise`."""

    id: str
    promised: int
    bound_window: str = ""


class NewTicket(Struct):
    id: str
    promise: int = 0
    bound: str = ""


def test_a_renamed_field_makes_another_version():
    """msgspec itself drops the old name and fills the new one with its default: without an error, bound to nobody."""
    old = msgspec.msgpack.encode(OldTicket("t", 5, "2"))
    assert msgspec.msgpack.decode(old, type=NewTicket) == NewTicket("t", 0, "")
    assert shape(OldTicket) != shape(NewTicket)


def test_an_answer_is_kept_as_an_array_of_three():
    """Whatever class it is here."""
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
