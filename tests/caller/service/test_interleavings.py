"""Two clerks press at once, each of them twice, and the network delivers twice: every order in which that can
arrive. Exhaustive, through the engine and the memory of ids; the twins show what each guard is there for.
"""

from collections.abc import Iterator
from itertools import combinations
from typing import NamedTuple

import pytest

from caller.engine.commands import CallNext, OpenDay, OpenWindow, StartService, TakeTicket
from caller.engine.envelope import CommandEnvelope
from caller.engine.register import RegisterRow
from caller.protocol.frames import Done, RefusedFrame
from caller.service.idempotency import AnyAnswer, HallStore
from tests.instruments.engine_fixture import settings
from tests.instruments.hall_image import register_of
from tests.instruments.loop_fixture import Time

WAITING = 8
NOW = Time().wall


class Press(NamedTuple):
    """One arrival at the caller. `newest`: made on the newest picture; otherwise on the one before any press."""

    window: str
    key: str
    verb: type[CallNext] | type[StartService] = CallNext
    newest: bool = False


def scripts(window: str) -> Iterator[list[Press]]:
    """A clerk means to call one applicant: next, then start. After a reconnect the console sends next again;
    and next is pressed a second time on the same picture at the window's keypad, which may arrive at any time."""
    first = Press(window, "first")
    console = [first, Press(window, "start", StartService, newest=True), first]
    for place in range(4):
        yield [*console[:place], Press(window, "second"), *console[place:]]


def interleavings(one: list[Press], other: list[Press]) -> Iterator[list[Press]]:
    """Every order of all presses that keeps each window's own."""
    for places in combinations(range(len(one) + len(other)), len(one)):
        mine, theirs = iter(one), iter(other)
        yield [next(mine) if place in places else next(theirs) for place in range(len(one) + len(other))]


def worlds() -> Iterator[list[Press]]:
    for one in scripts("1"):
        for other in scripts("2"):
            yield from interleavings(one, other)


class Tally(NamedTuple):
    worlds: int
    double_calls: int  # worlds in which one ticket was called by two presses
    burned: int  # worlds in which somebody was called whom no clerk meant to call
    idle: int  # worlds in which a clerk got nobody
    contradictions: int  # worlds in which a repeat got another answer than its press


def prepared() -> tuple[bytes, list[RegisterRow], int]:
    memory = HallStore(settings())
    memory.take(CommandEnvelope("open", OpenDay("2026-09-21")), NOW)
    for window in ("1", "2"):
        memory.take(CommandEnvelope(f"in-{window}", OpenWindow(window, f"clerk-{window}")), NOW)
    for serial in range(WAITING):
        memory.take(CommandEnvelope(f"ticket-{serial}", TakeTicket(queue="A")), NOW)
    return memory.dump(), memory.hall.register.rows(), memory.hall.seq


START = prepared()


def restored() -> HallStore:
    day, rows, seq = START
    return HallStore.load(settings(), day, register_of(rows, seq))


Answers = dict[tuple[str, str], list[AnyAnswer]]


def play(arrivals: list[Press], *, as_of: bool, ids: bool) -> Answers:
    """One world: the answers to each press, in the order of its deliveries."""
    memory = restored()
    windows = memory.hall.state.windows
    picture = {name: windows[name].version for name in ("1", "2")}
    answers: Answers = {}
    for serial, press in enumerate(arrivals):
        newest = press.newest or not as_of
        seen = windows[press.window].version if newest else picture[press.window]
        id = f"{press.window}-{press.key}" if ids else f"{press.window}-{press.key}-{serial}"
        order = CommandEnvelope(id, press.verb(press.window, seen), "window", press.window)
        answers.setdefault((press.window, press.key), []).append(memory.take(order, NOW).answer)
    return answers


def tally(*, as_of: bool = True, ids: bool = True) -> Tally:
    count = [0, 0, 0, 0, 0]
    for arrivals in worlds():
        answers = play(arrivals, as_of=as_of, ids=ids)
        calls = {call for row in answers.values() for answer in row if (call := _call(answer))}
        found = (
            True,
            len({ticket for _, ticket, _ in calls}) < len(calls),
            len(calls) > 2,
            len({window for _, _, window in calls}) < 2,
            any(_plain(a) != _plain(row[0]) for row in answers.values() for a in row),
        )
        count = [number + one for number, one in zip(count, found, strict=True)]
    return Tally(*count)


def _call(answer: AnyAnswer) -> tuple[int, str, str] | None:
    """The seq, ticket and window of a call that was done."""
    if isinstance(answer, Done) and "ticket" in answer.result:
        return answer.seq, answer.result["ticket"], answer.result["window"]
    return None


def _plain(answer: AnyAnswer) -> tuple[str, object]:
    return ("refused", answer.code) if isinstance(answer, RefusedFrame) else ("done", answer.result)


def test_in_every_interleaving_each_clerk_calls_one_applicant_and_no_ticket_is_burned():
    assert tally() == Tally(worlds=16 * 70, double_calls=0, burned=0, idle=0, contradictions=0)


def test_without_the_picture_a_double_press_burns_tickets():
    """The twin: ids alone do not know that the second press was made on the same picture."""
    found = tally(as_of=False)
    assert found.burned >= found.worlds // 2


def test_without_the_memory_of_ids_a_repeat_contradicts_its_press():
    """The twin: the picture alone burns no ticket, but tells a clerk whose press was done that it was not."""
    found = tally(ids=False)
    assert found.burned == 0
    assert found.contradictions >= found.worlds // 2


def test_without_both_guards_the_repeat_burns_tickets_too():
    assert tally(as_of=False, ids=False).burned == 16 * 70


@pytest.mark.parametrize("ids", [True, False])
def test_a_tap_delivered_twice_is_one_number_only_because_ids_are_remembered(ids: bool):
    memory = restored()
    for serial in range(2):
        id = "tap" if ids else f"tap-{serial}"
        memory.take(CommandEnvelope(id, TakeTicket(queue="B"), "kiosk", "K1"), NOW)
    assert memory.hall.waiting["B"] == (1 if ids else 2)
