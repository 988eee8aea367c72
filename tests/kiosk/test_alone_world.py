"""Caller, two kiosks, leases, crashes and clocks in every order; and the twins that prove the tour can see."""

from collections.abc import Callable
from typing import Any

import pytest

from caller.engine import events as ev
from caller.engine import hall, leases, ticketing
from kiosk.visit.leases import LeaseBook
from tests.instruments import alone_world
from tests.instruments.alone_world import KIOSKS, Play, begin, tour

GATE, CAMPAIGN = 3, 5


def live(depth: int) -> None:
    states, bad = tour(depth)
    print(f"\n{depth} steps, {states} states")
    assert not bad, "\n".join(bad)
    assert states > 100 * depth, "a tour that goes nowhere proves nothing"


def test_no_order_of_breaks_crashes_and_clocks_gives_a_number_twice_or_loses_one():
    live(GATE)


@pytest.mark.campaign
def test_no_longer_order_either():
    live(CAMPAIGN)


def test_the_world_begins_with_leases_of_both():
    play = Play(begin())
    assert [play.book(id).next_serial("A") for id in KIOSKS] == [91, 82]


Patch = pytest.MonkeyPatch


def without_merge_by_id(patch: Patch) -> None:
    patch.setattr(leases, "_need_free", lambda *_: None)
    patch.setattr(Play, "send", _under_new_ids)


def _under_new_ids(self: Play, id: str, command: Any, role: str, station: str) -> Any:
    """A kiosk that tells a number under another id when it tells it again."""
    made = f"{id}-again" if id in self.store.hall.state.tickets else id
    envelope = alone_world.CommandEnvelope(made, command, role, station)
    answer = self.store.take(envelope, self.world.now).answer
    return getattr(answer, "result", None)


def without_taking_back_what_was_asked(patch: Patch) -> None:
    patch.setattr(leases, "CAN_BE_REPLACED", frozenset())


def without_refusing_what_comes_late(patch: Patch) -> None:
    def issued(self: Any, event: Any, at: int) -> None:
        ticketing._issued(self, event, at)
        self.state.replaced.clear()

    patch.setitem(hall.APPLY, ev.TicketIssued, issued)


def without_looking_what_was_given(patch: Patch) -> None:
    patch.setattr(LeaseBook, "next_serial", lambda self, queue: self.lease.ranges[queue][0][0])


def without_a_range_of_its_own(patch: Patch) -> None:
    patch.setattr(leases, "ranges_of", lambda _leases, _queue: [])


TWINS: dict[str, tuple[Callable[[Patch], None], int, str]] = {  # with the depth at which it is seen
    "merge by id": (without_merge_by_id, 3, "twice"),
    "taking back what was asked": (without_taking_back_what_was_asked, 1, "nobody holds it"),
    "refusing what comes late": (without_refusing_what_comes_late, 1, "nobody holds it"),
    "looking what was given": (without_looking_what_was_given, 2, "two slips"),
    "a range of its own": (without_a_range_of_its_own, 2, "two slips"),
}


@pytest.mark.parametrize("guard", TWINS)
def test_without_a_guard_the_tour_sees_it(guard: str, monkeypatch: pytest.MonkeyPatch):
    take_away, depth, seen = TWINS[guard]
    take_away(monkeypatch)
    _, bad = tour(depth, 1000)
    assert bad
    assert any(seen in line for line in bad), bad
