"""Small halls lived through in every possible way; and the twins that prove the tour can see.

The gate goes as deep as about three seconds allow, `pytest -m campaign` as deep as a minute or so; `-s` prints
depth, states and transitions. `small_worlds` says what is checked in every state.
"""

from collections.abc import Callable
from typing import Any

import pytest

from caller.engine import commands as cmd
from caller.engine import events as ev
from caller.engine import hall, queueing, serving, sign_in, state, ticketing, tickets, transfers
from caller.engine.state import HallState
from config.settings import Window
from tests.instruments.state_space import World, tour

TWO = (Window("1", "一号", ["A", "B"]), Window("2", "二号", ["A"], helps={"B": 15}))
HELPING = (Window("1", "一号", ["A", "B"]), Window("2", "二号", ["A"], helps={"B": 5}))
THREE = (*TWO, Window("3", "三号", ["B"]))
TAKES = (cmd.TakeTicket(queue="A", person="p"), cmd.TakeTicket(queue="B", priority="green"))
PLAIN = (cmd.TakeTicket(queue="A"), cmd.TakeTicket(queue="B"))
BOUND = (cmd.TakeTicket(queue="A"), cmd.TakeTicket(queue="A", window="2"))
VISIT = ("call", "start", "finish", "no-show", "requeue", "cancel")
ALL = (*VISIT, "hold", "pick", "transfer")

WORLDS = {
    "two windows": World(TWO, TAKES, 3, ALL),
    "three windows": World(THREE, TAKES, 3, ALL),
    "clerks coming and going": World(TWO, BOUND, 2, ("call", "finish", "hold", "pick", "transfer", "doors")),
    "late applicants": World(TWO, TAKES, 2, ("call", "finish", "no-show", "requeue", "postpone"), minutes=10),
    "a neighbour who helps": World(HELPING, PLAIN, 3, ("call", "finish", "cancel"), minutes=5),
    "two visits": World(TWO, TAKES, 2, (*VISIT, "recall", "hold")),
}
END = 1000  # deeper than any of these worlds has states: lived through to its end
DEPTHS = {  # presses: (gate, campaign)
    "two windows": (6, 10),
    "three windows": (5, 9),
    "clerks coming and going": (7, 10),
    "late applicants": (6, 10),
    "a neighbour who helps": (END, END),
    "two visits": (END, END),
}


def live(name: str, depth: int) -> None:
    seen = tour(WORLDS[name], depth)
    print(f"\n{name}, {seen.line()}")
    assert not seen.wrong, "\n".join(seen.wrong[:5])
    assert seen.finished if depth == END else seen.depth == depth
    assert seen.states > 500, "a tour that goes nowhere proves nothing"


@pytest.mark.parametrize("name", WORLDS)
def test_no_order_of_presses_breaks_a_small_hall(name: str):
    live(name, DEPTHS[name][0])


@pytest.mark.campaign
@pytest.mark.parametrize("name", [name for name in WORLDS if DEPTHS[name][1] != END])
def test_no_longer_order_of_presses_either(name: str):
    live(name, DEPTHS[name][1])


# --- twins: a guard is taken away, and the tour must see it

Patch = pytest.MonkeyPatch


def without_order(patch: Patch) -> None:
    def last_come(lines: Any, window: str, serves: Any, now: int) -> Any:
        rows = queueing.in_order(lines, window, serves, 50, now)
        return rows[-1] if rows else None

    patch.setattr(queueing, "first_for", last_come)


def without_reluctance(patch: Patch) -> None:
    patch.setattr(queueing, "rank", lambda place, _reluctance: (place.promise, place.serial, place.series))


def without_waiting_to_help(patch: Patch) -> None:
    usual = queueing.WaitingLine.first
    patch.setattr(queueing.WaitingLine, "first", lambda line, now, _waited=0: usual(line, now))


def without_the_table(patch: Patch) -> None:
    patch.setattr(tickets, "require", lambda _ticket, _event: None)
    patch.setattr(tickets, "move", lambda ticket, event, _at: _force(ticket, event))


def _force(ticket: Any, event: Any) -> None:
    """Into the state the event leads to, from wherever it is."""
    ticket.state = next(row[event] for row in tickets.TABLE.values() if event in row)


def without_freeing_on_cancel(patch: Patch) -> None:
    patch.setattr(HallState, "free_window", lambda _self, _id, _at: None)


def without_need_to_be_free(patch: Patch) -> None:
    patch.setattr(sign_in, "_need_free", lambda _hall, _window: None)


def without_looking_who_is_called(patch: Patch) -> None:
    patch.setattr(
        serving, "_ready", lambda hall_, _order, command, _now: (hall_.state.windows[command.window], [])
    )


def without_forgetting_persons(patch: Patch) -> None:
    patch.setattr(HallState, "forget_person", lambda _self, _ticket: None)


def with_persons_known_by_the_queue_they_are_in(patch: Patch) -> None:
    """As it once was: a transferred applicant could not take another number all day."""

    def forget(self: HallState, ticket: Any) -> None:
        self.live_persons.pop((ticket.person, "", ticket.queue), None)

    patch.setattr(HallState, "forget_person", forget)


def without_the_last_serial(patch: Patch) -> None:
    def issued(self: Any, event: Any, at: int) -> None:
        ticketing._issued(self, event, at)
        self.state.serials[event.queue] = 1

    patch.setitem(hall.APPLY, ev.TicketIssued, issued)


def without_the_place_kept(patch: Patch) -> None:
    patch.setattr(transfers, "_placed", lambda _hall, ticket, _queue, _command, _now: ticket.promise + 1)


def without_coming_back(patch: Patch) -> None:
    def finished(_hall: HallState, ticket: Any, outcome: str, _now: int) -> Any:
        return ev.ServiceFinished(ticket=ticket.id, window=ticket.window, outcome=outcome)

    patch.setattr(serving, "finished", finished)


def without_waiting_behind_others(patch: Patch) -> None:
    patch.setattr(queueing, "behind", lambda *_: 0)


def with_own_queue_counted_only(patch: Patch) -> None:
    patch.setattr(state.HallState, "windows_serving", lambda _hall, queue: [("", {queue: 0})])


def without_aside_in_checkpoints(patch: Patch) -> None:
    real = state.HallState.index_ticket

    def index(self: HallState, ticket: Any) -> None:
        real(self, ticket)
        self.parked["held"].clear()

    patch.setattr(state.HallState, "index_ticket", index)


def without_unbinding(patch: Patch) -> None:
    def closed(self: Any, event: Any, at: int) -> None:
        window = self.state.windows[event.window]
        window.state, window.clerk, window.serves = "closed", "", {}

    patch.setitem(hall.APPLY, ev.WindowClosed, closed)


def with_sleepers_called(patch: Patch) -> None:
    real = queueing.WaitingLine.first
    patch.setattr(queueing.WaitingLine, "first", lambda self, _now, waited=0: real(self, 2**62, waited))


def with_sleepers_shown(patch: Patch) -> None:
    """As it once was: the clerk's picture promised someone whom the next press did not call."""
    real = queueing.WaitingLine.heads
    patch.setattr(
        queueing.WaitingLine, "heads", lambda self, most, _now, waited=0: real(self, most, 2**62, waited)
    )


def without_counting_those_who_leave(patch: Patch) -> None:
    def leave(self: HallState, ticket: Any) -> None:
        self.line_of(ticket).remove(self.queue_entry(ticket), ticket.not_before)

    patch.setattr(HallState, "leave", leave)


TWINS: dict[Callable[[Patch], None], str] = {
    without_order: "two windows",
    without_reluctance: "a neighbour who helps",
    without_waiting_to_help: "two windows",
    without_the_table: "two windows",
    without_freeing_on_cancel: "two windows",
    without_need_to_be_free: "clerks coming and going",
    without_looking_who_is_called: "two windows",
    without_forgetting_persons: "two windows",
    with_persons_known_by_the_queue_they_are_in: "two windows",
    without_the_last_serial: "two windows",
    without_the_place_kept: "three windows",
    without_coming_back: "two windows",
    without_waiting_behind_others: "two windows",
    with_own_queue_counted_only: "two windows",
    without_aside_in_checkpoints: "two windows",
    without_unbinding: "clerks coming and going",
    with_sleepers_called: "late applicants",
    with_sleepers_shown: "late applicants",
    without_counting_those_who_leave: "two windows",
}


@pytest.mark.parametrize("twin", TWINS, ids=lambda twin: twin.__name__)
def test_a_guard_that_is_off_is_found(twin: Callable[[Patch], None], monkeypatch: Patch):
    twin(monkeypatch)
    name = TWINS[twin]
    try:
        wrong = tour(WORLDS[name], DEPTHS[name][0]).wrong
    except (KeyError, ValueError) as error:  # the engine itself noticed
        wrong = [repr(error)]
    assert wrong
